"""jvp of grad, grad of jvp and jvp of jvp: products with the Hessian."""

from __future__ import annotations

from typing import Any

import pytest

from wengert import func

from .programs import (
    DIRECTION,
    OTHER,
    PROGRAMS,
    at,
    close,
    double,
    hessian_from_gradients,
    scalar,
)


@pytest.mark.parametrize("name", PROGRAMS)
def test_jvp_of_grad(name: str) -> None:
    gradient = func.grad(scalar(PROGRAMS[name]))
    first, product = func.jvp(gradient, (at(),), (double(DIRECTION),))
    close(first, gradient(at()).numpy(), 1e-14)
    close(product, hessian_from_gradients(PROGRAMS[name]) @ DIRECTION)


@pytest.mark.parametrize("name", PROGRAMS)
def test_grad_of_jvp(name: str) -> None:
    def pushed(x: Any) -> Any:
        return func.jvp(scalar(PROGRAMS[name]), (x,), (double(DIRECTION),))[1]

    close(func.grad(pushed)(at()), hessian_from_gradients(PROGRAMS[name]) @ DIRECTION)


@pytest.mark.parametrize("name", PROGRAMS)
def test_jvp_of_jvp(name: str) -> None:
    def pushed(x: Any) -> Any:
        return func.jvp(scalar(PROGRAMS[name]), (x,), (double(DIRECTION),))[1]

    second = func.jvp(pushed, (at(),), (double(OTHER),))[1]
    close(second, OTHER @ hessian_from_gradients(PROGRAMS[name]) @ DIRECTION)


@pytest.mark.parametrize("name", PROGRAMS)
def test_vjp_of_vjp(name: str) -> None:
    def pulled(x: Any) -> Any:
        return func.vjp(scalar(PROGRAMS[name]), x)[1](double(1.0))[0]

    _, back = func.vjp(pulled, at())
    close(back(double(DIRECTION))[0], hessian_from_gradients(PROGRAMS[name]) @ DIRECTION)


def test_a_pullback_is_linear_in_its_cotangent_and_differentiable_by_it() -> None:
    _, pullback = func.vjp(lambda x: x**3, double(2.0))
    close(func.grad(lambda u: pullback(u)[0])(double(5.0)), 12.0, 0)
    close(func.jvp(pullback, (double(5.0),), (double(1.0),))[1][0], 12.0, 0)


def test_a_pullback_returns_a_tuple_also_for_one_primal() -> None:
    (found,) = func.vjp(lambda x: x**2, double([1.0, 2.0]))[1](double([1.0, 10.0]))
    close(found, [2.0, 40.0], 0)


def test_tangents_are_differentiable_from_outside() -> None:
    t = double(3.0).requires_grad_()
    _, pushed = func.jvp(lambda x: x * x, (double(2.0),), (t,))
    pushed.backward()
    close(t.grad, 4.0, 0)
