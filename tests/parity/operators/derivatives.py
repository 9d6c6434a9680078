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
from .correspondence import translate
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

    def __post_init__(self) -> None:
        self.call = Call.of(self.sample)
        self.inputs = self.call.tensors(lambda tensor: tensor.requires_grad)
        if not self.inputs:
            raise NotApplicable("nothing requires gradients")
        self.random = self.subject.random(self.call)
        single = (torch.float32, torch.complex64)
        self.coarse = any(tensor.dtype in single for tensor in self.call.tensors())
        # op_db differentiates some operators by inputs made symmetric, triangular or normalised
        wrapper = self.subject.info.gradcheck_wrapper
        if self.subject.name.startswith("masked."):  # that wrapper asks for PyTorch's internals
            wrapper = _plainly
        self.wrapped = functools.partial(wrapper, self.subject.theirs)
        self.wrapped_ours = functools.partial(translate(wrapper), self.subject.ours)
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

    def their_inputs(self) -> list[torch.Tensor]:
        """Copies of PyTorch's inputs, which require gradients."""
        return [to_torch(array(tensor)).requires_grad_() for tensor in self.inputs]

    def cotangents(self) -> list[Array]:
        """One for each floating result of PyTorch that depends on the inputs."""
        results = self.theirs(self.their_inputs())
        self.depends = [result.requires_grad for result in results]
        if not any(self.depends):
            raise NotApplicable("no result depends on the inputs")
        return [self.draw(array(result)) for result in results if result.requires_grad]

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
            bound = TOLERANCES["float32"]
        text = difference(mine, yours, bound)
        if text is not None:
            raise Wrong(f"{what} {number}: {text}")


def _settle(
    problem: Problem, ours: list[Any], theirs: list[Any], what: str, slope: Callable[[], None]
) -> None:
    """Compare; where PyTorch has NaN or another number, central differences decide.

    `slope` compares Wengert's derivative with central differences, closely: PyTorch's derivative is
    wrong if that passes.
    """
    try:
        _compare(problem, ours, theirs, True, what)
    except Wrong as difference_found:
        try:
            slope()
        except (Wrong, NotApplicable):
            raise difference_found from None
        problem.subject.settled.add(f"{what.split()[0]}: central differences agree with Wengert")


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


def gradient(subject: Subject, limit: int | None) -> Iterator[Check]:
    """The pullback of random cotangents."""
    for label, sample in _problems(subject, limit):
        yield label, lambda sample=sample: _gradient(Problem(subject, sample))


def _their_gradient(problem: Problem, cotangents: list[Array]) -> list[Any] | None:
    inputs = problem.their_inputs()
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

    def slope() -> None:
        expected = _slope(along, values, ways)
        _compare(problem, [numpy.asarray(_inner(ours, ways))], expected, False, "slope")

    if theirs is None:
        slope()
    else:
        _settle(problem, ours, theirs, "gradient by input", slope)


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


def _second(problem: Problem) -> None:
    cotangents = problem.cotangents()
    values = [array(tensor) for tensor in problem.inputs]
    ways = [problem.draw(value) for value in values]
    theirs: list[Any] | None = None
    if not problem.random:
        inputs = problem.their_inputs()
        results = problem.kept(problem.theirs(inputs))
        try:
            theirs = _twice(
                torch,
                inputs,
                results,
                [to_torch(value).requires_grad_() for value in cotangents],
                [to_torch(way) for way in ways],
            )
        except (RuntimeError, NotImplementedError):
            theirs = None
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

    def slope() -> None:
        expected = _slope(product, values, turns)
        mine = numpy.asarray(_inner(ours[: len(values)], turns))
        _compare(problem, [mine], expected, False, "second slope")

    if theirs is None:
        slope()
    else:
        _settle(problem, ours, theirs, "second derivative by", slope)


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


def _their_tangents(problem: Problem, ways: list[Array]) -> list[Any] | None:
    from torch.autograd import forward_ad

    try:
        with forward_ad.dual_level():
            duals = [
                forward_ad.make_dual(tensor.detach(), to_torch(way))
                for tensor, way in zip(problem.their_inputs(), ways, strict=True)
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

    def adjoint() -> None:
        slopes = None if problem.random else _their_gradient(problem, cotangents)
        if slopes is None:
            expected = _slope(lambda at: _results(problem, at), values, ways)
            _compare(problem, mine, problem.kept(expected), False, "tangent of result")
        else:  # <u, J v> = <J* u, v>, with PyTorch's J*
            pair = numpy.asarray(_inner(mine, cotangents)), numpy.asarray(_inner(slopes, ways))
            _compare(problem, [pair[0]], [pair[1]], True, "product with a cotangent")

    if problem.random and _zeros(_their_gradient(problem, cotangents)):
        _compare(problem, mine, [None] * len(mine), True, "tangent of result")
    elif theirs is None:
        adjoint()
    else:
        _settle(problem, mine, problem.kept(theirs), "tangent of result", adjoint)


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


__all__ = ["Problem", "floating", "gradient", "jvp", "second"]
