"""Dtypes: promotion, what can be converted, the limits of numbers, and questions about tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.dtypes import (
    Dtype,
    as_dtype,
    category,
    get_default_dtype,
    is_floating,
    is_inexact,
    promote,
    real_of,
)
from ..._base.errors import DtypeError
from ..._graph.value import Handle


class finfo:
    """The limits of a floating dtype; of a complex one, those of its parts.

    >>> import wengert
    >>> wengert.finfo(wengert.float64).eps
    2.220446049250313e-16
    """

    def __init__(self, type: Any = None) -> None:
        dtype = get_default_dtype() if type is None else as_dtype(type)
        if not is_inexact(dtype):
            raise DtypeError(f"finfo: {dtype} is not floating. Use wengert.iinfo.")
        dtype = real_of(dtype)
        found: Any
        if dtype.kind == "f":
            found = np.finfo(dtype)
        else:
            from ..._base.extras import require

            found = require("ml_dtypes", "bfloat16").finfo(dtype)
        self.bits = int(found.bits)
        self.eps = float(found.eps)
        self.max = float(found.max)
        self.min = float(found.min)
        self.tiny = float(found.tiny)
        self.smallest_normal = float(found.smallest_normal)
        self.resolution = float(found.resolution)
        self.dtype = dtype.name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo:
    """The limits of an integer dtype.

    >>> import wengert
    >>> wengert.iinfo(wengert.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    def __init__(self, type: Any) -> None:
        dtype = as_dtype(type)
        if dtype.kind not in "iu":
            raise DtypeError(f"iinfo: {dtype} is not an integer dtype. Use wengert.finfo.")
        found = np.iinfo(dtype)
        self.bits = int(found.bits)
        self.max = int(found.max)
        self.min = int(found.min)
        self.dtype = dtype.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


def promote_types(type1: Any, type2: Any) -> Dtype:
    """The dtype of an operation on two tensors with axes, of these dtypes.

    >>> import wengert
    >>> wengert.promote_types(wengert.int64, wengert.float32)
    dtype('float32')
    """
    return promote([(as_dtype(type1), 1), (as_dtype(type2), 1)])


def result_type(tensor1: Any, tensor2: Any) -> Dtype:
    """The dtype of an operation on two tensors or numbers.

    >>> import wengert
    >>> wengert.result_type(wengert.tensor([1]), 1.0)
    dtype('float32')
    """
    both = (tensor1, tensor2)
    tensors = [(v._data.dtype, v._data.ndim) for v in both if isinstance(v, Handle)]
    return promote(tensors, [v for v in both if not isinstance(v, Handle)])


def can_cast(from_: Any, to: Any) -> bool:
    """Whether a result of dtype `from_` may be stored in `to`: its kind of number must fit.

    >>> import wengert
    >>> wengert.can_cast(wengert.float64, wengert.float32)
    True
    >>> wengert.can_cast(wengert.float64, wengert.int64)
    False
    """
    source, target = as_dtype(from_), as_dtype(to)
    if source.kind == "i" and target.kind == "u":
        return True
    return category(source) <= category(target)


def is_tensor(obj: Any) -> bool:
    """Whether it is a tensor.

    >>> import wengert
    >>> wengert.is_tensor(3)
    False
    """
    return isinstance(obj, Handle)


def is_floating_point(input: Any) -> bool:
    """Whether the dtype is real floating point.

    >>> import wengert
    >>> wengert.is_floating_point(wengert.ones(1))
    True
    """
    return is_floating(input._data.dtype)


def is_complex(input: Any) -> bool:
    """Whether the dtype is complex.

    >>> import wengert
    >>> wengert.is_complex(wengert.tensor([1j]))
    True
    """
    return input._data.dtype.kind == "c"


def is_conj(input: Any) -> bool:
    """Whether a conjugate is still to be computed: never, here.

    >>> import wengert
    >>> wengert.is_conj(wengert.tensor([1j]).conj())
    False
    """
    return False


def is_neg(input: Any) -> bool:
    """Whether a negative is still to be computed: never, here.

    >>> import wengert
    >>> wengert.is_neg(wengert.tensor([1.0]))
    False
    """
    return False


def is_nonzero(input: Any) -> bool:
    """Whether the one element is not 0.

    >>> import wengert
    >>> wengert.is_nonzero(wengert.tensor([2]))
    True
    """
    return bool(input)


def is_same_size(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape.

    >>> import wengert
    >>> wengert.is_same_size(wengert.ones(2), wengert.ones(2, 1))
    False
    """
    return tuple(input._data.shape) == tuple(other._data.shape)


def is_signed(input: Any) -> bool:
    """Whether the dtype has negative numbers.

    >>> import wengert
    >>> wengert.is_signed(wengert.ones(1, dtype=wengert.uint8))
    False
    """
    return input._data.dtype.kind not in "bu"


def numel(input: Any) -> int:
    """The number of elements.

    >>> import wengert
    >>> wengert.numel(wengert.ones(2, 3))
    6
    """
    return input._data.size


__all__ = [
    "can_cast",
    "finfo",
    "iinfo",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "numel",
    "promote_types",
    "result_type",
]
