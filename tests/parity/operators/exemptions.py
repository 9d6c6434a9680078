"""What is not held to account, each with its reason: at most fifteen lines."""

from __future__ import annotations

import fnmatch

# operators (a pattern), modes, reason
EXEMPTIONS: tuple[tuple[str, tuple[str, ...], str], ...] = ()


def exempted(name: str, mode: str) -> bool:
    """Whether an operator is exempted in a mode."""
    return any(fnmatch.fnmatchcase(name, line[0]) and mode in line[1] for line in EXEMPTIONS)
