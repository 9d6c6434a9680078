"""Random graphs, in processes of their own: bad code may end the process, not the test run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(target: str, first: int, count: int) -> None:
    environment = {**os.environ, "WENGERT_TARGET": target, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.jit.random_graphs", str(first), str(count)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    # A process that died names the guilty seed on its last line.
    assert done.returncode == 0, done.stdout[-200:] + done.stderr[-4000:]


@pytest.mark.parametrize("target", ["native", "x86-64-v3", "x86-64"])
def test_random_graphs(target: str) -> None:
    run(target, 0, 60)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["native", "x86-64-v3", "x86-64"])
def test_many_random_graphs(target: str) -> None:
    run(target, 10_000, 400)
