"""tf.keras.metrics: numbers about predictions, averaged over all batches of an epoch.

A metric adds up in Python floats, outside of every record; `update_state` takes tensors or arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._graph.value import Handle
from ..._record import modes as _modes
from .._variable import constant, convert_to_tensor
from . import losses
from ._names import chosen, snake_case


def _numbers(x: Any) -> np.ndarray[Any, Any]:
    made: Any = x if isinstance(x, Handle) else convert_to_tensor(x)
    return np.asarray(made.detach().numpy())


class Metric:
    """The base: subclass it and write `update_state(y_true, y_pred, sample_weight)`, `result`."""

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.reset_state()

    def reset_state(self) -> None:
        """Begin again."""
        self.total, self.count = 0.0, 0.0

    reset_states = reset_state

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take a batch into account."""
        raise NotImplementedError(f"{type(self).__name__} has no update_state.")

    def result(self) -> Any:
        """The number so far."""
        return constant(np.float32(self.total / self.count if self.count else 0.0))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take a batch into account; the number so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def add(self, values: np.ndarray[Any, Any], sample_weight: Any = None) -> None:
        """Add one number for each sample to the average."""
        flat = np.asarray(values, np.float64)
        weight = np.ones_like(flat) if sample_weight is None else _numbers(sample_weight)
        weight = np.broadcast_to(
            weight.reshape(weight.shape + (1,) * (flat.ndim - weight.ndim)), flat.shape
        )
        self.total += float((flat * weight).sum())
        self.count += float(weight.sum())


class Mean(Metric):
    """The mean of the values it is given.

    >>> mean = Mean()
    >>> mean.update_state([1.0, 2.0]); mean.update_state(6.0)
    >>> mean.result()
    tensor(3.)
    """

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take values into account."""
        self.add(_numbers(values), sample_weight)


class MeanMetricWrapper(Metric):
    """The mean of a function of (y_true, y_pred) that gives one number for each sample.

    >>> metric = MeanMetricWrapper(losses.mean_squared_error, "mse")
    >>> metric.update_state([[1.0], [1.0]], [[1.0], [3.0]])
    >>> metric.result()
    tensor(2.)
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, **options: Any) -> None:
        self._function, self._options = fn, options
        super().__init__(name or getattr(fn, "__name__", None))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        with _modes.override(grad=False, scope=None):
            values = self._function(y_true, y_pred, **self._options)
        self.add(_numbers(values), sample_weight)


class RootMeanSquaredError(Metric):
    """sqrt(mean((y_true - y_pred)^2)) over all elements.

    >>> float(RootMeanSquaredError()([[0.0], [0.0]], [[3.0], [3.0]]))
    3.0
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        true, pred = _numbers(y_true), _numbers(y_pred)
        self.add((true.reshape(pred.shape) - pred) ** 2, sample_weight)

    def result(self) -> Any:
        """The number so far."""
        return constant(np.float32(float(super().result()) ** 0.5))


def _equal(y_true: Any, y_pred: Any) -> Any:
    true, pred = _numbers(y_true), _numbers(y_pred)
    return constant((true.reshape(pred.shape) == pred).astype("float32"))


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """The share of elements on the right side of the threshold, for each sample.

    >>> binary_accuracy([[1.0, 0.0]], [[0.9, 0.6]])
    tensor([0.5000])
    """
    true, pred = _numbers(y_true), _numbers(y_pred)
    hits = ((pred > threshold) == (true.reshape(pred.shape) > 0.5)).astype("float32")
    return constant(hits.mean(-1) if hits.ndim else hits)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 for each sample whose largest prediction is at the largest label, else 0.

    >>> categorical_accuracy([[0.0, 1.0]], [[0.2, 0.8]])
    tensor([1.])
    """
    true, pred = _numbers(y_true), _numbers(y_pred)
    return constant((true.argmax(-1) == pred.argmax(-1)).astype("float32"))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 for each sample whose largest prediction is at the class, else 0.

    >>> sparse_categorical_accuracy([1], [[0.2, 0.8]])
    tensor([1.])
    """
    true, pred = _numbers(y_true), _numbers(y_pred)
    found = pred.argmax(-1)
    return constant((true.reshape(found.shape) == found).astype("float32"))


def _kind_of_accuracy(y_true: Any, y_pred: Any) -> Callable[..., Any]:
    """Which accuracy fits the shapes, as Keras chooses it."""
    true, pred = _numbers(y_true).shape, _numbers(y_pred).shape
    if not pred or pred[-1] == 1 or (len(pred) == 1 and len(true) == 1):
        return binary_accuracy
    return categorical_accuracy if true == pred else sparse_categorical_accuracy


class AccuracyByShape(Metric):
    """What "accuracy" means: the one that fits the shapes of labels and predictions."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch into account."""
        self.add(_numbers(_kind_of_accuracy(y_true, y_pred)(y_true, y_pred)), sample_weight)


def _class(name: str, function: Callable[..., Any], *order: str) -> Any:
    def __init__(self: Any, *given: Any, name: str | None = None, **options: Any) -> None:
        options.pop("dtype", None)
        chosen_name = name or snake_case(type(self).__name__)
        MeanMetricWrapper.__init__(
            self, function, chosen_name, **dict(zip(order, given)), **options
        )

    doc = (function.__doc__ or "").partition("\n")[0]
    body = {"__init__": __init__, "__doc__": f"The mean over samples of: {doc}"}
    return type(name, (MeanMetricWrapper,), body)


Accuracy = _class("Accuracy", _equal)
BinaryAccuracy = _class("BinaryAccuracy", binary_accuracy, "threshold")
CategoricalAccuracy = _class("CategoricalAccuracy", categorical_accuracy)
SparseCategoricalAccuracy = _class("SparseCategoricalAccuracy", sparse_categorical_accuracy)
MeanSquaredError = _class("MeanSquaredError", losses.mean_squared_error)
MeanAbsoluteError = _class("MeanAbsoluteError", losses.mean_absolute_error)
BinaryCrossentropy = _class("BinaryCrossentropy", losses.binary_crossentropy, "from_logits")
CategoricalCrossentropy = _class(
    "CategoricalCrossentropy", losses.categorical_crossentropy, "from_logits"
)
SparseCategoricalCrossentropy = _class(
    "SparseCategoricalCrossentropy", losses.sparse_categorical_crossentropy, "from_logits"
)

_CLASSES: dict[str, Any] = {
    "accuracy": AccuracyByShape, "acc": AccuracyByShape, "binary_accuracy": BinaryAccuracy,
    "binary_crossentropy": BinaryCrossentropy, "categorical_accuracy": CategoricalAccuracy,
    "categorical_crossentropy": CategoricalCrossentropy, "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError, "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError, "rmse": RootMeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """The metric with this name; a function of (y_true, y_pred) becomes a mean over samples.

    >>> get("mse").name
    'mse'
    """
    if isinstance(identifier, str):
        return chosen("metric", identifier, _CLASSES)(name=identifier)
    return identifier if isinstance(identifier, Metric) else MeanMetricWrapper(identifier)


__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "binary_accuracy",
    "categorical_accuracy",
    "get",
    "sparse_categorical_accuracy",
]
