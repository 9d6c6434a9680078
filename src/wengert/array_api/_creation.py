"""The standard's creation functions."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from wengert.errors import ShapeError

from .._base.dtypes import number_dtype


def _sizes(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def arange(
    start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None
) -> Any:
    """The numbers start, start + step, ... before stop; with one argument from 0.

    >>> import wengert
    >>> wengert.array_api.arange(3)
    tensor([0, 1, 2])
    """
    if stop is None:
        start, stop = 0, start
    if (stop - start) * step <= 0:  # an empty range, which the tensor function refuses
        dtype = number_dtype(start + stop + step) if dtype is None else dtype
        start, stop, step = 0, 0, 1
    return wg.arange(start, stop, step, dtype=dtype, device=device)


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """A tensor of numbers, nested sequences, buffers or arrays; shares memory where it can.

    >>> import wengert
    >>> wengert.array_api.asarray([1, 2])
    tensor([1, 2])
    """
    if not isinstance(obj, wg.Tensor):
        of_numpy = isinstance(obj, np.ndarray)
        of_others = hasattr(obj, "__dlpack__") and not isinstance(obj, (np.ndarray, np.generic))  # pyright: ignore[reportUnknownArgumentType]
        if copy is False and not (of_numpy or of_others):
            raise ValueError(
                f"asarray: a {type(obj).__name__} cannot be shared. Use copy=None or copy=True."  # pyright: ignore[reportUnknownArgumentType]
            )
        if of_others:
            obj = from_dlpack(obj)
        elif of_numpy and not copy:
            obj = wg.from_numpy(obj)  # pyright: ignore[reportUnknownArgumentType]
        else:
            return wg.tensor(obj, dtype=dtype, device=device)
    found = obj if dtype is None else obj.to(dtype)
    if copy is False and found is not obj:
        raise ValueError(f"asarray: {obj.dtype} cannot become {found.dtype} without a copy.")
    return found.clone() if copy and found is obj else found


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """A tensor whose contents are not to be relied on."""
    return wg.empty(_sizes(shape), dtype=dtype, device=device)


def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """`empty` with the shape and dtype of x."""
    return wg.empty_like(x, dtype=dtype, device=device)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: Any = None,
    device: Any = None,
) -> Any:
    """Ones on the k-th diagonal of an n_rows x n_cols matrix, zeros elsewhere.

    >>> import wengert
    >>> wengert.array_api.eye(2, k=1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    n_cols = n_rows if n_cols is None else n_cols
    rows = wg.arange(n_rows, device=device).reshape(n_rows, 1)
    beyond = max(-n_rows, min(k, n_cols))  # where k has no limits, the numbers of rows have
    return wg.eq(rows + beyond, wg.arange(n_cols)).to(
        wg.get_default_dtype() if dtype is None else dtype
    )


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """The array of another library over the same memory (a copy if `copy`)."""
    found = wg.from_dlpack(x)
    return found.clone() if copy else found


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """A tensor of one number."""
    return wg.full(_sizes(shape), fill_value, dtype=dtype, device=device)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """`full` with the shape and dtype of x."""
    return wg.full_like(x, fill_value, dtype=dtype, device=device)


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Any:
    """num equally spaced numbers from start to stop, which is left out unless `endpoint`."""
    if endpoint:
        return wg.linspace(start, stop, num, dtype=dtype, device=device)
    return wg.linspace(start, stop, num + 1, dtype=dtype, device=device)[:num]


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """Coordinates of a grid, one tensor for each axis."""
    return list(wg.meshgrid(*arrays, indexing=indexing)) if arrays else []


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """A tensor of ones."""
    return wg.ones(_sizes(shape), dtype=dtype, device=device)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """`ones` with the shape and dtype of x."""
    return wg.ones_like(x, dtype=dtype, device=device)


def tril(x: Any, /, *, k: int = 0) -> Any:
    """The matrices of x with zeros above the k-th diagonal."""
    return wg.tril(_matrix("tril", x), k)


def triu(x: Any, /, *, k: int = 0) -> Any:
    """The matrices of x with zeros below the k-th diagonal."""
    return wg.triu(_matrix("triu", x), k)


def _matrix(name: str, x: Any) -> Any:
    if x.ndim < 2:
        raise ShapeError(f"{name}: expected matrices, not a tensor of shape {x.shape}.")
    return x


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
    """A tensor of zeros."""
    return wg.zeros(_sizes(shape), dtype=dtype, device=device)


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """`zeros` with the shape and dtype of x."""
    return wg.zeros_like(x, dtype=dtype, device=device)
