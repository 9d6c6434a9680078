"""Special functions over their whole domain: mpmath at 40 digits, limits, and derivatives far out.

The bounds are those of docs/accuracy.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import wengert as w

mp = mpmath.mp.clone()
mp.dps = 40
EPS = 2.0**-52
INF, NAN = math.inf, math.nan


def _log_spaced(low: float, high: float, count: int) -> np.ndarray:
    return 10 ** np.linspace(low, high, count)


POSITIVE = np.concatenate(
    [_log_spaced(-200, 200, 41), _log_spaced(-3, 2, 40), [1 + 1e-9, 2 - 1e-9]]
)
REAL = np.concatenate([np.linspace(-30, 30, 61), _log_spaced(-8, 3, 23), -_log_spaced(-8, 3, 23)])
RIGHT = np.concatenate([np.linspace(0.05, 60, 60), _log_spaced(-8, 3, 23)])
UNIT = np.concatenate([np.linspace(0.01, 0.99, 40), _log_spaced(-200, -1, 40)])
SMALL = _log_spaced(-12, -3, 10)
BROKEN = -np.linspace(0.05, 40.05, 60)


def _slope(_: Any) -> Any:
    """Marks a row whose function is to be differentiated first."""


def _log_ndtr(x: Any) -> Any:
    return mp.log(mp.ncdf(x)) if x < 0 else mp.log1p(-mp.ncdf(-x))


def _k1e(x: Any) -> Any:
    return mp.besselk(1, x) * mp.exp(x)


def _hypot(x: Any) -> Any:
    return mp.hypot(x, mp.mpf(float(x) / 3))


def _softplus(x: Any) -> Any:
    return w.logaddexp(x, 0 * x)


def _trigamma(x: Any) -> Any:
    return mp.zeta(2, x)


# name, function, exact function, points, bound in units of eps, smallest size that errors count by
ACCURATE: list[tuple[str, Any, Any, Any, float, float]] = [
    ("lgamma", w.lgamma, mp.loggamma, POSITIVE, 4, 0.0),
    ("lgamma left of 0", w.lgamma, lambda x: mp.log(abs(mp.gamma(x))), BROKEN, 8, 1.0),
    ("digamma", w.digamma, mp.digamma, POSITIVE, 8, 1.0),
    ("digamma left of 0", w.digamma, mp.digamma, BROKEN, 16, 1.0),
    ("polygamma 1", lambda x: w.polygamma(1, x), _trigamma, POSITIVE[41:], 8, 0.0),
    ("polygamma 1 left of 0", lambda x: w.polygamma(1, x), _trigamma, BROKEN, 16, 0.0),
    ("polygamma 1 just below 0", lambda x: w.polygamma(1, x), _trigamma, -SMALL, 8, 0.0),
    ("polygamma 5", lambda x: w.polygamma(5, x), lambda x: mp.psi(5, x), POSITIVE[41:], 40, 0.0),
    ("zeta", lambda x: w.special.zeta(1.5, x), lambda x: mp.zeta(1.5, x), RIGHT, 8, 0.0),
    ("zeta far", lambda x: w.special.zeta(40.0, x), lambda x: mp.zeta(40, x), RIGHT[:40], 40, 0.0),
    ("erfinv", w.erfinv, mp.erfinv, np.linspace(-0.9995, 0.9995, 40), 8, 0.0),
    ("erfcx", w.special.erfcx, lambda x: mp.exp(x * x) * mp.erfc(x), REAL[REAL > -26], 12, 0.0),
    ("log_ndtr", w.special.log_ndtr, _log_ndtr, REAL[REAL < 30], 12, 0.0),
    ("ndtr", w.special.ndtr, mp.ncdf, np.linspace(-8, 8, 40), 80, 0.0),
    ("i0", w.i0, lambda x: mp.besseli(0, x), REAL[abs(REAL) < 700], 12, 0.0),
    ("i1e", w.special.i1e, lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), REAL, 12, 0.0),
    ("k0", w.special.modified_bessel_k0, lambda x: mp.besselk(0, x), RIGHT[:80:8], 16, 0.0),
    ("k1e", w.special.scaled_modified_bessel_k1, _k1e, RIGHT[:80:8], 12, 0.0),
    ("j0", w.special.bessel_j0, lambda x: mp.besselj(0, x), REAL, 4, 1.0),
    ("j1", w.special.bessel_j1, lambda x: mp.besselj(1, x), REAL, 4, 1.0),
    ("y0", w.special.bessel_y0, lambda x: mp.bessely(0, x), RIGHT[::3], 8, 1.0),
    ("y1", w.special.bessel_y1, lambda x: mp.bessely(1, x), RIGHT[::3], 8, 1.0),
    ("airy_ai", w.special.airy_ai, mp.airyai, np.linspace(-20, 5, 60), 40, 1.0),
    ("xlog1py", lambda x: w.special.xlog1py(3.0, x), lambda x: 3 * mp.log1p(x), POSITIVE, 4, 0.0),
    ("logit", w.logit, lambda x: mp.log(x / (1 - x)), UNIT, 4, 0.0),
    ("sinc", w.sinc, lambda x: mp.sinc(mp.pi * x), REAL[abs(REAL) < 9], 40, 1.0),
    ("log10", w.log10, mp.log10, POSITIVE, 4, 0.0),
    ("log2", w.log2, lambda x: mp.log(x, 2), POSITIVE, 4, 0.0),
    ("exp2", w.exp2, lambda x: mp.mpf(2) ** x, REAL, 4, 0.0),
    ("log1p", w.log1p, mp.log1p, POSITIVE, 4, 0.0),
    ("expm1", w.expm1, mp.expm1, REAL[abs(REAL) < 700], 4, 0.0),
    ("hypot", lambda x: w.hypot(x, x / 3), _hypot, POSITIVE, 4, 0.0),
    ("logaddexp", _softplus, lambda x: mp.log(1 + mp.exp(x)), REAL, 4, 0.0),
    ("slope of lgamma", _slope, w.lgamma, POSITIVE[41:], 8, 1.0),
    ("slope of digamma", _slope, w.digamma, _log_spaced(-3, 3, 30), 8, 0.0),
    ("slope of erfcx", _slope, w.special.erfcx, REAL[(REAL > -20) & (REAL < 500)], 40, 0.0),
    ("slope of log_ndtr", _slope, w.special.log_ndtr, REAL[(REAL > -500) & (REAL < 12)], 160, 0.0),
    ("slope of expm1", _slope, w.expm1, np.linspace(-40, 40, 30), 4, 0.0),
    ("slope of log1p", _slope, w.log1p, POSITIVE[15:], 4, 0.0),
    ("slope of sinc", _slope, w.sinc, np.concatenate([_log_spaced(-8, 0, 20)]), 40, 0.0),
    ("slope of i1e", _slope, w.special.i1e, RIGHT[RIGHT < 30], 40, 0.1),
    ("slope of logaddexp", _slope, _softplus, np.linspace(-40, 40, 30), 8, 0.0),
]  # fmt: skip

SLOPES: dict[str, Callable[[Any], Any]] = {
    "lgamma": mp.digamma,
    "digamma": _trigamma,
    "erfcx": lambda x: 2 * x * mp.exp(x * x) * mp.erfc(x) - 2 / mp.sqrt(mp.pi),
    "log_ndtr": lambda x: mp.npdf(x) / mp.ncdf(x),
    "expm1": mp.exp,
    "log1p": lambda x: 1 / (1 + x),
    "sinc": lambda x: (mp.cos(mp.pi * x) - mp.sinc(mp.pi * x)) / x,
    "i1e": lambda x: mp.exp(-x) * ((mp.besseli(0, x) + mp.besseli(2, x)) / 2 - mp.besseli(1, x)),
    "logaddexp": lambda x: 1 / (1 + mp.exp(-x)),
}


@pytest.mark.parametrize("row", ACCURATE, ids=[row[0] for row in ACCURATE])
def test_accuracy(row: Any) -> None:
    name, function, exact, points, bound, floor = row
    x = w.from_numpy(np.array(points))
    if function is _slope:
        found = w.func.grad(lambda x: exact(x).sum())(x).numpy()
        exact = SLOPES[name.removeprefix("slope of ")]
    else:
        found = function(x).numpy()
    worst = 0.0
    for point, value in zip(points, found, strict=True):
        true = exact(mp.mpf(float(point)))
        if abs(true) < 1e-290 or abs(true) > 1e308:
            continue
        error = abs(mp.mpf(float(value)) - true) / max(abs(true), mp.mpf(floor)) / EPS
        worst = max(worst, float(error))
    assert worst <= bound, worst


@pytest.mark.parametrize(
    ("a", "x"),
    [
        (a, a * r)
        for a in (1e-3, 0.3, 1.0, 2.5, 12.0, 80.0, 150.0, 2000.0)
        for r in (0.3, 0.8, 1, 1.3)
    ],
)
def test_incomplete_gamma(a: float, x: float) -> None:
    first, second = w.tensor(a, dtype="float64"), w.tensor(x, dtype="float64")
    lower = mp.gammainc(a, 0, x, regularized=True)
    upper = mp.gammainc(a, x, mp.inf, regularized=True)
    for found, true in ((w.igamma(first, second), lower), (w.igammac(first, second), upper)):
        if true > 1e-290:
            assert abs(found.item() - true) <= 2000 * EPS * true


def test_incomplete_gamma_far_out() -> None:
    # Known digits: scipy.special 1.17 and the normal limit.
    a = w.tensor([1e10, 1e10, 1e5, 1e300], dtype="float64")
    x = w.tensor([1e10, 1e10 + 3e5, 101000.0, 1e300], dtype="float64")
    expected = [0.5000013298076014, 0.9986499837833082, 0.9991915784870744, 0.5]
    np.testing.assert_allclose(w.igamma(a, x).numpy(), expected, rtol=1e-11)


LIMITS: list[tuple[str, list[float], list[float]]] = [
    ("lgamma", [0.0, -0.0, -1.0, INF, -INF, NAN], [INF, INF, INF, INF, INF, NAN]),
    ("digamma", [0.0, -0.0, -1.0, INF, -INF, NAN], [-INF, INF, NAN, INF, NAN, NAN]),
    ("erfinv", [-1.0, 1.0, 1.5, 0.0, NAN], [-INF, INF, NAN, 0.0, NAN]),
    ("special.ndtri", [0.0, 1.0, -0.1, 0.5, NAN], [-INF, INF, NAN, 0.0, NAN]),
    ("special.entr", [0.0, -1.0, INF, NAN], [0.0, -INF, -INF, NAN]),
    ("special.erfcx", [-30.0, INF, -INF, NAN], [INF, 0.0, INF, NAN]),
    ("special.log_ndtr", [INF, -INF, -1e5, NAN], [0.0, -INF, -5000000012.431864, NAN]),
    ("special.bessel_j0", [0.0, INF, -INF, NAN], [1.0, 0.0, 0.0, NAN]),
    ("special.bessel_y0", [0.0, -1.0, INF, NAN], [-INF, NAN, 0.0, NAN]),
    ("special.bessel_y1", [0.0, -1.0, INF, NAN], [-INF, NAN, 0.0, NAN]),
    ("special.modified_bessel_k0", [0.0, -1.0, INF, NAN], [INF, NAN, 0.0, NAN]),
    ("special.scaled_modified_bessel_k1", [0.0, -1.0, NAN], [INF, NAN, NAN]),
    ("i0", [0.0, INF, -INF, NAN], [1.0, INF, INF, NAN]),
    ("special.i1", [0.0, INF, -INF, NAN], [0.0, INF, -INF, NAN]),
    ("special.i0e", [0.0, INF, -INF, NAN], [1.0, 0.0, 0.0, NAN]),
    ("special.airy_ai", [INF, -INF, NAN, 200.0], [0.0, 0.0, NAN, 0.0]),
    ("special.spherical_bessel_j0", [0.0, INF, -INF, NAN], [1.0, 0.0, 0.0, NAN]),
    ("logit", [0.0, 1.0, -0.1, 1.1, NAN], [-INF, INF, NAN, NAN, NAN]),
]


@pytest.mark.parametrize(("name", "points", "expected"), LIMITS, ids=[row[0] for row in LIMITS])
def test_limits(name: str, points: list[float], expected: list[float]) -> None:
    function: Any = w
    for part in name.split("."):
        function = getattr(function, part)
    found = function(w.tensor(points, dtype="float64")).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_limits_of_functions_of_two() -> None:
    def both(function: Any, *columns: list[float]) -> list[float]:
        return function(*[w.tensor(column, dtype="float64") for column in columns]).tolist()

    assert str(both(w.xlogy, [0, 0, 0, 1], [0, INF, NAN, 0])) == "[0.0, 0.0, nan, -inf]"
    assert str(both(w.special.xlog1py, [0, 0, 0, 1], [-1, INF, NAN, -1])) == "[0.0, 0.0, nan, -inf]"
    zeta = both(w.special.zeta, [1, 0.5, 2, 2, 2.5, 300, 300], [3, 3, -1, INF, -0.5, 0.5, 12])
    assert str(zeta[:5]) == "[inf, nan, inf, 0.0, nan]"
    assert zeta[5] == pytest.approx(2.0**300) and zeta[6] == 0.0
    assert str(both(w.igamma, [0, 0, 1, INF, 1, -1, 1], [0, 1, INF, 1, 0, 1, -1])) == (
        "[nan, 1.0, 1.0, 0.0, 0.0, nan, nan]"
    )


def test_polynomials_of_a_negative_or_broken_degree() -> None:
    x = w.tensor([0.3, 0.3, 0.3])
    n = w.tensor([-1.0, 1.5, 2.0])
    np.testing.assert_allclose(
        w.special.hermite_polynomial_h(x, n).numpy(), [0.0, 0.6, -1.64], rtol=1e-6
    )
    assert w.special.legendre_polynomial_p(2.0, n).tolist() == [0.0, 2.0, 5.5]


def test_wrong_orders_are_refused() -> None:
    with pytest.raises(ValueError, match="the order -1"):
        w.polygamma(-1, w.ones(1))
    with pytest.raises(ValueError, match="p must be at least 1"):
        w.mvlgamma(w.ones(1), 0)
    with pytest.raises(w.errors.DtypeError, match="i0: expected a real tensor"):
        w.i0(w.tensor([1j]))


def test_single_precision_is_rounded_once() -> None:
    x = np.linspace(0.1, 20, 50)
    for name in ("lgamma", "digamma", "i0"):
        narrow = getattr(w, name)(w.from_numpy(x.astype(np.float32)))
        wide = getattr(w, name)(w.from_numpy(x.astype(np.float32).astype(np.float64)))
        np.testing.assert_array_equal(narrow.numpy(), wide.numpy().astype(np.float32))
