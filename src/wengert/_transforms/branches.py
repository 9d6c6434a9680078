"""cond as a primitive: one of two graphs is run, and the condition may depend on data.

Its jvp and vjp are the same choice between the jvps, or vjps, of the graphs. What only one of them
gives is absent if the other is run. Where every sample of a batch has a condition of its own, both
are run, and an element of the one that was not chosen has no derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

import numpy as np

from .._graph.graph import Graph
from .._primitives.elementwise import where
from .._primitives.shaping import expand
from .._record.door import record
from .._record.functions import evaluate
from .._record.numpy_run import runner
from .batching import vmap
from .presence import Aval, collect, either, pack, packed_avals, places, presence, unpack
from .site import Site
from .subgraphs import (
    Part,
    WithGraphs,
    avals_of,
    batched_graph,
    derive,
    operands_of,
    output_avals,
    pulled,
    pushed,
    restricted,
    used_inputs,
)

Branches: TypeAlias = tuple[Graph, Graph]
"""What is run if the condition is false, and if it is true; both have the same inputs."""


def run_branches(
    branches: Branches, operands: Sequence[Any], wanted: Collection[int] | None = None
) -> list[Any]:
    """Record a choice; its results, None where one is not wanted. The condition comes first."""
    count = len(branches[0].outputs)
    found: list[Any] = [None] * count
    outputs = sorted(range(count) if wanted is None else wanted)
    if outputs:
        part = _part({"branches": branches}, outputs)
        results = record(COND, [operands[k] for k in part.takes], part.params)
        for position, result in zip(outputs, results, strict=True):
            found[position] = result
    return found


def _part(params: dict[str, Any], wanted: Sequence[int]) -> Part:
    off, on = params["branches"]
    used = used_inputs(off, wanted) | used_inputs(on, wanted)
    kept = (restricted(off, used, wanted), restricted(on, used, wanted))
    return Part({"branches": kept}, [0, *[1 + position for position in sorted(used)]], wanted)


# ---- values -------------------------------------------------------------------------------------


def _compute(condition: Any, *arrays: Any, branches: Branches) -> tuple[Any, ...]:
    """One of two functions, chosen by a condition."""
    found = runner(branches[bool(condition)])(arrays)
    return tuple([np.array(array, order="C") for array in found])


def _abstract(shapes: Any, dtypes: Any, params: Any) -> list[Aval]:
    return output_avals(params["branches"][0])


# ---- derivatives --------------------------------------------------------------------------------


def _both(
    branches: Branches, derived: Callable[[Graph, list[str] | None], tuple[Graph, list[str]]]
) -> tuple[Branches, list[str]]:
    """A graph derived from each branch, returning values of the same presence."""
    (_, first), (_, second) = (derived(graph, None) for graph in branches)
    known = [either(a, b) for a, b in zip(first, second, strict=True)]
    return (derived(branches[0], known)[0], derived(branches[1], known)[0]), known


def _operands(site: Site) -> list[Any]:
    inputs = avals_of(site.params["branches"][0].inputs)
    return operands_of(site, [None, *[dtype for _, dtype in inputs]])


def _jvp(site: Site, _: Any, *tangents: Any) -> list[Any]:
    branches: Branches = site.params["branches"]
    given = tuple(presence(tangent) for tangent in tangents)
    derived, known = _both(branches, lambda graph, known: _pushed_graph(graph, given, known))
    moving = pack(tangents, given, avals_of(branches[0].inputs))
    operands = [*_operands(site), *moving]
    return collect(lambda positions: run_branches(derived, operands, positions), places(known, 0))


def _pushed_graph(
    graph: Graph, given: tuple[str, ...], known: list[str] | None
) -> tuple[Graph, list[str]]:
    key = ("branch jvp", given, None if known is None else tuple(known))
    if key in graph.derived:
        return graph.derived[key]
    avals, out_avals = avals_of(graph.inputs), output_avals(graph)
    made = list(known or ())

    def branch(*values: Any) -> list[Any]:
        parts = iter(values)
        inputs = [next(parts) for _ in avals]
        _, found = pushed(graph, inputs, unpack(parts, given))
        if known is None:
            made[:] = map(presence, found)
        return pack(found, made, out_avals)

    derived = derive(branch, [*avals, *packed_avals(given, avals)], "the jvp of a branch")
    return graph.derived.setdefault(key, (derived, made))


def _vjp(site: Site, wanted: Sequence[bool], *cotangents: Any) -> list[Any]:
    branches: Branches = site.params["branches"]
    given = tuple(presence(cotangent) for cotangent in cotangents)
    needed = tuple(wanted[1:])
    derived, known = _both(
        branches, lambda graph, known: _pulled_graph(graph, needed, given, known)
    )
    arriving = pack(cotangents, given, output_avals(branches[0]))
    operands = [*_operands(site), *arriving]
    return [
        None,
        *collect(lambda positions: run_branches(derived, operands, positions), places(known, 0)),
    ]


def _pulled_graph(
    graph: Graph, needed: tuple[bool, ...], given: tuple[str, ...], known: list[str] | None
) -> tuple[Graph, list[str]]:
    key = ("branch vjp", needed, given, None if known is None else tuple(known))
    if key in graph.derived:
        return graph.derived[key]
    avals, out_avals = avals_of(graph.inputs), output_avals(graph)
    made = list(known or ())

    def branch(*values: Any) -> list[Any]:
        parts = iter(values)
        inputs = [next(parts) for _ in avals]
        _, found = pulled(graph, inputs, needed, unpack(parts, given))
        if known is None:
            made[:] = map(presence, found)
        return pack(found, made, avals)

    derived = derive(branch, [*avals, *packed_avals(given, out_avals)], "the vjp of a branch")
    return graph.derived.setdefault(key, (derived, made))


# ---- batches ------------------------------------------------------------------------------------


def _batch(
    primitive: Any, operands: Sequence[Any], batched: Sequence[bool], size: int, params: Any
) -> tuple[Any, ...]:
    branches: Branches = params["branches"]
    if batched[0]:
        return _select(branches, operands, batched)
    flags = tuple(batched[1:])
    never = (False,) * len(branches[0].outputs)
    (_, first), (_, second) = (batched_graph(graph, flags, size, never) for graph in branches)
    varies = tuple(a or b for a, b in zip(first, second, strict=True))
    off, on = (batched_graph(graph, flags, size, varies)[0] for graph in branches)
    results = run_branches((off, on), operands)
    return tuple(
        result if b else expand(result, shape=(size, *result._data.shape))
        for result, b in zip(results, varies, strict=True)
    )


def _select(
    branches: Branches, operands: Sequence[Any], batched: Sequence[bool]
) -> tuple[Any, ...]:
    """Both branches, and from each the samples that chose it."""

    def both(condition: Any, *inputs: Any) -> tuple[Any, ...]:
        off, on = (evaluate(graph, inputs) for graph in branches)
        return tuple(where(condition, a, b) for a, b in zip(on, off, strict=True))

    return vmap(both, in_dims=tuple(0 if b else None for b in batched))(*operands)


COND = WithGraphs(
    "cond", _compute, abstract=_abstract, vjp=_vjp, jvp=_jvp, batch=_batch, part=_part
)
