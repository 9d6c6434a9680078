"""The Python state that a function reads: containers, attributes, closure cells, globals.

`State` finds the containers reachable from a function, can tell cheaply whether any of them has
changed since it last looked, and describes them for the signature. It knows dicts, lists, tuples
and objects with attributes; it does not know modules or optimisers.
"""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Callable, Iterator
from itertools import chain
from operator import is_
from typing import Any, NamedTuple

import numpy as np

from .._base.kinds import is_array, is_dict, is_tuple
from .._graph.value import Handle
from .._record.random_state import Generator
from .signature import describe

_MOST = 20_000
_ROOT = __name__.partition(".")[0]
_OPAQUE = (
    type,
    types.ModuleType,
    types.BuiltinFunctionType,
    np.ndarray,
    np.dtype,
    Handle,
    Generator,
    str,
    bytes,
    bool,
    int,
    float,
    complex,
    type(None),
)


class Slot(NamedTuple):
    """A place in a container: container number and key (or position)."""

    container: int
    key: Any


class Container:
    """One place where state is held: a dict, a list, an object's attributes, a cell, a global."""

    def __init__(self, kind: str, holder: Any, path: str, key: Any = None) -> None:
        self.kind = kind
        self.holder = holder
        self.path = path
        self.key = key

    def items(self) -> list[tuple[Any, Any]]:
        """(key, value) pairs as they are now."""
        if self.kind == "cell":
            try:
                return [(None, self.holder.cell_contents)]
            except ValueError:
                return []
        if self.kind == "global":
            return [(self.key, self.holder[self.key])] if self.key in self.holder else []
        if self.kind == "list":
            members: list[Any] = self.holder
            return list(enumerate(members))
        contents: dict[Any, Any] = self.holder
        return list(contents.items())

    def get(self, key: Any) -> Any:
        """The value at a key."""
        return self.holder.cell_contents if self.kind == "cell" else self.holder[key]

    def set(self, key: Any, value: Any) -> None:
        """Put a value at a key."""
        if self.kind == "cell":
            self.holder.cell_contents = value
        else:
            self.holder[key] = value

    def restore(self, items: list[tuple[Any, Any]]) -> None:
        """Make the contents what they were."""
        if self.kind in ("cell", "global"):
            for key, value in items:
                self.set(key, value)
        elif self.kind == "list":
            self.holder[:] = [value for _, value in items]
        else:
            now = self.holder
            if len(now) != len(items) or any(
                a is not b or x is not y for (a, x), (b, y) in zip(now.items(), items, strict=True)
            ):
                now.clear()
                now.update(items)

    def place(self, key: Any) -> str:
        """How a person would write the place."""
        if self.kind == "attributes":
            return f"{self.path}.{key}"
        if self.kind in ("cell", "global"):
            return self.path
        # A tensor as key is not named by its numbers, which change.
        name = f"tensor of shape {key._data.shape}" if isinstance(key, Handle) else repr(key)
        return f"{self.path}[{name}]"


class State:
    """The containers reachable from some roots, and their contents when last looked at."""

    def __init__(self, roots: Callable[[], list[tuple[str, Any]]]) -> None:
        self._roots = roots
        self.containers: list[Container] = []
        self.contents: list[list[tuple[Any, Any]]] = []
        self.handles: dict[int, Slot] = {}
        self._views: list[Any] = []
        self._flat: list[Any] = []
        self.single: list[tuple[Container, Any]] = []
        """Cells and globals with what they held."""
        self.look()

    def unchanged(self) -> bool:
        """Whether every container holds the very objects it held at the last look."""
        for container, value in self.single:
            try:
                if container.get(container.key) is not value:
                    return False
            except (KeyError, ValueError):
                return False
        return all(map(is_, chain.from_iterable(self._views), self._flat))

    def watched(self) -> list[tuple[Any, list[Any]]]:
        """The dicts and lists with their contents, keys and values in turn."""
        found: list[tuple[Any, list[Any]]] = []
        for container, items in zip(self.containers, self.contents, strict=True):
            if container.kind == "list":
                found.append((container.holder, [value for _, value in items]))
            elif container.kind not in ("cell", "global"):
                found.append((container.holder, [part for pair in items for part in pair]))
        return found

    def only_numbers_changed(self, lifted: frozenset[tuple[str, Any]]) -> bool:
        """Whether the lifted numbers are all that has changed; then the new ones are taken over."""
        changed: list[tuple[int, int, Any]] = []
        for number, (container, items) in enumerate(
            zip(self.containers, self.contents, strict=True)
        ):
            now = container.items()
            if len(now) != len(items):
                return False
            for place, ((key, value), (old_key, old)) in enumerate(zip(now, items, strict=True)):
                if key is not old_key and key != old_key:
                    return False
                if value is not old:
                    if value.__class__ is not old.__class__ or not is_lifted(
                        container, key, value, lifted
                    ):
                        return False
                    changed.append((number, place, value))
        for number, place, value in changed:
            self.contents[number][place] = (self.contents[number][place][0], value)
        self._index()
        return True

    def _index(self) -> None:
        """Prepare `unchanged` for the contents."""
        self._views, self._flat, self.single = [], [], []
        for container, items in zip(self.containers, self.contents, strict=True):
            if container.kind in ("cell", "global"):
                self.single += [(container, value) for _, value in items]
                continue
            self._views.append(container.holder)
            if container.kind != "list":
                self._flat.extend(key for key, _ in items)
                self._views.append(container.holder.values())
            self._flat.extend(value for _, value in items)
        sentinel = object()
        self._views.append([sentinel])
        self._flat.append(sentinel)

    def numbers(self) -> dict[tuple[str, Any], int | float]:
        """The ints and floats that are part of the signature, by place."""
        return {
            place_of(container, key): value
            for container, items in zip(self.containers, self.contents, strict=True)
            for key, value in items
            if value.__class__ is int or value.__class__ is float
        }

    def look(self) -> None:
        """Walk again, and remember what is there."""
        self.containers, self.contents, self.handles = [], [], {}
        seen: dict[int, Any] = {}
        stack = list(reversed(self._roots()))
        while stack and len(self.containers) < _MOST:
            path, value = stack.pop()
            if id(value) in seen:
                continue
            seen[id(value)] = value
            found = list(self._open(path, value))
            stack.extend(reversed(found))
        self._index()

    def _open(self, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        """Enter a value's own container, if it has one; what is to be opened next."""
        if isinstance(value, _OPAQUE):
            return
        if is_dict(value):
            yield from self._enter(Container("dict", value, path))
        elif isinstance(value, list):
            yield from self._enter(Container("list", value, path))
        elif is_tuple(value):
            for index, item in enumerate(value):
                yield f"{path}[{index}]", item
        elif isinstance(value, types.FunctionType):
            yield from self._function(path, value)
        elif isinstance(value, types.MethodType):
            yield path, value.__self__
            yield path, value.__func__
        elif isinstance(value, functools.partial):
            yield path, value.func  # pyright: ignore[reportUnknownMemberType]
            yield path, value.args
            yield path, value.keywords
        elif hasattr(value, "__dict__") and not hasattr(value, "__wrapped_program__"):
            yield from self._enter(Container("attributes", value.__dict__, path))

    def _function(self, path: str, function: types.FunctionType) -> Iterator[tuple[str, Any]]:
        if function.__module__ and function.__module__.partition(".")[0] == _ROOT:
            return
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            yield from self._enter(Container("cell", cell, name))
        for name in sorted(_global_names(function.__code__)):
            if name in function.__globals__:
                yield from self._enter(Container("global", function.__globals__, name, name))
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            yield path, default

    def _enter(self, container: Container) -> Iterator[tuple[str, Any]]:
        items = container.items()
        number = len(self.containers)
        self.containers.append(container)
        self.contents.append(items)
        for key, value in items:
            self._note(value, Slot(number, key))
            yield container.place(key), value

    def _note(self, value: Any, slot: Slot) -> None:
        if isinstance(value, Handle) and is_array(value._data):
            self.handles.setdefault(id(value), slot)

    def get(self, slot: Slot) -> Any:
        """What stands at a slot now."""
        return self.containers[slot.container].get(slot.key)

    def place(self, slot: Slot) -> str:
        """A slot in words."""
        return self.containers[slot.container].place(slot.key)

    def signature(self, lifted: frozenset[tuple[str, Any]]) -> tuple[Any, ...]:
        """A description that is equal whenever the same program may serve.

        Numbers at the `lifted` places are inputs and do not count, nor do floats in plain
        containers.
        """
        seen: dict[int, int] = {}
        parts: list[Any] = []
        for container, items in zip(self.containers, self.contents, strict=True):
            row: list[Any] = [container.kind, container.path]
            for key, value in items:
                row.append(id(key) if isinstance(key, Handle) else key)
                row.append(self._described(container, key, value, lifted, seen))
            parts.append(tuple(row))
        return tuple(parts)

    def _described(
        self, container: Container, key: Any, value: Any, lifted: Any, seen: dict[int, int]
    ) -> Any:
        if is_lifted(container, key, value, lifted):
            return value.__class__
        if isinstance(value, Handle):
            if not is_array(value._data):
                return ("symbol", id(value))
            return (seen.setdefault(id(value), len(seen)), describe(value))
        if isinstance(value, bool | int | float | complex | str | bytes | type(None)):
            return (value.__class__, value)
        if is_tuple(value):
            return tuple(self._described(container, None, item, lifted, seen) for item in value)
        # A container is described by its own entry; any other object by being itself.
        kind: Any = value.__class__
        return kind.__name__ if issubclass(kind, dict | list) else id(value)


def place_of(container: Container, key: Any) -> tuple[str, Any]:
    """What names a slot from one look to the next."""
    return (container.path, id(key) if isinstance(key, Handle) else key)


def is_lifted(
    container: Container, key: Any, value: Any, lifted: frozenset[tuple[str, Any]]
) -> bool:
    """Whether a number at this place is an input: floats in dicts and lists are from the start,
    the others (attributes, cells, ints) once a call has been seen to change them.
    """
    if value.__class__ is float:
        if container.kind in ("dict", "list"):
            return True
        return place_of(container, key) in lifted
    return value.__class__ is int and place_of(container, key) in lifted


def _global_names(code: types.CodeType) -> set[str]:
    """The names that a function and the functions inside it may read from globals."""
    names = {
        str(step.argval)
        for step in dis.get_instructions(code)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names


def roots_of(function: Any, constants: list[Any]) -> list[tuple[str, Any]]:
    """Where to start looking: the function itself, and objects passed as arguments."""
    name = getattr(function, "__name__", type(function).__name__)
    if isinstance(function, types.MethodType):
        roots: list[tuple[str, Any]] = [("self", function.__self__), (name, function.__func__)]
    else:
        roots = [(name, function)]
    return roots + [(f"argument {k}", value) for k, value in enumerate(constants)]
