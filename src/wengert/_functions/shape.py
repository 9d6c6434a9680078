"""Shapes: reshape, move, add and drop axes, join and split."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from .._base.dtypes import promote
from .._base.errors import DimensionError, ShapeError
from .._base.kinds import is_list_or_tuple
from .._base.shapes import as_shape, normalize_axes, normalize_axis, resolve_reshape
from .._declare.elementwise import convert
from .._primitives import shaping as p


def reshape(x: Any, *shape: Any) -> Any:
    """The same elements in another shape; one extent may be -1. A view where possible.

    >>> import wengert
    >>> wengert.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    data = x._data
    new = resolve_reshape("reshape", data.size, tuple(data.shape), as_shape(shape))
    return p.reshape(x, shape=new)


def view(x: Any, *shape: Any) -> Any:
    """`reshape` that never copies: it raises where the memory layout does not allow a view.

    >>> import wengert
    >>> wengert.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    from .._record import modes as _modes
    from .._record.trace import stays_view

    if len(shape) == 1 and not isinstance(shape[0], int | tuple | list):
        raise TypeError("view: a view as another dtype is not supported; use x.to(dtype).")
    data = x._data
    new = resolve_reshape("view", data.size, tuple(data.shape), as_shape(shape))
    trace = _modes.current().trace
    if trace is not None:
        kept = stays_view(trace.resolve(x), p.reshape, {"shape": new})
        made = p.reshape(x, shape=new)
    else:
        made = p.reshape(x, shape=new)
        kept = made._storage is not None or not hasattr(data, "flags")
    if not kept and data.size:
        raise ShapeError(
            f"view: a tensor of shape {tuple(data.shape)} whose memory is not contiguous cannot be "
            f"viewed as {new}. Use reshape, which copies if it has to."
        )
    return made


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Join the axes from `start_dim` to `end_dim` into one.

    >>> import wengert
    >>> wengert.zeros(2, 3, 4).flatten(1).shape
    (2, 12)
    """
    shape = tuple(x._data.shape)
    first = normalize_axis(start_dim, len(shape), "flatten")
    last = normalize_axis(end_dim, len(shape), "flatten")
    if first > last:
        raise DimensionError("flatten: start_dim must not come after end_dim.")
    if not shape:
        return p.reshape(x, shape=(1,))
    joined = 1
    for extent in shape[first : last + 1]:
        joined *= extent
    return p.reshape(x, shape=(*shape[:first], joined, *shape[last + 1 :]))


def ravel(x: Any) -> Any:
    """All elements along one axis.

    >>> import wengert
    >>> wengert.eye(2).ravel()
    tensor([1., 0., 0., 1.])
    """
    return p.reshape(x, shape=(x._data.size,))


def permute(x: Any, *dims: Any) -> Any:
    """The axes in the order `dims`.

    >>> import wengert
    >>> wengert.zeros(2, 3, 4).permute(2, 0, 1).shape
    (4, 2, 3)
    """
    order = as_shape(dims)
    ndim = x._data.ndim
    axes = tuple(normalize_axis(axis, ndim, "permute") for axis in order)
    if sorted(axes) != list(range(ndim)):
        raise DimensionError(f"permute: {order} is not an order of the {ndim} axes.")
    return p.permute(x, axes=axes)


def transpose(x: Any, dim0: int, dim1: int) -> Any:
    """Two axes exchanged.

    >>> import wengert
    >>> wengert.zeros(2, 3).transpose(0, 1).shape
    (3, 2)
    """
    ndim = x._data.ndim
    a, b = normalize_axis(dim0, ndim, "transpose"), normalize_axis(dim1, ndim, "transpose")
    if ndim == 0:
        return p.permute(x, axes=())
    axes = list(range(ndim))
    axes[a], axes[b] = b, a
    return p.permute(x, axes=tuple(axes))


def t(x: Any) -> Any:
    """The transpose of a matrix; vectors stay as they are.

    >>> import wengert
    >>> wengert.zeros(2, 3).t().shape
    (3, 2)
    """
    if x._data.ndim > 2:
        raise ShapeError(f"t: needs at most 2 axes, not {x._data.ndim}. Use transpose or permute.")
    return p.permute(x, axes=tuple(reversed(range(x._data.ndim))))


def movedim(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new places, the others keeping their order.

    >>> import wengert
    >>> wengert.zeros(2, 3, 4).movedim(0, -1).shape
    (3, 4, 2)
    """
    ndim = x._data.ndim
    old = [normalize_axis(axis, ndim, "movedim") for axis in _as_tuple(source)]
    new = [normalize_axis(axis, ndim, "movedim") for axis in _as_tuple(destination)]
    if not ndim:
        return p.permute(x, axes=())
    if len(old) != len(new) or len(set(old)) != len(old) or len(set(new)) != len(new):
        raise DimensionError(f"movedim: source {source} and destination {destination} do not pair.")
    axes = [axis for axis in range(ndim) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        axes.insert(place, axis)
    return p.permute(x, axes=tuple(axes))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if is_list_or_tuple(value) else (value,)


def squeeze(x: Any, dim: Any = None) -> Any:
    """Drop axes of size 1: all of them, or those named.

    >>> import wengert
    >>> wengert.zeros(1, 3, 1).squeeze().shape
    (3,)
    """
    shape = tuple(x._data.shape)
    if dim is None:
        axes: tuple[int, ...] = tuple(range(len(shape)))
    else:
        axes = tuple(normalize_axis(axis, len(shape), "squeeze") for axis in _as_tuple(dim))
    kept = tuple(e for k, e in enumerate(shape) if not (k in axes and e == 1))
    return p.reshape(x, shape=kept)


def unsqueeze(x: Any, dim: int) -> Any:
    """A new axis of size 1 at `dim`.

    >>> import wengert
    >>> wengert.zeros(3).unsqueeze(-1).shape
    (3, 1)
    """
    shape = list(x._data.shape)
    shape.insert(normalize_axis(dim, len(shape) + 1, "unsqueeze"), 1)
    return p.reshape(x, shape=tuple(shape))


def expand(x: Any, *sizes: Any) -> Any:
    """Repeat axes of size 1, without copying; -1 keeps an extent.

    >>> import wengert
    >>> wengert.tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = as_shape(sizes)
    old = tuple(x._data.shape)
    lead = len(wanted) - len(old)
    if lead < 0:
        raise ShapeError(f"expand: {wanted} has fewer axes than the tensor's shape {old}.")
    new: list[int] = []
    for k, extent in enumerate(wanted):
        have = old[k - lead] if k >= lead else None
        if extent == -1:
            if have is None:
                raise ShapeError("expand: -1 cannot stand for a new leading axis.")
            extent = have
        if have not in (None, 1, extent):
            raise ShapeError(
                f"expand: shape {old} cannot become {wanted} (axis {k}: {have} is not 1)."
            )
        new.append(extent)
    # Also where nothing is repeated the result is a tensor of its own, not x.
    return (p.reshape if tuple(new) == old else p.expand)(x, shape=tuple(new))


def expand_as(x: Any, other: Any) -> Any:
    """`x` expanded to the shape of `other`.

    >>> import wengert
    >>> wengert.ones(1).expand_as(wengert.zeros(2))
    tensor([1., 1.])
    """
    return expand(x, tuple(other._data.shape))


def broadcast_to(x: Any, shape: Any) -> Any:
    """`x` expanded to `shape`.

    >>> import wengert
    >>> wengert.broadcast_to(wengert.ones(1), (2,))
    tensor([1., 1.])
    """
    return expand(x, shape)


def repeat(x: Any, *repeats: Any) -> Any:
    """The tensor laid out several times along each axis.

    >>> import wengert
    >>> wengert.tensor([1, 2]).repeat(2)
    tensor([1, 2, 1, 2])
    """
    counts = as_shape(repeats)
    shape = tuple(x._data.shape)
    lead = len(counts) - len(shape)
    if lead < 0:
        raise ShapeError(f"repeat: {len(counts)} counts for a tensor with {len(shape)} axes.")
    shape = (1,) * lead + shape
    interleaved: list[int] = []
    for extent in shape:
        interleaved += [1, extent]
    target: list[int] = []
    for count, extent in zip(counts, shape, strict=True):
        target += [count, extent]
    wide = p.expand(p.reshape(x, shape=tuple(interleaved)), shape=tuple(target))
    out = p.reshape(wide, shape=tuple(c * e for c, e in zip(counts, shape, strict=True)))
    copied = any(c > 1 and e > 1 for c, e in zip(counts, shape, strict=True))
    return out if copied else out.clone()  # the other repetitions are views of x


def _promoted(tensors: Sequence[Any]) -> list[Any]:
    dtype = promote((x._data.dtype, x._data.ndim) for x in tensors)
    return [convert(x, dtype) for x in tensors]


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors one after the other along an existing axis.

    >>> import wengert
    >>> wengert.cat([wengert.tensor([1]), wengert.tensor([2, 3])])
    tensor([1, 2, 3])
    """
    parts = _promoted(list(tensors))
    if not parts:
        raise ValueError("cat: expected at least one tensor.")
    if parts[0]._data.ndim == 0:
        raise ShapeError("cat: 0-d tensors have no axis to join; use stack.")
    # PyTorch lets an empty vector stand for "nothing" whatever the other shapes are.
    solid = [x for x in parts if tuple(x._data.shape) != (0,)] or parts[:1]
    axis = normalize_axis(dim, solid[0]._data.ndim, "cat")
    return p.concatenate(*solid, axis=axis)


def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors of one shape along a new axis.

    >>> import wengert
    >>> wengert.stack([wengert.tensor(1), wengert.tensor(2)])
    tensor([1, 2])
    """
    parts = _promoted(list(tensors))
    if not parts:
        raise ValueError("stack: expected at least one tensor.")
    shapes = {tuple(x._data.shape) for x in parts}
    if len(shapes) > 1:
        raise ShapeError(f"stack: all shapes must be equal, not {sorted(shapes)}.")
    axis = normalize_axis(dim, parts[0]._data.ndim + 1, "stack")
    return p.concatenate(*[unsqueeze(x, axis) for x in parts], axis=axis)


def narrow(x: Any, dim: int, start: int, length: int) -> Any:
    """The part of an axis that begins at `start`.

    >>> import wengert
    >>> wengert.arange(5).narrow(0, 1, 2)
    tensor([1, 2])
    """
    shape = tuple(x._data.shape)
    axis = normalize_axis(dim, len(shape), "narrow")
    start = operator.index(start)
    if start < 0:
        start += shape[axis]
    if not 0 <= start <= start + length <= shape[axis]:
        raise DimensionError(
            f"narrow: {start} to {start + length} is out of range for dim {axis} of {shape}."
        )
    slices = [(0, extent, 1) for extent in shape]
    slices[axis] = (start, length, 1)
    return p.slice_(x, slices=tuple(slices))


def split(x: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of an axis: of one size (the last may be smaller), or of the sizes in a list.

    >>> import wengert
    >>> wengert.arange(3).split(2)
    (tensor([0, 1]), tensor([2]))
    """
    axis = normalize_axis(dim, x._data.ndim, "split")
    total = x._data.shape[axis]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size <= 0:
            raise ValueError(f"split: the size must be positive, not {size}.")
        sizes = [min(size, total - start) for start in range(0, total, size)] or [0]
    else:
        sizes = list(split_size_or_sections)
        if sum(sizes) != total:
            raise ShapeError(f"split: sizes {sizes} add up to {sum(sizes)}, not {total}.")
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    return tuple(narrow(x, axis, start, size) for start, size in zip(starts, sizes, strict=True))


def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` parts of nearly equal size.

    >>> import wengert
    >>> wengert.arange(4).chunk(2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    total = x._data.shape[normalize_axis(dim, x._data.ndim, "chunk")]
    return split(x, max(-(-total // chunks), 1), dim)


def unbind(x: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices along an axis.

    >>> import wengert
    >>> wengert.eye(2).unbind()
    (tensor([1., 0.]), tensor([0., 1.]))
    """
    axis = normalize_axis(dim, x._data.ndim, "unbind")
    if not x._data.ndim:
        raise DimensionError("unbind: a 0-d tensor has no axis.")
    return tuple(squeeze(narrow(x, axis, k, 1), axis) for k in range(x._data.shape[axis]))


def flip(x: Any, *dims: Any) -> Any:
    """The order of elements reversed along axes.

    >>> import wengert
    >>> wengert.arange(3).flip(0)
    tensor([2, 1, 0])
    """
    axes = normalize_axes(as_shape(dims), x._data.ndim, "flip") if as_shape(dims) else ()
    slices = tuple(
        (extent - 1, extent, -1) if k in axes and extent else (0, extent, 1)
        for k, extent in enumerate(x._data.shape)
    )
    return p.embed(x, shape=tuple(x._data.shape), slices=slices)


def pad(x: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Add a border: `pad` gives (before, after) for the last axis, then the one before it, ...

    Only mode "constant" is available; negative widths crop.

    >>> import wengert
    >>> wengert.nn.functional.pad(wengert.ones(2), (1, 1))
    tensor([0., 1., 1., 0.])
    """
    from .._primitives.elementwise import where
    from .creation import ones_like

    if mode != "constant":
        raise NotImplementedError(f"pad: mode {mode!r} is not available; only 'constant' is.")
    shape = tuple(x._data.shape)
    if len(pad) % 2 or len(pad) // 2 > len(shape):
        raise ShapeError(f"pad: {tuple(pad)} does not fit a tensor with {len(shape)} axes.")
    widths = [(0, 0)] * (len(shape) - len(pad) // 2)
    widths += [(pad[2 * k], pad[2 * k + 1]) for k in reversed(range(len(pad) // 2))]
    crop = tuple(
        (max(-before, 0), extent - max(-before, 0) - max(-after, 0), 1)
        for (before, after), extent in zip(widths, shape, strict=True)
    )
    inner = p.slice_(x, slices=crop)
    places = tuple((max(b, 0), n, 1) for (b, _), (_, n, _) in zip(widths, crop, strict=True))
    new = tuple(max(b, 0) + n + max(a, 0) for (b, a), (_, n, _) in zip(widths, crop, strict=True))
    out = p.embed(inner, shape=new, slices=places)
    if value:
        mask = p.embed(ones_like(inner, dtype="bool"), shape=new, slices=places)
        out = where(mask, out, value)
    return out


concat = cat

concatenate = cat

__all__ = [
    "broadcast_to",
    "cat",
    "chunk",
    "concat",
    "concatenate",
    "flatten",
    "flip",
    "movedim",
    "narrow",
    "permute",
    "ravel",
    "reshape",
    "split",
    "squeeze",
    "stack",
    "t",
    "transpose",
    "unbind",
    "unsqueeze",
]
