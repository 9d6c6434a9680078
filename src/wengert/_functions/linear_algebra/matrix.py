"""Products of vectors and matrices.

Vectors and stacks of matrices are made the operands of the one primitive, `matmul`; sums of halves
are kept in float32. Sums with a product are in `matrix_sums`, products of many in `einsum`.
"""

from __future__ import annotations

import operator
from typing import Any

from ..._base.dtypes import float32, int64, is_inexact, promote
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.shapes import broadcast, normalize_axis, size_of
from ..._declare.elementwise import convert
from ..._primitives import linear_algebra as la
from ..._primitives import matrix_parts as parts
from ..._primitives.elementwise import add, mul, sub
from ..._primitives.shaping import concatenate, expand, permute, reshape, slice_
from ..out import takes_out
from ..reductions.cumulative import cumprod
from ..reductions.reduction import sum as _sum


def together(*tensors: Any) -> list[Any]:
    """Tensors in their common dtype."""
    dtype = promote([(x._data.dtype, 1) for x in tensors])
    return [convert(x, dtype) for x in tensors]


def product(x: Any, y: Any) -> Any:
    """The primitive matmul, with the sums of halves in float32."""
    own = x._data.dtype
    if own.kind == "b":
        raise DtypeError("matmul: bool tensors have no product. Convert with x.to(wengert.int64).")
    if own.itemsize == 2 and is_inexact(own):
        return convert(la.matmul(convert(x, float32), convert(y, float32)), own)
    return la.matmul(x, y)


@takes_out
def matmul(input: Any, other: Any, *, out: Any = None) -> Any:
    """Matrix product, as `@`: vectors count as a row or a column, leading axes broadcast.

    >>> import wengert
    >>> wengert.eye(2) @ wengert.tensor([3.0, 4.0])
    tensor([3., 4.])
    """
    x, y = together(input, other)
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
    found = product(x, y)
    if row or column:
        shape = tuple(found._data.shape)
        found = reshape(found, shape=(*shape[:-2], shape[-1]) if row else shape[:-1])
    return found


def need_rank(name: str, x: Any, rank: int) -> None:
    """Raise if x has not `rank` axes."""
    if x._data.ndim != rank:
        raise ShapeError(
            f"{name}: expected {rank} axes, not shape {tuple(x._data.shape)}. matmul (@) takes all."
        )


@takes_out
def mm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """Product of two matrices.

    >>> import wengert
    >>> wengert.eye(2).mm(wengert.ones(2, 1))
    tensor([[1.],
            [1.]])
    """
    need_rank("mm", input, 2)
    need_rank("mm", mat2, 2)
    return matmul(input, mat2)


@takes_out
def bmm(input: Any, mat2: Any, *, out: Any = None) -> Any:
    """Products of two equally long stacks of matrices.

    >>> import wengert
    >>> wengert.bmm(wengert.ones(3, 1, 2), wengert.ones(3, 2, 1)).shape
    (3, 1, 1)
    """
    need_rank("bmm", input, 3)
    need_rank("bmm", mat2, 3)
    if input._data.shape[0] != mat2._data.shape[0]:
        raise ShapeError("bmm: the stacks have different lengths.")
    return matmul(input, mat2)


@takes_out
def mv(input: Any, vec: Any, *, out: Any = None) -> Any:
    """Matrix times vector.

    >>> import wengert
    >>> wengert.eye(2).mv(wengert.ones(2))
    tensor([1., 1.])
    """
    need_rank("mv", input, 2)
    need_rank("mv", vec, 1)
    return matmul(input, vec)


def _vectors(name: str, x: Any, y: Any) -> None:
    need_rank(name, x, 1)
    need_rank(name, y, 1)
    if x._data.shape != y._data.shape:
        raise ShapeError(
            f"{name}: vectors of lengths {x._data.shape[0]} and {y._data.shape[0]} do not fit."
        )
    if x._data.dtype != y._data.dtype:
        raise DtypeError(
            f"{name}: the vectors have dtypes {x._data.dtype} and {y._data.dtype}. Convert one "
            "with x.to(y.dtype)."
        )


@takes_out
def dot(input: Any, tensor: Any, *, out: Any = None) -> Any:
    """Sum of products of two vectors.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0]).dot(wengert.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _vectors("dot", input, tensor)
    return convert(_sum(mul(input, tensor)), input._data.dtype)


@takes_out
def vdot(input: Any, other: Any, *, out: Any = None) -> Any:
    """Sum of products of two vectors, the first conjugated.

    >>> import wengert
    >>> wengert.vdot(wengert.tensor([1j]), wengert.tensor([1j]))
    tensor(1.+0.j)
    """
    _vectors("vdot", input, other)
    return dot(parts.conjugated(input), other)


def vecdot(x: Any, y: Any, *, dim: int = -1, out: Any = None) -> Any:
    """Sums of products along an axis, the first operand conjugated, after broadcasting.

    >>> import wengert
    >>> wengert.linalg.vecdot(wengert.ones(2, 3), wengert.ones(3))
    tensor([3., 3.])
    """
    return _vecdot(x, y, dim=dim, out=out)


@takes_out
def _vecdot(x: Any, y: Any, *, dim: int, out: Any = None) -> Any:
    x, y = together(x, y)
    for part in (x, y):
        normalize_axis(dim, part._data.ndim, "vecdot")
        if not part._data.ndim:
            raise DimensionError("vecdot: a 0-d tensor is no vector; use *.")
    shape = broadcast("vecdot", tuple(x._data.shape), tuple(y._data.shape))
    axis = normalize_axis(dim, len(shape), "vecdot")
    if x._data.shape[dim:][:1] != y._data.shape[dim:][:1] and dim < 0:
        raise ShapeError(
            f"vecdot: axis {dim} has {x._data.shape[dim]} and {y._data.shape[dim]} elements."
        )
    return convert(_sum(mul(parts.conjugated(x), y), axis), x._data.dtype)


@takes_out
def inner(input: Any, other: Any, *, out: Any = None) -> Any:
    """Sums of products along the last axes: out[i.., j..] = sum_k x[i.., k] y[j.., k].

    >>> import wengert
    >>> wengert.inner(wengert.ones(2, 3), wengert.ones(3))
    tensor([3., 3.])
    """
    x, y = together(input, other)
    a, b = tuple(x._data.shape), tuple(y._data.shape)
    if not a or not b:
        return mul(x, y)
    if a[-1] != b[-1]:
        raise ShapeError(f"inner: the last axes of {a} and {b} have different lengths.")
    rows = reshape(x, shape=(size_of(a[:-1]), a[-1]))
    columns = parts.swapped(reshape(y, shape=(size_of(b[:-1]), b[-1])))
    return reshape(product(rows, columns), shape=(*a[:-1], *b[:-1]))


@takes_out
def outer(input: Any, vec2: Any, *, out: Any = None) -> Any:
    """All products of the elements of two vectors.

    >>> import wengert
    >>> wengert.outer(wengert.tensor([1, 2]), wengert.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    need_rank("outer", input, 1)
    need_rank("outer", vec2, 1)
    column = reshape(input, shape=(*input._data.shape, 1))
    return mul(column, reshape(vec2, shape=(1, *vec2._data.shape)))


ger = outer


@takes_out
def tensordot(a: Any, b: Any, dims: Any = 2, *, out: Any = None) -> Any:
    """Sums of products over the last `dims` axes of a and the first of b, or two lists of axes.

    >>> import wengert
    >>> wengert.tensordot(wengert.ones(2, 3), wengert.ones(3, 2, 4), dims=([0, 1], [1, 0])).shape
    (4,)
    """
    x, y = together(a, b)
    p, q = tuple(x._data.shape), tuple(y._data.shape)
    if hasattr(dims, "_data"):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0 or dims > min(len(p), len(q)):
            raise DimensionError(f"tensordot: dims={dims} for operands of shapes {p} and {q}.")
        first, second = list(range(len(p) - dims, len(p))), list(range(dims))
    else:
        first = [normalize_axis(axis, len(p), "tensordot") for axis in dims[0]]
        second = [normalize_axis(axis, len(q), "tensordot") for axis in dims[1]]
        if len(first) != len(second):
            raise DimensionError("tensordot: the two lists of axes have different lengths.")
    if first and not (p and q):
        raise DimensionError(f"tensordot: a 0-d tensor has no axes; the shapes are {p} and {q}.")
    for i, j in zip(first, second, strict=True):  # an axis of 1 is spread, by summing the other
        if p[i] == 1 and q[j] != 1:
            y = _sum(y, j, True, dtype=y._data.dtype)
        elif q[j] == 1 and p[i] != 1:
            x = _sum(x, i, True, dtype=x._data.dtype)
        elif p[i] != q[j]:
            raise ShapeError(
                f"tensordot: axes {tuple(first)} of {p} and {tuple(second)} of {q} do not fit."
            )
    p, q = tuple(x._data.shape), tuple(y._data.shape)
    left = [k for k in range(len(p)) if k not in first]
    right = [k for k in range(len(q)) if k not in second]
    rows, columns = tuple(p[k] for k in left), tuple(q[k] for k in right)
    inner_size = size_of(tuple(p[k] for k in first))
    x = reshape(permute(x, axes=(*left, *first)), shape=(size_of(rows), inner_size))
    y = reshape(permute(y, axes=(*second, *right)), shape=(inner_size, size_of(columns)))
    return reshape(product(x, y), shape=(*rows, *columns))


@takes_out
def kron(input: Any, other: Any, *, out: Any = None) -> Any:
    """Kronecker's product: a copy of `other` for every element of `input`, times that element.

    >>> import wengert
    >>> wengert.kron(wengert.tensor([1, 2]), wengert.tensor([3, 4]))
    tensor([3, 4, 6, 8])
    """
    a, b = tuple(input._data.shape), tuple(other._data.shape)
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    left = reshape(input, shape=tuple(e for extent in a for e in (extent, 1)))
    right = reshape(other, shape=tuple(e for extent in b for e in (1, extent)))
    return reshape(mul(left, right), shape=tuple(i * j for i, j in zip(a, b, strict=True)))


def _crossed(x: Any, y: Any, axis: int, name: str) -> Any:
    x, y = together(x, y)
    shape = broadcast(name, tuple(x._data.shape), tuple(y._data.shape))
    if len({shape[axis], x._data.shape[axis], y._data.shape[axis]} | {3}) > 1:
        raise ShapeError(
            f"{name}: axis {axis} must have length 3 in both, not {tuple(x._data.shape)} and "
            f"{tuple(y._data.shape)}."
        )
    x, y = expand(x, shape=shape), expand(y, shape=shape)

    def turned(z: Any, k: int) -> Any:
        def cut(start: int, length: int) -> Any:
            slices = [(0, extent, 1) for extent in shape]
            slices[axis] = (start, length, 1)
            return slice_(z, slices=tuple(slices))

        return concatenate(cut(k, 3 - k), cut(0, k), axis=axis)

    return sub(mul(turned(x, 1), turned(y, 2)), mul(turned(x, 2), turned(y, 1)))


@takes_out
def cross(input: Any, other: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """Cross products along an axis of length 3 (the first one if `dim` is None).

    >>> import wengert
    >>> wengert.cross(wengert.tensor([1, 0, 0]), wengert.tensor([0, 1, 0]))
    tensor([0, 0, 1])
    """
    shape = broadcast("cross", tuple(input._data.shape), tuple(other._data.shape))
    if dim is None:
        if 3 not in shape:
            raise ShapeError(f"cross: no axis of {shape} has length 3.")
        dim = shape.index(3)
    if input._data.ndim != other._data.ndim:
        raise ShapeError(
            f"cross: both need the same number of axes, not {input._data.ndim} and "
            f"{other._data.ndim}."
        )
    return _crossed(input, other, normalize_axis(dim, len(shape), "cross"), "cross")


def linalg_cross(input: Any, other: Any, *, dim: int = -1, out: Any = None) -> Any:
    """Cross products along an axis of length 3.

    >>> import wengert
    >>> wengert.linalg.cross(wengert.tensor([1, 0, 0]), wengert.tensor([0, 1, 0]))
    tensor([0, 0, 1])
    """
    return cross(input, other, dim, out=out)


def trace(input: Any) -> Any:
    """The sum of the diagonal of a matrix.

    >>> import wengert
    >>> wengert.eye(3).trace()
    tensor(3.)
    """
    need_rank("trace", input, 2)
    x = input if is_inexact(input._data.dtype) else convert(input, int64)
    return parts.trace_of(x)


def linalg_vander(x: Any, *, N: int | None = None) -> Any:
    """The powers x^0, ..., x^(N-1) of each element, as a new last axis; N is the length by default.

    >>> import wengert
    >>> wengert.linalg.vander(wengert.tensor([2, 3]), N=3)
    tensor([[1, 2, 4],
            [1, 3, 9]])
    """
    if x._data.dtype.kind == "b":
        raise DtypeError("vander: bool tensors have no powers. Convert with x.to(wengert.int64).")
    x = x if is_inexact(x._data.dtype) else convert(x, int64)
    shape = tuple(x._data.shape) or (1,)
    count = shape[-1] if N is None else N
    if N is not None and N <= 1:
        raise ValueError(f"vander: N={N}; it must be at least 2.")
    column = reshape(x, shape=(*shape, 1))
    ones = add(mul(column, 0), 1).detach()
    if count < 2:
        return expand(ones, shape=(*shape, count))
    powers = cumprod(expand(column, shape=(*shape, count - 1)), -1)
    return concatenate(ones, powers, axis=len(shape))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers x^(N-1), ..., x^0 of each element of a vector, or in increasing order.

    >>> import wengert
    >>> wengert.vander(wengert.tensor([2, 3]))
    tensor([[2, 1],
            [3, 1]])
    """
    need_rank("vander", x, 1)
    count = x._data.shape[0] if N is None else operator.index(N)
    if count < 0:
        raise ValueError(f"vander: N={N} must not be negative.")
    rows = x._data.shape[0]
    whole = linalg_vander(x, N=max(count, 2))
    chosen = (0, count, 1) if increasing else (count - 1, count, -1)
    return slice_(whole, slices=((0, rows, 1), chosen if count else (0, 0, 1)))


@takes_out
def linear(input: Any, weight: Any, bias: Any = None, *, out: Any = None) -> Any:
    """input @ weight.T + bias on the last axis; weight (out, in), bias (out,) or None.

    >>> import wengert
    >>> wengert.nn.functional.linear(wengert.ones(2), wengert.ones(3, 2), wengert.ones(3))
    tensor([3., 3., 3.])
    """
    shape, matrix = tuple(input._data.shape), tuple(weight._data.shape)
    if not shape or len(matrix) not in (1, 2) or shape[-1] != matrix[-1]:
        raise ShapeError(
            f"linear: an input of shape {shape} does not fit a weight of shape {matrix}: the last "
            "axes must be equal, (..., in) and (out, in)."
        )
    if len(shape) > 2 and len(matrix) == 2:
        # One large product: broadcasting would make one gradient of the weight for each matrix.
        rows = reshape(input, shape=(size_of(shape[:-1]), shape[-1]))
        return reshape(linear(rows, weight, bias), shape=(*shape[:-1], matrix[0]))
    found = matmul(input, la.swapped(weight) if len(matrix) == 2 else weight)
    return found if bias is None else add(found, bias)


__all__ = [
    "bmm",
    "cross",
    "dot",
    "ger",
    "inner",
    "kron",
    "matmul",
    "mm",
    "mv",
    "outer",
    "tensordot",
    "trace",
    "vander",
    "vdot",
]
