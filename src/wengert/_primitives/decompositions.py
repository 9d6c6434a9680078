"""Factorisations whose factors are differentiated: eigenvalues, singular values, QR, LU.

Each declares its jvp; the vjp is the pullback of that. Where a factor is fixed only up to a phase,
the value fixes it (`_phased`), and the derivative is that of the value. Equal eigenvalues or
singular values divide by their distance, which is 0: the derivative of the vectors does not exist
there. The derivatives are those of M. Giles, Collected matrix derivative results, 2008; complex:
C. Boeddeker et al., On the computation of complex-valued gradients, 2017.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype, real_of
from .._base.shapes import Shape
from .._declare.elementwise import convert
from .._declare.linear import other
from .._declare.samples import Sample
from .complex_numbers import complex_, imag, real
from .elementwise import absolute, add, div, eq, mul, neg, sub, where
from .indexing import along_axis, take
from .linear_algebra import matmul, solve, solve_triangular
from .matrix_parts import (
    adjoint,
    as_column,
    as_row,
    below_diagonal,
    conjugated,
    diagonal_of,
    from_diagonal,
    need_finite,
    off_diagonal,
    ones_on_diagonal,
    only_diagonal,
    refusal,
)
from .ordering import argmax
from .reductions import sum_
from .shaping import concatenate, expand, reshape, slice_

_linalg: Any = np.linalg
_Avals = list[tuple[Shape, Dtype]]


def _single(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    return p(ops[0], **params)


def _leading(v: Any) -> Any:
    """The position of the largest entry of each column."""
    return np.argmax(np.abs(v), axis=-2, keepdims=True) if v.shape[-2] else None


def _phases(v: Any) -> Any:
    """What to multiply each column by so that its largest entry is real and positive."""
    place = _leading(v)
    if place is None:
        return np.ones((*v.shape[:-2], 1, v.shape[-1]), v.dtype)
    entry = np.take_along_axis(v, place, -2)
    size = np.abs(entry)
    return np.conj(entry) / np.where(size == 0, 1, size) + (size == 0)


def _phased(v: Any, phases: Any) -> Any:
    """The columns times their phases, with the entry that became real exactly so."""
    v = v * phases
    place = _leading(v)
    if place is not None:
        entry: Any = np.take_along_axis(v, place, -2)
        np.put_along_axis(v, place, entry.real.astype(v.dtype), -2)
    return v


def _turn(v: Any, moved: Any) -> Any:
    """The angular speeds, one a column, that keep the leading entries of v real as v moves."""
    ndim = v._data.ndim
    if not v._data.shape[-2]:
        return as_row(sum_(real(v), axes=(ndim - 2,)))
    candidate = where(eq(imag(v), 0.0), absolute(real(v)), -1.0)
    place = as_row(argmax(candidate, axis=ndim - 2))
    index = along_axis(place, ndim - 2)
    return neg(imag(div(take(moved, *index), take(v, *index))))


def _imaginary(x: Any) -> Any:
    """i x, for real x."""
    return complex_(mul(x, 0.0), x)


def _half_sum(x: Any) -> Any:
    return mul(add(x, adjoint(x)), 0.5)


def _over_gaps(x: Any, w: Any) -> Any:
    """x_ij / (w_j - w_i) off the diagonal, 0 on it."""
    gaps = ones_on_diagonal(sub(as_row(w), as_column(w)))
    return div(off_diagonal(x), convert(gaps, x._data.dtype))


# ---- eigenvalues --------------------------------------------------------------------------------


def _eigh_jvp(site: Any, t: Any) -> tuple[Any, Any]:
    w, v = site.out(0), site.out(1)
    inner = matmul(adjoint(v), matmul(_half_sum(t), v))
    values = diagonal_of(inner)
    moved = matmul(v, _over_gaps(inner, w))
    if v._data.dtype.kind != "c":
        return values, moved
    return real(values), add(moved, mul(v, _imaginary(_turn(v, moved))))


def _spread(rng: np.random.Generator, n: int = 3) -> Any:
    """A symmetric matrix with well separated eigenvalues."""
    basis = _linalg.qr(rng.standard_normal((n, n)))[0]
    return basis @ np.diag(3.0 * np.arange(n) - 2 + rng.uniform(0, 1, n)) @ basis.T


@other(
    abstract=lambda shapes, dtypes, params: [
        (shapes[0][:-1], real_of(dtypes[0])),
        (shapes[0], dtypes[0]),
    ],
    jvp=_eigh_jvp,
    keeps=(1, 2),
    n_outputs=2,
    batch=_single,
    samples=[
        Sample(lambda rng: [_spread(rng)], {}),
        Sample(lambda rng: [np.stack([_spread(rng, 2), _spread(rng, 2)])], {}),
    ],
)
def eigh(a: Any) -> Any:
    """Ascending eigenvalues and orthonormal eigenvectors of the Hermitian part of a."""
    symmetric: Any = (a + np.conj(np.swapaxes(a, -1, -2))) / 2
    need_finite("eigh", symmetric)
    try:
        w, v = _linalg.eigh(symmetric)
    except np.linalg.LinAlgError:
        raise refusal("eigh", "the iteration did not converge", symmetric, _linalg.eigh) from None
    return w, _phased(v, _phases(v)) if v.dtype.kind == "c" else v


def _eig_jvp(site: Any, t: Any) -> tuple[Any, Any]:
    w, v = site.out(0), site.out(1)
    inner = solve(v, matmul(t, v))
    moved = matmul(v, _over_gaps(inner, w))
    along = sum_(real(mul(conjugated(v), moved)), axes=(v._data.ndim - 2,))
    speed = complex_(neg(as_row(along)), _turn(v, moved))
    return diagonal_of(inner), add(moved, mul(v, speed))


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0][:-1], dtypes[0]), (shapes[0], dtypes[0])],
    jvp=_eig_jvp,
    keeps=(1, 2),
    n_outputs=2,
    batch=_single,
    samples=[
        Sample(lambda rng: [_spread(rng) + 0.3j * rng.standard_normal((3, 3))], {}),
        Sample(lambda rng: [np.stack([_spread(rng, 2), _spread(rng, 2)]) * 1j], {}),
    ],
)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors, of length 1 and with a real positive largest entry, of a
    complex matrix.
    """
    given = np.ascontiguousarray(a.real) if not a.imag.any() else a  # pairs come out conjugate
    need_finite("eig", given)
    try:
        w, v = _linalg.eig(given)
    except np.linalg.LinAlgError:
        raise refusal("eig", "the iteration did not converge", given, _linalg.eig) from None
    v = v.astype(a.dtype)
    return w.astype(a.dtype), _phased(v, _phases(v))


# ---- singular values ----------------------------------------------------------------------------


def _svd_jvp(site: Any, t: Any) -> tuple[Any, Any, Any]:
    u, s, vh = site.out(0), site.out(1), site.out(2)
    v = adjoint(vh)
    scale = convert(s, u._data.dtype)
    tv, tu = matmul(t, v), matmul(adjoint(t), u)
    inner = matmul(adjoint(u), tv)
    values = diagonal_of(inner)
    squares = mul(s, s)
    by_column, by_row = mul(inner, as_row(scale)), mul(inner, as_column(scale))
    left = matmul(u, _over_gaps(add(by_column, adjoint(by_column)), squares))
    right = matmul(v, _over_gaps(add(by_row, adjoint(by_row)), squares))
    if u._data.shape[-2] > u._data.shape[-1]:
        left = add(left, div(sub(tv, matmul(u, inner)), as_row(scale)))
    if v._data.shape[-2] > v._data.shape[-1]:
        right = add(right, div(sub(tu, matmul(v, adjoint(inner))), as_row(scale)))
    if u._data.dtype.kind != "c":
        return left, values, adjoint(right)
    turn = _turn(u, left)
    left = add(left, mul(u, _imaginary(turn)))
    right = add(right, mul(v, _imaginary(sub(turn, as_row(div(imag(values), s))))))
    return left, real(values), adjoint(right)


def _stretched(rng: np.random.Generator, rows: int, columns: int) -> Any:
    """A matrix with well separated singular values."""
    k = min(rows, columns)
    left = _linalg.qr(rng.standard_normal((rows, rows)))[0][:, :k]
    right = _linalg.qr(rng.standard_normal((columns, columns)))[0][:k]
    return left @ np.diag(2.0 * np.arange(k) + 1 + rng.uniform(0, 1, k)) @ right


def _svd_shapes(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> _Avals:
    *lead, rows, columns = shapes[0]
    k = min(rows, columns)
    return [
        ((*lead, rows, k), dtypes[0]),
        ((*lead, k), real_of(dtypes[0])),
        ((*lead, k, columns), dtypes[0]),
    ]


@other(
    abstract=_svd_shapes,
    jvp=_svd_jvp,
    keeps=(1, 2, 3),
    n_outputs=3,
    batch=_single,
    samples=[
        Sample(lambda rng: [_stretched(rng, 3, 3)], {}),
        Sample(lambda rng: [_stretched(rng, 3, 2)], {}),
        Sample(lambda rng: [np.stack([_stretched(rng, 1, 2), _stretched(rng, 1, 2)])], {}),
    ],
)
def svd(a: Any) -> Any:
    """u, s, vh with a = u @ diag(s) @ vh, s descending, k = min(rows, columns) of each.

    Z. Wan and S. Zhang, Automatic differentiation for complex valued SVD, 2019, with the phase of
    each pair chosen so that the largest entry of the column of u is real and positive.
    """
    need_finite("svd", a)
    try:
        u, s, vh = _linalg.svd(a, full_matrices=False)
    except np.linalg.LinAlgError:
        raise refusal("svd", "the iteration did not converge", a, _linalg.svd) from None
    if u.dtype.kind == "c":
        phases = _phases(u)
        u, vh = _phased(u, phases), vh * np.conj(np.swapaxes(phases, -1, -2))
    return u, s, vh


# ---- orthogonal factors -------------------------------------------------------------------------


def _qr_jvp(site: Any, t: Any) -> tuple[Any, Any]:
    q, r = site.out(0), site.out(1)
    moved = adjoint(solve_triangular(adjoint(r), adjoint(t), upper=False))  # t @ inverse(r)
    inner = matmul(adjoint(q), moved)
    low = below_diagonal(inner)
    skew = sub(low, adjoint(low))
    if q._data.dtype.kind == "c":
        skew = add(skew, only_diagonal(_imaginary(imag(inner))))
    change = sub(inner, skew)
    return sub(moved, matmul(q, change)), matmul(change, r)


@other(
    abstract=lambda shapes, dtypes, params: [
        (shapes[0], dtypes[0]),
        ((*shapes[0][:-2], shapes[0][-1], shapes[0][-1]), dtypes[0]),
    ],
    jvp=_qr_jvp,
    keeps=(1, 2),
    n_outputs=2,
    batch=_single,
    samples=[
        Sample(lambda rng: [_stretched(rng, 3, 3)], {}),
        Sample(lambda rng: [np.stack([_stretched(rng, 3, 2), _stretched(rng, 3, 2)])], {}),
    ],
)
def qr(a: Any) -> Any:
    """q with orthonormal columns and upper triangular r, of a matrix with rows >= columns.

    The diagonal of r is real: LAPACK's reflections see to it, and the derivative keeps it so.
    """
    q, r = _linalg.qr(a)
    return q, r


def _complement_jvp(site: Any, t: Any) -> tuple[Any]:
    q, rest = site.value(0), site.out()
    gram = matmul(adjoint(q), q)
    return (neg(matmul(q, solve(gram, matmul(adjoint(t), rest)))),)


@other(
    abstract=lambda shapes, dtypes, params: [
        ((*shapes[0][:-1], shapes[0][-2] - shapes[0][-1]), dtypes[0])
    ],
    jvp=_complement_jvp,
    keeps=(0, 1),
    batch=_single,
    samples=[Sample(lambda rng: [_stretched(rng, 3, 2)], {})],
)
def complement(q: Any) -> Any:
    """An orthonormal basis of what is orthogonal to the columns of q.

    Its derivative is the one that turns nothing inside the complement: right for whatever does not
    depend on the basis.
    """
    return _linalg.qr(q, mode="complete")[0][..., q.shape[-1] :]


# ---- elimination --------------------------------------------------------------------------------


def _part(x: Any, rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    """The block between two rows and two columns."""
    lead = tuple((0, extent, 1) for extent in x._data.shape[:-2])
    ends = ((rows[0], rows[1] - rows[0], 1), (columns[0], columns[1] - columns[0], 1))
    return slice_(x, slices=(*lead, *ends))


def _lu_jvp(site: Any, t: Any) -> tuple[Any, None, None]:
    packed, order = site.out(0), site.out(2)
    *lead, rows, columns = packed._data.shape
    ndim, k = len(lead) + 2, min(rows, columns)
    index = expand(reshape(order, shape=(*lead, rows, 1)), shape=(*lead, rows, columns))
    t = take(t, *along_axis(index, ndim - 2))
    square = _part(packed, (0, k), (0, k))
    low, up = ones_on_diagonal(below_diagonal(square)), from_diagonal(square)

    def over(x: Any) -> Any:
        return adjoint(solve_triangular(adjoint(up), adjoint(x), upper=False))

    inner = over(solve_triangular(low, _part(t, (0, k), (0, k)), upper=False))
    t_low, t_up = matmul(low, below_diagonal(inner)), matmul(from_diagonal(inner), up)
    found = add(t_low, t_up)
    if rows > k:
        moved = sub(_part(t, (k, rows), (0, k)), matmul(_part(packed, (k, rows), (0, k)), t_up))
        found = concatenate(found, over(moved), axis=ndim - 2)
    elif columns > k:
        moved = sub(
            _part(t, (0, k), (k, columns)), matmul(t_low, _part(packed, (0, k), (k, columns)))
        )
        found = concatenate(found, solve_triangular(low, moved, upper=False), axis=ndim - 1)
    return found, None, None


def _eliminated(a: Any) -> Any:
    """(packed factors, row taken at each step, order of the rows), with partial pivoting."""
    a = np.array(a)
    *lead, rows, columns = a.shape
    steps = min(rows, columns)
    count = int(np.prod(lead))
    flat = a.reshape(count, rows, columns)
    order = np.tile(np.arange(int(rows)), (count, 1))
    pivots = np.empty((count, steps), np.int32)
    every = np.arange(count)
    for k in range(steps if count else 0):
        size = np.abs(flat[:, k:, k])
        if flat.dtype.kind == "c":  # LAPACK's measure of a complex number
            size = np.abs(flat[:, k:, k].real) + np.abs(flat[:, k:, k].imag)
        best = k + np.argmax(size, axis=1)
        pivots[:, k] = best + 1
        flat[every, k], flat[every, best] = flat[every, best], flat[every, k]
        order[every, k], order[every, best] = order[every, best], order[every, k]
        pivot = flat[:, k, k]
        flat[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)[:, None]
        flat[:, k + 1 :, k + 1 :] -= flat[:, k + 1 :, k, None] * flat[:, k, None, k + 1 :]
    return flat.reshape(a.shape), pivots.reshape(*lead, steps), order.reshape(*lead, rows)


def _lu_shapes(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> _Avals:
    *lead, rows, columns = shapes[0]
    return [
        (shapes[0], dtypes[0]),
        ((*lead, min(rows, columns)), np.dtype(np.int32)),
        ((*lead, rows), np.dtype(np.int64)),
    ]


@other(
    abstract=_lu_shapes,
    jvp=_lu_jvp,
    keeps=(1, 3),
    n_outputs=3,
    batch=_single,
    samples=[
        Sample(lambda rng: [_stretched(rng, 3, 3)], {}),
        Sample(lambda rng: [_stretched(rng, 3, 2)], {}),
        Sample(lambda rng: [np.stack([_stretched(rng, 2, 3), _stretched(rng, 2, 3)])], {}),
    ],
)
def lu(a: Any) -> Any:
    """Factors l and u in one matrix, the rows exchanged (from 1), and the order of the rows.

    a[order] = l @ u, l with a unit diagonal that is not stored. A column without a pivot is left as
    it is. Outputs and pivots are those of LAPACK's getrf.
    """
    return _eliminated(a)
