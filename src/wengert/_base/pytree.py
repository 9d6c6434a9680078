"""Nested containers: dict, list, tuple, namedtuple and None, taken apart and put together.

A structure is a hashable description, so that it can be part of a signature. Everything that is
not one of these containers is a leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .kinds import is_dict, is_list_or_tuple


class Structure(NamedTuple):
    """The shape of a container: its kind, its keys (or type), and its children's structures."""

    kind: str
    keys: Any
    children: tuple[Structure, ...]


LEAF = Structure("leaf", None, ())
_NONE = Structure("none", None, ())


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves from left to right, and the structure.

    >>> flatten({"a": [1, 2], "b": None})[0]
    [1, 2]
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> Structure:
    if tree is None:
        return _NONE
    kind: Any = tree.__class__
    if kind is dict:
        return Structure("dict", tuple(tree), tuple(_flatten(v, leaves) for v in tree.values()))
    if kind is list:
        return Structure("list", None, tuple(_flatten(v, leaves) for v in tree))
    if kind is tuple:
        return Structure("tuple", None, tuple(_flatten(v, leaves) for v in tree))
    if issubclass(kind, tuple) and hasattr(tree, "_fields"):
        return Structure("namedtuple", kind, tuple(_flatten(v, leaves) for v in tree))
    leaves.append(tree)
    return LEAF


def unflatten(structure: Structure, leaves: list[Any]) -> Any:
    """The container with this structure and these leaves; the inverse of `flatten`."""
    return _unflatten(structure, iter(leaves))


def _unflatten(structure: Structure, leaves: Iterator[Any]) -> Any:
    kind = structure.kind
    if kind == "leaf":
        return next(leaves)
    if kind == "none":
        return None
    children = [_unflatten(child, leaves) for child in structure.children]
    if kind == "dict":
        return dict(zip(structure.keys, children, strict=True))
    if kind == "list":
        return children
    return tuple(children) if kind == "tuple" else structure.keys(*children)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same container with `function` applied to every leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(leaf) for leaf in leaves])


def paths(structure: Structure, root: str) -> list[str]:
    """What to call each leaf of the container `root`.

    >>> paths(flatten({"a": [1, 2]})[1], "state")
    ["state['a'][0]", "state['a'][1]"]
    """
    if structure.kind == "leaf":
        return [root]
    if structure.kind == "dict":
        steps = [f"[{key!r}]" for key in structure.keys]
    elif structure.kind == "namedtuple":
        steps = [f".{field}" for field in structure.keys._fields]
    else:
        steps = [f"[{index}]" for index in range(len(structure.children))]
    return [
        path
        for step, child in zip(steps, structure.children, strict=True)
        for path in paths(child, root + step)
    ]


def leaves_as(structure: Structure, tree: Any) -> list[Any] | None:
    """The leaves of `tree` in the order of `structure`, or None if it is built otherwise.

    Only the order of a dict's keys may differ.

    >>> leaves_as(flatten({"a": 0, "b": 0})[1], {"b": 2, "a": 1})
    [1, 2]
    """
    leaves, found = flatten(_ordered(tree, structure))
    return leaves if found == structure else None


def _ordered(tree: Any, structure: Structure) -> Any:
    """`tree` with its dicts in the order of `structure`, as far as the two agree."""
    children = structure.children
    items: Any = tree
    if is_dict(tree):
        if structure.kind != "dict" or items.keys() != set(structure.keys):
            return items
        return {
            key: _ordered(items[key], child)
            for key, child in zip(structure.keys, children, strict=True)
        }
    if is_list_or_tuple(tree) and len(tree) == len(children):  # pyright: ignore[reportUnknownArgumentType]
        parts = [_ordered(item, child) for item, child in zip(items, children, strict=True)]
        return _rebuilt(type(items), parts)
    return items


def _rebuilt(kind: Any, parts: list[Any]) -> Any:
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
