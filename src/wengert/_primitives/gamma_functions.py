"""The gamma function's relatives: lgamma, digamma, Hurwitz's zeta function.

NumPy has none of them. Each is computed in float64 from the series around 2, from the asymptotic
series of Stirling far out, and by recurrence and reflection in between, on whole arrays.
Formulas: NIST Digital Library of Mathematical Functions, sections 5.5, 5.7, 5.11, 25.11.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.kinds import is_array
from .._declare.elementwise import elementwise
from .._declare.samples import reals
from .._graph.value import Handle
from .elementwise import add, mul, neg

Array = np.ndarray[Any, Any]

_POSITIVE = reals(0.3, 4)
_EULER = 0.57721566490153286061
_FAR = 10.0
"""From here on Stirling's series is exact to float64."""

# zeta(k) - 1 for k = 2, 3, ...
_ZETA_LESS_ONE = (
    0.64493406684822643647, 0.2020569031595942854, 0.082323233711138191516,
    0.036927755143369926331, 0.017343061984449139715, 0.0083492773819228268398,
    0.0040773561979443393787, 0.0020083928260822144179, 0.00099457512781808533715,
    0.0004941886041194645587, 0.00024608655330804829864, 0.00012271334757848914675,
    0.000061248135058704829259, 0.000030588236307020493552, 0.000015282259408651871733,
    7.6371976378997622736e-6, 3.8172932649998398565e-6, 1.9082127165539389257e-6,
    9.5396203387279611315e-7, 4.7693298678780646312e-7, 2.3845050272773299e-7,
    1.1921992596531107307e-7, 5.9608189051259479612e-8, 2.9803503514652280186e-8,
    1.4901554828365041235e-8, 7.450711789835429492e-9, 3.7253340247884570548e-9,
    1.8626597235130490064e-9, 9.3132743241966818287e-10,
)  # fmt: skip

# Bernoulli's numbers B(2k) over 2k (2k - 1), over 2k, and over (2k)!.
_STIRLING = (
    0.083333333333333333333, -0.0027777777777777777778, 0.00079365079365079365079,
    -0.0005952380952380952381, 0.00084175084175084175084, -0.0019175269175269175269,
    0.0064102564102564102564, -0.02955065359477124183, 0.17964437236883057316,
)  # fmt: skip
_DIGAMMA = (
    0.083333333333333333333, -0.0083333333333333333333, 0.003968253968253968254,
    -0.0041666666666666666667, 0.0075757575757575757576, -0.021092796092796092796,
    0.083333333333333333333, -0.44325980392156862745, 3.0539543302701197438,
)  # fmt: skip
_EULER_MACLAURIN = (
    0.083333333333333333333, -0.0013888888888888888889, 0.000033068783068783068783,
    -8.2671957671957671958e-7, 2.0876756987868098979e-8, -5.2841901386874931848e-10,
    1.3382536530684678833e-11, -3.3896802963225828668e-13, 8.5860620562778445641e-15,
    -2.174868698558061873e-16, 5.5090028283602295152e-18, -1.3954464685812523341e-19,
)  # fmt: skip


def result_dtype(*operands: Any) -> Any:
    """The dtype of the operands that are arrays; the others are Python numbers."""
    return next(operand.dtype for operand in operands if is_array(operand))


def horner(x: Array, coefficients: tuple[float, ...]) -> Array:
    """c0 + c1 x + c2 x**2 + ..."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total *= x
        total += coefficient
    return total


_SERIES = (1.0 - _EULER, *(
    sign * value / k
    for k, sign, value in zip(
        range(2, 99), (1.0, -1.0) * len(_ZETA_LESS_ONE), _ZETA_LESS_ONE, strict=False
    )
))  # fmt: skip


def _near_two(z: Array) -> Array:
    """log(gamma(2 + z)) for |z| <= 1/2 (DLMF 5.7.3, with the first term of each zeta taken out)."""
    return z * horner(z, _SERIES)


def stirling_rest(x: Array) -> Array:
    """log(gamma(x)) less (x - 1/2) log(x) - x + log(2 pi) / 2, for x >= 10 (DLMF 5.11.1)."""
    inverse = 1.0 / x
    return inverse * horner(inverse * inverse, _STIRLING)


def log_gamma_one_plus(z: Array) -> Array:
    """log(gamma(1 + z)) for |z| <= 1/2, with a small relative error near 0."""
    return _near_two(z) - np.log1p(z)


def _log_gamma_positive(x: Array) -> Array:
    result = np.empty_like(x)
    far = x >= _FAR
    y = x[far]
    # In this order the largest numbers overflow where the result does.
    result[far] = (y - 0.5) * (np.log(y) - 1.0) - 0.5 + 0.5 * math.log(2 * math.pi)
    result[far] += stirling_rest(y)
    result[x == np.inf] = np.inf
    tiny = x < 0.5
    y = x[tiny]
    result[tiny] = log_gamma_one_plus(y) - np.log(y)
    low = (x >= 0.5) & (x < 1.5)
    result[low] = log_gamma_one_plus(x[low] - 1.0)
    middle = (x >= 1.5) & ~far
    y = x[middle]
    steps = np.maximum(np.floor(y - 1.5), 0.0)
    base = y - steps
    product = np.ones_like(y)
    for k in range(int(_FAR)):
        product = np.where(k < steps, product * (base + k), product)
    result[middle] = _near_two(base - 2.0) + np.log(product)
    return result


def log_gamma(x: Array) -> Array:
    """log(abs(gamma(x))) of a float64 array."""
    result = np.full_like(x, np.nan)
    positive = x > 0
    result[positive] = _log_gamma_positive(x[positive])
    rest = x <= 0
    y = x[rest]
    # The reflection formula, with the sine of the distance to the nearest integer.
    away = np.abs(y - np.rint(y))
    reflected = math.log(math.pi) - np.log(np.sin(math.pi * away))
    result[rest] = np.where(away == 0, np.inf, reflected - _log_gamma_positive(1.0 - y))
    result[x == -np.inf] = np.inf
    small = rest & (x > -0.5) & (x != 0)
    result[small] = log_gamma_one_plus(x[small]) - np.log(-x[small])
    return result


def _digamma_positive(x: Array) -> Array:
    shifted = x.copy()
    below = np.zeros_like(x)
    for _ in range(int(_FAR)):
        near = shifted < _FAR
        below = np.where(near, below + 1.0 / shifted, below)
        shifted = np.where(near, shifted + 1.0, shifted)
    inverse = 1.0 / shifted
    square = inverse * inverse
    return np.log(shifted) - 0.5 * inverse - square * horner(square, _DIGAMMA) - below


def _digamma(x: Array) -> Array:
    result = np.full_like(x, np.nan)
    positive = x > 0
    result[positive] = _digamma_positive(x[positive])
    negative = (x < 0) & (x > -np.inf)
    y = x[negative]
    away = y - np.rint(y)
    cotangent = math.pi / np.tan(math.pi * np.where(away == 0, np.nan, away))
    result[negative] = _digamma_positive(1.0 - y) - cotangent
    zero = x == 0
    result[zero] = np.copysign(np.inf, -x[zero])
    return result


def _hurwitz_positive(s: Array, q: Array) -> Array:
    """The zeta function for s > 1 and q > 0, by Euler's and Maclaurin's formula (DLMF 25.11.5)."""
    far = np.maximum(s, _FAR)
    total = np.zeros_like(q)
    shifted = q.copy()
    near = shifted < far
    while near.any():
        term = shifted**-s
        total = np.where(near, total + term, total)
        shifted = np.where(near, shifted + 1.0, shifted)
        # Far out in s the sum has converged long before the formula would hold.
        near &= (shifted < far) & (term > 1e-18 * total)
    last = shifted**-s
    tail = last * shifted / (s - 1.0) + 0.5 * last
    factor = s * last / shifted
    for k, coefficient in enumerate(_EULER_MACLAURIN):
        tail = tail + coefficient * factor
        factor = factor * ((s + (2 * k + 1)) / shifted) * ((s + (2 * k + 2)) / shifted)
    return np.where(np.isinf(q), 0.0, np.where(shifted >= far, total + tail, total))


def hurwitz_zeta(s: Array, q: Array) -> Array:
    """The sum of (q + k)**-s over k = 0, 1, ... of float64 arrays of one shape."""
    result = np.full(q.shape, np.nan)
    result[s == 1] = np.inf
    defined = (s > 1) & ~np.isnan(q)
    positive = defined & (q > 0)
    result[positive] = _hurwitz_positive(s[positive], q[positive])
    rest = defined & (q <= 0)
    whole = rest & (q == np.floor(q))
    result[whole] = np.inf
    # The sum over all integers depends on the fraction of q only, and that over the negative ones
    # is another zeta function; both need (q + k)**-s of negative numbers, hence a whole s.
    broken = rest & ~whole & (s == np.floor(s)) & np.isfinite(q)
    power, start = s[broken], q[broken]
    away = start - np.rint(start)  # exact, also a little below a whole number
    fraction, other = np.where(away < 0, 1.0 + away, away), np.where(away < 0, -away, 1.0 - away)
    sign = np.where(power % 2 == 0, 1.0, -1.0)
    rest_of_line = _hurwitz_positive(power, other) - _hurwitz_positive(power, 1.0 - start)
    result[broken] = _hurwitz_positive(power, fraction) + sign * rest_of_line
    return result


@elementwise(partials=[lambda x: digamma(x)], kind="float", samples=[_POSITIVE], dtypes="f")
def lgamma(x: Any) -> Any:
    """log(abs(gamma(x)))."""
    return log_gamma(np.asarray(x, np.float64)).astype(x.dtype)


@elementwise(partials=[lambda x: zeta(2.0, x)], kind="float", samples=[_POSITIVE], dtypes="f")
def digamma(x: Any) -> Any:
    """The logarithmic derivative of the gamma function."""
    return _digamma(np.asarray(x, np.float64)).astype(x.dtype)


def _slope_of_zeta(s: Any, q: Any) -> Any:
    if isinstance(s, Handle):
        return neg(mul(s, zeta(add(s, 1.0), q)))
    return mul(zeta(s + 1.0, q), -s)


@elementwise(
    partials=[None, _slope_of_zeta], kind="float", samples=[reals(1.5, 6), _POSITIVE], dtypes="f"
)
def zeta(s: Any, q: Any) -> Any:
    """Hurwitz's zeta function, the sum of (q + k)**-s; differentiable in q."""
    dtype = result_dtype(s, q)
    wide = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(q, np.float64))
    return hurwitz_zeta(wide[0].copy(), wide[1].copy()).astype(dtype)
