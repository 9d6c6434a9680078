"""Signs, exponents and neighbours of floating-point numbers, lengths, divisors and shifts."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare.elementwise import Over, convert, elementwise
from .._declare.samples import reals
from .._graph.value import Handle
from .elementwise import div, eq, mul, ne, sign, where
from .logarithmic import exp2

_NONZERO = reals(-3, 3, avoid=(0.0,))
_BETWEEN_POWERS = reals(1.1, 1.9)


@elementwise(
    partials=[lambda x, out: mul(sign(x), sign(out)), lambda: None],
    kind="float",
    scalar="copysign",
    samples=[_NONZERO, _NONZERO],
    dtypes="f",
)
def copysign(x: Any, y: Any) -> Any:
    """abs(x) with the sign of y; the derivative at x = 0 is 0."""
    return np.copysign(x, y)


def _unless_equal(x: Any, y: Any) -> Any:
    dtype = (x if isinstance(x, Handle) else y)._data.dtype
    return convert(ne(x, y), dtype)


@elementwise(
    partials=[_unless_equal, lambda: None],
    samples=[_NONZERO, _NONZERO],
    dtypes="f",
)
def nextafter(x: Any, y: Any) -> Any:
    """The number after x in the direction of y."""
    return np.nextafter(x, y)


@elementwise(partials=None, kind="bool", dtypes="biuf")
def signbit(x: Any) -> Any:
    """Whether x is negative, -0.0 included."""
    return np.signbit(x) if x.dtype.kind not in "biu" else np.less(x, 0)


@elementwise(partials=[lambda x: Over(exp2(exponent(x)))], samples=[_BETWEEN_POWERS], dtypes="f")
def mantissa(x: Any) -> Any:
    """x over 2 ** exponent(x): 0, or between 1/2 and 1 in absolute value."""
    return np.frexp(x)[0]


@elementwise(partials=[lambda: None], samples=[_BETWEEN_POWERS], dtypes="f")
def exponent(x: Any) -> Any:
    """The power of two by which `mantissa` divides; 0 for 0, infinities and NaN."""
    found = np.frexp(x)[1]
    return np.where(np.isfinite(x), found, 0).astype(x.dtype)


def _over_length(side: Any, out: Any) -> Any:
    zero = eq(out, 0.0)
    return where(zero, 0.0, div(side, where(zero, 1.0, out)))


@elementwise(
    partials=[lambda x, out: _over_length(x, out), lambda y, out: _over_length(y, out)],
    kind="float",
    scalar="hypot",
    samples=[_NONZERO, _NONZERO],
    dtypes="f",
)
def hypot(x: Any, y: Any) -> Any:
    """sqrt(x**2 + y**2) without overflow; the derivative at (0, 0) is 0."""
    return np.hypot(x, y)


@elementwise(partials=None, dtypes="iu")
def gcd(x: Any, y: Any) -> Any:
    """The greatest common divisor."""
    return np.gcd(x, y)


@elementwise(partials=None, dtypes="iu")
def lcm(x: Any, y: Any) -> Any:
    """The least common multiple."""
    return np.lcm(x, y)


@elementwise(partials=None, dtypes="iu")
def left_shift(x: Any, y: Any) -> Any:
    """The bits of x moved up by y places; 0 if they leave, or if y is negative."""
    return np.left_shift(x, y)


@elementwise(partials=None, dtypes="iu")
def arithmetic_shift_right(x: Any, y: Any) -> Any:
    """The bits of x moved down by y places, the sign coming in."""
    return np.right_shift(x, y)
