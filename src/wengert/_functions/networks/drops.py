"""Dropout under the names and signatures that it has at the top level: `f(input, p, train)`.

`dropout` computes. An in-place form writes into its input, which it returns.
"""

from __future__ import annotations

from typing import Any

from ..._base.dtypes import bool_
from ..._primitives.creation import full
from ..._primitives.elementwise import mul
from . import dropout as layers


def dropout(input: Any, p: float, train: bool) -> Any:
    """0 with probability p, else x / (1 - p), for each element; x itself if not `train`.

    >>> import wengert
    >>> sorted(set(wengert.dropout(wengert.ones(1000), 0.5, True).tolist()))
    [0.0, 2.0]
    """
    return layers.dropout(input, p, train)


def dropout_(input: Any, p: float, train: bool) -> Any:
    """`dropout` in place.

    >>> import wengert
    >>> wengert.dropout_(wengert.ones(2), 1.0, True)
    tensor([0., 0.])
    """
    return layers.dropout(input, p, train, inplace=True)


def alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """Dropout to selu's left limit, scaled to keep mean 0 and variance 1.

    >>> import wengert
    >>> wengert.alpha_dropout(wengert.ones(2), 0.5, False)
    tensor([1., 1.])
    """
    return layers.alpha_dropout(input, p, train)


def alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """`alpha_dropout` in place.

    >>> import wengert
    >>> wengert.alpha_dropout_(wengert.ones(2), 0.5, False)
    tensor([1., 1.])
    """
    return layers.alpha_dropout(input, p, train, inplace=True)


def feature_alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """`alpha_dropout` of whole channels, for inputs (batch, channels, ...).

    >>> import wengert
    >>> wengert.feature_alpha_dropout(wengert.ones(1, 2), 0.5, False)
    tensor([[1., 1.]])
    """
    return layers.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """`feature_alpha_dropout` in place.

    >>> import wengert
    >>> wengert.feature_alpha_dropout_(wengert.ones(1, 2), 0.5, False)
    tensor([[1., 1.]])
    """
    return layers.feature_alpha_dropout(input, p, train, inplace=True)


def feature_dropout(input: Any, p: float, train: bool) -> Any:
    """`dropout` of whole channels, for inputs (batch, channels, ...).

    >>> import wengert
    >>> wengert.feature_dropout(wengert.ones(1, 2, 3), 1.0, True).sum()
    tensor(0.)
    """
    return layers.feature_dropout(input, p, train)


def feature_dropout_(input: Any, p: float, train: bool) -> Any:
    """`feature_dropout` in place.

    >>> import wengert
    >>> wengert.feature_dropout_(wengert.ones(1, 2), 1.0, True)
    tensor([[0., 0.]])
    """
    return layers.feature_dropout(input, p, train, inplace=True)


def native_dropout(input: Any, p: float, train: bool | None) -> tuple[Any, Any]:
    """(dropout, mask): the mask is True where an element stays, everywhere if `train` is False.

    >>> import wengert
    >>> wengert.native_dropout(wengert.ones(2), 1.0, True)
    (tensor([0., 0.]), tensor([False, False]))
    """
    shape = tuple(input._data.shape)
    if not layers.drops(input, p, train is not False, "native_dropout"):
        return mul(input, 1.0), full(shape, True, bool_)
    return layers.thinned(input, p, shape)


__all__ = [
    "alpha_dropout",
    "alpha_dropout_",
    "dropout",
    "dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "native_dropout",
]
