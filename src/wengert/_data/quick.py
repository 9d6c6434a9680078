"""Quick ways: a method that does for many samples at once what another does for each.

A class may offer both. Whoever redefines the slow one in a subclass means the quick one too, so it
is taken only from a class that is at least as far down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def quick_way(thing: Any, quick: str, slow: str) -> Callable[..., Any] | None:
    """The method `quick` of `thing`; None if it has none, or only above its method `slow`."""
    for cls in type(thing).__mro__:
        if quick in vars(cls):
            found = getattr(thing, quick, None)
            return found if callable(found) else None
        if slow in vars(cls):
            return None
    return None


__all__ = ["quick_way"]
