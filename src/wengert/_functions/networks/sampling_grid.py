"""Sampling an image at arbitrary points: grid_sample, and the grids of affine maps.

Every neighbour of a point is one gather times a weight, which is a function of the point; so both
the image and the points have derivatives of any order. Positions are constants.
Source: M. Jaderberg et al., Spatial transformer networks, 2015.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._base.dtypes import int64, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import Shape
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ..._primitives.creation import constant
from ..._primitives.indexing import iota, take
from ..._primitives.linear_algebra import swapped
from ..._primitives.shaping import permute, reshape, slice_
from ..linear_algebra.matrix import matmul
from .interpolation import cubic_weights

_MODES = ("bilinear", "nearest", "bicubic")
_BORDERS = ("zeros", "border", "reflection")


def _limited(at: Any, extent: int) -> Any:
    """Cut off at the edges; there, and beyond them, the point has no influence."""
    last = float(extent - 1)
    at = e.where(e.gt(at, 0.0), at, 0.0)
    return e.where(e.lt(at, last), at, last)


def _mirrored(at: Any, extent: int, corners: bool) -> Any:
    """Reflected at the edges: the centres of the outermost elements, or half an element outside."""
    low, span = (0.0, float(extent - 1)) if corners else (-0.5, float(extent))
    if span == 0:
        return e.mul(at, 0.0)
    offset = e.sub(at, low)
    distance = e.where(e.lt(offset, 0.0), e.neg(offset), offset)
    flips = e.floor(e.div(distance, span))
    rest = e.sub(distance, e.mul(flips, span))
    odd = e.ne(e.remainder(flips, 2.0), 0.0)
    return e.add(e.where(odd, e.sub(span, rest), rest), low)


def _bounded(at: Any, extent: int, border: str, corners: bool) -> Any:
    if border == "border":
        return _limited(at, extent)
    if border == "reflection":
        return _limited(_mirrored(at, extent, corners), extent)
    return at


def _sampled(image: Any, places: Sequence[Any], extents: Shape) -> Any:
    """The image (batch, *extents, channels) at whole positions, with zeros outside."""
    inside: Any = None
    indices: list[Any] = []
    for at, extent in zip(places, extents, strict=True):
        there = e.bitwise_and(e.ge(at, 0.0), e.le(at, float(extent - 1)))
        inside = there if inside is None else e.bitwise_and(inside, there)
        indices.append(convert(e.where(there, at, 0.0), int64))
    batch = image._data.shape[0]
    first = reshape(iota(batch), shape=(batch, *(1,) * len(extents)))
    found = take(image, first, *indices)
    return e.where(reshape(inside, shape=(*inside._data.shape, 1)), found, 0.0)


def _linear(image: Any, points: Sequence[Any], extents: Shape) -> Any:
    lows = [e.floor(at).detach() for at in points]
    parts = [e.sub(at, low) for at, low in zip(points, lows, strict=True)]
    total: Any = None
    for corner in itertools.product((0, 1), repeat=len(points)):
        places = [e.add(low, 1.0) if c else low for low, c in zip(lows, corner, strict=True)]
        weight: Any = None
        for part, c in zip(parts, corner, strict=True):
            factor = part if c else e.sub(1.0, part)
            weight = factor if weight is None else e.mul(weight, factor)
        total = _added(total, _sampled(image, places, extents), weight)
    return total


def _added(total: Any, found: Any, weight: Any) -> Any:
    term = e.mul(found, reshape(weight, shape=(*weight._data.shape, 1)))
    return term if total is None else e.add(total, term)


def _cubic(image: Any, points: Sequence[Any], extents: Shape, border: str, corners: bool) -> Any:
    lows = [e.floor(at).detach() for at in points]
    weights = [cubic_weights(e.sub(at, low), -0.75) for at, low in zip(points, lows, strict=True)]
    total: Any = None
    for i, j in itertools.product(range(4), repeat=2):
        places = [
            _bounded(e.add(low, float(k - 1)), extent, border, corners)
            for low, k, extent in zip(lows, (i, j), extents, strict=True)
        ]
        weight = e.mul(weights[0][i], weights[1][j])
        total = _added(total, _sampled(image, places, extents), weight)
    return total


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Any:
    """input (n, c, *image) at the points grid (n, *out, k), each (x, y[, z]) from -1 to 1.

    -1 and 1 are the centres of the outermost elements with `align_corners`, else their outer
    edges. Outside lie zeros, the edge ("border") or the mirrored image ("reflection"). "bilinear"
    is trilinear for three axes. A point outside has no gradient with "border".

    >>> import wengert
    >>> image = wengert.arange(4.0).reshape(1, 1, 2, 2)
    >>> wengert.nn.functional.grid_sample(image, wengert.zeros(1, 1, 1, 2))
    tensor([[[[1.5000]]]])
    """
    shape, points = tuple(input._data.shape), tuple(grid._data.shape)
    rank = len(shape) - 2
    if rank not in (2, 3) or len(points) != rank + 2 or points[-1] != rank:
        raise ShapeError(
            "grid_sample: expected an input (n, c, h, w) and a grid (n, h', w', 2), or one axis "
            f"more and 3; the shapes are {shape} and {points}."
        )
    if shape[0] != points[0] or 0 in shape[2:]:
        raise ShapeError(
            f"grid_sample: input {shape} and grid {points} need the same batch, and an image."
        )
    if input._data.dtype != grid._data.dtype or not is_floating(input._data.dtype):
        raise DtypeError(
            f"grid_sample: input and grid must have one floating dtype, not {input._data.dtype} "
            f"and {grid._data.dtype}."
        )
    if mode not in _MODES or (mode == "bicubic" and rank == 3):
        raise ValueError(f"grid_sample: mode {mode!r}; use bilinear, nearest or (in 2-d) bicubic.")
    if padding_mode not in _BORDERS:
        raise ValueError(f"grid_sample: padding_mode {padding_mode!r}; use one of {_BORDERS}.")
    corners, extents = bool(align_corners), shape[2:]
    image = permute(input, axes=(0, *range(2, rank + 2), 1))
    at: list[Any] = []
    for k, extent in enumerate(extents):
        cut = [(0, size, 1) for size in points]
        cut[-1] = (rank - 1 - k, 1, 1)
        x = reshape(slice_(grid, slices=tuple(cut)), shape=points[:-1])
        if corners:
            x = e.mul(e.add(x, 1.0), (extent - 1) / 2)
        else:
            x = e.mul(e.sub(e.mul(e.add(x, 1.0), float(extent)), 1.0), 0.5)
        at.append(x if mode == "bicubic" else _bounded(x, extent, padding_mode, corners))
    if mode == "bilinear":
        out = _linear(image, at, extents)
    elif mode == "nearest":
        out = _sampled(image, [e.round(x).detach() for x in at], extents)
        # The grid has a gradient, and it is 0.
        for x in at:
            out = e.add(out, e.mul(reshape(e.sub(x, x.detach()), shape=(*points[:-1], 1)), 0.0))
    else:
        out = _cubic(image, at, extents, padding_mode, corners)
    return permute(out, axes=(0, rank + 1, *range(1, rank + 1))).clone()


def affine_grid(theta: Any, size: Sequence[int], align_corners: bool | None = None) -> Any:
    """The points theta @ (x, y[, z], 1) for every element of an image of `size` (n, c, *image).

    theta (n, 2, 3) or (n, 3, 4); the result suits `grid_sample`.

    >>> import wengert
    >>> theta = wengert.eye(2, 3).reshape(1, 2, 3)
    >>> wengert.nn.functional.affine_grid(theta, (1, 1, 1, 2))
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    extents = tuple(size)[2:]
    rank = len(extents)
    shape = tuple(theta._data.shape)
    if rank not in (2, 3) or shape != (size[0], rank, rank + 1) or min(size) < 1:
        raise ShapeError(
            f"affine_grid: a size (n, c, h, w) or (n, c, d, h, w) needs theta of shape (n, 2, 3) or"
            f" (n, 3, 4); size {tuple(size)} and theta {shape} were given."
        )
    if not is_floating(theta._data.dtype):
        raise DtypeError(f"affine_grid: expected a floating theta, not {theta._data.dtype}.")
    axes: list[Any] = []
    for extent in extents:
        ends = np.linspace(-1, 1, extent) if extent > 1 else np.zeros(1)
        axes.append(ends if align_corners else ends * (extent - 1) / extent)
    mesh = np.stack([*reversed(np.meshgrid(*axes, indexing="ij")), np.ones(extents)], -1)
    base = constant(mesh.reshape(1, -1, rank + 1).astype(theta._data.dtype))
    return reshape(matmul(base, swapped(theta)), shape=(shape[0], *extents, rank))


def affine_grid_generator(theta: Any, size: Sequence[int], align_corners: bool) -> Any:
    """`affine_grid`, under its name in `torch`.

    >>> import wengert
    >>> wengert.affine_grid_generator(wengert.zeros(1, 2, 3), (1, 1, 2, 2), False).shape
    (1, 2, 2, 2)
    """
    return affine_grid(theta, size, align_corners)


def _by_number(
    input: Any, grid: Any, mode: int, padding: int, align_corners: bool, rank: int
) -> Any:
    if input._data.ndim != rank + 2:
        raise ShapeError(
            f"grid_sampler_{rank}d: an input of {rank + 2} axes is needed, not {input._data.ndim}."
        )
    return grid_sample(input, grid, _MODES[mode], _BORDERS[padding], align_corners)


def grid_sampler(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """`grid_sample` with numbered modes: 0, 1, 2 in the order in which they are named there.

    >>> import wengert
    >>> wengert.grid_sampler(wengert.ones(1, 1, 2, 2), wengert.zeros(1, 1, 1, 2), 0, 0, False)
    tensor([[[[1.]]]])
    """
    rank = input._data.ndim - 2
    return _by_number(input, grid, interpolation_mode, padding_mode, align_corners, rank)


def grid_sampler_2d(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """`grid_sampler` for images of two axes.

    >>> import wengert
    >>> wengert.grid_sampler_2d(wengert.ones(1, 1, 2, 2), wengert.zeros(1, 1, 1, 2), 1, 0, False)
    tensor([[[[1.]]]])
    """
    return _by_number(input, grid, interpolation_mode, padding_mode, align_corners, 2)


def grid_sampler_3d(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """`grid_sampler` for images of three axes.

    >>> import wengert
    >>> x, grid = wengert.ones(1, 1, 2, 2, 2), wengert.zeros(1, 1, 1, 1, 3)
    >>> wengert.grid_sampler_3d(x, grid, 0, 0, False).shape
    (1, 1, 1, 1, 1)
    """
    return _by_number(input, grid, interpolation_mode, padding_mode, align_corners, 3)


__all__ = ["affine_grid_generator", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d"]
