"""Parameter: the tensor that a module trains."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.errors import TracingError
from .._functions.making.creation import tensor
from .._graph.value import Handle
from .._record.storage import detached
from .._tensor.tensor import Tensor


class Parameter(Tensor):
    """A leaf over the memory of `data` that requires grad; a module lists those assigned to it.

    >>> import wengert
    >>> wengert.nn.Parameter(wengert.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    _is_parameter = True

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        source = data if isinstance(data, Handle) else tensor(data)
        if not isinstance(source._data, np.ndarray):
            raise TracingError(
                "Parameter: a parameter cannot be made inside a traced function or vmap. Make the "
                "module outside and pass it in."
            )
        made: Any = detached(source)
        self._data, self._storage, self._view = made._data, made._storage, made._view
        self.requires_grad_(requires_grad)
