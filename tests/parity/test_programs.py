"""Short programs under PyTorch and under Wengert: value, gradient and second derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch

import wengert

Program = Callable[[Any, Any], Any]

PROGRAMS: dict[str, Program] = {
    "cubic": lambda lib, x: (x**3 - 2 * x).sum(),
    "trigonometry": lambda lib, x: (lib.sin(x**2) * lib.exp(-x)).sum(),
    "mean square": lambda lib, x: (x - x.mean()).pow(2).mean(),
    "product with its transpose": lambda lib, x: x.mm(x.t()).tanh().sum(),
    "broadcast division": lambda lib, x: (x / (1 + x[0] ** 2)).sum(),
    "selection": lambda lib, x: lib.where(x > 0, x * x, lib.exp(x)).sum(),
}


def derivatives(lib: Any, program: Program, values: numpy.ndarray) -> list[numpy.ndarray]:
    """Value, gradient, and gradient of the gradient's squared norm."""
    x = lib.from_numpy(values.copy()).requires_grad_()
    value = program(lib, x)
    (first,) = lib.autograd.grad(value, [x], create_graph=True)
    (second,) = lib.autograd.grad((first * first).sum(), [x])
    return [result.detach().numpy() for result in (value, first, second)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_pytorch_s_derivatives(
    name: str, dtype: str, rng: numpy.random.Generator
) -> None:
    values = rng.standard_normal((3, 4)).astype(dtype)
    ours = derivatives(wengert, PROGRAMS[name], values)
    theirs = derivatives(torch, PROGRAMS[name], values)
    bound = 64 * numpy.finfo(dtype).eps  # of the largest element: both sum in their own order
    for our, their in zip(ours, theirs, strict=True):
        assert our.dtype == their.dtype
        assert our.shape == their.shape
        numpy.testing.assert_allclose(our, their, rtol=0, atol=bound * abs(their).max())
