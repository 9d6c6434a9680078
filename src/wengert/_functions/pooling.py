"""Pooling: the largest element or the mean of each window.

The largest is found axis by axis, comparing whole slices; at a tie the first element in row-major
order gets the cotangent, as in PyTorch. A border of a maximum holds -inf, that of a mean zeros.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.dtypes import is_floating
from .._base.errors import DtypeError, ShapeError
from .._base.shapes import Shape
from .._primitives import elementwise as e
from .._primitives.creation import constant
from .._primitives.reductions import sum_
from .._primitives.shaping import slice_
from .._primitives.windows import windows
from .convolution import Sizes, bordered, per_axis
from .reduction import mean
from .shape import cat, narrow, pad


class _Pool:
    """The sizes of one pooling, checked, with the number of windows along each axis."""

    def __init__(
        self, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool, name: str
    ) -> None:
        rank = int(name[-2])
        shape: Shape = tuple(x._data.shape)
        if len(shape) not in (rank + 1, rank + 2):
            raise ShapeError(
                f"{name}: expected {rank + 2} axes (batch, channels, ...), or {rank + 1} for one "
                f"sample, not shape {shape}."
            )
        self.kernel = per_axis(kernel, rank, name, "kernel_size", 1)
        self.stride = self.kernel if stride is None else per_axis(stride, rank, name, "stride", 1)
        self.padding = per_axis(padding, rank, name, "padding", 0)
        self.dilation = per_axis(dilation, rank, name, "dilation", 1)
        self.extents = shape[-rank:]
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ValueError(
                f"{name}: padding {self.padding} is more than half of the kernel {self.kernel}; a "
                "window could lie in the border alone."
            )
        sizes = zip(
            self.extents, self.kernel, self.stride, self.padding, self.dilation, strict=True
        )
        self.counts: Sizes = tuple(_count(*size, ceil) for size in sizes)
        if min(self.counts) < 1:
            raise ShapeError(
                f"{name}: a kernel {self.kernel} with padding {self.padding} does not fit into "
                f"{self.extents}."
            )
        self.borders: list[tuple[int, int]] = []
        for k, extent in enumerate(self.extents):
            reach = (self.counts[k] - 1) * self.stride[k]
            reach += (self.kernel[k] - 1) * self.dilation[k] + 1
            # A negative border is what no window reaches.
            self.borders.append((self.padding[k], reach - extent - self.padding[k]))


def _count(extent: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    room = extent + 2 * padding - (kernel - 1) * dilation - 1
    if room < 0 and not ceil:
        return 0
    count = (math.ceil(room / stride) if ceil else room // stride) + 1
    # The last window must start inside the input or the border before it.
    return count - 1 if ceil and (count - 1) * stride >= extent + padding else count


def _larger(x: Any, axis: int, kernel: int, stride: int, dilation: int, count: int) -> Any:
    """The maxima of windows along one axis."""
    best: Any = None
    for offset in range(kernel):
        slices = [(0, extent, 1) for extent in x._data.shape]
        slices[axis] = (offset * dilation, count, stride)
        part = slice_(x, slices=tuple(slices))
        if best is None:
            best = part
            continue
        wins = e.gt(part, best)
        if is_floating(x._data.dtype):
            wins = e.bitwise_or(wins, e.isnan(part))
        best = e.where(wins, part, best)
    return best.clone() if kernel == 1 else best


def _max_pool(
    x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool, name: str
) -> Any:
    pool = _Pool(x, kernel, stride, padding, dilation, ceil, name)
    if any(before or after > 0 for before, after in pool.borders):
        if not is_floating(x._data.dtype):
            raise DtypeError(f"{name}: padding needs a floating dtype, not {x._data.dtype}.")
        widths = [max(width, 0) for border in reversed(pool.borders) for width in border]
        x = pad(x, widths, value=-math.inf)
    rank = len(pool.kernel)
    for k in reversed(range(rank)):
        axis = x._data.ndim - rank + k
        x = _larger(x, axis, pool.kernel[k], pool.stride[k], pool.dilation[k], pool.counts[k])
    return x


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """`max_pool2d` over one axis.

    >>> import wengert
    >>> wengert.nn.functional.max_pool1d(wengert.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, "max_pool1d")


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest element of each window; NaN if there is one. The stride is the kernel by default.

    Input (batch, channels, height, width). With `ceil_mode` a last window may reach over the edge.

    >>> import wengert
    >>> wengert.nn.functional.max_pool2d(wengert.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return _max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, "max_pool2d")


def _covered(pool: _Pool, k: int, with_border: bool) -> np.ndarray[Any, Any]:
    """How many elements of axis k each window covers, inside the input or its padded form."""
    start = np.arange(pool.counts[k]) * pool.stride[k] - pool.padding[k]
    end = np.minimum(start + pool.kernel[k], pool.extents[k] + pool.padding[k])
    if not with_border:
        start, end = np.maximum(start, 0), np.minimum(end, pool.extents[k])
    return end - start


def _avg_pool(
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil: bool,
    with_border: bool,
    divisor: int | None,
    name: str,
) -> Any:
    if not is_floating(x._data.dtype):
        raise DtypeError(f"{name}: expected a floating dtype, not {x._data.dtype}.")
    pool = _Pool(x, kernel, stride, padding, 1, ceil, name)
    rank = len(pool.kernel)
    borders = [(before, max(after, 0)) for before, after in pool.borders]
    parts = windows(
        bordered(x, borders), kernel=pool.kernel, stride=pool.stride, dilation=(1,) * rank
    )
    lead = x._data.ndim - rank
    total = sum_(parts, axes=tuple(range(lead, lead + rank)))
    if divisor is not None:
        return e.div(total, float(divisor))
    sizes = np.ones((), np.float64)
    for k in range(rank):
        sizes = sizes[..., None] * _covered(pool, k, with_border)
    if sizes.min() == sizes.max():
        return e.div(total, float(sizes.flat[0]))
    return e.div(total, constant(sizes.astype(x._data.dtype)))


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """`avg_pool2d` over one axis.

    >>> import wengert
    >>> wengert.nn.functional.avg_pool1d(wengert.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[2., 1.]])
    """
    return _avg_pool(
        input, kernel_size, stride, padding, ceil_mode, count_include_pad, None, "avg_pool1d"
    )


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window; zeros of the border count unless `count_include_pad` is False.

    Input (batch, channels, height, width). `divisor_override` divides the sums instead.

    >>> import wengert
    >>> wengert.nn.functional.avg_pool2d(wengert.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    return _avg_pool(
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
        "avg_pool2d",
    )


def _adaptive(x: Any, axis: int, count: int) -> Any:
    """Means over `count` nearly equal parts of an axis, which overlap where they must."""
    extent = x._data.shape[axis]
    parts: list[Any] = []
    for k in range(count):
        start, end = k * extent // count, -((-(k + 1) * extent) // count)
        parts.append(mean(narrow(x, axis, start, end - start), axis, keepdim=True))
    return cat(parts, axis)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """Means over windows chosen so that the result has `output_size`; None keeps an extent.

    Output i of n covers floor(i * extent / n) to ceil((i + 1) * extent / n).

    >>> import wengert
    >>> wengert.nn.functional.adaptive_avg_pool2d(wengert.ones(1, 8, 5, 7), (2, 3)).shape
    (1, 8, 2, 3)
    """
    shape = tuple(input._data.shape)
    if len(shape) not in (3, 4):
        raise ShapeError(f"adaptive_avg_pool2d: expected 3 or 4 axes, not shape {shape}.")
    given: Any = output_size
    pair = (given,) * 2 if given is None or isinstance(given, int) else tuple(given)
    wanted: list[int] = [shape[k - 2] if size is None else size for k, size in enumerate(pair)]
    if len(wanted) != 2 or min(wanted) < 1:
        raise ValueError(f"adaptive_avg_pool2d: output_size={output_size!r} must be positive.")
    steps = [shape[k - 2] // size for k, size in enumerate(wanted)]
    if all(step * size == shape[k - 2] for k, (step, size) in enumerate(zip(steps, wanted))):
        return avg_pool2d(input, tuple(steps))
    for k, size in enumerate(wanted):
        input = _adaptive(input, len(shape) - 2 + k, size)
    return input
