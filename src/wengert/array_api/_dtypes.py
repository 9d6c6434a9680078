"""The standard's dtype functions, and what a namespace tells about itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import wengert as wg

from .._base.dtypes import promote
from ..errors import DtypeError

_KINDS: dict[str, tuple[str, ...]] = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]

_NUMBERS = (bool, int, float, complex)


class finfo(NamedTuple):
    """Limits of a floating dtype, as Python floats."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


class iinfo(NamedTuple):
    """Limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: Any


def _dtype_of(type: Any) -> Any:
    return type.dtype if isinstance(type, wg.Tensor) else np.dtype(type)


def floating_limits(type: Any, /) -> finfo:
    """`finfo` of the standard, of a floating or complex dtype or tensor.

    >>> import wengert
    >>> wengert.array_api.finfo(wengert.float32).bits
    32
    """
    found = np.finfo(_dtype_of(type))
    return finfo(
        found.bits,
        float(found.eps),
        float(found.max),
        float(found.min),
        float(found.smallest_normal),
        np.dtype(found.dtype),
    )


def integer_limits(type: Any, /) -> iinfo:
    """`iinfo` of the standard, of an integer dtype or tensor."""
    found = np.iinfo(_dtype_of(type))
    return iinfo(found.bits, int(found.max), int(found.min), np.dtype(found.dtype))


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """x in another dtype; a copy unless copy=False and the dtype is equal."""
    if x.dtype.kind == "c" and np.dtype(dtype).kind not in "cb":
        raise DtypeError(f"astype: {x.dtype} to {dtype} would drop imaginary parts. Use real(x).")
    return x.to(dtype, copy=copy)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether promotion leads from a dtype (or the dtype of a tensor) to another."""
    try:
        return result_type(_dtype_of(from_), to) == to
    except DtypeError:
        return False


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether the dtype is of a kind: a name of the standard's, a dtype, or a tuple of them.

    >>> import wengert
    >>> wengert.array_api.isdtype(wengert.int8, ("real floating", "integral"))
    True
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, one) for one in kind)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(kind, str):
        if kind not in _KINDS:
            raise ValueError(f"isdtype: {kind!r} is no kind. The kinds are {', '.join(_KINDS)}.")
        return np.dtype(dtype).name in _KINDS[kind]
    return np.dtype(dtype) == np.dtype(kind)


def result_type(*arrays_and_dtypes: Any) -> Any:
    """The dtype to which tensors, dtypes and numbers (weak) promote; axes have no influence.

    >>> import wengert
    >>> wengert.array_api.result_type(wengert.int8, wengert.int16, 1)
    dtype('int16')
    """
    numbers = [p for p in arrays_and_dtypes if isinstance(p, (bool, int, float, complex))]
    dtypes = [_dtype_of(p) for p in arrays_and_dtypes if p.__class__ not in _NUMBERS]
    if not dtypes:
        raise ValueError("result_type: at least one tensor or dtype is needed beside numbers.")
    return promote([(dtype, 1) for dtype in dtypes], numbers)


def aligned(*operands: Any) -> list[Any]:
    """Tensors and numbers as tensors of their `result_type`."""
    dtype = result_type(*operands)
    return [
        x.to(dtype) if isinstance(x, wg.Tensor) else wg.tensor(x, dtype=dtype) for x in operands
    ]


class Info:
    """What the namespace offers: the standard's inspection interface."""

    def capabilities(self) -> dict[str, Any]:
        """Which optional parts of the standard are there."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """The one device."""
        return wg.device("cpu")

    def devices(self) -> list[Any]:
        """All devices."""
        return [wg.device("cpu")]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """The dtypes that Python numbers become."""
        real = wg.get_default_dtype()
        return {
            "real floating": real,
            "complex floating": np.result_type(real, wg.complex64),
            "integral": wg.int64,
            "indexing": wg.int64,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """The dtypes of a kind (all if None), by name."""
        names = [*_KINDS["bool"], *_KINDS["numeric"]]
        found = {name: np.dtype(name) for name in names}
        return {n: d for n, d in found.items() if kind is None or isdtype(d, kind)}


def __array_namespace_info__() -> Info:
    """What the namespace offers."""
    return Info()
