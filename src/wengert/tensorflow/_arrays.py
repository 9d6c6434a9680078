"""tf.zeros, tf.reshape, tf.concat ...: making tensors and moving their elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._base.dtypes import as_dtype
from .._base.errors import ShapeError
from .._declare.elementwise import convert
from .._functions.making import creation, filling, spacing
from .._functions.networks import embedding as _embedding
from .._functions.networks import padding
from .._functions.places import scattering
from .._functions.shaping import joining, rearranging, splitting
from .._functions.shaping import shape as movement
from .._graph.value import Handle
from .._primitives.creation import full as _full
from .._primitives.shaping import expand
from .._primitives.shaping import permute as _permute
from .._record.trace import concrete
from ._variable import convert_to_tensor


def as_sizes(shape: Any) -> tuple[int, ...]:
    """A shape given as a number, a sequence, or a tensor."""
    numbers = concrete(shape, "sizes") if isinstance(shape, Handle) else shape
    return tuple(int(k) for k in np.atleast_1d(np.asarray(numbers)).tolist())


def zeros(shape: Any, dtype: Any = "float32", name: str | None = None) -> Any:
    """Zeros.

    >>> zeros([2])
    tensor([0., 0.])
    """
    return _full(as_sizes(shape), 0, as_dtype(dtype))


def ones(shape: Any, dtype: Any = "float32", name: str | None = None) -> Any:
    """Ones.

    >>> ones([2])
    tensor([1., 1.])
    """
    return _full(as_sizes(shape), 1, as_dtype(dtype))


def fill(dims: Any, value: Any, name: str | None = None) -> Any:
    """One value everywhere.

    >>> fill([2], 3.0)
    tensor([3., 3.])
    """
    return expand(convert_to_tensor(value), shape=as_sizes(dims))


def zeros_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros in the shape and dtype of another tensor.

    >>> zeros_like([1.0, 2.0])
    tensor([0., 0.])
    """
    return filling.zeros_like(convert_to_tensor(input), dtype=dtype)


def ones_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones in the shape and dtype of another tensor.

    >>> ones_like([1.0, 2.0])
    tensor([1., 1.])
    """
    return filling.ones_like(convert_to_tensor(input), dtype=dtype)


def eye(
    num_rows: int, num_columns: int | None = None, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Ones on the diagonal, zeros elsewhere.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    return spacing.eye(num_rows, num_columns, dtype=as_dtype(dtype))


def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = None
) -> Any:
    """start, start + delta, ... below limit; from 0 if only one number is given.

    >>> range(3)
    tensor([0, 1, 2], dtype=wengert.int32)
    """
    low, high = (0, start) if limit is None else (start, limit)
    whole = all(isinstance(k, int) for k in (low, high, delta))
    numbers = [int(k) if whole else float(k) for k in (low, high, delta)]
    return convert_to_tensor(np.arange(*numbers).astype("int32" if whole else "float32"), dtype)


def linspace(start: Any, stop: Any, num: int, name: str | None = None) -> Any:
    """`num` equally spaced numbers from start to stop.

    >>> linspace(0.0, 1.0, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    return convert_to_tensor(np.linspace(float(start), float(stop), num).astype("float32"))


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """The tensor with another dtype.

    >>> cast([1, 2], "float32")
    tensor([1., 2.])
    """
    return convert(convert_to_tensor(x), as_dtype(dtype))


def identity(input: Any, name: str | None = None) -> Any:
    """A copy, recorded.

    >>> identity(3.0)
    tensor(3.)
    """
    return creation.clone(convert_to_tensor(input))


def stop_gradient(input: Any, name: str | None = None) -> Any:
    """The same value without its history: a constant for every tape.

    >>> import wengert.tensorflow as tf
    >>> x = tf.constant(3.0)
    >>> with tf.GradientTape() as tape:
    ...     y = x * tf.stop_gradient(x)
    >>> tape.gradient(y, x)
    tensor(3.)
    """
    return convert_to_tensor(input).detach()


def shape(input: Any, out_type: Any = "int32", name: str | None = None) -> Any:
    """The shape as a tensor.

    >>> shape([[1.0, 2.0]])
    tensor([1, 2], dtype=wengert.int32)
    """
    return convert_to_tensor(np.array(convert_to_tensor(input).shape, as_dtype(out_type)))


def rank(input: Any, name: str | None = None) -> Any:
    """The number of axes as a tensor.

    >>> rank([[1.0, 2.0]])
    tensor(2, dtype=wengert.int32)
    """
    return convert_to_tensor(convert_to_tensor(input).ndim)


def size(input: Any, out_type: Any = "int32", name: str | None = None) -> Any:
    """The number of elements as a tensor.

    >>> size([[1.0, 2.0]])
    tensor(2, dtype=wengert.int32)
    """
    return convert_to_tensor(convert_to_tensor(input).numel(), out_type)


# ---- movement -----------------------------------------------------------------------------------


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The elements in another shape; one extent may be -1.

    >>> reshape([1.0, 2.0, 3.0, 4.0], [2, -1]).shape
    (2, 2)
    """
    return movement.reshape(convert_to_tensor(tensor), as_sizes(shape))


def transpose(a: Any, perm: Any = None, name: str | None = None) -> Any:
    """The axes in another order, reversed if none is given.

    >>> transpose([[1.0, 2.0]]).shape
    (2, 1)
    """
    x = convert_to_tensor(a)
    order = as_sizes(np.arange(x.ndim)[::-1] if perm is None else perm)
    return _permute(x, axes=tuple(k % x.ndim for k in order))


def expand_dims(input: Any, axis: int, name: str | None = None) -> Any:
    """A new axis of extent 1.

    >>> expand_dims([1.0, 2.0], 0).shape
    (1, 2)
    """
    return movement.unsqueeze(convert_to_tensor(input), axis)


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Without the axes of extent 1, or without those given.

    >>> squeeze([[1.0, 2.0]]).shape
    (2,)
    """
    x = convert_to_tensor(input)
    if axis is None:
        return movement.squeeze(x)
    chosen = as_sizes(axis)
    if any(x.shape[k] != 1 for k in chosen):
        raise ShapeError(f"tf.squeeze: axes {list(chosen)} of shape {x.shape} are not all 1.")
    return movement.squeeze(x, chosen)


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """The tensor repeated to a larger shape, without a copy.

    >>> broadcast_to([1.0], [2])
    tensor([1., 1.])
    """
    return movement.broadcast_to(convert_to_tensor(input), as_sizes(shape))


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """The tensor laid out several times along each axis.

    >>> tile([1.0, 2.0], [2])
    tensor([1., 2., 1., 2.])
    """
    return rearranging.repeat(convert_to_tensor(input), as_sizes(multiples))


def concat(values: Any, axis: int, name: str | None = None) -> Any:
    """Tensors joined along an axis.

    >>> concat([[1.0], [2.0]], 0)
    tensor([1., 2.])
    """
    return joining.cat([convert_to_tensor(value) for value in values], axis)


def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Tensors joined along a new axis.

    >>> stack([1.0, 2.0])
    tensor([1., 2.])
    """
    return joining.stack([convert_to_tensor(value) for value in values], axis)


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str | None = None) -> Any:
    """The slices along an axis, as a list.

    >>> unstack([1.0, 2.0])
    [tensor(1.), tensor(2.)]
    """
    return list(splitting.unbind(convert_to_tensor(value), axis))


def split(value: Any, num_or_size_splits: Any, axis: int = 0, name: str | None = None) -> Any:
    """A number of equal parts, or parts of given sizes, along an axis.

    >>> split([1.0, 2.0, 3.0, 4.0], 2)
    [tensor([1., 2.]), tensor([3., 4.])]
    """
    x = convert_to_tensor(value)
    if not isinstance(num_or_size_splits, int):
        return list(splitting.split(x, list(as_sizes(num_or_size_splits)), axis))
    extent = x.shape[axis]
    if extent % num_or_size_splits:
        raise ShapeError(
            f"tf.split: {extent} elements cannot be split into {num_or_size_splits} equal parts."
        )
    return list(splitting.split(x, extent // num_or_size_splits, axis))


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """The elements in reverse order along axes.

    >>> reverse([1.0, 2.0], [0])
    tensor([2., 1.])
    """
    return rearranging.flip(convert_to_tensor(tensor), as_sizes(axis))


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Any:
    """A border of constant values: (before, after) for every axis.

    >>> pad([1.0], [[1, 2]])
    tensor([0., 1., 0., 0.])
    """
    if mode != "CONSTANT":
        raise NotImplementedError(f"tf.pad: mode {mode!r} is not available; only 'CONSTANT' is.")
    pairs = [as_sizes(pair) for pair in paddings]
    flat = [extent for pair in reversed(pairs) for extent in pair]
    return padding.pad(convert_to_tensor(tensor), flat, value=constant_values)


# ---- selection ----------------------------------------------------------------------------------


def gather(
    params: Any, indices: Any, axis: int = 0, batch_dims: int = 0, name: str | None = None
) -> Any:
    """The slices of `params` at `indices`, along an axis.

    >>> gather([10.0, 20.0, 30.0], [2, 0])
    tensor([30., 10.])
    """
    if batch_dims:
        raise NotImplementedError("tf.gather: batch_dims is not available. Use vmap over gather.")
    x, index = convert_to_tensor(params), convert_to_tensor(indices)
    flat = convert(index.reshape(-1), np.dtype("int64"))
    found = scattering.index_select(x, axis, flat)
    axis %= x.ndim
    return found.reshape(*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])


def boolean_mask(tensor: Any, mask: Any, name: str | None = None) -> Any:
    """The elements (or rows) where the mask holds.

    >>> boolean_mask([1.0, 2.0], [False, True])
    tensor([2.])
    """
    return convert_to_tensor(tensor)[convert_to_tensor(mask)]


def one_hot(
    indices: Any,
    depth: int,
    on_value: Any = 1,
    off_value: Any = 0,
    axis: int = -1,
    dtype: Any = "float32",
    name: str | None = None,
) -> Any:
    """A new axis of `depth` with `on_value` at the index and `off_value` elsewhere.

    >>> one_hot([1, 0], 2)
    tensor([[0., 1.],
            [1., 0.]])
    """
    index = convert(convert_to_tensor(indices), np.dtype("int64"))
    found = convert(_embedding.one_hot(index, depth), as_dtype(dtype))
    if on_value != 1 or off_value != 0:
        found = found * (on_value - off_value) + off_value
    return found if axis in (-1, index.ndim) else movement.movedim(found, -1, axis)


def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> list[Any]:
    """One grid of coordinates for each argument.

    >>> [part.shape for part in meshgrid([1.0, 2.0], [3.0, 4.0, 5.0])]
    [(3, 2), (3, 2)]
    """
    axes: Sequence[Any] = [convert_to_tensor(value).reshape(-1) for value in args]
    places = list(np.arange(len(axes)))
    if indexing == "xy" and len(axes) > 1:
        places[0], places[1] = places[1], places[0]
    sizes = [1] * len(axes)
    for place, axis in zip(places, axes, strict=True):
        sizes[place] = axis.shape[0]
    grids: list[Any] = []
    for place, axis in zip(places, axes, strict=True):
        lone = [1] * len(axes)
        lone[place] = axis.shape[0]
        grids.append(expand(axis.reshape(*lone), shape=tuple(sizes)))
    return grids


def is_tensor(x: Any) -> bool:
    """Whether x is a tensor (or a variable).

    >>> is_tensor(1.0)
    False
    """
    return isinstance(x, Handle)


__all__ = [
    "boolean_mask",
    "broadcast_to",
    "cast",
    "concat",
    "expand_dims",
    "eye",
    "fill",
    "gather",
    "identity",
    "is_tensor",
    "linspace",
    "meshgrid",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "range",
    "rank",
    "reshape",
    "reverse",
    "shape",
    "size",
    "split",
    "squeeze",
    "stack",
    "stop_gradient",
    "tile",
    "transpose",
    "unstack",
    "zeros",
    "zeros_like",
]
