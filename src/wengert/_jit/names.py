"""What code can read: the names that stand in it, and whose code it is.

State is guarded by these names, so they must be all that a function can reach by writing them down;
for code that computes names there is no bound.
"""

from __future__ import annotations

import dis
import functools
import os
import sys
import types
from collections.abc import Iterable
from typing import Any

from .._base.kinds import is_tuple

_ROOT = __name__.partition(".")[0]
_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@functools.lru_cache(2048)
def global_names(code: types.CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """The globals that a function and the functions inside it may read, and may write."""
    read: set[str] = set()
    written: set[str] = set()
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            read.add(str(step.argval))
        elif step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            written.add(str(step.argval))
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            more_read, more_written = global_names(constant)
            read |= more_read
            written |= more_written
    return frozenset(read), frozenset(written)


@functools.lru_cache(2048)
def attribute_names(code: types.CodeType) -> frozenset[str]:
    """The names in the code of a function and of the functions inside it."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= attribute_names(constant)
    return frozenset(names)


def is_from_here(module: str) -> bool:
    """Whether a module is one of this package."""
    return module.partition(".")[0] == _ROOT


@functools.lru_cache(2048)
def is_own(module: str | None) -> bool:
    """Whether a module is the user's own: neither Python's, nor this package, nor installed."""
    if not module:
        return True
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names or root in (_ROOT, "numpy"):
        return False
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return not {"site-packages", "dist-packages"} & set(file.split(os.sep))


def function_behind(value: Any) -> types.FunctionType | None:
    """The function that a class attribute runs, if it is a method or a property."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, functools.cached_property):
        value = value.func  # pyright: ignore[reportUnknownMemberType]
    elif hasattr(value, "__wrapped_program__"):
        value = value.__wrapped__
    value = getattr(value, "__func__", value)
    return value if isinstance(value, types.FunctionType) else None


_DYNAMIC = frozenset(("getattr", "setattr", "hasattr", "vars", "dir", "__dict__", "attrgetter"))


def names_in(
    codes: Iterable[tuple[types.CodeType, dict[str, Any]]],
) -> frozenset[str] | None:
    """The names and strings in code that ran (with its globals), which are all the attributes it
    can have read, and the names of the methods.

    None if code outside this package may read attributes by names that it computes.
    """
    names: set[str] = set()
    for code, module in codes:
        own = set(code.co_names)
        if own & _DYNAMIC and not code.co_filename.startswith(_FOLDER):
            return None
        names |= own
        names.add(code.co_name)
        # Tables of names count as if they stood in the code.
        tables = [module[name] for name in own if is_tuple(module.get(name))]
        for constant in (*code.co_consts, *tables):
            several = isinstance(constant, tuple | frozenset)
            parts: list[Any] = [*constant] if several else [constant]  # pyright: ignore[reportUnknownVariableType]
            names.update(part for part in parts if isinstance(part, str))
    return frozenset(names)
