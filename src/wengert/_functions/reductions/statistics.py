"""Spread, covariance, and the values in the middle: var, std, cov, median, quantile, mode.

Medians and quantiles are positions in a sorted axis, so their derivative goes to the elements that
were taken.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

from ..._base.dtypes import bool_, float32, int64, is_inexact, to_floating
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import normalize_axes, normalize_axis
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import cumulative, ordering
from ..._primitives.complex_numbers import complex_ as complex
from ..._primitives.complex_numbers import conj, imag, real
from ..._primitives.creation import full
from ..._primitives.elementwise import (
    add,
    ceil,
    div,
    eq,
    floor,
    floor_divide,
    gt,
    isnan,
    lt,
    mul,
    ne,
    round,
    sub,
    where,
)
from ..._primitives.indexing import along_axis, iota, take
from ..._primitives.indexing import sort as _sort
from ..._primitives.linear_algebra import matmul
from ..._primitives.scans import part_of
from ..._primitives.shaping import concatenate, expand, permute, reshape
from ..._primitives.transcendental import sqrt
from .. import return_types as r
from ..numpy_names import numpy_names
from ..out import takes_out
from .norms import safe_sqrt, squared_size
from .reduction import (
    amax,
    any,
    count_over,
    mean,
    picked,
    require_floating,
    require_real,
    sum,
    values_and_indices,
)


def _spread(x: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any, name: str) -> Any:
    """(variance, mean), in the dtype of x."""
    if isinstance(dim, bool):  # var(x, unbiased)
        dim, unbiased = None, dim
    if unbiased is not None:
        correction = 1 if unbiased else 0
    elif correction is None:
        correction = 1
    require_floating(x, name)
    own = x._data.dtype
    if own.itemsize == 2:
        pair = _spread(convert(x, float32), dim, None, keepdim, correction, name)
        return tuple(convert(part, own) for part in pair)
    axes = normalize_axes(dim, x._data.ndim, name)
    middle = mean(x, axes, keepdim=True)
    total = sum(squared_size(sub(x, middle)), axes, keepdim)
    divisor = float(builtins.max(count_over(x, axes, name) - correction, 0))
    return div(total, divisor), middle if keepdim else reshape(middle, shape=total._data.shape)


@takes_out
@numpy_names
def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    out: Any = None,
) -> Any:
    """Variance over axes, sum |x - mean|^2 / max(n - correction, 0); the correction is 1 if None.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 3.0]).var()
    tensor(1.)
    """
    return _spread(input, dim, unbiased, keepdim, correction, "var")[0]


@takes_out
@numpy_names
def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    out: Any = None,
) -> Any:
    """Standard deviation over axes; its gradient at 0 is 0.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 3.0]).std()
    tensor(1.)
    """
    return safe_sqrt(_spread(input, dim, unbiased, keepdim, correction, "std")[0])


@numpy_names
def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """(variance, mean) over axes.

    >>> import wengert
    >>> wengert.var_mean(wengert.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _spread(input, dim, unbiased, keepdim, correction, "var_mean")


@numpy_names
def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """(standard deviation, mean) over axes.

    >>> import wengert
    >>> wengert.std_mean(wengert.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    spread, middle = _spread(input, dim, unbiased, keepdim, correction, "std_mean")
    return safe_sqrt(spread), middle


# ---- covariance ---------------------------------------------------------------------------------


def _checked_weights(weights: Any, count: int, kind: str, name: str) -> Any:
    if weights._data.ndim > 1 or weights._data.size != count:
        raise ShapeError(
            f"cov: {name} must be a vector of {count} weights, one for each observation, not of "
            f"shape {tuple(weights._data.shape)}."
        )
    if weights._data.dtype.kind not in kind:
        wanted = "integers" if "i" in kind else "floating"
        raise DtypeError(f"cov: {name} must be {wanted}, not {weights._data.dtype}.")
    if is_array(weights._data) and bool((weights._data < 0).any()):
        raise ValueError(f"cov: {name} must not be negative.")
    return weights if weights._data.ndim else reshape(weights, shape=(1,))


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Covariances of the rows, whose columns are observations.

    `fweights` say how often each observation counts, `aweights` how much it is worth.

    >>> import wengert
    >>> wengert.cov(wengert.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    x = input
    if x._data.ndim > 2:
        raise ShapeError(f"cov: expected at most 2 axes, not the shape {tuple(x._data.shape)}.")
    if x._data.dtype == bool_:
        raise DtypeError("cov: bool is not supported. Convert with x.to(wengert.float32).")
    own = to_floating(x._data.dtype)
    x = convert(x, float32 if own.itemsize == 2 else own)
    if x._data.ndim < 2:
        x = reshape(x, shape=(1, x._data.size))
    rows, count = x._data.shape
    weights: Any = None
    if fweights is not None:
        weights = _checked_weights(fweights, count, "iu", "fweights")
    if aweights is not None:
        worth = _checked_weights(aweights, count, "f", "aweights")
        weights = worth if weights is None else mul(weights, worth)
    total: Any = float(count) if weights is None else sum(weights)
    weighed = x if weights is None else mul(x, weights)
    centred = sub(x, div(sum(weighed, 1, keepdim=True), total))
    if weights is None:
        divisor: Any = float(builtins.max(count - correction, 0))
    else:
        divisor = sub(total, correction)
        if aweights is not None and correction:
            lost = div(sum(mul(weights, aweights)), total)
            divisor = sub(total, mul(lost, correction))
        divisor = where(lt(divisor, 0.0), 0.0, divisor)
    left = centred if weights is None else mul(centred, weights)
    other = permute(conj(centred) if x._data.dtype.kind == "c" else centred, axes=(1, 0))
    found = div(matmul(convert(left, other._data.dtype), other), divisor)
    if own.itemsize == 2:
        found = convert(found, own)
    return reshape(found, shape=()) if rows == 1 else found


def corrcoef(input: Any) -> Any:
    """Correlation coefficients of the rows, cov(x)[i, j] / sqrt(cov(x)[i, i] cov(x)[j, j]).

    >>> import wengert
    >>> wengert.corrcoef(wengert.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input._data.ndim > 2:
        shape = tuple(input._data.shape)
        raise ShapeError(f"corrcoef: expected at most 2 axes, not the shape {shape}.")
    spread = cov(input)
    if not spread._data.ndim:
        return div(spread, spread)
    size = spread._data.shape[0]
    variances = take(spread, iota(size), iota(size))
    if spread._data.dtype.kind == "c":
        variances = real(variances)
    deviations = sqrt(variances)
    found = div(
        div(spread, reshape(deviations, shape=(size, 1))), reshape(deviations, shape=(1, size))
    )
    if found._data.dtype.kind == "c":
        return complex(_unit_interval(real(found)), _unit_interval(imag(found)))
    return _unit_interval(found)


def _unit_interval(x: Any) -> Any:
    x = where(lt(x, -1.0), -1.0, x)
    return where(gt(x, 1.0), 1.0, x)


# ---- middle values ------------------------------------------------------------------------------


def _numbers_along(x: Any, axis: int) -> Any:
    """How many elements along an axis are not NaN."""
    return sum(eq(isnan(x), False), axis)


def _need_order(x: Any, axis: int, name: str) -> None:
    require_real(x, name)
    shape = tuple(x._data.shape)
    if shape and not shape[axis]:
        raise DimensionError(f"{name}: dim {axis} of shape {shape} is empty.")


def _middle(x: Any, axis: int, ignore_nan: bool) -> Any:
    """The position of the lower median along an axis; NaN wins unless it is ignored."""
    count = x._data.shape[axis]
    shape = tuple(e for k, e in enumerate(x._data.shape) if k != axis)
    if ignore_nan and is_inexact(x._data.dtype):
        order = _sort(x, axis=axis, descending=False)[1]
        place = floor_divide(sub(_numbers_along(x, axis), 1), 2)
        return picked(order, where(lt(place, 0), 0, place), axis)
    middle = ordering.ranked(x, axis=axis, start=(count - 1) // 2, count=1, descending=False)
    middle = reshape(middle, shape=shape)
    if not is_inexact(x._data.dtype):
        return middle
    holes = isnan(x)
    return where(any(holes, axis), ordering.argmax(holes, axis=axis), middle)


def _median(x: Any, dim: Any, keepdim: bool, kind: Any, ignore_nan: bool) -> Any:
    name = kind.__name__
    require_real(x, name)
    if x._data.dtype == bool_:
        raise DtypeError(f"{name}: bool is not supported. Use x.to(wengert.uint8).{name}().")
    if dim is None:
        return _median_of_all(x, ignore_nan)
    axis = normalize_axis(dim, x._data.ndim, name)
    _need_order(x, axis, name)
    if not x._data.ndim:
        return kind(x.clone(), full((), 0, int64))
    return values_and_indices(kind, x, _middle(x.detach(), axis, ignore_nan), axis, keepdim)


def _median_of_all(x: Any, ignore_nan: bool) -> Any:
    flat = reshape(x, shape=(x._data.size,))
    floating = is_inexact(x._data.dtype)
    if not x._data.size:
        return add(sum(flat, dtype=x._data.dtype), math.nan if floating else 0)
    fixed = flat.detach()
    value = picked(fixed, _middle(fixed, 0, ignore_nan), 0)
    if not floating:
        return value
    # Equal elements share the cotangent, as those of a maximum do: of the rest nothing is larger.
    same = where(isnan(value), isnan(fixed), eq(fixed, value))
    return amax(where(same, flat, -math.inf))


@takes_out
@numpy_names
def median(input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The lower of the values in the middle; with `dim`, (values, indices) along an axis.

    NaN if any element is. Over all elements, those equal to the median share the cotangent.

    >>> import wengert
    >>> wengert.tensor([3.0, 1.0, 2.0, 9.0]).median()
    tensor(2.)
    """
    return _median(input, dim, keepdim, r.median, ignore_nan=False)


@takes_out
@numpy_names
def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """`median` of what is not NaN.

    >>> import wengert
    >>> wengert.tensor([3.0, float("nan"), 2.0]).nanmedian()
    tensor(2.)
    """
    return _median(input, dim, keepdim, r.nanmedian, ignore_nan=True)


@takes_out
@numpy_names
def mode(input: Any, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """(values, indices) of the most frequent value along an axis, the least one if several are.

    The index is that of its last occurrence.

    >>> import wengert
    >>> wengert.tensor([5, 3, 3, 5]).mode()
    mode(values=tensor(3), indices=tensor(2))
    """
    axis = normalize_axis(dim, input._data.ndim, "mode")
    _need_order(input, axis, "mode")
    if not input._data.ndim:
        return r.mode(input.clone(), full((), 0, int64))
    values, order = _sort(input.detach(), axis=axis, descending=False)
    shape = tuple(input._data.shape)
    count = shape[axis]
    place = tuple(count if k == axis else 1 for k in range(len(shape)))
    places = expand(reshape(iota(count), shape=place), shape=shape)
    changes = ne(part_of(values, axis, 1, count), part_of(values, axis, 0, count - 1))
    first = full(tuple(1 if k == axis else e for k, e in enumerate(shape)), True, bool_)
    starts = where(concatenate(first, changes, axis=axis), places, 0)
    start = take(starts, *along_axis(cumulative.cummax(starts, axis=axis), axis))
    longest = ordering.argmax(sub(places, start), axis=axis)
    return values_and_indices(r.mode, input, picked(order, longest, axis), axis, keepdim)


# ---- quantiles ----------------------------------------------------------------------------------

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _fraction(level: Any, x: Any, name: str) -> Any:
    q: Any = level if isinstance(level, Handle) else full((), float(level), x._data.dtype)
    if q._data.ndim > 1:
        raise ShapeError(f"{name}: q must be a number or a vector, not {tuple(q._data.shape)}.")
    if q._data.dtype != x._data.dtype:
        raise DtypeError(f"{name}: q has dtype {q._data.dtype}, the input {x._data.dtype}.")
    data = q._data
    if is_array(data) and not bool(((data >= 0) & (data <= 1)).all()):
        raise ValueError(f"{name}: q must lie between 0 and 1, not {data.tolist()}.")
    return q


def _quantile(
    x: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, name: str, ignore_nan: bool
) -> Any:
    if x._data.dtype.name not in ("float32", "float64"):
        raise DtypeError(f"{name}: expected float32 or float64, not {x._data.dtype}.")
    if not x._data.size:
        raise DimensionError(f"{name}: a tensor of shape {tuple(x._data.shape)} has no elements.")
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(f"{name}: interpolation={interpolation!r}; use one of {_INTERPOLATIONS}.")
    q = _fraction(q, x, name)
    shape = tuple(x._data.shape)
    if dim is None:
        x, axis = reshape(x, shape=(x._data.size,)), 0
        reduced = (1,) * len(shape) if keepdim else ()
    else:
        axis = normalize_axis(dim, len(shape), name)
        reduced = tuple(1 if k == axis else e for k, e in enumerate(shape) if k != axis or keepdim)
        x = x if shape else reshape(x, shape=(1,))
    # The axis goes last, then one row for each q.
    order = (*(k for k in range(x._data.ndim) if k != axis), axis)
    x = permute(x, axes=order)
    rows = tuple(x._data.shape)[:-1]
    count = x._data.shape[-1]
    ranked = _sort(x, axis=x._data.ndim - 1, descending=False)[0]
    level = reshape(q, shape=(q._data.size, *(1,) * len(rows)))
    found = _at_level(ranked, level, count, interpolation, ignore_nan)
    return reshape(found, shape=(*q._data.shape, *reduced))


def _at_level(ranked: Any, level: Any, count: int, interpolation: str, ignore_nan: bool) -> Any:
    """The quantiles of the last axis, sorted; the levels lie along a new first axis."""
    dtype = ranked._data.dtype
    rows = tuple(ranked._data.shape)[:-1]
    lines = isnan(ranked)
    if ignore_nan:
        numbers = convert(sum(eq(lines, False), -1), dtype)
        rank = mul(level, where(gt(numbers, 0.0), sub(numbers, 1.0), 0.0))
    else:
        rank = where(any(lines, -1), float(count - 1), mul(level, float(count - 1)))
    shape = (level._data.shape[0], *rows)
    rank = expand(rank, shape=shape) if tuple(rank._data.shape) != shape else rank
    if interpolation in ("lower", "higher", "nearest"):
        rank = {"lower": floor, "higher": ceil, "nearest": round}[interpolation](rank)
    below, above = convert(floor(rank), int64), convert(ceil(rank), int64)
    wide = expand(reshape(ranked, shape=(1, *rows, count)), shape=(*shape, count))
    low = picked(wide, below, len(shape))
    if interpolation not in ("linear", "midpoint"):
        return low
    high = picked(wide, above, len(shape))
    weight = sub(rank, convert(below, dtype)) if interpolation == "linear" else 0.5
    step = sub(high, low)
    if interpolation == "linear":
        nearer = lt(weight, 0.5)
        between = where(nearer, add(low, mul(weight, step)), sub(high, mul(step, sub(1.0, weight))))
    else:
        between = add(low, mul(step, 0.5))
    # At a rank that is whole nothing is interpolated, so infinite neighbours do no harm.
    return where(eq(below, above), low, between)


@takes_out
@numpy_names
def quantile(
    input: Any,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Any = None,
) -> Any:
    """The value below which the fraction q of the elements lies; one row for each of several q.

    NaN where an element is.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 4.0]).quantile(0.75)
    tensor(3.)
    """
    return _quantile(input, q, dim, keepdim, interpolation, "quantile", ignore_nan=False)


@takes_out
@numpy_names
def nanquantile(
    input: Any,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Any = None,
) -> Any:
    """`quantile` of what is not NaN.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, float("nan")]).nanquantile(0.5)
    tensor(1.5000)
    """
    return _quantile(input, q, dim, keepdim, interpolation, "nanquantile", ignore_nan=True)


__all__ = [
    "corrcoef",
    "cov",
    "median",
    "mode",
    "nanmedian",
    "nanquantile",
    "quantile",
    "std",
    "std_mean",
    "var",
    "var_mean",
]
