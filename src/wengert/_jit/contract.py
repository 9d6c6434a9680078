"""Removes memory traffic after fusion: values are passed on in registers.

What a statement has just stored is not loaded again; an array that nobody loads is not stored; an
array that lives in one iteration of a loop loses the axis of that loop; two loops, one directly in
the other, become one where memory is contiguous.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial

from .access import flat
from .index import Index, Quotient, Rest, Var, at
from .loops import (
    Buffer,
    Expr,
    IndexTuple,
    Inside,
    Let,
    Load,
    Local,
    Loop,
    Position,
    Product,
    Program,
    Statement,
    Store,
    load,
    local,
)
from .memory import read_buffers
from .rewrite import Rewrite, contains, exprs, looked, walk


def contract(program: Program) -> None:
    """Simplify a fused program."""
    program.body = _Forwarding().body(program.body, {})
    program.body = _without_dead_stores(program.body)
    _shrink(program)
    program.body = [_flattened(statement) for statement in program.body]


class _Forwarding:
    """Replaces loads of what was stored in the same iteration by the value itself."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def body(
        self, body: Sequence[Statement], known: dict[tuple[Buffer, IndexTuple], Local]
    ) -> list[Statement]:
        known = dict(known)
        found: list[Statement] = []
        for statement in body:
            if isinstance(statement, Loop):
                written = {s.buffer for s in walk(statement.body) if isinstance(s, Store)}
                inside = {key: name for key, name in known.items() if key[0] not in written}
                found.append(
                    Loop(statement.var, self.body(statement.body, inside), statement.accumulators)
                )
                known = inside
                continue
            statement = Rewrite(change=partial(_forwarded, known)).statement(statement)
            if isinstance(statement, Product):
                known = {key: name for key, name in known.items() if key[0] is not statement.out}
            if isinstance(statement, Store):
                place = (statement.buffer, statement.index)
                known = {
                    key: name
                    for key, name in known.items()
                    if key[0] is not statement.buffer or _differ(key[1], statement.index)
                }
                if not statement.adds:
                    value = statement.value
                    if not isinstance(value, Local):
                        name = f"x{next(self._numbers)}"
                        found.append(Let(name, value))
                        value = local(name, statement.value.code)
                    known[place] = value
                    statement = Store(statement.buffer, statement.index, value)
            found.append(statement)
        return found


def _forwarded(known: dict[tuple[Buffer, IndexTuple], Local], expr: Expr) -> Expr | None:
    if isinstance(expr, Load):
        return known.get((expr.buffer, expr.index))
    return None


def _differ(a: IndexTuple, b: IndexTuple) -> bool:
    """Whether two indices never name the same element."""
    for one, other in zip(a, b, strict=True):
        gap = one - other
        if not gap.terms and gap.constant:
            return True
    return False


def _without_dead_stores(body: list[Statement]) -> list[Statement]:
    while True:
        loaded = read_buffers(body)
        named = _names(body)
        smaller = _kept(body, loaded, named)
        if _count(smaller) == _count(body):
            return _inlined(smaller)
        body = smaller


def _count(body: Sequence[Statement]) -> int:
    return sum(1 for _ in walk(body))


def _names(body: Sequence[Statement]) -> dict[str, int]:
    """How many statements read each local."""
    uses: dict[str, int] = {}
    for statement in walk(body):
        roots = [*exprs(statement)]
        if isinstance(statement, Store):
            for index in statement.index:
                roots += looked(index)
        for expr in contains(roots, set()):
            if isinstance(expr, Local):
                uses[expr.name] = uses.get(expr.name, 0) + 1
    return uses


def _kept(body: Sequence[Statement], loaded: set[Buffer], named: dict[str, int]) -> list[Statement]:
    found: list[Statement] = []
    for statement in body:
        match statement:
            case Store():
                if statement.buffer.kind == "arena" and statement.buffer not in loaded:
                    continue
            case Let():
                if statement.name not in named:
                    continue
            case Loop():
                inner = _kept(statement.body, loaded, named)
                if not inner:
                    continue
                statement = Loop(statement.var, inner, statement.accumulators)
            case _:
                pass
        found.append(statement)
    return found


def _inlined(body: Sequence[Statement]) -> list[Statement]:
    """Names that only the next statement reads, and only once, are written out there."""
    uses = _names(body)
    return _without_names(body, uses)


def _without_names(body: Sequence[Statement], uses: dict[str, int]) -> list[Statement]:
    found: list[Statement] = []
    for statement in body:
        if isinstance(statement, Loop):
            statement = Loop(
                statement.var, _without_names(statement.body, uses), statement.accumulators
            )
        previous = found[-1] if found else None
        if (
            isinstance(previous, Let)
            and isinstance(statement, Store)
            and isinstance(statement.value, Local)
            and statement.value.name == previous.name
            and uses[previous.name] == 1
        ):
            found[-1] = Store(statement.buffer, statement.index, previous.value, statement.adds)
            continue
        found.append(statement)
    return found


# Axes of private arrays.


def _shrink(program: Program) -> None:
    places: dict[Buffer, list[tuple[tuple[Loop, ...], IndexTuple]]] = {}
    _collect(program.body, (), places)
    smaller: dict[Buffer, tuple[Buffer, list[int]]] = {}
    for buffer, found in places.items():
        if buffer.kind != "arena":
            continue
        shared = found[0][0]
        for path, _ in found[1:]:
            length = 0
            while length < min(len(shared), len(path)) and shared[length] is path[length]:
                length += 1
            shared = shared[:length]
        dropped = [
            axis
            for axis in range(len(buffer.shape))
            if any(all(index[axis].single is loop.var for _, index in found) for loop in shared)
        ]
        if dropped:
            kept = [axis for axis in range(len(buffer.shape)) if axis not in dropped]
            new = Buffer(buffer.name, [buffer.shape[axis] for axis in kept], buffer.code)
            smaller[buffer] = (new, kept)
    if not smaller:
        return
    program.buffers = [smaller[b][0] if b in smaller else b for b in program.buffers]

    def change(expr: Expr) -> Expr | None:
        if isinstance(expr, Load) and expr.buffer in smaller:
            new, kept = smaller[expr.buffer]
            return load(new, tuple([expr.index[axis] for axis in kept]), expr.mask)
        return None

    program.body = _stores_moved(Rewrite(change=change).body(program.body), smaller)


def _stores_moved(
    body: Sequence[Statement], smaller: dict[Buffer, tuple[Buffer, list[int]]]
) -> list[Statement]:
    found: list[Statement] = []
    for statement in body:
        match statement:
            case Loop():
                statement.body = _stores_moved(statement.body, smaller)
            case Store() if statement.buffer in smaller:
                new, kept = smaller[statement.buffer]
                index = tuple([statement.index[axis] for axis in kept])
                statement = Store(new, index, statement.value, statement.adds)
            case _:
                pass
        found.append(statement)
    return found


def _collect(
    body: Sequence[Statement],
    path: tuple[Loop, ...],
    places: dict[Buffer, list[tuple[tuple[Loop, ...], IndexTuple]]],
) -> None:
    for statement in body:
        if isinstance(statement, Loop):
            _collect(statement.body, (*path, statement), places)
            continue
        roots = [*exprs(statement)]
        match statement:
            case Store():
                places.setdefault(statement.buffer, []).append((path, statement.index))
                for index in statement.index:
                    roots += looked(index)
            case Product():
                # A library reads whole matrices: no axis can go.
                for buffer in (statement.x.buffer, statement.y.buffer, statement.out):
                    places.setdefault(buffer, []).append(((), (Index({}),) * len(buffer.shape)))
            case _:
                pass
        for expr in contains(roots, set()):
            if isinstance(expr, Load):
                places.setdefault(expr.buffer, []).append((path, expr.index))


# Nested loops over contiguous memory.


def _flattened(statement: Statement) -> Statement:
    if not isinstance(statement, Loop):
        return statement
    statement.body = [_flattened(inner) for inner in statement.body]
    if len(statement.body) == 1:
        inner = statement.body[0]
        if isinstance(inner, Loop) and not inner.accumulators:
            both = Var(statement.var.extent * inner.var.extent)
            extent = inner.var.extent
            body = Rewrite({statement.var: at(both) // extent, inner.var: at(both) % extent}).body(
                inner.body
            )
            if _is_contiguous(body, both):
                return Loop(both, body, statement.accumulators)
    return statement


def _is_contiguous(body: Sequence[Statement], var: Var) -> bool:
    """Whether the variable is only used as it is, in the addresses of elements."""
    seen: set[Expr] = set()
    for statement in walk(body):
        roots = [*exprs(statement)]
        if isinstance(statement, Product):
            return False
        if isinstance(statement, Store):
            if _divides(flat(statement.buffer, statement.index), var):
                return False
            for index in statement.index:
                roots += looked(index)
        for expr in contains(roots, seen):
            match expr:
                case Load():
                    if expr.mask or _divides(flat(expr.buffer, expr.index), var):
                        return False
                case Position() | Inside():
                    if _divides(expr.index, var):
                        return False
                case _:
                    pass
    return True


def _divides(index: Index, var: Var) -> bool:
    return any(
        isinstance(atom, Quotient | Rest) and (var in atom.index.terms or _divides(atom.index, var))
        for atom in index.terms
    )
