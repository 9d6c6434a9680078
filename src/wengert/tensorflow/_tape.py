"""GradientTape: TensorFlow's words for a scope of the one record.

Recording, leaves and walks are in `_transforms/scope.py`; here are the rules of a tape: what it
watches, how often it may be asked, what it answers for values that are not connected.
"""

from __future__ import annotations

import enum
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np

from .._base import pytree
from .._base.dtypes import is_inexact
from .._base.errors import DifferentiationError, DtypeError, ShapeError
from .._base.kinds import is_list_or_tuple
from .._base.shapes import size_of
from .._graph.value import Handle
from .._primitives.creation import constant, zeros
from .._primitives.shaping import permute, reshape
from .._record import modes as _modes
from .._transforms.scope import Scope, ones_of
from ._variable import Variable, convert_to_tensor


class UnconnectedGradients(enum.Enum):
    """What a tape answers where the target does not depend on the source."""

    NONE = "none"
    ZERO = "zero"


def _wants(handle: Any) -> bool:
    return not isinstance(handle, Variable) or handle.trainable


def _wants_nothing(handle: Any) -> bool:
    return False


class GradientTape:
    """Records what happens in its `with` block, for derivatives by what was used there.

    Every floating tensor used in the block can be a source, constants included; variables made
    with `trainable=False` only after `watch`. With `watch_accessed_variables=False` nothing is
    watched but what `watch` names. A tape answers once, unless it is `persistent`.

    >>> import wengert.tensorflow as tf
    >>> x = tf.constant(2.0)
    >>> with tf.GradientTape() as outer:
    ...     with tf.GradientTape() as inner:
    ...         y = x**3
    ...     slope = inner.gradient(y, x)
    >>> slope, outer.gradient(slope, x)
    (tensor(12.), tensor(12.))
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = bool(persistent)
        self._scope = Scope(_wants if watch_accessed_variables else _wants_nothing)
        self._used = False

    def __enter__(self) -> GradientTape:
        if self._scope.is_open:
            raise ValueError("GradientTape: this tape is already recording.")
        self._scope.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._scope.is_open:
            self._scope.close()

    def watch(self, tensor: Any) -> None:
        """Make sure that a tensor, or each in a nested structure, can be a source."""
        self._require_recording("watch")
        for handle in pytree.flatten(tensor)[0]:
            if not isinstance(handle, Handle):
                raise ValueError(
                    f"GradientTape.watch: expected a tensor, not {type(handle).__name__}. Wrap it "
                    "with tf.constant(...)."
                )
            if not is_inexact(handle._data.dtype):
                raise DtypeError(
                    f"GradientTape.watch: a {handle._data.dtype} tensor has no derivative. Use "
                    "tf.cast(x, tf.float32)."
                )
            self._scope.watch(handle)

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that were used while the tape was recording."""
        return tuple(x for x in self._scope.watched() if isinstance(x, Variable))

    @contextmanager
    def stop_recording(self) -> Generator[None]:
        """A context in which nothing is recorded: its results are constants for this tape."""
        self._require_recording("stop_recording")
        if self._scope.is_nested:
            raise DifferentiationError(
                "GradientTape.stop_recording: inside another tape it would hide the operations "
                "from that tape too. Use tf.stop_gradient on the results."
            )
        with _modes.override(scope=None, grad=False):
            yield

    def reset(self) -> None:
        """Forget what was recorded so far, and go on."""
        self._require_recording("reset")
        self._scope.clear()

    def _require_recording(self, name: str) -> None:
        if not self._scope.is_open:
            raise DifferentiationError(
                f"GradientTape.{name}: the tape is not recording. Call it inside the `with` block."
            )

    # ---- answers ----------------------------------------------------------------------------

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
    ) -> Any:
        """The derivative of the sum of `target` by each of `sources`, in their structure.

        `target` is a tensor or a structure of them, weighted by `output_gradients` if given. A
        source on which the target does not depend gives None, or zeros with
        `unconnected_gradients="zero"`; so does one of an integer dtype.

        >>> import wengert.tensorflow as tf
        >>> w, b = tf.Variable(3.0), tf.Variable(1.0)
        >>> with tf.GradientTape() as tape:
        ...     y = w * w + b
        >>> tape.gradient(y, {"w": w, "b": b})
        {'w': tensor(6.), 'b': tensor(1.)}
        """
        self._begin()
        flat, structure = _flat_sources("gradient", sources)
        outputs = [convert_to_tensor(y) for y in pytree.flatten(target)[0]]
        weights = _weights(outputs, output_gradients)
        pairs = [(y, g) for y, g in zip(outputs, weights, strict=True) if is_inexact(y._data.dtype)]
        found = self._scope.gradients([y for y, _ in pairs], [g for _, g in pairs], flat)
        found = [
            _connected(g, x._data.shape, x, unconnected_gradients)
            for x, g in zip(flat, found, strict=True)
        ]
        self._end()
        return pytree.unflatten(structure, found)

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """d target_i / d source_j for each source, of shape (*target.shape, *source.shape).

        The last two arguments are TensorFlow's hints on how to compute it, and change nothing here.

        >>> import wengert.tensorflow as tf
        >>> x = tf.constant([1.0, 2.0])
        >>> with tf.GradientTape() as tape:
        ...     y = x * x
        >>> tape.jacobian(y, x)
        tensor([[2., 0.],
                [0., 4.]])
        """
        self._begin()
        flat, structure = _flat_sources("jacobian", sources)
        output = convert_to_tensor(target)
        shape = tuple(output._data.shape)
        size = size_of(shape)
        basis = np.eye(size, dtype=output._data.dtype).reshape(size, *shape)
        found: list[Any] = []
        for x, rows in zip(flat, self._rows(output, basis, flat), strict=True):
            whole = (*shape, *x._data.shape)
            rows = None if rows is None else reshape(rows, shape=whole)
            found.append(_connected(rows, whole, x, unconnected_gradients))
        self._end()
        return pytree.unflatten(structure, found)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """d target[b] / d source[b] for each row b: (b, *target.shape[1:], *source.shape[1:]).

        The rows must not depend on one another; `jacobian` has the whole.

        >>> import wengert.tensorflow as tf
        >>> x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        >>> with tf.GradientTape() as tape:
        ...     y = x * x
        >>> tape.batch_jacobian(y, x)
        tensor([[[2., 0.],
                 [0., 4.]],
        <BLANKLINE>
                [[6., 0.],
                 [0., 8.]]])
        """
        output, x = convert_to_tensor(target), convert_to_tensor(source)
        shape, other = tuple(output._data.shape), tuple(x._data.shape)
        if not shape or not other or shape[0] != other[0]:
            raise ShapeError(
                f"GradientTape.batch_jacobian: target {shape} and source {other} must have the "
                "same number of rows."
            )
        self._begin()
        size = size_of(shape[1:])
        basis = np.eye(size, dtype=output._data.dtype).reshape(size, 1, *shape[1:])
        basis = np.broadcast_to(basis, (size, *shape))
        [columns] = self._rows(output, basis, [x])
        if columns is not None:
            ndim = columns._data.ndim
            columns = permute(columns, axes=(1, 0, *range(2, ndim)))
            columns = reshape(columns, shape=(*shape, *other[1:]))
        self._end()
        return _connected(columns, (*shape, *other[1:]), x, unconnected_gradients)

    def _rows(self, output: Any, basis: Any, sources: list[Any]) -> list[Any]:
        if not len(basis):
            return [None for _ in sources]
        return self._scope.pulled_rows(output, constant(np.array(basis)), sources)

    def _begin(self) -> None:
        if self._used:
            raise DifferentiationError(
                "GradientTape: a tape answers one gradient() or jacobian(), and this one has. Make "
                "it with GradientTape(persistent=True) to ask again."
            )
        if not self._persistent and self._scope.is_open:
            self._scope.close()

    def _end(self) -> None:
        if not self._persistent:
            self._used = True
            self._scope.forget()


def _flat_sources(name: str, sources: Any) -> tuple[list[Any], Any]:
    flat, structure = pytree.flatten(sources)
    for x in flat:
        if not isinstance(x, Handle):
            raise TypeError(
                f"GradientTape.{name}: a source must be a tensor or a variable, not "
                f"{type(x).__name__}."
            )
    return flat, structure


def _weights(outputs: list[Any], given: Any) -> list[Any]:
    """Output gradients as cotangents: ones where there are none."""
    if given is None:
        return [ones_of(y) for y in outputs]
    weights: list[Any] = list(given) if is_list_or_tuple(given) else [given]
    if len(weights) != len(outputs):
        raise ShapeError(
            f"GradientTape.gradient: {len(weights)} output gradients were given for "
            f"{len(outputs)} targets."
        )
    return [_weight(y, weight) for y, weight in zip(outputs, weights, strict=True)]


def _weight(output: Any, weight: Any) -> Any:
    if weight is None:
        return ones_of(output)
    given = convert_to_tensor(weight, output._data.dtype)
    if tuple(given._data.shape) != tuple(output._data.shape):
        raise ShapeError(
            f"GradientTape.gradient: an output gradient of shape {tuple(given._data.shape)} was "
            f"given for a target of shape {tuple(output._data.shape)}."
        )
    return given


def _connected(found: Any, shape: Any, source: Any, unconnected: UnconnectedGradients | str) -> Any:
    """What was found, or what stands for a source that is not connected."""
    if found is None and UnconnectedGradients(unconnected) is UnconnectedGradients.ZERO:
        return zeros(tuple(shape), source._data.dtype)
    return found


__all__ = ["GradientTape", "UnconnectedGradients"]
