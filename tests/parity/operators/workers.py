"""Operators in processes of their own, so that a crash or a hang costs one operator.

A worker reads names from its standard input and answers with lines of JSON: `{"at": mode}` when it
begins a mode, and the verdict when it is done.
"""

from __future__ import annotations

import json
import os
import queue
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .verdict import Verdict

_ROOT = Path(__file__).parents[3]
_START_SECONDS = 120.0


class _Worker:
    """One process, started when it is first needed."""

    def __init__(self, modes: list[str], limit: int | None, timeout: float) -> None:
        self._modes, self._limit, self._timeout = modes, limit, timeout
        self._process: Any = None
        self._rest = b""

    def _started(self) -> Any:
        if self._process is None or self._process.poll() is not None:
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            self._rest = b""
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.parity.operators.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env=environment,
            )
        return self._process

    def _line(self, process: Any, seconds: float) -> dict[str, Any] | None:
        """The next answer; None if none comes in time, `{}` at the end of the stream."""
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, until - time.monotonic())):
                    return None
                got = os.read(process.stdout.fileno(), 1 << 16)
                if not got:
                    return {}
                self._rest += got
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line)

    def judge(self, name: str) -> Verdict:
        """The verdict on one operator, whatever happens to the process."""
        process = self._started()
        ask = {"name": name, "modes": self._modes, "limit": self._limit}
        process.stdin.write(json.dumps(ask).encode() + b"\n")
        process.stdin.flush()
        at, seconds = "the start", _START_SECONDS
        while True:
            answer = self._line(process, seconds)
            if answer is None or not answer:
                self.stop()
                why = f"hung for {seconds:.0f} s" if answer is None else "crashed"
                return Verdict(name, trouble=f"{why} in {at}")
            if "at" not in answer:
                return Verdict.from_dict(answer)
            at, seconds = answer["at"], self._timeout

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None


def run(
    names: list[str], modes: list[str], limit: int | None, jobs: int, timeout: float
) -> Iterator[Verdict]:
    """The verdicts on operators, in the order in which they are asked for."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in names:
        waiting.put(name)
    done: dict[str, Verdict] = {}
    ready = threading.Condition()

    def work() -> None:
        worker = _Worker(modes, limit, timeout)
        try:
            while True:
                try:
                    name = waiting.get_nowait()
                except queue.Empty:
                    return
                verdict = worker.judge(name)
                with ready:
                    done[name] = verdict
                    ready.notify_all()
        finally:
            worker.stop()

    for _ in range(max(1, min(jobs, len(names)))):
        threading.Thread(target=work, daemon=True).start()
    for name in names:
        with ready:
            while name not in done:
                ready.wait()
        yield done[name]
