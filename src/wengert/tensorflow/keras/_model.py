"""Model and Sequential: layers that can be trained, and what a model prints about itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..._base import pytree
from ..._base.errors import ShapeError, StateError
from ..._functions.shaping.joining import cat
from ..._record import modes as _modes
from .._function import function
from .._tape import GradientTape
from . import losses as _losses
from . import metrics as _metrics
from . import optimizers as _optimizers
from ._batches import Data, unpack
from ._core_layers import InputLayer
from ._layer import Layer
from ._progress import Progress
from .callbacks import Callback, CallbackList, History


class _Book:
    """What a model notes while it trains. Compiled steps look into `__dict__`s; this has none."""

    __slots__ = ("history", "loss", "metrics", "step", "weighted")

    def __init__(self) -> None:
        self.history: Any = None
        self.loss = _metrics.Mean("loss")
        self.metrics: list[Any] = []
        self.weighted: list[Any] = []
        self.step: Callable[..., Any] | None = None


class Model(Layer):
    """A layer that can be trained: `compile`, then `fit`, `evaluate`, `predict`.

    Subclass it and write `call(inputs)`, or use Sequential. `train_step(data)` may be overridden.
    """

    optimizer: Any
    loss: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.stop_training = False
        self.optimizer = None
        self.loss = None
        self._book = _Book()

    # ---- compile ----------------------------------------------------------------------------

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Sequence[Any] | None = None,
        *,
        jit_compile: bool = False,
        run_eagerly: bool = False,
        weighted_metrics: Sequence[Any] | None = None,
    ) -> None:
        """Say how to train: optimiser, loss and metrics, by name or as objects.

        Sample weights count for the loss and for `weighted_metrics`, not for `metrics`. With
        `jit_compile` a step of training becomes native code, made at the first batch of each shape.
        """
        self.optimizer = _optimizers.get(optimizer)
        self.loss = _losses.get(loss)
        self._book.metrics = _listed(metrics)
        self._book.weighted = _listed(weighted_metrics)
        taken = {metric.name for metric in self._book.metrics}
        for metric in self._book.weighted:
            metric.name = f"weighted_{metric.name}" if metric.name in taken else metric.name
        self._book.step = function(self._move) if jit_compile and not run_eagerly else None

    @property
    def metrics(self) -> list[Any]:
        """The loss and the metrics that `compile` was given."""
        return [self._book.loss, *self._book.metrics, *self._book.weighted]

    @property
    def history(self) -> Any:
        """The History of the latest `fit`."""
        return self._book.history

    @property
    def metrics_names(self) -> list[str]:
        """The names of the numbers that `evaluate` returns."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Begin to average anew."""
        for metric in self.metrics:
            metric.reset_state()

    def _require_compiled(self, name: str) -> None:
        if self.loss is None or self.optimizer is None:
            raise StateError(
                f"{name}: call model.compile(optimizer=..., loss=...) first, so that the model "
                "knows what to do."
            )

    # ---- one batch --------------------------------------------------------------------------

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None
    ) -> Any:
        """The loss of a batch: that of `compile`, and what regularisers add."""
        total = self.loss(y, y_pred, sample_weight=sample_weight)
        for extra in self.losses:
            total = total + extra
        return total

    def train_step(self, data: Any) -> dict[str, float]:
        """Train on one batch; the numbers of the epoch so far."""
        x, y, weight = unpack(data)
        loss, predictions = (self._book.step or self._move)(x, y, weight)
        return self._noted(loss, predictions, y, weight)

    def _move(self, x: Any, y: Any, weight: Any) -> tuple[Any, Any]:
        """Move the variables once; the loss and the predictions before that."""
        moving = self.trainable_variables
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(moving)
            predictions = self(x, training=True)
            loss = self.compute_loss(x, y, predictions, weight)
        self.optimizer.apply_gradients(zip(tape.gradient(loss, moving), moving, strict=True))
        return loss, predictions

    def test_step(self, data: Any) -> dict[str, float]:
        """Evaluate one batch; the numbers so far."""
        x, y, weight = unpack(data)
        with _modes.override(grad=False, scope=None):
            predictions = self(x, training=False)
            loss = self.compute_loss(x, y, predictions, weight)
        return self._noted(loss, predictions, y, weight)

    def _noted(self, loss: Any, predictions: Any, y: Any, weight: Any) -> dict[str, float]:
        size = float(pytree.flatten(predictions)[0][0].shape[0])
        self._book.loss.update_state(loss, sample_weight=size)
        for metric in self._book.metrics:
            metric.update_state(y, predictions)
        for metric in self._book.weighted:
            metric.update_state(y, predictions, sample_weight=weight)
        return {metric.name: float(metric.result()) for metric in self.metrics}

    def train_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None) -> list[float]:
        """Train on one batch; the loss and the metrics of it."""
        self._require_compiled("train_on_batch")
        self.reset_metrics()
        data = Data(x, y, sample_weight, batch_size=2**62)
        self._ensure_variables(data)
        numbers = [self.train_step(_without_none(batch)) for batch in data.batches()]
        return list(numbers[-1].values())

    # ---- all batches ------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Train for `epochs` passes over the data; the History of their numbers.

        `x` and `y` are arrays with one row for each sample, or `x` is an iterable of (x, y). The
        last `validation_split` of the rows, or `validation_data`, are evaluated after each epoch
        and never trained on.
        """
        self._require_compiled("fit")
        level = 1 if verbose == "auto" else int(verbose)
        data = Data(x, y, sample_weight, batch_size)
        held_out: Data | None = None
        if validation_data is not None:
            parts = validation_data
            is_pair = isinstance(parts, tuple)
            held_out = Data(*parts, batch_size=batch_size) if is_pair else Data(parts)  # pyright: ignore[reportUnknownArgumentType]
        elif validation_split:
            data, held_out = data.split(validation_split)
        history = History()
        steps = steps_per_epoch or data.steps
        calls = CallbackList(
            [history, *(callbacks or ())],
            self,
            {"epochs": epochs, "steps": steps, "verbose": level},
        )
        self.stop_training = False
        self._ensure_variables(data)
        calls.call("on_train_begin")
        numbers: dict[str, float] = {}
        for epoch in range(initial_epoch, epochs):
            progress = Progress(level, steps)
            progress.title(f"Epoch {epoch + 1}/{epochs}")
            self.reset_metrics()
            calls.call("on_epoch_begin", epoch)
            done = 0
            for batch in data.batches(shuffle):
                calls.call("on_train_batch_begin", done)
                numbers = _floats(self.train_step(_without_none(batch)))
                calls.call("on_train_batch_end", done, numbers)
                done += 1
                progress.step(done, numbers)
                if done == steps_per_epoch:
                    break
            if not done:
                raise ValueError("fit: there is no batch in the data. Is the iterable used up?")
            if held_out is not None and (epoch + 1) % validation_freq == 0:
                found = self._evaluated(held_out)
                numbers = {**numbers, **{f"val_{name}": v for name, v in found.items()}}
            progress.end(done, numbers)
            calls.call("on_epoch_end", epoch, numbers)
            if self.stop_training:
                break
        calls.call("on_train_end", numbers)
        self._book.history = history
        return history

    def _evaluated(self, data: Data) -> dict[str, float]:
        self.reset_metrics()
        numbers: dict[str, float] = {}
        for batch in data.batches():
            numbers = _floats(self.test_step(_without_none(batch)))
        return numbers

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss, or a list of the loss and the metrics, over the data."""
        self._require_compiled("evaluate")
        data = Data(x, y, sample_weight, batch_size)
        progress = Progress(1 if verbose == "auto" else int(verbose), data.steps)
        numbers = self._evaluated(data)
        progress.end(data.steps or 1, numbers)
        if return_dict:
            return numbers
        values = list(numbers.values())
        return values[0] if len(values) == 1 else values

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: int | str = "auto"
    ) -> np.ndarray[Any, Any]:
        """What the model computes for every row, as an array."""
        data = Data(x, batch_size=batch_size)
        progress = Progress(1 if verbose == "auto" else int(verbose), data.steps)
        parts: list[Any] = []
        with _modes.override(grad=False, scope=None):
            for inputs, _, _ in data.batches():
                parts.append(self(inputs, training=False))
                progress.step(len(parts), {})
            found = cat(parts, 0).numpy()
        progress.end(len(parts), {})
        return found

    def _ensure_variables(self, data: Data) -> None:
        """Run the model once on one sample, so that every layer has its variables."""
        if all(layer.built for layer in self.all_layers()) or not data.is_arrays:
            return
        with _modes.override(grad=False, scope=None):
            inputs, _, _ = next(data.batches())
            self(pytree.map_leaves(lambda a: a[:1], inputs), training=False)

    # ---- looking at it ----------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers held directly."""
        return self.sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """The layer with this name, or at this place."""
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"no layer {name!r}; there are {[layer.name for layer in self.layers]}")

    def summary(self, print_fn: Callable[[str], Any] = print) -> None:
        """Print the layers with the number of their parameters."""
        rows = [(f"{x.name} ({type(x).__name__})", x.count_params()) for x in self.layers]
        wide = max([len(name) for name, _ in rows] + [12])
        lines = [f'Model: "{self.name}"', f"{'Layer (type)':<{wide}}  {'Parameters':>12}"]
        lines += [f"{name:<{wide}}  {count:>12,}" for name, count in rows]
        moving = sum(v.numel() for v in self.trainable_variables)
        total = self.count_params()
        lines.append(f"Total: {total:,} parameters, {moving:,} of them trainable")
        print_fn("\n".join(lines))


class Sequential(Model):
    """Layers one after another.

    If the first has an `input_shape` (or is an Input), the variables exist at once; otherwise with
    the first call.

    >>> import wengert.tensorflow as tf
    >>> model = tf.keras.Sequential([
    ...     tf.keras.layers.Dense(3, activation="relu", input_shape=(5,)),
    ...     tf.keras.layers.Dense(1),
    ... ])
    >>> [tuple(v.shape) for v in model.trainable_variables]
    [(5, 3), (3,), (3, 1), (1,)]
    """

    def __init__(self, layers: Iterable[Any] | None = None, name: str | None = None) -> None:
        super().__init__(name=name)
        self._sequence: list[Any] = []
        for layer in layers or ():
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Append a layer."""
        if not isinstance(layer, Layer):
            raise TypeError(
                f"Sequential: {type(layer).__name__} is not a layer. Wrap a function: "
                "tf.keras.layers.Lambda(function)."
            )
        self._sequence.append(layer)
        first = self._sequence[0].given_shape
        if first is not None and None not in first[1:]:
            self.build(first)

    def pop(self) -> Any:
        """Take the last layer off."""
        return self._sequence.pop()

    def build(self, input_shape: Any = None) -> None:
        """Make the variables of all layers for inputs of this shape (the batch axis first)."""
        if input_shape is None or any(extent is None for extent in tuple(input_shape)[1:]):
            return
        from .._arrays import zeros

        with _modes.override(grad=False, scope=None):
            value: Any = zeros((1, *tuple(input_shape)[1:]))
            for layer in self._sequence:
                try:
                    value = layer(value, training=False)
                except ShapeError as error:
                    raise ShapeError(
                        f"{self.name}: {layer.name} does not fit an input of shape "
                        f"{(None, *value.shape[1:])}: {error}"
                    ) from error
        self.built = True

    def ensure_built(self, inputs: Any) -> None:
        """The layers build themselves when they are called."""
        self.built = True

    def call(self, inputs: Any) -> Any:
        for layer in self._sequence:
            inputs = layer(inputs)
        return inputs

    @property
    def layers(self) -> list[Any]:
        """The layers, the declared input aside."""
        return [layer for layer in self._sequence if not isinstance(layer, InputLayer)]


def _listed(metrics: Sequence[Any] | str | None) -> list[Any]:
    given: Sequence[Any] = [metrics] if isinstance(metrics, str) else metrics or ()
    return [_metrics.get(metric) for metric in given]


def _without_none(batch: tuple[Any, Any, Any]) -> tuple[Any, ...]:
    x, y, weight = batch
    return (x, y) if weight is None else (x, y, weight)


def _floats(numbers: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in numbers.items()}


__all__ = ["Model", "Sequential"]
