"""Distances between points: pairwise, of all pairs, and by angle.

Differences are formed first, so points that lie close together keep their digits. The derivative
at distance 0 is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.dtypes import is_inexact
from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import broadcast
from ..._declare.elementwise import convert
from ..._primitives.creation import constant
from ..._primitives.elementwise import add, div, maximum, mul, sub
from ..._primitives.indexing import take
from ..._primitives.shaping import expand, reshape
from ..reductions.norms import vector_norm
from ..reductions.reduction import sum as _sum
from .matrix import together


def _need_points(name: str, x: Any, least: int) -> None:
    if x._data.ndim < least:
        raise ShapeError(f"{name}: expected at least {least} axes, not {tuple(x._data.shape)}.")
    if not is_inexact(x._data.dtype) or x._data.dtype.kind == "c":
        raise DtypeError(f"{name}: expected a floating tensor, not {x._data.dtype}.")


def _length(x: Any, p: float, name: str) -> Any:
    if p < 0:
        raise ValueError(f"{name}: p={p} must not be negative.")
    return vector_norm(x, p, -1) if x._data.shape[-1] else _sum(x, -1)


def cdist(
    x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Any:
    """out[..., i, j] = |x1[..., i, :] - x2[..., j, :]| in the p-norm; leading axes broadcast.

    All values of `compute_mode` compute the same.

    >>> import wengert
    >>> wengert.cdist(wengert.zeros(1, 2), wengert.tensor([[3.0, 4.0]]))
    tensor([[5.]])
    """
    _need_points("cdist", x1, 2)
    _need_points("cdist", x2, 2)
    x1, x2 = together(x1, x2)
    a, b = tuple(x1._data.shape), tuple(x2._data.shape)
    if a[-1] != b[-1]:
        raise ShapeError(f"cdist: points of {a[-1]} and {b[-1]} coordinates do not fit.")
    known = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist")
    if compute_mode not in (*known, "donot_use_mm_for_euclid_dist"):
        raise ValueError(f"cdist: compute_mode={compute_mode!r} is not known.")
    broadcast("cdist", a[:-2], b[:-2])
    left = reshape(x1, shape=(*a[:-1], 1, a[-1]))
    right = reshape(x2, shape=(*b[:-2], 1, *b[-2:]))
    return _length(sub(left, right), p, "cdist")


def pdist(input: Any, p: float = 2.0) -> Any:
    """The distances of all pairs i < j of rows, as one vector.

    >>> import wengert
    >>> wengert.nn.functional.pdist(wengert.tensor([[0.0], [1.0], [3.0]]))
    tensor([1., 3., 2.])
    """
    _need_points("pdist", input, 2)
    if input._data.ndim != 2:
        raise ShapeError(f"pdist: expected 2 axes, not {tuple(input._data.shape)}.")
    first, second = np.triu_indices(input._data.shape[0], 1)
    return _length(sub(take(input, constant(first)), take(input, constant(second))), p, "pdist")


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """|x1 - x2 + eps| in the p-norm, along the last axis.

    >>> import wengert
    >>> wengert.pairwise_distance(wengert.zeros(1, 2), wengert.tensor([[3.0, 4.0]]), eps=0.0)
    tensor([5.])
    """
    x1, x2 = together(x1, x2)
    return vector_norm(add(sub(x1, x2), eps), p, -1, keepdim)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 . x2 / (max(|x1|, eps) * max(|x2|, eps)) along an axis, after broadcasting.

    >>> import wengert
    >>> wengert.nn.functional.cosine_similarity(wengert.ones(1, 2), wengert.tensor([[1.0, 0.0]]))
    tensor([0.7071])
    """
    x1, x2 = together(x1, x2)
    if x1._data.dtype.kind != "f" and not is_inexact(x1._data.dtype):
        raise DtypeError(f"cosine_similarity: expected floating tensors, not {x1._data.dtype}.")
    shape = broadcast("cosine_similarity", tuple(x1._data.shape), tuple(x2._data.shape))
    units: list[Any] = []
    for x in (expand(x1, shape=shape), expand(x2, shape=shape)):
        size = maximum(vector_norm(x, 2, dim, True), eps)
        units.append(div(x, convert(size, x._data.dtype)))
    return _sum(mul(*units), dim)


__all__ = ["cdist", "cosine_similarity", "pairwise_distance", "pdist"]
