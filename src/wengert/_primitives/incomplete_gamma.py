"""The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x).

Each region has a method that keeps the smaller of the two accurate: the power series and Legendre's
continued fraction (DLMF 8.7.1, 8.9.2) for a below 100, and Gauss quadrature of the integral beyond,
as in W. Press et al., Numerical Recipes, 3rd edition, section 6.2, with x measured from its peak.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from .._declare.elementwise import elementwise
from .._declare.samples import reals
from .._graph.value import Handle
from .elementwise import add, neg, sub
from .gamma_functions import (
    lgamma,
    log_gamma,
    log_gamma_one_plus,
    result_dtype,
    stirling_rest,
)
from .logarithmic import xlogy
from .transcendental import exp

Array = np.ndarray[Any, Any]


@cache
def _gauss() -> tuple[Array, Array]:
    """Nodes and weights on [0, 1]; made late, because NumPy loads its polynomials for them."""
    nodes, weights = np.polynomial.legendre.leggauss(48)
    return 0.5 * (nodes + 1.0), 0.5 * weights


_LARGE = 100.0
_SERIES_TERMS = 400


def _power(a: Array, x: Array) -> Array:
    """x**a exp(-x) / gamma(a + 1) for a below 100; from a = 10 on by its distance to the peak."""
    large = a >= 10.0
    big = np.where(large, a, 10.0)
    far = np.exp(-big * _log_one_plus_less((x - big) / big) - stirling_rest(big))
    gamma = np.where(a < 0.5, log_gamma_one_plus(np.minimum(a, 0.5)), log_gamma(a + 1.0))
    near = np.exp(a * np.log(x) - x - gamma)
    return np.where(large, far / np.sqrt(2.0 * math.pi * big), near)


def _lower_series(a: Array, x: Array) -> Array:
    term, total = np.ones_like(x), np.ones_like(x)
    for n in range(1, _SERIES_TERMS):
        term = term * (x / (a + n))
        total = total + term
        if not (term > 1e-17 * total).any():
            break
    return _power(a, x) * total


def _upper_series(a: Array, x: Array) -> Array:
    """Q for small a and x, where 1 - P would cancel."""
    term, total = np.ones_like(x), np.zeros_like(x)
    for n in range(1, 60):
        term = term * (-x / n)
        total = total + term / (a + n)
    gamma = np.where(a < 0.5, log_gamma_one_plus(np.minimum(a, 0.5)), log_gamma(a + 1.0))
    return -np.expm1(a * np.log(x) - gamma) - a * np.exp(a * np.log(x) - gamma) * total


def _upper_fraction(a: Array, x: Array) -> Array:
    """Legendre's continued fraction by the method of W. Lentz."""
    b = x + 1.0 - a
    c = np.full_like(x, 1e300)
    d = 1.0 / b
    total = d
    for n in range(1, _SERIES_TERMS):
        step = -n * (n - a)
        b = b + 2.0
        d = step * d + b
        d = 1.0 / np.where(d == 0, 1e-300, d)
        c = b + step / c
        c = np.where(c == 0, 1e-300, c)
        change = c * d
        total = total * change
        if not (np.abs(change - 1.0) > 1e-16).any():
            break
    return _power(a, x) * a * total


def _log_one_plus_less(u: Array) -> Array:
    """u - log(1 + u), without cancellation near 0."""
    near = np.abs(u) < 0.3
    y = np.where(near, u, 0.0)
    # With r = u / (2 + u): log(1 + u) = 2 (r + r**3 / 3 + ...) and u - 2 r = u r.
    r = y / (2.0 + y)
    square = r * r
    total = np.zeros_like(u)
    for k in range(14, 0, -1):
        total = total * square + 1.0 / (2 * k + 1)
    small = r * (y - 2.0 * square * total)
    return np.where(near, small, u - np.log1p(np.where(near, 0.0, u)))


def _large(a: Array, x: Array, upper: bool) -> Array:
    """P or Q for a >= 100: the integral from x to where it has converged."""
    peak = a - 1.0
    width = 1.0 / np.sqrt(peak)
    start = (x - peak) / peak
    above = start > 0
    end = np.where(
        above,
        np.maximum(11.5 * width, start + 6.0 * width) + 30.0 / peak,
        np.maximum(-1.0, np.minimum(-11.5 * width, start - 6.0 * width)),
    )
    length = end - start
    nodes, weights = _gauss()
    u = start[..., None] + length[..., None] * nodes
    area: Array = np.sum(np.exp(-peak[..., None] * _log_one_plus_less(u)) * weights, -1)
    part = np.abs(length) * area * np.sqrt(peak / (2.0 * math.pi)) * np.exp(-stirling_rest(peak))
    return np.where(above == upper, part, 1.0 - part)


def incomplete_gamma(a: Array, x: Array, upper: bool) -> Array:
    """P(a, x), or Q(a, x), of float64 arrays of one shape."""
    result = np.full(x.shape, np.nan)
    valid = (a >= 0) & (x >= 0)
    result[valid & (x == 0) & (a > 0)] = 1.0 if upper else 0.0
    result[valid & (a == 0) & (x > 0)] = 0.0 if upper else 1.0
    result[valid & np.isinf(x) & np.isfinite(a)] = 0.0 if upper else 1.0
    result[valid & np.isinf(a) & np.isfinite(x)] = 1.0 if upper else 0.0
    inside = valid & (x > 0) & (a > 0) & np.isfinite(x) & np.isfinite(a)
    large = inside & (a >= _LARGE)
    result[large] = _large(a[large], x[large], upper)
    tiny = inside & (a < 1.1) & (x < 1.0) if upper else np.zeros_like(inside)
    result[tiny] = _upper_series(a[tiny], x[tiny])
    series = inside & ~large & ~tiny & (x < np.maximum(a + 1.0, 1.0))
    p = _lower_series(a[series], x[series])
    result[series] = 1.0 - p if upper else p
    fraction = inside & ~large & ~tiny & ~series
    q = _upper_fraction(a[fraction], x[fraction])
    result[fraction] = q if upper else 1.0 - q
    return result


def _computed(a: Any, x: Any, upper: bool) -> Any:
    dtype = result_dtype(a, x)
    wide = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    return incomplete_gamma(wide[0].copy(), wide[1].copy(), upper).astype(dtype)


def _density(a: Any, x: Any) -> Any:
    """The derivative of P in x, x**(a - 1) exp(-x) / gamma(a)."""
    if isinstance(a, Handle):
        return exp(sub(xlogy(sub(a, 1.0), x), add(lgamma(a), x)))
    return exp(sub(xlogy(a - 1.0, x), add(x, math.lgamma(a))))


@elementwise(
    partials=[None, lambda a, x: _density(a, x)],
    kind="float",
    samples=[reals(0.4, 4), reals(0.3, 4)],
    dtypes="f",
)
def igamma(a: Any, x: Any) -> Any:
    """The regularised lower incomplete gamma function P(a, x); differentiable in x."""
    return _computed(a, x, upper=False)


@elementwise(
    partials=[None, lambda a, x: neg(_density(a, x))],
    kind="float",
    samples=[reals(0.4, 4), reals(0.3, 4)],
    dtypes="f",
)
def igammac(a: Any, x: Any) -> Any:
    """The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x)."""
    return _computed(a, x, upper=True)
