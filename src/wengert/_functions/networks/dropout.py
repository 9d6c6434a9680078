"""Dropout: elements left out at random, the others enlarged to keep the mean.

The draws are those of `random`: counter-based, so that compiled code drops the same elements. What
is dropped has no cotangent.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import float32, is_inexact
from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import Shape
from ..._primitives.elementwise import add, ge, mul, where
from ..making.random import uniform_values

_ALPHA = 1.7580993408473766
"""selu tends to minus this far to the left: its scale times its alpha."""


def drops(x: Any, p: float, training: bool, name: str) -> bool:
    """Whether anything may be dropped."""
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p={p} is not a probability, from 0 to 1.")
    if not training or p == 0:
        return False
    if not is_inexact(x._data.dtype):
        raise DtypeError(f"{name}: expected a floating dtype, not {x._data.dtype}.")
    return True


def _dropped(x: Any, p: float, training: bool, inplace: bool, shape: Shape, name: str) -> Any:
    if not drops(x, p, training, name):
        return x
    out, _ = thinned(x, p, shape)
    return x.copy_(out) if inplace else out


def thinned(x: Any, p: float, shape: Shape) -> tuple[Any, Any]:
    """What is left of x, enlarged, and where it is left, drawn once for each place in `shape`."""
    kept = ge(uniform_values(shape, float32, None), p)
    return where(kept, mul(x, 0.0 if p == 1 else 1 / (1 - p)), 0.0), kept


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """0 with probability p, else x / (1 - p), for each element; x itself if not training.

    Source: N. Srivastava et al., Dropout, 2014.

    >>> import wengert
    >>> kept = wengert.nn.functional.dropout(wengert.ones(1000), 0.5)
    >>> sorted(set(kept.tolist()))
    [0.0, 2.0]
    """
    return _dropped(input, p, training, inplace, tuple(input._data.shape), "dropout")


def _channels(x: Any, ranks: tuple[int, ...], name: str) -> Shape:
    """One draw for each channel; with one axis less than usual there is no batch."""
    shape = tuple(x._data.shape)
    if len(shape) not in ranks:
        raise ShapeError(f"{name}: expected {ranks[0]} or {ranks[-1]} axes, not shape {shape}.")
    lead = len(shape) - (ranks[0] - 1)
    return (*shape[:lead], *(1,) * (len(shape) - lead))


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels, for inputs (batch, channels, length) or (channels, length).

    >>> import wengert
    >>> kept = wengert.nn.functional.dropout1d(wengert.ones(100, 4))
    >>> bool((kept.amax(1) == kept.amin(1)).all())
    True
    """
    shape = _channels(input, (2, 3), "dropout1d")
    return _dropped(input, p, training, inplace, shape, "dropout1d")


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels, for inputs (batch, channels, height, width).

    >>> import wengert
    >>> kept = wengert.nn.functional.dropout2d(wengert.ones(1, 100, 2, 2))
    >>> bool((kept.amax((2, 3)) == kept.amin((2, 3))).all())
    True
    """
    shape = _channels(input, (3, 4), "dropout2d")
    return _dropped(input, p, training, inplace, shape, "dropout2d")


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels, for inputs (batch, channels, depth, height, width).

    >>> import wengert
    >>> wengert.nn.functional.dropout3d(wengert.ones(1, 2, 2, 2, 2), 1.0).sum()
    tensor(0.)
    """
    shape = _channels(input, (4, 5), "dropout3d")
    return _dropped(input, p, training, inplace, shape, "dropout3d")


def _alpha_dropped(x: Any, p: float, training: bool, inplace: bool, shape: Shape, name: str) -> Any:
    if not drops(x, p, training, name):
        return x
    kept = ge(uniform_values(shape, float32, None), p)
    scale = 0.0 if p == 1 else 1 / math.sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    low = _ALPHA * scale
    shift = low * p
    out = where(kept, add(mul(x, scale), shift), shift - low)
    return x.copy_(out) if inplace else out


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Dropout to selu's left limit, scaled to keep mean 0 and variance 1.

    Source: G. Klambauer et al., Self-normalizing neural networks, 2017.

    >>> import wengert
    >>> len(set(wengert.nn.functional.alpha_dropout(wengert.ones(1000), 0.5, True).tolist()))
    2
    """
    shape = tuple(input._data.shape)
    return _alpha_dropped(input, p, training, inplace, shape, "alpha_dropout")


def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    """`alpha_dropout` of whole channels, for inputs (batch, channels, ...).

    >>> import wengert
    >>> x = wengert.nn.functional.feature_alpha_dropout(wengert.ones(5, 9, 4), 0.5, True)
    >>> bool((x.amax(2) == x.amin(2)).all())
    True
    """
    shape = tuple(input._data.shape)
    if len(shape) < 2 and training and p:
        raise ShapeError(f"feature_alpha_dropout: expected at least 2 axes, not shape {shape}.")
    draws = (*shape[:2], *(1,) * (len(shape) - 2))
    return _alpha_dropped(input, p, training, inplace, draws, "feature_alpha_dropout")


def feature_dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Any:
    """`dropout` of whole channels, for inputs (batch, channels, ...).

    >>> import wengert
    >>> wengert.feature_dropout(wengert.ones(1, 2, 3), 1.0, True).sum()
    tensor(0.)
    """
    shape = tuple(input._data.shape)
    if len(shape) < 2 and training and p:
        raise ShapeError(f"feature_dropout: expected at least 2 axes, not shape {shape}.")
    draws = (*shape[:2], *(1,) * (len(shape) - 2))
    return _dropped(input, p, training, inplace, draws, "feature_dropout")
