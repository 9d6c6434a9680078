"""Which callable of Wengert answers for a callable of PyTorch.

A function is found by its dotted name (torch.linalg.qr is wengert.linalg.qr). Lambdas of `op_db`
are run with `torch` standing for Wengert: their code is kept, the names it looks up are translated.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

import torch

import wengert

from .convert import ours

_MODULES = (
    "linalg",
    "fft",
    "special",
    "nn.functional",
    "signal.windows",
    "masked",
    "sparse",
    "random",
)


class Missing(Exception):
    """Wengert has no such function."""


def _dotted(root: Any, path: str) -> Any:
    for part in path.split("."):
        root = getattr(root, part)
    return root


@functools.cache
def _names() -> dict[int, str]:
    """Dotted names below `torch` by identity; the shortest one wins."""
    table: dict[int, str] = {}
    places = ["", *(f"{module}." for module in _MODULES), "Tensor."]
    for place in places:
        module = _dotted(torch, place.removesuffix(".")) if place else torch
        for name in dir(module):
            value = getattr(module, name, None)
            if callable(value):
                table.setdefault(id(value), place + name)
    return table


def _look_up(path: str) -> Any:
    try:
        return _dotted(wengert, path)
    except AttributeError:
        raise Missing(f"wengert.{path} does not exist") from None


def _global_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _rebound(function: types.FunctionType, translate: Callable[[Any], Any]) -> types.FunctionType:
    """The function with every global and every closed-over value translated."""
    names = set(_global_names(function.__code__))
    scope = {
        name: translate(value) for name, value in function.__globals__.items() if name in names
    }
    scope["__builtins__"] = function.__globals__["__builtins__"]
    cells = tuple(
        types.CellType(translate(cell.cell_contents)) for cell in function.__closure__ or ()
    )
    defaults = tuple(translate(value) for value in function.__defaults__ or ())
    made = types.FunctionType(function.__code__, scope, function.__name__, defaults, cells)
    made.__kwdefaults__ = {
        key: translate(value) for key, value in (function.__kwdefaults__ or {}).items()
    }
    return made


def _just_call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _ours_seeded(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    wengert.manual_seed(42)
    return function(*args, **kwargs)


def _of_the_database(value: Any) -> bool:
    return isinstance(value, types.FunctionType) and (value.__module__ or "").startswith(
        "torch.testing"
    )


def translate(value: Any, *, seeded: bool = True) -> Any:
    """Wengert's counterpart of a callable, module or constant of PyTorch."""
    again = functools.partial(translate, seeded=seeded)
    if value is torch:
        return wengert
    if isinstance(value, types.FunctionType) and value.__name__ == "wrapper_set_seed":
        return _ours_seeded if seeded else _just_call
    if _of_the_database(value):
        return _rebound(value, again)
    if isinstance(value, functools.partial):
        return functools.partial(again(value.func), *value.args, **value.keywords)
    if id(value) in _names() and getattr(value, "__module__", "") != "builtins":
        return _look_up(_names()[id(value)])
    if (getattr(value, "__module__", None) or "").startswith(("torch._ops", "torch.cuda")):
        raise Missing(f"{value} is internal to PyTorch")
    return ours(value, {})


def function_of(info: Any, *, seeded: bool = True) -> Callable[..., Any]:
    """Wengert's function for an operator of the database."""
    try:
        named = _dotted(torch, info.name)
    except AttributeError:
        named = None
    if info.op is named:
        return _look_up(info.name)
    if info.name.startswith("__"):
        return _look_up(f"Tensor.{info.name}")
    return translate(info.op, seeded=seeded)


def variant_of(variant: Any) -> Callable[..., Any]:
    """Wengert's counterpart of a method, in-place or operator variant."""
    return translate(variant)


def unseeded(function: Any) -> Any:
    """PyTorch's own callable without the seed that `op_db` sets before each call."""

    def kept(value: Any) -> Any:
        if isinstance(value, types.FunctionType) and value.__name__ == "wrapper_set_seed":
            return _just_call
        return _rebound(value, kept) if _of_the_database(value) else value

    return kept(function)
