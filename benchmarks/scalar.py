"""What does one operation cost on the Scalar that learners read, and on 0-d tensors?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import wengert
from wengert.scalar import Scalar

from .contest import Contender, Table, contest
from .setting import Setting, present

THREADS = (1,)
LENGTH = 100


def tables(setting: Setting) -> Iterator[Table]:
    """One table."""
    names = present(CONTENDERS, setting)
    yield Table(
        f"scalars: forward and backward of {LENGTH} operations in a chain, for each of them",
        contest(
            [chain(name, *CONTENDERS[name]()) for name in names],
            rounds=setting.rounds,
            seconds=setting.seconds,
        ),
    )


def chain(name: str, make: Callable[[float], Any], read: Callable[[Any], float]) -> Contender:
    """y = y * x + x, again and again."""

    def run() -> Any:
        x = make(0.5)
        y = x
        for _ in range(LENGTH // 2):
            y = y * x + x
        y.backward()
        return x

    return Contender(name, run, lambda: [read(run())], per=LENGTH)


def _torch() -> tuple[Callable[[float], Any], Callable[[Any], float]]:
    import torch

    return lambda v: torch.tensor(v, requires_grad=True), lambda x: x.grad.item()


CONTENDERS: dict[str, Callable[[], tuple[Callable[[float], Any], Callable[[Any], float]]]] = {
    "wengert.scalar.Scalar": lambda: (Scalar, lambda x: x.grad),
    "wengert": lambda: (
        lambda v: wengert.tensor(v, requires_grad=True),
        lambda x: x.grad.item(),
    ),
    "torch": _torch,
}
