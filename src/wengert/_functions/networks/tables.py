"""Rows of tables under the name and signature they have at the top level, the table first."""

from __future__ import annotations

from typing import Any

from ..._base.dtypes import int64
from ..._declare.elementwise import convert
from . import embedding as rows


def embedding(
    weight: Any,
    indices: Any,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """weight[indices], as `nn.functional.embedding`; a negative `padding_idx` stands for none.

    >>> import wengert
    >>> wengert.embedding(wengert.eye(2), wengert.tensor([1]))
    tensor([[0., 1.]])
    """
    padding = padding_idx if padding_idx >= 0 else None
    return rows.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq)


def embedding_bag(
    weight: Any,
    indices: Any,
    offsets: Any,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Any, Any, Any, Any]:
    """(bags, bag of each index, size of each bag, rows of the maxima), where the bags are those of
    `nn.functional.embedding_bag`; `mode` is 0 for sums, 1 for means, 2 for maxima.

    Indices `padding_idx` do not count. The rows, of each maximum in the table, are 0 for an empty
    bag; without maxima the sizes stand there.

    >>> import wengert
    >>> table, offsets = wengert.eye(2), wengert.tensor([0, 1])
    >>> bags, of, sizes, _ = wengert.embedding_bag(table, wengert.tensor([1, 0, 0]), offsets)
    >>> of, sizes
    (tensor([0, 1, 1]), tensor([1, 2]))
    """
    if mode not in (0, 1, 2):
        raise ValueError(f"embedding_bag: mode {mode!r}; use 0 (sum), 1 (mean) or 2 (max).")
    found = rows.bagged(
        indices, weight, offsets, None, 2.0, scale_grad_by_freq, ("sum", "mean", "max")[mode],
        per_sample_weights, include_last_offset, padding_idx,
    )  # fmt: skip
    sizes = rows.counts_of(found.bag, found.kept, found.values._data.shape[0])
    return found.values, found.bag, sizes, sizes if found.winners is None else found.winners


def embedding_renorm_(input: Any, indices: Any, max_norm: float, norm_type: float = 2.0) -> Any:
    """The table with those of its rows `indices` shortened, in place, that are longer than
    `max_norm`; nothing is recorded.

    >>> import wengert
    >>> table = wengert.tensor([[3.0, 4.0], [3.0, 4.0]])
    >>> wengert.embedding_renorm_(table, wengert.tensor([1]), 1.0)
    tensor([[3.0000, 4.0000],
            [0.6000, 0.8000]])
    """
    rows.checked(indices, input, None, "embedding_renorm_")
    rows.renormalize(input, convert(indices, int64), max_norm, norm_type)
    return input


__all__ = ["embedding", "embedding_bag", "embedding_renorm_"]
