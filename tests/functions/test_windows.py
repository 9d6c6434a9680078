"""Convolutions, pooling, unfolding and borders against their definitions, in every mode."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert.nn import functional as F

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

RNG = np.random.default_rng(7)
CALLS = Calls()


def case(name: str, *operands: Any, **options: Any) -> None:
    CALLS.case(f"nn.functional.{name}", *operands, **options)


def places(shape: Any) -> Any:
    return itertools.product(*map(range, shape))


def convolved(
    x: Any, weight: Any, bias: Any = 0, stride: int = 1, pad: int = 0, gap: int = 1, groups: int = 1
) -> Any:
    """By loops over the places of the result and of the kernel."""
    rank = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *[(pad, pad)] * rank])
    kernel = weight.shape[2:]
    out = [(n - (k - 1) * gap - 1) // stride + 1 for n, k in zip(x.shape[2:], kernel, strict=True)]
    found = np.zeros((x.shape[0], weight.shape[0], *out), np.result_type(x, weight))
    each_in, each_out = weight.shape[1], weight.shape[0] // groups
    for o in range(weight.shape[0]):
        part = x[:, o // each_out * each_in :][:, :each_in]
        for at in places(out):
            for k in places(kernel):
                spot = tuple(a * stride + b * gap for a, b in zip(at, k, strict=True))
                found[(slice(None), o, *at)] += part[(..., *spot)] @ weight[(o, slice(None), *k)]
    return found + np.reshape(bias, (-1, *[1] * rank))


def convolved_back(
    x: Any, weight: Any, stride: int, pad: int, more: int, gap: int, groups: int
) -> Any:
    """Every element of the input adds its multiple of the kernel."""
    rank = x.ndim - 2
    kernel = weight.shape[2:]
    out = [(n - 1) * stride + (k - 1) * gap + 1 for n, k in zip(x.shape[2:], kernel, strict=True)]
    each_in, each_out = x.shape[1] // groups, weight.shape[1]
    full = np.zeros((x.shape[0], each_out * groups, *[n + more for n in out]))
    for c in range(x.shape[1]):
        rows = slice(c // each_in * each_out, (c // each_in + 1) * each_out)
        for at in places(x.shape[2:]):
            for k in places(kernel):
                spot = tuple(a * stride + b * gap for a, b in zip(at, k, strict=True))
                full[(slice(None), rows, *spot)] += np.outer(
                    x[(slice(None), c, *at)], weight[(c, slice(None), *k)]
                )
    return full[(..., *[slice(pad, n + more - pad) for n in out])] if rank else full


def drawn(*shape: int) -> Any:
    return RNG.normal(size=shape)


X1, X2, X3 = drawn(2, 4, 7), drawn(2, 2, 5, 6), drawn(1, 2, 3, 4, 3)
W1, W2, W3 = drawn(6, 2, 3), drawn(3, 2, 2, 3), drawn(2, 2, 2, 2, 2)
Z2 = X2 + 1j * drawn(2, 2, 5, 6)
ZW = W2 + 1j * drawn(3, 2, 2, 3)
BIAS = drawn(6)

case("conv1d", X1, W1, BIAS, groups=2, stride=2, padding=1, expected=convolved(
    X1, W1, BIAS, 2, 1, 1, 2))  # fmt: skip
case("conv2d", X2, W2, dilation=2, padding=2, expected=convolved(X2, W2, 0, 1, 2, 2))
case("conv2d", Z2, ZW, expected=convolved(Z2, ZW))
case("conv3d", X3, W3, padding="valid", expected=convolved(X3, W3))
case("conv3d", X3[0], W3, stride=2, expected=convolved(X3, W3, 0, 2)[0])
case("conv_transpose1d", X1, W1[:4], stride=2, padding=1, output_padding=1, groups=2,
     expected=convolved_back(X1, W1[:4], 2, 1, 1, 1, 2))  # fmt: skip
case("conv_transpose2d", X2, W2[:2], dilation=2, stride=3, padding=1,
     expected=convolved_back(X2, W2[:2], 3, 1, 0, 2, 1))  # fmt: skip
case("conv_transpose3d", X3, W3, expected=convolved_back(X3, W3, 1, 0, 0, 1, 1))


def windows(x: Any, rank: int, kernel: int, stride: int, pad: int, fill: float, ceil: bool) -> Any:
    """The windows of the trailing axes as the last axis, elements outside being NaN."""
    extents = x.shape[-rank:]
    counts = []
    for n in extents:
        room = n + 2 * pad - kernel
        count = (-(-room // stride) if ceil else room // stride) + 1
        counts.append(count - (ceil and (count - 1) * stride >= n + pad))
    wide = np.full((*x.shape[:-rank], *[n + 2 * pad + stride for n in extents]), np.nan)
    wide[(..., *[slice(0, n + 2 * pad) for n in extents])] = fill
    wide[(..., *[slice(pad, pad + n) for n in extents])] = x
    found = np.zeros((*x.shape[:-rank], *counts, kernel**rank))
    for at in places(counts):
        block = wide[(..., *[slice(a * stride, a * stride + kernel) for a in at])]
        found[(..., *at, slice(None))] = block.reshape(*x.shape[:-rank], -1)
    return found


def largest(x: Any, rank: int, *sizes: Any) -> Any:
    return np.nanmax(windows(x, rank, *sizes), -1)


case("max_pool1d", X1, 3, 2, 1, ceil_mode=True,
     expected=largest(X1, 1, 3, 2, 1, np.nan, True))  # fmt: skip
case("max_pool2d", X2, 2, 1, expected=largest(X2, 2, 2, 1, 0, np.nan, False))
case("max_pool3d", X3, 2, 1, 1, expected=largest(X3, 3, 2, 1, 1, np.nan, False))
case("avg_pool1d", X1, 3, 2, 1, expected=np.mean(windows(X1, 1, 3, 2, 1, 0.0, False), -1))
case("avg_pool2d", X2, 3, 2, 1, True, False,
     expected=np.nanmean(windows(X2, 2, 3, 2, 1, np.nan, True), -1))  # fmt: skip
case("avg_pool3d", X3, 2, 1, divisor_override=5,
     expected=np.sum(windows(X3, 3, 2, 1, 0, 0.0, False), -1) / 5)  # fmt: skip
case("lp_pool2d", abs(X2), 3.0, 2,
     expected=np.sum(windows(abs(X2), 2, 2, 2, 0, 0.0, False) ** 3, -1) ** (1 / 3))  # fmt: skip


def adaptive(x: Any, sizes: Any, of: Any) -> Any:
    found = np.zeros((*x.shape[: -len(sizes)], *sizes))
    for at in places(sizes):
        cut = [
            slice(a * n // s, -(-(a + 1) * n // s))
            for a, n, s in zip(at, x.shape[-len(sizes) :], sizes, strict=True)
        ]
        axes = tuple(range(-len(sizes), 0))
        found[(..., *at)] = of(x[(..., *cut)], axis=axes)
    return found


case("adaptive_avg_pool1d", X1, 3, expected=adaptive(X1, (3,), np.mean))
case("adaptive_avg_pool2d", X2, (2, 4), expected=adaptive(X2, (2, 4), np.mean))
case("adaptive_avg_pool3d", X3, (2, None, 2), expected=adaptive(X3, (2, 4, 2), np.mean))
case("adaptive_max_pool1d", X1, 4, expected=adaptive(X1, (4,), np.max))
case("adaptive_max_pool2d", X2, (3, 5), expected=adaptive(X2, (3, 5), np.max))
case("adaptive_max_pool3d", X3, 2, expected=adaptive(X3, (2, 2, 2), np.max))


def blocks(x: Any) -> Any:
    """unfold with a kernel (2, 3), stride (1, 2) and padding 1, by loops."""
    wide = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    counts = (wide.shape[2] - 1, (wide.shape[3] - 3) // 2 + 1)
    return np.stack(
        [wide[:, :, i : i + 2, 2 * j : 2 * j + 3].reshape(len(x), -1) for i, j in places(counts)],
        -1,
    )


COLUMNS = drawn(2, 12, 6 * 3)


def added(columns: Any) -> Any:
    """The transpose of `blocks` by its matrix."""
    size = 2 * 5 * 6
    matrix = np.stack([blocks(row.reshape(1, 2, 5, 6)).ravel() for row in np.eye(size)], 1)
    return (columns.reshape(len(columns), -1) @ matrix).reshape(-1, 2, 5, 6)


case("unfold", X2, (2, 3), 1, 1, (1, 2), expected=blocks(X2))
case("fold", COLUMNS, (5, 6), (2, 3), 1, 1, (1, 2), expected=added(COLUMNS))
for mode, numpy_mode in (("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")):
    widths = [(0, 0), (0, 0), (2, 1), (3, 0)]
    expected = np.pad(X2, widths, numpy_mode)  # pyright: ignore[reportArgumentType, reportCallIssue]
    case("pad", X2, (3, 0, 2, 1), mode, expected=expected)
case("pad", X2, (-1, 2, 0, -2), value=0.5,
     expected=np.pad(X2[:, :, :-2, 1:], [(0, 0)] * 3 + [(0, 2)], constant_values=0.5))  # fmt: skip
case("pad", X1, (-2, 1), "replicate", expected=np.pad(X1[..., 2:], [(0, 0)] * 2 + [(0, 1)], "edge"))
SPREAD = np.stack([RNG.permutation(12)[:6].reshape(2, 3) for _ in range(4)]).reshape(2, 2, 2, 3)
SMALL = drawn(2, 2, 2, 3)


def unpooled(x: Any, index: Any, size: Any) -> Any:
    found = np.zeros((2, 2, size[0] * size[1]))
    np.put_along_axis(found, index.reshape(2, 2, -1), x.reshape(2, 2, -1), -1)
    return found.reshape(2, 2, *size)


case("max_unpool2d", SMALL, SPREAD, 2,
     stride=(1, 1), padding=0,
     expected=unpooled(SMALL, SPREAD, (3, 4)))  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_batch(call: Call) -> None:
    check_batch(call)


def test_positions_of_maxima_are_those_of_the_whole_plane() -> None:
    x = w.from_numpy(X2)
    for found in (
        F.max_pool2d(x, 2, 1, 1, return_indices=True),
        F.adaptive_max_pool2d(x, (2, 4), return_indices=True),
        F.fractional_max_pool2d(x, 2, (3, 4), return_indices=True),
    ):
        flat = X2.reshape(2, 2, -1)
        at = found.indices.numpy().reshape(2, 2, -1)
        np.testing.assert_array_equal(
            np.take_along_axis(flat, at, -1), found.values.numpy().reshape(2, 2, -1)
        )


def test_fractional_windows_lie_inside_and_reach_the_end() -> None:
    x = w.arange(60.0).reshape(1, 1, 5, 12)
    for seed in range(20):
        w.manual_seed(seed)
        found = F.fractional_max_pool2d(x, 2, (2, 5)).numpy()[0, 0]
        assert found[-1, -1] == 59
        columns = found[-1] % 12
        assert (np.diff(columns) >= 1).all()
        assert (np.diff(columns) <= 3).all()


def test_ties_go_to_the_first_place() -> None:
    x = w.zeros(1, 3, 3, requires_grad=True)
    values, indices = F.max_pool2d(x, 3, return_indices=True)
    values.sum().backward()
    assert indices.item() == 0
    assert x.grad.sum() == x.grad[0, 0, 0]


WRONG = {
    "dtypes": lambda: F.conv2d(w.ones(1, 1, 2, 2), w.ones(1, 1, 1, 1, dtype="float64")),
    "output_padding": lambda: F.conv_transpose1d(
        w.ones(1, 1, 2), w.ones(1, 1, 2), output_padding=1
    ),
    "groups": lambda: F.conv_transpose2d(w.ones(1, 3, 2, 2), w.ones(3, 1, 1, 1), groups=2),
    "reflect": lambda: F.pad(w.ones(1, 1, 3), (3, 0), "reflect"),
    "columns": lambda: F.fold(w.ones(1, 4, 3), (2, 2), 2),
    "channels": lambda: F.max_pool2d(w.ones(1, 0, 2, 2), 2),
    "unpool": lambda: F.max_unpool1d(w.ones(1, 2), w.zeros(1, 2), 2),
    "divisor": lambda: F.avg_pool2d(w.ones(1, 2, 2), 2, divisor_override=0),
    "ratio": lambda: F.fractional_max_pool2d(w.ones(1, 4, 4), 2, output_ratio=1.5),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    with pytest.raises((ValueError, TypeError), match=r"^[a-z_0-9]+: "):
        WRONG[name]()


def test_a_convolution_over_no_channels_is_the_bias() -> None:
    bias = w.tensor([1.0, 2.0])
    found = w.nn.functional.conv1d(w.zeros(1, 0, 3), w.zeros(2, 0, 1), bias)
    assert found.tolist() == [[[1.0] * 3, [2.0] * 3]]
