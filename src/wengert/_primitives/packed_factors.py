"""Factorisations in LAPACK's packed forms, which nobody differentiates, and reports on failures.

What must not be added: derivatives. Functions of these factors are composed elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype, int64
from .._base.errors import DimensionError
from .._base.shapes import Shape, size_of
from .._declare.linear import other
from .._declare.samples import Sample

_linalg: Any = np.linalg
_Avals = list[tuple[Shape, Dtype]]
_int32: Dtype = np.dtype(np.int32)


def _single(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    return p(ops[0], **params)


def _hollow() -> Any:
    """A matrix that needs exchanges and blocks."""
    return np.array([[0.0, 2.0, 0.5], [2.0, 0.0, -3.0], [0.5, -3.0, 1.0]])


def _square(rng: np.random.Generator) -> Any:
    return rng.standard_normal((3, 3)) + 3 * np.eye(3)


# ---- Householder's reflections ------------------------------------------------------------------


@other(
    abstract=lambda shapes, dtypes, params: [
        (shapes[0], dtypes[0]),
        ((*shapes[0][:-2], min(shapes[0][-2:])), dtypes[0]),
    ],
    n_outputs=2,
    batch=_single,
    samples=[
        Sample(lambda rng: [_square(rng)], {}),
        Sample(lambda rng: [rng.standard_normal((2, 3, 2))], {}),
    ],
)
def geqrf(a: Any) -> Any:
    """r above reflections v_j (1 at j, not stored), and tau: q = prod (1 - tau_j v_j v_j^H)."""
    found: Any = _linalg.qr(a, mode="raw")
    return np.swapaxes(found[0], -1, -2), found[1]


# ---- rows exchanged -----------------------------------------------------------------------------


@other(
    abstract=lambda shapes, dtypes, params: [((*shapes[0][:-1], params["rows"]), int64)],
    batch=_single,
    samples=[Sample(lambda rng: [np.array([[2, 3, 3], [1, 2, 3]], np.int32)], {"rows": 3})],
)
def row_order(pivots: Any, rows: int) -> Any:
    """The order in which rows stand after row k was exchanged with row pivots[k] (from 1)."""
    outside = pivots[(pivots < 1) | (pivots > rows)]
    if outside.size:
        raise DimensionError(f"pivots are row numbers from 1 to {rows}, not {outside.flat[0]}.")
    lead = pivots.shape[:-1]
    flat: Any = pivots.reshape(size_of(lead), pivots.shape[-1])
    order = np.zeros_like(flat, int, shape=(len(flat), 1)) + np.arange(rows)
    every = np.arange(len(flat))
    for k in range(flat.shape[1]):
        other_ = flat[:, k] - 1
        order[every, k], order[every, other_] = order[every, other_], order[every, k]
    return order.reshape(*lead, rows)


# ---- how far a Cholesky factorisation gets ------------------------------------------------------


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0][:-2], _int32)],
    batch=_single,
    samples=[
        Sample(lambda rng: [np.eye(2)], {}),
        Sample(lambda rng: [np.diag([1.0, 2.0, -1.0, 3.0])], {}),
    ],
)
def cholesky_info(a: Any) -> Any:
    """The order of the first leading minor of the Hermitian part that is not positive, or 0."""
    lead, n = a.shape[:-2], a.shape[-1]
    info = np.zeros(lead, np.int32)
    symmetric = (a + np.conj(np.swapaxes(a, -1, -2))) / 2
    for place in np.ndindex(*lead):
        good, bad = 0, n + 1
        while bad - good > 1:  # once a leading block fails, every larger one does
            middle = n if (good, bad) == (0, n + 1) else (good + bad) // 2
            try:
                _linalg.cholesky(symmetric[place][:middle, :middle])
                good = middle
            except np.linalg.LinAlgError:
                bad = middle
        info[place] = bad if bad <= n else 0
    return info


# ---- symmetric indefinite matrices --------------------------------------------------------------

_GROWTH = (1 + 17**0.5) / 8
"""J. Bunch and L. Kaufman, Some stable methods for calculating inertia, 1977."""


def _size(x: Any) -> Any:
    return np.abs(x.real) + np.abs(x.imag)


def _exchange(a: Any, k: int, j: int, hermitian: bool) -> None:
    """Rows and columns k < j of the part of a that is left, of which the lower triangle is kept."""
    n = len(a)
    a[j + 1 :, [k, j]] = a[j + 1 :, [j, k]]
    between = slice(k + 1, j)
    column, row = a[between, k].copy(), a[j, between].copy()
    a[between, k], a[j, between] = (row.conj(), column.conj()) if hermitian else (row, column)
    if hermitian:
        a[j, k] = np.conj(a[j, k])
    a[k, k], a[j, j] = a[j, j], a[k, k]
    assert n > j


def _bunch_kaufman(a: Any, hermitian: bool) -> tuple[Any, Any, int]:
    """LAPACK's sytf2 and hetf2 for the lower triangle of one matrix, unblocked."""
    n, k, info = len(a), 0, 0
    pivots = np.zeros(n, np.int32)
    while k < n:
        if hermitian:
            a[k, k] = a[k, k].real
        own = _size(a[k, k])
        below = _size(a[k + 1 :, k])
        largest = below.max(initial=0)
        step, chosen = 1, k
        if max(own, largest) == 0:
            info = info or k + 1
            pivots[k] = k + 1
            k += 1
            continue
        if own < _GROWTH * largest:
            j = k + 1 + int(below.argmax())
            row = max(_size(a[j, k:j]).max(), _size(a[j + 1 :, j]).max(initial=0))
            if own < _GROWTH * largest * (largest / row):
                chosen, step = (
                    (j, 1)
                    if _size(a[j, j].real if hermitian else a[j, j]) >= (_GROWTH * row)
                    else (j, 2)
                )
        last = k + step - 1
        if chosen != last:
            _exchange(a, last, chosen, hermitian)
            if step == 2:
                a[[last, chosen], k] = a[[chosen, last], k]
        if hermitian:
            for i in range(k, k + step):
                a[i, i] = a[i, i].real
        rest = slice(k + step, n)
        block = a[k : k + step, k : k + step].copy()
        if step == 2:
            block[0, 1] = np.conj(block[1, 0]) if hermitian else block[1, 0]
        columns = a[rest, k : k + step].copy()
        factors: Any = _linalg.solve(block.T, columns.T).T if len(columns) else columns
        change: Any = factors @ (columns.conj().T if hermitian else columns.T)
        a[rest, rest] -= np.tril(change)
        if hermitian:
            places = np.arange(k + step, n)
            a[places, places] = a[places, places].real
        a[rest, k : k + step] = factors
        if step == 1:
            pivots[k] = chosen + 1
        else:
            pivots[k : k + 2] = -(chosen + 1)
        k += step
    return a, pivots, info


@other(
    abstract=lambda shapes, dtypes, params: [
        (shapes[0], dtypes[0]),
        (shapes[0][:-1], _int32),
        (shapes[0][:-2], _int32),
    ],
    n_outputs=3,
    batch=_single,
    samples=[
        Sample(lambda rng: [_square(rng) + _square(rng).T], {"hermitian": False}),
        Sample(lambda rng: [_hollow()], {"hermitian": True}),
        Sample(lambda rng: [np.stack([_hollow(), 2 * _hollow()])], {"hermitian": False}),
    ],
)
def ldl(a: Any, hermitian: bool) -> Any:
    """Bunch and Kaufman's l, d and pivots for the lower triangle, and where d is singular.

    Two equal negative pivots mark a 2 x 2 block of d. The upper triangle is zero.
    """
    out = np.array(a)
    pivots = np.zeros(a.shape[:-1], np.int32)
    info = np.zeros(a.shape[:-2], np.int32)
    for place in np.ndindex(*a.shape[:-2]):
        out[place], pivots[place], info[place] = _bunch_kaufman(np.tril(out[place]), hermitian)
    return out, pivots, info


def _multiplied(packed: Any, pivots: Any, hermitian: bool) -> Any:
    n = len(packed)
    low, d = np.tril(packed, -1) + np.eye(n, dtype=packed.dtype), np.diag(np.diag(packed))
    exchanges: list[tuple[int, int]] = []
    k = 0
    while k < n:
        step = 1 if pivots[k] > 0 else 2
        if step == 2:
            off = packed[k + 1, k]
            d[k + 1, k], d[k, k + 1] = off, np.conj(off) if hermitian else off
            low[k + 1, k] = 0
        exchanges.append((k + step - 1, abs(int(pivots[k])) - 1))
        k += step
    # LAPACK exchanges rows of the part that is left only: earlier columns of l keep their order.
    whole = np.eye(n, dtype=packed.dtype)
    k = 0
    for last, chosen in exchanges:
        step = last - k + 1
        factor = np.eye(n, dtype=packed.dtype)
        factor[:, k : k + step] = low[:, k : k + step]
        if chosen != last:
            factor[[last, chosen]] = factor[[chosen, last]]
        whole = whole @ factor
        k += step
    return whole @ d @ (whole.conj().T if hermitian else whole.T)


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    batch=lambda p, ops, batched, size, params: p(*_both(ops, batched, size), **params),
    samples=[
        Sample(
            lambda rng: [_square(rng), np.array([3, 3, 3], np.int32)],
            {"hermitian": False},
        ),
        Sample(
            lambda rng: [rng.standard_normal((2, 2)), np.array([-2, -2], np.int32)],
            {"hermitian": False},
        ),
    ],
)
def ldl_product(packed: Any, pivots: Any, hermitian: bool) -> Any:
    """The matrix of which `ldl` gives these factors."""
    out = np.empty(packed.shape, packed.dtype)
    for place in np.ndindex(*packed.shape[:-2]):
        out[place] = _multiplied(packed[place], pivots[place], hermitian)
    return out


def _both(ops: list[Any], batched: list[bool], size: int) -> list[Any]:
    from .shaping import expand

    return [
        op if is_batched else expand(op, shape=(size, *op._data.shape))
        for op, is_batched in zip(ops, batched, strict=True)
    ]


__all__ = ["cholesky_info", "geqrf", "ldl", "ldl_product", "row_order"]
