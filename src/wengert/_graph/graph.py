"""Graph: a closed piece of record, with inputs, nodes in order, outputs and commits.

It is what tracing produces, what the compiler takes, and what `cond` and `scan` hold as operands.
It knows nothing of CPUs, handles or state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._base.dtypes import Dtype
from .._base.shapes import Shape
from .node import INPUT, Abstract, Edge, Input, Node


class Graph:
    """Nodes in the order of recording.

    `inputs` are INPUT nodes. `outputs` are edges or Python numbers. `commits` are pairs (input
    position, edge): after the last node that can raise, the value is written into the memory of
    that input.
    """

    def __init__(
        self,
        inputs: Sequence[Node],
        nodes: Sequence[Node],
        outputs: Sequence[Edge],
        commits: Sequence[tuple[int, Edge]] = (),
    ) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.commits = tuple(commits)
        self.nodes = tuple(_live(nodes, [*self.outputs, *(edge for _, edge in self.commits)]))
        self.derived: dict[Any, Any] = {}
        """What was worked out from this graph and is kept with it: a graph never changes."""

    def __str__(self) -> str:
        from .text import graph_text

        return graph_text(self)

    def __repr__(self) -> str:
        return (
            f"<Graph: {len(self.inputs)} inputs, {len(self.nodes)} nodes, "
            f"{len(self.outputs)} outputs, {len(self.commits)} commits>"
        )


def _live(nodes: Sequence[Node], roots: Sequence[Edge]) -> list[Node]:
    """The nodes (inputs aside) that some root depends on, in their order."""
    wanted: set[Node] = {edge[0] for edge in roots}
    kept: list[Node] = []
    for node in reversed(nodes):
        if node in wanted:
            kept.append(node)
            wanted.update(edge[0] for edge in node.inputs if isinstance(edge, tuple))
    kept.reverse()
    return kept


def aval(edge: Edge) -> Abstract:
    """The shape and dtype of a traced edge."""
    return edge[0].outputs[edge[1]]


def input_avals(node: Node) -> list[tuple[Shape, Dtype] | complex]:
    """Shapes and dtypes of a traced node's operands; Python numbers stand for themselves."""
    found: list[tuple[Shape, Dtype] | complex] = []
    for operand in node.inputs:
        if isinstance(operand, tuple):
            value = aval(operand)
            found.append((value.shape, value.dtype))
        else:
            assert operand is not None
            found.append(operand)
    return found


def sources(root: Node) -> list[Node]:
    """The INPUT nodes that a node depends on."""
    found: list[Node] = []
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.primitive is INPUT:
            found.append(node)
        stack.extend(edge[0] for edge in node.inputs if isinstance(edge, tuple))
    return found


def users(graph: Graph) -> dict[Any, list[tuple[Node, int]]]:
    """For every edge, the (node, operand position) pairs that read it."""
    found: dict[Any, list[tuple[Node, int]]] = {}
    for node in graph.nodes:
        for position, operand in enumerate(node.inputs):
            if isinstance(operand, tuple):
                found.setdefault(operand, []).append((node, position))
    return found


__all__ = ["Graph", "Input", "aval", "input_avals", "sources", "users"]
