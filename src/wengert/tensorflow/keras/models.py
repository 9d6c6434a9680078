"""tf.keras.models."""

from ._model import Model, Sequential

__all__ = ["Model", "Sequential"]
