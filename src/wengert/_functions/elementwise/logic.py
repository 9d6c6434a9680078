"""Logic and bits, element by element."""

from __future__ import annotations

from typing import Any

from ..._base.dtypes import bool_
from ..._base.errors import DtypeError
from ..._primitives import elementwise as e
from ..._primitives import number_parts as n
from ..out import takes_out
from ..public import binary, tensors_where_needed, unary

bitwise_and = binary(e.bitwise_and, "either")
bitwise_or = binary(e.bitwise_or, "either")
bitwise_xor = binary(e.bitwise_xor, "either")
bitwise_not = unary(e.bitwise_not)


def _bits(input: Any, other: Any, name: str) -> list[Any]:
    for value in (input, other):
        if isinstance(value, float | complex):
            raise DtypeError(f"{name}: {value!r} is no whole number. Pass an int or a tensor.")
    return tensors_where_needed(name, "either", input, other)


@takes_out
def bitwise_left_shift(input: Any, other: Any, *, out: Any = None) -> Any:
    """The bits of input moved up by `other` places; 0 where they leave or `other` is negative.

    >>> import wengert
    >>> wengert.bitwise_left_shift(wengert.tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    return n.left_shift(*_bits(input, other, "bitwise_left_shift"))


@takes_out
def bitwise_right_shift(input: Any, other: Any, *, out: Any = None) -> Any:
    """The bits of input moved down by `other` places, the sign coming in.

    >>> import wengert
    >>> wengert.bitwise_right_shift(wengert.tensor([8, -8]), 2)
    tensor([ 2, -2])
    """
    return n.arithmetic_shift_right(*_bits(input, other, "bitwise_right_shift"))


def _truth(value: Any) -> Any:
    return value if value._data.dtype == bool_ else e.ne(value, 0)


@takes_out
def logical_not(input: Any, *, out: Any = None) -> Any:
    """True where x is zero.

    >>> import wengert
    >>> wengert.logical_not(wengert.tensor([0, 2]))
    tensor([ True, False])
    """
    return e.eq(input, 0)


@takes_out
def logical_and(input: Any, other: Any, *, out: Any = None) -> Any:
    """Whether both are non-zero.

    >>> import wengert
    >>> wengert.logical_and(wengert.tensor([0, 2]), wengert.tensor([1, 1]))
    tensor([False,  True])
    """
    input, other = tensors_where_needed("logical_and", "none", input, other)
    return e.bitwise_and(_truth(input), _truth(other))


@takes_out
def logical_or(input: Any, other: Any, *, out: Any = None) -> Any:
    """Whether either is non-zero.

    >>> import wengert
    >>> wengert.logical_or(wengert.tensor([0, 2]), wengert.tensor([0, 1]))
    tensor([False,  True])
    """
    input, other = tensors_where_needed("logical_or", "none", input, other)
    return e.bitwise_or(_truth(input), _truth(other))


@takes_out
def logical_xor(input: Any, other: Any, *, out: Any = None) -> Any:
    """Whether exactly one is non-zero.

    >>> import wengert
    >>> wengert.logical_xor(wengert.tensor([0, 2]), wengert.tensor([0, 1]))
    tensor([False, False])
    """
    input, other = tensors_where_needed("logical_xor", "none", input, other)
    return e.bitwise_xor(_truth(input), _truth(other))


__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]
