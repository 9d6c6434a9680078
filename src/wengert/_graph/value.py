"""Handle: what a user holds. A mutable name for an immutable value (data and edge).

`_data` is a NumPy array, an `Abstract` while tracing, or a `Batched` under vmap. `Tensor` adds the
methods, further up; the lower layers make handles of that class through `handle_class`.
"""

from __future__ import annotations

from typing import Any

from .._base.dtypes import Dtype
from .._base.shapes import Shape
from .node import Edge


class Storage:
    """One piece of memory, shared by all handles that view it; counts the writes to it."""

    __slots__ = ("root", "version", "writer")

    def __init__(self, root: Any) -> None:
        self.root = root
        """The array (or symbol) of the whole memory."""
        self.version = 0
        self.writer: Any = None
        """The origin of the last write."""


class ViewBase:
    """The handle-independent state of a family of views: the current value of the whole.

    `edge` is the node of the whole after the last write; every view re-derives its own edge from
    it by replaying its chain when `version` has moved on.
    """

    version = 0

    def __init__(self, edge: Edge | None, data: Any, offset: Chain) -> None:
        self.edge = edge
        self.data = data
        self.offset = offset
        """The chain from the root of the storage to this base (detached views have one)."""


Chain = tuple[tuple[Any, dict[str, Any]], ...]
"""View primitives with their parameters, applied from left to right."""


class View:
    """How one handle is derived from its base."""

    __slots__ = ("base", "chain", "seen")

    def __init__(self, base: ViewBase, chain: Chain) -> None:
        self.base = base
        self.chain = chain
        self.seen = base.version


class Batched:
    """One logical value per sample: `physical` has the batch axis first, and is a handle."""

    __slots__ = ("dtype", "level", "physical", "shape")

    def __init__(self, physical: Any, level: Any) -> None:
        self.physical = physical
        self.level = level
        self.shape: Shape = physical._data.shape[1:]
        self.dtype: Dtype = physical._data.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        size = 1
        for extent in self.shape:
            size *= extent
        return size


class Handle:
    """The state of a tensor, without its methods."""

    _data: Any
    _edge: Edge | None = None
    _storage: Storage | None = None
    _view: View | None = None
    _grad: Any = None
    _keeper: Any = None
    """The hook that keeps the gradient of a result; see `Tensor.retain_grad`."""
    _inference = False


handle_class: list[Any] = [Handle]
"""The class that new handles get; the tensor layer puts Tensor here."""
