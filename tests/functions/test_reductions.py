"""Sums, products, extremes, norms, statistics and running values, in every mode."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.special

import wengert as w

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

A = np.array([[0.5, -1.5, 2.5, -0.25], [1.25, 0.75, -2.0, 3.0], [-0.5, 1.0, 0.1, -1.0]])
B = np.array([[1.5, 0.5, -2.0, 0.7], [0.25, -1.0, 1.0, 2.0], [2.0, -0.3, 0.9, 1.1]])
P = np.abs(A) + 0.25
Z = A + 1j * B
V = np.array([0.5, -1.0, 2.0, 0.3, 1.7])
H = np.where(A > 2, np.nan, A)
ZEROS = np.array([[0.5, 0.0, 2.5, -0.25], [0.0, 0.75, 0.0, 3.0], [-0.5, 1.0, 0.1, -1.0]])
CUBE = np.arange(24.0).reshape(2, 3, 4) / 7 - 1
MASK = np.array([[True, False, True, True], [False, False, True, True], [True, True, True, False]])
NAN = math.nan

CALLS = Calls()
case = CALLS.case


def _spread(x: Any, axis: Any, lost: float) -> Any:
    n = x.size if axis is None else x.shape[axis]
    middle = x.mean(axis, keepdims=True)
    return (np.abs(x - middle) ** 2).sum(axis) / (n - lost)


case("nansum", H, expected=np.nansum(H))
case("nansum", H, 0, True, expected=np.nansum(H, 0)[None])
case("nanmean", H, 1, expected=np.nanmean(H, 1))
case("prod", A, expected=math.prod(A.ravel().tolist()))
case("prod", A, 1, expected=[math.prod(row) for row in A.tolist()])
case("prod", V, 0, keepdim=True, expected=[math.prod(V.tolist())])
case("prod", ZEROS, 1, expected=[math.prod(row) for row in ZEROS.tolist()])
case("prod", Z, 0, expected=[math.prod(column) for column in Z.T.tolist()])
case("prod", np.array([3, 4, 5]), expected=60, smooth=False)
case(
    "aminmax",
    A,
    expected=(
        -2.0,
        3.0,
    ),
)
case(
    "aminmax",
    A,
    dim=1,
    keepdim=True,
    expected=(
        np.sort(A, 1)[:, :1],
        np.sort(A, 1)[:, -1:],
    ),
)
case("count_nonzero", ZEROS, 1, expected=[3, 2, 4], smooth=False)
case("logsumexp", Z, 1, expected=np.log(np.exp(Z).sum(1)))
case("var", A, 0, False, expected=_spread(A, 0, 0))
case("var", Z, 1, correction=0.5, expected=_spread(Z, 1, 0.5))
case("std", A, expected=math.sqrt(_spread(A, None, 1)))
case(
    "var_mean",
    A,
    1,
    expected=(
        _spread(A, 1, 1),
        A.mean(1),
    ),
)
case(
    "std_mean",
    A,
    0,
    keepdim=True,
    expected=(
        _spread(A, 0, 1)[None] ** 0.5,
        A.mean(0)[None],
    ),
)
case("cov", A, expected=np.cov(A))
case("cov", V, expected=np.cov(V))
case("cov", Z, correction=0, expected=np.cov(Z, ddof=0))
case("cov", A, fweights=w.tensor([1, 2, 0, 3]), expected=np.cov(A, fweights=[1, 2, 0, 3]))
case(
    "cov",
    A,
    aweights=w.tensor([0.5, 2, 1, 3], dtype="float64"),
    expected=np.cov(A, aweights=[0.5, 2, 1, 3]),
)
case("corrcoef", A, expected=np.corrcoef(A))
case("median", A, expected=np.sort(A.ravel())[5])
case("median", A, 1, expected=(np.sort(A, 1)[:, 1], np.argsort(A, 1)[:, 1]))
case("nanmedian", H, 1, True, expected=([[-0.25], [0.75], [-0.5]], [[3], [1], [0]]))
case("mode", np.array([[2.0, 1, 2, 1], [3, 3, 1, 5]]), expected=([1.0, 3.0], [3, 1]), smooth=False)
case("quantile", A, 0.3, expected=np.quantile(A, 0.3))
case("quantile", V, 0.6, 0, interpolation="nearest", expected=np.sort(V)[2])
case("quantile", A, np.array([0.1, 0.55, 0.9]), 1, expected=np.quantile(A, [0.1, 0.55, 0.9], 1))
case("quantile", A, 0.4, 0, True, interpolation="midpoint",
     expected=np.quantile(A, 0.4, 0, method="midpoint")[None])  # fmt: skip
case("nanquantile", H, 0.4, 1, expected=np.nanquantile(H, 0.4, 1))
case("norm", A, 1.5, 1, expected=(np.abs(A) ** 1.5).sum(1) ** (1 / 1.5))
case("norm", Z, 3, expected=(np.abs(Z) ** 3).sum() ** (1 / 3))
case("norm", P, -2, 0, expected=(P**-2).sum(0) ** -0.5)
case("norm", A, "nuc", expected=np.linalg.norm(A, "nuc"))
case("norm", CUBE**2 + np.eye(3, 4), "nuc", (2, 0), True, expected=np.linalg.norm(
    CUBE**2 + np.eye(3, 4), "nuc", (0, 2), True))  # fmt: skip
case("dist", A, B, expected=np.linalg.norm(A - B))
case("dist", A, B[1], 1, expected=np.abs(A - B[1]).sum())
case(
    "renorm",
    A,
    2,
    0,
    2.0,
    expected=A * np.minimum(1, 2 / (np.linalg.norm(A, axis=1) + 1e-7))[:, None],
)
case("cumsum", A, 1, expected=A @ np.triu(np.ones((4, 4))))
case("cumprod", A, 1, expected=np.stack([A[:, : k + 1].prod(1) for k in range(4)], 1))
case("cumprod", ZEROS, 0, expected=np.stack([ZEROS[: k + 1].prod(0) for k in range(3)]))
case("cumprod", Z, 1, expected=np.stack([Z[:, : k + 1].prod(1) for k in range(4)], 1))
case("cummax", A, 1, expected=(
    np.stack([A[:, : k + 1].max(1) for k in range(4)], 1),
    np.stack([A[:, : k + 1].argmax(1) for k in range(4)], 1),))  # fmt: skip
case(
    "cummin",
    V,
    0,
    expected=(
        [0.5, -1, -1, -1, -1],
        [0, 1, 1, 1, 1],
    ),
)
case("logcumsumexp", A, 1, expected=np.log(np.cumsum(np.exp(A), 1)))
case("logcumsumexp", V, 0, expected=[scipy.special.logsumexp(V[: k + 1]) for k in range(5)])
case("logcumsumexp", Z, 0, expected=np.log(np.cumsum(np.exp(Z), 0)))
case("diff", A, expected=A[:, 1:] - A[:, :-1])
case("diff", A, 2, 0, expected=np.diff(A, 2, 0))
case("diff", A, 1, -1, A[:, :1], B, expected=np.diff(np.hstack([A[:, :1], A, B])))
case("trapezoid", A, expected=scipy.integrate.trapezoid(A))
case("trapezoid", A, dx=0.5, dim=0, expected=scipy.integrate.trapezoid(A, dx=0.5, axis=0))
case("trapz", A, np.sort(B[0]), expected=scipy.integrate.trapezoid(A, np.sort(B[0])))
case("cumulative_trapezoid", A, B, expected=scipy.integrate.cumulative_trapezoid(A, B))
case("gradient", A, expected=tuple(np.gradient(A)))
case("gradient", V, spacing=0.5, edge_order=2, expected=(np.gradient(V, 0.5, edge_order=2),))
case(
    "gradient", A, spacing=[w.tensor([0.0, 1, 3, 4], dtype="float64")], dim=[1], edge_order=2,
    expected=(np.gradient(A, [0, 1, 3, 4], axis=1, edge_order=2),),
)  # fmt: skip
case(
    "sort",
    V,
    descending=True,
    expected=(
        -np.sort(-V),
        np.argsort(-V),
    ),
)
case("msort", A, expected=np.sort(A, 0))
case(
    "kthvalue",
    A,
    2,
    1,
    expected=(
        np.sort(A, 1)[:, 1],
        np.argsort(A, 1)[:, 1],
    ),
)
case(
    "kthvalue",
    A,
    3,
    0,
    True,
    expected=(
        np.sort(A, 0)[2:],
        np.argsort(A, 0)[2:],
    ),
)
case(
    "topk",
    A,
    2,
    0,
    False,
    expected=(
        np.sort(A, 0)[:2],
        np.argsort(A, 0)[:2],
    ),
)
case("searchsorted", np.sort(V), V, right=True, expected=np.searchsorted(np.sort(V), V, "right"),
     smooth=False)  # fmt: skip
case("searchsorted", np.sort(A), B[:, :2], smooth=False,
     expected=[np.searchsorted(a, b)
               for a, b in zip(np.sort(A), B[:, :2], strict=True)])  # fmt: skip
case("bucketize", A, np.array([-1.0, 0.5, 1.0]), expected=np.digitize(A, [-1, 0.5, 1], right=True),
     smooth=False)  # fmt: skip
case("histc", A, 5, -2, 3, expected=np.histogram(A, 5, (-2, 3))[0], smooth=False)
case("histc", A, 4, expected=np.histogram(A, 4)[0], smooth=False)
case("histogram", A, 4, expected=tuple(np.histogram(A, 4)), smooth=False)
case("histogram", A, 3, range=(-1.0, 2.0), weight=w.from_numpy(P), density=True,
     expected=tuple(np.histogram(A, 3, (-1, 2), True, P)), smooth=False)  # fmt: skip
case("histogram", A, np.array([-1.0, 0.5, 1.0, 2.5]),
     expected=tuple(np.histogram(A, [-1, 0.5, 1, 2.5])), smooth=False)  # fmt: skip
case("histogramdd", A[:, :2], [2, 3], smooth=False, expected=(
    np.histogramdd(A[:, :2], [2, 3])[0], *np.histogramdd(A[:, :2], [2, 3])[1],))  # fmt: skip

MASKED = {
    "sum": np.ma.sum,
    "prod": np.ma.prod,
    "amax": np.ma.max,
    "amin": np.ma.min,
    "mean": np.ma.mean,
    "var": lambda m, axis: np.ma.var(m, axis, ddof=1),
    "std": lambda m, axis: np.ma.std(m, axis, ddof=1),
    "argmax": lambda m, axis: np.ma.argmax(m, axis),
    "argmin": lambda m, axis: np.ma.argmin(m, axis),
    "cumsum": lambda m, axis: np.ma.cumsum(m, axis).data,
    "cumprod": lambda m, axis: np.ma.cumprod(m, axis).data,
    "logsumexp": lambda m, axis: np.log(np.ma.sum(np.ma.exp(m), axis)),
}
for _name, _rule in MASKED.items():
    case(
        f"masked.{_name}", A, 1, mask=w.from_numpy(MASK),
        expected=np.ma.filled(_rule(np.ma.masked_array(A, ~MASK), axis=1), 0.0),
        smooth="arg" not in _name,
    )  # fmt: skip
case("masked.median", A, 1, mask=w.from_numpy(MASK), expected=[0.5, -2.0, 0.1])
case(
    "masked.norm",
    A,
    3,
    1,
    mask=w.from_numpy(MASK),
    expected=(np.abs(A * MASK) ** 3).sum(1) ** (1 / 3),
)
case("masked.normalize", A, 2.0, 1, mask=w.from_numpy(MASK),
     expected=A * MASK / np.linalg.norm(A * MASK, axis=1)[:, None])  # fmt: skip
_RAISED = np.exp(A) * MASK
case("masked.softmax", A, 1, mask=w.from_numpy(MASK), expected=_RAISED / _RAISED.sum(1)[:, None])
_LOWERED = np.exp(-A) * MASK
case("masked.softmin", A, 1, mask=w.from_numpy(MASK), expected=_LOWERED / _LOWERED.sum(1)[:, None])
case("masked.log_softmax", A, 0, mask=w.from_numpy(np.ones_like(MASK)),
     expected=scipy.special.log_softmax(A, 0))  # fmt: skip
case("masked.logaddexp", A, B, input_mask=w.from_numpy(MASK),
     expected=np.where(MASK, np.logaddexp(A, B), B))  # fmt: skip


_PARTS = [V[:2], V[2:2], V[2:4], V[4:]]
_LENGTHS = w.tensor([2, 0, 2, 1])
for _name, _part, _start in [
    ("sum", np.sum, 1.5),
    ("prod", np.prod, 2.0),
    ("max", lambda x, initial: np.max(x, initial=initial), 1.0),
    ("min", lambda x, initial: np.min(x, initial=initial), 1.0),
]:
    case(
        "_segment_reduce", V, _name, lengths=_LENGTHS, initial=_start,
        expected=[_part(part, initial=_start) for part in _PARTS],
    )  # fmt: skip
case("_segment_reduce", A, "mean", offsets=w.tensor([[0, 1, 4], [0, 3, 4], [0, 2, 4]]), axis=1,
     expected=[[row[:k].mean(), row[k:].mean()]
               for row, k in zip(A, (1, 3, 2), strict=True)])  # fmt: skip
case("_segment_reduce", A, "sum", lengths=w.tensor([1, 1]), unsafe=True, expected=A[:2])


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize(
    "call", [call for call in CALLS if not isinstance(call.operands[0], int)], ids=identify
)
def test_batch(call: Call) -> None:
    if call.operands[0].dtype.kind in "fc":
        check_batch(call)
