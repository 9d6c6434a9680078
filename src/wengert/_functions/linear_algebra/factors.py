"""Factorisations as functions: Cholesky, QR, LU, LDL, eigenvalues, singular values.

A function that reads one triangle takes the other from it (`mirrored`); its gradient is that of the
Hermitian part, as PyTorch's is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.errors import DtypeError, LinAlgError, ShapeError
from ..._base.kinds import is_array
from ..._declare.elementwise import convert
from ..._primitives import decompositions as d
from ..._primitives import linear_algebra as la
from ..._primitives import matrix_parts as parts
from ..._primitives import packed_factors as packed
from ..._primitives.complex_numbers import real
from ..._primitives.creation import full, zeros
from ..._primitives.elementwise import add, eq, mul, ne, where
from ..._primitives.indexing import iota
from ..._primitives.shaping import concatenate, expand, reshape, slice_
from ..._primitives.writing import overwrite
from ..out import takes_out
from . import linalg_types as types


def need_matrix(
    name: str, x: Any, *, square: bool = False, inexact: bool = True
) -> tuple[int, int]:
    """Rows and columns of (stacks of) matrices; raise if x is none."""
    shape = tuple(x._data.shape)
    if len(shape) < 2:
        raise ShapeError(f"{name}: expected matrices, not a tensor of shape {shape}.")
    if square and shape[-1] != shape[-2]:
        raise ShapeError(f"{name}: expected square matrices, not shape {shape}.")
    if inexact and (x._data.dtype.kind not in "fc" or x._data.dtype.itemsize < 4):
        raise DtypeError(
            f"{name}: expected a float32, float64 or complex tensor, not {x._data.dtype}. Use "
            "x.to(wengert.float32)."
        )
    return shape[-2], shape[-1]


def part(x: Any, rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    """The block of matrices from one row and column to another."""
    lead = tuple((0, extent, 1) for extent in x._data.shape[:-2])
    ends = ((rows[0], rows[1] - rows[0], 1), (columns[0], columns[1] - columns[0], 1))
    return slice_(x, slices=(*lead, *ends))


def mirrored(x: Any, upper: bool = False) -> Any:
    """The Hermitian matrix with this triangle, and the derivative of the Hermitian part."""
    symmetric = mul(add(x, parts.adjoint(x)), 0.5)
    strict = (
        parts.adjoint(parts.below_diagonal(parts.adjoint(x))) if upper else parts.below_diagonal(x)
    )
    diagonal = parts.only_diagonal(x)
    if x._data.dtype.kind == "c":
        diagonal = convert(real(diagonal), x._data.dtype)
    whole = add(add(strict, parts.adjoint(strict)), diagonal)
    return overwrite(symmetric, whole.detach())


def raise_if(info: Any, name: str, what: str) -> None:
    """For `check_errors`: raise for the first element that is not 0. A trace cannot know it."""
    values: Any = info._data
    if is_array(values) and values.any():
        place = np.argwhere(values)[0].tolist()
        at = f" at {tuple(place)} of the batch" if place else ""
        raise LinAlgError(f"{name}: {what} {values[tuple(place)]}{at}.")


def _per_matrix(x: Any) -> Any:
    """Numbers, one a matrix, as 1 x 1 matrices."""
    return reshape(x, shape=(*x._data.shape, 1, 1))


# ---- Cholesky -----------------------------------------------------------------------------------


def _cholesky(x: Any, upper: bool, name: str) -> Any:
    need_matrix(name, x, square=True)
    factor = la.cholesky(mirrored(x, upper))
    return parts.adjoint(factor) if upper else factor


@takes_out
def cholesky(input: Any, *, upper: bool = False, out: Any = None) -> Any:
    """The lower triangular L with L @ L.mH = input, or the upper L.mH; LinAlgError without one.

    Only the lower (upper) triangle is read.

    >>> import wengert
    >>> wengert.linalg.cholesky(wengert.tensor([[4.0]]))
    tensor([[2.]])
    """
    return _cholesky(input, upper, "cholesky")


@takes_out
def cholesky_ex(
    input: Any, *, upper: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """(L, info) without raising: info is the order of the first leading minor that is not positive.

    Where info is not 0, L is NaN.

    >>> import wengert
    >>> wengert.linalg.cholesky_ex(wengert.tensor([[-4.0]])).info
    tensor(1, dtype=wengert.int32)
    """
    need_matrix("cholesky_ex", input, square=True)
    whole = mirrored(input, upper)
    info = packed.cholesky_info(whole)
    if check_errors:
        raise_if(info, "cholesky_ex", "not positive is the leading minor of order")
    bad = _per_matrix(ne(info, 0))
    identity = parts.only_diagonal(add(mul(whole.detach(), 0.0), 1.0))
    factor = la.cholesky(where(bad, identity, whole))
    factor = where(bad, float("nan"), parts.adjoint(factor) if upper else factor)
    return types.cholesky_ex(factor, info)


# ---- QR and Householder's reflections -----------------------------------------------------------


def _full_rank_qr(x: Any, rows: int, columns: int) -> tuple[Any, Any]:
    if rows >= columns:
        return d.qr(x)
    q, r = d.qr(part(x, (0, rows), (0, rows)))
    rest = la.matmul(parts.adjoint(q), part(x, (0, rows), (rows, columns)))
    return q, concatenate(r, rest, axis=x._data.ndim - 1)


def _qr(x: Any, mode: str) -> Any:
    rows, columns = need_matrix("qr", x)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode={mode!r}; use 'reduced', 'complete' or 'r'.")
    ndim, lead = x._data.ndim, tuple(x._data.shape[:-2])
    q, r = _full_rank_qr(x, rows, columns)
    if mode == "r":
        return types.qr(zeros((0,), x._data.dtype), r)
    if mode == "complete" and rows > columns:
        q = concatenate(q, d.complement(q), axis=ndim - 1)
        below = zeros((*lead, rows - columns, columns), x._data.dtype)
        r = concatenate(r, below, axis=ndim - 2)
    return types.qr(q, r)


@takes_out
def qr(A: Any, mode: str = "reduced", *, out: Any = None) -> Any:
    """(Q, R) with A = Q @ R, the columns of Q orthonormal, R upper triangular with a real diagonal.

    mode "complete" makes Q square, "r" leaves it empty. Where the first columns of A depend on one
    another, the derivative does not exist.

    >>> import wengert
    >>> wengert.linalg.qr(wengert.tensor([[0.0], [-3.0]]), mode="r").R
    tensor([[-3.]])
    """
    return _qr(A, mode)


@takes_out
def geqrf(input: Any, *, out: Any = None) -> Any:
    """(a, tau): R above Householder's vectors, and their scales. Not differentiable.

    >>> import wengert
    >>> wengert.geqrf(wengert.eye(2)).tau.shape
    (2,)
    """
    need_matrix("geqrf", input)
    return types.geqrf(*packed.geqrf(input))


def _reflections(name: str, x: Any, tau: Any) -> tuple[Any, Any]:
    """v and t with product (1 - tau_j v_j v_j^H) = 1 - v @ t @ v^H (the compact WY form)."""
    rows, columns = need_matrix(name, x)
    shape, scales = tuple(x._data.shape), tuple(tau._data.shape)
    if x._data.dtype != tau._data.dtype:
        raise DtypeError(f"{name}: the dtypes {x._data.dtype} and {tau._data.dtype} differ.")
    if len(scales) != len(shape) - 1 or scales[:-1] != shape[:-2]:
        raise ShapeError(f"{name}: tau has the shape {scales}, which does not fit {shape}.")
    count = scales[-1]
    if not count <= min(rows, columns):
        raise ShapeError(f"{name}: {count} reflections do not fit {rows} x {columns} matrices.")
    v = parts.ones_on_diagonal(parts.below_diagonal(part(x, (0, rows), (0, count))))
    above = parts.off_diagonal(parts.from_diagonal(la.matmul(parts.adjoint(v), v)))
    scaled = parts.ones_on_diagonal(mul(above, parts.as_column(tau)))
    # R. Schreiber and C. Van Loan, 1989; in the form without a division by tau.
    return v, la.solve_triangular(scaled, _diagonal_matrix(tau), upper=True)


def _diagonal_matrix(x: Any) -> Any:
    shape = (*x._data.shape, x._data.shape[-1])
    return parts.only_diagonal(expand(parts.as_row(x), shape=shape))


@takes_out
def householder_product(input: Any, tau: Any, *, out: Any = None) -> Any:
    """The first columns of prod (1 - tau_j v_j v_j^H), v_j below the diagonal of column j of input.

    >>> import wengert
    >>> wengert.linalg.householder_product(wengert.zeros(2, 1), wengert.tensor([2.0]))
    tensor([[-1.],
            [ 0.]])
    """
    rows, columns = need_matrix("householder_product", input)
    if columns > rows:
        raise ShapeError(f"householder_product: expected rows >= columns, not {rows} x {columns}.")
    v, t = _reflections("householder_product", input, tau)
    identity = parts.only_diagonal(full((rows, columns), 1, input._data.dtype))
    top = part(parts.adjoint(v), (0, v._data.shape[-1]), (0, columns))
    return add(identity, mul(la.matmul(v, la.matmul(t, top)), -1))


@takes_out
def ormqr(
    input: Any,
    tau: Any,
    other: Any,
    left: bool = True,
    transpose: bool = False,
    *,
    out: Any = None,
) -> Any:
    """Q @ other, or other @ Q, with the square Q of `geqrf`; Q.mH with `transpose`.

    >>> import wengert
    >>> a, tau = wengert.geqrf(wengert.eye(2))
    >>> wengert.ormqr(a, tau, wengert.eye(2)).shape
    (2, 2)
    """
    rows, _ = need_matrix("ormqr", input)
    need_matrix("ormqr", other)
    if other._data.dtype != input._data.dtype or other._data.ndim != input._data.ndim:
        raise ShapeError("ormqr: other must have the dtype and the number of axes of input.")
    if other._data.shape[-2 if left else -1] != rows:
        raise ShapeError(
            f"ormqr: Q is {rows} x {rows}, which does not fit {tuple(other._data.shape)}."
        )
    v, t = _reflections("ormqr", input, tau)
    t = parts.adjoint(t) if transpose else t
    if left:
        moved = la.matmul(v, la.matmul(t, la.matmul(parts.adjoint(v), other)))
    else:
        moved = la.matmul(la.matmul(la.matmul(other, v), t), parts.adjoint(v))
    return add(other, mul(moved, -1))


# ---- LU -----------------------------------------------------------------------------------------


def _need_pivot(name: str, pivot: bool) -> None:
    if not pivot:
        raise ValueError(f"{name}: elimination without exchanging rows is not available on a CPU.")


def zero_pivot(factors: Any) -> Any:
    """The position (from 1) of the first zero on the diagonal of a packed LU, or 0."""
    n = min(factors._data.shape[-2:])
    diagonal = parts.diagonal_of(part(factors, (0, n), (0, n)))
    zero = eq(diagonal, 0)
    from ..reductions.reduction import amax

    if not n:
        return zeros(tuple(factors._data.shape[:-2]), np.dtype(np.int32))
    backwards = expand(mul(add(iota(n), -n), -1), shape=tuple(zero._data.shape))
    steps = amax(where(zero, backwards, 0), -1)
    return convert(where(eq(steps, 0), 0, add(mul(steps, -1), n + 1)), np.dtype(np.int32))


@takes_out
def lu_factor(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """(LU, pivots): both triangles of A with its rows exchanged, and with which (from 1).

    >>> import wengert
    >>> wengert.linalg.lu_factor(wengert.tensor([[0.0, 1.0], [2.0, 0.0]])).pivots
    tensor([2, 2], dtype=wengert.int32)
    """
    need_matrix("lu_factor", A)
    _need_pivot("lu_factor", pivot)
    return types.lu_factor(*d.lu(A)[:2])


@takes_out
def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """(LU, pivots, info): `lu_factor`, and which pivot is zero.

    >>> import wengert
    >>> wengert.linalg.lu_factor_ex(wengert.zeros(2, 2)).info
    tensor(1, dtype=wengert.int32)
    """
    need_matrix("lu_factor_ex", A)
    _need_pivot("lu_factor_ex", pivot)
    factors, pivots, _ = d.lu(A)
    info = zero_pivot(factors)
    if check_errors:
        raise_if(info, "lu_factor_ex", "zero is the pivot")
    return types.lu_factor_ex(factors, pivots, info)


def _permutation(order: Any, dtype: Any) -> Any:
    """The matrix P with (P @ x)[order] = x."""
    rows = order._data.shape[-1]
    return convert(eq(reshape(iota(rows), shape=(rows, 1)), parts.as_row(order)), dtype)


def _triangles(factors: Any) -> tuple[Any, Any]:
    rows, columns = factors._data.shape[-2:]
    k = min(rows, columns)
    low = parts.ones_on_diagonal(parts.below_diagonal(part(factors, (0, rows), (0, k))))
    return low, parts.from_diagonal(part(factors, (0, k), (0, columns)))


@takes_out
def lu(A: Any, *, pivot: bool = True, out: Any = None) -> Any:
    """(P, L, U) with A = P @ L @ U: a permutation, a unit lower and an upper triangular matrix.

    >>> import wengert
    >>> wengert.linalg.lu(wengert.tensor([[0.0, 1.0], [2.0, 0.0]])).U
    tensor([[2., 0.],
            [0., 1.]])
    """
    need_matrix("lu", A)
    _need_pivot("lu", pivot)
    factors, _, order = d.lu(A)
    return types.lu(_permutation(order, A._data.dtype), *_triangles(factors))


@takes_out
def lu_unpack(
    LU_data: Any,
    LU_pivots: Any,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
    *,
    out: Any = None,
) -> Any:
    """(P, L, U) from the packed form; what is not unpacked is empty.

    >>> import wengert
    >>> wengert.lu_unpack(*wengert.linalg.lu_factor(wengert.eye(2))).P
    tensor([[1., 0.],
            [0., 1.]])
    """
    need_matrix("lu_unpack", LU_data)
    dtype, lead = LU_data._data.dtype, tuple(LU_data._data.shape[:-2])
    if LU_pivots._data.dtype.name != "int32":
        raise DtypeError(f"lu_unpack: pivots must be int32, not {LU_pivots._data.dtype}.")
    empty = zeros((0,), dtype)
    p, low, up = empty, empty, empty
    if unpack_pivots:
        if tuple(LU_pivots._data.shape) != (*lead, min(LU_data._data.shape[-2:])):
            raise ShapeError(
                f"lu_unpack: pivots of shape {tuple(LU_pivots._data.shape)} do not fit "
                f"{tuple(LU_data._data.shape)}."
            )
        p = _permutation(packed.row_order(LU_pivots, rows=LU_data._data.shape[-2]), dtype)
    if unpack_data:
        low, up = _triangles(LU_data)
    return types.lu(p, low, up)


def unpacked(factors: Any, pivots: Any) -> tuple[Any, Any, Any]:
    """P, L and U as in `lu_unpack`."""
    order = packed.row_order(pivots, rows=factors._data.shape[-2])
    return (_permutation(order, factors._data.dtype), *_triangles(factors))


# ---- LDL ----------------------------------------------------------------------------------------


@takes_out
def ldl_factor(A: Any, *, hermitian: bool = False, out: Any = None) -> Any:
    """(LD, pivots) for symmetric (Hermitian) A, in LAPACK's form. Not differentiable.

    >>> import wengert
    >>> wengert.linalg.ldl_factor(wengert.eye(2)).pivots
    tensor([1, 2], dtype=wengert.int32)
    """
    need_matrix("ldl_factor", A, square=True)
    factors, pivots, info = packed.ldl(A, hermitian=hermitian)
    raise_if(info, "ldl_factor", "zero is the block")
    return types.ldl_factor(factors, pivots)


@takes_out
def ldl_factor_ex(
    A: Any, *, hermitian: bool = False, check_errors: bool = False, out: Any = None
) -> Any:
    """(LD, pivots, info): `ldl_factor`, and which block of D is zero.

    >>> import wengert
    >>> wengert.linalg.ldl_factor_ex(wengert.zeros(2, 2)).info
    tensor(1, dtype=wengert.int32)
    """
    need_matrix("ldl_factor_ex", A, square=True)
    found = types.ldl_factor_ex(*packed.ldl(A, hermitian=hermitian))
    if check_errors:
        raise_if(found.info, "ldl_factor_ex", "zero is the block")
    return found


__all__ = ["geqrf", "lu_unpack", "ormqr"]
