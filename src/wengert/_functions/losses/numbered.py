"""Losses as the top level calls them: the reduction is a number, 0 none, 1 mean, 2 sum.

The names "none", "mean" and "sum" are understood as well. Nothing is computed here.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from . import ctc, losses, margins

_NAMES = ("none", "mean", "sum")


def _numbered(loss: Callable[..., Any]) -> Callable[..., Any]:
    place = [*inspect.signature(loss).parameters].index("reduction")

    @functools.wraps(loss)
    def function(*args: Any, **kwargs: Any) -> Any:
        if len(args) > place:
            args = (*args[:place], _named(args[place], loss), *args[place + 1 :])
        elif "reduction" in kwargs:
            kwargs["reduction"] = _named(kwargs["reduction"], loss)
        return loss(*args, **kwargs)

    return function


def _named(reduction: Any, loss: Callable[..., Any]) -> Any:
    if not isinstance(reduction, int):
        return reduction
    if reduction not in (0, 1, 2):
        raise ValueError(
            f"{loss.__name__}: reduction {reduction}; use 0 (none), 1 (mean) or 2 (sum)."
        )
    return _NAMES[reduction]


def _with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: Any = "mean"
) -> Any:
    """`nn.functional.binary_cross_entropy_with_logits`, with `pos_weight` before the reduction.

    >>> import wengert
    >>> wengert.binary_cross_entropy_with_logits(wengert.zeros(1), wengert.ones(1), None, None, 0)
    tensor([0.6931])
    """
    return losses.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)


_with_logits.__name__ = _with_logits.__qualname__ = "binary_cross_entropy_with_logits"

binary_cross_entropy_with_logits = _numbered(_with_logits)
cosine_embedding_loss = _numbered(margins.cosine_embedding_loss)
ctc_loss = _numbered(ctc.ctc_loss)
hinge_embedding_loss = _numbered(margins.hinge_embedding_loss)
kl_div = _numbered(losses.kl_div)
margin_ranking_loss = _numbered(margins.margin_ranking_loss)
poisson_nll_loss = _numbered(losses.poisson_nll_loss)
triplet_margin_loss = _numbered(margins.triplet_margin_loss)

__all__ = [
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "ctc_loss",
    "hinge_embedding_loss",
    "kl_div",
    "margin_ranking_loss",
    "poisson_nll_loss",
    "triplet_margin_loss",
]
