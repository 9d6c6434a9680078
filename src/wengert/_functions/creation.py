"""Making tensors: from data, filled, spaced, and shaped like others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.dtypes import (
    Dtype,
    as_dtype,
    category,
    get_default_dtype,
    int64,
    is_inexact,
    number_dtype,
)
from .._base.errors import DtypeError, ShapeError
from .._base.kinds import is_array, is_generic, is_list_or_tuple
from .._base.shapes import as_shape
from .._declare.elementwise import convert
from .._graph.value import Handle
from .._primitives.creation import constant
from .._primitives.creation import full as _full
from .._primitives.elementwise import mul
from .._primitives.shaping import reshape
from .._record import modes as _modes
from .._record.door import new_handle
from .._record.trace import concrete, is_number


def finish(made: Any, requires_grad: bool) -> Any:
    """Set `requires_grad` on a new tensor."""
    return made.requires_grad_() if requires_grad else made


def as_array(data: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """Python or NumPy data as an array of a supported dtype; Python floats get the default one."""
    array: np.ndarray[Any, Any]
    if is_array(data) or is_generic(data):
        array = np.asarray(data)
        return array.astype(as_dtype(dtype) if dtype is not None else as_dtype(array.dtype))
    try:
        array = np.asarray(_plain(data))
    except ValueError:
        raise ShapeError(
            f"tensor: the {type(data).__name__} has rows of different lengths. Make them equal, "
            "for example by padding."
        ) from None
    if array.dtype.kind not in "biufc":
        raise DtypeError(
            f"tensor: the {type(data).__name__} holds something that is not a number (NumPy makes "
            f"it dtype {array.dtype})."
        )
    if dtype is not None:
        return array.astype(as_dtype(dtype))
    if array.size == 0 and array.dtype == np.float64:
        return array.astype(get_default_dtype())
    if array.dtype.kind in "fc" and not _holds_numpy(data):
        return array.astype(number_dtype(1j if array.dtype.kind == "c" else 1.0))
    return array.astype(as_dtype(array.dtype))


def _holds_numpy(data: Any) -> bool:
    while is_list_or_tuple(data):
        if not data:
            return False
        data = data[0]
    return isinstance(data, np.ndarray | np.generic)


def _plain(data: Any) -> Any:
    if isinstance(data, Handle):
        return concrete(data, "NumPy array")
    if is_list_or_tuple(data):
        return [_plain(item) for item in data]
    return data


def _holds_tensor(data: Any) -> bool:
    if isinstance(data, Handle):
        return True
    return is_list_or_tuple(data) and any(_holds_tensor(item) for item in data)


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A new tensor with a copy of `data` (numbers, nested sequences, NumPy arrays, tensors).

    Python floats become the default dtype (float32), Python ints int64; NumPy keeps its dtype.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    if _modes.current().trace is not None and is_array(data):
        data = from_numpy(data)
    if _modes.current().trace is not None and _holds_tensor(data):
        made = _assembled(data).detach().clone()
        return finish(made if dtype is None else made.to(dtype), requires_grad)
    array = np.array(as_array(data, dtype))
    made = constant(array) if _modes.current().trace is not None else new_handle(array)
    return finish(made, requires_grad)


def _assembled(data: Any) -> Any:
    """Nested sequences of traced values and numbers as one tensor."""
    if isinstance(data, Handle):
        return _settled(data)
    if not is_list_or_tuple(data):
        return constant(as_array(data, None))
    from .shape import stack

    return stack([_assembled(item) for item in data])


def _settled(x: Any) -> Any:
    """What stands for a Python number in a trace as the tensor that the number makes."""
    if not is_number(x):
        return x
    dtype = number_dtype((False, 0, 0.0, 0j)[category(x._data.dtype)])
    return reshape(convert(x, dtype), shape=())


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """`data` as a tensor, sharing memory with a NumPy array where the dtype allows.

    >>> import wengert
    >>> wengert.as_tensor([1, 2])
    tensor([1, 2])
    """
    if isinstance(data, Handle):
        value = _settled(data)
        return value if dtype is None else convert(value, as_dtype(dtype))
    if is_array(data) and (dtype is None or as_dtype(dtype) == data.dtype):
        return from_numpy(data)
    return tensor(data, dtype=dtype)


def from_numpy(array: np.ndarray[Any, Any]) -> Any:
    """A tensor that shares the memory of a NumPy array.

    Writes made through the array are not seen by version checks.

    >>> import numpy, wengert
    >>> a = numpy.zeros(2)
    >>> t = wengert.from_numpy(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=wengert.float64)
    """
    if not is_array(array):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"from_numpy: expected a NumPy array, not {type(array).__name__}.")
    dtype = as_dtype(array.dtype)
    if _modes.current().trace is not None:
        return constant(array)
    if array.dtype is dtype:
        return new_handle(array)
    # Equal dtypes may be two objects; one of another byte order has to be copied.
    return new_handle(array.view(dtype) if array.dtype == dtype else array.astype(dtype))


def from_dlpack(ext_tensor: Any) -> Any:
    """A tensor over the memory of another library's array, through the DLPack protocol.

    Memory that the other library marks as read-only stays so. TypeError for an object without the
    protocol, BufferError where NumPy cannot take the dtype or the device.

    >>> import numpy, wengert
    >>> array = numpy.zeros(2)
    >>> x = wengert.from_dlpack(array)
    >>> array[0] = 1
    >>> x
    tensor([1., 0.], dtype=wengert.float64)
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(
            f"from_dlpack: a {type(ext_tensor).__name__} has no __dlpack__. Pass an array, or use "
            "wengert.tensor(data)."
        )
    return from_numpy(np.from_dlpack(ext_tensor))


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor of shape `size` filled with a number, whose type decides the dtype.

    >>> import wengert
    >>> wengert.full((2,), 7)
    tensor([7, 7])
    """
    shape = as_shape((size,))
    if isinstance(fill_value, Handle):
        from .shape import expand

        made = expand(_settled(fill_value), shape).clone()
        return finish(made if dtype is None else made.to(dtype), requires_grad)
    chosen = number_dtype(fill_value) if dtype is None else as_dtype(dtype)
    return finish(_full(shape, fill_value, chosen), requires_grad)


def _filled(sizes: tuple[Any, ...], value: float, dtype: Any, requires_grad: bool) -> Any:
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    return finish(_full(as_shape(sizes), value, chosen), requires_grad)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of zeros.

    >>> import wengert
    >>> wengert.zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return _filled(size, 0, dtype, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of ones.

    >>> import wengert
    >>> wengert.ones(3)
    tensor([1., 1., 1.])
    """
    return _filled(size, 1, dtype, requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor whose contents should not be relied on (here: zeros, so that runs repeat).

    >>> import wengert
    >>> wengert.empty(2, 3).shape
    (2, 3)
    """
    return _filled(size, 0, dtype, requires_grad)


def full_like(
    x: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A tensor with the shape and dtype of `x`, filled with a number.

    >>> import wengert
    >>> wengert.full_like(wengert.zeros(2), 3)
    tensor([3., 3.])
    """
    chosen: Dtype = x._data.dtype if dtype is None else as_dtype(dtype)
    return full(tuple(x._data.shape), fill_value, dtype=chosen, requires_grad=requires_grad)


def zeros_like(
    x: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Zeros with the shape and dtype of `x`.

    >>> import wengert
    >>> wengert.zeros_like(wengert.ones(2))
    tensor([0., 0.])
    """
    return full_like(x, 0, dtype=dtype, requires_grad=requires_grad)


def ones_like(x: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones with the shape and dtype of `x`.

    >>> import wengert
    >>> wengert.ones_like(wengert.zeros(2))
    tensor([1., 1.])
    """
    return full_like(x, 1, dtype=dtype, requires_grad=requires_grad)


def empty_like(
    x: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """A tensor with the shape and dtype of `x`, contents not to be relied on.

    >>> import wengert
    >>> wengert.empty_like(wengert.ones(2, 2)).shape
    (2, 2)
    """
    return full_like(x, 0, dtype=dtype, requires_grad=requires_grad)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """start, start + step, ... below `end`; with one argument, 0 to it.

    >>> import wengert
    >>> wengert.arange(3)
    tensor([0, 1, 2])
    """
    if end is None:
        start, end = 0, start
    if step == 0:
        raise ValueError("arange: step must not be 0.")
    if (end - start) * step < 0:
        raise ValueError(f"arange: a step of {step} does not lead from {start} to {end}.")
    chosen = (
        as_dtype(dtype)
        if dtype is not None
        else (int64 if all(isinstance(v, int) for v in (start, end, step)) else get_default_dtype())
    )
    count = max(math.ceil((end - start) / step), 0)
    if is_inexact(chosen):
        values = (start + step * np.arange(count, dtype=np.float64)).astype(chosen)
    else:
        values = (int(start) + int(step) * np.arange(count, dtype=np.int64)).astype(chosen)
    return finish(constant(values), requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`steps` equally spaced numbers from `start` to `end`, both included.

    >>> import wengert
    >>> wengert.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    return finish(constant(np.asarray(np.linspace(start, end, steps), dtype=chosen)), requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`steps` numbers from base**start to base**end, equally spaced on a log scale.

    >>> import wengert
    >>> wengert.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    return finish(
        constant(np.asarray(np.logspace(start, end, steps, base=base), dtype=chosen)), requires_grad
    )


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The identity matrix, of n rows and m (or n) columns.

    >>> import wengert
    >>> wengert.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    return finish(constant(np.eye(n, m, dtype=chosen)), requires_grad)


def clone(x: Any) -> Any:
    """A copy with memory of its own, differentiable.

    >>> import wengert
    >>> wengert.tensor([1.0]).clone()
    tensor([1.])
    """
    kind = x._data.dtype.kind
    if kind == "b":
        from .._primitives.elementwise import bitwise_or

        return bitwise_or(x, False)
    return mul(x, 1) if kind in "iu" else mul(x, 1.0)


__all__ = [
    "arange",
    "as_tensor",
    "clone",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tensor",
    "zeros",
    "zeros_like",
]
