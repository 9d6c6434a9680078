"""Tensor: the methods and operators of a handle.

What is written out here is what only a handle can do: its gradient, its memory, its identity, the
operators. Every other method is a function taken over in one of the `*_methods` modules.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, NoReturn

import numpy as np

from .._base.device import CPU, Device
from .._base.dtypes import get_default_dtype, is_floating, is_inexact
from .._base.errors import (
    DifferentiationError,
    DtypeError,
    ShapeError,
    TracingError,
)
from .._base.kinds import is_array
from .._functions.elementwise import arithmetic, complex_numbers, logic
from .._functions.linear_algebra import matrix
from .._functions.making import creation, filling
from .._functions.places import indexing
from .._functions.reductions import reduction
from .._functions.shaping.splitting import unbind
from .._graph.node import Abstract, Node
from .._graph.value import Batched, Handle, handle_class
from .._primitives import elementwise as e
from .._record import modes as _modes
from .._record.door import new_handle, record_pair
from .._record.layout import layout, placed
from .._record.origin import source_line
from .._record.storage import detached, edge_of, storage_of
from .._record.trace import concrete, differentiable
from .._transforms.batching import unwrap
from .._transforms.reverse import attach_leaf
from .._transforms.tape import backward as _backward
from .conversion_methods import ConversionMethods
from .exchange_methods import ExchangeMethods
from .matrix_methods import MatrixMethods
from .pointwise_methods import PointwiseMethods
from .random_methods import RandomMethods
from .reduction_methods import ReductionMethods
from .repr import tensor_text
from .shape_methods import ShapeMethods


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


def _number(x: Any, what: str, kind: Callable[[Any], Any]) -> Any:
    data = x._data
    if data.size != 1:
        raise ShapeError(
            f"a tensor of shape {tuple(data.shape)} has no {what}: it is not one number."
        )
    if data.__class__ is Abstract and data.weak:
        trace = _modes.current().trace
        if trace is not None:
            return kind(trace.guarded_number(x, what))
    return kind(concrete(x, what).item())


class Tensor(
    PointwiseMethods,
    ReductionMethods,
    ShapeMethods,
    MatrixMethods,
    RandomMethods,
    ConversionMethods,
    ExchangeMethods,
):
    """An n-dimensional array that records what is done to it.

    Made by `tensor`, `zeros`, `from_numpy` and so on, not by calling the class with sizes.

    >>> import wengert
    >>> x = wengert.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, *data: Any, requires_grad: bool = False) -> None:
        sizes = bool(data) and all(isinstance(item, int) for item in data)
        made = (
            filling.zeros(*data)
            if sizes
            else creation.tensor(data[0] if data else [], dtype=get_default_dtype())
        )
        self._data, self._edge = made._data, made._edge
        if requires_grad:
            self.requires_grad_()

    # ---- what it is -------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The extent of every axis."""
        return tuple(self._data.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the elements, a NumPy dtype."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def device(self) -> Device:
        """Always the processor."""
        return CPU

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._data.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._data.dtype.itemsize * self._data.size

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the extent of one axis."""
        return self.shape if dim is None else self.shape[dim]

    def dim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._data.dtype.itemsize

    def is_floating_point(self) -> bool:
        """Whether the dtype is real floating point."""
        return is_floating(self._data.dtype)

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        return self._data.dtype.kind == "c"

    def is_inference(self) -> bool:
        """Whether it was made under `inference_mode`."""
        return self._inference

    def stride(self, dim: int | None = None) -> Any:
        """Steps in memory, in elements, for every axis or for one."""
        data = layout(self)
        steps = tuple(step // data.itemsize for step in data.strides)
        return steps if dim is None else steps[dim]

    def storage_offset(self) -> int:
        """Where the first element lies in its storage, in elements."""
        return placed(self)[1] // self._data.dtype.itemsize

    def data_ptr(self) -> int:
        """The address of the first element."""
        return concrete(self, "memory address").ctypes.data

    @property
    def real(self) -> Any:
        """The real part."""
        return complex_numbers.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return complex_numbers.imag(self)

    # ---- its place in the record ------------------------------------------------------------

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
            if tuple(value._data.shape) == self.shape and value._data.dtype == self.dtype:
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

    # ---- out of Wengert ---------------------------------------------------------------------

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The NumPy array over the same memory."""
        data = concrete(self, "NumPy array")
        if self.requires_grad and not force:
            raise DifferentiationError(
                "numpy(): the tensor requires grad, and NumPy would leave the record. Write "
                "x.detach().numpy()."
            )
        return data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        data = self.numpy()
        if dtype is not None and dtype != data.dtype:
            return data.astype(dtype)
        return data.copy() if copy else data

    def item(self) -> Any:
        """The one element as a Python number."""
        return _number(self, "number", lambda value: value)

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return concrete(self, "list of numbers").tolist()

    def __float__(self) -> float:
        return _number(self, "number", float)

    def __int__(self) -> int:
        return _number(self, "number", int)

    def __complex__(self) -> complex:
        return _number(self, "number", complex)

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors can be an index, not {self._data.dtype}.")
        return _number(self, "number", int)

    def __bool__(self) -> bool:
        return _number(self, "truth value", bool)

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._data.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self._data.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(unbind(self, 0))

    def __contains__(self, element: Any) -> bool:
        return bool(reduction.any(e.eq(self, element)))

    def __repr__(self) -> str:
        return tensor_text(self)

    def __format__(self, spec: str) -> str:
        if _is_number(self) or (spec and not self._data.ndim):
            return format(self.item(), spec)
        return repr(self)

    def __str__(self) -> str:
        return str(self.item()) if _is_number(self) else repr(self)

    def __hash__(self) -> int:
        return id(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise DifferentiationError(
                "deepcopy: only leaves can be deep-copied, since a copy of a result would have no "
                "history. Use x.detach().clone()."
            )
        made = new_handle(np.array(concrete(self, "copy")))
        made.__class__ = type(self)
        memo[id(self)] = made
        made.__dict__.update(deepcopy(_own_attributes(self), memo))
        if self.requires_grad:
            attach_leaf(made)
        made._grad = deepcopy(self._grad, memo)
        return made

    def __copy__(self) -> Any:
        made: Any = self.detach()
        made.__class__ = type(self)
        made.__dict__.update(_own_attributes(self))
        if self.requires_grad:
            if self.is_leaf:
                attach_leaf(made)
            else:
                made._edge = edge_of(self)
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise DifferentiationError("pickle: only leaves can be pickled. Use x.detach().")
        array = np.array(concrete(self, "copy"))
        return (
            _rebuild,
            (type(self), array, self.requires_grad, self._grad, _own_attributes(self)),
        )

    # ---- operators --------------------------------------------------------------------------

    __array_priority__ = 1000

    def __add__(self, other: Any) -> Any:
        return (
            record_pair(e.add, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.add, self, other)
        )

    def __sub__(self, other: Any) -> Any:
        return (
            record_pair(e.sub, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.sub, self, other)
        )

    def __mul__(self, other: Any) -> Any:
        return (
            record_pair(e.mul, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.mul, self, other)
        )

    def __truediv__(self, other: Any) -> Any:
        return (
            record_pair(e.div, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(e.div, self, other)
        )

    def __pow__(self, other: Any) -> Any:
        return (
            record_pair(e.pow, self, other)
            if isinstance(other, _OPERANDS)
            else _foreign(arithmetic.pow, self, other)
        )

    def __floordiv__(self, other: Any) -> Any:
        return _foreign(e.floor_divide, self, other)

    def __mod__(self, other: Any) -> Any:
        return _foreign(e.remainder, self, other)

    def __matmul__(self, other: Any) -> Any:
        return _foreign(matrix.matmul, self, other)

    def __radd__(self, other: Any) -> Any:
        return _foreign(e.add, self, other, reflected=True)

    def __rsub__(self, other: Any) -> Any:
        return _foreign(e.sub, self, other, reflected=True)

    def __rmul__(self, other: Any) -> Any:
        return _foreign(e.mul, self, other, reflected=True)

    def __rtruediv__(self, other: Any) -> Any:
        return _foreign(e.div, self, other, reflected=True)

    __rdiv__ = __rtruediv__

    def __rpow__(self, other: Any) -> Any:
        return _foreign(arithmetic.pow, self, other, reflected=True)

    def __rfloordiv__(self, other: Any) -> Any:
        return _foreign(e.floor_divide, self, other, reflected=True)

    def __rmod__(self, other: Any) -> Any:
        return _foreign(e.remainder, self, other, reflected=True)

    def __rmatmul__(self, other: Any) -> Any:
        return _foreign(matrix.matmul, self, other, reflected=True)

    def __neg__(self) -> Any:
        return e.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return arithmetic.abs(self)

    def __invert__(self) -> Any:
        return e.bitwise_not(self)

    def __and__(self, other: Any) -> Any:
        return _foreign(e.bitwise_and, self, other)

    def __or__(self, other: Any) -> Any:
        return _foreign(e.bitwise_or, self, other)

    def __xor__(self, other: Any) -> Any:
        return _foreign(e.bitwise_xor, self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __lshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_left_shift, self, other)

    def __rshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_right_shift, self, other)

    def __rlshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_left_shift, self, other, reflected=True)

    def __rrshift__(self, other: Any) -> Any:
        return _foreign(logic.bitwise_right_shift, self, other, reflected=True)

    def __eq__(self, other: Any) -> Any:
        return _foreign(e.eq, self, other)

    def __ne__(self, other: Any) -> Any:
        return _foreign(e.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return _foreign(e.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _foreign(e.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _foreign(e.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _foreign(e.ge, self, other)

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        indexing.setitem(self, index, value)

    def __delitem__(self, index: Any) -> NoReturn:
        raise TypeError("elements of a tensor cannot be deleted. Index what should stay.")

    def __iadd__(self, other: Any) -> Any:
        return self + other if _is_number(self) else self.add_(other)

    def __isub__(self, other: Any) -> Any:
        return self - other if _is_number(self) else self.sub_(other)

    def __imul__(self, other: Any) -> Any:
        return self * other if _is_number(self) else self.mul_(other)

    def __itruediv__(self, other: Any) -> Any:
        return self / other if _is_number(self) else self.div_(other)

    def __ipow__(self, other: Any) -> Any:
        return self**other if _is_number(self) else self.pow_(other)

    def __ifloordiv__(self, other: Any) -> Any:
        return self // other if _is_number(self) else self.floor_divide_(other)

    def __imod__(self, other: Any) -> Any:
        return self % other if _is_number(self) else self.remainder_(other)

    def __ilshift__(self, other: Any) -> Any:
        return self << other if _is_number(self) else self.bitwise_left_shift_(other)

    def __irshift__(self, other: Any) -> Any:
        return self >> other if _is_number(self) else self.bitwise_right_shift_(other)

    def __iand__(self, other: Any) -> Any:
        return self & other if _is_number(self) else self.bitwise_and_(other)

    def __ior__(self, other: Any) -> Any:
        return self | other if _is_number(self) else self.bitwise_or_(other)

    def __ixor__(self, other: Any) -> Any:
        return self ^ other if _is_number(self) else self.bitwise_xor_(other)


def _is_number(x: Any) -> bool:
    """Whether x stands for a Python number in a trace; numbers are not changed in place."""
    return x._data.__class__ is Abstract and x._data.weak


def _own_attributes(x: Any) -> dict[str, Any]:
    """Attributes that users or subclasses set."""
    private = {"_data", "_edge", "_storage", "_view", "_grad", "_keeper", "_inference"}
    own: dict[str, Any] = x.__dict__
    return {name: value for name, value in own.items() if name not in private}


def _rebuild(
    cls: Any, array: np.ndarray[Any, Any], requires_grad: bool, grad: Any, own: dict[str, Any]
) -> Any:
    made = new_handle(array)
    made.__class__ = cls
    made.__dict__.update(own)
    if requires_grad:
        attach_leaf(made)
    made._grad = grad
    return made


_OPERANDS = (Tensor, float, int, complex)
_WIDE_OPERANDS = (Tensor, float, int, complex, np.generic)


def _foreign(function: Any, x: Any, other: Any, reflected: bool = False) -> Any:
    """An operator with an operand that may be a NumPy array; NotImplemented for other types."""
    if not isinstance(x, Tensor):
        raise TypeError(f"an operator of Tensor was called on {type(x).__name__}.")
    if is_array(other):
        other = creation.from_numpy(other)  # pyright: ignore[reportUnknownArgumentType]
    elif not isinstance(other, _WIDE_OPERANDS):
        return NotImplemented
    return function(other, x) if reflected else function(x, other)


handle_class[0] = Tensor

__all__ = ["RemovableHandle", "Tensor"]
