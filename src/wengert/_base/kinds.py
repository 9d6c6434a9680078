"""What kind of thing a value is, said so that a type checker also knows.

`isinstance` on an untyped value narrows it to containers of unknown elements; these narrow it to
containers of anything.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np


def is_array(value: Any) -> TypeGuard[np.ndarray[Any, Any]]:
    """Whether `value` is a NumPy array."""
    return isinstance(value, np.ndarray)


def is_generic(value: Any) -> TypeGuard[np.generic[Any]]:
    """Whether `value` is a NumPy scalar."""
    return isinstance(value, np.generic)


def is_list_or_tuple(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Whether `value` is a list or a tuple (a namedtuple too)."""
    return isinstance(value, list | tuple)


def is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    """Whether `value` is a tuple."""
    return isinstance(value, tuple)


def is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    """Whether `value` is a dict."""
    return isinstance(value, dict)


def fits_int64(value: int) -> bool:
    """Whether an int64 can hold `value`."""
    return -(1 << 63) <= value < 1 << 63
