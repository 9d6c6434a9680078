"""Normalisation layers."""

from __future__ import annotations

from typing import Any

from .._base.errors import ShapeError
from .._functions.making.creation import tensor
from .._functions.making.filling import ones, zeros
from .._functions.networks.normalization import batch_norm, layer_norm
from .._record.modes import no_grad
from . import init
from .module import Module
from .parameter import Parameter


class LayerNorm(Module):
    """(x - mean) / sqrt(var + eps) * weight + bias over the trailing axes of `normalized_shape`.

    >>> import wengert
    >>> wengert.nn.LayerNorm(2)(wengert.tensor([[1.0, 3.0]])).detach()
    tensor([[-1.0000,  1.0000]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape: tuple[int, ...] = tuple(shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        if elementwise_affine:
            self.weight = Parameter(ones(self.normalized_shape, dtype=dtype, device=device))
        else:
            self.register_parameter("weight", None)
        if elementwise_affine and bias:
            self.bias = Parameter(zeros(self.normalized_shape, dtype=dtype, device=device))
        else:
            self.register_parameter("bias", None)

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        _reset(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """The normalised input."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


def _reset(weight: Parameter | None, bias: Parameter | None) -> None:
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


class _BatchNorm(Module):
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any
    _ranks: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        made = Parameter(ones(num_features, dtype=dtype, device=device)) if affine else None
        self.register_parameter("weight", made)
        made = (
            Parameter(zeros(num_features, dtype=dtype, device=device)) if affine and bias else None
        )
        self.register_parameter("bias", made)
        tracked = track_running_stats
        self.register_buffer(
            "running_mean", zeros(num_features, dtype=dtype, device=device) if tracked else None
        )
        self.register_buffer(
            "running_var", ones(num_features, dtype=dtype, device=device) if tracked else None
        )
        self.register_buffer("num_batches_tracked", tensor(0) if tracked else None)

    def reset_running_stats(self) -> None:
        """Forget the running statistics."""
        if self.running_mean is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set weight to 1, bias to 0, and forget the running statistics."""
        self.reset_running_stats()
        _reset(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """The input normalised for each channel, with the batch's statistics in training."""
        if input.ndim not in self._ranks or input.shape[1] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__}: expected {' or '.join(map(str, self._ranks))} axes with "
                f"{self.num_features} channels on axis 1, not shape {input.shape}."
            )
        factor: Any = self.momentum
        if self.training and self.num_batches_tracked is not None:
            with no_grad():
                self.num_batches_tracked.add_(1)
                if factor is None:
                    # Without a momentum the statistics are plain averages over all batches.
                    factor = 1.0 / self.num_batches_tracked.double()
        tracked = self.track_running_stats
        return batch_norm(
            input,
            self.running_mean if tracked or not self.training else None,
            self.running_var if tracked or not self.training else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            0.0 if factor is None else factor,
            self.eps,
        )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Normalisation of each channel of (batch, channels) or (batch, channels, length).

    >>> import wengert
    >>> layer = wengert.nn.BatchNorm1d(1)
    >>> layer(wengert.tensor([[1.0], [3.0]])).detach()
    tensor([[-1.0000],
            [ 1.0000]])
    >>> layer.running_mean
    tensor([0.2000])
    """

    _ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalisation of each channel of (batch, channels, height, width).

    >>> import wengert
    >>> wengert.nn.BatchNorm2d(3)(wengert.rand(5, 3, 4, 4)).shape
    (5, 3, 4, 4)
    """

    _ranks = (4,)


class BatchNorm3d(_BatchNorm):
    """Normalisation of each channel of (batch, channels, depth, height, width).

    >>> import wengert
    >>> wengert.nn.BatchNorm3d(3)(wengert.rand(5, 3, 2, 2, 2)).shape
    (5, 3, 2, 2, 2)
    """

    _ranks = (5,)
