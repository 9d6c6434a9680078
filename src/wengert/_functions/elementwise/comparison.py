"""Comparing, choosing and limiting: which is larger, what is close, what is a number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._base.dtypes import bool_, is_floating, is_inexact
from ..._base.errors import DtypeError
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import complex_numbers as c
from ..._primitives import elementwise as e
from ..._primitives.shaping import reshape
from ..out import takes_out
from ..public import binary, operand, tensors_where_needed, unary

eq = binary(e.eq, "right")
ne = binary(e.ne, "right")
lt = binary(e.lt, "right")
le = binary(e.le, "right")
gt = binary(e.gt, "right")
ge = binary(e.ge, "right")
maximum = binary(e.maximum)
minimum = binary(e.minimum)
isnan = unary(e.isnan)
isfinite = unary(e.isfinite)


def _no_complex(name: str, *values: Any) -> None:
    for value in values:
        if isinstance(value, Handle) and value._data.dtype.kind == "c":
            raise DtypeError(f"{name}: complex numbers have no order. Use x.abs() or x.real.")


def isinf(input: Any) -> Any:
    """Whether x is infinite.

    >>> import wengert
    >>> wengert.tensor([1.0, float("inf")]).isinf()
    tensor([False,  True])
    """
    if not is_inexact(input._data.dtype):
        return e.ne(input, input)
    length = c.modulus(input) if input._data.dtype.kind == "c" else e.absolute(input)
    return e.eq(length, math.inf)


@takes_out
def isposinf(input: Any, *, out: Any = None) -> Any:
    """Whether x is plus infinity.

    >>> import wengert
    >>> wengert.isposinf(wengert.tensor([float("-inf"), float("inf")]))
    tensor([False,  True])
    """
    _no_complex("isposinf", input)
    return e.eq(input, math.inf) if is_floating(input._data.dtype) else e.ne(input, input)


@takes_out
def isneginf(input: Any, *, out: Any = None) -> Any:
    """Whether x is minus infinity.

    >>> import wengert
    >>> wengert.isneginf(wengert.tensor([float("-inf"), float("inf")]))
    tensor([ True, False])
    """
    _no_complex("isneginf", input)
    return e.eq(input, -math.inf) if is_floating(input._data.dtype) else e.ne(input, input)


def isreal(input: Any) -> Any:
    """Whether the imaginary part is 0.

    >>> import wengert
    >>> wengert.isreal(wengert.tensor([1 + 0j, 1j]))
    tensor([ True, False])
    """
    if input._data.dtype.kind == "c":
        return e.eq(c.imag(input), 0.0)
    return e.bitwise_or(e.isnan(input), e.eq(input, input))


@takes_out
def fmax(input: Any, other: Any, *, out: Any = None) -> Any:
    """The larger of both, or the one that is a number; at a tie `input` gets the cotangent.

    >>> import wengert
    >>> wengert.fmax(wengert.tensor([1.0, float("nan")]), wengert.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    input, other = tensors_where_needed("fmax", "none", input, other)
    return e.where(e.bitwise_or(e.ge(input, other), _is_nan(other)), input, other)


@takes_out
def fmin(input: Any, other: Any, *, out: Any = None) -> Any:
    """The smaller of both, or the one that is a number; at a tie `input` gets the cotangent.

    >>> import wengert
    >>> wengert.fmin(wengert.tensor([1.0, float("nan")]), wengert.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    input, other = tensors_where_needed("fmin", "none", input, other)
    return e.where(e.bitwise_or(e.le(input, other), _is_nan(other)), input, other)


def _is_nan(bound: Any) -> Any:
    if isinstance(bound, Handle):
        return e.isnan(bound)
    return bool(bound != bound)


def _limited(input: Any, bound: Any, outside: Any) -> Any:
    """`bound` where `outside(input, bound)` holds or the bound is NaN."""
    if isinstance(bound, Handle):
        beyond = outside(input, bound)
        if is_floating(bound._data.dtype):
            beyond = e.bitwise_or(beyond, e.isnan(bound))
        return e.where(beyond, bound, input)
    if bound != bound:
        return e.add(e.mul(input, 0.0), math.nan)
    return e.where(outside(input, bound), bound, input)


@takes_out
def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Any:
    """x limited to the interval from `min` to `max`; a cotangent passes inside and at the ends.

    Where min > max the result is max; a NaN among the three makes it NaN, and x gets no cotangent
    where it is NaN itself.

    >>> import wengert
    >>> wengert.tensor([-1.0, 0.5, 2.0]).clamp(0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ValueError("clamp: give min, max, or both.")
    _no_complex("clamp", input, min, max)
    if is_floating(input._data.dtype):
        input = e.where(e.isnan(input), input.detach(), input)
    if min is not None:
        input = _limited(input, operand(min), e.lt)
    if max is not None:
        input = _limited(input, operand(max), e.gt)
    return input


@takes_out
def clamp_min(input: Any, min: Any, *, out: Any = None) -> Any:
    """x, but at least `min`.

    >>> import wengert
    >>> wengert.clamp_min(wengert.tensor([-1.0, 2.0]), 0)
    tensor([0., 2.])
    """
    input, min = tensors_where_needed("clamp_min", "right", input, min)
    return clamp(input, min)


@takes_out
def clamp_max(input: Any, max: Any, *, out: Any = None) -> Any:
    """x, but at most `max`.

    >>> import wengert
    >>> wengert.clamp_max(wengert.tensor([-1.0, 2.0]), 0)
    tensor([-1.,  0.])
    """
    input, max = tensors_where_needed("clamp_max", "right", input, max)
    return clamp(input, None, max)


@takes_out
def nan_to_num(
    input: Any,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Any = None,
) -> Any:
    """x with NaN, inf and -inf replaced, by 0 and the largest finite numbers if nothing is given.

    >>> import wengert
    >>> wengert.nan_to_num(wengert.tensor([float("nan"), float("inf")]), posinf=9.0)
    tensor([0., 9.])
    """
    dtype = input._data.dtype
    if dtype.kind == "c":
        parts = [nan_to_num(part, nan, posinf, neginf) for part in (c.real(input), c.imag(input))]
        return c.complex_(*parts)
    if not is_floating(dtype):
        return e.bitwise_or(input, False) if dtype == bool_ else e.mul(input, 1)
    largest = float(np.finfo(dtype).max) if dtype.kind == "f" else 3.3895313892515355e38
    input = e.where(e.isnan(input), 0.0 if nan is None else float(nan), input)
    input = e.where(e.eq(input, math.inf), largest if posinf is None else float(posinf), input)
    return e.where(e.eq(input, -math.inf), -largest if neginf is None else float(neginf), input)


@takes_out
def heaviside(input: Any, values: Any, *, out: Any = None) -> Any:
    """0 where x < 0, `values` where x is 0, 1 where x > 0.

    >>> import wengert
    >>> wengert.heaviside(wengert.tensor([-1.0, 0.0, 2.0]), wengert.tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    input, values = tensors_where_needed("heaviside", "none", input, values)
    _no_complex("heaviside", input, values)
    if input._data.dtype != values._data.dtype:
        raise DtypeError(
            f"heaviside: the dtypes {input._data.dtype} and {values._data.dtype} differ. Convert "
            "one of them with x.to(...)."
        )
    return e.where(e.eq(input, 0), values, convert(e.gt(input, 0), input._data.dtype))


def isclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """abs(input - other) <= atol + rtol * abs(other), and equal infinities.

    >>> import wengert
    >>> wengert.isclose(wengert.tensor([1.0, 2.0]), wengert.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    input, other = tensors_where_needed("isclose", "none", input, other)
    if rtol < 0 or atol < 0:
        raise ValueError(f"isclose: rtol={rtol} and atol={atol} must not be negative.")
    if input._data.dtype != other._data.dtype:
        raise DtypeError(
            f"isclose: the dtypes {input._data.dtype} and {other._data.dtype} differ. Convert one "
            "of them with x.to(...)."
        )
    close = e.eq(input, other)
    if equal_nan and is_inexact(input._data.dtype):
        close = e.bitwise_or(close, e.bitwise_and(e.isnan(input), e.isnan(other)))
    if rtol == 0 and atol == 0:
        return close
    # div by 1.0 lifts integers and bools to the default floating dtype.
    first, second = e.div(input, 1.0), e.div(other, 1.0)
    difference, size = _modulus(e.sub(first, second)), _modulus(second)
    near = e.le(difference, e.add(e.mul(size, rtol), atol))
    return e.bitwise_or(close, e.bitwise_and(e.isfinite(difference), near))


def _modulus(x: Any) -> Any:
    return c.modulus(x) if x._data.dtype.kind == "c" else e.absolute(x)


def allclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements are close, as `isclose` says; a Python bool.

    >>> import wengert
    >>> wengert.allclose(wengert.tensor([1.0]), wengert.tensor([1.0 + 1e-7]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


def equal(input: Any, other: Any) -> bool:
    """Whether both have the same shape and elements; a Python bool.

    >>> import wengert
    >>> wengert.equal(wengert.tensor([1, 2]), wengert.tensor([1, 2]))
    True
    """
    if tuple(input._data.shape) != tuple(other._data.shape):
        return False
    return bool(e.eq(input, other).all())


@takes_out
def isin(
    elements: Any,
    test_elements: Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    out: Any = None,
) -> Any:
    """Whether each element occurs among `test_elements`; whether it does not, with `invert`.

    >>> import wengert
    >>> wengert.isin(wengert.tensor([1, 2, 3]), wengert.tensor([3, 1]))
    tensor([ True, False,  True])
    """
    if not isinstance(test_elements, Handle):
        found = e.eq(elements, test_elements)
        return e.bitwise_not(found) if invert else found
    flat = reshape(test_elements, shape=(test_elements._data.size,))
    if isinstance(elements, Handle):
        elements = reshape(elements, shape=(*elements._data.shape, 1))
    found = e.eq(elements, flat).any(-1)
    return e.bitwise_not(found) if invert else found


clip = clamp
greater = gt
greater_equal = ge
less = lt
less_equal = le
not_equal = ne

__all__ = [
    "allclose",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "eq",
    "equal",
    "fmax",
    "fmin",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "heaviside",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "less",
    "less_equal",
    "lt",
    "maximum",
    "minimum",
    "nan_to_num",
    "ne",
    "not_equal",
]
