"""How long does one training step of a small network take: 784-256-10, relu, a batch of 64?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import wengert
from wengert import nn, optim

from .contest import Contender, Table, contest
from .setting import Setting, present

THREADS = (1, 2)
BATCH, INPUTS, HIDDEN, CLASSES = 64, 784, 256, 10
RATE = 0.05
STEPS = 10
"""How many steps of every contender are compared."""

_rng = np.random.default_rng(0)
X = _rng.standard_normal((BATCH, INPUTS)).astype(np.float32)
Y = _rng.integers(0, CLASSES, BATCH)
WEIGHTS = [
    (_rng.standard_normal((after, before)) / np.sqrt(before)).astype(np.float32)
    for before, after in ((INPUTS, HIDDEN), (HIDDEN, CLASSES))
]
BIASES = [np.zeros(HIDDEN, np.float32), np.zeros(CLASSES, np.float32)]


def tables(setting: Setting) -> Iterator[Table]:
    """One table."""
    yield Table(
        f"network {INPUTS}-{HIDDEN}-{CLASSES}: one training step, batch of {BATCH}",
        contest(
            [CONTENDERS[name]() for name in present(CONTENDERS, setting)],
            rounds=setting.rounds,
            seconds=setting.seconds,
            rtol=1e-3,
        ),
    )


def losses(step: Callable[[], Any]) -> Callable[[], list[Any]]:
    """What a training step shows of itself: the losses of the first calls."""
    return lambda: [[step().item() for _ in range(STEPS)]]


def modular_step(module: Any, compile_forward: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """PyTorch's way and Wengert's, which is the same text."""
    layers = module.nn
    model = layers.Sequential(
        layers.Linear(INPUTS, HIDDEN), layers.ReLU(), layers.Linear(HIDDEN, CLASSES)
    )
    with module.no_grad():
        for layer, weight, bias in zip((model[0], model[2]), WEIGHTS, BIASES, strict=True):
            layer.weight.copy_(module.from_numpy(weight))
            layer.bias.copy_(module.from_numpy(bias))
    optimizer = module.optim.SGD(model.parameters(), lr=RATE)
    loss_of = layers.CrossEntropyLoss()
    forward = compile_forward(lambda x, y: loss_of(model(x), y))

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = forward(x, y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def wengert_step(jitted: bool) -> Contender:
    assert nn is wengert.nn
    assert optim is wengert.optim
    step = modular_step(wengert, lambda forward: forward)
    if jitted:
        step = wengert.jit(step)
    x, y = wengert.from_numpy(X), wengert.from_numpy(Y)
    call = lambda: step(x, y)  # noqa: E731
    name = "wengert.jit" if jitted else "wengert"
    return Contender(name, call, losses(call), report=getattr(step, "report", None))


def torch_step(compiled: bool) -> Contender:
    import torch

    step = modular_step(torch, torch.compile if compiled else lambda forward: forward)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    call = lambda: step(x, y)  # noqa: E731
    return Contender("torch.compile" if compiled else "torch", call, losses(call))


def jax_step(name: str, donated: bool) -> Contender:
    import jax
    import jax.numpy as jnp

    def loss_of(params: list[dict[str, Any]], x: Any, y: Any) -> Any:
        first, second = params
        hidden = jax.nn.relu(x @ first["weight"].T + first["bias"])
        logits = hidden @ second["weight"].T + second["bias"]
        picked = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
        return -picked.mean()

    def step(params: list[dict[str, Any]], x: Any, y: Any) -> tuple[list[dict[str, Any]], Any]:
        loss, grads = jax.value_and_grad(loss_of)(params, x, y)
        return jax.tree.map(lambda p, g: p - RATE * g, params, grads), loss

    jitted = jax.jit(step, donate_argnums=(0,) if donated else ())
    params = [
        {"weight": jnp.array(weight), "bias": jnp.array(bias)}
        for weight, bias in zip(WEIGHTS, BIASES, strict=True)
    ]
    x, y = jnp.asarray(X), jnp.asarray(Y)

    def call() -> Any:
        nonlocal params
        params, loss = jitted(params, x, y)
        return jax.block_until_ready(loss)

    return Contender(name, call, losses(call), lambda _: jax.block_until_ready(params))


def numpy_step() -> Contender:
    (w1, w2), (b1, b2) = [w.copy() for w in WEIGHTS], [b.copy() for b in BIASES]
    rows = np.arange(BATCH)

    def step() -> Any:
        before = X @ w1.T + b1
        hidden = np.maximum(before, 0)
        logits = hidden @ w2.T + b2
        shifted = logits - logits.max(1, keepdims=True)
        powers = np.exp(shifted)
        sums = powers.sum(1, keepdims=True)
        loss = np.log(sums).mean() - shifted[rows, Y].mean()
        slope = powers / sums
        slope[rows, Y] -= 1
        slope /= BATCH
        back = slope @ w2
        back *= before > 0
        w2[...] -= RATE * (slope.T @ hidden)
        b2[...] -= RATE * slope.sum(0)
        w1[...] -= RATE * (back.T @ X)
        b1[...] -= RATE * back.sum(0)
        return loss

    return Contender("numpy, by hand", step, losses(step))


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "wengert.jit": lambda: wengert_step(True),
    "jax.jit": lambda: jax_step("jax.jit", False),
    "jax.jit, donated": lambda: jax_step("jax.jit, donated", True),
    "torch.compile": lambda: torch_step(True),
    "torch": lambda: torch_step(False),
    "wengert": lambda: wengert_step(False),
    "numpy, by hand": numpy_step,
}
