"""Derivatives taken inside a jitted function: what their results still depend on outside."""

from __future__ import annotations

import numpy as np

import wengert as wg
from wengert import func


def curve(x: wg.Tensor) -> wg.Tensor:
    return (x * x).sin()


def test_results_of_inner_derivatives_are_constants() -> None:
    x, u = wg.tensor([0.5, -1.0]), wg.tensor([1.0, 3.0])

    def both(x: wg.Tensor, u: wg.Tensor) -> tuple[wg.Tensor, wg.Tensor]:
        y, pull = func.vjp(curve, x)
        return y, pull(u)[0]

    jitted = wg.jit(both)
    for found, expected in zip(jitted(x, u), both(x, u), strict=True):
        assert not found.requires_grad
        assert not expected.requires_grad
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-6)


def test_they_are_served_by_the_short_way() -> None:
    x = wg.tensor([0.5, -1.0])
    jitted = wg.jit(func.value_and_grad(lambda x: curve(x).sum()))
    jitted(x)
    jitted(x)
    assert jitted._fast is not None
    value, slope = jitted._fast((x,))
    np.testing.assert_allclose(value.item(), np.sin([0.25, 1.0]).sum(), rtol=1e-6)
    np.testing.assert_allclose(
        slope.numpy(), 2 * x.numpy() * np.cos(x.numpy() ** 2), rtol=1e-6, atol=1e-7
    )


def test_a_captured_leaf_stays_differentiable() -> None:
    w = wg.tensor(2.0, requires_grad=True)
    slope = wg.jit(lambda x: func.grad(lambda x: x * x * w)(x))(wg.tensor(3.0))
    assert slope.requires_grad
    slope.backward()
    assert w.grad is not None
    assert w.grad.item() == 6.0


def test_an_argument_that_requires_grad_stays_differentiable() -> None:
    x = wg.tensor(3.0, requires_grad=True)
    slope = wg.jit(func.grad(lambda x: x**3))(x)
    assert slope.requires_grad
    slope.backward()
    assert x.grad is not None
    assert x.grad.item() == 18.0


def test_an_outer_derivative_passes_through() -> None:
    slope = wg.jit(func.grad(lambda x: x**3))
    assert func.grad(slope)(wg.tensor(3.0)).item() == 18.0
