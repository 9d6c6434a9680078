"""pow.

pow(x, y) = 2^(y log2 |x|), where log2 must be good to 2^-64 or so, since y log2 |x| may reach 1024:
float32 works in float64; float64 keeps log2 |x| as a sum of two numbers, as fdlibm's pow does.
Products are made exact by clearing the lower halves of their factors, with or without fused
multiply-add.
"""

from __future__ import annotations

import math

from .coefficients import COEFFICIENTS
from .exponentials import exp, expm1_of_remainder, scaled
from .logarithms import SMALLEST_NORMAL, log, split
from .values import (
    MANTISSA,
    Value,
    at_least,
    at_most,
    magnitude,
    narrowed,
    nearest_integer,
    polynomial,
    select,
    widened,
)

UPPER_HALF = -(2**27)
# 1 / ln 2 and ln 2 as an upper part of 26 bits and the rest.
LOG2_E = (1.4426950216293335, 1.9259629911266175e-08)
LN_2 = (0.6931471675634384, 1.2996506893889889e-08)
# y log2 |x| beyond these gives 0 or infinity.
EXPONENT_RANGE = (-1200.0, 1200.0)


def _upper(x: Value) -> Value:
    """x without its lower 27 bits: products of two such numbers are exact."""
    return (x.bits() & UPPER_HALF).as_float()


def log2_in_two(x: Value) -> tuple[Value, Value]:
    """log2 of a positive finite float64 as an upper part of 26 bits and the rest."""
    subnormal = x < SMALLEST_NORMAL[64]
    exponent, m = split(select(subnormal, x * 2.0 ** MANTISSA[64], x))
    exponent = select(subnormal, exponent - MANTISSA[64], exponent)
    # log(m) = 2 s + s^3 P(s^2) with s = (m - 1) / (m + 1) = s1 + s2.
    top, bottom = m - 1.0, m + 1.0
    bottom1 = _upper(bottom)
    bottom2 = m - (bottom1 - 1.0)
    s = top / bottom
    s1 = _upper(s)
    s2 = ((top - s1 * bottom1) - s1 * bottom2) / bottom
    z = s * s
    cube = z * s * polynomial(z, COEFFICIENTS["log_quotient.f64"])
    # log(m) = a1 + a2, where a1 has 26 bits.
    a = (s1 + s1) + cube
    a1 = _upper(a)
    a2 = ((s1 + s1) - a1) + cube + (s2 + s2)
    e = exponent.cast("sitofp", x.kind)
    product = a1 * LOG2_E[0]
    rest = a1 * LOG2_E[1] + a2 * (LOG2_E[0] + LOG2_E[1])
    total1 = _upper(e + product)
    return total1, ((e - total1) + product) + rest


def _power_of_positive(x: Value, y: Value) -> Value:
    """x^y for finite x > 0."""
    log1, log2 = log2_in_two(x)
    y1 = _upper(y)
    # y log2(x) = high + low
    high = y1 * log1
    low = (y - y1) * log1 + y * log2
    total = at_least(at_most(high + low, EXPONENT_RANGE[1]), EXPONENT_RANGE[0])
    number, exponent = nearest_integer(total)
    outside = (total >= EXPONENT_RANGE[1]) | (total <= EXPONENT_RANGE[0])
    rest = select(outside, 0.0, (high - number) + low)
    # 2^rest = exp(rest ln 2)
    rest1 = _upper(rest)
    product = rest1 * LN_2[0]
    lost = rest1 * LN_2[1] + (rest - rest1) * (LN_2[0] + LN_2[1])
    r = product + lost
    lost = (product - r) + lost
    return scaled(1.0 + (expm1_of_remainder(r) + lost), number, exponent)


def pow(x: Value, y: Value) -> Value:
    """x^y with the ends of IEEE 754: 1 for y = 0 and x = 1, NaN for x < 0 and y no integer."""
    if x.kind.bits == 32:
        x, y = widened(x), widened(y)
        return narrowed(_with_ends(exp(y * log(magnitude(x))), x, y))
    return _with_ends(_power_of_positive(magnitude(x), y), x, y)


def _with_ends(result: Value, x: Value, y: Value) -> Value:
    """|x|^y made x^y, also where one of them is 0, infinite or NaN."""
    size = magnitude(x)
    infinite = magnitude(y).equals(math.inf)
    at_end = size.equals(0.0) | size.equals(math.inf) | infinite
    falls = (size > 1.0) ^ (y > 0.0)
    result = select(at_end, select(falls, y.like(0.0), math.inf), result)
    result = select(size.equals(1.0), 1.0, result)
    whole = _is_integer(y)
    odd = whole & ~_is_integer(y * 0.5)
    result = select(odd & (x.bits() < 0), -result, result)
    undefined = (x < 0.0) & (x > -math.inf) & ~whole
    result = select(undefined | x.is_nan() | y.is_nan(), math.nan, result)
    return select(y.equals(0.0) | x.equals(1.0), 1.0, result)


def _is_integer(x: Value) -> Value:
    """For float64: from 2^52 on all are; below, adding 2^52 rounds to one."""
    size = magnitude(x)
    return (size >= 2.0**52) | ((size + 2.0**52) - 2.0**52).equals(size)
