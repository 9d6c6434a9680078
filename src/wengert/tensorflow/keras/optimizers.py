"""tf.keras.optimizers: Keras' update rules, with Keras' defaults and places of epsilon.

`apply_gradients` is never recorded. What a rule remembers of a variable is a tensor that it changes
in place, so that a compiled step lifts it like other state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..._base.errors import ShapeError
from ..._graph.value import Handle
from ..._primitives import elementwise as e
from ..._primitives.creation import full, zeros
from ..._record import modes as _modes
from .._arithmetic import clip_by_global_norm, clip_by_norm
from .._arithmetic import floor as _floor
from .._tape import GradientTape
from .._variable import Variable
from ._names import chosen


class LearningRateSchedule:
    """The base: subclass it and write `__call__(step)`, the rate at a step."""

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step).")


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate^(step / decay_steps); whole powers with `staircase`.

    >>> ExponentialDecay(1.0, 10, 0.5)(20)
    0.25
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps, self.decay_rate, self.staircase = decay_steps, decay_rate, staircase

    def __call__(self, step: Any) -> Any:
        power: Any = step / self.decay_steps
        if self.staircase:
            power = _floor(power) if isinstance(power, Handle) else math.floor(power)
        return self.initial_learning_rate * self.decay_rate**power


class CosineDecay(LearningRateSchedule):
    """From initial_learning_rate to alpha times it along half a cosine, over decay_steps.

    >>> CosineDecay(1.0, 10)(5)
    0.5
    """

    def __init__(self, initial_learning_rate: float, decay_steps: int, alpha: float = 0.0) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps, self.alpha = decay_steps, alpha

    def __call__(self, step: Any) -> Any:
        if isinstance(step, Handle):
            given: Any = step
            part = (given.clamp(max=self.decay_steps) * (math.pi / self.decay_steps)).cos()
        else:
            part = round(math.cos(math.pi * min(step, self.decay_steps) / self.decay_steps), 15)
        return self.initial_learning_rate * ((1 - self.alpha) * 0.5 * (1 + part) + self.alpha)


class schedules:
    """The schedules of learning rates."""

    CosineDecay = CosineDecay
    ExponentialDecay = ExponentialDecay
    LearningRateSchedule = LearningRateSchedule


class Optimizer:
    """The base: subclass it and write `update(variable, gradient, learning_rate)`.

    Gradients can be shortened by `clipnorm` (each), `global_clipnorm` (all together) or `clipvalue`
    (each element). `weight_decay` w takes learning_rate * w * variable off first.

    >>> import wengert.tensorflow as tf
    >>> v = tf.Variable(1.0)
    >>> tf.optimizers.SGD(learning_rate=0.1).apply_gradients([(tf.constant(2.0), v)])
    >>> round(float(v), 4)
    0.8
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
    ) -> None:
        self._learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue = clipnorm, clipvalue
        self.global_clipnorm = global_clipnorm
        self.name = name or type(self).__name__
        self.iterations = Variable(0, trainable=False, dtype="int64", name="iteration")
        self._slots: dict[Any, dict[str, Any]] = {}

    @property
    def learning_rate(self) -> Any:
        """The learning rate now; assigning a number or a schedule changes it."""
        rate = self._learning_rate
        return rate(self.iterations.double()) if isinstance(rate, LearningRateSchedule) else rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._learning_rate = value

    lr = learning_rate

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Move variables by pairs (gradient, variable); pairs with None are passed over.

        Raises ValueError if there is no gradient at all, ShapeError for one that does not fit.
        """
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        if not pairs:
            raise ValueError(
                "apply_gradients: no variable has a gradient. Does the loss depend on them, and "
                "was it computed inside the tape?"
            )
        for g, v in pairs:
            if tuple(g._data.shape) != tuple(v._data.shape):
                raise ShapeError(
                    f"apply_gradients: a gradient of shape {tuple(g._data.shape)} was given for a "
                    f"variable of shape {tuple(v._data.shape)}."
                )
        with _modes.override(grad=False, scope=None):
            gradients = self._clipped([g for g, _ in pairs])
            rate = self.learning_rate
            for g, (_, v) in zip(gradients, pairs, strict=True):
                if self.weight_decay:
                    v.assign_sub(v * self.weight_decay * rate)
                self.update(v, g, rate)
                if getattr(v, "constraint", None) is not None:
                    v.assign(v.constraint(v))
            self.iterations.assign_add(1)

    def _clipped(self, gradients: list[Any]) -> list[Any]:
        if self.clipnorm is not None:
            return [clip_by_norm(g, self.clipnorm) for g in gradients]
        if self.global_clipnorm is not None:
            return clip_by_global_norm(gradients, self.global_clipnorm)[0]
        if self.clipvalue is not None:
            return [g.clamp(-self.clipvalue, self.clipvalue) for g in gradients]
        return gradients

    def minimize(
        self, loss: Any, var_list: Sequence[Any], tape: GradientTape | None = None
    ) -> None:
        """Move variables once: `loss` is a function without arguments, or a value that `tape` made.

        >>> import wengert.tensorflow as tf
        >>> v = tf.Variable(3.0)
        >>> tf.optimizers.SGD(0.5).minimize(lambda: v * v, [v])
        >>> float(v)
        0.0
        """
        if callable(loss) and not isinstance(loss, Handle):
            with GradientTape() as tape:
                loss = loss()
        if tape is None:
            raise ValueError("minimize: pass a function as loss, or the tape that recorded it.")
        self.apply_gradients(zip(tape.gradient(loss, list(var_list)), var_list, strict=True))

    def update(self, variable: Any, gradient: Any, learning_rate: Any) -> None:
        """Move one variable."""
        raise NotImplementedError(f"{type(self).__name__} has no update.")

    def slot(self, variable: Any, name: str, value: float = 0.0) -> Any:
        """What the rule remembers of a variable under this name; `value` everywhere at first."""
        held = self._slots.setdefault(variable, {})
        if name not in held:
            shape, dtype = tuple(variable._data.shape), variable._data.dtype
            held[name] = full(shape, value, dtype) if value else zeros(shape, dtype)
        return held[name]

    def time(self) -> Any:
        """The number of this step, counted from 1, in double precision."""
        return self.iterations.double() + 1


class SGD(Optimizer):
    """w - rate g; with momentum m = momentum m - rate g and w + m (or w + momentum m - rate g).

    >>> SGD(0.1, momentum=0.9).momentum
    0.9
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum, self.nesterov = momentum, nesterov

    def update(self, variable: Any, gradient: Any, learning_rate: Any) -> None:
        """Move one variable."""
        step = gradient * learning_rate
        if not self.momentum:
            variable.assign_sub(step)
            return
        m = self.slot(variable, "momentum").mul_(self.momentum).sub_(step)
        variable.assign_add(m * self.momentum - step if self.nesterov else m)


class Adam(Optimizer):
    """w - rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).

    m and v are running means of g and g^2. With `amsgrad`, v is the largest there was. Source:
    D. Kingma and J. Ba, 2015, with epsilon where the remark before their section 2.1 has it.

    >>> float(Adam().learning_rate)
    0.001
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def update(self, variable: Any, gradient: Any, learning_rate: Any) -> None:
        """Move one variable."""
        t = self.time()
        m, v = self.slot(variable, "momentum"), self.slot(variable, "velocity")
        m.add_((gradient - m) * (1 - self.beta_1))
        v.add_((gradient * gradient - v) * (1 - self.beta_2))
        if self.amsgrad:
            largest = self.slot(variable, "largest")
            largest.copy_(e.maximum(largest, v))
            v = largest
        scale = (1 - self.beta_2**t).sqrt() / (1 - self.beta_1**t) * learning_rate
        variable.assign_sub(m * scale / (v.sqrt() + self.epsilon))


class AdamW(Adam):
    """Adam with weight decay, 0.004 by default; I. Loshchilov and F. Hutter, 2019.

    >>> AdamW().weight_decay
    0.004
    """

    def __init__(
        self, learning_rate: Any = 0.001, weight_decay: float = 0.004, **options: Any
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **options)


class RMSprop(Optimizer):
    """w - rate g / sqrt(v + epsilon), v a running mean of g^2 (less the squared mean if centered).

    >>> RMSprop().rho
    0.9
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def update(self, variable: Any, gradient: Any, learning_rate: Any) -> None:
        """Move one variable."""
        v = self.slot(variable, "velocity")
        v.mul_(self.rho).add_(gradient * gradient * (1 - self.rho))
        under: Any = v
        if self.centered:
            mean = self.slot(variable, "mean")
            mean.mul_(self.rho).add_(gradient * (1 - self.rho))
            under = v - mean * mean
        step = gradient * learning_rate * (under + self.epsilon).rsqrt()
        if self.momentum:
            step = self.slot(variable, "momentum").mul_(self.momentum).add_(step)
        variable.assign_sub(step)


class Adagrad(Optimizer):
    """w - rate g / sqrt(a + epsilon), a the sum of g^2; J. Duchi, E. Hazan and Y. Singer, 2011.

    >>> Adagrad().initial_accumulator_value
    0.1
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def update(self, variable: Any, gradient: Any, learning_rate: Any) -> None:
        """Move one variable."""
        a = self.slot(variable, "accumulator", self.initial_accumulator_value)
        a.add_(gradient * gradient)
        variable.assign_sub(gradient * learning_rate / (a + self.epsilon).sqrt())


_CLASSES: dict[str, Callable[[], Optimizer]] = {
    "adagrad": Adagrad, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "sgd": SGD,
}  # fmt: skip


def get(identifier: Any) -> Any:
    """The optimiser with this name.

    >>> get("adam").name
    'Adam'
    """
    found = chosen("optimizer", identifier, _CLASSES)
    return found() if isinstance(found, type) else found


__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "SGD",
    "get",
    "schedules",
]
