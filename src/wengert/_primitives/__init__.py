"""The primitives, by kind. Importing this package fills the registry."""

from . import (
    complex_numbers,
    creation,
    elementwise,
    indexing,
    lattices,
    linear_algebra,
    ordering,
    random,
    reductions,
    shaping,
    transcendental,
    windows,
    writing,
)

__all__ = [
    "complex_numbers",
    "creation",
    "elementwise",
    "indexing",
    "lattices",
    "linear_algebra",
    "ordering",
    "random",
    "reductions",
    "shaping",
    "transcendental",
    "windows",
    "writing",
]
