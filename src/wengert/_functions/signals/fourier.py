"""The Fourier transforms: over one axis, two, or any, of complex, real and Hermitian signals.

All are the one primitive with lengths adjusted, a factor, and half of a Hermitian result left out
or restored. The factor stands before the inverse ("backward"), is shared ("ortho"), or before the
other one ("forward").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._base.device import check_device
from ..._base.dtypes import as_dtype, complex_of, float64, is_inexact, to_floating
from ..._base.errors import DimensionError, DtypeError, ShapeError
from ..._base.shapes import normalize_axes, normalize_axis
from ..._declare.elementwise import convert
from ..._primitives.complex_numbers import conj, real
from ..._primitives.creation import constant
from ..._primitives.elementwise import mul
from ..._primitives.fourier import dft
from ..._primitives.shaping import concatenate, embed, slice_
from ..out import takes_out

_Sizes = tuple[int, ...]


def _cut(x: Any, axis: int, start: int, length: int, step: int = 1) -> Any:
    slices = [(0, extent, 1) for extent in x._data.shape]
    slices[axis] = (start, length, step)
    return slice_(x, slices=tuple(slices))


def _resized(x: Any, axis: int, size: int) -> Any:
    """x with `size` elements along an axis: the rest left out, or zeros added."""
    old = x._data.shape[axis]
    if old >= size:
        return x if old == size else _cut(x, axis, 0, size)
    shape = list(x._data.shape)
    shape[axis] = size
    return embed(x, shape=tuple(shape), slices=tuple((0, e, 1) for e in x._data.shape))


def _prepared(x: Any, name: str, *, need_real: bool = False) -> Any:
    if x._data.dtype.itemsize == 2 and is_inexact(x._data.dtype):
        raise DtypeError(f"{name}: {x._data.dtype} is not supported. Use x.to(wengert.float32).")
    if need_real and x._data.dtype.kind == "c":
        raise DtypeError(f"{name}: expected a real tensor, not {x._data.dtype}.")
    return convert(x, to_floating(x._data.dtype))


def _complex(x: Any) -> Any:
    return convert(x, complex_of(x._data.dtype))


def _factor(norm: str | None, sizes: Sequence[int], inverse: bool, name: str) -> float:
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f"{name}: norm={norm!r}; use 'backward', 'ortho' or 'forward'.")
    count = math.prod(sizes)
    if norm == "ortho":
        return 1 / math.sqrt(count)
    return 1 / count if inverse == (norm != "forward") else 1.0


def _axes_and_sizes(x: Any, s: Any, dim: Any, name: str) -> tuple[_Sizes, list[int | None]]:
    ndim = x._data.ndim
    given: list[Any] | None = None if s is None else [s] if isinstance(s, int) else [*s]
    if dim is None:
        if given is not None and len(given) > ndim:
            raise DimensionError(
                f"{name}: s={tuple(given)} names more axes than there are, {ndim}."
            )
        axes = tuple(range(ndim) if given is None else range(ndim - len(given), ndim))
    else:
        listed = [dim] if isinstance(dim, int) else [*dim]
        normalize_axes(listed, ndim, name)
        axes = tuple(normalize_axis(axis, ndim, name) for axis in listed)
        if not ndim and listed:
            raise DimensionError(f"{name}: a 0-d tensor has no axis to transform.")
    if given is not None and len(given) != len(axes):
        raise DimensionError(f"{name}: s={tuple(given)} and dim={dim} have different lengths.")
    return axes, [None if k == -1 else k for k in given] if given else [None] * len(axes)


def _checked(size: int, name: str) -> int:
    if size < 1:
        raise ShapeError(f"{name}: cannot transform {size} elements; there must be at least 1.")
    return size


def _transform(x: Any, s: Any, dim: Any, norm: str | None, inverse: bool, name: str) -> Any:
    """Complex to complex."""
    x = _complex(_prepared(x, name))
    axes, given = _axes_and_sizes(x, s, dim, name)
    sizes = [
        _checked(x._data.shape[axis] if n is None else n, name)
        for axis, n in zip(axes, given, strict=True)
    ]
    for axis, size in zip(axes, sizes, strict=True):
        x = _resized(x, axis, size)
    factor = _factor(norm, sizes, inverse, name)
    found = dft(x, axes=axes, inverse=inverse)
    return found if factor == 1 else mul(found, factor)


def _real_transform(
    x: Any, s: Any, dim: Any, norm: str | None, name: str, *, hermitian: bool = False
) -> Any:
    """Real to the half of a Hermitian result; of the inverse transform if `hermitian`."""
    x = _prepared(x, name, need_real=True)
    axes, given = _axes_and_sizes(x, s, dim, name)
    if not axes:
        raise DimensionError(f"{name}: there must be at least one axis to transform.")
    sizes = [
        _checked(x._data.shape[axis] if n is None else n, name)
        for axis, n in zip(axes, given, strict=True)
    ]
    for axis, size in zip(axes, sizes, strict=True):
        x = _resized(x, axis, size)
    factor = _factor(norm, sizes, hermitian, name)
    found = dft(_complex(x), axes=axes[-1:], inverse=hermitian)
    found = _cut(found, axes[-1], 0, sizes[-1] // 2 + 1)
    if len(axes) > 1:
        found = dft(found, axes=axes[:-1], inverse=hermitian)
    return found if factor == 1 else mul(found, factor)


def _to_real(
    x: Any, s: Any, dim: Any, norm: str | None, name: str, *, hermitian: bool = False
) -> Any:
    """The half of a Hermitian signal to a real result; by the forward transform if `hermitian`."""
    x = _complex(_prepared(x, name))
    axes, given = _axes_and_sizes(x, s, dim, name)
    if not axes:
        raise DimensionError(f"{name}: there must be at least one axis to transform.")
    sizes = [
        _checked(x._data.shape[axis] if n is None else n, name)
        for axis, n in zip(axes[:-1], given[:-1], strict=True)
    ]
    last, wanted = axes[-1], given[-1]
    size = _checked(2 * (x._data.shape[last] - 1) if wanted is None else wanted, name)
    for axis, extent in zip(axes[:-1], sizes, strict=True):
        x = _resized(x, axis, extent)
    x = _resized(x, last, size // 2 + 1)
    if len(axes) > 1:
        x = dft(x, axes=axes[:-1], inverse=not hermitian)
    rest = size - size // 2 - 1  # the conjugates of all but the first and, for even sizes, the last
    mirrored = conj(_cut(x, last, rest, rest, -1)) if rest else None
    whole = x if mirrored is None else concatenate(x, mirrored, axis=last)
    factor = _factor(norm, [*sizes, size], not hermitian, name)
    found = real(dft(whole, axes=(last,), inverse=not hermitian))
    return found if factor == 1 else mul(found, factor)


@takes_out
def fft(
    input: Any, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None
) -> Any:
    """sum_j x_j exp(-2 pi i j k / n) along an axis, cut or filled with zeros to n elements.

    >>> import wengert
    >>> wengert.fft.fft(wengert.ones(2))
    tensor([2.+0.j, 0.+0.j])
    """
    return _transform(input, n, dim, norm, False, "fft")


@takes_out
def ifft(
    input: Any, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None
) -> Any:
    """The inverse of `fft`: sum_k x_k exp(2 pi i j k / n) / n.

    >>> import wengert
    >>> wengert.fft.ifft(wengert.ones(2))
    tensor([1.+0.j, 0.+0.j])
    """
    return _transform(input, n, dim, norm, True, "ifft")


@takes_out
def rfft(
    input: Any, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None
) -> Any:
    """The first n // 2 + 1 elements of the `fft` of a real signal; the others are conjugates.

    >>> import wengert
    >>> wengert.fft.rfft(wengert.ones(4)).shape
    (3,)
    """
    return _real_transform(input, n, dim, norm, "rfft")


@takes_out
def irfft(
    input: Any, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None
) -> Any:
    """The inverse of `rfft`, a real signal of n elements (2 * (length - 1) by default).

    >>> import wengert
    >>> wengert.fft.irfft(wengert.ones(2))
    tensor([1., 0.])
    """
    return _to_real(input, n, dim, norm, "irfft")


@takes_out
def hfft(
    input: Any, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None
) -> Any:
    """The real `fft`, of n elements, of a Hermitian signal given by its first half.

    >>> import wengert
    >>> wengert.fft.hfft(wengert.ones(2))
    tensor([2., 0.])
    """
    return _to_real(input, n, dim, norm, "hfft", hermitian=True)


@takes_out
def ihfft(
    input: Any, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None
) -> Any:
    """The inverse of `hfft`: the first half of the Hermitian signal.

    >>> import wengert
    >>> wengert.fft.ihfft(wengert.ones(2))
    tensor([1.+0.j, 0.+0.j])
    """
    return _real_transform(input, n, dim, norm, "ihfft", hermitian=True)


@takes_out
def fftn(
    input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Any = None
) -> Any:
    """`fft` over several axes (all by default), of `s` elements each.

    >>> import wengert
    >>> wengert.fft.fftn(wengert.ones(1, 2))
    tensor([[2.+0.j, 0.+0.j]])
    """
    return _transform(input, s, dim, norm, False, "fftn")


@takes_out
def ifftn(
    input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Any = None
) -> Any:
    """`ifft` over several axes (all by default).

    >>> import wengert
    >>> wengert.fft.ifftn(wengert.ones(1, 2))
    tensor([[1.+0.j, 0.+0.j]])
    """
    return _transform(input, s, dim, norm, True, "ifftn")


@takes_out
def rfftn(
    input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Any = None
) -> Any:
    """`rfft` over the last of several axes, `fft` over the others.

    >>> import wengert
    >>> wengert.fft.rfftn(wengert.ones(3, 4)).shape
    (3, 3)
    """
    return _real_transform(input, s, dim, norm, "rfftn")


@takes_out
def irfftn(
    input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Any = None
) -> Any:
    """The inverse of `rfftn`; `s` says how many elements the last axis has.

    >>> import wengert
    >>> wengert.fft.irfftn(wengert.ones(3, 3)).shape
    (3, 4)
    """
    return _to_real(input, s, dim, norm, "irfftn")


@takes_out
def hfftn(
    input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Any = None
) -> Any:
    """`hfft` over the last of several axes, `fft` over the others.

    >>> import wengert
    >>> wengert.fft.hfftn(wengert.ones(3, 3)).shape
    (3, 4)
    """
    return _to_real(input, s, dim, norm, "hfftn", hermitian=True)


@takes_out
def ihfftn(
    input: Any, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Any = None
) -> Any:
    """The inverse of `hfftn`.

    >>> import wengert
    >>> wengert.fft.ihfftn(wengert.ones(3, 4)).shape
    (3, 3)
    """
    return _real_transform(input, s, dim, norm, "ihfftn", hermitian=True)


def fft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Any = None
) -> Any:
    """`fftn` over two axes.

    >>> import wengert
    >>> wengert.fft.fft2(wengert.ones(1, 2))
    tensor([[2.+0.j, 0.+0.j]])
    """
    return fftn(input, s, dim, norm, out=out)


def ifft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Any = None
) -> Any:
    """`ifftn` over two axes.

    >>> import wengert
    >>> wengert.fft.ifft2(wengert.ones(1, 2))
    tensor([[1.+0.j, 0.+0.j]])
    """
    return ifftn(input, s, dim, norm, out=out)


def rfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Any = None
) -> Any:
    """`rfftn` over two axes.

    >>> import wengert
    >>> wengert.fft.rfft2(wengert.ones(3, 4)).shape
    (3, 3)
    """
    return rfftn(input, s, dim, norm, out=out)


def irfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Any = None
) -> Any:
    """`irfftn` over two axes.

    >>> import wengert
    >>> wengert.fft.irfft2(wengert.ones(3, 3)).shape
    (3, 4)
    """
    return irfftn(input, s, dim, norm, out=out)


def hfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Any = None
) -> Any:
    """`hfftn` over two axes.

    >>> import wengert
    >>> wengert.fft.hfft2(wengert.ones(3, 3)).shape
    (3, 4)
    """
    return hfftn(input, s, dim, norm, out=out)


def ihfft2(
    input: Any, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Any = None
) -> Any:
    """`ihfftn` over two axes.

    >>> import wengert
    >>> wengert.fft.ihfft2(wengert.ones(3, 4)).shape
    (3, 3)
    """
    return ihfftn(input, s, dim, norm, out=out)


def _rolled(x: Any, dim: Any, backwards: bool, name: str) -> Any:
    for axis in normalize_axes(dim, x._data.ndim, name) if x._data.ndim else ():
        size = x._data.shape[axis]
        first = size // 2 if backwards else size - size // 2
        if 0 < first < size:
            head, tail = _cut(x, axis, 0, first), _cut(x, axis, first, size - first)
            x = concatenate(tail, head, axis=axis)
    return mul(x, 1) if x._data.dtype.kind != "b" else x


def fftshift(input: Any, dim: Any = None) -> Any:
    """The frequencies of an `fft` with zero moved to the middle.

    >>> import wengert
    >>> wengert.fft.fftshift(wengert.arange(4))
    tensor([2, 3, 0, 1])
    """
    return _rolled(input, dim, False, "fftshift")


def ifftshift(input: Any, dim: Any = None) -> Any:
    """The inverse of `fftshift`.

    >>> import wengert
    >>> wengert.fft.ifftshift(wengert.arange(3))
    tensor([1, 2, 0])
    """
    return _rolled(input, dim, True, "ifftshift")


def _frequencies(values: Any, dtype: Any, requires_grad: bool, name: str) -> Any:
    wanted = to_floating(np.dtype("int64")) if dtype is None else as_dtype(dtype)
    if not is_inexact(wanted):
        raise DtypeError(f"{name}: expected a floating or complex dtype, not {wanted}.")
    found = constant(values.astype(float64).astype(wanted))
    return found.requires_grad_() if requires_grad else found


@takes_out
def fftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The frequencies of `fft`: 0, 1, ..., -2, -1, each over n * d.

    >>> import wengert
    >>> wengert.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    check_device(device)
    return _frequencies(np.fft.fftfreq(n, d), dtype, requires_grad, "fftfreq")


@takes_out
def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """The frequencies of `rfft`: 0, 1, ..., n // 2, each over n * d.

    >>> import wengert
    >>> wengert.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    check_device(device)
    return _frequencies(np.fft.rfftfreq(n, d), dtype, requires_grad, "rfftfreq")
