"""Running a compiled program: gather inputs, call, wrap outputs, carry out effects.

Everything that can fail comes before the first effect, so a call happens as a whole or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._base.errors import InplaceError
from .._base.kinds import is_array
from .._graph.graph import Graph
from .._graph.node import LEAF, NO_PARAMS, Node
from .._graph.value import Handle
from .._record import modes as _modes
from .._record.door import new_handle, record
from .._record.numpy_run import run_graph
from .._record.storage import edge_of, storage_of
from .._transforms.subgraphs import trimmed
from .call import CompiledCall
from .capture import Captured, Source, tracing
from .fast import FastPath
from .lifting import State
from .report import Report
from .residuals import residuals
from .signature import base_of, gradient_kind, layout, sharing


class NumpyProgram:
    """A graph run by NumPy, with the face of a compiled program."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.report = _Counts([node.primitive.name for node in graph.nodes])
        self.loops = self.llvm = ""

    def call(self, *inputs: Any) -> tuple[Any, ...]:
        """The outputs of the graph."""
        return run_graph(self._graph, inputs)


class _Counts:
    def __init__(self, callbacks: list[str]) -> None:
        self.kernels = self.regions = self.arena_bytes = 0
        self.callbacks = callbacks


Executor = Callable[[Graph, "Sequence[Any] | None"], Any]


def make_executor(backend: str, cache: bool, compile_graph: Any) -> Executor:
    """Graph and layouts -> program."""
    if backend == "numpy":
        return lambda graph, layouts: NumpyProgram(trimmed(graph))
    return lambda graph, layouts: compile_graph(trimmed(graph), layouts, cache=cache)


class CompiledProgram:
    """One trace, compiled, with what it takes to call it."""

    def __init__(
        self,
        name: str,
        captured: Captured,
        executor: Executor,
        state: State,
        leaves: Sequence[Any],
        report: Report,
    ) -> None:
        self.name = name
        self.captured = captured
        self._report = report
        self._executor = executor
        handles = [self._find(source, state, leaves) for source in captured.sources]
        arrays = self._arrays(handles)
        layouts = [layout(a) if is_array(a) else None for a in arrays]
        live = any(captured.differentiable) and not captured.consumed
        kept = residuals(captured.graph, [_moves(handle) for handle in handles]) if live else []
        graph = captured.graph
        outputs = [*graph.outputs, *kept]
        if kept:
            graph = Graph(graph.inputs, graph.nodes, outputs, graph.commits)
        self.compiled = self._compile(graph, layouts)
        self._call: Callable[..., Any] = self.compiled.call
        self._fits = self._fit(handles)
        self._sharing = sharing(self._memories(handles, state, leaves))
        self._derivable: CompiledCall | None = None
        if live:
            pure = Graph(graph.inputs, graph.nodes, outputs)
            self._derivable = CompiledCall(name, pure, self._compile_pure, len(kept))
            self._derivable.runs(self._call)
        self._spent = _spent_node(captured) if captured.consumed else None
        self._fast: FastPath | None = None

    def _compile(self, graph: Graph, layouts: Sequence[Any] | None) -> Any:
        start = time.perf_counter()
        compiled = self._executor(graph, layouts)
        self._report.compile_seconds += time.perf_counter() - start
        return compiled

    def _compile_pure(self, graph: Graph) -> Callable[..., Any]:
        program = self._compile(graph, None)

        def call(*inputs: Any) -> Any:
            return program.call(*[_plain(x) for x in inputs])

        return call

    # ---- guards -----------------------------------------------------------------------------

    def holds(self, state: State, leaves: Sequence[Any]) -> bool:
        """Whether this program may serve the call."""
        captured = self.captured
        for source, value in captured.number_guards:
            now = self._find(source, state, leaves)
            if now.__class__ is not value.__class__ or now != value:
                return False
        for source, present in captured.grad_guards:
            if (self._find(source, state, leaves)._grad is not None) is not present:
                return False
        handles = [self._find(source, state, leaves) for source in captured.sources]
        return (
            self._fit(handles) == self._fits
            and sharing(self._memories(handles, state, leaves)) == self._sharing
        )

    def _memories(self, handles: Sequence[Any], state: State, leaves: Sequence[Any]) -> list[Any]:
        """Every handle whose memory could be that of another."""
        met = [self._find(source, state, leaves) for source in self.captured.met]
        return [x for x in (*leaves, *met, *handles) if isinstance(x, Handle)]

    def _arrays(self, handles: Sequence[Any]) -> list[Any]:
        """What the program gets for its inputs: arrays and numbers."""
        return [
            _array(handle, part) for handle, part in zip(handles, self.captured.parts, strict=True)
        ]

    def _fit(self, handles: Sequence[Any]) -> list[Any]:
        """What has to be equal for the inputs to fit."""
        found: list[Any] = []
        for handle, array in zip(handles, self._arrays(handles), strict=True):
            if is_array(array):
                kind = gradient_kind(handle) if isinstance(handle, Handle) else "constant"
                found.append((array.shape, array.dtype, layout(array), kind))
            else:
                found.append(array.__class__)
        return found

    def _find(self, source: Source, state: State, leaves: Sequence[Any]) -> Any:
        kind, where = source
        if kind == "argument":
            return leaves[where]
        if kind == "slot":
            return state.get(where)
        if kind == "grad":
            return self._find(where, state, leaves)._grad
        if kind == "item":
            source, position = where
            return self._find(source, state, leaves)[position]
        return where

    def touched(self, state: State, leaves: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """The handles whose memory, and those whose gradients, a call reads or writes."""
        handles = [self._find(source, state, leaves) for source in self.captured.sources]
        owners = [self._find(e.source, state, leaves) for e in self.captured.grad_effects]
        return handles, owners

    def fast(self, state: State, leaves: Sequence[Any]) -> Any:
        """A function for further calls with the same state, or None."""
        if self.captured.effects:  # what it reads may stand elsewhere by now
            return None
        handles, owners = self.touched(state, leaves)
        if self._fast is None:
            self._fast = FastPath(self.captured, leaves, self._fits)
        return self._fast.bind(
            self._call,
            state,
            handles,
            self._arrays(handles),
            owners,
            self._spent,
            _modes.current().grad,
        )

    # ---- a call -----------------------------------------------------------------------------

    def run(self, state: State, leaves: Sequence[Any]) -> Any:
        """Call the program."""
        captured = self.captured
        with tracing:
            handles, owners = self.touched(state, leaves)
            inputs = self._arrays(handles)
        if captured.written:
            self._check_apart(inputs)
        # The versions go up first: an interrupt after the writes must not leave them unseen.
        storages = [storage_of(handles[p]) for p in captured.written if _is_handle(handles[p])]
        for storage, writer in zip(storages, captured.writers, strict=False):
            storage.version += 1
            storage.writer = writer
        try:
            outs = self._outputs(handles, inputs)
        except Exception:
            for storage in storages:
                storage.version -= 1
            raise
        with tracing:
            return self._effected(_Builder(self, state, leaves, outs), state, owners)

    def _effected(self, build: _Builder, state: State, owners: Sequence[Any]) -> Any:
        """Carry out the effects; the result of the call."""
        captured = self.captured
        # Values first, so that a recipe reads the state as it was.
        changes = [build.make(effect.recipe) for effect in captured.effects if effect.recipe]
        gradients = [build.make(effect.recipe) for effect in captured.grad_effects]
        result = build.make(captured.recipe)
        values = iter(changes)
        for effect in captured.effects:
            container = state.container(effect.container)
            if effect.kind == "delete":
                container.delete(effect.key)
            elif effect.kind == "all":
                container.replace(effect.key, next(values))
            else:
                container.set(effect.key, next(values))
        for owner, gradient in zip(owners, gradients, strict=True):
            owner._grad = gradient
        return result

    def _check_apart(self, inputs: list[Any]) -> None:
        """Raise if what is written lies in the memory of another input that does not know it."""
        places: dict[int, list[int]] = {}
        for position, array in enumerate(inputs):
            if is_array(array):
                places.setdefault(base_of(array), []).append(position)
        for written in self.captured.written:
            for other in places[base_of(inputs[written])]:
                # Each storage is one input, so two of them know nothing of one another.
                if other != written and np.may_share_memory(inputs[written], inputs[other]):
                    raise InplaceError(
                        f"{self.name} writes into a tensor of shape {inputs[written].shape} whose "
                        "memory another input shows as well: both were made from one NumPy array. "
                        "Make one from the other (view = x[1:]), or pass a copy."
                    )

    def _outputs(self, handles: list[Any], inputs: list[Any]) -> list[Any]:
        if self._derivable is not None and _modes.current().grad:
            return self._recorded(handles, inputs)
        outs = [new_handle(array) for array in self._call(*inputs)]
        if _modes.current().inference:
            for out in outs:
                out._inference = True
        if self._spent is not None:
            for index, live in enumerate(self.captured.differentiable):
                if live:
                    outs[index]._edge = (self._spent, index)
        return outs

    def _recorded(self, handles: list[Any], inputs: list[Any]) -> list[Any]:
        """A call that can be differentiated: one node for the whole program."""
        assert self._derivable is not None
        # Backward needs the values from before the program's own writes; a later write by anybody
        # else is seen through the version of the storage.
        before = {p: inputs[p].copy() for p in self.captured.written}
        operands = [
            _operand(handle, array, own=position in before)
            for position, (handle, array) in enumerate(zip(handles, inputs, strict=True))
        ]
        found = list(record(self._derivable, operands))
        node = next((out._edge[0] for out in found if out._edge is not None), None)
        if node is not None:
            for position, array in before.items():
                node.saved[position] = (array, *node.saved[position][1:])
        return found


class _Builder:
    """Makes the values that recipes describe, each output tensor once."""

    def __init__(
        self, program: CompiledProgram, state: State, leaves: Sequence[Any], outs: list[Any]
    ) -> None:
        self._program = program
        self._state = state
        self._leaves = leaves
        self._outs = outs

    def make(self, recipe: tuple[str, Any]) -> Any:
        """The value of one recipe."""
        kind, content = recipe
        if kind == "output":
            return self._outs[content]
        if kind == "constant":
            return content
        if kind == "array":
            return content.copy()
        if kind == "source":
            return self._program._find(content, self._state, self._leaves)
        if kind == "number":
            place, convert = content
            return convert(self._outs[place]._data.item())
        if kind == "dict":
            cls, pairs = content
            made: dict[Any, Any] = cls.__new__(cls)
            made.update([(key, self.make(item)) for key, item in pairs])
            return made
        cls, parts = content
        values = [self.make(part) for part in parts]
        return cls(*values) if hasattr(cls, "_fields") else cls(values)


def _array(handle: Any, part: bool) -> Any:
    """The array that a program gets for an input; numbers and arrays as they are."""
    if not isinstance(handle, Handle):
        return handle
    storage = handle._storage
    return handle._data if part or storage is None else storage.root


def _plain(x: Any) -> Any:
    return np.ascontiguousarray(x).reshape(np.shape(x)) if is_array(x) else x


def _moves(x: Any) -> bool:
    """Whether a derivative passes through an input."""
    return isinstance(x, Handle) and gradient_kind(x) != "constant"


def _is_handle(x: Any) -> bool:
    return isinstance(x, Handle)


def _operand(handle: Any, array: Any, own: bool) -> Any:
    """The operand of a recorded call: the handle, or that of the whole storage behind a view.

    `own` gives it a storage of its own, because what is kept of it will be a copy.
    """
    if not isinstance(handle, Handle):
        return _plain(handle)
    if handle._data is array:
        edge = edge_of(handle)
    else:
        edge = None if handle._view is None else handle._view.base.edge
    operand = new_handle(array, edge)
    if not own:
        operand._storage = storage_of(handle)
    return operand


def _spent_node(captured: Captured) -> Node:
    """The history of outputs whose record was used up by a backward inside the program."""
    edge = next(
        edge
        for edge, live in zip(captured.graph.outputs, captured.differentiable, strict=True)
        if live
    )
    start = Node(LEAF, NO_PARAMS, (), (), {}, None)
    node = Node(edge[0].primitive, NO_PARAMS, ((start, 0),), ((),), {}, edge[0].origin)
    node.consumed = True
    return node
