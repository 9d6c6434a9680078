"""NumPy's functions and arrays beside tensors: what has a counterpart stays on the record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert import tensor

from .test_backward import leaf


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sin(x) * np.exp(x) + np.square(x),
        lambda x: np.add(np.multiply(x, 2.0), np.array([1.0, 2.0])),
        lambda x: np.array([1.0, 2.0]) * x - np.array([3.0, 4.0]),
        lambda x: np.maximum(x, 1.5) / np.sqrt(x),
        lambda x: np.where(x > 1.5, x, -x),
        lambda x: np.concatenate([x, x]) ** 2,
        lambda x: np.stack([x, x], 1).sum(0),
        lambda x: np.sum(x * x, axis=0) + np.mean(x),
        lambda x: np.float64(3.0) * x + x * np.float32(2.0),
        lambda x: np.dot(x, x) + np.max(x),
        lambda x: np.transpose(np.reshape(x, (1, 2))),
    ],
)
def test_numpy_s_functions_are_recorded(call: Any) -> None:
    values = np.array([1.0, 2.0])
    x = leaf(1.0, 2.0)
    found = call(x)
    assert isinstance(found, w.Tensor)
    assert found.requires_grad
    np.testing.assert_allclose(found.detach().numpy(), call(values), rtol=1e-15)


def test_gradients_through_numpy_s_functions() -> None:
    x = leaf(1.0, 2.0)
    (np.sin(x) * np.array([2.0, 3.0])).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [2 * np.cos(1), 3 * np.cos(2)], rtol=1e-15)


def test_what_has_no_counterpart_raises_and_says_the_way_out() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError) as caught:
        np.cbrt(x)
    assert str(caught.value) == (
        "numpy.cbrt has no counterpart that could be recorded. Use a wengert function, or write "
        "x.detach().numpy() to leave the record."
    )
    with pytest.raises(TypeError, match=r"numpy\.convolve has no counterpart"):
        np.convolve(x, x)
    with pytest.raises(TypeError, match=r"numpy\.add with out has no counterpart"):
        np.add(x, x, out=np.zeros(2))


def test_arrays_from_tensors() -> None:
    x = tensor([1.0, 2.0])
    assert np.asarray(x).dtype == np.float32
    assert np.asarray(x, np.float64).dtype == np.float64
    shared, copied = np.asarray(x), np.array(x)
    x.add_(1)
    assert shared.tolist() == [2, 3]
    assert copied.tolist() == [1, 2]


def test_plain_numbers_from_tensors() -> None:
    x = tensor(2.5)
    assert (float(x), int(x), complex(x), x.item(), x.tolist()) == (2.5, 2, 2.5 + 0j, 2.5, 2.5)
    assert bool(tensor([True])) and not bool(tensor(0.0))
    assert [10, 20, 30][tensor(1)] == 20
    with pytest.raises(TypeError, match="only integer tensors can be an index"):
        [1, 2][tensor(1.0)]
    assert 2.0 in tensor([1.0, 2.0]) and 3.0 not in tensor([1.0, 2.0])
