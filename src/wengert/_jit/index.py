"""Integer arithmetic on loop variables: where an element of an array lies.

An index is a sum of atoms with integer coefficients. Movement of data (reshape, slice, permute)
becomes arithmetic on indices; what simplifies here is never computed in a loop. Ranges are known
exactly, because extents are static.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from math import gcd
from typing import Any, TypeAlias

_numbers = itertools.count()


class Var:
    """A loop variable: 0, 1, ..., extent - 1."""

    __slots__ = ("extent", "name")

    def __init__(self, extent: int, name: str | None = None) -> None:
        self.extent = extent
        self.name = name or f"v{next(_numbers)}"

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, max(self.extent - 1, 0)

    def __repr__(self) -> str:
        return self.name


class Quotient:
    """floor(index / divisor), for a divisor above 1."""

    __slots__ = ("_hash", "divisor", "index")

    def __init__(self, index: Index, divisor: int) -> None:
        self.index = index
        self.divisor = divisor
        self._hash = hash((Quotient, index, divisor))

    @property
    def bounds(self) -> tuple[int, int]:
        low, high = self.index.bounds
        return low // self.divisor, high // self.divisor

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Quotient)
            and self.divisor == other.divisor
            and self.index == other.index
        )

    def __repr__(self) -> str:
        return f"({self.index!r}) // {self.divisor}"


class Rest:
    """index - divisor * floor(index / divisor)."""

    __slots__ = ("_hash", "divisor", "index")

    def __init__(self, index: Index, divisor: int) -> None:
        self.index = index
        self.divisor = divisor
        self._hash = hash((Rest, index, divisor))

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, self.divisor - 1

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Rest) and self.divisor == other.divisor and self.index == other.index
        )

    def __repr__(self) -> str:
        return f"({self.index!r}) % {self.divisor}"


class Looked:
    """An index that is itself a value of the program, known to lie in [0, extent)."""

    __slots__ = ("extent", "value")

    def __init__(self, value: Any, extent: int) -> None:
        self.value = value
        self.extent = extent

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, max(self.extent - 1, 0)

    def __hash__(self) -> int:
        return hash((Looked, self.value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Looked) and self.value == other.value

    def __repr__(self) -> str:
        return f"[{self.value!r}]"


class Bounded(Quotient):
    """An index (divided by 1) that a condition keeps in [0, extent) wherever it matters."""

    __slots__ = ("extent",)

    def __init__(self, index: Index, extent: int) -> None:
        super().__init__(index, 1)
        self.extent = extent

    @property
    def bounds(self) -> tuple[int, int]:
        return 0, max(self.extent - 1, 0)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Bounded) and self.extent == other.extent and self.index == other.index
        )

    def __repr__(self) -> str:
        return f"({self.index!r})"


Atom: TypeAlias = Var | Quotient | Rest | Looked


class Index:
    """constant + sum of coefficient * atom."""

    __slots__ = ("_bounds", "_hash", "constant", "terms")

    def __init__(self, terms: Mapping[Atom, int], constant: int = 0) -> None:
        self.terms = terms
        self.constant = constant
        self._hash = hash((frozenset(terms.items()), constant))
        self._bounds: tuple[int, int] | None = None

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Index)
            and self._hash == other._hash
            and self.constant == other.constant
            and self.terms == other.terms
        )

    def __repr__(self) -> str:
        parts = [
            (f"{factor} * " if factor != 1 else "") + repr(atom)
            for atom, factor in self.terms.items()
        ]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts)

    @property
    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest value (bounds of the atoms are combined independently)."""
        if self._bounds is None:
            low = high = self.constant
            for atom, factor in self.terms.items():
                a, b = atom.bounds
                low += factor * (a if factor > 0 else b)
                high += factor * (b if factor > 0 else a)
            self._bounds = low, high
        return self._bounds

    @property
    def single(self) -> Atom | None:
        """The atom, where the index is nothing but one atom."""
        if self.constant == 0 and len(self.terms) == 1:
            ((atom, factor),) = self.terms.items()
            if factor == 1:
                return atom
        return None

    def __add__(self, other: Index | int) -> Index:
        if isinstance(other, int):
            return self if other == 0 else Index(self.terms, self.constant + other)
        if not other.terms:
            return self + other.constant
        if not self.terms:
            return other + self.constant
        terms = dict(self.terms)
        for atom, factor in other.terms.items():
            total = terms.get(atom, 0) + factor
            if total:
                terms[atom] = total
            else:
                del terms[atom]
        return _rejoined(terms, self.constant + other.constant)

    def __mul__(self, factor: int) -> Index:
        if factor == 1:
            return self
        if factor == 0:
            return ZERO
        return Index({a: f * factor for a, f in self.terms.items()}, self.constant * factor)

    def __sub__(self, other: Index | int) -> Index:
        return self + (-other if isinstance(other, int) else other * -1)

    def __floordiv__(self, divisor: int) -> Index:
        if divisor == 1:
            return self
        whole, part = self._split(divisor)
        low, high = part.bounds
        if low // divisor == high // divisor:
            return whole + low // divisor
        common = gcd(divisor, *part.terms.values())
        if common > 1:
            # floor((g r + c) / (g d)) = floor(r / d) for 0 <= c < g.
            reduced = Index(
                {a: f // common for a, f in part.terms.items()}, part.constant // common
            )
            return whole + reduced // (divisor // common)
        inner = part.single
        if isinstance(inner, Quotient) and not isinstance(inner, Bounded):
            return whole + inner.index // (inner.divisor * divisor)
        return whole + Index({Quotient(part, divisor): 1})

    def __mod__(self, divisor: int) -> Index:
        if divisor == 1:
            return ZERO
        _, part = self._split(divisor)
        low, high = part.bounds
        if low // divisor == high // divisor:
            return part - low // divisor * divisor
        common = gcd(divisor, *part.terms.values())
        if common > 1:
            below = part.constant % common
            reduced = Index(
                {a: f // common for a, f in part.terms.items()}, part.constant // common
            )
            return (reduced % (divisor // common)) * common + below
        return Index({Rest(part, divisor): 1})

    def _split(self, divisor: int) -> tuple[Index, Index]:
        """(whole, part) with self = divisor * whole + part, and 0 <= part.constant < divisor."""
        whole: dict[Atom, int] = {}
        part: dict[Atom, int] = {}
        for atom, factor in self.terms.items():
            if factor % divisor == 0:
                whole[atom] = factor // divisor
            else:
                part[atom] = factor
        return (
            Index(whole, self.constant // divisor),
            Index(part, self.constant % divisor),
        )

    def replaced(self, change: Callable[[Atom], Index]) -> Index:
        """Every atom replaced by what `change` gives for it."""
        result = Index({}, self.constant)
        for atom, factor in self.terms.items():
            result = result + change(atom) * factor
        return result


def _rejoined(terms: dict[Atom, int], constant: int) -> Index:
    """n * (x // d) * d + n * (x % d) = n * x."""
    for atom, factor in list(terms.items()):
        if isinstance(atom, Rest):
            partner = (atom.index // atom.divisor).single
            if partner is not None and terms.get(partner) == factor * atom.divisor:
                del terms[atom], terms[partner]
                return Index(terms, constant) + atom.index * factor
    return Index(terms, constant)


ZERO = Index({})


def at(position: int | Var) -> Index:
    """The index of a loop variable or of a fixed position."""
    return Index({}, position) if isinstance(position, int) else Index({position: 1})


def bounded(index: Index, extent: int) -> Index:
    """The same index, known to lie in [0, extent) wherever it matters."""
    low, high = index.bounds
    if low >= 0 and high < extent:
        return index
    return Index({Bounded(index, extent): 1})


def unbounded(index: Index) -> Index:
    """The index without what is known about its parts."""
    if all(isinstance(atom, Var | Looked) for atom in index.terms):
        return index
    return index.replaced(_plain)


def _plain(atom: Atom) -> Index:
    match atom:
        case Bounded():
            return unbounded(atom.index)
        case Quotient():
            return unbounded(atom.index) // atom.divisor
        case Rest():
            return unbounded(atom.index) % atom.divisor
        case _:
            return Index({atom: 1})


def flattened(index: tuple[Index, ...], shape: tuple[int, ...]) -> Index:
    """The row-major position of a multi-index."""
    total = ZERO
    step = 1
    for part, extent in zip(reversed(index), reversed(shape), strict=True):
        total = total + part * step
        step *= extent
    return total


def unflattened(position: Index, shape: tuple[int, ...]) -> tuple[Index, ...]:
    """The multi-index of a row-major position; of an array without elements any will do."""
    if 0 in shape:
        return (ZERO,) * len(shape)
    found: list[Index] = []
    for extent in reversed(shape[1:]):
        found.append(position % extent)
        position = position // extent
    if shape:
        found.append(position)
    return tuple(reversed(found))
