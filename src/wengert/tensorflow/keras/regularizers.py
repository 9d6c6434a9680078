"""tf.keras.regularizers: what a layer adds to the loss for the size of its weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._variable import convert_to_tensor
from ._names import chosen


class L1L2:
    """l1 sum|w| + l2 sum(w^2).

    >>> L1L2(l1=1.0, l2=10.0)([1.0, -2.0])
    tensor(53.)
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = l1, l2

    def __call__(self, x: Any) -> Any:
        w = convert_to_tensor(x)
        return w.abs().sum() * self.l1 + (w * w).sum() * self.l2


def L1(l1: float = 0.01) -> L1L2:
    """l1 sum|w|.

    >>> L1(1.0)([1.0, -2.0])
    tensor(3.)
    """
    return L1L2(l1=l1)


def L2(l2: float = 0.01) -> L1L2:
    """l2 sum(w^2).

    >>> L2(1.0)([1.0, -2.0])
    tensor(5.)
    """
    return L1L2(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2
_NAMES: dict[str, Callable[[], Any]] = {"l1": L1, "l2": L2, "l1_l2": lambda: L1L2(0.01, 0.01)}


def get(identifier: Any) -> Any:
    """The regulariser with this name, or None.

    >>> get("l2")([1.0])
    tensor(0.0100)
    """
    found = chosen("regularizer", identifier, _NAMES)
    return found() if isinstance(identifier, str) else found


__all__ = ["L1", "L1L2", "L2", "get", "l1", "l1_l2", "l2"]
