"""Determinants, powers, the exponential, norms of matrices, rank and condition."""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import as_dtype
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.shapes import normalize_axis, whole
from ..._declare.elementwise import convert
from ..._primitives import decompositions as d
from ..._primitives import determinants as dets
from ..._primitives import matrix_functions as mf
from ..._primitives.complex_numbers import modulus
from ..._primitives.elementwise import absolute, add, div, gt, lt, maximum, mul, where
from ..._primitives.shaping import permute, reshape
from ..._primitives.transcendental import log
from ..._primitives.writing import overwrite
from ..out import takes_out
from ..reductions.norms import vector_norm
from ..reductions.reduction import amax, amin
from ..reductions.reduction import sum as _sum
from ..shaping.views import diagonal
from . import linalg_types as types
from .factors import mirrored, need_matrix
from .matrix import matmul
from .solving import identity_like, inv, tolerances


@takes_out
def det(A: Any, *, out: Any = None) -> Any:
    """The determinant of square matrices; first and second derivatives are exact if it is 0.

    >>> import wengert
    >>> wengert.linalg.det(wengert.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(-2.)
    """
    need_matrix("det", A, square=True)
    return dets.det(A)


@takes_out
def slogdet(A: Any, *, out: Any = None) -> Any:
    """(sign, logabsdet) with det(A) = sign * exp(logabsdet); (0, -inf) for singular matrices.

    >>> import wengert
    >>> wengert.linalg.slogdet(wengert.tensor([[-1.0]])).sign
    tensor(-1.)
    """
    need_matrix("slogdet", A, square=True)
    return types.slogdet(*dets.slogdet(A))


def logdet(input: Any) -> Any:
    """log(det(input)): NaN for a negative, -inf for a zero determinant.

    >>> import wengert
    >>> wengert.logdet(wengert.eye(2))
    tensor(0.)
    """
    sign, size = slogdet(input)
    if sign._data.dtype.kind == "c":
        return add(log(sign), convert(size, sign._data.dtype))
    return where(lt(sign, 0), float("nan"), size)


@takes_out
def matrix_power(input: Any, n: int, *, out: Any = None) -> Any:
    """The n-th power of square matrices by repeated squaring; negative n powers the inverse.

    >>> import wengert
    >>> wengert.linalg.matrix_power(wengert.tensor([[2.0]]), 3)
    tensor([[8.]])
    """
    need_matrix("matrix_power", input, square=True, inexact=False)
    n = whole(n, "matrix_power", "n")
    if n == 0:
        return overwrite(mul(input, 0), identity_like(input))
    base, left = (inv(input), -n) if n < 0 else (input, n)
    found: Any = None
    while left:
        if left % 2:
            found = base if found is None else matmul(found, base)
        left //= 2
        if left:
            base = matmul(base, base)
    return found if found is not input else mul(input, 1)


def matrix_exp(input: Any) -> Any:
    """exp of square matrices, sum of A^k / k!.

    >>> import wengert
    >>> wengert.linalg.matrix_exp(wengert.zeros(1, 1))
    tensor([[1.]])
    """
    need_matrix("matrix_exp", input, square=True)
    return mf.matrix_exp(input)


def linalg_diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonal of matrices, a view whose last axis it is.

    >>> import wengert
    >>> wengert.linalg.diagonal(wengert.eye(2))
    tensor([1., 1.])
    """
    return diagonal(A, offset, dim1, dim2)


# ---- norms --------------------------------------------------------------------------------------


def _size(x: Any) -> Any:
    return modulus(x) if x._data.dtype.kind == "c" else absolute(x)


def _extreme_or_zero(x: Any, largest: bool) -> Any:
    if largest and not x._data.shape[-1]:
        return _sum(x, -1)
    return amax(x, -1) if largest else amin(x, -1)


def _checked_ord(ord: Any) -> Any:
    if ord not in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise ValueError(f"matrix_norm: ord={ord!r}; use 'fro', 'nuc', 1, -1, 2, -2, inf or -inf.")
    return ord


@takes_out
def matrix_norm(
    A: Any,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    """Norms of matrices: "fro", "nuc", 1 (columns), inf (rows), 2 (singular values), or the least.

    >>> import wengert
    >>> wengert.linalg.matrix_norm(wengert.eye(4))
    tensor(2.)
    """
    x = A if dtype is None else convert(A, _norm_dtype(A, dtype))
    ndim = x._data.ndim
    if ndim < 2 or len(dim) != 2:
        raise DimensionError(
            f"matrix_norm: dim={dim} of a tensor with {ndim} axes; two are needed."
        )
    need_matrix("matrix_norm", convert(x, as_dtype("float32")) if _is_half(x) else x)
    rows, columns = (normalize_axis(axis, ndim, "matrix_norm") for axis in dim)
    if rows == columns:
        raise DimensionError(f"matrix_norm: dim={dim} names an axis twice.")
    kind = _checked_ord(ord)
    rest = tuple(k for k in range(ndim) if k not in (rows, columns))
    x = permute(x, axes=(*rest, rows, columns))
    if kind == "fro":
        found = vector_norm(x, 2, (-2, -1))
    elif kind == "nuc":
        found = _sum(d.svd(x)[1], -1)
    elif kind in (2, -2):
        found = _extreme_or_zero(d.svd(x)[1], kind > 0)
    else:
        along = _sum(_size(x), -2 if kind in (1, -1) else -1)
        found = _extreme_or_zero(along, kind > 0)
    if keepdim:
        shape = A._data.shape
        found = reshape(
            found, shape=tuple(1 if k in (rows, columns) else shape[k] for k in range(ndim))
        )
    return found


def _is_half(x: Any) -> bool:
    return x._data.dtype.itemsize == 2 and x._data.dtype.kind not in "iu"


def _norm_dtype(x: Any, dtype: Any) -> Any:
    wanted = as_dtype(dtype)
    if x._data.dtype.kind == "c" and wanted.kind != "c":
        raise DtypeError(f"norm: a complex tensor needs a complex dtype, not {wanted}.")
    return wanted


@takes_out
def norm(
    A: Any,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Any = None,
) -> Any:
    """A vector norm over one axis, a matrix norm over two; without `ord`, that of all elements.

    >>> import wengert
    >>> wengert.linalg.norm(wengert.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    axes = list(range(A._data.ndim)) if dim is None else [dim] if isinstance(dim, int) else [*dim]
    if len(axes) == 2:
        return matrix_norm(A, ord, tuple(axes), keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise DimensionError(f"norm: ord={ord!r} needs two axes, not {len(axes)}.")
    if len(axes) != 1:
        raise DimensionError(f"norm: ord={ord!r} needs one or two axes, not {len(axes)}.")
    return vector_norm(A, ord, axes[0], keepdim, dtype=dtype)


@takes_out
def cond(A: Any, p: Any = None, *, out: Any = None) -> Any:
    """The condition number: |A| |inverse(A)| in a norm, or the ratio of the singular values.

    >>> import wengert
    >>> wengert.linalg.cond(wengert.eye(3))
    tensor(1.)
    """
    need_matrix("cond", A)
    if p in (None, 2, -2):
        if not min(A._data.shape[-2:]):
            raise ShapeError("cond: an empty matrix has no singular values.")
        s = d.svd(A)[1]
        largest, least = amax(s, -1), amin(s, -1)
        return div(least, largest) if p == -2 else div(largest, least)
    need_matrix("cond", A, square=True)
    _checked_ord(p)
    if not A._data.shape[-1]:
        return _sum(_sum(_size(A), -1), -1)
    from .solving import inv_ex

    inverse, info = inv_ex(A)
    product = mul(matrix_norm(A, p), matrix_norm(inverse, p))
    return where(gt(info, 0), float("inf"), product)


@takes_out
def matrix_rank(
    A: Any,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Any = None,
) -> Any:
    """How many singular values are above max(atol, rtol * the largest), as int64.

    `hermitian` reads the lower triangle only.

    >>> import wengert
    >>> wengert.linalg.matrix_rank(wengert.ones(2, 2))
    tensor(1)
    """
    rows, columns = need_matrix("matrix_rank", A, square=hermitian)
    a = (mirrored(A) if hermitian else A).detach()
    if tol is not None:
        atol, rtol = tol, 0.0
    s = _size(d.eigh(a)[0]) if hermitian else d.svd(a)[1]
    if not min(rows, columns):
        return _sum(gt(s, 0.0), -1)
    absolute_bound, relative = tolerances(A, atol, rtol)
    bound = maximum(absolute_bound, mul(relative, amax(s, -1)))
    return _sum(gt(s, reshape(bound, shape=(*bound._data.shape, 1))), -1)


__all__ = ["logdet", "matrix_exp", "matrix_power"]
