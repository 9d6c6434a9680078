"""Values: the function, its method, operators, aliases, in-place and `out=`, bad arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

import wengert

from . import database
from .accidents import accident
from .compare import as_array
from .convert import Call, NoCounterpart, leaves
from .correspondence import Missing, translate, unseeded
from .subject import Subject
from .verdict import NotApplicable, Wrong

Check = tuple[str, Callable[[], None]]
"""What a failure is called, and a function that raises on one."""


def _calls(
    subject: Subject, dtypes: list[str], limit: int | None
) -> Iterator[tuple[str, Any, Call]]:
    for dtype in dtypes:
        for sample in database.spread(database.samples(subject.name, dtype), limit):
            yield dtype, sample, Call.of(sample)


def value(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The function's results for every sample in every dtype."""
    for _, _, call in _calls(subject, database.supported(subject.info), limit):
        yield str(call), lambda call=call: subject.check(call, subject.ours, subject.theirs)


_MAIN = ("bool", "int64", "float32", "float64", "complex128")


def _main(subject: Subject) -> list[str]:
    return [name for name in database.supported(subject.info) if name in _MAIN]


def method(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The method and the Python operator."""
    info = subject.info
    variants = [("method", info.method_variant), ("operator", info.operator_variant)]
    for label, variant in variants:
        if variant is None or info.name.startswith("__"):
            continue
        for _, sample, call in _calls(subject, _main(subject), limit):
            if not isinstance(sample.input, torch.Tensor):
                continue
            yield (
                f"{label} {call}",
                lambda call=call, variant=variant: subject.check(
                    call, translate(variant, seeded=False), unseeded(variant)
                ),
            )


def alias(subject: Subject, limit: int | None) -> Iterator[Check]:
    """Other names of the function, as functions, methods and in place."""
    for other in subject.info.aliases:
        for label, theirs in (
            ("", other.op),
            ("method ", other.method_variant),
            ("in place ", other.inplace_variant),
        ):
            if not callable(theirs):
                continue
            dtype = ("float64", "int64", "bool", "complex128")
            first = [name for name in dtype if name in _main(subject)][:1]
            for _, sample, call in _calls(subject, first, 3):
                if label and not isinstance(sample.input, torch.Tensor):
                    continue
                if label == "in place ":
                    if not sample.broadcasts_input:
                        yield (
                            f"{label}{other.name} {call}",
                            lambda call=call, theirs=theirs: _written(subject, call, theirs),
                        )
                    continue
                yield (
                    f"{label}{other.name} {call}",
                    lambda call=call, theirs=theirs, label=label, other=other: subject.check(
                        call, _alias(other.name, label), theirs
                    ),
                )


def _alias(name: str, label: str) -> Callable[..., Any]:
    found: Any = wengert.Tensor if label else wengert
    for part in name.removeprefix("torch.").split("."):
        found = getattr(found, part)
    return found


def inplace(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The in-place method and operator: the same tensor comes back with the right numbers."""
    info = subject.info
    for label, variant in (
        ("in place", info.inplace_variant),
        ("in-place operator", info.inplace_operator_variant),
    ):
        if variant is None:
            continue
        for _, sample, call in _calls(subject, _main(subject), limit):
            if isinstance(sample.input, torch.Tensor) and not sample.broadcasts_input:
                yield (
                    f"{label} {call}",
                    lambda call=call, variant=variant: _written(subject, call, variant),
                )


def _written(subject: Subject, call: Call, variant: Callable[..., Any]) -> None:
    target = call.args[0].detach().clone(memory_format=torch.preserve_format)
    own = call.put([call.args[0]], [target])
    if subject.random(own):
        fresh = own
        subject.check(
            fresh,
            lambda x, *args, **kwargs: translate(variant, seeded=False)(x.clone(), *args, **kwargs),
            lambda x, *args, **kwargs: unseeded(variant)(x.clone(), *args, **kwargs),
        )
        return
    mine = own.ours()
    expected = subject.attempt(own, variant)
    result = mine.run(translate(variant))
    if expected is target and result is not mine.args[0]:
        raise Wrong("another tensor comes back")
    text = subject.difference(call, mine.args[0], target)
    if text is not None:
        raise Wrong(text)


def out(subject: Subject, limit: int | None) -> Iterator[Check]:
    """`out=` with a right, a strided, an empty tensor, and one of a wrong dtype."""
    if not subject.info.supports_out:
        return
    for _, _, call in _calls(subject, _main(subject), limit):
        if "out" not in call.kwargs:
            yield f"out= {call}", lambda call=call: _into(subject, call)


def _into(subject: Subject, call: Call) -> None:
    with torch.no_grad():
        expected = subject.attempt(call, subject.theirs)
        targets = [leaf for leaf in leaves(expected) if isinstance(leaf, torch.Tensor)]
        if not targets or len(targets) != len(leaves(expected)):
            raise NotApplicable("no tensors come out")
        several = isinstance(expected, (tuple, list))
        for label, made in _targets(targets):
            theirs: Any = tuple(made) if several else made[0]
            with_out = Call(call.args, {**call.kwargs, "out": theirs})
            mine = with_out.ours()
            given = mine.kwargs["out"]
            try:
                subject.attempt(with_out, subject.theirs)
            except NotApplicable:
                if label == "right":
                    raise
                continue
            result = mine.run(subject.ours)
            pairs = zip(leaves(result), leaves(given), strict=True)
            if any(back is not target for back, target in pairs):
                raise Wrong(f"out ({label}): another tensor comes back")
            if subject.random(call):
                continue
            text = subject.difference(call, given, expected)
            if text is not None:
                raise Wrong(f"out ({label}): {text}")
        _refused(subject, call, targets, several)


def _refused(subject: Subject, call: Call, results: list[torch.Tensor], several: bool) -> None:
    """Where PyTorch refuses integer memory for a floating result, so must Wengert."""
    if not any(result.is_floating_point() or result.is_complex() for result in results):
        return
    small = [torch.empty(result.shape, dtype=torch.int64) for result in results]
    with_out = Call(call.args, {**call.kwargs, "out": tuple(small) if several else small[0]})
    mine = with_out.ours()
    try:
        subject.attempt(with_out, subject.theirs)
    except NotApplicable:
        try:
            mine.run(subject.ours)
        except Exception as error:
            broken = accident(error)
            if broken:
                raise Wrong(f"out (int64): {broken}") from error
            return
        raise Wrong("out (int64): no exception, PyTorch raises") from None


def _targets(results: list[torch.Tensor]) -> Iterator[tuple[str, list[torch.Tensor]]]:
    yield "right", [torch.empty_like(result).fill_(1) for result in results]
    yield (
        "strided",
        [
            torch.empty((*result.shape, 2), dtype=result.dtype).fill_(1)[..., 0]
            for result in results
        ],
    )
    yield "empty", [torch.empty(0, dtype=result.dtype) for result in results]


def errors(subject: Subject, limit: int | None) -> Iterator[Check]:
    """Bad arguments must raise, on purpose and before an argument is changed."""
    for number, bad in enumerate(database.error_samples(subject.name)):
        if limit is not None and number >= limit:
            return
        call = Call.of(bad.sample_input)
        yield f"{call}", lambda call=call, bad=bad: _raises(subject, call, bad)


def _raises(subject: Subject, call: Call, bad: Any) -> None:
    if subject.absent:
        raise Missing(subject.absent)
    try:
        mine = call.ours(views=call.shares())
    except (NoCounterpart, AttributeError, ValueError) as error:  # NumPy ends at 64 axes
        raise NotApplicable("bad arguments without counterpart") from error
    before = [as_array(tensor).tobytes() for tensor in mine.tensors()]
    try:
        result = mine.run(subject.ours)
    except Exception as error:
        broken = accident(error)
        if broken:
            raise Wrong(broken) from error
        if before != [as_array(tensor).tobytes() for tensor in mine.tensors()]:
            raise Wrong("an argument was changed before the exception came") from error
        return
    try:
        call.run(subject.theirs)
    except Exception as error:
        shown = [as_array(leaf).shape for leaf in leaves(result)]
        raise Wrong(f"no exception (shapes {shown}), PyTorch: {error}") from error
    raise NotApplicable("PyTorch does not raise")
