"""Order along an axis: sorting, the k-th value, positions in what is sorted.

Sorting is stable, and NaN counts as the largest. Positions are found by bisection, for all values
at once. Distinct values, whose number depends on the data, are in `distinct`.
"""

from __future__ import annotations

from typing import Any

from ..._base.dtypes import Dtype, bool_, complex_of, float64, int32, int64
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.kinds import is_array, is_generic
from ..._base.shapes import normalize_axis
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import indexing
from ..._primitives.creation import full
from ..._primitives.elementwise import add, bitwise_not, floor_divide, ge, gt, lt, where
from ..._primitives.indexing import along_axis, take
from ..._primitives.ordering import ranked
from ..._primitives.shaping import reshape
from .. import return_types as r
from ..numpy_names import numpy_names
from ..out import takes_out
from .reduction import require_real, values_and_indices


def _need_order(x: Any, name: str) -> None:
    require_real(x, name)
    if x._data.dtype == bool_ and name in ("topk", "kthvalue"):
        raise DtypeError(f"{name}: bool is not supported. Use x.to(wengert.uint8).{name}(...).")


@takes_out
@numpy_names
def sort(
    input: Any, dim: int = -1, descending: bool = False, stable: bool = False, *, out: Any = None
) -> Any:
    """(values, indices) in order along an axis; always stable; NaN counts as the largest.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).sort().values
    tensor([1, 2, 3])
    """
    return _sorted(input, dim, bool(descending), r.sort)


def _sorted(x: Any, dim: int, descending: bool, kind: Any) -> Any:
    _need_order(x, kind.__name__)
    axis = normalize_axis(dim, x._data.ndim, kind.__name__)
    if not x._data.ndim:
        return kind(x.clone(), full((), 0, int64))
    return kind(*indexing.sort(x, axis=axis, descending=descending))


@takes_out
@numpy_names
def argsort(
    input: Any, dim: int = -1, descending: bool = False, stable: bool = False, *, out: Any = None
) -> Any:
    """The positions that sort an axis.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).argsort()
    tensor([1, 2, 0])
    """
    return sort(input, dim, descending).indices


@takes_out
def msort(input: Any, *, out: Any = None) -> Any:
    """The values in order along the first axis.

    >>> import wengert
    >>> wengert.msort(wengert.tensor([3, 1, 2]))
    tensor([1, 2, 3])
    """
    return sort(input, 0).values


@takes_out
@numpy_names
def topk(
    input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, out: Any = None
) -> Any:
    """(values, indices) of the k largest (or smallest) along an axis, in order.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).topk(2).values
    tensor([3, 2])
    """
    axis = normalize_axis(dim, input._data.ndim, "topk")
    if not 0 <= k <= (input._data.shape[axis] if input._data.ndim else 1):
        raise DimensionError(f"topk: k={k} is out of range for shape {tuple(input._data.shape)}.")
    _need_order(input, "topk")
    if not input._data.ndim:
        return r.topk(input.clone(), full((), 0, int64))
    index = ranked(input.detach(), axis=axis, start=0, count=k, descending=bool(largest))
    return r.topk(take(input, *along_axis(index, axis)), index)


@takes_out
@numpy_names
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """(values, indices) of the k-th smallest along an axis, counted from 1.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).kthvalue(2).values
    tensor(2)
    """
    _need_order(input, "kthvalue")
    axis = normalize_axis(dim, input._data.ndim, "kthvalue")
    if not 1 <= k <= (input._data.shape[axis] if input._data.ndim else 1):
        raise DimensionError(
            f"kthvalue: k={k} is out of range for dim {axis} of shape {tuple(input._data.shape)}."
        )
    if not input._data.ndim:
        return r.kthvalue(input.clone(), full((), 0, int64))
    shape = tuple(e for j, e in enumerate(input._data.shape) if j != axis)
    index = ranked(input.detach(), axis=axis, start=k - 1, count=1, descending=False)
    index = reshape(index, shape=shape)
    return values_and_indices(r.kthvalue, input, index, axis, keepdim)


# ---- positions ----------------------------------------------------------------------------------


def bisected(ordered: Any, values: Any, right: bool) -> Any:
    """How many elements of each row of `ordered` stand before the values: < v, or <= v if `right`.

    Both have the same leading axes; NaN counts as the largest.
    """
    count = ordered._data.shape[-1]
    shape = tuple(values._data.shape)
    low, high = full(shape, 0, int64), full(shape, count, int64)
    if not count or not values._data.size:
        return low
    last = len(shape) - 1
    for _ in range(count.bit_length()):
        middle = floor_divide(add(low, high), 2)
        # A finished search (low == high == count) reads any place; it is not moved.
        place = where(lt(middle, count), middle, count - 1)
        there = take(ordered, *along_axis(place, last))
        before = bitwise_not(gt(there, values) if right else ge(there, values))
        open_ = lt(low, high)
        low, high = (
            where(open_ & before, add(middle, 1), low),
            where(open_ & bitwise_not(before), middle, high),
        )
    return low


def _sided(right: bool, side: str | None, name: str) -> bool:
    if side is None:
        return right
    if side not in ("left", "right"):
        raise ValueError(f"{name}: side={side!r}; use 'left' or 'right'.")
    if right and side == "left":
        raise ValueError(f"{name}: right=True and side='left' contradict each other.")
    return side == "right"


def _in_order(ordered: Any, sorter: Any) -> Any:
    if sorter is None:
        return ordered
    if tuple(sorter._data.shape) != tuple(ordered._data.shape) or sorter._data.dtype != int64:
        raise ShapeError(
            f"searchsorted: sorter must be int64 of shape {tuple(ordered._data.shape)}, not "
            f"{sorter._data.dtype} of shape {tuple(sorter._data.shape)}."
        )
    data = sorter._data
    if is_array(data) and data.size and (data.min() < 0 or data.max() >= data.shape[-1]):
        raise DimensionError("searchsorted: sorter has positions outside of the sorted sequence.")
    return take(ordered, *along_axis(sorter, ordered._data.ndim - 1))


def _number(value: Any, dtype: Dtype) -> Any:
    """A number to look for, exact among whole ones too."""
    if is_generic(value):
        value = value.item()
    if not isinstance(value, int | float | complex):
        raise TypeError(f"expected a tensor or a number to look for, not {value!r}.")
    if dtype.kind in "biu":
        dtype = float64 if isinstance(value, float) else int64
    return full((), value, complex_of(dtype) if isinstance(value, complex) else dtype)


def _search(ordered: Any, given: Any, right: bool, narrow: bool, name: str) -> Any:
    values: Any = given if isinstance(given, Handle) else _number(given, ordered._data.dtype)
    for part in (ordered, values):
        require_real(part, name)
    shape = tuple(values._data.shape)
    ordered, values = ordered.detach(), values.detach()
    if ordered._data.ndim == 1:
        found = bisected(ordered, reshape(values, shape=(values._data.size,)), right)
        found = reshape(found, shape=shape)
    else:
        found = bisected(ordered, values, right)
    return convert(found, int32) if narrow else found


@takes_out
def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
    out: Any = None,
) -> Any:
    """Where the values would have to stand in a sorted axis: before equal ones, or after (`right`).

    The sequence is a vector, or has the leading axes of the values.

    >>> import wengert
    >>> wengert.searchsorted(wengert.tensor([1, 3, 5]), wengert.tensor([3, 6]))
    tensor([1, 3])
    """
    right = _sided(right, side, "searchsorted")
    own = tuple(sorted_sequence._data.shape)
    given = tuple(getattr(input, "shape", ()))
    if not own or (len(own) > 1 and own[:-1] != given[:-1]):
        raise ShapeError(
            f"searchsorted: a sequence of shape {own} does not fit values of shape {given}. It "
            "must be a vector, or agree in all axes but the last."
        )
    ordered = _in_order(sorted_sequence, sorter)
    return _search(ordered, input, right, out_int32, "searchsorted")


@takes_out
def bucketize(
    input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False, out: Any = None
) -> Any:
    """The number of the interval between sorted boundaries in which each value lies.

    >>> import wengert
    >>> wengert.bucketize(wengert.tensor([0, 3, 9]), wengert.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries._data.ndim != 1:
        raise ShapeError(
            f"bucketize: boundaries must be a vector, not of shape {tuple(boundaries._data.shape)}."
        )
    return _search(boundaries, input, right, out_int32, "bucketize")


__all__ = [
    "argsort",
    "bucketize",
    "kthvalue",
    "msort",
    "searchsorted",
    "sort",
    "topk",
]
