"""Functions as graphs: traced once, recorded again on other operands.

A traced function is pure: it may read anything from outside (a capture becomes an input of the
graph) and change nothing. This is what the bodies of loops and branches are, and what a transform
of a graph is made with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from .._base.dtypes import Dtype
from .._base.shapes import Shape
from .._graph.graph import Graph
from .._graph.node import LEAF, Edge
from .._graph.value import Batched, Handle
from . import modes as _modes
from .door import record
from .storage import edge_of
from .trace import Trace, constant, differentiable


def trace_function(
    function: Callable[..., Any],
    avals: Sequence[tuple[Shape, Dtype]],
    name: str,
    labels: Sequence[str] = (),
    live: Sequence[bool] = (),
) -> tuple[Graph, list[Any], list[Any]]:
    """Trace a pure function of handles; (graph, outer handles it captured, what it returned).

    The function returns a flat sequence of handles or numbers. The captures are extra inputs of
    the graph, after the arguments. `labels` name the arguments in errors; `live` says which of
    them stand for values that require grad.
    """
    modes = _modes.current()
    trace = Trace(modes.trace, modes.depth + 1, name, pure=True)
    arguments = [
        trace.argument(shape, dtype, label, moves)
        for (shape, dtype), label, moves in zip_longest(avals, labels, live)
    ]
    try:
        # Inside there are single samples: open levels batch the finished graph.
        # Whether the graph is used under no_grad is up to its user; the graph itself can be
        # differentiated.
        with _modes.override(trace=trace, depth=trace.depth, levels=(), scope=None, grad=True):
            results = list(function(*arguments))
            handles = [
                result if isinstance(result, Handle) else constant(result) for result in results
            ]
            graph = trace.graph(handles)
        captured = [outer for _, outer in trace.captures]
    finally:
        trace.close()
    return graph, captured, results


def evaluate(graph: Graph, operands: Sequence[Any]) -> list[Any]:
    """Record the operations of a graph again on `operands`, in whatever mode is current."""
    values: dict[Edge, Any] = {}
    for node, operand in zip(graph.inputs, operands, strict=True):
        values[(node, 0)] = operand
    for node in graph.nodes:
        inputs = [values[i] if isinstance(i, tuple) else i for i in node.inputs]
        if node.primitive is LEAF:
            values[(node, 0)] = inputs[0]
            continue
        if node.stopped:
            with _modes.override(grad=False):
                result = record(node.primitive, inputs, node.params)
        else:
            result = record(node.primitive, inputs, node.params)
        parts: Any = result if result.__class__ is tuple else (result,)
        for index, part in enumerate(parts):
            values[(node, index)] = part
        for index, hook in node.hooks or ():
            _hook(parts[index], hook)
    return [values[edge] for edge in graph.outputs]


def _hook(handle: Any, hook: Callable[[Any], Any]) -> None:
    """Let a hook that was registered while tracing see the cotangents of this run."""
    while handle._data.__class__ is Batched:
        handle = handle._data.physical
    edge = edge_of(handle)
    if edge is not None and differentiable(edge):
        edge[0].hooks = [*(edge[0].hooks or ()), (edge[1], hook)]


__all__ = ["evaluate", "trace_function"]
