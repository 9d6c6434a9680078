"""Derivatives of what vmap computes: through the mapped arguments, the shared ones and captures."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from wengert import func

from .programs import DIRECTION, OTHER, POINT, PROGRAMS, close, double, scalar

BATCH = numpy.stack([POINT, POINT + 0.1 * OTHER])


@pytest.mark.parametrize("name", PROGRAMS)
def test_grad_of_vmap(name: str) -> None:
    one = scalar(PROGRAMS[name])
    whole = func.grad(lambda xs: (func.vmap(one)(xs) * double([1.0, 3.0])).sum())(double(BATCH))
    rows = [k * func.grad(one)(double(row)).numpy() for k, row in zip((1, 3), BATCH, strict=True)]
    close(whole, numpy.stack(rows), 1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_jvp_of_vmap(name: str) -> None:
    moved = numpy.stack([DIRECTION, OTHER])
    _, pushed = func.jvp(func.vmap(PROGRAMS[name]), (double(BATCH),), (double(moved),))
    rows = [
        func.jvp(PROGRAMS[name], (double(x),), (double(t),))[1].numpy()
        for x, t in zip(BATCH, moved, strict=True)
    ]
    close(pushed, numpy.stack(rows), 1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_backward_through_vmap(name: str) -> None:
    xs = double(BATCH).requires_grad_()
    func.vmap(scalar(PROGRAMS[name]))(xs).sum().backward()
    rows = [func.grad(scalar(PROGRAMS[name]))(double(row)).numpy() for row in BATCH]
    close(xs.grad, numpy.stack(rows), 1e-12)


def test_a_shared_argument_collects_from_all_samples() -> None:
    w = double([2.0, 3.0])
    xs = double([[1.0, 10.0], [2.0, 20.0]])

    def total(w: Any) -> Any:
        return func.vmap(lambda x, w: (x * w * w).sum(), in_dims=(0, None))(xs, w).sum()

    close(func.grad(total)(w), [2 * 2 * 3.0, 2 * 3 * 30.0], 0)


def test_a_captured_parameter_collects_from_all_samples() -> None:
    w = double([2.0, 3.0]).requires_grad_()
    xs = double([[1.0, 10.0], [2.0, 20.0]])
    func.vmap(lambda x: (x * w * w).sum())(xs).sum().backward()
    close(w.grad, [12.0, 180.0], 0)
