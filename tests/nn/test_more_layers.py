"""Layers whose forward is more than one call: transposed convolutions, borders, attention, bags."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert import nn
from wengert.nn import functional as F


def tensor(array: numpy.ndarray) -> Any:
    return wengert.from_numpy(array.copy())


@pytest.mark.parametrize(
    ("mode", "of_numpy"), [("circular", "wrap"), ("reflect", "reflect"), ("replicate", "edge")]
)
def test_borders_of_convolutions(mode: str, of_numpy: Any, rng: numpy.random.Generator) -> None:
    x = rng.normal(size=(1, 2, 5, 6)).astype("float32")
    for padding, widths in (((1, 2), [(1, 1), (2, 2)]), ("same", [(0, 1), (1, 1)])):
        layer = nn.Conv2d(2, 3, (2, 3), padding=padding, padding_mode=mode)
        wide = numpy.pad(x, [(0, 0), (0, 0), *widths], of_numpy)
        wanted = F.conv2d(tensor(wide), layer.weight, layer.bias)
        numpy.testing.assert_allclose(
            layer(tensor(x)).detach().numpy(), wanted.detach().numpy(), rtol=1e-5, atol=1e-6
        )


def test_a_transposed_convolution_is_the_transpose(rng: numpy.random.Generator) -> None:
    x, y = rng.normal(size=(2, 3, 7)), rng.normal(size=(2, 4, 3))
    down = nn.Conv1d(3, 4, 3, stride=2, bias=False, dtype="float64")
    up = nn.ConvTranspose1d(4, 3, 3, stride=2, bias=False, dtype="float64")
    up.weight = down.weight
    there = (down(tensor(x)) * tensor(y)).sum().item()
    back = (up(tensor(y), output_size=(7,)) * tensor(x)).sum().item()
    assert there == pytest.approx(back, rel=1e-12)


def test_attention_first_in_batch(rng: numpy.random.Generator) -> None:
    layer = nn.MultiheadAttention(6, 3, batch_first=True)
    x, y = (tensor(rng.normal(size=(2, n, 6)).astype("float32")) for n in (4, 5))
    out, weights = layer(x, y, y)
    single, of_single = layer(x[1], y[1], y[1])
    assert (out.shape, weights.shape) == ((2, 4, 6), (2, 4, 5))
    numpy.testing.assert_allclose(out[1].detach(), single.detach(), rtol=1e-4, atol=1e-6)
    numpy.testing.assert_allclose(weights[1].detach(), of_single.detach(), rtol=1e-4, atol=1e-6)
    assert layer(x, y, y, need_weights=False)[1] is None


def test_attention_of_other_features() -> None:
    layer = nn.MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True, add_zero_attn=True)
    out, weights = layer(wengert.rand(3, 1, 4), wengert.rand(2, 1, 3), wengert.rand(2, 1, 5))
    assert (out.shape, weights.shape) == ((3, 1, 4), (1, 3, 4))
    assert layer.in_proj_weight is None
    out.sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


def test_a_causal_mask_hides_what_comes_later() -> None:
    layer = nn.MultiheadAttention(4, 1)
    x = wengert.rand(3, 1, 4)
    mask = wengert.ones(3, 3, dtype="bool").triu(1)
    weights = layer(x, x, x, attn_mask=mask)[1][0].detach().numpy()
    assert (weights[numpy.triu_indices(3, 1)] == 0).all()


def test_running_statistics_of_instances_are_used_after_training() -> None:
    layer = nn.InstanceNorm1d(2, momentum=1.0, track_running_stats=True)
    x = wengert.tensor([[[1.0, 3.0], [0.0, 4.0]]])
    layer(x)
    assert layer.running_mean.tolist() == [2.0, 2.0]
    assert layer.running_var.tolist() == [2.0, 8.0]
    found = layer.eval()(wengert.full((2, 4), 2.0))
    assert found.tolist() == [[0.0] * 4] * 2


def test_random_slopes_lie_between_their_bounds() -> None:
    layer = nn.RReLU(0.25, 0.5)
    found = layer(-wengert.ones(1000))
    assert -0.5 <= found.min().item() < found.max().item() <= -0.25
    assert set(layer.eval()(-wengert.ones(3)).tolist()) == {-0.375}


def test_bags_leave_out_padding() -> None:
    layer = nn.EmbeddingBag(4, 2, mode="sum", padding_idx=0)
    found = layer(wengert.tensor([0, 1, 2, 0]), wengert.tensor([0, 3]))
    numpy.testing.assert_allclose(
        found.detach().numpy(),
        numpy.stack([layer.weight.detach().numpy()[1:3].sum(0), numpy.zeros(2)]),
        rtol=1e-6,
    )


def test_unpooling_puts_maxima_back(rng: numpy.random.Generator) -> None:
    x = tensor(rng.normal(size=(1, 2, 4, 4)))
    values, indices = nn.MaxPool2d(2, return_indices=True)(x)
    back = nn.MaxUnpool2d(2)(values, indices)
    assert int((back != 0).sum()) == 8
    assert bool(((back == x) | (back == 0)).all())


@pytest.mark.parametrize(
    "layer",
    [
        lambda: nn.GroupNorm(3, 4),
        lambda: nn.MultiheadAttention(5, 2),
        lambda: nn.ConvTranspose2d(1, 1, 2, padding_mode="reflect"),
        lambda: nn.Conv2d(1, 1, 2, padding_mode="wrap"),
        lambda: nn.Bilinear(0, 1, 1),
    ],
)
def test_errors(layer: Any) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z]\w+: "):
        layer()


def test_layers_that_name_axes() -> None:
    x = wengert.rand(2, 6, 1, 3)
    assert nn.Unflatten(1, (2, -1))(x).shape == (2, 2, 3, 1, 3)
    assert repr(nn.Unflatten(1, (2, 3))) == "Unflatten(dim=1, unflattened_size=(2, 3))"
    with pytest.raises(TypeError, match="must be a tuple of ints, not 5"):
        nn.Unflatten(1, 5)  # type: ignore[arg-type]
    numpy.testing.assert_allclose(nn.Softmax2d()(x).sum(1), numpy.ones((2, 1, 3)), rtol=1e-6)
    numpy.testing.assert_array_equal(nn.Softmax2d()(x[0]), nn.Softmax2d()(x)[0])
    with pytest.raises(wengert.errors.ShapeError, match="Softmax2d"):
        nn.Softmax2d()(x[0, 0])
