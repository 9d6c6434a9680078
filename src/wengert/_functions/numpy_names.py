"""NumPy's names for PyTorch's parameters: `axis` for `dim`, `keepdims` for `keepdim`.

PyTorch takes both, and so do the functions that are decorated here. Nothing else is translated.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

_NAMES = (("axis", "dim"), ("keepdims", "keepdim"))


def numpy_names(function: _Function) -> _Function:
    """Let `function` be called with NumPy's names as well.

    >>> import wengert
    >>> wengert.ones(2, 3).sum(axis=0, keepdims=True)
    tensor([[2., 2., 2.]])
    """

    @functools.wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for theirs, ours in _NAMES:
                if theirs in kwargs:
                    if ours in kwargs:
                        raise TypeError(f"{function.__name__}: give {ours} or {theirs}, not both.")
                    kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return named  # pyright: ignore[reportReturnType]
