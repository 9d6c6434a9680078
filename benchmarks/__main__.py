"""`python -m benchmarks`: every question in a process of its own, on one thread and on two.

Options: names of questions; `--short` for a run that only shows that everything works; `--threads`;
`--write docs/benchmarks.md` to keep the tables. All figures go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from .setting import SHORT, Setting, environment, has, limit_threads
from .show import data, machine, text

QUESTIONS = ("imports", "eager", "scalar", "linear_regression", "gelu", "mlp", "first_call")
RESULTS = Path(__file__).parent / "results"
HOW = """# Benchmarks

Written by `python -m benchmarks --write docs/benchmarks.md` (`make bench` sets up what it needs);
`benchmarks/` holds the programs. Peers run in the same process and take turns, {rounds} rounds;
before that, all show that they compute the same. A round keeps the fastest of its samples, a table
gives the median of the rounds, the spread between the slowest and the fastest of them, and the
median of the ratios to the first row. "cores" is processor time over elapsed time. "native" and
"NumPy" count what a jitted Wengert program consists of: native functions, and operations that run
as NumPy calls. Imports and first calls are timed in fresh processes. The garbage collector is off
while a sample runs.

{machine}; {versions}.
"""


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("questions", nargs="*", default=[], help=", ".join(QUESTIONS))
    parser.add_argument("--short", action="store_true", help="smallest sizes, two rounds")
    parser.add_argument("--threads", type=int, help="only on this many threads")
    parser.add_argument("--write", type=Path, help="a file for the tables")
    parser.add_argument("--here", action="store_true", help="in this process (internal)")
    options = parser.parse_args()
    unknown = set(options.questions) - set(QUESTIONS)
    if unknown:
        parser.error(f"no such question: {', '.join(sorted(unknown))}; there are {QUESTIONS}")
    if options.here:
        answer(options.questions[0], replace(setting(options.short), threads=options.threads))
        return
    blocks: list[str] = []
    for question in options.questions or QUESTIONS:
        counts = importlib.import_module(f"benchmarks.{question}").THREADS
        threads = counts if options.threads is None else [options.threads]
        blocks += [asked(question, count, options.short) for count in threads]
    if options.write is not None:
        head = HOW.format(rounds=Setting.rounds, machine=machine(), versions=versions())
        options.write.write_text("\n".join([head, *blocks]), encoding="utf-8")


def setting(short: bool) -> Setting:
    return SHORT if short else Setting()


def asked(question: str, threads: int, short: bool) -> str:
    """Answer a question in a process of its own, shown as it comes; the tables as Markdown."""
    command = [sys.executable, "-m", "benchmarks", question, "--here", "--threads", str(threads)]
    process = subprocess.Popen(
        [*command, *(["--short"] if short else [])],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(threads),
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    if process.wait() != 0:
        raise SystemExit(f"benchmarks: {question} failed")
    return f"```text\n{''.join(lines).strip()}\n```\n"


def answer(question: str, size: Setting) -> None:
    """Print the tables of one question, and keep their figures."""
    limit_threads(size.threads)
    kept: list[dict[str, Any]] = []
    for table in importlib.import_module(f"benchmarks.{question}").tables(size):
        if question not in ("imports", "first_call"):
            table.title += f"; {size.threads} thread{'s' if size.threads > 1 else ''}"
        print(text(table) + "\n", flush=True)
        kept.append(data(table))
    RESULTS.mkdir(exist_ok=True)
    place = RESULTS / f"{question}-{size.threads}.json"
    content = {"machine": machine(), "versions": versions(), "short": size.short, "tables": kept}
    place.write_text(json.dumps(content, indent=1), encoding="utf-8")


def versions() -> str:
    """The libraries that took part."""
    from importlib.metadata import version

    names = ["wengert", "numpy", "llvmlite", *(name for name in ("torch", "jax") if has(name))]
    return ", ".join(f"{name} {version(name)}" for name in names)


if __name__ == "__main__":
    main()
