"""atan, atan2, asin, acos.

The arctangent of a quotient num / den of non-negative numbers is taken around 0, 1 or infinity,
whichever is near: with one division, atan = offset + atan(t), |t| <= tan(pi / 8).
"""

from __future__ import annotations

import math

from .coefficients import COEFFICIENTS
from .values import Value, fma, magnitude, polynomial, select, with_sign

# pi / 2 in two parts; pi / 4 and pi have the same digits.
PI_HALF = {
    32: (1.5707963705062866, -4.371139000186241e-08),
    64: (math.pi / 2, 6.123233995736766e-17),
}
TAN_PI_8 = math.sqrt(2.0) - 1.0
# Scaling (above, by): sums stay finite, and what is lost does not count; (below, by): products
# with tan(pi / 8) do not vanish.
HUGE = {32: (2.0**120, 2.0**-20), 64: (2.0**1000, 2.0**-100)}
TINY = {32: (2.0**-100, 2.0**40), 64: (2.0**-900, 2.0**100)}


def _atan_of_small(t: Value) -> Value:
    """atan(t) - t for |t| <= tan(pi / 8)."""
    z = t * t
    return polynomial(z, COEFFICIENTS[f"atan.f{t.kind.bits}"]) * z * t


def _angle(a: Value, b: Value) -> tuple[Value, Value, Value]:
    """(offset high, offset low, t): atan(a / b) = offset + atan(t), for a, b >= 0."""
    near_infinity = b < a * TAN_PI_8
    near_one = b * TAN_PI_8 < a
    top = select(near_infinity, -b, select(near_one, a - b, a))
    bottom = select(near_infinity, a, select(near_one, a + b, b))
    high, low = PI_HALF[a.kind.bits]
    share = select(near_infinity, a.like(1.0), select(near_one, a.like(0.5), 0.0))
    # Equal operands, also 0 / 0 and infinity by infinity.
    t = select(a.equals(b), 0.0, top / bottom)
    return share * high, share * low, t


def atan(x: Value) -> Value:
    """The angle in [-pi / 2, pi / 2] whose tangent is x."""
    high, low, t = _angle(magnitude(x), x.like(1.0))
    return with_sign(high + (t + (_atan_of_small(t) + low)), x)


def atan2(y: Value, x: Value) -> Value:
    """The angle in [-pi, pi] of the point (x, y), with the signs of zeros as in C."""
    a, b = magnitude(y), magnitude(x)
    above, down = HUGE[x.kind.bits]
    below, up = TINY[x.kind.bits]
    tiny = (a < below) & (b < below)
    scale = select((a > above) | (b > above), down, select(tiny, x.like(up), 1.0))
    high, low, t = _angle(a * scale, b * scale)
    both_infinite = a.equals(b) & a.equals(math.inf)
    full, rest = PI_HALF[x.kind.bits]
    high = select(both_infinite, full / 2, high)
    low = select(both_infinite, rest / 2, low)
    small = t + (_atan_of_small(t) + low)
    # The sign bit, so that -0 counts as negative.
    backwards = x.bits() < 0
    turned = 2 * full - high
    # 2 full - high is exact: a multiple of full / 2.
    angle = select(backwards, turned - (small - 2 * rest), high + small)
    return with_sign(angle, y)


def _asin_of_small(x: Value, z: Value) -> Value:
    """asin(x) - x for z = x^2 <= 1 / 4."""
    return polynomial(z, COEFFICIENTS[f"asin.f{x.kind.bits}"]) * z * x


def asin(x: Value) -> Value:
    """The angle in [-pi / 2, pi / 2] whose sine is x; beyond 1/2, pi / 2 - acos(|x|)."""
    size = magnitude(x)
    far = size > 0.5
    z = select(far, (1.0 - size) * 0.5, size * size)
    root = select(far, z.intrinsic("sqrt"), size)
    small = _asin_of_small(root, z)
    high, low = PI_HALF[x.kind.bits]
    twice = fma(root, -2.0, high)
    return with_sign(select(far, twice - fma(small, 2.0, -low), root + small), x)


def acos(x: Value) -> Value:
    """The angle in [0, pi] whose cosine is x: 2 asin(sqrt((1 - x) / 2)) beyond 1/2."""
    size = magnitude(x)
    far = size > 0.5
    z = select(far, (1.0 - size) * 0.5, size * size)
    root = select(far, z.intrinsic("sqrt"), size)
    small = _asin_of_small(root, z)
    high, low = PI_HALF[x.kind.bits]
    near = high - (with_sign(root, x) + (with_sign(small, x) - low))
    twice = (root + small) * 2.0
    opposite = 2 * high - (twice - 2 * low)
    return select(far, select(x < 0.0, opposite, twice), near)
