"""How weights begin: fills in place, each recording nothing and returning its tensor.

The fan of a weight of shape (out, in, *kernel): fan_in = in * size of the kernel, fan_out = out *
size of the kernel.
"""

from __future__ import annotations

import math
from typing import Any

from .._base.errors import ShapeError
from .._base.shapes import size_of
from .._functions.making.random import randn
from .._functions.making.random_fills import normal_ as _normal
from .._functions.making.random_fills import uniform_ as _uniform
from .._functions.making.spacing import eye
from .._primitives.elementwise import where
from .._record.modes import no_grad
from .._record.random_state import Generator

_GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0), "selu": 0.75,
}  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a layer's weights are widened to make up for its activation.

    >>> import wengert
    >>> round(wengert.nn.init.calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"calculate_gain: {nonlinearity!r} is not known; use one of "
            f"{', '.join([*_GAINS, 'leaky_relu'])}."
        )
    return _GAINS[nonlinearity]


def fans(tensor: Any) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight."""
    shape = tuple(tensor._data.shape)
    if len(shape) < 2:
        raise ShapeError(
            f"init: a fan needs at least 2 axes, (out, in, *kernel), not shape {shape}."
        )
    kernel = size_of(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def _fan(tensor: Any, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"init: mode {mode!r} is not known; use 'fan_in' or 'fan_out'.")
    return fans(tensor)[mode == "fan_out"]


@no_grad()
def uniform_(
    tensor: Any, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Any:
    """Uniform numbers in [a, b).

    >>> import wengert
    >>> bool((wengert.nn.init.uniform_(wengert.zeros(9), 1, 2) >= 1).all())
    True
    """
    return _uniform(tensor, a, b, generator=generator)


@no_grad()
def normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Any:
    """Normal numbers.

    >>> import wengert
    >>> wengert.nn.init.normal_(wengert.zeros(9)).shape
    (9,)
    """
    return _normal(tensor, mean, std, generator=generator)


@no_grad()
def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Any:
    """Normal numbers, those outside [a, b] drawn again.

    >>> import wengert
    >>> bool((wengert.nn.init.trunc_normal_(wengert.zeros(99)).abs() <= 2).all())
    True
    """
    spread = math.sqrt(2.0) * std
    inside = (math.erf((b - mean) / spread) - math.erf((a - mean) / spread)) / 2
    if not inside > 1e-3:
        raise ValueError(f"trunc_normal_: [{a}, {b}] holds almost nothing of N({mean}, {std}^2).")
    _normal(tensor, mean, std, generator=generator)
    while bool(((tensor < a) | (tensor > b)).any()):
        again = randn(tuple(tensor._data.shape), generator=generator, dtype=tensor._data.dtype)
        outside = (tensor < a) | (tensor > b)
        tensor.copy_(where(outside, again * std + mean, tensor))
    return tensor


@no_grad()
def constant_(tensor: Any, val: float) -> Any:
    """One number everywhere.

    >>> import wengert
    >>> wengert.nn.init.constant_(wengert.zeros(2), 3)
    tensor([3., 3.])
    """
    return tensor.fill_(val)


def ones_(tensor: Any) -> Any:
    """Ones.

    >>> import wengert
    >>> wengert.nn.init.ones_(wengert.zeros(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """Zeros.

    >>> import wengert
    >>> wengert.nn.init.zeros_(wengert.ones(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Any) -> Any:
    """The identity matrix.

    >>> import wengert
    >>> wengert.nn.init.eye_(wengert.zeros(1, 2))
    tensor([[1., 0.]])
    """
    shape = tuple(tensor._data.shape)
    if len(shape) != 2:
        raise ShapeError(f"eye_: needs 2 axes, not shape {shape}.")
    return tensor.copy_(eye(*shape, dtype=tensor._data.dtype))


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Uniform in +-gain * sqrt(6 / (fan_in + fan_out)); X. Glorot and Y. Bengio, 2010.

    >>> import wengert
    >>> bool((wengert.nn.init.xavier_uniform_(wengert.zeros(3, 3)).abs() <= 1).all())
    True
    """
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """Normal with standard deviation gain * sqrt(2 / (fan_in + fan_out)).

    >>> import wengert
    >>> wengert.nn.init.xavier_normal_(wengert.zeros(3, 2)).shape
    (3, 2)
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """Uniform in +-gain * sqrt(3 / fan); `a` is the slope of a leaky relu. K. He et al., 2015.

    >>> import wengert
    >>> bool((wengert.nn.init.kaiming_uniform_(wengert.zeros(2, 6)).abs() <= 1).all())
    True
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Any:
    """Normal with standard deviation gain / sqrt(fan).

    >>> import wengert
    >>> wengert.nn.init.kaiming_normal_(wengert.zeros(3, 2)).shape
    (3, 2)
    """
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def bias_from_fan(bias: Any, weight: Any) -> Any:
    """Uniform in +-1 / sqrt(fan_in of the weight): how biases of linear maps begin in PyTorch."""
    fan_in = fans(weight)[0]
    bound = 1.0 / math.sqrt(fan_in) if fan_in else 0.0
    return uniform_(bias, -bound, bound)
