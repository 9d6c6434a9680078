"""Resizing, sampling at points and the exchange of channels and pixels, in every mode."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert.nn import functional as F

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

RNG = np.random.default_rng(11)
CALLS = Calls()


def case(name: str, *operands: Any, **options: Any) -> None:
    CALLS.case(f"nn.functional.{name}", *operands, **options)


def keys(x: float) -> float:
    """The cubic kernel with a = -3/4."""
    a, x = -0.75, abs(x)
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0


def tent(x: float) -> float:
    return max(1 - abs(x), 0.0)


def along(x: Any, axis: int, count: int, kernel: Any, corners: bool, scale: float | None) -> Any:
    """One axis resized: every new element is a sum over all old ones, repeated at the edges."""
    n = x.shape[axis]
    matrix = np.zeros((count, n))
    for i in range(count):
        if corners:
            at = i * (n - 1) / (count - 1)
        else:
            at = (i + 0.5) * (1 / scale if scale else n / count) - 0.5
            at = max(at, 0.0) if kernel is tent else at
        for j in range(math.floor(at) - 2, math.floor(at) + 4):
            matrix[i, min(max(j, 0), n - 1)] += kernel(at - j)
    return np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)


def resized(x: Any, counts: Any, kernel: Any, corners: bool = False, scale: Any = None) -> Any:
    for k, count in enumerate(counts):
        x = along(x, k + 2, count, kernel, corners, scale)
    return x


def nearest(x: Any, counts: Any, half: float) -> Any:
    for k, count in enumerate(counts):
        at = np.floor((np.arange(count) + half) * x.shape[k + 2] / count).astype(int)
        x = np.take(x, at, k + 2)
    return x


X1, X2, X3 = (
    RNG.normal(size=(2, 2, 5)),
    RNG.normal(size=(1, 2, 4, 6)),
    RNG.normal(size=(1, 1, 2, 3, 3)),
)
case("interpolate", X1, 8, mode="nearest", expected=nearest(X1, (8,), 0.0))
case("interpolate", X2, (3, 9), mode="nearest-exact", expected=nearest(X2, (3, 9), 0.5))
case("interpolate", X1, 7, mode="linear", expected=resized(X1, (7,), tent))
case(
    "interpolate", X1, 3, mode="linear", align_corners=True, expected=resized(X1, (3,), tent, True)
)
case("interpolate", X2, None, 1.6, mode="bilinear", expected=resized(X2, (6, 9), tent, False, 1.6))
case("interpolate", X2, (7, 4), mode="bicubic", expected=resized(X2, (7, 4), keys))
case("interpolate", X3, (3, 2, 5), mode="trilinear", expected=resized(X3, (3, 2, 5), tent))
case("interpolate", X2, (2, 3), mode="area",
     expected=X2.reshape(1, 2, 2, 2, 3, 2).mean((3, 5)))  # fmt: skip


def smoothed(x: Any, axis: int, count: int) -> Any:
    """Antialiased: the tent as wide as the reduction, its weights divided by their sum."""
    n = x.shape[axis]
    step = n / count
    at = (np.arange(count) + 0.5) * step - 0.5
    weights = np.maximum(1 - abs(np.arange(n) - at[:, None]) / step, 0)
    matrix = weights / weights.sum(1, keepdims=True)
    return np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)


case("interpolate", X2, (2, 3), mode="bilinear", antialias=True,
     expected=smoothed(smoothed(X2, 3, 3), 2, 2))  # fmt: skip

POINTS = RNG.uniform(-1.4, 1.4, (1, 3, 2, 2))
DEEP = RNG.uniform(-1.2, 1.2, (1, 2, 2, 2, 3))


def pulled(at: float, n: int, border: str, corners: bool) -> float:
    """A coordinate moved into the image."""
    if border == "reflection":
        low, high = (0, n - 1) if corners else (-0.5, n - 0.5)
        while at < low or at > high:
            at = 2 * low - at if at < low else 2 * high - at
    return min(max(at, 0), n - 1) if border != "zeros" else at


def sampled(x: Any, grid: Any, mode: str, border: str, corners: bool) -> Any:
    """By loops over points and elements of the image."""
    extents = x.shape[2:]
    found = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for point in itertools.product(*map(range, grid.shape[:-1])):
        at = []
        for g, n in zip(grid[point][::-1], extents, strict=True):
            spot = (g + 1) / 2 * (n - 1) if corners else ((g + 1) * n - 1) / 2
            at.append(spot if mode == "bicubic" else pulled(spot, n, border, corners))
        kernel = {"bilinear": tent, "bicubic": keys}.get(mode)
        reach = [range(math.floor(a) - 2, math.floor(a) + 4) for a in at]
        if kernel is None:
            reach, kernel = [[round(a)] for a in at], lambda d: 1.0
        for spot in itertools.product(*reach):
            weight = math.prod(kernel(a - s) for a, s in zip(at, spot, strict=True))
            where = [int(pulled(s, n, border, corners)) for s, n in zip(spot, extents, strict=True)]
            if all(0 <= s < n for s, n in zip(where, extents, strict=True)):
                place = (point[0], slice(None), *point[1:])
                found[place] += weight * x[(point[0], slice(None), *where)]
    return found


for border, corners in itertools.product(("zeros", "border", "reflection"), (False, True)):
    for mode in ("bilinear", "nearest", "bicubic"):
        case("grid_sample", X2, POINTS, mode, border, corners,
             expected=sampled(X2, POINTS, mode, border, corners))  # fmt: skip
case("grid_sample", X3, DEEP, align_corners=False,
     expected=sampled(X3, DEEP, "bilinear", "zeros", False))  # fmt: skip

THETA = RNG.normal(size=(2, 2, 3))
CENTRES = np.array(
    [[[(2 * j + 1) / 4 - 1, (2 * i + 1) / 3 - 1, 1] for j in range(4)] for i in range(3)]
)
case("affine_grid", THETA, (2, 1, 3, 4), expected=np.einsum("nkc,hwc->nhwk", THETA, CENTRES))

SHUFFLED = RNG.normal(size=(2, 8, 2, 3))
case("pixel_shuffle", SHUFFLED, 2, expected=SHUFFLED.reshape(2, 2, 2, 2, 2, 3).transpose(
    0, 1, 4, 2, 5, 3).reshape(2, 2, 4, 6))  # fmt: skip
case("pixel_unshuffle", X2, 2, expected=np.stack(
    [X2[:, c, i::2, j::2] for c in range(2) for i in range(2) for j in range(2)], 1))  # fmt: skip
case("channel_shuffle", SHUFFLED, 2, expected=SHUFFLED[:, [0, 4, 1, 5, 2, 6, 3, 7]])


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_batch(call: Call) -> None:
    check_batch(call)


def test_bytes_are_resized_as_bytes() -> None:
    x = w.tensor([[[[0, 10], [20, 255]]]], dtype="uint8")
    found = F.interpolate(x, (4, 4), mode="bilinear")
    wanted = resized(x.numpy().astype(float), (4, 4), tent)
    assert found.dtype == w.uint8
    assert abs(found.numpy() - wanted).max() <= 1


def test_a_point_outside_the_border_has_no_gradient() -> None:
    grid = w.tensor([[[[2.0, 0.0]]]], requires_grad=True)
    image = w.arange(4.0).reshape(1, 1, 2, 2)
    F.grid_sample(image, grid, padding_mode="border").sum().backward()
    assert grid.grad.flatten().tolist() == [0.0, 2.0]


WRONG = {
    "size and scale": lambda: F.interpolate(w.ones(1, 1, 2), 2, 2.0),
    "mode and shape": lambda: F.interpolate(w.ones(1, 1, 2), 2, mode="bilinear"),
    "corners": lambda: F.interpolate(w.ones(1, 1, 2), 2, align_corners=True),
    "batch": lambda: F.grid_sample(w.ones(1, 1, 2, 2), w.ones(2, 1, 1, 2)),
    "bicubic": lambda: F.grid_sample(w.ones(1, 1, 2, 2, 2), w.ones(1, 1, 1, 1, 3), "bicubic"),
    "theta": lambda: F.affine_grid(w.ones(1, 2, 2), (1, 1, 2, 2)),
    "channels": lambda: F.pixel_shuffle(w.ones(3, 2, 2), 2),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=r"^[a-z_0-9]+: "):
        WRONG[name]()
