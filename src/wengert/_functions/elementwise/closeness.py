"""assert_close: comparing what a program computed with what was expected, for tests.

Tolerances follow the dtype as in PyTorch; containers are compared item by item, and the error says
where the first difference is, how many there are and how large.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np

from ..._base.dtypes import Dtype
from ..._base.kinds import is_array, is_generic
from ..._graph.value import Handle
from ..._record.trace import concrete

_TOLERANCES = {
    "bfloat16": (1.6e-2, 1e-5),
    "float16": (1e-3, 1e-5),
    "float32": (1.3e-6, 1e-5),
    "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
    "complex128": (1e-7, 1e-7),
}


def _default_tolerances(*dtypes: Dtype) -> tuple[float, float]:
    found = [_TOLERANCES.get(dtype.name, (0.0, 0.0)) for dtype in dtypes]
    return max(r for r, _ in found), max(a for _, a in found)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless abs(actual - expected) <= atol + rtol * abs(expected) everywhere.

    Tensors, arrays, numbers, and sequences and mappings of them. Without rtol and atol (give both
    or neither) they follow the dtype.

    >>> import wengert
    >>> wengert.testing.assert_close(wengert.ones(2), wengert.tensor([1.0, 1.0 + 1e-7]))
    """
    if (rtol is None) != (atol is None):
        raise ValueError(
            f"assert_close: give both rtol and atol or neither, not {rtol} and {atol}."
        )
    try:
        if not allow_subclasses and type(actual) is not type(expected):
            raise AssertionError(
                f"the types {type(actual).__name__} and {type(expected).__name__} differ."
            )
        _compare(actual, expected, "", (rtol, atol), equal_nan, check_dtype, check_stride)
    except AssertionError as error:
        if msg is None:
            raise
        raise AssertionError(msg(str(error)) if callable(msg) else msg) from None


def _compare(
    actual: Any,
    expected: Any,
    where: str,
    tolerances: tuple[float | None, float | None],
    equal_nan: bool,
    check_dtype: bool,
    check_stride: bool,
) -> None:
    rest = (tolerances, equal_nan, check_dtype, check_stride)
    at = f"at {where}: " if where else ""
    if _is_mapping(actual) and _is_mapping(expected):
        if set(actual) != set(expected):
            raise AssertionError(f"{at}the keys {sorted(actual)} and {sorted(expected)} differ.")
        for key in expected:
            _compare(actual[key], expected[key], f"{where}[{key!r}]", *rest)
        return
    if _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise AssertionError(f"{at}the lengths {len(actual)} and {len(expected)} differ.")
        for index, (one, two) in enumerate(zip(actual, expected, strict=True)):
            _compare(one, two, f"{where}[{index}]", *rest)
        return
    if actual is None and expected is None:
        return
    numbers = _is_number(actual) and _is_number(expected)
    if isinstance(actual, Handle) != isinstance(expected, Handle) and not numbers:
        raise AssertionError(
            f"{at}{type(actual).__name__} and {type(expected).__name__} cannot be compared."
        )
    _compare_arrays(_array(actual), _array(expected), at, *rest, numbers)


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_sequence(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | complex) or is_generic(value)


def _array(value: Any) -> np.ndarray[Any, Any]:
    if isinstance(value, Handle):
        return concrete(value, "NumPy array")
    if _is_number(value) or is_array(value):
        return np.asarray(value)
    raise TypeError(f"assert_close: {type(value).__name__} can not be compared; pass tensors.")


def _compare_arrays(
    actual: np.ndarray[Any, Any],
    expected: np.ndarray[Any, Any],
    at: str,
    tolerances: tuple[float | None, float | None],
    equal_nan: bool,
    check_dtype: bool,
    check_stride: bool,
    numbers: bool,
) -> None:
    if actual.shape != expected.shape:
        raise AssertionError(f"{at}the shapes {actual.shape} and {expected.shape} differ.")
    if check_dtype and not numbers and actual.dtype != expected.dtype:
        raise AssertionError(f"{at}the dtypes {actual.dtype} and {expected.dtype} differ.")
    if check_stride and actual.strides != expected.strides:
        raise AssertionError(f"{at}the strides {actual.strides} and {expected.strides} differ.")
    rtol, atol = tolerances
    if rtol is None or atol is None:
        rtol, atol = _default_tolerances(actual.dtype, expected.dtype)
    wide = np.complex128 if "c" in actual.dtype.kind + expected.dtype.kind else np.float64
    with np.errstate(all="ignore"):
        if actual.dtype.kind in "biu" and expected.dtype.kind in "biu" and not (rtol or atol):
            close, distance = np.equal(actual, expected), np.not_equal(actual, expected)
        else:
            a, b = actual.astype(wide), expected.astype(wide)
            distance = np.abs(a - b)
            close = np.equal(a, b) | (np.isfinite(distance) & (distance <= atol + rtol * np.abs(b)))
            if equal_nan:
                close |= np.isnan(a) & np.isnan(b)
    if close.all():
        return
    count = int((~close).sum())
    place = np.unravel_index(int(np.argmin(close)), close.shape)
    index = f" first at index {tuple(int(i) for i in place)}:" if close.ndim else ""
    largest = np.max(distance[~close]) if count else 0.0
    raise AssertionError(
        f"{at}{count} of {close.size} elements differ,{index} {actual[place]} is not close to "
        f"{expected[place]}. The largest difference is {float(largest):g} (allowed: atol={atol:g} "
        f"and rtol={rtol:g} times the expected value)."
    )


__all__: list[str] = []
