"""What axes come down to: sums, products, means, truth and extremes.

All take `dim` as None, an axis or a tuple of axes, negative ones too, and `keepdim`. Order, running
sums, norms and statistics have modules of their own.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import as_dtype, bool_, float32, int64, is_inexact, to_floating, uint8
from ..._base.errors import DimensionError, DtypeError
from ..._base.shapes import normalize_axes, normalize_axis, size_of
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import ordering, reductions
from ..._primitives.complex_numbers import real
from ..._primitives.creation import full
from ..._primitives.elementwise import (
    absolute,
    add,
    div,
    eq,
    isnan,
    maximum,
    minimum,
    mul,
    ne,
    sub,
    where,
)
from ..._primitives.indexing import along_axis, take
from ..._primitives.reductions import back_over
from ..._primitives.scans import part_of
from ..._primitives.shaping import concatenate, reshape
from ..._primitives.transcendental import exp, log
from ..._record.trace import is_number
from .. import return_types as r
from ..numpy_names import numpy_names
from ..out import takes_out


def kept(x: Any, shape: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    """A reduced value, with the reduced axes as axes of size 1 where `keepdim`."""
    if not keepdim:
        return x
    return reshape(x, shape=tuple(1 if k in axes else e for k, e in enumerate(shape)))


def _summands(input: Any, dtype: Any) -> Any:
    if dtype is not None:
        return convert(input, as_dtype(dtype))
    return input if is_inexact(input._data.dtype) else convert(input, int64)


def require_floating(x: Any, name: str) -> None:
    """Raise DtypeError for integers and bools."""
    if not is_inexact(x._data.dtype):
        raise DtypeError(
            f"{name}: expected a floating or complex tensor, not {x._data.dtype}. Use "
            f"x.to(wengert.float32).{name}()."
        )


def require_real(x: Any, name: str) -> None:
    """Raise DtypeError for complex numbers, which have no order."""
    if x._data.dtype.kind == "c":
        raise DtypeError(
            f"{name}: complex numbers have no order. Use x.abs() or x.real, not {x._data.dtype}."
        )


def count_over(x: Any, dim: Any, name: str) -> int:
    """How many elements are reduced to one."""
    shape = tuple(x._data.shape)
    return size_of(tuple(shape[axis] for axis in normalize_axes(dim, len(shape), name)))


@takes_out
@numpy_names
def sum(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Any:
    """Sum over the axes in `dim` (all if None); integers and bools add up as int64.

    >>> import wengert
    >>> wengert.ones(2, 3).sum(dim=1)
    tensor([3., 3.])
    """
    x = _summands(input, dtype)
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "sum")
    return kept(reductions.sum_(x, axes=axes), shape, axes, keepdim)


def _without_nan(x: Any) -> Any:
    return where(isnan(x), 0, x) if is_inexact(x._data.dtype) else x


@takes_out
@numpy_names
def nansum(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Any:
    """Sum over axes of what is not NaN.

    >>> import wengert
    >>> wengert.tensor([1.0, float("nan"), 2.0]).nansum()
    tensor(3.)
    """
    require_real(input, "nansum")
    return sum(_without_nan(input), dim, keepdim, dtype=dtype)


@takes_out
@numpy_names
def prod(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Any:
    """Product of all elements, or along an axis; integers and bools multiply as int64.

    Factors are multiplied in halves, without a division, so the derivative (of any order) is right
    whatever the number of zeros.

    >>> import wengert
    >>> x = wengert.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> x.prod().backward()
    >>> x.grad
    tensor([0., 6., 0.])
    """
    x = _summands(input, dtype)
    shape = tuple(x._data.shape)
    if dim is None:
        found = _product(reshape(x, shape=(x._data.size,)), 0)
        return kept(found, shape, tuple(range(len(shape))), keepdim)
    axis = normalize_axis(dim, len(shape), "prod")
    return kept(_product(x, axis), shape, (axis,), keepdim) if shape else x.clone()


def _product(x: Any, axis: int) -> Any:
    """The product along an axis, which disappears."""
    own = x._data.dtype
    if own.itemsize == 2:
        return convert(_product(convert(x, float32), axis), own)
    shape = tuple(x._data.shape)
    rest = (*shape[:axis], *shape[axis + 1 :])
    count = shape[axis]
    if not count:
        return add(reductions.sum_(x, axes=(axis,)), 1)
    while count > 1:
        half = count // 2
        pairs = mul(part_of(x, axis, 0, half), part_of(x, axis, half, 2 * half))
        if count % 2:
            pairs = concatenate(pairs, part_of(x, axis, count - 1, count), axis=axis)
        x, count = pairs, half + count % 2
    return reshape(x, shape=rest)


def _mean_of(x: Any, count: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    own = x._data.dtype
    halves = own.itemsize == 2  # a sum of halves overflows long before their mean does
    total = reductions.sum_(convert(x, float32) if halves else x, axes=axes)
    found = kept(div(total, count), tuple(x._data.shape), axes, keepdim)
    return convert(found, own) if halves else found


def _averaged(input: Any, dtype: Any, name: str) -> Any:
    x = input if dtype is None else convert(input, as_dtype(dtype))
    require_floating(x, name)
    return x


@takes_out
@numpy_names
def mean(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Any:
    """Arithmetic mean over axes; of nothing it is NaN.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 6.0]).mean()
    tensor(3.)
    """
    x = _averaged(input, dtype, "mean")
    shape = x._data.shape
    axes = normalize_axes(dim, len(shape), "mean")
    return _mean_of(x, float(size_of(tuple(shape[axis] for axis in axes))), axes, keepdim)


@takes_out
@numpy_names
def nanmean(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Any:
    """Arithmetic mean over axes of what is not NaN.

    >>> import wengert
    >>> wengert.tensor([1.0, float("nan"), 2.0]).nanmean()
    tensor(1.5000)
    """
    x = _averaged(input, dtype, "nanmean")
    axes = normalize_axes(dim, x._data.ndim, "nanmean")
    numbers = reductions.sum_(convert(eq(isnan(x), False), int64), axes=axes)
    return _mean_of(_without_nan(x), numbers, axes, keepdim)


def _axes_of_extreme(x: Any, dim: Any, name: str) -> tuple[int, ...]:
    require_real(x, name)
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), name)
    for axis in axes:
        if not shape[axis]:
            raise DimensionError(
                f"{name}: dim {axis} of shape {shape} is empty; it has no extreme. Ask x.numel() "
                "first."
            )
    return axes


@takes_out
@numpy_names
def amax(input: Any, dim: Any = (), keepdim: bool = False, *, out: Any = None) -> Any:
    """The largest elements over axes; ties share the cotangent.

    >>> import wengert
    >>> wengert.tensor([[1.0, 5.0], [7.0, 2.0]]).amax(0)
    tensor([7., 5.])
    """
    axes = _axes_of_extreme(input, dim, "amax")
    return kept(ordering.amax(input, axes=axes), tuple(input._data.shape), axes, keepdim)


@takes_out
@numpy_names
def amin(input: Any, dim: Any = (), keepdim: bool = False, *, out: Any = None) -> Any:
    """The smallest elements over axes; ties share the cotangent.

    >>> import wengert
    >>> wengert.tensor([[1.0, 5.0], [7.0, 2.0]]).amin(0)
    tensor([1., 2.])
    """
    axes = _axes_of_extreme(input, dim, "amin")
    return kept(ordering.amin(input, axes=axes), tuple(input._data.shape), axes, keepdim)


@numpy_names
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False, out: Any = None) -> Any:
    """(min, max) of all elements or along an axis; ties share the cotangent.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).aminmax().max
    tensor(3)
    """
    for target in out or ():
        if target.dtype != input._data.dtype:
            raise DtypeError(
                f"aminmax: out must have the dtype {input._data.dtype} of the input, not "
                f"{target.dtype}."
            )
    return _aminmax(input, dim, keepdim, out=out)


@takes_out
def _aminmax(input: Any, dim: int | None, keepdim: bool, out: Any = None) -> Any:
    if dim is not None:
        dim = normalize_axis(dim, input._data.ndim, "aminmax")
    return r.aminmax(amin(input, dim, keepdim), amax(input, dim, keepdim))


def picked(x: Any, index: Any, axis: int) -> Any:
    """The elements of x at one position along an axis, which disappears."""
    shape = tuple(1 if k == axis else e for k, e in enumerate(x._data.shape))
    values = take(x, *along_axis(reshape(index, shape=shape), axis))
    return reshape(values, shape=tuple(index._data.shape))


def values_and_indices(kind: Any, x: Any, index: Any, axis: int, keepdim: bool) -> Any:
    """What stands at one position along an axis, and that position, as a named tuple."""
    shape = tuple(x._data.shape)
    return kind(
        kept(picked(x, index, axis), shape, (axis,), keepdim), kept(index, shape, (axis,), keepdim)
    )


def _extreme(
    x: Any, dim: Any, keepdim: bool, kind: Any, whole: Any, position: Any, pairwise: Any
) -> Any:
    name = kind.__name__
    if not hasattr(x, "_data"):
        raise TypeError(f"{name}: the first argument is a {type(x).__name__}, not a tensor.")
    if isinstance(dim, Handle) and not is_number(dim):
        return pairwise(x, dim)
    if dim is None:
        return whole(x, axes=_axes_of_extreme(x, None, name))
    axis = normalize_axis(dim, x._data.ndim, name)
    if not x._data.ndim:
        return kind(x.clone(), full((), 0, int64))
    _axes_of_extreme(x, axis, name)
    return values_and_indices(kind, x, position(x, axis=axis), axis, keepdim)


@takes_out
@numpy_names
def max(
    input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None
) -> Any:
    """The largest element; with `dim`, (values, indices) along an axis; with a tensor, elementwise.

    Over all elements ties share the cotangent; along an axis the first one gets it.

    >>> import wengert
    >>> wengert.tensor([[1, 5], [7, 2]]).max(dim=1).indices
    tensor([1, 0])
    """
    second = dim if other is None else other
    return _extreme(input, second, keepdim, r.max, ordering.amax, ordering.argmax, maximum)


@takes_out
@numpy_names
def min(
    input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None
) -> Any:
    """The smallest element; with `dim`, (values, indices) along it; with a tensor, elementwise.

    >>> import wengert
    >>> wengert.tensor([3.0, 1.0]).min()
    tensor(1.)
    """
    second = dim if other is None else other
    return _extreme(input, second, keepdim, r.min, ordering.amin, ordering.argmin, minimum)


def _position(x: Any, dim: Any, keepdim: bool, name: str, rule: Any) -> Any:
    shape = tuple(x._data.shape)
    if x._data.dtype == bool_:
        raise DtypeError(f"{name}: bool is not supported. Use x.to(wengert.uint8).{name}().")
    if dim is None:
        _axes_of_extreme(x, None, name)
        found = rule(reshape(x, shape=(x._data.size,)), axis=0)
        return reshape(found, shape=(1,) * len(shape)) if keepdim else found
    axis = normalize_axis(dim, len(shape), name)
    if not shape:
        return full((), 0, int64)
    _axes_of_extreme(x, axis, name)
    return kept(rule(x, axis=axis), shape, (axis,), keepdim)


@takes_out
@numpy_names
def argmax(input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The position of the (first) largest element, of all or along an axis.

    >>> import wengert
    >>> wengert.tensor([3, 9, 4]).argmax()
    tensor(1)
    """
    return _position(input, dim, keepdim, "argmax", ordering.argmax)


@takes_out
@numpy_names
def argmin(input: Any, dim: int | None = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The position of the (first) smallest element, of all or along an axis.

    >>> import wengert
    >>> wengert.tensor([3, 9, 4]).argmin()
    tensor(0)
    """
    return _position(input, dim, keepdim, "argmin", ordering.argmin)


def _truth(x: Any) -> Any:
    return x if x._data.dtype == bool_ else ne(x, 0)


def _quantified(x: Any, dim: Any, keepdim: bool, name: str, rule: Any) -> Any:
    shape = tuple(x._data.shape)
    # As in PyTorch no axes are reduced here where none are named: dim=() is not dim=None.
    axes = () if dim == () else normalize_axes(dim, len(shape), name)
    found = kept(rule(_truth(x), axes=axes), shape, axes, keepdim)
    return convert(found, uint8) if x._data.dtype == uint8 else found


@takes_out
@numpy_names
def any(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Whether any element is non-zero.

    >>> import wengert
    >>> wengert.tensor([0, 2]).any()
    tensor(True)
    """
    return _quantified(input, dim, keepdim, "any", ordering.amax)


@takes_out
@numpy_names
def all(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """Whether all elements are non-zero.

    >>> import wengert
    >>> wengert.tensor([0, 2]).all()
    tensor(False)
    """
    return _quantified(input, dim, keepdim, "all", ordering.amin)


@numpy_names
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many elements are not zero, of all or over axes.

    >>> import wengert
    >>> wengert.tensor([0, 2, 3]).count_nonzero()
    tensor(2)
    """
    return sum(_truth(input), dim)


@takes_out
@numpy_names
def logsumexp(input: Any, dim: Any, keepdim: bool = False, *, out: Any = None) -> Any:
    """log(sum(exp(x))) over axes, without overflow.

    >>> import wengert
    >>> wengert.tensor([100.0, 100.0]).logsumexp(0)
    tensor(100.6931)
    """
    x = convert(input, to_floating(input._data.dtype))
    own = x._data.dtype
    if own.itemsize == 2:
        return convert(logsumexp(convert(x, float32), dim, keepdim), own)
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "logsumexp")
    if not x._data.size:
        return kept(log(reductions.sum_(exp(x), axes=axes)), shape, axes, keepdim)
    # The shift has no influence on the value, so it is a constant; an infinite one would give NaN.
    size = real(x) if own.kind == "c" else x
    top = ordering.amax(size, axes=axes).detach()
    top = where(eq(absolute(top), math.inf), 0.0, top)
    total = reductions.sum_(exp(sub(x, back_over(top, shape, axes))), axes=axes)
    return kept(log(total) + top, shape, axes, keepdim)


__all__ = [
    "all",
    "amax",
    "amin",
    "aminmax",
    "any",
    "argmax",
    "argmin",
    "count_nonzero",
    "logsumexp",
    "max",
    "mean",
    "min",
    "nanmean",
    "nansum",
    "prod",
    "sum",
]
