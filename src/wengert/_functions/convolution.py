"""Convolutions over one or two axes, as one large matrix product.

Every window of the input becomes a column, so that the product is (out, in * kernel) @ (in *
kernel, positions). Padding, windows and product are primitives: derivatives of any order, batching
and compiling follow from theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._base.errors import ShapeError
from .._base.shapes import size_of
from .._primitives.elementwise import add
from .._primitives.shaping import embed, permute, reshape
from .._primitives.windows import windows
from .creation import clone
from .matrix import matmul

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


def bordered(x: Any, borders: Sequence[tuple[int, int]]) -> Any:
    """x with zeros before and after each trailing axis."""
    if not any(before or after for before, after in borders):
        return x
    shape = tuple(x._data.shape)
    lead = len(shape) - len(borders)
    places = [(0, extent, 1) for extent in shape]
    new = list(shape)
    for axis, (before, after) in enumerate(borders, lead):
        places[axis] = (before, shape[axis], 1)
        new[axis] += before + after
    return embed(x, shape=tuple(new), slices=tuple(places))


def _check(x: Sizes, weight: Sizes, bias: Any, groups: int, name: str) -> None:
    rank = len(weight) - 2
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
    if bias is not None and tuple(bias._data.shape) != (weight[0],):
        raise ShapeError(
            f"{name}: the bias has shape {tuple(bias._data.shape)}, the weight {weight[0]} outputs."
        )
    if 0 in weight[-rank:]:
        raise ShapeError(f"{name}: the weight of shape {weight} has an empty kernel.")


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
    shape, filters = tuple(x._data.shape), tuple(weight._data.shape)
    if len(filters) != rank + 2 or len(shape) not in (rank + 1, rank + 2):
        raise ShapeError(
            f"{name}: expected an input with {rank + 2} axes (batch, channels, ...), or {rank + 1} "
            f"for one sample, and a weight with {rank + 2}; the shapes are {shape} and {filters}."
        )
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
    out = permute(reshape(product, shape=(filters[0], *places)), axes=axes)
    # Either operation lays the result out in its own order, so that it can be viewed flat.
    if bias is None:
        return clone(out)
    return add(out, reshape(bias, shape=(filters[0], *(1,) * rank)))


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
