"""Copies with the elements in another order, repeated, or only some of them: flip, roll, repeat,
tile, triangles and diagonals.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..._base.dtypes import bool_, int64
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.kinds import is_array, is_list_or_tuple
from ..._base.shapes import as_shape, normalize_axes, normalize_axis
from ..._declare.elementwise import convert
from ..._graph.value import Batched, Handle
from ..._primitives import shaping as p
from ..._primitives.creation import constant
from ..._primitives.elementwise import add, bitwise_not, eq, lt
from ..._primitives.elementwise import where as _where
from ..._primitives.indexing import iota, take
from ..._primitives.lattices import lattice_add
from ..._primitives.reductions import cumsum, sum_
from ..._record.trace import concrete
from ..making.creation import clone
from ..out import takes_out
from .shape import expand, transpose
from .views import diagonal as _diagonal
from .views import is_symbol

# ---- order --------------------------------------------------------------------------------------


def _flipped(x: Any, axes: tuple[int, ...]) -> Any:
    slices = tuple(
        (extent - 1, extent, -1) if k in axes and extent else (0, extent, 1)
        for k, extent in enumerate(x._data.shape)
    )
    return p.embed(x, shape=tuple(x._data.shape), slices=slices)


def flip(input: Any, *axes: Any, dims: Any = None) -> Any:
    """The order of elements reversed along axes.

    >>> import wengert
    >>> wengert.arange(3).flip(0)
    tensor([2, 1, 0])
    """
    named = as_shape(axes) if dims is None else as_shape((dims,))
    return _flipped(input, normalize_axes(named, input._data.ndim, "flip") if named else ())


def fliplr(input: Any) -> Any:
    """The order of columns (the second axis) reversed.

    >>> import wengert
    >>> wengert.fliplr(wengert.eye(2))
    tensor([[0., 1.],
            [1., 0.]])
    """
    if input._data.ndim < 2:
        raise ShapeError(f"fliplr: needs at least 2 axes, not {input._data.ndim}.")
    return _flipped(input, (1,))


def flipud(input: Any) -> Any:
    """The order of rows (the first axis) reversed.

    >>> import wengert
    >>> wengert.flipud(wengert.arange(3))
    tensor([2, 1, 0])
    """
    if input._data.ndim < 1:
        raise ShapeError("flipud: a 0-d tensor has no axis.")
    return _flipped(input, (0,))


def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Elements moved on along axes; what leaves at the end comes in at the start.

    Without `dims` the tensor is rolled as one long vector.

    >>> import wengert
    >>> wengert.arange(4).roll(1)
    tensor([3, 0, 1, 2])
    """
    steps = as_shape((shifts,)) if is_list_or_tuple(shifts) else (operator.index(shifts),)
    shape = tuple(input._data.shape)
    if dims is None or dims == ():
        if len(steps) != 1:
            raise ShapeError(f"roll: {len(steps)} shifts need as many dims.")
        flat = roll(p.reshape(input, shape=(input._data.size,)), steps[0], 0)
        return p.reshape(flat, shape=shape)
    named = as_shape((dims,)) if is_list_or_tuple(dims) else (operator.index(dims),)
    if len(steps) != len(named):
        raise ShapeError(f"roll: {len(steps)} shifts for {len(named)} dims.")
    if not shape:
        raise DimensionError(f"roll: a 0-d tensor has no dim {named[0]}.")
    axes = [normalize_axis(axis, len(shape), "roll") for axis in named]
    found = input
    for step, axis in zip(steps, axes, strict=True):
        cut = -step % shape[axis] if shape[axis] else 0
        if cut:
            slices = [(0, extent, 1) for extent in shape]
            parts: list[Any] = []
            for start, length in ((cut, shape[axis] - cut), (0, cut)):
                slices[axis] = (start, length, 1)
                parts.append(p.slice_(found, slices=tuple(slices)))
            found = p.concatenate(*parts, axis=axis)
    return clone(input) if found is input else found


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned k times by 90 degrees, from the first of two axes towards the second.

    >>> import wengert
    >>> wengert.rot90(wengert.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    named = as_shape((dims,))
    ndim = input._data.ndim
    if len(named) != 2 or ndim < 2:
        raise ShapeError(f"rot90: needs 2 dims of at least 2 axes, not {named} of {ndim}.")
    a, b = (normalize_axis(axis, ndim, "rot90") for axis in named)
    if a == b:
        raise DimensionError(f"rot90: dims {named} are one axis.")
    match k % 4:
        case 0:
            return clone(input)
        case 1:
            return transpose(_flipped(input, (b,)), a, b)
        case 2:
            return _flipped(input, (a, b))
        case _:
            return transpose(_flipped(input, (a,)), a, b)


# ---- repetition ---------------------------------------------------------------------------------


def repeat(input: Any, *counts: Any, repeats: Any = None) -> Any:
    """The tensor laid out several times along each axis.

    >>> import wengert
    >>> wengert.tensor([1, 2]).repeat(2)
    tensor([1, 2, 1, 2])
    """
    times = as_shape(counts) if repeats is None else as_shape((repeats,))
    shape = tuple(input._data.shape)
    lead = len(times) - len(shape)
    if lead < 0:
        raise ShapeError(f"repeat: {len(times)} counts for a tensor with {len(shape)} axes.")
    if any(count < 0 for count in times):
        raise ShapeError(f"repeat: the counts {times} must not be negative.")
    shape = (1,) * lead + shape
    interleaved: list[int] = []
    target: list[int] = []
    for count, extent in zip(times, shape, strict=True):
        interleaved += [1, extent]
        target += [count, extent]
    wide = p.expand(p.reshape(input, shape=tuple(interleaved)), shape=tuple(target))
    out = p.reshape(wide, shape=tuple(c * e for c, e in zip(times, shape, strict=True)))
    copied = any(c > 1 and e > 1 for c, e in zip(times, shape, strict=True))
    return out if copied else clone(out)  # the other repetitions are views


def tile(input: Any, *counts: Any, dims: Any = None) -> Any:
    """`repeat` that takes missing leading counts as 1.

    >>> import wengert
    >>> wengert.tile(wengert.tensor([[1, 2]]), (2,))
    tensor([[1, 2, 1, 2]])
    """
    times = as_shape(counts) if dims is None else as_shape((dims,))
    return repeat(input, (1,) * (input._data.ndim - len(times)) + times)


def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each element (or slice of an axis) several times in a row.

    `repeats` is a number, or a vector with a number for each; alone, it gives the positions.

    >>> import wengert
    >>> wengert.repeat_interleave(wengert.tensor([1, 2]), wengert.tensor([2, 1]))
    tensor([1, 1, 2])
    """
    if repeats is None:
        return _repeated_positions(input, input._data.size, output_size)
    if dim is None:
        input, dim = p.reshape(input, shape=(input._data.size,)), 0
    if not input._data.ndim:
        input = p.reshape(input, shape=(1,))
    axis = normalize_axis(dim, input._data.ndim, "repeat_interleave")
    extent = input._data.shape[axis]
    positions = _repeated_positions(repeats, extent, output_size)
    order = (axis, *(k for k in range(input._data.ndim) if k != axis))
    found = take(p.permute(input, axes=order), positions)
    return p.permute(found, axes=tuple(np.argsort(order).tolist()))


def _repeated_positions(repeats: Any, extent: int, output_size: int | None) -> Any:
    if is_symbol(repeats) and repeats._data.ndim < 2:
        total = _common_total(repeats) if output_size is None else output_size
        if total is not None:
            return _symbolic_positions(repeats, extent, total)
    counts: Any = concrete(repeats, "positions") if isinstance(repeats, Handle) else repeats
    counts = np.asarray(counts)
    if counts.dtype.kind not in "iu":
        raise DtypeError(f"repeat_interleave: the repeats must be integers, not {counts.dtype}.")
    if counts.ndim > 1 or counts.size not in (1, extent) or (counts < 0).any():
        raise ShapeError(
            f"repeat_interleave: repeats of shape {counts.shape} must be one number, or one for "
            f"each of {extent} elements, and not negative."
        )
    positions = np.repeat(np.arange(extent), np.broadcast_to(counts.reshape(-1), (extent,)))
    if output_size is not None and output_size != len(positions):
        raise ShapeError(
            f"repeat_interleave: output_size is {output_size}, but the repeats add up to "
            f"{len(positions)}."
        )
    return constant(positions)


def _common_total(repeats: Any) -> int | None:
    """What the repeats of every sample of a vmap add up to, if that is known and the same."""
    count, data = repeats._data.size, repeats._data
    while isinstance(data, Batched):
        data = data.physical._data
    if not is_array(data) or not data.size or repeats._data.ndim != 1:
        return None
    totals = np.unique(data.reshape(-1, count).sum(1))
    return int(totals[0]) if len(totals) == 1 else None


def _symbolic_positions(repeats: Any, extent: int, output_size: int) -> Any:
    """The same for traced repeats; out of range if they do not add up to `output_size`."""
    ends = cumsum(expand(convert(repeats, int64), (extent,)), axis=0)
    place = p.reshape(iota(output_size), shape=(output_size, 1))
    passed = sum_(convert(bitwise_not(lt(place, ends)), int64), axes=(1,))
    total = p.slice_(ends, slices=((extent - 1, 1, 1),)) if extent else constant(np.zeros(1, int))
    return _where(eq(total, output_size), passed, extent)


# ---- triangles and diagonals --------------------------------------------------------------------


def _triangle(x: Any, diagonal: int, lower: bool, name: str) -> Any:
    if x._data.ndim < 2:
        raise ShapeError(f"{name}: needs at least 2 axes, not {x._data.ndim}.")
    rows, columns = x._data.shape[-2:]
    row = add(p.reshape(iota(rows), shape=(rows, 1)), operator.index(diagonal))
    column = p.reshape(iota(columns), shape=(1, columns))
    outside = lt(row, column) if lower else lt(column, row)
    return _where(bitwise_not(outside), x, False if x._data.dtype == bool_ else 0)


@takes_out
def tril(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """The lower triangle, zeros above the diagonal; the zeros get no cotangent.

    >>> import wengert
    >>> wengert.ones(2, 2).tril()
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _triangle(input, diagonal, True, "tril")


@takes_out
def triu(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """The upper triangle, zeros below the diagonal; the zeros get no cotangent.

    >>> import wengert
    >>> wengert.ones(2, 2).triu()
    tensor([[1., 1.],
            [0., 1.]])
    """
    return _triangle(input, diagonal, False, "triu")


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Zeros with the last axis laid along the diagonal of two new axes.

    >>> import wengert
    >>> wengert.diag_embed(wengert.tensor([[1, 2]])).shape
    (1, 2, 2)
    """
    shape = tuple(input._data.shape)
    if not shape:
        raise DimensionError("diag_embed: a 0-d tensor has no axis.")
    rank = len(shape) + 1
    a, b = normalize_axis(dim1, rank, "diag_embed"), normalize_axis(dim2, rank, "diag_embed")
    if a == b:
        raise DimensionError(f"diag_embed: dim1 and dim2 are both {a}.")
    starts = [0] * rank
    starts[a], starts[b] = max(-offset, 0), max(offset, 0)
    rest = [axis for axis in range(rank) if axis not in (a, b)]
    place = {axis: k for k, axis in enumerate(rest)} | {a: rank - 2, b: rank - 2}
    side = shape[-1] + abs(offset)
    source = [side] * rank
    for k, axis in enumerate(rest):
        source[axis] = shape[k]
    steps = tuple(tuple(int(place[axis] == k) for k in range(rank - 1)) for axis in range(rank))
    return lattice_add(input, source=tuple(source), shape=shape, starts=tuple(starts), steps=steps)


@takes_out
def diag(input: Any, diagonal: int = 0, *, out: Any = None) -> Any:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> import wengert
    >>> wengert.diag(wengert.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input._data.ndim == 2:
        return clone(_diagonal(input, diagonal))
    if input._data.ndim != 1:
        raise ShapeError(f"diag: needs a vector or a matrix, not {input._data.ndim} axes.")
    return diag_embed(input, diagonal)


def diagflat(input: Any, offset: int = 0) -> Any:
    """The matrix with all elements of a tensor on its diagonal.

    >>> import wengert
    >>> wengert.diagflat(wengert.tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(p.reshape(input, shape=(input._data.size,)), offset)


# ---- positions ----------------------------------------------------------------------------------


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """The coordinates of positions in a flattened tensor of the given shape.

    >>> import wengert
    >>> wengert.unravel_index(wengert.tensor([5]), (2, 3))
    (tensor([1]), tensor([2]))
    """
    from ..._primitives.elementwise import floor_divide, remainder

    sizes = as_shape((shape,)) if is_list_or_tuple(shape) else (operator.index(shape),)
    if indices._data.dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: the indices must be integers, not {indices._data.dtype}.")
    if any(extent < 0 for extent in sizes):
        raise ShapeError(f"unravel_index: the shape {sizes} has a negative extent.")
    found: list[Any] = []
    rest = convert(indices, int64)
    for extent in reversed(sizes):
        found.append(remainder(rest, extent))
        rest = floor_divide(rest, extent)
    return tuple(reversed(found))


__all__ = [
    "diag",
    "diag_embed",
    "diagflat",
    "flip",
    "fliplr",
    "flipud",
    "repeat_interleave",
    "roll",
    "rot90",
    "tile",
    "tril",
    "triu",
    "unravel_index",
]
