"""Ranges, spaced numbers, the identity matrix, and the places of a triangle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.dtypes import Dtype, as_dtype, get_default_dtype, int64, number_dtype
from .._base.errors import DtypeError, ShapeError
from .._base.kinds import is_generic
from .._graph.value import Handle
from .._primitives.creation import constant
from .._record.trace import concrete
from .creation import finish
from .filling import sizes_of
from .out import takes_out


def _number(value: Any, name: str) -> Any:
    """A Python number, taken out of a 0-d tensor or NumPy scalar."""
    if isinstance(value, Handle):
        if value._data.ndim:
            raise ShapeError(f"{name}: expected a 0-d tensor, not shape {value._data.shape}.")
        return concrete(value, "number").item()
    return value.item() if is_generic(value) else value


@takes_out
def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """start, start + step, ... below `end`; with one argument, 0 to it.

    >>> import wengert
    >>> wengert.arange(3)
    tensor([0, 1, 2])
    """
    if end is None:
        start, end = 0, start
    start, end, step = (_number(value, "arange") for value in (start, end, step))
    if step == 0:
        raise ValueError("arange: step must not be 0.")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValueError(f"arange: from {start} to {end} there is no finite number of steps.")
    if (end - start) * step < 0:
        raise ValueError(f"arange: a step of {step} does not lead from {start} to {end}.")
    whole = all(isinstance(value, int) for value in (start, end, step))
    chosen = (int64 if whole else get_default_dtype()) if dtype is None else as_dtype(dtype)
    if chosen.kind in "iu":
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError("arange: step must not be 0 as an integer.")
        whole = True
    if whole:
        count = max(-((start - end) // step), 0)
        values = (start + step * np.arange(count, dtype=np.int64)).astype(chosen)
    else:
        count = max(math.ceil((end - start) / step), 0)
        values = (start + step * np.arange(count, dtype=np.float64)).astype(chosen)
    return finish(constant(values), requires_grad)


def _spaced(start: Any, end: Any, steps: int, name: str) -> tuple[np.ndarray[Any, Any], Dtype]:
    """Equally spaced numbers, counted from the nearer end, and the dtype that they suggest."""
    steps = _number(steps, name)
    if steps.__class__ is not int or steps < 0:
        raise ValueError(f"{name}: steps must be a whole number that is not negative, not {steps}.")
    first, last = _number(start, name), _number(end, name)
    is_complex = isinstance(first, complex) or isinstance(last, complex)
    places = np.arange(steps)
    step = (last - first) / (steps - 1) if steps > 1 else 0.0
    near_end = last - step * (steps - 1.0 - places)
    values = np.where(places < (steps + 1) // 2, first + step * places, near_end)
    return values, number_dtype(1j if is_complex else 1.0)


@takes_out
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`steps` equally spaced numbers from `start` to `end`, both included.

    >>> import wengert
    >>> wengert.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    values, suggested = _spaced(start, end, steps, "linspace")
    return _from_values(values, suggested, dtype, requires_grad, "linspace")


def _from_values(
    values: np.ndarray[Any, Any], suggested: Dtype, dtype: Any, requires_grad: bool, name: str
) -> Any:
    chosen = suggested if dtype is None else as_dtype(dtype)
    if values.dtype.kind == "c" and chosen.kind != "c":
        raise DtypeError(f"{name}: complex numbers do not fit into {chosen}.")
    return finish(constant(values.astype(chosen)), requires_grad)


@takes_out
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`steps` numbers from base**start to base**end, equally spaced on a log scale.

    >>> import wengert
    >>> wengert.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    exponents, suggested = _spaced(start, end, steps, "logspace")
    with np.errstate(all="ignore"):
        values = np.power(base, exponents)
    return _from_values(values, suggested, dtype, requires_grad, "logspace")


@takes_out
def eye(
    n: int,
    m: int | None = None,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The identity matrix, of n rows and m (or n) columns.

    >>> import wengert
    >>> wengert.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    shape = sizes_of((n, n if m is None else m), "eye")
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    return finish(constant(np.eye(*shape, dtype=chosen)), requires_grad)


def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    layout: Any = None,
) -> Any:
    """Rows and columns of the lower triangle of a matrix, as a tensor with two rows.

    >>> import wengert
    >>> wengert.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle(np.tril, row, col, offset, dtype, "tril_indices")


def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    layout: Any = None,
) -> Any:
    """Rows and columns of the upper triangle of a matrix, as a tensor with two rows.

    >>> import wengert
    >>> wengert.triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle(np.triu, row, col, offset, dtype, "triu_indices")


def _triangle(part: Any, row: int, col: int, offset: int, dtype: Any, name: str) -> Any:
    shape = sizes_of((row, col), name)
    places = np.stack(np.nonzero(part(np.ones(shape, bool), offset)))
    return constant(places.astype(int64 if dtype is None else as_dtype(dtype)))


__all__ = [
    "arange",
    "eye",
    "linspace",
    "logspace",
    "tril_indices",
    "triu_indices",
]
