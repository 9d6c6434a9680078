"""Counting: how many values lie in each bin, or equal each integer.

A value is given the number of its bin, values outside that of a bin more, and weights are added up
by number. The last bin holds its right edge too. Counts have a derivative by the weights only.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

from ..._base.dtypes import float32, float64, int64, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._declare.elementwise import convert
from ..._primitives.creation import full
from ..._primitives.elementwise import (
    add,
    bitwise_and,
    bitwise_or,
    div,
    eq,
    ge,
    le,
    lt,
    mul,
    sub,
    where,
)
from ..._primitives.indexing import iota, scatter_add
from ..._primitives.scans import part_of
from ..._primitives.shaping import reshape
from ..._record.trace import concrete
from ..._transforms.batching import unwrap
from .. import return_types as r
from ..out import takes_out
from .ordering import bisected
from .reduction import amax, amin, sum


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often 0, 1, 2, ... occur in a vector of integers, or the sums of their weights.

    The length is max(input) + 1, which needs the values, and at least `minlength`.

    >>> import wengert
    >>> wengert.bincount(wengert.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    dtype = input._data.dtype
    if dtype.kind not in "iu" or input._data.ndim != 1:
        raise ShapeError(
            f"bincount: expected a vector of integers, not {dtype} of shape "
            f"{tuple(input._data.shape)}."
        )
    if minlength < 0:
        raise ValueError(f"bincount: minlength={minlength} is negative.")
    shape = tuple(input._data.shape)
    size = _highest(input, minlength)
    if weights is None:
        weights = full(shape, 1, int64)
    elif tuple(weights._data.shape) != shape:
        raise ShapeError(
            f"bincount: weights of shape {tuple(weights._data.shape)} for values of shape {shape}; "
            "there must be one for each."
        )
    elif weights._data.dtype != float32:
        weights = convert(weights, float64)
    return scatter_add(weights, convert(input, int64), shape=(size,))


def _highest(input: Any, minlength: int) -> int:
    """How many bins the values need. Under vmap all samples must need equally many."""
    values = concrete(unwrap(input)[0], "number of bins")
    if not values.size:
        return minlength
    if values.min() < 0:
        raise ValueError(f"bincount: {values.min()} is negative; only 0, 1, 2, ... can be counted.")
    sizes = {builtins.max(int(top) + 1, minlength) for top in values.max(-1).ravel()}
    if len(sizes) > 1:
        raise ShapeError(
            f"bincount: under vmap the samples need {sorted(sizes)} bins; the results of all must "
            "have one shape. Give a minlength of the largest."
        )
    return sizes.pop()


def _even_edges(low: Any, high: Any, bins: int) -> Any:
    """bins + 1 points from low to high, counted from the nearer end."""
    dtype = low._data.dtype
    places = convert(iota(bins + 1), dtype)
    step = div(sub(high, low), float(bins))
    from_start = add(low, mul(step, places))
    from_end = sub(high, mul(step, sub(float(bins), places)))
    return where(lt(places, (bins + 1) // 2), from_start, from_end)


def _checked_range(low: float, high: float, name: str) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name}: the range [{low}, {high}] is not finite.")
    if low > high:
        raise ValueError(f"{name}: the range [{low}, {high}] ends before it starts.")


def _checked_bins(bins: int, name: str) -> int:
    if bins <= 0:
        raise ValueError(f"{name}: bins={bins} must be positive.")
    return bins


def _ends(x: Any, margin: float) -> tuple[Any, Any]:
    """The least and the largest value, moved apart where they are equal."""
    dtype = x._data.dtype
    if not x._data.size:
        return full((), 0, dtype), full((), 0 if margin == 1 else 1, dtype)
    low, high = amin(x), amax(x)
    if is_array(low._data):
        _checked_range(low.item(), high.item(), "histogram")
    return low, high


def _apart(low: Any, high: Any, margin: float) -> tuple[Any, Any]:
    same = eq(low, high)
    return where(same, sub(low, margin), low), where(same, add(high, margin), high)


@takes_out
def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0, *, out: Any = None) -> Any:
    """How many values lie in each of `bins` equal intervals from `min` to `max`.

    With min = max, from the least to the largest value. Others are not counted.

    >>> import wengert
    >>> wengert.histc(wengert.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    _checked_bins(bins, "histc")
    _checked_range(float(min), float(max), "histc")
    dtype = input._data.dtype
    if dtype.kind not in "iuf":
        raise DtypeError(f"histc: {dtype} is not supported. Convert with x.to(wengert.float32).")
    x = reshape(input.detach(), shape=(input._data.size,))
    x = x if is_floating(dtype) else convert(x, float64)
    low, high = full((), float(min), x._data.dtype), full((), float(max), x._data.dtype)
    if min == max:
        low, high = _apart(*_ends(x, 1) if x._data.size else (low, high), 1.0)
    inside = bitwise_and(ge(x, low), le(x, high))
    place = div(mul(sub(where(inside, x, low), low), float(bins)), sub(high, low))
    place = convert(place, int64)
    place = where(inside, where(lt(place, bins), place, bins - 1), bins)
    counts = scatter_add(full(tuple(place._data.shape), 1, dtype), place, shape=(bins + 1,))
    return part_of(counts, 0, 0, bins).contiguous()


def _bin_of(x: Any, edges: Any) -> Any:
    """The number of each value's bin; that of bins outside is the number of bins."""
    bins = edges._data.size - 1
    first, last = (reshape(part_of(edges, 0, k, k + 1), shape=()) for k in (0, bins))
    place = sub(bisected(edges, x, right=True), 1)
    place = where(eq(place, bins), bins - 1, place)
    inside = bitwise_and(ge(x, first), le(x, last))
    return where(inside, place, bins)


def _binned(x: Any, edges: Sequence[Any], weight: Any, density: bool, name: str) -> Any:
    """Counts of the rows of x, whose columns are coordinates."""
    rows, columns = x._data.shape
    dtype = x._data.dtype
    shape = tuple(edge._data.size - 1 for edge in edges)
    if weight is None:
        weight = full((rows,), 1, dtype)
    elif weight._data.size != rows or weight._data.dtype != dtype:
        raise ShapeError(
            f"{name}: the weight must be {dtype} with one element for each of {rows} points, not "
            f"{weight._data.dtype} of shape {tuple(weight._data.shape)}."
        )
    else:
        weight = reshape(weight, shape=(rows,))
    places = [
        _bin_of(reshape(part_of(x, 1, k, k + 1), shape=(rows,)).contiguous(), edges[k])
        for k in builtins.range(columns)
    ]
    outside: Any = None
    for place, bins in zip(places, shape, strict=True):
        here = eq(place, bins)
        outside = here if outside is None else bitwise_or(outside, here)
    places = [where(outside, bins, place) for place, bins in zip(places, shape, strict=True)]
    counts = scatter_add(weight, *places, shape=tuple(bins + 1 for bins in shape))
    for axis, bins in enumerate(shape):
        counts = part_of(counts, axis, 0, bins)
    if not density:
        return counts.contiguous()
    counts = div(counts, sum(counts))
    for axis, (edge, bins) in enumerate(zip(edges, shape, strict=True)):
        width = sub(part_of(edge, 0, 1, bins + 1), part_of(edge, 0, 0, bins))
        counts = div(
            counts,
            reshape(
                width, shape=tuple(bins if k == axis else 1 for k in builtins.range(len(shape)))
            ),
        )
    return counts


def _edges(x: Any, bins: Any, limits: Any, name: str) -> Any:
    """The edges along one coordinate."""
    if hasattr(bins, "_data"):
        if bins._data.ndim != 1 or bins._data.dtype != x._data.dtype:
            raise ShapeError(
                f"{name}: edges must be a vector of {x._data.dtype}, not {bins._data.dtype} of "
                f"shape {tuple(bins._data.shape)}."
            )
        if not bins._data.size:
            raise ShapeError(f"{name}: the vector of edges is empty.")
        return bins.detach()
    bins = _checked_bins(bins, name)
    dtype = x._data.dtype
    if limits is not None:
        low, high = map(float, limits)
        _checked_range(low, high, name)
        ends = full((), low, dtype), full((), high, dtype)
    else:
        ends = _ends(x, 0.5)
    return _even_edges(*_apart(*ends, 0.5), bins)


def _need_floats(x: Any, name: str) -> None:
    if x._data.dtype.name not in ("float32", "float64"):
        raise DtypeError(f"{name}: expected float32 or float64, not {x._data.dtype}.")


@takes_out
def histogram(
    input: Any,
    bins: Any,
    *,
    range: Any = None,
    weight: Any = None,
    density: bool = False,
    out: Any = None,
) -> Any:
    """(hist, bin_edges): how many values lie in each bin, or the sums of their weights.

    `bins` is their number, or a vector of edges. With `density` the area is 1.

    >>> import wengert
    >>> wengert.histogram(wengert.tensor([1.0, 2.0, 1.0]), 2, range=(0.0, 3.0)).hist
    tensor([2., 1.])
    """
    _need_floats(input, "histogram")
    x = reshape(input.detach(), shape=(input._data.size, 1))
    edges = _edges(x, bins, range, "histogram")
    if weight is not None and tuple(weight._data.shape) != tuple(input._data.shape):
        raise ShapeError(
            f"histogram: a weight of shape {tuple(weight._data.shape)} for values of shape "
            f"{tuple(input._data.shape)}."
        )
    return r.histogram(_binned(x, [edges], weight, density, "histogram"), edges)


def histogramdd(
    input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False
) -> Any:
    """(hist, bin_edges): how many points lie in each box; the last axis holds the coordinates.

    `bins` is a number, one for each coordinate, or their vectors of edges.

    >>> import wengert
    >>> points = wengert.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    >>> wengert.histogramdd(points, [2, 2]).hist
    tensor([[0., 1.],
            [2., 0.]])
    """
    name = "histogramdd"
    _need_floats(input, name)
    if input._data.ndim < 2:
        raise ShapeError(f"{name}: expected at least 2 axes, not {input._data.ndim}.")
    columns = input._data.shape[-1]
    each: list[Any] = [*bins] if isinstance(bins, list | tuple) else [bins] * columns
    if len(each) != columns:
        raise ShapeError(f"{name}: {len(each)} bins for points with {columns} coordinates.")
    if range is not None and len(range) != 2 * columns:
        raise ShapeError(f"{name}: {len(range)} limits for points with {columns} coordinates.")
    limits = [None if range is None else range[2 * k : 2 * k + 2] for k in builtins.range(columns)]
    rows = input._data.size // columns if columns else 0
    x = reshape(input.detach(), shape=(rows, columns))
    edges = [
        _edges(part_of(x, 1, k, k + 1), each[k], limits[k], name) for k in builtins.range(columns)
    ]
    hist = _binned(x, edges, weight, density, name)
    return r.histogramdd(hist, tuple(edges))


__all__ = ["bincount", "histc", "histogram", "histogramdd"]
