"""Sums: over axes, and running along one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import (
    Dtype,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    is_floating,
)
from .._base.shapes import Shape
from .._declare.linear import linear
from .._declare.samples import Sample
from .summation import summed


def accumulator(dtype: Dtype) -> Dtype:
    """The dtype in which sums are kept: halves stop growing after a few hundred terms."""
    return float32 if is_floating(dtype) and dtype.itemsize == 2 else dtype


_RUNNING: dict[Dtype, Dtype] = {float16: float64, float32: float64, complex64: complex128}


def wide_for_running(dtype: Dtype) -> Dtype:
    """The dtype in which a running sum or product is kept, as in PyTorch."""
    return _RUNNING.get(dtype, accumulator(dtype))


def reduced(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> list[tuple[Shape, Dtype]]:
    """The shape without the reduced axes, the dtype unchanged."""
    axes = params["axes"]
    return [(tuple(e for k, e in enumerate(shapes[0]) if k not in axes), dtypes[0])]


def back_over(x: Any, shape: Shape, axes: tuple[int, ...]) -> Any:
    """Repeat a reduced value over the axes it was reduced along."""
    from .shaping import expand, reshape

    kept = tuple(1 if k in axes else extent for k, extent in enumerate(shape))
    return expand(reshape(x, shape=kept), shape=shape)


def reduction_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    """The batch rule of a reduction: the axes move up by one."""
    return p(ops[0], axes=tuple(axis + 1 for axis in params["axes"]))


_CUBE = [
    Sample(lambda rng: [rng.standard_normal((2, 3, 4))], {"axes": (1,)}),
    Sample(lambda rng: [rng.standard_normal((2, 3, 4))], {"axes": (0, 2)}),
    Sample(lambda rng: [np.array(rng.normal())], {"axes": ()}),
    Sample(lambda rng: [rng.standard_normal((0, 2))], {"axes": (0,)}),
    Sample(lambda rng: [rng.standard_normal((2, 0))], {"axes": (0, 1)}),
]


@linear(
    abstract=reduced,
    transpose=lambda site, g, i: back_over(g, site.shape(0), site.params["axes"]),
    batch=reduction_batch,
    name="sum",
    samples=_CUBE,
)
def sum_(x: Any, axes: tuple[int, ...]) -> Any:
    """Sum over axes, which disappear."""
    return np.asarray(summed(x, axes, accumulator(x.dtype))).astype(x.dtype, copy=False)


def _flip(x: Any, axis: int) -> Any:
    from .shaping import slice_

    slices = [(0, extent, 1) for extent in x._data.shape]
    slices[axis] = (x._data.shape[axis] - 1, x._data.shape[axis], -1)
    return slice_(x, slices=tuple(slices))


@linear(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    transpose=lambda site, g, i: _flip(
        cumsum(  # pyright: ignore[reportGeneralTypeIssues]
            _flip(g, site.params["axis"]), axis=site.params["axis"]
        ),
        site.params["axis"],
    ),
    batch=lambda p, ops, batched, size, params: p(ops[0], axis=params["axis"] + 1),
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3))], {"axis": 1}),
        Sample(lambda rng: [rng.standard_normal((3, 2, 2))], {"axis": 0}),
        Sample(lambda rng: [rng.standard_normal((2, 0))], {"axis": 1}),
    ],
)
def cumsum(x: Any, axis: int) -> Any:
    """Running sum along an axis; single precision is kept in double, where terms do not drown."""
    return np.cumsum(x, axis, dtype=wide_for_running(x.dtype)).astype(x.dtype, copy=False)
