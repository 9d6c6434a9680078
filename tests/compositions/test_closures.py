"""Tensors that a differentiated function captures stay differentiable from outside."""

from __future__ import annotations

from typing import Any

import pytest

import wengert
from wengert import func, no_grad
from wengert._record.functions import evaluate, trace_function

from .programs import close, double


def test_a_gradient_is_differentiable_by_what_the_function_captured() -> None:
    x, w = double(3.0), double(2.0).requires_grad_()
    g = func.grad(lambda x: x * x * w)(x)
    close(g, 12.0, 0)
    g.backward()
    close(w.grad, 6.0, 0)


def test_a_tangent_is_differentiable_by_what_the_function_captured() -> None:
    w = double(2.0).requires_grad_()
    _, t = func.jvp(lambda x: x * x * w, (double(3.0),), (double(1.0),))
    t.backward()
    close(w.grad, 6.0, 0)


def test_a_value_keeps_its_history_beside_its_gradient() -> None:
    w = double(2.0).requires_grad_()
    y, _ = func.value_and_grad(lambda x: x * w)(double(3.0))
    y.backward()
    close(w.grad, 3.0, 0)


def test_the_result_requires_grad_only_if_a_capture_or_input_does() -> None:
    w = double(2.0)
    assert not func.grad(lambda x: x * x * w)(double(3.0)).requires_grad
    assert func.grad(lambda x: x * x * w.requires_grad_())(double(3.0)).requires_grad


def test_an_input_that_requires_grad_stays_connected() -> None:
    x = double(3.0).requires_grad_()
    func.grad(lambda x: x**3)(x).backward()
    close(x.grad, 18.0, 0)


def test_the_walk_over_an_inner_function_frees_nothing_older() -> None:
    w = double(2.0).requires_grad_()
    y = w * w
    func.grad(lambda x: x * y)(double(1.0))
    func.vjp(lambda x: x * y, double(1.0))[1](double(1.0))
    y.backward()
    close(w.grad, 4.0, 0)


def test_an_inner_function_uses_the_outer_argument() -> None:
    def outer(x: Any) -> Any:
        return func.grad(lambda y: x * y * y)(x)  # 2 x y at y = x

    close(func.grad(outer)(double(3.0)), 12.0, 0)
    close(func.jvp(outer, (double(3.0),), (double(1.0),))[1], 12.0, 0)
    close(func.vmap(func.grad(outer))(double([1.0, 3.0])), [4.0, 12.0], 0)


@pytest.mark.parametrize("transform", ["grad", "jvp", "backward", "traced", "traced grad"])
def test_what_is_computed_under_no_grad_is_a_constant(transform: str) -> None:
    def f(x: Any) -> Any:
        with no_grad():
            c = x * x
        return c * x

    x = double(3.0)
    if transform == "grad":
        found = func.grad(f)(x)
    elif transform == "jvp":
        found = func.jvp(f, (x,), (double(1.0),))[1]
    elif transform == "traced":
        # Recorded and differentiable are two bits: the graph holds the product, as a constant.
        graph, _, _ = trace_function(lambda x: [f(x)], [((), x.dtype)], "f")
        found = func.grad(lambda x: evaluate(graph, [x])[0])(x)
    elif transform == "traced grad":
        graph, _, _ = trace_function(lambda x: [func.grad(f)(x)], [((), x.dtype)], "f")
        found = evaluate(graph, [x])[0]
    else:
        x.requires_grad_()
        f(x).backward()
        found = x.grad
    close(found, 9.0, 0)


def test_no_grad_outside_does_not_reach_into_a_transform() -> None:
    with no_grad():
        close(func.grad(lambda x: x**3)(double(2.0)), 12.0, 0)
        close(func.jacfwd(lambda x: x**3)(double(2.0)), 12.0, 0)
        close(func.hessian(lambda x: x**3)(double(2.0)), 12.0, 0)
        assert not func.grad(lambda x: x**3)(double(2.0)).requires_grad


def test_no_grad_around_an_inner_gradient_makes_it_a_constant_for_the_outer_one() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            slope = func.grad(lambda y: y**3)(x)  # 3 x ** 2, but a constant
        return slope * x

    close(func.grad(f)(double(2.0)), 12.0, 0)


def test_detach_inside_a_transform() -> None:
    close(func.grad(lambda x: x.detach() * x)(double(3.0)), 3.0, 0)
    close(func.jvp(lambda x: x.detach() * x, (double(3.0),), (double(1.0),))[1], 3.0, 0)
    close(func.vmap(func.grad(lambda x: x.detach() * x))(double([3.0, 4.0])), [3.0, 4.0], 0)


def test_the_same_tensor_as_two_arguments() -> None:
    x = double(3.0)
    first, second = func.grad(lambda a, b: a * a * b, argnums=(0, 1))(x, x)
    close(first, 18.0, 0)
    close(second, 9.0, 0)


def test_an_argument_used_and_captured_is_two_things() -> None:
    x = double(3.0).requires_grad_()
    g = func.grad(lambda y: y * x)(x)  # by y alone: x
    close(g, 3.0, 0)
    g.backward()
    close(x.grad, 1.0, 0)


def test_views_of_a_captured_parameter() -> None:
    w = double([1.0, 2.0]).requires_grad_()
    func.grad(lambda x: (w[1:] * x * x).sum())(double(3.0)).backward()
    close(w.grad, [0.0, 6.0], 0)


def test_backward_inside_a_transform_raises() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.backward()
        return y

    for call in (
        lambda: func.grad(f)(double(2.0)),
        lambda: func.jvp(f, (double(2.0),), (double(1.0),)),
        lambda: func.vmap(f)(double([2.0, 3.0])),
    ):
        with pytest.raises(RuntimeError) as caught:
            call()
        assert str(caught.value) == (
            "backward: not possible under vmap or func transforms. Use wengert.func.grad inside."
        )


def test_backward_of_a_captured_loss_inside_a_transform_raises_too() -> None:
    w = double(2.0).requires_grad_()

    def f(x: Any) -> Any:
        (w * w).backward()
        return x * w

    with pytest.raises(RuntimeError, match="not possible under vmap or func transforms"):
        func.grad(f)(double(2.0))
    assert w.grad is None


def test_autograd_grad_inside_a_transform() -> None:
    def slope(x: Any) -> Any:
        y = x**3
        return wengert.autograd.grad(y, x, create_graph=True)[0]

    close(func.grad(slope)(double(2.0)), 12.0, 0)
    close(func.jvp(slope, (double(2.0),), (double(1.0),))[1], 12.0, 0)


def test_a_nested_gradient_of_constants_is_a_constant() -> None:
    def outer(w: Any) -> Any:
        return func.grad(lambda x: x * x * w * w)(double(3.0))

    for found in (
        func.grad(outer)(double(2.0)),
        func.jvp(outer, (double(2.0),), (double(1.0),))[1],
        func.jacfwd(outer)(double(2.0)),
    ):
        close(found, 24.0, 0)
        assert not found.requires_grad


def _to_itself(x: Any) -> Any:
    y = x.sin()
    x.mul_(3)
    return (y * x).sum()


def _to_a_view(x: Any) -> Any:
    x[:1].zero_()
    return x.sum()


@pytest.mark.parametrize("function", [_to_itself, _to_a_view])
@pytest.mark.parametrize("transform", ["grad", "jvp", "vjp", "jacfwd", "hessian", "grad of grad"])
def test_an_argument_that_is_differentiated_may_not_be_written(
    function: Any, transform: str
) -> None:
    ways: dict[str, Any] = {
        "grad": lambda x: func.grad(function)(x),
        "jvp": lambda x: func.jvp(function, (x,), (x,)),
        "vjp": lambda x: func.vjp(function, x),
        "jacfwd": lambda x: func.jacfwd(function)(x),
        "hessian": lambda x: func.hessian(function)(x),
        "grad of grad": lambda x: func.grad(lambda x: func.grad(function)(x).sum())(x),
    }
    x = double([1.0, 2.0])
    with pytest.raises(wengert.errors.InplaceError, match="argument that is being differentiated"):
        ways[transform](x)
    assert x.tolist() == [1, 2]


def test_a_write_past_the_derivative_is_seen_by_what_was_kept_outside() -> None:
    def function(x: Any) -> Any:
        x.detach().mul_(5)
        return x.sum()

    z = double([1.0, 2.0]).requires_grad_() * 1
    kept = (z * z).sum()
    func.grad(function)(z)
    with pytest.raises(wengert.errors.InplaceError, match="changed in place"):
        kept.backward()
