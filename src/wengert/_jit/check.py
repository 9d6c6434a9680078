"""jit(check=True): every call is made twice, compiled and eagerly, and the results are compared.

The eager call starts from the state that the compiled one found, and its state is the one that
stays. What differs is what tracing could not see: time, files, other random numbers, or a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._base import pytree
from .._base.errors import TracingError
from .._base.kinds import is_array
from .._graph.value import Handle
from .lifting import State

_TOLERANCE = {2: 1e-2, 4: 1e-4, 8: 1e-9, 16: 1e-9}
"""Relative tolerance by item size; sums are added up in another order."""


class _Snapshot:
    """The memory, containers and gradients that a call may change."""

    def __init__(self, state: State, handles: Sequence[Any], owners: Sequence[Any]) -> None:
        self._state = state
        self._handles = [handle for handle in handles if isinstance(handle, Handle)]
        self._owners = owners
        self._arrays = [np.array(handle._data) for handle in self._handles]
        self._gradients = [owner._grad for owner in owners]
        self._contents = [container.items() for container in state.containers]

    def restore(self) -> None:
        """Put everything back."""
        for handle, array in zip(self._handles, self._arrays, strict=True):
            if handle._data.flags.writeable:
                np.copyto(handle._data, array)
        for owner, gradient in zip(self._owners, self._gradients, strict=True):
            owner._grad = gradient
        for container, items in zip(self._state.containers, self._contents, strict=True):
            container.restore(items)

    def now(self) -> list[tuple[str, Any]]:
        """What may have changed, by name, as copies."""
        found: list[tuple[str, Any]] = []
        for k, handle in enumerate(self._handles):
            found.append((f"memory of input {k}", np.array(handle._data)))
        for k, owner in enumerate(self._owners):
            gradient = owner._grad
            found.append((f"gradient {k}", None if gradient is None else np.array(gradient._data)))
        for container in self._state.containers:
            for key, value in container.items():
                if isinstance(value, int | float):
                    found.append((container.place(key), value))
        return found


def run_checked(
    program: Any,
    state: State,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    leaves: Sequence[Any],
) -> Any:
    """The result of the eager call, after both have agreed."""
    handles, owners = program.touched(state, leaves)
    before = _Snapshot(state, handles, owners)
    compiled = _plain(program.run(state, leaves))
    after = before.now()
    before.restore()
    result = function(*args, **kwargs)
    _compare("the result", compiled, _plain(result))
    for (name, first), (_, second) in zip(after, before.now(), strict=False):
        _compare(name, first, second)
    return result


def _plain(tree: Any) -> Any:
    return pytree.map_leaves(
        lambda leaf: np.array(leaf._data) if isinstance(leaf, Handle) else leaf, tree
    )


def _compare(name: str, compiled: Any, eager: Any) -> None:
    first, structure = pytree.flatten(compiled)
    second, other = pytree.flatten(eager)
    if structure != other:
        raise TracingError(f"jit(check=True): {name} has another structure when run eagerly.")
    for a, b in zip(first, second, strict=True):
        if is_array(a) and is_array(b):
            tolerance = _TOLERANCE.get(b.dtype.itemsize, 0.0) if b.dtype.kind in "fc" else 0.0
            same = a.shape == b.shape and a.dtype == b.dtype
            if same and np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True):
                continue
        elif isinstance(a, float) and isinstance(b, float):
            if np.isclose(a, b, rtol=1e-9, equal_nan=True):
                continue
        elif a is b or a == b:
            continue
        raise TracingError(
            f"jit(check=True): {name} differs: compiled {a!r}, eager {b!r}. The function depends "
            "on something that tracing does not see (time, files, another random generator, an "
            "attribute behind a function call). Pass it as an argument."
        )
