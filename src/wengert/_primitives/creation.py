"""Values that come from no operand: constants and constant fills."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.shapes import Shape
from .._declare.registry import register
from .._declare.samples import Sample
from .._graph.node import Primitive
from .._record.door import record
from .._record.modes import current
from .._record.trace import FULL

FULL.samples = [
    Sample(lambda rng: [], {"shape": shape, "value": value, "dtype": np.dtype(dtype)})
    for shape, value, dtype in [
        ((2, 3), 0.5, "float32"),
        ((), 2 - 1j, "complex128"),
        ((0, 2), 7, "int64"),
        ((2,), True, "bool"),
    ]
]
register(FULL)


def full(shape: Shape, value: complex, dtype: Dtype) -> Any:
    """A tensor filled with a number."""
    return record(FULL, (), {"shape": shape, "value": value, "dtype": dtype})


def zeros(shape: Shape, dtype: Dtype) -> Any:
    """A tensor filled with zeros."""
    return full(shape, False if dtype.kind == "b" else 0, dtype)


def _copied(array: Any) -> Any:
    return array.copy()


CONSTANT = register(
    Primitive(
        "constant",
        _copied,
        abstract=lambda shapes, dtypes, params: [(params["array"].shape, params["array"].dtype)],
        differentiable=False,
        doc="A fixed array.",
    )
)
CONSTANT.samples = [
    Sample(lambda rng: [], {"array": array})
    for array in (np.array([[0.5, -1.0]]), np.array(3, np.int32), np.zeros((0, 2), bool))
]


def constant(array: np.ndarray[Any, Any]) -> Any:
    """A tensor with the contents of a NumPy array, copied; in a trace one from outside is read at
    every call.
    """
    trace = current().trace
    held = None if trace is None else trace.outside(array)
    if held is not None:
        return held
    return record(CONSTANT, (), {"array": array})
