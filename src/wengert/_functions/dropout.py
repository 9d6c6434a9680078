"""Dropout: elements left out at random, the others enlarged to keep the mean.

The draws are those of `random`: counter-based, so that compiled code drops the same elements. What
is dropped has no cotangent.
"""

from __future__ import annotations

from typing import Any

from .._base.dtypes import float32
from .._base.errors import ShapeError
from .._primitives.elementwise import ge, mul, where
from .random import uniform_values


def _dropped(x: Any, p: float, training: bool, inplace: bool, shape: Any, name: str) -> Any:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p={p} is not a probability, from 0 to 1.")
    if not training or p == 0:
        return x
    kept = ge(uniform_values(shape, float32, None), p)
    out = where(kept, mul(x, 0.0 if p == 1 else 1 / (1 - p)), 0.0)
    return x.copy_(out) if inplace else out


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """0 with probability p, else x / (1 - p), for each element; x itself if not training.

    Source: N. Srivastava et al., Dropout, 2014.

    >>> import wengert
    >>> kept = wengert.nn.functional.dropout(wengert.ones(1000), 0.5)
    >>> sorted(set(kept.tolist()))
    [0.0, 2.0]
    """
    return _dropped(input, p, training, inplace, tuple(input._data.shape), "dropout")


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """`dropout` of whole channels, for inputs (batch, channels, height, width).

    >>> import wengert
    >>> kept = wengert.nn.functional.dropout2d(wengert.ones(1, 100, 2, 2))
    >>> bool((kept.amax((2, 3)) == kept.amin((2, 3))).all())
    True
    """
    shape = tuple(input._data.shape)
    if len(shape) not in (3, 4):
        raise ShapeError(f"dropout2d: expected 3 or 4 axes, not shape {shape}.")
    return _dropped(input, p, training, inplace, (*shape[:-2], 1, 1), "dropout2d")
