"""Normalisation: activations brought to mean 0 and variance 1, or to length 1.

Variances are biased (divided by n) where they normalise, unbiased where they are remembered, as in
PyTorch. Running statistics are written in place and are no part of any derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._base.dtypes import float32, is_floating, is_inexact, real_of
from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import size_of
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ..._primitives.creation import zeros
from ..._primitives.reductions import sum_
from ..._primitives.shaping import permute, reshape
from ..._primitives.transcendental import rsqrt
from ..._primitives.windows import windows
from ..._record import modes as _modes
from ..elementwise.arithmetic import div
from ..elementwise.comparison import clamp
from ..making.dtype_functions import finfo
from ..out import takes_out
from ..reductions.norms import norm
from ..reductions.reduction import mean
from .padding import bordered


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    if weight is not None:
        x = e.mul(x, weight)
    return x if bias is None else e.add(x, bias)


def _single(x: Any) -> Any:
    """Halves in single precision: their sums, and differences from them, would lose too much."""
    return convert(x, float32) if x._data.dtype.itemsize == 2 else x


def _rounded(out: Any, x: Any) -> Any:
    """A result in the dtype of x, if that is one of the halves."""
    return convert(out, x._data.dtype) if x._data.dtype.itemsize == 2 else out


def _need_floating(x: Any, name: str) -> None:
    if not is_floating(x._data.dtype):
        raise DtypeError(f"{name}: expected a floating dtype, not {x._data.dtype}.")


def _trailing(x: Any, inner: tuple[int, ...], name: str, **given: Any) -> tuple[int, ...]:
    """The axes of `normalized_shape`, after a check of it and of weight and bias."""
    shape = tuple(x._data.shape)
    if not inner or shape[-len(inner) :] != inner:
        raise ShapeError(
            f"{name}: the last axes of an input of shape {shape} are not normalized_shape {inner}."
        )
    for word, part in given.items():
        if part is not None and tuple(part._data.shape) != inner:
            raise ShapeError(
                f"{name}: the {word} has shape {tuple(part._data.shape)}, not normalized_shape "
                f"{inner}."
            )
    return tuple(range(len(shape) - len(inner), len(shape)))


def _check_channels(name: str, channels: int, **given: Any) -> None:
    for word, part in given.items():
        if part is not None and word.startswith("running") and not is_floating(part._data.dtype):
            raise DtypeError(f"{name}: {word} must be floating, not {part._data.dtype}.")
        if part is not None and tuple(part._data.shape) != (channels,):
            raise ShapeError(
                f"{name}: {word} needs one number for each of {channels} channels, not shape "
                f"{tuple(part._data.shape)}."
            )


def _centred(x: Any, axes: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """x minus its mean, the mean, and the biased variance, over axes that are kept."""
    centre = mean(x, axes, keepdim=True)
    rest = e.sub(x, centre)
    return rest, centre, mean(e.mul(rest, rest), axes, keepdim=True)


def _layer_norm(
    x: Any, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float
) -> tuple[Any, Any, Any]:
    _need_floating(x, "layer_norm")
    axes = _trailing(x, tuple(normalized_shape), "layer_norm", weight=weight, bias=bias)
    rest, centre, variance = _centred(_single(x), axes)
    scale = rsqrt(e.add(variance, eps))
    out = _affine(e.mul(rest, scale), weight, bias)
    return _rounded(out, x), _rounded(centre, x), _rounded(scale, x)


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
    return _layer_norm(input, normalized_shape, weight, bias, eps)[0]


@takes_out
def native_layer_norm(
    input: Any,
    normalized_shape: Sequence[int],
    weight: Any,
    bias: Any,
    eps: float,
    *,
    out: Any = None,
) -> tuple[Any, Any, Any]:
    """`layer_norm` with the mean and 1 / sqrt(var + eps) that it used.

    >>> import wengert
    >>> wengert.native_layer_norm(wengert.tensor([1.0, 3.0]), (2,), None, None, 0.0)[1:]
    (tensor([2.]), tensor([1.]))
    """
    return _layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None
) -> Any:
    """x / sqrt(mean(x^2) + eps) * weight over the trailing axes of `normalized_shape`.

    `eps` is the distance from 1 to the next number of the dtype (float32 for halves), if not given.
    Source: B. Zhang, R. Sennrich, Root mean square layer normalization, 2019.

    >>> import wengert
    >>> wengert.nn.functional.rms_norm(wengert.tensor([1.0, 7.0]), (2,), eps=0.0)
    tensor([0.2000, 1.4000])
    """
    dtype = input._data.dtype
    if not is_inexact(dtype):
        raise DtypeError(f"rms_norm: expected a floating or complex dtype, not {dtype}.")
    axes = _trailing(input, tuple(normalized_shape), "rms_norm", weight=weight)
    x = _single(input)
    if eps is None:
        eps = finfo(real_of(x._data.dtype)).eps
    scale = rsqrt(e.add(mean(e.mul(x, x), axes, keepdim=True), eps))
    return _rounded(_affine(e.mul(x, scale), weight, None), input)


def _group_norm(
    x: Any, num_groups: int, weight: Any, bias: Any, eps: float
) -> tuple[Any, Any, Any]:
    _need_floating(x, "group_norm")
    shape = tuple(x._data.shape)
    if len(shape) < 2 or num_groups < 1 or shape[1] % num_groups:
        raise ShapeError(
            f"group_norm: needs axes (batch, channels, ...) with channels that {num_groups} "
            f"divides, not shape {shape}."
        )
    _check_channels("group_norm", shape[1], weight=weight, bias=bias)
    size = size_of(shape[1:]) // num_groups
    grouped = reshape(_single(x), shape=(shape[0], num_groups, size))
    rest, centre, variance = _centred(grouped, (2,))
    scale = rsqrt(e.add(variance, eps))
    out = reshape(e.mul(rest, scale), shape=shape)
    wide = (shape[1], *(1,) * (len(shape) - 2))
    spread = [None if part is None else reshape(part, shape=wide) for part in (weight, bias)]
    flat = shape[0], num_groups
    out = _rounded(_affine(out, *spread), x)
    statistics = [_rounded(reshape(part, shape=flat), x) for part in (centre, scale)]
    return out, *statistics


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """(x - mean) / sqrt(var + eps) over each sample's groups of channels (axis 1).

    weight and bias hold one number for each channel. Source: Y. Wu, K. He, Group normalization,
    2018.

    >>> import wengert
    >>> wengert.nn.functional.group_norm(wengert.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    return _group_norm(input, num_groups, weight, bias, eps)[0]


@takes_out
def native_group_norm(
    input: Any,
    weight: Any,
    bias: Any,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
    *,
    out: Any = None,
) -> tuple[Any, Any, Any]:
    """`group_norm` with the means and 1 / sqrt(var + eps), for N samples of C channels of HxW.

    >>> import wengert
    >>> x = wengert.tensor([[1.0, 3.0]])
    >>> wengert.native_group_norm(x, None, None, 1, 2, 1, 1, 0.0)[1]
    tensor([[2.]])
    """
    if input._data.size != N * C * HxW:
        raise ShapeError(
            f"native_group_norm: a shape {tuple(input._data.shape)} has not {N} * {C} * {HxW} "
            "elements."
        )
    return _group_norm(input, group, weight, bias, eps)


def _remember(running: Any, value: Any, momentum: Any) -> None:
    with _modes.override(grad=False):
        running.mul_(1 - momentum).add_(value * momentum)


def _batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any,
    bias: Any,
    training: bool,
    momentum: Any,
    eps: float,
) -> tuple[Any, Any, Any]:
    _need_floating(x, "batch_norm")
    shape = tuple(x._data.shape)
    if shape == (0,):
        return e.mul(x, 1.0), None, None
    if len(shape) < 2:
        raise ShapeError(f"batch_norm: needs axes (batch, channels, ...), not shape {shape}.")
    _check_channels(
        "batch_norm",
        shape[1],
        running_mean=running_mean,
        running_var=running_var,
        weight=weight,
        bias=bias,
    )
    wide = (1, shape[1], *(1,) * (len(shape) - 2))

    def spread(part: Any) -> Any:
        return None if part is None else reshape(part, shape=wide)

    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: without training it needs running_mean and running_var.")
        scale = rsqrt(e.add(_single(spread(running_var)), eps))
        rest = e.sub(_single(x), spread(running_mean))
        out = _affine(e.mul(rest, scale), spread(weight), spread(bias))
        return _rounded(out, x), None, None
    count = size_of(shape) // max(shape[1], 1)
    if count < 2:
        raise ShapeError(
            f"batch_norm: an input of shape {shape} has one value for each channel in training, "
            "and no variance. Use larger batches, or module.eval()."
        )
    axes = tuple(axis for axis in range(len(shape)) if axis != 1)
    rest, centre, variance = _centred(_single(x), axes)
    flat = (shape[1],)
    if running_mean is not None:
        _remember(running_mean, reshape(centre.detach(), shape=flat), momentum)
    if running_var is not None:
        unbiased = reshape(variance.detach(), shape=flat) * (count / (count - 1))
        _remember(running_var, unbiased, momentum)
    scale = rsqrt(e.add(variance, eps))
    out = _rounded(_affine(e.mul(rest, scale), spread(weight), spread(bias)), x)
    statistics = [_rounded(reshape(part, shape=flat), x) for part in (centre, scale)]
    return out, *statistics


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
    return _batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)[0]


@takes_out
def native_batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    *,
    out: Any = None,
) -> tuple[Any, Any, Any]:
    """`batch_norm` with the mean and 1 / sqrt(var + eps) of the batch; empty if not training.

    >>> import wengert
    >>> x = wengert.tensor([[1.0], [3.0]])
    >>> wengert.native_batch_norm(x, None, None, None, None, True, 0.1, 0.0)[1]
    tensor([2.])
    """
    found = _batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if training:
        return found
    empty = zeros((0,), input._data.dtype)
    return found[0], empty, empty.clone()


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel of each sample.

    Running statistics, if given, follow the means over the batch; without `use_input_stats` they
    are used. Source: D. Ulyanov, A. Vedaldi, V. Lempitsky, Instance normalization, 2016.

    >>> import wengert
    >>> wengert.nn.functional.instance_norm(wengert.tensor([[[1.0, 3.0]]]))
    tensor([[[-1.0000,  1.0000]]])
    """
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    _need_floating(input, "instance_norm")
    shape = tuple(input._data.shape)
    if len(shape) < 2:
        raise ShapeError(f"instance_norm: needs axes (batch, channels, ...), not shape {shape}.")
    _check_channels(
        "instance_norm",
        shape[1],
        running_mean=running_mean,
        running_var=running_var,
        weight=weight,
        bias=bias,
    )
    count = size_of(shape[2:])
    if count < 2:
        raise ShapeError(
            f"instance_norm: an input of shape {shape} has {count} value for each channel of a "
            "sample, and no variance."
        )
    rest, centre, variance = _centred(_single(input), tuple(range(2, len(shape))))
    if running_mean is not None:
        _remember(running_mean, _over_batch(centre, shape), momentum)
    if running_var is not None:
        _remember(running_var, _over_batch(variance, shape) * (count / (count - 1)), momentum)
    wide = (shape[1], *(1,) * (len(shape) - 2))
    spread = [None if part is None else reshape(part, shape=wide) for part in (weight, bias)]
    out = _affine(e.mul(rest, rsqrt(e.add(variance, eps))), *spread)
    return _rounded(out, input)


def _over_batch(x: Any, shape: tuple[int, ...]) -> Any:
    return mean(reshape(x.detach(), shape=shape[:2]), 0)


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """x / (k + alpha * s)^beta, s the mean of x^2 over `size` neighbouring channels (axis 1).

    Channels outside count as 0. Source: A. Krizhevsky, I. Sutskever, G. Hinton, ImageNet
    classification with deep convolutional neural networks, 2012.

    >>> import wengert
    >>> x = wengert.ones(1, 2, 1)
    >>> wengert.nn.functional.local_response_norm(x, 2, alpha=2.0, beta=1.0).flatten()
    tensor([0.5000, 0.3333])
    """
    shape = tuple(input._data.shape)
    if len(shape) < 3 or size < 1:
        raise ShapeError(
            f"local_response_norm: needs axes (batch, channels, ...), at least 3, and a positive "
            f"size, not {shape} and {size}."
        )
    if not input._data.size:
        return input
    squares = e.mul(input, input)
    order = (0, *range(2, len(shape)), 1)
    border = [(size // 2, (size - 1) // 2)]
    parts = windows(
        bordered(permute(squares, axes=order), border), kernel=(size,), stride=(1,), dilation=(1,)
    )
    total = sum_(parts, axes=(len(shape) - 1,))
    back = permute(total, axes=(0, len(shape) - 1, *range(1, len(shape) - 1)))
    rounding = None if is_inexact(input._data.dtype) else "trunc"
    average = div(back, size, rounding_mode=rounding)
    scale = e.pow(e.add(e.mul(average, alpha), k), beta)
    return e.div(input, scale)


@takes_out
def normalize(
    input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, *, out: Any = None
) -> Any:
    """x / max(norm(x), eps) along an axis.

    >>> import wengert
    >>> wengert.nn.functional.normalize(wengert.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    return e.div(input, clamp(norm(input, p, dim, keepdim=True), min=eps))


__all__ = [
    "native_batch_norm",
    "native_group_norm",
    "native_layer_norm",
    "rms_norm",
]
