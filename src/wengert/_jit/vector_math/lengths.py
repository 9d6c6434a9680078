"""hypot, and copysign.

Squares must neither overflow nor vanish: float32 works in float64; float64 multiplies by a power of
two where the larger operand is very large or very small.
"""

from __future__ import annotations

import math

from .values import Value, fma, magnitude, narrowed, select, widened, with_sign

FAR = 2.0**500
SCALE = 2.0**600


def hypot(x: Value, y: Value) -> Value:
    """sqrt(x^2 + y^2); infinite where one operand is, even beside NaN."""
    a, b = magnitude(x), magnitude(y)
    infinite = a.equals(math.inf) | b.equals(math.inf)
    if x.kind.bits == 32:
        wide, high = widened(a), widened(b)
        return select(infinite, math.inf, narrowed(fma(wide, wide, high * high).intrinsic("sqrt")))
    larger = select(a > b, a, b)
    huge, tiny = larger > FAR, larger < 1 / FAR
    there = select(huge, a.like(1 / SCALE), select(tiny, a.like(SCALE), 1.0))
    back = select(huge, a.like(SCALE), select(tiny, a.like(1 / SCALE), 1.0))
    a, b = a * there, b * there
    return select(infinite, math.inf, fma(a, a, b * b).intrinsic("sqrt") * back)


def copysign(x: Value, y: Value) -> Value:
    """|x| with the sign of y."""
    return with_sign(x, y)
