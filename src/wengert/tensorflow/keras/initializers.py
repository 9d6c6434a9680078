"""tf.keras.initializers: how weights begin. A kernel has the axes (*window, in, out).

The fans are fan_in = window * in and fan_out = window * out. Sources: X. Glorot and Y. Bengio,
2010; K. He et al., 2015; Y. LeCun et al., 1998.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.dtypes import as_dtype
from ..._base.shapes import size_of
from .. import random
from .._arrays import as_sizes, eye
from .._arrays import ones as _ones
from .._arrays import zeros as _zeros
from .._variable import constant
from ._names import chosen


class Initializer:
    """The base: subclass it and write `__call__(shape, dtype)`."""

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        """A tensor of this shape."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(shape, dtype).")


class Zeros(Initializer):
    """Zeros.

    >>> Zeros()([2])
    tensor([0., 0.])
    """

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        return _zeros(shape, dtype)


class Ones(Initializer):
    """Ones.

    >>> Ones()([2])
    tensor([1., 1.])
    """

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        return _ones(shape, dtype)


class Constant(Initializer):
    """One value everywhere.

    >>> Constant(2.0)([2])
    tensor([2., 2.])
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        return constant(np.broadcast_to(np.asarray(self.value, as_dtype(dtype)), as_sizes(shape)))


class Identity(Initializer):
    """The identity matrix times `gain`.

    >>> Identity()([1, 2])
    tensor([[1., 0.]])
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        return eye(*as_sizes(shape), dtype=dtype) * self.gain


class RandomNormal(Initializer):
    """Normal numbers.

    >>> RandomNormal()([2]).shape
    (2,)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)


class TruncatedNormal(RandomNormal):
    """Normal numbers, drawn again beyond two standard deviations.

    >>> bool((TruncatedNormal(stddev=1.0)([99]).abs() <= 2).all())
    True
    """

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(Initializer):
    """Uniform numbers.

    >>> bool((RandomUniform()([99]).abs() <= 0.05).all())
    True
    """

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)


class VarianceScaling(Initializer):
    """Numbers with variance `scale` / fan, where `mode` says which fan.

    `distribution` is "truncated_normal", "untruncated_normal" or "uniform".

    >>> VarianceScaling()([3, 2]).shape
    (3, 2)
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"VarianceScaling: mode {mode!r}; use fan_in, fan_out or fan_avg.")
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ValueError(
                f"VarianceScaling: distribution {distribution!r}; use truncated_normal, "
                "untruncated_normal or uniform."
            )
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed

    def __call__(self, shape: Any, dtype: Any = "float32") -> Any:
        sizes = as_sizes(shape)
        fan_in, fan_out = _fans(sizes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            bound = math.sqrt(3 * variance)
            return random.uniform(sizes, -bound, bound, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(sizes, 0.0, math.sqrt(variance), dtype, self.seed)
        # The standard deviation of a normal distribution cut off at 2.
        stddev = math.sqrt(variance) / 0.87962566103423978
        return random.truncated_normal(sizes, 0.0, stddev, dtype, self.seed)


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    window = size_of(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _scaled(name: str, scale: float, mode: str, distribution: str, formula: str) -> Any:
    def __init__(self: Any, seed: int | None = None) -> None:
        VarianceScaling.__init__(self, scale, mode, distribution, seed)

    doc = f"{formula}.\n\n    >>> {name}()([3, 2]).shape\n    (3, 2)\n    "
    return type(name, (VarianceScaling,), {"__init__": __init__, "__doc__": doc})


_CUT = "truncated_normal"
GlorotUniform = _scaled(
    "GlorotUniform", 1.0, "fan_avg", "uniform", "Uniform in +-sqrt(6 / (fan_in + fan_out))"
)
GlorotNormal = _scaled(
    "GlorotNormal", 1.0, "fan_avg", _CUT, "Normal with variance 2 / (fan_in + fan_out)"
)
HeUniform = _scaled("HeUniform", 2.0, "fan_in", "uniform", "Uniform in +-sqrt(6 / fan_in)")
HeNormal = _scaled("HeNormal", 2.0, "fan_in", _CUT, "Normal with variance 2 / fan_in")
LecunUniform = _scaled("LecunUniform", 1.0, "fan_in", "uniform", "Uniform in +-sqrt(3 / fan_in)")
LecunNormal = _scaled("LecunNormal", 1.0, "fan_in", _CUT, "Normal with variance 1 / fan_in")

_CLASSES: dict[str, Callable[[], Any]] = {
    "constant": Constant, "glorot_normal": GlorotNormal, "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal, "he_uniform": HeUniform, "identity": Identity,
    "lecun_normal": LecunNormal, "lecun_uniform": LecunUniform, "normal": RandomNormal,
    "ones": Ones, "random_normal": RandomNormal, "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal, "uniform": RandomUniform,
    "variance_scaling": VarianceScaling, "zeros": Zeros,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """The initialiser with this name.

    >>> get("ones")([1])
    tensor([1.])
    """
    found = chosen("initializer", identifier, _CLASSES)
    return found() if isinstance(found, type) else found


__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "get",
]
