"""Normalisation against its formula, its running statistics, and its gradients."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from tests.differences import check_gradients
from wengert import nn
from wengert.nn import functional as F


def standard(x: numpy.ndarray, axes: tuple[int, ...], eps: float) -> numpy.ndarray:
    return (x - x.mean(axes, keepdims=True)) / numpy.sqrt(x.var(axes, keepdims=True) + eps)


def test_layer_norm(rng: numpy.random.Generator) -> None:
    x, w, b = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    found = F.layer_norm(*map(wengert.from_numpy, (x,)), (3, 4), *map(wengert.from_numpy, (w, b)))
    numpy.testing.assert_allclose(found.numpy(), standard(x, (1, 2), 1e-5) * w + b, atol=1e-13)
    check_gradients(lambda x, w, b: F.layer_norm(x, (3, 4), w, b), x, w, b)


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2), (2, 3, 2, 2)])
def test_batch_norm_in_training(shape: Any, rng: numpy.random.Generator) -> None:
    x, w, b = rng.normal(size=shape), rng.normal(size=3), rng.normal(size=3)
    axes = tuple(k for k in range(len(shape)) if k != 1)
    wide = (3, *(1,) * (len(shape) - 2))
    mean, var = wengert.ones(3, dtype="float64"), wengert.ones(3, dtype="float64")
    given = map(wengert.from_numpy, (w, b))
    found = F.batch_norm(wengert.from_numpy(x), mean, var, *given, training=True, momentum=0.3)
    wanted = standard(x, axes, 1e-5) * w.reshape(wide) + b.reshape(wide)
    numpy.testing.assert_allclose(found.numpy(), wanted, atol=1e-13)
    numpy.testing.assert_allclose(mean.numpy(), 0.7 + 0.3 * x.mean(axes), rtol=1e-12)
    numpy.testing.assert_allclose(var.numpy(), 0.7 + 0.3 * x.var(axes, ddof=1), rtol=1e-12)
    check_gradients(lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), x, w, b)


def test_batch_norm_with_running_statistics(rng: numpy.random.Generator) -> None:
    x, mean, var = rng.normal(size=(4, 3, 2)), rng.normal(size=3), rng.uniform(0.5, 2, 3)
    given = [wengert.from_numpy(a.copy()) for a in (mean, var)]
    found = F.batch_norm(wengert.from_numpy(x), *given, eps=0.1)
    wanted = (x - mean[:, None]) / numpy.sqrt(var[:, None] + 0.1)
    numpy.testing.assert_allclose(found.numpy(), wanted, atol=1e-13)
    assert given[0].tolist() == mean.tolist()
    check_gradients(lambda x: F.batch_norm(x, *given), x)


def test_running_statistics_of_a_layer(rng: numpy.random.Generator) -> None:
    layer = nn.BatchNorm1d(2, momentum=None)
    batches = [rng.normal(size=(8, 2)).astype("float32") for _ in range(3)]
    for batch in batches:
        layer(wengert.from_numpy(batch)).sum().backward()
    assert layer.num_batches_tracked.item() == 3
    assert not layer.running_mean.requires_grad
    mean = numpy.mean([batch.mean(0) for batch in batches], 0)
    var = numpy.mean([batch.var(0, ddof=1) for batch in batches], 0)
    numpy.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-5, atol=1e-6)
    numpy.testing.assert_allclose(layer.running_var.numpy(), var, rtol=1e-5)
    before = layer.running_mean.clone()
    layer.eval()(wengert.ones(3, 2))
    assert (layer.running_mean == before).all()
    assert layer.num_batches_tracked.item() == 3
    layer.reset_running_stats()
    assert layer.running_var.tolist() == [1.0, 1.0]
    assert layer.num_batches_tracked.item() == 0


def test_a_layer_without_statistics_uses_the_batch_always() -> None:
    layer = nn.BatchNorm2d(1, affine=False, track_running_stats=False)
    assert layer.state_dict() == {}
    x = wengert.arange(8.0).reshape(2, 1, 2, 2)
    assert (layer(x) == layer.eval()(x)).all()


def test_statistics_can_be_seen_through_vmap_only_if_not_tracked() -> None:
    x = wengert.rand(3, 4, 2)
    untracked = nn.BatchNorm1d(2, track_running_stats=False)
    each = wengert.func.vmap(untracked)(x)
    numpy.testing.assert_allclose(each[1].detach(), untracked(x[1]).detach(), atol=1e-6)
    tracked = nn.BatchNorm1d(2)
    with pytest.raises(RuntimeError, match="track_running_stats=False"):
        wengert.func.vmap(tracked)(x)
    assert tracked.running_mean.tolist() == [0.0, 0.0]


def test_normalize(rng: numpy.random.Generator) -> None:
    x = rng.normal(size=(3, 4))
    found = F.normalize(wengert.from_numpy(x), p=3.0, dim=0)
    wanted = x / (abs(x) ** 3).sum(0) ** (1 / 3)
    numpy.testing.assert_allclose(found.numpy(), wanted, rtol=1e-12)
    check_gradients(lambda x: F.normalize(x), x)
    zero = wengert.zeros(1, 3, requires_grad=True)
    F.normalize(zero).sum().backward()
    assert zero.grad.isfinite().all()


def test_printing() -> None:
    assert repr(nn.LayerNorm((3, 4))) == (
        "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)"
    )
    assert repr(nn.BatchNorm2d(3, affine=False)) == (
        "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, "
        "track_running_stats=True)"
    )


WRONG: dict[str, tuple[Any, str]] = {
    "layer": (
        lambda: nn.LayerNorm(3)(wengert.ones(2, 4)),
        "layer_norm: the last axes of an input of shape (2, 4) are not normalized_shape (3,).",
    ),
    "one value": (
        lambda: nn.BatchNorm1d(2)(wengert.ones(1, 2)),
        (
            "batch_norm: an input of shape (1, 2) has one value for each channel in training, and "
            "no variance. Use larger batches, or module.eval()."
        ),
    ),
    "axes": (
        lambda: nn.BatchNorm2d(2)(wengert.ones(3, 2)),
        "BatchNorm2d: expected 4 axes with 2 channels on axis 1, not shape (3, 2).",
    ),
    "channels": (
        lambda: nn.BatchNorm1d(2)(wengert.ones(3, 4)),
        "BatchNorm1d: expected 2 or 3 axes with 2 channels on axis 1, not shape (3, 4).",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    call, text = WRONG[name]
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
@pytest.mark.parametrize("function", [F.batch_norm, F.instance_norm])
def test_running_statistics_that_are_integers_are_refused_before_anything_changes(
    function: Any, name: str
) -> None:
    running: dict[str, Any] = {"running_mean": wengert.zeros(2), "running_var": wengert.ones(2)}
    running[name] = running[name].to("int64")
    versions = [part._version for part in running.values()]
    options = {"training": True} if function is F.batch_norm else {}
    with pytest.raises(TypeError, match=f"{name} must be floating, not int64"):
        function(wengert.randn(3, 2, 4), **running, **options)
    assert [part._version for part in running.values()] == versions


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_halves_normalised_with_single_precision_weights_stay_halves(dtype: str) -> None:
    x, ones = wengert.randn(4, 4).to(dtype), wengert.ones(4)
    for found in (
        F.layer_norm(x, (4,), ones, ones),
        F.rms_norm(x, (4,), ones),
        F.group_norm(x, 2, ones, ones),
        F.batch_norm(x, ones.clone(), ones.clone(), ones, ones, True),
        F.batch_norm(x, ones, ones, ones, ones),
        F.instance_norm(x[None], None, None, ones, ones),
    ):
        assert found.dtype == x.dtype
