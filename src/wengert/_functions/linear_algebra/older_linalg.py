"""Linear algebra under the names and signatures it has outside of `linalg`."""

from __future__ import annotations

from typing import Any

from ..._base.errors import ShapeError
from ..._primitives import linear_algebra as la
from ..._primitives import matrix_parts as parts
from ..._primitives.creation import zeros
from ..._primitives.shaping import expand
from ..out import takes_out
from . import factors, solving, spectra
from . import linalg_types as types
from . import matrix_functions as mf
from .factors import need_matrix


@takes_out
def cholesky(input: Any, upper: bool = False, *, out: Any = None) -> Any:
    """The lower triangular L with L @ L.mH = input, or the upper L.mH.

    >>> import wengert
    >>> wengert.cholesky(wengert.tensor([[4.0]]))
    tensor([[2.]])
    """
    return factors.cholesky(input, upper=upper)


@takes_out
def qr(input: Any, some: bool = True, *, out: Any = None) -> Any:
    """(Q, R) with input = Q @ R; `some=False` makes Q square.

    >>> import wengert
    >>> wengert.qr(wengert.eye(2)).R.shape
    (2, 2)
    """
    return factors.qr(input, "reduced" if some else "complete")


def lu(A: Any, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """(LU, pivots) or, with `get_infos`, (LU, pivots, info).

    >>> import wengert
    >>> len(wengert.lu(wengert.eye(2)))
    2
    """
    found = factors.lu_factor_ex(A, pivot=pivot, out=out if get_infos else None)
    return found if get_infos else factors.lu_factor(A, pivot=pivot, out=out)


def det(input: Any) -> Any:
    """The determinant of square matrices.

    >>> import wengert
    >>> wengert.det(wengert.tensor([[2.0]]))
    tensor(2.)
    """
    return mf.det(input)


@takes_out
def slogdet(input: Any, *, out: Any = None) -> Any:
    """(sign, logabsdet) with det(input) = sign * exp(logabsdet).

    >>> import wengert
    >>> wengert.slogdet(wengert.tensor([[-1.0]])).sign
    tensor(-1.)
    """
    return mf.slogdet(input)


@takes_out
def svd(input: Any, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> Any:
    """(U, S, V) with input = U @ diag(S) @ V.mH; square U and V with some=False.

    Without `compute_uv`, U and V are zeros.

    >>> import wengert
    >>> wengert.svd(wengert.tensor([[0.0], [-3.0]])).S
    tensor([3.])
    """
    rows, columns = need_matrix("svd", input)
    if compute_uv:
        u, s, vh = spectra.completed(input, not some)
        return types.svd(u, s, parts.adjoint(vh))
    lead, dtype = tuple(input._data.shape[:-2]), input._data.dtype
    s = spectra.svdvals(input)
    return types.svd(zeros((*lead, rows, rows), dtype), s, zeros((*lead, columns, columns), dtype))


@takes_out
def lu_solve(b: Any, LU_data: Any, LU_pivots: Any, *, out: Any = None) -> Any:
    """The X with A @ X = b, A given by `lu_factor`.

    >>> import wengert
    >>> wengert.lu_solve(wengert.ones(1, 1), *wengert.linalg.lu_factor(wengert.tensor([[2.0]])))
    tensor([[0.5000]])
    """
    return solving.linalg_lu_solve(LU_data, LU_pivots, b)


@takes_out
def inverse(input: Any, *, out: Any = None) -> Any:
    """The inverse of square matrices; LinAlgError if one is singular.

    >>> import wengert
    >>> wengert.inverse(wengert.tensor([[4.0]]))
    tensor([[0.2500]])
    """
    return solving.inv(input)


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse without singular values <= rcond * the largest.

    >>> import wengert
    >>> wengert.pinverse(wengert.tensor([[2.0, 0.0]])).shape
    (2, 1)
    """
    return solving.pinv(input, rcond)


@takes_out
def triangular_solve(
    b: Any,
    A: Any,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    out: Any = None,
) -> Any:
    """(solution, A) of A @ X = b, or A.T @ X = b, for a triangular A.

    >>> import wengert
    >>> wengert.triangular_solve(wengert.ones(2, 1), wengert.ones(2, 2)).solution
    tensor([[0.],
            [1.]])
    """
    need_matrix("triangular_solve", A, square=True)
    need_matrix("triangular_solve", b)
    solving.same_dtype("triangular_solve", A, b)
    if A._data.shape[-1] != b._data.shape[-2]:
        raise ShapeError(
            f"triangular_solve: {tuple(A._data.shape)} does not fit {tuple(b._data.shape)}."
        )
    a = parts.ones_on_diagonal(A) if unitriangular else A
    if transpose:
        a, upper = parts.swapped(a), not upper
    found = la.solve_triangular(a, b, upper=upper)
    return types.triangular_solve(
        found, expand(A, shape=(*found._data.shape[:-2], *A._data.shape[-2:])).clone()
    )


orgqr = factors.householder_product

__all__ = [
    "cholesky",
    "det",
    "inverse",
    "lu",
    "lu_solve",
    "orgqr",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
    "triangular_solve",
]
