"""How a contest between libraries is held, and what comes out of it.

Every contender first shows that it computes the same as the others. Then they take turns: in each
of several rounds each runs for a while, in an order that rotates, and the round keeps its fastest
time. A table shows the median of the rounds, their spread, and the ratio to Wengert within the
same rounds, so that a machine that is busy for a while disturbs all contenders alike.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

SAMPLE = 5e-4
"""Seconds that one sample takes at least; a short call is repeated within it. Samples are short, so
that some are undisturbed on a machine that has other work to do."""


@dataclass
class Contender:
    """One library's way to do one thing."""

    name: str
    call: Callable[[], Any]
    """One unit of work, as a user writes it."""
    outcome: Callable[[], Any]
    """Arrays that show what it computes, compared with the other contenders' before timing."""
    finish: Callable[[Any], Any] | None = None
    """Waits for the result of the last call of a sample, where calls are asynchronous."""
    per: int = 1
    """How many operations one call consists of; times are given for one."""
    report: Callable[[], Any] | None = None
    """Wengert's own account of a jitted function."""


@dataclass
class Row:
    """What was measured of one contender: the fastest time of each round, in seconds."""

    name: str
    rounds: list[float]
    cores: float | None = None
    """Processor time over elapsed time: how many threads were really at work."""
    natives: int | None = None
    """Native functions in the jitted program."""
    callbacks: int | None = None
    """NumPy calls in the jitted program."""

    @property
    def seconds(self) -> float:
        return median(self.rounds)

    @property
    def spread(self) -> float:
        """The distance from the fastest to the slowest round, as a part of the median."""
        return (max(self.rounds) - min(self.rounds)) / self.seconds


@dataclass
class Target:
    """A bound on the time of one row, as a multiple of the fastest of others."""

    subject: str
    against: Sequence[str]
    at_most: float


@dataclass
class Table:
    """The rows of one contest; the first is what the others are compared with."""

    title: str
    rows: list[Row]
    targets: list[Target] = field(default_factory=lambda: list[Target]())
    notes: list[str] = field(default_factory=lambda: list[str]())


def agree(contenders: Sequence[Contender], rtol: float, atol: float) -> None:
    """Raise if a contender's outcome differs from the first one's."""
    first, *others = contenders
    expected = [np.asarray(array) for array in first.outcome()]
    for other in others:
        found = [np.asarray(array) for array in other.outcome()]
        assert len(found) == len(expected), f"{other.name} gives another number of arrays"
        for place, (a, b) in enumerate(zip(found, expected, strict=True)):
            text = f"{other.name} and {first.name} differ in array {place}"
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol, err_msg=text)


def contest(
    contenders: Sequence[Contender],
    *,
    rounds: int,
    seconds: float,
    rtol: float = 1e-4,
    atol: float = 1e-5,
) -> list[Row]:
    """The rows of all contenders, each timed for `seconds` in each round."""
    agree(contenders, rtol, atol)
    numbers = [_number(contender) for contender in contenders]
    rows = [Row(contender.name, []) for contender in contenders]
    at_work = [0.0] * len(contenders)
    elapsed = [0.0] * len(contenders)
    for turn in range(rounds):
        for k in range(len(contenders)):
            place = (k + turn) % len(contenders)
            contender, number = contenders[place], numbers[place]
            _sample(contender, number)
            worked, started = time.process_time(), time.perf_counter()
            fastest = float("inf")
            while True:
                fastest = min(fastest, _sample(contender, number))
                if time.perf_counter() - started >= seconds:
                    break
            at_work[place] += time.process_time() - worked
            elapsed[place] += time.perf_counter() - started
            rows[place].rounds.append(fastest / number / contender.per)
    for row, contender, worked, passed in zip(rows, contenders, at_work, elapsed, strict=True):
        row.cores = worked / passed
        if contender.report is not None:
            report = contender.report()
            row.natives, row.callbacks = report.regions, len(report.callbacks)
    return rows


def ratio(row: Row, reference: Row) -> float:
    """The median over the rounds of the ratio within a round."""
    return median(a / b for a, b in zip(row.rounds, reference.rounds))


def _number(contender: Contender) -> int:
    """How many calls fill one sample."""
    number = 1
    while _sample(contender, number) < SAMPLE:
        number *= 2
    return number


def _sample(contender: Contender, number: int) -> float:
    """Seconds for `number` calls in a row, the wait for the last one included."""
    call, finish = contender.call, contender.finish
    repeats = range(number)
    collecting = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in repeats:
            result = call()
        if finish is not None:
            finish(result)
        return time.perf_counter() - start
    finally:
        if collecting:
            gc.enable()
