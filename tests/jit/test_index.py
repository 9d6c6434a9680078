"""Index arithmetic: what it simplifies to, and that it never changes a value."""

from __future__ import annotations

import itertools

import hypothesis
import hypothesis.strategies as st

from wengert._jit.index import (
    Atom,
    Index,
    Looked,
    Quotient,
    Rest,
    Var,
    at,
    bounded,
    flattened,
    unbounded,
    unflattened,
)
from wengert._jit.places import _fits


def worth(index: Index, places: dict[Var, int]) -> int:
    """The number that an index stands for, by the definition of each atom."""

    def atom_worth(atom: Atom) -> int:
        match atom:
            case Var():
                return places[atom]
            case Quotient():
                return worth(atom.index, places) // atom.divisor
            case Rest():
                return worth(atom.index, places) % atom.divisor
            case Looked():
                raise TypeError

    return index.constant + sum(f * atom_worth(a) for a, f in index.terms.items())


FIRST, SECOND = Var(6, "i"), Var(4, "j")
PLACES = [{FIRST: i, SECOND: j} for i, j in itertools.product(range(6), range(4))]

numbers = st.integers(-9, 9)
divisors = st.integers(1, 9)
indices = st.recursive(
    st.sampled_from([at(FIRST), at(SECOND), at(3)]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] - p[1]),
        st.tuples(inner, numbers).map(lambda p: p[0] * p[1]),
        st.tuples(inner, numbers).map(lambda p: p[0] + p[1]),
        st.tuples(inner, divisors).map(lambda p: p[0] // p[1]),
        st.tuples(inner, divisors).map(lambda p: p[0] % p[1]),
    ),
    max_leaves=8,
)


@hypothesis.given(indices, indices, numbers, divisors)
def test_arithmetic_is_that_of_integers(a: Index, b: Index, n: int, d: int) -> None:
    for places in PLACES:
        x, y = worth(a, places), worth(b, places)
        assert worth(a + b, places) == x + y
        assert worth(a - b, places) == x - y
        assert worth(a * n + n, places) == x * n + n
        assert worth(a // d, places) == x // d
        assert worth(a % d, places) == x % d
        assert a.bounds[0] <= x <= a.bounds[1]


@hypothesis.given(indices, divisors)
def test_quotient_and_rest_make_the_whole_again(a: Index, d: int) -> None:
    for places in PLACES:
        assert worth((a // d) * d + a % d, places) == worth(a, places)


@hypothesis.given(indices)
def test_equal_indices_are_equal_numbers(a: Index) -> None:
    again = a + at(FIRST) - at(FIRST)
    assert again == a or [worth(again, p) for p in PLACES] == [worth(a, p) for p in PLACES]


def test_splitting_and_merging_axes_leaves_no_division() -> None:
    i, j, k = Var(2), Var(3), Var(4)
    index = (at(i), at(j), at(k))
    merged = unflattened(flattened(index, (2, 3, 4)), (6, 4))
    assert merged == (at(i) * 3 + at(j), at(k))
    assert unflattened(flattened(merged, (6, 4)), (2, 3, 4)) == index


def test_a_merged_axis_that_is_split_and_merged_again_is_itself() -> None:
    i = Var(24)
    parts = unflattened(at(i), (2, 3, 4))
    assert flattened(parts, (2, 3, 4)) == at(i)


def test_what_a_condition_guarantees_removes_divisions_and_can_be_forgotten() -> None:
    i, j = Var(8), Var(8)
    moved = at(i) - 2
    known = bounded(moved, 4)
    row, column = unflattened(flattened((at(j), known), (8, 4)), (8, 4))
    assert row == at(j)
    assert unbounded(column) == moved
    assert bounded(at(i), 8) == at(i)


def test_only_small_indices_are_computed_in_32_bits() -> None:
    long = Var(2**20)
    assert _fits(at(long) * 1000 + 5)
    assert not _fits(at(long) * 3000)
    assert not _fits(at(long) * 3000 // 2999)
    assert not _fits(at(long) - 2**31)
