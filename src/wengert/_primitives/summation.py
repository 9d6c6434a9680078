"""How sums are added up: in blocks, so that rounding grows with the logarithm of their length.

NumPy adds pairwise along the axis whose elements lie closest together in memory, and one after the
other along all others; there a million float32 terms lose two digits. Here such an axis is cut into
blocks of 64 rows, and the block sums are summed in the same way. Arrays only: no tensors here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.shapes import size_of

_FEW = 128
"""So many terms are left to NumPy, whatever their order in memory."""
_BLOCK = 64
_ROW = 2048
"""Elements that are added side by side, so that short rows do not make short loops."""


def summed(x: Any, axes: tuple[int, ...], dtype: Dtype) -> Any:
    """The sum over axes, kept in `dtype`."""
    terms = size_of(tuple(x.shape[axis] for axis in axes))
    ndim = x.ndim
    trailing = axes == tuple(range(ndim - len(axes), ndim)) and x.flags.c_contiguous
    if terms <= _FEW or trailing or not x.size or x.dtype.kind in "biu":
        return np.add.reduce(x, axis=axes, dtype=dtype)
    order = sorted(range(ndim), key=lambda axis: -abs(x.strides[axis]))
    kept = [axis for axis in order if axis not in axes]
    found, gone = _merged(x.transpose(order), [axis in axes for axis in order])
    for axis in reversed(range(found.ndim)):
        if gone[axis]:
            found = _along(found, axis, dtype)
    return found.reshape([x.shape[axis] for axis in kept]).transpose(np.argsort(kept))


def _merged(x: Any, gone: list[bool]) -> tuple[Any, list[bool]]:
    """A view in which neighbouring axes of one kind are one axis, where memory allows it."""
    shape: list[int] = []
    flags: list[bool] = []
    last = 0
    for extent, stride, flag in zip(x.shape, x.strides, gone, strict=True):
        if extent == 1 and shape:
            continue
        if shape and flags[-1] == flag and last == extent * stride:
            shape[-1] *= extent
        else:
            shape.append(extent)
            flags.append(flag)
        last = stride
    return x.reshape(shape), flags


def _along(x: Any, axis: int, dtype: Dtype) -> Any:
    count = x.shape[axis]
    if axis == x.ndim - 1 or count <= _BLOCK:
        return np.add.reduce(x, axis=axis, dtype=dtype)
    lead, tail = x.shape[:axis], x.shape[axis + 1 :]
    width = max(1, min(_ROW // max(size_of(tail), 1), count // _BLOCK))
    blocks = count // (_BLOCK * width)
    covered = blocks * _BLOCK * width
    before = (slice(None),) * axis
    rows = x[(*before, slice(covered))].reshape(*lead, blocks, _BLOCK, width, *tail)
    sums = np.add.reduce(rows, axis=axis + 1, dtype=dtype)
    total = _along(sums.reshape(*lead, blocks * width, *tail), axis, dtype)
    if covered == count:
        return total
    return total + _along(x[(*before, slice(covered, count))], axis, dtype)
