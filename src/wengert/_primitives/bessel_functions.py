"""Bessel functions J, Y, I, K and spherical j of whole order, and Airy's Ai.

Each kernel takes any order, so that a derivative is the same primitive with orders next to it
(DLMF 10.6.1, 10.29.1, 10.51.2) and exists at 0 to any order. Near 0 they are power series, in the
middle J and I come from Miller's backward recurrence, K from the trapezoidal rule; far out all are
Hankel's asymptotic series. Formulas: NIST Digital Library of Mathematical Functions (DLMF).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._declare.linear import other
from .._declare.samples import Sample
from .complex_numbers import conj, pointwise_batch
from .elementwise import add, mul, neg, sign, sub

Array = np.ndarray[Any, Any]

_EULER = 0.57721566490153286061
_FAR = 25.0
"""From here on Hankel's series is exact to float64 for small orders."""
_TERMS = 30


def _hankel_terms(order: float, x: Array) -> list[Array]:
    """a_k(order) / x**k for k = 0, 1, ... (DLMF 10.17.1), cut where they would grow again."""
    terms = [np.ones_like(x)]
    square = 4.0 * order * order
    for k in range(1, _TERMS):
        ratio = (square - (2 * k - 1) ** 2) / (8.0 * k) / x
        grown = np.abs(ratio) >= 1.0
        terms.append(np.where(grown, 0.0, terms[-1] * ratio))
    return terms


def _oscillating_far(order: float, x: Array) -> tuple[Array, Array]:
    """J and Y for large x (DLMF 10.17.3); order + 1/2 turns of pi / 2 are taken exactly."""
    terms = _hankel_terms(order, x)
    even = sum((-1.0) ** k * term for k, term in enumerate(terms[0::2]))
    odd = sum((-1.0) ** k * term for k, term in enumerate(terms[1::2]))
    # cos(x - pi/4 - n pi/2) from the sine and cosine of x itself, which NumPy reduces exactly.
    sine, cosine = np.sin(x), np.cos(x)
    turned = [(cosine, sine), (sine, -cosine), (-cosine, -sine), (-sine, cosine)][int(order) % 4]
    root = math.sqrt(0.5)
    c, s = root * (turned[0] + turned[1]), root * (turned[1] - turned[0])
    scale = np.sqrt(2.0 / (math.pi * x))
    return scale * (c * even - s * odd), scale * (s * even + c * odd)


def _miller(highest: int, x: Array, sign: float) -> list[Array]:
    """J_n (sign -1) or exp(-x) I_n (sign 1) of 0 < x <= about 30 for n = 0, ..., highest.

    The recurrence runs down from an order where the function is negligible, and the sum of all
    (DLMF 10.12.4, 10.35.4) fixes the scale. It is carried out on ratios' numerators, rescaled.
    """
    top = 2 * ((highest + int(1.2 * float(np.max(x, initial=1.0))) + 40) // 2)
    upper, here = np.zeros_like(x), np.full_like(x, 1e-290)
    total = np.zeros_like(x)
    kept: list[Array] = [np.zeros_like(x)] * (highest + 1)
    for n in range(top, -1, -1):
        if n <= highest:
            kept[n] = here
        if sign > 0 or n % 2 == 0:
            total = total + (here if n == 0 else 2.0 * here)
        upper, here = here, (2.0 * n / x) * here + sign * upper
        large = np.abs(here) > 1e200
        if large.any():
            shrink = np.where(large, 1e-250, 1.0)
            upper, here, total = upper * shrink, here * shrink, total * shrink
            kept = [value * shrink for value in kept]
    return [value / total for value in kept]


def _power_series(order: int, x: Array, sign: float) -> Array:
    """(x/2)**n sum of (sign x**2 / 4)**k / (k! (n + k)!), for small x."""
    quarter = sign * 0.25 * x * x
    term = np.ones_like(x)
    for k in range(1, order + 1):
        term = term * (0.5 * x) / k
    total = term
    for k in range(1, 18):
        term = term * quarter / (k * (k + order))
        total = total + term
    return total


def bessel_j_kernel(x: Array, order: int) -> Array:
    """J of whole order, of a float64 array."""
    if order < 0:
        return (-1.0) ** order * bessel_j_kernel(x, -order)
    size = np.abs(x)
    result = np.full_like(x, np.nan)
    far_from = max(_FAR, 2.0 * order * order)
    near, far = size <= 2.0, size > far_from
    middle = ~near & ~far & ~np.isnan(x)
    result[near] = _power_series(order, size[near], -1.0)
    if middle.any():
        result[middle] = _miller(order, size[middle], -1.0)[order]
    y = size[far]
    result[far] = np.where(np.isinf(y), 0.0, _oscillating_far(order, y)[0])
    return np.where(x < 0, (-1.0) ** order, 1.0) * result


def _with_logarithm(x: Array, sign: float) -> list[Array]:
    """What the series of orders 0 and 1 add to log(x/2) + gamma times J or I, for small x.

    DLMF 10.8.1, 10.31.1; psi(k + 1) + gamma is the harmonic number.
    """
    quarter = sign * 0.25 * x * x
    zero, one = np.zeros_like(x), np.zeros_like(x)
    term, harmonic = np.ones_like(x), 0.0
    for k in range(18):
        zero = zero + term * harmonic
        one = one + 0.25 * x * term / (k + 1) * (2.0 * harmonic + 1.0 / (k + 1))
        term = term * quarter / ((k + 1) * (k + 1))
        harmonic += 1.0 / (k + 1)
    return [zero, one]


def bessel_y_kernel(x: Array, order: int) -> Array:
    """Y of whole order, of a float64 array: series, Neumann's series (DLMF 10.23.17), Hankel's."""
    if order < 0:
        return (-1.0) ** order * bessel_y_kernel(x, -order)
    result = np.full_like(x, np.nan)
    result[x == 0] = -np.inf
    near, middle, far = (x > 0) & (x <= 2.0), (x > 2.0) & (x <= _FAR), x > _FAR
    for where, function in ((near, _y_near), (middle, _y_middle), (far, _y_far)):
        y = x[where]
        if y.size:
            result[where] = _raised(function(y), y, order, -1.0)
    return result


def _y_near(x: Array) -> list[Array]:
    logarithm = np.log(0.5 * x) + _EULER
    zero, one = _with_logarithm(x, -1.0)
    zero = logarithm * _power_series(0, x, -1.0) - zero
    one = logarithm * _power_series(1, x, -1.0) - one - 1.0 / x
    return [2.0 / math.pi * zero, 2.0 / math.pi * one]


def _y_middle(x: Array) -> list[Array]:
    j = _miller(81, x, -1.0)
    logarithm = np.log(0.5 * x) + _EULER
    zero = logarithm * j[0]
    one = (logarithm - 1.0) * j[1] - j[0] / x
    for k in range(1, 41):
        sign = (-1.0) ** k
        zero = zero - sign * 2.0 / k * j[2 * k]
        one = one - sign * (2 * k + 1) / (k * (k + 1)) * j[2 * k + 1]
    return [2.0 / math.pi * zero, 2.0 / math.pi * one]


def _y_far(x: Array) -> list[Array]:
    return [np.where(np.isinf(x), 0.0, _oscillating_far(n, x)[1]) for n in (0, 1)]


def _raised(values: list[Array], x: Array, order: int, sign: float) -> Array:
    """The function of a higher order by f[n + 1] = 2 n / x f[n] + sign f[n - 1], for Y and K."""
    for n in range(1, order):
        values.append(2.0 * n / x * values[n] + sign * values[n - 1])
    return values[order]


def bessel_i_kernel(x: Array, order: int, scaled: bool) -> Array:
    """I of whole order, of a float64 array; times exp(-abs(x)) if `scaled`."""
    order = abs(order)
    size = np.abs(x)
    result = np.full_like(x, np.nan)
    near, far = size <= 2.0, size > max(_FAR, 2.0 * order * order)
    middle = ~near & ~far & ~np.isnan(x)
    y = size[near]
    result[near] = _power_series(order, y, 1.0) * (np.exp(-y) if scaled else 1.0)
    y = size[middle]
    if y.size:
        result[middle] = _miller(order, y, 1.0)[order] * (1.0 if scaled else np.exp(y))
    y = size[far]
    terms = _hankel_terms(order, -y)
    series = sum(terms[1:], terms[0])
    if scaled:
        result[far] = series / np.sqrt(2.0 * math.pi * y)
    else:
        # In two factors, so that the result overflows last.
        half = np.exp(0.5 * y)
        result[far] = half * (series / np.sqrt(2.0 * math.pi * y)) * half
        result[np.isinf(x)] = np.inf
    return np.where(x < 0, (-1.0) ** order, 1.0) * result


def _modified_near(x: Array) -> list[Array]:
    """K_0 and K_1 for 0 < x <= 1."""
    logarithm = np.log(0.5 * x) + _EULER
    zero, one = _with_logarithm(x, 1.0)
    zero = zero - logarithm * _power_series(0, x, 1.0)
    one = logarithm * _power_series(1, x, 1.0) - one + 1.0 / x
    return [zero, one]


def modified_k(order: float, x: Array) -> Array:
    """exp(x) K of any order for x > 1: the integral of exp(-x (cosh t - 1)) cosh(order t).

    The trapezoidal rule converges exponentially here (DLMF 10.32.9 and 3.5(i)).
    """
    step = 0.1
    total = np.full_like(x, 0.5)
    for k in range(1, 56):
        t = k * step
        total = total + np.exp(-x * (2.0 * math.sinh(0.5 * t) ** 2)) * math.cosh(order * t)
    return step * total


def bessel_k_kernel(x: Array, order: int, scaled: bool) -> Array:
    """K of whole order, of a float64 array; times exp(x) if `scaled`."""
    order = abs(order)
    result = np.full_like(x, np.nan)
    result[x == 0] = np.inf
    near = (x > 0) & (x <= 1.0)
    y = x[near]
    result[near] = _raised(_modified_near(y), y, order, 1.0) * (np.exp(y) if scaled else 1.0)
    middle = (x > 1.0) & (x <= _FAR)
    y = x[middle]
    found = [modified_k(0.0, y), modified_k(1.0, y)]
    result[middle] = _raised(found, y, order, 1.0) * (1.0 if scaled else np.exp(-y))
    y = x[x > _FAR]
    ends: list[Array] = []
    for n in (0, 1):
        terms = _hankel_terms(n, y)
        ends.append(sum(terms[1:], terms[0]) * np.sqrt(math.pi / (2.0 * y)))
    result[x > _FAR] = _raised(ends, y, order, 1.0) * (1.0 if scaled else np.exp(-y))
    return result


def spherical_kernel(x: Array, order: int) -> Array:
    """The spherical Bessel function j of whole order, of a float64 or complex128 array."""
    size = np.abs(x)
    near = size <= order + 1.0
    result = np.empty_like(x)
    y = x[near]
    term = np.ones_like(y)
    for k in range(1, order + 1):
        term = term * y / (2 * k + 1)
    total = term
    for k in range(1, 16 + 2 * order):
        term = term * (-0.5 * y * y) / (k * (2 * (k + order) + 1))
        total = total + term
    result[near] = total
    y = x[~near]
    inverse = 1.0 / y
    values = [np.sin(y) * inverse]
    values.append((values[0] - np.cos(y)) * inverse)
    for n in range(1, order):
        values.append((2 * n + 1) * inverse * values[n] - values[n - 1])
    result[~near] = (
        np.where(np.isinf(y), 0.0, values[order]) if x.dtype.kind == "f" else values[order]
    )
    return result


# Ai and its derivative at -10, -9, ..., 2.
_AIRY = (
    (0.040241238486443190689, 0.9962650441327900559),
    (-0.022133721547341403674, -0.97566398092633159471),
    (-0.052705050356386202622, 0.93556093819830655103),
    (0.18428083525050563728, -0.77100816841012654773),
    (-0.32914517362982310523, 0.34593548728134289493),
    (0.35076100902411431979, 0.32719281855444313679),
    (-0.070265532949289515099, -0.7906285753685813803),
    (-0.37881429367765807435, 0.31458376921659881365),
    (0.22740742820168557599, 0.61825902074169104141),
    (0.5355608832923521188, -0.010160567116645209395),
    (0.35502805388781723926, -0.25881940379280679841),
    (0.13529241631288141552, -0.15914744129679321279),
    (0.034924130423274379135, -0.053090384433653631704),
)  # fmt: skip


def _airy_near(x: Array, derivative: int) -> Array:
    """Taylor's series of y'' = x y about the nearest whole number (DLMF 9.2.1), -10.5 to 2.5."""
    centre = np.rint(x)
    table = np.asarray(_AIRY)[(centre + 10).astype(np.int64)]
    h = x - centre
    before, here, after = np.zeros_like(x), table[:, 0], table[:, 1]
    value, slope, power = here + after * h, after.copy(), h
    for n in range(24):
        before, here, after = here, after, (centre * here + before) / ((n + 1) * (n + 2))
        slope = slope + (n + 2) * after * power
        power = power * h
        value = value + after * power
    return slope if derivative else value


def airy_kernel(x: Array, derivative: int) -> Array:
    """Ai of a float64 array, or its derivative."""
    result = np.full_like(x, np.nan)
    near = (x >= -10.0) & (x <= 2.0)
    result[near] = _airy_near(x[near], derivative)
    right = x > 2.0
    y = x[right]
    zeta = 2.0 / 3.0 * y * np.sqrt(y)
    order = 2.0 / 3.0 if derivative else 1.0 / 3.0
    scale = -y / (math.pi * math.sqrt(3.0)) if derivative else np.sqrt(y / 3.0) / math.pi
    result[right] = np.where(
        zeta > 760.0, 0.0, scale * _scaled_k_right(order, zeta) * np.exp(-zeta)
    )
    left = x < -10.0
    y = -x[left]
    zeta = 2.0 / 3.0 * y * np.sqrt(y)
    result[left] = np.where(np.isinf(y), 0.0, _airy_left(y, zeta, derivative))
    return result


def _scaled_k_right(order: float, zeta: Array) -> Array:
    terms = _hankel_terms(order, zeta)
    return np.where(
        zeta > _FAR,
        sum(terms[1:], terms[0]) * np.sqrt(math.pi / (2.0 * zeta)),
        modified_k(order, np.minimum(zeta, _FAR)),
    )


def _airy_left(y: Array, zeta: Array, derivative: int) -> Array:
    """Far on the left (DLMF 9.7.9, 9.7.10)."""
    terms = _hankel_terms(2.0 / 3.0 if derivative else 1.0 / 3.0, zeta)
    even = sum((-1.0) ** k * term for k, term in enumerate(terms[0::2]))
    odd = sum((-1.0) ** k * term for k, term in enumerate(terms[1::2]))
    angle = zeta - 0.25 * math.pi
    if derivative:
        wave = np.sin(angle) * even + np.cos(angle) * odd
        return np.sqrt(np.sqrt(y)) / math.sqrt(math.pi) * wave
    wave = np.cos(angle) * even - np.sin(angle) * odd
    return wave / (math.sqrt(math.pi) * np.sqrt(np.sqrt(y)))


# ---- declarations -------------------------------------------------------------------------------


def _same(shapes: Any, dtypes: Any, params: Any) -> Any:
    return [(shapes[0], dtypes[0])]


def _in_double(kernel: Callable[..., Array], x: Any, **params: Any) -> Any:
    wide = np.asarray(x, np.complex128 if x.dtype.kind == "c" else np.float64)
    return kernel(wide, **params).astype(x.dtype)


def _declared(
    slope: Callable[..., Any], params: Sequence[dict[str, Any]], low: float
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a function of one tensor and fixed parameters by its derivative."""

    def product(site: Any, g: Any) -> Any:
        found = slope(site.value(0), **site.params)
        return (mul(g, conj(found) if found._data.dtype.kind == "c" else found),)

    def drawn(shape: tuple[int, ...]) -> Callable[[Any], list[Any]]:
        return lambda rng: [rng.uniform(low, 4.0, shape)]

    return other(
        abstract=_same,
        vjp=product,
        jvp=lambda site, t: (mul(t, slope(site.value(0), **site.params)),),
        keeps=(0,),
        batch=pointwise_batch,
        absence="pointwise",
        samples=[Sample(drawn(shape), p) for p, shape in zip(params, itertools.cycle(_SHAPES))],
    )


_SHAPES: tuple[tuple[int, ...], ...] = ((2, 3), (), (0, 2))
_ORDERS: list[dict[str, Any]] = [{"order": 0}, {"order": 1}, {"order": 2}]
_SCALED: list[dict[str, Any]] = [
    {"order": n, "scaled": scaled} for scaled in (False, True) for n in (0, 1)
]


def _mean(lower: Any, upper: Any, sign: float) -> Any:
    return mul(add(lower, upper) if sign > 0 else sub(lower, upper), 0.5)


def _slope_of_j(x: Any, order: int) -> Any:
    return _mean(bessel_j(x, order=order - 1), bessel_j(x, order=order + 1), -1.0)


@_declared(_slope_of_j, _ORDERS, -4.0)
def bessel_j(x: Any, order: int) -> Any:
    """The Bessel function of the first kind, of whole order."""
    return _in_double(bessel_j_kernel, x, order=order)


def _slope_of_y(x: Any, order: int) -> Any:
    return _mean(bessel_y(x, order=order - 1), bessel_y(x, order=order + 1), -1.0)


@_declared(_slope_of_y, _ORDERS, 0.5)
def bessel_y(x: Any, order: int) -> Any:
    """The Bessel function of the second kind, of whole order."""
    return _in_double(bessel_y_kernel, x, order=order)


def _slope_of_i(x: Any, order: int, scaled: bool) -> Any:
    lower = bessel_i(x, order=order - 1, scaled=scaled)
    slope = _mean(lower, bessel_i(x, order=order + 1, scaled=scaled), 1.0)
    return sub(slope, mul(sign(x), bessel_i(x, order=order, scaled=True))) if scaled else slope


@_declared(_slope_of_i, _SCALED, -4.0)
def bessel_i(x: Any, order: int, scaled: bool) -> Any:
    """The modified Bessel function of the first kind; times exp(-abs(x)) if `scaled`."""
    return _in_double(bessel_i_kernel, x, order=order, scaled=scaled)


def _slope_of_k(x: Any, order: int, scaled: bool) -> Any:
    lower = bessel_k(x, order=order - 1, scaled=scaled)
    slope = neg(_mean(lower, bessel_k(x, order=order + 1, scaled=scaled), 1.0))
    return add(slope, bessel_k(x, order=order, scaled=True)) if scaled else slope


@_declared(_slope_of_k, _SCALED, 0.5)
def bessel_k(x: Any, order: int, scaled: bool) -> Any:
    """The modified Bessel function of the second kind; times exp(x) if `scaled`."""
    return _in_double(bessel_k_kernel, x, order=order, scaled=scaled)


def _slope_of_spherical(x: Any, order: int) -> Any:
    if order == 0:
        return neg(spherical_bessel_j(x, order=1))
    lower = mul(spherical_bessel_j(x, order=order - 1), order / (2 * order + 1))
    return sub(lower, mul(spherical_bessel_j(x, order=order + 1), (order + 1) / (2 * order + 1)))


@_declared(_slope_of_spherical, _ORDERS, -4.0)
def spherical_bessel_j(x: Any, order: int) -> Any:
    """The spherical Bessel function of the first kind; of order 0 it is sin(x) / x."""
    return _in_double(spherical_kernel, x, order=order)


def _slope_of_airy(x: Any, derivative: int) -> Any:
    return mul(x, airy(x, derivative=0)) if derivative else airy(x, derivative=1)


@_declared(_slope_of_airy, [{"derivative": 0}, {"derivative": 1}], -4.0)
def airy(x: Any, derivative: int) -> Any:
    """Airy's function Ai (DLMF 9.2.1), or its derivative."""
    return _in_double(airy_kernel, x, derivative=derivative)
