"""The reverse walk: from outputs back to leaves, newest node first.

Order comes from `seq`, so there is no recursion and no counting pass. `walk` collects cotangents of
named values and leaves no trace of itself; `backward` deposits into `.grad`.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from types import TracebackType
from typing import Any

from numpy import add as add_arrays
from numpy import ndarray

from .._base.errors import DifferentiationError, ShapeError, TracingError
from .._base.kinds import is_array
from .._graph.node import AFTER, LEAF, NO_PARAMS, Edge, Node
from .._graph.value import Handle
from .._record import modes as _modes
from .._record.door import new_handle
from .._record.quiet import SILENCE, quiet_begin, quiet_end, warning_settings
from .._record.storage import edge_of
from .._record.trace import differentiable, weak_reference
from .masks import Partly, accumulate, value_of
from .pull import pull, pull_products
from .site import freed_error


def leaf_handle(x: Any) -> Any:
    """A new handle with the value of `x` that starts a derivative of its own.

    An outer derivative still passes through it, because its node has `x` as operand.
    """
    modes = _modes.current()
    trace = modes.trace
    if trace is not None:
        x = trace.resolve(x)
    edge = edge_of(x)
    if modes.scope is not None and modes.grad:
        edge = modes.scope.edge(x, edge)
    node = Node(LEAF, NO_PARAMS, () if edge is None else (edge,), (x._data.shape,), {}, None)
    if trace is not None:
        node.outputs = (x._data,)
        trace.nodes.append(node)
    return new_handle(x._data, (node, 0))


def attach_leaf(handle: Any) -> None:
    """Make a concrete handle a leaf whose `.grad` backward fills."""
    node = Node(LEAF, NO_PARAMS, (), (), {}, None)
    node.leaf = weak_reference(handle)
    handle._edge = (node, 0)
    if handle._view is not None and not handle._view.chain:
        handle._view.base.edge = handle._edge


def _differentiable_parents(node: Node) -> list[Node]:
    inputs: Any = node.inputs
    return [edge[0] for edge in inputs if edge.__class__ is tuple and differentiable(edge)]


def reachable(roots: Sequence[Node], oldest: int) -> list[Node]:
    """All nodes that the roots depend on and that are not older than `oldest`, in order."""
    found: set[Node] = set()
    stack = [root for root in roots if root.seq >= oldest]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(p for p in _differentiable_parents(node) if p.seq >= oldest)
    return sorted(found, key=lambda node: node.seq)


def _between(roots: Sequence[Node], targets: set[Node]) -> set[Node]:
    """The nodes on some path from a root to a target."""
    oldest = min(target.seq for target in targets)
    needed = set(targets)
    for node in reachable(roots, oldest):
        if node not in needed and any(p in needed for p in _differentiable_parents(node)):
            needed.add(node)
    return needed


class _Sum:
    """A cotangent that the sweep has added up itself; as nobody else holds it, more is added in
    place.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Sweep:
    """The cotangents on their way, by node, and the order in which to take them.

    It is a context in which NumPy is quiet.
    """

    def __init__(self) -> None:
        modes = _modes.current()
        self.unrecorded = modes.trace is None and not modes.grad and not modes.inference
        """Whether the sweep itself leaves no record."""
        self.heap: list[int] = []
        self.passed: set[int] = set()
        """ids of handles that several places may hold, so that nobody may write into them."""
        self._pending: dict[int, tuple[Node, list[Any]]] = {}

    def __enter__(self) -> _Sweep:
        self.settings = warning_settings()
        self._token = quiet_begin(SILENCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        quiet_end(self._token)

    def add(self, edge: Edge, cotangent: Any) -> None:
        """Let a cotangent arrive at an output."""
        node, index = edge
        place = self._pending.get(node.seq)
        if place is None:
            outputs = node.outputs
            slots: list[Any] = [None] * len(outputs) if outputs else [None]
            slots[index] = cotangent
            self._pending[node.seq] = (node, slots)
            heappush(self.heap, -node.seq)
        else:
            slots = place[1]
            before = slots[index]
            slots[index] = cotangent if before is None else self._added(before, cotangent)

    def _added(self, before: Any, cotangent: Any) -> Any:
        if before.__class__ is _Sum:
            if cotangent.__class__ is not Partly:
                total, more = before.value._data, cotangent._data
                if more.__class__ is ndarray and more.dtype is total.dtype:
                    add_arrays(total, more, total)
                    return before
            before = before.value
        found = accumulate(before, cotangent)
        if self.unrecorded and found.__class__ is not Partly and is_array(found._data):
            return _Sum(found)
        return found

    def pop(self) -> tuple[Node, list[Any]]:
        """The newest node, with the cotangents of its outputs."""
        node, slots = self._pending.pop(-heappop(self.heap))
        if slots[0].__class__ is _Sum or len(slots) > 1:
            slots = [slot.value if slot.__class__ is _Sum else slot for slot in slots]
        return node, slots


def _run_hooks(sweep: _Sweep, node: Node, slots: list[Any]) -> None:
    for index, hook in list(node.hooks or ()):
        if index != AFTER and slots[index] is not None:
            g = value_of(slots[index])
            token = quiet_begin(sweep.settings)
            try:
                changed = hook(g)
            finally:
                quiet_end(token)
            # The hook may have kept what it was given.
            sweep.passed.add(id(g))
            if changed is not None:
                _check_hook(node, g, changed)
                sweep.passed.add(id(changed))
                slots[index] = changed


def _check_hook(node: Node, g: Any, changed: Any) -> None:
    if not isinstance(changed, Handle):
        what = f"a {type(changed).__name__}"
    elif changed._data.shape != g._data.shape or changed._data.dtype != g._data.dtype:
        what = (
            f"shape {tuple(changed._data.shape)} and dtype {changed._data.dtype} for a gradient of "
            f"shape {tuple(g._data.shape)} and dtype {g._data.dtype}"
        )
    else:
        return
    kind = TypeError if not isinstance(changed, Handle) else ShapeError
    raise kind(
        f"backward: a hook on {node.name()} returned {what}. Return a tensor like the one it is "
        "given, or None."
    )


def _spread(sweep: _Sweep, node: Node, slots: list[Any], needed: set[Node] | None) -> bool:
    """Pull the cotangents of one node back to its operands; False if none of them wants any."""
    inputs: Any = node.inputs
    if sweep.unrecorded:
        products = pull_products(node, slots[0], needed)
        if products is not None:
            for edge, product in zip(inputs, products):
                if product is not None:
                    if product is slots[0]:
                        sweep.passed.add(id(product))
                    sweep.add(edge, product)
            return True
    wanted = [
        # An eager node keeps an edge only where there is something to differentiate.
        edge.__class__ is tuple
        and (not node.outputs or differentiable(edge))
        and (needed is None or edge[0] in needed)
        for edge in inputs
    ]
    if True not in wanted:
        return False
    if node.consumed:
        raise freed_error(node)
    given = [None if slot is None else value_of(slot) for slot in slots]
    for edge, cotangent in zip(inputs, pull(node, slots, wanted), strict=True):
        if cotangent is not None:
            value = value_of(cotangent)
            if value is given[0] or (len(given) > 1 and any(value is g for g in given)):
                sweep.passed.add(id(value))
            sweep.add(edge, cotangent)
    return True


def walk(
    seeds: Sequence[tuple[Any, Any]],
    targets: Sequence[Any],
    *,
    retain: bool = True,
    carried: bool = False,
) -> list[Any]:
    """The cotangents of `targets`, given (output, cotangent) pairs; None where there is no path.

    Runs in the current grad mode: under `no_grad` the result is a constant. With `carried` the
    cotangents come with their masks, as the walk carried them.
    """
    places = [edge_of(_in_trace(target)) for target in targets]
    found: dict[Edge, Any] = {}
    wanted_edges = {place for place in places if place is not None}
    sources = [(edge_of(_in_trace(output)), cotangent) for output, cotangent in seeds]
    live = [(edge, g) for edge, g in sources if edge is not None and differentiable(edge)]
    if wanted_edges and live:
        needed = _between([edge[0] for edge, _ in live], {edge[0] for edge in wanted_edges})
        with _Sweep() as sweep:
            for edge, cotangent in live:
                if edge[0] in needed:
                    sweep.add(edge, cotangent)
            while sweep.heap:
                node, slots = sweep.pop()
                if node.hooks:
                    _run_hooks(sweep, node, slots)
                for index, slot in enumerate(slots):
                    if slot is not None and (node, index) in wanted_edges:
                        found[(node, index)] = slot if carried else value_of(slot)
                if _spread(sweep, node, slots, needed) and not retain:
                    free(node)
    return [None if place is None else found.get(place) for place in places]


def _in_trace(handle: Any) -> Any:
    trace = _modes.current().trace
    return handle if trace is None else trace.resolve(handle)


def free(node: Node) -> None:
    """Forget what the node kept; using it again raises."""
    if node.saved:
        node.saved = {}
        node.consumed = True
    elif node.outputs and node.outputs[0].trace is not None and node.leaf is None:
        bits = sum(
            1 << i
            for i, edge in enumerate(node.inputs)
            if isinstance(edge, tuple) and differentiable(edge)
        )
        if node.primitive.kept(bits, len(node.inputs)):
            node.consumed = True


def backward(
    seeds: Sequence[tuple[Any, Any]],
    *,
    retain: bool,
    create_graph: bool,
    inputs: Sequence[Any] | None = None,
) -> None:
    """Add d(seeds)/d(leaf) to the `.grad` of every leaf (or of `inputs` only).

    All or nothing: gradients are deposited when the sweep is over.
    """
    found: list[tuple[Any, Any, bool]] = []
    arrived: list[tuple[Node, Any]] = []
    needed: set[Node] | None = None
    only: set[Node] | None = None
    live: list[tuple[Edge, Any]] = []
    for output, cotangent in seeds:
        edge = edge_of(_in_trace(output))
        assert edge is not None
        live.append((edge, cotangent))
    if inputs is not None:
        only = set()
        for leaf in inputs:
            place = edge_of(_in_trace(leaf))
            if place is None or place[0].leaf is None:
                raise DifferentiationError(
                    "backward: `inputs` must be leaves that require grad. For other tensors use "
                    "autograd.grad(outputs, inputs)."
                )
            only.add(place[0])
        needed = _between([edge[0] for edge, _ in live], only)
    with _modes.override(grad=create_graph), _Sweep() as sweep:
        for edge, cotangent in live:
            sweep.passed.add(id(cotangent))
            sweep.add(edge, cotangent)
        while sweep.heap:
            node, slots = sweep.pop()
            if node.hooks:
                _run_hooks(sweep, node, slots)
            if node.leaf is not None:
                if only is None or node in only:
                    handle = node.leaf()
                    if handle is not None and handle._edge is not None:
                        g = value_of(slots[0])
                        found.append((handle, g, id(g) in sweep.passed))
                        if node.hooks:
                            arrived.append((node, handle))
                continue
            if node.label == "captured" and node.primitive is LEAF:
                raise TracingError(
                    "backward: it reached a tensor that was computed outside the jitted function "
                    f"(shape {node.in_shapes[0]}); its history cannot be entered from inside. "
                    "detach() it, or compute it inside."
                )
            if _spread(sweep, node, slots, needed) and not retain:
                free(node)
        for handle, g, shared in found:
            deposit(handle, g, shared)
    with _modes.override(grad=create_graph):
        for node, handle in arrived:
            for index, hook in list(node.hooks or ()):
                if index == AFTER:
                    hook(handle)


def deposit(handle: Any, g: Any, shared: bool) -> None:
    """Add a cotangent to `.grad`; memory that others may hold is copied first."""
    from .._primitives.elementwise import add
    from .._record.storage import write

    before = handle.grad
    recording = _modes.current().grad
    if before is None:
        if recording:
            # The cotangent may have come to another leaf too, and its record stands by it.
            handle.grad = g.clone()
            return
        data = g._data
        if is_array(data) and _modes.current().trace is None:
            if shared or g._view is not None or not data.flags.c_contiguous:
                data = data.copy()
            handle.grad = new_handle(data)
        else:
            # A tensor from outside a trace is taken for what it will be at each call.
            handle.grad = new_handle(data, edge_of(g)) if not is_array(data) else g.clone()
    elif recording:
        handle.grad = add(before, g)
    else:
        write(before, add(before, g), "backward")


__all__ = ["attach_leaf", "backward", "deposit", "leaf_handle", "walk"]
