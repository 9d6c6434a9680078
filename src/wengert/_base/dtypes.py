"""Dtypes and promotion.

Wengert's dtypes are NumPy's: `wengert.float32 is np.dtype("float32")`. Promotion follows PyTorch:
the category (bool < integer < floating < complex) decides first, and inside a category a tensor
with axes outranks a 0-d tensor, which outranks a Python number. `promote` is the only place where
that is written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from .errors import DtypeError

Dtype: TypeAlias = "np.dtype[Any]"
Number = (bool, int, float, complex)

bool_: Dtype = np.dtype("bool")
uint8: Dtype = np.dtype("uint8")
int8: Dtype = np.dtype("int8")
int16: Dtype = np.dtype("int16")
uint16: Dtype = np.dtype("uint16")
uint32: Dtype = np.dtype("uint32")
uint64: Dtype = np.dtype("uint64")
int32: Dtype = np.dtype("int32")
int64: Dtype = np.dtype("int64")
float16: Dtype = np.dtype("float16")
float32: Dtype = np.dtype("float32")
float64: Dtype = np.dtype("float64")
complex64: Dtype = np.dtype("complex64")
complex128: Dtype = np.dtype("complex128")

_NAMES: dict[str, Dtype] = {
    "bool": bool_,
    "uint8": uint8,
    "uint16": uint16,
    "uint32": uint32,
    "uint64": uint64,
    "int8": int8,
    "int16": int16,
    "short": int16,
    "int32": int32,
    "int": int32,
    "int64": int64,
    "long": int64,
    "float16": float16,
    "half": float16,
    "float32": float32,
    "float": float32,
    "float64": float64,
    "double": float64,
    "complex64": complex64,
    "cfloat": complex64,
    "complex128": complex128,
    "cdouble": complex128,
}
_SUPPORTED: dict[Dtype, Dtype] = {dtype: dtype for dtype in _NAMES.values()}
"""Equal dtypes need not be one object; compiled code compares addresses, so one is chosen."""

_default: list[Dtype] = [float32]
_COMPLEX_OF: dict[Dtype, Dtype] = {float16: complex64, float32: complex64, float64: complex128}
_REAL_OF: dict[Dtype, Dtype] = {complex64: float32, complex128: float64}


def get_default_dtype() -> Dtype:
    """The floating dtype given to Python floats: float32 unless it was changed.

    >>> import wengert
    >>> wengert.get_default_dtype()
    dtype('float32')
    """
    return _default[0]


def set_default_dtype(dtype: Any) -> None:
    """Set the floating dtype given to Python floats.

    >>> import wengert
    >>> wengert.set_default_dtype(wengert.float64)
    >>> wengert.tensor(1.5).dtype
    dtype('float64')
    >>> wengert.set_default_dtype(wengert.float32)
    """
    checked = as_dtype(dtype)
    if checked.kind != "f":
        raise DtypeError(
            f"set_default_dtype: {checked} is not a floating dtype. Use wengert.float32 or "
            "wengert.float64."
        )
    _default[0] = checked


def bfloat16() -> Dtype:
    """NumPy's dtype for bfloat16, which the optional package ml_dtypes provides."""
    from .extras import require

    return np.dtype(require("ml_dtypes", "bfloat16").bfloat16)


def as_dtype(dtype: Any) -> Dtype:
    """The supported NumPy dtype that `dtype` names: a dtype, a NumPy scalar type, a Python type
    (`float` is float64, `int` is int64, `complex` is complex128), or a string.
    """
    if dtype is int:
        return int64
    if isinstance(dtype, str):
        name = dtype.rpartition(".")[2].removesuffix("Tensor").lower() or dtype
        if name == "bfloat16":
            return bfloat16()
        if name in _NAMES:
            return _NAMES[name]
        raise DtypeError(f"dtype {dtype!r} is not known. Known names: {', '.join(_NAMES)}.")
    try:
        found = np.dtype(dtype).newbyteorder("=")
    except TypeError:
        raise DtypeError(f"{dtype!r} is not a dtype. Use one such as wengert.float32.") from None
    if found not in _SUPPORTED and found.name != "bfloat16":
        raise DtypeError(
            f"dtype {found} is not supported. Convert first, for example to wengert.float64; "
            f"supported are {', '.join(sorted(d.name for d in _SUPPORTED))} and bfloat16."
        )
    return _SUPPORTED.get(found, found)


def is_floating(dtype: Dtype) -> bool:
    """Whether `dtype` is real floating point (bfloat16 has NumPy kind 'V')."""
    return dtype.kind == "f" or dtype.name == "bfloat16"


def is_inexact(dtype: Dtype) -> bool:
    """Whether values of `dtype` can carry derivatives: floating point or complex."""
    return dtype.kind in "fc" or dtype.name == "bfloat16"


def category(dtype: Dtype) -> int:
    """0 bool, 1 integer, 2 floating, 3 complex."""
    kind = dtype.kind
    if kind == "b":
        return 0
    if kind in "iu":
        return 1
    return 3 if kind == "c" else 2


def complex_of(dtype: Dtype) -> Dtype:
    """The complex dtype whose parts have the precision of `dtype`."""
    return dtype if dtype.kind == "c" else _COMPLEX_OF.get(dtype, complex64)


def real_of(dtype: Dtype) -> Dtype:
    """The dtype of the real part of `dtype`."""
    return _REAL_OF.get(dtype, dtype)


def number_dtype(number: complex) -> Dtype:
    """The dtype that a Python number becomes when nothing else decides."""
    if isinstance(number, bool):
        return bool_
    if isinstance(number, int):
        return int64
    return _default[0] if isinstance(number, float) else complex_of(_default[0])


def _join(a: Dtype, b: Dtype) -> Dtype:
    """The smallest dtype that holds both. Unlike NumPy, an integer never widens a float, and two
    different 16-bit floats meet at float32.
    """
    if a == b:
        return a
    rank_a, rank_b = category(a), category(b)
    if rank_a != rank_b:
        low, high = (a, b) if rank_a < rank_b else (b, a)
        if category(high) == 3 and category(low) == 2:
            return np.promote_types(high, complex_of(low))
        return high
    if rank_a == 2 and "bfloat16" in (a.name, b.name):
        other = b if a.name == "bfloat16" else a
        return float32 if other == float16 else other
    joined = np.promote_types(a, b)
    if category(joined) != rank_a:
        raise DtypeError(
            f"promotion: no integer dtype holds both {a} and {b}. Convert one of the two first, "
            "for example with x.to(wengert.int64)."
        )
    return joined


def promote(tensors: Iterable[tuple[Dtype, int]], numbers: Iterable[complex] = ()) -> Dtype:
    """The dtype of an operation on tensors, given as (dtype, number of axes), and Python numbers.

    >>> promote([(int64, 1)], [2.5])
    dtype('float32')
    >>> promote([(float32, 1), (float64, 0)])
    dtype('float32')
    """
    groups: list[Dtype | None] = [None, None, None]
    for dtype, ndim in tensors:
        place = 0 if ndim else 1
        current = groups[place]
        groups[place] = dtype if current is None else _join(current, dtype)
    for number in numbers:
        dtype = number_dtype(number)
        current = groups[2]
        groups[2] = dtype if current is None else _join(current, dtype)
    result: Dtype | None = None
    for found in groups:
        if found is None:
            continue
        if result is None:
            result = found
        elif category(found) > category(result):
            # A weaker operand lifts the category only; precision stays that of the stronger one.
            if category(found) == 3 and category(result) == 2:
                result = complex_of(result)
            else:
                result = found
    assert result is not None
    return result


def to_floating(dtype: Dtype) -> Dtype:
    """`dtype` if it is inexact, else the default floating dtype."""
    return dtype if is_inexact(dtype) else _default[0]
