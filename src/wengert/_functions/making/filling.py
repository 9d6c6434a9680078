"""Tensors of one number, and empty ones, in any shape and memory layout."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.device import check_device
from ..._base.dtypes import Dtype, as_dtype, get_default_dtype, number_dtype
from ..._base.errors import ShapeError
from ..._base.kinds import is_generic
from ..._base.shapes import as_shape
from ..._declare.elementwise import wrapped
from ..._graph.value import Handle
from ..._primitives.creation import full as _full
from ..._record import modes as _modes
from ..._record.door import new_handle
from ..out import takes_out
from .creation import finish, settled

strided = "strided"
"""The one `layout` there is: every tensor has extents and strides."""


@takes_out
def full(
    size: Any,
    fill_value: Any,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor of shape `size` filled with a number, whose type decides the dtype.

    >>> import wengert
    >>> wengert.full((2,), 7)
    tensor([7, 7])
    """
    check_device(device)
    shape = sizes_of((size,), "full")
    if isinstance(fill_value, Handle):
        from ..shaping.shape import expand

        made = expand(settled(fill_value), shape).clone()
        return finish(made if dtype is None else made.to(dtype), requires_grad)
    chosen = number_dtype(fill_value) if dtype is None else as_dtype(dtype)
    return finish(_full(shape, _fitting(fill_value, chosen), chosen), requires_grad)


def _fitting(value: Any, dtype: Dtype) -> Any:
    """A fill value of the kind of a dtype."""
    if is_generic(value):
        value = value.item()
    if dtype.kind == "b":
        return bool(value)
    if dtype.kind in "iu":
        return wrapped(int(value), dtype) if value < 0 else int(value)
    return value


def sizes_of(size: tuple[Any, ...], name: str) -> tuple[int, ...]:
    shape = as_shape(size)
    if any(extent < 0 for extent in shape):
        raise ShapeError(f"{name}: the shape {shape} has a negative extent.")
    return shape


def _filled(name: str, size: Any, sizes: Any, value: int, dtype: Any, requires_grad: bool) -> Any:
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    shape = sizes_of(sizes if size is None else (size,), name)
    return finish(_full(shape, _fitting(value, chosen), chosen), requires_grad)


@takes_out
def zeros(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor of zeros.

    >>> import wengert
    >>> wengert.zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    check_device(device)
    return _filled("zeros", size, sizes, 0, dtype, requires_grad)


@takes_out
def ones(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor of ones.

    >>> import wengert
    >>> wengert.ones(3)
    tensor([1., 1., 1.])
    """
    check_device(device)
    return _filled("ones", size, sizes, 1, dtype, requires_grad)


@takes_out
def empty(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor whose contents should not be relied on (here: zeros, so that runs repeat).

    >>> import wengert
    >>> wengert.empty(2, 3).shape
    (2, 3)
    """
    check_device(device)
    return _filled("empty", size, sizes, 0, dtype, requires_grad)


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor with the shape and dtype of `input`, filled with a number.

    >>> import wengert
    >>> wengert.full_like(wengert.zeros(2), 3)
    tensor([3., 3.])
    """
    check_device(device)
    chosen: Dtype = input._data.dtype if dtype is None else as_dtype(dtype)
    shape = tuple(input._data.shape)
    if isinstance(fill_value, Handle):
        return full(shape, fill_value, dtype=chosen, requires_grad=requires_grad)
    return finish(_full(shape, _fitting(fill_value, chosen), chosen), requires_grad)


def zeros_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Zeros with the shape and dtype of `input`.

    >>> import wengert
    >>> wengert.zeros_like(wengert.ones(2))
    tensor([0., 0.])
    """
    check_device(device)
    return full_like(input, 0, dtype=dtype, requires_grad=requires_grad)


def ones_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Ones with the shape and dtype of `input`.

    >>> import wengert
    >>> wengert.ones_like(wengert.zeros(2))
    tensor([1., 1.])
    """
    check_device(device)
    return full_like(input, 1, dtype=dtype, requires_grad=requires_grad)


def empty_like(
    input: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor with the shape and dtype of `input`, contents not to be relied on.

    >>> import wengert
    >>> wengert.empty_like(wengert.ones(2, 2)).shape
    (2, 2)
    """
    check_device(device)
    return full_like(input, 0, dtype=dtype, requires_grad=requires_grad)


def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor with steps in memory of `stride` elements, contents not to be relied on.

    In a traced function, where there is no memory yet, it is row-major.

    >>> import wengert
    >>> wengert.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    check_device(device)
    shape, steps = sizes_of((size,), "empty_strided"), as_shape((stride,))
    if len(shape) != len(steps) or any(step < 0 for step in steps):
        raise ShapeError(f"empty_strided: the strides {steps} do not fit the shape {shape}.")
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    if _modes.current().trace is not None:
        return finish(_full(shape, _fitting(0, chosen), chosen), requires_grad)
    length = 1 + sum((extent - 1) * step for extent, step in zip(shape, steps, strict=True))
    memory = np.zeros(length if 0 not in shape else 0, chosen)
    bytes_ = tuple(step * chosen.itemsize for step in steps)
    return finish(new_handle(np.lib.stride_tricks.as_strided(memory, shape, bytes_)), requires_grad)


def empty_permuted(
    size: Any,
    physical_layout: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A tensor whose axes lie in memory in the order `physical_layout`, the first outermost.

    >>> import wengert
    >>> wengert.empty_permuted((2, 3), (1, 0)).stride()
    (1, 2)
    """
    check_device(device)
    shape, order = sizes_of((size,), "empty_permuted"), as_shape((physical_layout,))
    if sorted(order) != list(range(len(shape))):
        raise ShapeError(f"empty_permuted: {order} is no order of the axes of the shape {shape}.")
    steps, step = [0] * len(shape), 1
    for axis in reversed(order):
        steps[axis] = step
        step *= max(shape[axis], 1)
    return empty_strided(shape, tuple(steps), dtype=dtype, requires_grad=requires_grad)


def scalar_tensor(
    s: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A 0-d tensor of a number, of the default floating dtype.

    >>> import wengert
    >>> wengert.scalar_tensor(3)
    tensor(3.)
    """
    check_device(device)
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    return full((), s, dtype=chosen, requires_grad=requires_grad)


__all__ = [
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "scalar_tensor",
    "strided",
    "zeros",
    "zeros_like",
]
