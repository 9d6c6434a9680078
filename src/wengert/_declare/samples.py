"""Where a primitive can be tested: domains from which the generated tests draw operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Domain(NamedTuple):
    """Real numbers between two bounds; values nearer than `gap` to `avoid` are moved away."""

    low: float = -3.0
    high: float = 3.0
    avoid: tuple[float, ...] = ()
    gap: float = 0.05
    boolean: bool = False
    """Draw True and False instead."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        """Uniform float64 samples of the domain."""
        if self.boolean:
            return np.asarray(rng.random(shape) < 0.5)
        values = rng.uniform(self.low, self.high, shape)
        for point in self.avoid:
            near = np.abs(values - point) < self.gap
            values = np.where(near, point + np.where(values < point, -self.gap, self.gap), values)
        return np.asarray(values)


def reals(low: float = -3.0, high: float = 3.0, avoid: tuple[float, ...] = ()) -> Domain:
    """The interval from `low` to `high` without the points in `avoid`."""
    return Domain(low, high, avoid)


def truths() -> Domain:
    """True and False, for a condition."""
    return Domain(boolean=True)


class Sample:
    """One call of a primitive that is not elementwise: operands drawn, and parameters."""

    def __init__(self, operands: Callable[[Any], list[Any]], params: dict[str, Any]) -> None:
        self.operands = operands
        self.params = params
