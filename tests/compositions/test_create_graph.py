"""Higher derivatives by the tape: create_graph to third order, also through in-place writes."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert.autograd import grad

from .programs import DIRECTION, OTHER, POINT, PROGRAMS, at, close, differences, double, scalar


def _directional(function: Any, x: Any, directions: list[Any]) -> Any:
    """The derivative of a scalar function along each direction in turn, by create_graph."""
    y = function(x)
    for direction in directions:
        if not y.requires_grad:
            return x.sum() * 0  # the derivative of a constant
        (g,) = grad(y, x, create_graph=True, materialize_grads=True)
        y = (g * double(direction)).sum()
    return y if y.requires_grad else x.sum() * 0


@pytest.mark.parametrize("name", PROGRAMS)
def test_third_order(name: str) -> None:
    function = scalar(PROGRAMS[name])
    x = at().requires_grad_()
    (found,) = grad(_directional(function, x, [DIRECTION, OTHER]), x)

    def second(values: numpy.ndarray) -> numpy.ndarray:
        x = double(values).requires_grad_()
        return _directional(function, x, [DIRECTION, OTHER]).detach().numpy()

    close(found, differences(second, POINT, 1e-3), 1e-7)


def test_backward_with_create_graph_gives_gradients_with_a_history() -> None:
    x = double(2.0).requires_grad_()
    (x**3).backward(create_graph=True)
    first = x.grad
    close(first, 12.0, 0)
    assert first.requires_grad
    x.grad = None
    first.backward()
    close(x.grad, 12.0, 0)


def test_gradients_with_a_history_accumulate() -> None:
    x = double(2.0).requires_grad_()
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    close(x.grad, 16.0, 0)
    (found,) = grad(x.grad, x)
    close(found, 14.0, 0)


def test_without_create_graph_gradients_are_constants() -> None:
    x = double(2.0).requires_grad_()
    (g,) = grad(x**3, x)
    assert not g.requires_grad and g.grad_fn is None


def test_gradient_penalty() -> None:
    # loss = |grad_x f|^2 with f = (w . x)^2: grad_x = 2 (w.x) w; its square norm by w.
    w = double([1.0, 2.0]).requires_grad_()
    x = double([3.0, -1.0]).requires_grad_()
    (g,) = grad((w * x).sum() ** 2, x, create_graph=True)
    (g * g).sum().backward()
    s, n = 1.0, 5.0  # w . x and |w|^2; penalty 4 s^2 n
    expected = 8 * s * n * x.detach().numpy() + 8 * s * s * w.detach().numpy()
    close(w.grad, expected, 1e-14)


def test_double_backward_through_an_in_place_product() -> None:
    def function(x: Any) -> Any:
        y = x * 1
        y *= x
        y *= x
        return y.sum()

    x = double([2.0, 3.0]).requires_grad_()
    (g,) = grad(function(x), x, create_graph=True)
    close(g, [12.0, 27.0], 0)
    (h,) = grad(g.sum(), x, create_graph=True)
    close(h, [12.0, 18.0], 0)
    close(grad(h.sum(), x)[0], [6.0, 6.0], 0)


def test_double_backward_through_writes_into_views() -> None:
    def function(x: Any) -> Any:
        y = wengert.zeros(3, dtype="float64")
        y[:2] = x * x
        y[1:].mul_(x[0])
        y.view(3, 1)[2] = x[1] ** 3
        return (y * y).sum()

    # y = (a^2, b^2 a, b^3)
    def expected(a: float, b: float) -> tuple[list[float], list[list[float]]]:
        return (
            [4 * a**3 + 2 * a * b**4, 4 * a**2 * b**3 + 6 * b**5],
            [
                [12 * a**2 + 2 * b**4, 8 * a * b**3],
                [8 * a * b**3, 12 * a**2 * b**2 + 30 * b**4],
            ],
        )

    x = double([2.0, 3.0]).requires_grad_()
    (g,) = grad(function(x), x, create_graph=True)
    first, second = expected(2.0, 3.0)
    close(g, first, 1e-15)
    rows = [grad(g[k], x, retain_graph=True)[0].numpy() for k in range(2)]
    close(numpy.stack(rows), second, 1e-15)


def test_double_backward_through_indexing() -> None:
    i = wengert.tensor([2, 0, 2])

    def function(x: Any) -> Any:
        return (x[i] ** 3).sum()

    x = double([1.0, 2.0, 3.0]).requires_grad_()
    (g,) = grad(function(x), x, create_graph=True)
    close(g, [3.0, 0.0, 54.0], 0)
    close(grad(g.sum(), x)[0], [6.0, 0.0, 36.0], 0)


def test_a_batch_of_cotangents() -> None:
    x = double([1.0, 2.0]).requires_grad_()
    y = x**3
    (rows,) = grad(y, x, wengert.eye(2, dtype="float64"), is_grads_batched=True)
    close(rows, numpy.diag([3.0, 12.0]), 0)
