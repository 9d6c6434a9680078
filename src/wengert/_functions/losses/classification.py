"""Losses of classes: cross entropy and relatives, from indices or probabilities.

Classes are on axis 1, or 0 of one sample. Places to be ignored are left out before anything is
weighted, so that they have no gradient whatever they hold.
"""

from __future__ import annotations

from typing import Any

from ..._base.dtypes import int64, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import size_of
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ..._primitives.indexing import iota, take
from ..._primitives.linear_algebra import swapped
from ..._primitives.shaping import reshape
from ..._primitives.transcendental import exp, log
from ..linear_algebra.matrix import matmul
from ..networks.activations import log_softmax
from ..reductions.reduction import amax
from ..reductions.reduction import sum as _sum
from .losses import reduced


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
        return reduced(losses, reduction, name)


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
        if ignore_index >= 0:
            raise ValueError(
                f"cross_entropy: ignore_index={ignore_index} has no meaning for probabilities."
            )
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    _integer_target(target, "cross_entropy")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing={label_smoothing} must be from 0 to 1.")
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
    if weight is not None and tuple(weight._data.shape) != (classes,):
        raise ShapeError(
            f"cross_entropy: weight needs one number for each of {classes} classes, not shape "
            f"{tuple(weight._data.shape)}."
        )
    if label_smoothing != 0:
        target = e.add(e.mul(target, 1.0 - label_smoothing), label_smoothing / classes)
    logp = _by_class(log_softmax(input, axis), weight, axis)
    return reduced(e.neg(_sum(e.mul(target, logp), axis)), reduction, "cross_entropy")


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Any:
    """`cross_entropy` of input @ linear_weight^T + linear_bias.

    Input (features,) or (n, features), linear_weight (classes, ..., features); further axes of the
    weight become axes of the logits. `options` of PyTorch choose blocks and change no value.

    >>> import wengert
    >>> x, weight = wengert.ones(2, 3), wengert.zeros(4, 3)
    >>> wengert.nn.functional.linear_cross_entropy(x, weight, wengert.tensor([0, 1]))
    tensor(1.3863)
    """
    shape, matrix = tuple(input._data.shape), tuple(linear_weight._data.shape)
    if len(shape) not in (1, 2) or len(matrix) < 2 or shape[-1] != matrix[-1]:
        raise ShapeError(
            f"linear_cross_entropy: an input of shape {shape} does not fit a weight of shape "
            f"{matrix}: (n, features) or (features,), and (classes, ..., features)."
        )
    if len(shape) == 1 and len(matrix) > 2:
        raise ShapeError("linear_cross_entropy: a weight of more than 2 axes needs a batch.")
    if linear_bias is not None and tuple(linear_bias._data.shape) != matrix[:-1]:
        raise ShapeError(
            f"linear_cross_entropy: the bias has shape {tuple(linear_bias._data.shape)}, not "
            f"{matrix[:-1]}."
        )
    rows = reshape(linear_weight, shape=(size_of(matrix[:-1]), matrix[-1]))
    logits = reshape(matmul(input, swapped(rows)), shape=(*shape[:-1], *matrix[:-1]))
    if linear_bias is not None:
        logits = e.add(logits, linear_bias)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, ignored, reduction, label_smoothing)
