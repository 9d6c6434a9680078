"""Values that come from no operand: constants and constant fills."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.shapes import Shape
from .._declare.registry import register
from .._graph.node import Primitive
from .._record.door import record
from .._record.trace import FULL

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


def constant(array: np.ndarray[Any, Any]) -> Any:
    """A tensor with the contents of a NumPy array, copied."""
    return record(CONSTANT, (), {"array": array})
