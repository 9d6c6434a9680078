"""How long does the first call of a jitted function take: tracing, compiling and running?

Every figure comes from a fresh process. The cache on disk is empty, or holds what another process
has just left there. For each program there are four tables: the call alone, after the library was
imported and the data made; import, making and call together; the call alone where another function
was jitted before, so that what a compiler loads and starts at its first use is not counted; and the
call alone with a warm cache.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .contest import Row, Table, Target
from .setting import Setting, environment, present

THREADS = (1,)
NAMES = ("wengert.jit", "jax.jit", "torch.compile")
SLOW = "torch.compile"
SLOW_ROUNDS = 2
"""Of the contender whose calls take seconds."""
PROGRAMS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "linear_regression": ("linear regression step", ()),
    "gelu": ("gelu forward and backward", ("none", 100_000)),
    "mlp": ("network step", ()),
}
"""Modules of this package, with a title and the arguments that their contenders take."""


def tables(setting: Setting) -> Iterator[Table]:
    """Four tables for each program."""
    for program, (title, _) in PROGRAMS.items():
        names = present(NAMES, setting)
        cold, whole, later, warm = ([Row(name, []) for name in names] for _ in range(4))
        for turn in range(setting.rounds):
            for k, name in enumerate(names):
                if name == SLOW and turn >= SLOW_ROUNDS:
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    before, call = seconds(program, name, folder)
                    cold[k].rounds.append(call)
                    whole[k].rounds.append(before + call)
                    warm[k].rounds.append(seconds(program, name, folder)[1])
                with tempfile.TemporaryDirectory() as folder:
                    later[k].rounds.append(seconds(program, name, folder, later=True)[1])
        target = Target("wengert.jit", ["jax.jit"], 1 / 3)
        yield Table(f"first call: {title}, nothing jitted before", cold, [target])
        yield Table(f"first call: {title}, with import and set-up", whole, [target])
        yield Table(f"first call: {title}, another function jitted before", later, [target])
        yield Table(f"first call: {title}, second process, warm cache", warm)


def seconds(program: str, name: str, folder: str, later: bool = False) -> tuple[float, float]:
    """What comes before the first call of a contender, in a process of its own, and the call."""
    place = Path(folder)
    caches = {
        "WENGERT_CACHE_DIR": str(place / "wengert"),
        "TORCHINDUCTOR_CACHE_DIR": str(place / "torch"),
        "TRITON_CACHE_DIR": str(place / "triton"),
        "JAX_COMPILATION_CACHE_DIR": str(place / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_call", program, name, str(int(later))],
        capture_output=True,
        text=True,
        check=False,
        env={**environment(1), **caches},
    )
    assert done.returncode == 0, done.stderr
    before, call = json.loads(done.stdout.splitlines()[-1])
    return before, call


def measure(program: str, name: str, later: bool) -> tuple[float, float]:
    """Seconds for import and set-up, and from there until the result of the first call is there."""
    start = time.perf_counter()
    importlib.import_module(name.split(".")[0])
    imported = time.perf_counter() - start
    # The programs' own modules import Wengert, whoever competes.
    module = importlib.import_module(f"benchmarks.{program}")
    if later:
        jit_another(name)
    start = time.perf_counter()
    contender = module.CONTENDERS[name](*PROGRAMS[program][1])
    made = time.perf_counter() - start
    start = time.perf_counter()
    result = contender.call()
    if contender.finish is not None:
        contender.finish(result)
    return imported + made, time.perf_counter() - start


def jit_another(name: str) -> None:
    """Let the compiler load and start, on a function that has little to do with the programs."""
    if name == "wengert.jit":
        import wengert

        wengert.jit(lambda x: x * x + 1.0)(wengert.ones(3))
    elif name == "jax.jit":
        import jax

        jax.jit(lambda x: x * x + 1.0)(jax.numpy.ones(3))
    else:
        import torch

        torch.compile(lambda x: x * x + 1.0)(torch.ones(3))


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], bool(int(sys.argv[3])))))
