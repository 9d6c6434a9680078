"""Smaller programs that still fail in the same way."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy

from .agree import Counts
from .judge import Failure, Judge
from .program import Input, Program, Step


def failure_of(program: Program, compiled: bool) -> Failure | None:
    """How a program fails; None also if it is no program that PyTorch runs."""
    try:
        return Judge(program, Counts()).failure(compiled)
    except Exception:  # noqa: BLE001 - PyTorch raises anything
        return None


def keep(program: Program, ends: list[int]) -> Program:
    """The program without what the ends do not need."""
    first = len(program.inputs)
    needed = set(ends)
    for number in range(first + len(program.steps) - 1, first - 1, -1):
        if number in needed:
            needed.update(program.steps[number - first].operands)
    order = sorted(needed)
    renamed = {old: new for new, old in enumerate(order)}
    return Program(
        tuple(one for k, one in enumerate(program.inputs) if k in needed),
        tuple(
            Step(step.name, tuple(renamed[k] for k in step.operands), step.params)
            for k, step in enumerate(program.steps, first)
            if k in needed
        ),
        program.seed,
    )


def _without_step(program: Program, number: int, instead: int) -> Program:
    first = len(program.inputs)
    steps = [
        Step(step.name, tuple(instead if k == number else k for k in step.operands), step.params)
        for step in program.steps
    ]
    changed = Program(program.inputs, tuple(steps), program.seed)
    ends = [k for k in changed.sinks() if k != number] or [instead]
    return keep(changed, [k for k in ends if k >= first] or ends)


def _simpler(one: Input) -> Iterator[Input]:
    if one.layout != "plain":
        yield dataclasses.replace(one, layout="plain")
    values = one.values
    for axis, size in enumerate(values.shape):
        if size > 1:
            yield dataclasses.replace(one, values=values.take([0], axis))
            yield dataclasses.replace(one, values=values.take([size - 1], axis))
            yield dataclasses.replace(one, values=values.take(range(size - 1), axis))
    if values.dtype.kind == "f":
        rounded = numpy.round(values, 1).astype(values.dtype)
        if not numpy.array_equal(rounded, values, equal_nan=True):
            yield dataclasses.replace(one, values=rounded)
        if not (values == 1).all():
            yield dataclasses.replace(one, values=numpy.ones_like(values))


def _candidates(program: Program) -> Iterator[Program]:
    first = len(program.inputs)
    sinks = program.sinks()
    if len(sinks) > 1:
        for sink in sinks:
            yield keep(program, [sink])
    for number in range(first + len(program.steps) - 1, first - 1, -1):
        for instead in dict.fromkeys(program.steps[number - first].operands):
            smaller = _without_step(program, number, instead)
            if smaller.steps:
                yield smaller
    shapes = {one.values.shape for one in program.inputs}
    if len(shapes) == 1 and len(program.inputs) > 1:  # operands of one shape shrink together
        for axis, size in enumerate(program.inputs[0].values.shape):
            if size > 1:
                for place in (0, size - 1):
                    smaller = [one.values.take([place], axis) for one in program.inputs]
                    pairs = zip(program.inputs, smaller, strict=True)
                    yield dataclasses.replace(
                        program,
                        inputs=tuple(dataclasses.replace(one, values=cut) for one, cut in pairs),
                    )
    for k, one in enumerate(program.inputs):
        for simpler in _simpler(one):
            yield dataclasses.replace(
                program, inputs=(*program.inputs[:k], simpler, *program.inputs[k + 1 :])
            )


def shrink(
    program: Program, failure: Failure, compiled: bool, tries: int = 300
) -> tuple[Program, Failure]:
    """A smaller program that fails in the same mode with the same kind of failure."""
    improved = True
    while improved and tries > 0:
        improved = False
        for candidate in _candidates(program):
            tries -= 1
            if tries <= 0:
                break
            found = failure_of(candidate, compiled)
            if found is not None and (found.mode, found.kind) == (failure.mode, failure.kind):
                program, failure, improved = candidate, found, True
                break
    return program, failure
