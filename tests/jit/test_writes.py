"""Writes under no_grad inside a compiled function, and derivatives that pass them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert._base.errors import InplaceError


def _whole(w: Any) -> None:
    w.add_(1)


def _element(w: Any) -> None:
    w[0] = 5.0


def _data(w: Any) -> None:
    w.data[1] = 5.0


def _detached(w: Any) -> None:
    w.detach()[2:].mul_(3)


def _twice(w: Any) -> None:
    w.mul_(2)
    w[1:].add_(w[:-1])


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("write", [_whole, _element, _data, _detached, _twice])
@pytest.mark.parametrize("before", [False, True])
def test_a_parameter_written_under_no_grad_still_has_a_gradient(
    write: Callable[[Any], None], before: bool, backend: str
) -> None:
    def gradient(compiled: bool) -> tuple[list[float], list[float]]:
        w = wg.tensor([1.0, 2.0, 3.0], requires_grad=True)

        def loss() -> Any:
            first = (w * 2).sum() if before else 0.0
            with wg.no_grad():
                write(w)
            return first + (w.sum() ** 2)

        function: Any = wg.jit(loss, backend=backend) if compiled else loss
        function()
        function().backward()
        assert w.grad is not None
        return w.tolist(), w.grad.tolist()

    assert gradient(True) == gradient(False)


def test_a_backward_inside_deposits_once_after_a_write() -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)

    def step() -> Any:
        first = (w * 3).sum()
        with wg.no_grad():
            w.add_(1)
        ((w * w).sum() + first).backward()
        return w.grad

    assert wg.jit(step)().tolist() == [7.0, 9.0]


def test_memory_that_two_tensors_share_unknowingly_is_not_written() -> None:
    array = np.arange(4.0)
    x, y = wg.from_numpy(array), wg.from_numpy(array[1:])

    def step(x: Any, y: Any) -> Any:
        x.add_(1)
        return y * 2

    f = wg.jit(step)
    for _ in range(2):
        with pytest.raises(InplaceError, match="both were made from one NumPy array"):
            f(x, y)
        assert array.tolist() == [0.0, 1.0, 2.0, 3.0]
        f(wg.zeros(4), wg.zeros(3))
    captured = wg.jit(lambda y: step(x, y))
    captured(wg.zeros(3))
    captured(wg.zeros(3))
    with pytest.raises(InplaceError, match="both were made from one NumPy array"):
        captured(y)
    assert captured(x[1:]).tolist() == [8.0, 10.0, 12.0]


def test_a_gradient_handed_to_backward_is_an_input() -> None:
    w = wg.ones(2, requires_grad=True)

    def step(g: Any) -> Any:
        w.grad = None
        w.backward(g)
        return w.grad

    f = wg.jit(step)
    assert f(wg.tensor([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert f(wg.tensor([3.0, 4.0])).tolist() == [3.0, 4.0]


def test_hooks_of_a_parameter_are_seen_when_they_change() -> None:
    w = wg.ones(1, requires_grad=True)
    factor = 2.0

    def step(x: Any) -> float:
        w.grad = None
        (w * x).sum().backward()
        return w.grad

    f = wg.jit(step)
    x = wg.ones(1)
    assert (f(x).item(), f(x).item()) == (1.0, 1.0)
    handle = w.register_hook(lambda g: g * factor)
    assert (f(x).item(), f(x).item()) == (2.0, 2.0)
    factor = 5.0
    assert f(x).item() == 5.0
    with w.register_hook(lambda g: g + 1):
        assert f(x).item() == 6.0
    handle.remove()
    assert (f(x).item(), f(x).item()) == (1.0, 1.0)
