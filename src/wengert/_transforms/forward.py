"""The forward walk: tangents pushed from leaves to outputs, oldest node first.

The tape that reverse mode uses is the one that forward mode uses; a tangent cannot be confused
with another's, because it belongs to a named leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._base.kinds import is_tuple
from .._graph.node import LEAF, Edge, Node
from .._primitives.creation import zeros
from .._primitives.elementwise import add, ne
from .._primitives.shaping import expand
from .._record import modes as _modes
from .._record.door import record
from .._record.storage import edge_of
from .._record.trace import differentiable
from .masks import (
    Mask,
    Partly,
    accumulate,
    apply_partial,
    cut,
    indicator,
    mask_of,
    value_of,
    with_mask,
)
from .reverse import leaf_handle, reachable, walk
from .site import Site, kept_value


def push_walk(
    leaves: Sequence[Any],
    tangents: Sequence[Any],
    outputs: Sequence[Any],
    *,
    carried: bool = False,
) -> list[Any]:
    """The tangents of `outputs` when `leaves` move along `tangents`; None where independent.

    With `carried` they come with their masks, as the walk carried them.
    """
    known: dict[Edge, Any] = {}
    for leaf, tangent in zip(leaves, tangents, strict=True):
        edge = edge_of(leaf)
        assert edge is not None
        known[edge] = tangent
    places = [edge_of(output) for output in outputs]
    roots = [place[0] for place in places if place is not None and differentiable(place)]
    oldest = min((edge[0].seq for edge in known), default=0)
    for node in reachable(roots, oldest):
        moving = [known.get(edge) if is_tuple(edge) else None for edge in node.inputs]
        if (node, 0) in known or all(tangent is None for tangent in moving):
            continue
        for index, tangent in enumerate(push(node, moving)):
            if tangent is not None:
                known[(node, index)] = tangent
    found = [None if place is None else known.get(place) for place in places]
    return [t if t is None or carried else value_of(t) for t in found]


def push(node: Node, tangents: Sequence[Any]) -> Sequence[Any]:
    """The tangents of the outputs of one node; a missing tangent is None and means zero."""
    primitive: Any = node.primitive
    if primitive is LEAF:
        return (tangents[0],)
    if primitive.family == "elementwise":
        return (_push_elementwise(node, tangents),)
    if primitive.family == "linear":
        return (_push_linear(node, tangents),)
    return _push_other(node, tangents)


def _push_elementwise(node: Node, tangents: Sequence[Any]) -> Any:
    primitive: Any = node.primitive
    total: Any = None
    for partial, tangent in zip(primitive.partials, tangents, strict=True):
        if tangent is None:
            continue
        p = partial.function(*[kept_value(node, position) for position in partial.positions])
        term = apply_partial(tangent, p, conjugate=False)
        total = term if total is None else accumulate(total, term)
    shape = _out_shape(node)
    if value_of(total)._data.shape == shape:
        return total
    return with_mask(expand(value_of(total), shape=shape), mask_of(total))


def _out_shape(node: Node) -> Any:
    if node.outputs:
        return node.outputs[0].shape
    from .._base.shapes import broadcast

    return broadcast(node.primitive.name, *node.in_shapes)


def _push_linear(node: Node, tangents: Sequence[Any]) -> Any:
    primitive: Any = node.primitive
    positions = set(primitive.linear(len(node.inputs)))
    moving = [i for i, tangent in enumerate(tangents) if tangent is not None and i in positions]
    values = [None if tangent is None else value_of(tangent) for tangent in tangents]
    masks = [None if tangent is None else mask_of(tangent) for tangent in tangents]
    if not primitive.moves_masks(len(node.inputs)):
        # A product: the sum over its factors of the product with that factor's tangent.
        total: Any = None
        for i in moving:
            alone = [value if k == i else None for k, value in enumerate(values)]
            term = _apply_linear(node, alone, positions - {i})
            total = term if total is None else add(total, term)
        return total
    total = _apply_linear(node, values, set())
    if not (primitive.filling or any(masks) or len(moving) < len(positions)):
        return total

    def make() -> Any:
        ones = [
            None if value is None else indicator(value._data.shape, value._data.dtype, mask)
            for value, mask in zip(values, masks, strict=True)
        ]
        return ne(_apply_linear(node, ones, set()), 0.0)

    return Partly(total, Mask(make))


def _apply_linear(node: Node, moving: Sequence[Any], fixed: set[int]) -> Any:
    """The primitive at `moving`; other linear operands are zeros, or their values if `fixed`."""
    primitive: Any = node.primitive
    site = Site(node)
    positions = primitive.linear(len(node.inputs))
    dtype = next(value for value in moving if value is not None)._data.dtype
    params = dict(node.params)
    if primitive.name == "to":
        params["source"] = dtype
    operands: list[Any] = []
    for i, value in enumerate(moving):
        if value is not None:
            operands.append(value)
        elif i in positions and i not in fixed:
            operands.append(zeros(site.shape(i), dtype))
        else:
            operands.append(site.value(i))
    return record(primitive, operands, params)


def _push_other(node: Node, tangents: Sequence[Any]) -> Sequence[Any]:
    primitive: Any = node.primitive
    if primitive.absence == "carried":
        return primitive.jvp(Site(node), *tangents)
    values = [None if t is None else value_of(t) for t in tangents]
    masks = [None if t is None else mask_of(t) for t in tangents]
    found = _apply_jvp(node, values)
    if primitive.absence == "pointwise":
        return [None if part is None else cut(part, masks[0]) for part in found]
    if primitive.absence != "moves" or not any(masks):
        return found
    return [
        None if part is None else Partly(part, _jvp_mask(node, values, masks, j))
        for j, part in enumerate(found)
    ]


def _apply_jvp(node: Node, tangents: Sequence[Any]) -> Sequence[Any]:
    primitive: Any = node.primitive
    if primitive.jvp is not None:
        return primitive.jvp(Site(node), *tangents)
    return _transposed_vjp(node, tangents)


def _jvp_mask(node: Node, values: list[Any], masks: list[Mask | None], j: int) -> Mask:
    """Where ones arrive in output j if they start wherever a tangent is present."""

    def make() -> Any:
        ones = [
            None if t is None else indicator(t._data.shape, t._data.dtype, mask)
            for t, mask in zip(values, masks, strict=True)
        ]
        return ne(_apply_jvp(node, ones)[j], 0.0)

    return Mask(make)


def _transposed_vjp(node: Node, tangents: Sequence[Any]) -> Sequence[Any]:
    """The jvp of a primitive that declares a vjp: transpose its (linear) rule once more."""
    primitive: Any = node.primitive
    site = Site(node)
    first = next(tangent for tangent in tangents if tangent is not None)
    dtype = first._data.dtype
    count = primitive.n_outputs
    with _modes.override(grad=True):
        cotangents = [
            leaf_handle(zeros(site.out(j)._data.shape, dtype)) for j in range(max(count, 1))
        ]
        found = primitive.vjp(site, *cotangents)
    seeds: list[tuple[Any, Any]] = []
    for part, tangent in zip(found, tangents, strict=True):
        if part is not None and tangent is not None:
            seeds.append((part, tangent))
    return walk(seeds, cotangents)
