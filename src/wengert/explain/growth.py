"""Why does my loop get slower? Because a value carries the record of all earlier passes along.

`lines_of` counts the operations behind a tensor by the line that wrote them. `GrowthWatch`, called
once a pass, warns when the counts keep rising and names the lines. Nothing is changed.
"""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

from .._record.origin import source_line
from .graph import graph_of


class GrowingRecordWarning(UserWarning):
    """A value was computed from more and more recorded operations."""


def lines_of(*tensors: Any) -> Counter[str]:
    """How many recorded operations behind the tensors each line wrote, most first when listed.

    >>> import wengert
    >>> w = wengert.ones(1, requires_grad=True)
    >>> for _ in range(10):
    ...     w = w - 0.1 * (w * w)
    >>> lines_of(w).total()
    30
    """
    counts: Counter[str] = Counter()
    for node in graph_of(*tensors):
        if not node.is_leaf:
            counts[node.source or source_line(None)] += 1
    return counts


class GrowthWatch:
    """Call it with the same tensor of a loop once a pass; it warns when the record keeps growing.

    It warns once, after `patience` passes in a row with more operations than the pass before.

    >>> import warnings, wengert
    >>> w = wengert.ones(1, requires_grad=True)
    >>> watch = GrowthWatch(patience=2)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     for _ in range(5):
    ...         w = w - 0.1 * (w * w)
    ...         watch(w)
    >>> len(caught)
    1
    """

    def __init__(self, patience: int = 3) -> None:
        self.patience = patience
        self._history: list[Counter[str]] = []
        self._warned = False

    def __call__(self, *tensors: Any) -> None:
        """Look at the record behind the tensors of this pass."""
        now = lines_of(*tensors)
        if self._history and now.total() <= self._history[-1].total():
            self._history = []
        self._history.append(now)
        if len(self._history) > self.patience and not self._warned:
            self._warned = True
            warnings.warn(self._text(), GrowingRecordWarning, stacklevel=2)

    def _text(self) -> str:
        first, last = self._history[0], self._history[-1]
        more = (last - first).most_common(3)
        lines = "; ".join(f"{line}: {first[line]} to {last[line]}" for line, _ in more)
        return (
            f"the record behind this value has grown in each of {self.patience} passes, from "
            f"{first.total()} to {last.total()} operations. More at: {lines}. If a pass is meant "
            "to start afresh, detach() what it takes over from the last one; update parameters "
            "with `with wengert.no_grad(): w -= lr * w.grad`; add up losses with loss.item()."
        )


__all__ = ["GrowingRecordWarning", "GrowthWatch", "lines_of"]
