"""Graphs as operands: what `scan` and `cond` have in common.

A transform of such a node traces the same transform of its graph, and the result is a graph again:
so everything composes, to any order. Derived graphs are kept with the graph they come from. What
nobody wants of a graph is cut off before it is recorded.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from .._declare.linear import Other
from .._graph.graph import Graph, aval
from .._graph.node import INPUT, NO_PARAMS, Edge, Node
from .._graph.value import Handle
from .._record import modes as _modes
from .._record.door import record
from .._record.functions import evaluate, trace_function
from .._record.trace import FULL
from .batching import Level
from .forward import push_walk
from .presence import Aval
from .reverse import leaf_handle, walk
from .site import Site


class Part(NamedTuple):
    """What is left of a node with sub-graphs when only some results are wanted."""

    params: dict[str, Any]
    takes: Sequence[int]
    """The operands that it still has."""
    gives: Sequence[int]
    """The results that it still has."""


class WithGraphs(Other):
    """A primitive with graphs among its parameters: always a tuple of results, as many as it has.

    `part(params, wanted)` restricts it to some results. Its rules work out again what they need,
    so that an eager node keeps its operands only.
    """

    absence = "carried"

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        *,
        abstract: Callable[..., Any],
        vjp: Callable[..., Any],
        jvp: Callable[..., Any],
        batch: Callable[..., Any],
        part: Callable[[dict[str, Any], Sequence[int]], Part],
    ) -> None:
        super().__init__(
            name,
            compute,
            abstract=abstract,
            n_outputs=0,
            vjp=vjp,
            jvp=jvp,
            keeps=None,
            batch=batch,
            doc=compute.__doc__,
            samples=(),
        )

        self.part = part

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        return tuple(range(arity))


def avals_of(nodes: Sequence[Node]) -> list[Aval]:
    """Shapes and dtypes of input nodes."""
    return [(node.outputs[0].shape, node.outputs[0].dtype) for node in nodes]


def output_avals(graph: Graph) -> list[Aval]:
    """Shapes and dtypes of what a graph returns."""
    return [(aval(edge).shape, aval(edge).dtype) for edge in graph.outputs]


def operands_of(site: Site, dtypes: Sequence[Any]) -> list[Any]:
    """The operands of a node as handles; a lifted number may have come as a Python number."""
    found: list[Any] = []
    for position, dtype in enumerate(dtypes):
        value = site.value(position)
        if not isinstance(value, Handle):
            value = record(FULL, (), {"shape": (), "value": value, "dtype": dtype})
        found.append(value)
    return found


def derive(function: Callable[..., Any], avals: Sequence[Aval], name: str) -> Graph:
    """The graph of a function that captures nothing, whatever the modes outside."""
    with _modes.override(grad=True, inference=False):
        graph, captured, _ = trace_function(function, avals, name)
    assert not captured
    return graph


def pulled(
    graph: Graph, inputs: Sequence[Any], wanted: Sequence[bool], cotangents: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """The outputs of a graph, and the carried cotangents of its inputs; None where not wanted."""
    leaves = [leaf_handle(x) if needed else x for x, needed in zip(inputs, wanted, strict=True)]
    outs = evaluate(graph, leaves)
    seeds = [(out, g) for out, g in zip(outs, cotangents, strict=True) if g is not None]
    targets = [leaf for leaf, needed in zip(leaves, wanted, strict=True) if needed]
    found = iter(walk(seeds, targets, carried=True))
    return outs, [next(found) if needed else None for needed in wanted]


def pushed(
    graph: Graph, inputs: Sequence[Any], tangents: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """The outputs of a graph and their tangents, carried."""
    leaves = [x if t is None else leaf_handle(x) for x, t in zip(inputs, tangents, strict=True)]
    outs = evaluate(graph, leaves)
    moving = [(leaf, t) for leaf, t in zip(leaves, tangents, strict=True) if t is not None]
    return outs, push_walk(
        [leaf for leaf, _ in moving], [tangent for _, tangent in moving], outs, carried=True
    )


def given_instead(graph: Graph, edges: Sequence[Edge], after: int) -> Graph:
    """The graph in which some results are not computed but given: inputs of their own, which come
    behind the first `after` inputs.
    """
    changed: dict[Edge, Edge] = {}
    placeholders: list[Node] = []
    for edge in edges:
        place = Node(INPUT, NO_PARAMS, (), (), {}, None)
        place.outputs = (aval(edge),)
        place.differentiable = False
        placeholders.append(place)
        changed.setdefault(edge, (place, 0))
    nodes: list[Node] = []
    for node in graph.nodes:
        made = node
        if any(edge in changed for edge in node.inputs):
            made = copy.copy(node)
            made.inputs = tuple(
                changed.get(edge, edge) if isinstance(edge, tuple) else edge for edge in node.inputs
            )
            for k in range(len(node.outputs)):
                changed.setdefault((node, k), (made, k))
        nodes.append(made)
    inputs = [*graph.inputs[:after], *placeholders, *graph.inputs[after:]]
    return Graph(inputs, nodes, [changed.get(edge, edge) for edge in graph.outputs])


def batched_graph(
    graph: Graph, batched: tuple[bool, ...], size: int, forced: tuple[bool, ...]
) -> tuple[Graph, tuple[bool, ...]]:
    """The graph for physical values, and which of its outputs are batched.

    `batched` says which inputs have a batch axis in front; outputs have one if they vary from
    sample to sample, or where `forced`.
    """
    key = ("batched", batched, size, forced)
    found = graph.derived.get(key)
    if found is not None:
        return found
    varies: list[bool] = []

    def physical(*values: Any) -> list[Any]:
        level = Level(_modes.current().depth + 1, size, "error")
        with _modes.override(depth=level.depth, levels=(level,)):
            inputs = [level.wrap(x) if b else x for x, b in zip(values, batched, strict=True)]
            results = evaluate(graph, inputs)
            varies[:] = [must or level.owns(out) for out, must in zip(results, forced, strict=True)]
            return [level.lower(out) if b else out for out, b in zip(results, varies, strict=True)]

    avals = [
        ((size, *shape), dtype) if b else (shape, dtype)
        for (shape, dtype), b in zip(avals_of(graph.inputs), batched, strict=True)
    ]
    made = derive(physical, avals, "a batched body")
    found = graph.derived[key] = (made, tuple(varies))
    return found


# ---- dead code ----------------------------------------------------------------------------------


def trimmed(graph: Graph) -> Graph:
    """The same function, whose sub-graphs compute only what is read.

    A walk cannot know which results of a node will be read: a scan keeps its carries in case a
    reverse walk comes, a jvp gives the tangents of all outputs. Of a complete graph it is known.
    """
    found = graph.derived.get("trimmed")
    if found is None:
        everything = range(len(graph.outputs))
        found = graph.derived["trimmed"] = _rebuilt(graph, graph.inputs, everything)
    return found


def used_inputs(graph: Graph, outputs: Collection[int]) -> set[int]:
    """The inputs that some of the outputs depend on."""
    read, _ = _reading(graph, outputs)
    return {position for position, node in enumerate(graph.inputs) if (node, 0) in read}


def restricted(graph: Graph, inputs: Collection[int], outputs: Sequence[int]) -> Graph:
    """What of a graph computes some outputs, as a function of some of its inputs."""
    return _rebuilt(graph, [graph.inputs[position] for position in sorted(inputs)], outputs)


def _reading(graph: Graph, outputs: Collection[int]) -> tuple[set[Edge], dict[Node, Part]]:
    """The edges that are read, and what is left of the nodes that lose something."""
    read = {graph.outputs[position] for position in outputs}
    read.update(edge for _, edge in graph.commits)
    parts: dict[Node, Part] = {}
    for node in reversed(graph.nodes):
        wanted = [k for k in range(len(node.outputs)) if (node, k) in read]
        if not wanted:
            continue
        inputs = node.inputs
        if isinstance(node.primitive, WithGraphs):
            part = node.primitive.part(node.params, wanted)
            if part.params != node.params:
                parts[node] = part
                inputs = [inputs[k] for k in part.takes]
        read.update(edge for edge in inputs if isinstance(edge, tuple))
    return read, parts


def _rebuilt(graph: Graph, inputs: Sequence[Node], outputs: Sequence[int]) -> Graph:
    read, parts = _reading(graph, outputs)
    if not parts and len(inputs) == len(graph.inputs) and len(outputs) == len(graph.outputs):
        return graph
    changed: dict[Edge, Edge] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        gives = [k for k in range(len(node.outputs)) if (node, k) in read]
        if not gives:
            continue
        made = node
        if node in parts or any(edge in changed for edge in node.inputs):
            made = copy.copy(node)
            if node in parts:
                made.params, takes, gives = parts[node]
                made.inputs = tuple(node.inputs[k] for k in takes)
                made.in_shapes = tuple(node.in_shapes[k] for k in takes)
                made.outputs = tuple(node.outputs[k] for k in gives)
                changed.update({(node, k): (made, place) for place, k in enumerate(gives)})
            else:
                changed.update({(node, k): (made, k) for k in gives})
            made.inputs = tuple(
                changed.get(edge, edge) if isinstance(edge, tuple) else edge for edge in made.inputs
            )
        nodes.append(made)
    results = [graph.outputs[position] for position in outputs]
    return Graph(
        inputs,
        nodes,
        [changed.get(edge, edge) for edge in results],
        [(position, changed.get(edge, edge)) for position, edge in graph.commits],
    )
