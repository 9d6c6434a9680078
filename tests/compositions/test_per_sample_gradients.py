"""One gradient for each sample, of parameters that all samples share."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from wengert import func

from .programs import close, double


def _model(parameters: dict[str, Any], x: Any) -> Any:
    hidden = (parameters["w1"] @ x + parameters["b1"]).tanh()
    return (parameters["w2"] * hidden).sum()


def _loss(parameters: dict[str, Any], x: Any, y: Any) -> Any:
    return (_model(parameters, x) - y) ** 2


def _setting(rng: numpy.random.Generator) -> tuple[dict[str, Any], Any, Any]:
    parameters = {
        "w1": double(rng.standard_normal((4, 3))),
        "b1": double(rng.standard_normal(4)),
        "w2": double(rng.standard_normal(4)),
    }
    return parameters, double(rng.standard_normal((5, 3))), double(rng.standard_normal(5))


def test_gradients_of_parameters_in_a_dict(rng: numpy.random.Generator) -> None:
    parameters, xs, ys = _setting(rng)
    found = func.vmap(func.grad(_loss), in_dims=(None, 0, 0))(parameters, xs, ys)
    for k in range(5):
        alone = func.grad(_loss)(parameters, xs[k], ys[k])
        for name in parameters:
            close(found[name][k], alone[name].numpy(), 1e-13)


def test_their_mean_is_the_gradient_of_the_mean(rng: numpy.random.Generator) -> None:
    parameters, xs, ys = _setting(rng)
    found = func.vmap(func.grad(_loss), in_dims=(None, 0, 0))(parameters, xs, ys)

    def mean(parameters: Any) -> Any:
        return func.vmap(_loss, in_dims=(None, 0, 0))(parameters, xs, ys).mean()

    whole = func.grad(mean)(parameters)
    for name in parameters:
        close(found[name].mean(0), whole[name].numpy(), 1e-13)


def test_captured_parameters(rng: numpy.random.Generator) -> None:
    parameters, xs, ys = _setting(rng)
    by_x = func.vmap(func.grad(lambda x, y: _loss(parameters, x, y)))(xs, ys)
    for k in range(5):
        close(by_x[k], func.grad(_loss, argnums=1)(parameters, xs[k], ys[k]).numpy(), 1e-13)


def test_captured_parameters_that_require_grad(rng: numpy.random.Generator) -> None:
    # |d loss / d x|^2 summed over samples, by the parameters: backward through vmap of grad.
    parameters, xs, ys = _setting(rng)
    for parameter in parameters.values():
        parameter.requires_grad_()

    def penalty(x: Any, y: Any) -> Any:
        g = func.grad(lambda x: _loss(parameters, x, y))(x)
        return (g * g).sum()

    func.vmap(penalty)(xs, ys).sum().backward()
    expected = {name: numpy.zeros(p.shape) for name, p in parameters.items()}
    for k in range(5):

        def one(parameters: Any, k: int = k) -> Any:
            g = func.grad(lambda x: _loss(parameters, x, ys[k]))(xs[k])
            return (g * g).sum()

        constants = {name: p.detach() for name, p in parameters.items()}
        for name, g in func.grad(one)(constants).items():
            expected[name] += g.numpy()
    for name, parameter in parameters.items():
        close(parameter.grad, expected[name], 1e-12)


def test_hessians_of_samples(rng: numpy.random.Generator) -> None:
    parameters, xs, ys = _setting(rng)
    one = lambda w: lambda x, y: _loss({**parameters, "w2": w}, x, y)  # noqa: E731
    found = func.vmap(lambda x, y: func.hessian(lambda w: one(w)(x, y))(parameters["w2"]))(xs, ys)
    for k in range(5):
        hidden = (parameters["w1"] @ xs[k] + parameters["b1"]).tanh().numpy()
        close(found[k], 2 * numpy.outer(hidden, hidden), 1e-13)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_order_of_vmap_and_grad_does_not_matter_for_a_sum(
    scale: float, rng: numpy.random.Generator
) -> None:
    xs = double(rng.standard_normal((4, 3)))
    f: Any = lambda x: (x.sin() * scale).sum() ** 2  # noqa: E731
    inside = func.vmap(func.grad(f))(xs)
    outside = func.grad(lambda xs: func.vmap(f)(xs).sum())(xs)
    close(inside, outside.numpy(), 1e-14)
