"""Inside `jit`: the same result as Wengert's eager call.

Every sample in two dtypes is traced, simplified and run by NumPy; a few, spread over the samples,
go to machine code, of which the *native* column comes. In the other dtypes there are only a few. Of
two the gradient is compiled too, of the function and of its in-place form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy
import torch

import wengert
from wengert.errors import TracedValueError

from . import database
from .chance import UNDEFINED
from .compare import TOLERANCES, as_array, difference
from .convert import Call, leaves
from .correspondence import translate
from .derivatives import Problem, in_place
from .exemptions import may_refuse_traced
from .subject import Subject, floating_leaves
from .values import Check
from .verdict import NotApplicable, Wrong

NATIVE = 4
"""How many samples of an operator are compiled to machine code."""


def jit(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The jitted call, by NumPy for every sample and native for a few."""
    names = database.supported(subject.info)
    dtypes = [name for name in ("float64", "int64", "bool", "complex128") if name in names]
    others = [name for name in ("float32", *dtypes[2:]) if name in names]
    for dtype in [*dtypes[:2], *others]:
        found = database.samples(subject.name, dtype)
        few = NATIVE if limit is None else 1
        found = database.spread(found, limit if dtype in dtypes[:2] else few)
        native = database.spread(found, few)
        for sample in found:
            call = Call.of(sample)
            backends = ["numpy", *(["native"] if sample in native else [])]
            for backend in backends:
                yield (
                    f"jit {backend}: {call}",
                    lambda call=call, backend=backend, counts=dtype in dtypes[:2]: _check(
                        subject, call, backend, counts
                    ),
                )
    if not (subject.info.supports_autograd and "float64" in names):
        return
    found = database.samples(subject.name, "float64", grad=True)
    if subject.info.inplace_variant is not None:
        allowed = [sample for sample in found if isinstance(sample.input, torch.Tensor)]
        allowed = [sample for sample in allowed if not sample.broadcasts_input]
        for sample in database.spread(allowed, 2 if limit is None else 1):
            yield (
                f"jit of the gradient in place: {Call.of(sample)}",
                lambda sample=sample: _gradient(Problem(subject, sample, in_place(subject))),
            )
    for sample in database.spread(found, 2 if limit is None else 1):
        yield (
            f"jit of the gradient: {Call.of(sample)}",
            lambda sample=sample: _gradient(Problem(subject, sample)),
        )


def _eager(subject: Subject, call: Call) -> Any:
    mine = subject.converted(call)()
    wengert.manual_seed(5)
    return mine.run(subject.ours)


def _check(subject: Subject, call: Call, backend: str, counts: bool) -> None:
    expected = leaves(_eager(subject, call))
    mine = subject.converted(call)()
    old = mine.tensors()
    ours = subject.ours  # jit guards what a function reaches: not the whole database

    def function(*inputs: Any) -> Any:
        return tuple(leaves(mine.put(old, list(inputs)).run(ours)))

    compiled = wengert.jit(function, backend=backend, cache=False)
    wengert.manual_seed(5)
    try:
        results = leaves(compiled(*old))
    except TracedValueError as error:
        if may_refuse_traced(subject.name, "jit", call):
            raise NotApplicable("exempted: numbers of a tensor are asked for") from error
        raise
    if backend == "native" and counts:
        subject.callbacks.update(compiled.report().callbacks)
        subject.compiled = True
    _same(results, expected)


def _same(ours: list[Any], expected: list[Any]) -> None:
    if len(ours) != len(expected):
        raise Wrong(f"{len(ours)} results, eager has {len(expected)}")
    for our, their in zip(ours, expected, strict=True):
        text = difference(as_array(our), as_array(their), _bound(their))
        if text is not None:
            raise Wrong(text.replace("PyTorch", "eager"))


def _bound(result: Any) -> Any:
    kind = numpy.dtype(as_array(result).dtype)
    return TOLERANCES.get(kind.name)


def _gradient(problem: Problem) -> None:
    cotangents = [wengert.from_numpy(value) for value in problem.cotangents()]

    mine = problem.call.ours()
    old = mine.tensors(lambda tensor: tensor.requires_grad)
    ours = problem.form[1] if problem.form else problem.subject.ours
    finish = translate(problem.sample.output_process_fn_grad)
    random, depends = problem.random, problem.depends

    def through(*inputs: Any) -> Any:
        if random:
            wengert.manual_seed(5)
        results = floating_leaves(finish(mine.put(old, list(inputs)).run(ours)))
        kept = [result for result, take in zip(results, depends, strict=True) if take]
        slopes = wengert.autograd.grad(kept, list(inputs), cotangents, allow_unused=True)
        return tuple(slope for slope in slopes if slope is not None)

    if problem.subject.name in UNDEFINED:
        raise NotApplicable("undefined numbers")
    expected = through(*problem.our_inputs())
    try:
        results = wengert.jit(through, cache=False)(*problem.our_inputs())
    except TracedValueError as error:
        if may_refuse_traced(problem.subject.name, "jit", problem.call):
            raise NotApplicable("exempted: numbers of a tensor are asked for") from error
        raise
    _same(leaves(results), leaves(expected))
