"""Writing into a tensor: copy, fill, zero, another shape.

A write is checked before anything changes. What only computes a value and writes it back is derived
in `_tensor/inplace`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.dtypes import bool_
from ..._base.errors import DifferentiationError, InplaceError, ShapeError, TracingError
from ..._base.kinds import is_array
from ..._base.shapes import as_shape, broadcast, size_of
from ..._declare.elementwise import convert
from ..._graph.value import Batched, Handle
from ..._primitives.creation import constant, full
from ..._primitives.shaping import concatenate, expand, reshape
from ..._record import modes as _modes
from ..._record.layout import layout, placed
from ..._record.storage import check_writable, edge_of, whole_of, write
from ..making.creation import as_tensor
from ..shaping.views import as_strided
from .masking import masked_fill


def fill(input: Any, value: Any) -> Any:
    """A tensor like `input` with every element replaced by a number or a 0-d tensor.

    >>> import wengert
    >>> wengert.fill(wengert.zeros(2), 3)
    tensor([3., 3.])
    """
    return masked_fill(input, full((), True, bool_), value)


def reshaping(
    function: Callable[..., Any], name: str, instead: str | None = None
) -> Callable[..., Any]:
    """The in-place form of a view: the tensor itself gets the other shape over the same memory."""
    instead = instead or f"x = x.{name.rstrip('_')}(...)"

    def in_place(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(self, Handle):
            raise TypeError(f"{name}: expected a tensor, not {type(self).__name__}.")
        edge = edge_of(self)
        if _modes.current().grad and edge is not None and edge[0].leaf is not None:
            raise InplaceError(
                f"{name}: a leaf that requires grad cannot change its shape in place. Write "
                f"{instead} instead."
            )
        if _modes.current().trace is not None and is_array(self._data):
            raise TracingError(
                f"{name}: a tensor from outside a traced function cannot change its shape in it. "
                f"Write {instead} instead."
            )
        made = function(self, *args, **kwargs)
        if made is not self:
            self._data, self._edge = made._data, made._edge
            self._storage, self._view = made._storage, made._view
        return self

    in_place.__name__ = in_place.__qualname__ = name
    in_place.__doc__ = f"In-place form of `{name.rstrip('_')}`."
    return in_place


def resize_(self: Any, *size: Any, memory_format: Any = None) -> Any:
    """Give the tensor another shape: its memory read in row-major order from where it begins.

    What it was a part of comes after its own elements. If there is not enough memory, it gets
    memory of its own, with zeros at the end.

    >>> import wengert
    >>> wengert.arange(4).resize_(2, 1)
    tensor([[0],
            [1]])
    """
    shape = as_shape(size)
    if any(extent < 0 for extent in shape):
        raise ShapeError(f"resize_: the shape {shape} has a negative extent.")
    if shape == tuple(self._data.shape):
        return self
    if is_array(self._data) and _modes.current().trace is None and edge_of(self) is not None:
        raise DifferentiationError("resize_: a tensor that requires grad cannot be resized.")
    instead = f"x = x.flatten()[:{size_of(shape)}].reshape({shape})"
    return reshaping(_resized, "resize_", instead)(self, shape)


def _resized(x: Any, shape: tuple[int, ...]) -> Any:
    if isinstance(x._data, Batched):
        part = whole_of(x._data.physical) is not None and size_of(shape) > x._data.size
        if part or not layout(x).flags.c_contiguous:
            raise InplaceError(
                f"resize_: under vmap, a view of shape {tuple(x._data.shape)} cannot become "
                f"{shape}: elements beside its own in memory would be read. Use x.clone() first."
            )
    steps = [size_of(shape[axis + 1 :]) for axis in range(len(shape))]
    whole = whole_of(x)
    start = placed(x)[1] // x._data.dtype.itemsize
    there = (x if whole is None else whole)._data.size - start
    if size_of(shape) <= there:
        return as_strided(x, shape, steps)
    more = full((size_of(shape) - there,), 0, x._data.dtype)
    return reshape(concatenate(as_strided(x, (there,), (1,)), more, axis=0), shape=shape)


def resize_as_(self: Any, the_template: Any, memory_format: Any = None) -> Any:
    """`resize_` to the shape of another tensor.

    >>> import wengert
    >>> wengert.arange(4).resize_as_(wengert.eye(2)).shape
    (2, 2)
    """
    return resize_(self, tuple(the_template._data.shape))


def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Any:
    """Overwrite the main diagonal; with `wrap` it goes on below in matrices with more rows.

    >>> import wengert
    >>> wengert.zeros(2, 2).fill_diagonal_(3)
    tensor([[3., 0.],
            [0., 3.]])
    """
    shape = tuple(self._data.shape)
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ShapeError(f"fill_diagonal_: needs a matrix or equal extents, not shape {shape}.")
    check_writable(self, "fill_diagonal_")
    on = np.zeros(shape, bool)
    np.fill_diagonal(on, True, wrap=wrap)
    if not wrap and len(shape) == 2:
        on[shape[1] :] = False
    write(self, masked_fill(self, constant(on), fill_value), "fill_diagonal_")
    return self


def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
    """Overwrite with the values of `src`, broadcast and converted.

    >>> import wengert
    >>> wengert.zeros(2).copy_(wengert.ones(1))
    tensor([1., 1.])
    """
    return _overwrite(self, src, "copy_")


def _overwrite(x: Any, src: Any, name: str) -> Any:
    check_writable(x, name)
    value = src if isinstance(src, Handle) else as_tensor(src, dtype=x._data.dtype)
    value = convert(value, x._data.dtype)
    shape, given = tuple(x._data.shape), tuple(value._data.shape)
    if broadcast(name, given, shape) != shape:
        raise ShapeError(f"{name}: a source of shape {given} does not fit into the shape {shape}.")
    # Even where nothing moves: what is written gets an edge of its own, apart from that of `src`.
    fitted = reshape if given == shape else expand
    write(x, fitted(value, shape=shape), name)
    return x


def fill_(self: Any, value: Any) -> Any:
    """Overwrite every element with one number.

    >>> import wengert
    >>> wengert.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    if isinstance(value, Handle):
        return _overwrite(self, value, "fill_")
    return _filled(self, value, "fill_")


def _filled(x: Any, value: Any, name: str) -> Any:
    check_writable(x, name)
    kind = x._data.dtype.kind
    number = bool(value) if kind == "b" else int(value) if kind in "iu" else value
    write(x, full(tuple(x._data.shape), number, x._data.dtype), name)
    return x


def zero_(self: Any) -> Any:
    """Overwrite with zeros.

    >>> import wengert
    >>> wengert.ones(2).zero_()
    tensor([0., 0.])
    """
    return _filled(self, 0, "zero_")


__all__ = ["fill", "fill_", "resize_as_", "zero_"]
