"""Questions about tensors and the machine, a Python function of each element, how tensors print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert.errors import (
    DeviceError,
    DifferentiationError,
    DtypeError,
    InplaceError,
    ShapeError,
    TracedValueError,
)

# ---- questions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "float16", "bfloat16", "complex64"])
def test_signed_dtypes(dtype: str) -> None:
    x = w.zeros(2, dtype=dtype)
    assert w.is_signed(x) is x.is_signed() is (dtype not in ("bool", "uint8"))


def test_what_a_tensor_is() -> None:
    x = w.ones(2, 3)
    assert w.is_same_size(x, w.zeros(2, 3)) and not x.is_same_size(x.t())
    assert x.is_cpu and x.layout == w.strided and w.get_device(x) == x.get_device() == -1
    kinds = ("cuda", "meta", "mps", "nested", "quantized", "sparse", "xpu")
    assert not any(getattr(x, f"is_{kind}") for kind in kinds)
    assert not x.is_pinned() and not x.is_shared() and not x.is_conj() and not x.is_neg()
    assert w.tensor([2.0]).is_nonzero() and not w.tensor(0).is_nonzero()
    with w.inference_mode():
        made = w.ones(2)
    assert w.is_inference(made) and made.is_inference() and not w.is_inference(x)
    assert isinstance(x.dtype, w.dtype) and isinstance(x.shape, w.Size)


def test_the_same_memory() -> None:
    x = w.arange(12.0).reshape(3, 4)
    assert x.is_set_to(x) and x.is_set_to(x.view(3, 4)) and x.is_set_to(x.detach())
    for other in (x.clone(), x.view(4, 3), x[1:], x[:2], x.t(), x.view(w.int32)):
        assert not x.is_set_to(other)


def test_the_order_of_axes_in_memory() -> None:
    x = w.zeros(2, 3, 4)
    assert x.dim_order() == (0, 1, 2) and x.permute(2, 0, 1).dim_order() == (1, 2, 0)
    assert w.zeros(1, 2).expand(3, 2).dim_order() == (0, 1)
    assert w.zeros(2, 1).expand(2, 3).t().dim_order() == (0, 1) and w.tensor(1).dim_order() == ()
    assert w.jit(lambda x: x.t() * float(x.t().dim_order()[0]))(w.ones(2, 3)).sum() == 6


def test_there_is_one_device() -> None:
    assert w.get_default_device() == w.device("cpu") and not w.cuda.is_available()
    assert w.cuda.device_count() == 0
    w.set_default_device(w.device("cpu"))
    calls: list[Any] = [
        lambda: w.set_default_device("cuda"), w.ones(1).cuda, w.ones(1).pin_memory,
        lambda: w.device("cuda", 0),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(DeviceError, match="Wengert runs on 'cpu'"):
            call()
    with pytest.raises(DtypeError, match=r"Use x\.cfloat"):
        w.ones(1).chalf()


# ---- Python functions ---------------------------------------------------------------------------


def test_a_python_function_of_each_element() -> None:
    x = w.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.t().apply_(lambda v: v * 10 if v > 2 else v) is not x
    assert x.tolist() == [[1.0, 2.0], [30.0, 40.0]]
    assert w.tensor([1, -3]).apply_(lambda v: v * 2.5).tolist() == [2, -7]
    assert w.tensor([1j]).apply_(lambda v: v * 2).tolist() == [2j]
    assert w.tensor([True]).apply_(lambda v: not v).tolist() == [False]
    assert w.empty(0).apply_(lambda v: 1 / 0).tolist() == []
    assert x.map_(w.tensor([[1.0], [2.0]]), lambda a, b: a - b) is x
    assert x.tolist() == [[0.0, 1.0], [28.0, 38.0]]
    one = w.tensor(1.0)
    assert x.map2_(one, x.clone(), lambda a, b, c: b + c).tolist() == [[1.0, 2.0], [29.0, 39.0]]


def test_a_python_function_that_cannot_be() -> None:
    x = w.ones(2)
    with pytest.raises(DifferentiationError, match=r"x.detach\(\).apply_"):
        w.ones(2, requires_grad=True).apply_(abs)
    with pytest.raises(DtypeError, match="map_: the other tensor is int64, this one float32"):
        x.map_(w.ones(2, dtype="int64"), max)
    with pytest.raises(ShapeError, match=r"map_: shape \(3, 2\) does not broadcast to \(2,\)"):
        x.map_(w.ones(3, 2), max)
    with pytest.raises(DtypeError, match="returned a complex number for float32"):
        x.apply_(lambda v: 1j)
    with pytest.raises(TypeError, match="expected a tensor, not float"):
        x.map_(1.0, max)
    with pytest.raises(InplaceError, match="expanded"):
        w.ones(1).expand(3).apply_(abs)
    with pytest.raises(ZeroDivisionError):
        x.apply_(lambda v: 1 / (v - 1))
    with pytest.raises(TracedValueError, match="elements for a Python function"):
        w.jit(lambda x: (x * 1).apply_(abs))(x)
    assert x.tolist() == [1.0, 1.0]


# ---- printing -----------------------------------------------------------------------------------


@pytest.fixture
def _default_printing() -> Iterator[None]:
    yield
    w.set_printoptions(profile="default")


ROWS = [[float(10 * i + j) for j in range(10)] for i in range(10)]

# PyTorch 2.13's own output.
PRINTED: list[tuple[dict[str, Any], Any, str]] = [
    ({"precision": 2}, [1.23456], "[1.23]"),
    ({"precision": 0}, [1.5, 2.25], "[2, 2]"),
    ({"sci_mode": True}, [1.5, 2.0], "[1.5000e+00, 2.0000e+00]"),
    ({"sci_mode": True}, [1.0, 2.0], "[1.0000e+00, 2.0000e+00]"),
    ({"sci_mode": False}, [1e-9, 2.0], "[0.0000, 2.0000]"),
    ({"sci_mode": False}, [1e9, 2.5], "[1000000000.0000,          2.5000]"),
    ({"edgeitems": 1, "threshold": 5}, ROWS,
     "[[ 0.,  ...,  9.],\n        ...,\n        [90.,  ..., 99.]]"),
    ({"linewidth": 20}, list(range(10)), "[0, 1, 2, 3,\n        4, 5, 6, 7,\n        8, 9]"),
    ({"profile": "short", "threshold": 5}, list(range(10)), "[0, 1,  ..., 8, 9]"),
    ({"profile": "short"}, [0.125], "[0.12]"),
    ({"edgeitems": 0, "threshold": 5}, ROWS, "[...], size=(10, 10)"),
]  # fmt: skip


@pytest.mark.usefixtures("_default_printing")
@pytest.mark.parametrize(("options", "data", "text"), PRINTED)
def test_print_options(options: dict[str, Any], data: Any, text: str) -> None:
    w.set_printoptions(**options)
    assert repr(w.tensor(data)) == f"tensor({text})"


@pytest.mark.usefixtures("_default_printing")
def test_print_options_stay_until_changed() -> None:
    w.set_printoptions(precision=1, sci_mode=True)
    w.set_printoptions(linewidth=200)
    assert repr(w.tensor([1.25])) == "tensor([1.2])"
    w.set_printoptions(profile="full")
    assert "..." not in repr(w.arange(2000)) and repr(w.tensor([1.25])) == "tensor([1.2500])"
    for options in ({"profile": "long"}, {"precision": -1}, {"threshold": np.nan}):
        with pytest.raises(ValueError, match="set_printoptions: "):
            w.set_printoptions(**options)
