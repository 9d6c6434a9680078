"""Losses of numbers and probabilities: how far predictions are from targets, element by element.

Shapes and dtypes are checked before anything is computed. `reduction` is "mean", "sum" or "none".
Every formula is stable for large inputs and has right second derivatives at zero. Losses of classes
are in `classification`, those with a margin in `margins`.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.errors import ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import broadcast
from ..._graph.value import Handle
from ..._primitives import elementwise as e
from ..._primitives.complex_numbers import modulus
from ..._primitives.creation import full as filled
from ..._primitives.shaping import reshape
from ..._primitives.transcendental import exp, log, log1p
from ..elementwise.comparison import clamp
from ..networks.activations import softplus
from ..reductions.reduction import mean
from ..reductions.reduction import sum as _sum


def reduced(x: Any, reduction: str, name: str) -> Any:
    if reduction == "mean":
        return mean(x)
    if reduction == "sum":
        return _sum(x)
    if reduction == "none":
        return x
    raise ValueError(f"{name}: reduction {reduction!r}; use 'mean', 'sum' or 'none'.")


def same_shape(x: Any, target: Any, name: str, *, spread: bool = True) -> None:
    """Raise unless the shapes agree; with `spread` a target may be broadcast to the input."""
    own, other = tuple(x._data.shape), tuple(target._data.shape)
    if own != other and not (spread and broadcast(name, own, other) == own):
        raise ShapeError(
            f"{name}: the input has shape {own} and the target {other}; broadcasting them would "
            "compare elements that do not belong together. Use target.reshape(input.shape) if "
            "their order is the same."
        )


def _weighted(x: Any, weight: Any) -> Any:
    return x if weight is None else e.mul(x, weight)


def mse_loss(input: Any, target: Any, reduction: str = "mean", *, weight: Any = None) -> Any:
    """(input - target)^2.

    >>> import wengert
    >>> wengert.nn.functional.mse_loss(wengert.ones(2), wengert.zeros(2))
    tensor(1.)
    """
    same_shape(input, target, "mse_loss")
    difference = e.sub(input, target)
    return reduced(_weighted(e.mul(difference, difference), weight), reduction, "mse_loss")


def l1_loss(input: Any, target: Any, reduction: str = "mean", *, weight: Any = None) -> Any:
    """|input - target|; the derivative where they are equal is 0.

    >>> import wengert
    >>> wengert.nn.functional.l1_loss(wengert.ones(2), -wengert.ones(2))
    tensor(2.)
    """
    same_shape(input, target, "l1_loss")
    difference = e.sub(input, target)
    is_complex = difference._data.dtype.kind == "c"
    size = modulus(difference) if is_complex else e.absolute(difference)
    return reduced(_weighted(size, weight), reduction, "l1_loss")


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, with d = input - target.

    >>> import wengert
    >>> wengert.nn.functional.smooth_l1_loss(wengert.tensor([3.0]), wengert.zeros(1))
    tensor(2.5000)
    """
    if beta == 0:
        return l1_loss(input, target, reduction)
    same_shape(input, target, "smooth_l1_loss")
    d = e.sub(input, target)
    size = e.absolute(d)
    near = e.mul(e.mul(d, d), 0.5 / beta)
    found = e.where(e.lt(size, beta), near, e.sub(size, 0.5 * beta))
    return reduced(found, reduction, "smooth_l1_loss")


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """d^2 / 2 where |d| < delta, else delta * (|d| - delta / 2), with d = input - target.

    >>> import wengert
    >>> wengert.nn.functional.huber_loss(wengert.tensor([3.0]), wengert.zeros(1), delta=2.0)
    tensor(4.)
    """
    same_shape(input, target, "huber_loss")
    if delta <= 0:
        raise ValueError(f"huber_loss: delta={delta} must be positive.")
    d = e.sub(input, target)
    size = e.absolute(d)
    near, far = e.mul(e.mul(d, d), 0.5), e.mul(e.sub(size, 0.5 * delta), delta)
    return reduced(e.where(e.lt(size, delta), near, far), reduction, "huber_loss")


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """-(t log x + (1 - t) log(1 - x)) for probabilities x; logarithms are not below -100.

    Where a logarithm is cut off it passes no gradient back. `binary_cross_entropy_with_logits`
    needs no cutting off and is to be preferred.

    >>> import wengert
    >>> wengert.nn.functional.binary_cross_entropy(wengert.tensor([0.5]), wengert.ones(1))
    tensor(0.6931)
    """
    same_shape(input, target, "binary_cross_entropy", spread=False)
    if is_array(input._data) and input._data.size:
        low, high = input._data.min(), input._data.max()
        if low < 0 or high > 1:
            raise ValueError(
                f"binary_cross_entropy: probabilities lie from 0 to 1, not from {low} to {high}. "
                "For logits use binary_cross_entropy_with_logits."
            )
    yes, no = clamp(log(input), min=-100.0), clamp(log1p(e.neg(input)), min=-100.0)
    found = e.neg(e.add(e.mul(target, yes), e.mul(e.sub(1.0, target), no)))
    return reduced(_weighted(found, weight), reduction, "binary_cross_entropy")


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """-(pos_weight t log s + (1 - t) log(1 - s)) with s = sigmoid(input), without overflow.

    >>> import wengert
    >>> loss = wengert.nn.functional.binary_cross_entropy_with_logits
    >>> loss(wengert.tensor([0.0, -1000.0]), wengert.tensor([1.0, 0.0]), reduction="none")
    tensor([0.6931, 0.0000])
    """
    same_shape(input, target, "binary_cross_entropy_with_logits", spread=False)
    # log s = -softplus(-x) and log(1 - s) = -x - softplus(-x).
    missed = softplus(e.neg(input), threshold=float("inf"))
    if pos_weight is not None:
        missed = e.mul(missed, e.add(e.mul(e.sub(pos_weight, 1.0), target), 1.0))
    found = e.add(e.mul(e.sub(1.0, target), input), missed)
    return reduced(_weighted(found, weight), reduction, "binary_cross_entropy_with_logits")


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """t * (log t - input), input holding log-probabilities; 0 where t is 0.

    reduction "batchmean" divides the sum by the first extent, which is the divergence of the mean
    sample; "mean" divides by the number of elements.

    >>> import wengert
    >>> logp = wengert.tensor([[0.5, 0.5]]).log()
    >>> wengert.nn.functional.kl_div(logp, wengert.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    if log_target:
        found = e.mul(target.exp(), e.sub(target, input))
    else:
        # A negative target has no logarithm: NaN, as in PyTorch.
        some = e.ne(target, 0.0)
        entropy = e.where(some, e.mul(target, log(e.where(some, target, 1.0))), target * 0.0)
        found = e.sub(entropy, e.mul(target, input))
    if reduction == "batchmean":
        return e.div(_sum(found), float(input._data.shape[0] if input._data.ndim else 1))
    return reduced(found, reduction, "kl_div")


def _variance(input: Any, var: Any) -> Any:
    """The variances in a shape that broadcasts to the input's."""
    if not isinstance(var, Handle):
        return filled(tuple(input._data.shape), float(var), input._data.dtype)
    shape, own = tuple(input._data.shape), tuple(var._data.shape)
    if own == shape[:-1] and own != shape:
        var = reshape(var, shape=(*own, 1))
    elif own != shape and own != (*shape[:-1], 1):
        raise ShapeError(
            f"gaussian_nll_loss: variances of shape {own} do not fit an input of shape {shape}."
        )
    if is_array(var._data) and (var._data < 0).any():
        raise ValueError("gaussian_nll_loss: a variance is negative.")
    return var


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """(log v + (input - target)^2 / v) / 2, v = max(var, eps); `full` adds log(2 pi) / 2.

    var has the input's shape, one number for each last axis, or is a number. Where it is cut off
    its gradient is that of the loss at eps. Source: D. Nix, A. Weigend, 1994.

    >>> import wengert
    >>> x = wengert.tensor([2.0])
    >>> wengert.nn.functional.gaussian_nll_loss(x, wengert.zeros(1), wengert.ones(1))
    tensor(2.)
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"gaussian_nll_loss: reduction {reduction!r}; use mean, sum or none.")
    var = _variance(input, var)
    raised = e.add(e.sub(var, var.detach()), eps)
    var = e.where(e.lt(var, eps), raised, var)
    difference = e.sub(input, target)
    found = e.mul(e.add(log(var), e.div(e.mul(difference, difference), var)), 0.5)
    if full:
        found = e.add(found, 0.5 * math.log(2 * math.pi))
    return reduced(found, reduction, "gaussian_nll_loss")


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """exp(input) - target * input, or input - target * log(input + eps) without `log_input`.

    `full` adds Stirling's approximation of log(target!) where target > 1.

    >>> import wengert
    >>> wengert.nn.functional.poisson_nll_loss(wengert.zeros(1), wengert.ones(1))
    tensor(1.)
    """
    if log_input:
        found = e.sub(exp(input), e.mul(target, input))
    else:
        found = e.sub(input, e.mul(target, log(e.add(input, eps))))
    if full:
        large = e.gt(target, 1)
        t = e.where(large, target, 1)
        growth = e.sub(e.mul(t, log(t)), t)
        stirling = e.add(growth, e.mul(log(e.mul(t, 2 * math.pi)), 0.5))
        found = e.add(found, e.where(large, stirling, 0.0))
    return reduced(found, reduction, "poisson_nll_loss")
