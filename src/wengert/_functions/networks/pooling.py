"""Pooling over one to three axes: the largest element, the mean or the p-norm of each window.

The largest is found axis by axis, comparing whole slices; at a tie the first element in row-major
order gets the cotangent, as in PyTorch. A border of a maximum holds the lowest number, that of a
mean zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.dtypes import Dtype, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import Shape, size_of
from ..._primitives import elementwise as e
from ..._primitives.creation import constant
from ..._primitives.reductions import sum_
from ..._primitives.shaping import slice_
from ..._primitives.windows import windows
from ..elementwise.arithmetic import div
from ..out import takes_out
from .convolution import Sizes, per_axis
from .maxima import Places, joint_places, maxima
from .padding import bordered


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
        if 0 in shape[len(shape) - rank - 1 :]:
            raise ShapeError(f"{name}: shape {shape} has an empty axis besides the batch.")
        self.kernel = per_axis(kernel, rank, name, "kernel_size", 1)
        # An empty tuple is what PyTorch's signatures say for "as the kernel".
        given = self.kernel if stride is None or stride == () else stride
        self.stride = per_axis(given, rank, name, "stride", 1)
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


def _lowest(dtype: Dtype) -> float:
    return -math.inf if is_floating(dtype) else int(np.iinfo(dtype).min)


def _places(pool: _Pool) -> Places:
    """The positions inside each window; -1 in the border."""
    axes: list[np.ndarray[Any, Any]] = []
    for k, extent in enumerate(pool.extents):
        start = np.arange(pool.counts[k]) * pool.stride[k] - pool.padding[k]
        found = start[:, None] + np.arange(pool.kernel[k]) * pool.dilation[k]
        axes.append(np.where((found >= 0) & (found < extent), found, -1))
    return joint_places(axes, pool.extents)


def _max_pool(
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil: bool,
    positions: bool,
    name: str,
) -> Any:
    if x._data.dtype.kind in "bc":
        raise DtypeError(f"{name}: {x._data.dtype} has no maximum.")
    pool = _Pool(x, kernel, stride, padding, dilation, ceil, name)
    if positions:
        return maxima(x, _places(pool), pool.counts)
    widths = [(before, max(after, 0)) for before, after in pool.borders]
    x = bordered(x, widths, _lowest(x._data.dtype))
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
    return_indices: bool = False,
) -> Any:
    """`max_pool2d` over one axis.

    >>> import wengert
    >>> wengert.nn.functional.max_pool1d(wengert.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    sizes = (kernel_size, stride, padding, dilation, ceil_mode, return_indices)
    return _max_pool(input, *sizes, "max_pool1d")


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window; NaN if there is one. The stride is the kernel by default.

    Input (batch, channels, height, width). With `ceil_mode` a last window may reach over the edge.
    With `return_indices` also where they stand, as positions in the flattened height * width.

    >>> import wengert
    >>> wengert.nn.functional.max_pool2d(wengert.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    sizes = (kernel_size, stride, padding, dilation, ceil_mode, return_indices)
    return _max_pool(input, *sizes, "max_pool2d")


def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """`max_pool2d` over three axes.

    >>> import wengert
    >>> wengert.nn.functional.max_pool3d(wengert.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[7.]]]])
    """
    sizes = (kernel_size, stride, padding, dilation, ceil_mode, return_indices)
    return _max_pool(input, *sizes, "max_pool3d")


def _with_indices(pool: Callable[..., Any]) -> Callable[..., Any]:
    """The pool that always returns where the largest elements stand, too."""

    def function(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        return pool(input, kernel_size, stride, padding, dilation, ceil_mode, True)

    function.__name__ = function.__qualname__ = f"{pool.__name__}_with_indices"
    function.__doc__ = f"`{pool.__name__}` with `return_indices=True`."
    return function


max_pool1d_with_indices = _with_indices(max_pool1d)
max_pool2d_with_indices = _with_indices(max_pool2d)
max_pool3d_with_indices = _with_indices(max_pool3d)


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
    if x._data.dtype.kind in "bc":
        raise DtypeError(f"{name}: expected a real dtype, not {x._data.dtype}.")
    if divisor == 0:
        raise ValueError(f"{name}: divisor_override must not be 0.")
    pool = _Pool(x, kernel, stride, padding, 1, ceil, name)
    rank = len(pool.kernel)
    borders = [(before, max(after, 0)) for before, after in pool.borders]
    parts = windows(
        bordered(x, borders), kernel=pool.kernel, stride=pool.stride, dilation=(1,) * rank
    )
    lead = x._data.ndim - rank
    total = sum_(parts, axes=tuple(range(lead, lead + rank)))
    whole = x._data.dtype.kind in "iu"
    if divisor is not None:
        return _quotient(total, divisor, whole)
    sizes = np.ones((), np.float64)
    for k in range(rank):
        sizes = sizes[..., None] * _covered(pool, k, with_border)
    if sizes.min() == sizes.max():
        return _quotient(total, float(sizes.flat[0]), whole)
    return _quotient(total, constant(sizes.astype(x._data.dtype)), whole)


def _quotient(total: Any, divisor: Any, whole: bool) -> Any:
    if not whole:
        return e.div(total, float(divisor) if isinstance(divisor, int) else divisor)
    divisor = int(divisor) if isinstance(divisor, float) else divisor
    return div(total, divisor, rounding_mode="trunc")


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
    sizes = (kernel_size, stride, padding, ceil_mode, count_include_pad, None)
    return _avg_pool(input, *sizes, "avg_pool1d")


@takes_out
def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    out: Any = None,
) -> Any:
    """The mean of each window; zeros of the border count unless `count_include_pad` is False.

    Input (batch, channels, height, width). `divisor_override` divides the sums instead.

    >>> import wengert
    >>> wengert.nn.functional.avg_pool2d(wengert.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    sizes = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return _avg_pool(input, *sizes, "avg_pool2d")


@takes_out
def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    out: Any = None,
) -> Any:
    """`avg_pool2d` over three axes.

    >>> import wengert
    >>> wengert.nn.functional.avg_pool3d(wengert.arange(8.0).reshape(1, 2, 2, 2), 2)
    tensor([[[[3.5000]]]])
    """
    sizes = (kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return _avg_pool(input, *sizes, "avg_pool3d")


def _lp_pool(x: Any, p: float, kernel: Any, stride: Any, ceil: bool, name: str) -> Any:
    rank = int(name[-2])
    if p == math.inf:
        largest = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}[rank]
        return largest(e.absolute(x), kernel, stride, ceil_mode=ceil)
    sizes = per_axis(kernel, rank, name, "kernel_size", 1)
    total = _avg_pool(e.pow(x, float(p)), sizes, stride, 0, ceil, True, None, name)
    positive = e.bitwise_not(e.le(total, 0.0))
    # The root has no derivative at 0; there, and where an odd power sums up to less, it is 0.
    scaled = e.mul(e.where(positive, total, 1.0), float(size_of(sizes)))
    return e.where(positive, e.pow(scaled, 1.0 / p), 0.0)


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """`lp_pool2d` over one axis.

    >>> import wengert
    >>> wengert.nn.functional.lp_pool1d(wengert.tensor([[3.0, 4.0]]), 2, 2)
    tensor([[5.]])
    """
    return _lp_pool(input, norm_type, kernel_size, stride, ceil_mode, "lp_pool1d")


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """(sum x^p)^(1/p) of each window, p = `norm_type`; the derivative where the sum is 0 is 0.

    A window that reaches over the edge (`ceil_mode`) is scaled up as if it were whole.

    >>> import wengert
    >>> wengert.nn.functional.lp_pool2d(wengert.ones(1, 2, 2), 2, 2)
    tensor([[[2.]]])
    """
    return _lp_pool(input, norm_type, kernel_size, stride, ceil_mode, "lp_pool2d")


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> Any:
    """`lp_pool2d` over three axes.

    >>> import wengert
    >>> wengert.nn.functional.lp_pool3d(wengert.ones(1, 2, 2, 2), 3, 2)
    tensor([[[[2.]]]])
    """
    return _lp_pool(input, norm_type, kernel_size, stride, ceil_mode, "lp_pool3d")


__all__ = [
    "avg_pool1d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
]
