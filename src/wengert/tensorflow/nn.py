"""tf.nn: activations and losses of logits under TensorFlow's names."""

from __future__ import annotations

from typing import Any

from .._primitives import elementwise as e
from ..nn import functional as f
from ._arithmetic import sigmoid, softplus, tanh
from ._operands import axes, lifted, operands
from ._variable import convert_to_tensor

relu = lifted(f.relu, "relu")
relu6 = lifted(f.relu6, "relu6")
elu = lifted(f.elu, "elu")
selu = lifted(f.selu, "selu")
silu = lifted(f.silu, "silu")
swish = silu


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
    """x where positive, alpha x elsewhere.

    >>> leaky_relu([-1.0, 1.0])
    tensor([-0.2000,  1.0000])
    """
    return f.leaky_relu(convert_to_tensor(features), alpha)


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """x times the normal distribution function at x, or its tanh approximation.

    >>> gelu(1.0)
    tensor(0.8413)
    """
    return f.gelu(convert_to_tensor(features), "tanh" if approximate else "none")


def softmax(logits: Any, axis: int = -1, name: str | None = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis.

    >>> softmax([0.0, 0.0])
    tensor([0.5000, 0.5000])
    """
    return f.softmax(convert_to_tensor(logits), axis)


def log_softmax(logits: Any, axis: int = -1, name: str | None = None) -> Any:
    """log(softmax(x)), without overflow.

    >>> log_softmax([0.0, 0.0])
    tensor([-0.6931, -0.6931])
    """
    return f.log_softmax(convert_to_tensor(logits), axis)


def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """-z log(sigmoid(x)) - (1 - z) log(1 - sigmoid(x)) for each element, without overflow.

    >>> sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[0.0])
    tensor([0.6931])
    """
    x, z = operands(logits, labels)
    return f.binary_cross_entropy_with_logits(x, z, reduction="none")


def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: int = -1, name: str | None = None
) -> Any:
    """-sum(p log(softmax(x))) along an axis, for probabilities p.

    >>> softmax_cross_entropy_with_logits([1.0, 0.0], [0.0, 0.0])
    tensor(0.6931)
    """
    p, x = operands(labels, logits)
    return e.neg(e.mul(p, f.log_softmax(x, axis)).sum(axis))


def sparse_softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, name: str | None = None
) -> Any:
    """-log(softmax(x)) at the index of the class.

    >>> sparse_softmax_cross_entropy_with_logits([1], [[0.0, 0.0]])
    tensor([0.6931])
    """
    index, x = convert_to_tensor(labels), convert_to_tensor(logits)
    classes = x.shape[-1]
    found = f.cross_entropy(x.reshape(-1, classes), index.long().reshape(-1), reduction="none")
    return found.reshape(index.shape)


def l2_loss(t: Any, name: str | None = None) -> Any:
    """sum(x^2) / 2.

    >>> l2_loss([3.0, 1.0])
    tensor(5.)
    """
    x = convert_to_tensor(t)
    return (x * x).sum() / 2


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Any:
    """x / sqrt(max(sum(x^2), epsilon)) along an axis.

    >>> l2_normalize([3.0, 4.0])
    tensor([0.6000, 0.8000])
    """
    given = convert_to_tensor(x)
    squares = (given * given).sum(axes(axis), keepdim=axis is not None)
    return given * squares.clamp(min=epsilon).rsqrt()


def dropout(x: Any, rate: float, seed: int | None = None, name: str | None = None) -> Any:
    """Each element dropped with probability `rate`, the others divided by 1 - rate.

    >>> dropout([1.0, 1.0], 0.0)
    tensor([1., 1.])
    """
    if seed is None:
        return f.dropout(convert_to_tensor(x), rate, training=True)
    from .random import uniform

    given = convert_to_tensor(x)
    kept = uniform(given.shape, seed=seed) >= rate
    return e.where(kept, given / (1 - rate), 0.0)


def bias_add(value: Any, bias: Any, name: str | None = None) -> Any:
    """The sum with one number for each channel, channels last.

    >>> bias_add([[1.0, 2.0]], [1.0, 1.0])
    tensor([[2., 3.]])
    """
    x, b = operands(value, bias)
    return e.add(x, b)


def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """log(sigmoid(x)), without overflow.

    >>> log_sigmoid(0.0)
    tensor(-0.6931)
    """
    return f.logsigmoid(convert_to_tensor(x))


__all__ = [
    "bias_add",
    "dropout",
    "elu",
    "gelu",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "sigmoid_cross_entropy_with_logits",
    "silu",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softplus",
    "sparse_softmax_cross_entropy_with_logits",
    "swish",
    "tanh",
]
