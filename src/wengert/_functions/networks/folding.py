"""Blocks as columns (unfold), and columns added back as blocks (fold): windows over two axes.

The same windows that a convolution multiplies, in PyTorch's layout (batch, channels * kernel,
positions). Named apart from `Tensor.unfold`, which cuts one axis.
"""

from __future__ import annotations

from typing import Any

from ..._base.errors import ShapeError
from ..._base.shapes import size_of
from ..._primitives import windows as w
from ..._primitives.shaping import reshape
from ..._primitives.windows import window_counts
from .convolution import Sizes, per_axis
from .padding import bordered


def _sizes(
    kernel: Any, dilation: Any, padding: Any, stride: Any, name: str
) -> tuple[Sizes, Sizes, Sizes, Sizes]:
    return (
        per_axis(kernel, 2, name, "kernel_size", 1),
        per_axis(dilation, 2, name, "dilation", 1),
        per_axis(padding, 2, name, "padding", 0),
        per_axis(stride, 2, name, "stride", 1),
    )


def unfold(
    input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    """Every block of an image as a column: (n, c, h, w) -> (n, c * kernel, positions).

    >>> import wengert
    >>> x = wengert.arange(6.0).reshape(1, 1, 2, 3)
    >>> wengert.nn.functional.unfold(x, 2)
    tensor([[[0., 1.],
             [1., 2.],
             [3., 4.],
             [4., 5.]]])
    """
    kernel, gaps, border, steps = _sizes(kernel_size, dilation, padding, stride, "unfold")
    shape = tuple(input._data.shape)
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ShapeError(
            f"unfold: expected the axes (batch, channels, height, width), or the last three, not "
            f"shape {shape}."
        )
    padded = bordered(input, [(b, b) for b in border])
    extents = tuple(padded._data.shape)[-2:]
    counts = window_counts(extents, kernel, steps, gaps)
    if min(counts) < 1:
        raise ShapeError(
            f"unfold: a kernel {kernel} with dilation {gaps} does not fit into the padded {extents}"
            "."
        )
    columns = w.windows(padded, kernel=kernel, stride=steps, dilation=gaps)
    rows = shape[-3] * size_of(kernel)
    return reshape(columns, shape=(*shape[:-3], rows, size_of(counts)))


def fold(
    input: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    """Columns added up as blocks of an image of `output_size`: the transpose of `unfold`.

    >>> import wengert
    >>> x = wengert.ones(1, 4, 2)
    >>> wengert.nn.functional.fold(x, (2, 3), 2)
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """
    kernel, gaps, border, steps = _sizes(kernel_size, dilation, padding, stride, "fold")
    out = per_axis(output_size, 2, "fold", "output_size", 1)
    shape = tuple(input._data.shape)
    full = tuple(extent + 2 * b for extent, b in zip(out, border, strict=True))
    counts = window_counts(full, kernel, steps, gaps)
    fits = len(shape) in (2, 3) and min(counts) > 0 and shape[-2] % size_of(kernel) == 0
    if not fits or shape[-1] != size_of(counts) or 0 in shape[-2:]:
        raise ShapeError(
            f"fold: an image of {out} has {counts} blocks {kernel} (stride {steps}, padding "
            f"{border}, dilation {gaps}); columns of shape {shape} are not (batch, channels * "
            f"{size_of(kernel)}, {size_of(counts)})."
        )
    lead = (*shape[:-2], shape[-2] // size_of(kernel))
    image = w.fold(
        reshape(input, shape=(*lead, *kernel, *counts)),
        shape=(*lead, *full),
        kernel=kernel,
        stride=steps,
        dilation=gaps,
    )
    return bordered(image, [(-b, -b) for b in border])
