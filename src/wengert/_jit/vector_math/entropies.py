"""xlogy, xlog1py and entr: products with a logarithm, whose limit at 0 is 0."""

from __future__ import annotations

import math

from .logarithms import log, log1p
from .values import Value, select


def _product(x: Value, y: Value, logarithm: Value) -> Value:
    """x times the logarithm of y, but 0 for x = 0 unless y is NaN."""
    return select(x.equals(0.0) & y.equals(y), 0.0, x * logarithm)


def xlogy(x: Value, y: Value) -> Value:
    """x log(y)."""
    return _product(x, y, log(y))


def xlog1py(x: Value, y: Value) -> Value:
    """x log(1 + y)."""
    return _product(x, y, log1p(y))


def entr(x: Value) -> Value:
    """-x log(x), 0 at 0, -inf below."""
    outside = select(x.equals(0.0), x.like(0.0), select(x.is_nan(), x, -math.inf))
    return select(x > 0.0, -(x * log(x)), outside)
