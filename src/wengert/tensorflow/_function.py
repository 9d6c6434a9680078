"""tf.function: `wengert.jit` under TensorFlow's name and arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
) -> Any:
    """Compile a function, or a whole training step, at its first call.

    There is no autograph: `if` and `while` on tensors raise and say what to write. Variables are
    made outside. The other arguments are TensorFlow's hints, and change nothing here.

    >>> import wengert.tensorflow as tf
    >>> @tf.function
    ... def double(x):
    ...     return x * 2.0
    >>> double(tf.constant(3.0))
    tensor(6.)
    """
    from .._jit.api import jit  # the compiler is loaded when somebody compiles

    return jit if func is None else jit(func)


__all__ = ["function"]
