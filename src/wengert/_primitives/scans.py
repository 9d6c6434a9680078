"""Running combinations along an axis: y[k] = x[0] * x[1] * ... * x[k] for an associative `*`.

Pairs are combined first, then the pairs' own running combination, then what lies between: twice as
many operations as one after the other, but whole arrays at a time, in log2(n) steps. What can be
had from a ufunc of NumPy (`accumulate`) belongs to a primitive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .creation import full
from .elementwise import add, mul
from .shaping import concatenate, reshape, slice_

Parts = Sequence[Any]
"""The operands of one combination: tensors of one shape."""


def part_of(x: Any, axis: int, start: int, stop: int, step: int = 1) -> Any:
    """x[start:stop:step] along an axis; with a negative step, backwards from `start`."""
    slices = [(0, extent, 1) for extent in x._data.shape]
    slices[axis] = (start, len(range(start, stop, step)), step)
    return slice_(x, slices=tuple(slices))


def flipped(x: Any, axis: int) -> Any:
    """The axis from its end to its start."""
    return part_of(x, axis, x._data.shape[axis] - 1, -1, -1)


def after(first: float, x: Any, axis: int) -> Any:
    """x moved on by one place along an axis, with a number in front."""
    shape = tuple(1 if k == axis else extent for k, extent in enumerate(x._data.shape))
    rest = part_of(x, axis, 0, x._data.shape[axis] - 1)
    return concatenate(full(shape, first, x._data.dtype), rest, axis=axis)


def running(combine: Callable[[Parts, Parts], Parts], parts: Parts, axis: int) -> Parts:
    """The running combination of `parts` along an axis; `combine` takes the earlier part first."""
    count: int = parts[0]._data.shape[axis]
    if count < 2:
        return parts
    half = count // 2
    even = [part_of(part, axis, 0, 2 * half, 2) for part in parts]
    odd = [part_of(part, axis, 1, count, 2) for part in parts]
    upto_odd = running(combine, combine(even, odd), axis)
    first = [part_of(part, axis, 0, 1) for part in parts]
    if count == 2:
        return [concatenate(a, b, axis=axis) for a, b in zip(first, upto_odd, strict=True)]
    later = [part_of(part, axis, 2, count, 2) for part in parts]
    known = [part_of(part, axis, 0, count - half - 1) for part in upto_odd]
    upto_even = [
        concatenate(a, b, axis=axis) for a, b in zip(first, combine(known, later), strict=True)
    ]
    return [_alternating(a, b, axis) for a, b in zip(upto_even, upto_odd, strict=True)]


def _alternating(x: Any, y: Any, axis: int) -> Any:
    """x[0], y[0], x[1], y[1], ...; x may be longer by one."""
    half = y._data.shape[axis]
    shape = tuple(x._data.shape)
    pair = (*shape[:axis], half, 1, *shape[axis + 1 :])
    columns = [reshape(part_of(part, axis, 0, half), shape=pair) for part in (x, y)]
    joined = concatenate(*columns, axis=axis + 1)
    joined = reshape(joined, shape=(*shape[:axis], 2 * half, *shape[axis + 1 :]))
    if shape[axis] == half:
        return joined
    return concatenate(joined, part_of(x, axis, half, half + 1), axis=axis)


def recurrence(a: Any, b: Any, axis: int) -> Any:
    """y[k] = a[k] * y[k - 1] + b[k] along an axis, with nothing before the start."""
    return running(_composed, (a, b), axis)[1]


def _composed(first: Parts, second: Parts) -> Parts:
    (a, b), (c, d) = first, second
    return [mul(c, a), add(mul(c, b), d)]


__all__ = ["after", "flipped", "part_of", "recurrence", "running"]
