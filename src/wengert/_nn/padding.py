"""Layers that add a border."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._functions.networks.padding import pad
from .module import Module


class _Pad(Module):
    _rank: int
    _mode = "constant"

    def __init__(self, padding: int | Sequence[int], value: float | None = None) -> None:
        super().__init__()
        whole = isinstance(padding, int)
        self.padding: Any = (padding,) * (2 * self._rank) if whole else tuple(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        """The input with its border."""
        return pad(input, self.padding, self._mode, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}" if self.value is None else f"{self.padding}, value={self.value}"


class ZeroPad1d(_Pad):
    """A border of zeros; the widths are (left, right, ...).

    >>> import wengert
    >>> wengert.nn.ZeroPad1d(1)(wengert.ones(1, 4)).shape
    (1, 6)
    """

    _rank = 1


class ZeroPad2d(_Pad):
    """A border of zeros; the widths are (left, right, ...).

    >>> import wengert
    >>> wengert.nn.ZeroPad2d(1)(wengert.ones(1, 4, 4)).shape
    (1, 6, 6)
    """

    _rank = 2


class ZeroPad3d(_Pad):
    """A border of zeros; the widths are (left, right, ...).

    >>> import wengert
    >>> wengert.nn.ZeroPad3d(1)(wengert.ones(1, 4, 4, 4)).shape
    (1, 6, 6, 6)
    """

    _rank = 3


class ReflectionPad1d(_Pad):
    """A mirrored border.

    >>> import wengert
    >>> wengert.nn.ReflectionPad1d(1)(wengert.ones(1, 4)).shape
    (1, 6)
    """

    _rank = 1
    _mode = "reflect"


class ReflectionPad2d(_Pad):
    """A mirrored border.

    >>> import wengert
    >>> wengert.nn.ReflectionPad2d(1)(wengert.ones(1, 4, 4)).shape
    (1, 6, 6)
    """

    _rank = 2
    _mode = "reflect"


class ReflectionPad3d(_Pad):
    """A mirrored border.

    >>> import wengert
    >>> wengert.nn.ReflectionPad3d(1)(wengert.ones(1, 4, 4, 4)).shape
    (1, 6, 6, 6)
    """

    _rank = 3
    _mode = "reflect"


class ReplicationPad1d(_Pad):
    """A border that repeats the edge.

    >>> import wengert
    >>> wengert.nn.ReplicationPad1d(1)(wengert.ones(1, 4)).shape
    (1, 6)
    """

    _rank = 1
    _mode = "replicate"


class ReplicationPad2d(_Pad):
    """A border that repeats the edge.

    >>> import wengert
    >>> wengert.nn.ReplicationPad2d(1)(wengert.ones(1, 4, 4)).shape
    (1, 6, 6)
    """

    _rank = 2
    _mode = "replicate"


class ReplicationPad3d(_Pad):
    """A border that repeats the edge.

    >>> import wengert
    >>> wengert.nn.ReplicationPad3d(1)(wengert.ones(1, 4, 4, 4)).shape
    (1, 6, 6, 6)
    """

    _rank = 3
    _mode = "replicate"


class CircularPad1d(_Pad):
    """A border taken from the other end.

    >>> import wengert
    >>> wengert.nn.CircularPad1d(1)(wengert.ones(1, 4)).shape
    (1, 6)
    """

    _rank = 1
    _mode = "circular"


class CircularPad2d(_Pad):
    """A border taken from the other end.

    >>> import wengert
    >>> wengert.nn.CircularPad2d(1)(wengert.ones(1, 4, 4)).shape
    (1, 6, 6)
    """

    _rank = 2
    _mode = "circular"


class CircularPad3d(_Pad):
    """A border taken from the other end.

    >>> import wengert
    >>> wengert.nn.CircularPad3d(1)(wengert.ones(1, 4, 4, 4)).shape
    (1, 6, 6, 6)
    """

    _rank = 3
    _mode = "circular"


class ConstantPad1d(_Pad):
    """A border of one number.

    >>> import wengert
    >>> wengert.nn.ConstantPad1d(1, 5.0)(wengert.ones(1, 4)).shape
    (1, 6)
    """

    _rank = 1


class ConstantPad2d(_Pad):
    """A border of one number.

    >>> import wengert
    >>> wengert.nn.ConstantPad2d(1, 5.0)(wengert.ones(1, 4, 4)).shape
    (1, 6, 6)
    """

    _rank = 2


class ConstantPad3d(_Pad):
    """A border of one number.

    >>> import wengert
    >>> wengert.nn.ConstantPad3d(1, 5.0)(wengert.ones(1, 4, 4, 4)).shape
    (1, 6, 6, 6)
    """

    _rank = 3
