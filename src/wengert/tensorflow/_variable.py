"""Variables, and what TensorFlow makes tensors from.

A Variable is a tensor whose value can be replaced. `assign` gives it new memory, so that values
read earlier, and what a tape kept, stay what they were. It never requires grad: a tape watches it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .._base.dtypes import as_dtype, category
from .._base.errors import DtypeError, ShapeError, TracingError
from .._declare.elementwise import convert
from .._functions.making.creation import as_array, tensor
from .._functions.making.creation import clone as _clone
from .._functions.shaping.joining import stack
from .._graph.value import Batched, Handle
from .._primitives.shaping import expand, reshape
from .._record import modes as _modes
from .._record.storage import edge_of, write
from .._record.trace import differentiable
from .._tensor.tensor import Tensor


def convert_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: Any = None
) -> Any:
    """Numbers, arrays, tensors and lists of them as a tensor; tensors stay what they are.

    Python floats become float32, Python ints int32; arrays keep their dtype.

    >>> import wengert.tensorflow as tf
    >>> tf.convert_to_tensor([1, 2]).dtype
    dtype('int32')
    """
    if isinstance(value, Handle):
        return value if dtype is None else convert(value, as_dtype(dtype))
    if _holds_tensor(value):
        return stack([convert_to_tensor(item, dtype) for item in value])
    return tensor(_array(value, dtype))


def _array(value: Any, dtype: Any) -> np.ndarray[Any, Any]:
    if dtype is None and not isinstance(value, np.ndarray | np.generic):
        plain = np.asarray(value)
        kinds = {"i": "int32", "f": "float32", "c": "complex128"}
        if plain.dtype.kind in kinds and not _holds_numpy(value):
            if plain.dtype.kind == "i" and plain.size and np.abs(plain).max() > 2**31 - 1:
                raise DtypeError(
                    f"tf: {value!r} does not fit into int32, the dtype of Python ints. Pass "
                    "dtype=tf.int64."
                )
            dtype = kinds[plain.dtype.kind]
    return as_array(value, dtype)


def _holds_numpy(value: Any) -> bool:
    while isinstance(value, list | tuple) and value:
        value = value[0]  # pyright: ignore[reportUnknownVariableType]
    return isinstance(value, np.ndarray | np.generic)


def _holds_tensor(value: Any) -> bool:
    if not isinstance(value, list | tuple):
        return False
    items: Any = value  # pyright: ignore[reportUnknownVariableType]
    return any(isinstance(item, Handle) or _holds_tensor(item) for item in items)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: Any = None) -> Any:
    """A tensor with a copy of `value`, of the given shape if there is one.

    A tape differentiates by it when asked, watched or not.

    >>> import wengert.tensorflow as tf
    >>> tf.constant(0.0, shape=(2,))
    tensor([0., 0.])
    """
    made = value if isinstance(value, Handle) else convert_to_tensor(value, dtype)
    made = made if dtype is None else convert(made, as_dtype(dtype))
    if shape is None or tuple(made._data.shape) == tuple(shape):
        return made
    return (
        expand(made, shape=tuple(shape))
        if made._data.size == 1
        else reshape(made, shape=tuple(shape))
    )


class Variable(Tensor):
    """A tensor whose value `assign` replaces; tapes watch it by themselves if it is `trainable`.

    Inside a tape an assigned value keeps its history: after `v.assign(v * 3)` the gradient of
    `v**2` by v is 18 times what v was. Values that do not fit raise ShapeError or DtypeError.

    >>> import wengert.tensorflow as tf
    >>> v = tf.Variable(3.0)
    >>> v.assign_add(1.0)
    <tf.Variable 'Variable:0' shape=() dtype=float32, numpy=4.0>
    """

    trainable: bool
    name: str

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
        shape: Any = None,
        constraint: Callable[[Any], Any] | None = None,
        **ignored: Any,
    ) -> None:
        if _modes.current().trace is not None:
            raise TracingError(
                "tf.Variable: a variable cannot be made inside a traced function, which runs once "
                "for many calls. Make it outside, and assign to it inside."
            )
        if initial_value is None:
            raise ValueError("tf.Variable: it needs an initial value.")
        value = initial_value() if callable(initial_value) else initial_value
        data = np.array(convert_to_tensor(value, dtype)._data)
        if shape is not None and tuple(shape) != data.shape:
            raise ShapeError(f"tf.Variable: the value has shape {data.shape}, not {tuple(shape)}.")
        self._data = data
        self.trainable = trainable is None or bool(trainable)
        self.name = f"{name or 'Variable'}:0"
        self.constraint = constraint

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Replace the value; returns the variable."""
        given = value if isinstance(value, Handle) else None
        new = convert_to_tensor(value, None if given is not None else self._data.dtype)
        if tuple(new._data.shape) != self.shape:
            raise ShapeError(
                f"{self.name}: a value of shape {tuple(new._data.shape)} was assigned to a "
                f"variable of shape {self.shape}."
            )
        if category(new._data.dtype) > category(self._data.dtype):
            raise DtypeError(
                f"{self.name}: a {new._data.dtype} value was assigned to a {self._data.dtype} "
                "variable. Use tf.cast."
            )
        new = convert(new, self._data.dtype)
        modes = _modes.current()
        if modes.trace is not None or isinstance(new._data, Batched):
            self._assign_symbol(new)
            return self
        self._data, self._storage, self._view, self._edge = np.array(new._data), None, None, None
        if modes.scope is not None and modes.grad and given is not None:
            self._edge = modes.scope.edge(new, edge_of(new))
            modes.scope.assigned(self)
        return self

    def _assign_symbol(self, new: Any) -> None:
        """In a trace the write is an effect of the traced function, and has no history."""
        modes = _modes.current()
        if modes.scope is None or not modes.grad:
            write(self, new, "assign")
            return
        if modes.trace is not None and differentiable(edge_of(modes.trace.resolve(new))):
            raise TracingError(
                f"{self.name}: a value that a tape recorded is assigned inside a traced function; "
                "its history cannot leave it. Assign after the tape, or tf.stop_gradient(value)."
            )
        with _modes.override(grad=False):
            write(self, new, "assign")

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Add to the value; returns the variable."""
        return self.assign(self + self._operand(delta))

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """Subtract from the value; returns the variable."""
        return self.assign(self - self._operand(delta))

    def _operand(self, delta: Any) -> Any:
        return delta if isinstance(delta, Handle) else convert_to_tensor(delta, self._data.dtype)

    def read_value(self) -> Any:
        """The value as a tensor that later assignments do not change."""
        return _clone(self)

    value = read_value

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """A copy of the value."""
        return super().numpy(force=force).copy()

    def __repr__(self) -> str:
        if _modes.current().trace is not None:
            return f"<tf.Variable {self.name!r} shape={self.shape} dtype={self.dtype.name}>"
        value = (
            np.array2string(self._data, separator=", ") if self.ndim else repr(self._data.item())
        )
        gap = "\n" if self.ndim > 1 else ""
        return (
            f"<tf.Variable {self.name!r} shape={self.shape} dtype={self.dtype.name}, "
            f"numpy={gap}{value}>"
        )

    def _no_in_place(self, other: Any) -> NoReturn:
        raise TypeError(
            f"{self.name}: += and its like would make a plain tensor of the variable. Write "
            "v.assign_add(x), v.assign_sub(x) or v.assign(v * x)."
        )

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = _no_in_place
    __ifloordiv__ = __imod__ = __iand__ = __ior__ = __ixor__ = _no_in_place


__all__ = ["Variable", "constant", "convert_to_tensor"]
