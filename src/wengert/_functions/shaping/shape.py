"""Shapes: the same elements with other axes, without copying where that is possible.

Every function here is a view in eager execution and in a trace alike, or says when it copies. What
takes elements out, puts tensors together or changes their order is in other modules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.dtypes import as_dtype, int64
from ..._base.errors import DimensionError, ShapeError
from ..._base.kinds import is_list_or_tuple
from ..._base.shapes import as_shape, broadcast, normalize_axis, resolve_reshape
from ..._declare.elementwise import convert
from ..._primitives import shaping as p
from ..._record.layout import layout
from .views import seen_as

contiguous_format = "contiguous_format"
preserve_format = "preserve_format"
channels_last = "channels_last"
channels_last_3d = "channels_last_3d"


def _sizes(sizes: tuple[Any, ...], named: Any) -> tuple[int, ...]:
    """`f(2, 3)`, `f((2, 3))` and `f(size=(2, 3))` all mean (2, 3)."""
    return as_shape(sizes) if named is None else as_shape((named,))


def reshape(input: Any, *sizes: Any, shape: Any = None) -> Any:
    """The same elements in another shape; one extent may be -1. A view where possible.

    >>> import wengert
    >>> wengert.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    data = input._data
    new = resolve_reshape("reshape", data.size, tuple(data.shape), _sizes(sizes, shape))
    return p.reshape(input, shape=new)


def reshape_as(input: Any, other: Any) -> Any:
    """`input` in the shape of `other`.

    >>> import wengert
    >>> wengert.arange(4).reshape_as(wengert.eye(2))
    tensor([[0, 1],
            [2, 3]])
    """
    return reshape(input, tuple(other._data.shape))


def view(input: Any, *sizes: Any, size: Any = None, dtype: Any = None) -> Any:
    """`reshape` that never copies: it raises where the memory layout does not allow a view.

    `view(dtype)` reads the same bytes as numbers of another dtype, which has no derivative.

    >>> import wengert
    >>> wengert.arange(4).view(2, 2)
    tensor([[0, 1],
            [2, 3]])
    """
    if dtype is None and len(sizes) == 1 and _names_dtype(sizes[0]):
        dtype, sizes = sizes[0], ()
    if dtype is not None:
        if sizes or size is not None:
            raise TypeError("view: give a shape or a dtype, one after the other.")
        return seen_as(input, as_dtype(dtype))
    data = input._data
    new = resolve_reshape("view", data.size, tuple(data.shape), _sizes(sizes, size))
    try:
        if data.size:
            np.reshape(layout(input), new, copy=False)
    except ValueError:
        raise ShapeError(
            f"view: a tensor of shape {tuple(data.shape)} whose memory is not contiguous cannot be "
            f"viewed as {new}. Use reshape, which copies if it has to."
        ) from None
    return p.reshape(input, shape=new)


def _names_dtype(value: Any) -> bool:
    return isinstance(value, type | str | np.dtype)


def view_as(input: Any, other: Any) -> Any:
    """`view` in the shape of `other`.

    >>> import wengert
    >>> wengert.arange(4).view_as(wengert.eye(2)).shape
    (2, 2)
    """
    return view(input, tuple(other._data.shape))


def contiguous(input: Any, memory_format: Any = None) -> Any:
    """The tensor itself if its elements lie in memory in row-major order, else a copy that does.

    >>> import wengert
    >>> x = wengert.eye(2)
    >>> x.contiguous() is x, x.t().contiguous() is x
    (True, False)
    """
    from ..making.creation import clone

    return input if layout(input).flags.c_contiguous else clone(input)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Join the axes from `start_dim` to `end_dim` into one.

    >>> import wengert
    >>> wengert.zeros(2, 3, 4).flatten(1).shape
    (2, 12)
    """
    shape = tuple(input._data.shape)
    first = normalize_axis(start_dim, len(shape), "flatten")
    last = normalize_axis(end_dim, len(shape), "flatten")
    if first > last:
        raise DimensionError("flatten: start_dim must not come after end_dim.")
    if not shape:
        return p.reshape(input, shape=(1,))
    if first == last:
        return input
    joined = 1
    for extent in shape[first : last + 1]:
        joined *= extent
    return p.reshape(input, shape=(*shape[:first], joined, *shape[last + 1 :]))


def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """One axis split into several of the given sizes, one of which may be -1.

    >>> import wengert
    >>> wengert.zeros(2, 6).unflatten(1, (3, -1)).shape
    (2, 3, 2)
    """
    shape = tuple(input._data.shape)
    axis = normalize_axis(dim, len(shape), "unflatten")
    if not shape:
        raise DimensionError("unflatten: a 0-d tensor has no axis to split.")
    given = as_shape((sizes,))
    if not given:
        raise ShapeError("unflatten: sizes must not be empty.")
    parts = resolve_reshape("unflatten", shape[axis], (shape[axis],), given)
    return view(input, (*shape[:axis], *parts, *shape[axis + 1 :]))


def ravel(input: Any) -> Any:
    """All elements along one axis.

    >>> import wengert
    >>> wengert.eye(2).ravel()
    tensor([1., 0., 0., 1.])
    """
    return p.reshape(input, shape=(input._data.size,))


def permute(input: Any, *order: Any, dims: Any = None) -> Any:
    """The axes in the order `dims`.

    >>> import wengert
    >>> wengert.zeros(2, 3, 4).permute(2, 0, 1).shape
    (4, 2, 3)
    """
    wanted = _sizes(order, dims)
    ndim = input._data.ndim
    axes = tuple(normalize_axis(axis, ndim, "permute") for axis in wanted)
    if sorted(axes) != list(range(ndim)):
        raise DimensionError(f"permute: {wanted} is not an order of the {ndim} axes.")
    return p.permute(input, axes=axes)


def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two axes exchanged.

    >>> import wengert
    >>> wengert.zeros(2, 3).transpose(0, 1).shape
    (3, 2)
    """
    ndim = input._data.ndim
    a, b = normalize_axis(dim0, ndim, "transpose"), normalize_axis(dim1, ndim, "transpose")
    axes = list(range(ndim))
    if ndim:
        axes[a], axes[b] = b, a
    return p.permute(input, axes=tuple(axes))


def swapaxes(input: Any, axis0: int, axis1: int) -> Any:
    """`transpose` by NumPy's name.

    >>> import wengert
    >>> wengert.swapaxes(wengert.zeros(2, 3), 0, 1).shape
    (3, 2)
    """
    return transpose(input, axis0, axis1)


def t(input: Any) -> Any:
    """The transpose of a matrix; vectors stay as they are.

    >>> import wengert
    >>> wengert.zeros(2, 3).t().shape
    (3, 2)
    """
    if input._data.ndim > 2:
        raise ShapeError(
            f"t: needs at most 2 axes, not {input._data.ndim}. Use transpose or permute."
        )
    return p.permute(input, axes=tuple(reversed(range(input._data.ndim))))


def reversed_axes(input: Any) -> Any:
    """`x.T`: the axes in reverse order."""
    return p.permute(input, axes=tuple(reversed(range(input._data.ndim))))


def matrix_transpose(input: Any) -> Any:
    """`x.mT`: the last two axes exchanged."""
    if input._data.ndim < 2:
        raise ShapeError(f"mT: needs at least 2 axes, not {input._data.ndim}. Use x.T.")
    return transpose(input, -2, -1)


def adjoint(input: Any) -> Any:
    """The conjugate transpose of the last two axes: out[..., i, j] = conj(x[..., j, i]).

    >>> import wengert
    >>> wengert.tensor([[1 + 2j, 3 + 4j]]).adjoint()
    tensor([[1.-2.j],
            [3.-4.j]])
    """
    from ..elementwise.complex_numbers import conj

    if input._data.ndim < 2:
        raise ShapeError(f"adjoint: needs at least 2 axes, not {input._data.ndim}.")
    return conj(transpose(input, -2, -1))


def conjugate_transpose(input: Any) -> Any:
    """`x.H`: the adjoint of one matrix; a number is its own transpose."""
    from ..elementwise.complex_numbers import conj

    if input._data.ndim not in (0, 2):
        raise ShapeError(f"H: needs a matrix, not {input._data.ndim} axes. Use x.mH for stacks.")
    return conj(t(input))


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new places, the others keeping their order.

    >>> import wengert
    >>> wengert.zeros(2, 3, 4).movedim(0, -1).shape
    (3, 4, 2)
    """
    ndim = input._data.ndim
    old = [normalize_axis(axis, ndim, "movedim") for axis in _as_tuple(source)]
    new = [normalize_axis(axis, ndim, "movedim") for axis in _as_tuple(destination)]
    if len(old) != len(new) or len(set(old)) != len(old) or len(set(new)) != len(new):
        raise DimensionError(f"movedim: source {source} and destination {destination} do not pair.")
    if not ndim:
        return p.permute(input, axes=())
    axes = [axis for axis in range(ndim) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        axes.insert(place, axis)
    return p.permute(input, axes=tuple(axes))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if is_list_or_tuple(value) else (value,)


def squeeze(input: Any, *dims: Any, dim: Any = None) -> Any:
    """Drop axes of size 1: all of them, or those named.

    >>> import wengert
    >>> wengert.zeros(1, 3, 1).squeeze().shape
    (3,)
    """
    shape = tuple(input._data.shape)
    if not dims and dim is None:
        axes: tuple[int, ...] = tuple(range(len(shape)))
    else:
        given: Any = dims[0] if len(dims) == 1 else dims or dim
        named = _as_tuple(given)
        axes = tuple(normalize_axis(axis, len(shape), "squeeze") for axis in named)
        if len(set(axes)) != len(axes):
            raise DimensionError(f"squeeze: dim {named} names an axis twice.")
    kept = tuple(e for k, e in enumerate(shape) if not (k in axes and e == 1))
    return p.reshape(input, shape=kept)


def unsqueeze(input: Any, dim: int) -> Any:
    """A new axis of size 1 at `dim`.

    >>> import wengert
    >>> wengert.zeros(3).unsqueeze(-1).shape
    (3, 1)
    """
    shape = list(input._data.shape)
    shape.insert(normalize_axis(dim, len(shape) + 1, "unsqueeze"), 1)
    return p.reshape(input, shape=tuple(shape))


def expand(input: Any, *sizes: Any, size: Any = None, implicit: bool = False) -> Any:
    """Repeat axes of size 1, without copying; -1 keeps an extent.

    >>> import wengert
    >>> wengert.tensor([[1], [2]]).expand(2, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    wanted = _sizes(sizes, size)
    old = tuple(input._data.shape)
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
        if extent < 0 or have not in (None, 1, extent):
            raise ShapeError(
                f"expand: shape {old} cannot become {wanted} (axis {k}: {have} is not 1)."
            )
        new.append(extent)
    # Also where nothing is repeated the result is a tensor of its own, not the operand.
    return (p.reshape if tuple(new) == old else p.expand)(input, shape=tuple(new))


def expand_as(input: Any, other: Any) -> Any:
    """`input` expanded to the shape of `other`.

    >>> import wengert
    >>> wengert.ones(1).expand_as(wengert.zeros(2))
    tensor([1., 1.])
    """
    return expand(input, tuple(other._data.shape))


def broadcast_to(input: Any, size: Any) -> Any:
    """`input` expanded to the shape `size`.

    >>> import wengert
    >>> wengert.broadcast_to(wengert.ones(1), (2,))
    tensor([1., 1.])
    """
    return expand(input, size)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """The tensors expanded to their common shape.

    >>> import wengert
    >>> a, b = wengert.broadcast_tensors(wengert.zeros(2, 1), wengert.zeros(3))
    >>> a.shape, b.shape
    ((2, 3), (2, 3))
    """
    given: Any = tensors[0] if len(tensors) == 1 and is_list_or_tuple(tensors[0]) else tensors
    shape = broadcast("broadcast_tensors", *[tuple(x._data.shape) for x in given])
    return tuple(expand(x, shape) for x in given)


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The common shape of shapes (tuples, or lengths of vectors).

    >>> import wengert
    >>> wengert.broadcast_shapes((2, 1), (3,), 1)
    (2, 3)
    """
    given = [as_shape((shape,)) for shape in shapes]
    if any(extent < 0 for shape in given for extent in shape):
        raise ShapeError(f"broadcast_shapes: {given} have a negative extent.")
    return broadcast("broadcast_shapes", *given)


def sum_to_size(input: Any, *size: Any) -> Any:
    """Undo broadcasting: the sum over the axes along which a tensor of shape `size` was repeated.

    >>> import wengert
    >>> wengert.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    shape, own = as_shape(size), tuple(input._data.shape)
    tail = own[len(own) - len(shape) :]
    if len(shape) > len(own) or any(n not in (1, m) for n, m in zip(shape, tail, strict=True)):
        raise ShapeError(f"sum_to_size: shape {own} does not come from broadcasting {shape}.")
    if shape == own and own:
        return p.reshape(input, shape=own)
    # A sum of integers is an int64, as everywhere.
    whole = input._data.dtype.kind in "biu"
    return p.sum_to(convert(input, int64) if whole else input, shape)


def _at_least(tensors: tuple[Any, ...], shaped: Any) -> Any:
    given: Any = tensors[0] if len(tensors) == 1 else tensors
    return tuple(shaped(x) for x in given) if is_list_or_tuple(given) else shaped(given)


def atleast_1d(*tensors: Any) -> Any:
    """Tensors with at least one axis; a tuple of them where several are given.

    >>> import wengert
    >>> wengert.atleast_1d(wengert.tensor(3))
    tensor([3])
    """

    def shaped(x: Any) -> Any:
        return x if x._data.ndim else p.reshape(x, shape=(1,))

    return _at_least(tensors, shaped)


def atleast_2d(*tensors: Any) -> Any:
    """Tensors with at least two axes: a vector becomes a row.

    >>> import wengert
    >>> wengert.atleast_2d(wengert.tensor([3, 4]))
    tensor([[3, 4]])
    """

    def shaped(x: Any) -> Any:
        own = tuple(x._data.shape)
        return x if len(own) > 1 else p.reshape(x, shape=(1,) * (2 - len(own)) + own)

    return _at_least(tensors, shaped)


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with at least three axes: (n,) becomes (1, n, 1) and (n, m) becomes (n, m, 1).

    >>> import wengert
    >>> wengert.atleast_3d(wengert.zeros(2, 3)).shape
    (2, 3, 1)
    """

    def shaped(x: Any) -> Any:
        own = tuple(x._data.shape)
        if len(own) > 2:
            return x
        return p.reshape(x, shape=(*((1,) * (len(own) < 2) + (own or (1,))), 1))

    return _at_least(tensors, shaped)


def is_contiguous(input: Any, memory_format: Any = None) -> bool:
    """Whether the elements lie in memory in row-major order."""
    return bool(layout(input).flags.c_contiguous)


moveaxis = movedim

swapdims = transpose

__all__ = [
    "adjoint",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "flatten",
    "moveaxis",
    "movedim",
    "permute",
    "preserve_format",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]
