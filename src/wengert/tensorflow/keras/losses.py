"""tf.keras.losses: functions that give one number a sample, and classes that average them.

The functions take (y_true, y_pred) and reduce the last axis. A class called with
`sample_weight` weights the samples; `reduction` is "sum_over_batch_size", "sum" or "none".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..._base.dtypes import is_inexact
from ..._base.errors import ShapeError
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ...nn import functional as f
from .._variable import convert_to_tensor
from ._names import chosen

_EPSILON = 1e-7


def _pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as floating tensors of one rank, so that (n,) beside (n, 1) is not broadcast."""
    pred = convert_to_tensor(y_pred)
    true = convert_to_tensor(y_true)
    if is_inexact(pred._data.dtype):
        true = convert(true, pred._data.dtype)
    if true.ndim == pred.ndim + 1 and true.shape[-1] == 1:
        return (true, pred[:, None]) if pred.ndim == 1 else (true.squeeze(-1), pred)
    if pred.ndim == true.ndim + 1 and pred.shape[-1] == 1:
        return (true[:, None], pred) if true.ndim == 1 else (true, pred.squeeze(-1))
    return true, pred


def _per_sample(x: Any) -> Any:
    return x.mean(-1) if x.ndim else x


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """mean((y_true - y_pred)^2) over the last axis.

    >>> mean_squared_error([[0.0, 0.0]], [[1.0, 3.0]])
    tensor([5.])
    """
    true, pred = _pair(y_true, y_pred)
    difference = true - pred
    return _per_sample(difference * difference)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """mean(|y_true - y_pred|) over the last axis.

    >>> mean_absolute_error([[0.0, 0.0]], [[1.0, 3.0]])
    tensor([2.])
    """
    true, pred = _pair(y_true, y_pred)
    return _per_sample((true - pred).abs())


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """100 mean(|y_true - y_pred| / max(|y_true|, 1e-7)) over the last axis.

    >>> mean_absolute_percentage_error([[2.0]], [[1.0]])
    tensor([50.])
    """
    true, pred = _pair(y_true, y_pred)
    return _per_sample((true - pred).abs() / true.abs().clamp(min=_EPSILON)) * 100


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """mean((log(1 + y_true) - log(1 + y_pred))^2) over the last axis.

    >>> mean_squared_logarithmic_error([[0.0]], [[math.e - 1]])
    tensor([1.0000])
    """
    true, pred = _pair(y_true, y_pred)
    difference = true.clamp(min=_EPSILON).log1p() - pred.clamp(min=_EPSILON).log1p()
    return _per_sample(difference * difference)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """mean of d^2/2 where |d| <= delta and delta |d| - delta^2/2 beyond, over the last axis.

    >>> huber([[0.0]], [[3.0]])
    tensor([2.5000])
    """
    true, pred = _pair(y_true, y_pred)
    return _per_sample(f.huber_loss(pred, true, reduction="none", delta=delta))


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """mean(log(cosh(y_pred - y_true))) over the last axis, without overflow.

    >>> log_cosh([[0.0]], [[100.0]])
    tensor([99.3069])
    """
    true, pred = _pair(y_true, y_pred)
    d = pred - true
    return _per_sample(d + f.softplus(d * -2) - math.log(2))


def hinge(y_true: Any, y_pred: Any) -> Any:
    """mean(max(1 - y_true y_pred, 0)) over the last axis; labels 0 and 1 are taken as -1 and 1.

    >>> hinge([[1.0, -1.0]], [[0.5, 1.0]])
    tensor([1.2500])
    """
    true, pred = _pair(y_true, y_pred)
    signs = e.where(((true == 0) | (true == 1)).all(), true * 2 - 1, true)
    return _per_sample((1 - signs * pred).relu())


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """sum(p log(p / q)) over the last axis, both at least 1e-7.

    >>> kl_divergence([[1.0, 1e-7]], [[0.5, 0.5]])
    tensor([0.6931])
    """
    true, pred = _pair(y_true, y_pred)
    p, q = true.clamp(_EPSILON, 1), pred.clamp(_EPSILON, 1)
    return (p * (p / q).log()).sum(-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """mean(y_pred - y_true log(y_pred + 1e-7)) over the last axis.

    >>> poisson([[1.0]], [[1.0]])
    tensor([1.0000])
    """
    true, pred = _pair(y_true, y_pred)
    return _per_sample(pred - true * (pred + _EPSILON).log())


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """-cos of the angle between y_true and y_pred (the sign makes it a loss).

    >>> cosine_similarity([[1.0, 0.0]], [[2.0, 0.0]])
    tensor([-1.])
    """
    true, pred = _pair(y_true, y_pred)
    return -(f.normalize(true, dim=axis) * f.normalize(pred, dim=axis)).sum(axis)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Any:
    """mean(-t log(p) - (1 - t) log(1 - p)) over the last axis.

    y_pred are probabilities, cut off at 1e-7 and 1 - 1e-7, or logits.

    >>> binary_crossentropy([[1.0]], [[0.5]])
    tensor([0.6931])
    """
    true, pred = _pair(y_true, y_pred)
    if label_smoothing:
        true = true * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return _per_sample(f.binary_cross_entropy_with_logits(pred, true, reduction="none"))
    p = pred.clamp(_EPSILON, 1 - _EPSILON)
    return _per_sample(-(true * p.log() + (1 - true) * (1 - p).log()))


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """-sum(t log(p)) along an axis; y_true are probabilities of the classes.

    y_pred are probabilities, divided by their sum and cut off at 1e-7 and 1 - 1e-7, or logits.

    >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    tensor([0.6931])
    """
    true, pred = _pair(y_true, y_pred)
    if true.shape != pred.shape:
        raise ShapeError(
            f"categorical_crossentropy: y_true has shape {true.shape}, y_pred {pred.shape}. For "
            "class indices use sparse_categorical_crossentropy."
        )
    if label_smoothing:
        true = true * (1 - label_smoothing) + label_smoothing / pred.shape[axis]
    logs = f.log_softmax(pred, axis) if from_logits else _log_of_parts(pred, axis)
    return -(true * logs).sum(axis)


def _log_of_parts(pred: Any, axis: int) -> Any:
    return (pred / pred.sum(axis, keepdim=True)).clamp(_EPSILON, 1 - _EPSILON).log()


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None
) -> Any:
    """-log(p) at the index of the class, the last axis being the classes.

    >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    tensor([0.6931])
    """
    pred, index = convert_to_tensor(y_pred), convert_to_tensor(y_true)
    if index.ndim == pred.ndim and index.shape[-1] == 1:
        index = index.squeeze(-1)
    if index.shape != pred.shape[:-1]:
        raise ShapeError(
            f"sparse_categorical_crossentropy: y_true has shape {index.shape}, and y_pred "
            f"{pred.shape} asks for {pred.shape[:-1]}. For one-hot labels use "
            "categorical_crossentropy."
        )
    logs = f.log_softmax(pred, -1) if from_logits else _log_of_parts(pred, -1)
    places = index.long()
    if ignore_class is None:
        return -logs.gather(-1, places[..., None])[..., 0]
    counts = places != ignore_class
    found = logs.gather(-1, e.where(counts, places, 0)[..., None])[..., 0]
    return e.where(counts, -found, 0.0)


class Loss:
    """The base: subclass it and write `call(y_true, y_pred)`, one number for each sample.

    >>> class Distance(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return mean_absolute_error(y_true, y_pred)
    >>> Distance()([[1.0]], [[4.0]])
    tensor(3.)
    """

    def __init__(self, name: str | None = None, reduction: str = "sum_over_batch_size") -> None:
        allowed = ("sum_over_batch_size", "sum", "none", None, "auto", "mean")
        if reduction not in allowed:
            raise ValueError(
                f"Loss: reduction {reduction!r}; use 'sum_over_batch_size', 'sum' or 'none'."
            )
        self.name = name or type(self).__name__
        self.reduction = reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each sample."""
        raise NotImplementedError(f"{type(self).__name__} has no call(y_true, y_pred).")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The samples' losses, weighted and reduced."""
        values = self.call(convert_to_tensor(y_true), convert_to_tensor(y_pred))
        if sample_weight is not None:
            weight = convert(convert_to_tensor(sample_weight), values._data.dtype)
            while weight.ndim > values.ndim and weight.shape[-1] == 1:
                weight = weight.squeeze(-1)
            values = values * weight.reshape(*weight.shape, *(1,) * (values.ndim - weight.ndim))
        if self.reduction in ("none", None):
            return values
        return values.sum() if self.reduction == "sum" else values.mean()


class _Wrapped(Loss):
    """A function as a loss, with its options."""

    function: Callable[..., Any]

    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str | None = None, **options: Any
    ) -> None:
        super().__init__(name, reduction)
        self._options = options

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return type(self).function(y_true, y_pred, **self._options)


def _class(name: str, function: Callable[..., Any], example: str, *order: str) -> Any:
    """The class of a function; `order` names its options that may be given by position."""

    def __init__(self: Any, *given: Any, **options: Any) -> None:
        _Wrapped.__init__(self, **dict(zip(order, given)), **options)

    doc = (function.__doc__ or "").partition("\n")[0]
    doc = f"The mean over samples of: {doc}\n\n    >>> {example}\n    "
    body = {"__init__": __init__, "__doc__": doc, "function": staticmethod(function)}
    return type(name, (_Wrapped,), body)


_ZERO = "([[1.0]], [[1.0]])\n    tensor(0.)"
_HALF = "([[1.0]], [[0.5]])\n    tensor(0.6931)"
MeanSquaredError = _class("MeanSquaredError", mean_squared_error, "MeanSquaredError()" + _ZERO)
MeanAbsoluteError = _class("MeanAbsoluteError", mean_absolute_error, "MeanAbsoluteError()" + _ZERO)
MeanAbsolutePercentageError = _class(
    "MeanAbsolutePercentageError",
    mean_absolute_percentage_error,
    "MeanAbsolutePercentageError()" + _ZERO,
)
MeanSquaredLogarithmicError = _class(
    "MeanSquaredLogarithmicError",
    mean_squared_logarithmic_error,
    "MeanSquaredLogarithmicError()" + _ZERO,
)
Huber = _class("Huber", huber, "Huber()" + _ZERO, "delta")
LogCosh = _class("LogCosh", log_cosh, "LogCosh()" + _ZERO)
Hinge = _class("Hinge", hinge, "Hinge()" + _ZERO)
KLDivergence = _class("KLDivergence", kl_divergence, "KLDivergence()" + _ZERO)
Poisson = _class("Poisson", poisson, "Poisson()([[0.0]], [[1.0]])\n    tensor(1.)")
CosineSimilarity = _class(
    "CosineSimilarity",
    cosine_similarity,
    "CosineSimilarity()([[1.0]], [[2.0]])\n    tensor(-1.)",
    "axis",
)
BinaryCrossentropy = _class(
    "BinaryCrossentropy",
    binary_crossentropy,
    "BinaryCrossentropy()" + _HALF,
    "from_logits",
    "label_smoothing",
)
CategoricalCrossentropy = _class(
    "CategoricalCrossentropy",
    categorical_crossentropy,
    "CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])\n    tensor(0.6931)",
    "from_logits",
    "label_smoothing",
    "axis",
)
SparseCategoricalCrossentropy = _class(
    "SparseCategoricalCrossentropy",
    sparse_categorical_crossentropy,
    "SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])\n    tensor(0.6931)",
    "from_logits",
    "ignore_class",
)

_CLASSES: dict[str, Any] = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "cosine_similarity": CosineSimilarity,
    "hinge": Hinge,
    "huber": Huber,
    "kl_divergence": KLDivergence,
    "kld": KLDivergence,
    "log_cosh": LogCosh,
    "logcosh": LogCosh,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_error": MeanSquaredError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
    "poisson": Poisson,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Any:
    """The loss with this name, as an object; a plain function is averaged over the samples.

    >>> get("mse")([[0.0]], [[2.0]])
    tensor(4.)
    """
    found = chosen("loss", identifier, {**_CLASSES, **{c.__name__: c for c in _CLASSES.values()}})
    if isinstance(found, type):
        return found()
    return found if isinstance(found, Loss) or found is None else _from_function(found)


def _from_function(function: Callable[..., Any]) -> Loss:
    made: Any = type(getattr(function, "__name__", "Function"), (_Wrapped,), {})
    made.function = staticmethod(function)
    return made()


MSE = mse = mean_squared_error
MAE = mae = mean_absolute_error

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MAE",
    "MSE",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "cosine_similarity",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mae",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "mse",
    "poisson",
    "sparse_categorical_crossentropy",
]
