"""Normalisation: activations brought to mean 0 and variance 1, or to length 1.

Variances are biased (divided by n) where they normalise, unbiased where they are remembered, as in
PyTorch. Running statistics are written in place and are no part of any derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._base.errors import ShapeError
from .._base.shapes import size_of
from .._primitives import elementwise as e
from .._primitives.shaping import reshape
from .._primitives.transcendental import rsqrt
from .._record import modes as _modes
from .norms import norm
from .pointwise import clamp
from .reduction import mean


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    if weight is not None:
        x = e.mul(x, weight)
    return x if bias is None else e.add(x, bias)


def _centred(x: Any, axes: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """x minus its mean, the mean, and the biased variance, over axes that are kept."""
    centre = mean(x, axes, keepdim=True)
    rest = e.sub(x, centre)
    return rest, centre, mean(e.mul(rest, rest), axes, keepdim=True)


def layer_norm(
    input: Any,
    normalized_shape: Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / sqrt(var + eps) * weight + bias over the trailing axes of `normalized_shape`.

    Source: J. Ba, J. Kiros, G. Hinton, Layer normalization, 2016.

    >>> import wengert
    >>> wengert.nn.functional.layer_norm(wengert.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    inner, shape = tuple(normalized_shape), tuple(input._data.shape)
    if not inner or shape[-len(inner) :] != inner:
        raise ShapeError(
            f"layer_norm: the last axes of an input of shape {shape} are not normalized_shape "
            f"{inner}."
        )
    axes = tuple(range(len(shape) - len(inner), len(shape)))
    rest, _, variance = _centred(input, axes)
    return _affine(e.mul(rest, rsqrt(e.add(variance, eps))), weight, bias)


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: Any = 0.1,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel, which is axis 1.

    In training, mean and variance are those of the batch, and running_x (if not None) becomes
    (1 - momentum) * running_x + momentum * x, in place; otherwise the running ones are used.
    Source: S. Ioffe, C. Szegedy, Batch normalization, 2015.

    >>> import wengert
    >>> x = wengert.tensor([[1.0], [3.0]])
    >>> wengert.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    shape = tuple(input._data.shape)
    if len(shape) < 2:
        raise ShapeError(f"batch_norm: needs axes (batch, channels, ...), not shape {shape}.")
    wide = (1, shape[1], *(1,) * (len(shape) - 2))

    def spread(x: Any) -> Any:
        return None if x is None else reshape(x, shape=wide)

    if not training:
        scale = rsqrt(e.add(spread(running_var), eps))
        return _affine(
            e.mul(e.sub(input, spread(running_mean)), scale), spread(weight), spread(bias)
        )
    count = size_of(shape) // max(shape[1], 1)
    if count < 2:
        raise ShapeError(
            f"batch_norm: an input of shape {shape} has one value for each channel in training, "
            "and no variance. Use larger batches, or module.eval()."
        )
    axes = tuple(axis for axis in range(len(shape)) if axis != 1)
    rest, centre, variance = _centred(input, axes)
    with _modes.override(grad=False):
        flat = (shape[1],)
        if running_mean is not None:
            running_mean.mul_(1 - momentum).add_(reshape(centre, shape=flat) * momentum)
        if running_var is not None:
            unbiased = reshape(variance, shape=flat) * (count / (count - 1))
            running_var.mul_(1 - momentum).add_(unbiased * momentum)
    scale = rsqrt(e.add(variance, eps))
    return _affine(e.mul(rest, scale), spread(weight), spread(bias))


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(norm(x), eps) along an axis.

    >>> import wengert
    >>> wengert.nn.functional.normalize(wengert.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return e.div(input, clamp(norm(input, p, dim, keepdim=True), min=eps))
