"""Normalisation and pooling as the top level calls them.

PyTorch's functions there differ from those of `nn.functional` in the order of their arguments, and
end in a switch for a library that is not used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import adaptive_pooling, normalization


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


__all__ = ["adaptive_max_pool1d", "batch_norm", "group_norm", "instance_norm", "layer_norm"]
