"""Convolution layers."""

from __future__ import annotations

import math
from typing import Any

from .._functions.making.filling import empty
from .._functions.networks.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    per_axis,
)
from .._functions.networks.padding import pad
from . import init
from .module import Module
from .parameter import Parameter

_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    weight: Parameter
    bias: Parameter | None
    _rank: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name, rank = type(self).__name__, self._rank
        if padding_mode not in _MODES:
            raise ValueError(f"{name}: padding_mode={padding_mode!r}; use one of {_MODES}.")
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name}: groups={groups} must divide in_channels={in_channels} and "
                f"out_channels={out_channels}."
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_axis(kernel_size, rank, name, "kernel_size", 1)
        self.stride = per_axis(stride, rank, name, "stride", 1)
        self.padding: Any = padding
        if not isinstance(padding, str):
            self.padding = per_axis(padding, rank, name, "padding", 0)
        self.dilation = per_axis(dilation, rank, name, "dilation", 1)
        self.groups = groups
        self.padding_mode = padding_mode
        self.weight = Parameter(empty(self._weight_shape(), dtype=dtype, device=device))
        if bias:
            self.bias = Parameter(empty(out_channels, dtype=dtype, device=device))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    def _bordered(self, input: Any) -> tuple[Any, Any]:
        """The input with a border that is not of zeros, and the padding that remains."""
        if self.padding_mode == "zeros" or self.padding == "valid":
            return input, self.padding
        widths: list[int] = []
        for k in reversed(range(self._rank)):
            if self.padding == "same":
                total = self.dilation[k] * (self.kernel_size[k] - 1)
                widths += [total // 2, total - total // 2]
            else:
                widths += [self.padding[k]] * 2
        return pad(input, widths, self.padding_mode), 0

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5.0))
        if self.bias is not None:
            init.bias_from_fan(self.bias, self.weight)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        if self.padding != (0,) * self._rank:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self._rank:
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        return text if self.bias is not None else text + ", bias=False"


class Conv1d(_Conv):
    """A convolution over one axis; input (batch, in_channels, length).

    weight (out_channels, in_channels / groups, kernel) and bias begin uniform in +-1 /
    sqrt(fan_in).

    >>> import wengert
    >>> wengert.nn.Conv1d(2, 4, 3)(wengert.ones(5, 2, 8)).shape
    (5, 4, 6)
    """

    _rank = 1

    def forward(self, input: Any) -> Any:
        """The convolution."""
        input, padding = self._bordered(input)
        return conv1d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv2d(_Conv):
    """A convolution over two axes; input (batch, in_channels, height, width).

    weight (out_channels, in_channels / groups, height, width) and bias begin uniform in +-1 /
    sqrt(fan_in). Sizes are numbers or pairs; padding may also be "same" or "valid".

    >>> import wengert
    >>> layer = wengert.nn.Conv2d(1, 4, 3, padding=1)
    >>> layer(wengert.ones(5, 1, 8, 8)).shape
    (5, 4, 8, 8)
    >>> layer
    Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    """

    _rank = 2

    def forward(self, input: Any) -> Any:
        """The convolution."""
        input, padding = self._bordered(input)
        return conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv3d(_Conv):
    """A convolution over three axes; input (batch, in_channels, depth, height, width).

    >>> import wengert
    >>> wengert.nn.Conv3d(1, 2, 3, padding=1)(wengert.ones(1, 4, 4, 4)).shape
    (2, 4, 4, 4)
    """

    _rank = 3

    def forward(self, input: Any) -> Any:
        """The convolution."""
        input, padding = self._bordered(input)
        return conv3d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class _ConvTranspose(_Conv):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        name = type(self).__name__
        if padding_mode != "zeros":
            raise ValueError(f"{name}: padding_mode={padding_mode!r}; only 'zeros' is possible.")
        channels = (in_channels, out_channels, kernel_size, stride, padding, dilation)
        super().__init__(*channels, groups, bias, padding_mode, device, dtype)
        self.output_padding = per_axis(output_padding, self._rank, name, "output_padding", 0)

    def _weight_shape(self) -> tuple[int, ...]:
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """The transposed convolution; `output_size` chooses the padding at the end."""
        more = self.output_padding
        if output_size is not None:
            wanted = tuple(output_size)[-self._rank :]
            sizes = zip(
                input.shape[-self._rank :],
                self.stride,
                self.padding,
                self.kernel_size,
                self.dilation,
                strict=True,
            )
            least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, k, d in sizes]
            more = tuple(w - usual for w, usual in zip(wanted, least, strict=True))
        apply = (conv_transpose1d, conv_transpose2d, conv_transpose3d)[self._rank - 1]
        options = (self.stride, self.padding, more, self.groups, self.dilation)
        return apply(input, self.weight, self.bias, *options)


class ConvTranspose1d(_ConvTranspose):
    """The transpose of a convolution over one axis; input (batch, in_channels, length).

    >>> import wengert
    >>> wengert.nn.ConvTranspose1d(2, 4, 2, stride=2)(wengert.ones(5, 2, 8)).shape
    (5, 4, 16)
    """

    _rank = 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of a convolution over two axes.

    >>> import wengert
    >>> layer = wengert.nn.ConvTranspose2d(1, 4, 3, stride=2, padding=1)
    >>> layer(wengert.ones(5, 1, 4, 4), output_size=(8, 8)).shape
    (5, 4, 8, 8)
    """

    _rank = 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of a convolution over three axes.

    >>> import wengert
    >>> wengert.nn.ConvTranspose3d(1, 2, 2, stride=2)(wengert.ones(1, 1, 2, 2, 2)).shape
    (1, 2, 4, 4, 4)
    """

    _rank = 3
