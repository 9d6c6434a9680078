"""vmap of a derivative is a loop over samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert
from wengert import func

from .programs import DIRECTION, OTHER, POINT, PROGRAMS, at, close, double, scalar

BATCH = numpy.stack([POINT, POINT + 0.1 * OTHER, POINT - 0.1 * DIRECTION])

DERIVATIVES: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "the function itself": lambda f: f,
    "grad": lambda f: func.grad(scalar(f)),
    "jvp": lambda f: lambda x: func.jvp(f, (x,), (double(DIRECTION),))[1],
    "vjp": lambda f: lambda x: _pulled(f, x),
    "jacrev": func.jacrev,
    "jacfwd": func.jacfwd,
    "hessian": lambda f: func.hessian(scalar(f)),
    "hessian-vector product": lambda f: (
        lambda x: func.jvp(func.grad(scalar(f)), (x,), (double(DIRECTION),))[1]
    ),
}


def _pulled(f: Any, x: Any) -> Any:
    y, pullback = func.vjp(f, x)
    return pullback(wengert.ones_like(y))[0]


# An index tensor as a mask or a count has to be looked at; integer places are not.
@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_vmap_of_a_derivative(name: str, derivative: str) -> None:
    one = DERIVATIVES[derivative](PROGRAMS[name])
    expected = numpy.stack([one(double(row)).numpy() for row in BATCH])
    close(func.vmap(one)(double(BATCH)), expected, 1e-12)
    last = func.vmap(one, in_dims=1, out_dims=-1)(double(BATCH.T))
    close(last, numpy.moveaxis(expected, 0, -1), 1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_vmap_in_chunks(name: str) -> None:
    one = func.grad(scalar(PROGRAMS[name]))
    whole = func.vmap(one)(double(BATCH))
    for size in (1, 2, 3, 5):
        close(func.vmap(one, chunk_size=size)(double(BATCH)), whole.numpy(), 1e-14)


def test_a_sample_does_not_see_the_others() -> None:
    def norm_of_gradient(x: Any) -> Any:
        return func.grad(lambda x: (x * x).sum())(x).norm()

    found = func.vmap(norm_of_gradient)(double([[3.0, 4.0], [6.0, 8.0]]))
    close(found, [10.0, 20.0], 1e-15)


def test_unmapped_arguments_are_shared_and_their_gradients_are_per_sample() -> None:
    w = double([2.0, -1.0])
    xs = double([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    def loss(w: Any, x: Any) -> Any:
        return (w * x).sum() ** 2

    by_w = func.vmap(func.grad(loss), in_dims=(None, 0))(w, xs)
    close(by_w, [2 * float(w.numpy() @ x) * x for x in xs.numpy()], 1e-14)
    both = func.vmap(func.grad(loss, argnums=(0, 1)), in_dims=(None, 0))(w, xs)
    close(both[0], by_w.numpy(), 0)
    close(both[1], [2 * float(w.numpy() @ x) * w.numpy() for x in xs.numpy()], 1e-14)


def test_grad_inside_vmap_with_respect_to_a_capture_made_an_argument() -> None:
    # The inner gradient is by an argument that no sample shares, though its value is the same.
    w = double(3.0)
    found = func.vmap(lambda x: func.grad(lambda w: w * w * x)(w))(double([1.0, 10.0]))
    close(found, [6.0, 60.0], 0)


def test_value_and_grad_under_vmap() -> None:
    values, gradients = func.vmap(func.value_and_grad(lambda x: (x**2).sum()))(at(BATCH))
    close(values, (BATCH**2).sum(1), 1e-15)
    close(gradients, 2 * BATCH, 0)
