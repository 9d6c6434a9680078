"""Eigenvalues and singular values as functions, and low-rank approximations by random projection.

Only the values need no gaps: their gradients exist where values are equal, those of the vectors do
not (docs/kinks.md).
"""

from __future__ import annotations

from typing import Any

from ..._base.dtypes import complex_of
from ..._base.errors import ShapeError
from ..._declare.elementwise import convert
from ..._primitives import decompositions as d
from ..._primitives import linear_algebra as la
from ..._primitives import matrix_parts as parts
from ..._primitives.elementwise import sub
from ..._primitives.scans import part_of
from ..._primitives.shaping import concatenate
from ..making.random import randn
from ..out import takes_out
from ..reductions.reduction import mean
from . import linalg_types as types
from .factors import mirrored, need_matrix
from .solving import solve_triangular


def _is_upper(name: str, UPLO: str) -> bool:
    if UPLO not in ("L", "U", "l", "u"):
        raise ValueError(f"{name}: UPLO={UPLO!r}; use 'L' or 'U'.")
    return UPLO in "Uu"


@takes_out
def eigh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """(eigenvalues, eigenvectors) of Hermitian matrices: ascending numbers, and columns.

    Only the lower ("U": upper) triangle is read.

    >>> import wengert
    >>> wengert.linalg.eigh(wengert.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    upper = _is_upper("eigh", UPLO)
    need_matrix("eigh", A, square=True)
    return types.eigh(*d.eigh(mirrored(A, upper)))


@takes_out
def eigvalsh(A: Any, UPLO: str = "L", *, out: Any = None) -> Any:
    """The ascending eigenvalues of Hermitian matrices.

    >>> import wengert
    >>> wengert.linalg.eigvalsh(wengert.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    return eigh(A, UPLO)[0]


@takes_out
def eig(A: Any, *, out: Any = None) -> Any:
    """(eigenvalues, eigenvectors) of square matrices, always complex; the vectors have length 1.

    >>> import wengert
    >>> wengert.linalg.eig(wengert.eye(2)).eigenvalues
    tensor([1.+0.j, 1.+0.j])
    """
    need_matrix("eig", A, square=True)
    return types.eig(*d.eig(convert(A, complex_of(A._data.dtype))))


@takes_out
def eigvals(A: Any, *, out: Any = None) -> Any:
    """The eigenvalues of square matrices, always complex.

    >>> import wengert
    >>> wengert.linalg.eigvals(wengert.eye(1))
    tensor([1.+0.j])
    """
    return eig(A)[0]


def completed(x: Any, full_matrices: bool) -> tuple[Any, Any, Any]:
    """u, s and vh; u and vh square if `full_matrices`."""
    rows, columns = x._data.shape[-2:]
    u, s, vh = d.svd(x)
    if full_matrices and rows > columns:
        u = concatenate(u, d.complement(u), axis=x._data.ndim - 1)
    if full_matrices and columns > rows:
        rest = parts.adjoint(d.complement(parts.adjoint(vh)))
        vh = concatenate(vh, rest, axis=x._data.ndim - 2)
    return u, s, vh


@takes_out
def linalg_svd(
    A: Any, full_matrices: bool = True, *, driver: str | None = None, out: Any = None
) -> Any:
    """(U, S, Vh) with A = U @ diag(S) @ Vh, S descending; U and Vh square with `full_matrices`.

    A complex U has real positive largest entries, so the factors are functions of A.

    >>> import wengert
    >>> wengert.linalg.svd(wengert.tensor([[0.0], [-3.0]]), full_matrices=False).S
    tensor([3.])
    """
    need_matrix("svd", A)
    return types.linalg_svd(*completed(A, full_matrices))


@takes_out
def svdvals(A: Any, *, driver: str | None = None, out: Any = None) -> Any:
    """The descending singular values of matrices.

    >>> import wengert
    >>> wengert.linalg.svdvals(wengert.tensor([[0.0], [-3.0]]))
    tensor([3.])
    """
    need_matrix("svdvals", A)
    return d.svd(A)[1]


def _approximated(x: Any, q: int, niter: int, centre: Any) -> Any:
    """N. Halko, P. Martinsson and J. Tropp, Finding structure with randomness, 2011."""
    rows, columns = x._data.shape[-2:]
    wide = rows < columns
    work = x if centre is None else sub(x, centre)
    work = parts.adjoint(work) if wide else work
    draws = convert(randn(work._data.shape[-1], q, dtype=_real_name(x)), x._data.dtype)
    basis = d.qr(la.matmul(work, draws))[0]
    for _ in range(niter):
        basis = d.qr(la.matmul(parts.adjoint(work), basis))[0]
        basis = d.qr(la.matmul(work, basis))[0]
    u, s, vh = d.svd(la.matmul(parts.adjoint(basis), work))
    u, v = la.matmul(basis, u), parts.adjoint(vh)
    return types.svd(v, s, u) if wide else types.svd(u, s, v)


def _real_name(x: Any) -> str:
    return (
        "float64"
        if x._data.dtype.itemsize >= 8 and x._data.dtype.name != "complex64"
        else "float32"
    )


def svd_lowrank(A: Any, q: int = 6, niter: int = 2, M: Any = None) -> Any:
    """(U, S, V) with A - M close to U @ diag(S) @ V.mH, of rank q, by random projection.

    >>> import wengert
    >>> wengert.svd_lowrank(wengert.eye(5), q=2).U.shape
    (5, 2)
    """
    rows, columns = need_matrix("svd_lowrank", A)
    if not 0 <= q <= min(rows, columns):
        raise ShapeError(f"svd_lowrank: q={q} is not between 0 and {min(rows, columns)}.")
    return _approximated(A, q, niter, M)


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """(U, S, V) of the q principal components of the rows of A, by random projection.

    >>> import wengert
    >>> wengert.pca_lowrank(wengert.eye(5), q=2).V.shape
    (5, 2)
    """
    rows, columns = need_matrix("pca_lowrank", A)
    q = min(6, rows, columns) if q is None else q
    if not 0 <= q <= min(rows, columns):
        raise ValueError(f"pca_lowrank: q={q} is not between 0 and {min(rows, columns)}.")
    if niter < 0:
        raise ValueError(f"pca_lowrank: niter={niter} must not be negative.")
    return _approximated(A, q, niter, mean(A, -2, True) if center else None)


def lobpcg(
    A: Any,
    k: int | None = None,
    B: Any = None,
    X: Any = None,
    n: int | None = None,
    iK: Any = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    tracker: Any = None,
    ortho_iparams: Any = None,
    ortho_fparams: Any = None,
    ortho_bparams: Any = None,
) -> tuple[Any, Any]:
    """(E, X), the k largest eigenvalues in descending order (or smallest, ascending) of Hermitian
    matrices, A X = B X E, and their vectors as columns, X^H B X = 1; B is positive definite.

    There is no iteration: `eigh` computes all eigenvalues, by way of a Cholesky factor of B, and
    what PyTorch takes to guide an iteration changes nothing. k is 1, or the columns of X, if it is
    not given. The derivative is that of `eigh`, through B as well.

    >>> import wengert
    >>> wengert.lobpcg(wengert.tensor([[1.0, 0.0], [0.0, 3.0]]))[0]
    tensor([3.])
    """
    rows, _ = need_matrix("lobpcg", A, square=True)
    count: int = k if k is not None else 1 if X is None else X._data.shape[-1]
    if not 0 < count <= rows:
        raise ShapeError(
            f"lobpcg: k={count} is not between 1 and {rows}, the number of eigenvalues."
        )
    if method not in (None, "basic", "ortho"):
        raise ValueError(f"lobpcg: method {method!r}; use 'basic' or 'ortho'.")
    if tracker is not None:
        raise ValueError("lobpcg: there are no iterations that a tracker could follow.")
    if B is None:
        values, vectors = d.eigh(A)
    else:
        if need_matrix("lobpcg", B, square=True)[0] != rows:
            raise ShapeError(f"lobpcg: A has {rows} rows and B shape {tuple(B._data.shape)}.")
        root = la.cholesky(B)
        half = solve_triangular(root, A, upper=False)
        values, vectors = d.eigh(solve_triangular(root, parts.adjoint(half), upper=False))
        vectors = solve_triangular(parts.adjoint(root), vectors, upper=True)
    first, last, step = (0, count, 1) if largest is False else (rows - 1, rows - 1 - count, -1)
    return part_of(values, -1, first, last, step), part_of(vectors, -1, first, last, step)


__all__ = ["lobpcg", "pca_lowrank", "svd_lowrank"]
