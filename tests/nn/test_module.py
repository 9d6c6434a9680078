"""Module: registration, walks, state, conversion, hooks, copies and how it prints."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy
import pytest

import wengert
from wengert import nn


class Net(nn.Module):
    """A shared layer, a buffer, a bare parameter and a list."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.layers = nn.ModuleList([nn.Linear(4, 4, bias=False), nn.Tanh()])
        self.again = self.first
        self.scale = nn.Parameter(wengert.ones(1))
        self.register_buffer("count", wengert.zeros(1))
        self.register_buffer("cache", wengert.zeros(1), persistent=False)

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


NAMES = ["scale", "first.weight", "first.bias", "layers.0.weight"]


def test_walks_visit_each_thing_once() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [id(p) for p in net.parameters()] == [id(net.get_parameter(name)) for name in NAMES]
    assert [name for name, _ in net.named_buffers()] == ["count", "cache"]
    assert [name for name, _ in net.named_modules()] == [
        "", "first", "layers", "layers.0", "layers.1",
    ]  # fmt: skip
    assert [name for name, _ in net.named_children()] == ["first", "layers"]
    assert list(net.children()) == [net.first, net.layers]
    assert net.get_submodule("layers.0") is net.layers[0]
    assert len(list(net.parameters(recurse=False))) == 1
    everything = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert everything == [*NAMES, "again.weight", "again.bias"]


def test_parameters_of_a_module_are_trained() -> None:
    net = Net()
    net(wengert.ones(2, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad(set_to_none=False)
    assert all((p.grad == 0).all() for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_assignment_files_a_value_under_its_kind() -> None:
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(wengert.ones(1))
    assert "x" not in vars(module)
    module.x = nn.Identity()
    assert list(module.parameters()) == []
    assert list(module.children()) == [module.x]
    del module.x
    assert not hasattr(module, "x")
    module.register_parameter("p", None)
    assert module.p is None
    assert list(module.parameters()) == []
    module.p = nn.Parameter(wengert.ones(2))
    module.p = None
    assert list(module.parameters()) == []
    module.register_buffer("b", wengert.zeros(1))
    module.b = wengert.ones(2)
    assert module.state_dict()["b"].tolist() == [1.0, 1.0]
    assert {"p", "b"} <= set(dir(module))


def test_train_and_eval_reach_every_module() -> None:
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())


def test_apply_goes_from_the_inside_out() -> None:
    seen: list[str] = []
    Net().apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "Linear", "Tanh", "ModuleList", "Net"]


def test_frozen_modules_get_no_gradient() -> None:
    net = Net()
    net.first.requires_grad_(False)
    net(wengert.ones(2, 3)).sum().backward()
    assert net.first.weight.grad is None
    assert net.scale.grad is not None


# ---- state --------------------------------------------------------------------------------------


def test_state_goes_around() -> None:
    net, other = Net(), Net()
    state = net.state_dict()
    assert list(state) == [
        "scale", "count", "first.weight", "first.bias", "layers.0.weight", "again.weight",
        "again.bias",
    ]  # fmt: skip
    assert not any(value.requires_grad for value in state.values())
    weight = other.first.weight
    assert str(other.load_state_dict(state)) == "<All keys matched successfully>"
    assert other.first.weight is weight
    x = wengert.randn(5, 3)
    assert (net(x) == other(x)).all()


def test_state_shares_memory_unless_copied() -> None:
    net = nn.Linear(1, 1)
    state = net.state_dict()
    with wengert.no_grad():
        net.weight.fill_(7)
    assert state["weight"].item() == 7.0


def test_state_from_numpy_arrays() -> None:
    net = nn.Linear(2, 1)
    net.load_state_dict({"weight": numpy.full((1, 2), 2.0), "bias": numpy.zeros(1)})
    assert net(wengert.ones(2)).item() == 4.0
    assert net.weight.dtype == wengert.float32


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    net = Net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = {name: value + 1 for name, value in before.items()}
    del state["scale"]
    state["first.bias"] = wengert.zeros(5)
    state["head.weight"] = wengert.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "load_state_dict: the state does not fit Net, and nothing was loaded:\n"
        "  missing, so nothing would be loaded into: 'scale'\n"
        "  not known to the module: 'head.weight'\n"
        "  'first.bias' has shape (5,); the module's has (4,)\n"
        "strict=False ignores missing and unknown names."
    )
    assert all((net.state_dict()[name] == value).all() for name, value in before.items())
    del state["first.bias"]
    found = net.load_state_dict(state, strict=False)
    assert found.missing_keys == ["scale", "first.bias"]
    assert found.unexpected_keys == ["head.weight"]
    assert (net.first.weight == before["first.weight"] + 1).all()


def test_assign_takes_the_tensors_over() -> None:
    net = nn.Linear(2, 1)
    state = {"weight": wengert.ones(1, 2, dtype="float64"), "bias": wengert.zeros(1)}
    net.load_state_dict(state, assign=True)
    assert isinstance(net.weight, nn.Parameter)
    assert net.weight.dtype == wengert.float64
    assert net.weight.requires_grad


# ---- conversion and copies ----------------------------------------------------------------------


def test_conversion_keeps_parameters_and_converts_gradients() -> None:
    net = Net()
    net.register_buffer("steps", wengert.tensor(0))
    net(wengert.ones(1, 3)).sum().backward()
    parameters = list(net.parameters())
    assert net.to(wengert.float64) is net
    assert [id(p) for p in net.parameters()] == [id(p) for p in parameters]
    assert {p.dtype for p in parameters} == {p.grad.dtype for p in parameters}
    assert {p.dtype for p in parameters} == {wengert.float64}
    assert net.count.dtype == wengert.float64
    assert net.steps.dtype == wengert.int64
    net(wengert.ones(1, 3, dtype="float64")).sum().backward()
    assert net.float().scale.dtype == wengert.float32
    assert net.half().scale.dtype == wengert.float16
    assert net.to("cpu").to(wengert.ones(1, dtype="float64")).scale.dtype == wengert.float64
    with pytest.raises(TypeError, match="expected a floating or complex dtype, not int"):
        net.to(wengert.int64)


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_copies_are_independent_and_keep_sharing(way: str) -> None:
    net = Net()
    net(wengert.ones(1, 3)).sum().backward()
    made = copy.deepcopy(net) if way == "deepcopy" else pickle.loads(pickle.dumps(net))
    assert made.again is made.first
    assert [name for name, _ in made.named_parameters()] == NAMES
    x = wengert.randn(2, 3)
    assert (made(x) == net(x)).all()
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in made.parameters())
    assert (made.scale.grad == net.scale.grad).all()
    with wengert.no_grad():
        made.scale.fill_(100)
    assert net.scale.item() == 1.0


def test_a_parameter_shares_the_memory_it_was_made_from() -> None:
    x = wengert.zeros(2)
    p = nn.Parameter(x)
    with wengert.no_grad():
        p.add_(1)
    assert x.tolist() == [1.0, 1.0]
    assert p.is_leaf
    assert not x.requires_grad
    assert not nn.Parameter(x, requires_grad=False).requires_grad
    assert type(p + 1) is wengert.Tensor


def test_assigning_data_keeps_the_parameter() -> None:
    layer = nn.Linear(2, 1)
    weight = layer.weight
    layer.weight.data = wengert.tensor([[2.0, -3.0]])
    assert layer.weight is weight
    layer(wengert.ones(1, 2)).sum().backward()
    assert weight.grad.tolist() == [[1.0, 1.0]]
    weight.data -= 0.5 * weight.grad
    assert layer.state_dict()["weight"].tolist() == [[1.5, -3.5]]


# ---- hooks --------------------------------------------------------------------------------------


def test_forward_hooks() -> None:
    seen: list[Any] = []
    layer = nn.Identity()
    first = layer.register_forward_pre_hook(lambda module, args: args[0] + 1)
    second = layer.register_forward_hook(lambda module, args, out: seen.append((args, out)))
    third = layer.register_forward_hook(lambda module, args, out: out * 10)
    fourth = layer.register_forward_hook(lambda module, args, out: out + 5, prepend=True)
    assert layer(1) == 70
    assert seen == [((2,), 7)]
    for handle in (first, second, third, fourth, first):
        handle.remove()
    assert layer(1) == 1


def test_hooks_with_keyword_arguments() -> None:
    class Scaled(nn.Module):
        def forward(self, x: float, *, by: float = 1) -> float:
            return x * by

    layer = Scaled()
    layer.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"by": kwargs["by"] + 1}), with_kwargs=True
    )
    layer.register_forward_hook(
        lambda module, args, kwargs, out: out + kwargs["by"], with_kwargs=True
    )
    assert layer(10, by=2) == 33


# ---- containers ---------------------------------------------------------------------------------


def test_sequential() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(net) == 3
    assert net[-1] is net[2]
    assert len(net[:2]) == 2
    assert net[:2][0] is net[0]
    assert list(net[1:].state_dict()) == ["2.weight", "2.bias"]
    del net[1]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    net.append(nn.Tanh()).insert(0, nn.Identity())
    assert [type(m).__name__ for m in net] == ["Identity", "Linear", "Linear", "Tanh"]
    net[0] = nn.Sigmoid()
    assert type(net.pop(0)).__name__ == "Sigmoid"
    with pytest.raises(IndexError, match="Sequential: index 3 is out of range for 3 modules"):
        net[3]


def test_sequential_with_names() -> None:
    net = nn.Sequential({"hidden": nn.Linear(2, 3), "out": nn.Linear(3, 1)})
    assert list(net.state_dict()) == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    assert net.hidden is net[0]
    del net[0]
    assert list(net.state_dict()) == ["out.weight", "out.bias"]


def test_module_dict() -> None:
    heads = nn.ModuleDict([("a", nn.Linear(1, 1)), ("b", nn.Identity())])
    assert "a" in heads
    assert list(heads.keys()) == ["a", "b"]
    assert [type(m).__name__ for m in heads.values()] == ["Linear", "Identity"]
    heads["a"] = nn.Identity()
    assert type(heads.pop("a")).__name__ == "Identity"
    assert dict(heads.items()) == {"b": heads["b"]}
    heads.clear()
    assert len(heads) == 0
    with pytest.raises(KeyError, match="no module 'z'"):
        heads["z"]


def test_printing() -> None:
    class Printed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 2), nn.GELU())
            self.rest = nn.ModuleList([nn.Tanh(), nn.Tanh(), nn.LeakyReLU(0.2)])

        def extra_repr(self) -> str:
            return "kind=small"

    assert repr(Printed()) == (
        "Printed(\n"
        "  kind=small\n"
        "  (body): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=2, bias=True)\n"
        "    (1): GELU(approximate='none')\n"
        "  )\n"
        "  (rest): ModuleList(\n"
        "    (0-1): 2 x Tanh()\n"
        "    (2): LeakyReLU(negative_slope=0.2)\n"
        "  )\n"
        ")"
    )


# ---- errors -------------------------------------------------------------------------------------


class Early(nn.Module):
    def __init__(self) -> None:
        self.weight = nn.Parameter(wengert.ones(1))


def test_errors() -> None:
    with pytest.raises(AttributeError) as forgotten:
        Early()
    assert str(forgotten.value) == (
        "Early: call super().__init__() before assigning parameters, buffers or modules."
    )
    net = Net()
    with pytest.raises(TypeError) as wrong:
        net.scale = wengert.ones(1)
    assert str(wrong.value) == (
        "Net.scale holds an nn.Parameter; Tensor cannot be assigned to it. Delete it first (del "
        "module.scale), or assign an nn.Parameter or None."
    )
    with pytest.raises(AttributeError) as absent:
        _ = net.missing
    assert str(absent.value) == "Net has no attribute 'missing'"
    with pytest.raises(NotImplementedError) as empty:
        nn.Module()(1)
    assert str(empty.value) == (
        "Module has no forward. Define `def forward(self, x): ...` in the class."
    )
    with pytest.raises(AttributeError) as nowhere:
        net.get_parameter("first.gain")
    assert str(nowhere.value) == "Net.first has no parameter 'gain'; it has ['weight', 'bias']."
    with pytest.raises(KeyError, match="joined by dots"):
        net.add_module("a.b", nn.Tanh())
    with pytest.raises(KeyError, match="already has an attribute 'training'"):
        net.register_buffer("training", wengert.ones(1))
    with pytest.raises(TypeError, match="must be a Parameter or None, not Tensor"):
        net.register_parameter("w", wengert.ones(1))
    with pytest.raises(ValueError) as shapes:
        net(wengert.ones(2, 5))
    assert str(shapes.value) == (
        "linear: an input of shape (2, 5) does not fit a weight of shape (4, 3): the last axes "
        "must be equal, (..., in) and (out, in)."
    )
