"""Indexing: x[...] and x[...] = y in all forms, gather, index_select and relatives.

An index is resolved into a view (integers, slices, new axes), then at most one `take` or `put` for
integer arrays. A bool mask becomes the positions where it holds, which needs its values.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from .._base.dtypes import bool_, int64
from .._base.errors import DimensionError, DtypeError, ShapeError
from .._base.kinds import is_array, is_list_or_tuple, is_tuple
from .._base.shapes import broadcast, normalize_axis
from .._declare.elementwise import convert
from .._graph.value import Handle
from .._primitives import shaping as p
from .._primitives.creation import constant
from .._primitives.elementwise import add, bitwise_not, lt
from .._primitives.elementwise import where as _where
from .._primitives.indexing import along_axis, take
from .._primitives.indexing import put as _put
from .._primitives.indexing import scatter_add as _scatter_add
from .._record.storage import check_writable, write
from .._record.trace import concrete
from .shape import expand


class _Parsed(NamedTuple):
    slices: list[tuple[int, int, int]]
    shape: list[int]
    """The shape after the view: integers dropped, new axes added."""
    arrays: dict[int, Any]
    """Axis of the view -> int64 index handle."""


def _array_index(item: Any) -> Any:
    """A list, array or tensor index as a handle; None if it is something else."""
    if isinstance(item, Handle):
        return item
    if is_array(item):
        return constant(item)
    if is_list_or_tuple(item) or isinstance(item, range):
        array = np.asarray([_number(i) for i in item])
        return constant(array.astype(np.int64) if array.size == 0 else array)
    return None


def _number(item: Any) -> Any:
    if isinstance(item, Handle):
        return concrete(item, "number")
    return [_number(i) for i in item] if is_list_or_tuple(item) else item


def _axes_used(item: Any) -> int:
    if item is None or item is Ellipsis or isinstance(item, bool | np.bool_):
        return 0
    if isinstance(item, Handle) and item._data.dtype == bool_:
        return item._data.ndim
    return 1


def _parse(x: Any, index: Any) -> _Parsed:
    shape = tuple(x._data.shape)
    items: list[Any] = []
    for item in index if is_tuple(index) else (index,):
        if isinstance(item, slice | int | np.integer) or item is None or item is Ellipsis:
            items.append(item)
            continue
        found = _array_index(item)
        if found is None:
            raise DimensionError(
                f"index: {type(item).__name__} cannot index a tensor. Use integers, slices, None, "
                "..., lists or integer and bool tensors."
            )
        kind = found._data.dtype.kind
        if kind == "b" or kind in "iu":
            items.append(found)
        else:
            raise DtypeError(f"index: an index tensor must be integer or bool, not {found.dtype}.")
    used = sum(_axes_used(item) for item in items)
    if used > len(shape):
        raise DimensionError(f"index: {used} indices for a tensor with {len(shape)} axes.")
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    elif sum(item is Ellipsis for item in items) > 1:
        raise DimensionError("index: only one ... may stand in an index.")
    slices: list[tuple[int, int, int]] = []
    new: list[int] = []
    arrays: dict[int, Any] = {}
    axis = 0
    for item in items:
        if item is Ellipsis:
            for _ in range(len(shape) - used):
                slices.append((0, shape[axis], 1))
                new.append(shape[axis])
                axis += 1
        elif item is None:
            new.append(1)
        elif item.__class__ in (bool, np.bool_):
            arrays[len(new)] = constant(np.zeros(int(item), np.int64))
            new.append(1)
        elif isinstance(item, slice):
            start, stop, step = item.indices(shape[axis])
            slices.append((start, len(range(start, stop, step)), step))
            if step < 0:
                raise ValueError("index: a slice with a negative step is not supported; use flip.")
            new.append(slices[-1][1])
            axis += 1
        elif isinstance(item, Handle):
            axis = _parse_array(item, shape, axis, slices, new, arrays)
        else:
            position = operator.index(item)
            if not -shape[axis] <= position < shape[axis]:
                raise DimensionError(
                    f"index: {position} is out of range for dim {axis} with {shape[axis]} elements."
                )
            slices.append((position % shape[axis], 1, 1))
            axis += 1
    return _Parsed(slices, new, arrays)


def _parse_array(
    item: Any,
    shape: tuple[int, ...],
    axis: int,
    slices: list[tuple[int, int, int]],
    new: list[int],
    arrays: dict[int, Any],
) -> int:
    if item._data.dtype != bool_:
        extent = shape[axis]
        item = convert(item, int64)
        arrays[len(new)] = _where(lt(item, 0), add(item, extent), item)
        slices.append((0, extent, 1))
        new.append(extent)
        return axis + 1
    covered = shape[axis : axis + item._data.ndim]
    if tuple(item._data.shape) != covered:
        raise ShapeError(
            f"index: a mask of shape {tuple(item._data.shape)} does not fit the axes {covered} of "
            f"a tensor of shape {shape}."
        )
    mask = concrete(item, "positions")
    if item._data.ndim == 0:
        arrays[len(new)] = constant(np.zeros(int(mask), np.int64))
        new.append(1)
        return axis
    for positions in np.nonzero(mask):
        arrays[len(new)] = constant(positions.astype(np.int64))
        slices.append((0, shape[axis], 1))
        new.append(shape[axis])
        axis += 1
    return axis


def _view(x: Any, parsed: _Parsed) -> Any:
    shape = tuple(x._data.shape)
    if tuple(parsed.slices) != tuple((0, extent, 1) for extent in shape):
        x = p.slice_(x, slices=tuple(parsed.slices))
    if tuple(x._data.shape) != tuple(parsed.shape):
        x = p.reshape(x, shape=tuple(parsed.shape))
    return x


def _to_front(ndim: int, axes: list[int]) -> tuple[int, ...]:
    return (*axes, *(k for k in range(ndim) if k not in axes))


def getitem(x: Any, index: Any) -> Any:
    """x[index]: a view for integers, slices, None and ...; a copy for lists, arrays and masks.

    >>> import wengert
    >>> wengert.arange(6).reshape(2, 3)[:, 1]
    tensor([1, 4])
    """
    parsed = _parse(x, index)
    found = _view(x, parsed)
    if not parsed.arrays:
        if found is x:
            return p.reshape(x, shape=tuple(x._data.shape))
        return found
    axes = list(parsed.arrays)
    ndim = len(parsed.shape)
    order = _to_front(ndim, axes)
    if order != tuple(range(ndim)):
        found = p.permute(found, axes=order)
    found = take(found, *parsed.arrays.values())
    return _place(found, axes, ndim)


def _place(found: Any, axes: list[int], ndim: int) -> Any:
    """Move the joint index axes from the front to where adjacent index arrays stood."""
    adjacent = axes == list(range(axes[0], axes[0] + len(axes)))
    if not adjacent or axes[0] == 0:
        return found
    joint = found._data.ndim - (ndim - len(axes))
    total = found._data.ndim
    order = [*range(joint, joint + axes[0]), *range(joint), *range(joint + axes[0], total)]
    return p.permute(found, axes=tuple(order))


def _fitted(value: Any, target: Any) -> Any:
    """`value` with the dtype and shape of `target`; leading axes of size 1 fall away."""
    dtype, shape = target._data.dtype, tuple(target._data.shape)
    if not isinstance(value, Handle):
        value = constant(np.asarray(value, dtype=dtype))
    value = convert(value, dtype)
    own = tuple(value._data.shape)
    while len(own) > len(shape) and own[0] == 1:
        own = own[1:]
        value = p.reshape(value, shape=own)
    if broadcast("index_put", own, shape) != shape:
        raise ShapeError(
            f"index_put: a value of shape {own} does not fit the place of shape {shape}."
        )
    return expand(value, shape)


def setitem(x: Any, index: Any, value: Any) -> None:
    """x[index] = value, in place, with the value broadcast to the place."""
    mask = index if isinstance(index, Handle) and index._data.dtype == bool_ else None
    if mask is not None and (not isinstance(value, Handle) or value._data.ndim == 0):
        masked_fill_(x, _spread_mask(mask, x), value)
        return
    parsed = _parse(x, index)
    place = _view(x, parsed)
    if not parsed.arrays:
        write(place, _fitted(value, place), "index_put")
        return
    check_writable(place, "index_put")
    axes = list(parsed.arrays)
    ndim = len(parsed.shape)
    order = _to_front(ndim, axes)
    moved = p.permute(place, axes=order)
    indices = list(parsed.arrays.values())
    joint = broadcast("index_put", *[tuple(i._data.shape) for i in indices])
    rest = tuple(moved._data.shape)[len(axes) :]
    adjacent = axes == list(range(axes[0], axes[0] + len(axes)))
    lead = axes[0] if adjacent else 0
    shown = (*rest[:lead], *joint, *rest[lead:])
    if not isinstance(value, Handle):
        value = constant(np.asarray(value, dtype=x._data.dtype))
    value = expand(_trimmed(convert(value, x._data.dtype), len(shown)), shown)
    front = (*range(lead, lead + len(joint)), *range(lead), *range(lead + len(joint), len(shown)))
    value = p.permute(value, axes=front)
    changed = _put(moved, value, *indices)
    write(moved, changed, "index_put")


def _trimmed(value: Any, ndim: int) -> Any:
    own = tuple(value._data.shape)
    while len(own) > ndim and own[0] == 1:
        own = own[1:]
        value = p.reshape(value, shape=own)
    return value


def _spread_mask(mask: Any, x: Any) -> Any:
    own, shape = tuple(mask._data.shape), tuple(x._data.shape)
    if own != shape[: len(own)]:
        raise ShapeError(
            f"index_put: a mask of shape {own} does not fit a tensor of shape {shape}."
        )
    return p.reshape(mask, shape=own + (1,) * (len(shape) - len(own)))


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """x with `value` where the mask holds; those places get no cotangent.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0]).masked_fill(wengert.tensor([True, False]), 0)
    tensor([0., 2.])
    """
    if mask._data.dtype != bool_:
        raise DtypeError(f"masked_fill: the mask must be bool, not {mask._data.dtype}.")
    if isinstance(value, Handle):
        if value._data.ndim:
            raise ShapeError("masked_fill: the value must be a number or a 0-d tensor; use where.")
        value = convert(value, x._data.dtype)
    return convert(_where(mask, value, x), x._data.dtype)


def masked_fill_(x: Any, mask: Any, value: Any) -> Any:
    """`masked_fill` in place.

    >>> import wengert
    >>> wengert.ones(2).masked_fill_(wengert.tensor([True, False]), 5)
    tensor([5., 1.])
    """
    check_writable(x, "masked_fill_")
    write(x, _fitted(masked_fill(x, mask, value), x), "masked_fill_")
    return x


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition holds, `other` elsewhere; with one argument, the positions.

    The side that is not chosen gets no cotangent: an infinite or NaN derivative there is harmless.

    >>> import wengert
    >>> x = wengert.tensor([4.0, -4.0], requires_grad=True)
    >>> wengert.where(x > 0, x.sqrt(), 0.0).sum().backward()
    >>> x.grad
    tensor([0.2500, 0.0000])
    """
    if input is None and other is None:
        return tuple(
            constant(i.astype(np.int64)) for i in np.nonzero(concrete(condition, "positions"))
        )
    return _where(condition, input, other)


def nonzero(x: Any, *, as_tuple: bool = False) -> Any:
    """The positions of the non-zero elements, one a row (or one tensor an axis).

    >>> import wengert
    >>> wengert.tensor([0, 3, 4]).nonzero()
    tensor([[1],
            [2]])
    """
    found = np.nonzero(np.atleast_1d(concrete(x, "positions")))
    if as_tuple:
        return tuple(constant(i.astype(np.int64)) for i in found)
    return constant(np.stack(found, 1).astype(np.int64)[:, : x._data.ndim])


def masked_select(x: Any, mask: Any) -> Any:
    """The elements where the mask holds, along one axis.

    >>> import wengert
    >>> x = wengert.tensor([1, 5, 2])
    >>> x.masked_select(x > 1)
    tensor([5, 2])
    """
    shape = broadcast("masked_select", tuple(x._data.shape), tuple(mask._data.shape))
    return getitem(expand(x, shape), expand(mask, shape))


def _checked_index(index: Any, name: str) -> Any:
    if index._data.dtype.kind not in "iu":
        raise DtypeError(f"{name}: the index must be an integer tensor, not {index._data.dtype}.")
    return convert(index, int64)


def index_select(x: Any, dim: int, index: Any) -> Any:
    """The slices of an axis at the positions in a vector.

    >>> import wengert
    >>> wengert.eye(3).index_select(0, wengert.tensor([2, 0]))
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    axis = normalize_axis(dim, x._data.ndim, "index_select")
    return getitem(x, (slice(None),) * axis + (_checked_index(index, "index_select"),))


def gather(x: Any, dim: int, index: Any) -> Any:
    """out[i, j] = x[index[i, j], j] for dim 0, and alike for other axes.

    >>> import wengert
    >>> wengert.tensor([[1, 2], [3, 4]]).gather(1, wengert.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    index = _checked_index(index, "gather")
    axis = normalize_axis(dim, x._data.ndim, "gather")
    if index._data.ndim != x._data.ndim:
        raise ShapeError(
            f"gather: the index has {index._data.ndim} axes, the tensor {x._data.ndim}."
        )
    if not x._data.ndim:
        return x.clone()
    return take(x, *along_axis(index, axis))


def take_along_dim(x: Any, indices: Any, dim: int | None = None) -> Any:
    """`gather` with broadcasting, as numpy.take_along_axis.

    >>> import wengert
    >>> x = wengert.tensor([[3, 1, 2]])
    >>> x.take_along_dim(x.argsort(1), 1)
    tensor([[1, 2, 3]])
    """
    if dim is None:
        return gather(p.reshape(x, shape=(x._data.size,)), 0, indices.reshape(-1))
    axis = normalize_axis(dim, x._data.ndim, "take_along_dim")
    own, other = list(x._data.shape), list(indices._data.shape)
    own[axis] = other[axis] = 1
    common = list(broadcast("take_along_dim", tuple(own), tuple(other)))
    wide, places = list(common), list(common)
    wide[axis], places[axis] = x._data.shape[axis], indices._data.shape[axis]
    index = _checked_index(indices, "take_along_dim")
    extent = x._data.shape[axis]
    index = _where(lt(index, 0), add(index, extent), index)
    return gather(expand(x, tuple(wide)), axis, expand(index, tuple(places)))


def scatter_add(x: Any, dim: int, index: Any, src: Any) -> Any:
    """x with src[i, j] added at [index[i, j], j] for dim 0, and alike for other axes.

    >>> import wengert
    >>> wengert.zeros(3).scatter_add(0, wengert.tensor([0, 0, 2]), wengert.ones(3))
    tensor([2., 0., 1.])
    """
    index = _checked_index(index, "scatter_add")
    axis = normalize_axis(dim, x._data.ndim, "scatter_add")
    own, places, given = (tuple(t._data.shape) for t in (x, index, src))
    fits = len(own) == len(places) == len(given) and all(
        i <= g and (i <= o or k == axis)
        for k, (o, i, g) in enumerate(zip(own, places, given, strict=True))
    )
    if not fits:
        raise ShapeError(
            f"scatter_add: an index of shape {places} does not fit into src {given} and, apart "
            f"from dim {axis}, into the tensor {own}."
        )
    part = p.slice_(src, slices=tuple((0, extent, 1) for extent in index._data.shape))
    shape = tuple(x._data.shape)
    return add(x, _scatter_add(convert(part, x._data.dtype), *along_axis(index, axis), shape=shape))


def index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """x with the slices of `source` times alpha added at the positions in a vector.

    >>> import wengert
    >>> wengert.zeros(3).index_add(0, wengert.tensor([0, 2]), wengert.ones(2))
    tensor([1., 0., 1.])
    """
    index = _checked_index(index, "index_add")
    axis = normalize_axis(dim, x._data.ndim, "index_add")
    ndim = x._data.ndim
    own, given = list(x._data.shape), list(source._data.shape)
    own[axis : axis + 1] = index._data.shape
    if own != given:
        raise ShapeError(
            f"index_add: source has shape {tuple(given)}; the positions {tuple(index._data.shape)} "
            f"in dim {axis} of {tuple(x._data.shape)} need {tuple(own)}."
        )
    order = _to_front(ndim, [axis])
    values = p.permute(source if alpha == 1 else source * alpha, axes=order)
    shape = tuple(x._data.shape[k] for k in order)
    added = _scatter_add(convert(values, x._data.dtype), index, shape=shape)
    return add(x, p.permute(added, axes=tuple(np.argsort(order).tolist())))


def triangle(x: Any, diagonal: int, lower: bool) -> Any:
    """x with zeros above (or below) a diagonal; the zeros get no cotangent."""
    from .._primitives.indexing import iota

    if x._data.ndim < 2:
        raise ShapeError(f"tril: needs at least 2 axes, not {x._data.ndim}.")
    rows, columns = x._data.shape[-2:]
    row = p.reshape(iota(rows), shape=(rows, 1))
    zero = False if x._data.dtype == bool_ else 0
    above = lt(add(row, diagonal), p.reshape(iota(columns), shape=(1, columns)))
    if lower:
        return _where(bitwise_not(above), x, zero)
    below = lt(p.reshape(iota(columns), shape=(1, columns)), add(row, diagonal))
    return _where(bitwise_not(below), x, zero)


def tril(x: Any, diagonal: int = 0) -> Any:
    """The lower triangle, zeros above the diagonal.

    >>> import wengert
    >>> wengert.ones(2, 2).tril()
    tensor([[1., 0.],
            [1., 1.]])
    """
    return triangle(x, diagonal, lower=True)


def triu(x: Any, diagonal: int = 0) -> Any:
    """The upper triangle, zeros below the diagonal.

    >>> import wengert
    >>> wengert.ones(2, 2).triu()
    tensor([[1., 1.],
            [0., 1.]])
    """
    return triangle(x, diagonal, lower=False)


def diagonal(x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal of two axes, which becomes the last axis.

    >>> import wengert
    >>> wengert.eye(3).diagonal()
    tensor([1., 1., 1.])
    """
    ndim = x._data.ndim
    a, b = normalize_axis(dim1, ndim, "diagonal"), normalize_axis(dim2, ndim, "diagonal")
    if a == b:
        raise DimensionError(f"diagonal: dim1 and dim2 are both {a}.")
    moved = p.permute(x, axes=_to_front(ndim, [a, b]))
    rows, columns = moved._data.shape[:2]
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    places = np.arange(count, dtype=np.int64)
    found = take(moved, constant(places - min(offset, 0)), constant(places + max(offset, 0)))
    return p.permute(found, axes=(*range(1, found._data.ndim), 0))


def diag(x: Any, diagonal: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal.

    >>> import wengert
    >>> wengert.diag(wengert.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if x._data.ndim == 2:
        return _diagonal(x, diagonal)
    size = x._data.shape[0] + abs(diagonal)
    places = np.arange(x._data.shape[0], dtype=np.int64)
    rows, columns = places - min(diagonal, 0), places + max(diagonal, 0)
    return _scatter_add(x, constant(rows), constant(columns), shape=(size, size))


_diagonal = diagonal

__all__ = [
    "diag",
    "diagonal",
    "gather",
    "index_add",
    "index_select",
    "masked_fill",
    "masked_select",
    "nonzero",
    "scatter_add",
    "take_along_dim",
    "tril",
    "triu",
    "where",
]
