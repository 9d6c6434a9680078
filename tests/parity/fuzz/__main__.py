"""Runs random programs under PyTorch and under Wengert; prints and keeps what differs."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .record import Record, read, text
from .workers import run, warm

RECORD = Path(__file__).with_name("record.md")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity.fuzz", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="number of the first program")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one program")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="add each finished range to this file, and leave out those that are there",
    )
    parser.add_argument(
        "--merge", type=Path, nargs="+", metavar="FILE", help="run nothing: add up such files"
    )
    parser.add_argument(
        "--again", action="store_true", help="judge what failed again by the tree at hand"
    )
    parser.add_argument("--write", action="store_true", help=f"write {RECORD.name}")
    options = parser.parse_args()
    if options.merge:
        record = read(options.merge)
    else:
        torch.set_num_threads(1)  # the processes share the cores
        record = read([options.keep]) if options.keep else Record()
        numbers = range(options.start, options.start + options.programs)
        done = record.covered(options.seed)
        left = [number for number in numbers if number not in done]
        warm()
        run(record, options.seed, left, options.jobs, options.timeout, options.keep)
    if options.again:
        record.judge_again()
    page = text(record)
    if options.write:
        RECORD.write_text(page, encoding="utf-8")
    print(page)
    raise SystemExit(1 if record.failures or record.crashes else 0)


if __name__ == "__main__":
    main()
