"""Functions around the normal distribution: erfcx, erfinv, ndtri, log_ndtr.

The derivatives of erfcx are the scaled repeated integrals of erfc (DLMF 7.18), not differences of
large numbers, so that they and those of log_ndtr stay accurate far out. The quantile is M. J.
Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37
(1988).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._declare.elementwise import Over, elementwise
from .._declare.linear import other
from .._declare.samples import Sample, reals
from .complex_numbers import pointwise_batch
from .elementwise import mul, neg
from .error_functions import error_function, scaled_erfc
from .gamma_functions import horner
from .transcendental import exp

Array = np.ndarray[Any, Any]

_TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
_ROOT_HALF = math.sqrt(0.5)
_DOWNWARD_FROM = 1.0

# Numerators and denominators by ascending powers.
_CENTRE = (
    (3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
     45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727),
    (1.0, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077,
     21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852545925),
)  # fmt: skip
_SHOULDER = (
    (1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055,
     3.64784832476320460504, 1.27045825245236838258, 0.24178072517745061177,
     0.0227238449892691845833, 7.7454501427834140764e-4),
    (1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
     0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
_TAIL = (
    (6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358,
     0.29656057182850489123, 0.026532189526576123093, 0.0012426609473880784386,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
     7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7,
     2.04426310338993978564e-15),
)  # fmt: skip


def _rational(x: Array, parts: tuple[tuple[float, ...], tuple[float, ...]]) -> Array:
    return horner(x, parts[0]) / horner(x, parts[1])


def normal_quantile(offset: Array, tail: Array) -> Array:
    """The x with P(Z < x) = 1/2 + offset; `tail` is 1/2 - abs(offset), known exactly."""
    result = np.full_like(offset, np.nan)
    centre = np.abs(offset) <= 0.425
    q = offset[centre]
    result[centre] = q * _rational(0.180625 - q * q, _CENTRE)
    outer = ~centre & (tail > 0)
    r = np.sqrt(-np.log(tail[outer]))
    far = r > 5.0
    size = np.where(far, _rational(r - 5.0, _TAIL), _rational(r - 1.6, _SHOULDER))
    result[outer] = np.copysign(size, offset[outer])
    ends = tail == 0
    result[ends] = np.copysign(np.inf, offset[ends])
    return result


def _repeated_integral(x: Array, order: int) -> Array:
    """exp(x**2) times the n-th repeated integral of erfc (DLMF 7.18.2)."""
    zero = scaled_erfc(x)
    if order == 0:
        return zero
    # Up (DLMF 7.18.7) it is stable on the left; on the right the recurrence has to run down.
    below, here = np.full_like(x, _TWO_OVER_ROOT_PI), np.asarray(zero)
    for n in range(1, order + 1):
        below, here = here, np.asarray((below - 2.0 * x * here) / (2 * n))
    down = x > _DOWNWARD_FROM
    if down.any():
        here[down] = _downward(x[down], order)
    return here


def _downward(x: Array, order: int) -> Array:
    above, here, kept = np.zeros_like(x), np.ones_like(x), np.ones_like(x)
    for n in range(order + 180, -2, -1):
        # here is a multiple of the integral of order n; that of order -1 is 2 / sqrt(pi).
        if n == order:
            kept = here
        if n > -1:
            above, here = here, 2.0 * x * here + 2.0 * (n + 1) * above
            large = here > 1e200
            if large.any():
                shrink = np.where(large, 1e-200, 1.0)
                above, here, kept = above * shrink, here * shrink, kept * shrink
    return kept / here * _TWO_OVER_ROOT_PI


def _slope_of_erfcx(x: Any, order: int) -> Any:
    return mul(erfcx(x, order=order + 1), -2.0 * (order + 1))


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    vjp=lambda site, g: (mul(g, _slope_of_erfcx(site.value(0), **site.params)),),
    jvp=lambda site, t: (mul(t, _slope_of_erfcx(site.value(0), **site.params)),),
    keeps=(0,),
    batch=pointwise_batch,
    absence="pointwise",
    samples=[
        Sample(lambda rng: [rng.uniform(-2, 4, (2, 3))], {"order": 0}),
        Sample(lambda rng: [rng.uniform(-2, 4, ())], {"order": 1}),
        Sample(lambda rng: [rng.uniform(-2, 4, (0, 2))], {"order": 2}),
    ],
)
def erfcx(x: Any, order: int) -> Any:
    """exp(x**2) times the repeated integral of erfc of an order; of order 0, exp(x**2) erfc(x)."""
    return _repeated_integral(np.asarray(x, np.float64), order).astype(x.dtype)


@elementwise(
    partials=[lambda out: mul(exp(mul(out, out)), 1.0 / _TWO_OVER_ROOT_PI)],
    kind="float",
    samples=[reals(-0.9, 0.9)],
    dtypes="f",
)
def erfinv(x: Any) -> Any:
    """The inverse of erf on [-1, 1]; NaN outside."""
    wide = np.asarray(x, np.float64)
    found = normal_quantile(0.5 * wide, 0.5 - 0.5 * np.abs(wide)) * _ROOT_HALF
    return np.where(np.abs(wide) <= 1.0, found, np.nan).astype(x.dtype)


@elementwise(
    partials=[lambda out: mul(exp(mul(mul(out, out), 0.5)), math.sqrt(2.0 * math.pi))],
    kind="float",
    samples=[reals(0.1, 0.9)],
    dtypes="f",
)
def ndtri(x: Any) -> Any:
    """The quantile of the standard normal distribution; NaN outside [0, 1]."""
    wide = np.asarray(x, np.float64)
    found = normal_quantile(wide - 0.5, np.minimum(wide, 1.0 - wide))
    return np.where((wide >= 0.0) & (wide <= 1.0), found, np.nan).astype(x.dtype)


def _bell(x: Array) -> Array:
    """exp(-x**2 / 2), the square split so that the argument of the larger part is exact."""
    x = np.minimum(x, 60.0)
    rough = np.trunc(x * 16.0) / 16.0
    return np.exp(-0.5 * rough * rough) * np.exp(-0.5 * (x - rough) * (x + rough))


def _slope_of_log_ndtr(x: Any) -> Any:
    return Over(mul(erfcx(neg(mul(x, _ROOT_HALF)), order=0), math.sqrt(0.5 * math.pi)))


@elementwise(partials=[_slope_of_log_ndtr], kind="float", dtypes="f")
def log_ndtr(x: Any) -> Any:
    """The logarithm of P(Z < x) for standard normal Z."""
    wide = np.asarray(x, np.float64)
    left = wide < -1.0
    y = np.where(left, wide, -1.0)
    lower = np.log(0.5 * scaled_erfc(-y * _ROOT_HALF)) - 0.5 * y * y
    right = wide > 1.0
    y = np.where(right, wide, 1.0)
    far = scaled_erfc(y * _ROOT_HALF) * _bell(y)
    near = error_function(np.where(left | right, 1.0, wide) * _ROOT_HALF, complement=True)
    tail = 0.5 * np.where(right, far, near)
    return np.where(left, lower, np.log1p(-tail)).astype(x.dtype)
