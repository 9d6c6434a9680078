"""Making tensors from data, and copies."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.device import check_device
from ..._base.dtypes import as_dtype, category, get_default_dtype, number_dtype
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array, is_generic, is_list_or_tuple
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives.creation import constant
from ..._primitives.elementwise import mul
from ..._primitives.shaping import reshape
from ..._record import modes as _modes
from ..._record.door import new_handle
from ..._record.trace import concrete, is_number


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
    if array.dtype == np.float64 and isinstance(_first(data), int):
        array = _whole(data, array, None if dtype is None else as_dtype(dtype))
    if dtype is not None:
        return array.astype(as_dtype(dtype))
    if array.size == 0 and array.dtype == np.float64:
        return array.astype(get_default_dtype())
    if array.dtype.kind in "fc" and not isinstance(_first(data), np.ndarray | np.generic):
        return array.astype(number_dtype(1j if array.dtype.kind == "c" else 1.0))
    return array.astype(as_dtype(array.dtype))


def _whole(data: Any, rounded: np.ndarray[Any, Any], dtype: Any) -> np.ndarray[Any, Any]:
    """What NumPy has rounded to floats, because 2**63 lies between some of the whole numbers."""
    if (dtype is not None and dtype.kind not in "iu") or rounded.max() < 2.0**63:
        return rounded
    exact = np.asarray(_plain(data), dtype=object)
    if not all(isinstance(number, int) for number in exact.flat):
        return rounded
    if dtype is None:
        raise OverflowError(
            f"tensor: no integer dtype is sure to hold both {exact.max()} and {exact.min()}. Say "
            "which one with dtype=."
        )
    return exact.astype(dtype)


def _first(data: Any) -> Any:
    """The first number of nested sequences; None if there is none."""
    while is_list_or_tuple(data):
        if not data:
            return None
        data = data[0]
    return data


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


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A new tensor with a copy of `data` (numbers, nested sequences, NumPy arrays, tensors).

    Python floats become the default dtype (float32), Python ints int64; NumPy keeps its dtype.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    check_device(device)
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
        return settled(data)
    if not is_list_or_tuple(data):
        return constant(as_array(data, None))
    from ..shaping.joining import stack

    return stack([_assembled(item) for item in data])


def settled(x: Any) -> Any:
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
    check_device(device)
    if isinstance(data, Handle):
        value = settled(data)
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


def _dtype_of(value: Any) -> Any:
    return value._data.dtype if isinstance(value, Handle) else value.dtype


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Any:
    """`obj` as a tensor, sharing its memory unless `copy`, or a conversion asks for another.

    With copy=False what cannot be shared raises.

    >>> import wengert
    >>> wengert.asarray([1.0, 2.0])
    tensor([1., 2.])
    """
    check_device(device)
    if isinstance(obj, Handle) and copy:
        made = clone(obj) if dtype is None else convert(clone(obj), as_dtype(dtype))
        return finish(made.detach(), requires_grad)
    shared = isinstance(obj, Handle) or is_array(obj)
    if copy is False and not (shared and (dtype is None or as_dtype(dtype) == _dtype_of(obj))):
        raise ValueError(
            f"asarray: {type(obj).__name__} cannot be shared without a copy. Leave out copy=False."
        )
    made = tensor(obj, dtype=dtype) if copy else as_tensor(obj, dtype)
    return finish(made, requires_grad)


def frombuffer(
    buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Any:
    """A 1-d tensor over the memory of a buffer, from a byte `offset` on.

    >>> import wengert
    >>> wengert.frombuffer(bytearray([1, 0, 2, 0]), dtype=wengert.int16)
    tensor([1, 2], dtype=wengert.int16)
    """
    array = np.frombuffer(buffer, as_dtype(dtype), count, offset)
    return finish(from_numpy(array), requires_grad)


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy with memory of its own, differentiable.

    >>> import wengert
    >>> wengert.tensor([1.0]).clone()
    tensor([1.])
    """
    kind = input._data.dtype.kind
    if kind == "b":
        from ..._primitives.elementwise import bitwise_or

        return bitwise_or(input, False)
    if kind == "c":
        from ..._primitives.shaping import embed

        # A product with 1 would make NaN of the other part of an infinity.
        shape = tuple(input._data.shape)
        return embed(input, shape=shape, slices=tuple((0, extent, 1) for extent in shape))
    return mul(input, 1) if kind in "iu" else mul(input, 1.0)


__all__ = [
    "from_dlpack",
    "as_tensor",
    "asarray",
    "clone",
    "from_numpy",
    "frombuffer",
    "tensor",
]
