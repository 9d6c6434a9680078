"""Parts of a tensor without copying, its bytes as another dtype, tensors with a part replaced.

Each part is described by a chain of view primitives; a view applies the chain, `*_scatter` puts a
value through it. Parts that an index tensor names are in `indexing` and `scattering`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..._base.dtypes import Dtype, complex_of, int64
from ..._base.errors import DimensionError, DtypeError, InplaceError, ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import Shape, as_shape, normalize_axis, size_of
from ..._declare.elementwise import convert
from ..._graph.value import Batched, Chain, Handle
from ..._primitives import complex_numbers
from ..._primitives import shaping as p
from ..._primitives.elementwise import add, lt, where
from ..._primitives.indexing import iota, put, take
from ..._primitives.lattices import lattice
from ..._primitives.writing import reinterpret, view_put
from ..._record import modes as _modes
from ..._record.layout import layout, placed
from ..._record.storage import DynamicView, attach_view, whole_of
from ..out import takes_out


def _seen(x: Any, chain: Chain) -> Any:
    for primitive, params in chain:
        x = primitive(x, **params)
    return x


def _replaced(x: Any, src: Any, chain: Chain, name: str) -> Any:
    shape, dtype = tuple(x._data.shape), x._data.dtype
    for primitive, params in chain:
        ((shape, dtype),) = primitive.abstract([shape], [dtype], params)
    if tuple(src._data.shape) != tuple(shape):
        raise ShapeError(
            f"{name}: src has shape {tuple(src._data.shape)}, but the place has {tuple(shape)}."
        )
    return view_put(x, convert(src, x._data.dtype), chain=chain)


def seen_as(x: Any, dtype: Dtype) -> Any:
    """The bytes of x as numbers of a dtype, without a history; with its own dtype, just a view."""
    old, shape = x._data.dtype, tuple(x._data.shape)
    if dtype == old:
        return p.reshape(x, shape=shape)
    if dtype.itemsize != old.itemsize:
        if not shape:
            raise DimensionError(
                f"view: a 0-d {old} tensor is no row of {dtype} numbers. Give it an axis first: "
                "x.view(1)."
            )
        laid, start = placed(x)
        steps = (start, *(stride for stride, n in zip(laid.strides[:-1], shape) if n > 1))
        beside = not x._data.size or shape[-1] == 1 or laid.strides[-1] == old.itemsize
        if not beside or (shape[-1] * old.itemsize) % dtype.itemsize:
            raise ShapeError(
                f"view: the last axis of shape {shape} with strides {laid.strides} in bytes cannot "
                f"be read as {dtype}: its {old} numbers must lie side by side, and fill whole ones."
            )
        if x._data.size and any(step % dtype.itemsize for step in steps):
            raise ShapeError(
                f"view: rows of shape {shape} begin where no {dtype} can begin (offset and strides "
                f"in bytes: {steps}). Use x.contiguous().view(dtype)."
            )
    return reinterpret(x.detach(), dtype=dtype)


# ---- slices of one axis -------------------------------------------------------------------------


def _slice_chain(shape: Shape, axis: int, start: int, length: int, step: int = 1) -> Chain:
    slices = [(0, extent, 1) for extent in shape]
    slices[axis] = (start, length, step)
    return ((p.slice_, {"slices": tuple(slices)}),)


def proper_axis(x: Any, dim: int, name: str) -> int:
    """The axis that `dim` names, of a tensor that has axes."""
    if not x._data.ndim:
        raise DimensionError(f"{name}: a 0-d tensor has no axis.")
    return normalize_axis(dim, x._data.ndim, name)


def is_symbol(index: Any) -> bool:
    """Whether an index is a tensor with no number yet: traced, or with one for each sample."""
    if not isinstance(index, Handle):
        return False
    return _modes.current().trace is not None or not is_array(index._data)


def from_symbol(x: Any, axis: int, start: Any, length: int) -> Any:
    """The part of an axis that begins where a symbol says: a view in a trace, else a copy."""
    first = convert(p.reshape(start, shape=()), int64)
    first = where(lt(first, 0), add(first, x._data.shape[axis]), first)
    trace = _modes.current().trace
    if trace is None or isinstance(x._data, Batched) or isinstance(first._data, Batched):
        return _read_at(x, axis, first, length)
    x = trace.resolve(x)
    found = _read_at(x, axis, first, length)
    found._view = None
    attach_view(found, x, _PART_AT, {"axis": axis, "first": first, "length": length})
    return found


def _axis_first(ndim: int, axis: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    order = (axis, *(k for k in range(ndim) if k != axis))
    return order, tuple(np.argsort(order).tolist())


def _read_at(x: Any, axis: int, first: Any, length: int) -> Any:
    order, back = _axis_first(x._data.ndim, axis)
    return p.permute(take(p.permute(x, axes=order), add(first, iota(length))), axes=back)


def _write_at(x: Any, part: Any, axis: int, first: Any, length: int) -> Any:
    order, back = _axis_first(x._data.ndim, axis)
    places = add(first, iota(length))
    return p.permute(put(p.permute(x, axes=order), p.permute(part, axes=order), places), axes=back)


def _laid_out(root: Any, axis: int, first: Any, length: int) -> Any:
    return root[(slice(None),) * axis + (slice(0, length),)]


_PART_AT = DynamicView("part_at", _laid_out, _read_at, _write_at)


def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """The part of an axis that begins at `start`; a copy if that is a batched tensor.

    >>> import wengert
    >>> wengert.arange(5).narrow(0, 1, 2)
    tensor([1, 2])
    """
    shape = tuple(input._data.shape)
    axis = proper_axis(input, dim, "narrow")
    if isinstance(start, Handle) and (start._data.dtype.kind not in "iu" or start._data.ndim):
        raise DtypeError("narrow: start must be an integer or a 0-d integer tensor.")
    if is_symbol(start):
        return from_symbol(input, axis, start, length)
    first, length = operator.index(start), operator.index(length)  # pyright: ignore[reportArgumentType]
    if first < 0:
        first += shape[axis]
    if not 0 <= first <= first + length <= shape[axis]:
        raise DimensionError(
            f"narrow: {first} to {first + length} is out of range for dim {axis} of {shape}."
        )
    return _seen(input, _slice_chain(shape, axis, first, length))


def _sliced(x: Any, dim: int, start: Any, end: Any, step: int, name: str) -> Chain:
    axis = proper_axis(x, dim, name)
    if step < 1:
        raise ValueError(f"{name}: the step must be positive, not {step}.")
    shape = tuple(x._data.shape)
    first, stop, _ = slice(start, end, step).indices(shape[axis])
    return _slice_chain(shape, axis, first, len(range(first, stop, step)), step)


def slice_part(
    input: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Any:
    """`x[start:end:step]` along an axis."""
    return _seen(input, _sliced(input, dim, start, end, step, "slice"))


@takes_out
def slice_scatter(
    input: Any,
    src: Any,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    out: Any = None,
) -> Any:
    """`input` with `src` in place of `input[start:end:step]` along an axis.

    >>> import wengert
    >>> wengert.slice_scatter(wengert.zeros(3), wengert.ones(2), start=1)
    tensor([0., 1., 1.])
    """
    chain = _sliced(input, dim, start, end, step, "slice_scatter")
    return _replaced(input, src, chain, "slice_scatter")


def _select_chain(x: Any, dim: int, index: Any, name: str) -> Chain:
    axis = proper_axis(x, dim, name)
    shape = tuple(x._data.shape)
    place = operator.index(index)
    if not -shape[axis] <= place < shape[axis]:
        raise DimensionError(
            f"{name}: index {place} is out of range for dim {axis} with {shape[axis]} elements."
        )
    rest = {"shape": (*shape[:axis], *shape[axis + 1 :])}
    return (*_slice_chain(shape, axis, place % shape[axis], 1), (p.reshape, rest))


def select(input: Any, dim: int, index: Any) -> Any:
    """The slice of an axis at one position; a copy if that is a batched tensor.

    >>> import wengert
    >>> wengert.eye(2).select(0, 1)
    tensor([0., 1.])
    """
    if is_symbol(index):
        axis = proper_axis(input, dim, "select")
        found = from_symbol(input, axis, index, 1)
        shape = tuple(found._data.shape)
        return p.reshape(found, shape=(*shape[:axis], *shape[axis + 1 :]))
    return _seen(input, _select_chain(input, dim, index, "select"))


def select_scatter(input: Any, src: Any, dim: int, index: Any) -> Any:
    """`input` with `src` in place of `input.select(dim, index)`.

    >>> import wengert
    >>> wengert.select_scatter(wengert.zeros(2, 2), wengert.ones(2), 0, 1)
    tensor([[0., 0.],
            [1., 1.]])
    """
    chain = _select_chain(input, dim, index, "select_scatter")
    return _replaced(input, src, chain, "select_scatter")


# ---- lattices -----------------------------------------------------------------------------------


def _diagonal_chain(x: Any, offset: int, dim1: int, dim2: int, name: str) -> Chain:
    shape = tuple(x._data.shape)
    if len(shape) < 2:
        raise DimensionError(f"{name}: needs at least 2 axes, not {len(shape)}.")
    a, b = normalize_axis(dim1, len(shape), name), normalize_axis(dim2, len(shape), name)
    if a == b:
        raise DimensionError(f"{name}: dim1 and dim2 are both {a}.")
    starts = [0] * len(shape)
    starts[a], starts[b] = max(-offset, 0), max(offset, 0)
    count = max(min(shape[a] - starts[a], shape[b] - starts[b]), 0)
    rest = [axis for axis in range(len(shape)) if axis not in (a, b)]
    place = {axis: k for k, axis in enumerate(rest)} | {a: len(rest), b: len(rest)}
    steps = tuple(
        tuple(int(place[axis] == k) for k in range(len(rest) + 1)) for axis in range(len(shape))
    )
    found = (*(shape[axis] for axis in rest), count)
    return ((lattice, {"shape": found, "starts": tuple(starts), "steps": steps}),)


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal of two axes, which becomes the last axis.

    >>> import wengert
    >>> wengert.eye(3).diagonal()
    tensor([1., 1., 1.])
    """
    return _seen(input, _diagonal_chain(input, offset, dim1, dim2, "diagonal"))


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """`input` with `src` in place of its diagonal.

    >>> import wengert
    >>> wengert.diagonal_scatter(wengert.zeros(2, 2), wengert.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    chain = _diagonal_chain(input, offset, dim1, dim2, "diagonal_scatter")
    return _replaced(input, src, chain, "diagonal_scatter")


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """All windows of `size` elements, one every `step` elements of an axis, along a new last axis.

    >>> import wengert
    >>> wengert.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    shape = tuple(input._data.shape)
    axis = normalize_axis(dimension, len(shape), "unfold")
    extent = shape[axis] if shape else 1
    if not 0 <= size <= extent or step < 1:
        raise ShapeError(
            f"unfold: windows of size {size} with step {step} do not fit an axis of {extent}."
        )
    if not shape:
        return (
            p.reshape(input, shape=(1,)) if size else narrow(p.reshape(input, shape=(1,)), 0, 0, 0)
        )
    found = list(shape)
    found[axis] = (extent - size) // step + 1
    steps: list[tuple[int, ...]] = []
    for k in range(len(shape)):
        own = [int(j == k) for j in range(len(shape))] + [int(k == axis)]
        own[k] = step if k == axis else 1
        steps.append(tuple(own))
    return lattice(input, shape=(*found, size), starts=(0,) * len(shape), steps=tuple(steps))


# ---- memory -------------------------------------------------------------------------------------


def _flat_chain(x: Any, size: Shape, stride: Shape, offset: int | None, name: str) -> Chain | None:
    """The part of the memory of x as a chain of views of x; None if x does not hold it all."""
    if isinstance(x._data, Batched):
        # The memory of one sample is nobody's business: it counts as laid out in C order.
        laid, own = np.empty(x._data.shape, x._data.dtype), 0
    else:
        laid, own = placed(x)
    itemsize = laid.dtype.itemsize
    order = sorted(range(laid.ndim), key=lambda axis: (-laid.strides[axis], axis))
    dense = np.transpose(laid, order).flags.c_contiguous
    start = 0 if offset is None else offset - own // itemsize
    reach = sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if not dense or start < 0 or (size_of(size) and start + reach >= laid.size):
        return None
    return (
        (p.permute, {"axes": tuple(order)}),
        (p.reshape, {"shape": (laid.size,)}),
        (lattice, {"shape": size, "starts": (start,), "steps": (stride,)}),
    )


def _strided_sizes(size: Any, stride: Any, offset: int | None, name: str) -> tuple[Shape, Shape]:
    sizes, strides = as_shape((size,)), as_shape((stride,))
    if len(sizes) != len(strides):
        raise ShapeError(f"{name}: size {sizes} and stride {strides} do not have one length.")
    if any(n < 0 for n in (*sizes, *strides, offset or 0)):
        raise ShapeError(f"{name}: size {sizes}, stride {strides} and offset must not be negative.")
    return sizes, strides


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """The memory of a tensor read with other sizes and strides (in elements), from an offset.

    Elements may be met several times: their gradients add up. Memory that the tensor itself does
    not show is found through the tensor that it is a view of.

    >>> import wengert
    >>> wengert.as_strided(wengert.arange(4), (3, 2), (1, 1))
    tensor([[0, 1],
            [1, 2],
            [2, 3]])
    """
    sizes, strides = _strided_sizes(size, stride, storage_offset, "as_strided")
    chain = _flat_chain(input, sizes, strides, storage_offset, "as_strided")
    if chain is not None:
        return _seen(input, chain)
    if storage_offset is None:
        storage_offset = placed(input)[1] // input._data.dtype.itemsize
    whole = whole_of(input)
    chain = None
    if whole is not None:
        chain = _flat_chain(whole, sizes, strides, storage_offset, "as_strided")
    if chain is None:
        raise ShapeError(
            f"as_strided: size {sizes}, stride {strides} and offset {storage_offset} reach beyond "
            f"the memory of a tensor of shape {tuple(input._data.shape)}, or into one whose "
            "elements have gaps between them."
        )
    if input._edge is not None and input._edge[0].leaf is not None:
        raise InplaceError(
            "as_strided: a leaf that requires grad does not show all of this memory, so that its "
            "gradient would have no meaning. Use x.detach(), or let the whole tensor be the leaf."
        )
    return _seen(whole, chain)


def as_strided_scatter(
    input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None
) -> Any:
    """`input` with `src` in place of `input.as_strided(size, stride, storage_offset)`.

    >>> import wengert
    >>> wengert.as_strided_scatter(wengert.zeros(2, 2), wengert.ones(2), (2,), (3,))
    tensor([[1., 0.],
            [0., 1.]])
    """
    sizes, strides = _strided_sizes(size, stride, storage_offset, "as_strided_scatter")
    chain = _flat_chain(input, sizes, strides, storage_offset, "as_strided_scatter")
    if chain is None:
        raise ShapeError(
            f"as_strided_scatter: size {sizes}, stride {strides} and offset {storage_offset} do "
            f"not fit into the memory of a tensor of shape {tuple(input._data.shape)}."
        )
    return _replaced(input, src, chain, "as_strided_scatter")


def view_as_real(input: Any) -> Any:
    """A complex tensor as pairs (Re, Im) along a new last axis; a view.

    >>> import wengert
    >>> wengert.view_as_real(wengert.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    if input._data.dtype.kind != "c":
        raise DtypeError(f"view_as_real: needs a complex tensor, not {input._data.dtype}.")
    return complex_numbers.view_as_real(input)


def view_as_complex(input: Any) -> Any:
    """Pairs (Re, Im) along the last axis, which must lie side by side, as complex numbers; a view.

    >>> import wengert
    >>> wengert.view_as_complex(wengert.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    shape, dtype = tuple(input._data.shape), input._data.dtype
    if dtype.kind != "f" or dtype.itemsize < 4:
        raise DtypeError(f"view_as_complex: needs a float tensor, not {dtype}.")
    if not shape or shape[-1] != 2:
        raise ShapeError(f"view_as_complex: the last axis must have 2 elements, not shape {shape}.")
    laid = layout(input)
    wide = complex_of(dtype).itemsize
    # Under vmap the memory of a sample is nobody's business: there it may be copied.
    if (
        not isinstance(input._data, Batched)
        and laid.size
        and (laid.strides[-1] != dtype.itemsize or any(step % wide for step in laid.strides[:-1]))
    ):
        raise ShapeError("view_as_complex: the pairs do not lie side by side. Use x.contiguous().")
    return complex_numbers.view_as_complex(input)


__all__ = [
    "as_strided",
    "as_strided_scatter",
    "diagonal",
    "diagonal_scatter",
    "narrow",
    "select",
    "select_scatter",
    "slice_scatter",
    "view_as_complex",
    "view_as_real",
]
