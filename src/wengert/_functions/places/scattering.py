"""Reading and writing along one axis at positions that a tensor names: gather, scatter, index_*.

The positions of `gather` and `scatter` have as many axes as the tensor; those of `index_*` are a
vector for whole slices, those of `take` and `put` count through the flattened tensor. Positions
out of range raise before anything is written.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..._base.dtypes import bool_, category, int64, number_dtype
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.shapes import broadcast, normalize_axis
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import shaping as p
from ..._primitives.creation import constant, full
from ..._primitives.elementwise import add, mul, where
from ..._primitives.indexing import along_axis
from ..._primitives.indexing import put as _put
from ..._primitives.indexing import scatter_add as _scatter_add
from ..._primitives.indexing import take as _take
from ..out import exact_out, takes_out, takes_separate_out
from ..shaping.shape import expand
from .combining import combined
from .indexing import wrapped

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _same_out(function: _Function) -> _Function:
    """`takes_out` that wants the dtype of the first argument in `out`, as PyTorch does here."""
    return _typed(function, takes_out(function))


def _same_separate_out(function: _Function) -> _Function:
    """The same, where `out` may not share memory with an operand."""
    return _typed(function, takes_separate_out(function))


def _typed(function: _Function, writing: Callable[..., Any]) -> _Function:
    @functools.wraps(function)
    def strict(input: Any, *args: Any, **kwargs: Any) -> Any:
        exact_out(kwargs.get("out"), input._data.dtype, function.__name__)
        return writing(input, *args, **kwargs)

    return strict  # pyright: ignore[reportReturnType]


def _checked(index: Any, name: str) -> Any:
    if not isinstance(index, Handle) or index._data.dtype.kind not in "iu":
        what = index._data.dtype if isinstance(index, Handle) else type(index).__name__
        raise DtypeError(f"{name}: the index must be an integer tensor, not {what}.")
    return convert(index, int64)


def _same_dtype(x: Any, src: Any, name: str) -> None:
    if x._data.dtype != src._data.dtype:
        raise DtypeError(
            f"{name}: the tensor has dtype {x._data.dtype}, but the values have "
            f"{src._data.dtype}. Convert one of them."
        )


def _line(x: Any) -> Any:
    """A 0-d tensor as a vector of one element."""
    return x if x._data.ndim else p.reshape(x, shape=(1,))


def _as(x: Any, shape: Any) -> Any:
    return x if tuple(x._data.shape) == tuple(shape) else p.reshape(x, shape=tuple(shape))


# ---- gather -------------------------------------------------------------------------------------


@_same_separate_out
def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False, out: Any = None) -> Any:
    """out[i, j] = input[index[i, j], j] for dim 0, and alike for other axes.

    >>> import wengert
    >>> wengert.tensor([[1, 2], [3, 4]]).gather(1, wengert.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    index = _checked(index, "gather")
    axis = normalize_axis(dim, input._data.ndim, "gather")
    shape = tuple(index._data.shape)
    if not index._data.size:
        flat = p.reshape(input, shape=(input._data.size,))
        return p.reshape(p.slice_(flat, slices=((0, 0, 1),)), shape=shape)
    x, index = _line(input), _line(index)
    own, places = x._data.shape, index._data.shape
    if len(own) != len(places) or any(
        i > o for k, (i, o) in enumerate(zip(places, own, strict=True)) if k != axis
    ):
        raise ShapeError(
            f"gather: an index of shape {shape} does not fit a tensor of shape {tuple(own)} apart "
            f"from dim {axis}."
        )
    return _as(_take(x, *along_axis(index, axis)), shape)


@takes_out
def take_along_dim(input: Any, indices: Any, dim: int | None = None, *, out: Any = None) -> Any:
    """`gather` with broadcasting and negative positions, as numpy.take_along_axis.

    >>> import wengert
    >>> x = wengert.tensor([[3, 1, 2]])
    >>> x.take_along_dim(x.argsort(1), 1)
    tensor([[1, 2, 3]])
    """
    index = _checked(indices, "take_along_dim")
    if dim is None:
        input = p.reshape(input, shape=(input._data.size,))
        index, dim = p.reshape(index, shape=(index._data.size,)), 0
    if input._data.ndim != index._data.ndim:
        raise ShapeError(
            f"take_along_dim: the indices have {index._data.ndim} axes, the tensor "
            f"{input._data.ndim}."
        )
    axis = normalize_axis(dim, input._data.ndim, "take_along_dim")
    own, other = list(input._data.shape), list(index._data.shape)
    own[axis] = other[axis] = 1
    common = list(broadcast("take_along_dim", tuple(own), tuple(other)))
    wide, places = list(common), list(common)
    extent = input._data.shape[axis]
    wide[axis], places[axis] = extent, index._data.shape[axis]
    index = wrapped(index, extent)
    return gather(expand(input, tuple(wide)), axis, expand(index, tuple(places)))


@takes_separate_out
def take(input: Any, index: Any, *, out: Any = None) -> Any:
    """The elements at positions of the flattened tensor, in the shape of `index`.

    >>> import wengert
    >>> wengert.take(wengert.tensor([[1, 2], [3, 4]]), wengert.tensor([3, 0]))
    tensor([4, 1])
    """
    size = input._data.size
    if not size and index._data.size:
        raise DimensionError("take: an empty tensor has no elements to take.")
    index = wrapped(_checked(index, "take"), size)
    return _take(p.reshape(input, shape=(size,)), index)


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """`input` with elements of `source` at positions of the flattened tensor, or added there.

    >>> import wengert
    >>> wengert.put(wengert.zeros(2, 2), wengert.tensor([3]), wengert.tensor([5.0]))
    tensor([[0., 0.],
            [0., 5.]])
    """
    index = _checked(index, "put")
    _same_dtype(input, source, "put")
    if index._data.size != source._data.size:
        raise ShapeError(
            f"put: {index._data.size} positions, but {source._data.size} values in source."
        )
    shape, size = tuple(input._data.shape), input._data.size
    if not size and index._data.size:
        raise DimensionError("put: an empty tensor has no elements to write.")
    flat = p.reshape(input, shape=(size,))
    places = wrapped(p.reshape(index, shape=(index._data.size,)), size)
    values = p.reshape(source, shape=(source._data.size,))
    if accumulate:
        changed = add(flat, _scatter_add(values, places, shape=(size,)))
    else:
        changed = _put(flat, values, places)
    return p.reshape(changed, shape=shape)


# ---- scatter ------------------------------------------------------------------------------------


def _places(input: Any, dim: int, index: Any, src: Any, name: str) -> tuple[Any, int, Any, Any]:
    """The tensor, the axis, the index and the part of src that it covers, none of them 0-d.

    `src` None stands for a single value.
    """
    index = _checked(index, name)
    axis = normalize_axis(dim, input._data.ndim, name)
    x, index = _line(input), _line(index)
    own, places = tuple(x._data.shape), tuple(index._data.shape)
    if src is not None:
        src = _line(src)
    given = places if src is None else tuple(src._data.shape)
    fits = len(own) == len(places) == len(given) and all(
        i <= g and (i <= o or k == axis)
        for k, (o, i, g) in enumerate(zip(own, places, given, strict=True))
    )
    if not fits and index._data.size:
        raise ShapeError(
            f"{name}: an index of shape {places} does not fit into src {given} and, apart "
            f"from dim {axis}, into the tensor {own}."
        )
    if src is not None and given != places and index._data.size:
        src = p.slice_(src, slices=tuple((0, extent, 1) for extent in places))
    return x, axis, index, src


@_same_out
def scatter(
    input: Any,
    dim: int,
    index: Any,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
    out: Any = None,
) -> Any:
    """`input` with src[i, j] (or one value) at [index[i, j], j] for dim 0, and alike.

    Where positions repeat, the last value stays; with `reduce="add"` or `"multiply"` all count.

    >>> import wengert
    >>> wengert.scatter(wengert.zeros(3), 0, wengert.tensor([2, 0]), wengert.ones(2))
    tensor([1., 0., 1.])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: give either src or value.")
    if value is None and not isinstance(src, Handle):
        src, value = None, src
    if reduce not in (None, "add", "multiply"):
        raise ValueError(f"scatter: reduce={reduce!r}; use 'add', 'multiply' or scatter_reduce.")
    dtype = input._data.dtype
    if src is not None:
        _same_dtype(input, src, "scatter")
    elif isinstance(value, Handle):
        value = convert(value, dtype)
    elif isinstance(value, complex) and dtype.kind != "c":
        raise DtypeError(f"scatter: the value {value} does not fit a tensor of {dtype}.")
    x, axis, index, src = _places(input, dim, index, src, "scatter")
    if not index._data.size:
        return input.clone()
    if src is None:
        one = value if isinstance(value, Handle) else constant(np.asarray(value).astype(dtype))
        src = expand(one, tuple(index._data.shape))
    if reduce == "multiply":
        found = combined(x, axis, index, src, "prod", True)
    elif reduce == "add":
        found = add(x, _scatter_add(src, *along_axis(index, axis), shape=tuple(x._data.shape)))
    else:
        found = _put(x, src, *along_axis(index, axis))
    return _as(found, input._data.shape)


@_same_out
def scatter_add(input: Any, dim: int, index: Any, src: Any, *, out: Any = None) -> Any:
    """`input` with src[i, j] added at [index[i, j], j] for dim 0, and alike for other axes.

    >>> import wengert
    >>> wengert.zeros(3).scatter_add(0, wengert.tensor([0, 0, 2]), wengert.ones(3))
    tensor([2., 0., 1.])
    """
    _same_dtype(input, src, "scatter_add")
    x, axis, index, src = _places(input, dim, index, src, "scatter_add")
    if not index._data.size:
        return input.clone()
    found = add(x, _scatter_add(src, *along_axis(index, axis), shape=tuple(x._data.shape)))
    return _as(found, input._data.shape)


@_same_out
def scatter_reduce(
    input: Any,
    dim: int,
    index: Any,
    src: Any,
    reduce: str,
    *,
    include_self: bool = True,
    out: Any = None,
) -> Any:
    """`input` with all src[i, j] of one position [index[i, j], j] reduced into that element.

    `reduce` is "sum", "prod", "mean", "amax" or "amin"; without `include_self` the old value of an
    element that is written does not count. A tie of amax or amin shares the gradient.

    >>> import wengert
    >>> where, src = wengert.tensor([0, 0]), wengert.tensor([2.0, 3.0])
    >>> wengert.scatter_reduce(wengert.ones(2), 0, where, src, "prod")
    tensor([6., 1.])
    """
    _same_dtype(input, src, "scatter_reduce")
    x, axis, index, src = _places(input, dim, index, src, "scatter_reduce")
    if not index._data.size:
        return input.clone()
    return _as(combined(x, axis, index, src, reduce, include_self), input._data.shape)


# ---- slices at the positions of a vector --------------------------------------------------------


def _slices(input: Any, dim: int, index: Any, source: Any, name: str) -> tuple[Any, int, Any, Any]:
    """The tensor, the axis, the vector of positions and one slice of source for each."""
    index = _line(_checked(index, name))
    axis = normalize_axis(dim, input._data.ndim, name)
    x = _line(input)
    if index._data.ndim != 1:
        raise ShapeError(f"{name}: the index must be a vector, not {index._data.ndim} axes.")
    wanted = list(x._data.shape)
    wanted[axis] = index._data.shape[0]
    given = list(_line(source)._data.shape)
    if given != wanted and not (source._data.ndim == 0 and wanted == [1]):
        raise ShapeError(
            f"{name}: source has shape {tuple(source._data.shape)}; {index._data.shape[0]} "
            f"positions in dim {axis} of {tuple(input._data.shape)} need {tuple(wanted)}."
        )
    return x, axis, index, _line(source)


def _order(ndim: int, axis: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axis to the front, and back."""
    order = (axis, *(k for k in range(ndim) if k != axis))
    return order, tuple(np.argsort(order).tolist())


@_same_separate_out
def index_select(input: Any, dim: int, index: Any, *, out: Any = None) -> Any:
    """The slices of an axis at the positions in a vector; negative ones raise.

    >>> import wengert
    >>> wengert.eye(3).index_select(0, wengert.tensor([2, 0]))
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    index = _line(_checked(index, "index_select"))
    axis = normalize_axis(dim, input._data.ndim, "index_select")
    if index._data.ndim != 1 or (not input._data.ndim and index._data.size != 1):
        raise ShapeError(
            f"index_select: an index of shape {tuple(index._data.shape)} for a tensor of shape "
            f"{tuple(input._data.shape)}. It must be a vector, of one element for a 0-d tensor."
        )
    order, back = _order(max(input._data.ndim, 1), axis)
    found = p.permute(_take(p.permute(_line(input), axes=order), index), axes=back)
    return found if input._data.ndim else p.reshape(found, shape=())


@_same_out
def index_add(
    input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1, out: Any = None
) -> Any:
    """`input` with the slices of `source` times alpha added at the positions in a vector.

    >>> import wengert
    >>> wengert.zeros(3).index_add(0, wengert.tensor([0, 2]), wengert.ones(2))
    tensor([1., 0., 1.])
    """
    _same_dtype(input, source, "index_add")
    if category(number_dtype(alpha)) > max(category(input._data.dtype), 1):
        raise DtypeError(f"index_add: alpha={alpha} does not fit a {input._data.dtype} tensor.")
    x, axis, index, source = _slices(input, dim, index, source, "index_add")
    order, back = _order(x._data.ndim, axis)
    scaled = source if alpha == 1 else convert(mul(source, alpha), x._data.dtype)
    shape = tuple(x._data.shape[k] for k in order)
    added = _scatter_add(p.permute(scaled, axes=order), index, shape=shape)
    return _as(add(x, p.permute(added, axes=back)), input._data.shape)


@_same_out
def index_copy(input: Any, dim: int, index: Any, source: Any, *, out: Any = None) -> Any:
    """`input` with the slices of `source` at the positions in a vector.

    >>> import wengert
    >>> wengert.zeros(3).index_copy(0, wengert.tensor([2]), wengert.ones(1))
    tensor([0., 0., 1.])
    """
    _same_dtype(input, source, "index_copy")
    x, axis, index, source = _slices(input, dim, index, source, "index_copy")
    order, back = _order(x._data.ndim, axis)
    changed = _put(p.permute(x, axes=order), p.permute(source, axes=order), index)
    return _as(p.permute(changed, axes=back), input._data.shape)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """`input` with one value (a number or a 0-d tensor) at the positions in a vector.

    >>> import wengert
    >>> wengert.zeros(3).index_fill(0, wengert.tensor([0, 2]), 5)
    tensor([5., 0., 5.])
    """
    dtype = input._data.dtype
    given = value._data.dtype if isinstance(value, Handle) else number_dtype(value)
    if isinstance(value, Handle) and value._data.ndim:
        raise ShapeError("index_fill: the value must be a number or a 0-d tensor.")
    if category(given) == 3 and dtype.kind != "c":
        raise DtypeError(f"index_fill: a complex value does not fit a tensor of {dtype}.")
    axis = normalize_axis(dim, input._data.ndim, "index_fill")
    index = wrapped(_line(_checked(index, "index_fill")), (input._data.shape or (1,))[axis])
    one = convert(value, dtype) if isinstance(value, Handle) else _number(value, dtype)
    if index._data.ndim != 1:
        raise ShapeError(f"index_fill: the index must be a vector, not {index._data.ndim} axes.")
    x = _line(input)
    extent = x._data.shape[axis]
    # A mask: the value counts once where a position is named twice.
    held = _put(full((extent,), False, bool_), full((), True, bool_), index)
    place = tuple(extent if k == axis else 1 for k in range(x._data.ndim))
    return _as(where(p.reshape(held, shape=place), one, x), input._data.shape)


def _number(value: Any, dtype: Any) -> Any:
    return constant(np.asarray(value).astype(dtype))


@_same_out
def index_reduce(
    input: Any,
    dim: int,
    index: Any,
    source: Any,
    reduce: str,
    *,
    include_self: bool = True,
    out: Any = None,
) -> Any:
    """`scatter_reduce` for whole slices, at the positions in a vector.

    `reduce` is "prod", "mean", "amax" or "amin".

    >>> import wengert
    >>> where, source = wengert.tensor([0, 0]), wengert.tensor([2.0, 3.0])
    >>> wengert.index_reduce(wengert.ones(2), 0, where, source, "amax")
    tensor([3., 1.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ValueError(f"index_reduce: reduce={reduce!r}; use 'prod', 'mean', 'amax' or 'amin'.")
    _same_dtype(input, source, "index_reduce")
    x, axis, index, source = _slices(input, dim, index, source, "index_reduce")
    if not source._data.size:
        return input.clone()
    place = tuple(-1 if k == axis else 1 for k in range(x._data.ndim))
    place = tuple(index._data.shape[0] if n == -1 else n for n in place)
    wide = expand(p.reshape(index, shape=place), tuple(source._data.shape))
    return _as(combined(x, axis, wide, source, reduce, include_self), input._data.shape)


__all__ = [
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_reduce",
    "index_select",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "take",
    "take_along_dim",
]
