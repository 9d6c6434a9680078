"""Padding and one-hot rows."""

from __future__ import annotations

import numpy
import pytest

import wengert
from tests.differences import check_gradients
from wengert.nn import functional as F


@pytest.mark.parametrize("value", [None, 0.0, 2.5, -numpy.inf])
def test_pad(value: float | None, rng: numpy.random.Generator) -> None:
    x = rng.normal(size=(2, 3, 4))
    found = F.pad(wengert.from_numpy(x), (1, 2, 0, 3), value=value).numpy()
    wanted = numpy.pad(x, [(0, 0), (0, 3), (1, 2)], constant_values=value or 0.0)
    numpy.testing.assert_array_equal(found, wanted)


def test_negative_widths_crop(rng: numpy.random.Generator) -> None:
    x = rng.normal(size=(3, 4))
    found = F.pad(wengert.from_numpy(x), (-1, 1, 1, -2), value=1.0).numpy()
    wanted = numpy.pad(x[:1, 1:], [(1, 0), (0, 1)], constant_values=1.0)
    numpy.testing.assert_array_equal(found, wanted)
    check_gradients(lambda x: F.pad(x, (-1, 1, 1, -2), value=1.0), x)


def test_pad_errors() -> None:
    with pytest.raises(ValueError, match=r"pad: \(1, 2, 3\) does not fit a tensor with 1 axes"):
        F.pad(wengert.ones(2), (1, 2, 3))
    with pytest.raises(NotImplementedError, match="pad: mode 'wrap' is not known"):
        F.pad(wengert.ones(2), (1, 1), mode="wrap")
    with pytest.raises(ValueError, match="pad: mode 'reflect' takes the last 1, 2 or 3 axes"):
        F.pad(wengert.ones(2), (1, 1), mode="reflect")


def test_one_hot() -> None:
    classes = wengert.tensor([[2, 0], [1, 2]])
    found = F.one_hot(classes)
    assert found.dtype == wengert.int64
    assert found.tolist() == numpy.eye(3, dtype=int)[classes.numpy()].tolist()
    assert F.one_hot(classes, 5).shape == (2, 2, 5)
    with pytest.raises(TypeError, match="one_hot: class positions must be integers, not float32"):
        F.one_hot(wengert.ones(2))
    for wrong in (3, -1):
        with pytest.raises(IndexError, match=f"index {wrong} is out of range for dim 1 with 3"):
            F.one_hot(wengert.tensor([wrong]), 3)
