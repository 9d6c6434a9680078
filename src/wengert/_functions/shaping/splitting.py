"""One axis cut into parts, each a view."""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

import numpy as np

from ..._base.errors import ShapeError
from ..._base.kinds import is_list_or_tuple
from ..._base.shapes import as_shape
from ..._graph.value import Handle
from ..._record.trace import concrete
from .views import narrow, proper_axis, select


def _parts(x: Any, axis: int, sizes: list[int]) -> tuple[Any, ...]:
    starts = np.cumsum([0, *sizes]).tolist()
    return tuple(narrow(x, axis, start, size) for start, size in zip(starts, sizes))


def split_with_sizes(input: Any, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of an axis of the given sizes, which add up to its extent.

    >>> import wengert
    >>> wengert.split_with_sizes(wengert.arange(3), [1, 2])
    (tensor([0]), tensor([1, 2]))
    """
    axis = proper_axis(input, dim, "split_with_sizes")
    sizes = list(as_shape((split_sizes,)))
    total = input._data.shape[axis]
    if sum(sizes) != total or any(size < 0 for size in sizes):
        raise ShapeError(f"split: sizes {sizes} do not make up the {total} elements of dim {axis}.")
    return _parts(input, axis, sizes)


def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of an axis: of one size (the last may be smaller), or of the sizes in a list.

    >>> import wengert
    >>> wengert.arange(3).split(2)
    (tensor([0, 1]), tensor([2]))
    """
    if is_list_or_tuple(split_size_or_sections):
        return split_with_sizes(input, split_size_or_sections, dim)
    axis = proper_axis(input, dim, "split")
    size, total = operator.index(split_size_or_sections), input._data.shape[axis]
    if size < 0 or (size == 0 and total):
        raise ValueError(f"split: the size must be positive, not {size}.")
    sizes = [min(size, total - start) for start in range(0, total, size or 1)] or [0]
    return _parts(input, axis, sizes)


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """At most `chunks` parts of nearly equal size.

    >>> import wengert
    >>> wengert.arange(4).chunk(2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    axis = proper_axis(input, dim, "chunk")
    if chunks < 1:
        raise ValueError(f"chunk: the number of chunks must be positive, not {chunks}.")
    total = input._data.shape[axis]
    if not total:
        return _parts(input, axis, [0] * chunks)
    return split(input, -(-total // chunks), dim)


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of an axis: a number of nearly equal ones, or those between the given positions.

    >>> import wengert
    >>> wengert.tensor_split(wengert.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    >>> wengert.tensor_split(wengert.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    axis = proper_axis(input, dim, "tensor_split")
    total = input._data.shape[axis]
    given: Any = indices_or_sections
    if isinstance(given, Handle):
        given = concrete(given, "list of numbers").tolist()
    if not is_list_or_tuple(given):
        if not isinstance(given, SupportsIndex):
            raise TypeError(
                f"tensor_split: expected a number of parts or a list of positions, not {given!r}."
            )
        count = operator.index(given)
        if count < 1:
            raise ValueError(f"tensor_split: the number of parts must be positive, not {count}.")
        size, longer = divmod(total, count)
        return _parts(input, axis, [size + (k < longer) for k in range(count)])
    edges = [slice(None, edge).indices(total)[1] for edge in as_shape((given,))]
    ends = [*edges, total]
    return tuple(
        narrow(input, axis, min(start, end), end - min(start, end))
        for start, end in zip([0, *edges], ends, strict=True)
    )


def _even_split(x: Any, given: Any, axis: int, least: int, name: str) -> tuple[Any, ...]:
    if x._data.ndim < least:
        raise ShapeError(f"{name}: needs at least {least} axes, not {x._data.ndim}.")
    if isinstance(given, int) and (given < 1 or x._data.shape[axis] % given):
        raise ShapeError(
            f"{name}: dim {axis} with {x._data.shape[axis]} elements cannot be split into {given} "
            "equal parts. Use tensor_split."
        )
    return tensor_split(x, given, axis)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """`tensor_split` along the second axis (the first of a vector), into equal parts only.

    >>> import wengert
    >>> wengert.hsplit(wengert.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    return _even_split(input, indices_or_sections, int(input._data.ndim > 1), 1, "hsplit")


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """`tensor_split` along the first axis, into equal parts only.

    >>> import wengert
    >>> wengert.vsplit(wengert.eye(2), 2)
    (tensor([[1., 0.]]), tensor([[0., 1.]]))
    """
    return _even_split(input, indices_or_sections, 0, 2, "vsplit")


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """`tensor_split` along the third axis, into equal parts only.

    >>> import wengert
    >>> [part.shape for part in wengert.dsplit(wengert.zeros(1, 2, 4), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return _even_split(input, indices_or_sections, 2, 3, "dsplit")


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices along an axis.

    >>> import wengert
    >>> wengert.eye(2).unbind()
    (tensor([1., 0.]), tensor([0., 1.]))
    """
    axis = proper_axis(input, dim, "unbind")
    return tuple(select(input, axis, k) for k in range(input._data.shape[axis]))


unsafe_chunk = chunk

unsafe_split = split

unsafe_split_with_sizes = split_with_sizes

__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "split",
    "split_with_sizes",
    "tensor_split",
    "unbind",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
]
