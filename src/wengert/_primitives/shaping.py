"""Movement: reshape, permute, expand, slice and its transpose embed, concatenate.

Shapes and axes arrive here complete and non-negative; the public functions resolve -1, names and
defaults. Views that are none of these, like diagonals, are in `lattices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.errors import ShapeError
from .._base.shapes import Shape, size_of
from .._declare.linear import linear
from .._declare.samples import Sample


def _matrix(rng: np.random.Generator) -> list[Any]:
    return [rng.standard_normal((2, 3))]


def _reshaped(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> list[tuple[Shape, Dtype]]:
    shape = tuple(params["shape"])
    if size_of(shape) != size_of(shapes[0]):
        raise ShapeError(f"reshape: a tensor of shape {shapes[0]} cannot become {shape}.")
    return [(shape, dtypes[0])]


@linear(
    abstract=_reshaped,
    transpose=lambda site, g, i: reshape(g, shape=site.shape(0)),  # pyright: ignore[reportGeneralTypeIssues]
    batch=lambda p, ops, batched, size, params: p(ops[0], shape=(size, *params["shape"])),
    view=True,
    samples=[
        Sample(_matrix, {"shape": (3, 1, 2)}),
        Sample(lambda rng: [np.array(rng.normal())], {"shape": (1, 1)}),
        Sample(lambda rng: [rng.standard_normal((1,))], {"shape": ()}),
        Sample(lambda rng: [rng.standard_normal((2, 0))], {"shape": (0, 3)}),
    ],
)
def reshape(x: Any, shape: Shape) -> Any:
    """The same elements in another shape, in row-major order."""
    return np.reshape(x, shape)


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


@linear(
    abstract=lambda shapes, dtypes, params: [
        (tuple(shapes[0][axis] for axis in params["axes"]), dtypes[0])
    ],
    transpose=lambda site, g, i: permute(g, axes=_inverse(site.params["axes"])),  # pyright: ignore[reportGeneralTypeIssues]
    batch=lambda p, ops, batched, size, params: p(
        ops[0], axes=(0, *(axis + 1 for axis in params["axes"]))
    ),
    view=True,
    samples=[
        Sample(_matrix, {"axes": (1, 0)}),
        Sample(lambda rng: [rng.standard_normal((2, 3, 4))], {"axes": (2, 0, 1)}),
        Sample(lambda rng: [np.array(rng.normal())], {"axes": ()}),
        Sample(lambda rng: [rng.standard_normal((0, 2))], {"axes": (1, 0)}),
    ],
)
def permute(x: Any, axes: tuple[int, ...]) -> Any:
    """The axes in another order."""
    return np.transpose(x, axes)


def sum_to(x: Any, shape: Shape) -> Any:
    """Undo broadcasting: sum over the axes along which `shape` was repeated."""
    from .reductions import sum_

    old = x._data.shape
    if old == shape:
        return x
    lead = len(old) - len(shape)
    axes = tuple(
        axis
        for axis in range(len(old))
        if axis < lead or (shape[axis - lead] == 1 and old[axis] != 1)
    )
    x = sum_(x, axes=axes)
    return x if x._data.shape == shape else reshape(x, shape=shape)


def _expand_batch(p: Any, ops: list[Any], batched: Any, size: int, params: Any) -> Any:
    shape = params["shape"]
    x = ops[0]
    inner = x._data.shape[1:]
    missing = len(shape) - len(inner)
    if missing:
        x = reshape(x, shape=(size, *(1,) * missing, *inner))
    return p(x, shape=(size, *shape))


@linear(
    abstract=lambda shapes, dtypes, params: [(tuple(params["shape"]), dtypes[0])],
    transpose=lambda site, g, i: sum_to(g, site.shape(0)),
    batch=_expand_batch,
    view=True,
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 1))], {"shape": (2, 3)}),
        Sample(lambda rng: [rng.standard_normal(3)], {"shape": (2, 3)}),
        Sample(lambda rng: [np.array(rng.normal())], {"shape": (2, 2)}),
        Sample(lambda rng: [rng.standard_normal((1, 2))], {"shape": (0, 2)}),
        Sample(lambda rng: [rng.standard_normal((2, 1))], {"shape": (3, 2, 1)}),
    ],
)
def expand(x: Any, shape: Shape) -> Any:
    """Repeat along axes of size 1 and new leading axes, without copying."""
    return np.broadcast_to(x, shape)


Slices = tuple[tuple[int, int, int], ...]
"""(start, length, step) for every axis."""


def _as_slices(slices: Slices) -> tuple[slice, ...]:
    found: list[slice] = []
    for start, length, step in slices:
        stop = start + length * step
        found.append(slice(start, None if stop < 0 else stop, step))
        if length == 0:
            found[-1] = slice(0, 0, 1)
    return tuple(found)


_SLICE_SAMPLES = [
    Sample(_matrix, {"slices": ((0, 2, 1), (1, 2, 1))}),
    Sample(_matrix, {"slices": ((1, 2, -1), (0, 2, 2))}),
    Sample(_matrix, {"slices": ((0, 2, 1), (1, 0, 1))}),
    Sample(_matrix, {"slices": ((1, 1, 1), (2, 3, -1))}),
    Sample(lambda rng: [np.array(rng.normal())], {"slices": ()}),
]


@linear(
    abstract=lambda shapes, dtypes, params: [
        (tuple(length for _, length, _ in params["slices"]), dtypes[0])
    ],
    transpose=lambda site, g, i: embed(g, shape=site.shape(0), slices=site.params["slices"]),  # pyright: ignore[reportGeneralTypeIssues]
    batch=lambda p, ops, batched, size, params: p(ops[0], slices=((0, size, 1), *params["slices"])),
    view=True,
    selecting=True,
    name="slice",
    samples=_SLICE_SAMPLES,
)
def slice_(x: Any, slices: Slices) -> Any:
    """Equally spaced elements of every axis."""
    return x[_as_slices(slices)]


@linear(
    abstract=lambda shapes, dtypes, params: [(tuple(params["shape"]), dtypes[0])],
    transpose=lambda site, g, i: slice_(g, slices=site.params["slices"]),  # pyright: ignore[reportGeneralTypeIssues]
    batch=lambda p, ops, batched, size, params: p(
        ops[0], shape=(size, *params["shape"]), slices=((0, size, 1), *params["slices"])
    ),
    filling=True,
    samples=[
        Sample(_matrix, {"shape": (4, 5), "slices": ((1, 2, 1), (0, 3, 2))}),
        Sample(_matrix, {"shape": (2, 3), "slices": ((1, 2, -1), (0, 3, 1))}),
        Sample(
            lambda rng: [rng.standard_normal((2, 0))],
            {"shape": (2, 2), "slices": ((0, 2, 1), (1, 0, 1))},
        ),
        Sample(lambda rng: [np.array(rng.normal())], {"shape": (), "slices": ()}),
    ],
)
def embed(x: Any, shape: Shape, slices: Slices) -> Any:
    """Zeros of `shape` with x at the places that `slices` names: padding."""
    out = np.zeros(shape, x.dtype)
    out[_as_slices(slices)] = x
    return out


def _concatenated(
    shapes: list[Shape], dtypes: list[Dtype], params: Any
) -> list[tuple[Shape, Dtype]]:
    axis: int = params["axis"]
    first = shapes[0]
    for shape in shapes[1:]:
        if len(shape) != len(first) or any(
            a != b for k, (a, b) in enumerate(zip(first, shape, strict=True)) if k != axis
        ):
            raise ShapeError(f"concatenate: shapes {shapes} differ outside dim {axis}.")
    total = sum(shape[axis] for shape in shapes)
    return [((*first[:axis], total, *first[axis + 1 :]), dtypes[0])]


def _concatenate_transpose(site: Any, g: Any, i: int) -> Any:
    axis: int = site.params["axis"]
    start = sum(site.shape(k)[axis] for k in range(i))
    slices = [(0, extent, 1) for extent in g._data.shape]
    slices[axis] = (start, site.shape(i)[axis], 1)
    return slice_(g, slices=tuple(slices))


def _concatenate_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    full = [
        op if is_batched else expand(op, shape=(size, *op._data.shape))
        for op, is_batched in zip(ops, batched, strict=True)
    ]
    return p(*full, axis=params["axis"] + 1)


@linear(
    abstract=_concatenated,
    transpose=_concatenate_transpose,
    operands=range,
    joint=True,
    batch=_concatenate_batch,
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3)), rng.standard_normal((2, 1))], {"axis": 1}),
        Sample(lambda rng: [rng.standard_normal((k, 2)) for k in (1, 0, 3)], {"axis": 0}),
        Sample(lambda rng: [rng.standard_normal(2)], {"axis": 0}),
    ],
)
def concatenate(*parts: Any, axis: int) -> Any:
    """The parts one after the other along `axis`."""
    return np.concatenate(parts, axis)
