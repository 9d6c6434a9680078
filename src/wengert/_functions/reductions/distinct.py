"""Distinct values and how often they occur. The shape of the result depends on the values, so it
cannot be had inside a trace or under vmap; nothing here has a derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.errors import ShapeError
from ..._base.shapes import normalize_axis, size_of
from ..._primitives.creation import constant
from ..._record.trace import concrete


def _rows(x: Any, axis: int) -> Any:
    """One row for each slice along an axis."""
    rest = size_of(x.shape[:axis] + x.shape[axis + 1 :])
    return np.moveaxis(x, axis, 0).reshape(x.shape[axis], rest)


def _checked_axis(x: Any, dim: int, name: str) -> int:
    axis = normalize_axis(dim, x.ndim, name)
    if x.ndim and x.shape[axis] and not x.size:
        raise ShapeError(
            f"{name}: dim {axis} of shape {x.shape} has elements, but each is empty, so none "
            "can be told from another."
        )
    return axis


def _returned(values: Any, *parts: Any) -> Any:
    arrays = [np.asarray(part, order="C") for part in (values, *parts) if part is not None]
    return tuple(map(constant, arrays)) if len(arrays) > 1 else constant(arrays[0])


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct values in order; on request where each element went, and how often each occurs.

    With `dim`, the distinct slices along an axis. NaN differs from NaN.

    >>> import wengert
    >>> wengert.unique(wengert.tensor([2, 1, 2]), return_counts=True)
    (tensor([1, 2]), tensor([1, 2]))
    """
    x = concrete(input, "distinct values")
    if dim is None:
        values, inverse, counts = np.unique(
            x.ravel(), return_inverse=True, return_counts=True, equal_nan=False
        )
        inverse = inverse.reshape(x.shape)
    else:
        axis = _checked_axis(x, dim, "unique")
        lines = _rows(x, axis)
        order = np.lexsort(lines.T[::-1]) if lines.shape[1] else np.arange(len(lines))
        new = _differs(lines[order])
        values = np.take(x, order[new], axis)
        group = np.cumsum(new) - 1
        inverse = np.empty(len(lines), np.int64)
        inverse[order] = group
        counts = np.bincount(group, minlength=int(new.sum()))
    return _returned(values, inverse if return_inverse else None, counts if return_counts else None)


def _differs(lines: Any) -> Any:
    """Whether each row differs from the one before."""
    new = np.ones(len(lines), bool)
    if len(lines) > 1:
        new[1:] = (lines[1:] != lines[:-1]).any(1)
    return new


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The values without those that equal the one before.

    >>> import wengert
    >>> wengert.unique_consecutive(wengert.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    x = concrete(input, "distinct values")
    if dim is None:
        flat = x.ravel()
        new = _differs(flat[:, None])
        values = flat[new]
        inverse = (np.cumsum(new) - 1).reshape(x.shape)
    else:
        axis = _checked_axis(x, dim, "unique_consecutive")
        new = _differs(_rows(x, axis))
        values = np.compress(new, x, axis)
        inverse = np.cumsum(new) - 1
    counts = np.diff(np.append(np.flatnonzero(new), len(new)))
    return _returned(values, inverse if return_inverse else None, counts if return_counts else None)


__all__ = ["unique", "unique_consecutive"]
