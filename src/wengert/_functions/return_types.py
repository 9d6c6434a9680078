"""What functions with several results return: named tuples, called after the function.

They are classes of their own, as in PyTorch, so that a result says where it comes from. Nothing is
computed here.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class aminmax(NamedTuple):
    """The least and the largest value."""

    min: Any
    max: Any


class cummax(NamedTuple):
    """The largest value so far, and where it stood."""

    values: Any
    indices: Any


class cummin(NamedTuple):
    """The least value so far, and where it stood."""

    values: Any
    indices: Any


class frexp(NamedTuple):
    """x as mantissa * 2 ** exponent."""

    mantissa: Any
    exponent: Any


class histogram(NamedTuple):
    """Counts, and the edges between them."""

    hist: Any
    bin_edges: Any


class histogramdd(NamedTuple):
    """Counts, and the edges along every axis."""

    hist: Any
    bin_edges: Any


class kthvalue(NamedTuple):
    """The k-th least value, and where it stood."""

    values: Any
    indices: Any


class max(NamedTuple):
    """The largest value, and where it stood."""

    values: Any
    indices: Any


class median(NamedTuple):
    """The (lower) value in the middle, and where it stood."""

    values: Any
    indices: Any


class min(NamedTuple):
    """The least value, and where it stood."""

    values: Any
    indices: Any


class mode(NamedTuple):
    """The most frequent value, and where it stood."""

    values: Any
    indices: Any


class nanmedian(NamedTuple):
    """The (lower) value in the middle of those that are numbers, and where it stood."""

    values: Any
    indices: Any


class sort(NamedTuple):
    """The values in order, and where they stood."""

    values: Any
    indices: Any


class topk(NamedTuple):
    """The largest values, and where they stood."""

    values: Any
    indices: Any
