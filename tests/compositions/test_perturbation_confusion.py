"""The published counter-examples of perturbation confusion, in every mix of modes.

J. M. Siskind and B. A. Pearlmutter, Perturbation confusion and referential transparency (2005);
the same authors with O. Manzyuk et al., Perturbation confusion in forward automatic
differentiation of higher-order functions (2019); ForwardDiff.jl, issues 83 and 443.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from wengert import func

from .programs import close, double

Derivative = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]


def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative of a scalar function by jvp."""
    return lambda x: func.jvp(f, (x,), (double(1.0),))[1]


MODES: dict[str, Derivative] = {"forward": forward, "reverse": func.grad}
PAIRS = list(itertools.product(MODES, repeat=2))


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_siskind_and_pearlmutter(outer: str, inner: str) -> None:
    # d/dx [x * d/dy (x + y) at y = 1] at x = 1 is 1; confused perturbations give 2.
    f: Any = lambda x: x * MODES[inner](lambda y: x + y)(double(1.0))  # noqa: E731
    close(MODES[outer](f)(double(1.0)), 1.0, 0)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_forwarddiff_83(outer: str, inner: str) -> None:
    # d/dx [x * d/dy (x * y)] = d/dx x ** 2 = 2 x.
    f: Any = lambda x: x * MODES[inner](lambda y: x * y)(double(2.0))  # noqa: E731
    close(MODES[outer](f)(double(5.0)), 10.0, 0)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_forwarddiff_443(outer: str, inner: str) -> None:
    # The same inner derivative taken twice in one outer evaluation must not share a perturbation.
    def f(x: Any) -> Any:
        slope = MODES[inner](lambda y: x * y * y)
        return slope(x) * slope(double(1.0))  # 2 x x * 2 x = 4 x ** 3

    close(MODES[outer](f)(double(2.0)), 48.0, 0)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_the_inner_derivative_of_a_constant_is_zero(outer: str, inner: str) -> None:
    # d/dy x = 0, whatever x is to the outer derivative.
    f: Any = lambda x: MODES[inner](lambda y: x * 1.0)(double(3.0)) + x * x  # noqa: E731
    close(MODES[outer](f)(double(3.0)), 6.0, 0)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_a_function_that_returns_a_function(outer: str, inner: str) -> None:
    # Manzyuk et al.: s(x)(f)(y) = f(x + y). D(s)(0) applied to itself must differentiate twice.
    def shifted(x: Any) -> Callable[[Any], Callable[[Any], Any]]:
        return lambda f: lambda y: f(x + y)

    def derivative_of_shift(f: Callable[[Any], Any], mode: str) -> Callable[[Any], Any]:
        return lambda y: MODES[mode](lambda x: shifted(x)(f)(y))(double(0.0))

    def once(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return derivative_of_shift(f, inner)

    twice = derivative_of_shift(once(lambda y: y**3), outer)
    close(twice(double(2.0)), 12.0, 0)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_the_inner_point_depends_on_the_outer_variable(outer: str, inner: str) -> None:
    # d/dx [d/dy (x y ** 3) at y = x ** 2] = d/dx 3 x ** 5 = 15 x ** 4.
    f: Any = lambda x: MODES[inner](lambda y: x * y**3)(x * x)  # noqa: E731
    close(MODES[outer](f)(double(2.0)), 240.0, 0)


def test_three_levels_each_with_its_own_variable() -> None:
    # d/dx d/dy d/dz (x y z) = 1, and the same with repeated variables.
    for a, b, c in itertools.product(MODES.values(), repeat=3):
        f: Any = lambda x, b=b, c=c: b(lambda y: c(lambda z: x * y * z)(y))(x)  # noqa: E731
        close(a(f)(double(3.0)), 1.0, 0)
        g: Any = lambda x, b=b, c=c: b(lambda y: c(lambda z: x * y * z * z)(y))(x)  # noqa: E731
        # c gives 2 x y y, b gives 4 x y at y = x, a gives 8 x.
        close(a(g)(double(3.0)), 24.0, 0)


def test_under_vmap() -> None:
    f: Any = lambda x: x * func.grad(lambda y: x + y)(double(1.0))  # noqa: E731
    close(func.vmap(func.grad(f))(double([1.0, 2.0])), [1.0, 1.0], 0)
    g: Any = lambda x: x * forward(lambda y: x * y)(double(2.0))  # noqa: E731
    close(func.vmap(forward(g))(double([1.0, 5.0])), [2.0, 10.0], 0)
