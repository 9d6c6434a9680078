"""Tensors from nothing and from data: values, dtypes, shared memory, and what cannot be made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as w


def test_filled_tensors() -> None:
    assert w.zeros(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert w.zeros((2, 1), dtype="int64").tolist() == [[0], [0]]
    assert w.ones(2).tolist() == [1, 1]
    assert w.full((2,), 2.5).tolist() == [2.5, 2.5]
    assert w.full((2,), w.tensor(3)).tolist() == [3, 3]
    assert w.full((), True).dtype == "bool"
    assert w.empty(2, 3).shape == (2, 3)
    assert w.empty_like(w.ones(2, dtype="int32")).dtype == "int32"
    assert w.zeros(()).shape == ()
    assert w.ones(2, requires_grad=True).requires_grad


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((5,), [0, 1, 2, 3, 4]),
        ((1, 4), [1, 2, 3]),
        ((0, 10, 3), [0, 3, 6, 9]),
        ((5, 0, -2), [5, 3, 1]),
        ((0.0, 1.0, 0.25), [0.0, 0.25, 0.5, 0.75]),
        ((3, 3), []),
    ],
)
def test_arange(arguments: Any, expected: Any) -> None:
    assert w.arange(*arguments).tolist() == expected


def test_arange_that_leads_nowhere() -> None:
    with pytest.raises(ValueError, match="a step of -1 does not lead from 0 to 3"):
        w.arange(0, 3, -1)
    with pytest.raises(ValueError, match="step must not be 0"):
        w.arange(0, 3, 0)


def test_spaced_tensors() -> None:
    np.testing.assert_allclose(
        w.linspace(-1, 2, 7, dtype="float64").numpy(), [-1 + 0.5 * k for k in range(7)]
    )
    np.testing.assert_allclose(
        w.logspace(0, 3, 4, dtype="float64").numpy(), [1, 10, 100, 1000], rtol=1e-14
    )
    assert w.linspace(2, 3, 1).tolist() == [2]
    assert w.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_tensors_from_data() -> None:
    assert w.tensor(3).dtype == "int64"
    assert w.tensor([1, 2.5]).tolist() == [1, 2.5]
    assert w.tensor([[True], [False]]).dtype == "bool"
    assert w.tensor([w.tensor(1.0), w.tensor(2.0)]).tolist() == [1, 2]
    assert w.tensor([]).shape == (0,)
    assert w.tensor([[], []]).shape == (2, 0)
    assert w.tensor(np.float64(2)).dtype == "float64"
    assert w.as_tensor(w.ones(1)).tolist() == [1]
    x = w.ones(2)
    assert w.as_tensor(x) is x
    array = np.zeros(2)
    assert w.as_tensor(array).data_ptr() == array.ctypes.data
    with pytest.raises(TypeError, match="expected a NumPy array, not list"):
        w.from_numpy([1])
    with pytest.raises(TypeError, match="object is not supported"):
        w.tensor(np.array([None]))


def test_whole_numbers_of_64_bits_are_not_rounded() -> None:
    large = 2**63 + 1
    for data in ([large, 1], [1, large], [[0, 7], [large, 2]], large, [large]):
        found = w.tensor(data, dtype="uint64")
        np.testing.assert_array_equal(found.numpy(), np.array(data, dtype="uint64"))
    for data in ([large, 1], [1, large], [-1, large]):
        with pytest.raises(OverflowError, match=str(large)):
            w.tensor(data)
        with pytest.raises(OverflowError):
            w.tensor(data, dtype="int64")
        assert w.tensor(data, dtype="float64").max() == 2.0**63
    assert w.tensor([large, 1.5]).dtype == w.float32


def test_options_of_pytorch_that_change_nothing() -> None:
    given: dict[str, Any] = {"layout": w.strided, "pin_memory": False}
    made = [
        w.zeros(2, **given), w.full((2,), 1.0, **given), w.eye(2, **given),
        w.arange(3, layout=w.strided), w.rand(2, **given), w.randn(2, **given),
        w.randint(3, (2,), **given), w.randperm(3, **given), w.randn_like(w.ones(2), **given),
        w.rand_like(w.ones(2), memory_format=w.preserve_format, **given),
        w.randint_like(w.ones(2), 3, **given), w.ones(1).new_tensor([1], **given),
        w.tensor([1], pin_memory=False),
    ]  # fmt: skip
    assert all(isinstance(x, w.Tensor) for x in made)


def test_python_s_types_as_dtypes_are_numpy_s() -> None:
    assert w.zeros(1, dtype=float).dtype == w.float64
    assert w.ones(1).to(complex).dtype == w.complex128
    assert [w.zeros(1, dtype=kind).dtype for kind in (int, bool)] == [w.int64, w.bool_]
    assert w.zeros(1, dtype="float").dtype == w.float32  # the name is PyTorch's


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: w.tensor([1.0], **k), lambda **k: w.as_tensor([1.0], **k),
        lambda **k: w.asarray([1.0], **k), lambda **k: w.zeros(2, **k), lambda **k: w.ones(2, **k),
        lambda **k: w.empty(2, **k), lambda **k: w.full((2,), 1.0, **k), lambda **k: w.eye(2, **k),
        lambda **k: w.zeros_like(w.ones(2), **k), lambda **k: w.ones_like(w.ones(2), **k),
        lambda **k: w.empty_like(w.ones(2), **k), lambda **k: w.full_like(w.ones(2), 1.0, **k),
        lambda **k: w.arange(3, **k), lambda **k: w.linspace(0, 1, 3, **k),
        lambda **k: w.logspace(0, 1, 3, **k), lambda **k: w.rand(2, **k),
        lambda **k: w.randn(2, **k),
        lambda **k: w.randint(3, (2,), **k), lambda **k: w.randperm(3, **k),
        lambda **k: w.normal(0.0, 1.0, (2,), **k), lambda **k: w.hann_window(3, **k),
        lambda **k: w.fft.fftfreq(3, **k), lambda **k: w.ones(1).new_tensor([1], **k),
        lambda **k: w.ones(1).new_zeros(2, **k), lambda **k: w.Generator(**k),
        lambda **k: w.nn.Linear(2, 2, **k), lambda **k: w.nn.Conv2d(1, 1, 1, **k),
        lambda **k: w.nn.Embedding(2, 2, **k), lambda **k: w.nn.LayerNorm(2, **k),
        lambda **k: w.nn.BatchNorm1d(2, **k), lambda **k: w.nn.GroupNorm(1, 2, **k),
        lambda **k: w.nn.MultiheadAttention(2, 1, **k), lambda **k: w.nn.PReLU(**k),
        lambda **k: w.nn.Bilinear(2, 2, 2, **k),
    ],
)  # fmt: skip
def test_a_device_that_does_not_exist_is_refused(make: Any) -> None:
    make(device="cpu")
    with pytest.raises(w.errors.DeviceError, match="'cuda' is not available"):
        make(device="cuda")
