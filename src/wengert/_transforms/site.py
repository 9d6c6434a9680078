"""Site: the place in the record where a rule is applied, and the values that the node kept."""

from __future__ import annotations

from typing import Any

from .._base.dtypes import Dtype
from .._base.errors import FreedGraphError, InplaceError
from .._base.shapes import Shape
from .._graph.node import Node, Saved
from .._graph.value import handle_class
from .._record.origin import source_line

_new: Any = object.__new__


def freed_error(node: Node) -> FreedGraphError:
    """The error for a second backward through `node`."""
    return FreedGraphError(
        f"backward: the values kept by {node.name()}, recorded at {source_line(node.origin)}, "
        "were freed by an earlier backward. Pass retain_graph=True to the earlier call; or, if "
        "that part was meant to stay constant, detach() what enters the loop."
    )


def kept_value(node: Node, position: int, kept: dict[int, Saved] | None = None) -> Any:
    """The operand (or, from the arity on, the output) at `position`, as a handle or a number."""
    inputs = node.inputs
    arity = len(inputs)
    if position < arity:
        edge: Any = inputs[position]
        if edge is not None and edge.__class__ is not tuple:
            return edge
    else:
        edge = (node, position - arity)
    out = _new(handle_class[0])
    saved = (node.saved if kept is None else kept).get(position)
    if saved is not None:
        array, storage, version = saved
        if storage.version != version:
            raise _overwritten(node, saved)
        out._data = array
        out._edge = edge
        out._storage = storage
        return out
    if edge is not None and edge[0].outputs and edge[0].outputs[edge[1]].trace is not None:
        out._data = edge[0].outputs[edge[1]]
        out._edge = edge
        return out
    raise freed_error(node)


def _overwritten(node: Node, saved: Saved) -> InplaceError:
    return InplaceError(
        f"backward: {node.name()}, recorded at {source_line(node.origin)}, kept a tensor of "
        f"shape {saved[0].shape} that was changed in place at "
        f"{source_line(saved[1].writer)}. Make a new tensor there (x = x + 1 instead of "
        "x += 1), or clone() it before it is used."
    )


class Site:
    """What a rule may look at. A lazy mask may look after the node has been freed."""

    __slots__ = ("_kept", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self._kept = node.saved

    @property
    def params(self) -> dict[str, Any]:
        return self.node.params

    @property
    def arity(self) -> int:
        return len(self.node.inputs)

    def shape(self, i: int) -> Shape:
        """The shape of operand i."""
        return self.node.in_shapes[i]

    def dtype(self, i: int) -> Dtype:
        """The dtype of operand i, which must have been kept."""
        return self.value(i)._data.dtype

    def value(self, i: int) -> Any:
        """Operand i."""
        return kept_value(self.node, i, self._kept)

    def out(self, j: int = 0) -> Any:
        """Output j."""
        return kept_value(self.node, self.arity + j, self._kept)
