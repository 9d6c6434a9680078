"""How long does a pointwise function take, forward and backward, from 1e3 to 1e7 floats?

gelu with the exact erf and with its tanh approximation: the value and the product of its derivative
with a given cotangent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import wengert
from wengert import func
from wengert.nn import functional

from .contest import Contender, Table, Target, contest
from .setting import Setting, present

THREADS = (1, 2)
SIZES = (1_000, 100_000, 10_000_000)
PEERS = ("torch", "torch.compile", "jax.jit")


def tables(setting: Setting) -> Iterator[Table]:
    """One table for each form and size."""
    for form in ("none", "tanh"):
        for size in SIZES[:2] if setting.short else SIZES:
            contenders = [CONTENDERS[name](form, size) for name in present(CONTENDERS, setting)]
            yield Table(
                f"gelu ({'erf' if form == 'none' else 'tanh'}): forward and backward, "
                f"{size:.0e} floats".replace("e+0", "e"),
                contest(contenders, rounds=setting.rounds, seconds=setting.seconds),
                [Target("wengert.jit", PEERS, 0.5)] if size == 100_000 else [],
            )


def data(size: int) -> tuple[Any, Any]:
    """The points, and a cotangent for each."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((2, size)).astype(np.float32)


def wengert_jit(form: str, size: int) -> Contender:
    x, g = (wengert.from_numpy(array) for array in data(size))

    def both(x: wengert.Tensor, g: wengert.Tensor) -> tuple[wengert.Tensor, wengert.Tensor]:
        y, pullback = func.vjp(lambda x: functional.gelu(x, approximate=form), x)
        return y, pullback(g)[0]

    jitted = wengert.jit(both)
    call = lambda: jitted(x, g)  # noqa: E731
    return Contender("wengert.jit", call, lambda: map(np.asarray, call()), report=jitted.report)


def taped(name: str, module: Any, function: Callable[[Any], Any], size: int) -> Contender:
    """The value with its record, and then the gradient: PyTorch's way, and Wengert's as well."""
    x, g = (module.from_numpy(array) for array in data(size))
    x.requires_grad_()

    def call() -> tuple[Any, Any]:
        y = function(x)
        return y, module.autograd.grad(y, x, g)[0]

    report = getattr(function, "report", None)
    return Contender(name, call, lambda: [part.detach().numpy() for part in call()], report=report)


def torch_tape(form: str, size: int, compiled: bool) -> Contender:
    import torch

    function = lambda x: torch.nn.functional.gelu(x, approximate=form)  # noqa: E731
    if compiled:
        return taped("torch.compile", torch, torch.compile(function), size)
    return taped("torch", torch, function, size)


def wengert_tape(form: str, size: int, jitted: bool) -> Contender:
    function = lambda x: functional.gelu(x, approximate=form)  # noqa: E731
    if jitted:
        return taped("wengert.jit of gelu alone", wengert, wengert.jit(function), size)
    return taped("wengert", wengert, function, size)


def jax_jit(form: str, size: int) -> Contender:
    import jax

    x, g = (jax.numpy.asarray(array) for array in data(size))

    @jax.jit
    def both(x: Any, g: Any) -> tuple[Any, Any]:
        y, pullback = jax.vjp(lambda x: jax.nn.gelu(x, approximate=form == "tanh"), x)
        return y, pullback(g)[0]

    def call() -> Any:
        return jax.block_until_ready(both(x, g))

    return Contender("jax.jit", call, lambda: map(np.asarray, call()))


CONTENDERS: dict[str, Callable[[str, int], Contender]] = {
    "wengert.jit": wengert_jit,
    "jax.jit": jax_jit,
    "torch.compile": lambda form, size: torch_tape(form, size, True),
    "torch": lambda form, size: torch_tape(form, size, False),
    "wengert.jit of gelu alone": lambda form, size: wengert_tape(form, size, True),
    "wengert": lambda form, size: wengert_tape(form, size, False),
}
