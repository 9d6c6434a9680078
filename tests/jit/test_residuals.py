"""What a compiled call keeps for backward: the dear results that backward reads, and no others."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from tests.differences import check_gradients
from wengert._jit.residuals import residuals
from wengert._record.functions import trace_function

SQUARE = ((4, 4), numpy.dtype("float64"))


def kept(function: Any, *moving: bool) -> list[str]:
    graph, _, _ = trace_function(lambda *xs: [function(*xs)], [SQUARE] * len(moving), "f")
    return [node.primitive.name for node, _ in residuals(graph, moving)]


def test_elementwise_work_is_done_again() -> None:
    assert kept(lambda x: wengert.tanh(x.exp() * 2).t().reshape(16), True) == []


def test_a_product_that_backward_reads_is_kept() -> None:
    assert kept(lambda x, w: wengert.tanh(x @ w), True, True) == ["matmul"]


def test_a_product_that_backward_does_not_read_is_not_kept() -> None:
    assert kept(lambda x, w: x @ w + 1, True, True) == []


def test_what_no_derivative_passes_is_kept_only_where_a_rule_names_it() -> None:
    assert kept(lambda x, w: (w @ w).exp() * x, True, False) == ["matmul"]
    assert kept(lambda x, w: (w @ w).exp() + x, True, False) == []
    assert kept(lambda x, w: wengert.tanh(x @ w).detach() + x, True, True) == []


def program(x: Any, w: Any) -> Any:
    hidden = wengert.tanh(x @ w)
    scale = (hidden * hidden).sum(1, keepdim=True).sqrt()
    ordered, _ = (hidden / scale).sort(1)
    return ordered.cumsum(1).log1p().sum()


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_gradients_through_what_is_kept(backend: str, rng: numpy.random.Generator) -> None:
    f = wengert.jit(program, backend=backend)
    check_gradients(f, rng.random((3, 4)) + 1, rng.random((4, 5)) / 4)


def test_second_order_passes_through_what_is_kept(rng: numpy.random.Generator) -> None:
    values = rng.random((3, 4)) + 1
    found: list[Any] = []
    for f in (program, wengert.jit(program)):
        x = wengert.from_numpy(values).requires_grad_()
        w = wengert.full((4, 5), 0.2, dtype=wengert.float64).requires_grad_()
        dx, dw = wengert.autograd.grad(f(x, w), [x, w], create_graph=True)
        second = wengert.autograd.grad((dx * dx).sum() + (dw**3).sum(), [x, w])
        found.append([part.reshape(-1).tolist() for part in second])
    for ours, compiled in zip(*found, strict=True):
        numpy.testing.assert_allclose(compiled, ours, rtol=1e-10, atol=1e-12)


def test_a_result_in_hand_may_be_changed_where_eager_code_allows_it() -> None:
    def both(x: Any, w: Any) -> tuple[Any, Any]:
        y = x @ w
        return y, wengert.tanh(y)

    x = wengert.ones(2, 2, requires_grad=True)
    w = wengert.ones(2, 2)
    gradients: list[Any] = []
    for f in (both, wengert.jit(both)):
        y, z = f(x, w)
        y.add_(1)
        gradients.append(wengert.autograd.grad(z.sum(), x)[0].tolist())
    assert gradients[0] == gradients[1]


def test_backward_frees_what_was_kept_and_a_second_one_says_so() -> None:
    f = wengert.jit(program)
    x = wengert.ones(3, 4, dtype=wengert.float64, requires_grad=True)
    value = f(x, wengert.full((4, 5), 0.2, dtype=wengert.float64))
    value.backward()
    with pytest.raises(wengert.errors.FreedGraphError, match="retain_graph"):
        value.backward()
