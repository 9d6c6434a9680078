"""The places where Python keeps state: what is in them now, and how to change that.

One face for dicts, lists, deques, sets, the attributes of objects (in a dict or in slots) and of
classes, closure cells and globals. What is guarded and what is an input is decided elsewhere.
"""

from __future__ import annotations

from operator import is_
from typing import Any, NamedTuple

from .._base.kinds import fits_int64, is_dict
from .._graph.value import Handle


class Slot(NamedTuple):
    """A place in a container: what identifies the container, and a key (or position)."""

    container: tuple[str, str]
    key: Any


class Container:
    """One place where state is held.

    `kind` is "dict", "list" (a deque too), "set", "attributes" (the dict of an object), "slots",
    "class", "cell" or "global" (one name of a module).
    """

    def __init__(self, kind: str, holder: Any, path: str, key: Any = None) -> None:
        self.kind = kind
        self.holder: Any = holder
        self.path = path
        self.key = key
        self.by_name = kind in ("slots", "class")
        """Only code that names a key reads it."""

    @property
    def identity(self) -> tuple[str, str]:
        """What names the container from one look to the next."""
        return (self.kind, self.path)

    @property
    def in_order(self) -> bool:
        """Whether keys are positions, so that a change is one of the whole."""
        return self.kind in ("list", "set")

    @property
    def alone(self) -> bool:
        """Whether every key is looked up by itself."""
        return self.kind in ("cell", "global", "slots", "class")

    def items(self) -> list[tuple[Any, Any]]:
        """(key, value) pairs as they are now."""
        holder: Any = self.holder
        match self.kind:
            case "cell":
                try:
                    return [(None, self.holder.cell_contents)]
                except ValueError:
                    return []
            case "global":
                return [(self.key, self.holder[self.key])] if self.key in self.holder else []
            case "list" | "set":
                members: list[Any] = list(holder)
                return list(enumerate(members))
            case "slots":
                names = slots_of(holder.__class__)
                return [(k, getattr(holder, k)) for k in names if hasattr(holder, k)]
            case "class":
                fields: dict[str, Any] = dict(holder.__dict__)
                return [(k, v) for k, v in fields.items() if _is_data(k, v)]
            case _:
                contents: dict[Any, Any] = holder
                return list(contents.items())

    def get(self, key: Any) -> Any:
        """The value at a key."""
        match self.kind:
            case "cell":
                return self.holder.cell_contents
            case "slots":
                return getattr(self.holder, key)
            case "class":
                return self.holder.__dict__[key]
            case "set":
                members: list[Any] = list(self.holder)
                return members[key]
            case _:
                return self.holder[key]

    def set(self, key: Any, value: Any) -> None:
        """Put a value at a key."""
        match self.kind:
            case "cell":
                self.holder.cell_contents = value
            case "slots":
                object.__setattr__(self.holder, key, value)
            case "class":
                setattr(self.holder, key, value)
            case _:
                self.holder[key] = value

    def delete(self, key: Any) -> None:
        """Take a key out."""
        match self.kind:
            case "slots":
                object.__delattr__(self.holder, key)
            case "class":
                delattr(self.holder, key)
            case "cell":
                del self.holder.cell_contents
            case _:
                del self.holder[key]

    def replace(self, keys: list[Any] | None, values: list[Any]) -> None:
        """Put these values in the place of all that a dict, list, deque or set holds."""
        if keys is not None:
            self.holder.clear()
            self.holder.update(zip(keys, values, strict=True))
            return
        if self.holder.__class__ is list:
            self.holder[:] = values
            return
        self.holder.clear()
        add: Any = self.holder.update if self.kind == "set" else self.holder.extend
        add(values)

    def restore(self, items: list[tuple[Any, Any]]) -> None:
        """Make the contents what they were."""
        if self.in_order:
            values = [value for _, value in items]
            if len(self.holder) != len(values) or not all(map(is_, self.holder, values)):
                self.replace(None, values)
        elif self.alone:
            now, before = dict(self.items()), dict(items)
            for key, value in items:
                if key not in now or now[key] is not value:
                    self.set(key, value)
            for key in now.keys() - before.keys():
                self.delete(key)
        else:
            now = self.holder
            if len(now) != len(items) or any(
                a is not b or x is not y for (a, x), (b, y) in zip(now.items(), items, strict=True)
            ):
                now.clear()
                now.update(items)

    def place(self, key: Any) -> str:
        """How a person would write the place."""
        if self.kind in ("attributes", "slots", "class"):
            return f"{self.path}.{key}"
        if self.kind in ("cell", "global"):
            return self.path
        # A tensor as key is not named by its numbers, which change.
        name = f"tensor of shape {key._data.shape}" if isinstance(key, Handle) else repr(key)
        return f"{self.path}[{name}]"


def flat(holder: Any) -> list[Any]:
    """Keys and values, or members, one after the other."""
    if is_dict(holder):
        return [part for pair in holder.items() for part in pair]
    return list(holder)


def slots_of(cls: type) -> list[str]:
    """The names of the slots of a class and its bases."""
    names: list[str] = []
    for base in cls.__mro__:
        own: Any = vars(base).get("__slots__", ())
        for name in [own] if isinstance(own, str) else list(own):
            private = name.startswith("__") and not name.endswith("__")
            names.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def _is_data(name: str, value: Any) -> bool:
    """Whether a class attribute is a value, rather than a method or another descriptor."""
    kind: Any = value.__class__
    return not (name.startswith("__") or name == "_abc_impl" or hasattr(kind, "__get__"))


def place_of(container: Container, key: Any) -> tuple[str, Any]:
    """What names a slot from one look to the next."""
    return (container.path, named(key))


def named(key: Any) -> Any:
    """What a key is in a set or a signature: tensors are themselves, whatever their numbers."""
    return id(key) if isinstance(key, Handle) else key


def is_lifted(
    container: Container, key: Any, value: Any, lifted: frozenset[tuple[str, Any]]
) -> bool:
    """Whether a number at this place is an input: floats in dicts and lists (and tuples of floats
    there) are from the start, the others (attributes, cells, ints) once a call has been seen to
    change them.
    """
    if container.kind == "set":
        return False
    if value.__class__ is tuple:
        floats = bool(value) and all(item.__class__ is float for item in value)
        return floats and container.kind in ("dict", "list")
    if value.__class__ is float:
        if container.kind in ("dict", "list"):
            return True
        return place_of(container, key) in lifted
    return value.__class__ is int and fits_int64(value) and place_of(container, key) in lifted
