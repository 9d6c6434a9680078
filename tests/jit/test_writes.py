"""Writes under no_grad inside a compiled function, and derivatives that pass them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import wengert as wg


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
