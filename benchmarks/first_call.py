"""How long does the first call of a jitted function take: tracing, compiling and running?

Every figure comes from a fresh process that has imported the library and made the data. The cache
on disk is empty, or holds what another process has just left there. The second table is about a
process in which another function was jitted before, so that what a compiler loads and starts at its
first use is not counted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import gelu, linear_regression, mlp
from .contest import Contender, Row, Table, Target
from .setting import Setting, environment, present

THREADS = (1,)
NAMES = ("wengert.jit", "jax.jit", "torch.compile")
SLOW = "torch.compile"
SLOW_ROUNDS = 2
"""Of the contender whose calls take seconds."""


def tables(setting: Setting) -> Iterator[Table]:
    """For each program: first in its process, a later one, and with a warm cache."""
    for program, title in TITLES.items():
        names = present(NAMES, setting)
        cold = [Row(name, []) for name in names]
        later = [Row(name, []) for name in names]
        warm = [Row(name, []) for name in names]
        for turn in range(setting.rounds):
            for k, name in enumerate(names):
                if name == SLOW and turn >= SLOW_ROUNDS:
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    cold[k].rounds.append(seconds(program, name, folder))
                    warm[k].rounds.append(seconds(program, name, folder))
                with tempfile.TemporaryDirectory() as folder:
                    later[k].rounds.append(seconds(program, name, folder, later=True))
        target = Target("wengert.jit", ["jax.jit"], 1 / 3)
        yield Table(f"first call: {title}, nothing jitted before", cold, [target])
        yield Table(f"first call: {title}, another function jitted before", later, [target])
        yield Table(f"first call: {title}, second process, warm cache", warm)


def seconds(program: str, name: str, folder: str, later: bool = False) -> float:
    """The first call of one contender in a process of its own."""
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
    return float(json.loads(done.stdout.splitlines()[-1]))


def timed(contender: Contender) -> float:
    """Seconds until the result of the first call is there."""
    start = time.perf_counter()
    result = contender.call()
    if contender.finish is not None:
        contender.finish(result)
    return time.perf_counter() - start


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


PROGRAMS: dict[str, Callable[[str], Contender]] = {
    "linear_regression": lambda name: linear_regression.CONTENDERS[name](),
    "gelu": lambda name: gelu.CONTENDERS[name]("none", 100_000),
    "mlp": lambda name: mlp.CONTENDERS[name](),
}
TITLES = {
    "linear_regression": "linear regression step",
    "gelu": "gelu forward and backward",
    "mlp": "network step",
}


if __name__ == "__main__":
    _program, _name, _later = sys.argv[1:]
    if int(_later):
        jit_another(_name)
    print(json.dumps(timed(PROGRAMS[_program](_name))))
