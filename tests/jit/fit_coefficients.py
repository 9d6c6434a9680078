"""Fits the polynomials of the native elementwise functions, and writes their table.

    python -m tests.jit.fit_coefficients

Each polynomial approximates what is left of a function once the part that must be exact is taken
away: exp(r) = 1 + r + r^2 P(r), for example. Chebyshev interpolation with 60 digits, then one
rounding to the dtype of use. The number of terms is the least for which the error, in the place
where the polynomial is used, stays well below one unit in the last place. erf is fitted by Remez'
exchange instead: how accurate its polynomials must be varies much over their intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
import numpy

TABLE = Path(__file__).parents[2] / "src/wengert/_jit/vector_math/coefficients.py"
HEADER = '''"""Coefficients of the polynomials, highest power first.

Written by `python -m tests.jit.fit_coefficients`; the formulas that use them say what they stand
for. Values of f32 are float32 values. TWO_OVER_PI: 64 zeros, then the bits of 2 / pi
behind the point.
"""

from __future__ import annotations

# fmt: off
COEFFICIENTS: dict[str, tuple[float, ...]] = {
'''
DIGITS = 60
mp = mpmath.mp.clone()
mp.dps = DIGITS


@dataclass(frozen=True)
class Fit:
    """A function on an interval, the number of terms, and what its error is multiplied by."""

    function: Callable[[Any], Any]
    interval: tuple[float, float]
    terms: dict[str, int]
    weight: Callable[[Any], Any]
    """The error of the polynomial times this is the relative error of the result."""
    minimax: bool = False
    """Whether that product is made as small as it can be, instead of interpolating."""


def _near_zero(value: Callable[[Any], Any], series: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`value`, but its series where it is a quotient of two tiny numbers."""
    return lambda t: series(t) if abs(t) < mp.mpf(10) ** -20 else value(t)


def _erfcx(x: Any) -> Any:
    return mp.erfc(x) * mp.exp(x * x)


def _erfcx_of(t: Any, centre: str) -> Any:
    """erfcx(x) for t = (x - c) / (x + c)."""
    return _erfcx(mp.mpf(centre) * (1 + t) / (1 - t))


FITS: dict[str, Fit] = {
    # exp(r) = 1 + r + r^2 P(r), |r| <= ln(2) / 2
    "exp": Fit(
        _near_zero(lambda r: (mp.exp(r) - 1 - r) / r**2, lambda r: mp.mpf(1) / 2 + r / 6),
        (-0.3475, 0.3475),
        {"f32": 5, "f64": 10},
        lambda r: r * r / mp.exp(r),
    ),
    # log(1 + f) = f - f^2 / 2 + f^3 P(f)
    "log": Fit(
        _near_zero(lambda f: (mp.log1p(f) - f + f * f / 2) / f**3, lambda f: mp.mpf(1) / 3 - f / 4),
        (-0.2935, 0.4146),
        {"f32": 9},
        lambda f: f**3 / mp.log1p(f) if f else 0,
    ),
    # log((1 + s) / (1 - s)) = 2 s + s^3 P(s^2)
    "log_quotient": Fit(
        _near_zero(
            lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z,
            lambda z: mp.mpf(2) / 3 + 2 * z / 5,
        ),
        (0, 0.02946),
        {"f64": 7},
        lambda z: z / 2,
    ),
    # erf(x) = x + x P(x^2), |x| <= 7 / 8
    "erf": Fit(
        _near_zero(
            lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1,
            lambda z: 2 / mp.sqrt(mp.pi) * (1 - z / 3) - 1,
        ),
        (0, 0.765625),
        {"f32": 6, "f64": 11},
        lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)) if z else mp.sqrt(mp.pi) / 2,
        minimax=True,
    ),
    # erf(x) = 1 - exp(-x^2) P(x - 1.25), 7 / 8 <= x <= 4; beyond, the result is 1
    "erf_tail": Fit(
        lambda u: _erfcx(u + 1.25),
        (-0.375, 2.75),
        {"f32": 9},
        lambda u: mp.exp(-((u + 1.25) ** 2)),
        minimax=True,
    ),
    # erf(x) = 1 - exp(-x^2) P((x - 2.4) / (x + 2.4)), 7 / 8 <= x <= 6; beyond, the result is 1
    "erf_tail_quotient": Fit(
        lambda t: _erfcx_of(t, "2.4"),
        (-0.4657, 0.4286),
        {"f64": 13},
        lambda t: (lambda x: mp.exp(-x * x))(mp.mpf("2.4") * (1 + t) / (1 - t)),
        minimax=True,
    ),
    # erfc(x) = exp(-x^2) P((x - 3) / (x + 3)) / (1 + 2 x), 0.46 <= x; beyond 27.3 the result is 0
    "erfc": Fit(
        lambda t: _erfcx_of(t, "3") * (1 + 6 * (1 + t) / (1 - t)),
        (-0.7343, 0.8022),
        {"f64": 22},
        lambda t: 1 / _erfcx_of(t, "3") / (1 + 6 * (1 + t) / (1 - t)),
    ),
    # sin(r) = r + r^3 P(r^2), |r| <= pi / 4 and a little
    "sin": Fit(
        _near_zero(
            lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, lambda z: -mp.mpf(1) / 6 + z / 120
        ),
        (0, 0.6225),
        {"f32": 4, "f64": 7},
        lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)) if z else 0,
    ),
    # cos(r) = 1 - r^2 / 2 + r^4 P(r^2)
    "cos": Fit(
        _near_zero(
            lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, lambda z: mp.mpf(1) / 24 - z / 720
        ),
        (0, 0.6225),
        {"f32": 3, "f64": 6},
        lambda z: z * z / mp.cos(mp.sqrt(z)),
    ),
    # atan(t) = t + t^3 P(t^2), |t| <= tan(pi / 8)
    "atan": Fit(
        _near_zero(
            lambda z: (mp.atan(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, lambda z: -mp.mpf(1) / 3 + z / 5
        ),
        (0, 0.1717),
        {"f32": 5, "f64": 11},
        lambda z: z * mp.sqrt(z) / mp.atan(mp.sqrt(z)) if z else 0,
    ),
    # asin(t) = t + t^3 P(t^2), |t| <= 1 / 2
    "asin": Fit(
        _near_zero(
            lambda z: (mp.asin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
            lambda z: mp.mpf(1) / 6 + 3 * z / 40,
        ),
        (0, 0.25),
        {"f32": 6, "f64": 13},
        lambda z: z * mp.sqrt(z) / mp.asin(mp.sqrt(z)) if z else 0,
    ),
}


def _interpolation(fit: Fit, terms: int) -> list[Any]:
    """Coefficients, highest power first, of the interpolation at the roots of T_terms."""
    low, high = (mp.mpf(end) for end in fit.interval)
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [mp.cos(mp.pi * (2 * k + 1) / (2 * terms)) for k in range(terms)]
    values = [fit.function(middle + half * node) for node in nodes]
    # Sum over j of c_j T_j(u), u = (t - middle) / half, by Clenshaw's recurrence on polynomials.
    after, last = [mp.mpf(0)], [mp.mpf(0)]
    for j in range(terms - 1, -1, -1):
        scale = mp.mpf(1 if j == 0 else 2) / terms
        c = scale * sum(
            value * mp.cos(j * mp.pi * (2 * k + 1) / (2 * terms)) for k, value in enumerate(values)
        )
        by_u = _sum([a / half for a in [*after, mp.mpf(0)]], [-a * middle / half for a in after])
        factor = 1 if j == 0 else 2
        new = _sum([factor * a for a in by_u], [-a for a in last])
        after, last = _sum(new, [c]), after
    return after[-terms:]


def _minimax(fit: Fit, terms: int) -> list[Any]:
    """Coefficients, highest power first, that make the largest weighted error the least.

    Remez: weighted errors of alternating sign and equal size at terms + 1 points; then the points
    move to the extrema of the error (E. W. Cheney, Introduction to Approximation Theory, 3.8).
    """
    low, high = (mp.mpf(end) for end in fit.interval)
    middle, half = (low + high) / 2, (high - low) / 2
    grid = [middle - half * mp.cos(mp.pi * k / 240) for k in range(241)]
    values, weights = map(fit.function, grid), map(fit.weight, grid)
    known = dict(zip(grid, zip(values, weights)))
    points = [grid[240 * k // terms] for k in range(terms + 1)]
    while True:
        rows = [
            [*(t**power for power in range(terms - 1, -1, -1)), (-1) ** k / known[t][1]]
            for k, t in enumerate(points)
        ]
        *coefficients, level = mp.lu_solve(
            mp.matrix(rows), mp.matrix([known[t][0] for t in points])
        )
        errors = {t: w * (_value(coefficients, t) - f) for t, (f, w) in known.items()}
        if max(map(abs, errors.values())) < abs(level) * mp.mpf("1.02"):
            return coefficients
        points = []
        for t in grid:
            if not points or (errors[t] > 0) != (errors[points[-1]] > 0):
                points.append(t)
            elif abs(errors[t]) > abs(errors[points[-1]]):
                points[-1] = t
        while len(points) > terms + 1:
            points.pop(0 if abs(errors[points[0]]) < abs(errors[points[-1]]) else -1)


def _sum(a: list[Any], b: list[Any]) -> list[Any]:
    """The sum of two polynomials, highest power first."""
    size = max(len(a), len(b))
    pad = [mp.mpf(0)] * size
    return [x + y for x, y in zip([*pad, *a][-size:], [*pad, *b][-size:])]


def _value(coefficients: Sequence[Any], t: Any) -> Any:
    result = mp.mpf(0)
    for coefficient in coefficients:
        result = result * t + coefficient
    return result


def fitted(name: str) -> dict[str, list[float]]:
    """The coefficients of one polynomial for each dtype of use."""
    fit = FITS[name]
    result: dict[str, list[float]] = {}
    for dtype, terms in fit.terms.items():
        exact = (_minimax if fit.minimax else _interpolation)(fit, terms)
        round_off = numpy.float32 if dtype == "f32" else float
        result[dtype] = [float(round_off(float(c))) for c in exact]
    return result


def error_of(name: str, dtype: str, coefficients: list[float]) -> float:
    """The largest relative error that the polynomial, evaluated exactly, brings to the result."""
    fit = FITS[name]
    low, high = fit.interval
    worst = mp.mpf(0)
    for index in range(201):
        t = low + (mp.mpf(high) - low) * (1 - mp.cos(mp.pi * index / 200)) / 2
        off = _value(coefficients, t) - fit.function(t)
        worst = max(worst, abs(off * fit.weight(t)))
    return float(worst)


def two_over_pi() -> list[int]:
    """A zero and 20 words: the bits of 2 / pi behind the point, 64 in each word."""
    with mp.workprec(64 * 24):
        bits = int(mp.floor(2 / mp.pi * 2 ** (64 * 20)))
    return [0] + [bits >> (64 * (19 - index)) & (2**64 - 1) for index in range(20)]


def table() -> str:
    """The text of the module of coefficients."""
    lines: list[str] = []
    for name in sorted(FITS):
        for dtype, coefficients in sorted(fitted(name).items()):
            lines.append(f'    "{name}.{dtype}": (')
            lines += [f"        {c!r}," for c in coefficients]
            lines.append("    ),")
    lines += ["}", "", "TWO_OVER_PI: tuple[int, ...] = ("]
    lines += [f"    0x{word:016X}," for word in two_over_pi()]
    return HEADER + "\n".join(lines) + "\n)\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    for name in sorted(FITS):
        for dtype, coefficients in sorted(fitted(name).items()):
            unit = 2.0 ** (-24 if dtype == "f32" else -53)
            print(f"{name:14} {dtype} {error_of(name, dtype, coefficients) / unit:8.4f} ulp")
