"""The state of a module as a flat dictionary: written, and checked and loaded as a whole.

Loading is all or nothing: every name and shape is checked before the first value is copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._base.errors import StateError
from .._functions.making.creation import from_numpy
from .._graph.value import Handle
from .._record import modes as _modes
from .parameter import Parameter


def _own(module: Any) -> dict[str, Any]:
    """Parameters and persistent buffers of one module."""
    buffers = {k: v for k, v in module._buffers.items() if k not in module._non_persistent}
    return {k: v for k, v in {**module._parameters, **buffers}.items() if v is not None}


def write_state(module: Any, found: dict[str, Any], prefix: str, keep_vars: bool) -> None:
    """Fill `found` with the state of a module and of all modules below it."""
    for name, held in _own(module).items():
        found[prefix + name] = held if keep_vars else held.detach()
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=found, prefix=f"{prefix}{name}.", keep_vars=keep_vars)


def _slots(module: Any, prefix: str = "") -> dict[str, tuple[Any, str]]:
    """For every name, the module that holds it and the name it has there."""
    found = {prefix + name: (module, name) for name in _own(module)}
    for name, child in module._modules.items():
        if child is not None:
            found.update(_slots(child, f"{prefix}{name}."))
    return found


def _listed(what: str, names: list[str]) -> str:
    return f"\n  {what}: {', '.join(map(repr, names))}"


def load(
    module: Any, state: Mapping[str, Any], strict: bool, assign: bool
) -> tuple[list[str], list[str]]:
    """Copy `state` into a module; the names that were missing and those that were not known."""
    slots = _slots(module)
    missing = [name for name in slots if name not in state]
    unexpected = [name for name in state if name not in slots]
    values = {
        name: value if isinstance(value, Handle) else from_numpy(np.asarray(value))
        for name, value in state.items()
        if name in slots
    }
    faults = ""
    if strict and missing:
        faults += _listed("missing, so nothing would be loaded into", missing)
    if strict and unexpected:
        faults += _listed("not known to the module", unexpected)
    for name, value in values.items():
        owner, key = slots[name]
        own, given = tuple(getattr(owner, key)._data.shape), tuple(value._data.shape)
        if own != given:
            faults += f"\n  {name!r} has shape {given}; the module's has {own}"
    if faults:
        remedy = "\nstrict=False ignores missing and unknown names." if missing + unexpected else ""
        raise StateError(
            f"load_state_dict: the state does not fit {type(module).__name__}, and nothing was "
            f"loaded:{faults}{remedy}"
        )
    with _modes.override(grad=False):
        for name, value in values.items():
            owner, key = slots[name]
            held = getattr(owner, key)
            if not assign:
                held.copy_(value)
            elif isinstance(held, Parameter):
                owner._parameters[key] = Parameter(value, held.requires_grad)
            else:
                owner._buffers[key] = value
    return missing, unexpected
