"""Selection in large arrays, which goes by bits, against selection element by element."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
ODD = [0.0, -0.0, numpy.inf, -numpy.inf, numpy.nan, 1.0]


def values(dtype: str, shape: tuple[int, ...], rng: numpy.random.Generator) -> numpy.ndarray:
    chosen = numpy.dtype(dtype)
    if chosen.kind in "fc":
        return rng.choice(ODD, size=shape).astype(chosen)
    return rng.integers(0, 2 if chosen.kind == "b" else 100, size=shape).astype(chosen)


def one_by_one(cond: numpy.ndarray, x: Any, y: Any, dtype: str) -> numpy.ndarray:
    shape = numpy.broadcast_shapes(cond.shape, numpy.shape(x), numpy.shape(y))
    parts = [numpy.broadcast_to(part, shape).ravel().tolist() for part in (cond, x, y)]
    picked = [a if c else b for c, a, b in zip(*parts, strict=True)]
    return numpy.array(picked, dtype).reshape(shape)


def same_bits(ours: numpy.ndarray, theirs: numpy.ndarray) -> bool:
    """Equal, zeros with their signs; every NaN is as good as another."""
    nan = numpy.isnan(theirs)
    if (numpy.isnan(ours) != nan).any():
        return False
    return ours[~nan].tobytes() == theirs[~nan].tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["tensors", "number", "zero", "broadcast", "transposed"])
def test_where(dtype: str, kind: str, rng: numpy.random.Generator) -> None:
    cond = rng.random((96, 80)) < 0.5
    x, y = values(dtype, (96, 80), rng), values(dtype, (96, 80), rng)
    other: Any = y
    if kind == "number":
        other = {"b": True, "i": 3, "u": 3}.get(x.dtype.kind, -0.0)
    elif kind == "zero":
        other = {"b": False, "i": 0, "u": 0}.get(x.dtype.kind, 0.0)
    elif kind == "broadcast":
        x, other = x[:1], y[:, :1]
    elif kind == "transposed":
        x, cond = numpy.ascontiguousarray(x.T).T, numpy.ascontiguousarray(cond.T).T
    given = wengert.from_numpy(other) if isinstance(other, numpy.ndarray) else other
    found = wengert.where(wengert.from_numpy(cond), wengert.from_numpy(x), given).numpy()
    assert found.dtype == numpy.dtype(dtype)
    assert found.shape == (96, 80)
    assert same_bits(found, one_by_one(cond, x, other, dtype))
