"""Along an axis, one step after the other: running sums, products and extremes, differences.

A running extreme is taken by its positions, so its derivative goes where the element stood.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import as_dtype, bool_, float32, int64, is_inexact, promote
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.kinds import is_list_or_tuple
from ..._base.shapes import broadcast, normalize_axis
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import cumulative, reductions
from ..._primitives.complex_numbers import real
from ..._primitives.creation import full
from ..._primitives.elementwise import (
    absolute,
    add,
    bitwise_or,
    bitwise_xor,
    div,
    eq,
    ge,
    isnan,
    mul,
    sub,
    where,
)
from ..._primitives.indexing import along_axis, take
from ..._primitives.scans import part_of, running
from ..._primitives.shaping import concatenate, expand, reshape
from ..._primitives.transcendental import exp, log1p
from .. import return_types as r
from ..numpy_names import numpy_names
from ..out import takes_out
from .reduction import require_floating, require_real, sum


def _prepared(input: Any, dtype: Any) -> Any:
    if dtype is not None:
        return convert(input, as_dtype(dtype))
    return input if is_inexact(input._data.dtype) else convert(input, int64)


@takes_out
@numpy_names
def cumsum(input: Any, dim: int, *, dtype: Any = None, out: Any = None) -> Any:
    """Running sum along an axis; integers and bools add up as int64.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 3.0]).cumsum(0)
    tensor([1., 3., 6.])
    """
    x = _prepared(input, dtype)
    axis = normalize_axis(dim, x._data.ndim, "cumsum")
    return reductions.cumsum(x, axis=axis) if x._data.ndim else x.clone()


@takes_out
@numpy_names
def cumprod(input: Any, dim: int, *, dtype: Any = None, out: Any = None) -> Any:
    """Running product along an axis; its derivative is right at zeros too.

    >>> import wengert
    >>> wengert.tensor([1.0, 2.0, 3.0]).cumprod(0)
    tensor([1., 2., 6.])
    """
    x = _prepared(input, dtype)
    axis = normalize_axis(dim, x._data.ndim, "cumprod")
    return cumulative.cumprod(x, axis=axis) if x._data.ndim else x.clone()


def _so_far(x: Any, dim: int, kind: Any, rule: Any) -> Any:
    name = kind.__name__
    require_real(x, name)
    axis = normalize_axis(dim, x._data.ndim, name)
    if not x._data.ndim:
        return kind(x.clone(), full((), 0, int64))
    index = rule(x.detach(), axis=axis)
    return kind(take(x, *along_axis(index, axis)), index)


@takes_out
@numpy_names
def cummax(input: Any, dim: int, *, out: Any = None) -> Any:
    """(values, indices) of the largest element so far along an axis; the last one at a tie.

    >>> import wengert
    >>> wengert.tensor([1, 3, 2]).cummax(0).values
    tensor([1, 3, 3])
    """
    return _so_far(input, dim, r.cummax, cumulative.cummax)


@takes_out
@numpy_names
def cummin(input: Any, dim: int, *, out: Any = None) -> Any:
    """(values, indices) of the smallest element so far along an axis; the last one at a tie.

    >>> import wengert
    >>> wengert.tensor([3, 1, 2]).cummin(0).values
    tensor([3, 1, 1])
    """
    return _so_far(input, dim, r.cummin, cumulative.cummin)


def log_sum(a: Any, b: Any) -> Any:
    """log(exp(a) + exp(b)) = a + log(1 + exp(b - a)) with a the larger one; of -inf it is -inf."""
    is_complex = a._data.dtype.kind == "c"
    size_a, size_b = (real(a), real(b)) if is_complex else (a, b)
    larger = bitwise_or(ge(size_a, size_b), isnan(size_a))
    top, low = where(larger, a, b), where(larger, b, a)
    # Two infinities have no difference; the larger one is the sum.
    endless = eq(absolute(where(larger, size_a, size_b)), math.inf)
    rest = where(endless, -math.inf, sub(low, top))
    return add(top, log1p(exp(rest)))


@takes_out
@numpy_names
def logcumsumexp(input: Any, dim: int, *, out: Any = None) -> Any:
    """log(cumsum(exp(x))) along an axis, without overflow or underflow.

    >>> import wengert
    >>> wengert.tensor([-1000.0, 0.0, 0.0]).logcumsumexp(0)
    tensor([-1.0000e+03,  0.0000e+00,  6.9315e-01])
    """
    require_floating(input, "logcumsumexp")
    own = input._data.dtype
    axis = normalize_axis(dim, input._data.ndim, "logcumsumexp")
    if not input._data.ndim:
        return input.clone()
    if own.itemsize == 2:
        return convert(logcumsumexp(convert(input, float32), dim), own)
    (found,) = running(lambda a, b: [log_sum(a[0], b[0])], [input], axis)
    return input.clone() if found is input else found


# ---- differences --------------------------------------------------------------------------------


@takes_out
@numpy_names
def diff(
    input: Any,
    n: int = 1,
    dim: int = -1,
    prepend: Any = None,
    append: Any = None,
    *,
    out: Any = None,
) -> Any:
    """The n-th differences along an axis, x[i + 1] - x[i]; of bools, whether they differ.

    >>> import wengert
    >>> wengert.tensor([1, 4, 9]).diff()
    tensor([3, 5])
    """
    x = input
    if not x._data.ndim:
        raise DimensionError("diff: a tensor with 0 axes has no differences. Use x.reshape(1).")
    if n < 0:
        raise ValueError(f"diff: n={n} is negative.")
    axis = normalize_axis(dim, x._data.ndim, "diff")
    if not n:
        return x.clone()
    parts = [part for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        for part in parts:
            if part._data.ndim != x._data.ndim:
                raise ShapeError(
                    f"diff: prepend and append need {x._data.ndim} axes like the input, not "
                    f"{part._data.ndim}."
                )
        dtype = promote((part._data.dtype, part._data.ndim) for part in parts)
        x = concatenate(*[convert(part, dtype) for part in parts], axis=axis)
    step = bitwise_xor if x._data.dtype == bool_ else sub
    for _ in range(n):
        count = x._data.shape[axis]
        if count < 2:
            return part_of(x, axis, 0, 0).clone()
        x = step(part_of(x, axis, 1, count), part_of(x, axis, 0, count - 1))
    return x


def _step(shape: tuple[int, ...], axis: int, count: int) -> tuple[int, ...]:
    return tuple(count if k == axis else 1 for k in range(len(shape)))


def _pieces(y: Any, x: Any, dx: Any, dim: int, name: str) -> Any:
    """The areas between neighbouring points along an axis, and the axis."""
    if x is not None and dx is not None:
        raise TypeError(f"{name}: give x or dx, not both.")
    if y._data.dtype == bool_:
        raise DtypeError(f"{name}: bool is not supported. Convert with x.to(wengert.float32).")
    if not y._data.ndim:
        raise DimensionError(f"{name}: a tensor with 0 axes has nothing to integrate over.")
    axis = normalize_axis(dim, y._data.ndim, name)
    count = y._data.shape[axis]
    width: Any = 1.0 if dx is None else dx
    if x is not None:
        width, y, axis = _widths(x, y, axis, name)
    sums = add(part_of(y, axis, 1, count), part_of(y, axis, 0, count - 1))
    if x is None and dx is None:
        return div(sums, 2.0), axis
    return div(mul(sums, width), 2.0), axis


def _widths(x: Any, y: Any, axis: int, name: str) -> Any:
    """x[i + 1] - x[i] in a shape that goes with y; y and the axis, where x has more axes."""
    shape = tuple(y._data.shape)
    if not x._data.ndim:
        raise ShapeError(f"{name}: x has 0 axes. Use dx for a constant width.")
    if x._data.ndim == 1:
        if x._data.size != shape[axis]:
            raise ShapeError(
                f"{name}: {x._data.size} points in x for {shape[axis]} values along dim {axis}."
            )
        x = reshape(x, shape=_step(shape, axis, shape[axis]))
    from_end = axis - len(shape)
    rank = max(len(shape), x._data.ndim)
    if len(shape) < rank:
        y = reshape(y, shape=(1,) * (rank - len(shape)) + shape)
    if x._data.ndim < rank:
        x = reshape(x, shape=(1,) * (rank - x._data.ndim) + tuple(x._data.shape))
    axis = rank + from_end
    broadcast(name, tuple(x._data.shape), tuple(y._data.shape))
    extent = x._data.shape[axis]
    if extent == 1:
        widths = part_of(x, axis, 0, 0)
    else:
        widths = sub(part_of(x, axis, 1, extent), part_of(x, axis, 0, extent - 1))
    return widths, y, axis


@numpy_names
def trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The integral along an axis by the trapezoidal rule, sum (y[i] + y[i + 1]) / 2 * dx[i].

    >>> import wengert
    >>> wengert.trapezoid(wengert.tensor([1.0, 2.0, 3.0]))
    tensor(4.)
    """
    areas, axis = _pieces(y, x, dx, dim, "trapezoid")
    return sum(areas, axis)


def _floating(y: Any) -> Any:
    return div(y, 2.0)._data.dtype


@numpy_names
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: Any = None, dim: int = -1) -> Any:
    """The running integral along an axis by the trapezoidal rule; one value less than there are.

    >>> import wengert
    >>> wengert.cumulative_trapezoid(wengert.tensor([1.0, 2.0, 3.0]))
    tensor([1.5000, 4.0000])
    """
    areas, axis = _pieces(y, x, dx, dim, "cumulative_trapezoid")
    return cumsum(areas, axis)


trapz = trapezoid


@numpy_names
def gradient(
    input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1
) -> tuple[Any, ...]:
    """Derivatives along axes by differences of second order: (x[i + 1] - x[i - 1]) / 2h inside.

    `spacing` is a step, one for each axis, or the coordinates along each axis. At the ends the
    differences are one-sided, of the order `edge_order`.

    >>> import wengert
    >>> wengert.gradient(wengert.tensor([0.0, 1.0, 4.0, 9.0]))
    (tensor([1., 2., 4., 5.]),)
    """
    x = input
    ndim = x._data.ndim
    if x._data.dtype.kind == "b":
        raise DtypeError("gradient: bool is not supported. Convert with x.to(wengert.float32).")
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order={edge_order}; use 1 or 2.")
    spacing = 1 if spacing is None else spacing
    several = is_list_or_tuple(spacing)
    if dim is None:
        dims: list[Any] = [*range(ndim)]
    else:
        dims = [*dim] if hasattr(dim, "__iter__") else [dim]
    axes = [normalize_axis(axis, ndim, "gradient") for axis in dims]
    if len(set(axes)) != len(axes):
        raise DimensionError(f"gradient: dim {tuple(dims)} names an axis twice.")
    steps: list[Any] = [*spacing] if several else [spacing] * len(axes)
    if len(steps) != len(axes):
        raise ShapeError(f"gradient: {len(steps)} spacings for {len(axes)} axes.")
    for axis in axes:
        if not ndim or x._data.shape[axis] < edge_order + 1:
            raise ShapeError(
                f"gradient: dim {axis} of shape {tuple(x._data.shape)} needs at least "
                f"{edge_order + 1} elements."
            )
    return tuple(_slope(x, axis, step, edge_order) for axis, step in zip(axes, steps, strict=True))


def _slope(x: Any, axis: int, step: Any, edge_order: int) -> Any:
    shape = tuple(x._data.shape)
    count = shape[axis]

    def at(start: int, stop: int) -> Any:
        return part_of(x, axis, start, stop)

    if isinstance(step, Handle) and step._data.ndim:
        if step._data.ndim != 1 or step._data.size != count:
            raise ShapeError(
                f"gradient: {tuple(step._data.shape)} coordinates for dim {axis} with {count} "
                "elements; one for each is needed."
            )
        widths = sub(part_of(step, 0, 1, count), part_of(step, 0, 0, count - 1))
        widths = reshape(widths, shape=_step(shape, axis, count - 1))
    else:
        number = step if isinstance(step, Handle) else float(step)
        dtype = x._data.dtype if is_inexact(x._data.dtype) else _floating(x)
        widths = expand(mul(full((), 1, dtype), number), shape=_step(shape, axis, count - 1))
    slopes = div(sub(at(1, count), at(0, count - 1)), widths)
    first, last = part_of(slopes, axis, 0, 1), part_of(slopes, axis, count - 2, count - 1)
    if count == 2:
        return concatenate(first, last, axis=axis)
    before, behind = part_of(widths, axis, 0, count - 2), part_of(widths, axis, 1, count - 1)
    left, right = part_of(slopes, axis, 0, count - 2), part_of(slopes, axis, 1, count - 1)
    inside = div(add(mul(left, behind), mul(right, before)), add(before, behind))
    if edge_order == 2:
        # The slope at the end of a parabola through three points.
        bend = div(sub(right, left), add(before, behind))
        inner = inside._data.shape[axis]
        first = sub(first, mul(part_of(bend, axis, 0, 1), part_of(before, axis, 0, 1)))
        last = add(
            last,
            mul(part_of(bend, axis, inner - 1, inner), part_of(behind, axis, inner - 1, inner)),
        )
    return concatenate(first, inside, last, axis=axis)


__all__ = [
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "diff",
    "gradient",
    "logcumsumexp",
    "trapezoid",
    "trapz",
]
