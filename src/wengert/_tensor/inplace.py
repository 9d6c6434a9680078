"""In-place operations, derived: `x.f_(...)` computes `f(x, ...)` and writes it into x.

The check that the write is allowed comes before anything is computed; the result must have the
shape of x and a dtype that x can hold. Writes that are not derived: `_functions/places/writes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._functions.out import assign
from .._graph.node import next_seq
from .._record.storage import check_writable, keep_copies


def inplace(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The in-place form of a function whose first argument is the tensor to change."""

    def in_place(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_writable(self, name)
        since = next_seq()
        result = function(self, *args, **kwargs)
        keep_copies(result, since, self)
        assign(self, result, name)
        return self

    in_place.__name__ = in_place.__qualname__ = name
    in_place.__doc__ = f"In-place form of `{name.rstrip('_')}`."
    return in_place
