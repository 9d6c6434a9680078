"""Rounding of long sums: it grows with the logarithm of the length, along whatever axis.

The oracle is `math.fsum`, which rounds once, or the sum of equal terms by multiplication.
"""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest

import wengert
from wengert._primitives.summation import summed

EPS = {"float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}


def _error(found: Any, exact: Any, dtype: str) -> float:
    """The largest relative error, in units of the dtype's precision."""
    found = numpy.asarray(found.numpy(), numpy.float64)
    return float(numpy.max(numpy.abs(found - exact) / numpy.abs(exact))) / EPS[dtype]


@pytest.mark.parametrize(
    ("shape", "dim"), [((1 << 18, 4), 0), ((3, 1 << 16, 2), 1), ((1 << 18,), 0)]
)
def test_a_long_sum_keeps_its_digits(shape: tuple[int, ...], dim: int) -> None:
    x = wengert.full(shape, 0.1, dtype="float32")
    exact = float(numpy.float32(0.1)) * shape[dim]
    assert _error(x.sum(dim), exact, "float32") < 8
    assert _error(x.mean(dim), float(numpy.float32(0.1)), "float32") < 8


def test_a_long_variance_keeps_its_digits(rng: numpy.random.Generator) -> None:
    values = rng.uniform(1.0, 2.0, (100_000, 2)).astype("float32")
    exact = [float(numpy.var(values[:, k].astype("float64"))) for k in range(2)]
    found = wengert.from_numpy(values).var(0, correction=0)
    assert _error(found, numpy.array(exact), "float32") < 16


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_long_running_sum_keeps_its_digits(dtype: str) -> None:
    count, term = (2000, 0.125) if dtype == "float16" else (1 << 18, 0.1)
    x = wengert.full((count, 2), term, dtype=dtype)
    exact = float(numpy.dtype(dtype).type(term)) * numpy.arange(1, count + 1)[:, None]
    assert _error(x.cumsum(0), exact, dtype) <= 1
    assert _error(x.flip(0).cumsum(0), exact, dtype) <= 1


def test_the_gradient_of_broadcasting_keeps_its_digits() -> None:
    bias = wengert.zeros(4, dtype="float32", requires_grad=True)
    (bias + wengert.zeros(1 << 18, 4)).backward(wengert.full((1 << 18, 4), 0.1))
    assert _error(bias.grad, float(numpy.float32(0.1)) * (1 << 18), "float32") < 8


LAYOUTS = [
    ((1000, 7), (0,)),
    ((7, 1000), (1,)),
    ((3, 500, 5), (0, 1)),
    ((3, 500, 5), (0, 2)),
    ((3, 500, 5), (1, 2)),
    ((6, 300, 1, 4), (1, 2)),
    ((2, 5, 40, 30), (0, 2, 3)),
    ((1, 700, 3), (0, 1)),
    ((257, 1, 1), (0,)),
    ((40, 0, 300), (2,)),
    ((300, 0), (0,)),
]


@pytest.mark.parametrize("layout", ["plain", "transposed", "reversed", "strided", "repeated"])
@pytest.mark.parametrize(("shape", "axes"), LAYOUTS)
def test_blocks_cover_every_term_once(
    shape: tuple[int, ...], axes: tuple[int, ...], layout: str, rng: numpy.random.Generator
) -> None:
    x = rng.integers(-9, 9, shape).astype("float64")
    if layout == "transposed":
        x = numpy.array(x.T, order="C").T
    elif layout == "reversed":
        x = numpy.ascontiguousarray(x[..., ::-1])[..., ::-1]
    elif layout == "strided":
        x = numpy.repeat(x, 2, axis=0)[::2]
    elif layout == "repeated":
        x = numpy.broadcast_to(x[:1], shape)
    kept = [k for k in range(x.ndim) if k not in axes]
    exact = numpy.zeros([shape[k] for k in kept])
    for place in numpy.ndindex(*exact.shape):
        line: list[Any] = [slice(None)] * x.ndim
        for k, position in zip(kept, place, strict=True):
            line[k] = position
        exact[place] = math.fsum(x[tuple(line)].ravel())
    found = summed(x, axes, x.dtype)
    assert numpy.shape(found) == exact.shape
    numpy.testing.assert_array_equal(found, exact)


def test_compiled_sums_keep_their_digits() -> None:
    x = wengert.full((1 << 18, 4), 0.1, dtype="float32")
    exact = float(numpy.float32(0.1)) * (1 << 18)
    assert _error(wengert.jit(lambda x: x.sum(0))(x), exact, "float32") < 32
    assert _error(wengert.jit(lambda x: x.mean((0, 1)))(x), exact / (1 << 18), "float32") < 32
    assert _error(wengert.jit(lambda x: x.cumsum(0))(x)[-1], exact, "float32") < 8
