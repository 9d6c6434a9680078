"""exp and what is made of it: expm1, sigmoid, tanh, sinh, cosh.

All reduce by ln 2: x = n ln 2 + r, |r| <= ln(2) / 2, with ln 2 in two parts of which n times the
first is exact, so that r is as good without a fused multiply-add as with one. Then
exp(r) = 1 + r + r^2 P(r), and the factor 2^n is put in by its bits.
"""

from __future__ import annotations

import math

from .coefficients import COEFFICIENTS
from .values import (
    BIAS,
    Value,
    at_least,
    at_most,
    fma,
    magnitude,
    nearest_integer,
    polynomial,
    power_of_two,
    power_of_two_of,
    scaled_by_instruction,
    select,
    with_exponent,
    with_sign,
)

# ln 2 = high + low: n * high is exact for |n| < 2^14 (f32), 2^20 (f64).
LN2 = {
    32: (0.693359375, -2.1219444005469057e-4),
    64: (0.6931471803691238, 1.9082149292705877e-10),
}
# Beyond these exp is 0 or infinite.
RANGE = {32: (-104.0, 88.8), 64: (-745.2, 709.8)}
# Beyond this tanh is 1 in the dtype.
TANH_LIMIT = {32: 9.1, 64: 19.1}
# Beyond this expm1 is -1 in the dtype.
EXPM1_FLOOR = {32: -17.4, 64: -37.5}
# From this power of two on, exp(x) - 1 and exp(x) + exp(-x) are exp(x) in the dtype.
ONE_SIDED = {32: 60.0, 64: 120.0}


def reduced(x: Value, more: int = 0) -> tuple[Value, Value, Value]:
    """x = n ln 2 + r: integers that end in n + more, n as a float, r."""
    number, exponent = nearest_integer(x, 1 / math.log(2), more)
    high, low = LN2[x.kind.bits]
    return exponent, number, fma(number, -low, fma(number, -high, x))


def expm1_of_remainder(r: Value) -> Value:
    """exp(r) - 1 = r + r^2 P(r)."""
    return fma(r * r, polynomial(r, COEFFICIENTS[f"exp.f{r.kind.bits}"]), r)


def scaled(x: Value, number: Value, exponent: Value) -> Value:
    """x 2^n with one rounding, for results that may overflow or be subnormal."""
    if x.code.has_scalef and x.kind.bits * x.kind.lanes >= 512:
        return scaled_by_instruction(x, number)
    half = exponent >> 1
    return x * power_of_two(half) * power_of_two(exponent - half)


def exp(x: Value) -> Value:
    """exp(x)."""
    low, high = RANGE[x.kind.bits]
    n, number, r = reduced(at_least(at_most(x, high), low))
    return scaled(expm1_of_remainder(r) + 1.0, number, n)


def expm1(x: Value) -> Value:
    """exp(x) - 1 = 2 (2^(n-1) (exp(r) - 1) + (2^(n-1) - 1/2)); half, so that 2^n may overflow."""
    bits = x.kind.bits
    clamped = at_least(at_most(x, RANGE[bits][1]), EXPM1_FLOOR[bits])
    field, number, r = reduced(clamped, BIAS[bits] - 1)
    scale = with_exponent(field)
    inner = expm1_of_remainder(r)
    half = fma(scale, inner, scale - 0.5)
    # Half of a subnormal number may not be one.
    return with_sign(select(number.equals(0.0), inner, half + half), x)


def sigmoid(x: Value) -> Value:
    """1 / (1 + exp(-|x|)), times exp(-|x|) for negative x: nothing overflows or is lost."""
    low = RANGE[x.kind.bits][0]
    n, number, r = reduced(at_least(-magnitude(x), low))
    small = scaled(expm1_of_remainder(r) + 1.0, number, n)
    return select(x < 0.0, small, 1.0) / (small + 1.0)


def tanh(x: Value) -> Value:
    """e / (e + 2) for e = exp(2 |x|) - 1."""
    limit = TANH_LIMIT[x.kind.bits]
    size = at_most(magnitude(x), limit)
    field, _, r = reduced(size + size, BIAS[x.kind.bits])
    scale = with_exponent(field)
    e = fma(scale, expm1_of_remainder(r), scale - 1.0)
    return with_sign(e / (e + 2.0), x)


def _hyperbolic(x: Value) -> tuple[Value, Value, Value]:
    """(p, s, t) with exp(|x|) = t s (1 + p), powers of two s and t, and s small enough to square.

    Where t is not 1, exp(-|x|) does not count beside exp(|x|).
    """
    _, number, r = reduced(at_most(magnitude(x), RANGE[x.kind.bits][1] + 1.0))
    smaller = at_most(number, ONE_SIDED[x.kind.bits])
    return expm1_of_remainder(r), power_of_two_of(smaller), power_of_two_of(number - smaller)


def sinh(x: Value) -> Value:
    """(e + e / (e + 1)) / 2 for e = exp(|x|) - 1."""
    p, scale, factor = _hyperbolic(x)
    e = fma(scale, p, scale - 1.0)
    return with_sign((e + e / (e + 1.0)) * 0.5 * factor, x)


def cosh(x: Value) -> Value:
    """(e + 1 / e) / 2 for e = exp(|x|)."""
    p, scale, factor = _hyperbolic(x)
    e = fma(scale, p, scale)
    return (e + 1.0 / e) * 0.5 * factor
