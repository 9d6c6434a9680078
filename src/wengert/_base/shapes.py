"""Shapes: broadcasting, axes and the errors that name the axis at fault."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

from .errors import DimensionError, ShapeError

Shape: TypeAlias = tuple[int, ...]


def broadcast(name: str, *shapes: Shape) -> Shape:
    """The common shape under NumPy's rules, or a ShapeError that names the axis.

    >>> broadcast("add", (3, 1), (4,))
    (3, 4)
    """
    result: list[int] = []
    ndim = max(map(len, shapes), default=0)
    for axis in range(-ndim, 0):
        size = 1
        for shape in shapes:
            if len(shape) >= -axis and shape[axis] != 1:
                if size not in (1, shape[axis]):
                    _raise_broadcast(name, shapes, axis, size, shape[axis])
                size = shape[axis]
        result.append(size)
    return tuple(result)


def _raise_broadcast(
    name: str, shapes: Sequence[Shape], axis: int, first: int, second: int
) -> None:
    listed = " and ".join(map(str, shapes))
    hint = ""
    if len(shapes) == 2:
        a, b = shapes
        if len(b) == 1 and len(a) > 1 and a[-2] == b[0]:
            hint = " Did you mean y[:, None]?"
        elif len(a) == 1 and len(b) > 1 and b[-2] == a[0]:
            hint = " Did you mean x[:, None]?"
    raise ShapeError(
        f"{name}: shapes {listed} do not broadcast (axis {axis}: {first} vs {second}).{hint}"
    )


def whole(value: Any, name: str, what: str) -> int:
    """An integer that a user gave as `what`; True is none, and neither is 2.0.

    >>> whole(2.0, "topk", "k")
    Traceback (most recent call last):
    ...
    TypeError: topk: k must be an integer, not 2.0.
    """
    if value.__class__ is int:
        return value
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: {what} must be an integer, not {value!r}.")
    return operator.index(value)


def normalize_axis(axis: Any, ndim: int, name: str) -> int:
    """A non-negative axis. A 0-d value has the axes -1 and 0, as in PyTorch."""
    axis = whole(axis, name, "dim")
    size = max(ndim, 1)
    if not -size <= axis < size:
        raise DimensionError(
            f"{name}: dim {axis} is out of range for a tensor with {ndim} axes "
            f"(expected {-size} to {size - 1})."
        )
    return axis % size


def is_several(value: Any) -> bool:
    """Whether a size or an axis is a sequence of them; a traced integer, a 0-d tensor, is not."""
    return hasattr(value, "__iter__") and getattr(value, "ndim", 1) != 0


def normalize_axes(axes: Any, ndim: int, name: str) -> tuple[int, ...]:
    """Sorted non-negative axes; None and () mean all. Repeated axes raise."""
    if axes is None:
        return tuple(range(ndim))
    given: list[Any] = list(axes) if is_several(axes) else [axes]
    found = [normalize_axis(axis, ndim, name) for axis in given]
    if len(set(found)) != len(found):
        raise DimensionError(f"{name}: dim {tuple(given)} names an axis twice.")
    if not found:
        return tuple(range(ndim))
    return tuple(sorted(found)) if ndim else ()


def as_shape(sizes: Sequence[Any]) -> Shape:
    """`f(2, 3)` and `f((2, 3))` both mean the shape (2, 3)."""
    given: Any = sizes[0] if len(sizes) == 1 and is_several(sizes[0]) else sizes
    for size in given:
        if not hasattr(size, "__index__"):
            raise TypeError(f"a shape holds integers, not {size!r}.")
    return tuple(operator.index(size) for size in given)


def resolve_reshape(name: str, size: int, old: Shape, new: Shape) -> Shape:
    """Replace the one -1 in `new` by what makes the sizes agree."""
    known = 1
    for extent in new:
        if extent != -1:
            known *= extent
    if new.count(-1) > 1:
        raise ShapeError(f"{name}: only one -1 may stand in the shape {new}.")
    if any(extent < -1 for extent in new):
        raise ShapeError(f"{name}: the shape {new} has a negative extent.")
    if -1 in new:
        if known == 0 or size % known:
            raise ShapeError(
                f"{name}: a tensor of shape {old} ({size} elements) cannot become {new}."
            )
        return tuple(size // known if extent == -1 else extent for extent in new)
    if known != size:
        raise ShapeError(
            f"{name}: a tensor of shape {old} ({size} elements) cannot become {new} "
            f"({known} elements)."
        )
    return new


def size_of(shape: Shape) -> int:
    """The number of elements."""
    size = 1
    for extent in shape:
        size *= extent
    return size
