"""Rounding, element by element. The derivative is 0 wherever there is one."""

from __future__ import annotations

from typing import Any

from ..._base.dtypes import is_floating
from ..._base.errors import DtypeError
from ..._primitives import elementwise as e
from ..out import takes_out
from ..public import unary

ceil = unary(e.ceil)
floor = unary(e.floor)
trunc = unary(e.trunc)
fix = trunc


@takes_out
def round(input: Any, *, decimals: int = 0, out: Any = None) -> Any:
    """The nearest number with `decimals` digits after the point; halves go to the even one.

    Negative `decimals` round to tens, hundreds and so on.

    >>> import wengert
    >>> wengert.round(wengert.tensor([2.5, 1.234]), decimals=1)
    tensor([2.5000, 1.2000])
    """
    if decimals == 0:
        return e.round(input)
    if not is_floating(input._data.dtype):
        raise DtypeError(f"round: decimals needs a floating dtype, not {input._data.dtype}.")
    ten = 10.0 ** abs(decimals)
    if decimals > 0:
        return e.div(e.round(e.mul(input, ten)), ten)
    return e.mul(e.round(e.div(input, ten)), ten)


@takes_out
def frac(input: Any, *, out: Any = None) -> Any:
    """x less trunc(x): what is behind the point, with the sign of x.

    >>> import wengert
    >>> wengert.frac(wengert.tensor([1.5, -1.5]))
    tensor([ 0.5000, -0.5000])
    """
    if not is_floating(input._data.dtype):
        raise DtypeError(f"frac: expected a floating dtype, not {input._data.dtype}.")
    return e.sub(input, e.trunc(input))


__all__ = ["ceil", "fix", "floor", "frac", "round", "trunc"]
