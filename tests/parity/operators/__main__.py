"""Runs operators of PyTorch's database over Wengert and prints what came of them."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import torch

from .database import operators, seed_of
from .left_out import LEFT_OUT
from .page import PAGE, passed_on_page, text
from .verdict import MODES, Verdict
from .workers import run


def shown(verdict: Verdict, verbose: bool) -> str:
    """One operator in a line, and its failures."""
    parts: list[str] = []
    for mode, tally in verdict.modes.items():
        if tally.total:
            part = f"{mode} {tally.passed}/{tally.total}"
            parts.append(part + (" WRONG" if tally.wrong else ""))
    head = f"{verdict.state.upper() if verdict.state == 'wrong' else verdict.state:8}{verdict.name}"
    lines = [head, *_wrapped("; ".join(parts), "    ")]
    if verdict.trouble:
        lines.append(f"    {verdict.trouble}")
    width = 600 if verbose else 140
    for mode, tally in verdict.modes.items():
        for kind, failure in (("WRONG", tally.first_wrong), ("missing", tally.first_missing)):
            if failure:
                where, _, what = failure.rpartition("\n")
                lines += _wrapped(f"{mode} {kind}: {what[:width]}", "  ! ")
                lines += _wrapped(f"at {where[:width]}", "      ")
    if verbose:
        lines += [f"    {text}" for text in verdict.settled]
        lines.append(f"    seed {seed_of(verdict.name)}; native: {verdict.native}")
    return "\n".join(lines)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent=indent, subsequent_indent=" " * len(indent))


def main() -> None:
    """Run what the arguments ask for and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.operators", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], help="operators by name, or name*")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--limit", type=int, help="samples for each operator, mode and dtype")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one mode")
    parser.add_argument("--part", default="1/1", help="k/n: only the k-th of n parts")
    parser.add_argument("-v", "--verbose", action="store_true", help="whole errors, seeds")
    parser.add_argument("-q", "--quiet", action="store_true", help="leave out what passes")
    parser.add_argument("--write", action="store_true", help="write docs/operators.md")
    parser.add_argument("--save", type=Path, help="append each verdict as a line of JSON")
    parser.add_argument("--saved", type=Path, nargs="+", default=[], help="do not run these again")
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))
    names = chosen(options.only)[part - 1 :: parts]
    before = passed_on_page()
    known = {verdict.name: verdict for verdict in saved(options.saved)}
    rest = [name for name in names if name not in known]
    for verdict in run(rest, options.mode, options.limit, options.jobs, options.timeout):
        known[verdict.name] = verdict
        if options.save:
            with options.save.open("a", encoding="utf-8") as lines:
                print(json.dumps(verdict.as_dict()), file=lines)
        if not (options.quiet and verdict.state == "passed"):
            print(shown(verdict, options.verbose), flush=True)
    verdicts = [known[name] for name in names]
    states = [verdict.state for verdict in verdicts]
    print(", ".join(f"{states.count(state)} {state}" for state in ("passed", "missing", "wrong")))
    if options.write:
        PAGE.write_text(
            text(verdicts, torch.__version__.split("+")[0], options.limit), encoding="utf-8"
        )
        lost = before - {verdict.name for verdict in verdicts if verdict.state == "passed"}
        if lost:
            print("passed before, but not now:", ", ".join(sorted(lost)))
        raise SystemExit(1 if lost or "wrong" in states else 0)


def saved(files: list[Path]) -> Iterator[Verdict]:
    """What earlier runs saved."""
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            yield Verdict.from_dict(json.loads(line))


def chosen(only: list[str]) -> list[str]:
    """The operators that were asked for; a name stands for all its variants."""
    everything = list(operators())
    if not only:
        return [name for name in everything if name not in LEFT_OUT]
    found = [
        name
        for name in everything
        if any(fnmatchcase(name, ask) or name.split("/")[0] == ask for ask in only)
    ]
    if not found:
        raise SystemExit(f"no operator of op_db is called {' or '.join(only)}")
    return found


if __name__ == "__main__":
    main()
