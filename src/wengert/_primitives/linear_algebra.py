"""Matrix product, linear solves and Cholesky factor, over leading batch axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.errors import LinAlgError, ShapeError
from .._base.shapes import Shape, broadcast
from .._declare.linear import linear, other
from .._declare.samples import Sample
from .elementwise import add, mul, neg, sub
from .matrix_parts import (
    adjoint,
    below_diagonal,
    from_diagonal,
    only_diagonal,
    refusal,
    swapped,
    up_to_diagonal,
)
from .shaping import reshape, sum_to

_linalg: Any = np.linalg


def _product(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> list[tuple[Shape, Dtype]]:
    x, y = shapes
    if x[-1] != y[-2]:
        raise ShapeError(
            f"matmul: shapes {x} and {y} do not fit (axis -1 of the first is {x[-1]}, axis -2 of "
            f"the second is {y[-2]})."
        )
    return [((*broadcast("matmul", x[:-2], y[:-2]), x[-2], y[-1]), dtypes[0])]


def _matmul_transpose(site: Any, g: Any, i: int) -> Any:
    if i == 0:
        return sum_to(matmul(g, adjoint(site.value(1))), site.shape(0))
    return sum_to(matmul(adjoint(site.value(0)), g), site.shape(1))


def stacked_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    """Leading axes broadcast, so only ranks have to be made equal."""
    rank = max(op._data.ndim - b for op, b in zip(ops, batched, strict=True))
    aligned: list[Any] = []
    for op, is_batched in zip(ops, batched, strict=True):
        shape = op._data.shape
        lead, inner = ((size,), shape[1:]) if is_batched else ((1,), shape)
        aligned.append(reshape(op, shape=(*lead, *(1,) * (rank - len(inner)), *inner)))
    return p(*aligned, **params)


@linear(
    abstract=_product,
    transpose=_matmul_transpose,
    keeps=lambda wanted, arity: ((0,) if wanted & 2 else ()) + ((1,) if wanted & 1 else ()),
    operands=lambda arity: (0, 1),
    batch=stacked_batch,
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3)), rng.standard_normal((3, 4))], {}),
        Sample(lambda rng: [rng.standard_normal((2, 2, 3)), rng.standard_normal((3, 1))], {}),
        Sample(lambda rng: [rng.standard_normal((2, 1, 1, 3)), rng.standard_normal((4, 3, 2))], {}),
        Sample(lambda rng: [rng.standard_normal((2, 0)), rng.standard_normal((0, 3))], {}),
        Sample(lambda rng: [rng.standard_normal((0, 2)), rng.standard_normal((2, 3))], {}),
    ],
)
def matmul(x: Any, y: Any) -> Any:
    """Matrix product of the last two axes; leading axes broadcast."""
    return np.matmul(x, y)


def _solve_shape(name: str) -> Callable[[list[Shape], list[Dtype], Any], list[Any]]:
    def shape(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> list[tuple[Shape, Dtype]]:
        a, b = shapes
        if a[-1] != a[-2] or a[-1] != b[-2]:
            raise ShapeError(
                f"{name}: a matrix of shape {a} and a right side of shape {b} do not fit."
            )
        return [((*broadcast(name, a[:-2], b[:-2]), *b[-2:]), dtypes[0])]

    return shape


def _solve_vjp(site: Any, g: Any) -> tuple[Any, Any]:
    right = solve(adjoint(site.value(0)), g)
    left = neg(matmul(right, adjoint(site.out())))
    return sum_to(left, site.shape(0)), sum_to(right, site.shape(1))


def _moved(ta: Any, tb: Any, x: Any) -> Any:
    """tb - ta @ x, of which ta or tb may be None: a @ tx, where a @ x = b."""
    if ta is None:
        return tb
    moved = matmul(ta, x)
    return neg(moved) if tb is None else sub(tb, moved)


def _solve_jvp(site: Any, ta: Any, tb: Any) -> tuple[Any]:
    return (solve(site.value(0), _moved(ta, tb, site.out())),)


def _regular(rng: np.random.Generator) -> Any:
    return rng.standard_normal((3, 3)) + 4 * np.eye(3)


@other(
    abstract=_solve_shape("solve"),
    vjp=_solve_vjp,
    jvp=_solve_jvp,
    keeps=(0, 2),
    batch=stacked_batch,
    samples=[
        Sample(lambda rng: [_regular(rng), rng.standard_normal((3, 2))], {}),
        Sample(lambda rng: [_regular(rng), rng.standard_normal((2, 3, 1))], {}),
        Sample(lambda rng: [np.array([[rng.uniform(1, 2)]]), rng.standard_normal((1, 1))], {}),
    ],
)
def solve(a: Any, b: Any) -> Any:
    """The x with a @ x = b, for square a and matrices b."""
    try:
        return _linalg.solve(a, b)
    except np.linalg.LinAlgError:
        raise refusal("solve", "the matrix is singular", a, _linalg.inv) from None


def _triangle(x: Any, upper: bool) -> Any:
    return from_diagonal(x) if upper else up_to_diagonal(x)


def _triangular_vjp(site: Any, g: Any) -> tuple[Any, Any]:
    upper: bool = site.params["upper"]
    right = solve_triangular(adjoint(site.value(0)), g, upper=not upper)
    left = _triangle(neg(matmul(right, adjoint(site.out()))), upper)
    return sum_to(left, site.shape(0)), sum_to(right, site.shape(1))


def _triangular_jvp(site: Any, ta: Any, tb: Any) -> tuple[Any]:
    upper: bool = site.params["upper"]
    right = _moved(None if ta is None else _triangle(ta, upper), tb, site.out())
    return (solve_triangular(site.value(0), right, upper=upper),)


def _substitute(a: Any, x: Any, upper: bool, leaf: int) -> None:
    """Solve in place, by halves, so that nearly all of it is products of matrices."""
    rows = a.shape[-1]
    if rows < 2:
        x /= np.diagonal(a, axis1=-2, axis2=-1)[..., None]
    elif rows <= leaf:
        # Elimination finds nothing to eliminate in an upper triangle: LAPACK substitutes.
        order = slice(None, None, 1 if upper else -1)
        x[..., order, :] = _linalg.solve(np.triu(a[..., order, order]), x[..., order, :])
    else:
        halves = (slice(0, rows // 2), slice(rows // 2, rows))
        first, then = reversed(halves) if upper else halves
        _substitute(a[..., first, first], x[..., first, :], upper, leaf)
        x[..., then, :] -= np.matmul(a[..., then, first], x[..., first, :])
        _substitute(a[..., then, then], x[..., then, :], upper, leaf)


def _need_diagonal(a: Any) -> None:
    if not np.diagonal(a, axis1=-2, axis2=-1).all():
        raise LinAlgError


@other(
    abstract=_solve_shape("solve_triangular"),
    vjp=_triangular_vjp,
    jvp=_triangular_jvp,
    keeps=(0, 2),
    batch=stacked_batch,
    samples=[
        Sample(lambda rng: [_regular(rng), rng.standard_normal((3, 2))], {"upper": True}),
        Sample(lambda rng: [_regular(rng), rng.standard_normal((2, 3, 1))], {"upper": False}),
        Sample(
            lambda rng: [np.stack([_regular(rng), _regular(rng)]), rng.standard_normal((3, 2))],
            {"upper": False},
        ),
        Sample(
            lambda rng: [np.array([[rng.uniform(1, 2)]]), rng.standard_normal((1, 1))],
            {"upper": True},
        ),
    ],
)
def solve_triangular(a: Any, b: Any, upper: bool) -> Any:
    """The x with a @ x = b, for triangular a; the other half of a is not read.

    By substitution: x is the solution for a matrix of which each element is within some n eps of
    that of a, however different in size they are (N. Higham, Accuracy and stability, theorem 8.5).
    """
    try:
        _need_diagonal(a)
    except LinAlgError:
        what = "the matrix is singular (a zero on the diagonal)"
        raise refusal("solve_triangular", what, a, _need_diagonal) from None
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x: Any = np.array(np.broadcast_to(b, (*lead, *b.shape[-2:])))
    # With infinities or NaN elimination would multiply them by its zeros.
    finite = bool(np.isfinite(a).all() and np.isfinite(x).all())
    _substitute(a, x, upper, leaf=32 if finite else 1)
    return x


def _lower_half(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return add(below_diagonal(x), mul(only_diagonal(x), 0.5))


def _cholesky_jvp(site: Any, t: Any) -> tuple[Any]:
    factor = site.out()
    # PyTorch reads both triangles of the tangent; the symmetric part is what matters.
    symmetric = mul(add(t, adjoint(t)), 0.5)
    left = solve_triangular(factor, symmetric, upper=False)
    inner = adjoint(solve_triangular(factor, adjoint(left), upper=False))
    return (matmul(factor, _lower_half(inner)),)


def _spd(rng: np.random.Generator) -> list[Any]:
    a = rng.standard_normal((3, 3))
    return [a @ a.T + 3 * np.eye(3)]


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    jvp=_cholesky_jvp,
    keeps=(1,),
    batch=lambda p, ops, batched, size, params: p(ops[0]),
    samples=[
        Sample(_spd, {}),
        Sample(lambda rng: [np.stack([_spd(rng)[0], _spd(rng)[0]])], {}),
        Sample(lambda rng: [np.array([[rng.uniform(1, 2)]])], {}),
    ],
)
def cholesky(a: Any) -> Any:
    """The lower triangular L with L @ L.T = a, for symmetric positive definite a.

    The derivative is that of the symmetric part of a: L phi(L^-1 da L^-T), phi halving the diagonal
    (I. Murray, Differentiation of the Cholesky decomposition, 2016).
    """
    symmetric: Any = (a + np.conj(np.swapaxes(a, -1, -2))) / 2
    try:
        return _linalg.cholesky(symmetric)
    except np.linalg.LinAlgError:
        what = "the matrix is not positive definite"
        raise refusal("cholesky", what, symmetric, _linalg.cholesky) from None


__all__ = ["adjoint", "cholesky", "matmul", "solve", "solve_triangular", "stacked_batch", "swapped"]
