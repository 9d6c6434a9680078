"""Sums, means, extremes and norms over axes."""

from __future__ import annotations

import builtins
import math
from typing import Any, NamedTuple

from .._base.dtypes import as_dtype, bool_, float32, int64, is_inexact, to_floating
from .._base.errors import DimensionError, DtypeError
from .._base.shapes import normalize_axes, normalize_axis, size_of
from .._declare.elementwise import convert
from .._primitives import indexing, ordering, reductions
from .._primitives.complex_numbers import imag, modulus, real
from .._primitives.creation import full
from .._primitives.elementwise import absolute, add, div, eq, mul, ne, pow, sub, where
from .._primitives.indexing import along_axis, take
from .._primitives.reductions import back_over
from .._primitives.shaping import reshape
from .._primitives.transcendental import exp, log, sqrt


def _kept(x: Any, shape: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    if not keepdim:
        return x
    return reshape(x, shape=tuple(1 if k in axes else e for k, e in enumerate(shape)))


def sum(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Sum over the axes in `dim` (all if None); integers and bools add up as int64.

    >>> import wengert
    >>> wengert.ones(2, 3).sum(dim=1)
    tensor([3., 3.])
    """
    if dtype is not None:
        x = convert(x, as_dtype(dtype))
    elif not is_inexact(x._data.dtype):
        x = convert(x, int64)
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "sum")
    return _kept(reductions.sum_(x, axes=axes), shape, axes, keepdim)


def _count(x: Any, dim: Any, name: str) -> int:
    shape = tuple(x._data.shape)
    return size_of(tuple(shape[axis] for axis in normalize_axes(dim, len(shape), name)))


def _need_floating(x: Any, name: str) -> None:
    if not is_inexact(x._data.dtype):
        raise DtypeError(
            f"{name}: expected a floating or complex tensor, not {x._data.dtype}. Use "
            f"x.to(wengert.float32).{name}()."
        )


def mean(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Arithmetic mean over axes.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 6.0]).mean()
    tensor(3.)
    """
    if dtype is not None:
        x = convert(x, as_dtype(dtype))
    _need_floating(x, "mean")
    own = x._data.dtype
    if own.itemsize == 2:  # a sum of halves overflows long before their mean does
        return convert(mean(convert(x, float32), dim, keepdim), own)
    count = _count(x, dim, "mean")
    total = sum(x, dim, keepdim)
    return div(total, float(count)) if count else div(total, 0.0)


def var(
    x: Any,
    dim: Any = None,
    *,
    correction: float = 1,
    unbiased: bool | None = None,
    keepdim: bool = False,
) -> Any:
    """Variance over axes, sum |x - mean|^2 / max(n - correction, 0).

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 3.0]).var()
    tensor(1.)
    """
    _need_floating(x, "var")
    if unbiased is not None:
        correction = 1 if unbiased else 0
    own = x._data.dtype
    if own.itemsize == 2:
        wide = var(convert(x, float32), dim, correction=correction, keepdim=keepdim)
        return convert(wide, own)
    axes = normalize_axes(dim, x._data.ndim, "var")
    centred = sub(x, mean(x, axes, keepdim=True)) if x._data.ndim else sub(x, x)
    total = sum(_squared(centred), axes if x._data.ndim else None, keepdim)
    return div(total, float(builtins.max(_count(x, dim, "var") - correction, 0)))


def std(
    x: Any,
    dim: Any = None,
    *,
    correction: float = 1,
    unbiased: bool | None = None,
    keepdim: bool = False,
) -> Any:
    """Standard deviation over axes; its gradient at 0 is 0.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 3.0]).std()
    tensor(1.)
    """
    return safe_sqrt(var(x, dim, correction=correction, unbiased=unbiased, keepdim=keepdim))


def _squared(x: Any) -> Any:
    """|x|^2, without |x|, whose derivative at 0 has no worth for the second one."""
    if x._data.dtype.kind != "c":
        return mul(x, x)
    return add(mul(real(x), real(x)), mul(imag(x), imag(x)))


def safe_sqrt(x: Any) -> Any:
    """sqrt whose derivative at 0 is 0: for norms, where the point has every direction alike."""
    zero = eq(x, 0.0)
    return where(zero, 0.0, sqrt(where(zero, 1.0, x)))


class Extreme(NamedTuple):
    """The values along an axis, and where they stand."""

    values: Any
    indices: Any


def _extreme(
    x: Any, dim: Any, keepdim: bool, name: str, whole: Any, position: Any, pairwise: Any
) -> Any:
    if hasattr(dim, "_data"):
        return pairwise(x, dim)
    shape = tuple(x._data.shape)
    if dim is None:
        return whole(x, axes=tuple(range(len(shape))))
    axis = normalize_axis(dim, len(shape), name)
    if not shape:
        return Extreme(x.clone(), full((), 0, int64))
    index = position(x, axis=axis)
    places = reshape(index, shape=tuple(1 if k == axis else e for k, e in enumerate(shape)))
    values = take(x, *along_axis(places, axis))
    if not keepdim:
        return Extreme(reshape(values, shape=tuple(index._data.shape)), index)
    return Extreme(values, places)


def max(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with `dim`, (values, indices) along an axis; with a tensor, elementwise.

    Over all elements ties share the cotangent; along an axis the first one gets it.

    >>> import wengert
    >>> wengert.tensor([[1, 5], [7, 2]]).max(dim=1).indices
    tensor([1, 0])
    """
    from .._primitives.elementwise import maximum

    return _extreme(x, dim, keepdim, "max", ordering.amax, ordering.argmax, maximum)


def min(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with `dim`, (values, indices) along it; with a tensor, elementwise.

    >>> import wengert
    >>> wengert.tensor([3.0, 1.0]).min()
    tensor(1.)
    """
    from .._primitives.elementwise import minimum

    return _extreme(x, dim, keepdim, "min", ordering.amin, ordering.argmin, minimum)


def amax(x: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The largest elements over axes; ties share the cotangent.

    >>> import wengert
    >>> wengert.tensor([[1.0, 5.0], [7.0, 2.0]]).amax(0)
    tensor([7., 5.])
    """
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "amax")
    return _kept(ordering.amax(x, axes=axes), shape, axes, keepdim)


def amin(x: Any, dim: Any = (), keepdim: bool = False) -> Any:
    """The smallest elements over axes; ties share the cotangent.

    >>> import wengert
    >>> wengert.tensor([[1.0, 5.0], [7.0, 2.0]]).amin(0)
    tensor([1., 2.])
    """
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "amin")
    return _kept(ordering.amin(x, axes=axes), shape, axes, keepdim)


def _position(x: Any, dim: Any, keepdim: bool, name: str, rule: Any) -> Any:
    shape = tuple(x._data.shape)
    if dim is None:
        found = rule(reshape(x, shape=(x._data.size,)), axis=0)
        return reshape(found, shape=(1,) * len(shape)) if keepdim else found
    axis = normalize_axis(dim, len(shape), name)
    if not shape:
        return full((), 0, int64)
    return _kept(rule(x, axis=axis), shape, (axis,), keepdim)


def argmax(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The position of the (first) largest element, of all or along an axis.

    >>> import wengert
    >>> wengert.tensor([3, 9, 4]).argmax()
    tensor(1)
    """
    return _position(x, dim, keepdim, "argmax", ordering.argmax)


def argmin(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The position of the (first) smallest element, of all or along an axis.

    >>> import wengert
    >>> wengert.tensor([3, 9, 4]).argmin()
    tensor(0)
    """
    return _position(x, dim, keepdim, "argmin", ordering.argmin)


def _truth(x: Any) -> Any:
    return x if x._data.dtype == bool_ else ne(x, 0)


def any(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether any element is non-zero.

    >>> import wengert
    >>> wengert.tensor([0, 2]).any()
    tensor(True)
    """
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "any")
    return _kept(ordering.amax(_truth(x), axes=axes), shape, axes, keepdim)


def all(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether all elements are non-zero.

    >>> import wengert
    >>> wengert.tensor([0, 2]).all()
    tensor(False)
    """
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "all")
    return _kept(ordering.amin(_truth(x), axes=axes), shape, axes, keepdim)


def cumsum(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running sum along an axis.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 3.0]).cumsum(0)
    tensor([1., 3., 6.])
    """
    if dtype is not None:
        x = convert(x, as_dtype(dtype))
    elif not is_inexact(x._data.dtype):
        x = convert(x, int64)
    axis = normalize_axis(dim, x._data.ndim, "cumsum")
    return reductions.cumsum(x, axis=axis) if x._data.ndim else x.clone()


def logsumexp(x: Any, dim: Any, keepdim: bool = False) -> Any:
    """log(sum(exp(x))) over axes, without overflow.

    >>> import wengert
    >>> wengert.tensor([100.0, 100.0]).logsumexp(0)
    tensor(100.6931)
    """
    x = convert(x, to_floating(x._data.dtype))
    shape = tuple(x._data.shape)
    axes = normalize_axes(dim, len(shape), "logsumexp")
    if size_of(tuple(shape[axis] for axis in axes)) == 0:
        kept = sum(exp(x), axes, keepdim)
        return log(kept)
    # The shift has no influence on the value, so it is a constant; an infinite one would give NaN.
    top = ordering.amax(x, axes=axes).detach()
    top = where(eq(absolute(top), math.inf), 0.0, top)
    total = reductions.sum_(exp(sub(x, back_over(top, shape, axes))), axes=axes)
    return _kept(log(total) + top, shape, axes, keepdim)


def norm(x: Any, p: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """Vector norm over axes, (sum |x|^p)^(1/p); p may be inf, -inf, 0, or "fro" (2).

    The gradient at the zero vector is 0.

    >>> import wengert
    >>> wengert.tensor([3.0, 4.0]).norm()
    tensor(5.)
    """
    if dtype is not None:
        x = convert(x, as_dtype(dtype))
    _need_floating(x, "norm")
    own = x._data.dtype
    if own.itemsize == 2:
        return convert(norm(convert(x, float32), p, dim, keepdim), own)
    if p == "fro" or p is None:
        p = 2
    if p == 2:
        return safe_sqrt(sum(_squared(x), dim, keepdim))
    size = modulus(x) if x._data.dtype.kind == "c" else absolute(x)
    if p == math.inf:
        return amax(size, () if dim is None else dim, keepdim)
    if p == -math.inf:
        return amin(size, () if dim is None else dim, keepdim)
    if p == 0:
        return sum(convert(ne(size, 0.0), size._data.dtype), dim, keepdim)
    if p == 1:
        return sum(size, dim, keepdim)
    total = sum(pow(size, float(p)), dim, keepdim)
    zero = eq(total, 0.0)
    return where(zero, 0.0, pow(where(zero, 1.0, total), 1.0 / p))


class Sorted(NamedTuple):
    """The values in order, and where they stood."""

    values: Any
    indices: Any


def sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """(values, indices) in order along an axis; always stable; NaN counts as the largest.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).sort().values
    tensor([1, 2, 3])
    """
    if not x._data.ndim:
        normalize_axis(dim, 0, "sort")
        return Sorted(x.clone(), full((), 0, int64))
    axis = normalize_axis(dim, x._data.ndim, "sort")
    return Sorted(*indexing.sort(x, axis=axis, descending=descending))


def argsort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The positions that sort an axis.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).argsort()
    tensor([1, 2, 0])
    """
    return sort(x, dim, descending).indices


def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """(values, indices) of the k largest (or smallest) along an axis.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).topk(2).values
    tensor([3, 2])
    """
    from .shape import narrow

    if not 0 <= k <= (x._data.shape[dim] if x._data.ndim else 1):
        raise DimensionError(f"topk: k={k} is out of range for shape {tuple(x._data.shape)}.")
    values, indices = sort(x, dim, descending=largest)
    if not x._data.ndim:
        return Sorted(values, indices)
    return Sorted(narrow(values, dim, 0, k), narrow(indices, dim, 0, k))


__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "min",
    "norm",
    "sort",
    "std",
    "sum",
    "topk",
    "var",
]
