"""Which loops native code runs several iterations at a time, and how many.

On each path from the outermost loop to an innermost one, at most one loop is a vector loop: the one
that makes the nest cheapest by a count of memory accesses (contiguous, strided, scattered) and
operations. A loop whose iterations depend on each other never is.
"""

from __future__ import annotations

from collections.abc import Sequence

from .access import NEAR, flat
from .index import Atom, Index, Looked, Quotient, Rest, Var
from .loops import (
    Buffer,
    Expr,
    IndexTuple,
    Let,
    Load,
    Local,
    Loop,
    Op,
    Product,
    Statement,
    Store,
    Update,
)
from .rewrite import contains, exprs, walk
from .writer import BYTES

_CONTIGUOUS, _UNIFORM, _SCATTERED = 1.0, 0.5, 2.0
"""Costs of an access: for a whole vector, for one number, for each lane."""


_LIGHT = frozenset(
    ("add", "sub", "mul", "neg", "abs", "maximum", "minimum", "relu", "where", "cast", "eq", "ne",
     "lt", "le", "gt", "ge", "bitwise_and", "bitwise_or", "bitwise_not", "isnan")
)  # fmt: skip
"""Operations of one or two instructions."""

_WEIGHTS = {"div": 4, "reciprocal": 4, "sqrt": 4, "rsqrt": 8, "round": 1, "sign": 4}


class Lanes:
    """Marks vector loops; knows the width of each."""

    def __init__(self, vector_bytes: int) -> None:
        self._bytes = vector_bytes
        self._counts: dict[Loop, int] = {}

    def mark(self, body: Sequence[Statement]) -> float:
        """Choose the vector loops of a program; its cost, in memory accesses."""
        cost = 0.0
        for statement in body:
            if isinstance(statement, Loop):
                cost += self._choose(statement)
            elif isinstance(statement, Product):
                cost += statement.rows * statement.inner * statement.columns / 16
        return cost

    def of(self, loop: Loop) -> int:
        """How many iterations a vector loop does at once."""
        found = self._counts.get(loop)
        if found is None:
            widest = 1
            for expr in _every(loop.body):
                if isinstance(expr, Load | Op) and expr.code != "b1":
                    widest = max(widest, BYTES[expr.code])
            for statement in walk(loop.body):
                if isinstance(statement, Store):
                    widest = max(widest, BYTES[statement.buffer.code])
            extent = loop.var.extent
            room = 1 << max(extent - 1, 0).bit_length()
            found = min(self._bytes // widest, 16)
            found = min(found * _at_a_time(loop, found), room)
            self._counts[loop] = found
        return found

    def _choose(self, loop: Loop) -> float:
        """Mark the cheapest choice for a loop nest; its cost."""
        extent = loop.var.extent
        inner = sum(self._choose(s) for s in loop.body if isinstance(s, Loop))
        best = extent * (inner + _own_cost(loop.body, None, 1))
        if vectorisable(loop):
            lanes = self.of(loop)
            if lanes > 1:
                rounds = -(-extent // lanes)
                cost = rounds * _deep_cost(loop.body, loop.var, lanes)
                if cost < best:
                    loop.vector = True
                    for statement in walk(loop.body):
                        if isinstance(statement, Loop):
                            statement.vector = False
                    return cost
        return best


def weight(expr: Expr) -> int:
    """Roughly how many instructions an expression is, apart from its parts."""
    if isinstance(expr, Op):
        return 1 if expr.name in _LIGHT else _WEIGHTS.get(expr.name, 15)
    return 1 if isinstance(expr, Load) else 0


def _at_a_time(loop: Loop, lanes: int) -> int:
    """How many vectors a loop with accumulators does at once, so that additions overlap."""
    sums = sum(isinstance(statement, Update) for statement in walk([loop]))
    if not sums:
        return 1
    work = sum(map(weight, _every(loop.body)))
    for count, most in ((4, 8), (2, 20)):
        if work <= most and sums * count <= 8 and loop.var.extent >= 2 * count * lanes:
            return count
    return 1


def vectorisable(loop: Loop) -> bool:
    """Whether iterations can run side by side: they share nothing but accumulators."""
    inside: set[str] = set()
    sums = {acc.name for acc in loop.accumulators}
    places: dict[Buffer, list[IndexTuple]] = {}
    for statement in walk(loop.body):
        match statement:
            case Product():
                return False
            case Loop():
                inside.update(acc.name for acc in statement.accumulators)
            case Update():
                if statement.accumulator.name not in inside:
                    sums.add(statement.accumulator.name)
            case Store():
                if not _separate(statement, loop.var):
                    return False
                places.setdefault(statement.buffer, []).append(statement.index)
            case _:
                pass
    for expr in _every(loop.body):
        if isinstance(expr, Local) and expr.name in sums:
            return False
        if isinstance(expr, Load) and expr.buffer in places:
            places[expr.buffer].append(expr.index)
    return all(_own_part(buffer, found, loop.var) for buffer, found in places.items())


def _own_part(buffer: Buffer, places: Sequence[IndexTuple], var: Var) -> bool:
    """Whether each iteration touches a part of a buffer that no other one touches."""
    if any(all(index[axis].single is var for index in places) for axis in range(len(buffer.shape))):
        return True
    # Otherwise at least the same element in each iteration.
    return len({flat(buffer, index) for index in places}) == 1


def _separate(store: Store, var: Var) -> bool:
    """Whether the iterations of a vector surely write different elements."""
    place = flat(store.buffer, store.index)
    return bool(place.terms.get(var)) and not any(
        isinstance(atom, Looked) or (atom is not var and _mentions(atom, var))
        for atom in place.terms
    )


def _mentions(atom: Atom, var: Var) -> bool:
    match atom:
        case Var():
            return atom is var
        case Quotient() | Rest():
            return any(_mentions(inner, var) for inner in atom.index.terms)
        case Looked():
            return any(
                isinstance(expr, Load)
                and any(_mentions(a, var) for i in expr.index for a in i.terms)
                for expr in contains([atom.value], set())
            )


def _every(body: Sequence[Statement]) -> set[Expr]:
    seen: set[Expr] = set()
    for statement in walk(body):
        for _ in contains(exprs(statement), seen):
            pass
        if isinstance(statement, Store):
            for index in statement.index:
                for atom in index.terms:
                    if isinstance(atom, Looked):
                        for _ in contains([atom.value], seen):
                            pass
    return seen


def _deep_cost(body: Sequence[Statement], var: Var, lanes: int) -> float:
    """The cost of one vector of iterations, with the loops inside run one by one."""
    total = _own_cost(body, var, lanes)
    for statement in body:
        if isinstance(statement, Loop):
            total += statement.var.extent * _deep_cost(statement.body, var, lanes)
    return total


def _own_cost(body: Sequence[Statement], var: Var | None, lanes: int) -> float:
    """The cost of the statements of a body, without the loops in it."""
    total = 0.0
    seen: set[Expr] = set()
    for statement in body:
        if isinstance(statement, Loop | Let):
            pass
        if isinstance(statement, Store):
            total += _access_cost(statement.buffer, statement.index, var, lanes)
        for expr in contains(exprs(statement), seen):
            if isinstance(expr, Op):
                total += 0.5 * weight(expr)
            elif isinstance(expr, Load):
                total += _access_cost(expr.buffer, expr.index, var, lanes)
    return total


def _access_cost(buffer: Buffer, index: tuple[Index, ...], var: Var | None, lanes: int) -> float:
    if var is None:
        return _CONTIGUOUS
    step: int | None = 0
    for atom, factor in flat(buffer, index).terms.items():
        if atom is var:
            step = factor
        elif _mentions(atom, var):
            return _SCATTERED * lanes
    if step == 0:
        return _UNIFORM
    if step in NEAR:
        return 1.5 * _CONTIGUOUS * abs(step)
    return _CONTIGUOUS if step == 1 else _SCATTERED * lanes
