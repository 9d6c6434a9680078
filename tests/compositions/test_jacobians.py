"""jacrev = jacfwd = differences; vjp and jvp are products with them; grad is jacrev of a number."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert import func
from wengert.errors import DtypeError

from .programs import DIRECTION, POINT, PROGRAMS, WEIGHTS, at, close, double, jacobian, scalar

EXPECTED = {name: jacobian(program) for name, program in PROGRAMS.items()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_reverse_and_forward_jacobian(name: str) -> None:
    close(func.jacrev(PROGRAMS[name])(at()), EXPECTED[name])
    close(func.jacfwd(PROGRAMS[name])(at()), EXPECTED[name])


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("chunk", [1, 2])
def test_jacobian_in_chunks(name: str, chunk: int) -> None:
    close(func.jacrev(PROGRAMS[name], chunk_size=chunk)(at()), EXPECTED[name])
    close(func.jacfwd(PROGRAMS[name], chunk_size=chunk)(at()), EXPECTED[name])


@pytest.mark.parametrize("name", PROGRAMS)
def test_pullback_and_pushforward_are_products_with_the_jacobian(name: str) -> None:
    expected = EXPECTED[name]
    y, pullback = func.vjp(PROGRAMS[name], at())
    u = WEIGHTS if y.ndim else numpy.array(1.7)
    close(y, PROGRAMS[name](at()).numpy(), 0)
    close(pullback(double(u))[0], numpy.tensordot(u, expected, u.ndim))
    close(pullback(double(2 * u))[0], 2 * numpy.tensordot(u, expected, u.ndim))  # not used up
    z, pushed = func.jvp(PROGRAMS[name], (at(),), (double(DIRECTION),))
    close(z, y.numpy(), 0)
    close(pushed, expected @ DIRECTION)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradient_by_the_tape(name: str) -> None:
    x = at().requires_grad_()
    scalar(PROGRAMS[name])(x).backward()
    expected = EXPECTED[name] if EXPECTED[name].ndim == 1 else WEIGHTS @ EXPECTED[name]
    close(x.grad, expected)
    found, gradient = func.value_and_grad(scalar(PROGRAMS[name]))(at())
    close(gradient, expected)
    assert not found.requires_grad and not gradient.requires_grad


def test_containers_of_inputs_and_outputs() -> None:
    def function(inputs: Any, scale: Any) -> Any:
        return {"sum": inputs[0] + inputs[1]["b"], "scaled": inputs[0] * scale}

    inputs = [double([1.0, 2.0]), {"b": double([3.0, 4.0])}]
    scale = double(5.0)
    for jacobian_of in (func.jacrev, func.jacfwd):
        found = jacobian_of(function, argnums=(0, 1))(inputs, scale)
        (first, second), by_scale = found["sum"]
        close(first, numpy.eye(2), 0)
        close(second["b"], numpy.eye(2), 0)
        close(by_scale, numpy.zeros(2), 0)
        (first, second), by_scale = found["scaled"]
        close(first, 5 * numpy.eye(2), 0)
        close(second["b"], numpy.zeros((2, 2)), 0)
        close(by_scale, [1.0, 2.0], 0)


def test_auxiliary_results() -> None:
    def function(x: Any) -> Any:
        y = x * x
        return y, {"inner": y + 1, "words": "kept"}

    for jacobian_of in (func.jacrev, func.jacfwd):
        found, aux = jacobian_of(function, has_aux=True)(at())
        close(found, numpy.diag(2 * POINT))
        close(aux["inner"], POINT**2 + 1)
        assert aux["words"] == "kept"
        assert not aux["inner"].requires_grad


def test_jacobian_shapes_put_the_output_first() -> None:
    x = wengert.ones(2, 3)
    assert func.jacrev(lambda x: x.sum(1).exp())(x).shape == (2, 2, 3)
    assert func.jacfwd(lambda x: x.sum(1).exp())(x).shape == (2, 2, 3)
    assert func.jacrev(lambda x: x[:, :0])(x).shape == (2, 0, 2, 3)
    assert func.jacfwd(lambda x: x[:, :0])(x).shape == (2, 0, 2, 3)
    empty = wengert.ones(0, 3)
    assert func.jacrev(lambda x: x.sum(0))(empty).shape == (3, 0, 3)
    assert func.jacfwd(lambda x: x.sum(0))(empty).shape == (3, 0, 3)


def test_the_gradient_of_what_does_not_depend_is_zero() -> None:
    constant = func.grad(lambda x: wengert.tensor(2.0))
    close(constant(wengert.ones(2)), numpy.zeros(2), 0)
    close(func.jacfwd(lambda x: wengert.ones(3))(wengert.ones(2)), numpy.zeros((3, 2)), 0)
    close(func.jacrev(lambda x: wengert.ones(3))(wengert.ones(2)), numpy.zeros((3, 2)), 0)


def test_an_infinite_derivative_stays_in_its_own_place() -> None:
    # Row i is the gradient of f(x)[i] alone.
    x = double([0.0, 4.0])
    for jacobian_of in (func.jacrev, func.jacfwd):
        found = jacobian_of(lambda x: x.sqrt())(x).numpy()
        assert found.tolist() == [[numpy.inf, 0], [0, 0.25]]
        by_both = jacobian_of(lambda x, y: x / y, argnums=(0, 1))(x[1], x[0])
        assert [g.item() for g in by_both] == [numpy.inf, -numpy.inf]
    found = func.hessian(lambda x: (x**1.5).sum())(x).numpy()
    assert found.tolist() == [[numpy.inf, 0], [0, 0.375]]


def test_complex_gradients_are_steepest_ascent() -> None:
    z = wengert.tensor(numpy.array([1.0 + 2.0j, -0.5 + 0.3j]))

    def loss(z: Any) -> Any:
        return (z.exp() * z.conj()).abs().sum()

    def parts(x: numpy.ndarray) -> numpy.ndarray:
        return loss(wengert.tensor(x[0] + 1j * x[1])).numpy()

    from .programs import differences

    by_parts = differences(parts, numpy.stack([z.numpy().real, z.numpy().imag]), 1e-3)
    close(func.grad(loss)(z), by_parts[0] + 1j * by_parts[1])


def test_a_jacobian_of_complex_numbers_raises() -> None:
    # Its rows would be conjugates of the derivative, and of use only for holomorphic functions.
    z = wengert.tensor([1.0 + 2.0j, -0.5 + 0.3j])
    with pytest.raises(DtypeError, match=r"jacrev: an output is complex64.*view_as_real"):
        func.jacrev(lambda z: z * z)(z)
    with pytest.raises(DtypeError, match=r"jacfwd: an input is complex64.*view_as_real"):
        func.jacfwd(lambda z: z * z)(z)
    found = func.jacrev(lambda z: (z * z.conj()).real)(z)
    close(found, numpy.diag(2 * z.numpy()), 1e-6)


def test_arguments_are_counted_from_the_end_too() -> None:
    def product(x: Any, y: Any) -> Any:
        return x * y * y

    x, y = double(2.0), double(3.0)
    assert func.grad(product, argnums=-1)(x, y).item() == 12
    assert [g.item() for g in func.jacfwd(product, argnums=(-1, 0))(x, y)] == [12, 9]
