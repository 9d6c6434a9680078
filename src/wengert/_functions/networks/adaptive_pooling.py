"""Pooling whose windows follow from the size of the result: adaptive and fractional.

Window i of n over an extent e covers floor(i * e / n) to ceil((i + 1) * e / n), or begins at a
random place. Equal windows are those of ordinary pooling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.dtypes import int64, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_list_or_tuple
from ..._base.shapes import Shape, size_of
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ..._primitives.creation import constant
from ..._primitives.indexing import iota, take
from ..._primitives.reductions import sum_
from ..._primitives.shaping import permute, reshape, slice_
from ..making.random import uniform_values
from .convolution import Sizes, per_axis
from .maxima import Places, Pooled, joint_places, maxima
from .pooling import avg_pool1d, avg_pool2d, avg_pool3d

_AVERAGES: dict[int, Callable[..., Any]] = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}


def _wanted(x: Any, output_size: Any, name: str) -> Sizes:
    """The sizes of the result; None keeps an extent."""
    rank = int(name[-2])
    shape = tuple(x._data.shape)
    if len(shape) not in (rank + 1, rank + 2) or 0 in shape[-rank:]:
        raise ShapeError(
            f"{name}: expected {rank + 1} or {rank + 2} axes, the pooled ones not empty, not shape "
            f"{shape}."
        )
    if x._data.dtype.kind in "bc":
        raise DtypeError(f"{name}: expected a real dtype, not {x._data.dtype}.")
    given: Any = output_size
    sizes: tuple[Any, ...] = tuple(given) if is_list_or_tuple(given) else (given,) * rank
    if len(sizes) == 1:
        sizes *= rank
    found = tuple(
        extent if size is None else int(size)
        for size, extent in zip(sizes, shape[-rank:], strict=False)
    )
    if len(sizes) != rank or min(found) < 0:
        raise ValueError(
            f"{name}: output_size={output_size!r} must be {rank} sizes, none of them negative."
        )
    return found


def _parts(extent: int, count: int) -> Places:
    """The positions (windows, places) along an axis; -1 is no place."""
    k = np.arange(count)
    start, end = k * extent // max(count, 1), -((-(k + 1) * extent) // max(count, 1))
    found = start[:, None] + np.arange(int((end - start).max(initial=1)))
    return np.where(found < end[:, None], found, -1)


def _means(x: Any, axis: int, count: int) -> Any:
    """Means over nearly equal parts of an axis, which overlap where they must."""
    places = _parts(x._data.shape[axis], count)
    inside = places >= 0
    rest = tuple(k for k in range(x._data.ndim) if k != axis)
    front = permute(x, axes=(axis, *rest))
    found = take(front, constant(np.maximum(places, 0)))
    tail = (1,) * len(rest)
    if not inside.all():
        found = e.where(constant(inside.reshape(*inside.shape, *tail)), found, 0.0)
    sizes = inside.sum(1).astype(x._data.dtype).reshape(count, *tail)
    means = e.div(sum_(found, axes=(1,)), constant(sizes))
    return permute(means, axes=(*range(1, axis + 1), 0, *range(axis + 1, x._data.ndim)))


def _adaptive_mean(x: Any, output_size: Any, name: str) -> Any:
    wanted = _wanted(x, output_size, name)
    if not is_floating(x._data.dtype):
        raise DtypeError(f"{name}: expected a floating dtype, not {x._data.dtype}.")
    rank = len(wanted)
    extents = tuple(x._data.shape)[-rank:]
    if min(wanted) and not any(extent % n for extent, n in zip(extents, wanted, strict=True)):
        steps = tuple(extent // n for extent, n in zip(extents, wanted, strict=True))
        return _AVERAGES[rank](x, steps)
    for k, size in enumerate(wanted):
        x = _means(x, x._data.ndim - rank + k, size)
    return x.clone()


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """`adaptive_avg_pool2d` over one axis.

    >>> import wengert
    >>> wengert.nn.functional.adaptive_avg_pool1d(wengert.tensor([[0.0, 1.0, 2.0]]), 2)
    tensor([[0.5000, 1.5000]])
    """
    return _adaptive_mean(input, output_size, "adaptive_avg_pool1d")


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """Means over windows chosen so that the result has `output_size`; None keeps an extent.

    Output i of n covers floor(i * extent / n) to ceil((i + 1) * extent / n).

    >>> import wengert
    >>> wengert.nn.functional.adaptive_avg_pool2d(wengert.ones(1, 8, 5, 7), (2, 3)).shape
    (1, 8, 2, 3)
    """
    return _adaptive_mean(input, output_size, "adaptive_avg_pool2d")


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """`adaptive_avg_pool2d` over three axes.

    >>> import wengert
    >>> wengert.nn.functional.adaptive_avg_pool3d(wengert.ones(1, 4, 5, 7), (2, 3, None)).shape
    (1, 2, 3, 7)
    """
    return _adaptive_mean(input, output_size, "adaptive_avg_pool3d")


def _adaptive_max(x: Any, output_size: Any, positions: bool, name: str) -> Any:
    wanted = _wanted(x, output_size, name)
    if len(x._data.shape) == len(wanted) + 2 and 0 in x._data.shape[1:]:
        raise ShapeError(f"{name}: nothing to take the maximum of in shape {x._data.shape}.")
    extents = tuple(x._data.shape)[-len(wanted) :]
    axes = [_parts(extent, n) for extent, n in zip(extents, wanted, strict=True)]
    found = maxima(x, joint_places(axes, extents), wanted)
    return found if positions else found.values


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` over one axis.

    >>> import wengert
    >>> wengert.nn.functional.adaptive_max_pool1d(wengert.tensor([[0.0, 1.0, 2.0]]), 2)
    tensor([[1., 2.]])
    """
    return _adaptive_max(input, output_size, return_indices, "adaptive_max_pool1d")


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of windows chosen so that the result has `output_size`.

    With `return_indices` also where they stand, as positions in the flattened height * width.

    >>> import wengert
    >>> wengert.nn.functional.adaptive_max_pool2d(wengert.arange(9.0).reshape(1, 3, 3), 1)
    tensor([[[8.]]])
    """
    return _adaptive_max(input, output_size, return_indices, "adaptive_max_pool2d")


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` over three axes.

    >>> import wengert
    >>> wengert.nn.functional.adaptive_max_pool3d(wengert.ones(1, 3, 3, 3), (1, 2, 3)).shape
    (1, 1, 2, 3)
    """
    return _adaptive_max(input, output_size, return_indices, "adaptive_max_pool3d")


def _starts(samples: Any, extent: int, count: int, kernel: int) -> Any:
    """Where windows begin: int(k * a + u * a) - int(u * a), the last one at the end.

    Source: B. Graham, Fractional max-pooling, 2014, with PyTorch's rounding.
    """
    rows = samples._data.shape[0]
    if count == 1:
        return constant(np.full((rows, 1), extent - kernel, np.int64))
    step = (extent - kernel) / (count - 1)
    column = reshape(samples, shape=(rows, 1))
    steps = reshape(convert(iota(count), samples._data.dtype), shape=(1, count))
    first = convert(e.mul(column, step), int64)
    found = e.sub(convert(e.mul(e.add(steps, column), step), int64), first)
    last = constant((np.arange(count) == count - 1)[None])
    return e.where(last, extent - kernel, found)


def _fractional(
    x: Any,
    kernel: Any,
    output_size: Any,
    output_ratio: Any,
    positions: bool,
    samples: Any,
    rank: int,
) -> Any:
    name = f"fractional_max_pool{rank}d"
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{name}: give either output_size or output_ratio.")
    sizes = per_axis(kernel, rank, name, "kernel_size", 1)
    shape: Shape = tuple(x._data.shape)
    if len(shape) not in (rank + 1, rank + 2) or 0 in shape[-rank - 1 :]:
        raise ShapeError(f"{name}: expected {rank + 1} or {rank + 2} axes, not shape {shape}.")
    if not is_floating(x._data.dtype):
        raise DtypeError(f"{name}: expected a floating dtype, not {x._data.dtype}.")
    extents, lead = shape[-rank:], shape[:-rank]
    if output_size is None:
        given: Any = output_ratio
        ratios: tuple[Any, ...] = tuple(given) if is_list_or_tuple(given) else (given,) * rank
        if len(ratios) != rank or not all(0 < ratio < 1 for ratio in ratios):
            raise ValueError(f"{name}: output_ratio={output_ratio} must be between 0 and 1.")
        output_size = tuple(int(n * ratio) for n, ratio in zip(extents, ratios, strict=True))
    counts = per_axis(output_size, rank, name, "output_size", 1)
    if any(n + k - 1 > extent for n, k, extent in zip(counts, sizes, extents, strict=True)):
        raise ShapeError(
            f"{name}: {counts} windows of {sizes} do not fit into an input of {extents}."
        )
    rows = size_of(lead)
    if samples is None:
        samples = uniform_values((rows, rank), x._data.dtype, None)
    elif samples._data.ndim != 3 or size_of(tuple(samples._data.shape)) != rows * rank:
        raise ShapeError(
            f"{name}: the random samples need the shape (batch, channels, {rank}), not "
            f"{tuple(samples._data.shape)}."
        )
    samples = reshape(samples, shape=(rows, rank))
    places: Any = None
    for k in range(rank):
        # PyTorch's samples begin with the last axis in two dimensions, with the first in three.
        column = slice_(samples, slices=((0, rows, 1), (rank - 1 - k if rank == 2 else k, 1, 1)))
        start = _starts(column, extents[k], counts[k], sizes[k])
        spread = [1] * (2 * rank)
        spread[k] = counts[k]
        inner = [1] * (2 * rank)
        inner[rank + k] = sizes[k]
        along = e.add(
            reshape(start, shape=(rows, *spread)), reshape(iota(sizes[k]), shape=(1, *inner))
        )
        places = along if places is None else e.add(e.mul(places, extents[k]), along)
    places = reshape(places, shape=(rows, size_of(counts), size_of(sizes)))
    found: Pooled = maxima(x, places, counts)
    return found if positions else found.values


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest elements of windows that begin at random, nearly equally spaced places.

    The result has `output_size`, or `output_ratio` of the input's size. Source: B. Graham, 2014.

    >>> import wengert
    >>> wengert.nn.functional.fractional_max_pool2d(wengert.ones(1, 9, 9), 2, (4, 5)).shape
    (1, 4, 5)
    """
    sizes = (kernel_size, output_size, output_ratio)
    return _fractional(input, *sizes, return_indices, _random_samples, 2)


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """`fractional_max_pool2d` over three axes.

    >>> import wengert
    >>> wengert.nn.functional.fractional_max_pool3d(wengert.ones(1, 9, 9, 9), 2, 3).shape
    (1, 3, 3, 3)
    """
    sizes = (kernel_size, output_size, output_ratio)
    return _fractional(input, *sizes, return_indices, _random_samples, 3)


def _adaptive_with_indices(pool: Callable[..., Any]) -> Callable[..., Any]:
    def function(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        return pool(input, output_size, True)

    return _called(function, pool)


def _fractional_with_indices(pool: Callable[..., Any]) -> Callable[..., Any]:
    def function(
        input: Any,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> Any:
        return pool(input, kernel_size, output_size, output_ratio, True, _random_samples)

    return _called(function, pool)


def _called(function: Callable[..., Any], pool: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = f"{pool.__name__}_with_indices"
    function.__doc__ = f"`{pool.__name__}` that always says where the largest elements stand, too."
    return function


adaptive_max_pool1d_with_indices = _adaptive_with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _adaptive_with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _adaptive_with_indices(adaptive_max_pool3d)
fractional_max_pool2d_with_indices = _fractional_with_indices(fractional_max_pool2d)
fractional_max_pool3d_with_indices = _fractional_with_indices(fractional_max_pool3d)

__all__ = ["adaptive_avg_pool1d"]
