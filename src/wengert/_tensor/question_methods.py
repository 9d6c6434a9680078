"""Tensor methods: questions about a tensor, which leave it as it is.

What distinguishes PyTorch's other kinds of tensor (on other devices, sparse, quantised) is answered
here in one place: there is none of them.
"""

from __future__ import annotations

from typing import Any

from .._base.dtypes import is_floating
from .._functions.making import dtype_functions
from .._functions.making.filling import strided
from .._graph.value import Handle
from .._record.layout import layout
from .._record.trace import concrete


class QuestionMethods(Handle):
    """Questions about a tensor."""

    is_cpu = True
    is_cuda = False
    is_meta = False
    is_mps = False
    is_nested = False
    is_quantized = False
    is_sparse = False
    is_xpu = False
    layout = strided

    is_conj = dtype_functions.is_conj
    is_neg = dtype_functions.is_neg
    is_nonzero = dtype_functions.is_nonzero
    is_same_size = dtype_functions.is_same_size
    is_signed = dtype_functions.is_signed

    def is_floating_point(self) -> bool:
        """Whether the dtype is real floating point."""
        return is_floating(self._data.dtype)

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        return self._data.dtype.kind == "c"

    def is_inference(self) -> bool:
        """Whether it was made under `inference_mode`."""
        return self._inference

    def is_pinned(self, device: Any = None) -> bool:
        """Whether its memory is kept in place for another device: never."""
        return False

    def is_shared(self) -> bool:
        """Whether its memory was moved to where other processes see it: never."""
        return False

    def get_device(self) -> int:
        """The number of its device, which on the processor is -1."""
        return -1

    def is_set_to(self, tensor: Any) -> bool:
        """Whether it is the same elements of the same memory, in the same order.

        >>> import wengert
        >>> x = wengert.zeros(2, 3)
        >>> x.is_set_to(x.detach()), x.is_set_to(x.t())
        (True, False)
        """
        own, other = concrete(self, "memory address"), concrete(tensor, "memory address")
        return (own.ctypes.data, own.shape, own.strides, own.dtype) == (
            other.ctypes.data,
            other.shape,
            other.strides,
            other.dtype,
        )

    def dim_order(self) -> tuple[int, ...]:
        """The axes from that with the longest step in memory to that with the shortest; equal steps
        in their order. An axis along which memory repeats keeps its place.

        >>> import wengert
        >>> wengert.zeros(2, 3).t().dim_order()
        (1, 0)
        """
        steps = layout(self).strides
        moving = [k for k, step in enumerate(steps) if step]
        ordered = iter(sorted(moving, key=lambda k: -steps[k]))
        return tuple(next(ordered) if step else k for k, step in enumerate(steps))


__all__ = ["QuestionMethods"]
