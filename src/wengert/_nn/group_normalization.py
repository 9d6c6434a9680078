"""Normalisation layers that look at one sample at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._base.errors import ShapeError
from .._functions.making.filling import ones, zeros
from .._functions.networks import normalization as f
from .module import Module
from .parameter import Parameter


class GroupNorm(Module):
    """Normalisation of groups of channels, weight and bias for each channel.

    >>> import wengert
    >>> wengert.nn.GroupNorm(2, 4)(wengert.rand(5, 4, 3)).shape
    (5, 4, 3)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_groups} groups of {num_channels} channels.")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        made = Parameter(ones(num_channels, dtype=dtype, device=device)) if affine else None
        self.register_parameter("weight", made)
        made = Parameter(zeros(num_channels, dtype=dtype, device=device)) if affine else None
        self.register_parameter("bias", made)

    def forward(self, input: Any) -> Any:
        """The input with its groups normalised."""
        return f.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class RMSNorm(Module):
    """x / sqrt(mean(x^2) + eps) * weight over the trailing axes.

    >>> import wengert
    >>> wengert.nn.RMSNorm(2, eps=0.0)(wengert.tensor([1.0, 7.0])).detach()
    tensor([0.2000, 1.4000])
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        whole = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if whole else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made = (
            Parameter(ones(self.normalized_shape, dtype=dtype, device=device))
            if elementwise_affine
            else None
        )
        self.register_parameter("weight", made)

    def forward(self, input: Any) -> Any:
        """The input with the root of its mean square set to 1."""
        return f.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class LocalResponseNorm(Module):
    """x / (k + alpha * s)^beta, s the mean of x^2 over neighbouring channels.

    >>> import wengert
    >>> wengert.nn.LocalResponseNorm(2)(wengert.ones(1, 3, 4)).shape
    (1, 3, 4)
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        """The input divided by what is around it."""
        return f.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class _InstanceNorm(Module):
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Any
    running_var: Any
    _rank: int

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.register_parameter(
            "weight", Parameter(ones(num_features, dtype=dtype, device=device)) if affine else None
        )
        self.register_parameter(
            "bias", Parameter(zeros(num_features, dtype=dtype, device=device)) if affine else None
        )
        tracked = track_running_stats
        self.register_buffer(
            "running_mean", zeros(num_features, dtype=dtype, device=device) if tracked else None
        )
        self.register_buffer(
            "running_var", ones(num_features, dtype=dtype, device=device) if tracked else None
        )

    def forward(self, input: Any) -> Any:
        """The input normalised for each channel of each sample."""
        rank = self._rank
        if input.ndim not in (rank + 1, rank + 2) or input.shape[-rank - 1] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__}: expected {rank + 2} or {rank + 1} axes with "
                f"{self.num_features} channels, not shape {input.shape}."
            )
        single = input.ndim == rank + 1
        out = f.instance_norm(
            input.unsqueeze(0) if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            self.momentum,
            self.eps,
        )
        return out.squeeze(0) if single else out

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class InstanceNorm1d(_InstanceNorm):
    """Normalisation of each channel of each sample of (batch, channels, length).

    >>> import wengert
    >>> wengert.nn.InstanceNorm1d(1)(wengert.tensor([[[1.0, 3.0]]]))
    tensor([[[-1.0000,  1.0000]]])
    """

    _rank = 1


class InstanceNorm2d(_InstanceNorm):
    """Normalisation of each channel of each sample of (batch, channels, height, width).

    >>> import wengert
    >>> wengert.nn.InstanceNorm2d(3)(wengert.rand(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    _rank = 2


class InstanceNorm3d(_InstanceNorm):
    """Normalisation of each channel of each sample of (batch, channels, depth, height, width).

    >>> import wengert
    >>> wengert.nn.InstanceNorm3d(3)(wengert.rand(2, 3, 2, 2, 2)).shape
    (2, 3, 2, 2, 2)
    """

    _rank = 3
