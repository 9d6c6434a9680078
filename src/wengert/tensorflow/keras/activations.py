"""tf.keras.activations: functions of one tensor, by name or as functions."""

from __future__ import annotations

from typing import Any

from ...nn import functional as f
from .._arithmetic import exp as exponential
from .._arithmetic import sigmoid, softplus, tanh
from .._operands import lifted
from .._variable import convert_to_tensor
from ..nn import elu, gelu, leaky_relu, log_softmax, relu, relu6, selu, silu, softmax
from ._names import chosen

mish = lifted(f.mish, "mish")


def linear(x: Any) -> Any:
    """x itself.

    >>> linear(2.0)
    tensor(2.)
    """
    return convert_to_tensor(x)


def softsign(x: Any) -> Any:
    """x / (1 + |x|).

    >>> softsign(1.0)
    tensor(0.5000)
    """
    given = convert_to_tensor(x)
    return given / (given.abs() + 1)


def hard_sigmoid(x: Any) -> Any:
    """x / 6 + 1/2, cut off at 0 and 1.

    >>> hard_sigmoid(0.0)
    tensor(0.5000)
    """
    return (convert_to_tensor(x) / 6 + 0.5).clamp(0, 1)


_NAMES = {
    "elu": elu, "exponential": exponential, "gelu": gelu, "hard_sigmoid": hard_sigmoid,
    "leaky_relu": leaky_relu, "linear": linear, "log_softmax": log_softmax, "mish": mish,
    "relu": relu, "relu6": relu6, "selu": selu, "sigmoid": sigmoid, "silu": silu,
    "softmax": softmax, "softplus": softplus, "softsign": softsign, "swish": silu, "tanh": tanh,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """The activation with this name; None is `linear`.

    >>> get("relu")(-1.0)
    tensor(0.)
    """
    return linear if identifier is None else chosen("activation", identifier, _NAMES)


__all__ = [
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
]
