"""Embedding: rows of a table looked up by number."""

from __future__ import annotations

from typing import Any

from .._base.dtypes import int64
from .._base.errors import DtypeError, ShapeError
from .._declare.elementwise import convert
from .._primitives.elementwise import eq, where
from .._primitives.indexing import take
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
