"""The standard's reductions, searching, sorting, sets and utilities."""

from __future__ import annotations

from typing import Any, NamedTuple

import wengert as wg
from wengert.errors import ShapeError

from ._dtypes import aligned


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


def _summed(x: Any, dtype: Any) -> Any:
    """The dtype of a sum: as asked, or the widest integer of the kind."""
    if dtype is not None:
        return dtype
    return {"i": wg.int64, "b": wg.int64, "u": wg.uint64}.get(x.dtype.kind, x.dtype)


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Sum over axes.

    >>> import wengert
    >>> wengert.array_api.sum(wengert.ones(2, 3), axis=1)
    tensor([3., 3.])
    """
    axes = _axes(x, axis)
    x = x.to(_summed(x, dtype))
    return wg.sum(x, axes, keepdims, dtype=x.dtype) if axes else x.clone()


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Product over axes."""
    x = x.to(_summed(x, dtype))
    for place in sorted((place % x.ndim for place in _axes(x, axis)), reverse=True):
        x = wg.prod(x, place, keepdims, dtype=x.dtype)
    return x


def max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest element over axes."""
    axes = _axes(x, axis)
    return wg.amax(x, axes, keepdims) if axes else x.clone()


def min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest element over axes."""
    axes = _axes(x, axis)
    return wg.amin(x, axes, keepdims) if axes else x.clone()


def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Arithmetic mean over axes."""
    axes = _axes(x, axis)
    return wg.mean(x, axes, keepdims) if axes else x.clone()


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Variance over axes."""
    axes = _axes(x, axis)
    if not axes:
        return x * 0
    return wg.var(x, axes, correction=correction, keepdim=keepdims)


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Standard deviation over axes."""
    axes = _axes(x, axis)
    if not axes:
        return x * 0
    return wg.std(x, axes, correction=correction, keepdim=keepdims)


def _cumulative(
    function: Any, start: int, x: Any, axis: int | None, dtype: Any, include_initial: bool
) -> Any:
    if axis is None:
        if x.ndim != 1:
            raise ShapeError(f"shape {x.shape} has not one axis; say which one with axis=.")
        axis = 0
    x = x.to(_summed(x, dtype))
    found = function(x, axis, dtype=x.dtype)
    if not include_initial:
        return found
    shape = list(x.shape)
    shape[axis] = 1
    return wg.cat([wg.full(shape, start, dtype=x.dtype), found], axis)


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Running sums along an axis, from 0 if `include_initial`.

    >>> import wengert
    >>> wengert.array_api.cumulative_sum(wengert.tensor([1, 2]), include_initial=True)
    tensor([0, 1, 3])
    """
    return _cumulative(wg.cumsum, 0, x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Running products along an axis, from 1 if `include_initial`."""
    return _cumulative(wg.cumprod, 1, x, axis, dtype, include_initial)


def all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether all elements along axes are non-zero."""
    axes = _axes(x, axis)
    x = x.to(wg.bool)
    return wg.all(x, axes, keepdims) if axes else x


def any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Whether any element along axes is non-zero."""
    axes = _axes(x, axis)
    x = x.to(wg.bool)
    return wg.any(x, axes, keepdims) if axes else x


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """How many elements along axes are not zero."""
    return sum(wg.ne(x, 0).to(wg.int64), axis=axis, keepdims=keepdims)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """n-th differences of neighbours along an axis."""
    return wg.diff(x, n, axis, prepend, append)


# ---- searching and sorting ----------------------------------------------------------------------


def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the first largest element."""
    return wg.argmax(x, axis, keepdims)


def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Index of the first smallest element."""
    return wg.argmin(x, axis, keepdims)


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """Indices of the non-zero elements, one tensor for each axis."""
    if not x.ndim:
        raise ShapeError("nonzero: a 0-d tensor has no axes. Use x.reshape(1).")
    return tuple(wg.unbind(wg.nonzero(x), 1))


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Where the elements of x2 would have to be put into the sorted vector x1."""
    return wg.searchsorted(x1, x2, side=side, sorter=sorter)


def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """x1 where the condition holds, x2 elsewhere."""
    return wg.where(condition, *aligned(x1, x2))


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The elements in order along an axis."""
    return wg.sort(x, axis, descending)[0]


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The indices that put the elements in order along an axis; equal ones keep their order."""
    return wg.argsort(x, axis, descending)


# ---- sets ---------------------------------------------------------------------------------------


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: Any
    inverse_indices: Any


def unique_all(x: Any, /) -> UniqueAll:
    """Distinct elements in order, where each first stands, which one each element is, how many.

    >>> import wengert
    >>> wengert.array_api.unique_all(wengert.tensor([3, 1, 3])).indices
    tensor([1, 0])
    """
    values, inverse, counts = wg.unique(x, return_inverse=True, return_counts=True)
    order = wg.sort(inverse.reshape(-1), 0)[1]  # stable, so the first of each value leads its run
    starts = wg.cumsum(counts, 0) - counts
    return UniqueAll(values, order[starts], inverse, counts)


def unique_counts(x: Any, /) -> UniqueCounts:
    """Distinct elements in order, and how many there are of each."""
    return UniqueCounts(*wg.unique(x, return_counts=True))


def unique_inverse(x: Any, /) -> UniqueInverse:
    """Distinct elements in order, and which one each element is."""
    return UniqueInverse(*wg.unique(x, return_inverse=True))


def unique_values(x: Any, /) -> Any:
    """Distinct elements in order."""
    return wg.unique(x)


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Whether each element of x1 occurs in x2 (does not, if `invert`)."""
    return wg.isin(x1, x2, invert=invert)
