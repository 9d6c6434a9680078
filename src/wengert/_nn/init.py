"""How weights begin: fills in place, each recording nothing and returning its tensor.

The fan of a weight of shape (out, in, *kernel): fan_in = in * size of the kernel, fan_out = out *
size of the kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.errors import ShapeError
from .._base.shapes import size_of
from .._functions.linear_algebra.factors import qr
from .._functions.making.random import rand, randn
from .._functions.making.random_fills import normal_ as _normal
from .._functions.making.random_fills import uniform_ as _uniform
from .._functions.making.spacing import eye
from .._primitives.creation import constant
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


@no_grad()
def dirac_(tensor: Any, groups: int = 1) -> Any:
    """A convolution that copies its input channels: 1 in the middle of the kernel where input and
    output channel of a group have the same number, 0 elsewhere.

    The shape is (out, in, *kernel), with 3 to 5 axes.

    >>> import wengert
    >>> wengert.nn.init.dirac_(wengert.zeros(2, 1, 3)).tolist()
    [[[0.0, 1.0, 0.0]], [[0.0, 0.0, 0.0]]]
    """
    shape = tuple(tensor._data.shape)
    if not 3 <= len(shape) <= 5:
        raise ShapeError(f"dirac_: needs 3 to 5 axes, (out, in, *kernel), not shape {shape}.")
    if groups < 1 or shape[0] % groups:
        raise ShapeError(f"dirac_: {groups} groups do not divide {shape[0]} output channels.")
    values = np.zeros(shape, tensor._data.dtype)
    size = shape[0] // groups
    same: Any = np.arange(min(size, shape[1]), dtype=np.int64)
    rows: Any = np.arange(groups, dtype=np.int64)[:, None] * size + same
    if values.size:
        values[(rows, same, *(extent // 2 for extent in shape[2:]))] = 1
    return tensor.copy_(constant(values))


@no_grad()
def orthogonal_(tensor: Any, gain: float = 1.0, generator: Generator | None = None) -> Any:
    """A matrix with orthonormal rows (or columns, if there are more rows), times `gain`; uniform
    among them. The axes after the first count as one.

    Source: A. Saxe, J. McClelland, S. Ganguli, 2013; F. Mezzadri, 2007, for the signs of a QR.

    >>> import wengert
    >>> q = wengert.nn.init.orthogonal_(wengert.zeros(2, 3))
    >>> wengert.allclose(q @ q.T, wengert.eye(2), atol=1e-6)
    True
    """
    shape = tuple(tensor._data.shape)
    if len(shape) < 2:
        raise ShapeError(f"orthogonal_: needs at least 2 axes, not shape {shape}.")
    if not size_of(shape):
        return tensor
    rows, columns = shape[0], size_of(shape[1:])
    wide = rows < columns
    draws = randn((max(rows, columns), min(rows, columns)), generator=generator, dtype="float64")
    q, r = qr(draws)
    q = q * where(r.diagonal() < 0, -1.0, 1.0)
    return tensor.copy_((q.T if wide else q).reshape(shape) * gain)


@no_grad()
def sparse_(
    tensor: Any, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Any:
    """Normal numbers, and 0 at ceil(sparsity * rows) random places of each column of a matrix.

    Source: J. Martens, Deep learning via Hessian-free optimization, 2010.

    >>> import wengert
    >>> (wengert.nn.init.sparse_(wengert.zeros(10, 3), 0.25) == 0).sum(0)
    tensor([3, 3, 3])
    """
    shape = tuple(tensor._data.shape)
    if len(shape) != 2:
        raise ShapeError(f"sparse_: needs 2 axes, not shape {shape}.")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity={sparsity} is not between 0 and 1.")
    zeros = math.ceil(sparsity * shape[0])
    order = rand(shape, generator=generator, dtype="float64").argsort(0).argsort(0)
    _normal(tensor, 0.0, std, generator=generator)
    return tensor.copy_(where(order < zeros, 0.0, tensor))


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
