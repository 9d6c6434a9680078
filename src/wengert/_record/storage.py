"""Memory: versions, views, and in-place writes.

A view knows its base and the chain of view operations that leads to it. A write through any member
of a family gives the base a new edge; the others replay their chains from it when they are next
read. Eagerly this keeps gradients right; in a trace, where nothing is written, it *is* the value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._base.dtypes import is_inexact
from .._base.errors import InplaceError
from .._base.kinds import is_array
from .._graph.node import INPUT, LEAF, Edge, Node, Primitive
from .._graph.value import Batched, Chain, Handle, Storage, View, ViewBase, handle_class
from . import modes as _modes
from .origin import caller, source_line


class WriteRules:
    """The primitives that give a write its meaning; they are declared further up."""

    view_put: Primitive
    overwrite: Primitive
    repeats: Callable[[Any, dict[str, Any]], bool]
    """Whether a view shows some element of its source several times."""


class DynamicView:
    """A view whose place is a traced value: a link of chains that is no primitive."""

    name: str
    compute: Callable[..., Any]
    """What has its layout: the same view at some place."""
    read: Callable[..., Any]
    write: Callable[..., Any]

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        read: Callable[..., Any],
        write: Callable[..., Any],
    ) -> None:
        self.name, self.compute, self.read, self.write = name, compute, read, write


def storage_of(handle: Handle) -> Storage:
    """The storage of a handle, made at the first use."""
    storage = handle._storage
    if storage is None:
        storage = handle._storage = Storage(handle._data)
    return storage


def view_of(handle: Handle) -> View:
    """The view record of a handle; one that is no view is its own base."""
    view = handle._view
    if view is None:
        view = handle._view = View(ViewBase(handle._edge, handle._data, ()), ())
    return view


def attach_view(out: Handle, source: Handle, primitive: Any, params: dict[str, Any]) -> None:
    """Make `out` a view of `source`, if it shares its memory (a reshape may have had to copy)."""
    if is_array(out._data) and not np.may_share_memory(out._data, source._data):
        return
    view = view_of(source)
    out._view = View(view.base, (*view.chain, (primitive, params)))
    out._storage = storage_of(source)


def detached(handle: Handle) -> Any:
    """The same memory and version without a history: the base of a family of its own."""
    out = handle_class[0].__new__(handle_class[0])
    out._data = handle._data
    out._storage = storage_of(handle)
    out._view = View(ViewBase(None, handle._data, root_chain(handle)), ())
    return out


def root_chain(handle: Handle) -> Chain:
    """The view operations that lead from the root of the storage to this handle."""
    view = handle._view
    return () if view is None else view.base.offset + view.chain


def whole_of(handle: Any) -> Any:
    """A handle of what a view is a view of; None for what is no view."""
    trace = _modes.current().trace
    if isinstance(handle._data, Batched):
        return None
    source = handle if trace is None else trace.resolve(handle)
    view = source._view
    if view is None or not view.chain:
        return None
    whole = handle_class[0].__new__(handle_class[0])
    whole._data, whole._edge = view.base.data, view.base.edge
    whole._storage, whole._view = source._storage, View(view.base, ())
    return whole


def edge_of(handle: Handle) -> Edge | None:
    """The current edge of a handle; after a write elsewhere in its family it is derived again."""
    view = handle._view
    if view is None or view.seen == view.base.version:
        return handle._edge
    base = view.base
    value = handle_class[0].__new__(handle_class[0])
    value._data, value._edge = base.data, base.edge
    _follow(handle, replay(value, view.chain)._edge)
    view.seen = base.version
    return handle._edge


def _follow(handle: Handle, edge: Edge | None) -> None:
    """Give a handle the edge of its new value; a gradient that it keeps is that one's."""
    old, keeper = handle._edge, handle._keeper
    handle._edge = edge
    if keeper is not None and old is not None and edge is not None:
        entry = (old[1], keeper)
        if old[0].hooks is not None and entry in old[0].hooks:
            old[0].hooks.remove(entry)
            edge[0].hooks = [*(edge[0].hooks or ()), (edge[1], keeper)]


def replay(value: Any, chain: Chain) -> Any:
    """Apply a chain of view operations, recording them whatever the grad mode."""
    from .door import record

    with _modes.override(grad=True):
        for primitive, params in chain:
            dynamic = isinstance(primitive, DynamicView)
            value = (
                primitive.read(value, **params) if dynamic else record(primitive, (value,), params)
            )
    return value


def _put_through(whole: Any, value: Any, chain: Chain) -> Any:
    """`whole` with what a chain of views shows replaced by `value`."""
    from .door import record

    for place, (primitive, params) in enumerate(chain):
        if isinstance(primitive, DynamicView):
            before = chain[:place]
            source = replay(whole, before)
            part = primitive.read(source, **params)
            part = _put_through(part, value, chain[place + 1 :])
            value, chain = primitive.write(source, part, **params), before
            break
    return record(WriteRules.view_put, (whole, value), {"chain": chain})


def check_writable(handle: Handle, name: str) -> None:
    """Raise, before anything is written, if an in-place write is not allowed."""
    if not hasattr(handle, "_data"):
        raise TypeError(f"{name}: expected a tensor to write to, not {type(handle).__name__}")
    modes = _modes.current()
    if modes.grad:
        edge = edge_of(handle)
        base = handle._view.base.edge if handle._view is not None else None
        for place, what in ((edge, ""), (base, "a view of ")):
            if place is None or not (place[0].leaf is not None or place[0].argument):
                continue
            if place[0].argument:
                raise InplaceError(
                    f"{name}: {what}an argument that is being differentiated cannot be changed in "
                    f"place at {source_line(caller())}: it is the caller's tensor, and the point "
                    "of the derivative. Write to x.clone() instead."
                )
            raise InplaceError(
                f"{name}: {what}a leaf that requires grad cannot be changed in place at "
                f"{source_line(caller())}: its gradient would have no meaning. Write "
                "`with wengert.no_grad():` around an update, or make a new tensor instead."
            )
        if edge is None and base is not None:
            raise InplaceError(
                f"{name}: this view was made under no_grad of a tensor that is recorded, and a "
                f"write to it at {source_line(caller())} would lose that tensor's gradient. Make "
                "the view outside no_grad, or write under no_grad, or to x.clone()."
            )
        if modes.scope is not None:
            modes.scope.check_write(handle, name)
    data = handle._data
    repeats = handle._view is not None and any(WriteRules.repeats(*v) for v in handle._view.chain)
    if is_array(data) and not repeats:
        steps = zip(data.strides, data.shape)  # memory that came from outside may be expanded too
        expanded = data.size > 0 and any(step == 0 and n > 1 for step, n in steps)
        repeats = expanded or not data.flags.writeable
    if repeats:
        raise InplaceError(
            f"{name}: this tensor of shape {data.shape} is an expanded or read-only view: "
            "several of its elements may be one memory cell. Use x.clone() first."
        )


def keep_copies(result: Handle, since: int, target: Handle) -> None:
    """Let the nodes behind `result` recorded after `since` keep copies of the memory of `target`.

    `y *= x` records a product that keeps y, and then overwrites y itself.
    """
    while isinstance(result._data, Batched) and isinstance(target._data, Batched):
        result, target = result._data.physical, target._data.physical
    storage, edge = target._storage, result._edge
    if storage is None or edge is None:
        return
    pending = [edge[0]]
    while pending:
        node = pending.pop()
        if node.seq > since:
            for position, saved in node.saved.items():
                if saved[1] is storage:
                    copy = saved[0].copy()
                    node.saved[position] = (copy, Storage(copy), 0)
            pending += [i[0] for i in node.inputs if isinstance(i, tuple)]


def write(handle: Handle, value: Handle, name: str) -> None:
    """Make `handle` hold `value` (same shape and dtype) in place.

    Eagerly the memory is written and its version goes up. In a trace only edges change.
    """
    modes = _modes.current()
    if isinstance(value._data, Batched) or isinstance(handle._data, Batched):
        _write_batched(handle, value, name)
        return
    check_writable(handle, name)
    if modes.trace is not None:
        target = modes.trace.resolve(handle)
        value = modes.trace.resolve(value)
        modes.trace.check_write(target, value)
        _rebind(target, value)
        return
    np.copyto(handle._data, value._data)
    storage = storage_of(handle)
    storage.version += 1
    storage.writer = caller()
    whole = handle._view.base.edge if handle._view is not None else None
    if modes.grad and (handle._edge, value._edge, whole) != (None, None, None):
        _rebind(handle, value)


def _write_batched(handle: Handle, value: Handle, name: str) -> None:
    """A write under vmap: the target must have its own copy for every sample."""
    inner: Any = value._data
    outer: Any = handle._data
    if isinstance(outer, Batched):
        level = outer.level
        write(outer.physical, level.lower(value), name)
        return
    raise InplaceError(
        f"{name}: a value that differs from sample to sample (shape {inner.shape} under vmap) is "
        f"written into a tensor of shape {outer.shape} that all samples share, at "
        f"{source_line(caller())}. Return it instead, or pass the tensor through in_dims. (Batch "
        "normalisation does this: use track_running_stats=False.)"
    )


def _rebind(target: Any, value: Any) -> None:
    """Give `target` the edge of `value`, and its base the edge of the changed whole."""
    from .door import record

    put = WriteRules.view_put
    traced = _modes.current().trace is not None
    stopped = not _modes.current().grad
    view = target._view
    old = edge_of(target)
    new = edge_of(value)
    depends = old is not None and old[0].differentiable
    if new is None or (traced and not stopped and depends and not new[0].differentiable):
        # The node that says: what was there before has no influence any more.
        value = record(put, (target, value), {"chain": ()})
    elif traced and stopped:
        value = _with_history(old, value)
    # Asked for before the base changes: `value` may be a view of it, and means what it held.
    edge = edge_of(value)
    if view is None:
        _follow(target, edge)
        return
    base = view.base
    if view.chain:
        whole = handle_class[0].__new__(handle_class[0])
        whole._data, whole._edge = base.data, base.edge
        changed = _put_through(whole, value, view.chain)
        cut = stopped or any(primitive.name == "detach" for primitive, _ in view.chain)
        if traced and cut:
            changed = _with_history(base.edge, changed)
        base.edge = edge_of(changed)
    else:
        base.edge = edge
    base.version += 1
    _follow(target, edge)
    view.seen = base.version


def _with_history(old: Edge | None, value: Any) -> Any:
    """A traced value with the derivative of what it replaces, if that has one here or outside."""
    from .door import record

    if old is None or not is_inexact(value._data.dtype):
        return value
    source: Any = old
    if old[0].leaf is not None and old[0].inputs:
        # The leaf itself goes on: the next read makes one on top, at the value it then has.
        source = old[0].inputs[0]
    node: Node = source[0]
    if not (node.differentiable or node.primitive in (INPUT, LEAF, WriteRules.overwrite)):
        return value
    kept = handle_class[0].__new__(handle_class[0])
    kept._data, kept._edge = value._data, source
    with _modes.override(grad=True):
        return record(WriteRules.overwrite, (kept, value))
