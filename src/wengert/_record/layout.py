"""Where the elements of a value lie in memory, known for traced values too.

Computed values are C-contiguous, so a layout follows from the chain of views alone: a trace finds
what eager execution finds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._graph.node import Primitive
from .._graph.value import Batched, View
from . import modes as _modes


def stays_view(source: Any, primitive: Primitive, params: dict[str, Any]) -> bool:
    """Whether eager execution would give a view here; only reshape may have to copy.

    Computed values are C-contiguous, so the layout follows from the chain alone.
    """
    if primitive.name != "reshape":
        return True
    view: View | None = source._view
    if view is None or not view.chain:
        root = getattr(view.base, "root", None) if view is not None else None
        if root is None or root.flags.c_contiguous:
            return True
    try:
        np.reshape(layout(source), params["shape"], copy=False)
    except ValueError:
        return False
    return True


def layout(source: Any) -> Any:
    """An array with the shape, dtype and strides that the value has in eager execution.

    Its elements must not be read: for a traced value it stands over memory that is not its own.
    """
    return _placed(source)[0]


def placed(source: Any) -> tuple[Any, int]:
    """The layout of a value, and how many bytes after the start of its storage it begins."""
    laid, root = _placed(source)
    start: int = laid.__array_interface__["data"][0]
    return laid, start - root.__array_interface__["data"][0]


def _placed(source: Any) -> tuple[Any, Any]:
    data = source._data
    trace = _modes.current().trace
    if data.__class__ is Batched:
        whole = layout(data.physical)
        if not whole.shape[0]:
            whole = np.empty((1, *whole.shape[1:]), whole.dtype)
        return whole[0, ...], whole
    if trace is not None:
        source = trace.resolve(source)
    elif data.__class__ is np.ndarray:
        return data, data if source._storage is None else source._storage.root
    view: View | None = source._view
    base: Any = view.base if view is not None else None
    lifted = getattr(base, "root", None)
    if lifted is not None:  # what a trace found outside, as an array
        laid, root = lifted, base.storage.root
    else:
        laid = root = _stand_in(source._data if base is None else base.data)
    for primitive, params in view.chain if view is not None else ():
        if primitive.name == "reshape":
            laid = np.reshape(laid, params["shape"], copy=False)
        else:
            laid = primitive.compute(laid, **params)
    return laid, root


def _stand_in(data: Any) -> Any:
    """An array laid out as a computed value is, in C order, over one element."""
    strides: list[int] = []
    step = data.dtype.itemsize
    for extent in reversed(data.shape):
        strides.insert(0, step)
        step *= max(extent, 1)
    return np.lib.stride_tricks.as_strided(np.empty(1, data.dtype), data.shape, strides)


__all__ = ["layout", "placed", "stays_view"]
