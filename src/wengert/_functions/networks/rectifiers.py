"""Activation functions made of straight pieces.

All are composites: the pieces are chosen by `where`, so the piece not taken adds nothing to a
derivative of any order. Derivatives at the corners are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._base.dtypes import is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._primitives import elementwise as e
from ..._primitives.shaping import reshape
from ..making.random import uniform_values
from ..out import takes_out


def _need_floating(x: Any, name: str) -> None:
    if not is_floating(x._data.dtype):
        raise DtypeError(f"{name}: expected a floating dtype, not {x._data.dtype}.")


def overwritten(x: Any, function: Callable[..., Any], *options: Any) -> Any:
    """x with what the function gives, in place; the function keeps a copy for its derivative."""
    return x.copy_(function(x.clone(), *options))


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0); the derivative at 0 is 0.

    >>> import wengert
    >>> wengert.nn.functional.relu(wengert.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return input.relu_() if inplace else e.relu(input)


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(x, 0), 6).

    >>> import wengert
    >>> wengert.nn.functional.relu6(wengert.tensor([-1.0, 9.0]))
    tensor([0., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x limited to [min_val, max_val]; the derivative at the ends and at NaN is 0.

    >>> import wengert
    >>> wengert.nn.functional.hardtanh(wengert.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if inplace:
        return overwritten(input, hardtanh, min_val, max_val)
    dtype = input._data.dtype
    if dtype.kind in "bc":
        raise DtypeError(f"hardtanh: expected a real dtype, not {dtype}.")
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val={min_val} is above max_val={max_val}.")
    if dtype.kind in "iu":
        min_val, max_val = int(min_val), int(max_val)
    above = e.relu(input) if min_val == 0 else e.where(e.gt(input, min_val), input, min_val)
    return e.where(e.lt(input, max_val), above, e.minimum(max_val, input.detach()))


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where x > 0, else negative_slope * x; the derivative at 0 is negative_slope.

    >>> import wengert
    >>> wengert.nn.functional.leaky_relu(wengert.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    if inplace:
        return overwritten(input, leaky_relu, negative_slope)
    _need_floating(input, "leaky_relu")
    return e.where(e.gt(input, 0.0), input, e.mul(input, negative_slope))


def prelu(input: Any, weight: Any) -> Any:
    """x where x > 0, else weight * x; the weight is one number, or one for each channel (axis 1).

    Source: K. He et al., Delving deep into rectifiers, 2015.

    >>> import wengert
    >>> wengert.prelu(wengert.tensor([-1.0, 2.0]), wengert.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    shape, size = tuple(input._data.shape), weight._data.size
    if weight._data.ndim > 1:
        raise ShapeError(f"prelu: the weight needs one axis, not shape {weight._data.shape}.")
    if weight._data.dtype != input._data.dtype:
        raise DtypeError(
            f"prelu: input and weight must have one dtype, not {input._data.dtype} and "
            f"{weight._data.dtype}."
        )
    channels = shape[1] if len(shape) > 1 else 1
    if size not in (1, channels) or (size != 1 and not shape):
        raise ShapeError(
            f"prelu: an input of shape {shape} has {channels} channels, the weight {size} numbers."
        )
    wide = (1, size, *(1,) * (len(shape) - 2)) if len(shape) > 1 else (1,) * len(shape)
    return e.where(e.gt(input, 0.0), input, e.mul(input, reshape(weight, shape=wide)))


def rrelu(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Any:
    """x where x > 0, else a * x, with a random between the bounds (their middle if not training).

    Source: B. Xu et al., Empirical evaluation of rectified activations, 2015.

    >>> import wengert
    >>> wengert.rrelu(wengert.tensor([-1.0, 2.0]), 0.2, 0.4)
    tensor([-0.3000,  2.0000])
    """
    if inplace:
        return overwritten(input, rrelu, lower, upper, training)
    _need_floating(input, "rrelu")
    if not 0 <= lower <= upper < float("inf"):
        raise ValueError(f"rrelu: the bounds {lower} and {upper} must be in order, from 0 on.")
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    draws = uniform_values(tuple(input._data.shape), input._data.dtype, None)
    slopes = e.add(e.mul(draws, upper - lower), lower)
    return e.where(e.gt(input, 0.0), input, e.mul(input, slopes))


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where x > threshold, else `value`.

    >>> import wengert
    >>> wengert.nn.functional.threshold(wengert.tensor([0.5, 2.0]), 1.0, -1.0)
    tensor([-1.,  2.])
    """
    if inplace:
        return overwritten(input, _threshold, threshold, value)
    if input._data.dtype.kind in "bc":
        raise DtypeError(f"threshold: expected a real dtype, not {input._data.dtype}.")
    if input._data.dtype.kind in "iu":
        value = int(value)
    return e.where(e.le(input, threshold), value, input)


_threshold = threshold


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """(x + 3) / 6, limited to [0, 1].

    >>> import wengert
    >>> wengert.nn.functional.hardsigmoid(wengert.tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if inplace:
        return overwritten(input, hardsigmoid)
    _need_floating(input, "hardsigmoid")
    return e.div(relu6(e.add(input, 3.0)), 6.0)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x * hardsigmoid(x): 0 below -3, x above 3. Source: A. Howard et al., MobileNetV3, 2019.

    >>> import wengert
    >>> wengert.nn.functional.hardswish(wengert.tensor([-4.0, 1.0, 4.0]))
    tensor([-0.0000, 0.6667, 4.0000])
    """
    if inplace:
        return overwritten(input, hardswish)
    _need_floating(input, "hardswish")
    middle = e.div(e.mul(input, e.add(input, 3.0)), 6.0)
    return e.where(e.le(input, -3.0), -0.0, e.where(e.lt(input, 3.0), middle, input))


@takes_out
def hardshrink(input: Any, lambd: float = 0.5, *, out: Any = None) -> Any:
    """x, but 0 in [-lambd, lambd].

    >>> import wengert
    >>> wengert.hardshrink(wengert.tensor([-1.0, 0.3]))
    tensor([-1.,  0.])
    """
    _need_floating(input, "hardshrink")
    inside = e.bitwise_and(e.ge(input, -lambd), e.le(input, lambd))
    return e.where(inside, 0.0, input)


@takes_out
def softshrink(input: Any, lambd: float = 0.5, *, out: Any = None) -> Any:
    """x moved towards 0 by lambd, and a 0 with the sign of x in [-lambd, lambd].

    >>> import wengert
    >>> wengert.nn.functional.softshrink(wengert.tensor([-1.0, 0.3, 2.0]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    _need_floating(input, "softshrink")
    if lambd < 0:
        raise ValueError(f"softshrink: lambd={lambd} must not be negative.")
    inside = e.bitwise_and(e.ge(input, -lambd), e.le(input, lambd))
    moved = e.where(e.gt(input, 0.0), e.sub(input, lambd), e.add(input, lambd))
    return e.where(inside, e.mul(input.detach(), 0.0), moved)


def relu_(input: Any) -> Any:
    """`relu` in place.

    >>> import wengert
    >>> wengert.relu_(wengert.tensor([-1.0]))
    tensor([0.])
    """
    return relu(input, inplace=True)


def hardtanh_(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """`hardtanh` in place.

    >>> import wengert
    >>> wengert.nn.functional.hardtanh_(wengert.tensor([-2.0]))
    tensor([-1.])
    """
    return hardtanh(input, min_val, max_val, inplace=True)


def leaky_relu_(input: Any, negative_slope: float = 0.01) -> Any:
    """`leaky_relu` in place.

    >>> import wengert
    >>> wengert.nn.functional.leaky_relu_(wengert.tensor([-1.0]), 0.5)
    tensor([-0.5000])
    """
    return leaky_relu(input, negative_slope, inplace=True)


def rrelu_(
    input: Any, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Any:
    """`rrelu` in place.

    >>> import wengert
    >>> wengert.rrelu_(wengert.tensor([-1.0]), 0.5, 0.5)
    tensor([-0.5000])
    """
    return rrelu(input, lower, upper, training, inplace=True)


def threshold_(input: Any, threshold: float, value: float) -> Any:
    """`threshold` in place.

    >>> import wengert
    >>> wengert.threshold_(wengert.tensor([0.5]), 1.0, 3.0)
    tensor([3.])
    """
    return _threshold(input, threshold, value, inplace=True)


__all__ = [
    "hardshrink",
    "prelu",
    "relu_",
    "rrelu",
    "rrelu_",
    "threshold",
    "threshold_",
]
