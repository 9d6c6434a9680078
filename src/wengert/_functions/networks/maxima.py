"""The largest element of each of many sets of places, and where it stands; and back again.

What pooling needs when it returns positions: windows of any kind are lists of flat positions, so
one gather, one argmax and one more gather serve all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..._base.dtypes import int64
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import Shape, size_of
from ..._primitives.creation import constant, zeros
from ..._primitives.indexing import iota, put, take
from ..._primitives.ordering import argmax
from ..._primitives.shaping import reshape
from .convolution import per_axis

Places: TypeAlias = "np.ndarray[Any, Any]"
"""(windows, places) flat positions."""


class Pooled(NamedTuple):
    """The largest elements, and their positions in the flattened pooled axes."""

    values: Any
    indices: Any


def joint_places(axes: Sequence[Places], extents: Shape) -> Places:
    """Flat positions from the positions (windows, places) along each axis; -1 is no place.

    A window's missing places become its first one, which changes no maximum.
    """
    rank = len(axes)
    flat, valid = np.zeros((), np.int64), np.ones((), bool)
    for k, (along, extent) in enumerate(zip(axes, extents, strict=True)):
        shape = [1] * (2 * rank)
        shape[k], shape[rank + k] = along.shape
        spread = along.reshape(shape)
        flat, valid = flat * extent + spread, valid & (spread >= 0)
    windows = size_of(tuple(len(along) for along in axes))
    flat, valid = flat.reshape(windows, -1), valid.reshape(windows, -1)
    first = flat[np.arange(windows), valid.argmax(1)]
    return np.where(valid, flat, first[:, None])


def maxima(x: Any, places: Any, counts: Shape) -> Pooled:
    """The largest of x at each window's places, for all leading axes, in the shape `counts`.

    `places` is an array (windows, places), or a tensor (leading elements, windows, places). At a
    tie the first place wins.
    """
    rank = len(counts)
    lead, extents = tuple(x._data.shape)[:-rank], tuple(x._data.shape)[-rank:]
    rows = size_of(lead)
    shared = is_array(places)
    table: Any = constant(places) if shared else places
    windows = size_of(counts)
    flat = reshape(x, shape=(rows, size_of(extents)))
    row, window = reshape(iota(rows), shape=(rows, 1)), reshape(iota(windows), shape=(1, windows))
    found = take(flat, reshape(row, shape=(rows, 1, 1)), table)
    best = argmax(found, axis=2)
    where = take(table, window, best) if shared else take(table, row, window, best)
    values = take(flat, row, where)
    return Pooled(reshape(values, shape=(*lead, *counts)), reshape(where, shape=(*lead, *counts)))


def _unpooled(
    x: Any, indices: Any, kernel: Any, stride: Any, padding: Any, output_size: Any, name: str
) -> Any:
    rank = int(name[-2])
    shape = tuple(x._data.shape)
    if len(shape) not in (rank + 1, rank + 2) or tuple(indices._data.shape) != shape:
        raise ShapeError(
            f"{name}: expected {rank + 2} axes, or {rank + 1} for one sample, and as many indices; "
            f"the shapes are {shape} and {tuple(indices._data.shape)}."
        )
    if indices._data.dtype != int64:
        raise DtypeError(f"{name}: the indices must be int64, not {indices._data.dtype}.")
    sizes = per_axis(kernel, rank, name, "kernel_size", 1)
    steps = sizes if stride is None else per_axis(stride, rank, name, "stride", 1)
    border = per_axis(padding, rank, name, "padding", 0)
    usual = tuple(
        (n - 1) * s - 2 * p + k
        for n, s, p, k in zip(shape[-rank:], steps, border, sizes, strict=True)
    )
    wanted = usual if output_size is None else tuple(output_size)[-rank:]
    if any(abs(w - u) >= s for w, u, s in zip(wanted, usual, steps, strict=True)):
        raise ShapeError(
            f"{name}: output_size {tuple(wanted)} must differ from {usual} by less than the stride "
            f"{steps}."
        )
    if 0 in shape[1:] or min(wanted) < 1:
        raise ShapeError(f"{name}: an input of shape {shape} cannot become {wanted}.")
    lead = shape[:-rank]
    rows, count = size_of(lead), size_of(shape[-rank:])
    row = reshape(iota(rows), shape=(rows, 1))
    out = put(
        zeros((rows, size_of(wanted)), x._data.dtype),
        reshape(x, shape=(rows, count)),
        row,
        reshape(indices, shape=(rows, count)),
    )
    return reshape(out, shape=(*lead, *wanted))


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """`max_unpool2d` over one axis.

    >>> import wengert
    >>> x, where = wengert.tensor([[3.0, 2.0]]), wengert.tensor([[1, 2]])
    >>> wengert.nn.functional.max_unpool1d(x, where, 2)
    tensor([[0., 3., 2., 0.]])
    """
    return _unpooled(input, indices, kernel_size, stride, padding, output_size, "max_unpool1d")


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """Zeros with x at the positions that `max_pool2d` with `return_indices` gave.

    Where several elements name one position, the last one stays.

    >>> import wengert
    >>> x, where = wengert.tensor([[[7.0]]]), wengert.tensor([[[2]]])
    >>> wengert.nn.functional.max_unpool2d(x, where, 2)
    tensor([[[0., 0.],
             [7., 0.]]])
    """
    return _unpooled(input, indices, kernel_size, stride, padding, output_size, "max_unpool2d")


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> Any:
    """`max_unpool2d` over three axes.

    >>> import wengert
    >>> x, where = wengert.ones(1, 1, 1, 1), wengert.tensor([[[[5]]]])
    >>> wengert.nn.functional.max_unpool3d(x, where, 2).shape
    (1, 2, 2, 2)
    """
    return _unpooled(input, indices, kernel_size, stride, padding, output_size, "max_unpool3d")
