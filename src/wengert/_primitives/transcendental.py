"""Exponentials, logarithms, roots, trigonometric, hyperbolic and error functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._declare.elementwise import Over, elementwise
from .._declare.samples import reals
from .._graph.value import Handle
from .elementwise import add, div, eq, mul, neg, reciprocal, sub, where
from .error_functions import error_function

_POSITIVE = reals(0.2, 3)
_OPEN_UNIT = reals(-0.9, 0.9)


@elementwise(partials=["out"], kind="float", scalar="exp", dtypes="fc")
def exp(x: Any) -> Any:
    """Exponential, e ** x."""
    return np.exp(x)


@elementwise(partials=[lambda x: exp(x)], kind="float", scalar="expm1", dtypes="fc")
def expm1(x: Any) -> Any:
    """exp(x) - 1, accurate near 0."""
    return np.expm1(x)


@elementwise(
    partials=[lambda x: Over(x)], kind="float", scalar="log", samples=[_POSITIVE], dtypes="fc"
)
def log(x: Any) -> Any:
    """Natural logarithm."""
    return np.log(x)


@elementwise(
    partials=[lambda x: Over(add(x, 1.0))],
    kind="float",
    scalar="log1p",
    samples=[reals(-0.8, 3)],
    dtypes="fc",
)
def log1p(x: Any) -> Any:
    """log(1 + x), accurate near 0."""
    return np.log1p(x)


@elementwise(
    partials=[lambda out: Over(mul(out, 2.0))],
    kind="float",
    scalar="sqrt",
    samples=[_POSITIVE],
    dtypes="fc",
)
def sqrt(x: Any) -> Any:
    """Square root."""
    return np.sqrt(x)


@elementwise(
    partials=[lambda out: mul(mul(mul(out, out), out), -0.5)],
    kind="float",
    scalar="rsqrt",
    samples=[_POSITIVE],
    dtypes="fc",
)
def rsqrt(x: Any) -> Any:
    """Reciprocal square root, 1 / sqrt(x)."""
    return np.reciprocal(np.sqrt(x))


def _cos(x: Any) -> Any:
    return cos(x)


@elementwise(partials=[_cos], kind="float", scalar="sin", dtypes="fc")
def sin(x: Any) -> Any:
    """Sine of x in radians."""
    return np.sin(x)


@elementwise(partials=[lambda x: neg(sin(x))], kind="float", scalar="cos", dtypes="fc")
def cos(x: Any) -> Any:
    """Cosine of x in radians."""
    return np.cos(x)


@elementwise(
    partials=[lambda out: add(mul(out, out), 1.0)],
    kind="float",
    scalar="tan",
    samples=[reals(-1.2, 1.2)],
    dtypes="fc",
)
def tan(x: Any) -> Any:
    """Tangent of x in radians."""
    return np.tan(x)


@elementwise(
    partials=[lambda x: Over(sqrt(sub(1.0, mul(x, x))))],
    kind="float",
    scalar="asin",
    samples=[_OPEN_UNIT],
    dtypes="fc",
)
def asin(x: Any) -> Any:
    """Inverse sine, in radians."""
    return np.arcsin(x)


@elementwise(
    partials=[lambda x: Over(neg(sqrt(sub(1.0, mul(x, x)))))],
    kind="float",
    scalar="acos",
    samples=[_OPEN_UNIT],
    dtypes="fc",
)
def acos(x: Any) -> Any:
    """Inverse cosine, in radians."""
    return np.arccos(x)


@elementwise(
    partials=[lambda x: Over(add(mul(x, x), 1.0))], kind="float", scalar="atan", dtypes="fc"
)
def atan(x: Any) -> Any:
    """Inverse tangent, in radians."""
    return np.arctan(x)


def _over_distance_squared(numerator: Any, y: Any, x: Any) -> Any:
    # Two numbers are multiplied in Python, so that nothing is rounded to the default dtype.
    squares = [mul(v, v) if isinstance(v, Handle) else v * v for v in (x, y)]
    distance = add(*squares)
    return where(eq(distance, 0.0), 0.0, div(numerator, distance))


@elementwise(
    partials=[
        lambda y, x: _over_distance_squared(x, y, x),
        lambda y, x: neg(_over_distance_squared(y, y, x)),
    ],
    kind="float",
    scalar="atan2",
    samples=[reals(0.2, 3), reals(0.2, 3)],
    dtypes="f",
)
def atan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y), in radians from -pi to pi; the derivative at (0, 0) is 0."""
    return np.arctan2(y, x)


def _cosh(x: Any) -> Any:
    return cosh(x)


@elementwise(partials=[_cosh], kind="float", scalar="sinh", dtypes="fc")
def sinh(x: Any) -> Any:
    """Hyperbolic sine, (exp(x) - exp(-x)) / 2."""
    return np.sinh(x)


@elementwise(partials=[lambda x: sinh(x)], kind="float", scalar="cosh", dtypes="fc")
def cosh(x: Any) -> Any:
    """Hyperbolic cosine, (exp(x) + exp(-x)) / 2."""
    return np.cosh(x)


@elementwise(
    partials=[lambda out: sub(1.0, mul(out, out))], kind="float", scalar="tanh", dtypes="fc"
)
def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return np.tanh(x)


@elementwise(
    partials=[lambda x: Over(sqrt(add(mul(x, x), 1.0)))], kind="float", scalar="asinh", dtypes="fc"
)
def asinh(x: Any) -> Any:
    """Inverse hyperbolic sine."""
    return np.arcsinh(x)


@elementwise(
    partials=[lambda x: Over(mul(sqrt(sub(x, 1.0)), sqrt(add(x, 1.0))))],
    kind="float",
    scalar="acosh",
    samples=[reals(1.2, 4)],
    dtypes="fc",
)
def acosh(x: Any) -> Any:
    """Inverse hyperbolic cosine."""
    return np.arccosh(x)


@elementwise(
    partials=[lambda x: Over(sub(1.0, mul(x, x)))],
    kind="float",
    scalar="atanh",
    samples=[_OPEN_UNIT],
    dtypes="fc",
)
def atanh(x: Any) -> Any:
    """Inverse hyperbolic tangent."""
    return np.arctanh(x)


@elementwise(
    partials=[lambda out: mul(out, sub(1.0, out))], kind="float", scalar="sigmoid", dtypes="fc"
)
def sigmoid(x: Any) -> Any:
    """Logistic function, 1 / (1 + exp(-x))."""
    return np.reciprocal(np.exp(-x) + 1)


_SLOPE = 2 / math.sqrt(math.pi)


@elementwise(
    partials=[lambda x: mul(exp(neg(mul(x, x))), _SLOPE)], kind="float", scalar="erf", dtypes="f"
)
def erf(x: Any) -> Any:
    """Error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
    return error_function(x, complement=False)


@elementwise(
    partials=[lambda x: mul(exp(neg(mul(x, x))), -_SLOPE)], kind="float", scalar="erfc", dtypes="f"
)
def erfc(x: Any) -> Any:
    """1 - erf(x), accurate where erf is near 1."""
    return error_function(x, complement=True)


__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "log",
    "log1p",
    "reciprocal",
    "rsqrt",
    "sigmoid",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]
