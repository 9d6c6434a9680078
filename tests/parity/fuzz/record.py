"""What ranges of programs gave: counted, merged, kept as lines of JSON, shown as a page.

Each finished range is one line, so that an interrupted run goes on where it stopped and the parts
of several runs add up.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .agree import Counts
from .generate import available, generate
from .judge import Failure, Judge
from .program import Program
from .shrink import shrink
from .table import TABLE

_SHRUNK = 10
"""Failures that one range shrinks."""


@dataclasses.dataclass
class Record:
    """What some ranges of programs gave."""

    programs: set[str] = dataclasses.field(default_factory=set)
    compiled: set[str] = dataclasses.field(default_factory=set)
    histogram: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    counts: Counts = dataclasses.field(default_factory=Counts)
    failures: dict[tuple[str, ...], dict[str, Any]] = dataclasses.field(default_factory=dict)
    failed: int = 0
    crashes: list[str] = dataclasses.field(default_factory=list)
    ranges: list[tuple[int, int, int]] = dataclasses.field(default_factory=list)
    """(seed, first number, how many)."""

    def merge(self, other: dict[str, Any]) -> None:
        """Add what another process found."""
        self.programs.update(other["programs"])
        self.compiled.update(other["compiled"])
        self.histogram.update(other["histogram"])
        self.counts.merge(other["counts"])
        self.failed += other["failed"]
        self.crashes += other["crashes"]
        self.ranges += [(seed, start, count) for seed, start, count in other["ranges"]]
        for failure in other["failures"]:
            self._keep(tuple(failure["sort"]), failure)

    def _keep(self, sort: tuple[str, ...], failure: dict[str, Any]) -> None:
        if sort in self.failures:
            self.failures[sort]["times"] += failure["times"]
        else:
            self.failures[sort] = failure

    def add(self, failure: Failure, program: Program, compiled: bool) -> None:
        """Keep a failure, shrunk; those that shrink to the same operators are one sort."""
        self.failed += 1
        if self.failed > _SHRUNK:
            self._keep((failure.mode, failure.kind, "not shrunk"), _kept(failure, program, program))
            return
        small, last = shrink(program, failure, compiled)
        names = ", ".join(step.name for step in small.steps)
        self._keep((last.mode, last.kind, names), _kept(last, program, small))

    def judge_again(self) -> None:
        """Say of each failure what the tree at hand makes of it."""
        names = available()
        for kept in self.failures.values():
            seed, number = kept["seed"]
            program = generate(seed, number, names)
            if program.digest() not in self.programs:
                kept["now"] = "no longer drawn"
                continue
            found = Judge(program, Counts()).failure(compiled=True)
            kept["now"] = "agrees" if found is None else f"{found.mode}, {found.kind}"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "ranges": self.ranges,
            "programs": sorted(self.programs),
            "compiled": sorted(self.compiled),
            "histogram": dict(self.histogram),
            "counts": self.counts.as_json(),
            "failed": self.failed,
            "failures": list(self.failures.values()),
            "crashes": self.crashes,
        }

    def covered(self, seed: int) -> set[int]:
        """The numbers of the programs of a seed that have been run."""
        return {
            number
            for of, start, count in self.ranges
            if of == seed
            for number in range(start, start + count)
        }


def _kept(failure: Failure, program: Program, small: Program) -> dict[str, Any]:
    names = ", ".join(step.name for step in small.steps)
    return {
        "sort": (failure.mode, failure.kind, names),
        "seed": program.seed,
        "failure": f"{failure.mode}, {failure.kind}: {failure.operator} {failure.text}",
        "program": str(small),
        "times": 1,
    }


def read(paths: Iterable[Path]) -> Record:
    """The record that files of lines make together; a line cut short by a crash is left out."""
    whole = Record()
    for path in paths:
        if not path.exists():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                part = json.loads(line)
            except json.JSONDecodeError:
                continue
            whole.merge(part)
    return whole


def _seeds(ranges: list[tuple[int, int, int]]) -> str:
    """The ranges of each seed, joined where they touch."""
    joined: list[list[int]] = []
    for seed, start, count in sorted(ranges):
        if joined and joined[-1][0] == seed and joined[-1][2] == start:
            joined[-1][2] = start + count
        else:
            joined.append([seed, start, start + count])
    return ", ".join(f"{seed} ({start} to {end - 1})" for seed, start, end in joined)


def text(record: Record) -> str:
    """The record as a page."""
    counts = record.counts
    histogram = [f"{name} {count}" for name, count in record.histogram.most_common()]
    modes = [f"{mode} {count}" for mode, count in counts.modes.most_common()]
    found = f"{record.failed} failed, {len(record.crashes)} crashed"
    heads = [
        f"{len(record.programs)} distinct programs, {len(record.compiled)} compiled; {found}.",
        f"Seeds and numbers: {_seeds(record.ranges)}.",
        f"Programs compared in each mode: {', '.join(modes)}.",
        f"Numbers compared: {counts.compared}.",
    ]
    lines = ["# The last run of the fuzzer", ""]
    lines += [line for head in heads for line in (*textwrap.wrap(head, 98), "")]
    lines += ["## Not held to account", "", "| rule | how often |", "|---|---|"]
    lines += [f"| {rule} | {count} |" for rule, count in counts.rules.most_common()]
    lines += ["", f"## Operators: {len(record.histogram)} of {len(TABLE)}", ""]
    lines += [*textwrap.wrap(", ".join(histogram), 98), "", "## Failures", ""]
    lines += [f"- crash: {crash}" for crash in record.crashes]
    for failure in sorted(record.failures.values(), key=lambda one: -one["times"]):
        seed_of = "--seed {} --start {} --programs 1".format(*failure["seed"])
        now = f" (now: {failure['now']})" if "now" in failure else ""
        lines += [
            f"{failure['times']} times, first {seed_of}{now}: {failure['failure']}",
            "",
            "```",
            failure["program"],
            "```",
            "",
        ]
    if not record.failures and not record.crashes:
        lines.append("None.")
    return "\n".join(lines).rstrip() + "\n"
