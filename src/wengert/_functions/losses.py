"""Losses: one number that says how far predictions are from targets.

Shapes and dtypes are checked before anything is computed. `reduction` is "mean", "sum" or "none".
Every formula is stable for large inputs and has right second derivatives at zero.
"""

from __future__ import annotations

from typing import Any

from .._base.dtypes import int64, is_floating
from .._base.errors import DtypeError, ShapeError
from .._base.shapes import broadcast
from .._declare.elementwise import convert
from .._primitives import elementwise as e
from .._primitives.indexing import iota, take
from .._primitives.shaping import reshape
from .._primitives.transcendental import exp, log, log1p
from .activations import log_softmax, softplus
from .comparison import clamp
from .reduction import amax, mean
from .reduction import sum as _sum


def _reduce(x: Any, reduction: str, name: str) -> Any:
    if reduction == "mean":
        return mean(x)
    if reduction == "sum":
        return _sum(x)
    if reduction == "none":
        return x
    raise ValueError(f"{name}: reduction {reduction!r}; use 'mean', 'sum' or 'none'.")


def _same_shape(x: Any, target: Any, name: str, *, spread: bool = True) -> None:
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
    _same_shape(input, target, "mse_loss")
    difference = e.sub(input, target)
    return _reduce(_weighted(e.mul(difference, difference), weight), reduction, "mse_loss")


def l1_loss(input: Any, target: Any, reduction: str = "mean", *, weight: Any = None) -> Any:
    """|input - target|; the derivative where they are equal is 0.

    >>> import wengert
    >>> wengert.nn.functional.l1_loss(wengert.ones(2), -wengert.ones(2))
    tensor(2.)
    """
    _same_shape(input, target, "l1_loss")
    return _reduce(_weighted(e.absolute(e.sub(input, target)), weight), reduction, "l1_loss")


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, with d = input - target.

    >>> import wengert
    >>> wengert.nn.functional.smooth_l1_loss(wengert.tensor([3.0]), wengert.zeros(1))
    tensor(2.5000)
    """
    if beta == 0:
        return l1_loss(input, target, reduction)
    _same_shape(input, target, "smooth_l1_loss")
    d = e.sub(input, target)
    size = e.absolute(d)
    near = e.mul(e.mul(d, d), 0.5 / beta)
    found = e.where(e.lt(size, beta), near, e.sub(size, 0.5 * beta))
    return _reduce(found, reduction, "smooth_l1_loss")


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """d^2 / 2 where |d| <= delta, else delta * (|d| - delta / 2), with d = input - target.

    >>> import wengert
    >>> wengert.nn.functional.huber_loss(wengert.tensor([3.0]), wengert.zeros(1), delta=2.0)
    tensor(4.)
    """
    _same_shape(input, target, "huber_loss")
    d = e.sub(input, target)
    size = e.absolute(d)
    near, far = e.mul(e.mul(d, d), 0.5), e.mul(e.sub(size, 0.5 * delta), delta)
    return _reduce(e.where(e.le(size, delta), near, far), reduction, "huber_loss")


def _class_axis(input: Any, target: Any, name: str) -> int:
    """The axis of the classes, after checking that the target has an index for each position."""
    shape, places = tuple(input._data.shape), tuple(target._data.shape)
    if not shape:
        raise ShapeError(
            f"{name}: the input needs an axis of classes, (classes,) or (batch, classes)."
        )
    axis = 0 if len(shape) == 1 else 1
    if places != shape[:axis] + shape[axis + 1 :]:
        raise ShapeError(
            f"{name}: an input of shape {shape} (classes on axis {axis}) needs class indices of "
            f"shape {shape[:axis] + shape[axis + 1 :]}, not {places}."
        )
    return axis


def _picked(x: Any, index: Any, axis: int) -> Any:
    """x at one class for each position; the class axis disappears."""
    places = tuple(index._data.shape)
    positions: list[Any] = []
    for k, extent in enumerate(places):
        row = iota(extent)
        after = len(places) - k - 1
        positions.append(row if not after else reshape(row, shape=(extent, *(1,) * after)))
    positions.insert(axis, index)
    return take(x, *positions)


class _Classes:
    """Class indices with the places to leave out, and the weight of each place."""

    def __init__(self, input: Any, target: Any, weight: Any, ignore_index: int, name: str) -> None:
        self.axis = _class_axis(input, target, name)
        classes = input._data.shape[self.axis]
        if weight is not None and tuple(weight._data.shape) != (classes,):
            raise ShapeError(
                f"{name}: weight needs one number for each of {classes} classes, not shape "
                f"{tuple(weight._data.shape)}."
            )
        self.kept = e.ne(target, ignore_index)
        # An ignored index may be no class at all; 0 stands in for it, and is never looked at.
        self.index = convert(e.where(self.kept, target, 0), int64)
        if weight is None:
            self.weight: Any = convert(self.kept, input._data.dtype)
        else:
            self.weight = e.where(self.kept, take(weight, self.index), 0.0)
        self.plain = weight is None

    def losses(self, per_place: Any) -> Any:
        """Weighted, and 0 where ignored."""
        if not self.plain:
            per_place = e.mul(per_place, self.weight)
        return e.where(self.kept, per_place, 0.0)

    def reduce(self, losses: Any, reduction: str, name: str) -> Any:
        """The mean is over weights, so that ignored places and classes of weight 0 do not count."""
        if reduction == "mean":
            return e.div(_sum(losses), _sum(self.weight))
        return _reduce(losses, reduction, name)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """-weight[c] * input[c] at the class c of each place; input holds log-probabilities.

    Input (C,), (N, C) or (N, C, ...), target integers without the class axis. The mean divides by
    the sum of the weights used.

    >>> import wengert
    >>> logp = wengert.tensor([[-1.0, -2.0], [-3.0, -4.0]])
    >>> wengert.nn.functional.nll_loss(logp, wengert.tensor([0, 1]))
    tensor(2.5000)
    """
    _integer_target(target, "nll_loss")
    classes = _Classes(input, target, weight, ignore_index, "nll_loss")
    losses = classes.losses(e.neg(_picked(input, classes.index, classes.axis)))
    return classes.reduce(losses, reduction, "nll_loss")


def _integer_target(target: Any, name: str) -> None:
    if target._data.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: class indices must be integers, not {target._data.dtype}. Use "
            "target.to(wengert.int64)."
        )


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-sum_c p[c] * log(softmax(input)[c]), p the target: class indices, or probabilities.

    Input (C,), (N, C) or (N, C, ...) holds logits. Integer targets lack the class axis; floating
    ones have the input's shape. Label smoothing mixes p with the uniform distribution.

    >>> import wengert
    >>> wengert.nn.functional.cross_entropy(wengert.zeros(3, 4), wengert.tensor([0, 1, 2]))
    tensor(1.3863)
    """
    if is_floating(target._data.dtype) and target._data.shape == input._data.shape:
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    _integer_target(target, "cross_entropy")
    classes = _Classes(input, target, weight, ignore_index, "cross_entropy")
    axis = classes.axis
    if label_smoothing == 0:
        # The largest logit has no influence on the value, so it is a constant.
        shifted = e.sub(input, amax(input, axis, keepdim=True).detach())
        total = log(_sum(exp(shifted), axis))
        entropy = e.sub(total, _picked(shifted, classes.index, axis))
        return classes.reduce(classes.losses(entropy), reduction, "cross_entropy")
    logp = log_softmax(input, axis)
    chosen = classes.losses(e.neg(_picked(logp, classes.index, axis)))
    spread = e.neg(_sum(_by_class(logp, weight, axis), axis))
    spread = e.where(classes.kept, spread, 0.0)
    share = label_smoothing / input._data.shape[axis]
    losses = e.add(e.mul(chosen, 1.0 - label_smoothing), e.mul(spread, share))
    return classes.reduce(losses, reduction, "cross_entropy")


def _by_class(x: Any, weight: Any, axis: int) -> Any:
    if weight is None:
        return x
    shape = tuple(extent if k == axis else 1 for k, extent in enumerate(x._data.shape))
    return e.mul(x, reshape(weight, shape=shape))


def _soft_cross_entropy(
    input: Any, target: Any, weight: Any, reduction: str, label_smoothing: float
) -> Any:
    axis = 0 if input._data.ndim == 1 else 1
    classes = input._data.shape[axis]
    if label_smoothing != 0:
        target = e.add(e.mul(target, 1.0 - label_smoothing), label_smoothing / classes)
    logp = _by_class(log_softmax(input, axis), weight, axis)
    return _reduce(e.neg(_sum(e.mul(target, logp), axis)), reduction, "cross_entropy")


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
    _same_shape(input, target, "binary_cross_entropy", spread=False)
    yes, no = clamp(log(input), min=-100.0), clamp(log1p(e.neg(input)), min=-100.0)
    found = e.neg(e.add(e.mul(target, yes), e.mul(e.sub(1.0, target), no)))
    return _reduce(_weighted(found, weight), reduction, "binary_cross_entropy")


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
    _same_shape(input, target, "binary_cross_entropy_with_logits", spread=False)
    # log s = -softplus(-x) and log(1 - s) = -x - softplus(-x).
    missed = softplus(e.neg(input), threshold=float("inf"))
    if pos_weight is not None:
        missed = e.mul(missed, e.add(e.mul(e.sub(pos_weight, 1.0), target), 1.0))
    found = e.add(e.mul(e.sub(1.0, target), input), missed)
    return _reduce(_weighted(found, weight), reduction, "binary_cross_entropy_with_logits")


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
        positive = e.gt(target, 0.0)
        entropy = e.where(
            positive, e.mul(target, log(e.where(positive, target, 1.0))), target * 0.0
        )
        found = e.sub(entropy, e.mul(target, input))
    if reduction == "batchmean":
        return e.div(_sum(found), float(input._data.shape[0]))
    return _reduce(found, reduction, "kl_div")
