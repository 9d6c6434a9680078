"""Classical orthogonal polynomials of any degree, with their derivatives of any order.

All satisfy p[k + 1] = (a x + b) p[k] - c p[k - 1] with numbers that depend on k (DLMF 18.9);
differentiated m times, the same recurrence gives the m-th derivatives from those of one order less.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._declare.linear import other
from .._declare.samples import Sample
from .complex_numbers import pointwise_batch
from .elementwise import mul

Array = np.ndarray[Any, Any]


class Family(NamedTuple):
    """p[1] = first[0] x + first[1], and (a, b, c) of the recurrence for p[k + 1]."""

    first: tuple[float, float]
    step: Callable[[int], tuple[float, float, float]]


def _chebyshev(slope: float, shift: float) -> Family:
    return Family((slope, shift), _twice)


def _twice(k: int) -> tuple[float, float, float]:
    return 2.0, 0.0, 1.0


def _hermite_h(k: int) -> tuple[float, float, float]:
    return 2.0, 0.0, 2.0 * k


def _hermite_he(k: int) -> tuple[float, float, float]:
    return 1.0, 0.0, float(k)


def _laguerre(k: int) -> tuple[float, float, float]:
    return -1.0 / (k + 1), (2 * k + 1) / (k + 1), k / (k + 1)


def _legendre(k: int) -> tuple[float, float, float]:
    return (2 * k + 1) / (k + 1), 0.0, k / (k + 1)


FAMILIES: dict[str, Family] = {
    "chebyshev_t": _chebyshev(1.0, 0.0),
    "chebyshev_u": _chebyshev(2.0, 0.0),
    "chebyshev_v": _chebyshev(2.0, -1.0),
    "chebyshev_w": _chebyshev(2.0, 1.0),
    "hermite_h": Family((2.0, 0.0), _hermite_h),
    "hermite_he": Family((1.0, 0.0), _hermite_he),
    "laguerre": Family((-1.0, 1.0), _laguerre),
    "legendre": Family((1.0, 0.0), _legendre),
}


def _evaluated(x: Array, degree: Array, family: str, derivative: int) -> Array:
    """The m-th derivative of every degree that occurs, by one run of the recurrence."""
    (slope, shift), step = FAMILIES[family]
    rows = range(derivative + 1)
    before = [np.ones_like(x) if m == 0 else np.zeros_like(x) for m in rows]
    here = [slope * x + shift, np.full_like(x, slope), *[np.zeros_like(x)] * derivative]
    result = np.where(degree == 0, before[derivative], 0.0)
    result = np.where(degree == 1, here[derivative], result)
    for k in range(1, int(np.max(degree, initial=0.0))):
        a, b, c = step(k)
        after = [
            (a * x + b) * here[m] - c * before[m] + (m * a * here[m - 1] if m else 0.0)
            for m in rows
        ]
        before, here = here, after
        wanted = degree == k + 1
        if wanted.any():
            result = np.where(wanted, here[derivative], result)
    return result


def _slope(x: Any, degree: Any, family: str, derivative: int) -> Any:
    return polynomial(x, degree, family=family, derivative=derivative + 1)


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    vjp=lambda site, g: (mul(g, _slope(site.value(0), site.value(1), **site.params)), None),
    jvp=lambda site, t, _: (
        None if t is None else mul(t, _slope(site.value(0), site.value(1), **site.params)),
    ),
    keeps=(0, 1),
    batch=pointwise_batch,
    absence="pointwise",
    samples=[
        Sample(
            lambda rng: [rng.uniform(-1.5, 1.5, (2, 3)), rng.integers(0, 6, (2, 3))],
            {"family": family, "derivative": 0},
        )
        for family in FAMILIES
    ]
    + [
        Sample(
            lambda rng: [rng.uniform(-1.5, 1.5, ()), rng.integers(2, 6, ())],
            {"family": "legendre", "derivative": 1},
        )
    ],
)
def polynomial(x: Any, degree: Any, family: str, derivative: int) -> Any:
    """A derivative of a polynomial of a family; `degree` is a tensor of integers, 0 below 0."""
    wide = np.asarray(x, np.float64)
    return _evaluated(wide, np.asarray(degree), family, derivative).astype(x.dtype)
