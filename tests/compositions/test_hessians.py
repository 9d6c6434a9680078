"""Second derivatives by every pair of walks, against differences of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import wengert
from wengert import func

from .programs import (
    DIRECTION,
    PROGRAMS,
    at,
    close,
    double,
    hessian,
    hessian_from_gradients,
    scalar,
)

EXPECTED = {name: hessian_from_gradients(program) for name, program in PROGRAMS.items()}

PAIRS: dict[str, Callable[[Any], Any]] = {
    "hessian": func.hessian,
    "forward over reverse": lambda f: func.jacfwd(func.jacrev(f)),
    "reverse over reverse": lambda f: func.jacrev(func.jacrev(f)),
    "reverse over forward": lambda f: func.jacrev(func.jacfwd(f)),
    "forward over forward": lambda f: func.jacfwd(func.jacfwd(f)),
    "jacobian of the gradient": lambda f: func.jacrev(func.grad(f)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_differences_of_gradients_are_differences_of_differences(name: str) -> None:
    close(EXPECTED[name], hessian(scalar(PROGRAMS[name])), 1e-6)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_hessian(name: str, pair: str) -> None:
    close(PAIRS[pair](scalar(PROGRAMS[name]))(at()), EXPECTED[name])


@pytest.mark.parametrize("name", PROGRAMS)
def test_hessian_vector_product_by_the_tape(name: str) -> None:
    x = at().requires_grad_()
    (g,) = wengert.autograd.grad(scalar(PROGRAMS[name])(x), x, create_graph=True)
    (g * double(DIRECTION)).sum().backward()
    close(x.grad, EXPECTED[name] @ DIRECTION)


def test_hessian_with_respect_to_several_arguments() -> None:
    def function(x: Any, y: Any) -> Any:
        return (x * x * y).sum()

    x, y = double([1.0, 2.0]), double([3.0, 4.0])
    (xx, xy), (yx, yy) = func.hessian(function, argnums=(0, 1))(x, y)
    close(xx, [[6, 0], [0, 8]], 0)
    close(xy, [[2, 0], [0, 4]], 0)
    close(yx, [[2, 0], [0, 4]], 0)
    close(yy, [[0, 0], [0, 0]], 0)
