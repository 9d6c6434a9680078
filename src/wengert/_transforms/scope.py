"""Scope: a stretch of program inside which every floating tensor that is used becomes a leaf.

It is how TensorFlow's tape is told to the one record: while a scope is open, `record` asks it for
the edge of every operand, and what was not made inside gets a leaf of its own. Handles are never
marked, so other threads see nothing of it. When the outermost scope closes, the results lose their
edges (the scope remembers them), so that nothing outside is recorded.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence
from contextvars import Token
from typing import Any

from .._base.dtypes import is_inexact
from .._base.errors import DifferentiationError, InplaceError, TracingError
from .._base.kinds import is_tuple
from .._graph.node import LEAF, NO_PARAMS, Edge, Node, next_seq
from .._graph.value import Batched
from .._primitives.creation import full, zeros
from .._record import modes as _modes
from .._record.door import new_handle
from .._record.origin import caller, source_line
from .._record.storage import edge_of
from .._record.trace import differentiable
from .batching import vmap
from .reverse import reachable, walk


class _Entered:
    """A tensor from outside, with its leaves: a new one after each change of its value."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.leaves: list[Edge] = []
        self._seen: Any = None

    def changed(self, edge: Edge | None) -> bool:
        """Whether the tensor has another value than when it was last looked at."""
        storage = self.handle._storage
        now = (id(self.handle._data), 0 if storage is None else storage.version, edge)
        before, self._seen = self._seen, now
        return now != before


class Scope:
    """One stretch of program. `wants(handle)` says which tensors become leaves by being used."""

    def __init__(self, wants: Callable[[Any], bool]) -> None:
        self._wants = wants
        self._token: Token[_modes.Modes] | None = None
        self._parent: Scope | None = None
        self._root: Scope = self
        self.clear()

    def clear(self) -> None:
        """Forget everything; what was recorded can no longer be differentiated here."""
        self._start = next_seq()
        self._end = math.inf
        self._entered: dict[int, _Entered] = {}
        self._edges: dict[int, tuple[weakref.ref[Any], Edge]] = {}
        self._made: list[weakref.ref[Any]] = []
        self._mixed = False
        """Something recorded here also depends on tensors that require grad by themselves."""

    # ---- open and closed --------------------------------------------------------------------

    @property
    def is_nested(self) -> bool:
        """Whether it was opened inside another scope."""
        return self._parent is not None

    @property
    def is_open(self) -> bool:
        """Whether operations are being recorded for this scope."""
        return self._token is not None

    def open(self) -> None:
        """Begin, inside whatever scope is open now."""
        modes = _modes.current()
        self._parent = modes.scope
        self._root = self if self._parent is None else self._parent._root
        self._start, self._end = next_seq(), math.inf
        self._token = _modes.modes_var.set(modes.replace(scope=self, grad=True, inference=False))

    def close(self) -> None:
        """End; with the outermost scope the edges come off."""
        assert self._token is not None
        if _modes.current().scope is not self:
            raise DifferentiationError(
                "GradientTape: a tape inside this one is still recording. Leave the inner `with` "
                "block first."
            )
        _modes.modes_var.reset(self._token)
        self._token = None
        self._end = next_seq()
        for entered in self._entered.values():
            for leaf in entered.leaves:
                leaf[0].closed = True
        if self._parent is None:
            self._take_edges_off()

    def _take_edges_off(self) -> None:
        for reference in self._made:
            handle = reference()
            edge = None if handle is None else edge_of(handle)
            if handle is not None and edge is not None:
                self._edges[id(handle)] = (reference, edge)
                handle._edge = None
                if handle._view is not None:
                    handle._view.base.edge = None
        self._made = []

    # ---- what `record` asks -----------------------------------------------------------------

    def edge(self, handle: Any, edge: Edge | None) -> Edge | None:
        """The edge under which a node remembers an operand whose own edge is `edge`."""
        if edge is not None and not self._from_before(edge):
            return edge
        if self._parent is not None:
            edge = self._parent.edge(handle, edge)
        entered = self._entered.get(id(handle))
        if entered is None:
            if not (_can_be_leaf(handle) and self._wants(handle)):
                return edge
            entered = self._entered[id(handle)] = _Entered(handle)
        if entered.changed(edge):
            entered.leaves.append(self._leaf(handle, edge))
        return entered.leaves[-1]

    def _from_before(self, edge: Edge) -> bool:
        """Whether an edge leads out of the scope; leaves that require grad are at home anywhere."""
        node = edge[0]
        return not differentiable(edge) or (node.seq < self._start and node.leaf is None)

    def _leaf(self, handle: Any, edge: Edge | None) -> Edge:
        node = Node(
            LEAF, NO_PARAMS, () if edge is None else (edge,), (handle._data.shape,), {}, None
        )
        trace = _modes.current().trace
        if trace is not None:
            node.outputs = (handle._data,)
            trace.nodes.append(node)
        node.scoped = edge is None or not differentiable(edge) or edge[0].scoped
        self._root._mixed |= not node.scoped
        return (node, 0)

    def made(self, node: Node, outs: Sequence[Any]) -> None:
        """Take note of the results of an operation that was recorded."""
        node.scoped = all(edge[0].scoped for edge in node.inputs if isinstance(edge, tuple))
        if node.scoped:
            self._root._made += [weakref.ref(out) for out in outs]
        else:
            self._root._mixed = True

    def assigned(self, handle: Any) -> None:
        """Take note of a variable that was given a recorded value."""
        self._root._made.append(weakref.ref(handle))

    def check_write(self, handle: Any, name: str) -> None:
        """Raise for an in-place write to a tensor from outside, whose views could not follow."""
        handle = _in_trace(handle)
        edge = edge_of(handle) if handle._view is None else handle._view.base.edge
        if edge is None or self._from_before(edge):
            raise InplaceError(
                f"{name}: a tensor from outside a GradientTape cannot be changed in place inside "
                f"it, at {source_line(caller())}: the tape watches its value. Make a new tensor, "
                "use a tf.Variable with assign(), or write inside `with wengert.no_grad():`."
            )

    # ---- derivatives ------------------------------------------------------------------------

    def watch(self, handle: Any) -> None:
        """Make a tensor a leaf now, whether or not it is wanted by itself."""
        handle = _in_trace(handle)
        edge = edge_of(handle)
        if edge is None or self._from_before(edge):
            self._entered.setdefault(id(handle), _Entered(handle))
            self.edge(handle, edge)

    def watched(self) -> list[Any]:
        """The tensors from outside that have become leaves."""
        return [entered.handle for entered in self._entered.values()]

    def gradients(
        self, outputs: Sequence[Any], cotangents: Sequence[Any], sources: Sequence[Any]
    ) -> list[Any]:
        """The cotangents of `sources`; None where no path leads there."""
        seeds: list[tuple[Any, Any]] = []
        for output, cotangent in zip(outputs, cotangents, strict=True):
            output = _in_trace(output)
            edge = self._own_edge(output) or self._last_leaf(output)
            if edge is not None:
                seeds.append((new_handle(output._data, edge), cotangent))
        places = [self._places(_in_trace(source)) for source in sources]
        modes = _modes.current()
        records = modes.trace is not None or modes.scope is not None or self._root._mixed
        with _modes.override(grad=records and modes.grad):
            found = iter(walk(seeds, [place for part in places for place in part]))
            parts = [[g for g in [next(found) for _ in part] if g is not None] for part in places]
        for part, source in zip(parts, sources, strict=True):
            if len(part) > 1:
                raise DifferentiationError(
                    f"GradientTape: a source of shape {tuple(source._data.shape)} had several "
                    "values inside the tape, and the target depends on more than one of them, so "
                    "`its gradient` could mean any of them. Assign to it before the tape, or use "
                    "one variable for each value."
                )
        return [part[0] if part else None for part in parts]

    def _own_edge(self, handle: Any) -> Edge | None:
        """The edge of what was made in this scope, or requires grad by itself."""
        reference, edge = self._root._edges.get(id(handle), (None, None))
        if reference is None or reference() is not handle:
            edge = edge_of(handle)
        if edge is None or self._from_before(edge) or edge[0].seq > self._end:
            return None
        return edge

    def _last_leaf(self, handle: Any) -> Edge | None:
        entered = self._entered.get(id(handle))
        return None if entered is None else entered.leaves[-1]

    def _places(self, source: Any) -> list[Any]:
        """Handles for the walk to arrive at: the leaves of a source, and the place it was made.

        A value that was computed from an earlier one of the same source is no place of its own.
        """
        entered = self._entered.get(id(source))
        edges = [] if entered is None else list(entered.leaves)
        own = self._own_edge(source)
        if own is not None and own not in edges:
            edges.append(own)
        found: list[Edge] = []
        for edge in edges:
            if not any(first[0] in reachable([edge[0]], first[0].seq) for first in found):
                found.append(edge)
        return [new_handle(source._data, edge) for edge in found]

    def pulled_rows(self, output: Any, basis: Any, sources: Sequence[Any]) -> list[Any]:
        """For each source the cotangents that belong to the rows of `basis`, stacked; or None."""
        connected: list[bool] = []

        def row(cotangent: Any) -> tuple[Any, ...]:
            found = self.gradients([output], [cotangent], sources)
            connected[:] = [g is not None for g in found]
            return tuple(
                zeros(tuple(x._data.shape), x._data.dtype) if g is None else g
                for x, g in zip(sources, found, strict=True)
            )

        stacked = vmap(row)(basis)
        return [rows if there else None for rows, there in zip(stacked, connected, strict=True)]

    def forget(self) -> None:
        """Drop the record. In a trace, what was recorded becomes a constant for its outputs."""
        trace = _modes.current().trace
        if trace is not None and self._parent is None:
            own = {leaf[0] for entered in self._entered.values() for leaf in entered.leaves}
            for node in trace.nodes:
                if node.differentiable and (node in own or node.primitive is not LEAF):
                    node.differentiable = any(
                        is_tuple(edge) and differentiable(edge) for edge in node.inputs
                    )
        self._entered, self._edges = {}, {}


def ones_of(handle: Any) -> Any:
    """The cotangent to start from: ones."""
    return full(tuple(handle._data.shape), 1.0, handle._data.dtype)


def _can_be_leaf(handle: Any) -> bool:
    data = handle._data
    if data.__class__ is Batched or not is_inexact(data.dtype):
        return False
    return not getattr(data, "weak", False)


def _in_trace(handle: Any) -> Any:
    if handle._data.__class__ is Batched:
        raise TracingError("GradientTape: not possible under vmap. Use wengert.func.grad inside.")
    trace = _modes.current().trace
    return handle if trace is None else trace.resolve(handle)


__all__ = ["Scope", "ones_of"]
