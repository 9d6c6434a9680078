"""Layers, losses, optimisers and schedules under PyTorch and under Wengert.

Weights travel through `state_dict`, so its names, shapes and dtypes are compared as well.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch

import wengert

Array = numpy.ndarray
Program = Callable[..., Any]


def close(ours: Any, theirs: Any, digits: float = 64) -> None:
    """Equal dtype and shape, and values up to `digits` units of the largest element."""
    our, their = ours.detach().numpy(), theirs.detach().numpy()
    assert our.dtype == their.dtype
    assert our.shape == their.shape
    if their.dtype.kind != "f":
        numpy.testing.assert_array_equal(our, their)
    elif their.size:
        bound = digits * numpy.finfo(their.dtype).eps * max(1.0, numpy.nanmax(abs(their)))
        numpy.testing.assert_allclose(our, their, rtol=0, atol=bound)


def arrays(rng: numpy.random.Generator, *shapes: tuple[int, ...]) -> list[Array]:
    return [rng.standard_normal(shape) for shape in shapes]


# ---- functions ----------------------------------------------------------------------------------

# Each takes a library's nn.functional and tensors.
IMAGE = (2, 4, 7, 8)
FUNCTIONS: dict[str, tuple[Program, list[tuple[int, ...]]]] = {
    "relu6": (lambda F, x: F.relu6(x * 5), [(40,)]),
    "hardtanh": (lambda F, x: F.hardtanh(x), [(40,)]),
    "leaky_relu": (lambda F, x: F.leaky_relu(x, 0.2), [(40,)]),
    "elu": (lambda F, x: F.elu(x, 0.7), [(40,)]),
    "selu": (lambda F, x: F.selu(x), [(40,)]),
    "silu": (lambda F, x: F.silu(x), [(40,)]),
    "mish": (lambda F, x: F.mish(x), [(40,)]),
    "gelu": (lambda F, x: F.gelu(x), [(40,)]),
    "gelu tanh": (lambda F, x: F.gelu(x, approximate="tanh"), [(40,)]),
    "softplus": (lambda F, x: F.softplus(x * 20, 1.3, 10), [(40,)]),
    "logsigmoid": (lambda F, x: F.logsigmoid(x * 20), [(40,)]),
    "softmax": (lambda F, x: F.softmax(x, 1), [(5, 4, 3)]),
    "log_softmax": (lambda F, x: F.log_softmax(x, -1), [(5, 4)]),
    "normalize": (lambda F, x: F.normalize(x, dim=0), [(5, 4)]),
    "linear": (lambda F, x, w, b: F.linear(x, w, b), [(2, 3, 4), (5, 4), (5,)]),
    "linear of one": (lambda F, x, w: F.linear(x, w), [(4,), (5, 4)]),
    "layer_norm": (
        lambda F, x, w, b: F.layer_norm(x, (3, 4), w, b, 1e-3),
        [(2, 3, 4), (3, 4), (3, 4)],
    ),
    "pad": (lambda F, x: F.pad(x, (1, 2, 0, -1), value=0.5), [(3, 4)]),
    "conv1d": (lambda F, x, w, b: F.conv1d(x, w, b), [(2, 3, 9), (4, 3, 3), (4,)]),
    "conv1d same": (
        lambda F, x, w: F.conv1d(x, w, padding="same", dilation=2),
        [(2, 3, 9), (4, 3, 4)],
    ),
    "conv2d": (lambda F, x, w, b: F.conv2d(x, w, b), [IMAGE, (5, 4, 3, 2), (5,)]),
    "conv2d strided": (
        lambda F, x, w: F.conv2d(x, w, None, (2, 3), (1, 2), (2, 1)),
        [IMAGE, (5, 4, 3, 2)],
    ),
    "conv2d of groups": (
        lambda F, x, w, b: F.conv2d(x, w, b, 2, 1, groups=2),
        [IMAGE, (6, 2, 3, 3), (6,)],
    ),
    "conv2d of each channel": (
        lambda F, x, w: F.conv2d(x, w, padding="same", groups=4),
        [IMAGE, (4, 1, 3, 3)],
    ),
    "conv2d 1x1": (lambda F, x, w: F.conv2d(x, w, padding="valid"), [IMAGE, (3, 4, 1, 1)]),
    "conv2d of one": (lambda F, x, w: F.conv2d(x, w), [(4, 7, 8), (3, 4, 2, 2)]),
    "max_pool2d": (lambda F, x: F.max_pool2d(x, 2), [IMAGE]),
    "max_pool2d padded": (lambda F, x: F.max_pool2d(x, (3, 2), 2, 1, (1, 2)), [IMAGE]),
    "max_pool2d ceil": (lambda F, x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), [IMAGE]),
    "max_pool1d": (lambda F, x: F.max_pool1d(x, 3, 1, 1), [(2, 3, 8)]),
    "avg_pool2d": (lambda F, x: F.avg_pool2d(x, (2, 3)), [IMAGE]),
    "avg_pool2d padded": (lambda F, x: F.avg_pool2d(x, 3, 2, 1), [IMAGE]),
    "avg_pool2d inside": (
        lambda F, x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        [IMAGE],
    ),
    "avg_pool2d ceil": (lambda F, x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), [IMAGE]),
    "avg_pool2d divisor": (lambda F, x: F.avg_pool2d(x, 2, divisor_override=3), [IMAGE]),
    "avg_pool1d": (lambda F, x: F.avg_pool1d(x, 3, 2, 1), [(2, 3, 8)]),
    "adaptive_avg_pool2d": (lambda F, x: F.adaptive_avg_pool2d(x, (3, None)), [IMAGE]),
    "adaptive_avg_pool2d uneven": (lambda F, x: F.adaptive_avg_pool2d(x, (5, 3)), [IMAGE]),
    "adaptive_avg_pool2d 1": (lambda F, x: F.adaptive_avg_pool2d(x, 1), [IMAGE]),
    "mse": (lambda F, x, t: F.mse_loss(x, t), [(3, 4), (3, 4)]),
    "l1": (lambda F, x, t: F.l1_loss(x, t, reduction="sum"), [(3, 4), (3, 4)]),
    "smooth_l1": (lambda F, x, t: F.smooth_l1_loss(x, t, beta=0.5), [(3, 4), (3, 4)]),
    "huber": (lambda F, x, t: F.huber_loss(x, t, delta=0.5), [(3, 4), (3, 4)]),
    "bce": (
        lambda F, x, t: F.binary_cross_entropy(x.sigmoid(), t.sigmoid(), reduction="none"),
        [(3, 4), (3, 4)],
    ),
    "bce with logits": (
        lambda F, x, t: F.binary_cross_entropy_with_logits(
            x * 9, t.sigmoid(), pos_weight=t[0].detach().exp()
        ),
        [(3, 4), (3, 4)],
    ),
    "kl_div": (
        lambda F, x, t: F.kl_div(x, t.softmax(1), reduction="batchmean"),
        [(3, 4), (3, 4)],
    ),
    "soft cross_entropy": (
        lambda F, x, t, w: F.cross_entropy(x, t.softmax(1), w, label_smoothing=0.2),
        [(3, 4, 2), (3, 4, 2), (4,)],
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_and_their_gradients(name: str, dtype: str, rng: numpy.random.Generator) -> None:
    program, shapes = FUNCTIONS[name]
    values = [array.astype(dtype) for array in arrays(rng, *shapes)]
    ours = [wengert.from_numpy(v.copy()).requires_grad_() for v in values]
    theirs = [torch.from_numpy(v.copy()).requires_grad_() for v in values]
    our = program(wengert.nn.functional, *ours)
    their = program(torch.nn.functional, *theirs)
    close(our, their)
    cotangent = rng.standard_normal(tuple(their.shape)).astype(dtype)
    our.backward(wengert.from_numpy(cotangent))
    their.backward(torch.from_numpy(cotangent))
    for x, y in zip(ours, theirs, strict=True):
        close(x.grad, y.grad, digits=256)


def targets(name: str, rng: numpy.random.Generator) -> Array:
    shape = (6,) if name == "flat" else (6, 2, 3)
    found = rng.integers(0, 5, size=shape)
    found[2] = -100
    return found


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["flat", "image"])
def test_cross_entropy_of_indices(
    name: str, weighted: bool, smoothing: float, reduction: str, rng: numpy.random.Generator
) -> None:
    target = targets(name, rng)
    x = rng.standard_normal((6, 5, *target.shape[1:]))
    weight = rng.uniform(0.5, 2, 5)
    results: list[Any] = []
    for lib in (wengert, torch):
        logits = lib.from_numpy(x.copy()).requires_grad_()
        given = lib.from_numpy(weight) if weighted else None
        F = lib.nn.functional
        loss = F.cross_entropy(
            logits, lib.from_numpy(target), given, reduction=reduction, label_smoothing=smoothing
        )
        other = F.nll_loss(
            F.log_softmax(logits, 1), lib.from_numpy(target), given, reduction=reduction
        )
        (loss.sum() * 2 + other.sum()).backward()
        results.append((loss, other, logits.grad))
    for our, their in zip(*results, strict=True):
        close(our, their)


def test_max_pooling_gives_ties_to_the_same_element() -> None:
    values = numpy.zeros((1, 1, 5, 5))
    values[0, 0, 2:, 3:] = 1.0
    grads: list[Any] = []
    for lib in (wengert, torch):
        x = lib.from_numpy(values.copy()).requires_grad_()
        lib.nn.functional.max_pool2d(x, 3, 2, 1).sum().backward()
        grads.append(x.grad)
    close(*grads)


# ---- modules ------------------------------------------------------------------------------------

MODULES: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "Linear": (lambda nn: nn.Linear(4, 3), (2, 4)),
    "Linear without bias": (lambda nn: nn.Linear(4, 3, bias=False), (2, 5, 4)),
    "Conv1d": (lambda nn: nn.Conv1d(2, 4, 3, padding=1, groups=2), (3, 2, 8)),
    "Conv2d": (lambda nn: nn.Conv2d(2, 4, (3, 2), stride=2, dilation=(1, 2)), (3, 2, 8, 8)),
    "Conv2d same": (lambda nn: nn.Conv2d(2, 4, 3, padding="same", bias=False), (3, 2, 8, 8)),
    "BatchNorm1d": (lambda nn: nn.BatchNorm1d(4), (6, 4)),
    "BatchNorm1d of sequences": (lambda nn: nn.BatchNorm1d(4, affine=False), (6, 4, 3)),
    "BatchNorm2d": (lambda nn: nn.BatchNorm2d(4, eps=1e-3, momentum=0.3), (3, 4, 5, 5)),
    "BatchNorm2d averaging": (lambda nn: nn.BatchNorm2d(4, momentum=None), (3, 4, 5, 5)),
    "BatchNorm2d untracked": (
        lambda nn: nn.BatchNorm2d(4, track_running_stats=False),
        (3, 4, 5, 5),
    ),
    "LayerNorm": (lambda nn: nn.LayerNorm(4), (3, 4)),
    "LayerNorm over two": (lambda nn: nn.LayerNorm((3, 4), bias=False), (2, 3, 4)),
    "MaxPool2d": (lambda nn: nn.MaxPool2d(3, 2, padding=1), (2, 3, 8, 8)),
    "AvgPool2d": (lambda nn: nn.AvgPool2d(3, 2, padding=1), (2, 3, 8, 8)),
    "AdaptiveAvgPool2d": (lambda nn: nn.AdaptiveAvgPool2d((2, 3)), (2, 3, 8, 8)),
    "Dropout, evaluated": (lambda nn: nn.Dropout(0.3).eval(), (3, 4)),
    "Flatten": (lambda nn: nn.Flatten(), (2, 3, 4)),
    "activations": (
        lambda nn: nn.Sequential(
            nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.GELU("tanh"), nn.SiLU(), nn.LeakyReLU(),
            nn.ELU(), nn.Softplus(), nn.Hardtanh(), nn.Softmax(dim=1), nn.LogSoftmax(dim=1),
        ),
        (3, 4),
    ),
    "a small network": (
        lambda nn: nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.ModuleList([nn.Linear(64, 8), nn.Linear(64, 8)])[0],
            nn.LayerNorm(8), nn.Identity(), nn.Linear(8, 3),
        ),
        (5, 1, 8, 8),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str, rng: numpy.random.Generator) -> None:
    make, shape = MODULES[name]
    our, their = make(wengert.nn), make(torch.nn)
    assert repr(our) == repr(their)
    our.load_state_dict(their.state_dict())
    for training in (True, True, False):
        if "evaluated" not in name:
            our.train(training)
            their.train(training)
        x = rng.standard_normal(shape).astype("float32")
        a, b = wengert.from_numpy(x.copy()), torch.from_numpy(x.copy())
        a.requires_grad_()
        b.requires_grad_()
        ours, theirs = our(a), their(b)
        close(ours, theirs)
        ours.pow(2).mean().backward()
        theirs.pow(2).mean().backward()
        close(a.grad, b.grad, digits=256)
    pairs = zip(our.named_parameters(), their.named_parameters(), strict=True)
    for (a_name, p), (b_name, q) in pairs:
        assert a_name == b_name
        close(p.grad, q.grad, digits=256)
    state, wanted = our.state_dict(), their.state_dict()
    assert list(state) == list(wanted)
    for key, value in state.items():
        close(value, wanted[key])


def test_embedding() -> None:
    our, their = (
        wengert.nn.Embedding(6, 3, padding_idx=-1),
        torch.nn.Embedding(6, 3, padding_idx=-1),
    )
    assert repr(our) == repr(their)
    our.load_state_dict(their.state_dict())
    index = numpy.array([[0, 5, 2], [2, 2, 1]])
    for module, lib in ((our, wengert), (their, torch)):
        module(lib.from_numpy(index)).pow(2).sum().backward()
    close(our(wengert.from_numpy(index)), their(torch.from_numpy(index)))
    close(our.weight.grad, their.weight.grad)


STARTS: dict[str, Callable[[Any], Any]] = {
    "Linear": lambda nn: nn.Linear(300, 200),
    "Conv2d": lambda nn: nn.Conv2d(20, 60, 5),
    "Conv1d": lambda nn: nn.Conv1d(60, 100, 3, groups=2),
    "Embedding": lambda nn: nn.Embedding(200, 100),
}


def check_same_distribution(our: Array, their: Array) -> None:
    """Mean, spread and, where the distribution is bounded, its ends, within sampling error."""
    n = min(our.size, their.size)
    scale = their.std()
    assert abs(our.mean() - their.mean()) < 6 * scale / n**0.5
    assert abs(our.std() / scale - 1) < 6 / n**0.5
    if n > 1000 and abs(their).max() < 2 * scale:
        assert abs(abs(our).max() / abs(their).max() - 1) < 50 / n


@pytest.mark.parametrize("name", STARTS)
def test_weights_begin_alike(name: str) -> None:
    wengert.manual_seed(0)
    torch.manual_seed(0)
    our, their = STARTS[name](wengert.nn), STARTS[name](torch.nn)
    for p, q in zip(our.parameters(), their.parameters(), strict=True):
        check_same_distribution(p.detach().numpy(), q.detach().numpy())


INITS = {
    "xavier_uniform_": {"gain": 2.0},
    "xavier_normal_": {},
    "kaiming_uniform_": {"nonlinearity": "relu"},
    "kaiming_normal_": {"mode": "fan_out", "a": 0.3},
    "trunc_normal_": {"std": 0.7, "a": -1.0, "b": 0.5},
    "normal_": {"mean": 1.0, "std": 3.0},
    "uniform_": {"a": -2.0, "b": 5.0},
}


@pytest.mark.parametrize("name", INITS)
def test_fills_begin_alike(name: str) -> None:
    wengert.manual_seed(0)
    torch.manual_seed(0)
    shape = (100, 30, 3, 3)
    our = getattr(wengert.nn.init, name)(wengert.zeros(shape), **INITS[name])
    their = getattr(torch.nn.init, name)(torch.zeros(shape), **INITS[name])
    check_same_distribution(our.numpy(), their.numpy())


# ---- optimisers ---------------------------------------------------------------------------------

RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD decay": ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    "SGD momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    "SGD nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "Adam": ("Adam", {"lr": 0.1}),
    "Adam decay": ("Adam", {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    "Adam amsgrad": ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True}),
    "AdamW": ("AdamW", {"lr": 0.1}),
    "AdamW amsgrad": ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
}


def tensors_of(lib: Any, values: list[Array]) -> list[Any]:
    return [lib.nn.Parameter(lib.from_numpy(v.copy())) for v in values]


def check_state(ours: Any, theirs: Any) -> None:
    our, their = ours.state_dict(), theirs.state_dict()
    assert list(our) == list(their)
    assert our["param_groups"] == their["param_groups"]
    assert list(our["state"]) == list(their["state"])
    for place, held in our["state"].items():
        assert list(held) == list(their["state"][place])
        for key, value in held.items():
            close(value, their["state"][place][key], digits=512)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", RULES)
def test_optimisers_over_20_steps(name: str, dtype: str, rng: numpy.random.Generator) -> None:
    rule, options = RULES[name]
    values = [array.astype(dtype) for array in arrays(rng, (3, 4), (2,), ())]
    ours, theirs = tensors_of(wengert, values), tensors_of(torch, values)

    def grouped(ps: list[Any]) -> list[dict[str, Any]]:
        return [{"params": ps[:2]}, {"params": ps[2:], "lr": 0.03}]

    our = getattr(wengert.optim, rule)(grouped(ours), **options)
    their = getattr(torch.optim, rule)(grouped(theirs), **options)
    for k in range(20):
        gradients = [v.astype(dtype) for v in arrays(rng, *[v.shape for v in values])]
        for p, q, g in zip(ours, theirs, gradients, strict=True):
            p.grad, q.grad = wengert.from_numpy(g.copy()), torch.from_numpy(g.copy())
        our.step()
        their.step()
        if k in (0, 19):
            for p, q in zip(ours, theirs, strict=True):
                close(p, q, digits=512)
            check_state(our, their)
        if k == 10:
            our.param_groups[0]["lr"] = their.param_groups[0]["lr"] = 0.02


@pytest.mark.parametrize("name", ["SGD momentum", "Adam amsgrad"])
def test_a_state_of_pytorch_can_be_loaded(name: str, rng: numpy.random.Generator) -> None:
    rule, options = RULES[name]
    values = arrays(rng, (3, 4), (2,))
    ours, theirs = tensors_of(wengert, values), tensors_of(torch, values)
    our = getattr(wengert.optim, rule)(ours, lr=1.0)
    their = getattr(torch.optim, rule)(theirs, **options)
    for step in range(4):
        if step == 2:
            state = copy.deepcopy(their.state_dict())
            for held in state["state"].values():
                held.update({k: wengert.from_numpy(v.numpy()) for k, v in held.items()})
            our.load_state_dict(state)
            for p, q in zip(ours, theirs, strict=True):
                p.data = wengert.from_numpy(q.detach().numpy().copy())
        for p, q, v in zip(ours, theirs, values, strict=True):
            p.grad, q.grad = wengert.from_numpy(v + step), torch.from_numpy(v + step)
        their.step()
        if step >= 2:
            our.step()
    for p, q in zip(ours, theirs, strict=True):
        close(p, q)


SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "StepLR": lambda s, o: s.StepLR(o, step_size=3, gamma=0.5),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, gamma=0.8),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, T_max=7, eta_min=0.01),
    "LambdaLR": lambda s, o: s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (e + 1)]),
}


@pytest.mark.filterwarnings("ignore:Detected call of")
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name: str, changed: bool) -> None:
    rates: list[list[list[float]]] = []
    for lib in (wengert, torch):
        a, b = lib.nn.Parameter(lib.ones(1)), lib.nn.Parameter(lib.ones(1))
        optimizer = lib.optim.SGD([{"params": a}, {"params": b, "lr": 0.5}], lr=0.1)
        schedule = SCHEDULES[name](lib.optim.lr_scheduler, optimizer)
        seen: list[list[float]] = [schedule.get_last_lr()]
        for epoch in range(25):
            if changed and epoch == 4:
                optimizer.param_groups[0]["lr"] = 0.7
            schedule.step()
            seen.append(list(schedule.get_last_lr()))
        rates.append(seen)
    numpy.testing.assert_allclose(rates[0], rates[1], rtol=1e-12)


@pytest.mark.parametrize("kind", [1.0, 2.0, float("inf")])
def test_clipping(kind: float, rng: numpy.random.Generator) -> None:
    values = arrays(rng, (3, 4), (2,))
    results: list[list[Any]] = []
    for lib in (wengert, torch):
        parameters = tensors_of(lib, values)
        for p in parameters:
            p.grad = p.detach() * 3
        total = lib.nn.utils.clip_grad_norm_(parameters, 1.5, kind)
        lib.nn.utils.clip_grad_value_(parameters[1], 0.1)
        results.append([total, *[p.grad for p in parameters]])
    for our, their in zip(*results, strict=True):
        close(our, their)


def test_a_network_is_trained_alike(rng: numpy.random.Generator) -> None:
    # In float64: the bias before a normalisation has no gradient but rounding, which Adam enlarges.
    images = rng.standard_normal((60, 1, 8, 8))
    labels = rng.integers(0, 3, 60)
    make, _ = MODULES["a small network"]
    nets = make(wengert.nn).double(), make(torch.nn).double()
    nets[0].load_state_dict(nets[1].state_dict())
    losses: list[list[float]] = []
    for lib, net in zip((wengert, torch), nets, strict=True):
        data = lib.utils.data.TensorDataset(lib.from_numpy(images), lib.from_numpy(labels))
        loader = lib.utils.data.DataLoader(data, batch_size=20)
        optimizer = lib.optim.AdamW(net.parameters(), lr=0.01)
        criterion = lib.nn.CrossEntropyLoss(label_smoothing=0.1)
        seen: list[float] = []
        for _ in range(4):
            for x, y in loader:
                optimizer.zero_grad()
                loss = criterion(net(x), y)
                loss.backward()
                lib.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                seen.append(loss.item())
        losses.append(seen)
    numpy.testing.assert_allclose(losses[0], losses[1], rtol=1e-9)
