"""vmap in vmap, with every choice of axes, and with derivatives between them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy
import pytest

import wengert
from wengert import func

from .programs import close, double

X = numpy.arange(24.0).reshape(2, 3, 4) / 10
Y = numpy.arange(12.0).reshape(3, 4) / 7


@pytest.mark.parametrize(
    ("outer", "inner", "out_inner", "out_outer"),
    list(itertools.product([0, 1, 2, -1], [0, 1, -1], [0, -1], [0, 1])),
)
def test_axes_of_two_levels(outer: int, inner: int, out_inner: int, out_outer: int) -> None:
    def one(v: Any) -> Any:
        return v * v.sum()

    found = func.vmap(func.vmap(one, inner, out_inner), outer, out_outer)(double(X))
    rows = [
        numpy.stack([v * v.sum() for v in numpy.moveaxis(matrix, inner, 0)], out_inner)
        for matrix in numpy.moveaxis(X, outer, 0)
    ]
    close(found, numpy.stack(rows, out_outer), 1e-15)


def test_pairs_of_all_with_all() -> None:
    def distance(a: Any, b: Any) -> Any:
        return ((a - b) ** 2).sum()

    all_pairs = func.vmap(func.vmap(distance, in_dims=(None, 0)), in_dims=(0, None))
    found = all_pairs(double(Y), double(Y))
    close(found, ((Y[:, None] - Y[None]) ** 2).sum(-1), 1e-15)


def test_three_levels() -> None:
    found = func.vmap(func.vmap(func.vmap(lambda x: x.sin() * 2)))(double(X))
    close(found, 2 * numpy.sin(X), 0)


def test_the_inner_function_uses_a_value_of_the_outer_level() -> None:
    def outer(row: Any) -> Any:
        return func.vmap(lambda x: x * row.sum())(row)

    close(func.vmap(outer)(double(Y)), Y * Y.sum(1, keepdims=True), 1e-15)


def test_a_shared_matrix_inside_two_levels() -> None:
    m = double(numpy.arange(16.0).reshape(4, 4))
    found = func.vmap(func.vmap(lambda v: m @ v))(double(X))
    close(found, X @ m.numpy().T, 1e-15)


def test_products_of_batched_matrices() -> None:
    a = numpy.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    b = numpy.arange(3 * 5 * 2.0).reshape(3, 5, 2)
    found = func.vmap(func.vmap(wengert.matmul), in_dims=(0, None))(double(a), double(b))
    close(found, a @ b, 1e-14)


def test_indexing_with_batched_positions() -> None:
    table = double(numpy.arange(12.0).reshape(4, 3))
    rows = wengert.tensor([[0, 3], [2, 2], [1, 0]])
    close(func.vmap(lambda i: table[i])(rows), table.numpy()[rows.numpy()], 0)
    close(func.vmap(func.vmap(lambda i: table[i]))(rows), table.numpy()[rows.numpy()], 0)
    close(
        func.vmap(lambda t, i: t[i], in_dims=(None, 0))(table, rows[:, 0]),
        table.numpy()[rows.numpy()[:, 0]],
        0,
    )
    columns = wengert.tensor([0, 2, 1, 1])
    close(
        func.vmap(lambda t, i: t[i])(table, columns),
        table.numpy()[numpy.arange(4), columns.numpy()],
        0,
    )


def test_gradients_between_two_levels() -> None:
    def inner(v: Any) -> Any:
        return (v**3).sum()

    found = func.vmap(func.vmap(func.grad(inner)))(double(X))
    close(found, 3 * X**2, 1e-15)
    found = func.vmap(func.grad(lambda m: func.vmap(inner)(m).sum()))(double(X))
    close(found, 3 * X**2, 1e-15)
    found = func.grad(lambda x: func.vmap(func.vmap(inner))(x).sum())(double(X))
    close(found, 3 * X**2, 1e-15)


def test_jacobian_inside_and_outside_of_vmap() -> None:
    def one(v: Any) -> Any:
        return v * v.sum()

    def expected(v: numpy.ndarray) -> numpy.ndarray:
        return numpy.eye(len(v)) * v.sum() + v[:, None]

    for jacobian in (func.jacrev, func.jacfwd):
        found = func.vmap(jacobian(one))(double(Y))
        close(found, numpy.stack([expected(v) for v in Y]), 1e-15)
        whole = jacobian(func.vmap(one))(double(Y)).numpy()
        for i, k in itertools.product(range(3), repeat=2):
            close(whole[i, :, k], expected(Y[i]) if i == k else numpy.zeros((4, 4)), 1e-15)


def test_containers_and_per_argument_axes() -> None:
    def one(inputs: Any, scale: Any) -> Any:
        return {"y": inputs["a"] * scale, "z": (inputs["b"].sum(), inputs["a"])}

    a, b, scale = double(Y), double(X), double(3.0)
    found = func.vmap(one, in_dims=({"a": 0, "b": 1}, None), out_dims={"y": 1, "z": (0, -1)})(
        {"a": a, "b": b}, scale
    )
    close(found["y"], (3 * Y).T, 0)
    close(found["z"][0], X.sum((0, 2)), 1e-15)
    close(found["z"][1], Y.T, 0)


def test_an_output_that_does_not_vary_is_repeated_or_given_once() -> None:
    x = double([1.0, 2.0, 3.0])
    close(func.vmap(lambda x: wengert.ones(2))(x), numpy.ones((3, 2)), 0)
    close(func.vmap(lambda x: wengert.ones(2), out_dims=None)(x), numpy.ones(2), 0)
    close(func.vmap(lambda x: wengert.ones(2), out_dims=1)(x), numpy.ones((2, 3)), 0)
