"""Modules as functions of their state, alone and under transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert import func, nn
from wengert.errors import ShapeError, StateError
from wengert.func import functional_call, stack_module_state


class Counting(nn.Module):
    """A layer with a buffer that it writes to, and one that it assigns."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2, dtype=w.float64)
        self.register_buffer("seen", w.zeros(2, dtype=w.float64))
        self.register_buffer("calls", w.zeros(()))

    def forward(self, x: Any, scale: float = 1.0) -> Any:
        y = self.layer(x) * scale
        with w.no_grad():
            self.seen.add_(y.detach())
        self.calls = self.calls + 1
        return y


X = w.tensor([1.0, -2.0, 0.5], dtype=w.float64)


def other_state() -> dict[str, Any]:
    draw = np.random.default_rng(2)
    shapes = {"layer.weight": (2, 3), "layer.bias": (2,), "seen": (2,)}
    state: dict[str, Any] = {name: w.from_numpy(draw.normal(size=s)) for name, s in shapes.items()}
    return {**state, "calls": w.zeros(())}


def test_a_call_with_other_tensors_leaves_the_module_as_it_was() -> None:
    module, state = Counting(), other_state()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    held = [id(p) for p in module.parameters()]
    seen = state["seen"].clone()
    found = functional_call(module, state, X, {"scale": 2.0})
    wanted = 2 * (state["layer.weight"] @ X + state["layer.bias"])
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-14)
    np.testing.assert_allclose(state["seen"].numpy(), (seen + wanted).numpy(), rtol=1e-14)
    assert state["calls"].item() == 1
    assert {name: v.tolist() for name, v in module.state_dict().items()} == {
        name: v.tolist() for name, v in before.items()
    }
    assert [id(p) for p in module.parameters()] == held
    parts = ({"layer.weight": state["layer.weight"]}, {"seen": seen})
    functional_call(module, parts, (X, 3.0))
    assert module.calls.item() == 1 and module.seen.tolist() == before["seen"].tolist()


def test_a_call_that_raises_leaves_the_module_as_it_was() -> None:
    module = Counting()
    held = module.layer.weight
    with pytest.raises(ShapeError):
        functional_call(module, {"layer.weight": w.ones(2, 4, dtype=w.float64)}, X)
    assert module.layer.weight is held and module.calls.item() == 0


class Tied(nn.Module):
    """One parameter under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Parameter(w.ones(()))
        self.second = self.first

    def forward(self, x: Any) -> Any:
        return x + self.first + 10 * self.second


def test_a_tensor_with_several_names() -> None:
    module, zero, two = Tied(), w.zeros(()), w.full((), 2.0)
    assert functional_call(module, {"first": zero}, zero).item() == 0
    assert functional_call(module, {"first": zero}, zero, tie_weights=False).item() == 10
    assert functional_call(module, {"second": two}, zero, strict=True).item() == 22
    with pytest.raises(ValueError, match="are one tensor in the module"):
        functional_call(module, {"first": zero, "second": two}, zero)
    both = {"first": zero, "second": two}
    assert functional_call(module, both, zero, tie_weights=False).item() == 20


def test_names_that_do_not_fit() -> None:
    module = Counting()
    with pytest.raises(StateError, match=r"Counting has no parameter or buffer \['weight'\]"):
        functional_call(module, {"weight": X}, X)
    with pytest.raises(StateError, match=r"\['seen', 'calls', 'layer.bias'\] are not given"):
        functional_call(module, {"layer.weight": w.ones(2, 3)}, X, strict=True)
    with pytest.raises(ValueError, match="stand in several"):
        functional_call(module, ({"seen": X}, {"seen": X}), X)


def loss(module: Any, state: dict[str, Any], x: Any) -> Any:
    return (functional_call(module, state, x) ** 2).sum()


def test_derivatives_by_parameters() -> None:
    module = nn.Sequential(nn.Linear(3, 4, dtype=w.float64), nn.Tanh(), nn.Linear(4, 2).double())
    state = {name: value.detach() for name, value in module.named_parameters()}
    found = func.grad(lambda s: loss(module, s, X))(state)
    (module(X) ** 2).sum().backward()
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(found[name].numpy(), parameter.grad.numpy(), rtol=1e-12)
    moves = {name: value.cos() for name, value in state.items()}
    _, slope = func.jvp(lambda s: loss(module, s, X), (state,), (moves,))
    wanted = sum((found[name] * moves[name]).sum().item() for name in state)
    assert slope.item() == pytest.approx(wanted)
    compiled = w.jit(lambda s, x: func.grad(lambda s: loss(module, s, x))(s))(state, X)
    for name, gradient in found.items():
        np.testing.assert_allclose(compiled[name].numpy(), gradient.numpy(), rtol=1e-12)
    second = func.jvp(func.grad(lambda s: loss(module, s, X)), (state,), (moves,))[1]
    h = 1e-5

    def moved(step: float) -> dict[str, Any]:
        return {name: value + step * moves[name] for name, value in state.items()}

    ends = [func.grad(lambda s: loss(module, s, X))(moved(step))["2.bias"] for step in (h, -h)]
    np.testing.assert_allclose(second["2.bias"].numpy(), ((ends[0] - ends[1]) / (2 * h)).numpy(),
                               rtol=1e-6)  # fmt: skip


def test_an_ensemble() -> None:
    models = [Counting() for _ in range(3)]
    parameters, buffers = stack_module_state(models)
    assert parameters["layer.weight"].is_leaf and parameters["layer.weight"].requires_grad
    assert not buffers["seen"].requires_grad and buffers["seen"].shape == (3, 2)

    def call(parameters: Any, buffers: Any, x: Any) -> Any:
        return functional_call(models[0], (parameters, buffers), x)

    found = func.vmap(call, (0, 0, None))(parameters, buffers, X)
    np.testing.assert_allclose(found.detach().numpy(), [m.layer(X).tolist() for m in models])
    gradients = func.vmap(func.grad(lambda p, b, x: call(p, b, x).sum()), (0, 0, None))(
        parameters, buffers, X
    )
    assert gradients["layer.weight"].tolist() == [[X.tolist()] * 2] * 3
    found.sum().backward()
    assert parameters["layer.bias"].grad.tolist() == [[1.0] * 2] * 3


def test_modules_that_cannot_be_stacked() -> None:
    one = nn.Linear(2, 2)
    frozen = nn.Linear(2, 2).requires_grad_(False)
    for models, error, text in (
        ([], ValueError, "no modules"),
        ([one, nn.Bilinear(2, 2, 2)], ValueError, "different classes"),
        ([one, nn.Linear(2, 2).eval()], ValueError, "in training"),
        ([one, nn.Linear(3, 2)], ShapeError, r"shapes are \[\(2, 2\), \(2, 3\)\]"),
        ([one, frozen], ShapeError, "requires_grad"),
        ([one, nn.Linear(2, 2, bias=False)], StateError, "different names"),
    ):
        with pytest.raises(error, match=text):
            stack_module_state(models)


def test_batch_norm_without_running_statistics() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4)), nn.LayerNorm(4))
    state = {name: value.detach() for name, value in net.named_parameters()}
    x = w.randn(5, 6, 3)
    wanted = [net(part).detach() for part in x]
    assert func.replace_all_batch_norm_modules_(net) is net and not list(net.buffers())
    assert not net[1][0].track_running_stats
    found = func.vmap(lambda x: functional_call(net, state, x))(x)
    np.testing.assert_allclose(found.numpy(), w.stack(wanted).numpy(), rtol=1e-5, atol=1e-6)
