"""Pulling a cotangent back through one node: the reverse reading of a declaration.

A cotangent is a tensor, or a `Partly`: a tensor with a mask outside which there is no cotangent at
all (its values there are zeros). Selecting operations make such masks; a partial that is infinite
or NaN outside the mask contributes nothing. Masks are lazy: most are never computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from .._base.shapes import Shape
from .._declare.elementwise import Over, Selected
from .._graph.node import Node
from .._graph.value import Handle
from .._primitives.complex_numbers import conj
from .._primitives.creation import full, zeros
from .._primitives.elementwise import add, bitwise_and, bitwise_or, div, mul, ne, neg, where
from .._primitives.ordering import amax
from .._primitives.shaping import expand, sum_to
from .._record import modes as _modes
from .site import Site, kept_value


class Mask:
    """A bool tensor that is computed when somebody needs it, outside of any derivative."""

    __slots__ = ("_make", "_value")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make: Callable[[], Any] | None = make
        self._value: Any = None

    def get(self) -> Any:
        """The mask as a tensor."""
        if self._make is not None:
            with _modes.override(grad=False):
                self._value = self._make()
            self._make = None
        return self._value


class Partly:
    """A cotangent that exists only where `mask` holds; `value` is zero elsewhere."""

    __slots__ = ("mask", "value")

    def __init__(self, value: Any, mask: Mask) -> None:
        self.value = value
        self.mask = mask


Cotangent: TypeAlias = "Handle | Partly"


def value_of(cotangent: Any) -> Any:
    """The tensor of a cotangent, zeros where it is absent."""
    return cotangent.value if cotangent.__class__ is Partly else cotangent


def accumulate(a: Any, b: Any) -> Any:
    """The sum of two cotangents of one value."""
    total = add(value_of(a), value_of(b))
    if a.__class__ is Partly and b.__class__ is Partly:
        first, second = a.mask, b.mask
        return Partly(total, Mask(lambda: bitwise_or(first.get(), second.get())))
    return total


def pull(node: Node, cotangents: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """The cotangents of the operands of `node`; None where not wanted or not dependent."""
    family = node.primitive.family
    if family == "elementwise":
        return _pull_elementwise(node, cotangents[0], wanted)
    if family == "linear":
        return _pull_linear(node, cotangents[0], wanted)
    return _pull_other(node, cotangents, wanted)


# ---- elementwise --------------------------------------------------------------------------------


def _pull_elementwise(node: Node, cotangent: Any, wanted: Sequence[bool]) -> list[Any]:
    primitive: Any = node.primitive
    mask: Mask | None = None
    g = cotangent
    if cotangent.__class__ is Partly:
        g, mask = cotangent.value, cotangent.mask
    results: list[Any] = []
    for i, partial in enumerate(primitive.partials):
        if not wanted[i]:
            results.append(None)
            continue
        p = partial.function(*[kept_value(node, position) for position in partial.positions])
        found = apply_partial(g, p, mask)
        shape = node.in_shapes[i]
        value = found.value if found.__class__ is Partly else found
        if value._data.shape != shape:
            found = _unbroadcast(found, shape)
        results.append(found)
    return results


def apply_partial(g: Any, p: Any, mask: Mask | None) -> Any:
    """The cotangent g times the conjugate of the partial p, absent outside the mask."""
    kind = p.__class__
    if kind is Selected:
        return _select(g, p, mask)
    if kind is Over:
        divisor = p.divisor
        if isinstance(divisor, Handle) and divisor._data.dtype.kind == "c":
            divisor = conj(divisor)
        value = div(g, divisor)
    elif isinstance(p, Handle):
        value = mul(g, conj(p) if p._data.dtype.kind == "c" else p)
    elif p == 1:
        return g if mask is None else Partly(g, mask)
    elif p == -1:
        return neg(g) if mask is None else Partly(neg(g), mask)
    elif p == 0:
        return zeros(g._data.shape, g._data.dtype)
    else:
        value = mul(g, p.conjugate() if isinstance(p, complex) else p)
    if mask is None:
        return value
    return Partly(where(mask.get(), value, 0.0), mask)


def _select(g: Any, p: Selected, mask: Mask | None) -> Any:
    selected = p.mask
    value = where(selected, g if p.weight is None else mul(g, p.weight), 0.0)
    if mask is None:
        return Partly(value, Mask(lambda: selected))
    both = Mask(lambda: bitwise_and(selected, mask.get()))
    if p.weight is not None:
        value = where(both.get(), value, 0.0)
    return Partly(value, both)


def _unbroadcast(cotangent: Any, shape: Shape) -> Any:
    if cotangent.__class__ is not Partly:
        return sum_to(cotangent, shape)
    big = cotangent.value._data.shape
    mask = cotangent.mask
    return Partly(sum_to(cotangent.value, shape), Mask(lambda: _any_to(mask.get(), big, shape)))


def _any_to(mask: Any, big: Shape, shape: Shape) -> Any:
    from .._primitives.shaping import reshape

    if mask._data.shape != big:
        mask = expand(mask, shape=big)
    lead = len(big) - len(shape)
    axes = tuple(
        axis
        for axis in range(len(big))
        if axis < lead or (shape[axis - lead] == 1 and big[axis] != 1)
    )
    return reshape(amax(mask, axes=axes), shape=shape)


# ---- linear -------------------------------------------------------------------------------------


def _pull_linear(node: Node, cotangent: Any, wanted: Sequence[bool]) -> list[Any]:
    primitive: Any = node.primitive
    if not hasattr(primitive, "transpose"):
        return [cotangent]  # a leaf of an inner derivative: the identity
    site = Site(node)
    mask: Mask | None = None
    g = cotangent
    if cotangent.__class__ is Partly:
        g, mask = cotangent.value, cotangent.mask
    positions = primitive.linear(len(node.inputs))
    # A product of two operands mixes every element: what was absent has become zero.
    moves = primitive.joint or len(positions) == 1
    results: list[Any] = []
    for i in range(len(node.inputs)):
        if not (wanted[i] and i in positions):
            results.append(None)
            continue
        value = primitive.transpose(site, g, i)
        if moves and (mask is not None or primitive.selecting):
            results.append(Partly(value, _moved_mask(site, g, mask, i)))
        else:
            results.append(value)
    return results


def _moved_mask(site: Site, g: Any, mask: Mask | None, i: int) -> Mask:
    """The mask moves as the values do: transpose its indicator and see what arrived."""
    shape, dtype = g._data.shape, g._data.dtype
    primitive: Any = site.node.primitive

    def make() -> Any:
        ones = full(shape, 1.0, dtype)
        indicator = ones if mask is None else where(mask.get(), ones, 0.0)
        return ne(primitive.transpose(site, indicator, i), 0.0)

    return Mask(make)


# ---- other --------------------------------------------------------------------------------------


def _pull_other(node: Node, cotangents: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    primitive: Any = node.primitive
    site = Site(node)
    values = [None if c is None else value_of(c) for c in cotangents]
    if primitive.vjp is not None:
        found = primitive.vjp(site, *values)
    else:
        found = _transposed_jvp(node, values, wanted)
    results: list[Any] = []
    for i, part in enumerate(found):
        if not wanted[i] or part is None:
            results.append(None)
        elif part.__class__ is Selected:
            results.append(_select(part.weight, Selected(part.mask), None))
        else:
            results.append(part)
    return results


def _transposed_jvp(node: Node, values: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """The vjp of a primitive that declares a jvp: the pullback of that (linear) rule."""
    from .reverse import leaf_handle, walk

    primitive: Any = node.primitive
    site = Site(node)
    dtype = next(value for value in values if value is not None)._data.dtype
    with _modes.override(grad=True):
        tangents = [
            leaf_handle(zeros(node.in_shapes[i], dtype)) if needed else None
            for i, needed in enumerate(wanted)
        ]
        outs = primitive.jvp(site, *tangents)
    seeds = [
        (out, value)
        for out, value in zip(outs, values, strict=True)
        if out is not None and value is not None
    ]
    leaves = [tangent for tangent in tangents if tangent is not None]
    found = iter(walk(seeds, leaves))
    return [None if tangent is None else next(found) for tangent in tangents]


