"""Arithmetic, comparison, selection and bits, element by element.

Each primitive is its NumPy call and its partial derivatives; nothing else about it is written
anywhere. The value of a partial at a kink is PyTorch's.
"""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np

from .._base.dtypes import Dtype, bool_, category, number_dtype
from .._base.errors import DtypeError
from .._base.kinds import is_array, is_generic
from .._base.shapes import Shape
from .._declare.elementwise import Elementwise, Over, Selected, convert, elementwise
from .._declare.registry import register
from .._declare.samples import reals, truths
from .._graph.value import Handle
from .._record.door import record
from .._record.trace import FULL, is_number

_NONZERO = reals(-3, 3, avoid=(0.0,))
_POSITIVE = reals(0.2, 3)
_BETWEEN_WHOLE = reals(0.3, 0.9)


def _is_number(value: Any) -> bool:
    return not isinstance(value, Handle)


@elementwise(partials=[lambda: 1.0, lambda: 1.0], scalar="add", dtypes="biufc")
def add(x: Any, y: Any) -> Any:
    """Sum, x + y."""
    return np.add(x, y)


@elementwise(partials=[lambda: 1.0, lambda: -1.0], scalar="sub")
def sub(x: Any, y: Any) -> Any:
    """Difference, x - y."""
    return np.subtract(x, y)


@elementwise(partials=["y", "x"], scalar="mul", dtypes="biufc")
def mul(x: Any, y: Any) -> Any:
    """Product, x * y."""
    return np.multiply(x, y)


@elementwise(
    partials=[lambda y: Over(y), lambda y, out: Over(y, neg(out))],
    kind="float",
    scalar="div",
    samples=[reals(), _NONZERO],
    dtypes="fc",
)
def div(x: Any, y: Any) -> Any:
    """Quotient, x / y."""
    return np.divide(x, y)


@elementwise(partials=[lambda: -1.0], scalar="neg")
def neg(x: Any) -> Any:
    """Negation, -x."""
    return np.negative(x)


@elementwise(
    partials=[lambda out: neg(mul(out, out))],
    kind="float",
    scalar="reciprocal",
    samples=[_NONZERO],
    dtypes="fc",
)
def reciprocal(x: Any) -> Any:
    """Reciprocal, 1 / x."""
    return np.reciprocal(x)


def _power_of_base(x: Any, y: Any) -> Any:
    if _is_number(y):
        if y == 0:
            return None
        if y == 1:
            return 1.0
        return mul(x, y) if y == 2 else mul(pow(x, y - 1), y)
    from .transcendental import sqrt

    # 0 * inf at x = 0, y = 0 is 0 there; the derivative of this by y is infinite.
    unknown = bitwise_and(eq(y, 0.0), bitwise_or(eq(x, 0.0), ne(x, x)))
    return where(unknown, sqrt(y), mul(y, pow(x, sub(y, 1.0))))


def _power_of_exponent(x: Any, y: Any, out: Any) -> Any:
    from .complex_numbers import real
    from .transcendental import log, sqrt

    is_complex = out._data.dtype.kind == "c"
    growing = ge(real(y) if is_complex else y, 0.0)
    if not _is_number(x):
        # 0 * -inf at x = 0 is 0; the derivative of x ** y log(x) by x is infinite for y <= 1.
        size = real(y) if is_complex else y
        rising = where(gt(size, 0.0), sub(0.0, sqrt(x)), sqrt(x))
        limit = where(gt(size, 1.0), 0.0, rising)
        return where(bitwise_and(eq(x, 0.0), growing), limit, mul(out, log(x)))
    if x == 0:
        return where(growing, 0.0, mul(out, -math.inf))
    if is_complex:
        return mul(out, cmath.log(x))
    return mul(out, math.log(x) if x > 0 else math.nan)


@elementwise(
    partials=[_power_of_base, _power_of_exponent], scalar="pow", samples=[_POSITIVE, reals(-2, 2)]
)
def pow(x: Any, y: Any) -> Any:
    """Power, x ** y; the derivative at x = 0 is 0 where the exponent is 0."""
    try:
        return ieee_power(x, y)
    except ValueError as error:
        if "negative" not in str(error):
            raise
        if isinstance(y, np.ndarray):
            return _integer_power(x, y)  # pyright: ignore[reportUnknownArgumentType]
        raise DtypeError(
            "pow: an integer tensor to a negative power has no integer result. Convert it first: "
            "x.to(wengert.float32)."
        ) from None


def ieee_power(x: Any, y: Any) -> Any:
    """x ** y of arrays or numbers.

    For the exponent 1/2 NumPy takes a square root or not, as its version and the memory of y have
    it; at -0 and -inf these are not the same.
    """
    if y.__class__ is float:
        return _root(x) if y == 0.5 and np.asarray(x).dtype.kind == "f" else np.power(x, y)
    found: Any = np.asarray(np.power(x, y))
    if found.dtype.kind == "f":
        half: Any = np.equal(y, 0.5)
        if half.any():
            np.copyto(found, _root(x), where=half, casting="same_kind")
    return found


def _root(x: Any) -> Any:
    """The square root but for -0 and -inf, of which it is 0 and inf."""
    found: Any = np.asarray(np.sqrt(x))
    found += 0.0
    if np.isnan(found).any():
        np.copyto(found, math.inf, where=np.equal(x, -math.inf))
    return found


def _integer_power(x: Any, y: np.ndarray[Any, Any]) -> Any:
    """Where an exponent is negative, what the quotient rounds to: 0, but for 1 and -1."""
    sign = np.where(y % 2 == 0, 1, x)
    small = np.where(np.abs(x) == 1, sign, 0)
    return np.where(y < 0, small, np.power(x, np.maximum(y, 0))).astype(y.dtype)


def _whole_divisor(name: str, y: Any) -> None:
    """Raise for integers divided by zero, for which there is no number."""
    whole = y.dtype.kind in "iu" if is_array(y) else y.__class__ is int
    if whole and not np.all(y):
        raise ZeroDivisionError(
            f"{name}: an integer is divided by zero. Convert with x.to(wengert.float32) first, or "
            "leave the zeros out."
        )


def _not_less(x: Any, y: Any) -> Any:
    return bitwise_not(lt(x, y))


def _tie_weight(x: Any, y: Any) -> Any:
    tie = eq(x, y)
    dtype = x._data.dtype if not _is_number(x) else y._data.dtype
    return sub(1.0, mul(convert(tie, dtype), 0.5))


@elementwise(
    partials=[
        lambda x, y: Selected(_not_less(x, y), _tie_weight(x, y)),
        lambda x, y: Selected(_not_less(y, x), _tie_weight(x, y)),
    ],
    scalar="maximum",
    dtypes="biuf",
)
def maximum(x: Any, y: Any) -> Any:
    """The larger of x and y, NaN if either is; each gets half of the cotangent at a tie."""
    return np.maximum(x, y)


@elementwise(
    partials=[
        lambda x, y: Selected(_not_less(y, x), _tie_weight(x, y)),
        lambda x, y: Selected(_not_less(x, y), _tie_weight(x, y)),
    ],
    scalar="minimum",
    dtypes="biuf",
)
def minimum(x: Any, y: Any) -> Any:
    """The smaller of x and y, NaN if either is; each gets half of the cotangent at a tie."""
    return np.minimum(x, y)


@elementwise(
    partials=[lambda: 1.0, lambda x, y: neg(floor_divide(x, y))],
    scalar="remainder",
    samples=[_BETWEEN_WHOLE, reals(1.2, 2.0)],
    dtypes="iuf",
)
def remainder(x: Any, y: Any) -> Any:
    """x - y * floor(x / y): the remainder with the sign of y."""
    _whole_divisor("remainder", y)
    return np.remainder(x, y)


@elementwise(
    partials=[lambda: 1.0, lambda x, y: neg(trunc(div(x, y)))],
    scalar="fmod",
    samples=[_BETWEEN_WHOLE, reals(1.2, 2.0)],
    dtypes="iuf",
)
def fmod(x: Any, y: Any) -> Any:
    """x - y * trunc(x / y): the remainder with the sign of x."""
    _whole_divisor("fmod", y)
    return np.fmod(x, y)


@elementwise(
    partials=[lambda: None, lambda: None],
    scalar="floor_divide",
    samples=[_BETWEEN_WHOLE, reals(1.2, 2.0)],
    dtypes="iuf",
)
def floor_divide(x: Any, y: Any) -> Any:
    """floor(x / y); locally constant."""
    _whole_divisor("floor_divide", y)
    return np.floor_divide(x, y)


@elementwise(partials=[lambda x: sign(x)], scalar="abs", samples=[_NONZERO], dtypes="iuf")
def absolute(x: Any) -> Any:
    """Absolute value of a real x; its derivative at 0 is 0."""
    return np.abs(x)


@elementwise(partials=[lambda: None], scalar="sign", samples=[_NONZERO], dtypes="biuf")
def sign(x: Any) -> Any:
    """-1, 0 or 1; NaN stays NaN."""
    return x.copy() if x.dtype.kind == "b" else np.sign(x)


_BETWEEN = reals(0.2, 0.4)


@elementwise(partials=[lambda: None], scalar="floor", samples=[_BETWEEN], dtypes="iuf")
def floor(x: Any) -> Any:
    """The largest integer not above x."""
    return np.floor(x).astype(x.dtype, copy=False)


@elementwise(partials=[lambda: None], scalar="ceil", samples=[_BETWEEN], dtypes="iuf")
def ceil(x: Any) -> Any:
    """The smallest integer not below x."""
    return np.ceil(x).astype(x.dtype, copy=False)


@elementwise(partials=[lambda: None], scalar="trunc", samples=[_BETWEEN], dtypes="iuf")
def trunc(x: Any) -> Any:
    """x without its fractional part."""
    return np.trunc(x).astype(x.dtype, copy=False)


@elementwise(partials=[lambda: None], scalar="round", samples=[_BETWEEN], dtypes="iuf")
def round(x: Any) -> Any:
    """The nearest integer; halves go to the even one."""
    # NumPy rounds integers through float64, which cannot hold them all.
    return x.copy() if x.dtype.kind in "iu" else np.rint(x)


@elementwise(
    partials=[lambda out: Selected(bitwise_not(le(out, 0.0)))],
    scalar="relu",
    samples=[_NONZERO],
    dtypes="iuf",
)
def relu(x: Any) -> Any:
    """max(x, 0), -0.0 as it is; where x <= 0 there is no cotangent."""
    return np.maximum(0, x)


class Where(Elementwise):
    """`where` keeps its condition out of the promotion."""

    def __call__(self, *operands: Any) -> Any:
        cond, x, y = operands
        if cond._data.dtype != bool_:
            cond = ne(cond, 0)
        dtype = self.common_dtype((x, y))
        if not any(isinstance(part, Handle) and not is_number(part) for part in (x, y)):
            # Numbers of a trace compute in double precision; here they become a tensor.
            dtype = number_dtype((False, 0, 0.0, 0j)[category(dtype)])
        parts: list[Any] = []
        for part in (x, y):
            if isinstance(part, Handle):
                parts.append(convert(part, dtype))
            elif dtype.name == "bfloat16":
                parts.append(record(FULL, (), {"shape": (), "value": part, "dtype": dtype}))
            else:
                parts.append(_number_of(part, dtype))
        if _is_number(parts[0]) and _is_number(parts[1]):
            parts[0] = record(FULL, (), {"shape": (), "value": parts[0], "dtype": dtype})
        return self._checked([cond, *parts])

    def _abstract(self, shapes: Any, dtypes: Any, params: Any) -> list[tuple[Shape, Dtype]]:
        found = super()._abstract(shapes, dtypes, params)
        dtype = next(d for d in dtypes[1:] if d is not None)
        return [(found[0][0], dtype)]


def _number_of(value: Any, dtype: Dtype) -> Any:
    if is_generic(value):
        value = value.item()
    if dtype.kind == "b":
        return bool(value)
    if dtype.kind in "iu":
        return int(value)
    return value if isinstance(value, complex) else float(value)


_BITS: dict[int, Any] = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}
_BRANCHES_COST_LITTLE = 4096


def _where(cond: Any, x: Any, y: Any) -> Any:
    """Selection by bits where it is large: numpy.where takes a branch for every element."""
    dtype: Dtype = getattr(x, "dtype", None) or y.dtype
    bits = _BITS.get(dtype.itemsize)
    if cond.size < _BRANCHES_COST_LITTLE or bits is None:
        return np.where(cond, x, y)  # pyright: ignore[reportUnknownVariableType]
    mask = np.negative(cond.view(np.int8), dtype=bits, casting="unsafe")
    chosen = np.asarray(x, dtype).view(bits)
    other = np.asarray(y, dtype).view(bits)
    if not other.ndim and not other:
        return np.bitwise_and(chosen, mask).view(dtype)
    return np.bitwise_xor(np.bitwise_and(np.bitwise_xor(chosen, other), mask), other).view(dtype)


where: Where = register(
    Where(
        "where",
        _where,
        [None, lambda cond: Selected(cond), lambda cond: Selected(bitwise_not(cond))],
        kind="same",
        scalar="where",
        samples=(truths(), reals(), reals()),
        dtypes="biufc",
        doc="x where the condition holds, y elsewhere; the other side gets no cotangent at all.",
    )
)


@elementwise(partials=None, kind="bool", scalar="eq", dtypes="biufc")
def eq(x: Any, y: Any) -> Any:
    """x == y."""
    return np.equal(x, y)


@elementwise(partials=None, kind="bool", scalar="ne", dtypes="biufc")
def ne(x: Any, y: Any) -> Any:
    """x != y."""
    return np.not_equal(x, y)


@elementwise(partials=None, kind="bool", scalar="lt", dtypes="biuf")
def lt(x: Any, y: Any) -> Any:
    """x < y."""
    return np.less(x, y)


@elementwise(partials=None, kind="bool", scalar="le", dtypes="biuf")
def le(x: Any, y: Any) -> Any:
    """x <= y."""
    return np.less_equal(x, y)


@elementwise(partials=None, kind="bool", scalar="gt", dtypes="biuf")
def gt(x: Any, y: Any) -> Any:
    """x > y."""
    return np.greater(x, y)


@elementwise(partials=None, kind="bool", scalar="ge", dtypes="biuf")
def ge(x: Any, y: Any) -> Any:
    """x >= y."""
    return np.greater_equal(x, y)


@elementwise(partials=None, kind="bool", scalar="isnan", dtypes="biufc")
def isnan(x: Any) -> Any:
    """Whether x is NaN."""
    return np.isnan(x)


@elementwise(partials=None, kind="bool", scalar="isfinite", dtypes="biufc")
def isfinite(x: Any) -> Any:
    """Whether x is neither infinite nor NaN."""
    return np.isfinite(x)


@elementwise(partials=None, scalar="bitwise_and", dtypes="biu")
def bitwise_and(x: Any, y: Any) -> Any:
    """Bitwise and of integers; logical and of bools."""
    return np.bitwise_and(x, y)


@elementwise(partials=None, scalar="bitwise_or", dtypes="biu")
def bitwise_or(x: Any, y: Any) -> Any:
    """Bitwise or of integers; logical or of bools."""
    return np.bitwise_or(x, y)


@elementwise(partials=None, scalar="bitwise_xor", dtypes="biu")
def bitwise_xor(x: Any, y: Any) -> Any:
    """Bitwise exclusive or of integers; inequality of bools."""
    return np.bitwise_xor(x, y)


@elementwise(partials=None, scalar="bitwise_not", dtypes="biu")
def bitwise_not(x: Any) -> Any:
    """Bitwise not of integers; logical not of bools."""
    return np.invert(x)
