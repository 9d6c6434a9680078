"""Pulling a cotangent back through one node: the reverse reading of a declaration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy import multiply, ndarray

from .._base.shapes import Shape
from .._graph.node import Node
from .._graph.value import handle_class
from .._primitives.creation import zeros
from .._primitives.elementwise import ne
from .._primitives.ordering import amax
from .._primitives.shaping import expand, reshape, sum_to
from .._record import modes as _modes
from .._record.door import settled
from .masks import (
    Mask,
    Partly,
    apply_partial,
    cut,
    indicator,
    mask_of,
    moved,
    value_of,
)
from .site import Site, kept_value

_new: Any = object.__new__


def pull(node: Node, cotangents: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """The cotangents of the operands of `node`; None where not wanted or not dependent."""
    family = node.primitive.family
    if family == "elementwise":
        return _pull_elementwise(node, cotangents[0], wanted)
    if family == "linear":
        return _pull_linear(node, cotangents[0], wanted)
    return _pull_other(node, cotangents, wanted)


def pull_products(node: Node, cotangent: Any, needed: set[Node] | None) -> list[Any] | None:
    """The short way, where nobody records: through an eager node whose partials are numbers and
    values that it kept, as products of arrays. None if that is not all there is to it.
    """
    factors = node.primitive.factors
    if factors is None or node.outputs or cotangent.__class__ is Partly:
        return None
    g = cotangent._data
    if g.__class__ is not ndarray:
        return None
    dtype = g.dtype
    if dtype.kind != "f":
        return None
    tensor = handle_class[0]
    found: list[Any] = []
    some = False
    saved: Any = node.saved
    inputs: Any = node.inputs
    for factor, edge, shape in zip(factors, inputs, node.in_shapes):
        if edge.__class__ is not tuple or (needed is not None and edge[0] not in needed):
            found.append(None)
            continue
        some = True
        if factor.__class__ is int:
            kept = saved.get(factor)
            if kept is None:
                return None
            array, storage, version = kept
            if storage.version != version or array.dtype is not dtype:
                return None
            product = multiply(g, array)
        elif factor == 1.0:
            product = g
        else:
            product = multiply(g, factor)
        if product.shape != shape:
            return None
        if product is g:
            found.append(cotangent)
            continue
        if len(shape) != 1:
            product = settled(product)
        out = _new(tensor)
        out._data = product
        found.append(out)
    return found if some else None


# ---- elementwise --------------------------------------------------------------------------------


def _pull_elementwise(node: Node, cotangent: Any, wanted: Sequence[bool]) -> list[Any]:
    primitive: Any = node.primitive
    results: list[Any] = []
    for partial, needed, shape in zip(primitive.partials, wanted, node.in_shapes, strict=True):
        if not needed:
            results.append(None)
            continue
        positions = partial.positions
        if len(positions) == 1:
            p = partial.function(kept_value(node, positions[0]))
        else:
            p = partial.function(*[kept_value(node, position) for position in positions])
        found = apply_partial(cotangent, p, conjugate=True)
        value = found.value if found.__class__ is Partly else found
        results.append(found if value._data.shape == shape else _unbroadcast(found, shape))
    return results


def _unbroadcast(cotangent: Any, shape: Shape) -> Any:
    if cotangent.__class__ is not Partly:
        return sum_to(cotangent, shape)
    big = cotangent.value._data.shape
    mask = cotangent.mask
    return Partly(sum_to(cotangent.value, shape), Mask(lambda: _any_to(mask.get(), big, shape)))


def _any_to(mask: Any, big: Shape, shape: Shape) -> Any:
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
        return [cotangent] * len(node.inputs)  # a leaf of an inner derivative: the identity
    site = Site(node)
    g, mask = value_of(cotangent), mask_of(cotangent)
    positions = primitive.linear(len(node.inputs))
    selecting = primitive.selecting
    carries = (selecting(site) if callable(selecting) else selecting) or (
        mask is not None and primitive.moves_masks(len(node.inputs))
    )
    results: list[Any] = []
    for i in range(len(node.inputs)):
        if not (wanted[i] and i in positions):
            results.append(None)
            continue
        value = primitive.transpose(site, g, i)
        results.append(Partly(value, _moved_to(site, g, mask, i)) if carries else value)
    return results


def _moved_to(site: Site, g: Any, mask: Mask | None, i: int) -> Mask:
    primitive: Any = site.node.primitive
    return moved(
        lambda ones: primitive.transpose(site, ones, i), g._data.shape, g._data.dtype, mask
    )


# ---- other --------------------------------------------------------------------------------------


def _pull_other(node: Node, cotangents: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    primitive: Any = node.primitive
    site = Site(node)
    if primitive.absence == "carried":
        return primitive.vjp(site, wanted, *cotangents)
    values = [None if c is None else value_of(c) for c in cotangents]
    found = _apply_vjp(site, values, wanted)
    masks = [None if c is None else mask_of(c) for c in cotangents]
    if primitive.absence == "pointwise":
        found = [None if part is None else cut(part, masks[0]) for part in found]
    elif primitive.absence == "moves" and (primitive.selecting or any(masks)):
        found = [
            None if part is None else Partly(part, _vjp_mask(site, values, masks, wanted, i))
            for i, part in enumerate(found)
        ]
    return [part if needed else None for part, needed in zip(found, wanted, strict=True)]


def _vjp_mask(
    site: Site, values: list[Any], masks: list[Mask | None], wanted: Sequence[bool], i: int
) -> Mask:
    """Where ones arrive at operand i if they start wherever a cotangent is present."""

    def make() -> Any:
        ones = [
            None if g is None else indicator(g._data.shape, g._data.dtype, mask)
            for g, mask in zip(values, masks, strict=True)
        ]
        return ne(_apply_vjp(site, ones, wanted)[i], 0.0)

    return Mask(make)


def _apply_vjp(site: Site, values: Sequence[Any], wanted: Sequence[bool]) -> Sequence[Any]:
    primitive: Any = site.node.primitive
    if primitive.vjp is not None:
        return primitive.vjp(site, *values)
    return _transposed_jvp(site, values, wanted)


def _transposed_jvp(site: Site, values: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
    """The vjp of a primitive that declares a jvp: the pullback of that (linear) rule."""
    from .reverse import leaf_handle, walk

    primitive: Any = site.node.primitive
    dtype = next(value for value in values if value is not None)._data.dtype
    # Real results of complex operands (eigenvalues) have complex ones beside them.
    dtype = next((out.dtype for out in site.node.outputs if out.dtype.kind == "c"), dtype)
    with _modes.override(grad=True):
        tangents = [
            leaf_handle(zeros(site.shape(i), dtype)) if needed else None
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
