"""Layers that move a window over an image: convolution and pooling, channels last.

The work is done channels first, by the functions of `wengert.nn.functional`; axes are exchanged on
the way in and out.
"""

from __future__ import annotations

from typing import Any

from ...nn import functional as f
from . import activations
from ._layer import Layer, require_rank


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _check_padding(padding: str) -> str:
    if padding.lower() not in ("valid", "same"):
        raise ValueError(f"tf.keras: padding {padding!r}; use 'valid' or 'same'.")
    return padding.lower()


def _same(extent: int, window: int, stride: int) -> tuple[int, int]:
    """The border before and after that makes ceil(extent / stride) results."""
    total = max((-(-extent // stride) - 1) * stride + window - extent, 0)
    return total // 2, total - total // 2


def _bordered(x: Any, window: tuple[int, int], strides: tuple[int, int], value: float) -> Any:
    top, bottom = _same(x.shape[2], window[0], strides[0])
    left, right = _same(x.shape[3], window[1], strides[1])
    if not (top or bottom or left or right):
        return x
    return f.pad(x, (left, right, top, bottom), value=value)


class Conv2D(Layer):
    """activation(conv(x, kernel) + bias) of images (batch, height, width, channels).

    The kernel has the axes (height, width, in, filters). `padding` is "valid", or "same" for as
    many results as pixels divided by the stride.

    >>> layer = Conv2D(4, 3, padding="same", activation="relu")
    >>> layer([[[[1.0], [2.0]], [[3.0], [4.0]]]]).shape
    (1, 2, 2, 4)
    """

    kernel: Any
    bias: Any

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        dilation_rate: Any = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.filters, self.kernel_size = filters, _pair(kernel_size)
        self.strides, self.dilation_rate = _pair(strides), _pair(dilation_rate)
        self.padding = _check_padding(padding)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._options = (kernel_initializer, bias_initializer, kernel_regularizer)

    def build(self, input_shape: Any) -> None:
        make, make_bias, regularizer = self._options
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape, make, None, True, regularizer, None, "kernel")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight((self.filters,), make_bias, name="bias")

    def call(self, inputs: Any) -> Any:
        require_rank(self, inputs, 4, "(batch, height, width, channels)")
        x = inputs.permute(0, 3, 1, 2)
        reach = [(n - 1) * d + 1 for n, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        if self.padding == "same":
            x = _bordered(x, (reach[0], reach[1]), self.strides, 0.0)
        found = f.conv2d(
            x,
            self.kernel.permute(3, 2, 0, 1),
            self.bias,
            stride=self.strides,
            dilation=self.dilation_rate,
        )
        return self.activation(found.permute(0, 2, 3, 1))


class _Pooling2D(Layer):
    def __init__(
        self, pool_size: Any = (2, 2), strides: Any = None, padding: str = "valid", **options: Any
    ) -> None:
        super().__init__(**options)
        self.pool_size = _pair(pool_size)
        self.strides = self.pool_size if strides is None else _pair(strides)
        self.padding = _check_padding(padding)


class MaxPooling2D(_Pooling2D):
    """The largest value in each window of images (batch, height, width, channels).

    >>> MaxPooling2D()([[[[1.0], [2.0]], [[3.0], [4.0]]]])
    tensor([[[[4.]]]])
    """

    def call(self, inputs: Any) -> Any:
        require_rank(self, inputs, 4, "(batch, height, width, channels)")
        x = inputs.permute(0, 3, 1, 2)
        if self.padding == "same":
            x = _bordered(x, self.pool_size, self.strides, float("-inf"))
        return f.max_pool2d(x, self.pool_size, self.strides).permute(0, 2, 3, 1)


class AveragePooling2D(_Pooling2D):
    """The mean of each window of images (batch, height, width, channels), borders left out.

    >>> AveragePooling2D()([[[[1.0], [2.0]], [[3.0], [4.0]]]])
    tensor([[[[2.5000]]]])
    """

    def call(self, inputs: Any) -> Any:
        require_rank(self, inputs, 4, "(batch, height, width, channels)")
        x = inputs.permute(0, 3, 1, 2)
        if self.padding == "valid":
            found = f.avg_pool2d(x, self.pool_size, self.strides)
        else:
            padded = _bordered(x, self.pool_size, self.strides, 0.0)
            inside = _bordered(x[:1, :1] * 0 + 1, self.pool_size, self.strides, 0.0)
            sums = f.avg_pool2d(padded, self.pool_size, self.strides)
            found = sums / f.avg_pool2d(inside, self.pool_size, self.strides)
        return found.permute(0, 2, 3, 1)


class GlobalAveragePooling2D(Layer):
    """The mean over height and width.

    >>> GlobalAveragePooling2D()([[[[1.0], [2.0]], [[3.0], [4.0]]]])
    tensor([[2.5000]])
    """

    def call(self, inputs: Any) -> Any:
        require_rank(self, inputs, 4, "(batch, height, width, channels)")
        return inputs.mean((1, 2))


class GlobalMaxPooling2D(Layer):
    """The largest value over height and width.

    >>> GlobalMaxPooling2D()([[[[1.0], [2.0]], [[3.0], [4.0]]]])
    tensor([[4.]])
    """

    def call(self, inputs: Any) -> Any:
        require_rank(self, inputs, 4, "(batch, height, width, channels)")
        return inputs.amax((1, 2))


__all__ = [
    "AveragePooling2D",
    "Conv2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "MaxPooling2D",
]
