"""python -m tests.mutations [words]: plant the mutations whose names hold a word, or all."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from . import MUTATIONS
from .harness import attempt_all, healthy


def main(words: list[str]) -> int:
    chosen = [m for m in MUTATIONS if not words or any(word in m.name for word in words)]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        sick = healthy(chosen, Path(folder))
        if sick:
            print(sick)
            print("the named tests do not pass without any mutation")
            return 1
        outcomes = attempt_all(chosen, Path(folder))
    for name, (caught, shown) in outcomes.items():
        print(f"{'caught  ' if caught else 'MISSED  '} {name}: {shown}")
    missed = sum(not outcome.caught for outcome in outcomes.values())
    print(f"{len(outcomes)} mutations, {missed} missed, {time.perf_counter() - started:.0f} s")
    return 1 if missed else 0


sys.exit(main(sys.argv[1:]))
