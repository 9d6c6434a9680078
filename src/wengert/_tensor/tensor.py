"""Tensor: the methods and operators of a handle.

What is written out here is what only a handle can do: its shape, its memory, Python's values,
copies. Its gradient and hooks are in `record_methods`, its operators in `operators`; every other
method is a function taken over in one of the `*_methods` modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

from .._base.device import CPU, Device
from .._base.dtypes import get_default_dtype
from .._base.errors import DifferentiationError, DimensionError, ShapeError
from .._base.shapes import normalize_axis
from .._functions.elementwise import complex_numbers
from .._functions.making import creation, filling
from .._functions.reductions import reduction
from .._functions.shaping.splitting import unbind
from .._graph.node import Abstract
from .._graph.value import handle_class
from .._primitives import elementwise as e
from .._record import modes as _modes
from .._record.door import new_handle
from .._record.layout import layout, placed
from .._record.storage import edge_of
from .._record.trace import concrete
from .._transforms.reverse import attach_leaf
from .conversion_methods import ConversionMethods
from .exchange_methods import ExchangeMethods
from .matrix_methods import MatrixMethods
from .operators import Operators, is_traced_number
from .question_methods import QuestionMethods
from .random_methods import RandomMethods
from .record_methods import RecordMethods
from .reduction_methods import ReductionMethods
from .repr import tensor_text
from .shape_methods import ShapeMethods


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
    Operators,
    RecordMethods,
    ReductionMethods,
    ShapeMethods,
    MatrixMethods,
    RandomMethods,
    QuestionMethods,
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
        return self.shape if dim is None else self.shape[_own_axis(self, dim, "size")]

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

    def stride(self, dim: int | None = None) -> Any:
        """Steps in memory, in elements, for every axis or for one."""
        data = layout(self)
        steps = tuple(step // data.itemsize for step in data.strides)
        return steps if dim is None else steps[_own_axis(self, dim, "stride")]

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
        if is_traced_number(self) or (spec and not self._data.ndim):
            return format(self.item(), spec)
        return repr(self)

    def __str__(self) -> str:
        return str(self.item()) if is_traced_number(self) else repr(self)

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


def _own_axis(x: Any, dim: Any, name: str) -> int:
    ndim: int = x._data.ndim
    if not ndim:
        raise DimensionError(f"{name}: a 0-d tensor has no dim {dim}.")
    return normalize_axis(dim, ndim, name)


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


handle_class[0] = Tensor

__all__ = ["Tensor"]
