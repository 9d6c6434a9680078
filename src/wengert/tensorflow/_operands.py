"""How TensorFlow's functions take their arguments: tensors, arrays, numbers and lists alike.

Beside a tensor a Python number or list takes that tensor's dtype; alone it becomes float32 or
int32. `lifted` gives a function of tensors such a front.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .._graph.value import Handle
from ._variable import convert_to_tensor


def operands(*values: Any) -> list[Any]:
    """The values as tensors; Python numbers beside a tensor stay numbers."""
    known: list[Any] = [v for v in values if isinstance(v, Handle | np.ndarray | np.generic)]
    if not known:
        return [convert_to_tensor(value) for value in values]
    dtype = known[0].dtype
    return [_beside(value, dtype) for value in values]


def _beside(value: Any, dtype: Any) -> Any:
    if isinstance(value, bool | int | float | complex | Handle):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return convert_to_tensor(value)
    return convert_to_tensor(value, dtype)


def lifted(function: Callable[..., Any], name: str, count: int = 1) -> Callable[..., Any]:
    """`function` of `count` tensors under a TensorFlow name; `name=` is accepted and ignored."""

    def call(*args: Any, name: str | None = None) -> Any:
        found = operands(*args)
        if count > 1 and not any(isinstance(value, Handle) for value in found):
            found[0] = convert_to_tensor(found[0])
        return function(*found)

    functools.update_wrapper(call, function, ("__doc__",), ())
    call.__name__ = call.__qualname__ = name
    return call


def axes(axis: Any) -> Any:
    """An axis, several of them, or None, as the functions below take it."""
    if axis is None or isinstance(axis, int):
        return axis
    return tuple(int(k) for k in np.asarray(axis).reshape(-1))


__all__ = ["axes", "lifted", "operands"]
