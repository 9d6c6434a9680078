"""What does one recorded operation cost, forward and back, on tensors where all is overhead?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import wengert

from .contest import Contender, Table, Target, contest
from .setting import Setting, present

THREADS = (1,)
LENGTH = 50
LEFT, RIGHT = [1.0, 2.0, 3.0, 4.0], [0.9, 1.1, 1.0, 0.95]


def tables(setting: Setting) -> Iterator[Table]:
    """One product; a chain of products forward and backward."""
    names = present(("wengert", "torch", "torch, not recording", "jax"), setting)
    contenders = [product(name) for name in (*names[:1], "wengert, not recording", *names[1:])]
    yield Table(
        "eager: a * b of four floats",
        contest([*contenders, numpy_product()], rounds=setting.rounds, seconds=setting.seconds),
        [Target("wengert", ["torch"], 2.0)],
    )
    chains = [chain(name) for name in present(("wengert", "torch"), setting)]
    yield Table(
        f"eager: forward and backward of {LENGTH} products in a chain, for each of them",
        contest(chains, rounds=setting.rounds, seconds=setting.seconds),
        [Target("wengert", ["torch"], 1.2)],
    )


def library(name: str) -> Any:
    """The module behind a contender's name."""
    if name.startswith("wengert"):
        return wengert
    if name.startswith("torch"):
        import torch

        return torch
    import jax.numpy

    return jax.numpy


def product(name: str) -> Contender:
    """`a * b`, recorded where both require grad."""
    module = library(name)
    if name == "jax":
        a, b = module.asarray(LEFT), module.asarray(RIGHT)
    else:
        recording = "not" not in name
        a = module.tensor(LEFT, requires_grad=recording)
        b = module.tensor(RIGHT, requires_grad=recording)
    wait = (lambda out: out.block_until_ready()) if name == "jax" else None
    return Contender(name, lambda: a * b, lambda: [(a * b).tolist()], wait)


def numpy_product() -> Contender:
    """The same on arrays."""
    a, b = np.array(LEFT, np.float32), np.array(RIGHT, np.float32)
    return Contender("numpy", lambda: a * b, lambda: [a * b])


def chain(name: str) -> Contender:
    """x = x * b, again and again, and the gradient of the sum."""
    module = library(name)
    a = module.tensor(LEFT, requires_grad=True)
    b = module.tensor(RIGHT, requires_grad=True)

    def step() -> None:
        a.grad = None
        b.grad = None
        x = a
        for _ in range(LENGTH):
            x = x * b
        x.sum().backward()

    def outcome() -> list[Any]:
        step()
        return [a.grad.tolist(), b.grad.tolist()]

    return Contender(name, step, outcome, per=LENGTH)
