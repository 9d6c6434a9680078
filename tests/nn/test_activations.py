"""Activations against their definitions, at kinks and far out, and their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import scipy.special

import wengert
from tests.differences import check_gradients
from wengert import nn
from wengert.nn import functional as F

POINTS = numpy.array([-30.0, -3.5, -1.2, -0.4, 0.3, 0.7, 2.5, 5.5, 7.0, 30.0])


def softplus(x: numpy.ndarray) -> numpy.ndarray:
    return numpy.logaddexp(0.0, x)


DEFINITIONS: dict[str, tuple[Callable[..., Any], Callable[[numpy.ndarray], numpy.ndarray]]] = {
    "relu": (F.relu, lambda x: x * (x > 0)),
    "relu6": (F.relu6, lambda x: numpy.clip(x, 0, 6)),
    "hardtanh": (F.hardtanh, lambda x: numpy.clip(x, -1, 1)),
    "leaky_relu": (F.leaky_relu, lambda x: numpy.where(x > 0, x, 0.01 * x)),
    "elu": (F.elu, lambda x: numpy.where(x > 0, x, numpy.expm1(numpy.minimum(x, 0)))),
    "selu": (
        F.selu,
        lambda x: (
            1.0507009873554805
            * numpy.where(x > 0, x, 1.6732632423543772 * numpy.expm1(numpy.minimum(x, 0)))
        ),
    ),
    "silu": (F.silu, lambda x: x * scipy.special.expit(x)),
    "mish": (F.mish, lambda x: x * numpy.tanh(softplus(x))),
    "gelu": (F.gelu, lambda x: x * scipy.special.ndtr(x)),
    "gelu tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: x * scipy.special.expit(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)),
    ),
    "softplus": (F.softplus, lambda x: numpy.where(x > 20, x, softplus(x))),
    "softplus beta": (lambda x: F.softplus(x, beta=2.0), lambda x: softplus(2 * x) / 2),
    "logsigmoid": (F.logsigmoid, scipy.special.log_expit),
    "sigmoid": (F.sigmoid, scipy.special.expit),
    "tanh": (F.tanh, lambda x: 1 - 2 / (numpy.exp(2 * x) + 1)),
}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_values(name: str) -> None:
    ours, definition = DEFINITIONS[name]
    found = ours(wengert.from_numpy(POINTS.copy())).numpy()
    numpy.testing.assert_allclose(found, definition(POINTS), rtol=2e-9, atol=1e-13)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_gradients(name: str) -> None:
    check_gradients(DEFINITIONS[name][0], POINTS)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_float32_stays_float32(name: str) -> None:
    assert DEFINITIONS[name][0](wengert.ones(2)).dtype == wengert.float32


@pytest.mark.parametrize("name", [name for name in DEFINITIONS if "gelu tanh" not in name])
def test_nothing_but_numbers_far_out(name: str) -> None:
    x = wengert.tensor([-1e4, 1e4], requires_grad=True)
    out = DEFINITIONS[name][0](x)
    out.sum().backward()
    assert numpy.isfinite(out.detach().numpy()).all()
    assert numpy.isfinite(x.grad.numpy()).all()


AT_KINKS = {
    "relu": (F.relu, 0.0, 0.0),
    "relu6 low": (F.relu6, 0.0, 0.0),
    "relu6 high": (F.relu6, 6.0, 0.0),
    "hardtanh": (F.hardtanh, 1.0, 0.0),
    "leaky_relu": (F.leaky_relu, 0.0, 0.01),
    "elu": (lambda x: F.elu(x, alpha=3.0), 0.0, 3.0),
    "softplus": (F.softplus, 0.0, 0.5),
}


@pytest.mark.parametrize("name", AT_KINKS)
def test_derivative_at_a_kink(name: str) -> None:
    function, place, wanted = AT_KINKS[name]
    x = wengert.tensor(place, dtype="float64", requires_grad=True)
    function(x).backward()
    assert x.grad.item() == pytest.approx(wanted, abs=1e-15)


def test_softplus_is_smooth_at_zero() -> None:
    x = wengert.tensor(0.0, dtype="float64", requires_grad=True)
    (first,) = wengert.autograd.grad(F.softplus(x), x, create_graph=True)
    (second,) = wengert.autograd.grad(first, x, create_graph=True)
    (third,) = wengert.autograd.grad(second, x, create_graph=True)
    (fourth,) = wengert.autograd.grad(third, x)
    assert [d.item() for d in (first, second, third, fourth)] == [0.5, 0.25, 0.0, -0.125]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 3, 8, 33])
def test_zeros_keep_their_sign(compiled: bool, dtype: str, size: int) -> None:
    values = numpy.where(numpy.arange(size) % 3 == 1, 0.0, -0.0).astype(dtype)
    for function in (F.relu, F.relu6, F.hardtanh, F.elu, F.selu):
        found = (wengert.jit(function) if compiled else function)(wengert.from_numpy(values))
        assert (found.numpy() == 0).all()
        numpy.testing.assert_array_equal(numpy.signbit(found.numpy()), numpy.signbit(values))
    small = F.softshrink(wengert.from_numpy(numpy.copysign(0.25, values).astype(dtype))).numpy()
    assert (small == 0).all()
    numpy.testing.assert_array_equal(numpy.signbit(small), numpy.signbit(values))
    low = F.hardswish(wengert.from_numpy(values - 3)).numpy()
    assert (low == 0).all() and numpy.signbit(low).all()


def test_the_option_of_gelu_is_checked() -> None:
    with pytest.raises(ValueError) as caught:
        F.gelu(wengert.ones(1), approximate="exact")
    assert str(caught.value) == "gelu: approximate='exact'; use 'none' or 'tanh'."


IN_PLACE = ["relu", "relu6", "hardtanh", "leaky_relu", "elu", "selu", "silu", "mish"]


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name: str) -> None:
    function = getattr(F, name)
    check_gradients(lambda x: function(x * 1.5, inplace=True), POINTS)
    x = wengert.from_numpy(POINTS.copy())
    wanted = function(x).tolist()
    assert function(x, inplace=True) is x
    assert x.tolist() == wanted


def test_layers_in_place() -> None:
    x = wengert.tensor([-1.0, 1.0])
    for layer in (nn.ReLU(True), nn.SiLU(True), nn.ELU(inplace=True), nn.LeakyReLU(inplace=True)):
        assert layer(x) is x
    assert repr(nn.Hardtanh(inplace=True)) == "Hardtanh(min_val=-1.0, max_val=1.0, inplace=True)"
    assert repr(nn.SiLU(inplace=True)) == "SiLU(inplace=True)"


@pytest.mark.parametrize("shift", [0.0, 1e3, -1e6, 1e30])
def test_log_softmax_of_large_numbers_keeps_what_they_differ_by(shift: float) -> None:
    x = wengert.tensor([shift, shift, shift], dtype="float32")
    found = F.log_softmax(x, 0), wengert.jit(lambda x: F.log_softmax(x, 0))(x)
    for each in found:
        numpy.testing.assert_allclose(each.numpy(), [-math.log(3)] * 3, 1e-6)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_softmax_of_halves_is_rounded_once(function: Any, dtype: str) -> None:
    x = wengert.linspace(-2, 2, 300).to(dtype)
    exact = function(x.to("float64"), 0).to(dtype)
    assert function(x, 0).dtype == exact.dtype
    assert function(x, 0).tolist() == exact.tolist()
