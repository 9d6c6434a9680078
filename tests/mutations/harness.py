"""Run named tests in a subprocess against a copy of the package with one text replaced."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "wengert"
SECONDS = 120

_RUN = """
import sys
import wengert
assert wengert.__file__.startswith(sys.argv[1]), wengert.__file__
import pytest
sys.exit(pytest.main(sys.argv[2:]))
"""


class Mutation(NamedTuple):
    """One planted error."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


class Outcome(NamedTuple):
    """What became of it."""

    caught: bool
    words: str


def snapshot(folder: Path) -> Path:
    """A copy of the package as it is now."""
    target = folder / "wengert"
    shutil.copytree(PACKAGE, target)
    return target


def plant(original: Path, folder: Path, mutation: Mutation) -> None:
    """A copy with the mutation in it."""
    shutil.copytree(original, folder / "wengert", copy_function=os.link)
    place = folder / "wengert" / mutation.file
    text = place.read_text(encoding="utf-8")
    count = text.count(mutation.old)
    if count != 1:
        raise ValueError(
            f"the text {mutation.old!r} occurs {count} times in {mutation.file}; "
            "bring the mutation up to date."
        )
    place.unlink()  # not the file that it is linked to
    place.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")


def run_tests(folder: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """The tests with the package of `folder`, stopping at the first failure."""
    arguments = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    return subprocess.run(
        [sys.executable, "-c", _RUN, str(folder), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def attempt(original: Path, folder: Path, mutation: Mutation) -> Outcome:
    """Plant one mutation and see whether its tests notice."""
    folder.mkdir()
    try:
        plant(original, folder, mutation)
    except ValueError as error:
        return Outcome(False, str(error))
    try:
        done = run_tests(folder, mutation.tests)
    except subprocess.TimeoutExpired:
        return Outcome(False, f"the tests ran longer than {SECONDS} s")
    shutil.rmtree(folder)
    last = done.stdout.strip().splitlines()[-1:] or done.stderr.strip().splitlines()[-1:]
    words = last[0] if last else "no output"
    if done.returncode == 1 and "failed" in words:
        return Outcome(True, words)
    if done.returncode == 0:
        return Outcome(False, f"survived: {words}")
    return Outcome(False, f"not a failing test but exit status {done.returncode}: {words}")


def attempt_all(mutations: list[Mutation], folder: Path) -> dict[str, Outcome]:
    """All of them, one for each processor at a time."""
    original = snapshot(folder)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = pool.map(
            lambda pair: attempt(original, folder / str(pair[0]), pair[1]), enumerate(mutations)
        )
        return dict(zip((mutation.name for mutation in mutations), outcomes, strict=True))


def healthy(mutations: list[Mutation], folder: Path) -> str:
    """An empty string if every named test passes on the package as it is; else what failed."""
    tests = tuple(dict.fromkeys(test for mutation in mutations for test in mutation.tests))
    (folder / "healthy").mkdir()
    snapshot(folder / "healthy")
    done = run_tests(folder / "healthy", tests)
    return "" if done.returncode == 0 else done.stdout + done.stderr
