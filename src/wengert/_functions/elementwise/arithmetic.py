"""Sums, products, quotients, powers and signs, element by element."""

from __future__ import annotations

import builtins
import math
from typing import Any

from ..._base.dtypes import (
    bool_,
    complex128,
    float64,
    int32,
    int64,
    is_floating,
    is_inexact,
    promote,
    real_of,
    to_floating,
)
from ..._base.errors import DtypeError
from ..._base.kinds import is_generic
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import complex_numbers as c
from ..._primitives import elementwise as e
from ..._primitives import logarithmic as lg
from ..._primitives import number_parts as n
from .. import return_types
from ..making.dtype_functions import finfo
from ..out import exact_out, into, takes_out
from ..public import binary, operand, tensors_where_needed, unary

mul = binary(e.mul, "both")
floor_divide = binary(e.floor_divide, "both")
remainder = binary(e.remainder, "either")
fmod = binary(e.fmod, "right")
hypot = binary(n.hypot)
copysign = binary(n.copysign, "right")
nextafter = binary(n.nextafter)
gcd = binary(n.gcd)
lcm = binary(n.lcm)
neg = unary(e.neg)
reciprocal = unary(e.reciprocal)
sign = unary(e.sign)
signbit = unary(n.signbit)


def _is(value: Any) -> bool:
    return isinstance(value, Handle)


def _kind(value: Any) -> str:
    if isinstance(value, Handle):
        return value._data.dtype.kind
    if is_generic(value):
        return value.dtype.kind
    if isinstance(value, bool | int):
        return "b" if isinstance(value, bool) else "i"
    return "f" if isinstance(value, float) else "c"


def _scaled(other: Any, alpha: Any, name: str, input: Any) -> Any:
    """alpha * other, where that does not change the dtype of the result."""
    if alpha.__class__ is int and alpha == 1:
        return other
    kinds = _kind(input) + _kind(other)
    if isinstance(alpha, bool) and kinds != "bb":
        raise DtypeError(f"{name}: alpha may be a bool only for bool tensors. Pass a number.")
    if isinstance(alpha, float | complex) and "f" not in kinds and "c" not in kinds:
        raise DtypeError(f"{name}: alpha={alpha!r} does not fit integer tensors. Pass an int.")
    if isinstance(alpha, complex) and "c" not in kinds:
        raise DtypeError(f"{name}: alpha={alpha!r} does not fit real tensors. Pass a real number.")
    if kinds == "bb" and isinstance(alpha, int):
        alpha = alpha != 0
        return e.bitwise_and(other, alpha) if _is(other) else other and alpha
    if _kind(other) == "b":
        return e.where(other, alpha, 0) if _is(other) else int(other) * alpha
    return e.mul(other, alpha) if _is(other) else other * alpha


@takes_out
def add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """input + alpha * other.

    >>> import wengert
    >>> wengert.add(wengert.ones(2), wengert.ones(2), alpha=3)
    tensor([4., 4.])
    """
    other = operand(other)
    return e.add(input, _scaled(other, alpha, "add", input))


@takes_out
def sub(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    """input - alpha * other.

    >>> import wengert
    >>> wengert.sub(wengert.ones(2), 3)
    tensor([-2., -2.])
    """
    other = operand(other)
    return e.sub(input, _scaled(other, alpha, "sub", input))


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha * input.

    >>> import wengert
    >>> wengert.rsub(wengert.ones(2), 3)
    tensor([2., 2.])
    """
    input, other = tensors_where_needed("rsub", "right", input, other)
    return sub(other, input, alpha=alpha)


@takes_out
def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """input / other; with rounding_mode "floor" or "trunc" the quotient is rounded.

    >>> import wengert
    >>> wengert.div(wengert.tensor([5, -5]), 2, rounding_mode="trunc")
    tensor([ 2, -2])
    """
    other = operand(other)
    if rounding_mode is None:
        return e.div(input, other)
    if rounding_mode == "floor":
        return e.floor_divide(input, other)
    if rounding_mode != "trunc":
        raise ValueError(f"div: rounding_mode {rounding_mode!r}; use None, 'floor' or 'trunc'.")
    kinds = _kind(input) + _kind(other)
    if "c" in kinds:
        raise DtypeError("div: a complex quotient cannot be rounded. Leave out rounding_mode.")
    if any(is_floating(v._data.dtype) if _is(v) else _kind(v) == "f" for v in (input, other)):
        return e.trunc(e.div(input, other))
    quotient = e.floor_divide(input, other)
    inexact = e.ne(e.remainder(input, other), 0)
    upward = e.bitwise_and(
        e.ne(e.lt(input, 0), e.lt(other, 0) if _is(other) else other < 0), inexact
    )
    return e.add(quotient, convert(upward, quotient._data.dtype))


def _whole_if_bool(input: Any) -> Any:
    return convert(input, int64) if input._data.dtype == bool_ else input


@takes_out
def square(input: Any, *, out: Any = None) -> Any:
    """input * input.

    >>> import wengert
    >>> wengert.tensor([3.0]).square()
    tensor([9.])
    """
    input = _whole_if_bool(input)
    return e.mul(input, input)


def pow(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent; either may be a number.

    An integer tensor takes no negative Python exponent; a negative exponent in an integer tensor
    gives what the quotient rounds to: 0, except for 1 and -1.

    >>> import wengert
    >>> wengert.pow(wengert.tensor([2.0, 3.0]), 2)
    tensor([4., 9.])
    """
    if out is not None:
        return into(out, pow, (input, exponent), {}, "pow")
    input, exponent = tensors_where_needed("pow", "either", input, exponent)
    if _kind(input) == "b" and _kind(exponent) in "bi" and not (_is(input) and _is(exponent)):
        input = _whole_if_bool(input) if _is(input) else int(input)
    return e.pow(input, exponent)


def float_power(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """input ** exponent in double precision, complex if one of them is.

    >>> import wengert
    >>> wengert.float_power(wengert.tensor([2]), -1)
    tensor([0.5000], dtype=wengert.float64)
    """
    input, exponent = tensors_where_needed("float_power", "either", input, exponent)
    wide = complex128 if "c" in _kind(input) + _kind(exponent) else float64
    if out is not None:
        exact_out(out, wide, "float_power")
        return into(out, float_power, (input, exponent), {}, "float_power")
    parts = [convert(v, wide) if _is(v) else wide.type(v).item() for v in (input, exponent)]
    return e.pow(*parts)


@takes_out
def abs(input: Any, *, out: Any = None) -> Any:
    """Absolute value; of a complex number its modulus. The derivative at 0 is 0.

    >>> import wengert
    >>> wengert.tensor([-2.0, 3.0]).abs()
    tensor([2., 3.])
    """
    if input._data.dtype == bool_:
        raise DtypeError("abs: bool has no absolute value. Convert with x.to(wengert.int64).")
    return c.modulus(input) if input._data.dtype.kind == "c" else e.absolute(input)


def positive(input: Any) -> Any:
    """The tensor itself.

    >>> import wengert
    >>> wengert.positive(wengert.tensor([-1.0]))
    tensor([-1.])
    """
    if input._data.dtype == bool_:
        raise DtypeError("positive: bool has no sign. Convert with x.to(wengert.int64).")
    return input


@takes_out
def sgn(input: Any, *, out: Any = None) -> Any:
    """x / abs(x), and 0 at 0; of real numbers the sign.

    >>> import wengert
    >>> wengert.sgn(wengert.tensor([3 + 4j]))
    tensor([0.6000+0.8000j])
    """
    if input._data.dtype.kind != "c":
        return e.sign(input)
    length = c.modulus(input)
    zero = e.eq(length, 0.0)
    return e.where(zero, 0.0, e.div(input, convert(e.where(zero, 1.0, length), input._data.dtype)))


@takes_out
def lerp(input: Any, end: Any, weight: Any, *, out: Any = None) -> Any:
    """input + weight * (end - input), computed from the nearer end.

    >>> import wengert
    >>> wengert.lerp(wengert.tensor([1.0]), wengert.tensor([3.0]), 0.25)
    tensor([1.5000])
    """
    dtype = input._data.dtype
    if _is(weight) and weight._data.ndim == 0 and is_inexact(dtype):
        weight = convert(weight, dtype)
    if end._data.dtype != dtype or (_is(weight) and weight._data.dtype != dtype):
        raise DtypeError(
            f"lerp: the dtypes {dtype}, {end._data.dtype} and that of weight must be the same."
        )
    if not is_inexact(dtype):
        raise DtypeError(f"lerp: expected a floating or complex dtype, not {dtype}.")
    step = e.sub(end, input)
    if not _is(weight):
        if builtins.abs(weight) < 0.5:
            return e.add(input, e.mul(step, weight))
        return e.sub(end, e.mul(step, 1 - weight))
    near = e.lt(abs(weight), 0.5)
    from_start = e.add(input, e.mul(weight, step))
    return e.where(near, from_start, e.sub(end, e.mul(step, e.sub(1.0, weight))))


def _weighted(value: Any, product: Any, name: str) -> Any:
    if value.__class__ is int and value == 1:
        return product
    if isinstance(value, float) and not is_inexact(product._data.dtype):
        raise DtypeError(f"{name}: value={value!r} does not fit integer tensors. Pass an int.")
    return e.mul(product, value)


@takes_out
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Any:
    """input + value * tensor1 * tensor2.

    >>> import wengert
    >>> wengert.addcmul(wengert.ones(2), wengert.ones(2), wengert.ones(2), value=3)
    tensor([4., 4.])
    """
    return e.add(input, _weighted(value, e.mul(tensor1, tensor2), "addcmul"))


@takes_out
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1, out: Any = None) -> Any:
    """input + value * tensor1 / tensor2.

    >>> import wengert
    >>> wengert.addcdiv(wengert.ones(2), wengert.ones(2), wengert.full((2,), 2.0))
    tensor([1.5000, 1.5000])
    """
    if not any(is_inexact(t._data.dtype) for t in (tensor1, tensor2)):
        raise DtypeError(
            "addcdiv: a quotient of integers does not fit an integer tensor. Convert first: "
            "x.to(wengert.float32)."
        )
    return e.add(input, _weighted(value, e.div(tensor1, tensor2), "addcdiv"))


@takes_out
def ldexp(input: Any, other: Any, *, out: Any = None) -> Any:
    """input * 2 ** other.

    >>> import wengert
    >>> wengert.ldexp(wengert.tensor([1.5]), wengert.tensor([3]))
    tensor([12.])
    """
    input, other = tensors_where_needed("ldexp", "none", input, other)
    if is_inexact(other._data.dtype):
        return e.mul(input, lg.exp2(other))
    dtype = to_floating(promote([(x._data.dtype, x._data.ndim) for x in (input, other)]))
    # 2 ** other may be out of range where the product is not, but a third of it is not.
    most = math.frexp(finfo(real_of(dtype)).max)[1] - 1
    other = convert(other, int64)
    third = e.floor_divide(other, 3)
    found = convert(input, dtype)
    for part in (third, third, e.sub(other, e.mul(third, 2))):
        part = e.minimum(e.maximum(part, -most), most)
        found = e.mul(found, lg.exp2(convert(part, dtype)))
    return found


@takes_out
def frexp(input: Any, *, out: Any = None) -> Any:
    """(mantissa, exponent) with input = mantissa * 2 ** exponent and 1/2 <= abs(mantissa) < 1.

    >>> import wengert
    >>> wengert.frexp(wengert.tensor([3.0]))
    frexp(mantissa=tensor([0.7500]), exponent=tensor([2], dtype=wengert.int32))
    """
    if not is_floating(input._data.dtype):
        raise DtypeError(f"frexp: expected a floating dtype, not {input._data.dtype}.")
    return return_types.frexp(n.mantissa(input), convert(n.exponent(input), int32))


@takes_out
def deg2rad(input: Any, *, out: Any = None) -> Any:
    """Degrees to radians.

    >>> import wengert
    >>> wengert.deg2rad(wengert.tensor([180.0]))
    tensor([3.1416])
    """
    return e.mul(_real(input, "deg2rad"), math.pi / 180.0)


@takes_out
def rad2deg(input: Any, *, out: Any = None) -> Any:
    """Radians to degrees.

    >>> import wengert
    >>> wengert.rad2deg(wengert.tensor([3.14159265]))
    tensor([180.])
    """
    return e.mul(_real(input, "rad2deg"), 180.0 / math.pi)


def _real(input: Any, name: str) -> Any:
    if input._data.dtype.kind == "c":
        raise DtypeError(f"{name}: expected a real tensor, not {input._data.dtype}.")
    return input


absolute = abs
multiply = mul
subtract = sub
divide = div
true_divide = div
negative = neg

__all__ = [
    "abs",
    "absolute",
    "add",
    "addcdiv",
    "addcmul",
    "copysign",
    "deg2rad",
    "div",
    "divide",
    "float_power",
    "floor_divide",
    "fmod",
    "frexp",
    "gcd",
    "hypot",
    "lcm",
    "ldexp",
    "lerp",
    "mul",
    "multiply",
    "neg",
    "negative",
    "nextafter",
    "positive",
    "pow",
    "rad2deg",
    "reciprocal",
    "remainder",
    "rsub",
    "sgn",
    "sign",
    "signbit",
    "square",
    "sub",
    "subtract",
    "true_divide",
]
