"""Losses with a margin: pairs, triplets and classes that should be apart by some distance.

A term below its margin adds nothing, neither to the value nor to a derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._base.dtypes import int64, is_inexact, to_floating
from ..._base.errors import DtypeError, ShapeError
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ..._primitives.indexing import iota, scatter_add, take
from ..._primitives.reductions import cumsum, sum_
from ..._primitives.shaping import reshape
from ..._primitives.transcendental import sqrt
from ..networks.activations import logsigmoid, softplus
from ..reductions.norms import norm
from ..reductions.reduction import sum as _sum
from .losses import reduced, same_shape


def _positive_part(x: Any) -> Any:
    """max(x, 0), with the derivative 1 at 0, as PyTorch's clamp has it."""
    return e.where(e.lt(x, 0), 0, x)


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: str = "mean"
) -> Any:
    """x where the target is 1, max(0, margin - x) where it is -1.

    >>> import wengert
    >>> x, target = wengert.tensor([0.5, 0.5]), wengert.tensor([1.0, -1.0])
    >>> wengert.nn.functional.hinge_embedding_loss(x, target, margin=2.0, reduction="none")
    tensor([0.5000, 1.5000])
    """
    apart = e.where(e.ne(target, 1), _positive_part(e.sub(margin, input)), 0.0)
    found = e.add(apart, e.where(e.ne(target, -1), input, 0.0))
    return reduced(found, reduction, "hinge_embedding_loss")


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0, reduction: str = "mean"
) -> Any:
    """max(0, margin - target * (input1 - input2)); the target 1 wants input1 to be larger.

    >>> import wengert
    >>> x, y = wengert.tensor([1.0]), wengert.tensor([3.0])
    >>> wengert.nn.functional.margin_ranking_loss(x, y, wengert.ones(1))
    tensor(2.)
    """
    ranks = {t._data.ndim for t in (input1, input2, target)}
    if len(ranks) > 1:
        raise ShapeError("margin_ranking_loss: inputs and target need the same number of axes.")
    found = e.add(e.mul(e.neg(target), e.sub(input1, input2)), margin)
    return reduced(_positive_part(found), reduction, "margin_ranking_loss")


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """log(1 + exp(-target * x)) for targets 1 and -1.

    >>> import wengert
    >>> wengert.nn.functional.soft_margin_loss(wengert.zeros(2), wengert.ones(2))
    tensor(0.6931)
    """
    # The input is negated: an unsigned target has no -1.
    found = softplus(e.mul(e.neg(input), target), threshold=float("inf"))
    return reduced(found, reduction, "soft_margin_loss")


def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """-(t log s + (1 - t) log(1 - s)), s = sigmoid(x), averaged over the classes (the last axis).

    >>> import wengert
    >>> loss = wengert.nn.functional.multilabel_soft_margin_loss
    >>> loss(wengert.zeros(1, 2), wengert.tensor([[0.0, 1.0]]))
    tensor(0.6931)
    """
    yes, no = logsigmoid(input), logsigmoid(e.neg(input))
    found = e.neg(e.add(e.mul(target, yes), e.mul(e.sub(1, target), no)))
    if weight is not None:
        found = e.mul(found, weight)
    axis = found._data.ndim - 1
    found = e.div(_sum(found, axis), float(input._data.shape[axis]))
    return reduced(found, reduction, "multilabel_soft_margin_loss")


def _rows(input: Any, name: str) -> tuple[Any, bool]:
    """(n, classes), and whether there was one sample only."""
    shape = tuple(input._data.shape)
    if len(shape) not in (1, 2) or not shape[-1]:
        raise ShapeError(f"{name}: expected axes (n, classes) or (classes,), not shape {shape}.")
    if not is_inexact(input._data.dtype):
        raise DtypeError(f"{name}: expected a floating dtype, not {input._data.dtype}.")
    return (input, False) if len(shape) == 2 else (reshape(input, shape=(1, *shape)), True)


def _integers(target: Any, name: str) -> Any:
    if target._data.dtype.kind not in "iu":
        raise DtypeError(f"{name}: class indices must be integers, not {target._data.dtype}.")
    return convert(target, int64)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    reduction: str = "mean",
) -> Any:
    """sum_{j != y} max(0, margin - x[y] + x[j])^p * weight[y] / classes, y the target; p 1 or 2.

    >>> import wengert
    >>> x = wengert.tensor([[0.0, 0.5]])
    >>> wengert.nn.functional.multi_margin_loss(x, wengert.tensor([0]))
    tensor(0.7500)
    """
    name = "multi_margin_loss"
    if p not in (1, 2):
        raise ValueError(f"{name}: p={p}; only 1 and 2 are available.")
    if not input._data.ndim:
        input = reshape(input, shape=(1,))
    x, single = _rows(input, name)
    rows, classes = tuple(x._data.shape)
    if target._data.size != rows or target._data.ndim > 1:
        raise ShapeError(f"{name}: {rows} samples and targets {tuple(target._data.shape)}.")
    if weight is not None and tuple(weight._data.shape) != (classes,):
        raise ShapeError(
            f"{name}: weight needs one number for each of {classes} classes, not shape "
            f"{tuple(weight._data.shape)}."
        )
    index = reshape(_integers(target, name), shape=(rows, 1))
    own = take(x, reshape(iota(rows), shape=(rows, 1)), index)
    gap = e.add(e.sub(margin, own), x)
    other = e.ne(reshape(iota(classes), shape=(1, classes)), index)
    counts = e.bitwise_and(other, e.gt(gap, 0.0))
    found = e.where(counts, gap if p == 1 else e.mul(gap, gap), 0.0)
    if weight is not None:
        found = e.mul(found, take(weight, index))
    losses = e.div(sum_(found, axes=(1,)), float(classes))
    if single and not (reduction == "none" and target._data.ndim):
        losses = reshape(losses, shape=())
    return reduced(losses, reduction, name)


def multilabel_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """sum_ij max(0, 1 - x[y[i]] + x[j]) / classes, over the labels y[i] and all other classes j.

    A row of targets lists labels; the first -1 ends it.

    >>> import wengert
    >>> x, target = wengert.tensor([0.0, 0.5, 0.2]), wengert.tensor([1, -1, 0])
    >>> wengert.nn.functional.multilabel_margin_loss(x, target)
    tensor(0.4000)
    """
    name = "multilabel_margin_loss"
    same_shape(input, target, name, spread=False)
    if not input._data.ndim:
        input, target = reshape(input, shape=(1,)), reshape(target, shape=(1,))
    x, single = _rows(input, name)
    rows, classes = tuple(x._data.shape)
    labels = reshape(_integers(target, name), shape=(rows, classes))
    ended = cumsum(convert(e.lt(labels, 0), int64), axis=1)
    listed = e.eq(ended, 0)
    places = e.where(listed, labels, 0)
    row = reshape(iota(rows), shape=(rows, 1))
    marks = scatter_add(convert(listed, int64), row, places, shape=(rows, classes))
    others = reshape(e.eq(marks, 0), shape=(rows, 1, classes))
    own = reshape(take(x, row, places), shape=(rows, classes, 1))
    gap = e.add(e.sub(1.0, own), reshape(x, shape=(rows, 1, classes)))
    pairs = e.bitwise_and(reshape(listed, shape=(rows, classes, 1)), others)
    found = e.where(e.bitwise_and(pairs, e.gt(gap, 0.0)), gap, 0.0)
    losses = e.div(sum_(found, axes=(1, 2)), float(classes))
    return reduced(reshape(losses, shape=()) if single else losses, reduction, name)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0, reduction: str = "mean"
) -> Any:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1; cos on the last axis.

    Inputs (n, features) with targets (n,), or (features,) with a 0-d target.

    >>> import wengert
    >>> x = wengert.tensor([[1.0, 0.0]])
    >>> wengert.nn.functional.cosine_embedding_loss(x, -x, wengert.ones(1))
    tensor(2.)
    """
    axes = target._data.ndim
    if axes > 1 or any(x._data.ndim != axes + 1 for x in (input1, input2)):
        raise ShapeError(
            "cosine_embedding_loss: inputs (n, features) need targets (n,), inputs (features,) a "
            f"0-d target; the shapes are {tuple(input1._data.shape)}, {tuple(input2._data.shape)} "
            f"and {tuple(target._data.shape)}."
        )
    a, b = (convert(x, to_floating(x._data.dtype)) for x in (input1, input2))
    product = _sum(e.mul(a, b), axes)
    first = e.add(_sum(e.mul(a, a), axes), 1e-12)
    second = e.add(_sum(e.mul(b, b), axes), 1e-12)
    cosine = e.div(product, sqrt(e.mul(first, second)))
    near = e.where(e.eq(target, 1), e.sub(1.0, cosine), 0.0)
    far = e.where(e.eq(target, -1), _positive_part(e.sub(cosine, margin)), 0.0)
    return reduced(e.add(near, far), reduction, "cosine_embedding_loss")


def _triplet(
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Callable[[Any, Any], Any],
    margin: float,
    swap: bool,
    reduction: str,
    name: str,
) -> Any:
    if len({x._data.ndim for x in (anchor, positive, negative)}) > 1:
        raise ShapeError(
            f"{name}: anchor, positive and negative need the same number of axes, not "
            f"{[x._data.ndim for x in (anchor, positive, negative)]}."
        )
    if margin <= 0:
        raise ValueError(f"{name}: margin={margin} must be positive.")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = e.minimum(far, distance(positive, negative))
    return reduced(_positive_part(e.add(e.sub(near, far), margin)), reduction, name)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, d(a, p) - d(a, n) + margin), d the p-norm of x - y + eps over the last axis.

    `swap` takes the nearer of anchor and positive as distance to the negative. Source: V. Balntas
    et al., Learning shallow convolutional feature descriptors with triplet losses, 2016.

    >>> import wengert
    >>> a, p, n = wengert.zeros(1, 2), wengert.tensor([[3.0, 4.0]]), wengert.zeros(1, 2)
    >>> wengert.nn.functional.triplet_margin_loss(a, p, n)
    tensor(6.0000)
    """

    def distance(x: Any, y: Any) -> Any:
        return norm(e.add(e.sub(x, y), eps), p, -1)

    return _triplet(
        anchor, positive, negative, distance, margin, swap, reduction, "triplet_margin_loss"
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin_loss` with any distance; the Euclidean one if none is given.

    >>> import wengert
    >>> loss = wengert.nn.functional.triplet_margin_with_distance_loss
    >>> x = wengert.zeros(1, 2)
    >>> loss(x, x + 1, x, distance_function=lambda x, y: (x - y).abs().sum(-1))
    tensor(3.)
    """

    def euclidean(x: Any, y: Any) -> Any:
        return norm(e.add(e.sub(x, y), 1e-6), 2, -1)

    name = "triplet_margin_with_distance_loss"
    distance = euclidean if distance_function is None else distance_function
    return _triplet(anchor, positive, negative, distance, margin, swap, reduction, name)
