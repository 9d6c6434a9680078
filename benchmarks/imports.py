"""How long does `import wengert` take, beside NumPy, PyTorch and JAX? Fresh processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from .contest import Row, Table
from .setting import Setting, environment, present

THREADS = (1,)
PROGRAM = """
import time
start = time.perf_counter()
import {name}
print(time.perf_counter() - start)
"""
ALLOWED = 0.15
"""Seconds that Wengert may take beyond NumPy."""


def tables(setting: Setting) -> Iterator[Table]:
    """One table; each round keeps the fastest of three processes."""
    rows = {name: Row(name, []) for name in present(("wengert", "numpy", "torch", "jax"), setting)}
    for row in rows.values():
        seconds(row.name)  # the files come from the disk once
    for _ in range(setting.rounds):
        for row in rows.values():
            row.rounds.append(min(seconds(row.name) for _ in range(3)))
    more = rows["wengert"].seconds - rows["numpy"].seconds
    note = (
        f"wengert takes {more * 1e3:.0f} ms more than numpy, at most {ALLOWED * 1e3:.0f} are "
        f"wanted: {'met' if more <= ALLOWED else 'MISSED'}"
    )
    yield Table("import, in a fresh process", list(rows.values()), notes=[note])


def seconds(name: str) -> float:
    """The time of one import."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=name)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(1),
    )
    return float(done.stdout)
