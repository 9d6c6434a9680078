"""A module as a function of its parameters and buffers, for the transforms of `func`.

For the time of a call other tensors lie in the tables in which a module holds its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._base.errors import ShapeError, StateError
from .._base.kinds import is_tuple
from .._functions.shaping.joining import stack
from .module import Module
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d

_Place = tuple[dict[str, Any], str]


def _places(module: Module) -> dict[str, _Place]:
    """Where each parameter and buffer is held, under each of its names."""
    found: dict[str, _Place] = {}
    for owner, part in module.named_modules(remove_duplicate=False):
        for table in (part._parameters, part._buffers):
            for name in table:
                found[f"{owner}.{name}" if owner else name] = (table, name)
    return found


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, Mapping):
        return {**dicts}
    merged: dict[str, Any] = {}
    for part in dicts:
        again = [name for name in part if name in merged]
        if again:
            raise ValueError(f"functional_call: {again} stand in several of the dictionaries.")
        merged |= part
    return merged


def _with_ties(given: dict[str, Any], places: dict[str, _Place]) -> dict[str, Any]:
    """What is given for one name of a tensor, under its other names as well."""
    names: dict[int, list[str]] = {}
    for name, (table, key) in places.items():
        if table[key] is not None:
            names.setdefault(id(table[key]), []).append(name)
    spread = dict(given)
    for group in names.values():
        values = [given[name] for name in group if name in given]
        if any(value is not values[0] for value in values):
            raise ValueError(
                f"functional_call: {group} are one tensor in the module, and different ones were "
                "given for them. Give one, or pass tie_weights=False."
            )
        if values:
            spread |= dict.fromkeys(group, values[0])
    return spread


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`module(*args, **kwargs)` with tensors from a dictionary (or several) for its parameters and
    buffers; those not named are its own.

    A tensor that the module has under several names is replaced under all of them unless
    `tie_weights` is off. With `strict` each one has to be given. What the module assigns to a name
    that was given is put into the dictionary. `StateError` for a name that it does not have.

    >>> import wengert
    >>> layer = wengert.nn.Linear(2, 1, bias=False)
    >>> wengert.func.functional_call(layer, {"weight": wengert.ones(1, 2)}, wengert.ones(2))
    tensor([2.])
    """
    given = _merged(parameter_and_buffer_dicts)
    places = _places(module)
    unknown = [name for name in given if name not in places]
    if unknown:
        raise StateError(
            f"functional_call: {type(module).__name__} has no parameter or buffer {unknown}; it "
            f"has {[*places]}."
        )
    wanted = _with_ties(given, places) if tie_weights else given
    missing = [name for name, (table, key) in places.items() if table[key] is not None]
    missing = [name for name in missing if strict and name not in wanted]
    if missing:
        raise StateError(f"functional_call: {missing} are not given, and strict=True.")
    if args is None:
        args = ()
    elif not is_tuple(args):
        args = (args,)
    own = {name: places[name][0][places[name][1]] for name in wanted}
    for name, value in wanted.items():
        table, key = places[name]
        table[key] = value
    try:
        return module(*args, **(kwargs or {}))
    finally:
        for name, value in own.items():
            table, key = places[name]
            if name in given and table.get(key) is not given[name]:
                _put_back(parameter_and_buffer_dicts, name, table.get(key))
            table[key] = value


def _put_back(dicts: Any, name: str, value: Any) -> None:
    parts: Any = [dicts] if isinstance(dicts, Mapping) else dicts
    for part in parts:
        if name in part:
            part[name] = value


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(parameters, buffers) of modules of one class, each stacked along a new first axis: for
    `vmap` over `functional_call` with one of the modules.

    The parameters are new leaves, which an optimiser can take.

    >>> import wengert
    >>> layers = [wengert.nn.Linear(3, 2) for _ in range(5)]
    >>> wengert.func.stack_module_state(layers)[0]["weight"].shape
    (5, 2, 3)
    """
    models = list(models)
    if not models:
        raise ValueError("stack_module_state: there are no modules.")
    kinds = {type(model).__name__ for model in models}
    if len({type(model) for model in models}) > 1:
        raise ValueError(f"stack_module_state: modules of different classes, {sorted(kinds)}.")
    if len({model.training for model in models}) > 1:
        raise ValueError("stack_module_state: some of the modules are in training, others are not.")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return _stacked(parameters), _stacked(buffers)


def _stacked(states: list[dict[str, Any]]) -> dict[str, Any]:
    if any([*state] != [*states[0]] for state in states):
        raise StateError("stack_module_state: the modules have parts of different names.")
    found: dict[str, Any] = {}
    for name in states[0]:
        parts = [state[name] for state in states]
        if len({(part.shape, part.dtype, part.requires_grad) for part in parts}) > 1:
            shapes = [part.shape for part in parts]
            raise ShapeError(
                f"stack_module_state: {name!r} is not alike in all modules: its shapes are "
                f"{shapes}, and dtype and requires_grad have to agree as well."
            )
        made = stack([part.detach() for part in parts])
        found[name] = made.requires_grad_() if parts[0].requires_grad else made
    return found


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Take the running statistics from every BatchNorm in a module, in place: they cannot be
    written for each sample of a `vmap`. Returns the module.

    >>> import wengert
    >>> net = wengert.nn.Sequential(wengert.nn.BatchNorm1d(2))
    >>> len(list(wengert.func.replace_all_batch_norm_modules_(net).buffers()))
    0
    """
    for module in root.modules():
        if isinstance(module, BatchNorm1d | BatchNorm2d | BatchNorm3d):
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root


__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]
