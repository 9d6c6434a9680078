"""Central differences in float64: the oracle for gradients of composite functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

import wengert

STEP = 1e-5
BOUND = 1e-8  # of the scale of the function: the step's error is about STEP**2


def numeric_gradient(
    function: Callable[..., float], arrays: Sequence[numpy.ndarray], position: int
) -> numpy.ndarray:
    """The gradient of a number-valued function of arrays in one of them."""
    found = numpy.zeros_like(arrays[position])
    for place in numpy.ndindex(found.shape):
        ends: list[float] = []
        for side in (STEP, -STEP):
            moved = [array.copy() for array in arrays]
            moved[position][place] += side
            ends.append(function(*moved))
        found[place] = (ends[0] - ends[1]) / (2 * STEP)
    return found


def check_gradients(function: Callable[..., Any], *arrays: numpy.ndarray) -> None:
    """Compare every gradient of `function` (tensors to tensor) with central differences.

    The result is weighted with fixed irregular numbers first, so that no error can cancel.
    """

    def scalar(*values: Any) -> Any:
        out = function(*values)
        weights = numpy.cos(numpy.arange(out.numel(), dtype=numpy.float64) * 1.7 + 0.3)
        return (out * wengert.from_numpy(weights.reshape(out.shape))).sum()

    def number(*values: numpy.ndarray) -> float:
        with wengert.no_grad():
            return scalar(*[wengert.from_numpy(value.copy()) for value in values]).item()

    tensors = [wengert.from_numpy(a.copy()).requires_grad_() for a in arrays]
    scalar(*tensors).backward()
    for position, tensor in enumerate(tensors):
        wanted = numeric_gradient(number, arrays, position)
        scale = max(1.0, abs(wanted).max(initial=0.0))
        numpy.testing.assert_allclose(
            tensor.grad.numpy(), wanted, rtol=0, atol=BOUND * scale, err_msg=f"operand {position}"
        )
