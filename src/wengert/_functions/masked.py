"""Reductions and normalisations of the elements for which a mask holds, after torch.masked.

An element outside the mask is replaced by what changes nothing (0 in a sum, -inf in a maximum), by
`where`, so it gets no cotangent at all. Without a mask these are the ordinary functions.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from .._base.dtypes import as_dtype, bool_, get_default_dtype, is_inexact, real_of
from .._base.errors import DtypeError, ShapeError
from .._base.shapes import broadcast, normalize_axes
from .._declare.elementwise import convert
from .._primitives import elementwise as e
from .._primitives.shaping import expand
from .networks.activations import log_softmax as _log_softmax
from .networks.activations import softmax as _softmax
from .reductions import cumulative, norms, reduction, statistics


def _prepared(input: Any, dtype: Any) -> Any:
    return input if dtype is None else convert(input, as_dtype(dtype))


def _filled(x: Any, mask: Any, value: Any) -> Any:
    """x where the mask holds, `value` elsewhere."""
    return x if mask is None else e.where(_mask_for(x, mask), x, value)


def _mask_for(x: Any, mask: Any) -> Any:
    if mask._data.dtype != bool_:
        raise DtypeError(f"masked: the mask must be bool, not {mask._data.dtype}.")
    shape, own = tuple(x._data.shape), tuple(mask._data.shape)
    if broadcast("masked", own, shape) != shape:
        raise ShapeError(f"masked: a mask of shape {own} does not fit a tensor of shape {shape}.")
    return mask if own == shape else expand(mask, shape=shape)


def _extreme_of(dtype: Any, sign: int) -> Any:
    """The largest (sign 1) or least value of a dtype."""
    if dtype.kind == "b":
        return sign > 0
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return int(info.max if sign > 0 else info.min)
    return sign * math.inf


def sum(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """The sum over axes of the elements for which the mask holds.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.sum(wengert.tensor([1, 2, 3]), mask=mask)
    tensor(4)
    """
    return reduction.sum(_filled(input, mask, 0), dim, bool(keepdim), dtype=dtype)


def prod(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """The product over axes of the elements for which the mask holds.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.prod(wengert.tensor([1, 2, 3]), mask=mask)
    tensor(3)
    """
    x = _filled(input, mask, 1)
    ndim = x._data.ndim
    if dim == () or not ndim:
        return reduction.prod(x, 0, dtype=dtype) if not ndim else _prepared(x, dtype)
    for axis in reversed(normalize_axes(dim, ndim, "masked.prod")):
        x = reduction.prod(x, axis, bool(keepdim), dtype=dtype)
    return x


def cumsum(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """The running sum of the elements for which the mask holds, in the input's dtype.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.cumsum(wengert.tensor([1, 2, 3]), 0, mask=mask)
    tensor([1, 1, 4])
    """
    x = _prepared(input, dtype)
    return cumulative.cumsum(_filled(x, mask, 0), dim, dtype=x._data.dtype)


def cumprod(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """The running product of the elements for which the mask holds, in the input's dtype.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.cumprod(wengert.tensor([1, 2, 3]), 0, mask=mask)
    tensor([1, 1, 3])
    """
    x = _prepared(input, dtype)
    return cumulative.cumprod(_filled(x, mask, 1), dim, dtype=x._data.dtype)


def amax(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """The largest of the elements for which the mask holds; ties share the cotangent.

    >>> import wengert
    >>> mask = wengert.tensor([True, False])
    >>> wengert.masked.amax(wengert.tensor([1, 2]), mask=mask)
    tensor(1)
    """
    x = _prepared(input, dtype)
    x = _filled(x, mask, _extreme_of(x._data.dtype, -1))
    return reduction.amax(x, dim, bool(keepdim))


def amin(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """The smallest of the elements for which the mask holds; ties share the cotangent.

    >>> import wengert
    >>> mask = wengert.tensor([False, True])
    >>> wengert.masked.amin(wengert.tensor([1, 2]), mask=mask)
    tensor(2)
    """
    x = _prepared(input, dtype)
    x = _filled(x, mask, _extreme_of(x._data.dtype, 1))
    return reduction.amin(x, dim, bool(keepdim))


def argmax(
    input: Any,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """The position of the largest of the elements for which the mask holds, in the input's dtype.

    >>> import wengert
    >>> mask = wengert.tensor([True, False])
    >>> wengert.masked.argmax(wengert.tensor([1, 2]), mask=mask)
    tensor(0)
    """
    x = _prepared(input, dtype)
    x = _filled(x, mask, _extreme_of(x._data.dtype, -1))
    return convert(reduction.argmax(x, dim, bool(keepdim)), x._data.dtype)


def argmin(
    input: Any,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """The position of the smallest of the elements for which the mask holds, in the input's dtype.

    >>> import wengert
    >>> mask = wengert.tensor([False, True])
    >>> wengert.masked.argmin(wengert.tensor([1, 2]), mask=mask)
    tensor(1)
    """
    x = _prepared(input, dtype)
    x = _filled(x, mask, _extreme_of(x._data.dtype, 1))
    return convert(reduction.argmin(x, dim, bool(keepdim)), x._data.dtype)


def _count(x: Any, dim: Any, keepdim: bool, mask: Any) -> Any:
    """How many elements count, in the real dtype of x."""
    if mask is None:
        return float(reduction.count_over(x, dim, "masked"))
    return convert(reduction.sum(_mask_for(x, mask), dim, keepdim), real_of(x._data.dtype))


def mean(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """The mean over axes of the elements for which the mask holds; NaN where there are none.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.mean(wengert.tensor([1.0, 2.0, 3.0]), mask=mask)
    tensor(2.)
    """
    x = _prepared(input, dtype)
    reduction.require_floating(x, "mean")
    total = sum(x, dim, keepdim=keepdim, mask=mask)
    return e.div(total, _count(x, dim, bool(keepdim), mask))


def median(
    input: Any, dim: int = -1, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """The lower median along an axis of the elements for which the mask holds; NaN without any.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.median(wengert.tensor([1.0, 2.0, 3.0]), mask=mask)
    tensor(1.)
    """
    x = _prepared(input, dtype)
    if not is_inexact(x._data.dtype):
        raise DtypeError(f"masked.median: expected a floating tensor, not {x._data.dtype}.")
    if mask is None:
        return statistics.median(x, dim, bool(keepdim)).values
    return statistics.nanmedian(_filled(x, mask, math.nan), dim, bool(keepdim)).values


def norm(
    input: Any,
    ord: float | None = 2.0,
    dim: Any = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """The vector norm over axes of the elements for which the mask holds.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.norm(wengert.tensor([3.0, 2.0, 4.0]), mask=mask)
    tensor(5.)
    """
    x = _prepared(input, dtype)
    order = 2.0 if ord is None else float(ord)
    nothing = math.inf if order < 0 else 0.0
    return norms.vector_norm(_filled(x, mask, nothing), order, dim, bool(keepdim))


def _variance(
    input: Any, dim: Any, unbiased: Any, correction: Any, keepdim: bool, dtype: Any, mask: Any
) -> Any:
    x = _prepared(input, dtype)
    if not is_inexact(x._data.dtype):
        x = convert(x, get_default_dtype())
    if unbiased is not None and correction is not None:
        raise TypeError("masked: give unbiased or correction, not both.")
    lost = 1 if correction is None else correction
    if unbiased is not None:
        lost = 1 if unbiased else 0
    middle = mean(x, dim, keepdim=True, mask=mask)
    total = sum(norms.squared_size(e.sub(x, middle)), dim, keepdim=keepdim, mask=mask)
    count = _count(x, dim, keepdim, mask)
    if mask is None:
        divisor: Any = builtins.max(count - lost, 0.0)
    else:
        divisor = e.sub(count, lost)
        divisor = e.where(e.lt(divisor, 0.0), 0.0, divisor)
    return e.div(total, divisor), x._data.dtype


def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """The variance over axes of the elements for which the mask holds, in the input's dtype.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.var(wengert.tensor([1.0, 9.0, 3.0]), mask=mask)
    tensor(2.)
    """
    found, own = _variance(input, dim, unbiased, correction, bool(keepdim), dtype, mask)
    return convert(found, own)


def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """The standard deviation over axes of the elements for which the mask holds.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.std(wengert.tensor([1.0, 9.0, 3.0]), mask=mask)
    tensor(1.4142)
    """
    found, own = _variance(input, dim, unbiased, correction, bool(keepdim), dtype, mask)
    return convert(norms.safe_sqrt(found), own)


def softmax(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """softmax along an axis of the elements for which the mask holds; 0 elsewhere.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.softmax(wengert.zeros(3), 0, mask=mask)
    tensor([0.5000, 0.0000, 0.5000])
    """
    return _softmax(_filled(_prepared(input, dtype), mask, -math.inf), dim)


def log_softmax(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """log(softmax) along an axis of the elements for which the mask holds; -inf elsewhere.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.log_softmax(wengert.zeros(3), 0, mask=mask)
    tensor([-0.6931,    -inf, -0.6931])
    """
    return _log_softmax(_filled(_prepared(input, dtype), mask, -math.inf), dim)


def softmin(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """softmax of -x along an axis of the elements for which the mask holds; 0 elsewhere.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.softmin(wengert.zeros(3), 0, mask=mask)
    tensor([0.5000, 0.0000, 0.5000])
    """
    return _softmax(e.neg(_filled(_prepared(input, dtype), mask, math.inf)), dim)


def normalize(
    input: Any,
    ord: float,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """x / max(norm(x), eps) along an axis for the elements for which the mask holds; 0 elsewhere.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.normalize(wengert.tensor([3.0, 2.0, 4.0]), 2, 0, mask=mask)
    tensor([0.6000, 0.0000, 0.8000])
    """
    x = _prepared(input, dtype)
    if not is_inexact(x._data.dtype):
        x = convert(x, get_default_dtype())
    size = norm(x, ord, dim, keepdim=True, mask=mask)
    return e.div(_filled(x, mask, 0), e.maximum(size, eps))


def logaddexp(
    input: Any,
    other: Any,
    *,
    dtype: Any = None,
    input_mask: Any = None,
    other_mask: Any = None,
) -> Any:
    """log(exp(x) + exp(y)); what its mask excludes counts as -inf.

    >>> import wengert
    >>> mask = wengert.tensor([False])
    >>> wengert.masked.logaddexp(wengert.ones(1), wengert.zeros(1), other_mask=mask)
    tensor([1.])
    """
    x = _filled(_prepared(input, dtype), input_mask, -math.inf)
    y = _filled(_prepared(other, dtype), other_mask, -math.inf)
    return cumulative.log_sum(x, y)


def logsumexp(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """log(sum(exp(x))) over axes of the elements for which the mask holds, in the input's dtype.

    >>> import wengert
    >>> mask = wengert.tensor([True, False, True])
    >>> wengert.masked.logsumexp(wengert.zeros(3), 0, mask=mask)
    tensor(0.6931)
    """
    x = _prepared(input, dtype)
    own = x._data.dtype
    axes = normalize_axes(dim, x._data.ndim, "masked.logsumexp")
    found = reduction.logsumexp(_filled(x, mask, _extreme_of(own, -1)), axes, bool(keepdim))
    return convert(found, own)
