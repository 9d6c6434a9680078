"""Convolution layers."""

from __future__ import annotations

import math
from typing import Any

from .._functions.convolution import conv1d, conv2d, per_axis
from .._functions.filling import empty
from . import init
from .module import Module
from .parameter import Parameter


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
        if padding_mode != "zeros":
            raise ValueError(f"{name}: padding_mode={padding_mode!r}; only 'zeros' is available.")
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
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

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
        return conv1d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
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
        return conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )
