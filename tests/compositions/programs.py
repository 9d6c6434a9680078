"""The programs on which transforms are composed, and derivatives by central differences.

Each maps a float64 vector of 3 elements to a vector or a number, smoothly near `POINT`; together
they use every family of primitive, in-place writes, indexing, loops and complex numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

import wengert
from wengert import func

Array = numpy.ndarray[Any, Any]
Function = Callable[[Any], Any]

POINT = numpy.array([0.7, -0.4, 1.3])
DIRECTION = numpy.array([0.3, -1.1, 0.8])
OTHER = numpy.array([-0.6, 0.5, 0.9])

_A = numpy.array([[2.0, 0.3, -0.5], [0.1, 1.5, 0.4], [-0.2, 0.6, 1.8]])
_W = numpy.array([[0.5, -0.8, 0.2], [0.9, 0.1, -0.3], [-0.4, 0.7, 0.6], [0.2, 0.2, -0.9]])


def double(values: Any) -> Any:
    """A float64 tensor."""
    return wengert.tensor(numpy.asarray(values, "float64"))


def _in_place(x: Any) -> Any:
    y = x.clone()
    y[0] = x[1] * x[2]
    y[1:].mul_(x[0])
    y += x.sin()
    return y


def _integer_places(x: Any) -> Any:
    y = (x * x).clone()
    y[wengert.tensor([2, 0])] = x[wengert.tensor([0, 1])].exp()
    return y[wengert.tensor([2, 2, 1])] * x


def _newton(x: Any) -> Any:
    root = 1 + x * x
    for _ in range(4):
        root = 0.5 * (root + (2 + x.sin()) / root)
    return root


def _solved(x: Any) -> Any:
    matrix = double(_A) + wengert.outer(x, x)
    return wengert.linalg.solve(matrix, x * x)


def _factor(x: Any) -> Any:
    matrix = wengert.outer(x, x) + double(3 * numpy.eye(3))
    return wengert.linalg.cholesky(matrix).sum(0)


def _complex(x: Any) -> Any:
    z = wengert.complex(x, x * x)
    return (z * z.exp()).abs() + (z / (z + 2)).imag


def _network(x: Any) -> Any:
    hidden = (double(_W) @ x).tanh()
    return double(_W).t() @ hidden.sigmoid()


PROGRAMS: dict[str, Function] = {
    "polynomial": lambda x: x**3 - 2 * x,
    "elementary functions": lambda x: (x * x).sin() * (-x).exp() / (1 + x.cosh()),
    "quadratic form": lambda x: x @ double(_A) @ x,
    "network": _network,
    "softmax": lambda x: x.softmax(0),
    "logsumexp": lambda x: (2 * x).logsumexp(0),
    "norm": lambda x: x.norm() * x,
    "running sum": lambda x: x.cumsum(0) * x.flip(0),
    "outer product": lambda x: wengert.outer(x, x) @ x.exp(),
    "selection": lambda x: wengert.where(x > 0, x * x.sqrt(), x.exp()),
    "order": lambda x: x.sort().values * x * x.amax(),
    "in-place writes": _in_place,
    "integer places": _integer_places,
    "iteration": _newton,
    "linear system": _solved,
    "factorisation": _factor,
    "complex numbers": _complex,
    "powers": lambda x: (x * x + 1) ** x,
}

WEIGHTS = numpy.array([1.0, -0.5, 0.25])


def scalar(program: Function) -> Function:
    """x -> a number, whatever the program gives."""

    def weighed(x: Any) -> Any:
        out = program(x)
        return out if not out.ndim else (out * double(WEIGHTS)).sum()

    return weighed


def at(values: Any = POINT) -> Any:
    """The point as a tensor."""
    return double(values)


def differences(function: Callable[[Array], Array], point: Array, step: float = 1e-5) -> Array:
    """The Jacobian d f_i / d x_j of a NumPy function, by central differences of fourth order."""
    columns: list[Array] = []
    for place in numpy.ndindex(*point.shape):
        unit = numpy.zeros_like(point)
        unit[place] = step
        columns.append(
            (
                8 * (function(point + unit) - function(point - unit))
                - (function(point + 2 * unit) - function(point - 2 * unit))
            )
            / (12 * step)
        )
    stacked = numpy.stack(columns, -1)
    return stacked.reshape(*stacked.shape[:-1], *point.shape)


def value(function: Function) -> Callable[[Array], Array]:
    """A tensor function as a NumPy function."""
    return lambda x: function(double(x)).detach().numpy()


def jacobian(program: Function, point: Array = POINT) -> Array:
    """By differences of values: independent of every derivative rule."""
    return differences(value(program), point, 1e-3)


def hessian(program: Function, point: Array = POINT) -> Array:
    """By differences of the differences."""
    return differences(lambda x: jacobian(program, x), point, 1e-3)


def hessian_from_gradients(program: Function, point: Array = POINT) -> Array:
    """By differences of reverse-mode gradients, which the first-order tests have secured."""
    return differences(value(func.grad(scalar(program))), point, 1e-3)


def close(found: Any, expected: Any, bound: float = 1e-8) -> None:
    """Equal within `bound` of the largest element."""
    got = found.detach().numpy() if hasattr(found, "detach") else numpy.asarray(found)
    scale = max(1.0, float(numpy.max(numpy.abs(expected), initial=0)))
    assert got.shape == numpy.shape(expected)
    numpy.testing.assert_allclose(got, expected, rtol=0, atol=bound * scale)
