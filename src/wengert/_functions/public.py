"""A primitive as a public function: PyTorch's keyword names and `out=`.

Operators and rules call primitives directly and pay nothing for this; here is the one place where
an elementwise primitive gets the signature under which users know it. What needs more than that
(`alpha`, `rounding_mode`) is a function of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .out import into


def operand(value: Any) -> Any:
    """A NumPy array as a tensor; tensors and numbers as they are."""
    if isinstance(value, np.ndarray):
        from .creation import from_numpy

        return from_numpy(value)  # pyright: ignore[reportUnknownArgumentType]
    return value


def unary(primitive: Callable[..., Any]) -> Callable[..., Any]:
    """The function `f(input, *, out=None)`."""
    name: str = primitive.name  # pyright: ignore[reportFunctionMemberAccess]

    def function(input: Any, *, out: Any = None) -> Any:
        if out is None:
            return primitive(input)
        return into(out, primitive, (input,), {}, name)

    return _named(function, primitive, name)


def binary(primitive: Callable[..., Any]) -> Callable[..., Any]:
    """The function `f(input, other, *, out=None)`."""
    name: str = primitive.name  # pyright: ignore[reportFunctionMemberAccess]

    def function(input: Any, other: Any, *, out: Any = None) -> Any:
        if out is None:
            return primitive(operand(input), operand(other))
        return into(out, primitive, (operand(input), operand(other)), {}, name)

    return _named(function, primitive, name)


def _named(function: Callable[..., Any], primitive: Any, name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = primitive.__doc__
    return function


__all__ = ["binary", "operand", "unary"]
