"""Elementwise functions with PyTorch's keyword arguments, made of the primitives."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import bool_, is_floating
from .._base.errors import DtypeError
from .._graph.value import Handle
from .._primitives import complex_numbers as c
from .._primitives import elementwise as e
from .._primitives import transcendental as t
from .._primitives.complex_numbers import complex_ as complex
from .._primitives.elementwise import (
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil,
    eq,
    floor,
    floor_divide,
    fmod,
    ge,
    gt,
    isfinite,
    isnan,
    le,
    lt,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    pow,
    reciprocal,
    relu,
    remainder,
    round,
    sign,
    trunc,
)
from .._primitives.transcendental import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    expm1,
    log,
    log1p,
    rsqrt,
    sigmoid,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from .out import takes_out


def operand(value: Any) -> Any:
    """A NumPy array as a tensor; tensors and numbers as they are."""
    if isinstance(value, np.ndarray):
        from .creation import from_numpy

        return from_numpy(value)  # pyright: ignore[reportUnknownArgumentType]
    return value


@takes_out
def add(x: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """x + alpha * other.

    >>> import wengert
    >>> wengert.add(wengert.ones(2), wengert.ones(2), alpha=3)
    tensor([4., 4.])
    """
    other = operand(other)
    return e.add(x, other if alpha == 1 else e.mul(other, alpha) if _is(other) else other * alpha)


def sub(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    """x - alpha * other.

    >>> import wengert
    >>> wengert.sub(wengert.ones(2), 3)
    tensor([-2., -2.])
    """
    other = operand(other)
    return e.sub(x, other if alpha == 1 else e.mul(other, alpha) if _is(other) else other * alpha)


def _is(value: Any) -> bool:
    return isinstance(value, Handle)


def div(x: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """x / other; with rounding_mode "floor" or "trunc" the quotient is rounded.

    >>> import wengert
    >>> wengert.div(wengert.tensor([5, -5]), 2, rounding_mode="trunc")
    tensor([ 2, -2])
    """
    other = operand(other)
    if rounding_mode is None:
        return e.div(x, other)
    if rounding_mode == "floor":
        return e.floor_divide(x, other)
    if rounding_mode != "trunc":
        raise ValueError(f"div: rounding_mode {rounding_mode!r}; use None, 'floor' or 'trunc'.")
    if any(_is(v) and is_floating(v._data.dtype) for v in (x, other)):
        return e.trunc(e.div(x, other))
    quotient = e.floor_divide(x, other)
    rest = e.remainder(x, other)
    signs = e.lt(e.mul(e.sign(x), e.sign(other) if _is(other) else int(np.sign(other))), 0)
    return e.add(quotient, e.bitwise_and(signs, e.ne(rest, 0)))


def abs(x: Any) -> Any:
    """Absolute value; of a complex number its modulus. The derivative at 0 is 0.

    >>> import wengert
    >>> wengert.tensor([-2.0, 3.0]).abs()
    tensor([2., 3.])
    """
    if x._data.dtype == bool_:
        raise DtypeError("abs: bool has no absolute value. Convert with x.to(wengert.int64).")
    return c.modulus(x) if x._data.dtype.kind == "c" else e.absolute(x)


def square(x: Any) -> Any:
    """x * x.

    >>> import wengert
    >>> wengert.tensor([3.0]).square()
    tensor([9.])
    """
    return e.mul(x, x)


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    """x limited to the interval from `min` to `max`; a cotangent passes inside and at the ends.

    >>> import wengert
    >>> wengert.tensor([-1.0, 0.5, 2.0]).clamp(0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp: give min, max, or both.")
    if min is not None:
        x = e.where(e.lt(x, min), min, x)
    if max is not None:
        x = e.where(e.gt(x, max), max, x)
    return x


def logical_not(x: Any) -> Any:
    """True where x is zero.

    >>> import wengert
    >>> wengert.logical_not(wengert.tensor([0, 2]))
    tensor([ True, False])
    """
    return e.eq(x, 0)


def _truth(x: Any) -> Any:
    return e.ne(x, 0) if _is(x) and x._data.dtype != bool_ else x


def logical_and(x: Any, other: Any) -> Any:
    """Whether both are non-zero.

    >>> import wengert
    >>> wengert.logical_and(wengert.tensor([0, 2]), wengert.tensor([1, 1]))
    tensor([False,  True])
    """
    return e.bitwise_and(_truth(x), _truth(other))


def logical_or(x: Any, other: Any) -> Any:
    """Whether either is non-zero.

    >>> import wengert
    >>> wengert.logical_or(wengert.tensor([0, 2]), wengert.tensor([0, 1]))
    tensor([False,  True])
    """
    return e.bitwise_or(_truth(x), _truth(other))


def logical_xor(x: Any, other: Any) -> Any:
    """Whether exactly one is non-zero.

    >>> import wengert
    >>> wengert.logical_xor(wengert.tensor([0, 2]), wengert.tensor([0, 1]))
    tensor([False, False])
    """
    return e.bitwise_xor(_truth(x), _truth(other))


def isinf(x: Any) -> Any:
    """Whether x is infinite.

    >>> import wengert
    >>> wengert.tensor([1.0, float("inf")]).isinf()
    tensor([False,  True])
    """
    if x._data.dtype.kind not in "fc":
        return e.ne(x, x)
    return e.eq(abs(x), np.inf)


def exp2(x: Any) -> Any:
    """2 ** x.

    >>> import wengert
    >>> wengert.exp2(wengert.tensor([3.0]))
    tensor([8.])
    """
    return t.exp(e.mul(x, float(np.log(2.0))))


def log2(x: Any) -> Any:
    """Logarithm to base 2.

    >>> import wengert
    >>> wengert.log2(wengert.tensor([8.0]))
    tensor([3.])
    """
    return e.mul(t.log(x), float(1 / np.log(2.0)))


def log10(x: Any) -> Any:
    """Logarithm to base 10.

    >>> import wengert
    >>> wengert.log10(wengert.tensor([100.0]))
    tensor([2.])
    """
    return e.mul(t.log(x), float(1 / np.log(10.0)))


def real(x: Any) -> Any:
    """The real part.

    >>> import wengert
    >>> wengert.real(wengert.tensor([1 + 2j]))
    tensor([1.])
    """
    return c.real(x) if x._data.dtype.kind == "c" else x


def imag(x: Any) -> Any:
    """The imaginary part.

    >>> import wengert
    >>> wengert.imag(wengert.tensor([1 + 2j]))
    tensor([2.])
    """
    if x._data.dtype.kind != "c":
        raise DtypeError(f"imag: expected a complex tensor, not {x._data.dtype}.")
    return c.imag(x)


def conj(x: Any) -> Any:
    """The complex conjugate; real tensors come back as they are.

    >>> import wengert
    >>> wengert.conj(wengert.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return c.conj(x) if x._data.dtype.kind == "c" else x


def angle(x: Any) -> Any:
    """The angle of a complex number in radians; pi or 0 for real ones.

    >>> import wengert
    >>> wengert.angle(wengert.tensor([1j]))
    tensor([1.5708])
    """
    if x._data.dtype.kind == "c":
        return t.atan2(c.imag(x), c.real(x))
    return e.where(e.lt(x, 0), float(np.pi), e.where(e.isnan(x), float("nan"), 0.0))


absolute = abs
multiply = mul
subtract = sub
divide = div
true_divide = div
negative = neg
clip = clamp

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "angle",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "ceil",
    "clamp",
    "clip",
    "complex",
    "conj",
    "cos",
    "cosh",
    "div",
    "divide",
    "eq",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floor_divide",
    "fmod",
    "ge",
    "gt",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "maximum",
    "minimum",
    "mul",
    "multiply",
    "ne",
    "neg",
    "negative",
    "pow",
    "real",
    "reciprocal",
    "relu",
    "remainder",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]
