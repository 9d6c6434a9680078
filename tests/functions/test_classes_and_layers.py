"""Losses, norms, activations, embeddings and attention against their definitions, in every mode."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import scipy.special

import wengert as w
from wengert.errors import ShapeError
from wengert.nn import functional as F

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

RNG = np.random.default_rng(5)
CALLS = Calls()


def case(name: str, *operands: Any, **options: Any) -> None:
    CALLS.case(f"nn.functional.{name}", *operands, **options)


def drawn(*shape: int) -> Any:
    return RNG.normal(size=shape)


# ---- losses -------------------------------------------------------------------------------------

X, Y, Z = drawn(4, 3), drawn(4, 3), drawn(4, 3)
P, Q = RNG.uniform(0.1, 0.9, (4, 3)), RNG.uniform(0.5, 2.0, (4, 3))
SIGNS = np.array([1.0, -1.0, -1.0, 1.0])
SIDES = SIGNS.astype(np.int64)
LABELS = np.array([2, 0, 1, 2])
CLASS_WEIGHTS = np.array([0.5, 2.0, 1.5])


def plus(x: Any) -> Any:
    return np.maximum(x, 0)


case("gaussian_nll_loss", X, Y, Q, full=True,
     expected=np.mean(np.log(2 * math.pi * Q) + (X - Y) ** 2 / Q) / 2)  # fmt: skip
case("poisson_nll_loss", X, P, reduction="sum", expected=np.sum(np.exp(X) - P * X))
case("poisson_nll_loss", Q, Q + 1, log_input=False, full=True, expected=np.mean(
    Q - (Q + 1) * np.log(Q + 1e-8)
    + (Q + 1) * np.log(Q + 1) - (Q + 1) + np.log(2 * math.pi * (Q + 1)) / 2))  # fmt: skip
case("hinge_embedding_loss", X[:, 0], SIDES, margin=0.7,
     expected=np.mean(np.where(SIGNS > 0, X[:, 0], plus(0.7 - X[:, 0]))))  # fmt: skip
case("margin_ranking_loss", X[:, 0], Y[:, 0], SIGNS, margin=0.5,
     expected=np.mean(plus(0.5 - SIGNS * (X[:, 0] - Y[:, 0]))))  # fmt: skip
case("soft_margin_loss", X[:, 0], SIGNS, expected=np.mean(np.log1p(np.exp(-SIGNS * X[:, 0]))))
case("multilabel_soft_margin_loss", X, P, expected=-np.mean(
    P * scipy.special.log_expit(X) + (1 - P) * scipy.special.log_expit(-X)))  # fmt: skip


def multi_margin(x: Any, p: int) -> Any:
    total = 0.0
    for row, y in zip(x, LABELS, strict=True):
        terms = [plus(1 - row[y] + row[j]) ** p for j in range(3) if j != y]
        total += sum(terms) * CLASS_WEIGHTS[y] / 3
    return total / len(x)


for power in (1, 2):
    case("multi_margin_loss", X, LABELS, power, weight=w.from_numpy(CLASS_WEIGHTS),
         expected=multi_margin(X, power))  # fmt: skip
MANY = np.array([[2, -1, 0], [0, 1, -1], [-1, 0, 1], [1, 2, 0]])


def multilabel(x: Any) -> Any:
    total = 0.0
    for row, listed in zip(x, MANY.tolist(), strict=True):
        own = listed[: listed.index(-1)] if -1 in listed else listed
        total += sum(plus(1 - row[i] + row[j]) for i in own for j in range(3) if j not in own) / 3
    return total / len(x)


case("multilabel_margin_loss", X, MANY, expected=multilabel(X))
COSINES = np.sum(X * Y, 1) / np.linalg.norm(X, axis=1) / np.linalg.norm(Y, axis=1)
case("cosine_embedding_loss", X, Y, SIDES, margin=0.1,
     expected=np.mean(np.where(SIGNS > 0, 1 - COSINES, plus(COSINES - 0.1))))  # fmt: skip


def apart(x: Any, y: Any, p: float) -> Any:
    return np.sum(abs(x - y + 1e-6) ** p, -1) ** (1 / p)


case("triplet_margin_loss", X, Y, Z, p=3.0, swap=True, expected=np.mean(plus(
    apart(X, Y, 3) - np.minimum(apart(X, Z, 3), apart(Y, Z, 3)) + 1)))  # fmt: skip
case("linear_cross_entropy", X, Y, LABELS, expected=np.mean(
    scipy.special.logsumexp(X @ Y.T, axis=1) - (X @ Y.T)[range(4), LABELS]))  # fmt: skip


def alignments(x: Any, target: Any, steps: int) -> float:
    """-log of the sum over every path that collapses to the target."""
    total = 0.0
    for path in itertools.product(range(x.shape[1]), repeat=steps):
        merged = [c for k, c in enumerate(path) if k == 0 or c != path[k - 1]]
        if [c for c in merged if c != 0] == list(target):
            total += math.exp(sum(x[t, c] for t, c in enumerate(path)))
    return -math.log(total)


LOGITS = scipy.special.log_softmax(drawn(5, 2, 3), -1)
TARGETS = np.array([[1, 1, 2], [2, 0, 0]])
PATHS = np.array([alignments(LOGITS[:, 0], [1, 1, 2], 5), alignments(LOGITS[:, 1], [2], 4)])
case("ctc_loss", LOGITS, TARGETS, (5, 4), (3, 1), reduction="none", expected=PATHS)
case("ctc_loss", LOGITS, np.array([1, 1, 2, 2]), (5, 4), (3, 1), expected=np.mean(PATHS / [3, 1]))

# ---- norms --------------------------------------------------------------------------------------

IMAGE = drawn(2, 4, 3, 2)
SCALE, SHIFT = drawn(4), drawn(4)


def standard(x: Any, axes: Any) -> Any:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)


def channels(x: Any) -> Any:
    return x.reshape(4, 1, 1)


GROUPED = standard(IMAGE.reshape(2, 2, 12), 2).reshape(IMAGE.shape)
case("group_norm", IMAGE, 2, SCALE, SHIFT, expected=GROUPED * channels(SCALE) + channels(SHIFT))
case("instance_norm", IMAGE, expected=standard(IMAGE, (2, 3)))
case("rms_norm", X, (3,), Y[0], 0.1, expected=X * Y[0] / np.sqrt(
    np.mean(X**2, 1, keepdims=True) + 0.1))  # fmt: skip
NEIGHBOURS = np.pad(IMAGE**2, [(0, 0), (1, 1), (0, 0), (0, 0)])
NEAR = (NEIGHBOURS[:, :-2] + NEIGHBOURS[:, 1:-1] + NEIGHBOURS[:, 2:]) / 3
case("local_response_norm", IMAGE, 3, 0.5, 0.6, 2.0, expected=IMAGE / (2 + 0.5 * NEAR) ** 0.6)

# ---- activations --------------------------------------------------------------------------------

LINE = np.array([-5.0, -2.1, -0.7, -0.2, 0.3, 0.6, 1.4, 2.9, 4.0])
CASES: dict[str, Any] = {
    "celu": ((0.7,), lambda x: np.where(x > 0, x, 0.7 * np.expm1(x / 0.7))),
    "glu": ((), None),
    "hardshrink": ((0.5,), lambda x: np.where(abs(x) > 0.5, x, 0)),
    "hardsigmoid": ((), lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    "hardswish": ((), lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "softmin": ((0,), lambda x: np.exp(-x) / np.exp(-x).sum()),
    "softshrink": ((0.5,), lambda x: np.sign(x) * plus(abs(x) - 0.5)),
    "softsign": ((), lambda x: x / (1 + abs(x))),
    "tanhshrink": ((), lambda x: x - np.tanh(x)),
    "threshold": ((0.5, -3.0), lambda x: np.where(x > 0.5, x, -3.0)),
    "rrelu": ((0.1, 0.3), lambda x: np.where(x > 0, x, 0.2 * x)),
}
for name, (options, definition) in CASES.items():
    if definition is not None:
        case(name, LINE, *options, expected=definition(LINE))
case("glu", IMAGE, 1, expected=IMAGE[:, :2] * scipy.special.expit(IMAGE[:, 2:]))
case("prelu", IMAGE, SCALE, expected=np.where(IMAGE > 0, IMAGE, channels(SCALE) * IMAGE))

# ---- embeddings, products, attention ------------------------------------------------------------

TABLE = drawn(5, 3)
ROWS = np.array([0, 3, 3, 1, 4, 2])
WEIGHTS = drawn(6)
BAGS = (ROWS[:2], ROWS[2:2], ROWS[2:])
OFFSETS = np.array([0, 2, 2])
case("embedding_bag", ROWS, TABLE, OFFSETS, mode="mean", expected=np.stack(
    [TABLE[bag].mean(0) if len(bag) else np.zeros(3) for bag in BAGS]))  # fmt: skip
case("embedding_bag", ROWS, TABLE, OFFSETS, mode="max", padding_idx=4, expected=np.stack(
    [TABLE[bag[bag != 4]].max(0) if len(bag) else np.zeros(3) for bag in BAGS]))  # fmt: skip
SHARES = WEIGHTS.reshape(2, 3)
case("embedding_bag", ROWS.reshape(2, 3), TABLE, mode="sum",
     per_sample_weights=w.from_numpy(SHARES),
     expected=np.einsum("bs,bsf->bf", SHARES, TABLE[ROWS.reshape(2, 3)]))  # fmt: skip
MAP = drawn(2, 3, 3)
case("bilinear", X, Y, MAP, expected=np.einsum("ni,kij,nj->nk", X, MAP, Y))
QUERY, KEY, VALUE = drawn(2, 3, 4), drawn(2, 5, 4), drawn(2, 5, 2)
READABLE = RNG.random((3, 5)) < 0.6
READABLE[1] = False


def attended(q: Any, k: Any, v: Any, mask: Any, scale: float) -> Any:
    """Row by row; a query that may read nothing gives 0."""
    found = np.zeros((*q.shape[:-1], v.shape[-1]))
    for b, i in itertools.product(range(len(q)), range(q.shape[1])):
        seen = np.flatnonzero(mask[i])
        if len(seen):
            found[b, i] = scipy.special.softmax(k[b, seen] @ q[b, i] * scale) @ v[b, seen]
    return found


NAME = "scaled_dot_product_attention"
case(NAME, QUERY, KEY, VALUE, READABLE, expected=attended(QUERY, KEY, VALUE, READABLE, 0.5))
case(NAME, QUERY, KEY, VALUE, is_causal=True, scale=0.3,
     expected=attended(QUERY, KEY, VALUE, np.tri(3, 5), 0.3))  # fmt: skip
case(NAME, QUERY[None].repeat(2, 0).reshape(1, 4, 3, 4), KEY[None], VALUE[None], enable_gqa=True,
     expected=attended(np.concatenate([QUERY, QUERY]), KEY.repeat(2, 0), VALUE.repeat(2, 0),
                       np.ones((3, 5)), 0.5)[None])  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_batch(call: Call) -> None:
    check_batch(call)


def test_heads_read_their_parts() -> None:
    """Against attention of each head by itself, with identity projections."""
    x, y = drawn(3, 2, 4), drawn(5, 2, 4)
    eye, bias = w.from_numpy(np.tile(np.eye(4), (3, 1))), w.zeros(12, dtype="float64")
    out, weights = F.multi_head_attention_forward(
        w.from_numpy(x), w.from_numpy(y), w.from_numpy(y), 4, 2, eye, bias, None, None, False, 0.0,
        w.eye(4, dtype="float64"), None, key_padding_mask=w.tensor([[False] * 4 + [True]] * 2),
    )  # fmt: skip
    mask = np.ones((3, 5))
    mask[:, 4] = 0
    heads = [
        attended(*[part.transpose(1, 0, 2)[..., h] for part in (x, y, y)], mask, 1 / math.sqrt(2))
        for h in (slice(0, 2), slice(2, 4))
    ]
    np.testing.assert_allclose(out.numpy(), np.concatenate(heads, -1).transpose(1, 0, 2))
    np.testing.assert_allclose(weights.sum(-1).numpy(), 1.0)
    assert weights[..., 4].abs().max() == 0


@pytest.mark.parametrize(
    ("keys", "values", "features", "heads", "message"),
    [
        (3, 3, 4, 0, "4 features; 4 are expected, which 0 heads must divide"),
        (3, 3, 4, 3, "4 features; 4 are expected, which 3 heads must divide"),
        (3, 3, 6, 2, "4 features; 6 are expected, which 2 heads must divide"),
        (3, 2, 4, 2, r"key \(3, 1, 4\) and value \(2, 1, 4\) do not fit each other"),
    ],
)
def test_heads_that_do_not_fit(
    keys: int, values: int, features: int, heads: int, message: str
) -> None:
    q, k, v = w.ones(3, 4), w.ones(keys, 4), w.ones(values, 4)
    with pytest.raises(ShapeError, match=message):
        F.multi_head_attention_forward(
            q, k, v, features, heads, w.ones(12, 4), None, None, None, False, 0.0, w.eye(4), None
        )


def test_infinite_scores_leave_finite_gradients() -> None:
    x = w.ones(1, 2, 2, dtype="float64", requires_grad=True)
    mask = w.tensor([[True, False], [False, False]])
    out = F.scaled_dot_product_attention(x, x, x, mask)
    out.sum().backward()
    assert out[0, 1].tolist() == [0.0, 0.0]
    assert x.grad.isfinite().all()


def test_a_target_without_alignment_costs_infinity_or_nothing() -> None:
    x = w.zeros(2, 1, 3).log_softmax(-1).requires_grad_()
    target = w.tensor([[1, 1]])
    assert F.ctc_loss(x, target, (2,), (2,)).item() == math.inf
    loss = F.ctc_loss(x, target, (2,), (2,), zero_infinity=True)
    loss.backward()
    assert loss.item() == 0
    assert x.grad.abs().max() == 0


def test_the_gradient_of_ctc_loss_is_that_of_log_probs() -> None:
    x = w.from_numpy(LOGITS.copy()).requires_grad_()
    F.ctc_loss(x, w.tensor(TARGETS), (5, 4), (3, 1), reduction="sum").backward()
    # Every path takes one class a step: the gradient of a step is -1, spread over the classes.
    wanted = -np.ones((5, 2))
    wanted[4, 1] = 0
    np.testing.assert_allclose(x.grad.sum(-1).numpy(), wanted, atol=1e-12)


def test_rows_of_a_table() -> None:
    table = w.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]], requires_grad=True)
    rows = w.tensor([0, 1, 0])
    F.embedding(rows, table, max_norm=1.0, scale_grad_by_freq=True).sum().backward()
    wanted = [[0.6, 0.8], [0.3, 0.4], [6.0, 8.0]]
    np.testing.assert_allclose(table.detach().numpy(), wanted, rtol=1e-6)
    assert table.grad.tolist() == [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]


def test_running_statistics_of_instances() -> None:
    mean, var = w.zeros(4, dtype="float64"), w.ones(4, dtype="float64")
    F.instance_norm(w.from_numpy(IMAGE), mean, var, momentum=0.5)
    np.testing.assert_allclose(mean.numpy(), IMAGE.mean((0, 2, 3)) / 2)
    spread = IMAGE.var((2, 3), ddof=1).mean(0)
    np.testing.assert_allclose(var.numpy(), 0.5 + spread / 2)


WRONG = {
    "margin": lambda: F.triplet_margin_loss(w.ones(2), w.ones(2), w.ones(2), margin=-1.0),
    "p": lambda: F.multi_margin_loss(w.ones(2, 3), w.tensor([0, 1]), p=3),
    "variance": lambda: F.gaussian_nll_loss(w.ones(2), w.ones(2), -w.ones(2)),
    "probability": lambda: F.binary_cross_entropy(w.full((2,), 1.5), w.ones(2)),
    "lengths": lambda: F.ctc_loss(w.zeros(2, 1, 3), w.tensor([[1]]), (3,), (1,)),
    "blank": lambda: F.ctc_loss(w.zeros(2, 1, 3), w.tensor([[1]]), (2,), (1,), blank=3),
    "halves": lambda: F.glu(w.ones(3)),
    "groups": lambda: F.group_norm(w.ones(2, 3), 2),
    "one value": lambda: F.instance_norm(w.ones(2, 3, 1)),
    "offsets": lambda: F.embedding_bag(w.tensor([0]), w.ones(2, 2), w.tensor([1])),
    "heads": lambda: F.scaled_dot_product_attention(w.ones(2, 3), w.ones(2, 2), w.ones(2, 3)),
    "slope": lambda: F.prelu(w.ones(2, 3), w.ones(2)),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    with pytest.raises((ValueError, TypeError), match=r"^[a-z_0-9]+: "):
        WRONG[name]()
