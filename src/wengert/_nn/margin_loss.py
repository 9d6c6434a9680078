"""Losses with a margin, of counts and of labellings, as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._functions.losses import losses as f
from .._functions.losses import margins as m
from .._functions.losses.ctc import ctc_loss
from .loss import Loss, WeightedLoss


class GaussianNLLLoss(Loss):
    """(log v + (input - target)^2 / v) / 2, v the third input.

    >>> import wengert
    >>> x = wengert.tensor([2.0])
    >>> wengert.nn.GaussianNLLLoss()(x, wengert.zeros(1), wengert.ones(1))
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        """The loss."""
        return f.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)


class PoissonNLLLoss(Loss):
    """exp(input) - target * input.

    >>> import wengert
    >>> wengert.nn.PoissonNLLLoss()(wengert.zeros(1), wengert.ones(1))
    tensor(1.)
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.poisson_nll_loss(
            input, target, self.log_input, self.full, self.eps, self.reduction
        )


class HingeEmbeddingLoss(Loss):
    """x where the target is 1, max(0, margin - x) where it is -1.

    >>> import wengert
    >>> wengert.nn.HingeEmbeddingLoss()(wengert.zeros(1), -wengert.ones(1))
    tensor(1.)
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return m.hinge_embedding_loss(input, target, self.margin, self.reduction)


class MarginRankingLoss(Loss):
    """max(0, margin - target * (input1 - input2)).

    >>> import wengert
    >>> x = wengert.ones(1)
    >>> wengert.nn.MarginRankingLoss(0.5)(x, x, x)
    tensor(0.5000)
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss."""
        return m.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class SoftMarginLoss(Loss):
    """log(1 + exp(-target * x)) for targets 1 and -1.

    >>> import wengert
    >>> wengert.nn.SoftMarginLoss()(wengert.zeros(1), wengert.ones(1))
    tensor(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return m.soft_margin_loss(input, target, self.reduction)


class MultiLabelMarginLoss(Loss):
    """sum_ij max(0, 1 - x[y[i]] + x[j]) / classes, over labels y[i] and other classes j.

    >>> import wengert
    >>> x, target = wengert.tensor([0.0, 0.5]), wengert.tensor([1, -1])
    >>> wengert.nn.MultiLabelMarginLoss()(x, target)
    tensor(0.2500)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return m.multilabel_margin_loss(input, target, self.reduction)


class CosineEmbeddingLoss(Loss):
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1.

    >>> import wengert
    >>> x = wengert.tensor([[1.0, 0.0]])
    >>> wengert.nn.CosineEmbeddingLoss()(x, x, -wengert.ones(1))
    tensor(1.)
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss."""
        return m.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Binary cross entropy of logits, averaged over the classes.

    >>> import wengert
    >>> wengert.nn.MultiLabelSoftMarginLoss()(wengert.zeros(1, 2), wengert.ones(1, 2))
    tensor(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return m.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)


class MultiMarginLoss(WeightedLoss):
    """sum_{j != y} max(0, margin - x[y] + x[j])^p * weight[y] / classes.

    >>> import wengert
    >>> wengert.nn.MultiMarginLoss()(wengert.tensor([[0.0, 0.5]]), wengert.tensor([0]))
    tensor(0.7500)
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return m.multi_margin_loss(input, target, self.p, self.margin, self.weight, self.reduction)


class TripletMarginLoss(Loss):
    """max(0, d(a, p) - d(a, n) + margin), d the p-norm of the difference.

    >>> import wengert
    >>> x = wengert.zeros(1, 2)
    >>> wengert.nn.TripletMarginLoss(margin=0.5)(x, x, x)
    tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss."""
        return m.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction
        )


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` with any distance; the Euclidean one if none is given.

    >>> import wengert
    >>> x = wengert.zeros(1, 2)
    >>> wengert.nn.TripletMarginWithDistanceLoss(margin=0.5)(x, x, x)
    tensor(0.5000)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.distance_function = distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss."""
        return m.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class CTCLoss(Loss):
    """-log of the probability of targets, over all alignments with `blank` in between.

    >>> import wengert
    >>> log_probs = wengert.full((2, 1, 2), 0.5).log()
    >>> wengert.nn.CTCLoss()(log_probs, wengert.tensor([[1]]), (2,), (1,)).neg().exp()
    tensor(0.7500)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        """The loss."""
        return ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
