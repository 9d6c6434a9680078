"""Modules that apply an affine map, or none, or only arrange axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .._base.kinds import is_list_or_tuple
from .._functions.linear_algebra.matrix import linear
from .._functions.making.filling import empty
from . import init
from .module import Module
from .parameter import Parameter


class Linear(Module):
    """x @ weight.T + bias on the last axis; weight (out_features, in_features).

    Both begin uniform in +-1 / sqrt(in_features).

    >>> import wengert
    >>> layer = wengert.nn.Linear(3, 2)
    >>> layer(wengert.ones(5, 3)).shape
    (5, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, dtype=dtype, device=device))
        if bias:
            self.bias = Parameter(empty(out_features, dtype=dtype, device=device))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5.0))
        if self.bias is not None:
            init.bias_from_fan(self.bias, self.weight)

    def forward(self, input: Any) -> Any:
        """The affine map of the last axis."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Identity(Module):
    """The input, whatever the arguments.

    >>> import wengert
    >>> wengert.nn.Identity()(wengert.ones(1))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input itself."""
        return input


class Unflatten(Module):
    """One axis cut into several, as `Tensor.unflatten` does.

    >>> import wengert
    >>> wengert.nn.Unflatten(1, (3, 4))(wengert.zeros(2, 12)).shape
    (2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = unflattened_size
        if not is_list_or_tuple(unflattened_size):
            raise TypeError(
                f"Unflatten: unflattened_size must be a tuple of ints, not {unflattened_size!r}."
            )

    def forward(self, input: Any) -> Any:
        """The input with more axes."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


class Flatten(Module):
    """The axes from `start_dim` to `end_dim` joined; by default all but the first.

    >>> import wengert
    >>> wengert.nn.Flatten()(wengert.zeros(2, 3, 4)).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Any) -> Any:
        """The input with fewer axes."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
