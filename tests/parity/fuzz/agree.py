"""When two arrays agree, given what noise made of one of them, and what was left out."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

import numpy

Array = numpy.ndarray
_UNITS = 4096
"""The tolerance in units of eps, of the element and of a hundredth of the largest element."""


@dataclasses.dataclass
class Counts:
    """What was compared, and what was not."""

    compared: int = 0
    """Numbers."""
    modes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """Programs that were compared in a mode."""
    rules: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """How often each reason not to compare applied."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        rules = {rule: count for rule, count in self.rules.items() if count}
        return {"compared": self.compared, "modes": dict(self.modes), "rules": rules}

    def merge(self, other: dict[str, Any]) -> None:
        """Add those of another range."""
        self.compared += other["compared"]
        self.modes.update(other["modes"])
        self.rules.update(other["rules"])


def array_of(value: Any) -> Array:
    return numpy.asarray(value.detach().numpy())


def differs(
    ours: Array,
    theirs: Array,
    disturbed: list[Array],
    counts: Counts,
    excuses: str = "",
    eps: float | None = None,
    floor: float = 0.0,
) -> str | None:
    """What is different, in one line, or None; `excuses`: why a NaN of PyTorch's is no answer."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, PyTorch has {theirs.shape}"
    if ours.dtype != theirs.dtype:
        return f"dtype {ours.dtype}, PyTorch has {theirs.dtype}"
    if theirs.dtype.kind != "f":
        stable = numpy.ones(theirs.shape, bool)
        for other in disturbed:
            stable &= other == theirs
        bad = stable & (ours != theirs)
    else:
        with numpy.errstate(all="ignore"):
            bad, stable = _float_difference(ours, theirs, disturbed, eps, floor)
        if theirs.dtype.kind == "f":
            pole = bad & numpy.isnan(theirs) & numpy.isinf(ours)
            counts.rules["numbers: PyTorch's NaN at a pole, ours infinite"] += int(pole.sum())
            bad &= ~pole
        if excuses:
            excused = bad & numpy.isnan(theirs)
            counts.rules["numbers: " + excuses] += int(excused.sum())
            bad &= ~excused
    counts.compared += int(stable.sum())
    counts.rules["numbers: hang on rounding"] += int((~stable).sum())
    if not bad.any():
        return None
    place = tuple(int(k) for k in numpy.argwhere(bad)[0])
    return f"{ours[place]!s} at {place}, PyTorch has {theirs[place]!s} ({int(bad.sum())} differ)"


def _float_difference(
    ours: Array, theirs: Array, disturbed: list[Array], eps: float | None, floor: float
) -> tuple[Array, Array]:
    """Where the arrays differ, and which elements do not hang on rounding."""
    size = abs(theirs)
    finite = numpy.isfinite(theirs)
    scale = float(size[finite].max()) if finite.any() else 0.0
    tiny = float(numpy.finfo(theirs.dtype).tiny)
    unit = float(numpy.finfo(theirs.dtype).eps) if eps is None else eps
    allowed = _UNITS * unit * (size + 0.01 * scale + 0.1 * floor) + tiny
    stable = numpy.ones(theirs.shape, bool)
    for other in disturbed:
        same_kind = (numpy.isnan(other) == ~(theirs == theirs)) & (
            finite | (other == theirs) | numpy.isnan(theirs)
        )
        stable &= same_kind & (~finite | (abs(other - theirs) <= allowed / 8))
    equal = (ours == theirs) | (numpy.isnan(ours) & numpy.isnan(theirs))
    equal |= finite & (abs(ours - theirs) <= allowed)
    return stable & ~equal, stable
