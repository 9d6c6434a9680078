"""The lines that `fit`, `evaluate` and `predict` print while they run."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

_WIDTH = 20


class Progress:
    """One line for a pass over the data: a bar that moves (1), the last line (2), nothing (0)."""

    def __init__(self, verbose: int, steps: int | None) -> None:
        self._verbose, self._steps = verbose, steps
        self._start = self._shown = time.perf_counter()
        self._moves = verbose == 1 and sys.stdout.isatty()

    def title(self, text: str) -> None:
        """A line of its own before the bar."""
        if self._verbose:
            print(text)

    def step(self, done: int, numbers: Mapping[str, float]) -> None:
        """A batch is done."""
        now = time.perf_counter()
        if self._moves and now - self._shown > 0.1:
            self._shown = now
            sys.stdout.write("\r" + self._line(done, numbers))
            sys.stdout.flush()

    def end(self, done: int, numbers: Mapping[str, float]) -> None:
        """All batches are done."""
        self._steps = done
        if self._verbose:
            print(("\r" if self._moves else "") + self._line(done, numbers))

    def _line(self, done: int, numbers: Mapping[str, float]) -> str:
        seconds = time.perf_counter() - self._start
        shown = " - ".join(f"{name}: {value:.4f}" for name, value in numbers.items())
        each = f"{seconds:.0f}s {1000 * seconds / max(done, 1):.0f}ms/step"
        if self._verbose != 1:
            return f"{done}/{self._steps or '?'} - {each}" + (f" - {shown}" if shown else "")
        filled = _WIDTH if not self._steps else _WIDTH * done // self._steps
        bar = "━" * filled + "─" * (_WIDTH - filled)
        return f"{done}/{self._steps or '?'} {bar} {each}" + (f" - {shown}" if shown else "")


__all__ = ["Progress"]
