"""Layer: a function with variables, found by looking at its attributes.

`build` makes the variables at the first call, when the shape of the input is known, and `call`
computes. Whether it is training is handed down to the layers inside.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..._base import pytree
from ..._base.errors import ShapeError, StateError
from ..._graph.value import Handle
from ..._record import modes as _modes
from .._variable import Variable, convert_to_tensor
from . import initializers, regularizers
from ._names import snake_case, unique_name

Shape = tuple[int | None, ...]
_training: ContextVar[bool] = ContextVar("wengert_keras_training", default=False)


class Layer:
    """The base of layers and models: subclass it and write `call(inputs)`.

    Variables come from `add_weight`, best in `build(input_shape)`. A `call` that has a parameter
    `training` is told whether it is training.

    >>> import wengert.tensorflow as tf
    >>> class Scale(tf.keras.layers.Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> layer = Scale()
    >>> layer([[1.0, 2.0]])
    tensor([[1., 2.]])
    >>> len(layer.trainable_variables)
    1
    """

    _reads_all_attributes = True  # variables and layers are found wherever they are kept

    def __init__(
        self,
        *,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        input_shape: Any = None,
        input_dim: int | None = None,
        activity_regularizer: None = None,
    ) -> None:
        self.name = name or unique_name(snake_case(type(self).__name__))
        self.trainable = trainable
        self.dtype = "float32" if dtype is None else dtype
        self.built = False
        self.given_shape: Shape | None = None
        if input_dim is not None:
            input_shape = (input_dim,)
        if input_shape is not None:
            self.given_shape = (None, *input_shape)
        self._regularized: list[tuple[Any, Any]] = []
        self._unnamed: list[Any] = []

    # ---- to be written by subclasses --------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the variables; called once, before the first `call`."""

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes."""
        raise NotImplementedError(
            f"{type(self).__name__} has no call. Define `def call(self, inputs): ...` in the class."
        )

    # ---- calling ----------------------------------------------------------------------------

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        self._require_init()
        inputs = _as_tensors(inputs)
        self.ensure_built(inputs)
        mode = _training.get() if training is None else bool(training)
        if _takes_training(type(self)):
            kwargs["training"] = mode
        token = _training.set(mode)
        try:
            return self.call(inputs, *args, **kwargs)
        finally:
            _training.reset(token)

    def ensure_built(self, inputs: Any) -> None:
        """Call `build` with the shape of the inputs, unless that was done."""
        if not self.built:
            with _modes.override(grad=False, scope=None):
                self.build(pytree.map_leaves(_shape_of, inputs))
            self.built = True

    def _require_init(self) -> None:
        if "_regularized" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() at the start of its __init__."
            )

    # ---- variables --------------------------------------------------------------------------

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Any:
        """A new variable; the initialiser is glorot_uniform unless named.

        `add_weight("kernel", shape)` of older programs works as well.
        """
        if isinstance(shape, str):
            name, shape, initializer = shape, initializer, dtype
            dtype = None
        sizes = () if shape is None else tuple(int(k) for k in np.atleast_1d(shape))
        make = initializers.get("glorot_uniform" if initializer is None else initializer)
        variable = Variable(
            make(sizes, dtype or self.dtype), trainable, name or "variable", constraint=constraint
        )
        self._unnamed.append(variable)
        if regularizer is not None:
            self._regularized.append((regularizers.get(regularizer), variable))
        return variable

    def _own_variables(self) -> list[Any]:
        return _unique(x for x in self._held() if isinstance(x, Variable))

    def sublayers(self) -> list[Any]:
        """The layers held directly."""
        return _unique(x for x in self._held() if isinstance(x, Layer))

    def _held(self) -> Iterator[Any]:
        for key, value in self.__dict__.items():
            if key != "_regularized":
                yield from pytree.flatten(value)[0]

    def all_layers(self) -> list[Any]:
        """This layer and all below it, each once."""
        found: list[Any] = [self]
        for layer in self.sublayers():
            found += layer.all_layers()
        return _unique(found)

    @property
    def variables(self) -> list[Any]:
        """All variables, layer by layer."""
        own: list[Any] = self._own_variables()
        for layer in self.sublayers():
            own += layer.variables
        return _unique(own)

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that training moves; none if the layer is not `trainable`."""
        if not self.trainable:
            return []
        found = [v for v in self._own_variables() if v.trainable]
        for layer in self.sublayers():
            found += layer.trainable_variables
        return _unique(found)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The other variables."""
        moving = {id(v) for v in self.trainable_variables}
        return [v for v in self.variables if id(v) not in moving]

    @property
    def weights(self) -> list[Any]:
        """All variables, layer by layer."""
        return self.variables

    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables

    @property
    def losses(self) -> list[Any]:
        """What regularisers add to the loss, for this layer and those below."""
        return [rule(v) for layer in self.all_layers() for rule, v in layer._regularized]

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """The values of all variables as arrays."""
        return [v.numpy() for v in self.variables]

    def set_weights(self, weights: Any) -> None:
        """Assign values to all variables, in the order of `get_weights`."""
        held = self.variables
        if len(held) != len(weights):
            raise StateError(
                f"set_weights: {self.name} has {len(held)} variables, but {len(weights)} arrays "
                "were given. A layer has its variables once it is built, by its first call."
            )
        for variable, value in zip(held, weights, strict=True):
            variable.assign(np.asarray(value, variable.dtype))

    def count_params(self) -> int:
        """The number of elements in all variables."""
        return sum(v.numel() for v in self.variables)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _takes_training(cls: Any) -> bool:
    found = cls.__dict__.get("_takes_training")
    if found is None:
        names = inspect.signature(cls.call).parameters
        found = "training" in names
        cls._takes_training = found
    return found


def _as_tensors(inputs: Any) -> Any:
    if isinstance(inputs, list | tuple) and not any(
        isinstance(item, Handle | np.ndarray)
        for item in inputs  # pyright: ignore[reportUnknownVariableType]
    ):
        return convert_to_tensor(inputs)
    return pytree.map_leaves(convert_to_tensor, inputs)


def _shape_of(x: Any) -> Shape:
    shape = tuple(x._data.shape)
    return (None, *shape[1:]) if shape else ()


def _unique(items: Any) -> list[Any]:
    return list({id(item): item for item in items}.values())


def require_rank(layer: Layer, inputs: Any, rank: int, axes: str) -> None:
    """Raise unless the input has this many axes."""
    if inputs.ndim != rank:
        raise ShapeError(
            f"{layer.name}: expected an input with axes {axes}, got shape {tuple(inputs.shape)}."
        )


__all__ = ["Layer", "Shape", "require_rank"]
