"""A graph run by NumPy, node by node: the meaning that compiled code has to reproduce.

It is also how the sub-graphs of `scan` and `cond` are computed, wherever they are not compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .._base.kinds import is_tuple
from .._graph.graph import Graph, aval
from .quiet import SILENCE, quiet_begin, quiet_end


def runner(graph: Graph) -> Callable[[Sequence[Any]], list[Any]]:
    """A function from inputs to outputs, which may share memory with inputs and one another.

    It is made once for a graph. The caller silences NumPy's warnings.
    """
    found = graph.derived.get("runner")
    if found is None:
        found = graph.derived["runner"] = _made(graph)
    return found


def _made(graph: Graph) -> Callable[[Sequence[Any]], list[Any]]:
    slots: dict[Any, int] = {(node, 0): place for place, node in enumerate(graph.inputs)}
    numbers: list[Any] = []
    """What stands behind the inputs from the start."""
    steps: list[tuple[Any, dict[str, Any], list[int], list[tuple[int, Any]], bool]] = []

    def slot(number: Any = None) -> int:
        numbers.append(number)
        return len(graph.inputs) + len(numbers) - 1

    for node in graph.nodes:
        takes = [slots[i] if is_tuple(i) else slot(i) for i in node.inputs]
        gives: list[tuple[int, Any]] = []
        for index, out in enumerate(node.outputs):
            place = slots[(node, index)] = slot()
            gives.append((place, out.dtype))
        steps.append((node.primitive.compute, node.params, takes, gives, node.primitive.is_view))
    results = [slots[edge] for edge in graph.outputs]
    results += [slots[edge] for _, edge in graph.commits]

    def run(inputs: Sequence[Any]) -> list[Any]:
        values = [*inputs, *numbers]
        for compute, params, takes, gives, is_view in steps:
            found: Any = compute(*[values[place] for place in takes], **params)
            parts = found if found.__class__ is tuple else (found,)
            for (place, dtype), part in zip(gives, parts, strict=True):
                if part.__class__ is not ndarray or part.dtype != dtype:
                    part = np.asarray(part, dtype)
                if part.ndim > 1 and not is_view and not part.flags.c_contiguous:
                    # As in eager execution: whether a reshape copies depends on it.
                    part = np.ascontiguousarray(part)
                values[place] = part
        return [values[place] for place in results]

    return run


def run_graph(graph: Graph, inputs: Any) -> tuple[Any, ...]:
    """The outputs, fresh and C-contiguous; commits are written into the inputs at the end."""
    run = runner(graph)
    arrays = [
        array if node.outputs[0].weak else np.asarray(array)
        for node, array in zip(graph.inputs, inputs, strict=True)
    ]
    token = quiet_begin(SILENCE)
    try:
        found = run(arrays)
    finally:
        quiet_end(token)
    count = len(graph.outputs)
    results = tuple(
        np.array(array, aval(edge).dtype, order="C")
        for array, edge in zip(found[:count], graph.outputs, strict=True)
    )
    changed = [
        (inputs[position], np.array(array))
        for array, (position, _) in zip(found[count:], graph.commits, strict=True)
    ]
    for target, value in changed:
        np.copyto(target, value)
    return results
