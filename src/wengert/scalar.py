"""A number that remembers how it was made: reverse-mode differentiation at its smallest.

Every operation on Scalars makes a node, the record of that one operation: its operands, and the
partial derivative of its result with respect to each. ``seq`` counts nodes as they are made, so
an operand's number is always smaller than its result's, and ``backward`` is one walk from the
highest number to the lowest. Tensors work the same way, with arrays for floats. Only the standard
library is imported here. No global list of nodes may be added: a node lives while it is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import count
from numbers import Real
from operator import attrgetter
from typing import Any, ClassVar

__all__ = ["Scalar"]


class Scalar:
    """A float with a gradient: after ``y.backward()``, ``x.grad`` is dy/dx.

    A Scalar that you make is a leaf. One that an operation makes is the operation's node, whose
    ``operation``, ``operands``, ``partials`` and ``seq`` can be read. Plain numbers mix in as
    constants. Values are Python floats: where those raise (1 / 0, log(-1), exp(1000)), so do
    Scalars. ``==`` and ``<`` compare values; sets and dicts tell Scalars apart by identity.
    ``float(x)``, hence ``math.exp(x)``, gives a plain number without a record: write ``x.exp()``.
    TypeError: the argument is not one real number.

    >>> x = Scalar(4)
    >>> y = x * x * x + x + x
    >>> y.backward()
    >>> x
    Value: 4.0, Gradient: 50.0
    """

    __slots__ = ("__weakref__", "_grad", "_val", "operands", "operation", "partials", "seq")
    # Makes NumPy leave np.float64(2) * x to __rmul__, and refuse np.exp(x), which has no record.
    __array_ufunc__: ClassVar[None] = None

    def __init__(self, val: float) -> None:
        self._val: float = float(_number(val))
        self._grad: float = 0.0
        self.operation: str = "leaf"
        self.operands: tuple[Scalar | float, ...] = ()
        self.partials: tuple[float, ...] = ()
        self.seq: int = next(_sequence)

    @property
    def val(self) -> float:
        """The value. A leaf's may be assigned, as in ``w.val -= 0.01 * w.grad``.

        Results made before that keep their values and partials. AttributeError: not a leaf.
        """
        return self._val

    @val.setter
    def val(self, val: float) -> None:
        if self.operands:
            what = f"{self._val} is the result of {self.operation!r}; only a leaf's can be set"
            raise AttributeError(f"Scalar.val: {what}. Write Scalar(...) for a new leaf")
        self._val = float(_number(val))

    @property
    def grad(self) -> float:
        """The gradient: a leaf's is summed over backward walks, any other's is the latest walk's.

        Assign 0 to reset it. Another number that you assign is the seed of ``backward`` here.
        """
        return self._grad

    @grad.setter
    def grad(self, grad: float) -> None:
        number = _number(grad)
        self._grad = _Seed(number) if number else 0.0

    def backward(self) -> None:
        """Add d(self)/d(leaf) times the seed to the ``grad`` of every leaf behind this Scalar.

        The seed is the ``grad`` that you have assigned here, or else 1. Each node in between gets
        its own cotangent, d(self)/d(node) times the seed, as its ``grad``, anew in every walk.
        Leaves accumulate, also when you call this twice: assign 0 to their ``grad`` in between.

        >>> x = Scalar(3)
        >>> y = x * x
        >>> y.grad = 10.0
        >>> y.backward()
        >>> x.grad
        60.0
        """
        if not isinstance(self._grad, _Seed):
            self._grad = 1.0 if self.operands else self._grad + 1.0
        nodes: list[Scalar] = [self]
        found: set[Scalar] = {self}
        for node in nodes:  # the list grows while it is read, until no operand is new
            for operand in node.operands:
                if isinstance(operand, Scalar) and operand.operands and operand not in found:
                    operand._grad = 0.0
                    found.add(operand)
                    nodes.append(operand)
        # Youngest first: a cotangent has all its contributions before it is passed on.
        nodes.sort(key=_by_seq, reverse=True)
        for node in nodes:
            cotangent = node._grad
            for operand, partial in zip(node.operands, node.partials):
                if isinstance(operand, Scalar):
                    operand._grad += cotangent * partial

    def __add__(self, other: Scalar | float) -> Scalar:
        return _record("add", self._val + _value(other), (self, other), (1.0, 1.0))

    def __sub__(self, other: Scalar | float) -> Scalar:
        return _record("sub", self._val - _value(other), (self, other), (1.0, -1.0))

    def __rsub__(self, other: float) -> Scalar:
        return _record("sub", _value(other) - self._val, (other, self), (1.0, -1.0))

    def __mul__(self, other: Scalar | float) -> Scalar:
        a, b = self._val, _value(other)
        return _record("mul", a * b, (self, other), (b, a))

    def __truediv__(self, other: Scalar | float) -> Scalar:
        return _divide(self, other)

    def __rtruediv__(self, other: float) -> Scalar:
        return _divide(other, self)

    def __pow__(self, other: Scalar | float) -> Scalar:
        return _power(self, other)

    def __rpow__(self, other: float) -> Scalar:
        return _power(other, self)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Scalar:
        return _record("neg", -self._val, (self,), (-1.0,))

    def __abs__(self) -> Scalar:
        """|x|, with derivative 0 at 0."""
        sign = math.copysign(1.0, self._val) if self._val else 0.0
        return _record("abs", math.fabs(self._val), (self,), (sign,))

    def exp(self) -> Scalar:
        """e**x. OverflowError above 709.78."""
        val = _call(math.exp, self._val, needs="x <= 709.78")
        return _record("exp", val, (self,), (val,))

    def log(self) -> Scalar:
        """Natural logarithm. ValueError unless x > 0."""
        val = _call(math.log, self._val, needs="x > 0")
        return _record("log", val, (self,), (1.0 / self._val,))

    def sqrt(self) -> Scalar:
        """Square root, with derivative inf at 0. ValueError if x < 0."""
        val = _call(math.sqrt, self._val, needs="x >= 0")
        return _record("sqrt", val, (self,), (0.5 / val if val else math.inf,))

    def sin(self) -> Scalar:
        """Sine of x in radians. ValueError if x is infinite."""
        val = _call(math.sin, self._val, needs="a finite x")
        return _record("sin", val, (self,), (math.cos(self._val),))

    def cos(self) -> Scalar:
        """Cosine of x in radians. ValueError if x is infinite."""
        val = _call(math.cos, self._val, needs="a finite x")
        return _record("cos", val, (self,), (-math.sin(self._val),))

    def tanh(self) -> Scalar:
        """Hyperbolic tangent; 1 - tanh(x)**2 is computed as 4 e / (1 + e)**2, e = exp(-2 |x|)."""
        e = math.exp(-2.0 * math.fabs(self._val))  # 1 - tanh**2 would lose its digits near 1
        return _record("tanh", math.tanh(self._val), (self,), (4.0 * e / (1.0 + e) ** 2,))

    def sigmoid(self) -> Scalar:
        """1 / (1 + exp(-x)), without overflow."""
        e = math.exp(-math.fabs(self._val))
        val = (e if self._val < 0 else 1.0) / (1.0 + e)
        return _record("sigmoid", val, (self,), (e / (1.0 + e) ** 2,))

    def relu(self) -> Scalar:
        """max(x, 0). For x <= 0 the constant 0 is recorded, so nothing at all goes back to x."""
        if self._val <= 0:
            return _record("relu", 0.0, (0.0,), (1.0,))
        return _record("relu", self._val, (self,), (1.0,))

    def __eq__(self, other: object) -> bool:
        return self._val == _value(other) if isinstance(other, Scalar | Real) else NotImplemented

    def __lt__(self, other: Scalar | float) -> bool:
        return self._val < _value(other)

    def __le__(self, other: Scalar | float) -> bool:
        return self._val <= _value(other)

    def __gt__(self, other: Scalar | float) -> bool:
        return self._val > _value(other)

    def __ge__(self, other: Scalar | float) -> bool:
        return self._val >= _value(other)

    # By identity, as for tensors: a leaf's value may change while it is in a set.
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self._val != 0

    def __float__(self) -> float:
        return self._val

    def __int__(self) -> int:
        return int(self._val)

    def __repr__(self) -> str:
        return f"Value: {self._val}, Gradient: {self._grad}"

    def __format__(self, spec: str) -> str:
        return format(self._val, spec) if spec else repr(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy or pickle a leaf's value. TypeError for a result, whose record would be lost."""
        if self.operands:
            what = f"{self._val} is the result of {self.operation!r}; only a leaf can be copied"
            raise TypeError(f"Scalar: {what} or pickled. Write Scalar(y.val) for a new leaf")
        return type(self), (self._val,)


class _Seed(float):
    """A gradient that a person assigned; what a backward walk writes is a plain float."""

    __slots__ = ()


_sequence = count()
_by_seq = attrgetter("seq")
_new = object.__new__


def _record(
    operation: str, val: float, operands: tuple[Scalar | float, ...], partials: tuple[float, ...]
) -> Scalar:
    """Make the node of one operation; nothing else does."""
    node = _new(Scalar)
    node._val = val
    node._grad = 0.0
    node.operation = operation
    node.operands = operands
    node.partials = partials
    node.seq = next(_sequence)
    return node


def _value(operand: object) -> float:
    return operand._val if isinstance(operand, Scalar) else _number(operand)


def _number(value: object) -> float:
    """Pass int and float, turn other real numbers into float, refuse the rest."""
    if type(value) is float or type(value) is int:
        return value
    if isinstance(value, Real):
        return float(value)
    what = f"{type(value).__name__} {value!r:.60}"
    if isinstance(value, Scalar):
        advice = "x.val, its number without its record"
    elif isinstance(value, str) or getattr(value, "shape", None) == ():
        advice = "float(x)"
    elif isinstance(value, Iterable):
        advice = "a comprehension over its elements"
    else:
        advice = "an int or a float"
    raise TypeError(f"Scalar: needs one real number, got {what}. Write {advice}")


def _call(function: Callable[..., float], *numbers: float, needs: str) -> float:
    """Compute a value; an error of Python's own gets the numbers and the remedy added."""
    try:
        return function(*numbers)
    except (ArithmeticError, ValueError) as error:
        shown = f"{function.__name__}({', '.join(map(repr, numbers))})"
        raise type(error)(f"Scalar: {shown} has no float value. It needs {needs}") from None


def _divide(a: Scalar | float, b: Scalar | float) -> Scalar:
    dividend, divisor = _value(a), _value(b)
    try:
        val = dividend / divisor
    except ZeroDivisionError:
        what = f"{dividend} / {divisor} has no float value. It needs a divisor other than 0"
        raise ZeroDivisionError(f"Scalar: {what}") from None
    return _record("div", val, (a, b), (1.0 / divisor, -val / divisor))


def _power(a: Scalar | float, b: Scalar | float) -> Scalar:
    """a**b, with partials b * a**(b - 1) and a**b * log(a); at a = 0 the latter is taken as 0."""
    base, exponent = _value(a), _value(b)
    val = _call(pow, base, exponent, needs="a base other than 0 and a result <= 1.8e308")
    if isinstance(val, complex):
        what = (
            f"pow({base}, {exponent}) has no float value. It needs a whole exponent or a base >= 0"
        )
        raise ValueError(f"Scalar: {what}")
    by_a = _slope_in_base(base, exponent, val) if isinstance(a, Scalar) else 0.0
    by_b = 0.0
    if isinstance(b, Scalar) and base:
        by_b = val * math.log(base) if base > 0 else math.nan
    return _record("pow", val, (a, b), (by_a, by_b))


def _slope_in_base(base: float, exponent: float, val: float) -> float:
    if exponent == 0:
        return 0.0
    if base == 0 and exponent < 1:
        return math.inf
    try:
        return exponent * base ** (exponent - 1)
    except OverflowError:  # a tiny base; division overflows to inf without an error
        return exponent * val / base
