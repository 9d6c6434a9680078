"""`vmap`: against PyTorch's function called for each element of the batch.

Of a few samples the derivatives as well, against Wengert's own of each element.

Floating tensors differ between elements by factors near one, which keeps them in the domain of the
function; where PyTorch refuses the changed elements all are alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import torch

import wengert
from wengert.errors import InplaceError, TracedValueError

from . import database
from .accidents import accident
from .chance import UNDEFINED, same_distribution
from .compare import TOLERANCES, as_array, difference
from .convert import Call, array, leaves, to_torch
from .derivatives import Problem
from .exemptions import may_refuse_traced
from .subject import Subject, floating
from .values import Check
from .verdict import NotApplicable, Wrong

DERIVATIVES = 3
"""How many samples of an operator are differentiated inside `vmap`."""
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

    if subject.info.supports_autograd and "float64" in names:
        found = database.samples(subject.name, "float64", grad=True)
        for sample in database.spread(found, DERIVATIVES):
            yield (
                f"derivatives in vmap: {Call.of(sample)}",
                lambda sample=sample: _derivatives(Problem(subject, sample)),
            )


def _derivatives(problem: Problem) -> None:
    """Pullback and derivative in forward mode inside `vmap`, as outside."""
    if problem.random:
        raise NotApplicable("random")
    cotangents = problem.cotangents()
    rows: list[list[numpy.ndarray]] = []
    for factor in _FACTORS:
        inputs = [numpy.asarray(array(tensor) * factor) for tensor in problem.inputs]
        ways = [problem.draw(value) for value in inputs]
        rows.append([*inputs, *ways, *[problem.draw(value) for value in cotangents]])
    count = len(problem.inputs)

    def function(*values: Any) -> Any:
        inputs, ways, seeds = values[:count], values[count : 2 * count], values[2 * count :]

        def results(*at: Any) -> Any:
            return tuple(problem.kept(problem.ours(list(at))))

        found, pullback = wengert.func.vjp(results, *inputs)
        tangents = wengert.func.jvp(results, inputs, ways)[1]
        return (*found, *pullback(tuple(seeds)), *tangents)

    def plain(*values: Any) -> Any:
        return tuple(problem.kept(problem.ours(list(values[:count]))))

    ours = [[wengert.from_numpy(value) for value in row] for row in rows]
    batches = [wengert.from_numpy(numpy.stack(column)) for column in zip(*rows, strict=True)]
    for row in rows:
        problem.theirs([to_torch(value) for value in row[:count]])
    expected = [function(*row) for row in ours]
    shapes = [[leaf.shape for leaf in one] for one in expected]
    if any(shape != shapes[0] for shape in shapes):
        raise NotApplicable("the shapes of results depend on the values")
    try:
        wengert.vmap(plain)(*batches)
    except Exception as error:
        raise NotApplicable("counted among the values") from error
    found = leaves(wengert.vmap(function)(*batches))
    for k, one in enumerate(expected):
        for number, (our, their) in enumerate(zip(found, one, strict=True)):
            text = difference(as_array(our[k]), as_array(their), TOLERANCES["derivative"])
            if text is not None:
                text = text.replace("PyTorch", "without vmap")
                raise Wrong(f"element {k}, value or derivative {number}: {text}")


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

    batched = wengert.vmap(function, in_dims=tuple(places), randomness="different")
    try:
        results = batched(*batches)
    except TracedValueError as error:
        if may_refuse_traced(subject.name, "vmap", call):
            raise NotApplicable("exempted: numbers of a tensor are asked for") from error
        raise
    except Exception as error:
        refused = _theirs_refuses(subject, call, tensors, elements, places)
        allowed = isinstance(error, InplaceError) or not subject.info.supports_autograd
        if refused and allowed and accident(error) is None:
            raise NotApplicable("PyTorch's vmap raises as well") from error
        raise
    for k, one in enumerate(expected):
        element = [result[k] for result in leaves(results)]
        own = call.put(tensors, elements[k])
        if random:
            text = _kinds([as_array(leaf) for leaf in element], one)
            if text is None and k == 1 and subject.name not in UNDEFINED:
                text = same_distribution(
                    subject.name,
                    lambda: [leaf[1] for leaf in leaves(batched(*[x.clone() for x in batches]))],
                    lambda own=own: own.run(subject.theirs),
                )
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
