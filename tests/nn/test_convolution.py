"""Convolutions against their definition by loops, their gradients, and their errors."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from tests.differences import check_gradients
from wengert import nn
from wengert.nn import functional as F

Array = numpy.ndarray


def definition(
    x: Array, w: Array, b: Array | None, stride: Any, border: Any, dilation: Any, groups: int
) -> Array:
    """Every output element as the sum in the docstring; two axes; border as (before, after)."""
    x = numpy.pad(x, ((0, 0), (0, 0), *border))
    outs, depth, *kernel = w.shape
    counts = [
        (x.shape[2 + k] - (kernel[k] - 1) * dilation[k] - 1) // stride[k] + 1 for k in range(2)
    ]
    out = numpy.zeros((len(x), outs, *counts))
    for n, o, i, j in numpy.ndindex(*out.shape):
        first = o // (outs // groups) * depth
        for c, k, m in numpy.ndindex(depth, *kernel):
            row, column = i * stride[0] + k * dilation[0], j * stride[1] + m * dilation[1]
            out[n, o, i, j] += w[o, c, k, m] * x[n, first + c, row, column]
        if b is not None:
            out[n, o, i, j] += b[o]
    return out


PLAIN: dict[str, Any] = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "padded": {"padding": (1, 2)},
    "strided": {"stride": (2, 3), "padding": (2, 1)},
    "dilated": {"dilation": (2, 1), "stride": (1, 2)},
    "groups": {"groups": 2, "padding": (1, 1)},
    "each channel": {"groups": 4},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_conv2d(name: str, rng: numpy.random.Generator) -> None:
    options = {**PLAIN, **OPTIONS[name]}
    x = rng.normal(size=(2, 4, 6, 7))
    w, b = rng.normal(size=(4, 4 // options["groups"], 3, 2)), rng.normal(size=4)
    found = F.conv2d(*map(wengert.from_numpy, (x, w, b)), **options).numpy()
    border = [(p, p) for p in options["padding"]]
    wanted = definition(x, w, b, options["stride"], border, options["dilation"], options["groups"])
    numpy.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    check_gradients(lambda x, w, b: F.conv2d(x, w, b, **options), x[:1], w, b)


@pytest.mark.parametrize(("kernel", "border"), [((3, 3), (1, 1)), ((4, 2), None)])
def test_same_padding(kernel: Any, border: Any, rng: numpy.random.Generator) -> None:
    x, w = rng.normal(size=(1, 2, 5, 6)), rng.normal(size=(3, 2, *kernel))
    found = F.conv2d(wengert.from_numpy(x), wengert.from_numpy(w), padding="same").numpy()
    widths = [border, border] if border else [(1, 2), (0, 1)]
    wanted = definition(x, w, None, (1, 1), widths, (1, 1), 1)
    assert found.shape == (1, 3, 5, 6)
    numpy.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_conv1d_is_conv2d_with_one_row(rng: numpy.random.Generator) -> None:
    x, w = rng.normal(size=(2, 4, 9)), rng.normal(size=(6, 2, 3))
    found = F.conv1d(
        wengert.from_numpy(x), wengert.from_numpy(w), stride=2, padding=1, dilation=2, groups=2
    )
    wanted = definition(x[:, :, None], w[:, :, None], None, (1, 2), [(0, 0), (1, 1)], (1, 2), 2)[
        :, :, 0
    ]
    numpy.testing.assert_allclose(found.numpy(), wanted, rtol=1e-12, atol=1e-12)


def test_one_sample_and_a_batch(rng: numpy.random.Generator) -> None:
    x, w = wengert.from_numpy(rng.normal(size=(3, 2, 5, 5))), wengert.ones(1, 2, 2, 2).double()
    batch = F.conv2d(x, w)
    assert F.conv2d(x[1], w).shape == (1, 4, 4)
    assert (F.conv2d(x[1], w) == batch[1]).all()
    assert F.conv2d(x[:0], w).shape == (0, 1, 4, 4)
    each = wengert.func.vmap(lambda image: F.conv2d(image, w))(x)
    numpy.testing.assert_allclose(each.numpy(), batch.numpy(), rtol=1e-12)


@pytest.mark.parametrize("bias", [False, True])
def test_the_result_can_be_viewed_flat(bias: bool) -> None:
    out = nn.Conv2d(2, 3, 3, bias=bias)(wengert.ones(4, 2, 5, 5))
    assert out.is_contiguous()
    assert out.view(4, -1).shape == (4, 27)


def test_second_derivative(rng: numpy.random.Generator) -> None:
    x, w = rng.normal(size=(1, 1, 4, 4)), rng.normal(size=(1, 1, 2, 2))

    def gradient(x: Any, w: Any) -> Any:
        loss = F.conv2d(x, w).pow(3).sum()
        return wengert.autograd.grad(loss, w, create_graph=True)[0]

    values = [wengert.from_numpy(a).requires_grad_() for a in (x, w)]
    (found,) = wengert.autograd.grad(gradient(*values).sum(), values[0])
    step = 1e-5
    wanted = numpy.zeros_like(x)
    for place in numpy.ndindex(*x.shape):
        ends: list[float] = []
        for side in (step, -step):
            moved = x.copy()
            moved[place] += side
            parts = [wengert.from_numpy(a).requires_grad_() for a in (moved, w)]
            ends.append(gradient(*parts).sum().item())
        wanted[place] = (ends[0] - ends[1]) / (2 * step)
    numpy.testing.assert_allclose(found.numpy(), wanted, rtol=1e-7, atol=1e-7)


def test_layers() -> None:
    layer = nn.Conv2d(2, 4, (3, 2), stride=2, padding=(1, 0), dilation=2, groups=2, bias=False)
    assert layer.weight.shape == (4, 1, 3, 2)
    assert repr(layer) == (
        "Conv2d(2, 4, kernel_size=(3, 2), stride=(2, 2), padding=(1, 0), dilation=(2, 2), "
        "groups=2, bias=False)"
    )
    assert repr(nn.Conv1d(1, 1, 3, padding="same")) == (
        "Conv1d(1, 1, kernel_size=(3,), stride=(1,), padding=same)"
    )
    weight = nn.Conv2d(50, 40, 3).weight.detach().numpy()
    bound = 1 / (50 * 9) ** 0.5
    assert 0.99 * bound < abs(weight).max() <= bound


WRONG: dict[str, tuple[Any, str]] = {
    "axes": (
        lambda: F.conv2d(wengert.zeros(3, 3), wengert.zeros(1, 1, 2, 2)),
        (
            "conv2d: expected an input with 4 axes (batch, channels, ...), or 3 for one sample, "
            "and a weight with 4; the shapes are (3, 3) and (1, 1, 2, 2)."
        ),
    ),
    "channels": (
        lambda: F.conv2d(wengert.zeros(1, 3, 4, 4), wengert.zeros(2, 2, 2, 2)),
        (
            "conv2d: an input of shape (1, 3, 4, 4) has 3 channels; a weight of shape "
            "(2, 2, 2, 2) (out, in / groups, *kernel) with groups=1 takes 2."
        ),
    ),
    "groups": (
        lambda: F.conv1d(wengert.zeros(1, 4, 4), wengert.zeros(3, 2, 2), groups=2),
        (
            "conv1d: an input of shape (1, 4, 4) has 4 channels; a weight of shape (3, 2, 2) "
            "(out, in / groups, *kernel) with groups=2 takes 4, and groups must divide 3."
        ),
    ),
    "kernel": (
        lambda: F.conv2d(wengert.zeros(1, 1, 2, 4), wengert.zeros(1, 1, 3, 3)),
        (
            "conv2d: the kernel (3, 3) with dilation (1, 1) does not fit into the padded input "
            "(2, 4). Use more padding or a smaller kernel."
        ),
    ),
    "bias": (
        lambda: F.conv1d(wengert.zeros(1, 1, 4), wengert.zeros(2, 1, 2), wengert.zeros(3)),
        "conv1d: the bias has shape (3,), the weight 2 outputs.",
    ),
    "padding": (
        lambda: F.conv1d(wengert.zeros(1, 1, 4), wengert.zeros(2, 1, 2), padding="full"),
        "conv1d: padding='full'; use a number, 'same' or 'valid'.",
    ),
    "same": (
        lambda: F.conv1d(wengert.zeros(1, 1, 4), wengert.zeros(2, 1, 2), None, 2, "same"),
        "conv1d: padding='same' needs stride 1, not (2,).",
    ),
    "stride": (
        lambda: F.conv2d(wengert.zeros(1, 1, 4, 4), wengert.zeros(2, 1, 2, 2), stride=(1, 0)),
        "conv2d: stride=(1, 0) must be one integer, or 2, of at least 1.",
    ),
    "layer": (
        lambda: nn.Conv2d(3, 4, 3, groups=2),
        "Conv2d: groups=2 must divide in_channels=3 and out_channels=4.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    call, text = WRONG[name]
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize("stride", [1, 2])
def test_what_no_window_reaches_has_no_gradient_at_all(stride: int) -> None:
    x = wengert.zeros(1, 1, 3, 3, requires_grad=True)
    F.conv2d(x.sqrt(), wengert.ones(1, 1, 1, 1), stride=stride).sum().backward()
    wanted = numpy.zeros((3, 3))
    wanted[::stride, ::stride] = numpy.inf
    numpy.testing.assert_array_equal(x.grad.numpy()[0, 0], wanted)


def test_padding_beside_an_infinite_weight_is_nan() -> None:
    weight = wengert.tensor([[[numpy.inf, 1.0]]])
    found = F.conv1d(wengert.ones(1, 1, 2), weight, padding=1)
    assert numpy.isnan(found[0, 0, 0].item())
    assert found[0, 0, 1:].tolist() == [numpy.inf, numpy.inf]
