"""exp2, log2 and log10: exact where the result is an integer, as the base asks for.

exp2 takes the integer from its argument, whose rest has no rounding error. The logarithms of
float64 are sums of two numbers, added last, so that a result next to an integer rounds to it;
float32 works in float64.
"""

from __future__ import annotations

import math

from .exponentials import expm1_of_remainder, scaled
from .logarithms import finished, log
from .powers import log2_in_two
from .values import Value, at_least, at_most, narrowed, nearest_integer, widened

# Beyond these exp2 is 0 or infinite.
RANGE = {32: (-151.0, 128.0), 64: (-1076.0, 1024.0)}
# log10(2) as an upper part of 26 bits and the rest.
LOG10_2 = (0.3010299950838089, 5.801722962879576e-10)


def exp2(x: Value) -> Value:
    """2^x = 2^n exp((x - n) ln 2)."""
    low, high = RANGE[x.kind.bits]
    inside = at_least(at_most(x, high), low)
    number, exponent = nearest_integer(inside)
    r = (inside - number) * math.log(2.0)
    return scaled(expm1_of_remainder(r) + 1.0, number, exponent)


def log2(x: Value) -> Value:
    """The logarithm to base 2."""
    if x.kind.bits == 32:
        return narrowed(log(widened(x)) * (1 / math.log(2.0)))
    upper, rest = log2_in_two(x)
    return finished(upper + rest, x)


def log10(x: Value) -> Value:
    """The logarithm to base 10: log2(x) log10(2), of which the first product is exact."""
    if x.kind.bits == 32:
        return narrowed(log(widened(x)) * (1 / math.log(10.0)))
    upper, rest = log2_in_two(x)
    small = upper * LOG10_2[1] + rest * (LOG10_2[0] + LOG10_2[1])
    return finished(upper * LOG10_2[0] + small, x)
