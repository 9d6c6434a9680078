"""NumPy's functions, and the functions here that stand for them.

A line says which public function it is and how arguments map: NumPy's parameter alone is passed by
position, `axis:dim` by the other name. What a line does not name must be left at its default.
Functions that mean something else here (`median`, `var`, `sort`) are adapted below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .exchange_methods import package

_OVER = "a axis:dim keepdims:keepdim"

LINES: dict[str, str] = {
    "all": f"all {_OVER}",
    "allclose": "allclose a b rtol:rtol atol:atol equal_nan:equal_nan",
    "amax": f"amax {_OVER}",
    "amin": f"amin {_OVER}",
    "angle": "angle z",
    "any": f"any {_OVER}",
    "argmax": f"argmax {_OVER}",
    "argmin": f"argmin {_OVER}",
    "argsort": "argsort a axis:dim",
    "argwhere": "argwhere a",
    "around": "round a decimals:decimals",
    "array_equal": "equal a1 a2",
    "atleast_1d": "atleast_1d *arys",
    "atleast_2d": "atleast_2d *arys",
    "atleast_3d": "atleast_3d *arys",
    "bincount": "bincount x weights:weights minlength:minlength",
    "broadcast_arrays": "broadcast_tensors *args",
    "broadcast_to": "broadcast_to array shape",
    "clip": "clamp a a_min:min a_max:max",
    "column_stack": "column_stack tup",
    "copy": "clone a",
    "count_nonzero": "count_nonzero a axis:dim",
    "cross": "linalg.cross a b axis:dim",
    "diag": "diag v k:diagonal",
    "diagonal": "diagonal a offset:offset axis1:dim1 axis2:dim2",
    "diff": "diff a n:n axis:dim prepend:prepend append:append",
    "dot": "matmul a b",
    "dsplit": "dsplit ary indices_or_sections",
    "dstack": "dstack tup",
    "einsum": "einsum *operands",
    "empty_like": "empty_like prototype dtype:dtype",
    "expand_dims": "unsqueeze a axis",
    "flip": "array_api.flip m axis:axis",
    "fliplr": "fliplr m",
    "flipud": "flipud m",
    "full_like": "full_like a fill_value dtype:dtype",
    "hsplit": "hsplit ary indices_or_sections",
    "hstack": "hstack tup",
    "imag": "imag val",
    "inner": "inner a b",
    "isclose": "isclose a b rtol:rtol atol:atol equal_nan:equal_nan",
    "isin": "isin element test_elements invert:invert",
    "isneginf": "isneginf x",
    "isposinf": "isposinf x",
    "kron": "kron a b",
    "max": f"amax {_OVER}",
    "mean": f"mean {_OVER} dtype:dtype",
    "meshgrid": "array_api.meshgrid *xi indexing:indexing",
    "min": f"amin {_OVER}",
    "moveaxis": "movedim a source destination",
    "nan_to_num": "nan_to_num x nan:nan posinf:posinf neginf:neginf",
    "nanmean": f"nanmean {_OVER} dtype:dtype",
    "nansum": f"nansum {_OVER} dtype:dtype",
    "nonzero": "array_api.nonzero a",
    "ones_like": "ones_like a dtype:dtype",
    "outer": "outer a b",
    "prod": "array_api.prod a axis:axis keepdims:keepdims dtype:dtype",
    "ravel": "ravel a",
    "real": "real val",
    "repeat": "repeat_interleave a repeats axis:dim",
    "reshape": "reshape a shape",
    "roll": "roll a shift axis:dims",
    "rot90": "rot90 m k:k axes:dims",
    "round": "round a decimals:decimals",
    "searchsorted": "searchsorted a v side:side sorter:sorter",
    "sinc": "sinc x",
    "sort": "array_api.sort a axis:axis",
    "squeeze": "squeeze a axis:dim",
    "stack": "stack arrays axis:dim",
    "sum": f"sum {_OVER} dtype:dtype",
    "swapaxes": "transpose a axis1 axis2",
    "take_along_axis": "array_api.take_along_axis arr indices axis:axis",
    "tensordot": "tensordot a b axes:dims",
    "tile": "tile A reps",
    "trace": "array_api.linalg.trace a offset:offset",
    "trapezoid": "trapezoid y x:x dx:dx axis:dim",
    "tril": "tril m k:diagonal",
    "triu": "triu m k:diagonal",
    "unstack": "array_api.unstack x axis:axis",
    "vsplit": "vsplit ary indices_or_sections",
    "vstack": "vstack tup",
    "zeros_like": "zeros_like a dtype:dtype",
    "linalg.cholesky": "linalg.cholesky a",
    "linalg.det": "linalg.det a",
    "linalg.eigh": "linalg.eigh a UPLO:UPLO",
    "linalg.eigvalsh": "linalg.eigvalsh a UPLO:UPLO",
    "linalg.inv": "linalg.inv a",
    "linalg.matrix_power": "linalg.matrix_power a n",
    "linalg.norm": "linalg.norm x ord:ord axis:dim keepdims:keepdim",
    "linalg.pinv": "linalg.pinv a",
    "linalg.qr": "linalg.qr a mode:mode",
    "linalg.slogdet": "linalg.slogdet a",
    "linalg.solve": "array_api.linalg.solve a b",
    "linalg.svd": "linalg.svd a full_matrices:full_matrices",
    "fft.fft": "fft.fft a n:n axis:dim norm:norm",
    "fft.fft2": "fft.fft2 a s:s axes:dim norm:norm",
    "fft.fftn": "fft.fftn a s:s axes:dim norm:norm",
    "fft.fftshift": "fft.fftshift x axes:dim",
    "fft.hfft": "fft.hfft a n:n axis:dim norm:norm",
    "fft.ifft": "fft.ifft a n:n axis:dim norm:norm",
    "fft.ifft2": "fft.ifft2 a s:s axes:dim norm:norm",
    "fft.ifftn": "fft.ifftn a s:s axes:dim norm:norm",
    "fft.ifftshift": "fft.ifftshift x axes:dim",
    "fft.ihfft": "fft.ihfft a n:n axis:dim norm:norm",
    "fft.irfft": "fft.irfft a n:n axis:dim norm:norm",
    "fft.irfftn": "fft.irfftn a s:s axes:dim norm:norm",
    "fft.rfft": "fft.rfft a n:n axis:dim norm:norm",
    "fft.rfftn": "fft.rfftn a s:s axes:dim norm:norm",
}


def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """One after the other; flattened if axis is None."""
    parts = [package[0].as_tensor(part) for part in arrays]
    if axis is None:
        parts, axis = [part.reshape(-1) for part in parts], 0
    return package[0].cat(parts, axis)


def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running sums, of the flattened tensor if axis is None."""
    return package[0].cumsum(*_line_up(a, axis), dtype=dtype)


def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Running products, of the flattened tensor if axis is None."""
    return package[0].cumprod(*_line_up(a, axis), dtype=dtype)


def _line_up(a: Any, axis: int | None) -> tuple[Any, int]:
    return (a.reshape(-1), 0) if axis is None else (a, axis)


def median(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The mean of the two in the middle, where PyTorch's median is the lower one."""
    return package[0].quantile(a, 0.5, axis, keepdims)


def ndim(a: Any) -> int:
    """The number of axes."""
    return a.ndim


def shape(a: Any) -> tuple[int, ...]:
    """The extent of every axis."""
    return a.shape


def size(a: Any, axis: int | None = None) -> int:
    """The number of elements, or the extent of an axis."""
    return a.numel() if axis is None else a.shape[axis]


def std(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Standard deviation, by default of the elements as they are."""
    return package[0].std(a, axis, correction=ddof, keepdim=keepdims)


def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    """Elements along an axis, of the flattened tensor if it is None."""
    a, place = _line_up(a, axis)
    indices = package[0].as_tensor(indices)
    flat = package[0].array_api.take(a, indices.reshape(-1), axis=place)
    place = place % a.ndim
    return flat.reshape((*a.shape[:place], *indices.shape, *a.shape[place + 1 :]))


def transpose(a: Any, axes: Any = None) -> Any:
    """The axes in another order, reversed if none is given."""
    return package[0].permute(a, tuple(range(a.ndim))[::-1] if axes is None else axes)


def var(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    """Variance, by default of the elements as they are."""
    return package[0].var(a, axis, correction=ddof, keepdim=keepdims)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere."""
    return package[0].where(as_tensor(condition), as_tensor(x), as_tensor(y))


def as_tensor(value: Any) -> Any:
    """An array as a tensor; tensors and numbers as they are."""
    return package[0].from_numpy(value) if isinstance(value, np.ndarray) else value


ADAPTED: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        concatenate,
        cumsum,
        cumprod,
        median,
        ndim,
        shape,
        size,
        std,
        take,
        transpose,
        var,
        where,
    )
}


__all__ = ["ADAPTED", "LINES", "as_tensor"]
