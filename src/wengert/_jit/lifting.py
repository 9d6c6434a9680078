"""The Python state that a function reads: containers, attributes, closure cells, globals.

`State` finds the containers reachable from a function, can tell cheaply whether any of them has
changed since it last looked, and describes them for the signature. It knows dicts, lists, tuples
and objects with attributes; it does not know modules or optimisers.
"""

from __future__ import annotations

import dis
import functools
import os
import types
from collections.abc import Callable, Iterable, Iterator
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
_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
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
    """A place in a container: what identifies the container, and a key (or position)."""

    container: tuple[str, str]
    key: Any


class Container:
    """One place where state is held: a dict, a list, an object's attributes, a cell, a global."""

    def __init__(self, kind: str, holder: Any, path: str, key: Any = None) -> None:
        self.kind = kind
        self.holder = holder
        self.path = path
        self.key = key
        self.by_name = False
        """Attributes of an object that only code which names them reads: none of this package's
        classes, whose methods look names up in tables."""

    @property
    def identity(self) -> tuple[str, str]:
        """What names the container from one look to the next."""
        return (self.kind, self.path)

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
        self.names: frozenset[str] | None = None
        """The attribute names in the code that was traced; the others were not read. None: all."""
        self.containers: list[Container] = []
        self.contents: list[list[tuple[Any, Any]]] = []
        self.handles: dict[int, Slot] = {}
        self._views: list[Any] = []
        self._flat: list[Any] = []
        self.single: list[tuple[Container, Any, Any]] = []
        """(container, key, value) of cells, globals and, where only some count, attributes."""
        self.fields: list[tuple[Container, tuple[str, ...]]] = []
        """Objects of whose attributes only some count, with the names of all: one may appear."""
        self._places: dict[tuple[str, str], Container] = {}
        self._relevant: set[Container] = set()
        self.look()

    def unchanged(self) -> bool:
        """Whether every container holds the very objects it held at the last look."""
        for container, key, value in self.single:
            try:
                if container.get(key) is not value:
                    return False
            except (KeyError, ValueError):
                return False
        if any(tuple(container.holder) != names for container, names in self.fields):
            return False
        return all(map(is_, chain.from_iterable(self._views), self._flat))

    def watched(self) -> list[tuple[Any, list[Any]]]:
        """The dicts and lists with their contents, keys and values in turn."""
        found: list[tuple[Any, list[Any]]] = []
        for container, items in self._guarded():
            if container.kind == "list":
                found.append((container.holder, [value for _, value in items]))
            elif not self._by_key(container):
                found.append((container.holder, [part for pair in items for part in pair]))
        return found

    def _guarded(self) -> Iterator[tuple[Container, list[tuple[Any, Any]]]]:
        """The containers that the traced code can have read, with the items that it can."""
        for container, items in zip(self.containers, self.contents, strict=True):
            if container in self._relevant:
                yield container, [pair for pair in items if self._counts(container, pair[0])]

    def _counts(self, container: Container, key: Any) -> bool:
        """Whether the traced code can have read a key."""
        return self.names is None or not container.by_name or key in self.names

    def _by_key(self, container: Container) -> bool:
        """Whether a container is compared key by key rather than as a whole."""
        return container.kind in ("cell", "global") or (
            container.by_name and self.names is not None
        )

    def only_numbers_changed(self, lifted: frozenset[tuple[str, Any]]) -> bool:
        """Whether the lifted numbers are all that has changed; then the new ones are taken over."""
        changed: list[tuple[int, int, Any]] = []
        for number, (container, items) in enumerate(
            zip(self.containers, self.contents, strict=True)
        ):
            if container not in self._relevant:
                continue
            now = container.items()
            if len(now) != len(items):
                return False
            for place, ((key, value), (old_key, old)) in enumerate(zip(now, items, strict=True)):
                if key is not old_key and key != old_key:
                    return False
                if value is not old and self._counts(container, key):
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
        self._views, self._flat, self.single, self.fields = [], [], [], []
        for container, items in self._guarded():
            if container.by_name and self.names is not None:
                self.fields.append((container, tuple(container.holder)))
            if self._by_key(container):
                place = container.key if container.kind == "global" else None
                self.single += [
                    (container, key if container.kind == "attributes" else place, value)
                    for key, value in items
                ]
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
            for container, items in self._guarded()
            for key, value in items
            if value.__class__ is int or value.__class__ is float
        }

    def look(self) -> None:
        """Walk again, and remember what is there."""
        self.containers, self.contents, self.handles = [], [], {}
        seen: dict[int, Any] = {}
        links: dict[int, list[tuple[Slot | None, int]]] = {}
        opened: dict[int, range] = {}
        roots = self._roots()
        stack = list(reversed(roots))
        while stack and len(self.containers) < _MOST:
            path, value = stack.pop()
            if id(value) in seen:
                continue
            seen[id(value)] = value
            first = len(self.containers)
            found = list(self._open(path, value))
            opened[id(value)] = range(first, len(self.containers))
            links[id(value)] = [(slot, id(child)) for _, child, slot in found]
            stack.extend((path, child) for path, child, _ in reversed(found))
        self._places = {container.identity: container for container in self.containers}
        self._relevant = self._reached([id(value) for _, value in roots], links, opened)
        self._index()

    def _reached(
        self,
        pending: list[int],
        links: dict[int, list[tuple[Slot | None, int]]],
        opened: dict[int, range],
    ) -> set[Container]:
        """The containers to which a way leads from the roots over places that count."""
        found: set[Container] = set()
        done: set[int] = set()
        while pending:
            value = pending.pop()
            if value in done or value not in opened:
                continue
            done.add(value)
            found.update(self.containers[number] for number in opened[value])
            for slot, child in links[value]:
                if slot is None or self._counts(self._places[slot.container], slot.key):
                    pending.append(child)
        return found

    def narrow(self, names: frozenset[str] | None) -> bool:
        """Guard only attributes that are named in traced code; whether anything changed by that."""
        if self.names is not None:
            names = None if names is None else self.names | names
        if names == self.names:
            return False
        before = self._keys()
        self.names = names
        self.look()
        return self._keys() != before

    def _keys(self) -> set[tuple[tuple[str, str], Any]]:
        """The places that are guarded."""
        return {
            (container.identity, _named(key))
            for container, items in self._guarded()
            for key, _ in items
        }

    def _open(self, path: str, value: Any) -> Iterator[tuple[str, Any, Slot | None]]:
        """Enter a value's own container, if it has one; what is to be opened next."""
        if isinstance(value, _OPAQUE):
            return
        if is_dict(value):
            yield from self._enter(Container("dict", value, path))
        elif isinstance(value, list):
            yield from self._enter(Container("list", value, path))
        elif is_tuple(value):
            for index, item in enumerate(value):
                yield f"{path}[{index}]", item, None
        elif isinstance(value, types.FunctionType):
            yield from self._function(path, value)
        elif isinstance(value, types.MethodType):
            yield path, value.__self__, None
            yield path, value.__func__, None
        elif isinstance(value, functools.partial):
            yield path, value.func, None  # pyright: ignore[reportUnknownMemberType]
            yield path, value.args, None
            yield path, value.keywords, None
        elif hasattr(value, "__dict__") and not hasattr(value, "__wrapped_program__"):
            fields = Container("attributes", value.__dict__, path)
            modules = {cls.__module__.partition(".")[0] for cls in type(value).__mro__}
            fields.by_name = _ROOT not in modules
            yield from self._enter(fields)

    def _function(
        self, path: str, function: types.FunctionType
    ) -> Iterator[tuple[str, Any, Slot | None]]:
        if function.__module__ and function.__module__.partition(".")[0] == _ROOT:
            return
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            yield from self._enter(Container("cell", cell, f"{path}.{name}"))
        for name in sorted(_global_names(function.__code__)):
            if name in function.__globals__:
                place = f"{path}.{name}"
                yield from self._enter(Container("global", function.__globals__, place, name))
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            yield path, default, None

    def _enter(self, container: Container) -> Iterator[tuple[str, Any, Slot | None]]:
        items = container.items()
        self.containers.append(container)
        self.contents.append(items)
        for position, (key, value) in enumerate(items):
            slot = Slot(container.identity, key)
            self._note(value, slot)
            # Paths identify containers, so tensors as keys are told apart by their position.
            named = isinstance(key, Handle)
            yield f"{container.path}[{position}]" if named else container.place(key), value, slot

    def _note(self, value: Any, slot: Slot) -> None:
        if isinstance(value, Handle) and is_array(value._data):
            self.handles.setdefault(id(value), slot)

    def get(self, slot: Slot) -> Any:
        """What stands at a slot now."""
        return self._places[slot.container].get(slot.key)

    def container(self, identity: tuple[str, str]) -> Container:
        """The container with this identity."""
        return self._places[identity]

    def place(self, slot: Slot) -> str:
        """A slot in words."""
        return self._places[slot.container].place(slot.key)

    def signature(self, lifted: frozenset[tuple[str, Any]]) -> tuple[Any, ...]:
        """A description that is equal whenever the same program may serve.

        Numbers at the `lifted` places are inputs and do not count, nor do floats in plain
        containers.
        """
        seen: dict[int, int] = {}
        parts: list[Any] = []
        for container, items in self._guarded():
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
    return (container.path, _named(key))


def _named(key: Any) -> Any:
    """What a key is in a set or a signature: tensors are themselves, whatever their numbers."""
    return id(key) if isinstance(key, Handle) else key


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


_DYNAMIC = frozenset(("getattr", "setattr", "hasattr", "vars", "dir", "__dict__", "attrgetter"))


def names_in(codes: Iterable[types.CodeType]) -> frozenset[str] | None:
    """The names and strings in code that ran, which are all the attributes it can have read.

    None if code outside this package may read attributes by names that it computes.
    """
    names: set[str] = set()
    for code in codes:
        own = set(code.co_names)
        if own & _DYNAMIC and not code.co_filename.startswith(_FOLDER):
            return None
        names |= own
        for constant in code.co_consts:
            several = isinstance(constant, tuple | frozenset)
            parts: list[Any] = [*constant] if several else [constant]  # pyright: ignore[reportUnknownVariableType]
            names.update(part for part in parts if isinstance(part, str))
    return frozenset(names)


def roots_of(function: Any, constants: list[Any]) -> list[tuple[str, Any]]:
    """Where to start looking: the function itself, and objects passed as arguments."""
    name = getattr(function, "__name__", type(function).__name__)
    if isinstance(function, types.MethodType):
        roots: list[tuple[str, Any]] = [("self", function.__self__), (name, function.__func__)]
    else:
        roots = [(name, function)]
    return roots + [(f"argument {k}", value) for k, value in enumerate(constants)]
