"""Native sums: accurate to the last places for any length, and the same in every call."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.jit.graphs import given, made, whole
from wengert._jit.program import Program, compile_graph


def total(size: int, dtype: str) -> Program:
    x = given((size,), dtype)
    return compile_graph(whole([x], [made("sum", x, axes=(0,))]), cache=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 2, 17, 100, 1000, 8191, 40_000, 1_000_003])
def test_the_error_of_a_sum_does_not_grow_with_its_length(
    rng: np.random.Generator, size: int, dtype: str
) -> None:
    values = rng.uniform(0, 1, size).astype(dtype)
    exact = math.fsum(values.tolist())
    (found,) = total(size, dtype).call(values)
    assert abs(float(found) - exact) <= 8 * float(np.finfo(dtype).eps) * exact


def test_long_sums_over_an_outer_axis_are_as_accurate(rng: np.random.Generator) -> None:
    values = rng.uniform(0, 1, (20_000, 3)).astype("float32")
    x = given(values.shape)
    graph = whole([x], [made("sum", x, axes=(0,)), made("sum", x, axes=(0, 1))])
    columns, every = compile_graph(graph, cache=False).call(values)
    exact = values.sum(0, dtype="float64")
    assert np.abs(columns / exact - 1).max() <= 8 * float(np.finfo("float32").eps)
    assert abs(float(every) / exact.sum() - 1) <= 8 * float(np.finfo("float32").eps)


@pytest.mark.parametrize("size", [40, 40_000])
def test_infinities_and_nan_come_through(size: int) -> None:
    program = total(size, "float32")
    values = np.ones(size, "float32")
    values[size // 2] = np.inf
    assert program.call(values)[0] == np.inf
    values[3] = -np.inf
    assert np.isnan(program.call(values)[0])
    values[3] = np.nan
    assert np.isnan(program.call(values)[0])
    values = np.full(size, 3e38, "float32")
    assert program.call(values)[0] == np.inf


@pytest.mark.parametrize("size", [7, 300, 40_000])
def test_the_same_sum_has_the_same_bits_in_every_call(rng: np.random.Generator, size: int) -> None:
    values = rng.standard_normal(size).astype("float32")
    program = total(size, "float32")
    first = program.call(values)[0]
    assert all(program.call(values.copy())[0] == first for _ in range(20))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_a_sum_over_nothing_is_zero(dtype: str) -> None:
    x = given((3, 0), dtype)
    graph = whole([x], [made("sum", x, axes=(1,)), made("sum", x, axes=(0, 1))])
    rows, every = compile_graph(graph, cache=False).call(np.zeros((3, 0), dtype))
    np.testing.assert_array_equal(rows, np.zeros(3, dtype))
    assert every == 0 and not np.signbit(every)


@pytest.mark.parametrize("size", [1, 2, 4, 9, 300, 40_000])
def test_the_sum_of_negative_zeros_is_zero_as_in_numpy(size: int) -> None:
    values = np.full(size, -0.0, "float32")
    found = total(size, "float32").call(values)[0]
    assert found == 0 and not np.signbit(found)
    x = given((size, 1))
    (same,) = compile_graph(whole([x], [made("sum", x, axes=(1,))]), cache=False).call(
        values.reshape(size, 1)
    )
    assert not np.signbit(same).any()


@pytest.mark.parametrize("terms", [1, 2, 3, 9, 40])
def test_a_product_of_matrices_sums_negative_zeros_to_zero(terms: int) -> None:
    x = given((2, terms))
    y = given((terms, 3))
    (found,) = compile_graph(whole([x, y], [made("matmul", x, y)]), cache=False).call(
        np.full((2, terms), -1.0, "float32"), np.zeros((terms, 3), "float32")
    )
    assert not np.signbit(found).any()
