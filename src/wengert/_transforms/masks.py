"""Absence: a cotangent or tangent that exists in some elements only.

An element that nothing selected has no cotangent, one that depends on no leaf has no tangent: not a
zero, nothing at all, so that an infinite partial there contributes nothing either. `Partly` is a
tensor with a mask outside which there is nothing (its values there are zeros). Masks are lazy: most
are never computed. A number that merely is zero is never made absent: 0 * inf stays NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from .._base.dtypes import Dtype, bool_
from .._base.kinds import is_array
from .._base.shapes import Shape
from .._declare.elementwise import Over, Selected
from .._graph.value import Handle
from .._primitives.complex_numbers import conj
from .._primitives.creation import full, zeros
from .._primitives.elementwise import add, bitwise_and, bitwise_or, div, mul, ne, neg, where
from .._record import modes as _modes
from .._record.door import record_pair


class Mask:
    """A bool tensor that is computed when somebody needs it, outside of any derivative."""

    __slots__ = ("_make", "_value")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make: Callable[[], Any] | None = make
        self._value: Any = None

    def get(self) -> Any:
        """The mask as a tensor, of a shape that broadcasts to that of the value."""
        if self._make is not None:
            with _modes.override(grad=False):
                self._value = self._make()
            self._make = None
        return self._value


class Partly:
    """A cotangent or tangent that exists only where `mask` holds; `value` is zero elsewhere."""

    __slots__ = ("mask", "value")

    def __init__(self, value: Any, mask: Mask) -> None:
        self.value = value
        self.mask = mask


Carried: TypeAlias = "Handle | Partly"
"""What a walk carries along an edge."""


def value_of(carried: Any) -> Any:
    """The tensor, zeros where it is absent."""
    return carried.value if carried.__class__ is Partly else carried


def mask_of(carried: Any) -> Mask | None:
    """Where it exists; None means everywhere."""
    return carried.mask if carried.__class__ is Partly else None


def with_mask(value: Any, mask: Mask | None) -> Any:
    """`value` where the mask holds; it must be zero elsewhere."""
    return value if mask is None else Partly(value, mask)


def cut(value: Any, mask: Mask | None) -> Any:
    """`value` where the mask holds: a product with zeros elsewhere, which may have become NaN."""
    if mask is None:
        return value
    data, modes = value._data, _modes.current()
    seen = is_array(data) and modes.trace is None and not modes.grad
    if seen and not np.isnan(data).any():
        return Partly(value, mask)  # the zeros are still there: the mask need not be known
    return Partly(where(mask.get(), value, 0.0), mask)


def chosen(value: Any) -> Partly:
    """A direction that consists of the elements that are not zero: a row of the identity."""
    return Partly(value, Mask(lambda: ne(value, 0.0)))


def accumulate(a: Any, b: Any) -> Any:
    """The sum of two cotangents, or tangents, of one value: it exists where either does."""
    if a.__class__ is not Partly and b.__class__ is not Partly:
        return record_pair(add, a, b)
    total = add(value_of(a), value_of(b))
    first, second = mask_of(a), mask_of(b)
    if first is None or second is None:
        return total
    return Partly(total, Mask(lambda: bitwise_or(first.get(), second.get())))


def apply_partial(carried: Any, p: Any, conjugate: bool) -> Any:
    """`carried` times the partial p (its conjugate in reverse), absent where it was.

    Where the partial is None the function is locally constant: nothing passes.
    """
    kind: Any = p.__class__
    factor = issubclass(kind, Handle)
    if carried.__class__ is not Partly and factor and p._data.dtype.kind == "f":
        return record_pair(mul, carried, p)
    g, mask = value_of(carried), mask_of(carried)
    if kind is Selected:
        return _select(g, p, mask)
    if kind is Over:
        if p.weight is not None:
            g = mul(g, _conjugated(p.weight, conjugate))
        value = div(g, _conjugated(p.divisor, conjugate))
    elif factor:
        value = mul(g, _conjugated(p, conjugate))
    elif p == 1:
        return carried
    elif p == -1:
        return with_mask(neg(g), mask)
    elif p is None:
        shape = g._data.shape
        return Partly(zeros(shape, g._data.dtype), Mask(lambda: zeros(shape, bool_)))
    else:
        value = mul(g, p.conjugate() if conjugate else p)
    return cut(value, mask)


def _conjugated(p: Any, conjugate: bool) -> Any:
    return conj(p) if conjugate and isinstance(p, Handle) and p._data.dtype.kind == "c" else p


def _select(g: Any, p: Selected, mask: Mask | None) -> Any:
    selected = p.mask
    if mask is None:
        value = where(selected, g if p.weight is None else mul(g, p.weight), 0.0)
        return Partly(value, Mask(lambda: selected))
    both = Mask(lambda: bitwise_and(selected, mask.get()))
    if p.weight is None:
        return Partly(where(selected, g, 0.0), both)
    return cut(where(selected, mul(g, p.weight), 0.0), both)


def moved(rule: Callable[[Any], Any], shape: Shape, dtype: Dtype, mask: Mask | None) -> Mask:
    """The mask after a linear `rule`: it moves as the values do, so move ones and see what arrives.

    The rule must not be able to cancel ones that meet: it moves, repeats and adds up elements.
    """

    def make() -> Any:
        return ne(rule(indicator(shape, dtype, mask)), 0.0)

    return Mask(make)


def indicator(shape: Shape, dtype: Dtype, mask: Mask | None) -> Any:
    """Ones where the mask holds, zeros elsewhere."""
    # Both parts are set, so that taking either of them keeps the one.
    ones = full(shape, 1 + 1j if dtype.kind == "c" else 1, dtype)
    return ones if mask is None else where(mask.get(), ones, 0.0)
