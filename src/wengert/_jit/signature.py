"""The arguments of a call: which are arrays, numbers or constants, and what identifies their kind.

Tensors and floats are inputs; an int is an input until the trace asks for its worth; bool, str,
None and any other object are part of the key.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._graph.value import Handle


def kind_of(leaf: Any) -> str:
    """"array", "number" or "constant"."""
    if isinstance(leaf, Handle | np.ndarray):
        return "array"
    return "number" if leaf.__class__ is float or leaf.__class__ is int else "constant"


def gradient_kind(handle: Any) -> str:
    """Whether a handle is a constant, a leaf that requires grad, or a recorded result."""
    edge = handle._edge
    if edge is None:
        return "constant"
    return "leaf" if edge[0].leaf is not None else "result"


def layout(array: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    """The strides that matter: None for C order."""
    return None if array.flags.c_contiguous and array.flags.aligned else array.strides


class Sharing:
    """Numbers handles and storages in the order in which they are met."""

    def __init__(self) -> None:
        self._handles: dict[int, int] = {}
        self._storages: dict[int, int] = {}

    def handle(self, handle: Any) -> int:
        """The number of a handle; the same handle has the same number."""
        return self._handles.setdefault(id(handle), len(self._handles))

    def storage(self, handle: Any) -> Any:
        """What the handle shares: None for memory of its own met for the first time."""
        storage = handle._storage
        number = self.handle(handle)
        if storage is None:
            return None
        first = self._storages.setdefault(id(storage), number)
        if first == number and handle._view is None:
            return None
        root = storage.root
        return (first, root.shape, layout(root), handle._data.ctypes.data - root.ctypes.data)


def describe(leaf: Any, sharing: Sharing) -> Any:
    """What must be equal for one program to serve two calls."""
    if isinstance(leaf, Handle):
        data = leaf._data
        shared = sharing.storage(leaf)
        return (data.shape, data.dtype, layout(data), gradient_kind(leaf), shared)
    if isinstance(leaf, np.ndarray):
        return (leaf.shape, leaf.dtype, layout(leaf))  # pyright: ignore
    if leaf.__class__ is float or leaf.__class__ is int:
        return leaf.__class__
    try:
        hash(leaf)
    except TypeError:
        return ("object", id(leaf))
    return (leaf.__class__, leaf)
