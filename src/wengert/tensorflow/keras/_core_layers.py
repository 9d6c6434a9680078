"""Layers without a window: Dense, Dropout, Flatten, normalisation and their like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.errors import ShapeError
from ..._declare.elementwise import convert
from ..._functions.linear_algebra.matrix import matmul
from ..._record import modes as _modes
from ...nn import functional as f
from .._arrays import reshape
from . import activations
from ._layer import Layer, Shape


class InputLayer(Layer):
    """Says the shape of a model's input, without the batch axis.

    >>> InputLayer(shape=(3,)).given_shape
    (None, 3)
    """

    def __init__(self, shape: Any = None, input_shape: Any = None, **options: Any) -> None:
        given = shape if shape is not None else input_shape
        if given is None:
            raise ValueError("Input: pass the shape of one sample, as in Input(shape=(3,)).")
        super().__init__(input_shape=given, **options)

    def call(self, inputs: Any) -> Any:
        return inputs


def Input(shape: Any = None, **options: Any) -> InputLayer:
    """The first entry of a Sequential model: the shape of a sample.

    >>> Input(shape=(3,)).given_shape
    (None, 3)
    """
    return InputLayer(shape=shape, **options)


class Dense(Layer):
    """activation(x @ kernel + bias), with a kernel of shape (in, units).

    >>> import wengert.tensorflow as tf
    >>> layer = tf.keras.layers.Dense(2, kernel_initializer="ones")
    >>> layer([[1.0, 2.0]])
    tensor([[3., 3.]])
    """

    kernel: Any
    bias: Any

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not isinstance(units, int) or units <= 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"Dense: units must be a positive whole number, not {units!r}.")
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self._kernel_options = (kernel_initializer, kernel_regularizer, kernel_constraint)
        self._bias_options = (bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: Any) -> None:
        if not input_shape or input_shape[-1] is None:
            raise ShapeError(
                f"{self.name}: the last axis of the input {input_shape} must be known."
            )
        make, regularizer, constraint = self._kernel_options
        self.kernel = self.add_weight(
            (input_shape[-1], self.units), make, None, True, regularizer, constraint, "kernel"
        )
        make, regularizer, constraint = self._bias_options
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,), make, None, True, regularizer, constraint, "bias"
            )

    def call(self, inputs: Any) -> Any:
        if inputs.shape[-1] != self.kernel.shape[0]:
            raise ShapeError(
                f"{self.name}: the input has shape {inputs.shape}, but the kernel was built for "
                f"{self.kernel.shape[0]} features."
            )
        found = matmul(convert(inputs, self.kernel.dtype), self.kernel)
        return self.activation(found if self.bias is None else found + self.bias)


class Flatten(Layer):
    """All axes but the first as one.

    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]]])
    tensor([[1., 2., 3., 4.]])
    """

    def call(self, inputs: Any) -> Any:
        return inputs.reshape(inputs.shape[0], int(np.prod(inputs.shape[1:], dtype=int)))


class Reshape(Layer):
    """The axes after the first in another shape.

    >>> Reshape((2, 1))([[1.0, 2.0]]).shape
    (1, 2, 1)
    """

    def __init__(self, target_shape: Any, **options: Any) -> None:
        super().__init__(**options)
        self.target_shape = tuple(target_shape)

    def call(self, inputs: Any) -> Any:
        return reshape(inputs, (inputs.shape[0], *self.target_shape))


class Activation(Layer):
    """A function of each element, or of the last axis.

    >>> Activation("relu")([[-1.0, 1.0]])
    tensor([[0., 1.]])
    """

    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)


class ReLU(Layer):
    """max(x, 0), at most `max_value`, with slope `negative_slope` below 0.

    >>> ReLU(max_value=1.0)([[-1.0, 2.0]])
    tensor([[0., 1.]])
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.max_value, self.negative_slope = max_value, negative_slope

    def call(self, inputs: Any) -> Any:
        slope = self.negative_slope
        found = f.leaky_relu(inputs, slope) if slope else f.relu(inputs)
        return found if self.max_value is None else found.clamp(max=self.max_value)


class LeakyReLU(Layer):
    """x where positive, negative_slope x elsewhere.

    >>> LeakyReLU(0.1)([[-1.0]])
    tensor([[-0.1000]])
    """

    def __init__(
        self, negative_slope: float = 0.3, alpha: float | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.negative_slope = negative_slope if alpha is None else alpha

    def call(self, inputs: Any) -> Any:
        return f.leaky_relu(inputs, self.negative_slope)


class Softmax(Layer):
    """exp(x) / sum(exp(x)) along an axis.

    >>> Softmax()([[0.0, 0.0]])
    tensor([[0.5000, 0.5000]])
    """

    def __init__(self, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        return f.softmax(inputs, self.axis)


class Lambda(Layer):
    """Any function as a layer.

    >>> Lambda(lambda x: x * 2)([[1.0]])
    tensor([[2.]])
    """

    def __init__(self, function: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.function = function

    def call(self, inputs: Any) -> Any:
        return self.function(inputs)


class Rescaling(Layer):
    """x * scale + offset.

    >>> Rescaling(0.5, offset=1.0)([[4.0]])
    tensor([[3.]])
    """

    def __init__(self, scale: float, offset: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.scale, self.offset = scale, offset

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale + self.offset


class Dropout(Layer):
    """In training each element dropped with probability `rate`, the others divided by 1 - rate.

    >>> Dropout(0.5)([[1.0, 1.0]], training=False)
    tensor([[1., 1.]])
    """

    def __init__(self, rate: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        if not 0 <= rate <= 1:
            raise ValueError(f"Dropout: rate must be between 0 and 1, not {rate}.")
        self.rate = rate

    def call(self, inputs: Any, training: bool = False) -> Any:
        return f.dropout(inputs, self.rate, training=training)


class Embedding(Layer):
    """One row of a table for each index.

    >>> Embedding(4, 2)([[0, 3, 3]]).shape
    (1, 3, 2)
    """

    embeddings: Any

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.input_dim, self.output_dim = input_dim, output_dim
        self._options = (embeddings_initializer, embeddings_regularizer)

    def build(self, input_shape: Any) -> None:
        make, regularizer = self._options
        shape = (self.input_dim, self.output_dim)
        self.embeddings = self.add_weight(shape, make, None, True, regularizer, None, "embeddings")

    def call(self, inputs: Any) -> Any:
        return f.embedding(inputs.long(), self.embeddings)


class BatchNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta over all axes but `axis`.

    In training mean and variance are those of the batch, and running means of them are kept, which
    are used otherwise. Source: S. Ioffe and C. Szegedy, 2015.

    >>> layer = BatchNormalization()
    >>> layer([[1.0], [3.0]], training=True)
    tensor([[-0.9995],
            [ 0.9995]])
    """

    gamma: Any
    beta: Any
    moving_mean: Any
    moving_variance: Any

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale

    def build(self, input_shape: Any) -> None:
        size = (input_shape[self.axis],)
        self.gamma = self.add_weight(size, "ones", name="gamma") if self.scale else None
        self.beta = self.add_weight(size, "zeros", name="beta") if self.center else None
        self.moving_mean = self.add_weight(size, "zeros", trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            size, "ones", trainable=False, name="moving_variance"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        axis = self.axis % inputs.ndim
        others = tuple(k for k in range(inputs.ndim) if k != axis)
        spread = [1] * inputs.ndim
        spread[axis] = inputs.shape[axis]
        mean, variance = self.moving_mean, self.moving_variance
        if training and self.trainable:
            mean = inputs.mean(others)
            centred = inputs - mean.reshape(*spread)
            variance = (centred * centred).mean(others)
            with _modes.override(grad=False, scope=None):
                for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
                    moving.assign(moving * self.momentum + new * (1 - self.momentum))
        else:
            centred = inputs - mean.reshape(*spread)
        found = centred * (variance + self.epsilon).rsqrt().reshape(*spread)
        if self.gamma is not None:
            found = found * self.gamma.reshape(*spread)
        return found if self.beta is None else found + self.beta.reshape(*spread)


class LayerNormalization(Layer):
    """gamma (x - mean) / sqrt(variance + epsilon) + beta over the given axes of each sample.

    >>> LayerNormalization()([[1.0, 3.0]])
    tensor([[-0.9995,  0.9995]])
    """

    gamma: Any
    beta: Any

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis = [axis] if isinstance(axis, int) else list(axis)
        self.epsilon, self.center, self.scale = epsilon, center, scale

    def build(self, input_shape: Any) -> None:
        places = sorted(k % len(input_shape) for k in self.axis)
        size = tuple(input_shape[k] for k in places)
        self.gamma = self.add_weight(size, "ones", name="gamma") if self.scale else None
        self.beta = self.add_weight(size, "zeros", name="beta") if self.center else None

    def call(self, inputs: Any) -> Any:
        places = tuple(sorted(k % inputs.ndim for k in self.axis))
        spread = [n if k in places else 1 for k, n in enumerate(inputs.shape)]
        centred = inputs - inputs.mean(places, keepdim=True)
        variance = (centred * centred).mean(places, keepdim=True)
        found = centred * (variance + self.epsilon).rsqrt()
        if self.gamma is not None:
            found = found * self.gamma.reshape(*spread)
        return found if self.beta is None else found + self.beta.reshape(*spread)


class _Merge(Layer):
    """Several inputs of one shape as one."""

    def call(self, inputs: Any) -> Any:
        found = inputs[0]
        for value in inputs[1:]:
            found = self.merge(found, value)
        return found

    def merge(self, x: Any, y: Any) -> Any:
        """Two inputs as one."""
        raise NotImplementedError(f"{type(self).__name__} has no merge(x, y).")


class Add(_Merge):
    """The sum of a list of inputs."""

    def merge(self, x: Any, y: Any) -> Any:
        return x + y


class Multiply(_Merge):
    """The product of a list of inputs."""

    def merge(self, x: Any, y: Any) -> Any:
        return x * y


class Concatenate(Layer):
    """A list of inputs, joined along an axis."""

    def __init__(self, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        from .._arrays import concat

        return concat(inputs, self.axis)


__all__ = [
    "Activation",
    "Add",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Input",
    "InputLayer",
    "Lambda",
    "LayerNormalization",
    "LeakyReLU",
    "Multiply",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Shape",
    "Softmax",
]
