"""Rows by number: of a table (embedding, embedding_bag), or of the identity matrix (one_hot)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..._base.dtypes import bool_, int64
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._declare.elementwise import convert
from ..._primitives.creation import full
from ..._primitives.elementwise import add, div, eq, gt, mul, ne, sub, where
from ..._primitives.indexing import iota, scatter_add, sort, take
from ..._primitives.reductions import cumsum
from ..._primitives.shaping import reshape, slice_
from ..._record import modes as _modes
from ..reductions.norms import norm


def checked(input: Any, weight: Any, padding_idx: int | None, name: str) -> int | None:
    """A non-negative `padding_idx`, once everything is known to fit."""
    if input._data.dtype.kind not in "iu":
        raise DtypeError(f"{name}: row numbers must be integers, not {input._data.dtype}.")
    if weight._data.ndim != 2:
        raise ShapeError(f"{name}: the table needs 2 axes, not shape {tuple(weight._data.shape)}.")
    if padding_idx is None:
        return None
    rows = weight._data.shape[0]
    if not -rows <= padding_idx < rows:
        raise ValueError(f"{name}: padding_idx={padding_idx} is no row of {rows}.")
    return padding_idx % rows


def _counts(index: Any, rows: int, dtype: Any) -> Any:
    """How often each row is named."""
    size = index._data.size
    flat = reshape(index, shape=(size,))
    return scatter_add(full((size,), 1, dtype), flat, shape=(rows,))


def renormalize(weight: Any, index: Any, max_norm: float, norm_type: float) -> None:
    """Shorten the rows that are used and longer than `max_norm`, in place."""
    with _modes.override(grad=False):
        rows = weight._data.shape[0]
        length = norm(weight, norm_type, 1, keepdim=True)
        used = reshape(gt(_counts(index, rows, int64), 0), shape=(rows, 1))
        shorter = mul(weight, div(max_norm, add(length, 1e-7)))
        weight.copy_(where(used, where(gt(length, max_norm), shorter, weight), weight))


def _rows(weight: Any, index: Any, padding: int | None, by_frequency: bool) -> Any:
    found = take(weight, index)
    shape = (*index._data.shape, 1)
    if by_frequency:
        counts = _counts(index, weight._data.shape[0], weight._data.dtype)
        constant = found.detach()
        part = div(sub(found, constant), reshape(take(counts, index), shape=shape))
        found = add(constant, part)
    if padding is None:
        return found
    return where(reshape(eq(index, padding), shape=shape), found.detach(), found)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """weight[input]: a row of the table for each number; the row `padding_idx` gets no gradient.

    Input: integers of any shape; weight (rows, features); result (*input.shape, features). With
    `max_norm` longer rows that are used are first shortened in the table itself. The gradient of a
    row is divided by how often it is used with `scale_grad_by_freq`; it is dense always.

    >>> import wengert
    >>> table = wengert.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> wengert.nn.functional.embedding(wengert.tensor([1, 1]), table)
    tensor([[2., 3.],
            [2., 3.]])
    """
    padding = checked(input, weight, padding_idx, "embedding")
    index = convert(input, int64)
    if max_norm is not None:
        renormalize(weight, index, max_norm, norm_type)
    return _rows(weight, index, padding, scale_grad_by_freq)


def _bag_starts(input: Any, offsets: Any, include_last: bool) -> tuple[Any, int]:
    if offsets is None or offsets._data.ndim != 1 or offsets._data.dtype.kind not in "iu":
        raise ShapeError("embedding_bag: an input of one axis needs offsets: integers, one axis.")
    bags = offsets._data.shape[0] - bool(include_last)
    if bags < 0:
        raise ShapeError("embedding_bag: include_last_offset needs at least one offset.")
    if is_array(offsets._data) and bags:
        starts: np.ndarray[Any, Any] = offsets._data
        if starts[0] != 0 or starts.max() > input._data.size:
            raise DimensionError(
                f"embedding_bag: offsets must begin with 0 and not exceed {input._data.size}."
            )
    return slice_(convert(offsets, int64), slices=((0, bags, 1),)), bags


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    """Sums, means or maxima of bags of rows of a table.

    Input (bags, size), or one axis with `offsets`, the positions at which bags begin. Rows
    `padding_idx` are left out; an empty bag gives 0. `per_sample_weights` multiply rows, in mode
    "sum" alone.

    >>> import wengert
    >>> table = wengert.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> wengert.nn.functional.embedding_bag(wengert.tensor([[0, 1]]), table)
    tensor([[1., 2.]])
    """
    return bagged(
        input, weight, offsets, max_norm, norm_type, scale_grad_by_freq, mode, per_sample_weights,
        include_last_offset, padding_idx,
    ).values  # fmt: skip


class Bags(NamedTuple):
    """What became of the bags; for each index its bag, and whether it counts; the winning rows."""

    values: Any
    bag: Any
    kept: Any
    winners: Any


def bagged(
    input: Any,
    weight: Any,
    offsets: Any,
    max_norm: float | None,
    norm_type: float,
    by_frequency: bool,
    mode: str,
    per_sample_weights: Any,
    include_last: bool,
    padding_idx: int | None,
) -> Bags:
    """`embedding_bag`, and how it came about."""
    padding = checked(input, weight, padding_idx, "embedding_bag")
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"embedding_bag: mode {mode!r}; use 'sum', 'mean' or 'max'.")
    shape, size = tuple(input._data.shape), input._data.size
    if len(shape) not in (1, 2) or (len(shape) == 2) != (offsets is None):
        raise ShapeError(
            f"embedding_bag: an input of shape {shape} needs "
            f"{'no offsets' if len(shape) == 2 else 'one axis and offsets, or two axes'}."
        )
    if per_sample_weights is not None:
        if mode != "sum":
            raise NotImplementedError(
                f"embedding_bag: per_sample_weights need mode 'sum', not {mode!r}."
            )
        if tuple(per_sample_weights._data.shape) != shape:
            raise ShapeError(
                f"embedding_bag: per_sample_weights have shape {per_sample_weights._data.shape}, "
                f"the input {shape}."
            )
        if per_sample_weights._data.dtype != weight._data.dtype:
            raise DtypeError("embedding_bag: per_sample_weights need the dtype of the weight.")
    index = reshape(convert(input, int64), shape=(size,))
    if offsets is None:
        bags = shape[0]
        starts = mul(iota(bags), shape[1])
    else:
        starts, bags = _bag_starts(input, offsets, include_last)
    if max_norm is not None:
        renormalize(weight, index, max_norm, norm_type)
    # Ones at the beginnings add up to the number of the bag.
    begins = scatter_add(full((bags,), 1, int64), starts, shape=(size + 1,))
    bag = sub(slice_(cumsum(begins, axis=0), slices=((0, size, 1),)), 1)
    rows = _rows(weight, index, None, by_frequency)
    kept = full((size,), True, bool_) if padding is None else ne(index, padding)
    if mode == "max":
        largest, winners = _largest(rows, bag, kept, bags)
        some = reshape(gt(counts_of(bag, kept, bags), 0), shape=(bags, 1))
        winners = where(some, take(index, winners), 0) if size else winners
        return Bags(where(some, largest, 0.0), bag, kept, winners)
    column = (size, 1)
    if per_sample_weights is not None:
        rows = mul(rows, reshape(per_sample_weights, shape=column))
    rows = where(reshape(kept, shape=column), rows, 0.0)
    total = scatter_add(rows, bag, shape=(bags, weight._data.shape[1]))
    if mode == "sum":
        return Bags(total, bag, kept, None)
    counts = convert(counts_of(bag, kept, bags), weight._data.dtype)
    counts = reshape(counts, shape=(bags, 1))
    return Bags(div(total, where(gt(counts, 0.0), counts, 1.0)), bag, kept, None)


def counts_of(bag: Any, kept: Any, bags: int) -> Any:
    """How many indices of each bag count."""
    return scatter_add(convert(kept, int64), bag, shape=(bags,))


def _largest(rows: Any, bag: Any, kept: Any, bags: int) -> tuple[Any, Any]:
    """The maxima of bags and which rows they are: sorted downwards, then stably by bag, the first
    of each bag. Anything for a bag of which nothing counts.
    """
    size, features = tuple(rows._data.shape)
    if not size:
        nothing = scatter_add(rows, bag, shape=(bags, features))
        return nothing, full((bags, features), 0, int64)
    masked = where(reshape(kept, shape=(size, 1)), rows.detach(), float("-inf"))
    order = sort(masked, axis=0, descending=True)[1]
    by_bag = sort(take(bag, order), axis=0, descending=False)[1]
    column = reshape(iota(features), shape=(1, features))
    order = take(order, by_bag, column)
    held = scatter_add(full((size,), 1, int64), bag, shape=(bags,))
    first = sub(cumsum(held, axis=0), held)
    # An empty bag at the end begins where there is nothing; any place does for it.
    first = where(gt(held, 0), first, 0)
    winners = take(order, reshape(first, shape=(bags, 1)), column)
    return take(rows, winners, column), winners


def one_hot(input: Any, num_classes: int = -1) -> Any:
    """Rows with a single 1 at the position that each integer names; int64.

    A position that is negative or not below `num_classes` (the largest plus 1, if -1) raises.

    >>> import wengert
    >>> wengert.nn.functional.one_hot(wengert.tensor([1, 0]), 3)
    tensor([[0, 1, 0],
            [1, 0, 0]])
    """
    if input._data.dtype.kind not in "iu":
        raise DtypeError(f"one_hot: class positions must be integers, not {input._data.dtype}.")
    shape, size = tuple(input._data.shape), input._data.size
    if num_classes == -1:
        if not size:
            raise ValueError("one_hot: nothing says how many classes there are; give num_classes.")
        num_classes = int(input.max().item()) + 1
    elif num_classes < 1:
        raise ValueError(f"one_hot: num_classes={num_classes} must be positive.")
    places = reshape(convert(input, int64), shape=(size,))
    rows = scatter_add(full((size,), 1, int64), iota(size), places, shape=(size, num_classes))
    return reshape(rows, shape=(*shape, num_classes))
