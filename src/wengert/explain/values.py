"""Which values of intermediates are still there, and how to have them all.

Eagerly a node keeps only what its derivative rule names, and backward frees that too. Inside
`keep_values()` every recorded operation keeps its operands and results for showing, and backward
leaves them alone. Nothing is copied: a value overwritten in place is reported as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .._graph.node import Edge, Node, Saved
from .._record import modes as _modes
from .._record.origin import source_line
from .._record.storage import edge_of

_SHOWN = 6
"""Arrays of up to this many elements are printed whole."""


class Kept(NamedTuple):
    """A value that something still holds; or None, and a note that says what became of it."""

    array: np.ndarray[Any, Any] | None
    note: str

    @classmethod
    def of(cls, saved: Saved) -> Kept:
        """What a node kept, unless its memory was written since."""
        array, storage, version = saved
        if storage.version != version:
            return cls(None, f"(overwritten at {source_line(storage.writer)})")
        return cls(array, "")


def keep_values() -> _modes.override:
    """A context in which every recorded operation keeps its values, so that they can be shown.

    Outside, a value that no derivative rule needs is dropped and prints as (freed).

    >>> import wengert
    >>> x = wengert.tensor(3.0, requires_grad=True)
    >>> with wengert.explain.keep_values():
    ...     y = (x + 1) * 2
    >>> [node.value.item() for node in wengert.explain.graph_of(y)]
    [3.0, 4.0, 8.0]
    >>> y = (x + 1) * 2
    >>> [node.value is None for node in wengert.explain.graph_of(y)]
    [False, True, False]
    """
    return _modes.override(keep_values=True)


def kept_values(nodes: Sequence[Node], handles: Iterable[Any] = ()) -> dict[Edge, Kept]:
    """The value of every edge that these nodes, living leaves or `handles` still hold."""
    found: dict[Edge, Kept] = {}
    for node in nodes:
        arity = len(node.inputs)
        for holder in (node.shown or {}, node.saved):
            for position, saved in holder.items():
                edge: Any = node.inputs[position] if position < arity else (node, position - arity)
                if isinstance(edge, tuple) and (edge not in found or found[edge].array is None):
                    found[edge] = Kept.of(saved)
        leaf: Any = node.leaf() if node.leaf is not None else None
        if leaf is not None and leaf._data.__class__ is np.ndarray:
            found[(node, 0)] = Kept(leaf._data, "")
    for handle in handles:
        edge = edge_of(handle)
        if edge is not None and handle._data.__class__ is np.ndarray:
            found[edge] = Kept(handle._data, "")
    return found


def value_text(kept: Kept) -> str:
    """A value on one line: its numbers if they are few, their range otherwise."""
    array = kept.array
    if array is None:
        return kept.note
    if array.size <= _SHOWN:
        return np.array2string(array, precision=4, separator=", ").replace("\n", "")
    if array.dtype.kind == "b":
        return f"{int(array.sum())} of {array.size} true"
    if array.dtype.kind == "c":
        return f"|.| <= {np.abs(array).max():.4g}"
    return f"{array.min():.4g} .. {array.max():.4g}"


__all__ = ["Kept", "keep_values", "kept_values", "value_text"]
