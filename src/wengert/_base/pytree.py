"""Nested containers: dict, list, tuple, namedtuple and None, taken apart and put together.

A structure is a hashable description, so that it can be part of a signature. Everything that is
not one of these containers is a leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


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
    kind: type[Any] = type(tree)
    if kind is dict:
        return Structure("dict", tuple(tree), tuple(_flatten(v, leaves) for v in tree.values()))
    if kind is list:
        return Structure("list", None, tuple(_flatten(v, leaves) for v in tree))
    if kind is tuple:
        return Structure("tuple", None, tuple(_flatten(v, leaves) for v in tree))
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
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
