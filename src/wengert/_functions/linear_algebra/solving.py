"""Linear equations: with square and triangular matrices, with factors, and in least squares.

The `_ex` forms do not raise: where a matrix is singular, `info` says so and the result is NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.dtypes import int64
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import Shape, normalize_axis, size_of
from ..._declare.elementwise import convert
from ..._primitives import decompositions as d
from ..._primitives import linear_algebra as la
from ..._primitives import matrix_functions as mf
from ..._primitives import matrix_parts as parts
from ..._primitives import packed_factors as packed
from ..._primitives.complex_numbers import imag, real
from ..._primitives.creation import full, zeros
from ..._primitives.elementwise import add, gt, mul, ne, sub, where
from ..._primitives.shaping import permute, reshape, slice_
from ..out import takes_out
from ..reductions.reduction import amax
from ..reductions.reduction import sum as _sum
from . import linalg_types as types
from .factors import mirrored, need_matrix, raise_if, unpacked, zero_pivot


def same_dtype(name: str, a: Any, b: Any) -> None:
    """Raise if two dtypes differ."""
    if a._data.dtype != b._data.dtype:
        raise DtypeError(
            f"{name}: the dtypes {a._data.dtype} and {b._data.dtype} differ. Convert one with "
            "x.to(y.dtype)."
        )


def identity_like(a: Any) -> Any:
    """The identity of the shape and dtype of a."""
    return parts.only_diagonal(full(tuple(a._data.shape), 1, a._data.dtype))


def _solved(a: Any, b: Any, left: bool, name: str) -> Any:
    need_matrix(name, a, square=True)
    same_dtype(name, a, b)
    vector = b._data.ndim == 1 or (
        a._data.ndim - 1 == b._data.ndim and tuple(b._data.shape) == tuple(a._data.shape[:-1])
    )
    if not b._data.ndim:
        raise ShapeError(f"{name}: the right side has no axes; it must be a vector or columns.")
    if vector:
        if not left:
            raise ShapeError(f"{name}: a vector has no right side; left=False needs a matrix.")
        b = parts.as_column(b)
    elif not left:
        a, b = parts.swapped(a), parts.swapped(b)
    if a._data.shape[-1] != b._data.shape[-2]:
        raise ShapeError(
            f"{name}: a matrix of shape {tuple(a._data.shape)} does not fit the right side, of "
            f"shape {tuple(b._data.shape)}."
        )
    found = la.solve(a, b)
    if vector:
        return reshape(found, shape=tuple(found._data.shape[:-1]))
    return found if left else parts.swapped(found)


@takes_out
def solve(A: Any, B: Any, *, left: bool = True, out: Any = None) -> Any:
    """The X with A @ X = B, or X @ A = B if not `left`; LinAlgError if A is singular.

    B is a vector, or one or more columns; leading axes broadcast.

    >>> import wengert
    >>> wengert.linalg.solve(wengert.eye(2) * 2, wengert.ones(2))
    tensor([0.5000, 0.5000])
    """
    return _solved(A, B, left, "solve")


def _checked(a: Any) -> tuple[Any, Any, Any]:
    """(info, where a is singular, a with the identity there)."""
    info = zero_pivot(d.lu(a.detach())[0])
    bad = reshape(ne(info, 0), shape=(*info._data.shape, 1, 1))
    return info, bad, where(bad, identity_like(a), a)


@takes_out
def solve_ex(
    A: Any, B: Any, *, left: bool = True, check_errors: bool = False, out: Any = None
) -> Any:
    """(result, info) of `solve` without raising; info says which pivot is zero.

    >>> import wengert
    >>> wengert.linalg.solve_ex(wengert.zeros(1, 1), wengert.ones(1)).info
    tensor(1, dtype=wengert.int32)
    """
    need_matrix("solve_ex", A, square=True)
    info, bad, regular = _checked(A)
    if check_errors:
        raise_if(info, "solve_ex", "zero is the pivot")
    found = _solved(regular, B, left, "solve_ex")
    if found._data.ndim < max(A._data.ndim, 2):
        bad = reshape(bad, shape=tuple(bad._data.shape[:-1]))
    return types.solve_ex(where(bad, float("nan"), found), info)


@takes_out
def inv(A: Any, *, out: Any = None) -> Any:
    """The inverse of square matrices; LinAlgError if one is singular.

    >>> import wengert
    >>> wengert.linalg.inv(wengert.tensor([[4.0]]))
    tensor([[0.2500]])
    """
    need_matrix("inv", A, square=True)
    return la.solve(A, identity_like(A))


@takes_out
def inv_ex(A: Any, *, check_errors: bool = False, out: Any = None) -> Any:
    """(inverse, info) without raising; info says which pivot is zero.

    >>> import wengert
    >>> wengert.linalg.inv_ex(wengert.zeros(1, 1)).info
    tensor(1, dtype=wengert.int32)
    """
    need_matrix("inv_ex", A, square=True)
    info, bad, regular = _checked(A)
    if check_errors:
        raise_if(info, "inv_ex", "zero is the pivot")
    found = la.solve(regular, identity_like(A))
    return types.inv_ex(where(bad, float("nan"), found), info)


# ---- triangles ----------------------------------------------------------------------------------


@takes_out
def solve_triangular(
    A: Any,
    B: Any,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
    out: Any = None,
) -> Any:
    """The X with A @ X = B (X @ A = B if not `left`), of a triangular A; the rest is not read.

    >>> import wengert
    >>> wengert.linalg.solve_triangular(wengert.ones(2, 2), wengert.ones(2, 1), upper=True)
    tensor([[0.],
            [1.]])
    """
    need_matrix("solve_triangular", A, square=True)
    need_matrix("solve_triangular", B)
    same_dtype("solve_triangular", A, B)
    a, b = (parts.ones_on_diagonal(A) if unitriangular else A), B
    if not left:
        a, b, upper = parts.swapped(a), parts.swapped(b), not upper
    if a._data.shape[-1] != b._data.shape[-2]:
        raise ShapeError(
            f"solve_triangular: a matrix of shape {tuple(A._data.shape)} does not fit the right "
            f"side, of shape {tuple(B._data.shape)}."
        )
    found = la.solve_triangular(a, b, upper=upper)
    return found if left else parts.swapped(found)


@takes_out
def cholesky_solve(B: Any, L: Any, upper: bool = False, *, out: Any = None) -> Any:
    """The X with (L @ L.mH) @ X = B, or (L.mH @ L) @ X = B for an upper factor.

    >>> import wengert
    >>> wengert.cholesky_solve(wengert.ones(1, 1), wengert.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    need_matrix("cholesky_solve", L, square=True)
    need_matrix("cholesky_solve", B)
    same_dtype("cholesky_solve", L, B)
    if L._data.shape[-1] != B._data.shape[-2]:
        raise ShapeError(
            f"cholesky_solve: {tuple(L._data.shape)} does not fit {tuple(B._data.shape)}."
        )
    low = parts.adjoint(L) if upper else L
    found = la.solve_triangular(low, B, upper=False)
    return la.solve_triangular(parts.adjoint(low), found, upper=True)


@takes_out
def cholesky_inverse(L: Any, upper: bool = False, *, out: Any = None) -> Any:
    """The inverse of L @ L.mH, or of L.mH @ L for an upper factor.

    >>> import wengert
    >>> wengert.cholesky_inverse(wengert.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    need_matrix("cholesky_inverse", L, square=True)
    return cholesky_solve(identity_like(L), L, upper)


# ---- packed factors -----------------------------------------------------------------------------


def _need_pivots(name: str, factors: Any, pivots: Any) -> None:
    if pivots._data.dtype.name != "int32":
        raise DtypeError(f"{name}: pivots must be int32, not {pivots._data.dtype}.")
    if tuple(pivots._data.shape) != tuple(factors._data.shape[:-1]):
        raise ShapeError(
            f"{name}: pivots of shape {tuple(pivots._data.shape)} do not fit factors of shape "
            f"{tuple(factors._data.shape)}."
        )


@takes_out
def linalg_lu_solve(
    LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False, out: Any = None
) -> Any:
    """The X with A @ X = B (X @ A = B if not `left`; A.mH with `adjoint`), A given by `lu_factor`.

    >>> import wengert
    >>> factors = wengert.linalg.lu_factor(wengert.tensor([[2.0]]))
    >>> wengert.linalg.lu_solve(*factors, wengert.ones(1, 1))
    tensor([[0.5000]])
    """
    need_matrix("lu_solve", LU, square=True)
    need_matrix("lu_solve", B)
    same_dtype("lu_solve", LU, B)
    _need_pivots("lu_solve", LU, pivots)
    if LU._data.shape[-1] != B._data.shape[-2 if left else -1]:
        raise ShapeError(f"lu_solve: {tuple(LU._data.shape)} does not fit {tuple(B._data.shape)}.")
    p, low, up = unpacked(LU, pivots)
    b = B if left else parts.adjoint(B)  # X A = B is A^H X^H = B^H
    if adjoint == left:
        found = la.solve_triangular(parts.adjoint(up), b, upper=False)
        found = la.matmul(p, la.solve_triangular(parts.adjoint(low), found, upper=True))
    else:
        found = la.solve_triangular(low, la.matmul(parts.swapped(p), b), upper=False)
        found = la.solve_triangular(up, found, upper=True)
    return found if left else parts.adjoint(found)


@takes_out
def ldl_solve(LD: Any, pivots: Any, B: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """The X with A @ X = B, A given by `ldl_factor`; differentiable by B.

    >>> import wengert
    >>> wengert.linalg.ldl_solve(*wengert.linalg.ldl_factor(2 * wengert.eye(1)), wengert.ones(1, 1))
    tensor([[0.5000]])
    """
    need_matrix("ldl_solve", LD, square=True)
    need_matrix("ldl_solve", B)
    same_dtype("ldl_solve", LD, B)
    _need_pivots("ldl_solve", LD, pivots)
    if LD._data.shape[-1] != B._data.shape[-2]:
        raise ShapeError(f"ldl_solve: {tuple(LD._data.shape)} does not fit {tuple(B._data.shape)}.")
    return la.solve(packed.ldl_product(LD, pivots, hermitian=hermitian), B)


# ---- pseudo-inverses ----------------------------------------------------------------------------


def _bound(value: Any, dtype: Any, default: float) -> Any:
    if value is None:
        return full((), default, dtype)
    if not hasattr(value, "_data"):
        return full((), float(value), dtype)
    if value._data.dtype.kind == "c":
        raise DtypeError(f"tolerances must be real, not {value._data.dtype}.")
    return convert(value, dtype)


def tolerances(a: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """atol and rtol as tensors; by default 0 and max(rows, columns) times the precision."""
    dtype = np.dtype(f"f{a._data.dtype.itemsize // (2 if a._data.dtype.kind == 'c' else 1)}")
    default = float(np.finfo(dtype).eps) * max(a._data.shape[-2:])
    absolute = _bound(atol, dtype, 0.0)
    if atol is None or rtol is not None:
        return absolute, _bound(rtol, dtype, default)
    return absolute, where(gt(absolute, 0.0), full((), 0.0, dtype), full((), default, dtype))


@takes_out
def pinv(
    A: Any,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Any = None,
) -> Any:
    """Moore and Penrose's pseudo-inverse, without singular values <= max(atol, rtol * the largest).

    `rcond` is another name for `rtol`. `hermitian` reads the lower triangle only.

    >>> import wengert
    >>> wengert.linalg.pinv(wengert.tensor([[2.0, 0.0]]))
    tensor([[0.5000],
            [0.0000]])
    """
    rows, columns = need_matrix("pinv", A, square=hermitian)
    if not min(rows, columns):
        return parts.swapped(mul(A, 1.0))
    a = mirrored(A) if hermitian else A
    return mf.pinv(a, *tolerances(A, atol, rcond if rtol is None else rtol))


def _fitted(a: Any, b: Any, rcond: Any) -> tuple[Any, Any, Any]:
    """(solution, rank, singular values) of least squares."""
    dtype = real(a)._data.dtype if a._data.dtype.kind == "c" else a._data.dtype
    relative = float(np.finfo(dtype).eps) * max(a._data.shape[-2:]) if rcond is None else rcond
    s = d.svd(a.detach())[1]
    bound = mul(amax(s, -1, True), float(relative)) if s._data.shape[-1] else s
    rank = _sum(gt(s, bound), -1)
    solution = la.matmul(mf.pinv(a, full((), 0.0, dtype), full((), float(relative), dtype)), b)
    return solution, convert(rank, int64), s


@takes_out
def lstsq(
    A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None, out: Any = None
) -> Any:
    """(solution, residuals, rank, singular_values) of min |A @ X - B|, the shortest X.

    The residuals are sums of squares, empty unless A has more rows than columns and full rank. All
    drivers compute the same; they say which of the last two results are filled, as in PyTorch.

    >>> import wengert
    >>> wengert.linalg.lstsq(wengert.ones(2, 1), wengert.tensor([[1.0], [3.0]])).solution
    tensor([[2.0000]])
    """
    rows, columns = need_matrix("lstsq", A)
    same_dtype("lstsq", A, B)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ValueError(f"lstsq: driver={driver!r}; use 'gels', 'gelsy', 'gelsd' or 'gelss'.")
    vector = B._data.ndim == A._data.ndim - 1 and tuple(B._data.shape) == tuple(A._data.shape[:-1])
    b = parts.as_column(B) if vector else B
    if b._data.ndim < 2 or b._data.shape[-2] != rows:
        raise ShapeError(
            f"lstsq: a matrix of shape {tuple(A._data.shape)} does not fit {tuple(B._data.shape)}."
        )
    solution, rank, s = _fitted(A, b, rcond)
    dtype = s._data.dtype
    flat = reshape(solution, shape=(solution._data.size,))
    residuals: Any = slice_(real(flat) if b._data.dtype.kind == "c" else flat, slices=((0, 0, 1),))
    ranks: Any = rank._data
    # A trace cannot know the rank, and takes it for full.
    deficient: Any = is_array(ranks) and bool((ranks != columns).any())
    if rows > columns and driver not in (None, "gelsy") and (not deficient or driver == "gels"):
        left = sub(la.matmul(A, solution), b)
        squares = mul(left, left)
        if left._data.dtype.kind == "c":
            squares = add(mul(real(left), real(left)), mul(imag(left), imag(left)))
        residuals = _sum(squares, -2)
    if vector:
        solution = reshape(solution, shape=tuple(solution._data.shape[:-1]))
    if driver == "gels":
        rank = zeros((0,), int64)
    values = s if driver in ("gelsd", "gelss") else zeros((0,), dtype)
    return types.lstsq(solution, residuals, rank, values)


# ---- tensors as matrices ------------------------------------------------------------------------


@takes_out
def tensorinv(A: Any, ind: int = 2, *, out: Any = None) -> Any:
    """The inverse of A as a map from its last axes to its first `ind` ones.

    >>> import wengert
    >>> wengert.linalg.tensorinv(wengert.eye(6).reshape(2, 3, 6)).shape
    (6, 2, 3)
    """
    shape: Shape = tuple(A._data.shape)
    if ind <= 0:
        raise ValueError(f"tensorinv: ind={ind} must be positive.")
    first, last = shape[:ind], shape[ind:]
    if size_of(first) != size_of(last):
        raise ShapeError(
            f"tensorinv: axes {first} and {last} have different numbers of elements, "
            f"{size_of(first)} and {size_of(last)}."
        )
    square = reshape(A, shape=(size_of(first), size_of(last)))
    return reshape(inv(square), shape=(*last, *first))


@takes_out
def tensorsolve(A: Any, B: Any, dims: Any = None, *, out: Any = None) -> Any:
    """The X with tensordot(A, X, X.ndim) = B; the axes `dims` of A are moved to its end first.

    >>> import wengert
    >>> wengert.linalg.tensorsolve(wengert.eye(6).reshape(2, 3, 6), wengert.ones(2, 3)).shape
    (6,)
    """
    ndim = A._data.ndim
    moved: list[int] = (
        [] if dims is None else [normalize_axis(axis, ndim, "tensorsolve") for axis in dims]
    )
    rest = [axis for axis in range(ndim) if axis not in moved]
    a = permute(A, axes=(*rest, *moved))
    own = tuple(a._data.shape)
    found = own[B._data.ndim :]
    if size_of(found) != B._data.size or size_of(own) != B._data.size**2:
        raise ShapeError(
            f"tensorsolve: a tensor of shape {own} does not fit {tuple(B._data.shape)}."
        )
    size = B._data.size
    return reshape(solve(reshape(a, shape=(size, size)), reshape(B, shape=(size,))), shape=found)


__all__ = ["cholesky_inverse", "cholesky_solve"]
