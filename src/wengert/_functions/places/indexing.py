"""Indexing: x[...] and x[...] = y in all forms.

An index is resolved into a view (integers, slices, new axes), then at most one `take` or `put` for
integer arrays. A bool mask becomes the positions where it holds, which needs its values.
"""

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from ..._base.dtypes import bool_, int64, uint8
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.kinds import is_array, is_list_or_tuple, is_tuple
from ..._base.shapes import broadcast, size_of
from ..._declare.elementwise import convert
from ..._graph.node import Abstract
from ..._graph.value import Handle
from ..._primitives import shaping as p
from ..._primitives.creation import CONSTANT, constant
from ..._primitives.elementwise import add, bitwise_not, lt, ne
from ..._primitives.elementwise import where as _where
from ..._primitives.indexing import iota, take
from ..._primitives.indexing import put as _put
from ..._primitives.indexing import scatter_add as _scatter_add
from ..._primitives.reductions import cumsum
from ..._record import modes as _modes
from ..._record.storage import check_writable, write
from ..._record.trace import concrete
from ..shaping.shape import expand
from ..shaping.views import select
from .masking import masked_by


class _Parsed(NamedTuple):
    slices: list[tuple[int, int, int]]
    shape: list[int]
    """The shape after the view: integers dropped, new axes added."""
    arrays: dict[int, Any]
    """Axis of the view -> int64 index handle."""


def _array_index(item: Any) -> Any:
    """A list, array or tensor index as a handle, a Python int for one number that is known.

    None if it is something else.
    """
    if isinstance(item, Handle):
        data = item._data
        if data.ndim or data.dtype.kind not in "iu" or data.dtype == uint8:
            return _mask_of_bytes(item)
        known = _known(item)
        return item if known is None else int(known)
    if is_array(item) or issubclass(item.__class__, np.generic):
        array: Any = np.asarray(item)
        return int(array) if not array.ndim and array.dtype.kind in "iu" else constant(array)
    if is_list_or_tuple(item) or isinstance(item, range):
        try:
            array = np.asarray([_number(i) for i in item])
        except ValueError:
            raise DimensionError(
                f"index: the list {item} is no array of integers. Use a tuple for several axes."
            ) from None
        return constant(array.astype(np.int64) if array.size == 0 else array)
    return operator.index(item) if hasattr(item, "__index__") else None


def _known(x: Any) -> Any:
    """The array of a value that is known now, if only because a trace made it from one."""
    data, edge = x._data, x._edge
    if is_array(data):
        return data if _modes.current().trace is None else None
    if data.__class__ is not Abstract or edge is None or x._view is not None:
        return None
    node: Any = edge[0]
    return node.params["array"] if node.primitive is CONSTANT else None


def _mask_of_bytes(item: Any) -> Any:
    """A tensor of bytes is a mask, as in PyTorch; in NumPy it holds positions."""
    return ne(item, 0) if item._data.dtype == uint8 else item


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


def _parse(x: Any, index: Any, value: Any = None) -> _Parsed:
    """Resolve an index; `value`, which will be written there, tells how often a mask holds."""
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
        if isinstance(found, Handle) and found._data.dtype.kind not in "biu":
            raise DtypeError(
                f"index: an index tensor must be integer or bool, not {found._data.dtype}."
            )
        items.append(found)
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
            axis = _parse_array(item, shape, axis, slices, new, arrays, value)
        else:
            position = operator.index(item)
            if not -shape[axis] <= position < shape[axis]:
                raise DimensionError(
                    f"index: {position} is out of range for dim {axis} with {shape[axis]} elements."
                )
            slices.append((position % shape[axis], 1, 1))
            axis += 1
    return _Parsed(slices, new, arrays)


def wrapped(index: Any, extent: int) -> Any:
    """Positions of an axis with negative ones counted from its end, as int64."""
    index = convert(index, int64)
    data = index._data
    # What a trace sees may be another index at the next call.
    known = is_array(data) and _modes.current().trace is None
    if known and (not data.size or data.min() >= 0):
        return index
    return _where(lt(index, 0), add(index, extent), index)


def _parse_array(
    item: Any,
    shape: tuple[int, ...],
    axis: int,
    slices: list[tuple[int, int, int]],
    new: list[int],
    arrays: dict[int, Any],
    value: Any,
) -> int:
    if item._data.dtype != bool_:
        extent = shape[axis]
        arrays[len(new)] = wrapped(item, extent)
        slices.append((0, extent, 1))
        new.append(extent)
        return axis + 1
    covered = shape[axis : axis + item._data.ndim]
    if tuple(item._data.shape) != covered:
        raise DimensionError(
            f"index: a mask of shape {tuple(item._data.shape)} does not fit the axes {covered} of "
            f"a tensor of shape {shape}."
        )
    if item._data.ndim and isinstance(value, Handle) and _known(item) is None:
        rest = len(shape) - axis - item._data.ndim
        lead = value._data.ndim - rest - 1
        if lead >= 0 and value._data.shape[lead] > 1:
            for positions in _counted(item, value._data.shape[lead]):
                arrays[len(new)] = positions
                slices.append((0, shape[axis], 1))
                new.append(shape[axis])
                axis += 1
            return axis
    mask = _known(item)
    if mask is None:
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


def _counted(mask: Any, count: int) -> list[Any]:
    """The positions where a traced mask holds, which must be `count` places: else they are none."""
    from ..shaping.rearranging import unravel_index

    shape = tuple(mask._data.shape)
    flat = p.reshape(convert(mask, int64), shape=(size_of(shape),))
    held = cumsum(flat, axis=0)
    slots = _where(ne(flat, 0), add(held, -1), size_of(shape))
    empty = constant(np.zeros(size_of(shape) + 1, np.int64))
    found = p.slice_(_put(empty, iota(size_of(shape)), slots), slices=((0, count, 1),))
    total = p.slice_(held, slices=((size_of(shape) - 1, 1, 1),))
    fits = bitwise_not(ne(total, count))
    # -1 is out of range: the write raises.
    return [_where(fits, part, -1) for part in unravel_index(found, shape)]


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

    A 0-d integer tensor is an integer, unless it is batched: then x[i] is a copy.

    >>> import wengert
    >>> wengert.arange(6).reshape(2, 3)[:, 1]
    tensor([1, 4])
    """
    modes = _modes.current()
    if modes.trace is not None or modes.levels:
        split = _symbols_first(x, index)
        if split is not None:
            return getitem(split[0], split[1]) if split[1] else split[0]
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


def _symbols_first(x: Any, index: Any) -> tuple[Any, Any, Any] | None:
    """x at its 0-d integer tensors without a known number, which come first as numbers do.

    Also the index that remains, and that which stands for the numbers alone. None without such.
    """
    items: list[Any] = list(index) if is_tuple(index) else [index]
    if not any(map(_is_number_symbol, items)):
        return None
    used = [
        _axes_used(_array_index(item) if is_list_or_tuple(item) or is_array(item) else item)
        for item in items
    ]
    numbers: list[Any] = [slice(None)] * x._data.ndim
    axis = 0
    for item, count in zip(items, used, strict=True):
        if item is Ellipsis:
            axis += x._data.ndim - sum(used)
        elif _is_number_symbol(item):
            if axis >= len(numbers):
                raise DimensionError(
                    f"index: {sum(used)} indices for a tensor with {x._data.ndim} axes."
                )
            numbers[axis] = item
        axis += count
    found = x
    for axis in reversed(range(len(numbers))):
        if isinstance(numbers[axis], Handle):
            found = select(found, axis, numbers[axis])
    rest = tuple(item for item in items if not _is_number_symbol(item))
    return found, rest, tuple(numbers)


def _is_array(item: Any) -> bool:
    """Whether an index brings positions: a tensor, an array, a list or a truth value."""
    simple = isinstance(item, slice | int | np.integer) and not isinstance(item, bool)
    return not (simple or item is None or item is Ellipsis)


def _is_number_symbol(item: Any) -> bool:
    """Whether an index is a 0-d integer tensor without a known number."""
    if not isinstance(item, Handle):
        return False
    data = item._data
    whole = data.dtype.kind in "iu" and data.dtype != uint8
    return not data.ndim and whole and _known(item) is None


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
    if mask is not None and mask._data.ndim and _is_number(value):
        check_writable(x, "index_put")
        write(x, masked_by(x, _spread_mask(mask, x), value, "index_put"), "index_put")
        return
    modes = _modes.current()
    if modes.trace is not None or modes.levels:
        split = _symbols_first(x, index)
        if split is not None and any(map(_is_array, split[1])):
            part, rest, numbers = split
            part = part.clone()
            setitem(part, rest, value)
            index, value = numbers, part
    parsed = _parse(x, index, value)
    place = _view(x, parsed)
    if not parsed.arrays:
        write(place, _fitted(value, place), "index_put")
        return
    check_writable(place, "index_put")
    moved, value, indices, _ = _put_operands(place, parsed, value)
    write(moved, _put(moved, value, *indices), "index_put")


def _is_number(value: Any) -> bool:
    return value._data.ndim == 0 if isinstance(value, Handle) else np.ndim(value) == 0


def _put_operands(place: Any, parsed: _Parsed, value: Any) -> tuple[Any, Any, list[Any], Any]:
    """What `put` needs: the place with indexed axes in front, the value likewise, the positions.

    The last item is the order of axes that was used for the place.
    """
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
    dtype = place._data.dtype
    if not isinstance(value, Handle):
        value = constant(np.asarray(value, dtype=dtype))
    value = expand(_trimmed(convert(value, dtype), len(shown)), shown)
    front = (*range(lead, lead + len(joint)), *range(lead), *range(lead + len(joint), len(shown)))
    return moved, p.permute(value, axes=front), indices, order


def _trimmed(value: Any, ndim: int) -> Any:
    own = tuple(value._data.shape)
    while len(own) > ndim and own[0] == 1:
        own = own[1:]
        value = p.reshape(value, shape=own)
    return value


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """`input` with `values` at the positions of `indices`, a tuple of tensors (None: whole axis).

    With `accumulate` they are added, so that repeated positions count several times.

    >>> import wengert
    >>> where = (wengert.tensor([0, 0]),)
    >>> wengert.index_put(wengert.zeros(2), where, wengert.ones(2), accumulate=True)
    tensor([2., 0.])
    """
    if values._data.dtype != input._data.dtype:
        raise DtypeError(
            f"index_put: values of dtype {values._data.dtype} for a tensor of "
            f"{input._data.dtype}. Convert them first."
        )
    # Each None stands for an axis here, which is what a full slice says.
    parsed = _parse(input, tuple(slice(None) if i is None else i for i in indices), values)
    if not parsed.arrays:
        raise ShapeError("index_put: there must be at least one index tensor.")
    moved, value, places, order = _put_operands(_view(input, parsed), parsed, values)
    if accumulate:
        changed = add(moved, _scatter_add(value, *places, shape=tuple(moved._data.shape)))
    else:
        changed = _put(moved, value, *places)
    back = p.permute(changed, axes=tuple(np.argsort(order).tolist()))
    return p.reshape(back, shape=tuple(input._data.shape))


def _spread_mask(mask: Any, x: Any) -> Any:
    own, shape = tuple(mask._data.shape), tuple(x._data.shape)
    if own != shape[: len(own)]:
        raise DimensionError(
            f"index_put: a mask of shape {own} does not fit a tensor of shape {shape}."
        )
    return p.reshape(mask, shape=own + (1,) * (len(shape) - len(own)))


__all__ = ["index_put"]
