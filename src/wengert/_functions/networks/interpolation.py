"""Resizing: interpolate in all modes, axis by axis.

Along each axis every new element is a weighted sum of a few old ones; positions and weights depend
on the sizes alone, so they are constants. Source of the kernels: R. Keys, Cubic convolution
interpolation for digital image processing, 1981; antialiasing stretches the kernel as Pillow does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..._base.dtypes import Dtype, float64, int64, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_list_or_tuple
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ..._primitives.creation import constant
from ..._primitives.indexing import take
from ..._primitives.reductions import sum_
from ..._primitives.shaping import permute
from .adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .convolution import Sizes

_RANKS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_AREAS: dict[int, Callable[..., Any]] = {
    1: adaptive_avg_pool1d,
    2: adaptive_avg_pool2d,
    3: adaptive_avg_pool3d,
}


class Taps(NamedTuple):
    """For each new element the old positions (new, taps), and their weights, None for all 1."""

    places: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any] | None


def cubic_weights(t: Any, a: float) -> list[Any]:
    """Keys's kernel at the four neighbours of a point, t after the second one (0 <= t < 1)."""

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _nearest(extent: int, count: int, scale: float | None, exact: bool, dtype: Dtype) -> Taps:
    """Rounded down as PyTorch does it, in the precision of the dtype, float32 at least."""
    kind = np.float64 if dtype == float64 else np.float32
    step = kind(1 / scale) if scale is not None else kind(extent) / kind(count)
    new = np.arange(count).astype(kind)
    found = np.floor((new + kind(0.5)) * step if exact else new * step).astype(np.int64)
    return Taps(np.minimum(found, extent - 1)[:, None], None)


def _sources(extent: int, count: int, scale: float | None, corners: bool) -> Any:
    """Where the new elements lie among the old ones."""
    new = np.arange(count, dtype=np.float64)
    if corners:
        return new * ((extent - 1) / (count - 1) if count > 1 else 0.0)
    return (new + 0.5) * (1 / scale if scale is not None else extent / count) - 0.5


def _linear(extent: int, count: int, scale: float | None, corners: bool) -> Taps:
    at = np.maximum(_sources(extent, count, scale, corners), 0.0)
    low = np.minimum(np.floor(at).astype(np.int64), extent - 1)
    part = np.clip(at - low, 0.0, 1.0)
    high = np.minimum(low + 1, extent - 1)
    return Taps(np.stack([low, high], 1), np.stack([1 - part, part], 1))


def _cubic(extent: int, count: int, scale: float | None, corners: bool) -> Taps:
    at = _sources(extent, count, scale, corners)
    low = np.floor(at).astype(np.int64)
    places = np.clip(low[:, None] + np.arange(-1, 3), 0, extent - 1)
    return Taps(places, np.stack(cubic_weights(at - low, -0.75), 1))


def _antialiased(extent: int, count: int, scale: float | None, corners: bool, cubic: bool) -> Taps:
    """The kernel stretched by the reduction, its weights made to add up to 1."""
    if corners:
        step = (extent - 1) / (count - 1) if count > 1 else 0.0
    else:
        step = 1 / scale if scale is not None else extent / count
    wide = max(step, 1.0)
    reach = (2.0 if cubic else 1.0) * wide
    centre = step * (np.arange(count) + 0.5)
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    end = np.minimum((centre + reach + 0.5).astype(np.int64), extent)
    places = first[:, None] + np.arange(max(int((end - first).max()), 1))
    x = np.abs((places - centre[:, None] + 0.5) / wide)
    if cubic:
        a = -0.5
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
        weights = np.where(x < 1, near, np.where(x < 2, far, 0.0))
    else:
        weights = np.maximum(1 - x, 0.0)
    weights = np.where(places < end[:, None], weights, 0.0)
    return Taps(np.minimum(places, extent - 1), weights / weights.sum(1, keepdims=True))


def _in_bytes(x: Any, axis: int, taps: Taps) -> Any:
    """`resized` for uint8, as PyTorch does it: weights in 15 bits, each axis rounded by itself."""
    places, given = taps
    assert given is not None
    # Taps cut off at an edge count there as one, before anything is rounded.
    same = places[:, :, None] == places[:, None, :]
    first = ~np.tril(same, -1).any(2)
    weights = np.where(first, (same * given[:, None, :]).sum(2), 0.0)
    bits = 0
    while bits < 22 and int(0.5 + weights.max() * (1 << (bits + 1))) < 1 << 15:
        bits += 1
    whole = np.trunc(weights * (1 << bits) + np.copysign(0.5, weights)).astype(np.int64)
    total = resized(convert(x, int64), axis, Taps(places, whole))
    found = e.floor_divide(e.add(total, 1 << (bits - 1)), 1 << bits)
    return convert(e.maximum(e.minimum(found, 255), 0), x._data.dtype)


def resized(x: Any, axis: int, taps: Taps) -> Any:
    """x with one axis made of weighted sums of its elements."""
    rest = tuple(k for k in range(x._data.ndim) if k != axis)
    places, weights = taps
    front = permute(x, axes=(axis, *rest))
    if weights is None:
        found = take(front, constant(places[:, 0]))
    else:
        shape = (*weights.shape, *(1,) * len(rest))
        factors = constant(weights.reshape(shape).astype(x._data.dtype))
        found = sum_(e.mul(take(front, constant(places)), factors), axes=(1,))
    return permute(found, axes=(*range(1, axis + 1), 0, *range(axis + 1, x._data.ndim)))


def _new_sizes(
    x: Any, size: Any, scale_factor: Any, rank: int, recompute: bool | None
) -> tuple[Sizes, list[float | None]]:
    extents = tuple(x._data.shape)[2:]
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: give either size or scale_factor.")
    given: Any = scale_factor if size is None else size
    each: tuple[Any, ...] = tuple(given) if is_list_or_tuple(given) else (given,) * rank
    scales: list[float | None] = [None] * rank
    if len(each) != rank:
        raise ValueError(f"interpolate: {given} must be one number, or {rank}.")
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor needs a scale_factor.")
        wanted = tuple(int(n) for n in each)
    else:
        wanted = tuple(
            math.floor(float(extent) * float(s)) for extent, s in zip(extents, each, strict=True)
        )
        if not recompute:
            scales = [float(s) for s in each]
    if min(wanted) < 1 or 0 in x._data.shape[1:]:
        raise ShapeError(
            f"interpolate: sizes must be positive, not {wanted} from a shape {x._data.shape}."
        )
    return wanted, scales


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Any:
    """An image (batch, channels, ...) of another size, or of its size times `scale_factor`.

    Modes: "nearest" (rounding down, as old OpenCV), "nearest-exact", "linear" (one axis),
    "bilinear", "bicubic" (two), "trilinear" (three) and "area" (`adaptive_avg_pool`).
    `align_corners` lets the centres of the outermost elements coincide; `antialias` widens the
    kernel of a reduction.

    >>> import wengert
    >>> x = wengert.tensor([[[0.0, 1.0]]])
    >>> wengert.nn.functional.interpolate(x, 4, mode="linear")
    tensor([[[0.0000, 0.2500, 0.7500, 1.0000]]])
    """
    shape = tuple(input._data.shape)
    rank = len(shape) - 2
    if rank not in (1, 2, 3) or _RANKS.get(mode, rank) != rank:
        raise NotImplementedError(
            f"interpolate: mode {mode!r} with an input of shape {shape}; the axes are (batch, "
            "channels, ...), with one more for 'linear', two for 'bilinear' and 'bicubic', three "
            "for 'trilinear', and one to three for 'nearest', 'nearest-exact' and 'area'."
        )
    if mode not in (*_RANKS, "nearest", "nearest-exact", "area"):
        raise ValueError(f"interpolate: mode {mode!r} is not known.")
    if align_corners is not None and mode not in _RANKS:
        raise ValueError(f"interpolate: align_corners has no meaning in mode {mode!r}.")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError("interpolate: antialias is for modes 'bilinear' and 'bicubic'.")
    wanted, scales = _new_sizes(input, size, scale_factor, rank, recompute_scale_factor)
    if mode == "area":
        return _AREAS[rank](input, wanted)
    dtype = input._data.dtype
    whole = not is_floating(dtype)
    if (whole and dtype.name != "uint8") or dtype.kind == "b":
        raise DtypeError(f"interpolate: expected a floating dtype or uint8, not {dtype}.")
    corners = bool(align_corners)
    out = input
    for k in reversed(range(rank)):
        extent, count, scale = shape[k + 2], wanted[k], scales[k]
        if mode.startswith("nearest"):
            taps = _nearest(extent, count, scale, mode == "nearest-exact", dtype)
        elif extent == count and not antialias and (corners or scale in (None, 1.0)):
            continue
        elif antialias:
            taps = _antialiased(extent, count, scale, corners, mode == "bicubic")
        else:
            rule = _cubic if mode == "bicubic" else _linear
            taps = rule(extent, count, scale, corners)
        out = (_in_bytes if whole and mode in _RANKS else resized)(out, k + 2, taps)
    return out.clone()


def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Any:
    """`interpolate`, under its older name.

    >>> import wengert
    >>> wengert.nn.functional.upsample(wengert.ones(1, 1, 2), scale_factor=2).shape
    (1, 1, 4)
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` in mode "nearest".

    >>> import wengert
    >>> wengert.nn.functional.upsample_nearest(wengert.tensor([[[1.0, 2.0]]]), 4)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` in mode "bilinear" with `align_corners`.

    >>> import wengert
    >>> wengert.nn.functional.upsample_bilinear(wengert.ones(1, 1, 2, 2), 3).shape
    (1, 1, 3, 3)
    """
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
