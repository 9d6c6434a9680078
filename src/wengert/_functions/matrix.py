"""Products of vectors and matrices, and the linear algebra built on them."""

from __future__ import annotations

from typing import Any

from .._base.dtypes import promote
from .._base.errors import ShapeError
from .._base.shapes import size_of
from .._declare.elementwise import convert
from .._primitives import linear_algebra as la
from .._primitives.elementwise import add, mul
from .._primitives.shaping import reshape
from .reduction import sum as _sum


def _together(*tensors: Any) -> list[Any]:
    dtype = promote([(x._data.dtype, 1) for x in tensors])
    return [convert(x, dtype) for x in tensors]


def matmul(x: Any, other: Any) -> Any:
    """Matrix product, as `@`: vectors count as a row or a column, leading axes broadcast.

    >>> import wengert
    >>> wengert.eye(2) @ wengert.tensor([3.0, 4.0])
    tensor([3., 4.])
    """
    x, y = _together(x, other)
    a: Any = tuple(x._data.shape)
    b: Any = tuple(y._data.shape)
    if not a or not b:
        raise ShapeError("matmul: 0-d tensors have no matrix product; use *.")
    if len(a) == 1 and len(b) == 1:
        return dot(x, y)
    row, column = len(a) == 1, len(b) == 1
    if row:
        x = reshape(x, shape=(1, *a))
    if column:
        y = reshape(y, shape=(*b, 1))
    if a[-1] != (b[-2] if len(b) > 1 else b[0]):
        raise ShapeError(
            f"matmul: shapes {a} and {b} do not fit (axis -1 of the first is {a[-1]}, "
            f"axis {-2 if len(b) > 1 else 0} of the second is {b[-2] if len(b) > 1 else b[0]})."
        )
    out = la.matmul(x, y)
    if row or column:
        shape = tuple(out._data.shape)
        out = reshape(out, shape=(*shape[:-2], shape[-1]) if row else shape[:-1])
    return out


def _need_rank(name: str, x: Any, rank: int) -> None:
    if x._data.ndim != rank:
        raise ShapeError(
            f"{name}: expected {rank} axes, not shape {tuple(x._data.shape)}. matmul (@) takes all."
        )


def mm(x: Any, mat2: Any) -> Any:
    """Product of two matrices.

    >>> import wengert
    >>> wengert.eye(2).mm(wengert.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    _need_rank("mm", x, 2)
    _need_rank("mm", mat2, 2)
    return matmul(x, mat2)


def bmm(x: Any, mat2: Any) -> Any:
    """Products of two equally long stacks of matrices.

    >>> import wengert
    >>> wengert.bmm(wengert.ones(3, 1, 2), wengert.ones(3, 2, 1)).shape
    (3, 1, 1)
    """
    _need_rank("bmm", x, 3)
    _need_rank("bmm", mat2, 3)
    if x._data.shape[0] != mat2._data.shape[0]:
        raise ShapeError("bmm: the stacks have different lengths.")
    return matmul(x, mat2)


def mv(x: Any, vec: Any) -> Any:
    """Matrix times vector.

    >>> import wengert
    >>> wengert.eye(2).mv(wengert.ones(2))
    tensor([1., 1.])
    """
    _need_rank("mv", x, 2)
    _need_rank("mv", vec, 1)
    return matmul(x, vec)


def dot(x: Any, other: Any) -> Any:
    """Sum of products of two vectors.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0]).dot(wengert.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _need_rank("dot", x, 1)
    _need_rank("dot", other, 1)
    if x._data.shape != other._data.shape:
        raise ShapeError(
            f"dot: vectors of lengths {x._data.shape[0]} and {other._data.shape[0]} do not fit."
        )
    x, other = _together(x, other)
    return convert(_sum(mul(x, other)), x._data.dtype)


def outer(x: Any, vec2: Any) -> Any:
    """All products of the elements of two vectors.

    >>> import wengert
    >>> wengert.outer(wengert.tensor([1, 2]), wengert.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    _need_rank("outer", x, 1)
    _need_rank("outer", vec2, 1)
    return mul(reshape(x, shape=(*x._data.shape, 1)), reshape(vec2, shape=(1, *vec2._data.shape)))


def addmm(x: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * x + alpha * (mat1 @ mat2).

    >>> import wengert
    >>> wengert.addmm(wengert.ones(1), wengert.eye(2), wengert.eye(2))
    tensor([[2., 1.],
            [1., 2.]])
    """
    product = mm(mat1, mat2)
    left = x if beta == 1 else mul(x, beta)
    return add(left, product if alpha == 1 else mul(product, alpha))


def cholesky(a: Any) -> Any:
    """The lower triangular L with L L^T = a, for symmetric positive definite a.

    >>> import wengert
    >>> wengert.linalg.cholesky(wengert.tensor([[4.0]]))
    tensor([[2.]])
    """
    shape = tuple(a._data.shape)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"cholesky: expected square matrices, not shape {shape}.")
    return la.cholesky(a)


def solve(a: Any, b: Any) -> Any:
    """The x with a x = b; b is a vector, or one or more columns.

    >>> import wengert
    >>> wengert.linalg.solve(wengert.eye(2) * 2, wengert.ones(2))
    tensor([0.5000, 0.5000])
    """
    a, b = _together(a, b)
    if a._data.ndim < 2 or a._data.shape[-1] != a._data.shape[-2]:
        raise ShapeError(f"solve: expected square matrices, not shape {tuple(a._data.shape)}.")
    if b._data.ndim == 1 or tuple(b._data.shape) == tuple(a._data.shape[:-1]):
        column = la.solve(a, reshape(b, shape=(*b._data.shape, 1)))
        return reshape(column, shape=tuple(column._data.shape[:-1]))
    return la.solve(a, b)


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x @ weight.T + bias on the last axis; weight (out, in), bias (out,) or None.

    >>> import wengert
    >>> wengert.nn.functional.linear(wengert.ones(2), wengert.ones(3, 2), wengert.ones(3))
    tensor([3., 3., 3.])
    """
    shape, matrix = tuple(x._data.shape), tuple(weight._data.shape)
    if not shape or len(matrix) not in (1, 2) or shape[-1] != matrix[-1]:
        raise ShapeError(
            f"linear: an input of shape {shape} does not fit a weight of shape {matrix}: the last "
            "axes must be equal, (..., in) and (out, in)."
        )
    if len(shape) > 2 and len(matrix) == 2:
        # One large product: broadcasting would make one gradient of the weight for each matrix.
        flat = linear(reshape(x, shape=(size_of(shape[:-1]), shape[-1])), weight, bias)
        return reshape(flat, shape=(*shape[:-1], matrix[0]))
    out = matmul(x, la.swapped(weight) if len(matrix) == 2 else weight)
    return out if bias is None else add(out, bias)


__all__ = [
    "addmm",
    "bmm",
    "dot",
    "matmul",
    "mm",
    "mv",
    "outer",
]
