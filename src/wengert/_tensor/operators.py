"""Tensor's operators: the four of arithmetic take the short way to the door.

Python numbers go to the door as they are, NumPy's arrays become tensors, and other types are asked
in their turn. In place, an operator is the method of that name.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .._base.kinds import is_array
from .._functions.elementwise import arithmetic, logic
from .._functions.linear_algebra import matrix
from .._functions.making import creation
from .._functions.places import indexing
from .._graph.node import Abstract
from .._graph.value import Handle
from .._primitives import elementwise as e
from .._record.door import record_pair
from .pointwise_methods import PointwiseMethods


def is_traced_number(x: Any) -> bool:
    """Whether x stands for a Python number in a trace; numbers are not changed in place."""
    return x._data.__class__ is Abstract and x._data.weak


_OPERANDS = (Handle, float, int, complex)
_WIDE_OPERANDS = (Handle, float, int, complex, np.generic)


def _foreign(function: Any, x: Any, other: Any, reflected: bool = False) -> Any:
    """An operator with an operand that may be a NumPy array; NotImplemented for other types."""
    if not isinstance(x, Handle):
        raise TypeError(f"an operator of Tensor was called on {type(x).__name__}.")
    if is_array(other):
        other = creation.from_numpy(other)  # pyright: ignore[reportUnknownArgumentType]
    elif not isinstance(other, _WIDE_OPERANDS):
        return NotImplemented
    return function(other, x) if reflected else function(x, other)


class Operators(PointwiseMethods):
    """The operators of a tensor."""

    __array_priority__ = 1000

    def __add__(self, other: Any) -> Any:
        return (
            record_pair(e.add, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.add, self, other)
        )

    def __sub__(self, other: Any) -> Any:
        return (
            record_pair(e.sub, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.sub, self, other)
        )

    def __mul__(self, other: Any) -> Any:
        return (
            record_pair(e.mul, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.mul, self, other)
        )

    def __truediv__(self, other: Any) -> Any:
        return (
            record_pair(e.div, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.div, self, other)
        )

    def __pow__(self, other: Any) -> Any:
        return (
            record_pair(e.pow, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(arithmetic.pow, self, other)
        )

    def __floordiv__(self, other: Any) -> Any:
        return _foreign(e.floor_divide, self, other)

    def __mod__(self, other: Any) -> Any:
        return _foreign(e.remainder, self, other)

    def __matmul__(self, other: Any) -> Any:
        return _foreign(matrix.matmul, self, other)

    def __radd__(self, other: Any) -> Any:
        return _foreign(e.add, self, other, reflected=True)

    def __rsub__(self, other: Any) -> Any:
        return _foreign(e.sub, self, other, reflected=True)

    def __rmul__(self, other: Any) -> Any:
        return _foreign(e.mul, self, other, reflected=True)

    def __rtruediv__(self, other: Any) -> Any:
        return _foreign(e.div, self, other, reflected=True)

    __rdiv__ = __rtruediv__

    def __rpow__(self, other: Any) -> Any:
        return _foreign(arithmetic.pow, self, other, reflected=True)

    def __rfloordiv__(self, other: Any) -> Any:
        return _foreign(e.floor_divide, self, other, reflected=True)

    def __rmod__(self, other: Any) -> Any:
        return _foreign(e.remainder, self, other, reflected=True)

    def __rmatmul__(self, other: Any) -> Any:
        return _foreign(matrix.matmul, self, other, reflected=True)

    def __neg__(self) -> Any:
        return e.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return arithmetic.abs(self)

    def __invert__(self) -> Any:
        return e.bitwise_not(self)

    def __and__(self, other: Any) -> Any:
        return _foreign(e.bitwise_and, self, other)

    def __or__(self, other: Any) -> Any:
        return _foreign(e.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Any:
        return _foreign(e.bitwise_xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __lshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_left_shift, self, other)

    def __rshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_right_shift, self, other)

    def __rlshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_left_shift, self, other, reflected=True)

    def __rrshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_right_shift, self, other, reflected=True)

    def __eq__(self, other: Any) -> Any:
        return _foreign(e.eq, self, other)

    def __ne__(self, other: Any) -> Any:
        return _foreign(e.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return _foreign(e.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _foreign(e.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _foreign(e.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _foreign(e.ge, self, other)

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        indexing.setitem(self, index, value)

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError("elements of a tensor cannot be deleted. Index what should stay.")

    def __iadd__(self, other: Any) -> Any:
        return self + other if is_traced_number(self) else self.add_(other)

    def __isub__(self, other: Any) -> Any:
        return self - other if is_traced_number(self) else self.sub_(other)

    def __imul__(self, other: Any) -> Any:
        return self * other if is_traced_number(self) else self.mul_(other)

    def __itruediv__(self, other: Any) -> Any:
        return self / other if is_traced_number(self) else self.div_(other)

    def __ipow__(self, other: Any) -> Any:
        return self**other if is_traced_number(self) else self.pow_(other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self // other if is_traced_number(self) else self.floor_divide_(other)

    def __imod__(self, other: Any) -> Any:
        return self % other if is_traced_number(self) else self.remainder_(other)

    def __ilshift__(self, other: Any) -> Any:
        return self << other if is_traced_number(self) else self.bitwise_left_shift_(other)

    def __irshift__(self, other: Any) -> Any:
        return self >> other if is_traced_number(self) else self.bitwise_right_shift_(other)

    def __iand__(self, other: Any) -> Any:
        return self & other if is_traced_number(self) else self.bitwise_and_(other)

    def __ior__(self, other: Any) -> Any:
        return self | other if is_traced_number(self) else self.bitwise_or_(other)

    def __ixor__(self, other: Any) -> Any:
        return self ^ other if is_traced_number(self) else self.bitwise_xor_(other)


__all__ = ["Operators", "is_traced_number"]
