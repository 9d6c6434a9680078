"""The forward walk: tangents pushed from leaves to outputs, oldest node first.

The tape that reverse mode uses is the one that forward mode uses; a tangent cannot be confused
with another's, because it belongs to a named leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._declare.elementwise import Over, Selected
from .._graph.node import LEAF, Edge, Node
from .._graph.value import Handle
from .._primitives.creation import zeros
from .._primitives.elementwise import add, div, mul, neg, where
from .._primitives.shaping import expand
from .._record import modes as _modes
from .._record.door import record
from .._record.storage import edge_of
from .._record.trace import differentiable
from .reverse import leaf_handle, reachable, walk
from .site import Site, kept_value


def push_walk(
    leaves: Sequence[Any], tangents: Sequence[Any], outputs: Sequence[Any]
) -> list[Any]:
    """The tangents of `outputs` when `leaves` move along `tangents`; None where independent."""
    known: dict[Edge, Any] = {}
    for leaf, tangent in zip(leaves, tangents, strict=True):
        edge = edge_of(leaf)
        assert edge is not None
        known[edge] = tangent
    places = [edge_of(output) for output in outputs]
    roots = [place[0] for place in places if place is not None and differentiable(place)]
    oldest = min((edge[0].seq for edge in known), default=0)
    for node in reachable(roots, oldest):
        moving = [
            known.get(edge) if isinstance(edge, tuple) else None  # pyright: ignore
            for edge in node.inputs
        ]
        if (node, 0) in known or all(tangent is None for tangent in moving):
            continue
        for index, tangent in enumerate(push(node, moving)):
            if tangent is not None:
                known[(node, index)] = tangent
    return [None if place is None else known.get(place) for place in places]


def push(node: Node, tangents: Sequence[Any]) -> Sequence[Any]:
    """The tangents of the outputs of one node; a missing tangent is None and means zero."""
    primitive: Any = node.primitive
    if primitive is LEAF:
        return (tangents[0],)
    if primitive.family == "elementwise":
        return (_push_elementwise(node, tangents),)
    if primitive.family == "linear":
        return (_push_linear(node, tangents),)
    if primitive.jvp is not None:
        return primitive.jvp(Site(node), *tangents)
    return _transposed_vjp(node, tangents)


def _push_elementwise(node: Node, tangents: Sequence[Any]) -> Any:
    primitive: Any = node.primitive
    total: Any = None
    for partial, tangent in zip(primitive.partials, tangents, strict=True):
        if tangent is None:
            continue
        p = partial.function(*[kept_value(node, position) for position in partial.positions])
        term = _times(tangent, p)
        total = term if total is None else add(total, term)
    shape = _out_shape(node)
    return total if total._data.shape == shape else expand(total, shape=shape)


def _times(tangent: Any, p: Any) -> Any:
    if isinstance(p, Selected):
        weighted = tangent if p.weight is None else mul(tangent, p.weight)
        return where(p.mask, weighted, 0.0)
    if isinstance(p, Over):
        return div(tangent, p.divisor)
    if isinstance(p, Handle):
        return mul(tangent, p)
    if p == 1:
        return tangent
    if p == -1:
        return neg(tangent)
    if p == 0:
        return zeros(tangent._data.shape, tangent._data.dtype)
    return mul(tangent, p)


def _out_shape(node: Node) -> Any:
    if node.outputs:
        return node.outputs[0].shape
    from .._base.shapes import broadcast

    return broadcast(node.primitive.name, *node.in_shapes)


def _push_linear(node: Node, tangents: Sequence[Any]) -> Any:
    primitive: Any = node.primitive
    site = Site(node)
    positions = set(primitive.linear(len(node.inputs)))
    moving = [i for i, tangent in enumerate(tangents) if tangent is not None and i in positions]
    dtype = tangents[moving[0]]._data.dtype
    params = dict(node.params)
    if primitive.name == "to":
        params["source"] = dtype

    def operand(i: int, mine: int | None) -> Any:
        if i == mine or (mine is None and tangents[i] is not None):
            return tangents[i]
        if mine is None and i in positions:
            return zeros(site.shape(i), dtype)
        return site.value(i)

    rounds: list[int | None] = [None] if primitive.joint or len(positions) == 1 else [*moving]
    total: Any = None
    for mine in rounds:
        term = record(primitive, [operand(i, mine) for i in range(site.arity)], params)
        total = term if total is None else add(total, term)
    return total


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
        if part is None or tangent is None:
            continue
        if isinstance(part, Selected):
            with _modes.override(grad=True):
                part = where(part.mask, part.weight, 0.0)
        seeds.append((part, tangent))
    return walk(seeds, cotangents)
