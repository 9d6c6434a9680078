"""Layers without parameters that move elements of images, and distances of vectors."""

from __future__ import annotations

from typing import Any

from .._functions.linear_algebra.distances import cosine_similarity, pairwise_distance
from .._functions.networks import channels, folding, interpolation
from .module import Module


class PixelShuffle(Module):
    """(..., c * r^2, h, w) -> (..., c, h * r, w * r).

    >>> import wengert
    >>> wengert.nn.PixelShuffle(2)(wengert.ones(1, 4, 3, 3)).shape
    (1, 1, 6, 6)
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Any:
        """The larger image."""
        return channels.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(..., c, h * r, w * r) -> (..., c * r^2, h, w).

    >>> import wengert
    >>> wengert.nn.PixelUnshuffle(2)(wengert.ones(1, 1, 6, 6)).shape
    (1, 4, 3, 3)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Any:
        """The smaller image."""
        return channels.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels, seen as `groups` rows, in the order of the columns.

    >>> import wengert
    >>> wengert.nn.ChannelShuffle(2)(wengert.ones(1, 4, 3)).shape
    (1, 4, 3)
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Any:
        """The channels in their new order."""
        return channels.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class Unfold(Module):
    """Every block of an image as a column.

    >>> import wengert
    >>> wengert.nn.Unfold(2)(wengert.ones(1, 3, 4, 4)).shape
    (1, 12, 9)
    """

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Any) -> Any:
        """The columns."""
        return folding.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        text = f"kernel_size={self.kernel_size}, dilation={self.dilation}, "
        return text + f"padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns added up as blocks of an image.

    >>> import wengert
    >>> wengert.nn.Fold((4, 4), 2)(wengert.ones(1, 12, 9)).shape
    (1, 3, 4, 4)
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Any) -> Any:
        """The image."""
        return folding.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        text = f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
        return text + f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Upsample(Module):
    """An image of another size, or of its size times `scale_factor`.

    >>> import wengert
    >>> wengert.nn.Upsample(scale_factor=2)(wengert.ones(1, 1, 3, 3)).shape
    (1, 1, 6, 6)
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        """The resized image."""
        return interpolation.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        return f"size={self.size}, scale_factor={self.scale_factor}, mode={self.mode}"


class UpsamplingNearest2d(Module):
    """`Upsample` in mode "nearest".

    >>> import wengert
    >>> wengert.nn.UpsamplingNearest2d(scale_factor=2)(wengert.ones(1, 1, 3, 3)).shape
    (1, 1, 6, 6)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor

    def forward(self, input: Any) -> Any:
        """The resized image."""
        return interpolation.upsample_nearest(input, self.size, self.scale_factor)

    def extra_repr(self) -> str:
        return f"size={self.size}, scale_factor={self.scale_factor}"


class UpsamplingBilinear2d(Module):
    """`Upsample` in mode "bilinear" with `align_corners`.

    >>> import wengert
    >>> wengert.nn.UpsamplingBilinear2d(4)(wengert.ones(1, 1, 3, 3)).shape
    (1, 1, 4, 4)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor

    def forward(self, input: Any) -> Any:
        """The resized image."""
        return interpolation.upsample_bilinear(input, self.size, self.scale_factor)

    def extra_repr(self) -> str:
        return f"size={self.size}, scale_factor={self.scale_factor}"


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along an axis.

    >>> import wengert
    >>> x = wengert.ones(1, 2)
    >>> wengert.nn.CosineSimilarity()(x, x)
    tensor([1.0000])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        """The cosines."""
        return cosine_similarity(x1, x2, self.dim, self.eps)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, eps={self.eps}"


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps over the last axis.

    >>> import wengert
    >>> x = wengert.ones(1, 2)
    >>> wengert.nn.PairwiseDistance(eps=0.0)(x, x)
    tensor([0.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.p = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        """The distances."""
        return pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)

    def extra_repr(self) -> str:
        return f"p={self.p}, eps={self.eps}, keepdim={self.keepdim}"
