"""erf and erfc of NumPy arrays, which NumPy itself does not have.

Rational approximations of W. J. Cody, Rational Chebyshev approximations for the error function,
Mathematics of Computation 23 (1969), in float64; each of the three ranges is computed only for the
elements that lie in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_SMALL, _LARGE, _UNDERFLOW = 0.46875, 4.0, 26.6
_ROOT = 0.56418958354775628695  # 1 / sqrt(pi)

# Numerators and denominators, highest power first.
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip


def _ratio(x: Array, parts: tuple[tuple[float, ...], tuple[float, ...]]) -> Array:
    """The quotient of two polynomials, by Horner's rule."""
    results: list[Array] = []
    for coefficients in parts:
        total = np.full_like(x, coefficients[0])
        for coefficient in coefficients[1:]:
            total *= x
            total += coefficient
        results.append(total)
    return results[0] / results[1]


def _scaled_tail(y: Array) -> Array:
    """exp(y**2) erfc(y) of y > 0.46875."""
    result = np.zeros_like(y)
    middle = y <= _LARGE
    result[middle] = _ratio(y[middle], _MIDDLE)
    far = y[~middle]
    inverse = 1.0 / far / far
    result[~middle] = (_ROOT - inverse * _ratio(inverse, _FAR)) / far
    return result


def exp_of_square(y: Array, sign: float) -> Array:
    """exp(sign y**2), the square split so that the argument of the larger part is exact."""
    rough = np.trunc(y * 16.0) / 16.0
    rest = (y - rough) * (y + rough)
    return np.exp(sign * rough * rough) * np.exp(sign * rest)


def _tail(y: Array) -> Array:
    """erfc of y > 0.46875."""
    return _scaled_tail(y) * exp_of_square(y, -1.0)


def scaled_erfc(x: Array) -> Array:
    """exp(x**2) erfc(x) of a float64 array."""
    result = np.full_like(x, np.nan)
    small = np.abs(x) <= _SMALL
    y = x[small]
    result[small] = np.exp(y * y) * (1.0 - y * _ratio(y * y, _NEAR))
    right = x > _SMALL
    result[right] = _scaled_tail(x[right])
    left = x < -_SMALL
    y = np.minimum(-x[left], 30.0)
    result[left] = 2.0 * exp_of_square(y, 1.0) - _scaled_tail(y)
    return result


def error_function(x: Array, complement: bool) -> Array:
    """erf of an array, or erfc with `complement`, in its dtype."""
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    result = np.full(wide.shape, np.nan)
    small = size <= _SMALL
    inside = wide[small]
    near = inside * _ratio(inside * inside, _NEAR)
    result[small] = 1.0 - near if complement else near
    large = size > _SMALL
    outside = wide[large]
    tail = _tail(np.minimum(size[large], _UNDERFLOW + 2.0))
    if complement:
        result[large] = np.where(outside < 0, 2.0 - tail, tail)
    else:
        result[large] = np.copysign(1.0 - tail, outside)
    return result.astype(x.dtype)
