"""What the functions of linear algebra with several results return: named tuples, as PyTorch's."""

from __future__ import annotations

from typing import Any, NamedTuple


class qr(NamedTuple):
    """Orthonormal columns, and the upper triangular matrix they are combined with."""

    Q: Any
    R: Any


class linalg_svd(NamedTuple):
    """Left singular vectors, singular values, right singular vectors (adjoint)."""

    U: Any
    S: Any
    Vh: Any


class svd(NamedTuple):
    """Left singular vectors, singular values, right singular vectors."""

    U: Any
    S: Any
    V: Any


class eigh(NamedTuple):
    """Eigenvalues, and eigenvectors in columns."""

    eigenvalues: Any
    eigenvectors: Any


class eig(NamedTuple):
    """Eigenvalues, and eigenvectors in columns."""

    eigenvalues: Any
    eigenvectors: Any


class slogdet(NamedTuple):
    """The sign of the determinant, and the logarithm of its modulus."""

    sign: Any
    logabsdet: Any


class cholesky_ex(NamedTuple):
    """The factor, and where the factorisation stopped (0: it did not)."""

    L: Any
    info: Any


class inv_ex(NamedTuple):
    """The inverse, and which pivot is zero (0: none)."""

    inverse: Any
    info: Any


class solve_ex(NamedTuple):
    """The solution, and which pivot is zero (0: none)."""

    result: Any
    info: Any


class lu(NamedTuple):
    """Permutation, lower and upper triangle."""

    P: Any
    L: Any
    U: Any


class lu_factor(NamedTuple):
    """Both triangles in one matrix, and the rows that were exchanged."""

    LU: Any
    pivots: Any


class lu_factor_ex(NamedTuple):
    """Both triangles in one matrix, the rows that were exchanged, and which pivot is zero."""

    LU: Any
    pivots: Any
    info: Any


class ldl_factor(NamedTuple):
    """The lower triangle and the diagonal in one matrix, and the rows that were exchanged."""

    LD: Any
    pivots: Any


class ldl_factor_ex(NamedTuple):
    """The same, and which block of the diagonal is zero."""

    LD: Any
    pivots: Any
    info: Any


class geqrf(NamedTuple):
    """R above the reflections, and their scales."""

    a: Any
    tau: Any


class lstsq(NamedTuple):
    """The solution, the sums of squares that are left, the rank, the singular values."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


class triangular_solve(NamedTuple):
    """The solution, and a copy of the matrix."""

    solution: Any
    cloned_coefficient: Any
