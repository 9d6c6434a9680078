"""Ranges, spaced numbers, the identity matrix, and the places of a triangle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._base.device import check_device
from ..._base.dtypes import (
    Dtype,
    as_dtype,
    complex128,
    float64,
    get_default_dtype,
    int64,
    number_dtype,
)
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array, is_generic
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import elementwise as e
from ..._primitives.creation import constant
from ..._record.trace import concrete
from ..out import takes_out
from .creation import finish
from .filling import sizes_of


def _number(value: Any, name: str) -> Any:
    """A Python number, taken out of a 0-d tensor or NumPy scalar."""
    if isinstance(value, Handle):
        if value._data.ndim:
            raise ShapeError(f"{name}: expected a 0-d tensor, not shape {value._data.shape}.")
        value = concrete(value, "number")
    return value.item() if is_array(value) or is_generic(value) else value


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
    check_device(device)
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
    if chosen == int64 and not whole:
        start, end, step, whole = int(start), int(end), int(step), True
        if step == 0:
            raise ValueError("arange: step must not be 0 as an integer.")
    count = -((start - end) // step) if whole else math.ceil((end - start) / step)
    if chosen.kind in "iu":
        start, step = int(start), int(step)
    values = start + step * np.arange(
        max(count, 0), dtype=np.float64 if chosen.kind in "fcV" else np.int64
    )
    values = values.astype(chosen)
    return finish(constant(values), requires_grad)


@takes_out
def range(
    start: Any,
    end: Any,
    step: Any = 1,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """start, start + step, ... up to `end`, which belongs to them; floating without a dtype.

    Use `arange`, which leaves `end` out as Python's `range` does: PyTorch has this one only for old
    programs.

    >>> import wengert
    >>> wengert.range(1, 3)
    tensor([1., 2., 3.])
    """
    check_device(device)
    start, end, step = (_number(value, "range") for value in (start, end, step))
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    if chosen.kind in "iu":
        start, end, step = int(start), int(end), int(step)
    if step == 0:
        raise ValueError("range: step must not be 0.")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValueError(f"range: from {start} to {end} there is no finite number of steps.")
    if (end - start) * step < 0:
        raise ValueError(f"range: a step of {step} does not lead from {start} to {end}.")
    count: Any = math.floor((end - start) / step) + 1
    values: Any = start + step * np.arange(count, dtype=np.int64)
    return finish(constant(values.astype(chosen)), requires_grad)


def _spaced(start: Any, end: Any, steps: int, dtype: Any, name: str) -> tuple[Any, Dtype]:
    """Equally spaced numbers in double precision, counted from the nearer end, and their dtype."""
    steps = _number(steps, name)
    if steps.__class__ is not int or steps < 0:
        raise ValueError(f"{name}: steps must be a whole number that is not negative, not {steps}.")
    is_complex = any(
        v._data.dtype.kind == "c" if isinstance(v, Handle) else isinstance(v, complex)
        for v in (start, end)
    )
    chosen = number_dtype(1j if is_complex else 1.0) if dtype is None else as_dtype(dtype)
    if is_complex and chosen.kind != "c":
        raise DtypeError(f"{name}: complex numbers do not fit into {chosen}.")
    first, last = (_end_point(value, chosen, is_complex, name) for value in (start, end))
    places = constant(np.arange(steps, dtype=np.float64))
    step = e.div(e.sub(last, first), float(steps - 1) if steps > 1 else math.inf)
    from_start = e.add(first, e.mul(step, places))
    from_end = e.sub(last, e.mul(step, e.sub(float(steps - 1), places)))
    return e.where(e.lt(places, float((steps + 1) // 2)), from_start, from_end), chosen


def _end_point(value: Any, chosen: Dtype, is_complex: bool, name: str) -> Any:
    wide = complex128 if is_complex else float64
    if not isinstance(value, Handle):
        number = int(value) if chosen.kind in "iu" else value
        return constant(np.asarray(number, wide))
    if value._data.ndim:
        raise ShapeError(f"{name}: expected a 0-d tensor, not shape {tuple(value._data.shape)}.")
    return convert(convert(value, int64) if chosen.kind in "iu" else value, wide)


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
    check_device(device)
    values, chosen = _spaced(start, end, steps, dtype, "linspace")
    return finish(convert(values, chosen), requires_grad)


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
    check_device(device)
    exponents, chosen = _spaced(start, end, steps, dtype, "logspace")
    return finish(convert(e.pow(float(base), exponents), chosen), requires_grad)


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
    check_device(device)
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
    check_device(device)
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
    check_device(device)
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
    "range",
    "tril_indices",
    "triu_indices",
]
