"""The memory that a long run holds: read from the system, printed on the way, and bounded."""

from __future__ import annotations

import gc
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

SCALE = int(os.environ.get("WENGERT_SOAK", "1000000"))
"""How many training steps `make soak` takes in all."""
PARTS = 10
BOUND = 2 * 2**20
"""Bytes by which memory may grow after the first tenth of a run: what allocators do with pages."""


def resident() -> int:
    """Bytes of this process that are in memory."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    shown = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True
    )
    return int(shown.stdout) * 1024


def hold_flat(name: str, step: Callable[[], object], count: int, bound: int = BOUND) -> None:
    """Take `count` steps with the collector off, and assert that memory has not grown by `bound`.

    The first tenth may fill caches and pools; what is resident after it is what counts.
    """
    part = max(count // PARTS, 1)
    print()
    gc.collect()
    gc.disable()
    try:
        start = 0
        for number in range(1, PARTS + 1):
            for _ in range(part):
                step()
            now = resident()
            start = start or now
            text = f"{name}: {number * part:9d} steps, {now / 2**20:8.2f} MiB resident"
            print(text, flush=True)
    finally:
        gc.enable()
    grown = now - start
    assert grown <= bound, (
        f"{name}: {grown} bytes more after {count} steps, at most {bound} are allowed"
    )
