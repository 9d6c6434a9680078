"""Masks, and the positions where something holds.

What depends on how often a mask holds (`masked_select`, `nonzero`) needs its values; all else
works on traced masks too. A place that a mask takes away gets no cotangent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.dtypes import bool_, category, int64, number_dtype, uint8
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import broadcast, size_of
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import shaping as p
from ..._primitives.creation import constant
from ..._primitives.elementwise import add, bitwise_and, lt, ne
from ..._primitives.elementwise import where as _where
from ..._primitives.indexing import iota, put, take
from ..._primitives.reductions import cumsum
from ..._record.trace import concrete
from ..out import takes_out, takes_separate_out
from ..shaping.shape import expand


def _checked_mask(mask: Any, name: str) -> Any:
    if mask._data.dtype != bool_:
        raise DtypeError(f"{name}: the mask must be bool, not {mask._data.dtype}.")
    return mask


def masked_by(x: Any, mask: Any, value: Any, name: str) -> Any:
    """x with a number or a 0-d tensor where the mask holds, in the dtype of x."""
    own = x._data.dtype
    if isinstance(value, Handle):
        return _where(mask, convert(value, own), x)
    if own.kind in "biu" and name != "masked_fill":
        value = np.asarray(value).astype(own).item()
    return convert(_where(mask, value, x), own)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """`input` with `value` where the mask holds; those places get no cotangent.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0]).masked_fill(wengert.tensor([True, False]), 0)
    tensor([0., 2.])
    """
    _checked_mask(mask, "masked_fill")
    if isinstance(value, Handle) and value._data.ndim:
        raise ShapeError("masked_fill: the value must be a number or a 0-d tensor; use where.")
    given = value._data.dtype if isinstance(value, Handle) else number_dtype(value)
    if category(given) > max(category(input._data.dtype), 1):
        raise DtypeError(
            f"masked_fill: a value of dtype {given} does not fit a tensor of {input._data.dtype}."
        )
    return masked_by(input, mask, value, "masked_fill")


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """`input` with the elements of `source`, in order, where the mask holds.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked_scatter(wengert.zeros(3), mask, wengert.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    _checked_mask(mask, "masked_scatter")
    if source._data.dtype != input._data.dtype:
        raise DtypeError(
            f"masked_scatter: source has dtype {source._data.dtype}, the tensor "
            f"{input._data.dtype}. Convert one of them."
        )
    shape = broadcast("masked_scatter", tuple(input._data.shape), tuple(mask._data.shape))
    flat = p.reshape(expand(mask, shape), shape=(size_of(shape),))
    size = source._data.size
    known = flat._data
    if is_array(known) and known.sum() > size:
        raise ShapeError(
            f"masked_scatter: the mask holds in {known.sum()} places, but source has only {size} "
            "elements."
        )
    if not size:
        return expand(input, shape)
    order = add(cumsum(convert(flat, int64), axis=0), -1)
    order = _where(bitwise_and(flat, lt(order, size)), order, 0)
    given = take(p.reshape(source, shape=(size,)), order)
    return _where(expand(mask, shape), p.reshape(given, shape=shape), expand(input, shape))


@takes_separate_out
def masked_select(input: Any, mask: Any, *, out: Any = None) -> Any:
    """The elements where the mask holds, along one axis.

    >>> import wengert
    >>> x = wengert.tensor([1, 5, 2])
    >>> x.masked_select(x > 1)
    tensor([5, 2])
    """
    _checked_mask(mask, "masked_select")
    shape = broadcast("masked_select", tuple(input._data.shape), tuple(mask._data.shape))
    held = concrete(expand(mask, shape), "positions")
    flat = p.reshape(expand(input, shape), shape=(size_of(shape),))
    return take(flat, constant(np.flatnonzero(held).astype(np.int64)))


@takes_out
def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """`input` where the condition holds, `other` elsewhere; with one argument, the positions.

    The side that is not chosen gets no cotangent: an infinite or NaN derivative there is harmless.

    >>> import wengert
    >>> x = wengert.tensor([4.0, -4.0], requires_grad=True)
    >>> wengert.where(x > 0, x.sqrt(), 0.0).sum().backward()
    >>> x.grad
    tensor([0.2500, 0.0000])
    """
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where: give both values, or neither for the positions.")
    if isinstance(condition, Handle) and condition._data.dtype == uint8:
        condition = ne(condition, 0)
    if isinstance(condition, Handle) and condition._data.dtype != bool_:
        raise DtypeError(f"where: the condition must be bool, not {condition._data.dtype}.")
    return _where(condition, input, other)


# ---- positions ----------------------------------------------------------------------------------


@takes_out
def nonzero(input: Any, *, out: Any = None, as_tuple: bool = False) -> Any:
    """The positions of the non-zero elements, one a row (or one tensor an axis).

    >>> import wengert
    >>> wengert.tensor([0, 3, 4]).nonzero()
    tensor([[1],
            [2]])
    """
    found = np.nonzero(np.atleast_1d(concrete(input, "positions")))
    if as_tuple:
        return tuple(constant(i.astype(np.int64)) for i in found)
    return constant(np.stack(found, 1).astype(np.int64)[:, : input._data.ndim])


def argwhere(input: Any) -> Any:
    """The positions of the non-zero elements, one a row.

    >>> import wengert
    >>> wengert.argwhere(wengert.eye(2))
    tensor([[0, 0],
            [1, 1]])
    """
    return nonzero(input)


@takes_out
def nonzero_static(input: Any, *, size: int, fill_value: int = -1, out: Any = None) -> Any:
    """The first `size` positions of non-zero elements, one a row; missing ones are `fill_value`.

    Its shape does not depend on values, so it can be compiled and batched.

    >>> import wengert
    >>> wengert.nonzero_static(wengert.tensor([0, 3]), size=2)
    tensor([[ 1],
            [-1]])
    """
    from ..shaping.rearranging import unravel_index

    if size < 0:
        raise ValueError(f"nonzero_static: the size must not be negative, not {size}.")
    shape = tuple(input._data.shape)
    count = size_of(shape)
    if not (shape and count and size):
        return constant(np.full((size, len(shape)), fill_value, np.int64))
    flat = p.reshape(ne(input, 0), shape=(count,))
    order = add(cumsum(convert(flat, int64), axis=0), -1)
    slots = max(size, count)
    # What does not count goes to a place behind the last.
    place = _where(flat, order, slots)
    empty = constant(np.full(slots + 1, count, np.int64))
    first = p.slice_(put(empty, iota(count), place), slices=((0, size, 1),))
    held = lt(first, count)
    found = [
        p.reshape(_where(held, part, fill_value), shape=(size, 1))
        for part in unravel_index(_where(held, first, 0), shape)
    ]
    return p.concatenate(*found, axis=1)


__all__ = [
    "argwhere",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "nonzero",
    "nonzero_static",
    "where",
]
