"""Tensor's place in the record: whether it is differentiated, its gradient, hooks, backward.

A traced tensor is asked for its value in the trace, a mapped one for what it maps over.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from .._base.dtypes import is_inexact
from .._base.errors import DifferentiationError, DtypeError, ShapeError, TracingError
from .._base.kinds import is_array
from .._graph.node import AFTER, Node
from .._graph.value import Batched, Handle
from .._record import modes as _modes
from .._record.origin import source_line
from .._record.storage import detached, edge_of, storage_of
from .._record.trace import differentiable
from .._transforms.batching import unwrap
from .._transforms.reverse import attach_leaf
from .._transforms.tape import backward as _backward


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook out again."""

    def __init__(self, node: Node, entry: Any) -> None:
        self._node = node
        self._entry = entry

    def remove(self) -> None:
        """Take the hook out; harmless if done twice."""
        if self._node.hooks is not None and self._entry in self._node.hooks:
            self._node.hooks.remove(self._entry)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


class GradKeeper:
    """The hook of `retain_grad`. It stays behind all others, and moves to the node of the new value
    when the tensor is written to.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = weakref.ref(handle)

    def __call__(self, g: Any) -> None:
        handle = self._handle()
        if handle is not None:
            before = handle._grad
            handle._grad = g.clone() if before is None else before + g


class RecordMethods(Handle):
    """Methods of a tensor: its place in the record."""

    def _live(self) -> Any:
        trace = _modes.current().trace
        base = unwrap(self)[0] if isinstance(self._data, Batched) else self
        return base if trace is None else trace.resolve(base)

    @property
    def requires_grad(self) -> bool:
        """Whether backward reaches it. Can be set on leaves."""
        return differentiable(edge_of(self._live()))

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set whether operations on this leaf are recorded; returns the tensor."""
        if requires_grad == self.requires_grad:
            return self
        if not is_array(self._data) or _modes.current().trace is not None:
            if not requires_grad:
                raise TracingError(
                    "requires_grad_(False): use x.detach() inside a traced function."
                )
            return self._traced_leaf()
        if requires_grad:
            if not is_inexact(self._data.dtype):
                raise DtypeError(
                    f"requires_grad: only floating and complex tensors can require grad, not "
                    f"{self._data.dtype}. Convert with x.to(wengert.float32) first."
                )
            attach_leaf(self)
        else:
            if not self.is_leaf:
                raise DifferentiationError(
                    "requires_grad: it can be switched off on leaves only. Use x.detach()."
                )
            self._edge = None
            if self._view is not None and not self._view.chain:
                self._view.base.edge = None
        return self

    def _traced_leaf(self) -> Any:
        raise TracingError(
            "requires_grad_(): a tensor cannot become a leaf inside a traced function. Set it "
            "outside, or use func.grad inside."
        )

    @property
    def is_leaf(self) -> bool:
        """Whether it was not computed from tensors that require grad."""
        edge: Any = edge_of(self._live())
        return not differentiable(edge) or edge[0].leaf is not None

    @property
    def grad_fn(self) -> Node | None:
        """The node that computed it; None for leaves."""
        edge = edge_of(self._live())
        if edge is None or not differentiable(edge) or edge[0].leaf is not None:
            return None
        return edge[0]

    @property
    def output_nr(self) -> int:
        """Which output of its node it is."""
        edge = edge_of(self._live())
        return 0 if edge is None else edge[1]

    @property
    def _version(self) -> int:
        return storage_of(self).version

    @property
    def grad(self) -> Any:
        """The gradient that backward accumulated in this leaf, or None."""
        trace = _modes.current().trace
        if trace is not None and is_array(self._data):
            return trace.grad_slot(self, reading=True).current
        if self._grad is None and not self.is_leaf and self._keeper is None:
            import warnings

            made = source_line(self.grad_fn.origin if self.grad_fn is not None else None)
            warnings.warn(
                "the .grad of a tensor that is not a leaf is always None, and this one was "
                f"computed at {made}. A parameter stays a leaf if it is changed in place: `with "
                "wengert.no_grad(): w -= lr * w.grad`. For the gradient of a result call "
                "retain_grad() on it before backward(), or use autograd.grad.",
                UserWarning,
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Handle):
                raise TypeError(f"grad: expected a tensor or None, not {type(value).__name__}.")
            if tuple(value._data.shape) != tuple(self._data.shape):
                raise ShapeError(
                    f"grad: shape {tuple(value._data.shape)} does not fit a tensor of shape "
                    f"{tuple(self._data.shape)}."
                )
            if value._data.dtype != self._data.dtype:
                raise DtypeError(
                    f"grad: dtype {value._data.dtype} does not fit a {self._data.dtype} tensor."
                )
        trace = _modes.current().trace
        if trace is not None and is_array(self._data):
            slot = trace.grad_slot(self, reading=False)
            slot.current, slot.written = value, True
        else:
            self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf in `.grad` at the next backward."""
        if not self.requires_grad:
            raise DifferentiationError("retain_grad: the tensor does not require grad.")
        if self.is_leaf or self._keeper is not None:
            return
        self._keeper = GradKeeper(self)
        self.register_hook(self._keeper)

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on this non-leaf."""
        return self._keeper is not None

    def register_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Call `hook(gradient)` during backward; what it returns (if not None) replaces it.

        >>> import wengert
        >>> x = wengert.tensor(1.0, requires_grad=True)
        >>> _ = x.register_hook(lambda g: g * 2)
        >>> (x * 3).backward()
        >>> x.grad
        tensor(6.)
        """
        edge = edge_of(self._live())
        if edge is None or not differentiable(edge):
            raise DifferentiationError(
                "register_hook: the tensor does not require grad, so no gradient will come."
            )
        entry = (edge[1], hook)
        if edge[0].hooks is None:
            edge[0].hooks = []
        hooks = edge[0].hooks
        place = len(hooks)
        while place and isinstance(hooks[place - 1][1], GradKeeper):
            place -= 1
        hooks.insert(place, entry)
        return RemovableHandle(edge[0], entry)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], Any]) -> RemovableHandle:
        """Call `hook(tensor)` at the end of each backward that has added to the `.grad` of this
        leaf. What it returns is ignored.

        >>> import wengert
        >>> x = wengert.tensor(1.0, requires_grad=True)
        >>> _ = x.register_post_accumulate_grad_hook(lambda x: x.grad.mul_(2))
        >>> (x * 3).backward()
        >>> x.grad
        tensor(6.)
        """
        edge = edge_of(self._live())
        if edge is None or not differentiable(edge) or edge[0].leaf is None:
            raise DifferentiationError(
                "register_post_accumulate_grad_hook: only leaves that require grad collect a "
                "gradient. For other tensors use register_hook."
            )
        if edge[0].hooks is None:
            edge[0].hooks = []
        entry = (AFTER, hook)
        edge[0].hooks.append(entry)
        return RemovableHandle(edge[0], entry)

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor to the `.grad` of the leaves it depends on.

        `gradient` is the cotangent to start from, 1 for a single number. What the record kept is
        freed unless `retain_graph`; with `create_graph` the result can be differentiated again.

        >>> import wengert
        >>> x = wengert.tensor(2.0, requires_grad=True)
        >>> (x ** 3).backward()
        >>> x.grad
        tensor(12.)
        """
        _backward(self, gradient, retain_graph, create_graph, inputs)

    def detach(self) -> Any:
        """The same memory without a history."""
        trace = _modes.current().trace
        data = self._data
        if trace is not None:
            from .._primitives.writing import detach

            return detach(self)
        if isinstance(data, Batched):
            return data.level.wrap(data.physical.detach())
        return detached(self)

    def detach_(self) -> Any:
        """Forget the history, in place."""
        if self._view is not None and self._view.chain:
            raise DifferentiationError("detach_: a view cannot be detached in place; use detach().")
        if is_array(self._data) and _modes.current().trace is None:
            self._edge = None
            if self._view is not None:
                self._view.base.edge = None
            return self
        raise TracingError("detach_: use x = x.detach() inside a traced function or vmap.")

    @property
    def data(self) -> Any:
        """The same memory without a history; assigning gives the tensor other memory."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, Handle):
            raise TypeError(f"data: expected a tensor, not {type(value).__name__}.")
        if _modes.current().trace is not None or not is_array(self._data):
            if (
                tuple(value._data.shape) == tuple(self._data.shape)
                and value._data.dtype == self._data.dtype
            ):
                with _modes.override(grad=False):
                    self.detach().copy_(value)
                return
            raise TracingError(
                "data: inside a traced function it can be assigned only a tensor of the same shape "
                "and dtype."
            )
        source: Any = detached(value)
        leaf = self._edge
        self._data, self._storage, self._view = source._data, source._storage, source._view
        if leaf is not None and leaf[0].leaf is not None and self._view is not None:
            self._view.base.edge = leaf
