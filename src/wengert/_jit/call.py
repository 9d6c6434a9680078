"""A compiled graph as a primitive: what makes a jitted function differentiable from outside.

Its vjp is another compiled graph, traced from the reverse walk over the first, and so on to any
order; what is dear to compute again comes to it as an operand (`residuals`). Its jvp and its
batching are traced in the same way. What is absent outside stays absent
inside, and the other way round: masks cross the border as tensors, and are computed if asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._base.dtypes import Dtype
from .._base.kinds import is_tuple
from .._base.shapes import Shape
from .._declare.linear import Other
from .._graph.graph import Graph
from .._graph.node import Edge
from .._record.door import record
from .._record.functions import evaluate
from .._record.storage import edge_of
from .._transforms.batching import vmap
from .._transforms.presence import collect, pack, packed_avals, places, presence, unpack
from .._transforms.site import Site
from .._transforms.subgraphs import (
    avals_of,
    derive,
    given_instead,
    operands_of,
    output_avals,
    pulled,
    pushed,
    restricted,
)

Executor = Callable[[Graph], Callable[..., Any]]
"""Makes a graph into a function of arrays (and numbers) that returns a tuple of arrays."""


class CompiledCall(Other):
    """One compiled graph, as an operation on handles."""

    absence = "carried"

    def __init__(self, name: str, graph: Graph, execute: Executor, residuals: int = 0) -> None:
        self.graph = graph
        self._residuals = residuals
        """How many of the outputs, the last ones, are there for backward alone."""
        self.label = name
        self._execute = execute
        self._run: Callable[..., Any] | None = None
        self._derived: dict[Any, _Derived] = {}
        super().__init__(
            "compiled",
            self._compute,
            abstract=self._output_avals,
            n_outputs=max(len(graph.outputs), 1),
            vjp=self._pull,
            jvp=self._push,
            keeps=None,
            batch=self._batched,
            doc="A compiled graph.",
            samples=(),
        )

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        outputs = arity + len(self.graph.outputs)
        return (*range(arity), *range(outputs - self._residuals, outputs))

    def runs(self, run: Callable[..., Any]) -> None:
        """Use a function of arrays that is there already."""
        self._run = run

    def _compute(self, *arrays: Any) -> Any:
        if self._run is None:
            self._run = self._execute(self.graph)
        return tuple(self._run(*arrays))

    def _output_avals(self, shapes: Any, dtypes: Any, params: Any) -> list[tuple[Shape, Dtype]]:
        return output_avals(self.graph)

    def _pull(self, site: Site, wanted: Sequence[bool], *cotangents: Any) -> Sequence[Any]:
        graph, needed = self.graph, tuple(wanted)
        given = tuple(presence(cotangent) for cotangent in cotangents)
        avals, out_avals = avals_of(graph.inputs), output_avals(graph)
        derived = self._derived.get(("vjp", needed, given))
        if derived is None:
            known: list[str] = []
            kept: list[Edge] = []
            visible = len(out_avals) - self._residuals

            def pull(*values: Any) -> list[Any]:
                parts = iter(values)
                inputs = [next(parts) for _ in avals]
                outs, found = pulled(graph, inputs, needed, unpack(parts, given))
                kept[:] = [_traced(out) for out in outs[visible:]]
                known[:] = map(presence, found)
                return pack(found, known, avals)

            name = f"{self.label}_vjp"
            made = derive(pull, [*avals, *packed_avals(given, out_avals)], name)
            made = given_instead(made, kept, len(avals))
            derived = _Derived(name, made, known, self._execute)
            self._derived["vjp", needed, given] = derived
        count = len(out_avals)
        kept_values = [site.out(place) for place in range(count - self._residuals, count)]
        return derived.carried(
            [*self._operands(site), *kept_values, *pack(cotangents, given, out_avals)]
        )

    def _push(self, site: Site, *tangents: Any) -> Sequence[Any]:
        graph = self.graph
        given = tuple(presence(tangent) for tangent in tangents)
        avals, out_avals = avals_of(graph.inputs), output_avals(graph)
        derived = self._derived.get(("jvp", given))
        if derived is None:
            known: list[str] = []

            def push(*values: Any) -> list[Any]:
                parts = iter(values)
                inputs = [next(parts) for _ in avals]
                _, found = pushed(graph, inputs, unpack(parts, given))
                known[:] = map(presence, found)
                return pack(found, known, out_avals)

            name = f"{self.label}_jvp"
            made = derive(push, [*avals, *packed_avals(given, avals)], name)
            derived = self._derived["jvp", given] = _Derived(name, made, known, self._execute)
        return derived.carried([*self._operands(site), *pack(tangents, given, avals)])

    def _operands(self, site: Site) -> list[Any]:
        return operands_of(site, [dtype for _, dtype in avals_of(self.graph.inputs)])

    def _batched(
        self, p: Any, operands: list[Any], batched: list[bool], size: int, params: Any
    ) -> Any:
        dims = tuple(0 if b else None for b in batched)
        found = vmap(lambda *xs: tuple(evaluate(self.graph, xs)), in_dims=dims)(*operands)
        return found if len(found) > 1 else found[0]


def _traced(out: Any) -> Edge:
    edge = edge_of(out)
    assert edge is not None
    return edge


class _Derived:
    """A graph of carried values: compiled for the values, and again for masks that are read."""

    def __init__(self, name: str, graph: Graph, known: Sequence[str], execute: Executor) -> None:
        self._name = name
        self._graph = graph
        self._places = places(known, 0)
        self._execute = execute
        self._calls: dict[tuple[int, ...], CompiledCall] = {}

    def carried(self, operands: Sequence[Any]) -> list[Any]:
        """The carried values for these operands."""

        def run(positions: set[int]) -> Any:
            chosen = tuple(sorted(positions))
            if not chosen:
                return {}
            call = self._calls.get(chosen)
            if call is None:
                everything = range(len(self._graph.inputs))
                part = restricted(self._graph, everything, chosen)
                call = self._calls[chosen] = CompiledCall(self._name, part, self._execute)
            found = record(call, operands)
            parts = found if is_tuple(found) else (found,)
            return dict(zip(chosen, parts, strict=True))

        return collect(run, self._places)
