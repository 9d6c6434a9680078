"""NumPy's functions on tensors: `np.sin(t)` and `np.concatenate([t, t])` stay on the record.

Only functions that have a counterpart are taken; the others raise with the way out in the text.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._functions import matrix, pointwise, reduction, shape
from .._primitives import elementwise as e
from .._primitives import transcendental as t

_UFUNCS: dict[Any, Any] = {
    np.add: e.add, np.subtract: e.sub, np.multiply: e.mul, np.divide: e.div, np.power: e.pow,
    np.negative: e.neg, np.reciprocal: e.reciprocal, np.maximum: e.maximum, np.minimum: e.minimum,
    np.remainder: e.remainder, np.fmod: e.fmod, np.floor_divide: e.floor_divide,
    np.absolute: pointwise.abs, np.sign: e.sign, np.floor: e.floor, np.ceil: e.ceil,
    np.trunc: e.trunc, np.rint: e.round, np.exp: t.exp, np.expm1: t.expm1, np.log: t.log,
    np.log1p: t.log1p, np.sqrt: t.sqrt, np.square: pointwise.square, np.sin: t.sin, np.cos: t.cos,
    np.tan: t.tan, np.arcsin: t.asin, np.arccos: t.acos, np.arctan: t.atan, np.arctan2: t.atan2,
    np.sinh: t.sinh, np.cosh: t.cosh, np.tanh: t.tanh, np.arcsinh: t.asinh, np.arccosh: t.acosh,
    np.arctanh: t.atanh, np.equal: e.eq, np.not_equal: e.ne, np.less: e.lt, np.less_equal: e.le,
    np.greater: e.gt, np.greater_equal: e.ge, np.isnan: e.isnan, np.isfinite: e.isfinite,
    np.isinf: pointwise.isinf, np.logical_not: pointwise.logical_not,
    np.logical_and: pointwise.logical_and, np.logical_or: pointwise.logical_or,
    np.bitwise_and: e.bitwise_and, np.bitwise_or: e.bitwise_or, np.matmul: matrix.matmul,
    np.conjugate: pointwise.conj,
}  # fmt: skip


def _concatenate(arrays: Any, axis: int = 0) -> Any:
    return shape.cat(arrays, axis)


def _stack(arrays: Any, axis: int = 0) -> Any:
    return shape.stack(arrays, axis)


def _reduced(function: Any) -> Any:
    """A reduction under NumPy's argument names."""

    def reduce(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(a, axis, keepdims)

    return reduce


def _extreme(function: Any) -> Any:
    def reduce(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(a, () if axis is None else axis, keepdims)

    return reduce


def _reshape(a: Any, shape: Any) -> Any:
    return a.reshape(shape)


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.T if axes is None else a.permute(axes)


def _shape(a: Any) -> Any:
    return a.shape


def _ndim(a: Any) -> Any:
    return a.ndim


def _size(a: Any) -> Any:
    return a.numel()


def _where(condition: Any, x: Any, y: Any) -> Any:
    from .._functions.creation import as_tensor
    from .._functions.indexing import where

    return where(as_tensor(condition), pointwise.operand(x), pointwise.operand(y))


_FUNCTIONS: dict[Any, Any] = {
    np.concatenate: _concatenate, np.stack: _stack, np.sum: _reduced(reduction.sum),
    np.mean: _reduced(reduction.mean), np.max: _extreme(reduction.amax),
    np.min: _extreme(reduction.amin), np.argmax: _reduced(reduction.argmax),
    np.argmin: _reduced(reduction.argmin), np.reshape: _reshape, np.transpose: _transpose,
    np.where: _where, np.dot: matrix.matmul, np.shape: _shape, np.ndim: _ndim, np.size: _size,
}  # fmt: skip


def _no_counterpart(name: str) -> TypeError:
    return TypeError(
        f"numpy.{name} has no counterpart that could be recorded. Use a wengert function, or write "
        "x.detach().numpy() to leave the record."
    )


def apply_ufunc(ufunc: Any, method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """What NumPy calls for `np.sin(tensor)`."""
    function = _UFUNCS.get(ufunc)
    if function is None or method != "__call__" or kwargs:
        raise _no_counterpart(ufunc.__name__)
    return function(*[pointwise.operand(x) for x in inputs])


def apply_function(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What NumPy calls for `np.concatenate([tensor])`."""
    function = _FUNCTIONS.get(func)
    if function is None:
        raise _no_counterpart(func.__name__)
    return function(*args, **kwargs)
