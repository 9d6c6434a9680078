"""Determinants, and the adjugate, with which a determinant is differentiated where it is 0.

The second derivative is exact for singular matrices as well: it needs products of all singular
values but two, which are computed without dividing by any. The third one divides, and is NaN where
the condition number is above the cube root of 1 / precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype, real_of
from .._base.shapes import Shape
from .._declare.linear import other
from .._declare.samples import Sample
from .complex_numbers import complex_, imag, real
from .elementwise import add, gt, mul, sub, where
from .linear_algebra import matmul, solve, stacked_batch
from .matrix_parts import adjoint, trace_of
from .shaping import reshape, sum_to

_linalg: Any = np.linalg
_Avals = list[tuple[Shape, Dtype]]


def _single(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    return p(ops[0])


def _slogdet_jvp(site: Any, t: Any) -> tuple[Any, Any]:
    rate = trace_of(solve(site.value(0), t))
    if rate._data.dtype.kind != "c":
        return mul(trace_of(t), 0.0), rate
    turn = imag(rate)
    return mul(site.out(0), complex_(mul(turn, 0.0), turn)), real(rate)


def _regular(rng: np.random.Generator) -> Any:
    return rng.standard_normal((3, 3)) + 4 * np.eye(3)


def _rank_two(rng: np.random.Generator) -> Any:
    """A 3 x 3 matrix of small integers whose rows add up to nothing."""
    rows = rng.permutation(9).reshape(3, 3)[:2].astype(float)
    return np.concatenate([rows, -rows.sum(0, keepdims=True)])


@other(
    abstract=lambda shapes, dtypes, params: [
        (shapes[0][:-2], dtypes[0]),
        (shapes[0][:-2], real_of(dtypes[0])),
    ],
    jvp=_slogdet_jvp,
    keeps=(0, 1),
    n_outputs=2,
    batch=_single,
    samples=[
        Sample(lambda rng: [_regular(rng)], {}),
        Sample(lambda rng: [np.stack([_regular(rng), _regular(rng)])], {}),
    ],
)
def slogdet(a: Any) -> Any:
    """det / |det| and log |det|; the rate of log det along da is tr(inverse(a) da)."""
    sign, size = _linalg.slogdet(a)
    return np.asarray(sign), np.asarray(size)


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0][:-2], dtypes[0])],
    jvp=lambda site, t: (trace_of(matmul(adjugate(site.value(0)), t)),),
    keeps=(0,),
    batch=_single,
    samples=[
        Sample(lambda rng: [_regular(rng)], {}),
        Sample(lambda rng: [_rank_two(rng)], {}),
        Sample(lambda rng: [np.outer([1.0, 2.0, -1.0], [0.5, -1.0, 2.0])], {}),
        Sample(lambda rng: [rng.standard_normal((2, 1, 1))], {}),
    ],
)
def det(a: Any) -> Any:
    """The determinant; its derivative along da is tr(adjugate(a) da) (Jacobi)."""
    return np.asarray(_linalg.det(a))


def _all_but_one(s: Any) -> Any:
    """The product of all other entries along the last axis."""
    ones = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.cumprod(np.concatenate([ones, s], -1), -1)[..., :-1]
    after = np.cumprod(np.concatenate([ones, s[..., ::-1]], -1), -1)[..., -2::-1]
    return before * after


def _finite(a: Any) -> tuple[Any, Any]:
    """Which matrices are finite, and the stack with zeros for the others: LAPACK's iterations may
    never end with infinities.
    """
    finite = np.isfinite(a).all((-2, -1), keepdims=True)
    return finite[..., 0], np.where(finite, a, 0).astype(a.dtype, copy=False)


def _svd(a: Any) -> tuple[Any, Any, Any, Any]:
    """u, s, vh and det(u vh); s is NaN for a matrix with infinities or NaN."""
    finite, a = _finite(a)
    u, s, vh = _linalg.svd(a)
    return u, np.where(finite, s, np.nan), vh, _linalg.det(u @ vh)[..., None, None]


_WELL = 1e3
"""The condition number up to which det * inverse loses no digits that matter, and is faster."""


def _by_singular_values(a: Any) -> Any:
    u, s, vh, sign = _svd(a)
    others = _all_but_one(s)[..., None, :].astype(a.dtype)
    v, uh = np.conj(np.swapaxes(vh, -1, -2)), np.conj(np.swapaxes(u, -1, -2))
    return (sign * (v * others) @ uh).astype(a.dtype, copy=False)


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    jvp=lambda site, t: (adjugate_change(site.value(0), t),),
    vjp=lambda site, g: (adjugate_change(adjoint(site.value(0)), g),),
    keeps=(0,),
    batch=_single,
    samples=[
        Sample(lambda rng: [_regular(rng)], {}),
        Sample(lambda rng: [np.stack([_regular(rng), np.diag([2e-3, 1.0, 3.0])])], {}),
    ],
)
def adjugate(a: Any) -> Any:
    """det(a) inverse(a) as det(u) det(vh) v @ diag(products of the other s) @ u^H, for any a.

    G. W. Stewart, On the adjugate matrix, 1998.
    """
    try:
        inverse = _linalg.inv(a)
    except np.linalg.LinAlgError:
        return _by_singular_values(a)
    size = np.max(np.sum(np.abs(a), -2), -1, initial=0)
    poor = ~(size * np.max(np.sum(np.abs(inverse), -2), -1, initial=0) < _WELL)
    found = (_linalg.det(a)[..., None, None] * inverse).astype(a.dtype, copy=False)
    if poor.any():
        found[poor] = _by_singular_values(a[poor])
    return found


def _on_scalars(x: Any) -> Any:
    """Numbers, one a matrix, as 1 x 1 matrices."""
    return reshape(x, shape=(*x._data.shape, 1, 1))


def _third(a: Any, e: Any, t: Any) -> Any:
    """The derivative of adjugate_change(a, e) in a along t, for regular a."""
    # det (tr(be) b - beb) with b = inverse(a), differentiated.
    volume = _on_scalars(where(_is_regular(a), det(a), float("nan")))
    identity = constant_identity(a)
    inverse = solve(where(_on_scalars(_is_regular(a)), a, identity), identity)
    be, bt = matmul(inverse, e), matmul(inverse, t)
    rate_e, rate_t = _on_scalars(trace_of(be)), _on_scalars(trace_of(bt))
    bebt = matmul(be, bt)
    factor = sub(mul(rate_e, rate_t), _on_scalars(trace_of(bebt)))
    inner = sub(add(bebt, matmul(bt, be)), add(mul(rate_e, bt), mul(rate_t, be)))
    return mul(volume, add(mul(factor, inverse), matmul(inner, inverse)))


def _change_jvp(site: Any, ta: Any, te: Any) -> tuple[Any]:
    a, e = site.value(0), site.value(1)
    if ta is None:
        return (adjugate_change(a, te),)
    moved = _third(a, e, ta)
    return (moved if te is None else add(moved, adjugate_change(a, te)),)


def _change_vjp(site: Any, g: Any) -> tuple[Any, Any]:
    # All derivatives of det are symmetric, so each of these maps is its own transpose.
    ah, eh = adjoint(site.value(0)), adjoint(site.value(1))
    return sum_to(_third(ah, eh, g), site.shape(0)), sum_to(adjugate_change(ah, g), site.shape(1))


def constant_identity(a: Any) -> Any:
    """The identity of the size and dtype of square matrices."""
    from .creation import constant

    return constant(np.eye(a._data.shape[-1], dtype=a._data.dtype))


def _is_regular(a: Any) -> Any:
    return gt(regularity(a), 0.0)


@other(
    abstract=lambda shapes, dtypes, params: [
        (tuple(np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2])) + shapes[0][-2:], dtypes[0])
    ],
    jvp=_change_jvp,
    vjp=_change_vjp,
    keeps=(0, 1),
    batch=stacked_batch,
    samples=[
        Sample(lambda rng: [_regular(rng), rng.standard_normal((3, 3))], {}),
        Sample(lambda rng: [_regular(rng)[:2, :2], rng.standard_normal((2, 2))], {}),
    ],
)
def adjugate_change(a: Any, e: Any) -> Any:
    """The derivative of the adjugate along e, from products of all singular values but two."""
    u, s, vh, sign = _svd(a)
    n = s.shape[-1]
    without = np.where(np.eye(n, dtype=bool), 1, s[..., None, :])
    pairs = _all_but_one(without).astype(a.dtype)
    v, uh = np.conj(np.swapaxes(vh, -1, -2)), np.conj(np.swapaxes(u, -1, -2))
    inner = uh @ e @ v
    apart = ~np.eye(n, dtype=bool)
    own = np.diagonal(inner, axis1=-2, axis2=-1)
    rates = np.sum(np.where(apart, pairs * own[..., None, :], 0), -1)
    inner = -inner * pairs
    inner[..., range(n), range(n)] = rates
    return (sign * v @ inner @ uh).astype(a.dtype, copy=False)


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0][:-2], real_of(dtypes[0]))],
    batch=_single,
    samples=[
        Sample(lambda rng: [np.diag([2.0, 0.5])], {}),
        Sample(lambda rng: [np.stack([_regular(rng), np.diag([1.0, 3.0, 0.1])])], {}),
    ],
)
def regularity(a: Any) -> Any:
    """The smallest singular value over the largest; 0 below the cube root of the precision.

    Beyond that a product of three inverses has lost all its digits.
    """
    s = _linalg.svd(_finite(a)[1], compute_uv=False)
    if not s.shape[-1]:
        return np.ones(s.shape[:-1], s.dtype)
    largest, least = s[..., 0], s[..., -1]
    bound = np.cbrt(np.finfo(s.dtype).eps) * largest
    return np.where(least > bound, least / np.where(largest > 0, largest, 1), 0).astype(s.dtype)


__all__ = ["adjugate", "adjugate_change", "det", "regularity", "slogdet"]
