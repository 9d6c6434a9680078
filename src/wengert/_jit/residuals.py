"""What a recorded call of a compiled graph keeps for its backward, besides its operands.

Backward reads what the rules of the forward nodes name. Of that, whatever is movement or
elementwise is computed again inside backward's own loops; what needs a loop or a library call of
its own (a product, a reduction, an order) is kept: an additional output of the compiled graph. The
choice depends on the graph alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._base.dtypes import is_inexact
from .._declare.elementwise import Elementwise
from .._graph.graph import Graph
from .._graph.node import INPUT, Edge, Node
from .choose import FREE
from .simplify import PASS_ON

_AGAIN = FREE | PASS_ON.keys() | {"full", "copy", "concatenate"}
"""What is computed again, apart from elementwise operations."""


def residuals(graph: Graph, moving: Sequence[bool]) -> list[Edge]:
    """The results to keep, if the inputs that are `moving` are to be differentiated."""
    live: set[Edge] = {(n, 0) for n, moves in zip(graph.inputs, moving, strict=True) if moves}
    for node in graph.nodes:
        if _passes(node) and any(edge in live for edge in node.inputs):
            live.update((node, k) for k, out in enumerate(node.outputs) if is_inexact(out.dtype))
    named: list[Edge] = []
    reached: set[Edge] = live.intersection(graph.outputs)
    for node in reversed(graph.nodes):
        if not any((node, k) in reached for k in range(len(node.outputs))):
            continue
        arity = len(node.inputs)
        wanted = sum(1 << k for k, edge in enumerate(node.inputs) if edge in live)
        for place in node.primitive.kept(wanted, arity):
            edge = node.inputs[place] if place < arity else (node, place - arity)
            if isinstance(edge, tuple):
                named.append(edge)
        reached.update(edge for edge in node.inputs if isinstance(edge, tuple) and edge in live)
    return _dear(graph, named)


def _passes(node: Node) -> bool:
    return node.primitive.differentiable and not node.stopped


def _dear(graph: Graph, named: Sequence[Edge]) -> list[Edge]:
    """The results that stand for the named ones: those from which they are cheap to compute."""
    found: set[Edge] = set()
    seen: set[Edge] = set()
    pending = list(named)
    while pending:
        edge = pending.pop()
        if edge in seen:
            continue
        seen.add(edge)
        if edge[0].primitive is INPUT:
            continue
        if _cheap(edge[0]):
            pending.extend(source for source in edge[0].inputs if isinstance(source, tuple))
        else:
            found.add(edge)
    order = {node: place for place, node in enumerate(graph.nodes)}
    return sorted(found, key=lambda edge: (order[edge[0]], edge[1]))


def _cheap(node: Node) -> bool:
    primitive = node.primitive
    if isinstance(primitive, Elementwise):
        return primitive.scalar is not None
    return primitive.name in _AGAIN


__all__ = ["residuals"]
