"""The standard's functions that move elements."""

from __future__ import annotations

from typing import Any

import wengert as wg
from wengert.errors import ShapeError

from ._dtypes import result_type


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """The arrays, expanded to one shape."""
    return list(wg.broadcast_tensors(*arrays))


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape to which shapes broadcast."""
    return tuple(wg.broadcast_shapes(*shapes))


def broadcast_to(x: Any, /, shape: Any) -> Any:
    """x expanded to a shape."""
    return wg.broadcast_to(x, shape)


def concat(arrays: Any, /, *, axis: int | None = 0) -> Any:
    """The arrays one after the other along an axis; flattened if axis is None."""
    parts = list(arrays)
    dtype = result_type(*parts)
    parts = [part.to(dtype) for part in parts]
    return wg.cat([p.reshape(-1) for p in parts], 0) if axis is None else wg.cat(parts, axis)


def expand_dims(x: Any, /, axis: int | tuple[int, ...]) -> Any:
    """x with new axes of extent 1 at the places that they shall have."""
    axes = (axis,) if isinstance(axis, int) else axis
    rank = x.ndim + len(axes)
    for place in axes:
        if not -rank <= place < rank:
            raise IndexError(f"expand_dims: axis {place} is out of range for {rank} axes.")
    for place in sorted(place % rank for place in axes):
        x = wg.unsqueeze(x, place)
    return x


def flip(x: Any, /, *, axis: Any = None) -> Any:
    """x in reverse order along some axes (all if None)."""
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return wg.flip(x, tuple(axes))


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    """x with some axes moved to other places."""
    return wg.movedim(x, source, destination)


def permute_dims(x: Any, /, axes: tuple[int, ...]) -> Any:
    """x with its axes in another order."""
    return wg.permute(x, axes)


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Each element repeated; flattened if axis is None."""
    counts = repeats.to(wg.int64) if isinstance(repeats, wg.Tensor) else repeats
    return wg.repeat_interleave(x, counts, axis)


def reshape(x: Any, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Any:
    """x in another shape; copy=False raises where memory cannot be shared."""
    if copy is False:
        return x.view(shape)
    return x.clone().reshape(shape) if copy else x.reshape(shape)


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """x with its elements moved along some axes, the last coming first."""
    return wg.roll(x, shift, axis)


def squeeze(x: Any, /, axis: int | tuple[int, ...]) -> Any:
    """x without some axes, which must have extent 1."""
    for place in (axis,) if isinstance(axis, int) else axis:
        if x.shape[place] != 1:
            raise ShapeError(f"squeeze: axis {place} of shape {x.shape} is not of extent 1.")
    return wg.squeeze(x, axis)


def stack(arrays: Any, /, *, axis: int = 0) -> Any:
    """The arrays along a new axis."""
    parts = list(arrays)
    dtype = result_type(*parts)
    return wg.stack([part.to(dtype) for part in parts], axis)


def tile(x: Any, repetitions: tuple[int, ...], /) -> Any:
    """x put side by side."""
    return wg.tile(x, repetitions)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices of x along an axis."""
    return tuple(wg.unbind(x, axis))


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The elements at `indices` along an axis, which may be left out of a vector."""
    axis = _only_axis("take", x, axis)
    return wg.index_select(x, axis, _counted(indices, x.shape[axis]))


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """For each line along an axis the elements at its own `indices`."""
    return wg.take_along_dim(x, _counted(indices, x.shape[axis]), axis)


def _counted(indices: Any, extent: int) -> Any:
    """Indices counted from the start only."""
    return wg.where(indices < 0, indices + extent, indices)


def _only_axis(name: str, x: Any, axis: int | None) -> int:
    if axis is None and x.ndim != 1:
        raise ShapeError(f"{name}: shape {x.shape} has several axes; say which with axis=.")
    return 0 if axis is None else axis
