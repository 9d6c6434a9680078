"""log and what is made of it: log1p, asinh, acosh, atanh.

All take x = 2^e m with m in [sqrt(1/2), sqrt(2)) from the bits of x, and f = m - 1, to which the
part of the argument that was rounded off may be added. float32 uses a polynomial in f; float64 one
in s^2, s = f / (2 + f), which halves its length for one division.
"""

from __future__ import annotations

import math

from .coefficients import COEFFICIENTS
from .exponentials import LN2
from .values import (
    MANTISSA,
    Value,
    fma,
    magnitude,
    polynomial,
    power_of_two,
    select,
    with_sign,
)

SMALLEST_NORMAL = {32: 2.0**-126, 64: 2.0**-1022}
SQRT_HALF_BITS = {32: 0x3F3504F3, 64: 0x3FE6A09E667F3BCD}
# 1 + x^2 and x^2 - 1 are x^2 in the dtype beyond this.
LARGE = {32: 2.0**14, 64: 2.0**28}


def split(x: Value) -> tuple[Value, Value]:
    """The integer e and m in [sqrt(1/2), sqrt(2)) of x = 2^e m; x is positive and normal."""
    bits = x.kind.bits
    pattern = x.bits()
    exponent = (pattern - SQRT_HALF_BITS[bits]) >> MANTISSA[bits]
    return exponent, (pattern - (exponent << MANTISSA[bits])).as_float()


def log_of_parts(exponent: Value, f: Value) -> Value:
    """e ln 2 + log(1 + f); the first part of e ln 2 is exact."""
    high, low = LN2[f.kind.bits]
    e = exponent.cast("sitofp", f.kind)
    if f.kind.bits == 32:
        square = f * f
        tail = polynomial(f, COEFFICIENTS["log.f32"]) * (square * f)
        tail = fma(square, -0.5, fma(e, low, tail))
        return fma(e, high, tail + f)
    s = f / (f + 2.0)
    z = s * s
    rest = z * polynomial(z, COEFFICIENTS["log_quotient.f64"])
    half = f * f * 0.5
    # log(1 + f) = f - (half - s (half + rest)), where s half is what f^2 / 2 has too much.
    tail = fma(s, half + rest, e * low) - half
    return fma(e, high, tail + f)


def finished(result: Value, x: Value) -> Value:
    """The result where log has one; at 0 -inf, below NaN, at infinity and NaN the argument."""
    ends = select(x.equals(0.0), -math.inf, select(x < 0.0, math.nan, x))
    ordinary = (x > 0.0) & (x < math.inf)
    return select(ordinary, result, ends)


def log(x: Value) -> Value:
    """The natural logarithm."""
    bits = x.kind.bits
    subnormal = x < SMALLEST_NORMAL[bits]
    exponent, m = split(select(subnormal, x * 2.0 ** MANTISSA[bits], x))
    exponent = select(subnormal, exponent - MANTISSA[bits], exponent)
    return finished(log_of_parts(exponent, m - 1.0), x)


def _log_of_sum(total: Value, lost: Value, doublings: Value | None = None) -> Value:
    """log((total + lost) 2^doublings), where `lost` is below half a unit of `total` >= 2^-53."""
    exponent, m = split(total)
    # From 2^54 on nothing is lost, and 2^-e would soon be subnormal.
    scale = power_of_two(-select(exponent < 60, exponent, 60))
    f = fma(lost, scale, m - 1.0)
    if doublings is not None:
        exponent = exponent + doublings
    return log_of_parts(exponent, f)


def _log1p_inside(x: Value) -> Value:
    """log(1 + x) for finite x > -1."""
    return _log_of_sum(x + 1.0, _lost(x))


def _lost(x: Value) -> Value:
    """What rounding took from 1 + x."""
    total = x + 1.0
    return select(x < 1.0, x - (total - 1.0), 1.0 - (total - x))


def log1p(x: Value) -> Value:
    """log(1 + x); the rounding error of 1 + x is put back into f."""
    return finished(with_sign(_log1p_inside(x), x), x + 1.0)


def _log1p_or_doubled(y: Value, large: Value, x: Value) -> Value:
    """log(1 + y), but log(2 x) where `large`."""
    doublings = large.cast("zext", x.kind.integers())
    return _log_of_sum(select(large, x, y + 1.0), select(large, 0.0, _lost(y)), doublings)


def asinh(x: Value) -> Value:
    """log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))); log(2 |x|) where 1 no longer counts."""
    size = magnitude(x)
    square = size * size
    y = size + square / ((square + 1.0).intrinsic("sqrt") + 1.0)
    result = _log1p_or_doubled(y, size > LARGE[x.kind.bits], size)
    return with_sign(select(size < math.inf, result, size), x)


def acosh(x: Value) -> Value:
    """log1p(t + sqrt(t^2 + 2 t)) for t = x - 1; log(2 x) where 1 no longer counts; NaN below 1."""
    t = x - 1.0
    y = t + fma(t, t, t + t).intrinsic("sqrt")
    result = _log1p_or_doubled(y, x > LARGE[x.kind.bits], x)
    return select(x >= 1.0, select(x < math.inf, result, x), math.nan)


def atanh(x: Value) -> Value:
    """log1p(2 |x| / (1 - |x|)) / 2."""
    size = magnitude(x)
    half = _log1p_inside((size + size) / (1.0 - size)) * 0.5
    result = select(size < 1.0, half, select(size.equals(1.0), size.like(math.inf), math.nan))
    return with_sign(result, x)
