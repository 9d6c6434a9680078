"""What was not selected has no derivative, across the borders of loops and branches as elsewhere.

Each program would give 0 * inf, hence NaN, if an absent cotangent (or tangent) became a zero on its
way in or out of a sub-graph. Derivatives are written out by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
import pytest

import wengert
from wengert import cond, func, scan

where = wengert.where


def double(values: Any) -> Any:
    return wengert.tensor(numpy.asarray(values, "float64"))


class Program(NamedTuple):
    """A function of a vector, applied element by element, with its derivatives by hand."""

    function: Callable[[Any], Any]
    at: list[float]
    first: list[float]
    second: list[float]


def _slices_dropped_inside(x: Any) -> Any:
    """sqrt outside, the selection inside."""
    rows = wengert.stack([x.sqrt(), 2 * x.sqrt()])
    total, _ = scan(lambda c, row: (c + where(row > 0, row, 0.0), None), x * 0, rows)
    return total


def _dropped_outside(x: Any) -> Any:
    """sqrt inside, the selection outside."""
    last, _ = scan(lambda c, _: ((c + 1).sqrt(), None), x - 1, length=1)
    return where(x > 0, last, 0.0)


def _dropped_by_a_later_step(x: Any) -> Any:
    """The first step makes a root, the second drops it."""

    def step(c: Any, first: Any) -> Any:
        return where(first, c.sqrt(), where(c > 0, c, 0.0)), None

    return scan(step, x, wengert.tensor([True, False]))[0]


def _last_carry_unused(x: Any) -> Any:
    """The last step computes sqrt(0), which nobody reads."""

    def step(c: Any, shift: Any) -> Any:
        return (c + shift).sqrt(), c * c

    _, ys = scan(step, x, wengert.stack([x * 3, -2 * x]))
    return ys.sum(0)


def _constant_dropped(x: Any) -> Any:
    root = x.sqrt()

    def step(c: Any, sign: Any) -> Any:
        return c + where(x > 0, root * sign, 0.0), None

    return scan(step, x * 0, double([1.0, 2.0]))[0]


def _branch_not_taken(x: Any) -> Any:
    """One branch uses the root, the other does not look at it."""
    root = x.sqrt()
    return wengert.stack(
        [
            cond(a > 0, lambda a, r: 2 * r, lambda a, r: 0 * a, a, r)
            for a, r in zip(x, root, strict=True)
        ]
    )


def _branch_not_taken_in_a_loop(x: Any) -> Any:
    def step(c: Any, pair: Any) -> Any:
        a, r = pair
        return c, cond(a > 0, lambda: 2 * r, lambda: 0 * a)

    return scan(step, (), (x, x.sqrt()))[1]


def _batched_choice(x: Any) -> Any:
    return func.vmap(lambda a: cond(a > 0, lambda a: 2 * a.sqrt(), lambda a: 0 * a, a))(x)


def _batched_choice_of_operand(x: Any) -> Any:
    return func.vmap(lambda a, r: cond(a > 0, lambda: 2 * r, lambda: 0 * a))(x, x.sqrt())


def _tangent_absent_outside(x: Any) -> Any:
    """relu outside, sqrt inside: forward mode would multiply a zero by infinity."""
    last, _ = scan(lambda c, _: (c.sqrt(), None), x.relu(), length=1)
    return last


def _tangent_absent_in_a_slice(x: Any) -> Any:
    def step(c: Any, row: Any) -> Any:
        return c + row.sqrt(), row.relu().sqrt()

    total, ys = scan(step, x * 0, wengert.stack([x.relu(), 4 * x.relu()]))
    return total + ys.sum(0)


def _tangent_absent_in_a_branch(x: Any) -> Any:
    return cond(wengert.ones(()) > 0, lambda a: a.sqrt(), lambda a: a, x.relu())


PROGRAMS: dict[str, Program] = {
    "slices dropped inside": Program(_slices_dropped_inside, [4, 0], [0.75, 0], [-3 / 32, 0]),
    "dropped outside": Program(_dropped_outside, [4, 0], [0.25, 0], [-1 / 32, 0]),
    "dropped by a later step": Program(_dropped_by_a_later_step, [4, 0], [0.25, 0], [-1 / 32, 0]),
    # x^2 + (sqrt(4 x))^2, then sqrt(2 sqrt(x) - 2 x), whose derivative at 1 is infinite
    "last carry unused": Program(_last_carry_unused, [1.0], [6.0], [2.0]),
    "constant dropped": Program(_constant_dropped, [4, 0], [0.75, 0], [-3 / 32, 0]),
    "branch not taken": Program(_branch_not_taken, [4, 0], [0.5, 0], [-1 / 16, 0]),
    "branch not taken in a loop": Program(
        _branch_not_taken_in_a_loop, [4, 0], [0.5, 0], [-1 / 16, 0]
    ),
    "batched choice": Program(_batched_choice, [4, 0, -1], [0.5, 0, 0], [-1 / 16, 0, 0]),
    "batched choice of an operand": Program(
        _batched_choice_of_operand, [4, 0], [0.5, 0], [-1 / 16, 0]
    ),
    "tangent absent outside": Program(_tangent_absent_outside, [4, -1], [0.25, 0], [-1 / 32, 0]),
    "tangent absent in a slice": Program(
        _tangent_absent_in_a_slice, [4, -1], [1.5, 0], [-6 / 32, 0]
    ),
    "tangent absent in a branch": Program(
        _tangent_absent_in_a_branch, [4, -1], [0.25, 0], [-1 / 32, 0]
    ),
}


def _numpy(f: Any) -> Any:
    return wengert.jit(f, backend="numpy")


def _grad(f: Any) -> Any:
    return func.grad(lambda x: f(x).sum())


def _along(f: Any) -> Any:
    return lambda x: func.jvp(f, (x,), (wengert.ones_like(x),))[1]


FIRST = {
    "grad": _grad,
    "jvp": _along,
    "grad in jit": lambda f: _numpy(_grad(f)),
    "jvp in jit": lambda f: _numpy(_along(f)),
    "jacrev in jit": lambda f: _numpy(lambda x: func.jacrev(f)(x).sum(0)),
    "vmap of grad in jit": lambda f: _numpy(
        lambda x: func.vmap(_grad(f))(wengert.stack([x, x]))[1]
    ),
    "native": lambda f: wengert.jit(_grad(f)),
}
SECOND = {
    "grad of grad": lambda f: _grad(_grad(f)),
    "grad of grad in jit": lambda f: _numpy(_grad(_grad(f))),
    "jvp of grad in jit": lambda f: _numpy(_along(_grad(f))),
    "grad of jvp in jit": lambda f: _numpy(_grad(_along(f))),
    "jvp of jvp in jit": lambda f: _numpy(_along(_along(f))),
}


@pytest.mark.parametrize("way", FIRST)
@pytest.mark.parametrize("name", PROGRAMS)
def test_first_derivative(name: str, way: str) -> None:
    program = PROGRAMS[name]
    found = FIRST[way](program.function)(double(program.at))
    numpy.testing.assert_allclose(found.numpy(), program.first, rtol=0, atol=1e-12)


@pytest.mark.parametrize("way", SECOND)
@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivative(name: str, way: str) -> None:
    program = PROGRAMS[name]
    found = SECOND[way](program.function)(double(program.at))
    numpy.testing.assert_allclose(found.numpy(), program.second, rtol=0, atol=1e-12)


def test_a_zero_that_is_there_stays_a_zero() -> None:
    """(sqrt(x) - 2)^2 at 4: a zero cotangent meets an infinite second partial nowhere."""

    def f(x: Any) -> Any:
        return scan(lambda c, _: ((c.sqrt() - 2) ** 2, None), x, length=1)[0]

    found = _numpy(_grad(_grad(f)))(double([4.0]))
    numpy.testing.assert_allclose(found.numpy(), [0.125])


def test_nan_that_is_due_is_not_hidden() -> None:
    """sqrt(x)^2 at 0: the cotangent is zero, not absent."""

    def f(x: Any) -> Any:
        return scan(lambda c, _: (c.sqrt() ** 2, None), x, length=1)[0]

    eager, compiled = _grad(f), _numpy(_grad(f))
    assert math.isnan(eager(double([0.0])).item())
    assert math.isnan(compiled(double([0.0])).item())
