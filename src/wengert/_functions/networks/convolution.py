"""Convolutions over one to three axes and their transposes, as one large matrix product.

Every window of the input becomes a column, so that the product is (out, in * kernel) @ (in *
kernel, positions); transposed, the product's columns are added back as windows. Padding, windows
and product are primitives: derivatives of any order, batching and compiling follow from theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import size_of
from ..._primitives.elementwise import add
from ..._primitives.linear_algebra import swapped
from ..._primitives.shaping import permute, reshape
from ..._primitives.windows import fold, windows
from ..linear_algebra.matrix import matmul
from ..making.creation import clone
from .padding import bordered

Sizes = tuple[int, ...]


def per_axis(value: int | Sequence[int], rank: int, name: str, what: str, least: int) -> Sizes:
    """One size for each axis, from one for all or one for each."""
    found = tuple(value) if isinstance(value, Sequence) else (value,) * rank
    if len(found) == 1:
        found *= rank
    if len(found) != rank or min(found) < least:
        raise ValueError(
            f"{name}: {what}={value!r} must be one integer, or {rank}, of at least {least}."
        )
    return found


def _borders(
    padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, name: str
) -> tuple[tuple[int, int], ...]:
    """How many zeros come before and after each axis."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in per_axis(padding, len(kernel), name, "padding", 0))
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise ValueError(f"{name}: padding={padding!r}; use a number, 'same' or 'valid'.")
    if max(stride) > 1:
        raise ValueError(f"{name}: padding='same' needs stride 1, not {stride}.")
    totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def _check_bias(bias: Any, outputs: int, weight: Sizes, name: str) -> None:
    if bias is not None and tuple(bias._data.shape) != (outputs,):
        raise ShapeError(
            f"{name}: the bias has shape {tuple(bias._data.shape)}, the weight {outputs} outputs."
        )
    if 0 in weight[2:]:
        raise ShapeError(f"{name}: the weight of shape {weight} has an empty kernel.")


def _check(x: Sizes, weight: Sizes, bias: Any, groups: int, name: str) -> None:
    if groups < 1 or weight[0] % groups or x[1] != weight[1] * groups:
        raise ShapeError(
            f"{name}: an input of shape {x} has {x[1]} channels; a weight of shape {weight} (out, "
            f"in / groups, *kernel) with groups={groups} takes {weight[1] * groups}"
            + (
                f", and groups must divide {weight[0]}."
                if groups < 1 or weight[0] % groups
                else "."
            )
        )
    _check_bias(bias, weight[0], weight, name)


def _check_ranks(x: Any, weight: Any, bias: Any, rank: int, name: str) -> None:
    shape, filters = tuple(x._data.shape), tuple(weight._data.shape)
    if len(filters) != rank + 2 or len(shape) not in (rank + 1, rank + 2):
        raise ShapeError(
            f"{name}: expected an input with {rank + 2} axes (batch, channels, ...), or {rank + 1} "
            f"for one sample, and a weight with {rank + 2}; the shapes are {shape} and {filters}."
        )
    dtypes = [t._data.dtype for t in (x, weight, bias) if t is not None]
    if any(dtype != dtypes[0] for dtype in dtypes):
        raise DtypeError(
            f"{name}: input, weight and bias must have one dtype, not {', '.join(map(str, dtypes))}"
            ". Convert with x.to(...)."
        )


def _biased(out: Any, bias: Any, rank: int) -> Any:
    """Either operation lays the result out in its own order, so that it can be viewed flat."""
    if bias is None:
        return clone(out)
    return add(out, reshape(bias, shape=(*bias._data.shape, *(1,) * rank)))


def _convolve(
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    rank: int,
) -> Any:
    name = f"conv{rank}d"
    _check_ranks(x, weight, bias, rank, name)
    shape, filters = tuple(x._data.shape), tuple(weight._data.shape)
    if len(shape) == rank + 1:
        one = reshape(x, shape=(1, *shape))
        out = _convolve(one, weight, bias, stride, padding, dilation, groups, rank)
        return reshape(out, shape=tuple(out._data.shape)[1:])
    _check(shape, filters, bias, groups, name)
    kernel = filters[2:]
    steps = per_axis(stride, rank, name, "stride", 1)
    gaps = per_axis(dilation, rank, name, "dilation", 1)
    axes = (1, 0, *range(2, rank + 2))
    padded = bordered(permute(x, axes=axes), _borders(padding, kernel, steps, gaps, name))
    found = tuple(padded._data.shape)[2:]
    if any(e < (k - 1) * d + 1 for e, k, d in zip(found, kernel, gaps, strict=True)):
        raise ShapeError(
            f"{name}: the kernel {kernel} with dilation {gaps} does not fit into the padded input "
            f"{found}. Use more padding or a smaller kernel."
        )
    # The batch is an axis of positions, with a kernel of 1: (channels, 1, *kernel, batch, *out).
    columns = windows(padded, kernel=(1, *kernel), stride=(1, *steps), dilation=(1, *gaps))
    places = tuple(columns._data.shape)[rank + 2 :]
    depth = filters[1] * size_of(kernel)
    lead = () if groups == 1 else (groups,)
    product = matmul(
        reshape(weight, shape=(*lead, filters[0] // groups, depth)),
        reshape(columns, shape=(*lead, depth, size_of(places))),
    )
    return _biased(permute(reshape(product, shape=(filters[0], *places)), axes=axes), bias, rank)


def _convolve_back(
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
    rank: int,
) -> Any:
    name = f"conv_transpose{rank}d"
    _check_ranks(x, weight, bias, rank, name)
    shape, filters = tuple(x._data.shape), tuple(weight._data.shape)
    if len(shape) == rank + 1:
        one = reshape(x, shape=(1, *shape))
        out = _convolve_back(
            one, weight, bias, stride, padding, output_padding, groups, dilation, rank
        )
        return reshape(out, shape=tuple(out._data.shape)[1:])
    if groups < 1 or filters[0] % groups or shape[1] != filters[0]:
        raise ShapeError(
            f"{name}: an input of shape {shape} has {shape[1]} channels; a weight of shape "
            f"{filters} (in, out / groups, *kernel) takes {filters[0]}, which groups={groups} must "
            "divide."
        )
    outputs, kernel = filters[1] * groups, filters[2:]
    _check_bias(bias, outputs, filters, name)
    steps = per_axis(stride, rank, name, "stride", 1)
    gaps = per_axis(dilation, rank, name, "dilation", 1)
    cut = per_axis(padding, rank, name, "padding", 0)
    more = per_axis(output_padding, rank, name, "output_padding", 0)
    if any(m >= max(s, d) for m, s, d in zip(more, steps, gaps, strict=True)):
        raise ShapeError(
            f"{name}: output_padding {more} must be smaller than stride {steps} or dilation {gaps}."
        )
    places = (shape[0], *shape[2:])
    spans = zip(shape[2:], steps, kernel, gaps, strict=True)
    full = tuple((e - 1) * s + (k - 1) * d + 1 for e, s, k, d in spans)
    if any(f - 2 * c + m < 1 for f, c, m in zip(full, cut, more, strict=True)):
        raise ShapeError(f"{name}: padding {cut} leaves nothing of an output of {full}.")
    lead = () if groups == 1 else (groups,)
    depth = filters[1] * size_of(kernel)
    axes = (1, 0, *range(2, rank + 2))
    product = matmul(
        swapped(reshape(weight, shape=(*lead, filters[0] // groups, depth))),
        reshape(permute(x, axes=axes), shape=(*lead, filters[0] // groups, size_of(places))),
    )
    out = fold(
        reshape(product, shape=(outputs, 1, *kernel, *places)),
        shape=(outputs, shape[0], *full),
        kernel=(1, *kernel),
        stride=(1, *steps),
        dilation=(1, *gaps),
    )
    out = bordered(out, [(-c, m - c) for c, m in zip(cut, more, strict=True)])
    return _biased(permute(out, axes=axes), bias, rank)


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """out[n, o, i] = bias[o] + sum_ck weight[o, c, k] * x[n, c, i * stride + k * dilation].

    Input (batch, in, length) or (in, length), weight (out, in / groups, kernel). `padding` is a
    number of zeros at both ends, "same" (the length stays) or "valid" (none).

    >>> import wengert
    >>> x = wengert.arange(5.0).reshape(1, 1, 5)
    >>> wengert.nn.functional.conv1d(x, wengert.tensor([[[-1.0, 0.0, 1.0]]]))
    tensor([[[2., 2., 2.]]])
    """
    return _convolve(input, weight, bias, stride, padding, dilation, groups, 1)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """`conv1d` over two axes: input (batch, in, height, width), weight (out, in / groups, h, w).

    `stride`, `padding` and `dilation` are numbers, or pairs of them.

    >>> import wengert
    >>> x = wengert.ones(1, 1, 4, 4)
    >>> wengert.nn.functional.conv2d(x, wengert.ones(1, 1, 3, 3), padding=1).shape
    (1, 1, 4, 4)
    """
    return _convolve(input, weight, bias, stride, padding, dilation, groups, 2)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """`conv1d` over three axes: input (batch, in, depth, height, width).

    >>> import wengert
    >>> x = wengert.ones(1, 1, 4, 4, 4)
    >>> wengert.nn.functional.conv3d(x, wengert.ones(2, 1, 3, 3, 3), stride=2).shape
    (1, 2, 1, 1, 1)
    """
    return _convolve(input, weight, bias, stride, padding, dilation, groups, 3)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """out[n, o, i * stride + k * dilation - padding] += weight[c, o, k] * x[n, c, i], plus bias.

    Input (batch, in, length) or (in, length), weight (in, out / groups, kernel). `output_padding`
    makes the result longer at its end. The transpose of `conv1d` in its input.

    >>> import wengert
    >>> x, weight = wengert.tensor([[[1.0, 2.0]]]), wengert.tensor([[[1.0, 10.0]]])
    >>> wengert.nn.functional.conv_transpose1d(x, weight)
    tensor([[[ 1., 12., 20.]]])
    """
    return _convolve_back(input, weight, bias, stride, padding, output_padding, groups, dilation, 1)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """`conv_transpose1d` over two axes: input (batch, in, h, w), weight (in, out / groups, h, w).

    >>> import wengert
    >>> x = wengert.ones(1, 1, 4, 4)
    >>> wengert.nn.functional.conv_transpose2d(x, wengert.ones(1, 3, 2, 2), stride=2).shape
    (1, 3, 8, 8)
    """
    return _convolve_back(input, weight, bias, stride, padding, output_padding, groups, dilation, 2)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """`conv_transpose1d` over three axes.

    >>> import wengert
    >>> x = wengert.ones(1, 1, 2, 2, 2)
    >>> wengert.nn.functional.conv_transpose3d(x, wengert.ones(1, 1, 2, 2, 2), stride=2).shape
    (1, 1, 4, 4, 4)
    """
    return _convolve_back(input, weight, bias, stride, padding, output_padding, groups, dilation, 3)


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """`conv1d` with the axes (time, batch, channels): weight (kernel, in, out), bias (out).

    >>> import wengert
    >>> x, weight = wengert.arange(3.0).reshape(3, 1, 1), wengert.ones(2, 1, 1)
    >>> wengert.conv_tbc(x, weight, wengert.zeros(1)).flatten()
    tensor([1., 3.])
    """
    for what, x, axes in (("input", input, 3), ("weight", weight, 3), ("bias", bias, 1)):
        if x._data.ndim != axes:
            raise ShapeError(
                f"conv_tbc: {what} needs {axes} axes, not shape {tuple(x._data.shape)}."
            )
    rows, kernels = permute(input, axes=(1, 2, 0)), permute(weight, axes=(2, 1, 0))
    return permute(conv1d(rows, kernels, bias, padding=pad), axes=(2, 0, 1)).clone()


__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]
