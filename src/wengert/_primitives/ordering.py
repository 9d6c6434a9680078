"""Extremes and their positions along axes (sorting is in `indexing`, beside what it is made of)."""

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


__all__ = ["amax", "amin", "argmax", "argmin"]
