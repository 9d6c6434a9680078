"""A Python function of each element, in place: slow, and outside of the record.

The function sees Python numbers, one element at a time, so nothing is known of its derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.errors import DifferentiationError, DtypeError, ShapeError
from ..._base.shapes import broadcast
from ..._graph.value import Handle
from ..._primitives.creation import constant
from ..._record.storage import check_writable, write
from ..._record.trace import concrete


def _written(x: Any, others: tuple[Any, ...], function: Callable[..., Any], name: str) -> Any:
    if x.requires_grad:
        raise DifferentiationError(
            f"{name}: the tensor requires grad, and a Python function has no derivative here. "
            f"Write x.detach().{name}(...)."
        )
    check_writable(x, name)
    own = concrete(x, "elements for a Python function")
    arrays: list[Any] = [own]
    for other in others:
        if not isinstance(other, Handle):
            raise TypeError(f"{name}: expected a tensor, not {type(other).__name__}.")
        if other._data.dtype != own.dtype:
            raise DtypeError(
                f"{name}: the other tensor is {other._data.dtype}, this one {own.dtype}. Convert "
                "it with other.to(x)."
            )
        shape = tuple(other._data.shape)
        if broadcast(name, own.shape, shape) != own.shape:
            raise ShapeError(f"{name}: shape {shape} does not broadcast to {own.shape}.")
        arrays.append(np.broadcast_to(concrete(other, "elements for a Python function"), own.shape))
    numbers = zip(*(array.ravel().tolist() for array in arrays), strict=True)
    made: list[Any] = [function(*group) for group in numbers]
    write(x, constant(_stored(made, own, name)), name)
    return x


def _stored(made: list[Any], own: np.ndarray[Any, Any], name: str) -> np.ndarray[Any, Any]:
    if own.dtype.kind != "c" and any(isinstance(value, complex) for value in made):
        raise DtypeError(f"{name}: the function returned a complex number for {own.dtype}.")
    if own.dtype.kind in "iu":
        made = [int(value) for value in made]  # cut off, as in PyTorch
    return np.array(made, own.dtype).reshape(own.shape)


def apply_(self: Any, callable: Callable[[Any], Any]) -> Any:
    """Replace each element by `callable(element)`, Python numbers both.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0]).apply_(lambda x: x + 1)
    tensor([2., 3.])
    """
    return _written(self, (), callable, "apply_")


def map_(self: Any, tensor: Any, callable: Callable[[Any, Any], Any]) -> Any:
    """Replace each element by `callable(element, other)`, with a second tensor of this dtype that
    is broadcast to this shape.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0]).map_(wengert.tensor([3.0]), lambda a, b: a * b)
    tensor([3., 6.])
    """
    return _written(self, (tensor,), callable, "map_")


def map2_(self: Any, x: Any, y: Any, callable: Callable[[Any, Any, Any], Any]) -> Any:
    """`map_` with two other tensors.

    >>> import wengert
    >>> one = wengert.ones(2)
    >>> wengert.tensor([1.0, 2.0]).map2_(one, one, lambda a, b, c: a + b + c)
    tensor([3., 4.])
    """
    return _written(self, (x, y), callable, "map2_")
