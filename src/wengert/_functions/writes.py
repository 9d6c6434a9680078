"""Writing into a tensor: copy, fill, zero, another shape.

A write is checked before anything changes. What only computes a value and writes it back is derived
in `_tensor/inplace`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._base.dtypes import bool_
from .._base.errors import DifferentiationError, InplaceError, ShapeError, TracingError
from .._base.kinds import is_array
from .._base.shapes import as_shape, size_of
from .._declare.elementwise import convert
from .._graph.value import Handle
from .._primitives.creation import constant, full
from .._primitives.shaping import concatenate, expand, reshape, slice_
from .._record import modes as _modes
from .._record.storage import check_writable, edge_of, write
from .creation import as_tensor
from .masking import masked_fill


def fill(input: Any, value: Any) -> Any:
    """A tensor like `input` with every element replaced by a number or a 0-d tensor.

    >>> import wengert
    >>> wengert.fill(wengert.zeros(2), 3)
    tensor([3., 3.])
    """
    return masked_fill(input, full((), True, bool_), value)


def reshaping(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The in-place form of a view: the tensor itself gets the other shape over the same memory."""

    def in_place(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(self, Handle):
            raise TypeError(f"{name}: expected a tensor, not {type(self).__name__}.")
        edge = edge_of(self)
        if _modes.current().grad and edge is not None and edge[0].leaf is not None:
            raise InplaceError(
                f"{name}: a leaf that requires grad cannot change its shape in place. Write "
                f"x = x.{name.rstrip('_')}(...) instead."
            )
        if _modes.current().trace is not None and is_array(self._data):
            raise TracingError(
                f"{name}: a tensor from outside a traced function cannot change its shape in it. "
                f"Write x = x.{name.rstrip('_')}(...) instead."
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
    """Give the tensor another shape; elements stay in their order in memory, new ones are zero.

    >>> import wengert
    >>> wengert.arange(4).resize_(2, 1)
    tensor([[0],
            [1]])
    """
    shape = as_shape(size)
    if any(extent < 0 for extent in shape):
        raise ShapeError(f"resize_: the shape {shape} has a negative extent.")
    if not is_array(self._data) or _modes.current().trace is not None:
        return reshaping(_resized, "resize_")(self, shape)
    if edge_of(self) is not None:
        raise DifferentiationError("resize_: a tensor that requires grad cannot be resized.")
    flat = np.ascontiguousarray(self._data).reshape(-1)
    wanted = size_of(shape)
    if wanted <= flat.size and self._data.flags.c_contiguous:
        return reshaping(_first, "resize_")(self, wanted, shape)
    found = np.zeros(wanted, self._data.dtype)
    found[: flat.size] = flat[:wanted]
    self._data, self._storage, self._view = found.reshape(shape), None, None
    return self


def _resized(x: Any, shape: tuple[int, ...]) -> Any:
    more = size_of(shape) - x._data.size
    if more <= 0:
        return _first(x, size_of(shape), shape)
    flat = reshape(x, shape=(x._data.size,))
    return reshape(concatenate(flat, full((more,), 0, x._data.dtype), axis=0), shape=shape)


def _first(x: Any, count: int, shape: tuple[int, ...]) -> Any:
    flat = slice_(reshape(x, shape=(x._data.size,)), slices=((0, count, 1),))
    return reshape(flat, shape=shape)


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
    shape = tuple(x._data.shape)
    # Even where nothing moves: what is written gets an edge of its own, apart from that of `src`.
    fitted = reshape if tuple(value._data.shape) == shape else expand
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
