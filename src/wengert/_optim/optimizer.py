"""Optimizer: parameter groups, the state of each parameter, and how both are saved.

A rule is a subclass with `update(group)`. It is called without grad mode, works with in-place
tensor operations only, and treats the numbers of a group as factors: so it can be traced, and a
number changed between two calls needs no new trace.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, cast

from .._base.errors import StateError
from .._graph.value import Handle
from .._nn.module import clear_grad
from .._record.modes import enable_grad, no_grad

Group = dict[str, Any]


class Optimizer:
    """The base of all optimisers: subclass it and write `update(group)`, or `step` itself.

    `params` is an iterable of tensors, of (name, tensor) pairs, or of dictionaries, each with
    "params" and the options in which that group differs from `defaults`.

    >>> import wengert
    >>> class SignDescent(wengert.optim.Optimizer):
    ...     def update(self, group):
    ...         for p in self.with_gradient(group):
    ...             p.sub_(p.grad.sign() * group["lr"])
    >>> w = wengert.nn.Parameter(wengert.tensor([1.0, -1.0]))
    >>> optimizer = SignDescent([w], {"lr": 0.5})
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Parameter containing:
    tensor([ 0.5000, -0.5000], requires_grad=True)
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Handle):
            raise TypeError(
                "optimizer: params must be an iterable of tensors, not one tensor. Use [tensor]."
            )
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        listed = list(params)
        if not listed:
            raise ValueError("optimizer: the list of parameters is empty.")
        groups = listed if isinstance(listed[0], dict) else [{"params": listed}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Train more tensors, with options of their own.

        >>> import wengert
        >>> optimizer = wengert.optim.SGD([wengert.zeros(1, requires_grad=True)], lr=0.1)
        >>> optimizer.add_param_group({"params": wengert.zeros(1, requires_grad=True), "lr": 1.0})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 1.0]
        """
        group = dict(param_group)
        given: Any = group["params"]
        if isinstance(given, set):
            raise TypeError("optimizer: a set of parameters has no order. Use a list.")
        listed: list[Any] = [given] if isinstance(given, Handle) else list(given)
        if listed and isinstance(listed[0], tuple):
            group["param_names"] = [name for name, _ in listed]
            listed = [tensor for _, tensor in listed]
        group["params"] = listed
        seen = {id(p) for other in self.param_groups for p in other["params"]}
        for p in listed:
            if not isinstance(p, Handle):
                raise TypeError(f"optimizer: can train tensors only, not {type(p).__name__}.")
            if not cast(Any, p).is_leaf:
                raise ValueError(
                    f"optimizer: a tensor of shape {tuple(p._data.shape)} is computed from others "
                    "(is_leaf is False), so backward fills no gradient for it. Train its leaves."
                )
            if id(p) in seen:
                raise ValueError(
                    f"optimizer: a tensor of shape {tuple(p._data.shape)} appears twice; it would "
                    "be moved twice in each step."
                )
            seen.add(id(p))
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or set them to zero in place."""
        for group in self.param_groups:
            for p in group["params"]:
                clear_grad(p, set_to_none)

    def with_gradient(self, group: Group) -> list[Any]:
        """The parameters of a group that have a gradient."""
        return [p for p in group["params"] if p.grad is not None]

    def update(self, group: Group) -> None:
        """Move the parameters of one group; to be written by every rule."""
        raise NotImplementedError(
            f"{type(self).__name__} has no update. Define `def update(self, group): ...`."
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter once. A closure computes the loss anew, which is returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                self.update(group)
        return loss

    # ---- state ------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """{"state": {position: {...}}, "param_groups": [...]}, positions in place of tensors."""
        places: dict[int, int] = {}
        groups: list[Group] = []
        for group in self.param_groups:
            for p in group["params"]:
                places[id(p)] = len(places)
            packed = {name: value for name, value in group.items() if name != "params"}
            packed["params"] = [places[id(p)] for p in group["params"]]
            groups.append(packed)
        state = {places[id(p)]: held for p, held in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state; tensors are copied and get the dtype of their parameter.

        Raises StateError if the groups do not have as many parameters as the saved ones.
        """
        saved = state_dict["param_groups"]
        own = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in saved]
        if own != given:
            raise StateError(
                f"load_state_dict: the state has parameter groups of {given} tensors, the "
                f"optimizer of {own}. Build the optimizer over the same parameters first."
            )
        groups: list[Group] = []
        tensors: dict[Any, Any] = {}
        for group, other in zip(self.param_groups, saved):
            new = {k: copy.deepcopy(v) for k, v in other.items() if k != "params"}
            for name, value in self.defaults.items():
                new.setdefault(name, value)
            new["params"] = group["params"]
            if "param_names" in group:
                new["param_names"] = group["param_names"]
            groups.append(new)
            tensors.update(zip(other["params"], group["params"]))
        state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for place, held in state_dict["state"].items():
            p = tensors.get(place, place)
            state[p] = {name: _adopted(name, value, p) for name, value in held.items()}
        self.state = state
        self.param_groups = groups

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "state": dict(self.state)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        held = self.state
        self.state = defaultdict(dict)
        self.state.update(held)

    def __repr__(self) -> str:
        lines: list[str] = []
        for k, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {k}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return f"{type(self).__name__} (\n" + "\n".join(lines) + "\n)"


def _adopted(name: str, value: Any, p: Any) -> Any:
    """A saved value for the state of `p`: a copy, in its dtype unless it is a step count."""
    if not isinstance(value, Handle):
        return copy.deepcopy(value)
    found: Any = value
    found = found.detach().clone()
    if name == "step" or not p.is_floating_point():
        return found
    return found.to(p.dtype)


def check_range(name: str, value: Any, low: float, high: float | None = None) -> None:
    """Raise ValueError unless low <= value (< high); tensors are taken as they are."""
    if isinstance(value, Handle):
        return
    if not low <= value or (high is not None and not value < high):
        raise ValueError(
            f"optimizer: {name}={value} is out of range; it must be at least {low}"
            + ("." if high is None else f" and below {high}.")
        )


__all__ = ["Group", "Optimizer", "check_range"]
