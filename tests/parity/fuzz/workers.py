"""Ranges of programs, each in a forked process: one that crashes or hangs costs one program.

A child says which program it is at in shared memory. If it dies or stays at one program for too
long, that program is recorded as a crash, and what lies around it is run again.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing import connection
from pathlib import Path
from typing import Any

import torch

from .agree import Counts
from .generate import available, generate
from .judge import Failure, Judge
from .record import Record

_CHUNK = 100
COMPILED_EVERY = 4
_FORK = multiprocessing.get_context("fork")


def fuzz(
    seed: int, start: int, count: int, at: Callable[[int], None] = lambda number: None
) -> Record:
    """Run programs number `start` to `start + count` of a seed."""
    names, record = available(), Record(ranges=[(seed, start, count)])
    for number in range(start, start + count):
        at(number)
        try:
            program = generate(seed, number, names)
        except Exception as error:  # noqa: BLE001 - a defect of the fuzzer costs one program
            record.crashes.append(f"--seed {seed} --start {number} --programs 1: {error!r}")
            continue
        digest = program.digest()
        if digest in record.programs:
            continue
        compiled = number % COMPILED_EVERY == 0
        before = record.counts.modes["jit"]
        try:
            failure = Judge(program, record.counts).failure(compiled)
        except Exception as error:  # noqa: BLE001 - a defect of the fuzzer costs one program
            failure = Failure("fuzzer", type(error).__name__, str(error)[:200], "")
        record.programs.add(digest)
        if record.counts.modes["jit"] > before:
            record.compiled.add(digest)
        record.histogram.update(step.name for step in program.steps)
        if failure is not None:
            record.add(failure, program, compiled)
    return record


def warm() -> None:
    """Import and compile in the parent what every child needs."""
    names = available()
    for number in range(8):
        Judge(generate(1, number, names), Counts()).failure(number % 2 == 0)


class _Worker:
    """A child that runs one range."""

    def __init__(self, seed: int, start: int, count: int) -> None:
        self.seed, self.start, self.count = seed, start, count
        self.at: Any = _FORK.RawValue("q", start)
        self.pipe, theirs = _FORK.Pipe(duplex=False)
        self.child = _FORK.Process(target=self._run, args=(theirs,))
        self.child.start()
        theirs.close()
        self._seen, self._since = -1, time.monotonic()

    def _run(self, pipe: connection.Connection) -> None:
        def at(number: int) -> None:
            self.at.value = number

        torch.set_num_threads(1)  # a child has none of its parent's
        pipe.send(json.dumps(fuzz(self.seed, self.start, self.count, at).as_json()))
        pipe.close()

    def stands_still(self, limit: float) -> bool:
        """Whether the child has been at one program for longer than that."""
        if self.at.value != self._seen:
            self._seen, self._since = self.at.value, time.monotonic()
        return time.monotonic() - self._since > limit

    def answer(self) -> dict[str, Any] | None:
        """What the child found; None if it died."""
        try:
            found: dict[str, Any] = json.loads(self.pipe.recv())
        except (EOFError, OSError):
            found = {}
        self.child.join()
        self.pipe.close()
        return found or None


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Neighbours together, at most a hundred."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and sum(found[-1]) == number and found[-1][1] < _CHUNK:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((number, 1))
    return found


def run(
    record: Record,
    seed: int,
    numbers: list[int],
    jobs: int,
    limit: float,
    keep: Path | None,
) -> None:
    """Run the programs of a seed with these numbers; add each range to the record and the file."""
    waiting = list(reversed(_ranges(numbers)))
    workers: list[_Worker] = []
    begun, done = time.monotonic(), 0

    def finished(part: dict[str, Any]) -> None:
        nonlocal done
        record.merge(part)
        done += sum(count for _, _, count in part["ranges"])
        if keep is not None:
            with keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(part) + "\n")
        print(
            f"{done} of {len(numbers)} programs in {time.monotonic() - begun:.0f} s, "
            f"{record.failed} failed, {len(record.failures)} sorts, {len(record.crashes)} crashes",
            flush=True,
        )

    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                workers.append(_Worker(seed, *waiting.pop()))
            ready = connection.wait([worker.pipe for worker in workers], timeout=5)
            for worker in list(workers):
                hung = worker.pipe not in ready and worker.stands_still(limit)
                if hung:
                    worker.child.kill()
                elif worker.pipe not in ready:
                    continue
                workers.remove(worker)
                answer = worker.answer()
                if answer is None:
                    bad, end = int(worker.at.value), worker.start + worker.count
                    how = f"no end after {limit:g} s" if hung else f"{worker.child.exitcode}"
                    crash = f"--seed {seed} --start {bad} --programs 1: {how}"
                    lost = Record(ranges=[(seed, bad, 1)], crashes=[crash])
                    finished(lost.as_json())
                    parts = [(worker.start, bad - worker.start), (bad + 1, end - bad - 1)]
                    waiting += [part for part in parts if part[1]]
                else:
                    finished(answer)
    finally:
        for worker in workers:
            worker.child.kill()
