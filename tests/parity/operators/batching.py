"""`vmap`: against PyTorch's function called for each element of the batch.

Floating tensors differ between elements by factors near one, which keeps them in the domain of the
function; where PyTorch refuses the changed elements all are alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import torch

import wengert

from . import database
from .compare import as_array
from .convert import Call, array, leaves
from .subject import Subject, floating
from .values import Check
from .verdict import NotApplicable, Wrong

BATCH = 3
_FACTORS = (1.0, 63 / 64, 31 / 32)


def vmap(subject: Subject, limit: int | None) -> Iterator[Check]:
    """All tensors batched at the front; the first alone, at its last axis; the others alone."""
    names = database.supported(subject.info)
    dtype = next((name for name in ("float64", "int64", "bool", "complex128") if name in names), "")
    if not dtype:
        return
    for sample in database.spread(database.samples(subject.name, dtype), limit):
        call = Call.of(sample)
        tensors = call.tensors()
        if not tensors:
            continue
        choices: list[tuple[str, list[int | None]]] = [("all", [0] * len(tensors))]
        if len(tensors) > 1:
            choices.append(("first", [-1] + [None] * (len(tensors) - 1)))
            choices.append(("others", [None] + [0] * (len(tensors) - 1)))
        elif tensors[0].ndim:
            choices.append(("last axis", [-1]))
        for label, places in choices:
            yield (
                f"vmap {label}: {call}",
                lambda call=call, places=places: _check(subject, call, places),
            )


def _elements(
    tensors: list[torch.Tensor], places: list[int | None], varied: bool
) -> list[list[torch.Tensor]]:
    """The tensors of each element of the batch."""
    return [
        [
            (tensor.detach() * factor).to(tensor.dtype)
            if varied and place is not None and floating(tensor)
            else tensor.detach().clone()
            for tensor, place in zip(tensors, places, strict=True)
        ]
        for factor in _FACTORS
    ]


def _check(subject: Subject, call: Call, places: list[int | None]) -> None:
    tensors = call.tensors()
    random = subject.random(call)
    expected: list[Any] = []
    for varied in (True, False):
        elements = _elements(tensors, places, varied)
        try:
            expected = [subject.attempt(call.put(tensors, own), subject.theirs) for own in elements]
        except NotApplicable:
            if not varied:
                raise
        else:
            break
    shapes = [
        [tuple(leaf.shape) for leaf in leaves(one) if isinstance(leaf, torch.Tensor)]
        for one in expected
    ]
    if any(shape != shapes[0] for shape in shapes):
        raise NotApplicable("the shapes of results depend on the values")
    if not all(isinstance(leaf, torch.Tensor) for leaf in leaves(expected)):
        raise NotApplicable("no tensors come out")
    batches = [
        wengert.from_numpy(
            numpy.ascontiguousarray(numpy.stack([array(own[k]) for own in elements], axis=place))
        )
        if place is not None
        else wengert.from_numpy(array(elements[0][k]))
        for k, place in enumerate(places)
    ]
    mine = subject.converted(call)()
    old = mine.tensors()

    def function(*inputs: Any) -> Any:
        return tuple(leaves(mine.put(old, list(inputs)).run(subject.ours)))

    try:
        results = wengert.vmap(function, in_dims=tuple(places), randomness="different")(*batches)
    except Exception as error:
        if not isinstance(error, Wrong) and _theirs_refuses(
            subject, call, tensors, elements, places
        ):
            raise NotApplicable("PyTorch's vmap raises as well") from error
        raise
    for k, one in enumerate(expected):
        element = [result[k] for result in leaves(results)]
        own = call.put(tensors, elements[k])
        if random:
            text = _kinds([as_array(leaf) for leaf in element], one)
        else:
            single = isinstance(one, torch.Tensor)
            text = subject.difference(
                own, element[0] if single else element, one if single else leaves(one)
            )
        if text is not None:
            raise Wrong(f"element {k} of the batch: {text}")


def _kinds(ours: list[Any], theirs: Any) -> str | None:
    for our, their in zip(ours, leaves(theirs), strict=True):
        if our.shape != tuple(their.shape) or our.dtype != array(their).dtype:
            return f"{our.dtype}{our.shape}, PyTorch has {their.dtype}{tuple(their.shape)}"
    return None


def _theirs_refuses(
    subject: Subject,
    call: Call,
    tensors: list[torch.Tensor],
    elements: list[list[torch.Tensor]],
    places: list[int | None],
) -> bool:
    """Whether PyTorch's vmap raises as well."""

    def function(*inputs: torch.Tensor) -> Any:
        return tuple(leaves(call.put(tensors, list(inputs)).run(subject.theirs)))

    stacked = [
        elements[0][k] if place is None else torch.stack([own[k] for own in elements], place)
        for k, place in enumerate(places)
    ]
    try:
        torch.func.vmap(function, in_dims=tuple(places), randomness="different")(*stacked)
    except Exception:  # noqa: BLE001 - PyTorch raises anything
        return True
    return False
