"""The arguments of a call: which are arrays, numbers or constants, and what identifies their kind.

Tensors and floats are inputs; an int is an input until the trace asks for its worth; bool, str,
None and any other object are part of the key.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.kinds import fits_int64, is_array
from .._graph.value import Handle


def kind_of(leaf: Any) -> str:
    """How a leaf enters the signature: as "array", "number" or "constant"."""
    if isinstance(leaf, Handle | np.ndarray):
        return "array"
    whole = leaf.__class__ is int and fits_int64(leaf)
    return "number" if whole or leaf.__class__ is float else "constant"


def gradient_kind(handle: Any) -> Any:
    """Whether a handle is a constant, a leaf that requires grad (with its hooks, which run inside),
    or a recorded result.
    """
    edge = handle._edge
    if edge is None:
        return "constant"
    if edge[0].leaf is None:
        return "result"
    return ("leaf", *edge[0].hooks) if edge[0].hooks else "leaf"


def layout(array: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    """The strides that matter: None for C order."""
    return None if array.flags.c_contiguous and array.flags.aligned else array.strides


def memory(handle: Any) -> int:
    """What two handles over the same memory have in common."""
    return id(handle) if handle._storage is None else id(handle._storage)


def sharing(handles: list[Any]) -> tuple[Any, ...]:
    """For each handle None, or which earlier one has the same memory, and how it lies in it."""
    first: dict[int, int] = {}
    found: list[Any] = []
    for position, handle in enumerate(handles):
        earlier = first.setdefault(memory(handle), position)
        if earlier == position or handles[earlier] is handle:
            found.append(None if earlier == position else earlier)
            continue
        root = handle._storage.root
        places = [x._data.ctypes.data - root.ctypes.data for x in (handles[earlier], handle)]
        found.append((earlier, root.shape, layout(root), *places))
    return tuple(found)


def base_of(array: np.ndarray[Any, Any]) -> int:
    """What two arrays have in common that can lie in the same memory."""
    return id(array if array.base is None else array.base)


def describe(leaf: Any) -> Any:
    """What must be equal for one program to serve two calls."""
    if isinstance(leaf, Handle):
        data = leaf._data
        return (data.shape, data.dtype, layout(data), gradient_kind(leaf))
    if is_array(leaf):
        return (leaf.shape, leaf.dtype, layout(leaf))
    if kind_of(leaf) == "number":
        return leaf.__class__
    try:
        hash(leaf)
    except TypeError:
        return ("object", id(leaf))
    return (leaf.__class__, leaf)
