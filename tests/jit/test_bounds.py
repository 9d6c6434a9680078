"""Native code reads and writes nothing outside of its arrays: they end where memory ends.

Arrays are put against pages that may not be touched, in a process of its own.
"""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.jit.graphs import given, made, node_by_node, whole
from wengert._jit.program import compile_graph

ROOT = Path(__file__).parents[2]
PAGES = 4


def fenced(size: int, dtype: str) -> tuple[Any, Any]:
    """Two arrays at the end and the start of memory; the pages around it are barred."""
    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, (PAGES + 2) * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for barred in (start, start + (PAGES + 1) * page):
        assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(barred), page, 0) == 0
    bytes_ = size * np.dtype(dtype).itemsize
    last = (PAGES + 1) * page - bytes_
    return np.frombuffer(memory, dtype, size, last), np.frombuffer(memory, dtype, size, page)


def check(dtype: str) -> None:
    rng = np.random.default_rng(0)
    for step in (1, -1, 2, 3, 4, 5, -2):
        for count in (1, 2, 4, 15, 16, 17, 33, 100):
            size = (count - 1) * abs(step) + 1
            x = given((size,), dtype)
            part = made("slice", x, slices=((0 if step > 0 else size - 1, count, step),))
            changed = made("bitwise_not" if dtype == "bool" else "neg", part)
            graph = whole([x], [changed, made("amax", part, axes=(0,))])
            program = compile_graph(graph, cache=False)
            for array in fenced(size, dtype):
                array[:] = rng.integers(0, 2, size)
                expected, _ = node_by_node(graph, [array])
                for one, other in zip(program.call(array), expected, strict=True):
                    np.testing.assert_array_equal(one, other)
            if step == 1:
                written = compile_graph(whole([x], [], [(0, made("add", x, x))]), cache=False)
                for array in fenced(size, dtype):
                    written.call(array)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool"])
def test_nothing_outside_of_an_array_is_touched(dtype: str) -> None:
    program = f"from tests.jit.test_bounds import check; check({dtype!r})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr[-2000:]}"
