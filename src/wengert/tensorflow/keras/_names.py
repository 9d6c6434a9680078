"""Things that Keras lets a user name by a string: `activation="relu"`, `loss="mse"`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_counts: dict[str, int] = {}


def chosen(kind: str, identifier: Any, table: Mapping[str, Any]) -> Any:
    """What a string stands for; anything else is returned as it is."""
    if not isinstance(identifier, str):
        return identifier
    found = table.get(identifier, table.get(identifier.lower()))
    if found is None:
        raise ValueError(
            f"tf.keras: {identifier!r} is not the name of a {kind}; use one of "
            f"{', '.join(sorted(table))}, or pass a function."
        )
    return found


def snake_case(name: str) -> str:
    """`MaxPooling2D` as `max_pooling2d`."""
    parts = ["_" + c.lower() if c.isupper() and k else c.lower() for k, c in enumerate(name)]
    return "".join(parts).replace("2_d", "2d").replace("1_d", "1d")


def unique_name(name: str) -> str:
    """`dense`, `dense_1`, `dense_2`, ..."""
    count = _counts.get(name, 0)
    _counts[name] = count + 1
    return f"{name}_{count}" if count else name


def forget_names() -> None:
    """Begin to count again."""
    _counts.clear()


__all__ = ["chosen", "forget_names", "snake_case", "unique_name"]
