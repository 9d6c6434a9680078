"""DLPack: memory is shared in both directions, and nothing leaves the record unseen."""

from __future__ import annotations

import numpy
import pytest

import wengert
from wengert.errors import DifferentiationError

DTYPES = ["bool", "uint8", "int8", "int64", "uint32", "float16", "float32", "float64", "complex64"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_array_comes_in_without_a_copy(dtype: str) -> None:
    array = numpy.zeros((2, 3), dtype)
    x = wengert.from_dlpack(array)
    assert (x.shape, x.dtype) == (array.shape, array.dtype)
    array[1, 2] = 1
    assert x[1, 2].item() == 1
    x[0, 0] = 1
    assert array[0, 0] == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_tensor_goes_out_without_a_copy(dtype: str) -> None:
    x = wengert.zeros(2, 3, dtype=dtype)
    array = numpy.from_dlpack(x.t())
    assert (array.shape, array.dtype) == ((3, 2), x.dtype)
    x[1, 2] = 1
    assert array[2, 1] == 1
    assert x.__dlpack_device__() == (1, 0)


def test_what_requires_grad_does_not_go_out() -> None:
    x = wengert.ones(2, requires_grad=True)
    with pytest.raises(DifferentiationError, match=r"x\.detach\(\)"):
        x.__dlpack__()
    assert numpy.from_dlpack(x.detach()).tolist() == [1.0, 1.0]


def test_what_has_no_protocol_is_refused() -> None:
    with pytest.raises(TypeError, match="a list has no __dlpack__"):
        wengert.from_dlpack([1.0])
    with pytest.raises(BufferError, match="stream"):
        wengert.ones(1).__dlpack__(stream=1)


def test_a_copy_can_be_asked_for() -> None:
    x = wengert.zeros(2)
    array = numpy.from_dlpack(x, copy=True)
    x[0] = 1
    assert array.tolist() == [0.0, 0.0]
    assert x.to_device("cpu") is x
    with pytest.raises(ValueError, match="not available"):
        x.to_device("cuda")
