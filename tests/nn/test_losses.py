"""Losses against their definitions written out in NumPy, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
import scipy.special

import wengert
from tests.differences import check_gradients
from wengert.nn import functional as F

Array = numpy.ndarray


def close(found: Any, wanted: Any) -> None:
    assert found.dtype == wengert.float64
    numpy.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-12, atol=1e-14)


def huber(d: Array, delta: float) -> Array:
    size = abs(d)
    return numpy.where(size <= delta, d * d / 2, delta * (size - delta / 2))


REGRESSION: dict[str, tuple[Callable[..., Any], Callable[[Array, Array], Array]]] = {
    "mse": (F.mse_loss, lambda x, t: (x - t) ** 2),
    "l1": (F.l1_loss, lambda x, t: abs(x - t)),
    "smooth_l1": (F.smooth_l1_loss, lambda x, t: huber(x - t, 1.0)),
    "huber": (
        lambda x, t, reduction="mean": F.huber_loss(x, t, reduction, delta=0.5),
        lambda x, t: huber(x - t, 0.5),
    ),
}


@pytest.mark.parametrize("name", REGRESSION)
def test_regression(name: str, rng: numpy.random.Generator) -> None:
    ours, definition = REGRESSION[name]
    x, t = rng.normal(size=(2, 4, 3))
    wanted = definition(x, t)
    a, b = wengert.from_numpy(x), wengert.from_numpy(t)
    close(ours(a, b, reduction="none"), wanted)
    close(ours(a, b, reduction="sum"), wanted.sum())
    close(ours(a, b), wanted.mean())
    check_gradients(ours, x, t)


def test_smooth_l1_with_beta_0_is_l1(rng: numpy.random.Generator) -> None:
    x = rng.normal(size=5)
    close(F.smooth_l1_loss(wengert.from_numpy(x), wengert.zeros(5), beta=0.0), abs(x).mean())


def log_softmax(x: Array, axis: int) -> Array:
    return x - scipy.special.logsumexp(x, axis=axis, keepdims=True)


def entropies(x: Array, t: Array, weight: Array, smoothing: float) -> tuple[Array, Array]:
    """Loss and weight of every place, by loops."""
    losses, weights = numpy.zeros(t.shape), numpy.zeros(t.shape)
    logp = log_softmax(x, 1)
    for place in numpy.ndindex(t.shape):
        chosen = t[place]
        if chosen == -100:
            continue
        column = logp[(place[0], slice(None), *place[1:])]
        smooth = -(weight * column).sum() * smoothing / len(column)
        losses[place] = -weight[chosen] * column[chosen] * (1 - smoothing) + smooth
        weights[place] = weight[chosen]
    return losses, weights


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("extra", [(), (2, 3)])
def test_cross_entropy_of_indices(
    smoothing: float, weighted: bool, extra: tuple[int, ...], rng: numpy.random.Generator
) -> None:
    x = rng.normal(size=(5, 4, *extra)) * 3
    t = rng.integers(0, 4, size=(5, *extra))
    t[1] = -100
    weight = rng.uniform(0.5, 2, size=4) if weighted else numpy.ones(4)
    losses, weights = entropies(x, t, weight, smoothing)
    target = wengert.from_numpy(t)
    given = wengert.from_numpy(weight) if weighted else None

    def ours(value: Any, reduction: str = "mean") -> Any:
        return F.cross_entropy(value, target, given, reduction=reduction, label_smoothing=smoothing)

    close(ours(wengert.from_numpy(x), "none"), losses)
    close(ours(wengert.from_numpy(x), "sum"), losses.sum())
    close(ours(wengert.from_numpy(x)), losses.sum() / weights.sum())
    check_gradients(ours, x)
    if smoothing == 0:
        logp = wengert.from_numpy(log_softmax(x, 1))
        close(F.nll_loss(logp, target, given), losses.sum() / weights.sum())
        check_gradients(lambda value: F.nll_loss(value, target, given, reduction="none"), x)


def test_cross_entropy_of_one_sample(rng: numpy.random.Generator) -> None:
    x = rng.normal(size=4)
    wanted = -log_softmax(x, 0)[2]
    close(F.cross_entropy(wengert.from_numpy(x), wengert.tensor(2)), wanted)


def test_an_ignored_place_has_no_gradient_whatever_it_holds() -> None:
    x = wengert.tensor([[0.0, 1.0], [float("inf"), float("nan")]], requires_grad=True)
    F.cross_entropy(x, wengert.tensor([1, -100])).backward()
    numpy.testing.assert_array_equal(x.grad.numpy()[1], [0.0, 0.0])


def test_huge_logits() -> None:
    x = wengert.tensor([[1e4, 0.0]], requires_grad=True)
    loss = F.cross_entropy(x, wengert.tensor([1]))
    loss.backward()
    assert loss.item() == 1e4
    assert x.grad.tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_of_probabilities(smoothing: float, rng: numpy.random.Generator) -> None:
    x, t = rng.normal(size=(5, 4)), rng.dirichlet(numpy.ones(4), size=5)
    weight = rng.uniform(0.5, 2, size=4)
    smooth = t * (1 - smoothing) + smoothing / 4
    wanted = -(smooth * weight * log_softmax(x, 1)).sum(1)

    def ours(value: Any, target: Any) -> Any:
        given = wengert.from_numpy(weight)
        return F.cross_entropy(value, target, given, label_smoothing=smoothing)

    close(ours(wengert.from_numpy(x), wengert.from_numpy(t)), wanted.mean())
    check_gradients(ours, x, t)


def test_a_class_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(IndexError, match="index 4 is out of range for dim 1 with 4 elements"):
        F.cross_entropy(wengert.zeros(2, 4), wengert.tensor([0, 4]))


def test_binary_cross_entropy(rng: numpy.random.Generator) -> None:
    x, t = rng.uniform(0.05, 0.95, size=(2, 4, 3))
    wanted = -(t * numpy.log(x) + (1 - t) * numpy.log(1 - x))
    close(F.binary_cross_entropy(wengert.from_numpy(x), wengert.from_numpy(t)), wanted.mean())
    check_gradients(F.binary_cross_entropy, x, t)
    certain = F.binary_cross_entropy(wengert.tensor([0.0, 1.0]), wengert.tensor([1.0, 0.0]))
    assert certain.item() == 100.0
    x = wengert.tensor([0.0, 1.0], requires_grad=True)
    F.binary_cross_entropy(x, wengert.tensor([1.0, 0.0])).backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_binary_cross_entropy_with_logits(rng: numpy.random.Generator) -> None:
    x, t = rng.normal(size=(4, 3)) * 5, rng.uniform(size=(4, 3))
    weight, positive = rng.uniform(1, 2, size=(4, 3)), rng.uniform(1, 2, size=3)
    wanted = -weight * (
        positive * t * scipy.special.log_expit(x) + (1 - t) * scipy.special.log_expit(-x)
    )

    def ours(value: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(
            value, target, wengert.from_numpy(weight), pos_weight=wengert.from_numpy(positive)
        )

    close(ours(wengert.from_numpy(x), wengert.from_numpy(t)), wanted.mean())
    check_gradients(ours, x, t)


def test_logits_of_zero_have_right_derivatives() -> None:
    x = wengert.zeros(2, dtype="float64", requires_grad=True)
    target = wengert.tensor([0.0, 1.0], dtype="float64")
    loss = F.binary_cross_entropy_with_logits(x, target, reduction="sum")
    (first,) = wengert.autograd.grad(loss, x, create_graph=True)
    (second,) = wengert.autograd.grad(first.sum(), x)
    assert first.tolist() == [0.5, -0.5]
    assert second.tolist() == [0.25, 0.25]


def test_kl_div(rng: numpy.random.Generator) -> None:
    x, t = rng.normal(size=(3, 4)), rng.uniform(0.1, 1, size=(3, 4))
    wanted = t * (numpy.log(t) - x)
    a, b = wengert.from_numpy(x), wengert.from_numpy(t)
    close(F.kl_div(a, b), wanted.mean())
    close(F.kl_div(a, b, reduction="batchmean"), wanted.sum() / 3)
    close(F.kl_div(a, b.log(), reduction="none", log_target=True), wanted)
    check_gradients(F.kl_div, x, t)
    zero = F.kl_div(wengert.zeros(1), wengert.zeros(1))
    assert zero.item() == 0.0


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "shapes": (
        lambda: F.mse_loss(wengert.zeros(3, 1), wengert.zeros(3)),
        (
            "mse_loss: the input has shape (3, 1) and the target (3,); broadcasting them would "
            "compare elements that do not belong together. Use target.reshape(input.shape) if "
            "their order is the same."
        ),
    ),
    "reduction": (
        lambda: F.mse_loss(wengert.zeros(3), wengert.zeros(3), reduction="average"),
        "mse_loss: reduction 'average'; use 'mean', 'sum' or 'none'.",
    ),
    "places": (
        lambda: F.cross_entropy(wengert.zeros(3, 4), wengert.zeros(4, dtype="int64")),
        (
            "cross_entropy: an input of shape (3, 4) (classes on axis 1) needs class indices of "
            "shape (3,), not (4,)."
        ),
    ),
    "dtype": (
        lambda: F.cross_entropy(wengert.zeros(3, 4), wengert.zeros(3)),
        "cross_entropy: class indices must be integers, not float32. Use target.to(wengert.int64).",
    ),
    "weight": (
        lambda: F.nll_loss(wengert.zeros(1, 4), wengert.tensor([0]), wengert.ones(3)),
        "nll_loss: weight needs one number for each of 4 classes, not shape (3,).",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    call, text = WRONG[name]
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert str(caught.value) == text


def test_soft_margin_loss_of_unsigned_targets_does_not_wrap() -> None:
    x = wengert.tensor([0.5, -0.25])
    found = F.soft_margin_loss(x, wengert.tensor([1, 1], dtype="uint8"))
    assert found.item() == F.soft_margin_loss(x, wengert.ones(2)).item()


def test_kl_div_of_a_negative_probability_is_nan() -> None:
    found = F.kl_div(wengert.tensor([-0.7, -0.2]), wengert.tensor([-0.5, 0.0]), reduction="none")
    assert found.isnan().tolist() == [True, False]


def test_losses_of_two_dtypes_promote() -> None:
    single, double = wengert.ones(2), wengert.zeros(2, dtype=wengert.float64)
    for loss in (F.huber_loss, F.smooth_l1_loss, F.l1_loss, F.mse_loss):
        assert loss(single, double).dtype == loss(double, single).dtype == wengert.float64
