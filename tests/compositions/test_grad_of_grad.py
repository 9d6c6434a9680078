"""grad of a function of grad, to third order."""

from __future__ import annotations

from typing import Any

import pytest

import wengert
from wengert import func

from .programs import (
    DIRECTION,
    OTHER,
    PROGRAMS,
    at,
    close,
    differences,
    double,
    hessian_from_gradients,
    scalar,
    value,
)


def along(function: Any, direction: Any) -> Any:
    """x -> directional derivative of a scalar function, by reverse mode."""
    return lambda x: (func.grad(function)(x) * double(direction)).sum()


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_order(name: str) -> None:
    found = func.grad(along(scalar(PROGRAMS[name]), DIRECTION))(at())
    close(found, hessian_from_gradients(PROGRAMS[name]) @ DIRECTION)


@pytest.mark.parametrize("name", PROGRAMS)
def test_third_order(name: str) -> None:
    second = along(along(scalar(PROGRAMS[name]), DIRECTION), OTHER)
    close(func.grad(second)(at()), differences(value(second), at().numpy(), 1e-3), 1e-7)


def test_fourth_order_of_a_power() -> None:
    f: Any = lambda x: x**5  # noqa: E731
    for _ in range(4):
        f = func.grad(f)
    close(f(double(2.0)), 240.0, 0)


def test_a_gradient_step_is_differentiable_by_the_rate() -> None:
    # One step of descent on x**2 with rate r: x (1 - 2 r); the loss there is x**2 (1 - 2 r)**2.
    def loss(x: Any) -> Any:
        return x * x

    def after(rate: Any) -> Any:
        x = double(3.0)
        return loss(x - rate * func.grad(loss)(x))

    close(func.grad(after)(double(0.1)), -4 * 9 * (1 - 0.2), 1e-14)


@pytest.mark.parametrize("x", [9.598394e6, 1e-3, -3e8])
def test_a_quotient_of_small_numbers_does_not_overflow_on_the_way(x: float) -> None:
    """2 / (1 / x^2) is 2 x^2, and 2 / x^3 beyond single precision for x = 1e-14."""

    def doubled(x: Any) -> Any:
        return 2 / (1 / (x * x))

    slope = func.grad(func.grad(doubled))
    assert slope(wengert.tensor(x)).item() == pytest.approx(4, rel=1e-6)
    forward = func.jacfwd(func.jacfwd(doubled))
    assert forward(wengert.tensor(x)).item() == pytest.approx(4, rel=1e-6)
