"""Derivatives: gradients, gradients of gradients, and forward mode, in float64 and complex128.

Both libraries get the same random cotangents and directions. Where PyTorch lacks
forward mode its pullback is the oracle; where it lacks a second derivative, central differences of
its first. Of random
operators, Wengert's own function under one seed is what the differences are taken of.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import torch

import wengert

from . import database
from .compare import TOLERANCES, as_array, difference
from .convert import Call, array, to_torch
from .correspondence import translate, unseeded
from .exemptions import zero_for_nan
from .subject import (
    Subject,
    floating,
    floating_leaves,
    processed,
    processed_ours,
)
from .values import Check
from .verdict import NotApplicable, Wrong

Array = numpy.ndarray
_SEED = 20
_EXACT, _DIFFERENCE = TOLERANCES["derivative"], TOLERANCES["difference"]


def _plainly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


@dataclasses.dataclass
class Problem:
    """A sample as a function of the tensors that it is differentiated by, in both libraries."""

    subject: Subject
    sample: Any
    form: tuple[Callable[..., Any], Callable[..., Any]] | None = None
    """Another way to call the operator, in PyTorch and in Wengert."""

    def __post_init__(self) -> None:
        self.call = Call.of(self.sample)
        self.inputs = self.call.tensors(lambda tensor: tensor.requires_grad)
        if not self.inputs:
            raise NotApplicable("nothing requires gradients")
        self.random = self.subject.seeded(self.call)
        single = (torch.float32, torch.complex64)
        self.coarse = any(tensor.dtype in single for tensor in self.call.tensors())
        # op_db differentiates some operators by inputs made symmetric, triangular or normalised
        wrapper = self.subject.info.gradcheck_wrapper
        if self.subject.name.startswith("masked."):  # that wrapper asks for PyTorch's internals
            wrapper = _plainly
        theirs, ours = self.form or (self.subject.theirs, self.subject.ours)
        self.wrapped = functools.partial(wrapper, theirs)
        self.wrapped_ours = functools.partial(translate(wrapper), ours)
        self._rng = numpy.random.default_rng(database.seed_of(self.subject.name))

    def draw(self, like: Array) -> Array:
        """Standard normal numbers of a shape and dtype."""
        drawn = self._rng.standard_normal(like.shape)
        if like.dtype.kind == "c":
            drawn = drawn + 1j * self._rng.standard_normal(like.shape)
        return numpy.asarray(drawn).astype(like.dtype)

    def theirs(self, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
        """PyTorch's floating results for other inputs."""
        fresh = self.call.put(self.inputs, inputs)
        result = self.subject.attempt(fresh, self.wrapped)
        return floating_leaves(processed(self.sample, result))

    def our_inputs(self, values: list[Array] | None = None) -> list[Any]:
        """Wengert's inputs, which require gradients."""
        arrays = [array(tensor) for tensor in self.inputs] if values is None else values
        return [wengert.from_numpy(value.copy()).requires_grad_() for value in arrays]

    def ours(self, inputs: list[Any]) -> list[Any]:
        """Wengert's floating results."""
        mine = self.call.ours()
        old = mine.tensors(lambda tensor: tensor.requires_grad)
        if self.random:
            wengert.manual_seed(_SEED)
        result = mine.put(old, inputs).run(self.wrapped_ours)
        return floating_leaves(processed_ours(self.sample, result))

    def their_inputs(self, values: list[Array] | None = None) -> list[torch.Tensor]:
        """PyTorch's inputs, which require gradients."""
        arrays = [array(tensor) for tensor in self.inputs] if values is None else values
        return [to_torch(value.copy()).requires_grad_() for value in arrays]

    def cotangents(self) -> list[Array]:
        """One for each floating result of PyTorch that depends on the inputs."""
        results = self.theirs(self.their_inputs())
        self.depends = [result.requires_grad for result in results]
        if not any(self.depends):
            raise NotApplicable("no result depends on the inputs")
        return [self.draw(array(result)) for result in results if result.requires_grad]

    def doubled(self) -> Problem:
        """The same with real tensors in double precision."""
        other = Problem(self.subject, self.sample, self.form)
        old = self.call.tensors(lambda tensor: tensor.dtype is torch.float32)
        new = [tensor.detach().double().requires_grad_(tensor.requires_grad) for tensor in old]
        other.call = self.call.put(old, new)
        other.inputs = other.call.tensors(lambda tensor: tensor.requires_grad)
        other.depends = self.depends
        return other

    def kept(self, results: list[Any]) -> list[Any]:
        """Those of our results whose counterparts PyTorch differentiates."""
        if len(results) != len(self.depends):
            raise Wrong(f"{len(results)} floating results, PyTorch has {len(self.depends)}")
        return [result for result, take in zip(results, self.depends, strict=True) if take]


def _compare(problem: Problem, ours: list[Any], theirs: list[Any], exact: bool, what: str) -> None:
    """None counts as zeros."""
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        if our is None and their is None:
            continue
        mine = None if our is None else as_array(our)
        yours = None if their is None else as_array(their)
        if mine is None:
            mine = numpy.zeros_like(yours)
        if yours is None:
            yours = numpy.zeros_like(mine)
        bound = _EXACT if exact else _DIFFERENCE
        if problem.coarse:
            bound = TOLERANCES["float32" if exact else "difference"]
        if zero_for_nan(problem.subject.name, what):
            yours = numpy.where(numpy.isnan(yours) & (mine == 0), 0, yours).astype(yours.dtype)
        text = difference(mine, yours, bound)
        if text is not None:
            raise Wrong(f"{what} {number}: {text}")


def _settle(
    problem: Problem,
    ours: list[Any],
    theirs: list[Any],
    what: str,
    opinion: Callable[[list[Any]], None],
    again: Callable[[list[Array]], list[Any] | None],
) -> None:
    """Compare; where PyTorch has NaN or another number, a third opinion decides.

    It raises `Wrong` at a derivative that it does not agree with: it has to refute PyTorch's as
    well as to confirm Wengert's. What is not refuted may differ by what rounding does: `again` is
    PyTorch's derivative at other inputs.
    """
    try:
        _compare(problem, ours, theirs, True, what)
    except Wrong as difference_found:
        if problem.coarse:  # differences of values in single precision say nothing
            if not _within_rounding(problem, ours, theirs, again):
                raise
            return
        try:
            opinion(ours)
        except (Wrong, NotApplicable):
            raise difference_found from None
        try:
            opinion(theirs)
        except Wrong:
            text = f"{what.split()[0]}: central differences agree with Wengert"
            problem.subject.settled.add(text)
        else:
            if not _within_rounding(problem, ours, theirs, again):
                raise difference_found
            text = f"{what.split()[0]}: no further apart than rounding moves PyTorch's"
            problem.subject.settled.add(text)


def _last_digits(problem: Problem, value: Array) -> Array:
    unit = 5 * numpy.finfo(value.dtype).eps * abs(value).max(initial=0.0)
    return (unit * problem.draw(value)).astype(value.dtype)


def _within_rounding(
    problem: Problem,
    ours: list[Any],
    theirs: list[Any],
    again: Callable[[list[Array]], list[Any] | None],
) -> bool:
    """Whether changing inputs in their last digits moves PyTorch's derivative as much."""
    moved = [0.0] * len(theirs)
    for _ in range(4):
        values = [array(tensor) for tensor in problem.inputs]
        near = [value + _last_digits(problem, value) for value in values]
        for number, (one, two) in enumerate(zip(again(near) or [], theirs, strict=True)):
            if one is not None and two is not None:
                moved[number] = max(moved[number], _error(as_array(one), as_array(two)))
    return all(
        our is None or their is None or _error(as_array(our), as_array(their)) <= 10 * far
        for our, their, far in zip(ours, theirs, moved, strict=True)
    )


def _agree(problem: Problem, ours: list[Array], expected: list[Array], what: str) -> None:
    """Compare with central differences, which say nothing where they are no numbers."""
    if not all(numpy.isfinite(one).all() for one in expected):
        raise NotApplicable("central differences are no numbers")
    _compare(problem, ours, expected, False, what)


def _inner(left: list[Any], right: list[Array]) -> float:
    total = 0.0
    for one, two in zip(left, right, strict=True):
        if one is not None:
            total += float((as_array(one).conj() * two).real.sum())
    return total


def _shifted(values: list[Array], directions: list[Array], step: float) -> list[Array]:
    return [
        numpy.asarray(value + step * way) for value, way in zip(values, directions, strict=True)
    ]


_STEP = float(numpy.finfo(numpy.float64).eps ** (1 / 3))


def _slope(
    function: Callable[[list[Array]], list[Array]], at: list[Array], along: list[Array]
) -> list[Array]:
    """Central differences of a function of arrays."""
    ahead = function(_shifted(at, along, _STEP))
    behind = function(_shifted(at, along, -_STEP))
    return [
        numpy.asarray((one - two) / (2 * _STEP)) for one, two in zip(ahead, behind, strict=True)
    ]


def _problems(subject: Subject, limit: int | None) -> Iterator[tuple[str, Any]]:
    if not subject.info.supports_autograd:
        return
    dtypes = database.supported(subject.info, backward=True)
    for dtype in ("float64", "complex128"):
        if dtype in dtypes and dtype in database.supported(subject.info):
            found = database.samples(subject.name, dtype, grad=True)
            for sample in database.spread(found, limit):
                yield f"{Call.of(sample)}", sample


# ---- first derivatives ---------------------------------------------------------------------------


_SINGLE = 4
"""How many samples of an operator are differentiated in single precision."""


def gradient(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The pullback of random cotangents; of a few samples also in single precision."""
    for label, sample in _problems(subject, limit):
        yield label, lambda sample=sample: _gradient(Problem(subject, sample))
    if subject.info.supports_autograd and "float32" in database.supported(
        subject.info, backward=True
    ):
        found = database.samples(subject.name, "float32", grad=True)
        for sample in database.spread(found, _SINGLE if limit is None else min(limit, _SINGLE)):
            yield f"{Call.of(sample)}", lambda sample=sample: _single(Problem(subject, sample))


def _single(problem: Problem) -> None:
    """The dtype of the gradient; its error, by that in double precision, ten times PyTorch's."""
    if problem.random:
        raise NotApplicable("random, and compared in double precision")
    cotangents = problem.cotangents()
    theirs = _their_gradient(problem, cotangents)
    if theirs is None:
        raise NotApplicable("PyTorch has no such derivative in single precision")
    ours = _our_gradient(problem, cotangents)
    try:
        _compare(problem, ours, theirs, True, "gradient by input")
    except Wrong:
        double = problem.doubled()
        wide = [value.astype(numpy.float64) for value in cotangents]
        goals = _our_gradient(double, wide), _their_gradient(double, wide)
        for our, their, own, right in zip(ours, theirs, *goals, strict=True):
            if our is None or their is None or own is None or right is None:
                raise
            mine, yours = as_array(our), as_array(their)
            if mine.dtype != yours.dtype or mine.shape != yours.shape:
                raise
            allowed = 10 * _error(yours, as_array(right)) + 1e-4 * abs(yours).max(initial=1.0)
            if not _error(mine, as_array(own)) <= allowed:
                raise


def _error(found: Array, goal: Array) -> float:
    return float(abs(found - goal).max(initial=0.0))


def _their_gradient(
    problem: Problem, cotangents: list[Array], values: list[Array] | None = None
) -> list[Any] | None:
    inputs = problem.their_inputs(values)
    results = problem.kept(problem.theirs(inputs))
    try:
        return list(
            torch.autograd.grad(
                results,
                inputs,
                [to_torch(value) for value in cotangents],
                allow_unused=True,
            )
        )
    except (RuntimeError, NotImplementedError):
        return None


def _our_gradient(
    problem: Problem, cotangents: list[Array], values: list[Array] | None = None
) -> list[Any]:
    inputs = problem.our_inputs(values)
    results = problem.kept(problem.ours(inputs))
    return list(
        wengert.autograd.grad(
            results, inputs, [wengert.from_numpy(value) for value in cotangents], allow_unused=True
        )
    )


def _gradient(problem: Problem) -> None:
    cotangents = problem.cotangents()
    theirs = _their_gradient(problem, cotangents)
    ours = _our_gradient(problem, cotangents)
    if problem.random and theirs is not None:
        if _zeros(theirs):  # so PyTorch defines the derivatives of what draws
            _compare(problem, ours, theirs, True, "gradient by input")
            return
        theirs = None
    values = [array(tensor) for tensor in problem.inputs]
    ways = [problem.draw(value) for value in values]

    def along(at: list[Array]) -> list[Array]:
        if problem.random:
            results = problem.kept(problem.ours(problem.our_inputs(at)))
        else:
            with torch.no_grad():
                results = problem.theirs([to_torch(value.copy()) for value in at])
            results = problem.kept(results)
        return [numpy.asarray(_inner(results, cotangents))]

    def slope(found: list[Any]) -> None:
        expected = _slope(along, values, ways)
        _agree(problem, [numpy.asarray(_inner(found, ways))], expected, "slope")

    if theirs is None:
        slope(ours)
    else:
        _settle(
            problem,
            ours,
            theirs,
            "gradient by input",
            slope,
            lambda at: _their_gradient(problem, cotangents, at),
        )


def in_place(subject: Subject) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator as a write into a copy of its first argument, in PyTorch and in Wengert."""
    variant = subject.info.inplace_variant
    mine, yours = translate(variant, seeded=False), unseeded(variant)

    def ours(x: Any, *args: Any, **kwargs: Any) -> Any:
        return mine(x.clone(), *args, **kwargs)

    def theirs(x: Any, *args: Any, **kwargs: Any) -> Any:
        return yours(x.clone(), *args, **kwargs)

    return theirs, ours


def gradient_in_place(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The gradient, and the derivative in forward mode, of writing into a copy of the input."""
    if subject.info.inplace_variant is None:
        return
    form = in_place(subject)
    for label, sample in _problems(subject, limit):
        if isinstance(sample.input, torch.Tensor) and not sample.broadcasts_input:
            for kind, check in (("gradient", _gradient), ("derivative", _jvp)):
                yield (
                    f"{kind} in place: {label}",
                    lambda sample=sample, check=check: check(Problem(subject, sample, form)),
                )


# ---- second derivatives --------------------------------------------------------------------------


def second(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The gradient, by inputs and cotangents, of the gradient's product with random directions."""
    for label, sample in _problems(subject, limit):
        yield label, lambda sample=sample: _second(Problem(subject, sample))


def _twice(
    lib: Any, inputs: list[Any], results: list[Any], cotangents: list[Any], ways: list[Any]
) -> list[Any]:
    first = lib.autograd.grad(results, inputs, cotangents, create_graph=True, allow_unused=True)
    pairs = [
        (slope, way)
        for slope, way in zip(first, ways, strict=True)
        if slope is not None and slope.requires_grad
    ]
    by = [*inputs, *cotangents]
    if not pairs:
        return [None] * len(by)
    slopes, directions = zip(*pairs, strict=True)
    return list(lib.autograd.grad(list(slopes), by, list(directions), allow_unused=True))


def _their_second(
    problem: Problem,
    cotangents: list[Array],
    ways: list[Array],
    values: list[Array] | None = None,
) -> list[Any] | None:
    inputs = problem.their_inputs(values)
    results = problem.kept(problem.theirs(inputs))
    try:
        return _twice(
            torch,
            inputs,
            results,
            [to_torch(value).requires_grad_() for value in cotangents],
            [to_torch(way) for way in ways],
        )
    except (RuntimeError, NotImplementedError):
        return None


def _second(problem: Problem) -> None:
    cotangents = problem.cotangents()
    values = [array(tensor) for tensor in problem.inputs]
    ways = [problem.draw(value) for value in values]
    theirs = None if problem.random else _their_second(problem, cotangents, ways)
    our_inputs = problem.our_inputs()
    ours = _twice(
        wengert,
        our_inputs,
        problem.kept(problem.ours(our_inputs)),
        [wengert.from_numpy(value.copy()).requires_grad_() for value in cotangents],
        [wengert.from_numpy(way) for way in ways],
    )
    turns = [problem.draw(value) for value in values]

    def product(at: list[Array]) -> list[Array]:
        slopes = _first_derivative(problem, cotangents, at)
        return [numpy.asarray(_inner(slopes, ways))]

    def slope(found: list[Any]) -> None:
        expected = _slope(product, values, turns)
        mine = numpy.asarray(_inner(found[: len(values)], turns))
        _agree(problem, [mine], expected, "second slope")
        # <ways, J* u> is <J ways, u>: its derivative by u is that of the results along the ways
        moved = problem.kept(_slope(lambda at: _results(problem, at), values, ways))
        _agree(problem, found[len(values) :], moved, "second derivative by cotangent")

    if problem.random and _zeros(_their_gradient(problem, cotangents)):
        _compare(problem, ours, [None] * len(ours), True, "second derivative by")
    elif theirs is None:
        slope(ours)
    else:
        _settle(
            problem,
            ours,
            theirs,
            "second derivative by",
            slope,
            lambda at: _their_second(problem, cotangents, ways, at),
        )


def _first_derivative(problem: Problem, cotangents: list[Array], at: list[Array]) -> list[Any]:
    """PyTorch's gradient where there is one, else ours."""
    if not problem.random:
        inputs = [to_torch(value.copy()).requires_grad_() for value in at]
        try:
            return list(
                torch.autograd.grad(
                    problem.kept(problem.theirs(inputs)),
                    inputs,
                    [to_torch(value) for value in cotangents],
                    allow_unused=True,
                )
            )
        except (RuntimeError, NotImplementedError):
            pass
    return _our_gradient(problem, cotangents, at)


# ---- forward mode --------------------------------------------------------------------------------


def jvp(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The derivative along random directions."""
    for label, sample in _problems(subject, limit):
        yield label, lambda sample=sample: _jvp(Problem(subject, sample))


def _their_tangents(
    problem: Problem, ways: list[Array], values: list[Array] | None = None
) -> list[Any] | None:
    from torch.autograd import forward_ad

    try:
        with forward_ad.dual_level():
            duals = [
                forward_ad.make_dual(tensor.detach(), to_torch(way))
                for tensor, way in zip(problem.their_inputs(values), ways, strict=True)
            ]
            fresh = problem.call.put(problem.inputs, duals)
            result = fresh.run(problem.wrapped)
            results = floating_leaves(processed(problem.sample, result))
            tangents = [forward_ad.unpack_dual(result).tangent for result in results]
            return [None if tangent is None else array(tangent) for tangent in tangents]
    except Exception:  # noqa: BLE001 - PyTorch raises anything where it has no forward mode
        return None


def _jvp(problem: Problem) -> None:
    cotangents = problem.cotangents()
    values = [array(tensor) for tensor in problem.inputs]
    ways = [problem.draw(value) for value in values]
    theirs = None if problem.random else _their_tangents(problem, ways)

    def function(*inputs: Any) -> tuple[Any, ...]:
        return tuple(problem.ours(list(inputs)))

    _, tangents = wengert.func.jvp(
        function,
        tuple(wengert.from_numpy(value.copy()) for value in values),
        tuple(wengert.from_numpy(way) for way in ways),
    )
    mine = problem.kept(list(tangents))

    def adjoint(found: list[Any]) -> None:
        slopes = None if problem.random else _their_gradient(problem, cotangents)
        if slopes is None:
            expected = _slope(lambda at: _results(problem, at), values, ways)
            _agree(problem, found, problem.kept(expected), "tangent of result")
        else:  # <u, J v> = <J* u, v>, with PyTorch's J*; its derivative by u is J v
            twice = _their_second(problem, cotangents, ways)
            if twice is not None:
                expected = twice[len(values) :]
                if all(one is None or torch.isfinite(one).all() for one in expected):
                    _compare(problem, found, expected, True, "tangent of result")
                    return
            product = numpy.asarray(_inner(slopes, ways))
            if not numpy.isfinite(product):
                raise NotApplicable("PyTorch's gradient is no number")
            paired = numpy.asarray(_inner(found, cotangents))
            _compare(problem, [paired], [product], True, "product with a cotangent")

    if problem.random and _zeros(_their_gradient(problem, cotangents)):
        _compare(problem, mine, [None] * len(mine), True, "tangent of result")
    elif theirs is None:
        adjoint(mine)
    else:

        def again(at: list[Array]) -> list[Any] | None:
            found = _their_tangents(problem, ways, at)
            return None if found is None else problem.kept(found)

        _settle(problem, mine, problem.kept(theirs), "tangent of result", adjoint, again)


def _zeros(tangents: list[Any] | None) -> bool:
    return tangents is not None and not any(
        numpy.any(as_array(tangent)) for tangent in tangents if tangent is not None
    )


def _results(problem: Problem, at: list[Array]) -> list[Array]:
    """PyTorch's results as arrays; of random operators ours."""
    if problem.random:
        return [as_array(result) for result in problem.ours(problem.our_inputs(at))]
    with torch.no_grad():
        inputs = [to_torch(value.copy()) for value in at]
        return [array(result) for result in problem.theirs(inputs)]


__all__ = ["Problem", "floating", "gradient", "gradient_in_place", "in_place", "jvp", "second"]
