"""SGD, Adam and AdamW against their formulas in NumPy, their state, and their errors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy
import pytest

import wengert
from wengert import nn, optim

Array = numpy.ndarray
STEPS = 12


def sgd(
    p: Array, gradients: list[Array], lr: float = 0.1, momentum: float = 0.0,
    dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
    maximize: bool = False,
) -> Array:  # fmt: skip
    buffer = None
    for g in gradients:
        g = (-g if maximize else g) + weight_decay * p
        if momentum:
            buffer = g if buffer is None else momentum * buffer + (1 - dampening) * g
            g = g + momentum * buffer if nesterov else buffer
        p = p - lr * g
    return p


def adam(
    p: Array, gradients: list[Array], lr: float = 0.1, betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8, weight_decay: float = 0.0, amsgrad: bool = False, maximize: bool = False,
    decoupled: bool = False,
) -> Array:  # fmt: skip
    m = v = largest = numpy.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        g = -g if maximize else g
        if decoupled:
            p = p * (1 - lr * weight_decay)
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        largest = numpy.maximum(largest, v)
        used = largest if amsgrad else v
        p = p - lr * (m / (1 - betas[0] ** t)) / (numpy.sqrt(used / (1 - betas[1] ** t)) + eps)
    return p


def adamw(p: Array, gradients: list[Array], weight_decay: float = 0.01, **options: Any) -> Array:
    return adam(p, gradients, weight_decay=weight_decay, decoupled=True, **options)


CASES: list[tuple[Any, Any, dict[str, Any]]] = [
    (optim.SGD, sgd, {}),
    (optim.SGD, sgd, {"weight_decay": 0.1, "maximize": True}),
    (optim.SGD, sgd, {"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    (optim.SGD, sgd, {"momentum": 0.9, "nesterov": True}),
    (optim.Adam, adam, {}),
    (optim.Adam, adam, {"betas": (0.5, 0.6), "eps": 1e-2, "weight_decay": 0.3}),
    (optim.Adam, adam, {"amsgrad": True, "maximize": True, "betas": (0.9, 0.2)}),
    (optim.AdamW, adamw, {}),
    (optim.AdamW, adamw, {"weight_decay": 0.5, "amsgrad": True}),
]
IDS = [f"{rule.__name__} {options}" for rule, _, options in CASES]


@pytest.mark.parametrize(("rule", "formula", "options"), CASES, ids=IDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_against_the_formula(
    rule: Any, formula: Any, options: dict[str, Any], dtype: str, rng: numpy.random.Generator
) -> None:
    start = rng.normal(size=(3, 2))
    gradients = [rng.normal(size=(3, 2)) for _ in range(STEPS)]
    p = wengert.from_numpy(start.astype(dtype)).requires_grad_()
    optimizer = rule([p], lr=0.1, **options)
    memory = p.data_ptr()
    for g in gradients:
        p.grad = wengert.from_numpy(g.astype(dtype))
        optimizer.step()
    assert p.data_ptr() == memory
    bound = {"float32": 2e-5, "float64": 1e-13}[dtype]
    wanted = formula(start, gradients, **options)
    numpy.testing.assert_allclose(p.detach().numpy(), wanted, rtol=bound, atol=bound)


@pytest.mark.parametrize("rule", [optim.SGD, optim.Adam, optim.AdamW])
def test_a_quadratic_is_solved(rule: Any) -> None:
    goal = wengert.tensor([3.0, -1.0])
    p = nn.Parameter(wengert.zeros(2))
    optimizer = rule([p], lr=0.1)
    for _ in range(400):
        optimizer.zero_grad()
        loss = ((p - goal) ** 2).sum()
        loss.backward()
        optimizer.step()
    numpy.testing.assert_allclose(p.detach().numpy(), [3.0, -1.0], atol=2e-2)


@pytest.mark.parametrize("options", [{}, {"amsgrad": True}, {"weight_decay": 0.1}])
@pytest.mark.parametrize("rule", [optim.Adam, optim.AdamW, optim.SGD])
def test_the_parts_of_a_complex_parameter_move_as_two_parameters(rule: Any, options: Any) -> None:
    if rule is optim.SGD:
        options = {"momentum": 0.9}
    z = wengert.tensor([1 + 2j, 3 - 1j], dtype="complex128", requires_grad=True)
    parts = wengert.view_as_real(z.detach()).clone().requires_grad_()
    first, second = rule([z], lr=0.1, **options), rule([parts], lr=0.1, **options)
    for _ in range(4):
        for p, optimizer in ((z, first), (parts, second)):
            optimizer.zero_grad()
            value = p if p is z else wengert.view_as_complex(p)
            (value * (2 + 1j)).abs().sum().backward()
            optimizer.step()
    numpy.testing.assert_allclose(wengert.view_as_real(z.detach()), parts.detach(), rtol=1e-14)
    assert not numpy.allclose(z.detach().numpy(), [1 + 2j, 3 - 1j])


def test_parameters_without_gradient_are_left_alone() -> None:
    used, unused = nn.Parameter(wengert.ones(1)), nn.Parameter(wengert.ones(1))
    optimizer = optim.AdamW([used, unused], lr=0.1)
    used.sum().backward()
    optimizer.step()
    assert unused.item() == 1.0
    assert list(optimizer.state) == [used]


def test_groups_have_options_of_their_own() -> None:
    a, b, c = (nn.Parameter(wengert.ones(1)) for _ in range(3))
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1)
    optimizer.add_param_group({"params": [("c", c)], "momentum": 0.9})
    (a + b + c).sum().backward()
    optimizer.step()
    numpy.testing.assert_allclose([a.item(), b.item(), c.item()], [0.9, 0.5, 0.9])
    assert optimizer.param_groups[2]["param_names"] == ["c"]
    optimizer.param_groups[0]["lr"] = 10.0
    optimizer.step()
    assert a.item() == pytest.approx(-9.1)
    assert len(optimizer.state) == 1


def test_step_counts_are_tensors() -> None:
    p = nn.Parameter(wengert.ones(1))
    optimizer = optim.Adam([p])
    for _ in range(3):
        p.grad = wengert.ones(1)
        optimizer.step()
    step = optimizer.state[p]["step"]
    assert (step.item(), step.shape, step.dtype) == (3.0, (), wengert.float32)


def test_a_closure_computes_the_loss() -> None:
    p = nn.Parameter(wengert.tensor(2.0))
    optimizer = optim.SGD([p], lr=0.25)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = p * p
        loss.backward()
        return loss

    with wengert.no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert p.item() == 1.0


def test_zero_grad() -> None:
    p = nn.Parameter(wengert.ones(1))
    optimizer = optim.SGD([p])
    (p * 2).sum().backward()
    held = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is held
    assert held.item() == 0.0
    optimizer.zero_grad()
    assert p.grad is None
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is None


# ---- state --------------------------------------------------------------------------------------


def trained(rule: Any, options: dict[str, Any], steps: int) -> tuple[Any, Any]:
    wengert.manual_seed(0)
    net = nn.Linear(2, 2)
    optimizer = rule(net.parameters(), lr=0.1, **options)
    train(net, optimizer, steps)
    return net, optimizer


def train(net: Any, optimizer: Any, steps: int) -> None:
    for k in range(steps):
        optimizer.zero_grad()
        (net(wengert.ones(1, 2)) - k).pow(2).sum().backward()
        optimizer.step()


STATEFUL = [(optim.SGD, {"momentum": 0.9}), (optim.Adam, {"amsgrad": True}), (optim.AdamW, {})]


@pytest.mark.parametrize(("rule", "options"), STATEFUL)
@pytest.mark.parametrize("way", ["state_dict", "deepcopy", "pickle"])
def test_training_continues_from_a_saved_state(rule: Any, options: Any, way: str) -> None:
    net, optimizer = trained(rule, options, 3)
    if way == "state_dict":
        other = copy.deepcopy(net)
        resumed = rule(other.parameters(), lr=99.0)
        resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    elif way == "deepcopy":
        other, resumed = copy.deepcopy((net, optimizer))
    else:
        other, resumed = pickle.loads(pickle.dumps((net, optimizer)))
    train(net, optimizer, 3)
    train(other, resumed, 3)
    assert (net.weight == other.weight).all()
    assert (net.bias == other.bias).all()


def test_layout_of_the_state() -> None:
    _, optimizer = trained(optim.Adam, {"amsgrad": True}, 1)
    state = optimizer.state_dict()
    assert list(state) == ["state", "param_groups"]
    assert list(state["state"]) == [0, 1]
    assert list(state["state"][0]) == ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]
    assert state["param_groups"][0]["params"] == [0, 1]
    assert state["param_groups"][0]["betas"] == (0.9, 0.999)
    assert optim.SGD([nn.Parameter(wengert.ones(1))]).state_dict()["state"] == {}


def test_loaded_tensors_are_copies_in_the_parameters_dtype() -> None:
    net, optimizer = trained(optim.Adam, {}, 1)
    state = optimizer.state_dict()
    wide = optim.Adam(copy.deepcopy(net).double().parameters())
    wide.load_state_dict(state)
    loaded = next(iter(wide.state.values()))
    assert loaded["exp_avg"].dtype == wengert.float64
    assert loaded["step"].dtype == wengert.float32
    loaded["step"].add_(10)
    assert state["state"][0]["step"].item() == 1.0


def test_a_state_without_an_option_gets_its_default() -> None:
    w = nn.Parameter(wengert.zeros(1))
    optimizer = optim.SGD([("w", w)], lr=0.1)
    state = copy.deepcopy(optimizer.state_dict())
    del state["param_groups"][0]["maximize"]
    state["param_groups"][0] |= {"lr": 0.5, "param_names": ["another"]}
    optimizer.load_state_dict(state)
    w.grad = wengert.ones(1)
    optimizer.step()
    assert w.item() == -0.5
    assert optimizer.param_groups[0]["param_names"] == ["w"]


def test_printing() -> None:
    text = repr(optim.SGD([nn.Parameter(wengert.ones(1))], lr=0.5))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0.0\n")
    assert "\n    lr: 0.5\n" in text


def test_a_rule_of_ones_own() -> None:
    class Halving(optim.Optimizer):
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"factor": 0.5})

        def update(self, group: Any) -> None:
            for p in self.with_gradient(group):
                p.mul_(group["factor"])

    p = nn.Parameter(wengert.ones(1))
    p.grad = wengert.ones(1)
    Halving([p]).step()
    assert p.item() == 0.5


# ---- errors -------------------------------------------------------------------------------------


def test_errors() -> None:
    p = nn.Parameter(wengert.ones(2))
    with pytest.raises(ValueError) as nothing:
        optim.SGD([])
    assert str(nothing.value) == "optimizer: the list of parameters is empty."
    with pytest.raises(TypeError) as bare:
        optim.SGD(p)
    assert str(bare.value) == (
        "optimizer: params must be an iterable of tensors, not one tensor. Use [tensor]."
    )
    with pytest.raises(ValueError) as computed:
        optim.SGD([p * 2])
    assert str(computed.value) == (
        "optimizer: a tensor of shape (2,) is computed from others (is_leaf is False), so backward "
        "fills no gradient for it. Train its leaves."
    )
    with pytest.raises(ValueError) as twice:
        optim.SGD([{"params": [p]}, {"params": [p]}])
    assert str(twice.value) == (
        "optimizer: a tensor of shape (2,) appears twice; it would be moved twice in each step."
    )
    with pytest.raises(ValueError) as rate:
        optim.Adam([p], lr=-1.0)
    assert str(rate.value) == "optimizer: lr=-1.0 is out of range; it must be at least 0.0."
    with pytest.raises(ValueError) as beta:
        optim.Adam([p], betas=(0.9, 1.0))
    assert str(beta.value) == (
        "optimizer: betas[1]=1.0 is out of range; it must be at least 0.0 and below 1.0."
    )
    with pytest.raises(ValueError, match="nesterov needs a positive momentum and dampening=0"):
        optim.SGD([p], nesterov=True)
    with pytest.raises(TypeError, match="can train tensors only, not int"):
        optim.SGD([3])
    with pytest.raises(RuntimeError) as layout:
        optim.SGD([p]).load_state_dict(optim.SGD(nn.Linear(1, 1).parameters()).state_dict())
    assert str(layout.value) == (
        "load_state_dict: the state has parameter groups of [2] tensors, the optimizer of [1]. "
        "Build the optimizer over the same parameters first."
    )
