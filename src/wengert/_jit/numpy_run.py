"""A graph run by NumPy, node by node: the meaning that compiled code has to reproduce."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._graph.graph import Graph, aval
from .._record.quiet import SILENCE, quiet_begin, quiet_end


def run_graph(graph: Graph, inputs: Any) -> tuple[Any, ...]:
    """The outputs, fresh and C-contiguous; commits are written into the inputs at the end."""
    values: dict[Any, Any] = {}
    for node, array in zip(graph.inputs, inputs, strict=True):
        values[(node, 0)] = array if node.outputs[0].weak else np.asarray(array)
    token = quiet_begin(SILENCE)
    try:
        for node in graph.nodes:
            operands = [values[i] if isinstance(i, tuple) else i for i in node.inputs]
            found = node.primitive.compute(*operands, **node.params)
            parts = found if isinstance(found, tuple) else (found,)  # pyright: ignore
            for index, part in enumerate(parts):  # pyright: ignore
                out = node.outputs[index]
                values[(node, index)] = np.asarray(part, out.dtype)
    finally:
        quiet_end(token)
    results = tuple(np.array(values[edge], aval(edge).dtype, order="C") for edge in graph.outputs)
    changed = [(inputs[position], np.array(values[edge])) for position, edge in graph.commits]
    for target, value in changed:
        np.copyto(target, value)
    return results
