"""fmod, remainder, floor_divide, with NumPy's ends.

Integers divided by zero give 0, and the smallest integer divided by -1 wraps; remainders have the
sign of the divisor, fmod that of the dividend.
"""

from __future__ import annotations

from .values import Value, select, with_sign


def fmod(x: Value, y: Value) -> Value:
    """x - trunc(x / y) y, exactly."""
    return x.binary("frem", y)


def remainder(x: Value, y: Value) -> Value:
    """x - floor(x / y) y; a zero has the sign of y."""
    rest = fmod(x, y)
    moved = select(_signs_differ(rest, y), rest + y, rest)
    return select(rest.equals(0.0), with_sign(rest, y), moved)


def floor_divide(x: Value, y: Value) -> Value:
    """floor(x / y) by the exact remainder, which x / y alone may miss; x / y where y is 0."""
    rest = fmod(x, y)
    quotient = (x - rest) / y
    quotient = select(_signs_differ(rest, y), quotient - 1.0, quotient)
    # The quotient is an integer but for rounding.
    below = quotient.intrinsic("floor")
    whole = select(quotient - below > 0.5, below + 1.0, below)
    whole = select(quotient.equals(0.0), with_sign(quotient, x / y), whole)
    return select(y.equals(0.0), x / y, whole)


def _signs_differ(rest: Value, y: Value) -> Value:
    """Where a remainder that is not zero lies on the other side of zero than the divisor."""
    return rest.differs(0.0) & ((rest < 0.0) ^ (y < 0.0))


def fmod_of_integers(x: Value, y: Value) -> Value:
    """x - trunc(x / y) y."""
    safe, zero = _divisor(x, y)
    return select(zero, 0, x.binary("srem", safe))


def remainder_of_integers(x: Value, y: Value) -> Value:
    """x - floor(x / y) y."""
    rest = fmod_of_integers(x, y)
    other_side = rest.differs(0) & ((rest ^ y) < 0)
    return select(other_side, rest + y, rest)


def floor_divide_integers(x: Value, y: Value) -> Value:
    """floor(x / y)."""
    safe, zero = _divisor(x, y)
    quotient = x.binary("sdiv", safe)
    inexact_below = (quotient * safe).differs(x) & ((x ^ y) < 0)
    return select(zero, 0, select(inexact_below, quotient - 1, quotient))


def _divisor(x: Value, y: Value) -> tuple[Value, Value]:
    """A divisor that does not trap, and where it stands for zero."""
    zero = y.equals(0)
    wraps = y.equals(-1) & x.equals(-(2 ** (x.kind.bits - 1)))
    return select(zero | wraps, 1, y), zero


def fmod_of_unsigned(x: Value, y: Value) -> Value:
    """x - floor(x / y) y."""
    zero = y.equals(0)
    return select(zero, 0, x.binary("urem", select(zero, 1, y)))


def floor_divide_unsigned(x: Value, y: Value) -> Value:
    """floor(x / y)."""
    zero = y.equals(0)
    return select(zero, 0, x.binary("udiv", select(zero, 1, y)))
