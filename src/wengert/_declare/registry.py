"""The one table of primitives, by name; complete once `wengert` is imported."""

from __future__ import annotations

from typing import Any

from .._graph.node import Primitive

primitives: dict[str, Primitive] = {}


def register(primitive: Any) -> Any:
    """Enter a primitive into the table; a name can be taken once."""
    if primitive.name in primitives:
        raise ValueError(f"primitive {primitive.name} is declared twice")
    primitives[primitive.name] = primitive
    return primitive
