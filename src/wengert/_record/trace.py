"""Trace: an open record in which values are symbols and nothing is written.

It holds an overlay: storage -> current value, handle -> current `.grad`. Handles that exist outside
are read through a *shadow* handle and never changed; if the traced function raises, the trace is
dropped and nothing has happened. What to do with the overlay afterwards is up to its owner.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._base.dtypes import Dtype, is_inexact, number_dtype
from .._base.errors import EscapedValueError, InplaceError, TracedValueError, TracingError
from .._base.shapes import Shape
from .._graph.graph import Graph, sources
from .._graph.node import INPUT, LEAF, NO_PARAMS, Abstract, Edge, Node, Primitive
from .._graph.value import Batched, Handle, Storage, View, ViewBase, handle_class
from . import modes as _modes
from .layout import stays_view
from .origin import caller, source_line
from .storage import attach_view, edge_of, replay, root_chain, storage_of


class Lifted(ViewBase):
    """The overlay of one storage: its root array, its input node, its current edge."""

    def __init__(self, node: Node, storage: Storage, root: Any) -> None:
        super().__init__((node, 0), None, ())
        self.node = node
        self.storage = storage
        self.root = root
        """The root array at trace time."""
        self.handle: Any = None
        """The first handle through which the storage was reached."""
        self.written = False
        self.part = False
        """The root is one view's array, not the whole storage."""


class SharedStorage(Exception):
    """Two views of one storage met in a trace that had lifted only the first one's part."""

    def __init__(self, storage: Storage) -> None:
        super().__init__("trace again with the whole storage")
        self.storage = storage


class GradSlot:
    """The overlay of one handle's `.grad`."""

    def __init__(self, handle: Any, read_first: bool) -> None:
        self.handle = handle
        self.read_first = read_first
        """The presence of the gradient at entry was looked at, so it is part of the signature."""
        self.initial = handle._grad
        self.current = handle._grad
        self.written = False


class Trace:
    """One open recording. `parent` is the trace it was opened in, if any.

    With `pure` it is that of a function without effects (the body of a loop, a branch): whatever
    it reads from outside is a capture, and nothing from outside may be written.
    """

    def __init__(
        self, parent: Trace | None, depth: int, name: str = "a function", pure: bool = False
    ) -> None:
        self.parent = parent
        self.depth = depth
        self.name = name
        self.pure = pure
        self.open = True
        self.nodes: list[Node] = []
        self.inputs: list[Node] = []
        self.lifted: dict[int, Lifted] = {}
        self.captures: list[tuple[Node, Any]] = []
        self.grads: dict[int, GradSlot] = {}
        self.number_guards: list[Any] = []
        self.whole: frozenset[int] = frozenset()
        """ids of storages that are lifted by their root from the start."""
        self.arrays: dict[int, Any] = {}
        """NumPy arrays from outside by id; their contents may change between calls."""
        self._array_handles: dict[int, Any] = {}
        self._shadows: dict[int, tuple[Any, Any]] = {}
        self._captured: dict[Any, Any] = {}
        self._given: dict[Node, str | None] = {}
        """What a pure function may not write: its arguments, by name, and its captures (None)."""

    # ---- values that enter ------------------------------------------------------------------

    def new_input(
        self,
        shape: Shape,
        dtype: Dtype,
        label: str | None = None,
        *,
        weak: bool = False,
        hint: Any = None,
    ) -> Any:
        """A fresh INPUT node and the handle of its value."""
        node = Node(INPUT, NO_PARAMS, (), (), {}, None)
        node.outputs = (Abstract(shape, dtype, self, weak, hint),)
        node.differentiable = False
        node.label = label
        self.inputs.append(node)
        return self._handle(node, 0)

    def argument(self, shape: Shape, dtype: Dtype, label: str | None, live: bool) -> Any:
        """An argument of a pure function; `live` if a derivative taken outside passes through."""
        handle = self.new_input(shape, dtype, label)
        self._given[handle._edge[0]] = label or "its argument"
        if live:
            self._enter(handle)
        return handle

    def _enter(self, handle: Any) -> None:
        """Let a derivative that comes from outside start here; `backward` may not pass it."""
        outer = handle._edge
        node = Node(LEAF, NO_PARAMS, (outer,), (handle._data.shape,), {}, None)
        node.outputs = (handle._data,)
        node.label = "captured"
        self.nodes.append(node)
        self._given[node] = self._given[outer[0]]
        handle._edge = (node, 0)

    def _handle(self, node: Node, index: int) -> Any:
        out = handle_class[0].__new__(handle_class[0])
        out._data = node.outputs[index]
        out._edge = (node, index)
        return out

    def lift(self, handle: Any, label: str | None = None) -> Lifted:
        """The overlay of the storage behind a concrete handle; a new input the first time."""
        storage = storage_of(handle)
        found = self.lifted.get(id(storage))
        if found is not None and found.part and found.root is not handle._data:
            raise SharedStorage(storage)
        if found is None:
            # One handle of a storage stands for itself; only several need the common root.
            part = storage.root is not handle._data and id(storage) not in self.whole
            root = handle._data if part else storage.root
            value = self.new_input(root.shape, root.dtype, label)
            found = Lifted(value._edge[0], storage, root)
            found.data = value._data
            found.handle = handle
            found.part = part
            self.lifted[id(storage)] = found
        return found

    def resolve(self, operand: Any) -> Any:
        """The handle in this trace that stands for `operand`; numbers stand for themselves."""
        if not isinstance(operand, Handle):
            return operand
        data = operand._data
        if data.__class__ is Abstract:
            return operand if data.trace is self else self._capture(operand)
        if data.__class__ is Batched:
            return self._capture(operand)
        if self.parent is not None:
            return self._capture(self.parent.resolve(operand))
        return self._capture(operand) if self.pure else self._shadow(operand)

    def outside(self, array: np.ndarray[Any, Any]) -> Any:
        """The handle of a NumPy array that exists outside; None for one made in this trace."""
        if self.parent is not None:
            return self.parent.outside(array)
        if self.arrays.get(id(array)) is not array:
            return None
        found = self._array_handles.get(id(array))
        if found is None:
            found = self._array_handles[id(array)] = handle_class[0].__new__(handle_class[0])
            found._data = array
        return found

    def _capture(self, outer: Any) -> Any:
        """An input for a value from outside: of an enclosing trace or vmap level, or concrete."""
        data = outer._data
        symbolic = data.__class__ is Abstract
        if symbolic:
            data.trace.require_open(outer)
        key = edge_of(outer) if symbolic else id(outer)
        found = self._captured.get(key)
        if found is None:
            weak, hint = (data.weak, data.hint) if symbolic else (False, None)
            found = self.new_input(data.shape, data.dtype, weak=weak, hint=hint)
            node = found._edge[0]
            self._given[node] = None
            self.captures.append((node, outer))
            self._captured[key] = found
            if self._moves(outer):
                self._enter(found)
        return found

    def _moves(self, outer: Any) -> bool:
        """Whether a derivative walk outside would visit a value."""
        while outer._data.__class__ is Batched:
            outer = outer._data.physical
        if self.parent is not None and outer._data.__class__ is not Abstract:
            outer = self.parent.resolve(outer)
        return differentiable(edge_of(outer))

    def _shadow(self, handle: Any) -> Any:
        pair = self._shadows.get(id(handle))
        if pair is None:
            lifted = self.lift(handle)
            shadow = handle_class[0].__new__(handle_class[0])
            shadow._data = Abstract(handle._data.shape, handle._data.dtype, self)
            shadow._storage = Storage(shadow._data)
            shadow._view = View(lifted, () if lifted.part else root_chain(handle))
            shadow._view.seen = -1
            pair = self._shadows[id(handle)] = (shadow, handle)
        shadow = pair[0]
        view = shadow._view
        if view.seen != view.base.version:
            shadow._edge = edge_of(shadow)
        edge: Any = shadow._edge
        outer = edge_of(handle)
        if outer is not None and edge[0].primitive is not LEAF:
            # A tensor that requires grad starts a derivative here, at its current value.
            node = Node(LEAF, NO_PARAMS, (edge,), (shadow._data.shape,), {}, None)
            node.outputs = (shadow._data,)
            if outer[0].leaf is not None:
                node.leaf = outer[0].leaf
            else:
                node.label = "captured"
            node.hooks = outer[0].hooks
            self.nodes.append(node)
            shadow._edge = (node, 0)
        return shadow

    def met(self) -> list[Any]:
        """The concrete handles that were used."""
        return [handle for _, handle in self._shadows.values()]

    # ---- recording --------------------------------------------------------------------------

    def require_open(self, handle: Any) -> None:
        """Raise if this trace is over: its symbols have no value any more."""
        if not self.open:
            edge = handle._edge
            made = source_line(edge[0].origin) if edge else "an unknown line"
            raise EscapedValueError(
                f"a traced value of shape {tuple(handle._data.shape)}, made at {made} "
                f"while tracing {self.name}, was used after the trace had closed. Return it from "
                "the traced function instead of storing it somewhere."
            )

    def record(self, primitive: Primitive, operands: Sequence[Any], params: dict[str, Any]) -> Any:
        """Append one operation; a handle, or a tuple of them."""
        for operand in operands:
            if isinstance(operand, Handle):
                self.require_open(operand)
        if not self.open or _modes.current().trace is None:
            raise EscapedValueError(f"{primitive.name}: the trace of {self.name} has closed.")
        resolved = [self.resolve(operand) for operand in operands]
        inputs: list[Any] = []
        shapes: list[Shape] = []
        dtypes: list[Any] = []
        depends = False
        # Only arithmetic makes numbers of numbers; what is reshaped or joined is a tensor.
        scalar = primitive.family == "elementwise" or primitive.name == "to"
        weak = bool(resolved) and scalar and primitive.n_outputs == 1
        scope = _modes.current().scope if _modes.current().grad else None
        for operand in resolved:
            if isinstance(operand, Handle):
                edge = edge_of(operand)
                if scope is not None and primitive.differentiable:
                    edge = scope.edge(operand, edge)
                inputs.append(edge)
                shapes.append(operand._data.shape)
                dtypes.append(operand._data.dtype)
                depends = depends or differentiable(edge)
                weak = weak and operand._data.weak
            else:
                inputs.append(operand)
                shapes.append(())
                dtypes.append(None)
        node = Node(primitive, params, tuple(inputs), tuple(shapes), {}, caller())
        hint = _worth(primitive, resolved, params) if weak else None
        node.outputs = tuple(
            Abstract(tuple(shape), dtype, self, weak, hint)
            for shape, dtype in primitive.abstract(shapes, dtypes, params)
        )
        node.stopped = not _modes.current().grad
        node.differentiable = depends and primitive.differentiable and not node.stopped
        self.nodes.append(node)
        outs = [self._handle(node, index) for index in range(len(node.outputs))]
        if primitive.is_view:
            if stays_view(resolved[0], primitive, params):
                attach_view(outs[0], resolved[0], primitive, params)
            return outs[0]
        return outs[0] if primitive.n_outputs == 1 else tuple(outs)

    def check_write(self, target: Any, value: Any) -> None:
        """Raise if the write could not be carried out by a later call."""
        view = target._view
        base = view.base if view is not None else None
        edge = target._edge if base is None else base.edge
        if isinstance(base, Lifted):
            if _modes.current().grad and differentiable(edge_of(value)):
                raise TracingError(
                    f"a value that requires grad is written into a tensor from outside the traced "
                    f"function at {source_line(caller())}: its history cannot leave the trace. "
                    "Write x.detach(), or do it under `with wengert.no_grad():`."
                )
            base.written = True
        elif edge is not None and edge[0] in self._given:
            self._refuse_write(self._given[edge[0]], tuple(edge[0].outputs[0].shape))

    def _refuse_write(self, argument: str | None, shape: Shape) -> None:
        place = source_line(caller())
        if argument is not None:
            raise InplaceError(
                f"{self.name} changes {argument} (shape {shape}) in place at {place}. Make a new "
                "tensor there (x = x + 1 instead of x += 1) and return it."
            )
        raise TracingError(
            f"{self.name} changes a tensor from outside (shape {shape}) in place at {place}. Pass "
            "it in as an argument, and return the new value. (A random function changes the state "
            "of its generator: draw the numbers before, and pass them in.)"
        )

    # ---- gradients --------------------------------------------------------------------------

    def grad_slot(self, handle: Any, reading: bool) -> GradSlot:
        """The overlay of a concrete handle's `.grad`."""
        slot = self.grads.get(id(handle))
        if self.pure and not reading:
            raise TracingError(
                f"{self.name} sets the .grad of a tensor (shape {tuple(handle._data.shape)}) at "
                f"{source_line(caller())}. Take gradients with autograd.grad or func.grad there, "
                "and return them."
            )
        if slot is None and self.pure and self.parent is not None:
            return self.parent.grad_slot(handle, reading)
        if slot is None:
            slot = self.grads[id(handle)] = GradSlot(handle, reading)
        return slot

    # ---- the result -------------------------------------------------------------------------

    def graph(self, outputs: Sequence[Any], commits: Sequence[tuple[int, Edge]] = ()) -> Graph:
        """The graph with these handles as outputs."""
        edges: list[Edge] = []
        for handle in outputs:
            edge = edge_of(self.resolve(handle))
            assert edge is not None
            edges.append(edge)
        return Graph(self.inputs, self.nodes, edges, commits)

    def guarded_number(self, handle: Any, what: str) -> Any:
        """The worth of a lifted Python number, which then becomes part of the signature."""
        data = handle._data
        if data.trace is not self:
            return data.trace.guarded_number(handle, what)
        if data.hint is None:
            self.raise_traced(handle, what)
        self.number_guards.append(handle)
        captured = dict(self.captures)
        for node in sources(handle._edge[0]):
            if node in captured:
                outer = captured[node]
                outer._data.trace.guarded_number(outer, what)
        return data.hint

    def close(self) -> None:
        """End the recording; what only recording needed is let go."""
        self.open, self.parent = False, None
        self.nodes, self.inputs, self.captures = [], [], []
        self.lifted, self.grads, self.number_guards = {}, {}, []
        self._shadows, self._captured, self._given = {}, {}, {}
        self.arrays, self._array_handles = {}, {}

    def raise_traced(self, handle: Any, what: str) -> None:
        """The error for asking a symbol for its value."""
        edge = edge_of(self.resolve(handle))
        origin = edge[0].origin if edge is not None else None
        made = f"It was made at {source_line(origin)}" if origin else "It came in as an argument"
        raise TracedValueError(
            f"a traced value of shape {tuple(handle._data.shape)} has no {what}. {made} while "
            f"tracing {self.name}. {_ADVICE.get(what, 'Read it outside the traced function.')}"
        )


_ADVICE = {
    "truth value": "Use where(x > 0, a, b), or cond() to run one branch.",
    "number": "Return it and read it outside, or keep computing with tensors.",
    "positions": "The shape of x[mask] or nonzero() depends on values; use where(mask, x, 0).",
}


def _worth(primitive: Primitive, operands: Sequence[Any], params: dict[str, Any]) -> Any:
    """What an operation on lifted Python numbers is worth in this trace; None if not known."""
    numbers: list[Any] = []
    for operand in operands:
        if isinstance(operand, Handle):
            data = operand._data
            if data.hint is None:
                return None
            operand = np.asarray(data.hint, data.dtype)
        numbers.append(operand)
    if primitive.n_outputs != 1:
        return None
    with np.errstate(all="ignore"):
        return np.asarray(primitive.compute(*numbers, **params)).item()


def differentiable(edge: Edge | None) -> bool:
    """Whether a derivative walk would visit this edge."""
    if edge is None or not edge[0].differentiable:
        return False
    outputs = edge[0].outputs
    return not outputs or is_inexact(outputs[edge[1]].dtype)


def is_number(value: Any) -> bool:
    """Whether a value stands for a Python number in a trace (an argument, a learning rate)."""
    return isinstance(value, Handle) and value._data.__class__ is Abstract and value._data.weak


def constant(number: Any) -> Any:
    """A Python number as a value in the open trace."""
    from .door import record

    return record(FULL, (), {"shape": (), "value": number, "dtype": number_dtype(number)})


def _full(shape: Shape, value: Any, dtype: Dtype) -> Any:
    return np.full(shape, value, dtype)


FULL = Primitive(
    "full",
    _full,
    abstract=lambda shapes, dtypes, params: [(params["shape"], params["dtype"])],
    differentiable=False,
    doc="A tensor of `shape` filled with one number.",
)


def concrete(handle: Any, what: str) -> Any:
    """The array behind a handle, or an error that says why there is none."""
    data = handle._data
    trace = _modes.current().trace
    if data.__class__ is np.ndarray and trace is None:
        return data
    if data.__class__ is Batched:
        raise TracedValueError(
            f"a batched value of shape {data.shape} under vmap has no {what}: there is one for "
            "each sample. Use where(), or compute it outside vmap."
        )
    if trace is None:
        data.trace.require_open(handle)
    elif what != "copy" and is_number(handle):
        return np.asarray(trace.guarded_number(handle, what), data.dtype)
    (trace or data.trace).raise_traced(handle, what)
    return None


def weak_reference(handle: Any) -> Callable[[], Any]:
    """How a leaf node knows its handle."""
    return weakref.ref(handle)


__all__ = [
    "FULL",
    "GradSlot",
    "Lifted",
    "Trace",
    "concrete",
    "constant",
    "differentiable",
    "is_number",
    "replay",
    "weak_reference",
]
