"""A progress bar around anything that is iterated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._base.extras import require


def progress(iterable: Iterable[Any], description: str | None = None, **options: Any) -> Any:
    """`iterable` with a bar that shows how far it is; needs the extra `wengert[progress]`.

    Returns a tqdm bar: `bar.set_postfix(loss=...)` shows numbers beside it. `options` are tqdm's.

    >>> from wengert.utils.data import progress
    >>> [x for x in progress([1, 2], "epoch 1", disable=True)]
    [1, 2]
    """
    return require("tqdm", "progress").tqdm(iterable, desc=description, **options)
