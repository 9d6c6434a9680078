"""Tensor methods: other dtypes, and new tensors with the dtype of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._base.dtypes import as_dtype, bool_
from .._declare.elementwise import convert
from .._functions.making import creation, filling
from .._graph.value import Handle
from .._primitives import elementwise as e


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
        return creation.tensor(data, dtype=own, requires_grad=requires_grad)

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


__all__ = ["ConversionMethods"]
