"""Presence: what can be known, before a sub-graph runs, of where its cotangents or tangents exist.

What a walk carries crosses the border of a sub-graph as plain tensors: none for a value that is
absent, one for a value that exists everywhere, a tensor and its mask where only the run can tell.
Every absence therefore survives `scan` and `cond`, and most masks are never computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from .._base.dtypes import Dtype, bool_
from .._base.shapes import Shape
from .._primitives.creation import full, zeros
from .._primitives.shaping import expand
from .masks import Mask, Partly, mask_of, value_of, with_mask

Aval: TypeAlias = tuple[Shape, Dtype]

ABSENT, PARTLY, WHOLE = "absent", "partly", "whole"


def presence(carried: Any) -> str:
    """What is known of a carried value; None is absent."""
    if carried is None:
        return ABSENT
    return PARTLY if carried.__class__ is Partly else WHOLE


def either(a: str, b: str) -> str:
    """What is known of a value that has one presence in one run and another in the next."""
    return a if a == b else PARTLY


def packed_avals(presences: Iterable[str], avals: Iterable[Aval]) -> list[Aval]:
    """Shapes and dtypes of what `pack` makes."""
    found: list[Aval] = []
    for known, aval in zip(presences, avals, strict=True):
        if known != ABSENT:
            found.append(aval)
        if known == PARTLY:
            found.append((aval[0], bool_))
    return found


def pack(carried: Iterable[Any], presences: Iterable[str], avals: Iterable[Aval]) -> list[Any]:
    """The tensors that stand for carried values, which may be known better than `presences`."""
    found: list[Any] = []
    for item, known, (shape, dtype) in zip(carried, presences, avals, strict=True):
        if known == ABSENT:
            continue
        found.append(zeros(shape, dtype) if item is None else value_of(item))
        if known == PARTLY:
            found.append(_mask(item, shape))
    return found


def _mask(item: Any, shape: Shape) -> Any:
    mask = mask_of(item)
    if mask is None:
        return full(shape, item is not None, bool_)
    made = mask.get()
    return made if made._data.shape == shape else expand(made, shape=shape)


def unpack(values: Iterator[Any], presences: Iterable[str]) -> list[Any]:
    """The carried values that the next of `values` stand for."""
    found: list[Any] = []
    for known in presences:
        if known == ABSENT:
            found.append(None)
        elif known == WHOLE:
            found.append(next(values))
        else:
            value, mask = next(values), next(values)
            found.append(Partly(value, _known(mask)))
    return found


def _known(mask: Any) -> Mask:
    return Mask(lambda: mask)


Place: TypeAlias = "tuple[int, int | None] | None"
"""Where a carried value stands among tensors: (value, mask)."""


def places(presences: Sequence[str], start: int) -> list[Place]:
    """Where each carried value stands, if the first is at `start`."""
    found: list[Place] = []
    for known in presences:
        if known == ABSENT:
            found.append(None)
            continue
        found.append((start, start + 1 if known == PARTLY else None))
        start += 2 if known == PARTLY else 1
    return found


def collect(run: Callable[[set[int]], Sequence[Any]], chosen: Sequence[Place]) -> list[Any]:
    """The carried values at these places of what `run` gives, which is told what is wanted of it.

    It runs for the values now, and again for the masks if somebody asks for one of them.
    """
    values = run({place[0] for place in chosen if place is not None})
    masks: list[Sequence[Any]] = []

    def mask(position: int) -> Mask:
        def make() -> Any:
            if not masks:
                wanted = {place[1] for place in chosen if place is not None}
                masks.append(run({position for position in wanted if position is not None}))
            return masks[0][position]

        return Mask(make)

    found: list[Any] = []
    for place in chosen:
        if place is None:
            found.append(None)
        else:
            value, position = place
            found.append(with_mask(values[value], None if position is None else mask(position)))
    return found
