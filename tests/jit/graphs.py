"""Graphs built by hand from primitives, and their values node by node: the compiler's oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import wengert  # noqa: F401  (fills the registry)
from wengert._declare.registry import primitives
from wengert._graph.graph import Graph
from wengert._graph.node import INPUT, LEAF, Abstract, Node

Array = np.ndarray[Any, Any]


def given(shape: Sequence[int], dtype: str = "float32", weak: bool = False) -> Node:
    """An input."""
    node = Node(INPUT, {}, (), (), {}, None)
    node.outputs = (Abstract(tuple(shape), np.dtype(dtype), None, weak),)
    node.differentiable = False
    return node


def made(name: str, *operands: Any, **params: Any) -> Node:
    """The node of a primitive applied to nodes, (node, output) pairs and numbers."""
    primitive = LEAF if name == "leaf" else primitives[name]
    edges = tuple((o, 0) if isinstance(o, Node) else o for o in operands)
    avals = [e[0].outputs[e[1]] if isinstance(e, tuple) else None for e in edges]
    shapes = tuple(a.shape if a is not None else () for a in avals)
    dtypes = [a.dtype if a is not None else None for a in avals]
    node = Node(primitive, params, edges, shapes, {}, None)
    weak = bool(edges) and all(a is None or a.weak for a in avals)
    node.outputs = tuple(
        Abstract(tuple(shape), dtype, None, weak)
        for shape, dtype in primitive.abstract(shapes, dtypes, params)
    )
    return node


def whole(
    inputs: Sequence[Node], outputs: Sequence[Any], commits: Sequence[tuple[int, Any]] = ()
) -> Graph:
    """The graph of everything that the outputs and commits need."""
    edges = [o if isinstance(o, tuple) else (o, 0) for o in outputs]
    written = [(k, o if isinstance(o, tuple) else (o, 0)) for k, o in commits]
    seen: dict[Node, None] = {}
    stack = [edge[0] for edge in (*edges, *(edge for _, edge in written))]
    while stack:
        node = stack.pop()
        if node not in seen and node.primitive is not INPUT:
            seen[node] = None
            stack += [e[0] for e in node.inputs if isinstance(e, tuple)]
    return Graph(inputs, sorted(seen, key=lambda node: node.seq), edges, written)


def node_by_node(graph: Graph, inputs: Sequence[Any]) -> tuple[list[Array], dict[int, Array]]:
    """Outputs and committed values, each node computed by its primitive's NumPy implementation."""
    values: dict[tuple[Node, int], Any] = {}
    for node, array in zip(graph.inputs, inputs, strict=True):
        values[(node, 0)] = np.asarray(array)
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            operands = [values[o] if isinstance(o, tuple) else o for o in node.inputs]
            result = node.primitive.compute(*operands, **node.params)
            several = len(node.outputs) > 1
            for k, aval in enumerate(node.outputs):
                part = np.asarray(result[k] if several else result)
                assert part.shape == aval.shape and part.dtype == aval.dtype, node.primitive
                values[(node, k)] = part
    outputs = [np.array(values[edge]) for edge in graph.outputs]
    return outputs, {k: np.array(values[edge]) for k, edge in graph.commits}
