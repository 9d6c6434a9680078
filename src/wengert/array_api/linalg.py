"""The standard's linear algebra."""

from __future__ import annotations

from typing import Any

import wengert as wg
from wengert.errors import ShapeError

from ._dtypes import aligned


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """The triangular factor L of x = L L^H (U of x = U^H U if `upper`)."""
    return wg.linalg.cholesky(x, upper=upper)


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Vector product along an axis of extent 3."""
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ShapeError(f"cross: axis {axis} of shapes {x1.shape} and {x2.shape} must have 3.")
    return wg.linalg.cross(*wg.broadcast_tensors(*aligned(x1, x2)), dim=axis)


def det(x: Any, /) -> Any:
    """Determinant."""
    return wg.linalg.det(x)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonal of the last two axes."""
    return wg.diagonal(x, offset, -2, -1)


def eig(x: Any, /) -> Any:
    """Eigenvalues and eigenvectors."""
    return wg.linalg.eig(x)


def eigh(x: Any, /) -> Any:
    """Eigenvalues and eigenvectors of a Hermitian matrix."""
    return wg.linalg.eigh(x)


def eigvals(x: Any, /) -> Any:
    """Eigenvalues."""
    return wg.linalg.eigvals(x)


def eigvalsh(x: Any, /) -> Any:
    """Eigenvalues of a Hermitian matrix."""
    return wg.linalg.eigvalsh(x)


def inv(x: Any, /) -> Any:
    """Inverse."""
    return wg.linalg.inv(x)


def matmul(x1: Any, x2: Any, /) -> Any:
    """Matrix product."""
    return wg.matmul(x1, x2)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of the matrices in the last two axes."""
    return wg.linalg.matrix_norm(x, ord, keepdim=keepdims)


def matrix_power(x: Any, n: int, /) -> Any:
    """x multiplied with itself n times; of the inverse if n is negative."""
    return wg.linalg.matrix_power(x, n)


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """How many singular values exceed rtol times the largest."""
    return wg.linalg.matrix_rank(x, rtol=rtol)


def matrix_transpose(x: Any, /) -> Any:
    """The last two axes exchanged."""
    return x.mT


def outer(x1: Any, x2: Any, /) -> Any:
    """All products of two vectors."""
    return wg.outer(x1, x2)


def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    """Pseudo-inverse."""
    return wg.linalg.pinv(x, rtol=rtol)


def qr(x: Any, /, *, mode: str = "reduced") -> Any:
    """Orthogonal and upper triangular factor."""
    return wg.linalg.qr(x, mode)


def slogdet(x: Any, /) -> Any:
    """Sign and logarithm of the modulus of the determinant."""
    return wg.linalg.slogdet(x)


def solve(x1: Any, x2: Any, /) -> Any:
    """The X of x1 X = x2; x2 is a vector only if it has one axis."""
    x1, x2 = aligned(x1, x2)
    if x2.ndim == 1:
        return wg.linalg.solve(x1, x2.reshape(-1, 1)).squeeze(-1)
    return wg.linalg.solve(x1, x2.expand(*x1.shape[:-2], *x2.shape) if x2.ndim == 2 else x2)


def svd(x: Any, /, *, full_matrices: bool = True) -> Any:
    """Singular value decomposition U, S, Vh."""
    return wg.linalg.svd(x, full_matrices)


def svdvals(x: Any, /) -> Any:
    """Singular values."""
    return wg.linalg.svdvals(x)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Sum of products over some axes of both."""
    return wg.tensordot(x1, x2, axes)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sum of the diagonal of the last two axes."""
    from ._statistics import sum

    return sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Sum of conj(x1) * x2 along an axis."""
    return wg.linalg.vecdot(x1, x2, dim=axis)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    """Norm of x as a vector along axes (all if None)."""
    if axis == ():  # no axis, which to the tensor function means all
        return wg.linalg.vector_norm(x.unsqueeze(0), ord, 0)
    return wg.linalg.vector_norm(x, ord, axis, keepdims)


__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
