"""Dropout layers, which do something in training only."""

from __future__ import annotations

from typing import Any

from .._functions.networks import dropout as f
from .module import Module


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p={p} is not a probability, from 0 to 1.")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """0 with probability p, else x / (1 - p), for each element; the input itself after eval().

    >>> import wengert
    >>> wengert.nn.Dropout(0.5).eval()(wengert.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Any) -> Any:
        """The input with elements left out."""
        return f.dropout(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """`Dropout` of whole channels, for inputs (batch, channels, height, width).

    >>> import wengert
    >>> wengert.nn.Dropout2d(0.5).eval()(wengert.ones(1, 1, 2, 2)).shape
    (1, 1, 2, 2)
    """

    def forward(self, input: Any) -> Any:
        """The input with channels left out."""
        return f.dropout2d(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """`Dropout` of whole channels, for inputs (batch, channels, length).

    >>> import wengert
    >>> wengert.nn.Dropout1d(0.5).eval()(wengert.ones(1, 1, 2)).shape
    (1, 1, 2)
    """

    def forward(self, input: Any) -> Any:
        """The input with parts left out."""
        return f.dropout1d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """`Dropout` of whole channels, for inputs (batch, channels, depth, height, width).

    >>> import wengert
    >>> wengert.nn.Dropout3d(0.5).eval()(wengert.ones(1, 1, 2, 2, 2)).shape
    (1, 1, 2, 2, 2)
    """

    def forward(self, input: Any) -> Any:
        """The input with parts left out."""
        return f.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout to selu's left limit, scaled to keep mean 0 and variance 1.

    >>> import wengert
    >>> wengert.nn.AlphaDropout(0.5).eval()(wengert.ones(1, 2)).shape
    (1, 2)
    """

    def forward(self, input: Any) -> Any:
        """The input with parts left out."""
        return f.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels.

    >>> import wengert
    >>> wengert.nn.FeatureAlphaDropout(0.5).eval()(wengert.ones(1, 2, 3)).shape
    (1, 2, 3)
    """

    def forward(self, input: Any) -> Any:
        """The input with parts left out."""
        return f.feature_alpha_dropout(input, self.p, self.training, self.inplace)
