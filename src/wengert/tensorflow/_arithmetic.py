"""tf.add, tf.matmul, tf.reduce_sum ...: arithmetic under TensorFlow's names.

Each is a function of Wengert with TensorFlow's argument names; nothing is computed here that has
no function there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import as_dtype
from .._declare.elementwise import convert
from .._functions.elementwise import arithmetic, comparison, complex_numbers, logic
from .._functions.linear_algebra import matrix
from .._functions.networks import activations
from .._functions.places import masking
from .._functions.reductions import cumulative, norms, ordering, reduction, statistics
from .._primitives import elementwise as e
from .._primitives import transcendental as t
from .._primitives.shaping import permute
from ._operands import axes, lifted, operands
from ._variable import convert_to_tensor

add = lifted(arithmetic.add, "add", 2)
subtract = lifted(arithmetic.sub, "subtract", 2)
multiply = lifted(e.mul, "multiply", 2)
divide = lifted(arithmetic.div, "divide", 2)
floordiv = lifted(e.floor_divide, "floordiv", 2)
mod = lifted(e.remainder, "mod", 2)
pow = lifted(e.pow, "pow", 2)
maximum = lifted(e.maximum, "maximum", 2)
minimum = lifted(e.minimum, "minimum", 2)
atan2 = lifted(t.atan2, "atan2", 2)
negative = lifted(e.neg, "negative")
abs = lifted(arithmetic.abs, "abs")
sign = lifted(e.sign, "sign")
square = lifted(arithmetic.square, "square")
sqrt = lifted(t.sqrt, "sqrt")
rsqrt = lifted(t.rsqrt, "rsqrt")
exp = lifted(t.exp, "exp")
expm1 = lifted(t.expm1, "expm1")
log = lifted(t.log, "log")
log1p = lifted(t.log1p, "log1p")
sin = lifted(t.sin, "sin")
cos = lifted(t.cos, "cos")
tan = lifted(t.tan, "tan")
asin = lifted(t.asin, "asin")
acos = lifted(t.acos, "acos")
atan = lifted(t.atan, "atan")
sinh = lifted(t.sinh, "sinh")
cosh = lifted(t.cosh, "cosh")
tanh = lifted(t.tanh, "tanh")
sigmoid = lifted(t.sigmoid, "sigmoid")
softplus = lifted(activations.softplus, "softplus")
erf = lifted(t.erf, "erf")
reciprocal = lifted(e.reciprocal, "reciprocal")
floor = lifted(e.floor, "floor")
ceil = lifted(e.ceil, "ceil")
round = lifted(e.round, "round")
real = lifted(complex_numbers.real, "real")
imag = lifted(complex_numbers.imag, "imag")
conj = lifted(complex_numbers.conj, "conj")
equal = lifted(e.eq, "equal", 2)
not_equal = lifted(e.ne, "not_equal", 2)
less = lifted(e.lt, "less", 2)
less_equal = lifted(e.le, "less_equal", 2)
greater = lifted(e.gt, "greater", 2)
greater_equal = lifted(e.ge, "greater_equal", 2)
logical_and = lifted(logic.logical_and, "logical_and", 2)
logical_or = lifted(logic.logical_or, "logical_or", 2)
logical_not = lifted(logic.logical_not, "logical_not")
is_nan = lifted(e.isnan, "is_nan")
is_inf = lifted(comparison.isinf, "is_inf")
is_finite = lifted(e.isfinite, "is_finite")


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """(x - y)^2.

    >>> squared_difference(5.0, 2.0)
    tensor(9.)
    """
    return arithmetic.square(subtract(x, y))


def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of several tensors of one shape.

    >>> add_n([[1.0, 2.0], [3.0, 4.0]])
    tensor([4., 6.])
    """
    total = convert_to_tensor(inputs[0])
    for value in inputs[1:]:
        total = add(total, value)
    return total


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """min(max(t, clip_value_min), clip_value_max).

    >>> clip_by_value([-2.0, 0.5], -1.0, 1.0)
    tensor([-1.0000,  0.5000])
    """
    return comparison.clamp(convert_to_tensor(t), clip_value_min, clip_value_max)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """t, made shorter to the length `clip_norm` if it is longer.

    >>> clip_by_norm([3.0, 4.0], 1.0)
    tensor([0.6000, 0.8000])
    """
    x = convert_to_tensor(t)
    length = norm(x, axis=axes, keepdims=True)
    return arithmetic.div(e.mul(x, clip_norm), e.maximum(length, clip_norm))


def global_norm(t_list: Any, name: str | None = None) -> Any:
    """The length of all tensors of a list together; None is passed over.

    >>> global_norm([3.0, None, 4.0])
    tensor(5.)
    """
    squares = [
        reduction.sum(arithmetic.square(convert_to_tensor(x))) for x in t_list if x is not None
    ]
    return t.sqrt(add_n(squares))


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """(tensors, norm): the tensors, made shorter together to the length `clip_norm`.

    >>> clip_by_global_norm([3.0, 4.0], 2.5)
    ([tensor(1.5000), tensor(2.)], tensor(5.))
    """
    length = global_norm(t_list) if use_norm is None else use_norm
    scale = arithmetic.div(clip_norm, e.maximum(length, clip_norm))
    return [None if x is None else e.mul(convert_to_tensor(x), scale) for x in t_list], length


# ---- products -----------------------------------------------------------------------------------


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
) -> Any:
    """The matrix product of the last two axes, batched over the others.

    >>> matmul([[1.0, 2.0]], [[3.0, 4.0]], transpose_b=True)
    tensor([[11.]])
    """
    x, y = convert_to_tensor(a), convert_to_tensor(b)
    if adjoint_a or adjoint_b:
        x = complex_numbers.conj(x) if adjoint_a else x
        y = complex_numbers.conj(y) if adjoint_b else y
    x = x.mT if transpose_a or adjoint_a else x
    y = y.mT if transpose_b or adjoint_b else y
    return matrix.matmul(x, y)


def matvec(a: Any, b: Any, transpose_a: bool = False, name: str | None = None) -> Any:
    """A matrix times a vector.

    >>> matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0])
    tensor([3., 7.])
    """
    x = convert_to_tensor(a)
    column = convert_to_tensor(b)[..., None]
    return matrix.matmul(x.mT if transpose_a else x, column)[..., 0]


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """The sum over pairs of axes: `axes` is their number, or (axes of a, axes of b).

    >>> tensordot([[1.0, 2.0]], [3.0, 4.0], 1)
    tensor([11.])
    """
    x, y = convert_to_tensor(a), convert_to_tensor(b)
    if isinstance(axes, int):
        first, second = list(range(x.ndim - axes, x.ndim)), list(range(axes))
    else:
        first, second = ([k] if isinstance(k, int) else list(k) for k in axes)
    first, second = [k % x.ndim for k in first], [k % y.ndim for k in second]
    left = [k for k in range(x.ndim) if k not in first]
    right = [k for k in range(y.ndim) if k not in second]
    rows, columns = [x.shape[k] for k in left], [y.shape[k] for k in right]
    size = int(np.prod([x.shape[k] for k in first]))
    x = permute(x, axes=(*left, *first)).reshape(-1, size)
    y = permute(y, axes=(*second, *right)).reshape(size, -1)
    return matrix.matmul(x, y).reshape(*rows, *columns)


# ---- reductions ---------------------------------------------------------------------------------


def reduce_sum(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The sum over axes (all if None), in the dtype of the input.

    >>> reduce_sum([[1.0, 2.0], [3.0, 4.0]], axis=1)
    tensor([3., 7.])
    """
    x = convert_to_tensor(input_tensor)
    return convert(reduction.sum(x, axes(axis), keepdims), x._data.dtype)


def reduce_mean(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The mean over axes (all if None).

    >>> reduce_mean([1.0, 2.0, 6.0])
    tensor(3.)
    """
    return reduction.mean(convert_to_tensor(input_tensor), axes(axis), keepdims)


def reduce_max(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The largest element over axes (all if None).

    >>> reduce_max([[1.0, 2.0], [4.0, 3.0]], axis=1)
    tensor([2., 4.])
    """
    return reduction.amax(convert_to_tensor(input_tensor), _all_if_none(axis), keepdims)


def reduce_min(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The smallest element over axes (all if None).

    >>> reduce_min([3.0, 2.0])
    tensor(2.)
    """
    return reduction.amin(convert_to_tensor(input_tensor), _all_if_none(axis), keepdims)


def _all_if_none(axis: Any) -> Any:
    return () if axis is None else axes(axis)


def reduce_any(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Whether any element over axes is true.

    >>> reduce_any([True, False])
    tensor(True)
    """
    return reduction.any(convert_to_tensor(input_tensor), axes(axis), keepdims)


def reduce_all(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Whether all elements over axes are true.

    >>> reduce_all([True, False])
    tensor(False)
    """
    return reduction.all(convert_to_tensor(input_tensor), axes(axis), keepdims)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The mean squared deviation from the mean, over axes (all if None).

    >>> reduce_variance([1.0, 3.0])
    tensor(1.)
    """
    x = convert_to_tensor(input_tensor)
    return statistics.var(x, axes(axis), correction=0, keepdim=keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The square root of `reduce_variance`.

    >>> reduce_std([1.0, 5.0])
    tensor(2.)
    """
    x = convert_to_tensor(input_tensor)
    return statistics.std(x, axes(axis), correction=0, keepdim=keepdims)


def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """log(sum(exp(x))) over axes (all if None), without overflow.

    >>> reduce_logsumexp([1000.0, 1000.0])
    tensor(1000.6932)
    """
    x = convert_to_tensor(input_tensor)
    every = tuple(range(x.ndim)) if axis is None else axes(axis)
    return reduction.logsumexp(x, every, keepdims)


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool = False,
    name: str | None = None,
) -> Any:
    """The length of vectors (or of everything): sqrt(sum x^2), or another order.

    >>> norm([3.0, 4.0])
    tensor(5.)
    """
    x = convert_to_tensor(tensor)
    return norms.norm(x, 2 if ord == "euclidean" else ord, axes(axis), keepdims)


def cumsum(x: Any, axis: int = 0, name: str | None = None) -> Any:
    """The running sum along an axis.

    >>> cumsum([1.0, 2.0, 3.0])
    tensor([1., 3., 6.])
    """
    given = convert_to_tensor(x)
    return convert(cumulative.cumsum(given, axis), given._data.dtype)


def argmax(
    input: Any, axis: int | None = None, output_type: Any = "int64", name: str | None = None
) -> Any:
    """The position of the largest element along an axis (0 if None).

    >>> argmax([[1.0, 9.0], [8.0, 2.0]], axis=1)
    tensor([1, 0])
    """
    found = reduction.argmax(convert_to_tensor(input), 0 if axis is None else axis)
    return convert(found, as_dtype(output_type))


def argmin(
    input: Any, axis: int | None = None, output_type: Any = "int64", name: str | None = None
) -> Any:
    """The position of the smallest element along an axis (0 if None).

    >>> argmin([3.0, 1.0])
    tensor(1)
    """
    found = reduction.argmin(convert_to_tensor(input), 0 if axis is None else axis)
    return convert(found, as_dtype(output_type))


def argsort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> Any:
    """The order that sorts along an axis.

    >>> argsort([3.0, 1.0, 2.0])
    tensor([1, 2, 0])
    """
    return ordering.argsort(convert_to_tensor(values), axis, direction == "DESCENDING")


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """The elements in order along an axis.

    >>> sort([3.0, 1.0], direction="DESCENDING")
    tensor([3., 1.])
    """
    return ordering.sort(convert_to_tensor(values), axis, direction == "DESCENDING")[0]


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """x where the condition holds, y elsewhere; the positions where it holds if both are missing.

    >>> where([True, False], 1.0, 0.0)
    tensor([1., 0.])
    """
    held = convert_to_tensor(condition)
    if x is None and y is None:
        return masking.nonzero(held)
    first, second = operands(x, y)
    return masking.where(held, convert_to_tensor(first), second)


__all__ = [
    "abs",
    "acos",
    "add",
    "add_n",
    "argmax",
    "argmin",
    "argsort",
    "asin",
    "atan",
    "atan2",
    "ceil",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "conj",
    "cos",
    "cosh",
    "cumsum",
    "divide",
    "equal",
    "erf",
    "exp",
    "expm1",
    "floor",
    "floordiv",
    "global_norm",
    "greater",
    "greater_equal",
    "imag",
    "is_finite",
    "is_inf",
    "is_nan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "matmul",
    "matvec",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "norm",
    "not_equal",
    "pow",
    "real",
    "reciprocal",
    "reduce_all",
    "reduce_any",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_std",
    "reduce_sum",
    "reduce_variance",
    "round",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sort",
    "sqrt",
    "square",
    "squared_difference",
    "subtract",
    "tan",
    "tanh",
    "tensordot",
    "where",
]
