"""A million training steps, and much else a hundred thousand times, hold their memory flat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import autograd, nn, optim

from .resident import SCALE, hold_flat

Hold = Callable[..., None]


@pytest.fixture
def hold(capsys: pytest.CaptureFixture[str]) -> Hold:
    """`hold_flat`, which shows at once what it prints."""

    def shown(*args: Any, **kwargs: Any) -> None:
        with capsys.disabled():
            hold_flat(*args, **kwargs)

    return shown


def regression(optimizer: str) -> Callable[[], wg.Tensor]:
    """One step on 20 points; Adam has state, and numbers that change."""
    rng = np.random.default_rng(0)
    x = wg.from_numpy(rng.standard_normal((20, 2)).astype(np.float32))
    y = x @ wg.tensor([[2.0], [-3.0]]) + 1.0
    model = nn.Linear(2, 1)
    make = {"SGD": optim.SGD, "Adam": optim.Adam}[optimizer]
    steps = make(model.parameters(), lr=1e-3)
    loss_of = nn.MSELoss()

    def step() -> wg.Tensor:
        steps.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        steps.step()
        return loss

    return step


@pytest.mark.parametrize(("optimizer", "part"), [("SGD", 0.1), ("Adam", 0.05)])
def test_eager_training(optimizer: str, part: float, hold: Hold) -> None:
    hold(f"eager {optimizer}", regression(optimizer), int(SCALE * part))


@pytest.mark.parametrize(("optimizer", "part"), [("SGD", 0.6), ("Adam", 0.25)])
def test_jitted_training(optimizer: str, part: float, hold: Hold) -> None:
    step = wg.jit(regression(optimizer))
    hold(f"jitted {optimizer}", step, int(SCALE * part))
    assert step.report().callbacks == []
    assert step.report().traces <= 2


def test_a_jitted_loss_differentiated_from_outside(hold: Hold) -> None:
    w = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    loss = wg.jit(lambda w: (w * w).sin().sum())

    def step() -> None:
        w.grad = None
        loss(w).backward()

    hold("jitted loss", step, SCALE // 10)


def test_second_derivatives(hold: Hold) -> None:
    x = wg.tensor([0.5, 1.0, 2.0], requires_grad=True)

    def step() -> None:
        x.grad = None
        y = (x**3).sum()
        (slope,) = autograd.grad(y, x, create_graph=True)
        slope.sum().backward()

    hold("create_graph", step, SCALE // 10)


def test_hooks(hold: Hold) -> None:
    x = wg.tensor([0.5, 1.0, 2.0], requires_grad=True)

    def step() -> None:
        x.grad = None
        first = x.register_hook(lambda g: g * 2.0)
        y = x * x
        y.retain_grad()
        y.register_hook(lambda g: None)
        y.sum().backward()
        first.remove()

    hold("hooks", step, SCALE // 10)


def test_views_and_writes(hold: Hold) -> None:
    x = wg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    kept = wg.zeros(2, 2)

    def step() -> None:
        x.grad = None
        y = x * 2.0
        row = y[0]
        row.mul_(3.0)
        y[1, 0] = 0.0
        y.t().add_(1.0)
        (row.sum() + y.reshape(4).sum()).backward()
        with wg.no_grad():
            kept[0] += x.grad[1]
            kept.view(4)[2:].zero_()

    hold("views and writes", step, SCALE // 10)


def test_errors_on_the_way(hold: Hold) -> None:
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    raised = 0

    def step() -> None:
        nonlocal raised
        x.grad = None
        y = (x * x).sum()
        y.backward()
        try:
            y.backward()
        except RuntimeError:
            raised += 1

    count = SCALE // 10
    hold("errors", step, count)
    assert raised == count


def test_a_leak_is_found(hold: Hold) -> None:
    kept: list[bytes] = []
    with pytest.raises(AssertionError, match="bytes more after"):
        hold("a leak", lambda: kept.append(bytes(1000)), 20_000)
