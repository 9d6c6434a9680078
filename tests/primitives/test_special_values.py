"""Values at infinities, NaN, signed zeros, huge and tiny numbers, against libm and IEEE rules.

Python's own arithmetic and `math` (the C library, made to follow C99 where Python raises) are the
oracle; NumPy's loops are vectorised code of its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert
from wengert._declare.elementwise import Elementwise
from wengert._declare.registry import primitives

INF, NAN = math.inf, math.nan
POINTS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, INF, -INF, NAN, 5e-324, -5e-324, 2.3e-308, 1e-200,
    -1e-200, 1e-17, 1e200, -1e200, 1.7e308, -1.7e308, 2.0**53 + 2, 700.0, -700.0, 1e6,
]  # fmt: skip


def c99(function: Callable[..., float], pole: dict[float, float] | None = None) -> Any:
    """A function of `math` that returns what C99 returns instead of raising."""

    def at(x: float) -> float:
        if pole is not None and x in pole:
            return pole[x] if x else math.copysign(pole[x], x) if math.isinf(pole[x]) else pole[x]
        try:
            return function(x)
        except ValueError:
            return NAN
        except OverflowError:
            odd = function in (math.sinh, math.expm1) and x < 0
            return -INF if odd else INF

    return at


def _divide(x: float, y: float) -> float:
    if y:
        return x / y
    if not x or math.isnan(x):
        return NAN
    return math.copysign(INF, x) * math.copysign(1, y)


def _power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return -INF if x < 0 and y % 2 == 1 else INF
    except ValueError:
        if x:
            return NAN  # a negative number to a broken power
        return math.copysign(INF, x) if y % 2 == 1 else INF


def _extreme(larger: bool) -> Callable[[float, float], float]:
    def of(x: float, y: float) -> float:
        if math.isnan(x) or math.isnan(y):
            return NAN
        return (x if x >= y else y) if larger else (x if x <= y else y)

    return of


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: float(function(x)) if math.isfinite(x) else x


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -709 else (NAN if math.isnan(x) else 0.0)


UNARY: dict[str, Callable[[float], Any]] = {
    "absolute": abs,
    "acos": c99(math.acos),
    "acosh": c99(math.acosh),
    "asin": c99(math.asin),
    "asinh": math.asinh,
    "atan": math.atan,
    "atanh": c99(math.atanh, {1.0: INF, -1.0: -INF}),
    "ceil": _whole(math.ceil),
    "cos": c99(math.cos),
    "cosh": c99(math.cosh),
    "erf": math.erf,
    "erfc": math.erfc,
    "exp": c99(math.exp),
    "exp2": c99(math.exp2),
    "expm1": c99(math.expm1),
    "floor": _whole(math.floor),
    "isfinite": math.isfinite,
    "isnan": math.isnan,
    "log": lambda x: -INF if x == 0 else c99(math.log)(x),
    "log10": lambda x: -INF if x == 0 else c99(math.log10)(x),
    "log1p": lambda x: -INF if x == -1 else c99(math.log1p)(x),
    "log2": lambda x: -INF if x == 0 else c99(math.log2)(x),
    "neg": lambda x: -x,
    "reciprocal": lambda x: _divide(1.0, x),
    "relu": lambda x: x if x > 0 or math.isnan(x) else 0.0,
    "round": _whole(round),
    "rsqrt": lambda x: _divide(1.0, c99(math.sqrt)(x)),
    "sigmoid": _logistic,
    "sign": lambda x: x if math.isnan(x) else float((x > 0) - (x < 0)),
    "signbit": lambda x: math.copysign(1, x) < 0,
    "sin": c99(math.sin),
    "sinh": c99(math.sinh),
    "sqrt": c99(math.sqrt),
    "tan": c99(math.tan),
    "tanh": math.tanh,
    "trunc": _whole(math.trunc),
}

BINARY: dict[str, Callable[[float, float], Any]] = {
    "add": lambda x, y: x + y,
    "atan2": math.atan2,
    "copysign": math.copysign,
    "div": _divide,
    "eq": lambda x, y: x == y,
    "ge": lambda x, y: x >= y,
    "gt": lambda x, y: x > y,
    "hypot": math.hypot,
    "le": lambda x, y: x <= y,
    "lt": lambda x, y: x < y,
    "maximum": _extreme(True),
    "minimum": _extreme(False),
    "mul": lambda x, y: x * y,
    "ne": lambda x, y: x != y,
    "nextafter": math.nextafter,
    "pow": _power,
    "sub": lambda x, y: x - y,
}

ELSEWHERE = {
    *["floor_divide", "fmod", "remainder", "where"],
    "binomial_quantile",
    *["digamma", "entr", "erfinv", "exponent", "igamma", "igammac", "lgamma", "log_ndtr"],
    *["mantissa", "ndtri", "xlog1py", "xlogy", "zeta"],
}
"""Remainders and special functions have tests of their own; `where` only selects."""


def test_every_real_elementwise_primitive_is_here() -> None:
    real = {
        name
        for name, primitive in primitives.items()
        if isinstance(primitive, Elementwise) and "f" in primitive.dtypes
    }
    assert real == {*UNARY, *BINARY} | ELSEWHERE


def _compare(name: str, found: Any, expected: Any, points: Any) -> None:
    for got, want, point in zip(found, expected, points, strict=True):
        if isinstance(want, bool):
            assert got == want, (name, point)
        elif math.isnan(want):
            assert math.isnan(got), (name, point, got)
        elif want == 0 or math.isinf(want):
            assert got == want, (name, point, got)
        else:
            assert abs(got - want) <= 1e-14 * abs(want) + 1e-322, (name, point, got, want)


@pytest.mark.parametrize("name", UNARY)
def test_one_operand(name: str) -> None:
    found = primitives[name](wengert.tensor(POINTS, dtype="float64"))  # type: ignore[operator]
    _compare(name, found.tolist(), [UNARY[name](x) for x in POINTS], POINTS)


@pytest.mark.parametrize("name", BINARY)
def test_two_operands(name: str) -> None:
    pairs = list(itertools.product(POINTS, POINTS))
    x, y = (wengert.tensor(list(column), dtype="float64") for column in zip(*pairs, strict=True))
    found = primitives[name](x, y)  # type: ignore[operator]
    _compare(name, found.tolist(), [BINARY[name](*pair) for pair in pairs], pairs)


SIGNED_ZERO = ["sqrt", "sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "expm1",
    "log1p", "floor", "ceil", "trunc", "round", "erf"]  # fmt: skip


@pytest.mark.parametrize("name", SIGNED_ZERO)
def test_odd_functions_keep_the_sign_of_zero(name: str) -> None:
    found = primitives[name](wengert.tensor([0.0, -0.0], dtype="float64"))  # type: ignore[operator]
    assert numpy.signbit(found.numpy()).tolist() == [False, True]


@pytest.mark.parametrize("x", [5.5, -5.5, 6.0, -6.0, 0.0, 1e17, -1e-20])
@pytest.mark.parametrize("y", [3.0, -3.0, 0.5, 1e-3, 7e18])
def test_remainders(x: float, y: float) -> None:
    a, b = wengert.tensor(x, dtype="float64"), wengert.tensor(y, dtype="float64")
    assert wengert.remainder(a, b).item() == x % y
    assert wengert.fmod(a, b).item() == math.fmod(x, y)
    assert wengert.floor_divide(a, b).item() == x // y


def test_remainders_by_zero_are_nan() -> None:
    x, zero = wengert.tensor([1.0, -1.0]), wengert.zeros(2)
    assert wengert.remainder(x, zero).isnan().all()
    assert wengert.fmod(x, zero).isnan().all()


# ---- derivatives far out ------------------------------------------------------------------------

FAR: list[tuple[str, float, float]] = [
    ("exp", 710.0, INF),
    ("exp", -800.0, 0.0),
    ("expm1", -800.0, 0.0),
    ("expm1", 1e-20, 1.0),
    ("log", 1e-300, 1e300),
    ("log", 1e300, 1e-300),
    ("log1p", 1e-20, 1.0),
    ("sqrt", 1e-300, 5e149),
    ("rsqrt", 1e-200, -5e299),
    ("tanh", 1000.0, 0.0),
    ("sigmoid", 1000.0, 0.0),
    ("sigmoid", -1000.0, 0.0),
    ("sigmoid", -600.0, math.exp(-600)),
    ("atan", 1e200, 0.0),
    ("asinh", 1e200, 0.0),
    ("acosh", 1e200, 1e-200),
    ("erf", 30.0, 0.0),
    ("erfc", -30.0, 0.0),
    ("sinh", 800.0, INF),
    ("cosh", -800.0, -INF),
    ("reciprocal", 1e160, 0.0),
    ("sin", 1e22, math.cos(1e22)),
    ("tan", 0.0, 1.0),
]


@pytest.mark.parametrize(("name", "x", "slope"), FAR)
def test_derivatives_far_out(name: str, x: float, slope: float) -> None:
    point = wengert.tensor(x, dtype="float64")
    for mode in (wengert.func.grad, wengert.func.jacfwd):
        found = mode(primitives[name])(point).item()
        assert found == pytest.approx(slope, rel=1e-12, abs=1e-190)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "sigmoid", "reciprocal", "erf"])
def test_narrow_dtypes_stay_narrow(name: str, dtype: str) -> None:
    x = wengert.tensor([0.5, 1.5], dtype=dtype)
    value = primitives[name](x)  # type: ignore[operator]
    gradient = wengert.func.grad(lambda x: primitives[name](x).sum())(x)  # type: ignore[operator]
    assert value.dtype == gradient.dtype == numpy.dtype(dtype)
    wide = numpy.array([UNARY[name](v) for v in (0.5, 1.5)])
    numpy.testing.assert_allclose(value.numpy(), wide, rtol=4 * numpy.finfo(dtype).eps)
