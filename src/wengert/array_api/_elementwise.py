"""The standard's elementwise functions: positional operands, one of which may be a number."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import wengert as wg

from ._dtypes import aligned


def _unary(name: str, function: Callable[..., Any]) -> Callable[[Any], Any]:
    def call(x: Any, /) -> Any:
        return function(x)

    return _named(call, name, function)


def _binary(name: str, function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    def call(x1: Any, x2: Any, /) -> Any:
        return function(*aligned(x1, x2))

    return _named(call, name, function)


def _comparison(
    name: str, function: Callable[..., Any], compare: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """With a number as it is, which may lie beyond the dtype of the tensor."""

    def call(x1: Any, x2: Any, /) -> Any:
        for x in (x1, x2):
            if not isinstance(x, bool | int | float | complex | wg.Tensor):
                raise TypeError(f"{name}: expected tensors or numbers, not {type(x).__name__}.")
        if isinstance(x1, wg.Tensor) == isinstance(x2, wg.Tensor):
            return function(*aligned(x1, x2))
        return compare(x1, x2)

    return _named(call, name, function)


def _named(call: Any, name: str, function: Any) -> Any:
    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`{name}` of the standard: `wengert.{function.__name__.rstrip('_')}`."
    return call


def _whole_or(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A rounding, which leaves integers as they are."""

    def rounded(x: Any) -> Any:
        return function(x) if x.dtype.kind in "fc" else x.clone()

    rounded.__name__ = function.__name__
    return rounded


def _round(x: Any) -> Any:
    """To the nearest whole numbers, halves to even ones; of complex numbers both parts."""
    return wg.complex(wg.round(x.real), wg.round(x.imag)) if x.dtype.kind == "c" else wg.round(x)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """x limited to [min, max], in the dtype of x.

    >>> import wengert
    >>> wengert.array_api.clip(wengert.tensor([1, 5]), max=3)
    tensor([1, 3])
    """
    if min is None and max is None:
        return x.clone()
    return wg.clamp(x, min, max).to(x.dtype)


abs = _unary("abs", wg.abs)
acos = _unary("acos", wg.acos)
acosh = _unary("acosh", wg.acosh)
add = _binary("add", wg.add)
asin = _unary("asin", wg.asin)
asinh = _unary("asinh", wg.asinh)
atan = _unary("atan", wg.atan)
atan2 = _binary("atan2", wg.atan2)
atanh = _unary("atanh", wg.atanh)
bitwise_and = _binary("bitwise_and", wg.bitwise_and)
bitwise_invert = _unary("bitwise_invert", wg.bitwise_not)
bitwise_left_shift = _binary("bitwise_left_shift", wg.bitwise_left_shift)
bitwise_or = _binary("bitwise_or", wg.bitwise_or)
bitwise_right_shift = _binary("bitwise_right_shift", wg.bitwise_right_shift)
bitwise_xor = _binary("bitwise_xor", wg.bitwise_xor)
ceil = _unary("ceil", _whole_or(wg.ceil))
conj = _unary("conj", wg.conj)
copysign = _binary("copysign", wg.copysign)
cos = _unary("cos", wg.cos)
cosh = _unary("cosh", wg.cosh)
divide = _binary("divide", wg.div)
equal = _comparison("equal", wg.eq, operator.eq)
exp = _unary("exp", wg.exp)
expm1 = _unary("expm1", wg.expm1)
floor = _unary("floor", _whole_or(wg.floor))
floor_divide = _binary("floor_divide", wg.floor_divide)
greater = _comparison("greater", wg.gt, operator.gt)
greater_equal = _comparison("greater_equal", wg.ge, operator.ge)
hypot = _binary("hypot", wg.hypot)
imag = _unary("imag", wg.imag)
isfinite = _unary("isfinite", wg.isfinite)
isinf = _unary("isinf", wg.isinf)
isnan = _unary("isnan", wg.isnan)
less = _comparison("less", wg.lt, operator.lt)
less_equal = _comparison("less_equal", wg.le, operator.le)
log = _unary("log", wg.log)
log1p = _unary("log1p", wg.log1p)
log2 = _unary("log2", wg.log2)
log10 = _unary("log10", wg.log10)
logaddexp = _binary("logaddexp", wg.logaddexp)
logical_and = _binary("logical_and", wg.logical_and)
logical_not = _unary("logical_not", wg.logical_not)
logical_or = _binary("logical_or", wg.logical_or)
logical_xor = _binary("logical_xor", wg.logical_xor)
maximum = _binary("maximum", wg.maximum)
minimum = _binary("minimum", wg.minimum)
multiply = _binary("multiply", wg.mul)
negative = _unary("negative", wg.neg)
nextafter = _binary("nextafter", wg.nextafter)
not_equal = _comparison("not_equal", wg.ne, operator.ne)
positive = _unary("positive", wg.clone)
pow = _binary("pow", wg.pow)
real = _unary("real", wg.real)
reciprocal = _unary("reciprocal", wg.reciprocal)
remainder = _binary("remainder", wg.remainder)
round = _unary("round", _whole_or(_round))
sign = _unary("sign", wg.sgn)
signbit = _unary("signbit", wg.signbit)
sin = _unary("sin", wg.sin)
sinh = _unary("sinh", wg.sinh)
sqrt = _unary("sqrt", wg.sqrt)
square = _unary("square", wg.square)
subtract = _binary("subtract", wg.sub)
tan = _unary("tan", wg.tan)
tanh = _unary("tanh", wg.tanh)
trunc = _unary("trunc", _whole_or(wg.trunc))
