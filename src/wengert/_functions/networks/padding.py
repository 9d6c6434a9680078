"""Borders: constant, mirrored, repeated or wrapped around.

Each axis of a border that is not constant is at most three slices of the axis, joined: what lies
before it, what stays of it, what lies after it. Negative widths crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._base.dtypes import bool_
from ..._base.errors import ShapeError
from ..._primitives.creation import full
from ..._primitives.elementwise import where
from ..._primitives.shaping import concatenate, embed, expand, slice_

Widths = Sequence[tuple[int, int]]
"""How much comes before and after each trailing axis."""

_MODES = ("reflect", "replicate", "circular")


def bordered(x: Any, widths: Widths, value: Any = 0) -> Any:
    """x with `value` before and after each trailing axis; negative widths crop."""
    shape = tuple(x._data.shape)
    lead = len(shape) - len(widths)
    if any(before < 0 or after < 0 for before, after in widths):
        cut = [(0, extent, 1) for extent in shape]
        for axis, (before, after) in enumerate(widths, lead):
            start = max(-before, 0)
            cut[axis] = (start, max(shape[axis] - start - max(-after, 0), 0), 1)
        x = slice_(x, slices=tuple(cut))
        shape = tuple(x._data.shape)
    if not any(before > 0 or after > 0 for before, after in widths):
        return x
    places = [(0, extent, 1) for extent in shape]
    new = list(shape)
    for axis, (before, after) in enumerate(widths, lead):
        places[axis] = (max(before, 0), shape[axis], 1)
        new[axis] += max(before, 0) + max(after, 0)
    out = embed(x, shape=tuple(new), slices=tuple(places))
    if not value:
        return out
    inside = embed(full(shape, True, bool_), shape=tuple(new), slices=tuple(places))
    kind = x._data.dtype.kind
    return where(inside, out, bool(value) if kind == "b" else int(value) if kind in "iu" else value)


def _continued(x: Any, axis: int, before: int, after: int, mode: str) -> Any:
    """x continued along one axis: positions from -before to extent + after."""
    extent = x._data.shape[axis]
    low, high = -before, extent + after
    parts: list[Any] = []

    def add(start: int, count: int, step: int) -> None:
        if count <= 0:
            return
        slices = [(0, size, 1) for size in x._data.shape]
        if mode == "replicate" and step:
            slices[axis] = (start, 1, 1)
            edge = slice_(x, slices=tuple(slices))
            parts.append(expand(edge, shape=(*edge._data.shape[:axis], count, *rest)))
            return
        slices[axis] = (start, count, step or 1)
        parts.append(slice_(x, slices=tuple(slices)))

    rest = tuple(x._data.shape[axis + 1 :])
    last, first = extent - 1, max(low, extent)
    outside = {
        "replicate": (0, last, 1),
        "reflect": (-low, 2 * last - first, -1),
        "circular": (extent + low, first - extent, 1),
    }
    left, right, step = outside[mode]
    add(left, min(high, 0) - low, step)
    add(max(low, 0), min(high, extent) - max(low, 0), 0)
    add(right, high - first, step)
    return parts[0] if len(parts) == 1 else concatenate(*parts, axis=axis)


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: Any = None) -> Any:
    """Add a border: `pad` gives (before, after) for the last axis, then the one before it, ...

    Modes: "constant" (`value`, or zeros), "reflect" (mirrored, the edge itself not repeated),
    "replicate" (the edge), "circular" (the other end). Negative widths crop.

    >>> import wengert
    >>> wengert.nn.functional.pad(wengert.ones(2), (1, 1))
    tensor([0., 1., 1., 0.])
    >>> wengert.nn.functional.pad(wengert.arange(3.0).reshape(1, 3), (2, 1), mode="reflect")
    tensor([[2., 1., 0., 1., 2., 1.]])
    """
    shape = tuple(input._data.shape)
    pad = tuple(int(width) for width in pad)
    count = len(pad) // 2
    if len(pad) % 2 or count > len(shape):
        raise ShapeError(f"pad: {pad} does not fit a tensor with {len(shape)} axes.")
    widths = [(pad[2 * k], pad[2 * k + 1]) for k in reversed(range(count))]
    lead = len(shape) - count
    for axis, (before, after) in enumerate(widths, lead):
        if shape[axis] + before + after < 0 or min(before, after) < -shape[axis]:
            raise ShapeError(f"pad: {pad} removes more than there is of the shape {shape}.")
    if mode == "constant":
        found = bordered(input, widths, value or 0)
        return found.clone() if found is input else found
    if mode not in _MODES:
        raise NotImplementedError(
            f"pad: mode {mode!r} is not known; use 'constant', 'reflect', 'replicate' or 'circular'"
            "."
        )
    if value:
        raise ValueError(f"pad: mode {mode!r} takes no value, and {value} was given.")
    if not 1 <= count <= 3 or lead not in (1, 2) or 0 in shape[1:]:
        raise ShapeError(
            f"pad: mode {mode!r} takes the last 1, 2 or 3 axes of a tensor with one or two axes "
            f"before them, and {pad} was given for the shape {shape}."
        )
    out = input
    for axis, (before, after) in enumerate(widths, lead):
        most = {"reflect": shape[axis] - 1, "circular": shape[axis]}.get(mode)
        if most is not None and max(before, after) > most:
            raise ShapeError(
                f"pad: mode {mode!r} can continue an axis of {shape[axis]} elements by {most}, not "
                f"by {(before, after)}."
            )
        if shape[axis] + before + after < 1:
            raise ShapeError(f"pad: {pad} leaves nothing of the shape {shape}.")
        if mode == "circular" and min(before, after) < 0:
            # What is cropped is gone before the rest is wrapped around.
            cropped = [(0, 0)] * (len(shape) - axis)
            cropped[0] = (min(before, 0), min(after, 0))
            out = bordered(out, cropped)
            before, after = max(before, 0), max(after, 0)
            if max(before, after) > out._data.shape[axis]:
                raise ShapeError(f"pad: {pad} wraps around more than it leaves of {shape}.")
        if before or after:
            out = _continued(out, axis, before, after, mode)
    return out.clone() if out is input else out


def constant_pad_nd(input: Any, pad: Sequence[int], value: Any = 0) -> Any:
    """`pad` in mode "constant".

    >>> import wengert
    >>> wengert.constant_pad_nd(wengert.ones(2), (0, 1), 3)
    tensor([1., 1., 3.])
    """
    return _pad(input, pad, "constant", value)


_pad = pad

__all__ = ["constant_pad_nd"]
