"""Dtype functions, conversions, creation in all forms, windows, and assert_close."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.signal.windows

import wengert as w
from wengert.errors import DeviceError, DtypeError, ShapeError

# ---- dtypes -------------------------------------------------------------------------------------


def test_promotion() -> None:
    assert w.promote_types("int8", "uint8") == "int16"
    assert w.promote_types("int64", "float32") == "float32"
    assert w.result_type(w.tensor([1]), 1.0) == "float32"
    assert w.result_type(w.tensor([1.0]), w.tensor(1.0, dtype="float64")) == "float32"
    assert w.result_type(1, 2.0) == "float32"


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("float32", "int32", False),
        ("int32", "float32", True),
        ("complex64", "float32", False),
        ("float64", "float32", True),
        ("int64", "bool", False),
        ("int8", "uint8", True),
    ],
)
def test_can_cast(source: str, target: str, expected: bool) -> None:
    assert w.can_cast(source, target) is expected


def test_limits_of_numbers() -> None:
    single = w.finfo("float32")
    assert (single.bits, single.eps, single.dtype) == (32, 2.0**-23, "float32")
    assert single.tiny == single.smallest_normal == 2.0**-126 and single.min == -single.max
    assert w.finfo().dtype == "float32" and w.finfo("complex128").eps == 2.0**-52
    assert w.finfo("bfloat16").eps == 2.0**-7
    assert (w.iinfo("int16").max, w.iinfo("uint8").min, w.iinfo("int8").bits) == (32767, 0, 8)
    assert repr(w.iinfo("int8")) == "iinfo(min=-128, max=127, dtype=int8)"
    assert repr(single).startswith("finfo(resolution=1e-06, min=-3.40282e+38")
    with pytest.raises(DtypeError, match="iinfo"):
        w.finfo("int8")
    with pytest.raises(DtypeError, match="finfo"):
        w.iinfo("float32")


def test_questions_about_tensors() -> None:
    x = w.tensor([[1j]])
    assert w.is_tensor(x) and not w.is_tensor(np.ones(1))
    assert w.is_complex(x) and not w.is_floating_point(x) and w.is_floating_point(x.real)
    assert w.numel(x) == 1 and w.is_nonzero(x) and not w.is_conj(x.conj()) and not w.is_neg(-x)


CONVERSIONS = {
    "bfloat16": "bfloat16", "bool": "bool", "byte": "uint8", "cdouble": "complex128",
    "cfloat": "complex64", "char": "int8", "double": "float64", "float": "float32",
    "half": "float16", "int": "int32", "long": "int64", "short": "int16",
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversions(name: str) -> None:
    for dtype in ("float32", "int64", "bool"):
        found = getattr(w.tensor([1, 0], dtype=dtype), name)()
        assert found.dtype.name == CONVERSIONS[name]
        assert found.tolist() == [1, 0]
    assert w.ones(1).type("int8").dtype == "int8" and w.ones(1).type() == "wengert.float32"
    assert w.ones(1).type_as(w.ones(1, dtype="int64")).dtype == "int64"


OTHER = w.ones(1, dtype="float64")
FORMS: list[tuple[tuple[Any, ...], dict[str, Any], str, bool]] = [
    ((), {}, "float32", False),
    ((None,), {}, "float32", False),
    ((None, w.int8), {}, "int8", True),
    ((w.float64,), {}, "float64", True),
    ((w.float32, True), {}, "float32", False),
    ((w.float32, True, True), {}, "float32", True),
    ((w.float32,), {"copy": True, "memory_format": w.preserve_format}, "float32", True),
    (("cpu",), {}, "float32", False),
    ((w.device("cpu"), w.float64, False, False), {}, "float64", True),
    (("cpu:0", None, False, True), {}, "float32", True),
    (("cpu",), {"dtype": w.int64, "non_blocking": True}, "int64", True),
    ((OTHER,), {}, "float64", True),
    ((OTHER, True, True), {"memory_format": w.contiguous_format}, "float64", True),
    ((OTHER.float(), False, True), {}, "float32", True),
    ((), {"other": OTHER}, "float64", True),
    ((), {"device": "cpu", "dtype": "complex64"}, "complex64", True),
]


@pytest.mark.parametrize(("args", "kwargs", "dtype", "copied"), FORMS)
def test_forms_of_to(
    args: tuple[Any, ...], kwargs: dict[str, Any], dtype: str, copied: bool
) -> None:
    x = w.tensor([1.5, -2.0])
    made = x.to(*args, **kwargs)
    assert made.dtype == dtype and (made is not x) == copied
    assert made.tolist() == np.array([1.5, -2.0]).astype(dtype).tolist()
    assert w.jit(lambda x: x.to(*args, **kwargs) + 0)(x).tolist() == made.tolist()
    rows = w.vmap(lambda x: x.to(*args, **kwargs))(w.stack([x, x]))
    assert (rows.dtype, rows[1].tolist()) == (dtype, made.tolist())


def test_the_derivative_of_to_is_a_conversion() -> None:
    x = w.tensor([1.5, -2.0], requires_grad=True)
    (x.to(OTHER, True, True) ** 3).sum().backward()
    assert x.grad.dtype == w.float32 and x.grad.tolist() == [6.75, 12.0]
    found = w.hessian(lambda x: (x.to("cpu", w.float64) ** 3).sum())(x.detach())
    assert found.tolist() == [[9.0, 0.0], [0.0, -12.0]]
    _, slope = w.jvp(lambda x: x.to(OTHER), (x.detach(),), (w.ones(2),))
    assert slope.dtype == w.float64 and slope.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (("cpu", True), {}),
        ((True,), {}),
        ((OTHER, w.float64), {"dtype": w.float64}),
        ((OTHER,), {"device": "cpu"}),
        ((w.float64,), {"dtype": w.float64}),
        ((w.float64, False, False, False), {}),
        ((), {"size": 3}),
    ],
)
def test_what_is_no_form_of_to(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"to: no form takes \("):
        w.ones(2).to(*args, **kwargs)


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps", 0, "cpu:1", "meta"])
def test_no_other_device(device: Any) -> None:
    calls: list[Any] = [w.ones(2).to, w.nn.Linear(1, 1).to, w.ones(2).to_device, w.device]
    for call in calls:
        with pytest.raises(DeviceError) as caught:
            call(device)
        assert str(caught.value) == (f"device {device!r} is not available; Wengert runs on 'cpu'.")


# ---- creation -----------------------------------------------------------------------------------


def test_out_of_creation() -> None:
    out = w.zeros(2, 2)
    assert w.ones(2, 2, out=out) is out and out.sum() == 4
    assert w.arange(3, out=w.empty(0, dtype="int64")).tolist() == [0, 1, 2]
    assert w.eye(2, out=out).tolist() == [[1, 0], [0, 1]]
    assert w.full((2, 2), 3, out=out).tolist() == [[3, 3], [3, 3]]
    assert w.linspace(0, 3, 4, out=w.empty(4)).tolist() == [0, 1, 2, 3]


def test_memory_layouts() -> None:
    assert w.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
    assert w.empty_permuted((2, 3, 4), (2, 0, 1)).stride() == (3, 1, 6)
    assert w.ones(1, dtype="int8").new_empty_strided((2,), (3,)).stride() == (3,)
    assert w.empty_strided((0, 2), (1, 1)).shape == (0, 2)
    with pytest.raises(ShapeError, match="do not fit"):
        w.empty_strided((2, 3), (1,))
    with pytest.raises(ShapeError, match="no order of the axes"):
        w.empty_permuted((2, 3), (0, 0))


def test_new_tensors_have_the_dtype() -> None:
    x = w.tensor([1.0], dtype="float64")
    made = [
        x.new_tensor([1]),
        x.new_zeros(2),
        x.new_ones((2,)),
        x.new_full((1,), 3),
        x.new_empty(1),
    ]
    assert {y.dtype.name for y in made} == {"float64"}
    assert x.new_ones(2, dtype="int8", requires_grad=False).dtype == "int8"
    assert w.scalar_tensor(3).dtype == "float32" and w.scalar_tensor(3).shape == ()


def test_asarray_shares_or_copies() -> None:
    a = np.ones(2)
    assert w.asarray(a).data_ptr() == a.ctypes.data
    assert w.asarray(a, copy=True).data_ptr() != a.ctypes.data
    assert w.asarray([1, 2], dtype="float64").tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="without a copy"):
        w.asarray([1.0], copy=False)


def test_frombuffer_shares_memory() -> None:
    memory = bytearray(8)
    x = w.frombuffer(memory, dtype="int16", count=2, offset=2)
    memory[2] = 7
    assert x.tolist() == [7, 0]


def test_triangles() -> None:
    for row, col, offset in ((3, 4, 0), (4, 2, 1), (2, 3, -1), (0, 2, 0)):
        low, high = w.tril_indices(row, col, offset), w.triu_indices(row, col, offset)
        np.testing.assert_array_equal(low.numpy(), np.stack(np.tril_indices(row, offset, col)))
        np.testing.assert_array_equal(high.numpy(), np.stack(np.triu_indices(row, offset, col)))


def test_spaced_numbers() -> None:
    assert w.linspace(0, 10, 5, dtype="int64").tolist() == [0, 2, 5, 7, 10]
    assert w.linspace(50, 1, 50, dtype="int64").tolist() == list(range(50, 0, -1))
    assert w.linspace(3, 9, 1).tolist() == [3.0] and w.linspace(0, 1, 0).shape == (0,)
    assert w.logspace(0, 3, 4, dtype="int64").tolist() == [1, 10, 100, 1000]
    assert w.logspace(0, 3, 4, base=2).tolist() == [1, 2, 4, 8]
    assert w.linspace(1j, 2, 3).dtype == "complex64"
    x = w.linspace(w.tensor(1.0), w.tensor(2.0), 3)
    assert x.tolist() == [1.0, 1.5, 2.0]
    compiled = w.jit(lambda a, b: w.linspace(a, b, 3))
    assert compiled(w.tensor(1.0), w.tensor(2.0)).tolist() == x.tolist()
    assert w.vmap(lambda a: w.linspace(a, 0.0, 2))(w.tensor([1.0, 2.0])).tolist() == [
        [1, 0],
        [2, 0],
    ]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: w.arange(0, math.inf), ValueError, "no finite number of steps"),
        (lambda: w.arange(0, 1, 0), ValueError, "step must not be 0"),
        (lambda: w.linspace(0, 1, -1), ValueError, "steps must be a whole number"),
        (lambda: w.linspace(w.ones(2), 1, 2), ShapeError, "expected a 0-d tensor"),
        (lambda: w.linspace(1j, 1, 2, dtype="float32"), DtypeError, "complex numbers do not fit"),
        (lambda: w.zeros(-1), ShapeError, "negative extent"),
        (lambda: w.eye(-1), ShapeError, "negative extent"),
        (lambda: w.full((-1,), 2), ShapeError, "negative extent"),
    ],
)
def test_what_cannot_be_made(call: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        call()


# ---- windows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sym", [True, False])
@pytest.mark.parametrize("size", [1, 2, 7, 10])
@pytest.mark.parametrize(
    ("name", "options", "theirs"),
    [
        ("bartlett", {}, {}),
        ("blackman", {}, {}),
        ("cosine", {}, {}),
        ("exponential", {"tau": 3.0}, {"tau": 3.0}),
        ("gaussian", {"std": 2.0}, {"std": 2.0}),
        ("general_cosine", {"a": [0.5, 0.3, 0.2]}, {"a": [0.5, 0.3, 0.2]}),
        ("general_hamming", {"alpha": 0.6}, {"alpha": 0.6}),
        ("hamming", {}, {}),
        ("hann", {}, {}),
        ("kaiser", {"beta": 5.0}, {"beta": 5.0}),
        ("nuttall", {}, {}),
    ],
)
def test_windows(
    name: str, options: dict[str, Any], theirs: dict[str, Any], size: int, sym: bool
) -> None:
    found = getattr(w.signal.windows, name)(size, sym=sym, dtype="float64", **options)
    expected = getattr(scipy.signal.windows, name)(size, sym=sym, **theirs)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13, atol=1e-15)


def test_windows_by_their_older_names() -> None:
    for name in ("hann", "hamming", "blackman", "bartlett", "kaiser"):
        old, new = getattr(w, f"{name}_window"), getattr(w.signal.windows, name)
        assert old(6).tolist() == new(6, sym=False).tolist()
        assert old(6, periodic=False).tolist() == new(6).tolist()


def test_windows_refuse_what_makes_no_sense() -> None:
    windows = w.signal.windows
    for call in (
        lambda: windows.hann(-1),
        lambda: windows.hann(3, dtype="int64"),
        lambda: windows.kaiser(3, beta=-1.0),
        lambda: windows.gaussian(3, std=0.0),
        lambda: windows.exponential(3, tau=0.0),
        lambda: windows.exponential(3, center=1.0),
        lambda: windows.general_cosine(3, a=[]),
        lambda: windows.general_cosine(3, a=1.0),  # type: ignore[arg-type]
    ):
        with pytest.raises((ValueError, TypeError)):
            call()


# ---- assert_close -------------------------------------------------------------------------------


def test_what_is_close_passes() -> None:
    close = w.testing.assert_close
    close(w.ones(2), w.ones(2) + 1e-6)
    close([w.ones(2), {"a": 1}], [w.ones(2), {"a": 1}])
    close(w.tensor([1.0, math.nan]), w.tensor([1.0, math.nan]), equal_nan=True)
    close(w.tensor([math.inf]), w.tensor([math.inf]))
    close(1.0, 1.0 + 1e-9)
    close(w.ones(1), w.ones(1, dtype="float64"), check_dtype=False)
    close(w.ones(2), w.ones(2) + 0.1, rtol=0.0, atol=0.2)


@pytest.mark.parametrize(
    ("actual", "expected", "options", "text"),
    [
        (w.tensor([1.0, 2.0]), w.tensor([1.0, 2.5]), {}, r"1 of 2 .* first at index \(1,\)"),
        (w.ones(2), w.ones(3), {}, r"the shapes \(2,\) and \(3,\) differ"),
        (w.ones(1), w.ones(1, dtype="float64"), {}, "the dtypes float32 and float64 differ"),
        ([w.ones(1)], [w.ones(1), w.ones(1)], {}, "the lengths 1 and 2 differ"),
        ({"a": w.zeros(1)}, {"a": w.ones(1)}, {}, r"at \['a'\]: 1 of 1"),
        ({"a": 1}, {"b": 1}, {}, "the keys"),
        (w.tensor([math.nan]), w.tensor([math.nan]), {}, "1 of 1"),
        (w.tensor([1]), w.tensor([2]), {"msg": "mine"}, "mine"),
        (w.tensor([1]), w.tensor([2]), {"msg": lambda text: "so: " + text}, "so: 1 of 1"),
        (w.ones(1), 1.0, {}, "cannot be compared"),
        (w.ones(2, 2), w.ones(2, 2).T, {"check_stride": True}, "the strides"),
    ],
)  # fmt: skip
def test_what_is_not_close_raises(actual: Any, expected: Any, options: Any, text: str) -> None:
    with pytest.raises(AssertionError, match=text):
        w.testing.assert_close(actual, expected, **options)


def test_one_tolerance_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="both rtol and atol"):
        w.testing.assert_close(1.0, 1.0, rtol=0.1)
