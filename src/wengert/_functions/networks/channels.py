"""Channels and pixels exchanged: pixel_shuffle, pixel_unshuffle and channel_shuffle.

Each is a reshape, a permutation and a reshape.
"""

from __future__ import annotations

from typing import Any

from ..._base.errors import ShapeError
from ..._primitives.shaping import permute, reshape


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """(..., c * r^2, h, w) -> (..., c, h * r, w * r): every r^2 channels become r by r pixels.

    Source: W. Shi et al., Real-time single image and video super-resolution, 2016.

    >>> import wengert
    >>> wengert.pixel_shuffle(wengert.arange(4.0).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    shape, r = tuple(input._data.shape), upscale_factor
    if len(shape) < 3 or r < 1 or shape[-3] % (r * r):
        raise ShapeError(
            f"pixel_shuffle: a shape (..., channels, height, width) is needed, whose channels "
            f"{r} * {r} divides, not {shape}."
        )
    lead, (channels, height, width) = shape[:-3], shape[-3:]
    n, channels = len(lead), channels // (r * r)
    parts = reshape(input, shape=(*lead, channels, r, r, height, width))
    moved = permute(parts, axes=(*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(moved, shape=(*lead, channels, height * r, width * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """(..., c, h * r, w * r) -> (..., c * r^2, h, w): the inverse of `pixel_shuffle`.

    >>> import wengert
    >>> wengert.pixel_unshuffle(wengert.arange(4.0).reshape(1, 2, 2), 2).shape
    (4, 1, 1)
    """
    shape, r = tuple(input._data.shape), downscale_factor
    if len(shape) < 3 or r < 1 or shape[-1] % r or shape[-2] % r:
        raise ShapeError(
            f"pixel_unshuffle: a shape (..., channels, height, width) is needed, whose height and "
            f"width {r} divides, not {shape}."
        )
    lead, (channels, height, width) = shape[:-3], shape[-3:]
    n, height, width = len(lead), height // r, width // r
    parts = reshape(input, shape=(*lead, channels, height, r, width, r))
    moved = permute(parts, axes=(*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(moved, shape=(*lead, channels * r * r, height, width))


def channel_shuffle(input: Any, groups: int) -> Any:
    """Channels (axis 1), seen as `groups` rows, in the order of the columns.

    Source: X. Zhang et al., ShuffleNet, 2018.

    >>> import wengert
    >>> wengert.channel_shuffle(wengert.arange(4.0).reshape(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    shape = tuple(input._data.shape)
    if len(shape) < 3 or groups < 1 or shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle: a shape (batch, channels, ...) is needed, whose channels "
            f"groups={groups} divides, not {shape}."
        )
    parts = reshape(input, shape=(shape[0], groups, shape[1] // groups, *shape[2:]))
    return reshape(permute(parts, axes=(0, 2, 1, *range(3, len(shape) + 1))), shape=shape).clone()


native_channel_shuffle = channel_shuffle

__all__ = ["channel_shuffle", "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]
