"""Products added to a tensor: beta * input + alpha * product.

beta = 0 leaves `input` out, NaN and all.
"""

from __future__ import annotations

from typing import Any

from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import broadcast
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives.elementwise import add, eq, mul, where
from ..._primitives.shaping import expand
from ..out import takes_out
from ..reductions.reduction import sum as _sum
from .matrix import bmm, mm, mv, need_rank, outer, together


def _factor(x: Any, factor: Any, name: str, what: str) -> Any:
    """A number in the kind of x: with integers it is cut to an integer, as in PyTorch."""
    kind = x._data.dtype.kind
    if isinstance(factor, Handle):
        return convert(factor, x._data.dtype) if kind in "iub" else factor
    if isinstance(factor, complex) and kind != "c":
        raise DtypeError(
            f"{name}: {what}={factor!r} does not fit dtype {x._data.dtype}. Convert the tensors."
        )
    number: Any = factor
    return int(number) if kind in "iu" else bool(number) if kind == "b" else number


def _scaled(x: Any, factor: Any) -> Any:
    return x if not isinstance(factor, Handle) and factor == 1 else mul(x, factor)


def _added(name: str, input: Any, product: Any, beta: Any, alpha: Any) -> Any:
    input, product = together(input, product)
    shape = tuple(product._data.shape)
    if broadcast(name, tuple(input._data.shape), shape) != shape:
        raise ShapeError(
            f"{name}: an input of shape {tuple(input._data.shape)} cannot be broadcast to the "
            f"product, of shape {shape}."
        )
    product = _scaled(product, _factor(product, alpha, name, "alpha"))
    beta = _factor(input, beta, name, "beta")
    if isinstance(beta, Handle):  # a number that a trace does not know
        with_input = add(mul(expand(input, shape=shape), beta), product)
        return where(eq(beta, 0), product, with_input)
    if beta == 0:
        return product
    return add(_scaled(expand(input, shape=shape), beta), product)


@takes_out
def addmm(
    input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None
) -> Any:
    """beta * input + alpha * (mat1 @ mat2).

    >>> import wengert
    >>> wengert.addmm(wengert.ones(1), wengert.eye(2), wengert.eye(2))
    tensor([[2., 1.],
            [1., 2.]])
    """
    return _added("addmm", input, mm(mat1, mat2), beta, alpha)


@takes_out
def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Any:
    """beta * input + alpha * (mat @ vec).

    >>> import wengert
    >>> wengert.addmv(wengert.ones(2), wengert.eye(2), wengert.ones(2), alpha=2)
    tensor([3., 3.])
    """
    return _added("addmv", input, mv(mat, vec), beta, alpha)


@takes_out
def addr(
    input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None
) -> Any:
    """beta * input + alpha * outer(vec1, vec2).

    >>> import wengert
    >>> wengert.addr(wengert.ones(1, 2), wengert.ones(1), wengert.ones(2))
    tensor([[2., 2.]])
    """
    return _added("addr", input, outer(vec1, vec2), beta, alpha)


@takes_out
def addbmm(
    input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None
) -> Any:
    """beta * input + alpha * (sum of batch1[i] @ batch2[i]).

    >>> import wengert
    >>> wengert.addbmm(wengert.ones(1, 1), wengert.ones(3, 1, 2), wengert.ones(3, 2, 1))
    tensor([[7.]])
    """
    product = bmm(batch1, batch2)
    return _added("addbmm", input, _sum(product, 0, dtype=product._data.dtype), beta, alpha)


@takes_out
def baddbmm(
    input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1, out: Any = None
) -> Any:
    """beta * input + alpha * (batch1 @ batch2), for stacks of matrices.

    >>> import wengert
    >>> wengert.baddbmm(wengert.ones(1, 1, 1), wengert.ones(3, 1, 2), wengert.ones(3, 2, 1)).shape
    (3, 1, 1)
    """
    need_rank("baddbmm", batch1, 3)
    return _added("baddbmm", input, bmm(batch1, batch2), beta, alpha)


__all__ = ["addbmm", "addmm", "addmv", "addr", "baddbmm"]
