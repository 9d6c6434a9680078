"""Pooling layers."""

from __future__ import annotations

from typing import Any

from .._functions.networks import adaptive_pooling as a
from .._functions.networks import pooling as f
from .module import Module


class _MaxPool(Module):
    _rank: int

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """The maxima, with their positions if so asked."""
        pool = (f.max_pool1d, f.max_pool2d, f.max_pool3d)[self._rank - 1]
        sizes = (self.kernel_size, self.stride, self.padding, self.dilation)
        return pool(input, *sizes, self.ceil_mode, self.return_indices)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window; the stride is the kernel by default.

    >>> import wengert
    >>> wengert.nn.MaxPool1d(2)(wengert.ones(5, 3, 8)).shape
    (5, 3, 4)
    """

    _rank = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window; the stride is the kernel by default.

    >>> import wengert
    >>> wengert.nn.MaxPool2d(2)(wengert.ones(5, 3, 8, 8)).shape
    (5, 3, 4, 4)
    """

    _rank = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window; the stride is the kernel by default.

    >>> import wengert
    >>> wengert.nn.MaxPool3d(2)(wengert.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 4, 4, 4)
    """

    _rank = 3


class _AvgPool(Module):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean of each window; the stride is the kernel by default.

    >>> import wengert
    >>> wengert.nn.AvgPool1d(2)(wengert.ones(5, 3, 8)).shape
    (5, 3, 4)
    """

    def forward(self, input: Any) -> Any:
        """The means."""
        sizes = (self.kernel_size, self.stride, self.padding)
        return f.avg_pool1d(input, *sizes, self.ceil_mode, self.count_include_pad)


class AvgPool2d(_AvgPool):
    """The mean of each window; the stride is the kernel by default.

    >>> import wengert
    >>> wengert.nn.AvgPool2d(2)(wengert.ones(5, 3, 8, 8)).shape
    (5, 3, 4, 4)
    """

    def forward(self, input: Any) -> Any:
        """The means."""
        sizes = (self.kernel_size, self.stride, self.padding)
        return f.avg_pool2d(
            input,
            *sizes,
            self.ceil_mode,
            self.count_include_pad,
            divisor_override=self.divisor_override,
        )


class AvgPool3d(_AvgPool):
    """The mean of each window; the stride is the kernel by default.

    >>> import wengert
    >>> wengert.nn.AvgPool3d(2)(wengert.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 4, 4, 4)
    """

    def forward(self, input: Any) -> Any:
        """The means."""
        sizes = (self.kernel_size, self.stride, self.padding)
        return f.avg_pool3d(
            input,
            *sizes,
            self.ceil_mode,
            self.count_include_pad,
            divisor_override=self.divisor_override,
        )


class _Adaptive(Module):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """Means over windows chosen so that the result has `output_size`.

    >>> import wengert
    >>> wengert.nn.AdaptiveAvgPool1d(1)(wengert.ones(5, 3, 8)).shape
    (5, 3, 1)
    """

    def forward(self, input: Any) -> Any:
        """The means."""
        return a.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_Adaptive):
    """Means over windows chosen so that the result has `output_size`.

    >>> import wengert
    >>> wengert.nn.AdaptiveAvgPool2d(1)(wengert.ones(5, 3, 8, 8)).shape
    (5, 3, 1, 1)
    """

    def forward(self, input: Any) -> Any:
        """The means."""
        return a.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_Adaptive):
    """Means over windows chosen so that the result has `output_size`.

    >>> import wengert
    >>> wengert.nn.AdaptiveAvgPool3d(1)(wengert.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 1, 1, 1)
    """

    def forward(self, input: Any) -> Any:
        """The means."""
        return a.adaptive_avg_pool3d(input, self.output_size)


class AdaptiveMaxPool1d(_Adaptive):
    """Maxima of windows chosen so that the result has `output_size`.

    >>> import wengert
    >>> wengert.nn.AdaptiveMaxPool1d(1)(wengert.ones(5, 3, 8)).shape
    (5, 3, 1)
    """

    def forward(self, input: Any) -> Any:
        """The maxima, with their positions if so asked."""
        return a.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_Adaptive):
    """Maxima of windows chosen so that the result has `output_size`.

    >>> import wengert
    >>> wengert.nn.AdaptiveMaxPool2d(1)(wengert.ones(5, 3, 8, 8)).shape
    (5, 3, 1, 1)
    """

    def forward(self, input: Any) -> Any:
        """The maxima, with their positions if so asked."""
        return a.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_Adaptive):
    """Maxima of windows chosen so that the result has `output_size`.

    >>> import wengert
    >>> wengert.nn.AdaptiveMaxPool3d(1)(wengert.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 1, 1, 1)
    """

    def forward(self, input: Any) -> Any:
        """The maxima, with their positions if so asked."""
        return a.adaptive_max_pool3d(input, self.output_size, self.return_indices)
