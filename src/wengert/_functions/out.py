"""`out=`: writing a result into a tensor that the caller gives.

A function that takes `out` names it in its signature and is decorated with `takes_out`, which does
the rest, so that the function itself only computes. The write is an ordinary in-place write: it is
checked, counted and recorded like one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from .._base.dtypes import Dtype, category
from .._base.errors import DtypeError, InplaceError, ShapeError, TracingError
from .._base.kinds import is_array, is_list_or_tuple
from .._declare.elementwise import convert
from .._graph.node import next_seq
from .._graph.value import Handle
from .._record.storage import check_writable, keep_copies, write

_Function = TypeVar("_Function", bound=Callable[..., Any])


def assign(x: Any, result: Any, name: str) -> None:
    """Write `result` into x: it must have the shape of x, and a dtype that x can hold."""
    check_fits(x, result, name)
    if tuple(result._data.shape) != tuple(x._data.shape):
        raise ShapeError(
            f"{name}: the result has shape {tuple(result._data.shape)} and does not fit into the "
            f"tensor of shape {tuple(x._data.shape)}. Make a new tensor instead."
        )
    write(x, convert(result, x._data.dtype), name)


def check_fits(x: Any, result: Any, name: str) -> None:
    """Raise if a result of this dtype cannot be stored in x."""
    own, new = x._data.dtype, result._data.dtype
    if category(new) > category(own):
        raise DtypeError(
            f"{name}: a result of dtype {new} cannot be stored in a {own} tensor. "
            f"Convert the tensor first: x = x.to(wengert.{new.name})."
        )


def exact_out(out: Any, dtype: Dtype, name: str) -> None:
    """Raise unless `out` has just this dtype, where a function will not convert its result."""
    if isinstance(out, Handle) and out._data.dtype != dtype:
        raise DtypeError(
            f"{name}: the result has dtype {dtype} and out has {out._data.dtype}. Pass an out of "
            "that dtype."
        )


def takes_out(function: _Function) -> _Function:
    """Let `function` write what it returns into `out` (a tuple where it returns several).

    The function declares the parameter and never sees it. A tensor without elements takes the shape
    of the result; any other must have it.

    >>> import wengert
    >>> y = wengert.empty(2)
    >>> wengert.add(wengert.ones(2), 1, out=y) is y
    True
    >>> y
    tensor([2., 2.])
    """
    name = function.__name__.strip("_")

    @functools.wraps(function)
    def writing(*args: Any, **kwargs: Any) -> Any:
        try:
            if "out" not in kwargs or (out := kwargs.pop("out")) is None:
                return function(*args, **kwargs)
            return into(out, function, args, kwargs, name)
        except AttributeError as error:
            if error.name != "_data":
                raise
            # What was taken for a tensor is none: the check costs nothing where all is well.
            kind = type(error.obj).__name__
            raise TypeError(
                f"{name}: expected a tensor, not {kind}. Use wengert.tensor(...)."
            ) from None

    return writing  # pyright: ignore[reportReturnType]


def takes_separate_out(function: _Function) -> _Function:
    """`takes_out` for functions whose `out` may not be an operand, nor share memory with one."""
    writing = takes_out(function)
    name = function.__name__

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if isinstance(out, Handle):
            for operand in _tensors((*args, *kwargs.values()), out):
                _check_apart(out, operand, name)
            if any(out is arg for arg in _tensors(args, None)):
                raise InplaceError(f"{name}: out is an operand. Pass another tensor, or none.")
        return writing(*args, **kwargs)

    return checked  # pyright: ignore[reportReturnType]


def _tensors(values: Iterable[Any], but: Any) -> Iterator[Handle]:
    for value in values:
        if is_list_or_tuple(value):
            yield from _tensors(value, but)
        elif isinstance(value, Handle) and value is not but:
            yield value


def _check_apart(out: Handle, operand: Handle, name: str) -> None:
    if is_array(out._data) and is_array(operand._data):
        together = np.may_share_memory(out._data, operand._data)
    else:
        together = out._storage is not None and out._storage is operand._storage
    if together:
        raise InplaceError(
            f"{name}: out shares memory with an operand of shape {tuple(operand._data.shape)}. "
            "Pass another tensor, or none."
        )


def into(
    out: Any, function: Callable[..., Any], args: Any, kwargs: dict[str, Any], name: str
) -> Any:
    """Call the function and write its results into `out`, once all of them are known to fit."""
    several = isinstance(out, (tuple, list))
    targets: list[Any] = [*out] if several else [out]  # pyright: ignore[reportUnknownVariableType]
    for target in targets:
        if not isinstance(target, Handle):
            raise TypeError(f"{name}: out must be a tensor, not {type(target).__name__}.")
        check_writable(target, name)
    since = next_seq()
    found: Any = function(*args, **kwargs)
    results: list[Any] = list(found) if issubclass(found.__class__, tuple) else [found]
    if len(results) != len(targets):
        raise ValueError(f"{name}: {len(results)} results, but out has {len(targets)} tensors.")
    for target, result in zip(targets, results, strict=True):
        check_fits(target, result, name)
        if tuple(target._data.shape) != tuple(result._data.shape) and target._data.size:
            raise ShapeError(
                f"{name}: the result has shape {tuple(result._data.shape)} and out has "
                f"{tuple(target._data.shape)}. Pass an out of that shape, or wengert.empty(0)."
            )
    for target, result in zip(targets, results, strict=True):
        keep_copies(result, since, target)
        if tuple(target._data.shape) != tuple(result._data.shape):
            _resize(target, tuple(result._data.shape), name)
        assign(target, result, name)
    if several:
        return type(found)(*targets) if hasattr(found, "_fields") else tuple(targets)
    return out


def _resize(target: Any, shape: tuple[int, ...], name: str) -> None:
    """Give an empty tensor memory for a result."""
    if not is_array(target._data) or target._view is not None:
        raise TracingError(
            f"{name}: an out without elements can be given memory only outside of traced functions "
            f"and if it is no view. Pass an out of shape {shape}."
        )
    target._data = np.empty(shape, target._data.dtype)
    target._storage = None


__all__ = ["assign", "takes_out", "takes_separate_out"]
