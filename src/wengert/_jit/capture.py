"""One tracing of a function: arguments and state become inputs, what it changes becomes outputs.

While the function runs, lifted numbers in containers are replaced by symbols; afterwards every
container gets its contents back, and the differences are kept as *effects* to be carried out after
each call. Nothing is changed if the function raises.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from operator import is_not
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .._base import pytree
from .._base.dtypes import float64, int64
from .._base.errors import TracingError
from .._base.kinds import is_array, is_dict, is_list_or_tuple, is_tuple
from .._graph.graph import Graph, sources
from .._graph.node import LEAF, Edge, Node
from .._graph.value import Handle
from .._record import modes as _modes
from .._record.door import new_handle
from .._record.storage import edge_of
from .._record.trace import GradSlot, SharedStorage, Trace, differentiable
from .containers import Container, Slot, is_lifted, named, place_of
from .lifting import State
from .names import names_in
from .signature import kind_of

tracing = threading.RLock()
"""Held while the state is altered: for the time of a trace there are symbols in containers, and
after a call its effects are carried out. Whoever reads the state waits."""

if hasattr(os, "register_at_fork"):
    # A child must not inherit the lock from a thread that it does not have.
    os.register_at_fork(
        before=tracing.acquire, after_in_parent=tracing.release, after_in_child=tracing.release
    )


class Source(NamedTuple):
    """Where an input comes from at each call.

    kind "argument" (position of the leaf), "slot" (a handle or number in a container), "item" (of
    the tuple that another source gives), "grad" (the gradient of what another source gives) or
    "fixed" (one handle for ever).
    """

    kind: str
    where: Any


class Effect(NamedTuple):
    """A change to a container: kind "set", "delete" or "all" (with the keys, if it has keys)."""

    kind: str
    container: tuple[str, str]
    key: Any
    recipe: Any


class GradEffect(NamedTuple):
    """A handle that gets a new `.grad`."""

    source: Source
    recipe: Any


class Captured:
    """The result of a trace."""

    def __init__(self) -> None:
        self.graph: Graph
        self.sources: list[Source] = []
        self.recipe: Any = None
        self.effects: list[Effect] = []
        self.grad_effects: list[GradEffect] = []
        self.grad_guards: list[tuple[Source, bool]] = []
        self.number_guards: list[tuple[Source, Any]] = []
        self.met: list[Source] = []
        """Every place outside the arguments at which a used handle stands: which of them share
        memory, with one another and with arguments, is part of the signature."""
        self.parts: list[bool] = []
        """For each input: the array of the handle itself, rather than of its whole storage."""
        self.written: list[int] = []
        """Positions of inputs whose memory is written."""
        self.writers: list[Any] = []
        """The lines that write them."""
        self.differentiable: list[bool] = []
        self.names: frozenset[str] | None = None
        """The attribute names in the code that ran; None if they cannot be known."""
        self.consumed = False
        """A differentiable output's record was used up by a backward inside."""

    def slots(self) -> Iterator[Slot]:
        """The places where the inputs are looked up."""
        guards = (source for source, _ in (*self.grad_guards, *self.number_guards))
        owners = (effect.source for effect in self.grad_effects)
        for source in (*self.sources, *self.met, *guards, *owners):
            where: Any = source
            while where.kind in ("grad", "item"):
                where = where.where if where.kind == "grad" else where.where[0]
            if where.kind == "slot":
                yield where.where


class LiftMore(Exception):
    """A number was changed by the function: trace again with its place lifted."""

    def __init__(self, places: set[tuple[str, Any]]) -> None:
        super().__init__(str(places))
        self.places = places


def capture(
    function: Callable[..., Any],
    name: str,
    leaves: Sequence[Any],
    structure: Any,
    state: State,
    lifted: frozenset[tuple[str, Any]],
) -> Captured:
    """Trace `function` on these arguments."""
    whole: frozenset[int] = frozenset()
    with tracing:
        while True:
            try:
                return _Capture(name, leaves, structure, state, lifted, whole).run(function)
            except SharedStorage as shared:
                whole |= {id(shared.storage)}


class _Capture:
    def __init__(
        self,
        name: str,
        leaves: Sequence[Any],
        structure: Any,
        state: State,
        lifted: frozenset[tuple[str, Any]],
        whole: frozenset[int],
    ) -> None:
        self.leaves = leaves
        self.structure = structure
        self.state = state
        self.lifted = lifted
        self.trace = Trace(None, _modes.current().depth + 1, name)
        self.trace.whole = whole
        self.trace.arrays = state.arrays
        self.result = Captured()
        self.sources: dict[Node, Source] = {}
        self.argument_handles: dict[int, int] = {}
        self.traced_contents: list[list[tuple[Any, Any]]] = []
        self.outputs: list[Any] = []
        self.output_places: dict[Any, int] = {}

    def run(self, function: Callable[..., Any]) -> Captured:
        trace = self.trace
        try:
            with _modes.override(trace=trace, depth=trace.depth):
                arguments = [self._argument(k, leaf) for k, leaf in enumerate(self.leaves)]
                args, kwargs = pytree.unflatten(self.structure, arguments)
                try:
                    self._substitute()
                    returned = self._watched(function, args, kwargs)
                    self._check_arguments(arguments, args, kwargs)
                    changes = self._differences()
                finally:
                    for container, items in zip(
                        self.state.containers, self.state.contents, strict=True
                    ):
                        container.restore(items)
                self._finish(returned, changes)
        finally:
            # The graph lives on, and through its symbols the trace: it must not keep tensors.
            trace.close()
        return self.result

    def _watched(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call the function, and note which code ran."""
        codes: dict[CodeType, dict[str, Any]] = {}

        def note(frame: FrameType, event: str, _: Any) -> None:
            if event == "call":
                codes[frame.f_code] = frame.f_globals

        before: Any = sys.getprofile()
        sys.setprofile(note)
        try:
            return function(*args, **kwargs)
        finally:
            if before is None or callable(before):
                sys.setprofile(before)
            else:  # cProfile's profiler is no function; it can only be switched on again
                sys.setprofile(None)
                before.enable()
            self.result.names = names_in(codes.items())

    # ---- inputs -----------------------------------------------------------------------------

    def _argument(self, position: int, leaf: Any) -> Any:
        kind = kind_of(leaf)
        if kind == "number":
            return self._number(leaf, Source("argument", position), f"argument {position}")
        if kind == "array":
            handle = leaf if isinstance(leaf, Handle) else new_handle(leaf)
            self.argument_handles.setdefault(id(handle), position)
            lifted = self.trace.lift(handle)
            self.sources.setdefault(lifted.node, Source("argument", position))
            return handle
        return leaf

    def _check_arguments(self, before: list[Any], args: Any, kwargs: Any) -> None:
        """Raise if a container that was passed in has changed: the caller's would not."""
        after, structure = pytree.flatten((args, kwargs))
        if structure != self.structure or any(map(is_not, before, after)):
            raise TracingError(
                f"{self.trace.name} changes a list or dict that was passed as an argument; at "
                "later calls that would be lost. Work on a copy (dict(batch), list(parts)) and "
                "return it, or keep the container in an attribute or a variable outside."
            )

    def _number(self, value: Any, source: Source, label: str) -> Any:
        dtype = float64 if value.__class__ is float else int64
        handle = self.trace.new_input((), dtype, label, weak=True, hint=value)
        self.sources[handle._edge[0]] = source
        return handle

    def _substitute(self) -> None:
        """Put symbols where lifted numbers stand; several containers may lead to one place."""
        done: set[tuple[int, Any]] = set()
        for container, items in zip(self.state.containers, self.state.contents, strict=True):
            for key, value in items:
                where = (id(container.holder), named(key))
                if where in done or not is_lifted(container, key, value, self.lifted):
                    continue
                done.add(where)
                source = Source("slot", Slot(container.identity, key))
                place = container.place(key)
                if is_tuple(value):
                    value = tuple(
                        self._number(item, Source("item", (source, k)), f"{place}[{k}]")
                        for k, item in enumerate(value)
                    )
                else:
                    value = self._number(value, source, place)
                container.set(key, value)
        self.traced_contents = [container.items() for container in self.state.containers]

    # ---- what changed -----------------------------------------------------------------------

    def _differences(self) -> list[Effect]:
        changes: list[Effect] = []
        more: set[tuple[str, Any]] = set()
        for container, before in zip(self.state.containers, self.traced_contents, strict=True):
            after = container.items()
            if container.in_order:
                if len(after) != len(before) or any(
                    x is not y for (_, x), (_, y) in zip(after, before, strict=True)
                ):
                    changes += self._list_change(container, before, after, more)
                continue
            old = {named(key): (key, value) for key, value in before}
            new = {named(key): (key, value) for key, value in after}
            expected = [
                *(key for key in old if key in new),
                *(key for key in new if key not in old),
            ]
            if container.kind == "dict" and expected != list(new):
                keys, values = [key for key, _ in after], [value for _, value in after]
                changes.append(Effect("all", container.identity, keys, values))
                continue
            for identity, (key, value) in new.items():
                if identity not in old or old[identity][1] is not value:
                    if identity in old and _plain_change(old[identity][1], value):
                        more.add(place_of(container, key))
                    changes.append(Effect("set", container.identity, key, value))
            for identity, (key, _) in old.items():
                if identity not in new:
                    changes.append(Effect("delete", container.identity, key, None))
        more -= self.lifted
        if more:
            raise LiftMore(more)
        return changes

    def _list_change(
        self,
        container: Container,
        before: list[tuple[Any, Any]],
        after: list[tuple[Any, Any]],
        more: set[tuple[str, Any]],
    ) -> list[Effect]:
        if len(after) == len(before):
            for (key, new), (_, old) in zip(after, before, strict=True):
                if new is not old and _plain_change(old, new):
                    more.add(place_of(container, key))
        return [Effect("all", container.identity, None, [value for _, value in after])]

    # ---- the result -------------------------------------------------------------------------

    def _finish(self, returned: Any, changes: list[Effect]) -> None:
        trace, result = self.trace, self.result
        result.recipe = self._recipe(returned)
        for change in changes:
            recipe = None if change.kind == "delete" else self._recipe(change.recipe)
            result.effects.append(change._replace(recipe=recipe))
        for slot in trace.grads.values():
            self._grad(slot)
        commits = self._commits()
        edges: list[Edge] = []
        for handle in self.outputs:
            edge = edge_of(trace.resolve(handle))
            assert edge is not None
            edges.append(edge)
            result.differentiable.append(_reaches_outside(edge))
        result.consumed = any(
            _used_up(edge[0])
            for edge, live in zip(edges, result.differentiable, strict=True)
            if live
        )
        graph = Graph(trace.inputs, trace.nodes, edges, commits)
        used = {edge[0] for node in graph.nodes for edge in node.inputs if is_tuple(edge)}
        used |= {edge[0] for edge in graph.outputs} | {edge[0] for _, edge in graph.commits}
        used |= {graph.inputs[position] for position, _ in graph.commits}
        kept = [node for node in trace.inputs if node in used]
        places = {node: k for k, node in enumerate(kept)}
        renumbered = [(places[graph.inputs[p]], edge) for p, edge in graph.commits]
        result.graph = Graph(kept, trace.nodes, edges, renumbered)
        result.written = [position for position, _ in renumbered]
        result.writers = [edge[0].origin for _, edge in renumbered]
        result.sources = [self._source(node) for node in kept]
        slots = [self.state.handles.get(id(handle)) for handle in trace.met()]
        result.met = [Source("slot", slot) for slot in slots if slot is not None]
        parts = {lifted.node: lifted.part for lifted in trace.lifted.values()}
        result.parts = [parts.get(node, True) for node in kept]
        for handle in trace.number_guards:
            for node in sources(handle._edge[0]):
                guard = (self.sources[node], node.outputs[0].hint)
                if guard not in result.number_guards:
                    result.number_guards.append(guard)

    def _source(self, node: Node) -> Source:
        found = self.sources.get(node)
        if found is not None:
            return found
        lifted = next(item for item in self.trace.lifted.values() if item.node is node)
        return self._source_of(lifted.handle)

    def _source_of(self, handle: Any) -> Source:
        position = self.argument_handles.get(id(handle))
        if position is not None:
            return Source("argument", position)
        slot = self.state.handles.get(id(handle))
        if slot is not None:
            return Source("slot", slot)
        for owner in self.trace.grads.values():
            if owner.initial is handle:
                return Source("grad", self._source_of(owner.handle))
        return Source("fixed", handle)

    def _commits(self) -> list[tuple[int, Edge]]:
        return [
            (self.trace.inputs.index(lifted.node), lifted.edge)
            for lifted in self.trace.lifted.values()
            if lifted.written and lifted.edge is not None
        ]

    def _grad(self, slot: GradSlot) -> None:
        source = self._source_of(slot.handle)
        if slot.read_first:
            self.result.grad_guards.append((source, slot.initial is not None))
        if slot.written and slot.current is not slot.initial:
            self.result.grad_effects.append(GradEffect(source, self._recipe(slot.current)))

    # ---- recipes ----------------------------------------------------------------------------

    def _recipe(self, value: Any) -> tuple[str, Any]:
        """How to make `value` again after each call; what exists outside stays what it is."""
        if isinstance(value, Handle):
            return self._handle_recipe(value)
        if any(container.holder is value for container in self.state.containers):
            return ("constant", value)
        if is_dict(value):
            pairs = [(key, self._recipe(item)) for key, item in value.items()]
            return ("dict", (value.__class__, pairs))
        if is_list_or_tuple(value):
            parts = [self._recipe(item) for item in value]
            if isinstance(value, list) or any(part[0] != "constant" for part in parts):
                return ("sequence", (value.__class__, parts))
        if is_array(value) and id(value) not in self.state.arrays:
            return ("array", value)
        return ("constant", value)

    def _handle_recipe(self, value: Any) -> tuple[str, Any]:
        if is_array(value._data):
            source = self._source_of(value)
            return ("constant", value) if source.kind == "fixed" else ("source", source)
        resolved = self.trace.resolve(value)
        edge = edge_of(resolved)
        if resolved._data.weak:
            kind = {"i": int, "b": bool}.get(resolved._data.dtype.kind, float)
            return ("number", (self._output(edge, resolved), kind))
        return ("output", self._output(edge, resolved))

    def _output(self, edge: Any, handle: Any) -> int:
        place = self.output_places.get(edge)
        if place is None:
            place = self.output_places[edge] = len(self.outputs)
            self.outputs.append(handle)
        return place


def _plain_change(old: Any, new: Any) -> bool:
    """Whether a number was replaced: by another number, or by a symbol."""
    if old.__class__ is not int and old.__class__ is not float:
        return False
    if isinstance(new, Handle):
        return bool(getattr(new._data, "weak", False))
    return (new.__class__ is int or new.__class__ is float) and new != old


def _reaches_outside(output: Edge) -> bool:
    """Whether the output depends on a leaf that exists outside the trace.

    Leaves of derivatives that were taken inside are nobody's business afterwards.
    """
    seen: set[Node] = set()
    stack = [output]
    while stack:
        edge = stack.pop()
        node = edge[0]
        if node in seen or not differentiable(edge):
            continue
        seen.add(node)
        if node.primitive is LEAF and (node.leaf is not None or node.label == "captured"):
            return True
        stack.extend(edge for edge in node.inputs if is_tuple(edge))
    return False


def _used_up(root: Node) -> bool:
    """Whether a backward inside the trace has consumed part of this record."""
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.consumed:
            return True
        stack.extend(edge[0] for edge in node.inputs if is_tuple(edge) and differentiable(edge))
    return False
