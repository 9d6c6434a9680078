"""Random graphs, in processes of their own: bad code may end the process, not the test run.

WENGERT_GRAPHS=N runs N of them for each target; `make soak` runs hundreds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ("native", "x86-64-v3", "x86-64")
GRAPHS = int(os.environ.get("WENGERT_GRAPHS", "20"))


def run(target: str, first: int, count: int) -> None:
    path = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    environment = {**os.environ, "WENGERT_TARGET": target, "PYTHONPATH": path}
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


@pytest.mark.parametrize("target", TARGETS)
def test_random_graphs(target: str) -> None:
    # Graphs of its own for each target: together they are the first seeds without a gap.
    run(target, TARGETS.index(target) * GRAPHS, GRAPHS)
