"""Dtypes of results: category first, then axes, then precision; Python numbers are weak."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert import tensor

F16, F32, F64 = "float16", "float32", "float64"
C64, C128, I32, I64, U8, B = "complex64", "complex128", "int32", "int64", "uint8", "bool"


def of(dtype: str, axes: int) -> Any:
    return wengert.ones(*(1,) * axes).to(dtype)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((F32, 1), (F64, 1), F64),
        ((F16, 1), (F32, 1), F32),
        ((I64, 1), (F32, 1), F32),
        ((I64, 1), (F16, 1), F16),
        ((I32, 1), (I64, 1), I64),
        ((U8, 1), ("int8", 1), "int16"),
        ((U8, 1), (I32, 1), I32),
        ((B, 1), (U8, 1), U8),
        (("uint16", 1), ("int16", 1), I32),
        (("uint16", 1), (U8, 1), "uint16"),
        (("uint32", 1), (I32, 1), I64),
        (("uint64", 1), (F32, 1), F32),
        ((B, 1), (F16, 1), F16),
        ((F64, 1), (C64, 1), C128),
        ((F32, 1), (C64, 1), C64),
        ((I64, 1), (C64, 1), C64),
        # A 0-d tensor lifts the category only.
        ((F32, 1), (F64, 0), F32),
        ((F16, 1), (F64, 0), F16),
        ((I32, 1), (I64, 0), I32),
        ((I64, 1), (F64, 0), F64),
        ((I64, 1), (F16, 0), F16),
        ((F32, 1), (C128, 0), C64),
        ((F64, 1), (C64, 0), C128),
        ((F32, 1), (I64, 0), F32),
        ((F32, 0), (F64, 0), F64),
        ((F64, 0), (F32, 1), F32),
    ],
)
def test_two_tensors(first: tuple[str, int], second: tuple[str, int], expected: str) -> None:
    for a, b in ((first, second), (second, first)):
        assert (of(*a) + of(*b)).dtype == expected
        if not expected.startswith("complex"):
            assert wengert.maximum(of(*a), of(*b)).dtype == expected


def test_complex_numbers_are_not_ordered() -> None:
    with pytest.raises(TypeError) as caught:
        wengert.maximum(of(C64, 1), of(C64, 1))
    assert str(caught.value) == (
        "maximum: dtype complex64 is not supported. Convert with x.to(...) first."
    )


@pytest.mark.parametrize("axes", [0, 1])
@pytest.mark.parametrize(
    ("dtype", "number", "expected"),
    [
        (F32, 2, F32),
        (F32, 2.5, F32),
        (F16, 2.5, F16),
        (F64, 2.5, F64),
        (I64, 2, I64),
        (U8, 2, U8),
        (I64, 2.5, F32),
        (U8, 2.5, F32),
        (B, 2, I64),
        (B, 2.5, F32),
        (B, True, B),
        (F32, 1j, C64),
        (F64, 1j, C128),
        (I64, 1j, C64),
        (C128, 2.5, C128),
    ],
)
def test_a_tensor_and_a_number(dtype: str, number: complex, expected: str, axes: int) -> None:
    x = of(dtype, axes)
    assert (x + number).dtype == expected
    assert (number + x).dtype == expected
    assert (x * number).dtype == expected


def test_division_is_never_an_integer() -> None:
    assert (tensor([3]) / tensor([2])).tolist() == [1.5]
    assert (tensor([3]) / 2).dtype == F32
    assert (tensor([3]) // 2).dtype == I64


def test_functions_of_integers_are_floats() -> None:
    assert tensor([4]).sqrt().dtype == F32
    assert tensor([4]).exp().dtype == F32
    assert tensor([True]).sin().dtype == F32


def test_comparisons_are_bools() -> None:
    assert (tensor([1.0]) > tensor([2])).dtype == B
    assert (tensor([1]) == 1.0).dtype == B


def test_sums_of_integers_and_bools_are_int64() -> None:
    assert of(U8, 1).sum().dtype == I64
    assert of(B, 1).sum().dtype == I64
    assert of(I32, 1).cumsum(0).dtype == I64
    assert of(F16, 1).sum().dtype == F16


def test_the_condition_of_where_does_not_take_part() -> None:
    assert wengert.where(tensor([True]), of(F32, 1), 2).dtype == F32
    assert wengert.where(tensor([True]), of(I64, 1), of(F16, 1)).dtype == F16
    assert wengert.where(tensor([True]), 1, 2).dtype == I64
    assert wengert.where(tensor([True]), 1.0, 2).dtype == F32
    with pytest.raises(wengert.errors.DtypeError, match="the condition must be bool, not int64"):
        wengert.where(tensor([1]), 1, 2)


def test_the_default_dtype_is_that_of_python_floats() -> None:
    wengert.set_default_dtype(F64)
    try:
        assert tensor(1.5).dtype == F64
        assert wengert.zeros(1).dtype == F64
        assert (tensor([1]) / 2).dtype == F64
        assert tensor([1j]).dtype == C128
    finally:
        wengert.set_default_dtype(F32)
    assert tensor(1.5).dtype == F32


def test_numpy_keeps_its_dtype_and_numpy_scalars_are_weak() -> None:
    assert tensor(numpy.array([1.5])).dtype == F64
    assert (tensor([1.5]) * numpy.float64(2)).dtype == F32
    assert (tensor([1.5]) * numpy.int64(2)).dtype == F32


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([1.9, -1.9], I64, [1, -1]),
        ([0.0, 0.5], B, [False, True]),
        ([1 + 2j], F64, [1.0]),
        ([1 + 2j], B, [True]),
        ([True], F32, [1.0]),
        ([3], C64, [3 + 0j]),
        ([200], "int8", [-56]),
    ],
)
def test_conversions(value: Any, dtype: str, expected: Any) -> None:
    found = tensor(value).to(dtype)
    assert found.dtype == dtype
    assert found.tolist() == expected


def test_a_conversion_to_its_own_dtype_is_the_same_tensor() -> None:
    x = tensor([1.0])
    assert x.to(F32) is x
    assert x.float() is x
    assert x.to(F32, copy=True) is not x


def test_unknown_dtypes_raise() -> None:
    with pytest.raises(TypeError, match="dtype 'float31' is not known"):
        tensor([1.0]).to("float31")
    with pytest.raises(TypeError) as caught:
        tensor(["a"])
    assert str(caught.value) == (
        "tensor: the list holds something that is not a number (NumPy makes it dtype <U1)."
    )
    with pytest.raises(ValueError) as ragged:
        tensor([[1], [1, 2]])
    assert str(ragged.value) == (
        "tensor: the list has rows of different lengths. Make them equal, for example by padding."
    )


def test_a_triangle_keeps_the_dtype_of_a_mask() -> None:
    mask = wengert.ones(2, 2, dtype="bool")
    assert mask.tril().tolist() == [[True, False], [True, True]]
    assert mask.triu().tolist() == [[True, True], [False, True]]
    assert mask.tril_().dtype == wengert.bool_


@pytest.mark.parametrize("dtype", [F16, "bfloat16"])
def test_sums_of_halves_go_on_growing(dtype: str) -> None:
    x = wengert.ones(3000, 2).to(dtype)
    expected = wengert.tensor(3000.0).to(dtype).item()
    rows = wengert.zeros(3000, dtype="int64")
    added = wengert.zeros(1, 2).to(dtype).index_add(0, rows, x)[0]
    for total in (x.sum(0), x.cumsum(0)[-1], added):
        assert total.dtype == x.dtype
        assert total.tolist() == [expected, expected]


@pytest.mark.parametrize("dtype", [F16, "bfloat16"])
def test_statistics_of_halves_do_not_overflow(dtype: str) -> None:
    x = wengert.full((4096,), 256.0).to(dtype).requires_grad_()
    assert x.mean().item() == 256
    assert x.var().item() == 0
    assert x.norm().item() == 256 * 64
    x.mean().backward()
    assert x.grad.dtype == x.dtype
    assert x.grad[0].item() == 2.0**-12


def test_no_integer_holds_uint64_and_a_signed_one() -> None:
    with pytest.raises(wengert.errors.DtypeError, match="no integer dtype holds both uint64"):
        of("uint64", 1) + of(I32, 1)


@pytest.mark.parametrize("dtype", ["uint16", "uint32", "uint64"])
def test_wide_unsigned_integers_compute_and_compile_alike(dtype: str) -> None:
    def f(x: Any, y: Any) -> Any:
        return x + y, x * y, x - y, x // y, x % y, x < y, x + 1, x.to("float64") / 2

    largest = int(numpy.iinfo(dtype).max)
    x = wengert.from_numpy(numpy.array([1, 2, largest], dtype))
    y = wengert.from_numpy(numpy.array([3, largest, largest], dtype))
    eager = f(x, y)
    assert eager[0].tolist() == [4, 1, largest - 1]
    assert eager[3].tolist() == [0, 0, 1]
    for ours, compiled in zip(eager, wengert.jit(f)(x, y), strict=True):
        assert (ours.dtype, ours.tolist()) == (compiled.dtype, compiled.tolist())
