"""How a run is set up: how long, on how many threads, and which peers are there."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

PEERS = ("torch", "jax")


@dataclass(frozen=True)
class Setting:
    """The size of a run."""

    threads: int = 1
    rounds: int = 5
    seconds: float = 0.3
    """For each contender in each round."""
    short: bool = False
    """A run that only shows that everything works: smallest sizes, no torch.compile."""


SHORT = Setting(rounds=2, seconds=0.01, short=True)


def environment(threads: int) -> dict[str, str]:
    """The environment of a process in which every library uses this many threads."""
    count = str(threads)
    multi = str(threads > 1).lower()
    return {
        **os.environ,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        # XLA sizes its pool by NPROC; the flag also keeps its matrix products on one thread.
        "NPROC": count,
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={multi}",
        "JAX_PLATFORMS": "cpu",
    }


def limit_threads(threads: int) -> None:
    """Tell the libraries that do not go by the environment alone."""
    if has("torch"):
        import torch

        torch.set_num_threads(threads)


def has(name: str) -> bool:
    """Whether a peer is installed."""
    return importlib.util.find_spec(name) is not None


def present(names: Iterable[str], setting: Setting) -> list[str]:
    """The contenders among `names` that can run here; what is left out is said on stderr."""
    found: list[str] = []
    for name in names:
        package = name.replace(",", ".").split(".")[0]
        if package in PEERS and not has(package):
            print(f"{name}: {package} is not installed", file=sys.stderr)
        elif not (setting.short and name.startswith("torch.compile")):
            found.append(name)
    return found
