"""Losses as modules: the functions of `_functions/losses/losses.py` with their options kept."""

from __future__ import annotations

from typing import Any

from .._functions.losses import classification as c
from .._functions.losses import losses as f
from .module import Module


class Loss(Module):
    """What losses share: how they are reduced."""

    reduction: str

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction


class WeightedLoss(Loss):
    """A loss with a weight for each class or element."""

    weight: Any

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class MSELoss(Loss):
    """(input - target)^2.

    >>> import wengert
    >>> wengert.nn.MSELoss()(wengert.ones(2), wengert.zeros(2))
    tensor(1.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.mse_loss(input, target, self.reduction)


class L1Loss(Loss):
    """|input - target|.

    >>> import wengert
    >>> wengert.nn.L1Loss()(wengert.ones(2), -wengert.ones(2))
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.l1_loss(input, target, self.reduction)


class SmoothL1Loss(Loss):
    """A parabola below beta, |input - target| - beta / 2 beyond.

    >>> import wengert
    >>> wengert.nn.SmoothL1Loss()(wengert.tensor([3.0]), wengert.zeros(1))
    tensor(2.5000)
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(Loss):
    """A parabola below delta, a line of slope delta beyond.

    >>> import wengert
    >>> wengert.nn.HuberLoss()(wengert.tensor([3.0]), wengert.zeros(1))
    tensor(2.5000)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.huber_loss(input, target, self.reduction, self.delta)


class NLLLoss(WeightedLoss):
    """The negative log-probability of the target class.

    >>> import wengert
    >>> logp = wengert.tensor([[-1.0, -2.0]])
    >>> wengert.nn.NLLLoss()(logp, wengert.tensor([1]))
    tensor(2.)
    """

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return c.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class CrossEntropyLoss(WeightedLoss):
    """log_softmax and nll_loss in one, for logits; targets are class indices or probabilities.

    >>> import wengert
    >>> wengert.nn.CrossEntropyLoss()(wengert.zeros(3, 4), wengert.tensor([0, 1, 2]))
    tensor(1.3863)
    """

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return c.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class BCELoss(WeightedLoss):
    """Binary cross entropy of probabilities; BCEWithLogitsLoss is to be preferred.

    >>> import wengert
    >>> wengert.nn.BCELoss()(wengert.tensor([0.5]), wengert.ones(1))
    tensor(0.6931)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross entropy of logits, stable for all of them.

    >>> import wengert
    >>> wengert.nn.BCEWithLogitsLoss()(wengert.zeros(1), wengert.ones(1))
    tensor(0.6931)
    """

    pos_weight: Any

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )


class KLDivLoss(Loss):
    """t * (log t - input) for log-probabilities.

    >>> import wengert
    >>> logp = wengert.tensor([[0.5, 0.5]]).log()
    >>> wengert.nn.KLDivLoss(reduction="batchmean")(logp, wengert.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return f.kl_div(input, target, self.reduction, self.log_target)
