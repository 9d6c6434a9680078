"""Runs native elementwise functions over arrays, in this process or in one of its own.

    WENGERT_TARGET=x86-64-v3 python -m tests.jit.native_kernels requests.npz results.npz

An array of the requests is named `operation.dtype.lanes.position`; its result has the name without
the position. A process of its own, since code for another target is chosen when it starts, and
since an assertion of LLVM ends the process.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wengert._jit import engine, vector_math

Array = np.ndarray[Any, Any]
NUMPY = {"f32": "f4", "f64": "f8", "i8": "i1", "u8": "u1", "i16": "i2", "i32": "i4", "i64": "i8"}
LANES = (1, 4, 8, 16)
FORCED_TARGETS = ("x86-64", "x86-64-v3")

_LOOP = """
define void @run({parameters}, ptr %out, i64 %n) {{
start:
  br label %loop
loop:
  %i = phi i64 [0, %start], [%next, %loop]
{loads}
  %y = call {type} @w.{operation}.{dtype}.v{lanes}({operands})
  %at = getelementptr {element}, ptr %out, i64 %i
  store {type} %y, ptr %at, align 1
  %next = add i64 %i, {lanes}
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %end
end:
  ret void
}}
"""


def loop_text(operation: str, dtype: str, lanes: int, arity: int) -> str:
    """A module with `run(operands ..., result, n)`, for n a multiple of the lanes."""
    element = {"f32": "float", "f64": "double"}.get(dtype, f"i{dtype[1:]}")
    whole = element if lanes == 1 else f"<{lanes} x {element}>"
    loads = "\n".join(
        f"  %p{k} = getelementptr {element}, ptr %in{k}, i64 %i\n"
        f"  %x{k} = load {whole}, ptr %p{k}, align 1"
        for k in range(arity)
    )
    function = vector_math.functions([(operation, dtype, lanes)], engine.target().has_scalef)
    return function + _LOOP.format(
        parameters=", ".join(f"ptr %in{k}" for k in range(arity)),
        loads=loads,
        type=whole,
        element=element,
        operation=operation,
        dtype=dtype,
        lanes=lanes,
        operands=", ".join(f"{whole} %x{k}" for k in range(arity)),
    )


def mapped(operation: str, dtype: str, lanes: int, operands: Sequence[Array]) -> Array:
    """The function of every element; the end is padded with ones to whole vectors."""
    size = operands[0].size
    whole = -(-size // lanes) * lanes
    padded = [np.ones(whole, NUMPY[dtype]) for _ in operands]
    for pad, operand in zip(padded, operands):
        pad[:size] = operand
    result = np.empty(whole, NUMPY[dtype])
    library = engine.compile_text(loop_text(operation, dtype, lanes, len(operands)), cache=False)
    pointers = [ctypes.c_void_p] * (len(operands) + 1)
    run = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(library.address("run"))
    if whole:
        run(*(pad.ctypes.data for pad in padded), result.ctypes.data, whole)
    return result[:size]


def answered(requests: Mapping[str, Array]) -> dict[str, Array]:
    """The results of all requests, in this process."""
    operands: dict[str, list[Array]] = {}
    for name in sorted(requests):
        operands.setdefault(name.rpartition(".")[0], []).append(requests[name])
    results: dict[str, Array] = {}
    for name, arrays in operands.items():
        operation, dtype, lanes = name.split(".")
        results[name] = mapped(operation, dtype, int(lanes), arrays)
    return results


def answered_for(target: str, requests: Mapping[str, Array], folder: Path) -> dict[str, Array]:
    """The same in a process whose code is made for `target`."""
    asked, given = folder / f"{target}.in.npz", folder / f"{target}.out.npz"
    np.savez(asked, **requests)  # type: ignore[arg-type]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.jit.native_kernels", str(asked), str(given)],
        env={**os.environ, "WENGERT_TARGET": target},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{target}: {done.stdout}{done.stderr}"
    with np.load(given) as results:
        return dict(results)


def main() -> None:
    with np.load(sys.argv[1]) as requests:
        np.savez(sys.argv[2], **answered(dict(requests)))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
