"""Runs random programs under PyTorch and under Wengert; prints and keeps what differs."""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

from .generate import available, generate
from .judge import Counts, Failure, Judge
from .shrink import shrink
from .table import TABLE

RECORD = Path(__file__).with_name("record.md")
_CHUNK = 400
_SHRUNK = 40
"""Failures that one process shrinks."""
COMPILED_EVERY = 5


@dataclasses.dataclass
class Record:
    """What a range of programs gave."""

    programs: set[str] = dataclasses.field(default_factory=set)
    compiled: int = 0
    histogram: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    counts: Counts = dataclasses.field(default_factory=Counts)
    failures: dict[tuple[str, ...], dict[str, Any]] = dataclasses.field(default_factory=dict)
    failed: int = 0
    crashes: list[str] = dataclasses.field(default_factory=list)

    def merge(self, other: dict[str, Any]) -> None:
        """Add what another process found."""
        self.programs.update(other["programs"])
        self.compiled += other["compiled"]
        self.histogram.update(other["histogram"])
        self.failed += other["failed"]
        for field in dataclasses.fields(Counts):
            total = getattr(self.counts, field.name) + other["counts"][field.name]
            setattr(self.counts, field.name, total)
        for failure in other["failures"]:
            self._keep(tuple(failure["sort"]), failure)

    def _keep(self, sort: tuple[str, ...], failure: dict[str, Any]) -> None:
        if sort in self.failures:
            self.failures[sort]["times"] += failure["times"]
        else:
            self.failures[sort] = failure

    def add(self, failure: Failure, program: Any, compiled: bool) -> None:
        """Keep a failure, shrunk; those that shrink to the same operators are one sort."""
        self.failed += 1
        if self.failed > _SHRUNK:
            self._keep((failure.mode, failure.kind, "not shrunk"), _kept(failure, program, program))
            return
        small, last = shrink(program, failure, compiled)
        names = ", ".join(step.name for step in small.steps)
        self._keep((last.mode, last.kind, names), _kept(last, program, small))

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "programs": sorted(self.programs),
            "compiled": self.compiled,
            "histogram": dict(self.histogram),
            "counts": dataclasses.asdict(self.counts),
            "failed": self.failed,
            "failures": list(self.failures.values()),
        }


def _kept(failure: Failure, program: Any, small: Any) -> dict[str, Any]:
    names = ", ".join(step.name for step in small.steps)
    return {
        "sort": (failure.mode, failure.kind, names),
        "seed": program.seed,
        "failure": f"{failure.mode}, {failure.kind}: {failure.operator} {failure.text}",
        "program": str(small),
        "times": 1,
    }


def fuzz(seed: int, start: int, count: int) -> Record:
    """Run programs number `start` to `start + count` of a seed."""
    names, record = available(), Record()
    for number in range(start, start + count):
        print(f"at {number}", file=sys.stderr, flush=True)
        program = generate(seed, number, names)
        digest = program.digest()
        if digest in record.programs:
            continue
        compiled = number % COMPILED_EVERY == 0
        failure = Judge(program, record.counts).failure(compiled)
        record.programs.add(digest)
        record.compiled += compiled
        record.histogram.update(step.name for step in program.steps)
        if failure is not None:
            record.add(failure, program, compiled)
    return record


def _elsewhere(seed: int, ranges: list[tuple[int, int]], jobs: int, timeout: float) -> Record:
    """The ranges in processes of their own, so that a crash costs one range."""
    whole, lock = Record(), threading.Lock()
    waiting = list(reversed(ranges))

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                start, count = waiting.pop()
            command = [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "tests.parity.fuzz",
                "--json",
                "--seed",
                str(seed),
                "--start",
                str(start),
                "--programs",
                str(count),
            ]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=timeout, check=False
                )
                last = done.stderr.strip().splitlines()[-1:]
                answer = json.loads(done.stdout) if done.returncode == 0 else None
            except subprocess.TimeoutExpired as error:
                last, answer = [f"timeout, {(error.stderr or b'')[-20:]!r}"], None
            with lock:
                if answer is None:
                    whole.crashes.append(f"programs {start} to {start + count}: {last}")
                else:
                    whole.merge(answer)
                print(
                    f"{len(whole.programs)} programs, {whole.failed} failed, "
                    f"{len(whole.failures)} sorts",
                    flush=True,
                )

    threads = [threading.Thread(target=work) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return whole


def text(record: Record, seed: int, start: int) -> str:
    """The record as a page."""
    counts = record.counts
    unstable = f"not compared, because they hang on rounding: {counts.unstable}"
    explained = (
        f"PyTorch has NaN for what was not selected, or differs as documented: {counts.explained}"
    )
    heads = [
        f"Seed {seed}, from program {start}: {len(record.programs)} distinct programs,",
        f"{record.compiled} of them compiled, {record.failed} failed.",
        f"Numbers compared: {counts.compared}; {unstable}; {explained}.",
    ]
    histogram = [f"{name} {count}" for name, count in record.histogram.most_common()]
    lines = ["# The last run of the fuzzer", "", *heads, ""]
    lines += [f"## Operators: {len(record.histogram)} of {len(TABLE)}", ""]
    lines += [*textwrap.wrap(", ".join(histogram), 98), "", "## Failures", ""]
    lines += [f"- crash: {crash}" for crash in record.crashes]
    for failure in sorted(record.failures.values(), key=lambda one: -one["times"]):
        seed_of = "--seed {} --start {} --programs 1".format(*failure["seed"])
        lines += [
            f"{failure['times']} times, first {seed_of}: {failure['failure']}",
            "",
            "```",
            failure["program"],
            "```",
            "",
        ]
    if not record.failures and not record.crashes:
        lines.append("None.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.fuzz", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="number of the first program")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=1800, help="seconds for 400 programs")
    parser.add_argument("--json", action="store_true", help="run here and print JSON")
    parser.add_argument("--write", action="store_true", help=f"write {RECORD.name}")
    options = parser.parse_args()
    if options.json:
        print(json.dumps(fuzz(options.seed, options.start, options.programs).as_json()))
        return
    end = options.start + options.programs
    ranges = [(at, min(_CHUNK, end - at)) for at in range(options.start, end, _CHUNK)]
    record = _elsewhere(options.seed, ranges, options.jobs, options.timeout)
    page = text(record, options.seed, options.start)
    if options.write:
        RECORD.write_text(page, encoding="utf-8")
    print(page)
    raise SystemExit(1 if record.failures or record.crashes else 0)


if __name__ == "__main__":
    main()
