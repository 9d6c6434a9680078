"""Rows by number: of a table (embedding), or of the identity matrix (one_hot)."""

from __future__ import annotations

from typing import Any

from .._base.dtypes import int64
from .._base.errors import DtypeError, ShapeError
from .._declare.elementwise import convert
from .._primitives.creation import full
from .._primitives.elementwise import eq, where
from .._primitives.indexing import iota, scatter_add, take
from .._primitives.shaping import reshape


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """weight[input]: a row of the table for each number; the row `padding_idx` gets no gradient.

    Input: integers of any shape; weight (rows, features); result (*input.shape, features).

    >>> import wengert
    >>> table = wengert.tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> wengert.nn.functional.embedding(wengert.tensor([1, 1]), table)
    tensor([[2., 3.],
            [2., 3.]])
    """
    if input._data.dtype.kind not in "iu":
        raise DtypeError(f"embedding: row numbers must be integers, not {input._data.dtype}.")
    if weight._data.ndim != 2:
        raise ShapeError(
            f"embedding: the table needs 2 axes, not shape {tuple(weight._data.shape)}."
        )
    index = convert(input, int64)
    found = take(weight, index)
    if padding_idx is None:
        return found
    rows = weight._data.shape[0]
    if not -rows <= padding_idx < rows:
        raise ValueError(f"embedding: padding_idx={padding_idx} is no row of {rows}.")
    padded = reshape(eq(index, padding_idx % rows), shape=(*index._data.shape, 1))
    return where(padded, found.detach(), found)


def one_hot(x: Any, num_classes: int = -1) -> Any:
    """Rows with a single 1 at the position that each integer names; int64.

    A position that is negative or not below `num_classes` (the largest plus 1, if -1) raises.

    >>> import wengert
    >>> wengert.nn.functional.one_hot(wengert.tensor([1, 0]), 3)
    tensor([[0, 1, 0],
            [1, 0, 0]])
    """
    if x._data.dtype.kind not in "iu":
        raise DtypeError(f"one_hot: class positions must be integers, not {x._data.dtype}.")
    if num_classes == -1:
        num_classes = int(x.max().item()) + 1
    shape, size = tuple(x._data.shape), x._data.size
    places = reshape(convert(x, int64), shape=(size,))
    rows = scatter_add(full((size,), 1, int64), iota(size), places, shape=(size, num_classes))
    return reshape(rows, shape=(*shape, num_classes))
