"""What came of one operator: counts and the first failure for each mode."""

from __future__ import annotations

import dataclasses
from typing import Any

MODES = (
    "value",
    "gradient",
    "second",
    "jvp",
    "vmap",
    "inplace",
    "out",
    "method",
    "alias",
    "errors",
    "jit",
)
"""In the order of the columns; what each one compares is said where it is implemented."""


class Wrong(Exception):
    """A result that differs from PyTorch's."""


class NotApplicable(Exception):
    """A sample that a mode does not compare: for what reason, in the words of `docs/operators.md`.

    Mostly PyTorch itself cannot do this with this sample.
    """


@dataclasses.dataclass
class Tally:
    """Samples of one mode that passed, that Wengert cannot do, and that it gets wrong."""

    passed: int = 0
    missing: int = 0
    wrong: int = 0
    first_missing: str = ""
    first_wrong: str = ""
    holes: int = 0
    """Samples that were not compared."""
    reasons: dict[str, int] = dataclasses.field(default_factory=dict)
    """How many of them for which reason."""

    def leave_out(self, reason: str) -> None:
        """Count a sample that is not compared."""
        self.holes += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1

    @property
    def total(self) -> int:
        """Samples that count."""
        return self.passed + self.missing + self.wrong

    @property
    def state(self) -> str:
        """`wrong`, `missing`, `passed`, or `-` if the mode does not apply."""
        if self.wrong:
            return "wrong"
        if self.missing:
            return "missing"
        return "passed" if self.passed else "-"


@dataclasses.dataclass
class Verdict:
    """One operator over all its modes."""

    name: str
    modes: dict[str, Tally] = dataclasses.field(default_factory=dict)
    native: str = "-"
    """`yes`, or the operations that run as NumPy callbacks inside `jit`."""
    holes: list[str] = dataclasses.field(default_factory=list)
    """Derivatives that PyTorch lacks for this operator."""
    settled: list[str] = dataclasses.field(default_factory=list)
    """Results for which PyTorch was not the one to compare with."""
    trouble: str = ""
    """Why the operator was not run to its end: a crash or a hang."""

    @property
    def state(self) -> str:
        """The worst state of all modes."""
        states = {tally.state for tally in self.modes.values()}
        if "wrong" in states:
            return "wrong"
        if self.trouble or "missing" in states or "passed" not in states:
            return "missing"
        return "passed"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Verdict:
        """What `as_dict` gave."""
        modes = {mode: Tally(**tally) for mode, tally in values["modes"].items()}
        return cls(**{**values, "modes": modes})


def one_line(error: BaseException) -> str:
    """Type and text of an error, shortened."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300]
