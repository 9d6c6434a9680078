"""A compiled graph as a primitive: what makes a jitted function differentiable from outside.

Its vjp is another compiled graph, traced from the reverse walk over the first, and so on to any
order; its jvp and its batching are traced in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._base.dtypes import Dtype, is_inexact
from .._base.kinds import is_tuple
from .._base.shapes import Shape
from .._declare.linear import Other
from .._graph.graph import Graph, aval
from .._graph.value import Handle
from .._primitives.creation import zeros
from .._record import modes as _modes
from .._record.door import record
from .._record.functions import evaluate, trace_function
from .._transforms.batching import vmap
from .._transforms.forward import push_walk
from .._transforms.reverse import leaf_handle, walk

Executor = Callable[[Graph], Callable[..., Any]]
"""Makes a graph into a function of arrays (and numbers) that returns a tuple of arrays."""


class CompiledCall(Other):
    """One compiled graph, as an operation on handles."""

    def __init__(self, name: str, graph: Graph, execute: Executor) -> None:
        self.graph = graph
        self._execute = execute
        self._run: Callable[..., Any] | None = None
        self._vjps: dict[Any, CompiledCall] = {}
        self._jvps: dict[Any, CompiledCall] = {}
        self.label = name
        super().__init__(
            "compiled",
            self._compute,
            abstract=self._avals,
            n_outputs=max(len(graph.outputs), 1),
            vjp=self._pull,
            jvp=self._push,
            keeps=None,
            batch=self._batched,
            doc="A compiled graph.",
            samples=(),
        )

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        return tuple(range(arity))

    def _compute(self, *arrays: Any) -> Any:
        if self._run is None:
            self._run = self._execute(self.graph)
        return tuple(self._run(*arrays))

    def _avals(self, shapes: Any, dtypes: Any, params: Any) -> list[tuple[Shape, Dtype]]:
        return [(aval(edge).shape, aval(edge).dtype) for edge in self.graph.outputs]

    def _operands(self, site: Any) -> list[Any]:
        return [site.value(i) for i in range(site.arity)]

    def _pull(self, site: Any, *cotangents: Any) -> Sequence[Any]:
        operands = self._operands(site)
        wanted = tuple(
            isinstance(x, Handle) and is_inexact(x._data.dtype) and x._edge is not None
            for x in operands
        )
        present = tuple(g is not None for g in cotangents)
        key = (wanted, present)
        call = self._vjps.get(key)
        given = [g for g in cotangents if g is not None]
        if call is None:
            call = self._vjps[key] = self._vjp_call(operands, given, wanted, present)
        found = record(call, [*operands, *given])
        parts = iter(found if is_tuple(found) else (found,))
        return [next(parts) if needed else None for needed in wanted]

    def _vjp_call(
        self, operands: list[Any], given: list[Any], wanted: Any, present: Any
    ) -> CompiledCall:
        count = len(operands)

        def pulled(*values: Any) -> list[Any]:
            inputs, seeds = list(values[:count]), values[count:]
            with _modes.override(grad=True):
                leaves = [leaf_handle(x) if w else x for x, w in zip(inputs, wanted, strict=True)]
                outs = evaluate(self.graph, leaves)
            chosen = [out for out, there in zip(outs, present, strict=True) if there]
            targets = [leaf for leaf, w in zip(leaves, wanted, strict=True) if w]
            found = walk(list(zip(chosen, seeds, strict=True)), targets)
            return [
                zeros(t._data.shape, t._data.dtype) if g is None else g
                for t, g in zip(targets, found, strict=True)
            ]

        return self._derived(f"{self.label}_vjp", pulled, [*operands, *given])

    def _push(self, site: Any, *tangents: Any) -> Sequence[Any]:
        operands = self._operands(site)
        present = tuple(t is not None for t in tangents)
        given = [t for t in tangents if t is not None]
        call = self._jvps.get(present)
        if call is None:
            call = self._jvps[present] = self._jvp_call(operands, given, present)
        found = record(call, [*operands, *given])
        return found if is_tuple(found) else (found,)

    def _jvp_call(self, operands: list[Any], given: list[Any], present: Any) -> CompiledCall:
        count = len(operands)

        def pushed(*values: Any) -> list[Any]:
            inputs, moving = list(values[:count]), values[count:]
            with _modes.override(grad=True):
                leaves = [leaf_handle(x) if w else x for x, w in zip(inputs, present, strict=True)]
                outs = evaluate(self.graph, leaves)
            targets = [leaf for leaf, w in zip(leaves, present, strict=True) if w]
            found = push_walk(targets, moving, outs)
            return [
                zeros(out._data.shape, out._data.dtype) if t is None else t
                for out, t in zip(outs, found, strict=True)
            ]

        return self._derived(f"{self.label}_jvp", pushed, [*operands, *given])

    def _derived(
        self, name: str, function: Callable[..., list[Any]], operands: Sequence[Any]
    ) -> CompiledCall:
        avals = [
            (tuple(x._data.shape), x._data.dtype)
            if isinstance(x, Handle)
            else ((), _number_dtype(x))
            for x in operands
        ]
        graph, captured, _ = trace_function(function, avals, name)
        assert not captured
        return CompiledCall(name, graph, self._execute)

    def _batched(
        self, p: Any, operands: list[Any], batched: list[bool], size: int, params: Any
    ) -> Any:
        dims = tuple(0 if b else None for b in batched)
        found = vmap(lambda *xs: tuple(evaluate(self.graph, xs)), in_dims=dims)(*operands)
        return found if len(found) > 1 else found[0]


def _number_dtype(number: Any) -> Dtype:
    import numpy as np

    return np.dtype(float if isinstance(number, float) else int)
