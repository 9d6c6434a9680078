"""Products and extremes so far, along an axis (the running sum is in `reductions`).

NumPy's `accumulate` gives the values, one after the other as PyTorch does. The derivative of a
running product is a linear recurrence, so zeros among the factors need no care and no division.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import int64
from .._declare.linear import other
from .._declare.samples import Sample
from .complex_numbers import conj
from .elementwise import mul
from .reductions import wide_for_running
from .scans import after, flipped, recurrence


def _factors(rng: np.random.Generator) -> list[Any]:
    factors = rng.uniform(-2, 2, (2, 5))
    factors[0, 1] = factors[1, 0] = factors[1, 3] = 0.0
    return [factors]


def _batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    return p(ops[0], axis=params["axis"] + 1)


def _conjugated(x: Any) -> Any:
    return conj(x) if x._data.dtype.kind == "c" else x


def _cumprod_vjp(site: Any, g: Any) -> tuple[Any]:
    axis: int = site.params["axis"]
    if not site.shape(0)[axis]:
        return (g,)
    factors = after(1, flipped(_conjugated(site.value(0)), axis), axis)
    total = flipped(recurrence(factors, flipped(g, axis), axis), axis)
    return (mul(_conjugated(after(1, site.out(), axis)), total),)


def _cumprod_jvp(site: Any, t: Any) -> tuple[Any]:
    axis: int = site.params["axis"]
    if not site.shape(0)[axis]:
        return (t,)
    return (recurrence(site.value(0), mul(after(1, site.out(), axis), t), axis),)


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    vjp=_cumprod_vjp,
    jvp=_cumprod_jvp,
    batch=_batch,
    samples=[
        Sample(_factors, {"axis": 1}),
        Sample(_factors, {"axis": 0}),
        Sample(lambda rng: [rng.standard_normal((2, 0))], {"axis": 1}),
        Sample(lambda rng: [rng.standard_normal((1, 2))], {"axis": 0}),
    ],
)
def cumprod(x: Any, axis: int) -> Any:
    """Running product along an axis."""
    wide = wide_for_running(x.dtype)
    return np.cumprod(x, axis, dtype=wide).astype(x.dtype, copy=False)


def _so_far(x: Any, axis: int, extreme: Any) -> Any:
    new = np.equal(extreme.accumulate(x, axis), x)
    if x.dtype.kind not in "biu":
        new |= np.isnan(x)
    shape = [1] * x.ndim
    shape[axis] = -1
    places: Any = np.arange(x.shape[axis], dtype=np.int64)
    kept: Any = np.where(new, places.reshape(shape), 0)
    return np.maximum.accumulate(kept, axis)


_SAMPLES = [
    Sample(lambda rng: [rng.permutation(10).reshape(2, 5) + 0.5], {"axis": 1}),
    Sample(lambda rng: [rng.integers(0, 3, (5, 2)) + 0.5], {"axis": 0}),
    Sample(lambda rng: [rng.standard_normal((2, 0))], {"axis": 1}),
]


@other(abstract=lambda shapes, dtypes, params: [(shapes[0], int64)], batch=_batch, samples=_SAMPLES)
def cummax(x: Any, axis: int) -> Any:
    """Where the largest element so far stands, the last such place; NaN counts as the largest."""
    return _so_far(x, axis, np.maximum)


@other(abstract=lambda shapes, dtypes, params: [(shapes[0], int64)], batch=_batch, samples=_SAMPLES)
def cummin(x: Any, axis: int) -> Any:
    """Where the least element so far stands, the last such place; NaN counts as the least."""
    return _so_far(x, axis, np.minimum)


__all__ = ["cummax", "cummin", "cumprod"]
