"""Norms of vectors and matrices, and what is measured with them.

The derivative at the zero vector, where every direction is alike, is 0.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import as_dtype, float32
from ..._base.errors import DimensionError, DtypeError
from ..._base.shapes import normalize_axes, normalize_axis
from ..._declare.elementwise import convert
from ..._primitives.complex_numbers import imag, modulus, real
from ..._primitives.decompositions import svd
from ..._primitives.elementwise import absolute, add, div, eq, gt, isnan, mul, pow, sign, sub, where
from ..._primitives.shaping import permute, reshape
from ..._primitives.transcendental import sqrt
from ..numpy_names import numpy_names
from ..out import takes_out
from .reduction import amax, amin, kept, require_floating, sum


def squared_size(x: Any) -> Any:
    """|x|^2, without |x|, whose derivative at 0 has no worth for the second one."""
    if x._data.dtype.kind != "c":
        return mul(x, x)
    return add(mul(real(x), real(x)), mul(imag(x), imag(x)))


def safe_sqrt(x: Any) -> Any:
    """sqrt whose derivative at 0 is 0: for norms, where the point has every direction alike."""
    zero = eq(x, 0.0)
    return where(zero, 0.0, sqrt(where(zero, 1.0, x)))


def _safe_power(x: Any, p: float) -> Any:
    """x ** p for x >= 0, with the derivatives 0 at 0 of every order."""
    zero = eq(x, 0.0)
    return where(zero, 0.0 if p > 0 else math.inf, pow(where(zero, 1.0, x), p))


def _need_elements(x: Any, dim: Any, p: float) -> None:
    shape = tuple(x._data.shape)
    for axis in normalize_axes(dim, len(shape), "norm"):
        if not shape[axis]:
            raise DimensionError(
                f"norm: dim {axis} of shape {shape} is empty; of nothing there is no norm for "
                f"p={p}. Ask x.numel() first."
            )


def _single(x: Any, dim: Any) -> bool:
    """Whether a reduction over `dim` has one element each time."""
    shape = tuple(x._data.shape)
    return all(shape[axis] == 1 for axis in normalize_axes(dim, len(shape), "norm"))


@takes_out
def vector_norm(
    x: Any,
    ord: float = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    """(sum |x|^ord)^(1/ord) over axes; ord may be any number, inf or -inf. ord=0 counts non-zeros.

    The gradient at the zero vector is 0.

    >>> import wengert
    >>> wengert.tensor([1.0, -2.0]).norm(1)
    tensor(3.)
    """
    if dtype is not None:
        wanted = as_dtype(dtype)
        if x._data.dtype.kind == "c" and wanted.kind != "c":
            raise DtypeError(f"norm: a complex tensor needs a complex dtype, not {wanted}.")
        x = convert(x, wanted)
    require_floating(x, "norm")
    own = x._data.dtype
    if own.itemsize == 2:
        return convert(vector_norm(convert(x, float32), ord, dim, keepdim), own)
    p = float(ord)
    if p != 0 and _single(x, dim):
        p = 1.0  # |x| whatever the order, without the roundings of a power and its root
    if p == 2:
        return safe_sqrt(sum(squared_size(x), dim, keepdim))
    size = modulus(x) if own.kind == "c" else absolute(x)
    if p < 0 or p == math.inf:
        _need_elements(x, dim, p)
    if p == math.inf:
        return amax(size, dim, keepdim)
    if p == -math.inf:
        return amin(size, dim, keepdim)
    if p == 0:
        return sum(sign(where(isnan(size), 1.0, size)), dim, keepdim)
    if p == 1:
        return sum(size, dim, keepdim)
    total = sum(_safe_power(size, p) if p < 2 else pow(size, p), dim, keepdim)
    if p < 0:
        return pow(total, 1.0 / p)
    return _safe_power(total, 1.0 / p)


@takes_out
@numpy_names
def norm(
    input: Any,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    dtype: Any = None,
    *,
    out: Any = None,
) -> Any:
    """Vector norm over axes, (sum |x|^p)^(1/p); "fro" is 2, "nuc" the sum of the singular values.

    The gradient at the zero vector is 0.

    >>> import wengert
    >>> wengert.tensor([3.0, 4.0]).norm()
    tensor(5.)
    """
    if isinstance(p, str):
        if p == "nuc":
            return _nuclear(input, dim, keepdim, dtype)
        if p != "fro":
            raise ValueError(f"norm: p={p!r} is not known. Use a number, 'fro' or 'nuc'.")
        p = 2
    return vector_norm(input, 2 if p is None else p, dim, keepdim, dtype=dtype)


def _nuclear(x: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    x = x if dtype is None else convert(x, as_dtype(dtype))
    require_floating(x, "norm")
    shape = tuple(x._data.shape)
    given: list[Any] = [-2, -1] if dim is None else [*dim]
    if len(given) != 2 or len(shape) < 2 or (dim is None and len(shape) != 2):
        raise DimensionError(
            f"norm: p='nuc' needs a matrix, not a tensor of shape {shape} and dim={dim}. Give the "
            "two axes in dim."
        )
    axes = normalize_axes(given, len(shape), "norm")
    order = (*(k for k in range(len(shape)) if k not in axes), *axes)
    return kept(sum(svd(permute(x, axes=order))[1], -1), shape, axes, keepdim)


@takes_out
def frobenius_norm(input: Any, dim: Any, keepdim: bool = False, *, out: Any = None) -> Any:
    """sqrt(sum |x|^2) over one or two axes; over all of them if `dim` is ().

    >>> import wengert
    >>> wengert.frobenius_norm(wengert.tensor([[3.0, 4.0]]), 1)
    tensor([5.])
    """
    axes = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(axes) > 2:
        raise DimensionError(f"frobenius_norm: at most two axes, not dim={dim}.")
    return vector_norm(input, 2, axes or None, keepdim)


@takes_out
def nuclear_norm(input: Any, dim: Any = None, keepdim: bool = False, *, out: Any = None) -> Any:
    """The sum of the singular values of matrices, which are the last two axes unless `dim` says
    others. A second argument that is a bool is `keepdim`.

    >>> import wengert
    >>> wengert.nuclear_norm(wengert.eye(3))
    tensor(3.)
    """
    if isinstance(dim, bool):
        dim, keepdim = None, dim
    return _nuclear(input, (-2, -1) if dim is None else dim, keepdim, None)


def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Any:
    """The `pow`-norm over all axes but one, which stay with the extent 1; over all, -1.

    >>> import wengert
    >>> wengert.norm_except_dim(wengert.tensor([[3.0, 4.0], [6.0, 8.0]]))
    tensor([[ 5.],
            [10.]])
    """
    if dim == -1:
        return vector_norm(v, pow)
    ndim = v._data.ndim
    axis = normalize_axis(dim, ndim, "norm_except_dim")
    shape = [v._data.shape[k] if k == axis else 1 for k in range(ndim)]
    # An axis of extent 1 in front, so that there is something to sum over in one dimension, too.
    wide = reshape(v, shape=(1, *v._data.shape))
    others = [k for k in range(ndim + 1) if k != axis + 1]
    return reshape(vector_norm(wide, pow, others), shape=tuple(shape))


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The norm of the difference, (sum |x - y|^p)^(1/p), after broadcasting.

    >>> import wengert
    >>> wengert.dist(wengert.tensor([1.0, 2.0]), wengert.tensor([4.0, 6.0]))
    tensor(5.)
    """
    return vector_norm(sub(input, other), p)


@takes_out
@numpy_names
def renorm(input: Any, p: float, dim: int, maxnorm: float, *, out: Any = None) -> Any:
    """Scale each slice along `dim` whose p-norm is above `maxnorm` down to it.

    >>> import wengert
    >>> wengert.tensor([[3.0, 4.0], [0.3, 0.4]]).renorm(2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    ndim = input._data.ndim
    require_floating(input, "renorm")
    if ndim < 2:
        raise DimensionError(f"renorm: expected at least 2 axes, not {ndim}.")
    if p <= 0 or maxnorm < 0:
        raise ValueError(f"renorm: p={p} must be positive and maxnorm={maxnorm} not negative.")
    axis = normalize_axis(dim, ndim, "renorm")
    others = normalize_axes([k for k in range(ndim) if k != axis], ndim, "renorm")
    size = vector_norm(input, p, others, keepdim=True)
    # The 1e-7 is PyTorch's.
    scale = where(gt(size, maxnorm), div(maxnorm, add(size, 1e-7)), 1.0)
    return mul(input, scale)


__all__ = ["dist", "frobenius_norm", "norm", "norm_except_dim", "nuclear_norm", "renorm"]
