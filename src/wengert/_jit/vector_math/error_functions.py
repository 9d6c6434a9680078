"""erf and erfc.

Near zero a polynomial in x^2; beyond, exp(-x^2) times a polynomial: in x - c for erf of float32,
else in (x - c) / (x + c), which maps a half-line to a short interval, as W. J. Cody's and
M. M. Shepherd and J. G. Laframboise's approximations do (Mathematics of Computation 23, 1969; 36,
1981).
"""

from __future__ import annotations

from .coefficients import COEFFICIENTS
from .exponentials import exp, expm1_of_remainder, reduced, scaled
from .values import (
    Value,
    at_least,
    at_most,
    fma,
    magnitude,
    narrowed,
    polynomial,
    select,
    widened,
    with_sign,
)

# Beyond this erf is 1 in the dtype.
ERF_LIMIT = {32: 4.0, 64: 6.0}
ERF_CENTRE = {32: 1.25, 64: 2.4}
# From here on erf(x) = 1 - exp(-x^2) P.
ERF_SWITCH = 0.875
# Beyond this erfc is 0 in float64; below the other it is taken as 1 - erf.
ERFC_LIMIT = 27.3
ERFC_CENTRE = 3.0
ERFC_SWITCH = 0.47
# Keeps the upper half of a float64, whose square is then exact.
UPPER_HALF = -(2**27)


def _erf_near_zero(x: Value) -> Value:
    return fma(polynomial(x * x, COEFFICIENTS[f"erf.f{x.kind.bits}"]), x, x)


def erf(x: Value) -> Value:
    """2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""
    bits = x.kind.bits
    size = magnitude(x)
    a = at_most(size, ERF_LIMIT[bits])
    centre = ERF_CENTRE[bits]
    if bits == 32:
        tail = polynomial(a - centre, COEFFICIENTS["erf_tail.f32"])
    else:
        t = (a - centre) / (a + centre)
        tail = polynomial(t, COEFFICIENTS["erf_tail_quotient.f64"])
    # Written as the derivative has it, so that where both are wanted the exponential is shared.
    decay = exp(-(x * x))
    far = with_sign(fma(-tail, decay, 1.0), x)
    return select(size < ERF_SWITCH, _erf_near_zero(x), far)


def erfc(x: Value) -> Value:
    """1 - erf(x) without cancellation: relative accuracy out to where it is subnormal."""
    if x.kind.bits == 32:
        return narrowed(erfc(widened(x)))
    size = magnitude(x)
    a = at_least(at_most(size, ERFC_LIMIT), ERFC_SWITCH)
    # x^2 = h^2 + (x - h)(x + h) with h^2 exact: an error of x^2 would be one of the result.
    h = (a.bits() & UPPER_HALF).as_float()
    n, number, r = reduced(-(h * h))
    r = r - (a - h) * (a + h)
    t = (a - ERFC_CENTRE) / (a + ERFC_CENTRE)
    tail = polynomial(t, COEFFICIENTS["erfc.f64"]) / fma(a, 2.0, 1.0)
    far = scaled(fma(expm1_of_remainder(r), tail, tail), number, n)
    far = select(x < 0.0, 2.0 - far, far)
    near = 1.0 - _erf_near_zero(x)
    result = select(size < ERFC_SWITCH, near, far)
    return select(x.is_nan(), x, result)
