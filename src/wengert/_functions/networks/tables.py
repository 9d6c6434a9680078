"""Rows of tables under the name and signature they have at the top level, the table first."""

from __future__ import annotations

from typing import Any

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


__all__ = ["embedding"]
