"""Awkward inputs: shapes that broadcast, empty or of size 1; layouts; values at every edge."""

from __future__ import annotations

import numpy

from .program import Input

_RNG = numpy.random.Generator
LAYOUTS = ("plain", "plain", "plain", "transposed", "strided", "flipped", "broadcast")
KINDS = ("normal", "normal", "normal", "positive", "unit", "ties", "special", "large", "tiny")
_SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, numpy.inf, -numpy.inf, numpy.nan, 1e-3, -2.5]


def shape(rng: _RNG) -> tuple[int, ...]:
    """Up to four short axes; now and then one of them empty."""
    rank = int(rng.choice([0, 1, 1, 2, 2, 2, 3, 3, 4]))
    sizes = [0, 1, 2, 3, 4, 5]
    return tuple(int(rng.choice(sizes, p=[0.03, 0.15, 0.32, 0.3, 0.1, 0.1])) for _ in range(rank))


def related(base: tuple[int, ...], rng: _RNG) -> tuple[int, ...]:
    """A shape that broadcasts with another one."""
    cut = int(rng.integers(0, len(base) + 1)) if rng.random() < 0.3 else 0
    return tuple(1 if rng.random() < 0.2 else size for size in base[cut:])


def numbers(dtype: str, size: tuple[int, ...], kind: str, rng: _RNG) -> numpy.ndarray:
    """Numbers of a kind; integers and booleans have kinds of their own."""
    if dtype == "bool":
        return numpy.asarray(rng.random(size) < 0.5)
    if dtype.startswith("int"):
        return numpy.asarray(rng.integers(-4, 5, size)).astype(dtype)
    drawn = rng.standard_normal(size)
    if kind == "positive":
        drawn = abs(drawn) + 0.1
    elif kind == "unit":
        drawn = rng.random(size) * 0.98 + 0.01
    elif kind == "ties":
        drawn = rng.integers(-2, 3, size).astype(float)
    elif kind == "special":
        drawn = numpy.where(rng.random(size) < 0.5, rng.choice(_SPECIAL, size), drawn)
    elif kind == "large":
        drawn = drawn * 10.0 ** rng.integers(0, 9, size)
    elif kind == "tiny":
        drawn = drawn * 10.0 ** -rng.integers(0, 4 if dtype == "float32" else 8, size).astype(float)
    return numpy.asarray(drawn).astype(dtype)


def inputs(rng: _RNG) -> tuple[Input, ...]:
    """One to three tensors of shapes that broadcast."""
    base = shape(rng)
    floating = "float32" if rng.random() < 0.1 else "float64"
    found: list[Input] = []
    for number in range(int(rng.integers(1, 4))):
        size = base if number == 0 else related(base, rng)
        dtype = floating
        if number and rng.random() < 0.25:
            dtype = str(rng.choice(["int64", "bool", "int32"]))
        layout, kind = str(rng.choice(LAYOUTS)), str(rng.choice(KINDS))
        values = numbers(dtype, size, kind, rng)
        if layout == "broadcast" and values.ndim and values.shape[0]:
            values = numpy.repeat(values[:1], values.shape[0], axis=0)
        found.append(Input(dtype, layout, values))
    return tuple(found)
