"""Powers of two, logarithms of other bases, and products with a logarithm that may be 0 * inf.

Where a product has the limit 0 the partials follow the limit as well, so that entropies have a
gradient at the corners of the simplex.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._declare.elementwise import Over, elementwise
from .._declare.samples import reals
from .._graph.value import Handle
from .elementwise import add, bitwise_and, div, eq, le, mul, neg, where
from .gamma_functions import result_dtype
from .transcendental import log, log1p

_POSITIVE = reals(0.2, 3)
_LN2, _LN10 = math.log(2.0), math.log(10.0)


@elementwise(partials=[lambda out: mul(out, _LN2)], kind="float", scalar="exp2", dtypes="fc")
def exp2(x: Any) -> Any:
    """2 ** x."""
    return np.exp(x * _LN2) if x.dtype.kind == "c" else np.exp2(x)


@elementwise(
    partials=[lambda x: Over(mul(x, _LN2))],
    kind="float",
    scalar="log2",
    samples=[_POSITIVE],
    dtypes="fc",
)
def log2(x: Any) -> Any:
    """The logarithm to base 2, exact at powers of 2."""
    return np.log2(x)


@elementwise(
    partials=[lambda x: Over(mul(x, _LN10))],
    kind="float",
    scalar="log10",
    samples=[_POSITIVE],
    dtypes="fc",
)
def log10(x: Any) -> Any:
    """The logarithm to base 10, exact at powers of 10."""
    return np.log10(x)


def _logarithm(y: Any, shift: float) -> Any:
    """log(y + shift) of a tensor or a number."""
    if isinstance(y, Handle):
        return log1p(y) if shift else log(y)
    if y + shift <= 0:
        return -math.inf if y + shift == 0 else math.nan
    return math.log1p(y) if shift else math.log(y)


def _of_factor(x: Any, y: Any, shift: float) -> Any:
    # 0 * log(y) is 0 for every y <= 0 too, so there it does not matter what log(y) is.
    logarithm = _logarithm(y, shift)
    outside = le(y, -shift) if isinstance(y, Handle) else y <= -shift
    if isinstance(x, Handle):
        if isinstance(y, Handle):
            return where(bitwise_and(eq(x, 0.0), outside), 0.0, logarithm)
        return where(eq(x, 0.0), 0.0, logarithm) if outside else logarithm
    return where(outside, 0.0, logarithm) if x == 0 else logarithm


def _of_argument(x: Any, y: Any, shift: float) -> Any:
    below = add(y, shift) if shift else y
    if not isinstance(x, Handle):
        return where(eq(below, 0.0), 0.0, div(x, below)) if x == 0 else div(x, below)
    corner = bitwise_and(eq(x, 0.0), eq(below, 0.0))
    return where(corner, 0.0, div(x, below))


def _product(x: Any, y: Any, logarithm: Any) -> Any:
    zero = np.equal(x, 0) & ~np.isnan(y)
    dtype = result_dtype(x, y)
    return np.where(zero, 0.0, x * logarithm(y)).astype(dtype)


@elementwise(
    partials=[lambda x, y: _of_factor(x, y, 0.0), lambda x, y: _of_argument(x, y, 0.0)],
    kind="float",
    scalar="xlogy",
    samples=[reals(avoid=(0.0,)), _POSITIVE],
    dtypes="f",
)
def xlogy(x: Any, y: Any) -> Any:
    """x * log(y), and 0 where x is 0 unless y is NaN."""
    return _product(x, y, np.log)


@elementwise(
    partials=[lambda x, y: _of_factor(x, y, 1.0), lambda x, y: _of_argument(x, y, 1.0)],
    kind="float",
    scalar="xlog1py",
    samples=[reals(avoid=(0.0,)), _POSITIVE],
    dtypes="f",
)
def xlog1py(x: Any, y: Any) -> Any:
    """x * log(1 + y), accurate near y = 0, and 0 where x is 0 unless y is NaN."""
    return _product(x, y, np.log1p)


@elementwise(
    partials=[lambda x: neg(add(log(x), 1.0))],
    kind="float",
    scalar="entr",
    samples=[_POSITIVE],
    dtypes="f",
)
def entr(x: Any) -> Any:
    """-x log(x); 0 at 0 and -inf below."""
    inside = np.where(x > 0, x, 1)
    result = np.where(x > 0, -inside * np.log(inside), np.where(x == 0, 0.0, -np.inf))
    return np.where(np.isnan(x), x, result).astype(x.dtype)
