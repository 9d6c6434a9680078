"""How long does one training step of linear regression take, written as each library's users do?

300 points with two features, a module, mean squared error, plain gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import wengert
from wengert import nn, optim

from .contest import Contender, Table, Target, contest
from .setting import Setting, present

THREADS = (1, 2)
RATE = 0.01
STEPS = 20
"""How many steps of every contender are compared."""

_rng = np.random.default_rng(0)
X = _rng.standard_normal((300, 2)).astype(np.float32)
Y = (X @ np.array([[2.0], [-3.0]]) + 1 + 0.1 * _rng.standard_normal((300, 1))).astype(np.float32)
WEIGHT = np.array([[0.3, -0.2]], np.float32)
BIAS = np.array([0.1], np.float32)


def tables(setting: Setting) -> Iterator[Table]:
    """One table."""
    yield Table(
        "linear regression: one training step, 300 x 2",
        contest(
            [CONTENDERS[name]() for name in present(CONTENDERS, setting)],
            rounds=setting.rounds,
            seconds=setting.seconds,
        ),
        [
            Target("wengert.jit", ["jax.jit"], 0.25),
            Target("wengert.jit", ["jax.jit, not blocked"], 0.25),
        ],
    )


def losses(step: Callable[[], Any]) -> Callable[[], list[Any]]:
    """What a training step shows of itself: the losses of the first calls."""
    return lambda: [[step().item() for _ in range(STEPS)]]


def wengert_step() -> Callable[[], Any]:
    model = nn.Sequential(nn.Linear(2, 1))
    with wengert.no_grad():
        model[0].weight.copy_(wengert.from_numpy(WEIGHT))
        model[0].bias.copy_(wengert.from_numpy(BIAS))
    optimizer = optim.SGD(model.parameters(), lr=RATE)
    loss_of = nn.MSELoss()

    def step(x: wengert.Tensor, y: wengert.Tensor) -> wengert.Tensor:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def wengert_jit() -> Contender:
    step = wengert.jit(wengert_step())
    x, y = wengert.from_numpy(X), wengert.from_numpy(Y)
    call = lambda: step(x, y)  # noqa: E731
    return Contender("wengert.jit", call, losses(call), report=step.report)


def wengert_eager() -> Contender:
    step = wengert_step()
    x, y = wengert.from_numpy(X), wengert.from_numpy(Y)
    call = lambda: step(x, y)  # noqa: E731
    return Contender("wengert", call, losses(call))


def torch_step(compiled: bool) -> Contender:
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    with torch.no_grad():
        model[0].weight.copy_(torch.from_numpy(WEIGHT))
        model[0].bias.copy_(torch.from_numpy(BIAS))
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    loss_of = torch.nn.MSELoss()
    forward = lambda x, y: loss_of(model(x), y)  # noqa: E731
    if compiled:
        forward = torch.compile(forward)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        loss = forward(x, y)
        loss.backward()
        optimizer.step()
        return loss

    return Contender("torch.compile" if compiled else "torch", step, losses(step))


def jax_step(name: str, blocked: bool = True, donated: bool = False) -> Contender:
    import jax
    import jax.numpy as jnp

    def loss_of(params: dict[str, Any], x: Any, y: Any) -> Any:
        return jnp.mean((x @ params["weight"].T + params["bias"] - y) ** 2)

    def step(params: dict[str, Any], x: Any, y: Any) -> tuple[dict[str, Any], Any]:
        loss, grads = jax.value_and_grad(loss_of)(params, x, y)
        return jax.tree.map(lambda p, g: p - RATE * g, params, grads), loss

    jitted = jax.jit(step, donate_argnums=(0,) if donated else ())
    params = {"weight": jnp.array(WEIGHT), "bias": jnp.array(BIAS)}
    x, y = jnp.asarray(X), jnp.asarray(Y)

    def call() -> Any:
        nonlocal params
        params, loss = jitted(params, x, y)
        return loss

    def wait(_: Any) -> None:
        jax.block_until_ready(params)

    def blocking() -> Any:
        return jax.block_until_ready(call())

    one = blocking if blocked else call
    return Contender(name, one, losses(call), wait)


def numpy_step() -> Contender:
    weight, bias = WEIGHT.copy(), BIAS.copy()

    def step() -> Any:
        nonlocal weight, bias
        error = X @ weight.T + bias - Y
        slope = (2 / error.size) * error
        weight -= RATE * (slope.T @ X)
        bias -= RATE * slope.sum(0)
        return (error * error).mean()

    return Contender("numpy, by hand", step, losses(step))


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "wengert.jit": wengert_jit,
    "jax.jit": lambda: jax_step("jax.jit"),
    "jax.jit, not blocked": lambda: jax_step("jax.jit, not blocked", blocked=False),
    "jax.jit, donated, not blocked": lambda: jax_step(
        "jax.jit, donated, not blocked", blocked=False, donated=True
    ),
    "torch.compile": lambda: torch_step(True),
    "torch": lambda: torch_step(False),
    "wengert": wengert_eager,
    "numpy, by hand": numpy_step,
}
