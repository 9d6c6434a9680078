"""The oracle of gradients notices a gradient that is wrong."""

from __future__ import annotations

import numpy
import pytest

import wengert
from tests.differences import check_gradients


def test_a_right_gradient_passes(rng: numpy.random.Generator) -> None:
    check_gradients(lambda x, y: x * wengert.sin(y), rng.normal(size=3), rng.normal(size=(2, 3)))


def test_a_gradient_that_is_cut_off_is_noticed(rng: numpy.random.Generator) -> None:
    with pytest.raises(AssertionError, match="operand 1"):
        check_gradients(lambda x, y: x * (y * y.detach()), rng.normal(size=3), rng.normal(size=3))
