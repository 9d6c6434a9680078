"""Functions of the top level that are met in older or special programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg

import wengert as w
from wengert.errors import DimensionError, ShapeError
from wengert.nn import functional as F

from .calls import Calls, check_batch, check_derivatives, check_value, identify

R = np.random.default_rng(77)
calls = Calls()
case = calls.case

A = R.standard_normal((3, 4))
B = R.standard_normal((2, 3, 4))
C = A + 1j * R.standard_normal((3, 4))


def length(x: Any, axes: Any, p: float = 2, keep: bool = False) -> Any:
    return (np.abs(x) ** p).sum(axes, keepdims=keep) ** (1 / p)


case("frobenius_norm", A, 1, expected=length(A, 1))
case("frobenius_norm", B, dim=(0, -1), keepdim=True, expected=length(B, (0, 2), keep=True))
case("frobenius_norm", C, (), expected=length(C, None))
case("nuclear_norm", A, expected=np.linalg.svd(A)[1].sum())
case("nuclear_norm", B, expected=np.linalg.svd(B)[1].sum(-1))
case("nuclear_norm", A, True, expected=np.linalg.svd(A)[1].sum()[None, None])
case("nuclear_norm", B, dim=(0, 1), expected=np.linalg.svd(B.transpose(2, 0, 1))[1].sum(-1))
case("norm_except_dim", B, expected=length(B, (1, 2), keep=True))
case("norm_except_dim", B, 3, 1, expected=length(B, (0, 2), 3, keep=True))
case("norm_except_dim", B, dim=-1, expected=length(B, None))
case("norm_except_dim", A[0], expected=np.abs(A[0]))
case("norm_except_dim", C, expected=length(C, 1, keep=True))


def over_time(x: Any, weight: Any, bias: Any, pad: int) -> Any:
    padded = np.pad(x, ((pad, pad), (0, 0), (0, 0)))
    steps = range(len(padded) - len(weight) + 1)
    return np.stack(
        [sum(padded[t + k] @ weight[k] for k in range(len(weight))) + bias for t in steps]
    )


X, WEIGHT, BIAS = (R.standard_normal(shape) for shape in ((5, 2, 3), (2, 3, 4), (4,)))
case("conv_tbc", X, WEIGHT, BIAS, expected=over_time(X, WEIGHT, BIAS, 0))
case("conv_tbc", X, WEIGHT, BIAS, pad=2, expected=over_time(X, WEIGHT, BIAS, 2))

IMAGE = R.standard_normal((2, 4, 4, 6))
case(
    "native_channel_shuffle", IMAGE, 2,
    expected=IMAGE.reshape(2, 2, 2, 4, 6).swapaxes(1, 2).reshape(IMAGE.shape),
)  # fmt: skip
case("segment_reduce", A, "max", lengths=w.tensor([2, 1]), expected=[A[:2].max(0), A[2]])

S, P = R.standard_normal((2, 4, 4)), R.standard_normal((2, 4, 4))
S, P = S + S.swapaxes(1, 2), P @ P.swapaxes(1, 2) + np.eye(4)
WORTH = np.stack([scipy.linalg.eigh(s, p)[0] for s, p in zip(S, P, strict=True)])


BATCHED = R.standard_normal((3, 4, 5))


def of_batch(x: Any, axes: tuple[int, ...]) -> Any:
    mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-5)


SCALE, SHIFT = R.standard_normal(4), R.standard_normal(4)
SCALE_ROWS = w.from_numpy(SCALE[:, None])
case(
    "batch_norm", BATCHED, SCALE, SHIFT, None, None, True, 0.1, 1e-5, False,
    expected=of_batch(BATCHED, (0, 2)) * SCALE[:, None] + SHIFT[:, None],
)  # fmt: skip
case(
    "instance_norm", BATCHED, SCALE, SHIFT, None, None, True, 0.1, 1e-5, False,
    expected=of_batch(BATCHED, (2,)) * SCALE[:, None] + SHIFT[:, None],
)  # fmt: skip
case("layer_norm", BATCHED, [5], None, None, 1e-5, False, expected=of_batch(BATCHED, (2,)))
case("group_norm", BATCHED, 4, None, None, 1e-5, False, expected=of_batch(BATCHED, (2,)))


@pytest.mark.parametrize("call", calls, ids=identify)
def test_value(call: Any) -> None:
    expected = call.expected
    check_value(call._replace(expected=np.stack(expected) if type(expected) is list else expected))


@pytest.mark.parametrize("call", calls.smooth(), ids=identify)
def test_derivatives(call: Any) -> None:
    check_derivatives(call)


@pytest.mark.parametrize(
    "call", [call for call in calls if call.name != "segment_reduce"], ids=identify
)
def test_batch(call: Any) -> None:
    check_batch(call)


# ---- eigenvalues --------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [True, False, None])
@pytest.mark.parametrize("general", [False, True])
def test_lobpcg(largest: bool | None, general: bool) -> None:
    a, b = w.from_numpy(S), w.from_numpy(P) if general else None
    every = WORTH if general else np.linalg.eigvalsh(S)
    values, vectors = w.lobpcg(a, 3, b, largest=largest, method="ortho", niter=5, tol=1e-9)
    wanted = every[:, :3] if largest is False else every[:, :0:-1]
    np.testing.assert_allclose(values.numpy(), wanted, rtol=1e-10, atol=1e-12)
    weighed = vectors if b is None else b @ vectors
    np.testing.assert_allclose(
        (a @ vectors).numpy(), (weighed * values[:, None]).numpy(), atol=1e-10
    )
    np.testing.assert_allclose((vectors.mT @ weighed).numpy(), [np.eye(3)] * 2, atol=1e-10)
    operands = (a, b) if general else (a,)

    def values_of(a: Any, b: Any = None) -> Any:
        return w.lobpcg(a + 0.1 * a.tril(), 2, b, largest=largest)[0]

    leaves = tuple(x.clone().requires_grad_() for x in operands)
    assert w.autograd.gradcheck(values_of, leaves, check_forward_ad=True, check_batched_grad=True)
    assert w.autograd.gradgradcheck(values_of, leaves)
    compiled = w.jit(values_of)(*operands).numpy()
    np.testing.assert_allclose(compiled, values_of(*operands).numpy(), rtol=1e-12)
    mapped = w.vmap(values_of)(*operands)
    np.testing.assert_allclose(mapped.numpy(), values_of(*operands).numpy(), rtol=1e-12)


def test_lobpcg_counts_and_complex_matrices() -> None:
    a = w.from_numpy(S[0])
    assert w.lobpcg(a)[0].shape == (1,) and w.lobpcg(a, X=w.ones(4, 2))[1].shape == (4, 2)
    c = w.from_numpy(C[:, :3] + C[:, :3].conj().T)
    assert w.lobpcg(c, 3)[0].tolist() == pytest.approx(np.linalg.eigvalsh(c.numpy())[::-1])
    for options, error in (
        ({"k": 5}, ShapeError), ({"k": 0}, ShapeError), ({"B": w.eye(3)}, ShapeError),
        ({"method": "other"}, ValueError), ({"tracker": print}, ValueError),
    ):  # fmt: skip
        with pytest.raises(error, match="lobpcg: "):
            w.lobpcg(a, **options)


# ---- ranges -------------------------------------------------------------------------------------


def test_range_holds_its_end() -> None:
    assert w.range(1, 4).tolist() == [1.0, 2.0, 3.0, 4.0] and w.range(1, 4).dtype == w.float32
    assert w.range(0, 1, 0.5).tolist() == [0.0, 0.5, 1.0]
    assert w.range(1.5, 3).tolist() == [1.5, 2.5] and w.range(0, 0).tolist() == [0.0]
    assert w.range(3, 1, -1).tolist() == [3.0, 2.0, 1.0]
    assert w.range(1, 4, 2, dtype="int64").tolist() == [1, 3]
    assert w.range(w.tensor(1), 2, out=w.empty(0)).tolist() == [1.0, 2.0]
    assert w.range(1, 2, requires_grad=True).requires_grad
    for arguments in ((1, 4, 0), (3, 1), (1, np.inf)):
        with pytest.raises(ValueError, match="range: "):
            w.range(*arguments)


# ---- convolution --------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolution_of_any_rank(rank: int) -> None:
    x = w.from_numpy(R.standard_normal((2, 4, *(6,) * rank)))
    weight, bias = w.from_numpy(R.standard_normal((4, 2, *(2,) * rank))), w.from_numpy(SCALE)
    for steps in ([2], [2, 1, 2][:rank]):
        found = w.convolution(x, weight, bias, steps, [1], [2], False, [0], 2)
        wanted = getattr(F, f"conv{rank}d")(x, weight, bias, tuple(steps * 3)[:rank], 1, 2, 2)
        assert found.tolist() == wanted.tolist()
    found = w.convolution(x, weight, None, [2], [1], [1], True, [1], 2)
    wanted = getattr(F, f"conv_transpose{rank}d")(x, weight, None, 2, 1, 1, 2)
    assert found.tolist() == wanted.tolist()
    with pytest.raises(ShapeError, match="convolution: the weight needs 3 to 5 axes"):
        w.convolution(x, SCALE_ROWS, None, [1], [0], [1], False, [0], 1)


# ---- places of maxima ---------------------------------------------------------------------------

POOLS: dict[str, tuple[Any, ...]] = {
    "adaptive_max_pool1d_with_indices": (IMAGE[0], 2),
    "adaptive_max_pool2d_with_indices": (IMAGE, (2, 3)),
    "adaptive_max_pool3d_with_indices": (IMAGE, (2, 2, 3)),
    "fractional_max_pool2d_with_indices": (IMAGE, 2, (2, 3)),
    "fractional_max_pool3d_with_indices": (IMAGE, 2, None, 0.5),
}


@pytest.mark.parametrize("name", POOLS)
def test_pools_that_always_say_where(name: str) -> None:
    x, *arguments = POOLS[name]
    axes = int(name[name.index("d_") - 1])
    w.manual_seed(4)
    values, places = getattr(F, name)(w.from_numpy(x), *arguments)
    w.manual_seed(4)
    alone = getattr(F, name.removesuffix("_with_indices"))(w.from_numpy(x), *arguments)
    assert values.tolist() == alone.tolist() and places.dtype == w.int64
    rows = w.from_numpy(x).flatten(-axes)
    assert rows.gather(-1, places.flatten(-axes)).tolist() == values.flatten(-axes).tolist()


def test_pools_of_the_top_level() -> None:
    x = w.from_numpy(IMAGE[0])
    wanted = F.adaptive_max_pool1d(x, 4, True)
    for got, want in zip(w.adaptive_max_pool1d(x, 4), wanted, strict=True):
        assert got.tolist() == want.tolist()
    wanted = F.max_pool1d(x, 2, return_indices=True)
    for got, want in zip(w.max_pool1d_with_indices(x, 2), wanted, strict=True):
        assert got.tolist() == want.tolist()


# ---- losses -------------------------------------------------------------------------------------


def test_reductions_by_number() -> None:
    x, y = w.from_numpy(A), w.from_numpy(np.sign(A[::-1]).copy())
    classes = (y > 0).double()
    rows = (x.log_softmax(1)[:, None], w.tensor([[1, 2]]), w.tensor([3]), w.tensor([2]))
    operands: dict[str, tuple[Any, ...]] = {
        "binary_cross_entropy_with_logits": (x, classes, w.ones(4), None),
        "cosine_embedding_loss": (x, y * 0.3, y[:, 0], 0.1),
        "ctc_loss": (*rows, 0),
        "hinge_embedding_loss": (x, y, 1.5),
        "kl_div": (x.log_softmax(1), x.softmax(0)),
        "margin_ranking_loss": (x, x * 0.5, y, 0.2),
        "poisson_nll_loss": (x, classes, True, False, 1e-8),
        "triplet_margin_loss": (x, y, x * 2, 1.0, 2.0, 1e-6, False),
    }
    for name, given in operands.items():
        for number, word in enumerate(("none", "mean", "sum")):
            named = given[:3] if name == "binary_cross_entropy_with_logits" else given
            wanted = getattr(F, name)(*named, reduction=word).tolist()
            assert getattr(w, name)(*given, number).tolist() == wanted
            assert getattr(w, name)(*given, reduction=word).tolist() == wanted
        with pytest.raises(ValueError, match=f"{name}: reduction 3"):
            getattr(w, name)(*given, 3)
    weighed = F.binary_cross_entropy_with_logits(x, classes, pos_weight=w.full((4,), 2.0))
    found = w.binary_cross_entropy_with_logits(x, classes, None, w.full((4,), 2.0), 1)
    assert found.item() == weighed.item()


# ---- errors -------------------------------------------------------------------------------------


def test_what_does_not_fit() -> None:
    with pytest.raises(DimensionError, match="frobenius_norm: at most two axes"):
        w.frobenius_norm(w.ones(2, 2, 2), (0, 1, 2))
    with pytest.raises(DimensionError, match="needs a matrix"):
        w.nuclear_norm(w.ones(2))
    with pytest.raises(ShapeError, match=r"conv_tbc: bias needs 1 axes, not shape \(1, 4\)"):
        w.conv_tbc(w.from_numpy(X), w.from_numpy(WEIGHT), w.ones(1, 4))
