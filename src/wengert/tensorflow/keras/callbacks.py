"""tf.keras.callbacks: what `fit` calls between epochs and batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

Logs = dict[str, float]


class Callback:
    """The base: subclass it and write the methods that are wanted.

    `self.model` is the model; setting `self.model.stop_training` ends the training after the epoch.
    """

    model: Any
    params: dict[str, Any]

    def set_model(self, model: Any) -> None:
        """Called by `fit` with the model."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called by `fit` with {"epochs": ..., "steps": ..., "verbose": ...}."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before each epoch; they count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After each epoch, with its numbers."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before each batch of training."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After each batch of training, with the numbers of the epoch so far."""


class History(Callback):
    """The numbers of every epoch: `history` maps names to lists, `epoch` lists the epochs."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class LambdaCallback(Callback):
    """Functions as a callback: `LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs))`."""

    def __init__(self, **functions: Callable[..., Any]) -> None:
        for name, function in functions.items():
            if not name.startswith("on_") or not hasattr(Callback, name):
                known = [method for method in dir(Callback) if method.startswith("on_")]
                raise TypeError(
                    f"LambdaCallback: {name!r} is not called by fit; use one of {known}."
                )
            setattr(self, name, function)


class EarlyStopping(Callback):
    """Ends the training when `monitor` has not got better by `min_delta` for `patience` epochs.

    `mode` is "min", "max", or "auto" ("max" for accuracies). With `restore_best_weights` the model
    ends with the weights of the best epoch.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"EarlyStopping: mode {mode!r}; use 'auto', 'min' or 'max'.")
        self.monitor, self.min_delta, self.patience = monitor, abs(min_delta), patience
        self.verbose, self.baseline = verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self._sign = -1 if mode == "max" or (mode == "auto" and monitor.endswith("acc")) else 1
        if mode == "auto" and "accuracy" in monitor:
            self._sign = -1

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best = math.inf if self.baseline is None else self._sign * self.baseline
        self._weights: Any = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.monitor not in logs:
            raise ValueError(
                f"EarlyStopping: there is no {self.monitor!r} among {sorted(logs)}. Pass "
                "validation_data or validation_split to fit, or monitor another number."
            )
        if epoch < self.start_from_epoch:
            return
        value = self._sign * logs[self.monitor]
        if value < self.best - self.min_delta:
            self.best, self.best_epoch, self.wait = value, epoch, 0
            if self.restore_best_weights:
                self._weights = self.model.get_weights()
            return
        self.wait += 1
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self._weights is not None:
            self.model.set_weights(self._weights)


class LearningRateScheduler(Callback):
    """Before each epoch the learning rate becomes `schedule(epoch, rate)`."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        rate = self.schedule(epoch, float(self.model.optimizer.learning_rate))
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {rate}")


class CallbackList:
    """Several callbacks called as one."""

    def __init__(self, callbacks: Sequence[Callback], model: Any, params: dict[str, Any]) -> None:
        self._callbacks = list(callbacks)
        for callback in self._callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def call(self, method: str, *args: Any) -> None:
        """Call one method of each."""
        for callback in self._callbacks:
            getattr(callback, method)(*args)


__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
]
