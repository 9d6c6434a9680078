"""Dropout, embedding, initialisation and clipping."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pytest

import wengert
from wengert import nn
from wengert.nn import functional as F


@pytest.fixture(autouse=True)
def seed() -> None:
    wengert.manual_seed(1)


# ---- dropout ------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.25, 0.9, 1.0])
def test_dropout_keeps_the_mean(p: float) -> None:
    x = wengert.ones(40_000, requires_grad=True)
    out = F.dropout(x, p)
    share = (out == 0).float().mean().item()
    assert abs(share - p) <= 5 * math.sqrt(p * (1 - p) / 40_000)
    kept = out[out != 0]
    assert (kept == numpy.float32(1 / (1 - p) if p < 1 else 0)).all()
    out.sum().backward()
    assert (x.grad == out).all()


def test_dropout_repeats_with_the_seed() -> None:
    first = F.dropout(wengert.ones(50))
    assert not (first == F.dropout(wengert.ones(50))).all()
    wengert.manual_seed(1)
    assert (first == F.dropout(wengert.ones(50))).all()


def test_what_is_dropped_has_no_gradient_at_all() -> None:
    x = wengert.zeros(20, requires_grad=True)
    out = F.dropout(x.sqrt(), 0.5)
    wengert.manual_seed(1)
    kept = F.dropout(wengert.ones(20), 0.5) != 0
    out.sum().backward()
    assert (x.grad[kept] == math.inf).all()
    assert (x.grad[~kept] == 0).all()


def test_dropout_layers() -> None:
    layer = nn.Dropout(0.5)
    x = wengert.ones(4, 3, 5, 5)
    assert (layer(x) == 0).any()
    assert layer.eval()(x) is x
    channels = nn.Dropout2d(0.5)(x)
    assert (channels.amax((2, 3)) == channels.amin((2, 3))).all()
    assert set(channels.ravel().tolist()) == {0.0, 2.0}
    assert repr(layer) == "Dropout(p=0.5, inplace=False)"
    changed = nn.Dropout(0.5, inplace=True)(x)
    assert changed is x
    assert (x == 0).any()


def test_p_is_checked() -> None:
    with pytest.raises(ValueError) as caught:
        nn.Dropout(1.5)
    assert str(caught.value) == "Dropout: p=1.5 is not a probability, from 0 to 1."
    with pytest.raises(ValueError, match="dropout: p=-1 is not a probability"):
        F.dropout(wengert.ones(1), -1)


# ---- embedding ----------------------------------------------------------------------------------


def test_embedding() -> None:
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert layer.weight[3].tolist() == [0.0, 0.0]
    index = wengert.tensor([[0, 3], [0, 1]])
    out = layer(index)
    assert (out == layer.weight.detach().numpy()[index.numpy()]).all()
    out.sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    assert repr(layer) == "Embedding(4, 2, padding_idx=3)"


def test_embedding_from_a_table() -> None:
    table = wengert.tensor([[1.0, 2.0], [3.0, 4.0]])
    layer = nn.Embedding.from_pretrained(table)
    assert layer(wengert.tensor(1)).tolist() == [3.0, 4.0]
    assert not layer.weight.requires_grad
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad


def test_embedding_errors() -> None:
    layer = nn.Embedding(4, 2)
    with pytest.raises(IndexError, match="index 4 is out of range for dim 0 with 4 elements"):
        layer(wengert.tensor([4]))
    with pytest.raises(TypeError) as kind:
        layer(wengert.tensor([1.0]))
    assert str(kind.value) == "embedding: row numbers must be integers, not float32."
    with pytest.raises(ValueError, match="Embedding: padding_idx=4 is no row of 4"):
        nn.Embedding(4, 2, padding_idx=4)


# ---- initialisation -----------------------------------------------------------------------------


def uniform(bound: float) -> tuple[float, float]:
    return bound / math.sqrt(3), bound


STARTS: dict[str, tuple[Any, float, float]] = {
    "xavier_uniform_": ({"gain": 2.0}, *uniform(2 * math.sqrt(6 / (200 * 9 + 100 * 9)))),
    "xavier_normal_": ({}, math.sqrt(2 / (2700)), math.inf),
    "kaiming_uniform_": ({"nonlinearity": "relu"}, *uniform(math.sqrt(2) * math.sqrt(3 / 900))),
    "kaiming_normal_": ({"mode": "fan_out", "a": 1.0}, 1 / math.sqrt(1800), math.inf),
    "uniform_": ({"a": -0.5, "b": 0.5}, *uniform(0.5)),
    "normal_": ({"std": 2.0}, 2.0, math.inf),
}


@pytest.mark.parametrize("name", STARTS)
def test_fills_have_the_stated_spread(name: str) -> None:
    options, spread, bound = STARTS[name]
    x = nn.Parameter(wengert.empty(200, 100, 3, 3))
    assert getattr(nn.init, name)(x, **options) is x
    values = x.detach().numpy()
    n = values.size
    assert abs(values.mean()) < 5 * spread / math.sqrt(n)
    assert abs(values.std() / spread - 1) < 5 / math.sqrt(n)
    assert abs(values).max() <= bound * (1 + 1e-6)
    assert x.requires_grad
    assert x.is_leaf


def test_other_fills() -> None:
    assert nn.init.constant_(wengert.zeros(2), 3.0).tolist() == [3.0, 3.0]
    assert nn.init.ones_(wengert.zeros(1)).item() == 1.0
    assert nn.init.zeros_(wengert.ones(1)).item() == 0.0
    assert nn.init.eye_(wengert.ones(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]
    cut = nn.init.trunc_normal_(wengert.zeros(20_000), std=1.0, a=-1.0, b=2.0).numpy()
    assert cut.min() >= -1
    assert cut.max() <= 2
    assert abs(cut.mean() - 0.2296) < 0.03  # (phi(1) - phi(2)) / (Phi(2) - Phi(-1))


def test_init_errors() -> None:
    with pytest.raises(ValueError) as gain:
        nn.init.calculate_gain("swish")
    assert str(gain.value).startswith("calculate_gain: 'swish' is not known; use one of linear,")
    with pytest.raises(ValueError) as fan:
        nn.init.xavier_normal_(wengert.zeros(3))
    assert str(fan.value) == (
        "init: a fan needs at least 2 axes, (out, in, *kernel), not shape (3,)."
    )
    with pytest.raises(ValueError, match="mode 'fan' is not known; use 'fan_in' or 'fan_out'"):
        nn.init.kaiming_normal_(wengert.zeros(3, 3), mode="fan")
    with pytest.raises(ValueError, match="holds almost nothing"):
        nn.init.trunc_normal_(wengert.zeros(3), a=50.0, b=60.0)


def test_linear_begins_within_its_bounds() -> None:
    layer = nn.Linear(400, 300)
    for p in layer.parameters():
        assert 0.95 / 20 < abs(p.detach().numpy()).max() <= 1 / 20


# ---- gradients between backward and step --------------------------------------------------------


def with_gradients(rng: numpy.random.Generator) -> tuple[list[Any], numpy.ndarray]:
    parameters = [nn.Parameter(wengert.zeros(shape)) for shape in ((3, 4), (2,), (1,))]
    for p in parameters[:2]:
        p.grad = wengert.from_numpy(rng.normal(size=p.shape).astype("float32"))
    return parameters, numpy.concatenate([p.grad.numpy().ravel() for p in parameters[:2]])


@pytest.mark.parametrize("p", [1.0, 2.0, math.inf])
def test_clip_grad_norm(p: float, rng: numpy.random.Generator) -> None:
    parameters, all_of_them = with_gradients(rng)
    before = numpy.linalg.norm(all_of_them, p)
    total = nn.utils.clip_grad_norm_((q for q in parameters), 0.5, p)
    assert total.item() == pytest.approx(before, rel=1e-6)
    after = numpy.concatenate([q.grad.numpy().ravel() for q in parameters[:2]])
    numpy.testing.assert_allclose(after, all_of_them * 0.5 / (before + 1e-6), rtol=1e-5)
    nn.utils.clip_grad_norm_(parameters, 1e9, p)
    numpy.testing.assert_array_equal(parameters[1].grad.numpy(), after[-2:])


def test_clipping_nothing_and_the_infinite() -> None:
    p = nn.Parameter(wengert.ones(1))
    assert nn.utils.clip_grad_norm_([p], 1.0).item() == 0.0
    p.grad = wengert.tensor([math.inf])
    with pytest.raises(RuntimeError, match="the norm of the gradients is inf"):
        nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad.item() == math.inf


def test_clip_grad_value(rng: numpy.random.Generator) -> None:
    parameters, all_of_them = with_gradients(rng)
    nn.utils.clip_grad_value_(parameters, 0.25)
    after = numpy.concatenate([q.grad.numpy().ravel() for q in parameters[:2]])
    numpy.testing.assert_array_equal(after, numpy.clip(all_of_them, -0.25, 0.25))


def test_clip_grads_with_a_known_norm(rng: numpy.random.Generator) -> None:
    parameters, all_of_them = with_gradients(rng)
    nn.utils.clip_grads_with_norm_((q for q in parameters), 1.0, wengert.tensor(2.0))
    nn.utils.clip_grads_with_norm_(parameters, 1.0, wengert.tensor(0.5))
    after = numpy.concatenate([q.grad.numpy().ravel() for q in parameters[:2]])
    numpy.testing.assert_allclose(after, all_of_them / 2, rtol=1e-5)


def test_parameters_as_one_vector() -> None:
    layer = nn.Linear(2, 2)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    vector.sum().backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    nn.utils.vector_to_parameters(wengert.arange(6.0), layer.parameters())
    assert layer.weight.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert layer.bias.tolist() == [4.0, 5.0]
    with pytest.raises(ValueError) as caught:
        nn.utils.vector_to_parameters(wengert.zeros(5), layer.parameters())
    assert str(caught.value) == (
        "vector_to_parameters: the parameters have 6 elements; the vector has shape (5,)."
    )
