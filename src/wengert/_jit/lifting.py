"""The Python state that a function reads: containers, attributes, closure cells, globals.

`State` finds the containers reachable from a function, can tell cheaply whether any of them has
changed since it last looked, and describes them for the signature. It follows functions into their
cells and globals, objects into their attributes and classes, and the user's own modules to the
names that code mentions; it does not know networks or optimisers.
"""

from __future__ import annotations

import functools
import operator
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from operator import is_
from typing import Any

import numpy as np

from .._base.kinds import is_array, is_dict, is_tuple
from .._graph.node import Node
from .._graph.value import Handle
from .._record.random_state import Generator
from .containers import Container, Slot, is_lifted, named, place_of, slots_of
from .names import attribute_names, function_behind, global_names, is_from_here, is_own
from .signature import describe

_MOST = 20_000
_OPAQUE = (
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


class State:
    """The containers reachable from some roots, and their contents when last looked at."""

    def __init__(self, roots: Callable[[], list[tuple[str, Any]]]) -> None:
        self._roots = roots
        self.names: frozenset[str] | None = None
        """The attribute names in the code that was traced; the others were not read. None: all."""
        self._whole = False
        """Whether some traced code looked attributes up by computed names: then all count."""
        self._fetched: set[str] = set()
        """The names that an `operator.attrgetter` among the state looks up."""
        self.containers: list[Container] = []
        self.contents: list[list[tuple[Any, Any]]] = []
        self.handles: dict[int, Slot] = {}
        self.arrays: dict[int, Any] = {}
        """NumPy arrays by id: what the program reads of them is their memory at each call."""
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
            except (AttributeError, KeyError, ValueError):
                return False
        if any(tuple(container.holder) != names for container, names in self.fields):
            return False
        return all(map(is_, chain.from_iterable(self._views), self._flat))

    def watched(self) -> tuple[list[tuple[Any, list[Any]]], list[tuple[Any, list[Any]]]]:
        """The containers that are more than one place, with their contents (see `flat`): dicts and
        lists, and the others (deques, sets, and ordered dicts, whose order only they know).

        Of attributes all are there, also those that do not count.
        """
        plain: list[tuple[Any, list[Any]]] = []
        others: list[tuple[Any, list[Any]]] = []
        for container, items in zip(self.containers, self.contents, strict=True):
            if container.alone or container not in self._relevant:
                continue
            contents = (
                [value for _, value in items]
                if container.in_order
                else [part for pair in items for part in pair]
            )
            special = isinstance(container.holder, OrderedDict | deque | set)
            (others if special else plain).append((container.holder, contents))
        return plain, others

    def _guarded(self) -> Iterator[tuple[Container, list[tuple[Any, Any]]]]:
        """The containers that the traced code can have read, with the items that it can."""
        for container, items in zip(self.containers, self.contents, strict=True):
            if container in self._relevant:
                yield container, [pair for pair in items if self._counts(container, pair[0])]

    def _counts(self, container: Container, key: Any) -> bool:
        """Whether the traced code can have read a key."""
        if self.names is None or not container.by_name or key in self.names:
            return True
        return key in self._fetched

    def _by_key(self, container: Container) -> bool:
        """Whether a container is compared key by key rather than as a whole."""
        return container.alone or (container.by_name and self.names is not None)

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
                    both = all(is_lifted(container, key, one, lifted) for one in (old, value))
                    if value.__class__ is not old.__class__ or not both:
                        return False
                    if is_tuple(value) and len(value) != len(old):
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
            if self._by_key(container):
                if not container.alone:
                    self.fields.append((container, tuple(container.holder)))
                self.single += [(container, key, value) for key, value in items]
                continue
            self._views.append(container.holder)
            if not container.in_order:
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
        self.containers, self.contents, self.handles, self.arrays = [], [], {}, {}
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
        self._note()
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
        if names is None or self._whole:
            self._whole, names = True, None
        elif self.names is not None:
            names = self.names | names
        if names == self.names:
            return False
        before = self._keys()
        self.names = names
        self.look()
        return self._keys() != before

    def _keys(self) -> set[tuple[tuple[str, str], Any]]:
        """The places that are guarded."""
        return {
            (container.identity, named(key))
            for container, items in self._guarded()
            for key, _ in items
        }

    def _open(self, path: str, value: Any) -> Iterator[tuple[str, Any, Slot | None]]:
        """Enter a value's own container, if it has one; what is to be opened next."""
        if isinstance(value, Handle) and value._edge is not None:
            yield from self._hooks(path, value._edge[0])
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
        elif isinstance(value, deque):
            yield from self._enter(Container("list", value, path))
        elif isinstance(value, set):
            yield from self._enter(Container("set", value, path))
        elif isinstance(value, type):
            yield from self._class(path, value)
        elif isinstance(value, operator.attrgetter):
            for dotted in value.__reduce__()[1]:  # pyright: ignore[reportUnknownVariableType]
                self._fetched.update(dotted.split("."))
        elif hasattr(value, "__wrapped_program__"):
            for part in value.parts():
                yield path, part, None
        else:
            yield from self._object(path, value)

    def _hooks(self, path: str, node: Node) -> Iterator[tuple[str, Any, Slot | None]]:
        """The hooks of a leaf, which a backward inside the function calls."""
        if node.leaf is not None:
            if node.hooks is None:
                node.hooks = []  # one that is registered later is seen in the same list
            yield from self._enter(Container("list", node.hooks, f"{path}.hooks"))

    def _object(self, path: str, value: Any) -> Iterator[tuple[str, Any, Slot | None]]:
        cls: type[Any] = value.__class__
        if hasattr(value, "__dict__"):
            fields = Container("attributes", value.__dict__, path)
            fields.by_name = not getattr(cls, "_reads_all_attributes", False)
            yield from self._enter(fields)
        if slots_of(cls) and is_own(cls.__module__):
            yield from self._enter(Container("slots", value, path))
        yield f"type({path})", cls, None

    def _class(self, path: str, cls: type[Any]) -> Iterator[tuple[str, Any, Slot | None]]:
        """The values and the methods of a class and its bases, as far as they are the user's."""
        for base in cls.__mro__:
            if not is_own(base.__module__):
                continue
            place = path if base is cls else f"{path}:{base.__qualname__}"
            container = Container("class", base, place)
            yield from self._enter(container)
            for name, value in vars(base).items():
                function = function_behind(value)
                if function is not None and self._counts(container, name):
                    yield f"{place}.{name}", function, Slot(container.identity, name)

    def _function(
        self, path: str, function: types.FunctionType
    ) -> Iterator[tuple[str, Any, Slot | None]]:
        if function.__module__ and is_from_here(function.__module__):
            # What `grad` and its like make of a function holds that function in a cell.
            for cell in function.__closure__ or ():
                held = Container("cell", cell, path).items()
                yield from ((path, value, None) for _, value in held if callable(value))
            return
        names = attribute_names(function.__code__)

        def through_modules(
            found: Iterable[tuple[str, Any, Slot | None]], seen: frozenset[int] = frozenset()
        ) -> Iterator[tuple[str, Any, Slot | None]]:
            """Of a module of the user's, what the code may read."""
            for place, value, slot in found:
                yield place, value, slot
                if not isinstance(value, types.ModuleType) or id(value) in seen:
                    continue
                if is_own(value.__name__):
                    held = value.__dict__
                    for name in sorted(names & held.keys()):
                        inside = self._enter(Container("global", held, f"{place}.{name}", name))
                        yield from through_modules(inside, seen | {id(value)})

        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            yield from through_modules(self._enter(Container("cell", cell, f"{path}.{name}")))
        read, written = global_names(function.__code__)
        for name in sorted(read | written):
            if name in function.__globals__ or name in written:
                place = f"{path}.{name}"
                found = self._enter(Container("global", function.__globals__, place, name))
                yield from through_modules(found)
        for default in function.__defaults__ or ():
            yield path, default, None
        if function.__kwdefaults__:
            yield from self._enter(Container("dict", function.__kwdefaults__, f"{path}()"))
        if function.__dict__:
            fields = Container("attributes", function.__dict__, path)
            fields.by_name = True
            yield from self._enter(fields)

    def _enter(self, container: Container) -> Iterator[tuple[str, Any, Slot | None]]:
        items = container.items()
        self.containers.append(container)
        self.contents.append(items)
        for position, (key, value) in enumerate(items):
            slot = Slot(container.identity, key)
            # Paths identify containers, so tensors as keys are told apart by their position.
            named = isinstance(key, Handle)
            yield f"{container.path}[{position}]" if named else container.place(key), value, slot

    def _note(self) -> None:
        """Find handles and arrays, at places that are guarded: there they are looked up later."""
        for container, items in self._guarded():
            for key, value in items:
                if isinstance(value, Handle) and is_array(value._data):
                    self.handles.setdefault(id(value), Slot(container.identity, key))
                elif is_array(value):
                    self.arrays[id(value)] = value

    def guards(self, slot: Slot) -> bool:
        """Whether a change at this place would be seen."""
        container = self._places.get(slot.container)
        return (
            container is not None
            and container in self._relevant
            and self._counts(container, slot.key)
        )

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
            return len(value) if is_tuple(value) else value.__class__
        return self._fixed(value, seen)

    def _fixed(self, value: Any, seen: dict[int, int]) -> Any:
        """The description of what is no input."""
        if isinstance(value, Handle):
            if not is_array(value._data):
                return ("symbol", id(value))
            return (seen.setdefault(id(value), len(seen)), describe(value))
        if isinstance(value, bool | int | float | complex | str | bytes | type(None)):
            return (value.__class__, value)
        if is_tuple(value):
            return tuple(self._fixed(item, seen) for item in value)
        # A container is described by its own entry; any other object by being itself.
        kind: Any = value.__class__
        return kind.__name__ if issubclass(kind, dict | list) else id(value)


def roots_of(function: Any, constants: list[Any]) -> list[tuple[str, Any]]:
    """Where to start looking: the function itself, and objects passed as arguments."""
    name = getattr(function, "__name__", type(function).__name__)
    if isinstance(function, types.MethodType):
        roots: list[tuple[str, Any]] = [("self", function.__self__), (name, function.__func__)]
    else:
        roots = [(name, function)]
    return roots + [(f"argument {k}", value) for k, value in enumerate(constants)]
