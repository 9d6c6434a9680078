"""What `f.report()` returns: how often a function was traced and why, and what became of it."""

from __future__ import annotations

from typing import Any


class Report:
    """Counts for one jitted function; prints as a short table."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reasons: list[str] = []
        """Why each trace was made."""
        self.trace_seconds = 0.0
        self.compile_seconds = 0.0
        self.kernels = 0
        self.callbacks: list[str] = []
        """Operations of the latest program that run as NumPy calls."""
        self.regions = 0
        """Native functions in the latest program; one and no callbacks means a single program."""
        self.arena_bytes = 0

    @property
    def traces(self) -> int:
        """How often the function was traced."""
        return len(self.reasons)

    def traced(self, reason: str, seconds: float) -> None:
        """Count one trace."""
        self.reasons.append(reason)
        self.trace_seconds += seconds

    def describe(self, compiled: Any) -> None:
        """Take over the counts of a compiled program."""
        counts = compiled.report
        self.kernels = counts.kernels
        self.callbacks = list(counts.callbacks)
        self.regions = counts.regions
        self.arena_bytes = counts.arena_bytes

    def __repr__(self) -> str:
        callbacks = ", ".join(self.callbacks) if self.callbacks else "none"
        lines = [
            (
                f"{self.name}: {self.traces} trace(s), {self.regions} native function(s), "
                f"{self.kernels} kernel(s)"
            ),
            f"  NumPy callbacks: {callbacks}",
            f"  arena: {self.arena_bytes} bytes",
            (
                f"  tracing {self.trace_seconds * 1e3:.1f} ms, compiling "
                f"{self.compile_seconds * 1e3:.1f} ms"
            ),
        ]
        lines += [f"  trace {k + 1}: {reason}" for k, reason in enumerate(self.reasons)]
        return "\n".join(lines)
