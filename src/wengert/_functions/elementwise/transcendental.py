"""Exponentials, logarithms, roots and angles under their public names, and relatives."""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import promote, to_floating
from ..._declare.elementwise import convert
from ..._primitives import complex_numbers as c
from ..._primitives import elementwise as e
from ..._primitives import logarithmic as lg
from ..._primitives import transcendental as t
from ..._primitives.bessel_functions import spherical_bessel_j
from ..out import takes_out
from ..public import binary, tensors_where_needed, unary

acos = unary(t.acos)
acosh = unary(t.acosh)
asin = unary(t.asin)
asinh = unary(t.asinh)
atan = unary(t.atan)
atanh = unary(t.atanh)
atan2 = binary(t.atan2)
cos = unary(t.cos)
cosh = unary(t.cosh)
exp = unary(t.exp)
exp2 = unary(lg.exp2)
expm1 = unary(t.expm1)
log = unary(t.log)
log10 = unary(lg.log10)
log1p = unary(t.log1p)
log2 = unary(lg.log2)
relu = unary(e.relu)
rsqrt = unary(t.rsqrt)
sigmoid = unary(t.sigmoid)
sin = unary(t.sin)
sinh = unary(t.sinh)
sqrt = unary(t.sqrt)
tan = unary(t.tan)
tanh = unary(t.tanh)


def as_floating(input: Any) -> Any:
    """The tensor itself, or integers and bools in the default floating dtype."""
    return convert(input, to_floating(input._data.dtype))


@takes_out
def sinc(input: Any, *, out: Any = None) -> Any:
    """sin(pi x) / (pi x), 1 at 0.

    >>> import wengert
    >>> wengert.sinc(wengert.tensor([0.0, 0.5]))
    tensor([1.0000, 0.6366])
    """
    return spherical_bessel_j(e.mul(as_floating(input), math.pi), order=0)


@takes_out
def logaddexp(input: Any, other: Any, *, out: Any = None) -> Any:
    """log(exp(input) + exp(other)), without overflow.

    >>> import wengert
    >>> wengert.logaddexp(wengert.tensor([1000.0]), wengert.tensor([1000.0]))
    tensor([1000.6932])
    """
    larger, gap = _apart(*_both("logaddexp", input, other))
    return e.add(larger, t.log1p(t.exp(gap)))


@takes_out
def logaddexp2(input: Any, other: Any, *, out: Any = None) -> Any:
    """log2(2 ** input + 2 ** other), without overflow.

    >>> import wengert
    >>> wengert.logaddexp2(wengert.tensor([1000.0]), wengert.tensor([1000.0]))
    tensor([1001.])
    """
    larger, gap = _apart(*_both("logaddexp2", input, other))
    return e.add(larger, e.mul(t.log1p(lg.exp2(gap)), 1.0 / math.log(2.0)))


def _both(name: str, input: Any, other: Any) -> list[Any]:
    """Two tensors in the floating dtype that both together have."""
    pair = tensors_where_needed(name, "none", input, other)
    dtype = to_floating(promote([(x._data.dtype, x._data.ndim) for x in pair]))
    return [convert(x, dtype) for x in pair]


def _apart(x: Any, y: Any) -> tuple[Any, Any]:
    """The larger of two, and how far the other lies below it; chosen, never blended."""
    is_complex = "c" in x._data.dtype.kind + y._data.dtype.kind
    a, b = (v if v._data.dtype.kind != "c" else c.real(v) for v in (x, y))
    above = e.gt(a, b)
    # Equal infinities are 0 apart, which their difference would not tell.
    level = e.bitwise_and(e.eq(x, y), e.bitwise_not(e.isfinite(x)))
    gap = e.where(level, 0.0, e.where(above, e.sub(y, x), e.sub(x, y)))
    larger = e.where(above, x, y)
    if not is_complex:
        # NaN is neither above nor below: it has to come through from either side.
        larger = e.where(e.isnan(x), x, larger)
    return larger, gap


@takes_out
def logit(input: Any, eps: float | None = None, *, out: Any = None) -> Any:
    """log(x / (1 - x)), x limited to [eps, 1 - eps] if `eps` is given; NaN outside [0, 1].

    >>> import wengert
    >>> wengert.logit(wengert.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    x = as_floating(input)
    if eps is not None:
        x = e.where(e.lt(x, eps), eps, e.where(e.gt(x, 1.0 - eps), 1.0 - eps, x))
    middle = e.bitwise_and(e.gt(x, 0.25), e.lt(x, 0.75))
    # Around 1/2 the logarithms nearly cancel; 2 atanh(2 x - 1) does not, its argument is exact.
    near = e.mul(t.atanh(e.sub(e.mul(x, 2.0), 1.0)), 2.0)
    return e.where(middle, near, e.sub(t.log(x), t.log1p(e.neg(x))))


arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctan2 = atan2
arctanh = atanh

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logit",
    "relu",
    "rsqrt",
    "sigmoid",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]
