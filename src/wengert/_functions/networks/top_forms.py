"""Normalisation, pooling and convolution as the top level calls them.

PyTorch's functions there differ from those of `nn.functional` in the order of their arguments, and
end in a switch for a library that is not used here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..._base.errors import ShapeError
from . import adaptive_pooling, normalization
from . import convolution as conv

_FORTH: list[Callable[..., Any]] = [conv.conv1d, conv.conv2d, conv.conv3d]
_BACK: list[Callable[..., Any]] = [
    conv.conv_transpose1d,
    conv.conv_transpose2d,
    conv.conv_transpose3d,
]


def adaptive_max_pool1d(input: Any, output_size: Any) -> Any:
    """(largest elements, where they stand) of windows chosen so that the result has `output_size`.

    >>> import wengert
    >>> wengert.adaptive_max_pool1d(wengert.tensor([[0.0, 1.0, 2.0]]), 2)
    (tensor([[1., 2.]]), tensor([[1, 2]]))
    """
    return tuple(adaptive_pooling.adaptive_max_pool1d(input, output_size, True))


def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Any:
    """`nn.functional.batch_norm` with weight and bias before the running statistics.

    >>> import wengert
    >>> wengert.batch_norm(wengert.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 1e-5)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    statistics = (running_mean, running_var)
    return normalization.batch_norm(input, *statistics, weight, bias, training, momentum, eps)


def convolution(
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Any:
    """`conv1d` to `conv3d`, or `conv_transpose1d` to `conv_transpose3d` if `transposed`, by the
    number of axes of the weight. A sequence of one number stands for all axes.

    >>> import wengert
    >>> x, weight = wengert.ones(1, 1, 3), wengert.ones(1, 1, 2)
    >>> wengert.convolution(x, weight, None, [1], [0], [1], False, [0], 1)
    tensor([[[2., 2.]]])
    """
    rank: int = weight._data.ndim - 2
    if not 1 <= rank <= 3:
        raise ShapeError(
            f"convolution: the weight needs 3 to 5 axes, not shape {tuple(weight._data.shape)}."
        )
    steps, borders, gaps, more = map(_one_or_all, (stride, padding, dilation, output_padding))
    if transposed:
        return _BACK[rank - 1](input, weight, bias, steps, borders, more, groups, gaps)
    return _FORTH[rank - 1](input, weight, bias, steps, borders, gaps, groups)


def _one_or_all(given: Sequence[int]) -> Any:
    return given[0] if len(given) == 1 else given


def group_norm(
    input: Any,
    num_groups: int,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Any:
    """`nn.functional.group_norm`.

    >>> import wengert
    >>> wengert.group_norm(wengert.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    return normalization.group_norm(input, num_groups, weight, bias, eps)


def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Any:
    """`nn.functional.instance_norm` with weight and bias before the running statistics.

    >>> import wengert
    >>> x = wengert.tensor([[[1.0, 3.0]]])
    >>> wengert.instance_norm(x, None, None, None, None, True, 0.1, 1e-5)
    tensor([[[-1.0000,  1.0000]]])
    """
    return normalization.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


def layer_norm(
    input: Any,
    normalized_shape: Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Any:
    """`nn.functional.layer_norm`.

    >>> import wengert
    >>> wengert.layer_norm(wengert.tensor([1.0, 3.0]), [2])
    tensor([-1.0000,  1.0000])
    """
    return normalization.layer_norm(input, normalized_shape, weight, bias, eps)


__all__ = [
    "adaptive_max_pool1d",
    "batch_norm",
    "convolution",
    "group_norm",
    "instance_norm",
    "layer_norm",
]
