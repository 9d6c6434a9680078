"""Pooling against loops over windows, with borders, ties and NaN."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest

import wengert
from tests.differences import check_gradients
from wengert.nn import functional as F

Array = numpy.ndarray


def pooled(x: Array, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool) -> Any:
    """For each output place, the elements inside the input and how many lie in the padded one."""
    counts: list[int] = []
    for k in range(2):
        room = x.shape[2 + k] + 2 * padding[k] - dilation[k] * (kernel[k] - 1) - 1
        count = (math.ceil(room / stride[k]) if ceil else room // stride[k]) + 1
        if ceil and (count - 1) * stride[k] >= x.shape[2 + k] + padding[k]:
            count -= 1
        counts.append(count)
    for n, c, i, j in numpy.ndindex(*x.shape[:2], *counts):
        rows = [i * stride[0] - padding[0] + k * dilation[0] for k in range(kernel[0])]
        columns = [j * stride[1] - padding[1] + k * dilation[1] for k in range(kernel[1])]
        bordered = sum(r < x.shape[2] + padding[0] for r in rows) * sum(
            s < x.shape[3] + padding[1] for s in columns
        )
        inside = [
            x[n, c, r, s]
            for r in rows
            for s in columns
            if 0 <= r < x.shape[2] and 0 <= s < x.shape[3]
        ]
        yield (n, c, i, j), inside, bordered, (*x.shape[:2], *counts)


CASES: dict[str, dict[str, Any]] = {
    "plain": {"kernel_size": (2, 2)},
    "overlapping": {"kernel_size": (3, 2), "stride": (1, 2)},
    "padded": {"kernel_size": (3, 3), "stride": (2, 2), "padding": (1, 1)},
    "ceil": {"kernel_size": (3, 2), "stride": (2, 2), "padding": (1, 0), "ceil_mode": True},
    "dilated": {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 1), "dilation": (2, 2)},
}


def sizes(options: dict[str, Any]) -> tuple[Any, ...]:
    kernel = options["kernel_size"]
    return (
        kernel,
        options.get("stride", kernel),
        options.get("padding", (0, 0)),
        options.get("dilation", (1, 1)),
        options.get("ceil_mode", False),
    )


@pytest.mark.parametrize("name", CASES)
def test_max_pool2d(name: str, rng: numpy.random.Generator) -> None:
    options = CASES[name]
    x = rng.permutation(2 * 3 * 7 * 6).reshape(2, 3, 7, 6) / 10
    found = F.max_pool2d(wengert.from_numpy(x), **options).numpy()
    for place, inside, _, shape in pooled(x, *sizes(options)):
        assert found.shape == shape
        assert found[place] == max(inside)
    check_gradients(lambda x: F.max_pool2d(x, **options), x[:1, :2])


@pytest.mark.parametrize("with_border", [True, False])
@pytest.mark.parametrize("name", [name for name in CASES if name != "dilated"])
def test_avg_pool2d(name: str, with_border: bool, rng: numpy.random.Generator) -> None:
    options = {**CASES[name], "count_include_pad": with_border}
    x = rng.normal(size=(2, 3, 7, 6))
    found = F.avg_pool2d(wengert.from_numpy(x), **options).numpy()
    for place, inside, bordered, shape in pooled(x, *sizes(options)):
        assert found.shape == shape
        count = bordered if with_border else len(inside)
        assert found[place] == pytest.approx(sum(inside) / count, abs=1e-14)
    check_gradients(lambda x: F.avg_pool2d(x, **options), x[:1, :2])


@pytest.mark.parametrize("size", [1, (7, 6), (3, 4), (2, 3), (None, 2)])
def test_adaptive_avg_pool2d(size: Any, rng: numpy.random.Generator) -> None:
    x = rng.normal(size=(2, 2, 7, 6))
    found = F.adaptive_avg_pool2d(wengert.from_numpy(x), size).numpy()
    given = size if isinstance(size, tuple) else (size, size)
    counts = [x.shape[2 + k] if n is None else n for k, n in enumerate(given)]
    assert found.shape == (2, 2, *counts)
    for i, j in numpy.ndindex(*counts):
        rows = slice(i * 7 // counts[0], math.ceil((i + 1) * 7 / counts[0]))
        columns = slice(j * 6 // counts[1], math.ceil((j + 1) * 6 / counts[1]))
        numpy.testing.assert_allclose(
            found[:, :, i, j], x[:, :, rows, columns].mean((2, 3)), atol=1e-14
        )
    check_gradients(lambda x: F.adaptive_avg_pool2d(x, size), x[:1])


def test_one_axis_and_one_sample() -> None:
    x = wengert.tensor([[1.0, 5.0, 2.0, 4.0, 3.0]])
    assert F.max_pool1d(x, 2).tolist() == [[5.0, 4.0]]
    assert F.max_pool1d(x, 2, ceil_mode=True).tolist() == [[5.0, 4.0, 3.0]]
    assert F.avg_pool1d(x, 3, 1, 1).tolist()[0][:2] == pytest.approx([2.0, 8 / 3])
    assert F.max_pool2d(wengert.arange(16).reshape(1, 4, 4), 2).tolist() == [[[5, 7], [13, 15]]]


def test_a_tie_gives_the_first_element_its_gradient() -> None:
    x = wengert.zeros(1, 1, 4, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


def test_nan_is_the_largest() -> None:
    for place in range(4):
        x = wengert.arange(4.0).reshape(1, 2, 2).clone()
        x.view(-1)[place] = float("nan")
        assert F.max_pool2d(x, 2).isnan().all()


def test_pooling_with_a_kernel_of_one_is_a_copy() -> None:
    x = wengert.zeros(1, 2, 2)
    F.max_pool2d(x, 1).fill_(1)
    assert not x.any()


WRONG: dict[str, tuple[Any, str]] = {
    "axes": (
        lambda: F.max_pool2d(wengert.zeros(4, 4), 2),
        (
            "max_pool2d: expected 4 axes (batch, channels, ...), or 3 for one sample, not shape "
            "(4, 4)."
        ),
    ),
    "border": (
        lambda: F.avg_pool2d(wengert.zeros(1, 4, 4), 3, padding=2),
        (
            "avg_pool2d: padding (2, 2) is more than half of the kernel (3, 3); a window could lie "
            "in the border alone."
        ),
    ),
    "room": (
        lambda: F.max_pool2d(wengert.zeros(1, 2, 2), 3),
        "max_pool2d: a kernel (3, 3) with padding (0, 0) does not fit into (2, 2).",
    ),
    "size": (
        lambda: F.adaptive_avg_pool2d(wengert.zeros(1, 2, 2), -1),
        "adaptive_avg_pool2d: output_size=-1 must be 2 sizes, none of them negative.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    call, text = WRONG[name]
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == text


def test_a_border_of_integers_holds_the_lowest() -> None:
    found = F.max_pool2d(wengert.full((1, 2, 2), -7), 2, padding=1)
    assert found.tolist() == [[[-7, -7], [-7, -7]]]


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0, numpy.inf])
def test_lp_pooling_lets_nan_through(power: float) -> None:
    x = wengert.tensor([[1.0, numpy.nan, 3.0, -4.0]])
    assert F.lp_pool1d(x, power, 2).isnan().tolist() == [[True, False]]


def test_lp_pooling_of_infinite_power_is_the_largest_size() -> None:
    x = wengert.tensor([[1.0, 2.0, 3.0, -4.0]])
    assert F.lp_pool1d(x, numpy.inf, 2).tolist() == [[2.0, 4.0]]
