"""Every public function of tensors: value by another route, gradient by differences.

Most oracles are NumPy functions that the implementation does not call, or a formula. Functions
that are primitives have their own tests; here it is only their public name, as a function and as a
method, that is tried. The last test fails if a public function is missing from the tables.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.special

import wengert as w
from wengert import func

A = np.array([[0.5, -1.5, 2.5, -0.25], [1.25, 0.75, -2.0, 3.0], [-0.5, 1.0, 0.1, -1.0]])
B = np.array([[1.5, 0.5, -2.0, 0.7], [0.25, -1.0, 1.0, 2.0], [2.0, -0.3, 0.9, 1.1]])
N = A + 0.013
"""Nowhere at a step."""
P = np.abs(A) + 0.25
M = A[:, :3] + 2 * np.eye(3)
V = np.array([0.5, -1.0, 2.0])
U = np.array([1.5, 0.25, -0.75])
CUBE = np.arange(24.0).reshape(2, 3, 4) / 7 - 1
ROWS = np.array([2, 0, 0])
PLACES = np.array([[1, 0, 3, 1], [2, 2, 0, 3]])
MASK = A > 0
Z = A + 1j * B


class Call(NamedTuple):
    """A call by name with NumPy operands, its value, and whether to differentiate it."""

    name: str
    operands: tuple[Any, ...]
    options: dict[str, Any]
    expected: Any
    smooth: bool


CALLS: list[Call] = []


def case(name: str, *operands: Any, expected: Any, smooth: bool = True, **options: Any) -> None:
    """Enter a call into the table."""
    CALLS.append(Call(name, operands, options, expected, smooth))


def _rows_of(x: np.ndarray, index: np.ndarray, axis: int) -> np.ndarray:
    return np.stack([np.moveaxis(x, axis, 0)[i] for i in index], axis)


# ---- pointwise ----------------------------------------------------------------------------------

case("abs", A, expected=np.where(A < 0, -A, A))
case("abs", Z, expected=np.hypot(A, B))
case("absolute", A, expected=np.where(A < 0, -A, A))
case("add", A, B, expected=np.subtract(A, -B))
case("add", A, B, alpha=2.5, expected=A - -2.5 * B)
case("add", A, 2, expected=A - -2)
case("sub", A, B, expected=-(B - A))
case("sub", A, B, alpha=-2, expected=A + 2 * B)
case("subtract", A, B, expected=-(B - A))
case("mul", A, B, expected=A / (1 / B))
case("multiply", A, 3.0, expected=A / (1 / 3.0))
case("div", A, B, expected=A * (1 / B))
case("div", A, B, rounding_mode="floor", expected=np.floor(A * (1 / B)), smooth=False)
case("div", A, B, rounding_mode="trunc", expected=np.fix(A * (1 / B)), smooth=False)
case("div", np.array([7, -7, 8]), 2, rounding_mode="trunc", expected=np.array([3, -3, 4]))
case("div", np.array([7, -7, 8]), 2, rounding_mode="floor", expected=np.array([3, -4, 4]))
case("divide", A, B, expected=A * (1 / B))
case("true_divide", A, B, expected=A * (1 / B))
case("floor_divide", A, B, expected=np.floor(A / B), smooth=False)
case("remainder", N, B, expected=N - B * np.floor(N / B))
case("fmod", N, B, expected=N - B * np.fix(N / B))
case("pow", P, B, expected=np.exp(B * np.log(P)))
case("pow", A, 3, expected=A * A * A)
case("neg", A, expected=0 - A)
case("negative", A, expected=0 - A)
case("reciprocal", P, expected=P**-1.0)
case("maximum", A, B, expected=np.where(A > B, A, B))
case("minimum", A, B, expected=np.where(A < B, A, B))
case("sign", A, expected=A / np.abs(A))
case("floor", N, expected=-np.ceil(-N))
case("ceil", N, expected=-np.floor(-N))
case("trunc", N, expected=np.fix(N))
case("round", N, expected=np.round(N, 0))
case("relu", A, expected=A * (A > 0))
case("sigmoid", A, expected=scipy.special.expit(A))
case("exp", A, expected=np.e**A)
case("exp2", A, expected=2.0**A)
case("expm1", A, expected=scipy.special.expm1(A))
case("log", P, expected=np.log2(P) / np.log2(np.e))
case("log2", P, expected=np.log2(P))
case("log10", P, expected=np.log10(P))
case("log1p", P, expected=scipy.special.log1p(P))
case("sqrt", P, expected=P**0.5)
case("rsqrt", P, expected=P**-0.5)
case("square", A, expected=A**2)
case("sin", A, expected=np.exp(1j * A).imag)
case("cos", A, expected=np.exp(1j * A).real)
case("tan", A, expected=np.exp(1j * A).imag / np.exp(1j * A).real)
case("asin", A / 4, expected=np.arctan2(A / 4, np.sqrt(1 - A**2 / 16)))
case("acos", A / 4, expected=np.pi / 2 - np.arcsin(A / 4))
case("atan", A, expected=np.angle(1 + 1j * A))
case("atan2", A, B, expected=np.angle(B + 1j * A))
case("sinh", A, expected=(np.exp(A) - np.exp(-A)) / 2)
case("cosh", A, expected=(np.exp(A) + np.exp(-A)) / 2)
case("tanh", A, expected=1 - 2 / (np.exp(2 * A) + 1))
case("asinh", A, expected=np.log(A + np.sqrt(A**2 + 1)))
case("acosh", P + 1, expected=np.log(P + 1 + np.sqrt((P + 1) ** 2 - 1)))
case("atanh", A / 4, expected=np.log((1 + A / 4) / (1 - A / 4)) / 2)
case("erf", A, expected=scipy.special.erf(A))
case("erfc", A, expected=scipy.special.erfc(A))
case("clamp", A, -0.6, 1.1, expected=np.minimum(np.maximum(A, -0.6), 1.1))
case("clamp", A, min=0.2, expected=np.maximum(A, 0.2))
case("clamp", A, max=0.2, expected=np.minimum(A, 0.2))
case("clamp", N, B - 2, B, expected=np.minimum(np.maximum(N, B - 2), B))
case("clip", A, -0.6, 1.1, expected=np.minimum(np.maximum(A, -0.6), 1.1))
case("real", Z, expected=A)
case("imag", Z, expected=B)
case("conj", Z, expected=A - 1j * B)
case("angle", Z, expected=np.arctan2(B, A))
case("complex", A, B, expected=Z)
case("where", MASK, A, B, expected=MASK * A + ~MASK * B)
case("isnan", np.array([1.0, np.nan, np.inf]), expected=np.array([False, True, False]))
case("isinf", np.array([1.0, np.nan, -np.inf]), expected=np.array([False, False, True]))
case("isfinite", np.array([1.0, np.nan, np.inf]), expected=np.array([True, False, False]))
case("eq", PLACES, 2, expected=~(PLACES != 2))
case("ne", PLACES, 2, expected=~(PLACES == 2))
case("lt", A, B, expected=~(A >= B))
case("le", A, B, expected=~(A > B))
case("gt", A, B, expected=~(A <= B))
case("ge", A, B, expected=~(A < B))
case("logical_not", np.array([0, 2, 0]), expected=np.array([True, False, True]))
case(
    "logical_and", np.array([0, 2, 1]), np.array([1, 1, 0]), expected=np.array([False, True, False])
)
case("logical_or", np.array([0, 2, 0]), np.array([1, 1, 0]), expected=np.array([True, True, False]))
case(
    "logical_xor", np.array([0, 2, 0]), np.array([1, 1, 0]), expected=np.array([True, False, False])
)
case("bitwise_and", np.array([12, 10]), np.array([10, 3]), expected=np.array([8, 2]))
case("bitwise_or", np.array([12, 10]), np.array([10, 3]), expected=np.array([14, 11]))
case("bitwise_xor", np.array([12, 10]), np.array([10, 3]), expected=np.array([6, 9]))
case("bitwise_not", np.array([0, 5]), expected=np.array([-1, -6]))

# ---- shapes -------------------------------------------------------------------------------------

case("reshape", A, (2, -1), expected=np.array(A.ravel().tolist()).reshape(2, 6))
case("ravel", A, expected=np.concatenate(list(A)))
case("flatten", CUBE, expected=np.concatenate([np.concatenate(list(m)) for m in CUBE]))
case("flatten", CUBE, 1, expected=np.stack([np.concatenate(list(m)) for m in CUBE]))
case("flatten", CUBE, 0, 1, expected=np.concatenate(list(CUBE)))
case("permute", CUBE, (2, 0, 1), expected=np.einsum("abc->cab", CUBE))
case("transpose", CUBE, 0, 2, expected=np.einsum("abc->cba", CUBE))
case("t", A, expected=np.einsum("ab->ba", A))
case("t", V, expected=V)
case("movedim", CUBE, 0, -1, expected=np.einsum("abc->bca", CUBE))
case("movedim", CUBE, (0, 1), (2, 0), expected=np.einsum("abc->bca", CUBE))
case("squeeze", A[None, :, None], expected=A)
case("squeeze", A[None, :, None], 0, expected=A[:, None])
case("squeeze", A[None, :, None], 1, expected=A[None, :, None])
case("unsqueeze", A, 1, expected=A[:, None])
case("unsqueeze", A, -1, expected=A[..., None])
case("broadcast_to", V, (2, 3), expected=np.stack([V, V]))
case("cat", [A, B], 1, expected=np.hstack([A, B]))
case("concat", [A, B], expected=np.vstack([A, B]))
case("concatenate", [A, B], -1, expected=np.hstack([A, B]))
case("stack", [A, B], expected=np.array([A, B]))
case("stack", [A, B], -1, expected=np.dstack([A, B]))
case("narrow", A, 1, 1, 2, expected=A[:, 1:3])
case("narrow", A, 0, -2, 1, expected=A[1:2])
case("split", A, 2, expected=(A[:2], A[2:]))
case("split", A, [1, 3], 1, expected=(A[:, :1], A[:, 1:]))
case("chunk", A, 2, 1, expected=(A[:, :2], A[:, 2:]))
case("chunk", A, 5, expected=(A[:1], A[1:2], A[2:]))
case("unbind", A, expected=tuple(A))
case("unbind", A, 1, expected=tuple(A.T))
case("flip", A, 0, expected=A[::-1])
case("flip", A, (0, 1), expected=A[::-1, ::-1])

# ---- reductions ---------------------------------------------------------------------------------

case("sum", CUBE, expected=np.einsum("abc->", CUBE))
case("sum", CUBE, (0, 2), expected=np.einsum("abc->b", CUBE))
case("sum", CUBE, 1, keepdim=True, expected=np.einsum("abc->ac", CUBE)[:, None])
case("sum", MASK, expected=np.array(sum(MASK.ravel().tolist())), smooth=False)
case("mean", CUBE, 1, expected=np.einsum("abc->ac", CUBE) / 3)
case("mean", CUBE, expected=np.average(CUBE))
case("var", A, expected=np.cov(A.ravel()))
case("var", A, 1, expected=np.diag(np.cov(A)))
case("var", A, 0, correction=0, keepdim=True, expected=np.diag(np.cov(A.T, ddof=0))[None])
case("var", A, unbiased=False, expected=np.cov(A.ravel(), ddof=0))
case("std", A, 1, expected=np.sqrt(np.diag(np.cov(A))))
case("amax", CUBE, (0, 2), expected=np.sort(np.einsum("abc->bac", CUBE).reshape(3, 8))[:, -1])
case("amin", CUBE, 1, keepdim=True, expected=np.sort(CUBE, 1)[:, :1])
case("max", A, expected=np.sort(A.ravel())[-1])
case("max", A, 1, expected=(np.sort(A, 1)[:, -1], np.argsort(A, 1)[:, -1]))
case("max", A, B, expected=np.where(A > B, A, B))
case("min", A, expected=np.sort(A.ravel())[0])
case("min", A, 0, keepdim=True, expected=(np.sort(A, 0)[:1], np.argsort(A, 0)[:1]))
case("argmax", A, expected=np.argsort(A.ravel())[-1])
case("argmax", A, 1, expected=np.argsort(A, 1)[:, -1])
case("argmin", A, 0, keepdim=True, expected=np.argsort(A, 0)[:1])
case("any", MASK, 1, expected=MASK.sum(1) > 0)
case("any", np.zeros((2, 2)), expected=np.array(False))
case("all", MASK, 0, keepdim=True, expected=(MASK.sum(0) == 3)[None])
case("all", np.zeros((0, 2), bool), 0, expected=np.array([True, True]))
case("cumsum", A, 1, expected=A @ np.triu(np.ones((4, 4))))
case("logsumexp", A, 1, expected=scipy.special.logsumexp(A, 1))
case("logsumexp", A + 1000, (0, 1), expected=1000 + scipy.special.logsumexp(A))
case("norm", A, expected=np.linalg.norm(A))
case("norm", A, 1, expected=np.abs(A).sum())
case("norm", A, 3, 1, expected=(np.abs(A) ** 3).sum(1) ** (1 / 3))
case("norm", A, np.inf, 0, keepdim=True, expected=np.abs(A).max(0)[None])
case("norm", A, -np.inf, expected=np.abs(A).min())
case("norm", A, 0, expected=np.array(12.0))
case("norm", Z, expected=np.linalg.norm(Z))
case("sort", A, expected=(np.sort(A), np.argsort(A)))
case("sort", A, 0, descending=True, expected=(-np.sort(-A, 0), np.argsort(-A, 0)))
case("argsort", A, expected=np.argsort(A))
case("topk", A, 2, expected=(-np.sort(-A)[:, :2], np.argsort(-A)[:, :2]))
case("topk", A, 2, 0, largest=False, expected=(np.sort(A, 0)[:2], np.argsort(A, 0)[:2]))
case("softmax", A, 1, expected=scipy.special.softmax(A, 1))
case("softmax", A * 1000, 0, expected=scipy.special.softmax(A * 1000, 0), smooth=False)
case("log_softmax", A, 0, expected=scipy.special.log_softmax(A, 0))

# ---- indexing -----------------------------------------------------------------------------------

case("masked_fill", A, MASK, -1.0, expected=np.where(MASK, -1, A))
case("masked_select", A, MASK, expected=A[MASK])
case("nonzero", MASK, expected=np.argwhere(MASK))
case("index_select", A, 0, ROWS, expected=_rows_of(A, ROWS, 0))
case("index_select", A, 1, ROWS, expected=_rows_of(A, ROWS, 1))
case("gather", A, 1, PLACES, expected=np.array([[A[i, j] for j in PLACES[i]] for i in range(2)]))
case(
    "gather", A, 0, PLACES % 3,
    expected=np.array([[A[PLACES[i, j] % 3, j] for j in range(4)] for i in range(2)]),
)  # fmt: skip
case("take_along_dim", A, np.argsort(A, 1), 1, expected=np.sort(A, 1))
case("take_along_dim", A, np.array([3, 0]), expected=np.array([A.flat[3], A.flat[0]]))


def _scattered() -> np.ndarray:
    out = A.copy()
    for i, j in np.ndindex(2, 4):
        out[i, PLACES[i, j]] += B[i, j]
    return out


case("scatter_add", A, 1, PLACES, B, expected=_scattered())
case("index_add", A, 0, ROWS, B, expected=A + np.eye(3)[ROWS].T @ B)
case("index_add", A, 1, ROWS, B[:, :3], alpha=2, expected=A + 2 * B[:, :3] @ np.eye(4)[ROWS])
case("tril", A, expected=A * (np.arange(3)[:, None] >= np.arange(4)))
case("tril", CUBE, 1, expected=CUBE * (np.arange(3)[:, None] + 1 >= np.arange(4)))
case("triu", A, -1, expected=A * (np.arange(3)[:, None] - 1 <= np.arange(4)))
case("diagonal", A, expected=np.array([A[k, k] for k in range(3)]))
case("diagonal", A, 2, expected=np.array([A[0, 2], A[1, 3]]))
case("diagonal", A, -1, expected=np.array([A[1, 0], A[2, 1]]))
case("diagonal", CUBE, 0, 1, 2, expected=np.einsum("abb->ab", CUBE[:, :, :3]))
case("diag", V, expected=V * np.eye(3))
case(
    "diag",
    V,
    -1,
    expected=np.vstack([np.zeros((1, 4)), np.hstack([V * np.eye(3), np.zeros((3, 1))])]),
)
case("diag", M, expected=np.array([M[k, k] for k in range(3)]))

# ---- products -----------------------------------------------------------------------------------

case("matmul", A.T, B, expected=np.einsum("ba,bc->ac", A, B))
case("matmul", V, A, expected=np.einsum("a,ab->b", V, A))
case("matmul", A.T, V, expected=np.einsum("ab,a->b", A, V))
case("matmul", V, U, expected=np.einsum("a,a->", V, U))
case("matmul", CUBE, A.T, expected=np.einsum("abc,dc->abd", CUBE, A))
case("matmul", V, CUBE, expected=np.einsum("b,abc->ac", V, CUBE))
case("matmul", CUBE, B[0], expected=np.einsum("abc,c->ab", CUBE, B[0]))
case("mm", A.T, B, expected=np.einsum("ba,bc->ac", A, B))
case("bmm", CUBE, CUBE.transpose(0, 2, 1), expected=np.einsum("abc,adc->abd", CUBE, CUBE))
case("mv", A.T, V, expected=np.einsum("ab,a->b", A, V))
case("dot", V, U, expected=np.einsum("a,a->", V, U))
case("outer", V, U, expected=np.einsum("a,b->ab", V, U))
case("addmm", M, A, A.T, expected=M + np.einsum("ab,cb->ac", A, A))
case("addmm", M, A, A.T, beta=0.5, alpha=2, expected=M / 2 + 2 * np.einsum("ab,cb->ac", A, A))

# ---- making tensors -----------------------------------------------------------------------------

case("clone", A, expected=np.array(A.tolist()))
case("zeros_like", A, expected=A - A, smooth=False)
case("ones_like", A, expected=A - A + 1, smooth=False)
case("full_like", A, 7.0, expected=A - A + 7, smooth=False)


def tensors(value: Any) -> Any:
    """NumPy arrays as tensors, inside lists too."""
    if isinstance(value, np.ndarray):
        return w.from_numpy(np.array(value))
    return (
        [tensors(v) for v in value]
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], np.ndarray)
        else value
    )


def _id(call: Call) -> str:
    return f"{call.name}-{next(k for k, other in enumerate(CALLS) if other is call)}"


def _compare(found: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for got, want in zip(found, expected, strict=True):
            _compare(got, want)
        return
    assert tuple(found.shape) == np.shape(expected)
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("call", CALLS, ids=_id)
def test_value_as_a_function(call: Call) -> None:
    operands = [tensors(operand) for operand in call.operands]
    _compare(getattr(w, call.name)(*operands, **call.options), call.expected)


@pytest.mark.parametrize(
    "call",
    [
        call
        for call in CALLS
        if hasattr(w.Tensor, call.name) and call.name not in ("where", "real", "imag")
    ],
    ids=_id,
)
def test_value_as_a_method(call: Call) -> None:
    operands = [tensors(operand) for operand in call.operands]
    method = getattr(operands[0], call.name)
    _compare(method(*operands[1:], **call.options), call.expected)


DIFFERENTIATED = [
    call
    for call in CALLS
    if call.smooth
    and isinstance(call.operands[0], np.ndarray)
    and call.operands[0].dtype.kind == "f"
    and np.asarray(
        call.expected[0] if isinstance(call.expected, tuple) else call.expected
    ).dtype.kind in "fc"
]  # fmt: skip


@pytest.mark.parametrize("call", DIFFERENTIATED, ids=_id)
def test_gradient_is_a_difference(call: Call) -> None:
    def total(outputs: Any) -> Any:
        parts = outputs if isinstance(outputs, tuple) else (outputs,)
        rng = np.random.default_rng(5)
        found: Any = 0.0
        for part in parts:
            if part.is_complex():
                part = part.real + part.imag * 2
            if part.is_floating_point():
                found = found + (part * w.from_numpy(np.array(rng.normal(size=part.shape)))).sum()
        return found

    places = [
        i
        for i, operand in enumerate(call.operands)
        if isinstance(operand, np.ndarray) and operand.dtype.kind == "f"
    ]

    def function(*moving: Any) -> Any:
        operands = [tensors(operand) for operand in call.operands]
        for i, x in zip(places, moving, strict=True):
            operands[i] = x
        return total(getattr(w, call.name)(*operands, **call.options))

    primals = [tensors(call.operands[i]) for i in places]
    rng = np.random.default_rng(6)
    moves = [rng.normal(size=x.shape) for x in primals]
    gradients = func.grad(function, argnums=tuple(range(len(places))))(*primals)
    slope = sum(float((g.numpy() * t).sum()) for g, t in zip(gradients, moves, strict=True))

    def at(h: float) -> float:
        return function(
            *[w.from_numpy(x.numpy() + h * t) for x, t in zip(primals, moves, strict=True)]
        ).item()

    h = 1e-4
    difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    assert slope == pytest.approx(difference, rel=1e-8, abs=1e-9)
