"""In-place operations, derived: `x.f_(...)` computes `f(x, ...)` and writes it into x.

The check that the write is allowed comes before anything is computed; the result must have the
shape of x and a dtype that x can hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._declare.elementwise import convert
from .._functions.out import assign
from .._graph.node import next_seq
from .._graph.value import Handle
from .._primitives.creation import full
from .._primitives.shaping import expand, reshape
from .._record.storage import check_writable, keep_copies, write


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


def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
    """Overwrite with the values of `src`, broadcast and converted.

    >>> import wengert
    >>> wengert.zeros(2).copy_(wengert.ones(1))
    tensor([1., 1.])
    """
    return _overwrite(self, src, "copy_")


def _overwrite(x: Any, src: Any, name: str) -> Any:
    check_writable(x, name)
    value = src if isinstance(src, Handle) else x.new_tensor(src)
    value = convert(value, x._data.dtype)
    shape = tuple(x._data.shape)
    # Even where nothing moves: what is written gets an edge of its own, apart from that of `src`.
    fitted = reshape if tuple(value._data.shape) == shape else expand
    write(x, fitted(value, shape=shape), name)
    return x


def fill_(self: Any, value: Any) -> Any:
    """Overwrite every element with one number.

    >>> import wengert
    >>> wengert.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    if isinstance(value, Handle):
        return _overwrite(self, value, "fill_")
    return _filled(self, value, "fill_")


def _filled(x: Any, value: Any, name: str) -> Any:
    check_writable(x, name)
    kind = x._data.dtype.kind
    number = bool(value) if kind == "b" else int(value) if kind in "iu" else value
    write(x, full(tuple(x._data.shape), number, x._data.dtype), name)
    return x


def zero_(self: Any) -> Any:
    """Overwrite with zeros.

    >>> import wengert
    >>> wengert.ones(2).zero_()
    tensor([0., 0.])
    """
    return _filled(self, 0, "zero_")
