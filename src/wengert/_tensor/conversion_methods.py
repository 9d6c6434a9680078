"""Tensor methods: other dtypes and devices, and new tensors with the dtype of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._base.device import check_device, names_device
from .._base.dtypes import Dtype, as_dtype, bool_
from .._base.errors import DeviceError, DtypeError
from .._declare.elementwise import convert
from .._functions.making import creation, filling
from .._graph.value import Handle
from .._primitives import elementwise as e

_FORMS = {
    "device": ("device", "dtype", "non_blocking", "copy"),
    "dtype": ("dtype", "non_blocking", "copy"),
    "other": ("other", "non_blocking", "copy"),
}
"""The positional arguments of `to`, by what the first of them is."""


def conversion(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Dtype | None, bool]:
    """What the arguments of `to` ask for: the dtype, if any, and whether to copy in any case."""
    first = args[0] if args else None
    if isinstance(first, Handle) or "other" in kwargs:
        form = "other"
    else:
        form = "device" if first is None or names_device(first) else "dtype"
    names = _FORMS[form]
    given = dict(zip(names, args, strict=False))
    unknown = [name for name in kwargs if name not in (*names, "memory_format") or name in given]
    if len(args) > len(names) or unknown or isinstance(given.get("dtype"), bool):
        shown = [repr(arg) if isinstance(arg, bool) else type(arg).__name__ for arg in args]
        shown += [f"{name}=..." for name in kwargs]
        raise TypeError(
            f"to: no form takes ({', '.join(shown)}). Write x.to(dtype), x.to(device), "
            "x.to(device, dtype) or x.to(other), then non_blocking, copy and memory_format."
        )
    given |= kwargs
    check_device(given.get("device"))
    dtype = given["other"]._data.dtype if form == "other" else given.get("dtype")
    return None if dtype is None else as_dtype(dtype), bool(given.get("copy", False))


def _as(name: str) -> Callable[..., Any]:
    """The method that converts to a dtype."""

    def method(self: Any, memory_format: Any = None) -> Any:
        return convert(self, as_dtype(name))

    method.__doc__ = f"The tensor as {name}."
    return method


def _as_bool(self: Any, memory_format: Any = None) -> Any:
    """Where the elements are not zero."""
    return self if self._data.dtype == bool_ else e.ne(self, 0)


class ConversionMethods(Handle):
    """Other dtypes, and new tensors with the dtype of this one."""

    bfloat16 = _as("bfloat16")
    bool = _as_bool
    byte = _as("uint8")
    cdouble = _as("complex128")
    cfloat = _as("complex64")
    char = _as("int8")
    double = _as("float64")
    float = _as("float32")
    half = _as("float16")
    int = _as("int32")
    long = _as("int64")
    short = _as("int16")

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """The tensor with another dtype; itself if it has that one already, unless `copy`.

        `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`, each followed by
        `non_blocking`, `copy` and `memory_format`, of which only `copy` changes anything.
        `DeviceError` if the device is not the processor.

        >>> import wengert
        >>> wengert.ones(2).to("cpu", wengert.int64)
        tensor([1, 1])
        """
        dtype, copy = conversion(args, kwargs)
        result = self if dtype is None else convert(self, dtype)
        return creation.clone(self) if copy and result is self else result

    def cpu(self, memory_format: Any = None) -> Any:
        """Itself."""
        return self

    def cuda(
        self, device: Any = None, non_blocking: bool = False, memory_format: Any = None
    ) -> Any:
        """Not possible: `DeviceError`."""
        raise DeviceError("device 'cuda' is not available; Wengert runs on 'cpu'.")

    def pin_memory(self, device: Any = None) -> Any:
        """Not possible, as there is no other device: `DeviceError`."""
        raise DeviceError(
            "pin_memory: there is no device that would read pinned memory; Wengert runs on 'cpu'."
        )

    def chalf(self, memory_format: Any = None) -> Any:
        """Not possible: NumPy has no complex numbers with half precision. `DtypeError`."""
        raise DtypeError(
            "chalf: there is no complex dtype of half precision. Use x.cfloat() for complex64."
        )

    def type(self, dtype: Any = None, non_blocking: Any = False) -> Any:
        """The name of the dtype, or the tensor converted."""
        if dtype is None:
            return f"wengert.{self._data.dtype.name}"
        return convert(self, as_dtype(dtype))

    def type_as(self, other: Any) -> Any:
        """The tensor with the dtype of another."""
        return convert(self, other._data.dtype)

    def new_tensor(
        self,
        data: Any,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: Any = False,
        layout: Any = None,
        pin_memory: Any = None,
    ) -> Any:
        """A tensor of `data` with the dtype of this one."""
        own = self._data.dtype if dtype is None else dtype
        return creation.tensor(data, dtype=own, device=device, requires_grad=requires_grad)

    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = None, **options: Any) -> Any:
        """A filled tensor with the dtype of this one."""
        own = self._data.dtype if dtype is None else dtype
        return filling.full(size, fill_value, dtype=own, **options)

    def new_zeros(self, *size: Any, dtype: Any = None, **options: Any) -> Any:
        """Zeros with the dtype of this one."""
        own = self._data.dtype if dtype is None else dtype
        return filling.zeros(*size, dtype=own, **options)

    def new_ones(self, *size: Any, dtype: Any = None, **options: Any) -> Any:
        """Ones with the dtype of this one."""
        own = self._data.dtype if dtype is None else dtype
        return filling.ones(*size, dtype=own, **options)

    def new_empty(self, *size: Any, dtype: Any = None, **options: Any) -> Any:
        """A tensor with the dtype of this one, contents not to be relied on."""
        own = self._data.dtype if dtype is None else dtype
        return filling.empty(*size, dtype=own, **options)

    def new_empty_strided(
        self, size: Any, stride: Any, *, dtype: Any = None, **options: Any
    ) -> Any:
        """`empty_strided` with the dtype of this one."""
        own = self._data.dtype if dtype is None else dtype
        return filling.empty_strided(size, stride, dtype=own, **options)


__all__ = ["ConversionMethods", "conversion"]
