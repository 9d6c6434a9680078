"""Pooling layers of rarer kinds: p-norms, random windows, and the way back."""

from __future__ import annotations

from typing import Any

from .._functions.networks import adaptive_pooling as a
from .._functions.networks import maxima
from .._functions.networks import pooling as f
from .module import Module


class _LPPool(Module):
    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}"


class LPPool1d(_LPPool):
    """(sum x^p)^(1/p) of each window.

    >>> import wengert
    >>> wengert.nn.LPPool1d(2, 2)(wengert.ones(5, 3, 8)).shape
    (5, 3, 4)
    """

    def forward(self, input: Any) -> Any:
        """The norms."""
        sizes = (self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
        return f.lp_pool1d(input, *sizes)


class LPPool2d(_LPPool):
    """(sum x^p)^(1/p) of each window.

    >>> import wengert
    >>> wengert.nn.LPPool2d(2, 2)(wengert.ones(5, 3, 8, 8)).shape
    (5, 3, 4, 4)
    """

    def forward(self, input: Any) -> Any:
        """The norms."""
        sizes = (self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
        return f.lp_pool2d(input, *sizes)


class LPPool3d(_LPPool):
    """(sum x^p)^(1/p) of each window.

    >>> import wengert
    >>> wengert.nn.LPPool3d(2, 2)(wengert.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 4, 4, 4)
    """

    def forward(self, input: Any) -> Any:
        """The norms."""
        sizes = (self.norm_type, self.kernel_size, self.stride, self.ceil_mode)
        return f.lp_pool3d(input, *sizes)


class _FractionalMaxPool(Module):
    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.output_size = output_size
        self.output_ratio = output_ratio
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def _sizes(self) -> tuple[Any, ...]:
        sizes = (self.kernel_size, self.output_size, self.output_ratio)
        return (*sizes, self.return_indices, self._random_samples)


class FractionalMaxPool2d(_FractionalMaxPool):
    """Maxima of windows that begin at random, nearly equally spaced places.

    >>> import wengert
    >>> wengert.nn.FractionalMaxPool2d(2, 4)(wengert.ones(5, 3, 8, 8)).shape
    (5, 3, 4, 4)
    """

    def forward(self, input: Any) -> Any:
        """The maxima, with their positions if so asked."""
        return a.fractional_max_pool2d(input, *self._sizes())


class FractionalMaxPool3d(_FractionalMaxPool):
    """Maxima of windows that begin at random, nearly equally spaced places.

    >>> import wengert
    >>> wengert.nn.FractionalMaxPool3d(2, 4)(wengert.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 4, 4, 4)
    """

    def forward(self, input: Any) -> Any:
        """The maxima, with their positions if so asked."""
        return a.fractional_max_pool3d(input, *self._sizes())


class _MaxUnpool(Module):
    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Zeros with x at the positions that `MaxPool1d` gave.

    >>> import wengert
    >>> wengert.nn.MaxUnpool1d(2)(wengert.ones(1, 1), wengert.tensor([[1]]))
    tensor([[0., 1.]])
    """

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """The larger tensor."""
        sizes = (self.kernel_size, self.stride, self.padding, output_size)
        return maxima.max_unpool1d(input, indices, *sizes)


class MaxUnpool2d(_MaxUnpool):
    """Zeros with x at the positions that `MaxPool2d` gave.

    >>> import wengert
    >>> wengert.nn.MaxUnpool2d(2)(wengert.ones(1, 1, 1), wengert.tensor([[[1]]])).sum()
    tensor(1.)
    """

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """The larger tensor."""
        sizes = (self.kernel_size, self.stride, self.padding, output_size)
        return maxima.max_unpool2d(input, indices, *sizes)


class MaxUnpool3d(_MaxUnpool):
    """Zeros with x at the positions that `MaxPool3d` gave.

    >>> import wengert
    >>> wengert.nn.MaxUnpool3d(2)(wengert.ones(1, 1, 1, 1), wengert.tensor([[[[1]]]])).sum()
    tensor(1.)
    """

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """The larger tensor."""
        sizes = (self.kernel_size, self.stride, self.padding, output_size)
        return maxima.max_unpool3d(input, indices, *sizes)
