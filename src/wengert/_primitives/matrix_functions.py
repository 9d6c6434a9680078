"""Functions of matrices with derivatives of their own: the pseudo-inverse and the exponential."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.shapes import Shape
from .._declare.linear import other
from .._declare.samples import Sample
from .elementwise import add, mul, sub
from .linear_algebra import matmul
from .matrix_parts import adjoint, need_finite, refusal
from .shaping import concatenate, expand, reshape, slice_

_linalg: Any = np.linalg
_Avals = list[tuple[Shape, Dtype]]


def _pinv_jvp(site: Any, t: Any, t_atol: Any, t_rtol: Any) -> tuple[Any]:
    a, p = site.value(0), site.out()
    if t is None:
        return (None,)
    th, ph = adjoint(t), adjoint(p)
    inner = matmul(matmul(p, t), p)
    left, right = matmul(matmul(p, ph), th), matmul(matmul(th, ph), p)
    moved = add(sub(left, matmul(matmul(left, a), p)), sub(right, matmul(p, matmul(a, right))))
    return (sub(moved, inner),)


def _pinv_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    a = ops[0] if batched[0] else expand(ops[0], shape=(size, *ops[0]._data.shape))
    rank = a._data.ndim - 3
    bounds: list[Any] = []
    for bound, is_batched in zip(ops[1:], batched[1:], strict=True):
        shape = bound._data.shape
        if is_batched:
            missing = (1,) * (rank - len(shape) + 1)
            bound = reshape(bound, shape=(size, *missing, *shape[1:]))
        bounds.append(bound)
    return p(a, *bounds)


@other(
    abstract=lambda shapes, dtypes, params: [
        ((*shapes[0][:-2], shapes[0][-1], shapes[0][-2]), dtypes[0])
    ],
    jvp=_pinv_jvp,
    keeps=(0, 3),
    batch=_pinv_batch,
    samples=[
        Sample(lambda rng: [rng.standard_normal((3, 2)), np.array(0.0), np.array(1e-7)], {}),
        Sample(lambda rng: [rng.standard_normal((2, 1, 2)), np.zeros(2), np.array(1e-7)], {}),
        Sample(
            lambda rng: [rng.standard_normal((2, 2)) + 3 * np.eye(2), np.zeros(()), np.zeros(())],
            {},
        ),
    ],
)
def pinv(a: Any, atol: Any, rtol: Any) -> Any:
    """The pseudo-inverse of a without its singular values <= max(atol, rtol * the largest).

    The derivative is that among matrices of the same rank: G. Golub and V. Pereyra, The
    differentiation of pseudo-inverses, 1973.
    """
    need_finite("pinv", a)
    try:
        u, s, vh = _linalg.svd(a, full_matrices=False)
    except np.linalg.LinAlgError:
        raise refusal("pinv", "the iteration did not converge", a, _linalg.svd) from None
    largest = s[..., 0] if s.shape[-1] else np.zeros(s.shape[:-1], s.dtype)
    kept = s > np.maximum(atol, rtol * largest)[..., None]
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    v, uh = np.conj(np.swapaxes(vh, -1, -2)), np.conj(np.swapaxes(u, -1, -2))
    return (v * inverse[..., None, :]) @ uh


_PADE = [math.comb(13, k) * math.factorial(26 - k) for k in range(14)]
_REACH = 5.371920351148152
"""Coefficients of the (13, 13) approximant of exp, and the norm up to which it is exact to
rounding: N. Higham, The scaling and squaring method for the matrix exponential revisited, 2005."""


def _exponential(a: Any) -> Any:
    norm = np.max(np.sum(np.abs(a), -2), -1, initial=0)
    finite = np.where(np.isfinite(norm), norm, 0)
    halvings = np.ceil(np.log2(np.maximum(finite / _REACH, 1))).astype(int)
    x = a * (0.5 ** halvings[..., None, None]).astype(norm.dtype)
    x2 = x @ x
    x4, identity = x2 @ x2, np.eye(a.shape[-1], dtype=a.dtype)
    x6 = x2 @ x4
    b = [a.dtype.type(c / _PADE[0]) for c in _PADE]
    odd = x6 @ (b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2
    odd = x @ (odd + b[1] * identity)
    even = x6 @ (b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2
    even = even + b[0] * identity
    found: Any = _linalg.solve(even - odd, even + odd)
    for k in range(int(np.max(halvings, initial=0))):
        more = halvings > k
        found[more] = found[more] @ found[more]
    return found


def _change(a: Any, t: Any) -> Any:
    """The derivative of exp at a along t: the upper right block of exp([[a, t], [0, a]])."""
    ndim, n = a._data.ndim, a._data.shape[-1]
    top = concatenate(a, t, axis=ndim - 1)
    bottom = concatenate(mul(a, 0.0), a, axis=ndim - 1)
    whole = matrix_exp(concatenate(top, bottom, axis=ndim - 2))
    lead = tuple((0, extent, 1) for extent in a._data.shape[:-2])
    return slice_(whole, slices=(*lead, (0, n, 1), (n, n, 1)))


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    jvp=lambda site, t: (_change(site.value(0), t),),
    vjp=lambda site, g: (_change(adjoint(site.value(0)), g),),
    keeps=(0,),
    batch=lambda p, ops, batched, size, params: p(ops[0]),
    samples=[
        Sample(lambda rng: [rng.standard_normal((3, 3))], {}),
        Sample(lambda rng: [9 * rng.standard_normal((2, 1, 1)) / 4], {}),
    ],
)
def matrix_exp(a: Any) -> Any:
    """exp of square matrices; its derivative along t is a block of exp([[a, t], [0, a]]).

    R. Mathias, A chain rule for matrix functions and applications, 1996.
    """
    return _exponential(a)


__all__ = ["matrix_exp", "pinv"]
