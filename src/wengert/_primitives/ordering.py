"""Extremes, ranks and their positions along axes (sorting is in `indexing`, beside its parts)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype, int64
from .._base.errors import DimensionError
from .._base.shapes import Shape
from .._declare.elementwise import convert
from .._declare.linear import other
from .._declare.samples import Sample
from .elementwise import bitwise_or, div, eq, isnan, where
from .indexing import stable_order
from .reductions import back_over, reduced, reduction_batch, sum_


def _distinct(rng: np.random.Generator) -> list[Any]:
    return [rng.permutation(24).reshape(2, 3, 4) + 0.5]


_SAMPLES = [
    Sample(_distinct, {"axes": (1,)}),
    Sample(_distinct, {"axes": (0, 2)}),
    Sample(_distinct, {"axes": ()}),
    Sample(lambda rng: [np.array(rng.normal())], {"axes": ()}),
    Sample(lambda rng: [rng.standard_normal((0, 2))], {"axes": (1,)}),
]
_POSITION_SAMPLES = [
    Sample(_distinct, {"axis": 1}),
    Sample(lambda rng: [rng.standard_normal((0, 2))], {"axis": 1}),
    Sample(lambda rng: [rng.standard_normal(1)], {"axis": 0}),
]


def _attained(site: Any) -> Any:
    """Where the extreme (or a NaN) stands."""
    x = site.value(0)
    found = eq(x, back_over(site.out(), site.shape(0), site.params["axes"]))
    return bitwise_or(found, isnan(x))


def _extreme_vjp(site: Any, g: Any) -> tuple[Any]:
    axes = site.params["axes"]
    mask = _attained(site)
    count = sum_(convert(mask, g._data.dtype), axes=axes)
    return (where(mask, back_over(div(g, count), site.shape(0), axes), 0.0),)


def _extreme_jvp(site: Any, t: Any) -> tuple[Any]:
    axes = site.params["axes"]
    mask = _attained(site)
    count = sum_(convert(mask, t._data.dtype), axes=axes)
    return (div(sum_(where(mask, t, 0.0), axes=axes), count),)


def _check_not_empty(name: str, shape: Shape, axes: tuple[int, ...]) -> None:
    if any(shape[axis] == 0 for axis in axes):
        raise DimensionError(f"{name}: dim {axes} of shape {shape} is empty; it has no extreme.")


def _extreme(name: str) -> Any:
    """The abstract rule, which refuses what the value would refuse."""

    def abstract(
        shapes: list[Shape], dtypes: list[Dtype], params: Any
    ) -> list[tuple[Shape, Dtype]]:
        if dtypes[0].kind != "b":
            _check_not_empty(name, tuple(shapes[0]), params["axes"])
        return reduced(shapes, dtypes, params)

    return abstract


@other(
    abstract=_extreme("amax"),
    vjp=_extreme_vjp,
    jvp=_extreme_jvp,
    batch=reduction_batch,
    selecting=True,
    absence="moves",
    samples=_SAMPLES,
)
def amax(x: Any, axes: tuple[int, ...]) -> Any:
    """Maximum over axes; NaN if there is one; ties share the cotangent equally."""
    if x.dtype.kind != "b":
        _check_not_empty("amax", x.shape, axes)
        return np.max(x, axis=axes)
    return np.any(x, axis=axes)


@other(
    abstract=_extreme("amin"),
    vjp=_extreme_vjp,
    jvp=_extreme_jvp,
    batch=reduction_batch,
    selecting=True,
    absence="moves",
    samples=_SAMPLES,
)
def amin(x: Any, axes: tuple[int, ...]) -> Any:
    """Minimum over axes; NaN if there is one; ties share the cotangent equally."""
    if x.dtype.kind != "b":
        _check_not_empty("amin", x.shape, axes)
        return np.min(x, axis=axes)
    return np.all(x, axis=axes)


def _position(name: str) -> Any:
    """The abstract rule of a position along an axis."""

    def abstract(
        shapes: list[Shape], dtypes: list[Dtype], params: Any
    ) -> list[tuple[Shape, Dtype]]:
        axis: int = params["axis"]
        _check_not_empty(name, tuple(shapes[0]), (axis,))
        return [((*shapes[0][:axis], *shapes[0][axis + 1 :]), int64)]

    return abstract


def _position_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    return p(ops[0], axis=params["axis"] + 1)


@other(abstract=_position("argmax"), batch=_position_batch, samples=_POSITION_SAMPLES)
def argmax(x: Any, axis: int) -> Any:
    """Position of the first maximum along an axis."""
    _check_not_empty("argmax", x.shape, (axis,))
    return np.argmax(x, axis)


@other(abstract=_position("argmin"), batch=_position_batch, samples=_POSITION_SAMPLES)
def argmin(x: Any, axis: int) -> Any:
    """Position of the first minimum along an axis."""
    _check_not_empty("argmin", x.shape, (axis,))
    return np.argmin(x, axis)


_FEW = 64
"""So short an axis is sorted whole."""


def _ranked_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    return p(ops[0], **{**params, "axis": params["axis"] + 1})


def _ranked_shape(
    shapes: list[Shape], dtypes: list[Dtype], params: Any
) -> list[tuple[Shape, Dtype]]:
    axis: int = params["axis"]
    return [((*shapes[0][:axis], params["count"], *shapes[0][axis + 1 :]), int64)]


def _long(rng: np.random.Generator) -> list[Any]:
    return [rng.integers(0, 40, (2, 100)) + 0.5]


@other(
    abstract=_ranked_shape,
    batch=_ranked_batch,
    samples=[
        Sample(_long, {"axis": 1, "start": 0, "count": 7, "descending": True}),
        Sample(_long, {"axis": 1, "start": 2, "count": 9, "descending": False}),
        Sample(_long, {"axis": 1, "start": 49, "count": 1, "descending": False}),
        Sample(_long, {"axis": 1, "start": 30, "count": 50, "descending": True}),
        Sample(_distinct, {"axis": 1, "start": 1, "count": 2, "descending": False}),
        Sample(
            lambda rng: [rng.standard_normal((2, 0))],
            {"axis": 1, "start": 0, "count": 0, "descending": True},
        ),
    ],
)
def ranked(x: Any, axis: int, start: int, count: int, descending: bool) -> Any:
    """Positions of elements by rank along an axis, in stable order; NaN counts as the largest."""
    extent = x.shape[axis]
    few = extent <= _FEW or (count > 1 and 4 * (start + count) > extent)
    if few or not count or not x.size or x.dtype.kind not in "iuf" or np.isnan(x).any():
        order = np.moveaxis(stable_order(x, axis, descending), axis, -1)
        return np.moveaxis(order[..., start : start + count], -1, axis)
    moved = np.moveaxis(x, axis, -1)
    rows = moved.reshape(-1, extent)
    if count == 1:
        found = _one_rank(rows, start, descending)
    else:
        found = _first_ranks(rows, start + count, descending)[:, start:]
    return np.moveaxis(found.reshape(*moved.shape[:-1], count), -1, axis)


def _bounded(rows: Any, rank: int, descending: bool) -> tuple[Any, Any]:
    """Where the elements before those of a rank stand, and where those equal to it do."""
    place = rows.shape[1] - 1 - rank if descending else rank
    bound = np.partition(rows, place, 1)[:, place : place + 1]
    return (rows > bound if descending else rows < bound), rows == bound


def _one_rank(rows: Any, rank: int, descending: bool) -> Any:
    before, equal = _bounded(rows, rank, descending)
    wanted = rank - before.sum(1, keepdims=True) + 1
    return np.argmax(equal & (np.cumsum(equal, 1) == wanted), 1)[:, None]


def _first_ranks(rows: Any, count: int, descending: bool) -> Any:
    before, equal = _bounded(rows, count - 1, descending)
    room = count - before.sum(1, keepdims=True)
    chosen = before | (equal & (np.cumsum(equal, 1) <= room))
    places = np.nonzero(chosen)[1].reshape(len(rows), count)
    order = stable_order(np.take_along_axis(rows, places, 1), 1, descending)
    return np.take_along_axis(places, order, 1)


__all__ = ["amax", "amin", "argmax", "argmin", "ranked"]
