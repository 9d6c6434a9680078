"""Joining: several tensors become one, along an axis of theirs, a new one, or as a grid."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._base.dtypes import promote
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_list_or_tuple
from ..._base.shapes import normalize_axis
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import shaping as p
from ..._primitives.creation import constant, zeros
from ..._primitives.indexing import take
from ..out import takes_out, takes_separate_out
from .shape import atleast_1d, atleast_2d, atleast_3d, expand, unsqueeze


def _promoted(tensors: Sequence[Any], name: str) -> list[Any]:
    parts = list(tensors)
    if not parts:
        raise ShapeError(f"{name}: expected at least one tensor.")
    for place, part in enumerate(parts):
        if not isinstance(part, Handle):
            kind = type(part).__name__
            raise TypeError(f"{name}: expected tensors, not {kind} at place {place}.")
    dtype = promote((x._data.dtype, x._data.ndim) for x in parts)
    return [convert(x, dtype) for x in parts]


@takes_separate_out
def cat(tensors: Sequence[Any], dim: int = 0, *, out: Any = None) -> Any:
    """Tensors one after the other along an existing axis.

    >>> import wengert
    >>> wengert.cat([wengert.tensor([1]), wengert.tensor([2, 3])])
    tensor([1, 2, 3])
    """
    parts = _promoted(tensors, "cat")
    if any(x._data.ndim == 0 for x in parts):
        raise ShapeError("cat: 0-d tensors have no axis to join; use stack.")
    # PyTorch lets an empty vector stand for "nothing" whatever the other shapes are; it stays on
    # the record.
    solid = [x for x in parts if tuple(x._data.shape) != (0,)] or parts
    axis = normalize_axis(dim, solid[0]._data.ndim, "cat")
    nothing = list(solid[0]._data.shape)
    nothing[axis] = 0
    joined = [
        p.reshape(x, shape=tuple(nothing)) if tuple(x._data.shape) == (0,) else x for x in parts
    ]
    return p.concatenate(*joined, axis=axis)


@takes_out
def concatenate(tensors: Sequence[Any], axis: int = 0, *, dim: Any = None, out: Any = None) -> Any:
    """`cat` by NumPy's name.

    >>> import wengert
    >>> wengert.concatenate([wengert.tensor([1]), wengert.tensor([2, 3])], axis=0)
    tensor([1, 2, 3])
    """
    return cat(tensors, axis if dim is None else dim)


@takes_out
def stack(tensors: Sequence[Any], dim: int = 0, *, out: Any = None) -> Any:
    """Tensors of one shape along a new axis.

    >>> import wengert
    >>> wengert.stack([wengert.tensor(1), wengert.tensor(2)])
    tensor([1, 2])
    """
    parts = _promoted(tensors, "stack")
    shapes = {tuple(x._data.shape) for x in parts}
    if len(shapes) > 1:
        raise ShapeError(f"stack: all shapes must be equal, not {sorted(shapes)}.")
    axis = normalize_axis(dim, parts[0]._data.ndim + 1, "stack")
    return p.concatenate(*[unsqueeze(x, axis) for x in parts], axis=axis)


@takes_out
def hstack(tensors: Sequence[Any], *, out: Any = None) -> Any:
    """Tensors side by side: joined along the second axis, vectors along their only one.

    >>> import wengert
    >>> wengert.hstack([wengert.tensor([1]), wengert.tensor([2])])
    tensor([1, 2])
    """
    parts = [atleast_1d(x) for x in tensors]
    return cat(parts, 0 if parts and parts[0]._data.ndim == 1 else 1)


@takes_out
def vstack(tensors: Sequence[Any], *, out: Any = None) -> Any:
    """Tensors one above the other; a vector is a row.

    >>> import wengert
    >>> wengert.vstack([wengert.tensor([1, 2]), wengert.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([atleast_2d(x) for x in tensors], 0)


@takes_out
def dstack(tensors: Sequence[Any], *, out: Any = None) -> Any:
    """Tensors one behind the other, along the third axis.

    >>> import wengert
    >>> wengert.dstack([wengert.tensor([1, 2]), wengert.tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([atleast_3d(x) for x in tensors], 2)


@takes_out
def column_stack(tensors: Sequence[Any], *, out: Any = None) -> Any:
    """Tensors side by side; a vector is a column.

    >>> import wengert
    >>> wengert.column_stack([wengert.tensor([1, 2]), wengert.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return cat(
        [p.reshape(x, shape=(x._data.size, 1)) if x._data.ndim < 2 else x for x in tensors], 1
    )


def block_diag(*tensors: Any) -> Any:
    """The matrix with the given matrices on its diagonal; vectors are rows.

    >>> import wengert
    >>> wengert.block_diag(wengert.ones(1, 2), wengert.tensor(3.0))
    tensor([[1., 1., 0.],
            [0., 0., 3.]])
    """
    if any(x._data.ndim > 2 for x in tensors):
        raise ShapeError("block_diag: the blocks must have at most 2 axes.")
    if not tensors:
        return zeros((1, 0), np.dtype("float32"))
    blocks = [atleast_2d(x) for x in _promoted(tensors, "block_diag")]
    width = sum(x._data.shape[1] for x in blocks)
    rows: list[Any] = []
    start = 0
    for x in blocks:
        height, columns = x._data.shape
        places = ((0, height, 1), (start, columns, 1))
        rows.append(p.embed(x, shape=(height, width), slices=places))
        start += columns
    return p.concatenate(*rows, axis=0)


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Any, ...]:
    """Coordinates of a grid: out[k][i0, i1, ...] = tensors[k][ik].

    With `indexing="xy"` the first two axes are exchanged; the default is "ij".

    >>> import wengert
    >>> wengert.meshgrid(wengert.arange(2), wengert.arange(3), indexing="ij")[0]
    tensor([[0, 0, 0],
            [1, 1, 1]])
    """
    given: Any = tensors[0] if len(tensors) == 1 and is_list_or_tuple(tensors[0]) else tensors
    if not given:
        raise ShapeError("meshgrid: expected at least one tensor.")
    if indexing not in (None, "ij", "xy"):
        raise ValueError(f"meshgrid: indexing={indexing!r}; use 'ij' or 'xy'.")
    if any(x._data.ndim > 1 for x in given):
        raise ShapeError("meshgrid: the tensors must be vectors or numbers.")
    if len({x._data.dtype for x in given}) > 1:
        raise DtypeError("meshgrid: the tensors must have one dtype.")
    shape = [x._data.size for x in given]
    swapped = indexing == "xy" and len(shape) > 1
    order = [1, 0, *range(2, len(shape))] if swapped else list(range(len(shape)))
    wide = tuple(shape[k] for k in order)
    found: list[Any] = []
    for k, x in enumerate(given):
        place = order.index(k)
        own = tuple(shape[k] if axis == place else 1 for axis in range(len(shape)))
        found.append(expand(p.reshape(x, shape=own), wide))
    return tuple(found)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of the elements of vectors, one a row; of one vector, its elements.

    >>> import wengert
    >>> wengert.cartesian_prod(wengert.tensor([1, 2]), wengert.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    if any(x._data.ndim != 1 for x in tensors):
        raise ShapeError("cartesian_prod: the tensors must be vectors.")
    if len(tensors) == 1:
        return tensors[0]
    return stack([p.reshape(x, shape=(x._data.size,)) for x in meshgrid(*tensors)], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """The combinations of r elements of a vector, in order of position, one a row.

    >>> import wengert
    >>> wengert.combinations(wengert.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input._data.ndim != 1:
        raise ShapeError(f"combinations: needs a vector, not {input._data.ndim} axes.")
    if r < 0:
        raise ValueError(f"combinations: r must not be negative, not {r}.")
    if r == 0:
        return zeros((0,), input._data.dtype)
    choose: Any = (
        itertools.combinations_with_replacement if with_replacement else itertools.combinations
    )
    rows = np.array(list(choose(range(input._data.size), r)), np.int64).reshape(-1, r)
    return take(input, constant(rows))


concat = cat

row_stack = vstack

__all__ = [
    "block_diag",
    "cartesian_prod",
    "cat",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "meshgrid",
    "row_stack",
    "stack",
    "vstack",
]
