"""vjp of vmap of jvp: three transforms deep."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from wengert import func

from .programs import DIRECTION, OTHER, POINT, PROGRAMS, close, double, scalar

BATCH = numpy.stack([POINT, POINT + 0.05 * OTHER])


@pytest.mark.parametrize("name", PROGRAMS)
def test_vjp_of_vmap_of_jvp(name: str) -> None:
    one = scalar(PROGRAMS[name])

    def pushed(x: Any) -> Any:
        return func.jvp(one, (x,), (double(DIRECTION),))[1]

    values, pullback = func.vjp(func.vmap(pushed), double(BATCH))
    hessians = [func.hessian(one)(double(row)).numpy() for row in BATCH]
    close(values, [func.grad(one)(double(row)).numpy() @ DIRECTION for row in BATCH], 1e-12)
    close(
        pullback(double([1.0, -2.0]))[0],
        numpy.stack([hessians[0] @ DIRECTION, -2 * hessians[1] @ DIRECTION]),
        1e-11,
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_vmap_of_vjp_of_jvp(name: str) -> None:
    one = scalar(PROGRAMS[name])

    def product(x: Any, t: Any) -> Any:
        _, back = func.vjp(lambda x: func.jvp(one, (x,), (t,))[1], x)
        return back(double(1.0))[0]

    moved = numpy.stack([DIRECTION, OTHER])
    found = func.vmap(product)(double(BATCH), double(moved))
    rows = [func.hessian(one)(double(x)).numpy() @ t for x, t in zip(BATCH, moved, strict=True)]
    close(found, numpy.stack(rows), 1e-11)
