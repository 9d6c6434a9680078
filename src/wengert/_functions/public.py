"""A primitive as a public function: PyTorch's keyword names and `out=`.

Operators and rules call primitives directly and pay nothing for this; here is the one place where
an elementwise primitive gets the signature under which users know it. What needs more than that
(`alpha`, `rounding_mode`) is a function of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._graph.value import Handle
from .out import into


def operand(value: Any) -> Any:
    """A NumPy array as a tensor; tensors and numbers as they are."""
    if isinstance(value, np.ndarray):
        from .making.creation import from_numpy

        return from_numpy(value)  # pyright: ignore[reportUnknownArgumentType]
    return value


def unary(primitive: Callable[..., Any]) -> Callable[..., Any]:
    """The function `f(input, *, out=None)`."""
    name: str = primitive.name  # pyright: ignore[reportFunctionMemberAccess]

    def function(input: Any, *, out: Any = None) -> Any:
        if not isinstance(input, Handle):
            input = tensors_where_needed(name, "none", input)[0]
        if out is None:
            return primitive(input)
        return into(out, primitive, (input,), {}, name)

    return _named(function, primitive, name)


def binary(primitive: Callable[..., Any], numbers: str = "none") -> Callable[..., Any]:
    """The function `f(input, other, *, out=None)`; `numbers` says which may be Python numbers."""
    name: str = primitive.name  # pyright: ignore[reportFunctionMemberAccess]

    def function(input: Any, other: Any, *, out: Any = None) -> Any:
        if not (isinstance(input, Handle) and isinstance(other, Handle)):
            input, other = tensors_where_needed(name, numbers, input, other)
        if out is None:
            return primitive(input, other)
        return into(out, primitive, (input, other), {}, name)

    return _named(function, primitive, name)


def tensors_where_needed(name: str, numbers: str, *operands: Any) -> list[Any]:
    """The operands, arrays as tensors; numbers only where `numbers` ("none", "right", "either",
    "both") allows them, as in PyTorch.
    """
    found = [operand(value) for value in operands]
    is_tensor = [isinstance(value, Handle) for value in found]
    wrong = {
        "none": not all(is_tensor),
        "right": not is_tensor[0],
        "either": not any(is_tensor),
        "both": False,
    }[numbers]
    if wrong:
        kinds = ", ".join(type(value).__name__ for value in operands)
        raise TypeError(
            f"{name}: expected tensors, not ({kinds}). Wrap a number with wengert.tensor(...)."
        )
    return found


def _named(function: Callable[..., Any], primitive: Any, name: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = primitive.__doc__
    return function


__all__ = ["binary", "operand", "tensors_where_needed", "unary"]
