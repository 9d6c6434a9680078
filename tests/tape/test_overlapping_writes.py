"""Writes of a view into the memory that it shows: every element is read before any is written.

Values and derivatives, eager and compiled, of what is written and of views that are kept, against
central differences, which are exact for these polynomials up to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert import func

OVERLAPPING: dict[str, Any] = {
    "the transpose": lambda x: x.copy_(x.T),
    "all of it, by item": lambda x: x.__setitem__(slice(None), x.T),
    "rows below": lambda x: _kept(x[1:], lambda rest: rest.copy_(x[:-1])),
    "rows below, then changed": lambda x: _kept(x[1:], lambda rest: rest.copy_(x[:-1]).mul_(2)),
    "into a transpose": lambda x: _kept(x.T, lambda y: y.copy_(x)),
    "one row into all": lambda x: x.copy_(x[1]),
    "a product with the transpose": lambda x: x.T.mul_(x),
    "as strided": lambda x: x.copy_(x.as_strided((3, 3), (1, 3))),
    "twice": lambda x: x.copy_(x.T)[0].copy_(x[:, 1]),
}


def _kept(view: Any, change: Any) -> Any:
    """What a view is after it was written."""
    change(view)
    return view


@pytest.mark.parametrize("name", OVERLAPPING)
def test_a_write_of_a_view_into_its_own_memory_means_what_the_view_held(name: str) -> None:
    start = numpy.arange(9.0).reshape(3, 3) + 1
    weight = wengert.from_numpy(numpy.cos(start))

    def written(source: Any) -> Any:
        x = source * 1
        shown = OVERLAPPING[name](x)
        return (x * weight).sum() + (3 * shown.sum() if shown is not None else 0.0)

    def value(array: numpy.ndarray) -> float:
        return written(wengert.from_numpy(array)).item()

    expected = numpy.empty((3, 3))
    for place in numpy.ndindex(3, 3):
        step = numpy.zeros((3, 3))
        step[place] = 1e-3
        expected[place] = (value(start + step) - value(start - step)) / 2e-3
    x = wengert.from_numpy(start)
    assert wengert.jit(written)(x).item() == pytest.approx(value(start), rel=1e-12)
    source = x.clone().requires_grad_()
    written(source).backward()
    numpy.testing.assert_allclose(source.grad.numpy(), expected, 1e-8, 1e-8)
    for gradient in (wengert.jit(func.grad(written)), func.jacfwd(written)):
        numpy.testing.assert_allclose(gradient(x).numpy(), expected, 1e-8, 1e-8)
