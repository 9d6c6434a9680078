"""Activation functions, in numerically stable forms."""

from __future__ import annotations

from typing import Any

from .._base.dtypes import as_dtype, to_floating
from .._base.shapes import normalize_axis
from .._declare.elementwise import convert
from .._primitives.elementwise import sub
from .._primitives.transcendental import exp
from .reduction import amax, logsumexp
from .reduction import sum as _sum


def _prepared(x: Any, dtype: Any) -> Any:
    return convert(x, to_floating(x._data.dtype) if dtype is None else as_dtype(dtype))


def softmax(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis, shifted so that nothing overflows.

    >>> import wengert
    >>> wengert.softmax(wengert.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    x = _prepared(x, dtype)
    normalize_axis(dim, x._data.ndim, "softmax")
    if not x._data.size:
        return exp(x)
    top = amax(x, dim, keepdim=True).detach()
    raised = exp(sub(x, top))
    return raised / _sum(raised, dim, keepdim=True)


def log_softmax(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """x - log(sum(exp(x))) along an axis.

    >>> import wengert
    >>> wengert.log_softmax(wengert.zeros(2), dim=0)
    tensor([-0.6931, -0.6931])
    """
    x = _prepared(x, dtype)
    normalize_axis(dim, x._data.ndim, "log_softmax")
    return sub(x, logsumexp(x, dim, keepdim=True)) if x._data.size else x
