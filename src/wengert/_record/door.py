"""`record`, the one door: every operation of every front end and transform goes through it.

It computes (eagerly), asks the batching level (under vmap) or appends to the open trace, and makes
the Node. Only here is a Node made, and only `_keep` decides what a node remembers for its rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .._base.dtypes import is_inexact
from .._base.errors import DifferentiationError
from .._graph.node import NO_PARAMS, Abstract, Edge, Node, Primitive, Saved
from .._graph.value import Batched, Handle, Storage, handle_class
from .modes import Modes, current
from .origin import caller
from .quiet import SILENCE, quiet_begin, quiet_end
from .storage import attach_view, edge_of, storage_of

_new: Any = object.__new__
_CONCRETE = frozenset((ndarray, float, int, bool, complex))


def record(
    primitive: Primitive, operands: Sequence[Any], params: dict[str, Any] = NO_PARAMS
) -> Any:
    """Apply `primitive` to handles and Python numbers; a handle, or a tuple of them."""
    modes = current()
    if modes.trace is not None:
        return _record_symbolic(primitive, operands, params)
    arrays: list[Any] = []
    for operand in operands:
        data = operand._data if isinstance(operand, Handle) else operand
        if data.__class__ not in _CONCRETE:
            return _record_symbolic(primitive, operands, params)
        arrays.append(data)
    token = quiet_begin(SILENCE)
    try:
        result = primitive.compute(*arrays, **params) if params else primitive.compute(*arrays)
    finally:
        quiet_end(token)
    if primitive.n_outputs == 1 and not isinstance(result, tuple):
        cls = handle_class[0]
        out = cls.__new__(cls)
        if result.__class__ is not ndarray:
            result = np.asarray(result)
        if primitive.is_view:
            out._data = result
            attach_view(out, operands[0], primitive, params)
        else:
            if result.ndim > 1 and not result.flags.c_contiguous:
                result = np.ascontiguousarray(result)
            out._data = result
        if modes.grad:
            if primitive.differentiable:
                node = _eager_node(modes, primitive, operands, arrays, params, (out,))
                if node is not None:
                    out._edge = (node, 0)
        elif modes.inference:
            out._inference = True
        return out
    return _several(primitive, operands, arrays, params, result)  # pyright: ignore[reportUnknownArgumentType]


def record_pair(primitive: Any, x: Any, y: Any) -> Any:
    """`record` of an elementwise primitive on two operands, written out for the usual case: an
    eager operation on arrays of one dtype that needs no conversion. All else goes the long way.
    """
    modes = current()
    a = x._data
    if modes.trace is not None or modes.scope is not None or a.__class__ is not ndarray:
        return primitive(x, y)
    dtype = a.dtype
    if isinstance(y, Handle):
        b = y._data
        if b.__class__ is not ndarray or b.dtype is not dtype:
            return primitive(x, y)
    elif y.__class__ is float and dtype.kind == "f":
        b = y
    else:
        return primitive(x, y)
    if dtype.kind not in primitive.direct:
        return primitive(x, y)
    token = quiet_begin(SILENCE)
    try:
        result = primitive.compute(a, b)
    except ValueError:
        # The long way says which axes do not fit.
        return primitive(x, y)
    finally:
        quiet_end(token)
    if result.__class__ is not ndarray or result.ndim > 1:
        result = settled(result)
    out = _new(handle_class[0])
    out._data = result
    if modes.grad:
        if primitive.differentiable:
            view = x._view
            first = x._edge if view is None or view.seen == view.base.version else edge_of(x)
            second: Any = y
            if b is not y:
                view = y._view
                second = y._edge if view is None or view.seen == view.base.version else edge_of(y)
            wanted = (first is not None) + (2 if b is not y and second is not None else 0)
            if wanted:
                node = Node(
                    primitive,
                    NO_PARAMS,
                    (first, second),
                    (a.shape, b.shape if b is not y else ()),
                    _keep(primitive, wanted, (x, y), (out,)),
                    caller(),
                )
                out._edge = (node, 0)
                if modes.keep_values:
                    node.shown = _all_values((x, y), (out,))
    elif modes.inference:
        out._inference = True
    return out


def settled(result: Any) -> Any:
    """What NumPy computed as an array in C order; it makes scalars of 0-d results."""
    if result.__class__ is not ndarray:
        return np.asarray(result)
    return result if result.flags.c_contiguous else np.ascontiguousarray(result)


def _several(
    primitive: Primitive,
    operands: Sequence[Any],
    arrays: list[Any],
    params: dict[str, Any],
    results: Sequence[Any],
) -> tuple[Any, ...]:
    modes = current()
    outs: list[Any] = []
    for result in results:
        out = handle_class[0].__new__(handle_class[0])
        out._data = np.ascontiguousarray(result).reshape(np.shape(result))
        out._inference = modes.inference
        outs.append(out)
    if modes.grad and primitive.differentiable:
        node = _eager_node(modes, primitive, operands, arrays, params, tuple(outs))
        if node is not None:
            node.outputs = tuple(Abstract(o._data.shape, o._data.dtype) for o in outs)
            for index, out in enumerate(outs):
                if is_inexact(out._data.dtype):
                    out._edge = (node, index)
    return tuple(outs)


def _eager_node(
    modes: Modes,
    primitive: Primitive,
    operands: Sequence[Any],
    arrays: list[Any],
    params: dict[str, Any],
    outs: tuple[Any, ...],
) -> Node | None:
    """The node of an eager operation, or None where no operand requires a gradient."""
    wanted = 0
    inputs: list[Any] = []
    scope = modes.scope
    bit = 1
    for operand in operands:
        if isinstance(operand, Handle):
            view = operand._view
            edge = (
                operand._edge
                if view is None or view.seen == view.base.version
                else edge_of(operand)
            )
            if scope is not None:
                edge = scope.edge(operand, edge)
            if edge is not None:
                wanted |= bit
            inputs.append(edge)
        else:
            inputs.append(operand)
        bit += bit
    if not wanted:
        return None
    node = Node(
        primitive,
        params,
        tuple(inputs),
        tuple([a.shape if a.__class__ is ndarray else () for a in arrays]),
        _keep(primitive, wanted, operands, outs),
        caller(),
    )
    if modes.keep_values:
        node.shown = _all_values(operands, outs)
    if scope is not None:
        scope.made(node, outs)
    return node


def _keep(
    primitive: Primitive, wanted: int, operands: Sequence[Any], outs: tuple[Any, ...]
) -> dict[int, Saved]:
    """What an eager node remembers: only what the rules name. (Traced nodes keep every operand.)"""
    saved: dict[int, Saved] = {}
    arity = len(operands)
    for position in primitive.kept(wanted, arity):
        handle = operands[position] if position < arity else outs[position - arity]
        if isinstance(handle, Handle):
            if handle._inference:
                raise DifferentiationError(
                    f"{primitive.name}: a tensor made under inference_mode cannot be kept for "
                    "backward. Make it under no_grad instead, or use x.clone()."
                )
            storage = handle._storage
            if storage is None:
                storage = handle._storage = Storage(handle._data)
            saved[position] = (handle._data, storage, storage.version)
    return saved


def _all_values(operands: Sequence[Any], outs: tuple[Any, ...]) -> dict[int, Saved]:
    """Every operand and result, for people to look at; backward neither uses nor frees them."""
    values: dict[int, Saved] = {}
    for position, handle in enumerate((*operands, *outs)):
        if isinstance(handle, Handle):
            storage = storage_of(handle)
            values[position] = (handle._data, storage, storage.version)
    return values


def _record_symbolic(primitive: Primitive, operands: Sequence[Any], params: dict[str, Any]) -> Any:
    """Under vmap the innermost level interprets; otherwise the trace takes the operation."""
    trace = current().trace
    depth = trace.depth if trace is not None else 0
    level: Any = None
    for operand in operands:
        if isinstance(operand, Handle):
            data = operand._data
            if data.__class__ is Batched and data.level.depth > depth:
                depth, level = data.level.depth, data.level
    if level is not None:
        return level.interpret(primitive, operands, params)
    if trace is None:
        trace = _closed_trace(operands)
    return trace.record(primitive, operands, params)


def _closed_trace(operands: Sequence[Any]) -> Any:
    """The trace of a symbolic operand met while no trace is open; using it raises and names it."""
    for operand in operands:
        if isinstance(operand, Handle) and operand._data.__class__ is Abstract:
            return operand._data.trace
    raise TypeError(
        f"operands {[type(o).__name__ for o in operands]} are neither tensors nor numbers"
    )


def new_handle(data: Any, edge: Edge | None = None) -> Any:
    """A handle of the tensor class over `data`, without recording anything."""
    out = _new(handle_class[0])
    out._data = data
    if edge is not None:
        out._edge = edge
    return out


__all__ = ["new_handle", "record", "record_pair", "settled", "storage_of"]
