"""All values that are sent to one position of an axis, reduced to one: the core of scatter_reduce.

Products and extremes are found by doubling: the values are sorted by position, and in each round
every element is joined with the one 1, 2, 4, ... places before it if both go to the same position.
The rounds are ordinary operations, so every derivative exists, and zeros in a product do no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.dtypes import bool_, is_floating
from ..._base.errors import DtypeError
from ..._declare.elementwise import convert
from ..._primitives import shaping as p
from ..._primitives.creation import full
from ..._primitives.elementwise import (
    add,
    bitwise_and,
    bitwise_or,
    div,
    eq,
    floor_divide,
    maximum,
    minimum,
    mul,
    ne,
    where,
)
from ..._primitives.indexing import along_axis, put, scatter_add, sort, take
from ..._primitives.writing import overwrite
from ..._record import modes as _modes

_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


def combined(x: Any, axis: int, index: Any, src: Any, reduce: str, include_self: bool) -> Any:
    """x with the values of src reduced into the elements at their positions along an axis."""
    if reduce not in _REDUCTIONS:
        raise ValueError(f"scatter_reduce: reduce={reduce!r}; use one of {_REDUCTIONS}.")
    if reduce in ("amax", "amin") and x._data.dtype.kind == "c":
        raise DtypeError(f"scatter_reduce: complex numbers have no order, so no {reduce}.")
    places = along_axis(index, axis)
    shape, dtype = tuple(x._data.shape), x._data.dtype
    if reduce in ("amax", "amin"):
        return _extreme(x, axis, index, src, reduce == "amax", include_self)
    if not include_self:
        written = _marked(shape, index, places)
        x = where(written, _ONES[dtype.kind] if reduce == "prod" else _ZEROS[dtype.kind], x)
    if reduce == "prod":
        return mul(x, _grouped(x, axis, index, src, mul, _ONES[dtype.kind]))
    total = add(x, scatter_add(src, *places, shape=shape))
    if reduce == "sum":
        return total
    one = full(tuple(index._data.shape), _ONES[dtype.kind], dtype)
    count = scatter_add(one, *places, shape=shape)
    if include_self:
        count = add(count, full(shape, _ONES[dtype.kind], dtype))
    else:
        count = where(written, count, _ONES[dtype.kind])  # pyright: ignore[reportPossiblyUnboundVariable]
    return floor_divide(total, count) if dtype.kind in "iu" else div(total, count)


_ONES: dict[str, Any] = {"b": True, "i": 1, "u": 1, "f": 1.0, "c": 1.0, "V": 1.0}
_ZEROS: dict[str, Any] = {"b": False, "i": 0, "u": 0, "f": 0.0, "c": 0.0, "V": 0.0}


def _marked(shape: tuple[int, ...], index: Any, places: list[Any]) -> Any:
    """Where something is written."""
    return put(full(shape, False, bool_), full(tuple(index._data.shape), True, bool_), *places)


def _grouped(
    x: Any, axis: int, index: Any, src: Any, join: Callable[[Any, Any], Any], neutral: Any
) -> Any:
    """The values of each position joined, `neutral` where there are none; in the shape of x."""
    sorted_index, order = sort(index, axis=axis, descending=False)
    values = take(src, *along_axis(order, axis))
    count = index._data.shape[axis]

    def part(t: Any, start: int, length: int) -> Any:
        slices = [(0, extent, 1) for extent in t._data.shape]
        slices[axis] = (start, length, 1)
        return p.slice_(t, slices=tuple(slices))

    step = 1
    while step < count:
        rest = count - step
        same = eq(part(sorted_index, step, rest), part(sorted_index, 0, rest))
        later = part(values, step, rest)
        joined = where(same, join(later, part(values, 0, rest)), later)
        values = p.concatenate(part(values, 0, step), joined, axis=axis)
        step *= 2
    # The last element of each group has met all others; the rest go behind the end.
    extent = x._data.shape[axis]
    ends = full(tuple(part(sorted_index, 0, 1)._data.shape), True, bool_)
    last = p.concatenate(
        ne(part(sorted_index, 1, count - 1), part(sorted_index, 0, count - 1)), ends, axis=axis
    )
    target = where(last, sorted_index, extent)
    wide = list(x._data.shape)
    wide[axis] = extent + 1
    whole = put(full(tuple(wide), neutral, src._data.dtype), values, *along_axis(target, axis))
    return part(whole, 0, extent)


def _extreme(x: Any, axis: int, index: Any, src: Any, largest: bool, include_self: bool) -> Any:
    """The largest (or smallest) value of each position; the derivative is shared by a tie."""
    shape, dtype = tuple(x._data.shape), x._data.dtype
    places = along_axis(index, axis)
    if dtype == bool_:
        join = bitwise_or if largest else bitwise_and
        least: Any = not largest
    else:
        join = maximum if largest else minimum
        kind = np.iinfo(dtype) if dtype.kind in "iu" else None
        least = (kind.min if largest else kind.max) if kind else (-np.inf if largest else np.inf)
    written = None if include_self else _marked(shape, index, places)
    own = x if written is None else where(written, least, x)
    with _modes.override(grad=False):
        found = join(own, _grouped(x, axis, index, src, join, least))
    if not is_floating(dtype):
        return found
    chosen = _equal(own, found)
    if written is not None:
        chosen = where(written, False, chosen)
    selected = _equal(src, take(found, *places))
    ties = add(convert(chosen, dtype), scatter_add(convert(selected, dtype), *places, shape=shape))
    shares = where(selected, div(src, take(ties, *places)), 0.0)
    kept = where(chosen, div(x, ties), 0.0)
    # The sum has the right derivative; its value may be off by rounding.
    return overwrite(add(kept, scatter_add(shares, *places, shape=shape)), found)


def _equal(a: Any, b: Any) -> Any:
    """Whether elements are equal, NaN and NaN included."""
    return bitwise_or(eq(a, b), bitwise_and(ne(a, a), ne(b, b)))
