"""Reductions of segments: neighbouring parts of an axis, of lengths that tensors say.

Each element is given the number of its segment, by bisection of the segments' starts, and elements
of one number are reduced together.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import int64
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import normalize_axis
from ..._declare.elementwise import convert
from ..._primitives.creation import full
from ..._primitives.elementwise import add, div, gt, lt, mul, sub, where
from ..._primitives.indexing import iota
from ..._primitives.scans import part_of
from ..._primitives.shaping import concatenate, expand, reshape
from ..places.combining import combined
from .cumulative import cumsum
from .ordering import bisected
from .reduction import require_floating

_NOTHING = {"sum": 0.0, "mean": math.nan, "prod": 1.0, "max": -math.inf, "min": math.inf}


def _starts(lengths: Any, offsets: Any, count: int, unsafe: bool) -> Any:
    """Where each segment starts along the last axis, and where the last one ends."""
    if (lengths is None) == (offsets is None):
        raise TypeError("segment_reduce: give either lengths or offsets.")
    given = offsets if lengths is None else lengths
    if given._data.dtype.kind not in "iu":
        raise DtypeError(f"segment_reduce: lengths must be integers, not {given._data.dtype}.")
    given = convert(given, int64)
    if lengths is None:
        return given
    data = given._data
    if not unsafe and is_array(data) and ((data.sum(-1) != count).any() or (data < 0).any()):
        raise ShapeError(
            f"segment_reduce: lengths {data.tolist()} do not add up to the {count} elements of "
            "the axis. Pass unsafe=True to leave the rest out."
        )
    first = full((*data.shape[:-1], 1), 0, int64)
    return concatenate(first, cumsum(given, -1), axis=data.ndim - 1)


def segment_reduce(
    data: Any,
    reduce: str,
    *,
    lengths: Any = None,
    indices: Any = None,
    offsets: Any = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Any:
    """Each segment of an axis reduced by "sum", "mean", "max", "min" or "prod".

    `lengths` (or `offsets`, where segments start) have the axes of `data` up to `axis`. `initial`
    is what a reduction starts with. Equal extremes share the cotangent.

    >>> import wengert
    >>> x = wengert.tensor([1.0, 2.0, 3.0])
    >>> wengert.segment_reduce(x, "sum", lengths=wengert.tensor([1, 2]))
    tensor([1., 5.])
    """
    if reduce not in _NOTHING:
        raise ValueError(f"segment_reduce: reduce={reduce!r}; use one of {sorted(_NOTHING)}.")
    if indices is not None:
        raise ValueError("segment_reduce: indices are not supported; give lengths or offsets.")
    require_floating(data, "segment_reduce")
    shape = tuple(data._data.shape)
    place = normalize_axis(axis, len(shape), "segment_reduce")
    count = shape[place] if shape else 0
    starts = _starts(lengths, offsets, count, unsafe)
    if tuple(starts._data.shape)[:-1] != shape[:place] or starts._data.ndim != place + 1:
        raise ShapeError(
            f"segment_reduce: lengths of shape {tuple(starts._data.shape)[:-1]} + (n,) do not go "
            f"with axis {place} of data of shape {shape}."
        )
    segments = starts._data.shape[-1] - 1
    positions = expand(iota(count), shape=(*shape[:place], count))
    number = sub(bisected(starts, positions, right=True), 1)
    # What lies before the first segment or after the last one is put into one more, and left out.
    number = where(lt(number, 0), segments, number)
    sizes = sub(part_of(starts, place, 1, segments + 1), part_of(starts, place, 0, segments))
    wide = (*shape[:place], segments + 1, *shape[place + 1 :])
    trailing = (1,) * (len(shape) - place - 1)
    index = expand(reshape(number, shape=(*shape[: place + 1], *trailing)), shape=shape)
    kind = {"max": "amax", "min": "amin", "mean": "sum"}.get(reduce, reduce)
    start = full(wide, _NOTHING["sum" if reduce == "mean" else reduce], data._data.dtype)
    total = combined(start, place, index, data, kind, reduce in ("sum", "mean", "prod"))
    total = part_of(total, place, 0, segments)
    sizes = reshape(sizes, shape=(*shape[:place], segments, *trailing))
    return _finished(total, convert(sizes, data._data.dtype), reduce, initial)


def _finished(total: Any, sizes: Any, reduce: str, initial: float | None) -> Any:
    if reduce == "mean":
        nothing = _NOTHING["mean"] if initial is None else initial
        whole = total if initial is None else add(total, float(initial))
        filled = gt(sizes, 0.0)
        return where(filled, div(whole, where(filled, sizes, 1.0)), nothing)
    if initial is None:
        return total.contiguous()
    number = float(initial)
    if reduce == "sum":
        return add(total, number)
    if reduce == "prod":
        return mul(total, number)
    # NaN is neither above nor below, and stays.
    worse = gt(total, number) if reduce == "min" else lt(total, number)
    return where(worse, number, total)


_segment_reduce = segment_reduce

__all__ = ["_segment_reduce", "segment_reduce"]
