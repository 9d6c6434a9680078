"""Quantiles of the binomial distribution, by which its random numbers are drawn.

Around small means probabilities are added up from 0. Around larger ones the expansion of E. Cornish
and R. Fisher (1938) says where to begin, the sum of one tail how far off that is, and a few steps
lead to the quantile. Beyond a deviation of 400 the expansion is used alone: it is wrong, by 1, less
than once in 100,000 draws.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._declare.elementwise import elementwise
from .._declare.samples import reals
from .gamma_functions import log_gamma, result_dtype, stirling_rest
from .normal_distribution import normal_quantile

Array = np.ndarray[Any, Any]

_SMALL_MEAN = 30.0
_WIDE = 400.0
_NOTHING = 1e-18


def _stirling(x: Array) -> Array:
    """log(x!) less (x + 1/2) log(x) - x + log(2 pi) / 2, for x >= 1."""
    large = np.maximum(x, 10.0)
    small = np.minimum(x, 10.0)
    direct = log_gamma(small + 1.0) - (small + 0.5) * np.log(small) + small
    return np.where(x >= 10.0, stirling_rest(large), direct - 0.5 * math.log(2 * math.pi))


def _deviance(x: Array, mean: Array) -> Array:
    """x log(x / mean) + mean - x, by the relative distance of the two."""
    away = (x - mean) / mean
    return mean * ((1.0 + away) * np.log1p(away) - away)


def _probability(k: Array, n: Array, p: Array) -> Array:
    """P(X = k) for 0 < k < n. Source: C. Loader, Fast and accurate computation of binomial
    probabilities, 2000.
    """
    rest = _stirling(n) - _stirling(k) - _stirling(n - k)
    rest = rest - _deviance(k, n * p) - _deviance(n - k, n * (1.0 - p))
    return np.sqrt(n / (2.0 * math.pi * k * (n - k))) * np.exp(rest)


def _expansion(u: Array, n: Array, p: Array) -> Array:
    """The least k whose half-integer k + 1/2 is not below the continuous quantile."""
    z = normal_quantile(u - 0.5, np.minimum(u, 1.0 - u))
    variance = n * p * (1.0 - p)
    skew = (1.0 - 2.0 * p) / np.sqrt(variance)
    excess = (1.0 - 6.0 * p * (1.0 - p)) / variance
    bent = z + skew * (z * z - 1.0) / 6.0
    bent = bent + excess * z * (z * z - 3.0) / 24.0 - skew * skew * z * (2.0 * z * z - 5.0) / 36.0
    # A sum over integers is narrower than the integral by Sheppard's 1/12.
    k = np.ceil(n * p + np.sqrt(variance - 1.0 / 12.0) * bent - 0.5)
    return np.clip(k, 0.0, n)


def _below(k: Array, n: Array, p: Array, at: Array) -> Array:
    """P(X <= k), from the sum of the smaller tail, whose terms have simple quotients."""
    odds = p / (1.0 - p)
    lower = k <= n * p
    place = np.where(lower, k, k + 1.0)
    term = np.where(lower, at, at * (n - k) / (k + 1.0) * odds)
    total = np.zeros_like(k)
    while (term > _NOTHING).any():
        total = total + term
        down = place / ((n - place + 1.0) * odds)
        up = (n - place) / (place + 1.0) * odds
        term = term * np.where(lower, down, up)
        place = place + np.where(lower, -1.0, 1.0)
    return np.where(lower, total, 1.0 - total)


def _climbed(u: Array, n: Array, p: Array, k: Array, at: Array, below: Array) -> Array:
    """From k, with P(X = k) and P(X <= k), up to the least k with P(X <= k) >= u."""
    odds = p / (1.0 - p)
    while True:
        short = (below < u) & (k < n) & ((at > _NOTHING) | (k < n * p))
        if not short.any():
            return k
        at = np.where(short, at * (n - k) / (k + 1.0) * odds, at)
        k = np.where(short, k + 1.0, k)
        below = np.where(short, below + at, below)


def _quantile(u: Array, n: Array, p: Array) -> Array:
    """For p <= 1/2."""
    found = np.full_like(u, np.nan)
    small = n * p < _SMALL_MEAN
    v, m, q = u[small], n[small], p[small]
    none = np.exp(m * np.log1p(-q))
    found[small] = _climbed(v, m, q, np.zeros_like(v), none, none)
    wide = n * p * (1.0 - p) > _WIDE * _WIDE
    found[wide] = _expansion(u[wide], n[wide], p[wide])
    between = ~small & ~wide & (u > 0.0)
    v, m, q = u[between], n[between], p[between]
    k = np.clip(_expansion(v, m, q), 1.0, m - 1.0)
    at = _probability(k, m, q)
    below = _below(k, m, q, at)
    while ((below - at >= v) & (k > 0.0)).any():
        lower = (below - at >= v) & (k > 0.0)
        below = np.where(lower, below - at, below)
        at = np.where(lower, at * k / ((m - k + 1.0) * q) * (1.0 - q), at)
        k = np.where(lower, k - 1.0, k)
    found[between] = _climbed(v, m, q, k, at, below)
    found[~small & ~wide & (u <= 0.0)] = 0.0
    return found


@elementwise(
    partials=[lambda: None, lambda: None, lambda: None],
    kind="float",
    samples=[reals(0.05, 0.95), reals(1, 90), reals(0.1, 0.9)],
    dtypes="f",
)
def binomial_quantile(level: Any, count: Any, prob: Any) -> Any:
    """The least k with P(X <= k) >= level, where X counts successes in floor(count) trials; for
    prob above 1/2, floor(count) less the quantile of the failures at that level.
    """
    dtype = result_dtype(level, count, prob)
    wide = (np.asarray(x, np.float64) for x in (level, count, prob))
    u, n, p = (np.array(x) for x in np.broadcast_arrays(*wide))
    n = np.floor(n)
    right = (u >= 0) & (u < 1) & (n >= 0) & (p >= 0) & (p <= 1) & np.isfinite(n)
    found = np.full(u.shape, np.nan)
    rare = np.minimum(p, 1.0 - p)[right]
    k = _quantile(u[right], n[right], rare)
    found[right] = np.where(p[right] > 0.5, n[right] - k, k)
    return found.astype(dtype)


__all__ = ["binomial_quantile"]
