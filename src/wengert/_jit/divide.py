"""Cuts loops where addresses divide the loop variable, so that nothing is divided any more.

A reshape leaves quotients and rests in an address: two nested loops in place of one make them plain
(`divide`, before fusion; `contract` merges such loops again where memory is contiguous). Slices
with a step leave a small divisor: a few iterations at a time, written out, make it go away and
settle the conditions on rests (`write_out_phases`, after fusion).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from .access import flat
from .algebra import build
from .index import Index, Quotient, Rest, Var, at
from .lanes import vectorisable
from .loops import (
    Expr,
    Inside,
    Let,
    Load,
    Local,
    Loop,
    Op,
    Position,
    Product,
    Program,
    Statement,
    Store,
    local,
)
from .rewrite import Rewrite, contains, exprs, looked, walk

_SMALLEST = 4
"""Inner loops shorter than this cost more than divisions."""


_MOST_PHASES = 4


def divide(program: Program) -> None:
    """Divide loops throughout a program."""
    program.body = [_divided(statement) for statement in program.body]


def write_out_phases(program: Program) -> None:
    """Write out innermost loops that divide their variable by a small number."""
    program.body = [_in_phases(statement) for statement in program.body]


def _in_phases(statement: Statement) -> Statement:
    if not isinstance(statement, Loop):
        return statement
    if any(isinstance(inner, Loop | Product) for inner in statement.body):
        body = [_in_phases(inner) for inner in statement.body]
        return Loop(statement.var, body, statement.accumulators)
    divisors = set(_small_divisors(statement.body, statement.var))
    extent = statement.var.extent
    if len(divisors) != 1 or not vectorisable(statement):
        return statement
    (count,) = divisors
    if count > _MOST_PHASES or extent % count or extent < 4 * count:
        return statement
    var = Var(extent // count)
    body: list[Statement] = []
    for phase in range(count):
        names = {inner.name for inner in statement.body if isinstance(inner, Let)}
        change = partial(_renamed, names, f".{phase}")
        rewrite = Rewrite({statement.var: at(var) * count + phase}, change)
        for inner in rewrite.body(statement.body):
            if isinstance(inner, Let):
                inner = Let(f"{inner.name}.{phase}", inner.value)
            body.append(inner)
    return Loop(var, body, statement.accumulators)


def _renamed(names: set[str], ending: str, expr: Expr) -> Expr | None:
    """Names of this phase, and whatever is simpler now."""
    match expr:
        case Local():
            return local(expr.name + ending, expr.code) if expr.name in names else None
        case Op() if expr.name != "cast":
            return build(expr.name, expr.args, expr.code)
        case _:
            return None


def _small_divisors(body: Sequence[Statement], var: Var) -> Iterator[int]:
    seen: set[Expr] = set()
    for statement in body:
        indices = [flat(statement.buffer, statement.index)] if isinstance(statement, Store) else []
        for expr in contains(exprs(statement), seen):
            match expr:
                case Load():
                    indices.append(flat(expr.buffer, expr.index))
                case Inside() | Position():
                    indices.append(expr.index)
                case _:
                    pass
        for index in indices:
            yield from _steps(index, var)


def _steps(index: Index, var: Var) -> Iterator[int]:
    for atom in index.terms:
        if isinstance(atom, Quotient | Rest):
            if atom.index.terms.get(var) == 1:
                yield atom.divisor
            yield from _steps(atom.index, var)


def _divided(statement: Statement) -> Statement:
    if not isinstance(statement, Loop):
        return statement
    body = [_divided(inner) for inner in statement.body]
    loop = Loop(statement.var, body, statement.accumulators)
    extent = loop.var.extent
    divisors = {
        divisor
        for divisor in _divisors(body, loop.var)
        if extent % divisor == 0 and _SMALLEST <= divisor < extent
    }
    if not divisors:
        return loop
    step = min(divisors)
    outer, inner = Var(extent // step), Var(step)
    body = Rewrite({loop.var: at(outer) * step + at(inner)}).body(body)
    return _divided(Loop(outer, [Loop(inner, body)], loop.accumulators))


def _divisors(body: Sequence[Statement], var: Var) -> Iterator[int]:
    """What addresses divide the variable by."""
    seen: set[Expr] = set()
    for statement in walk(body):
        roots = [*exprs(statement)]
        if isinstance(statement, Store):
            yield from _in_index(flat(statement.buffer, statement.index), var)
            for index in statement.index:
                roots += looked(index)
        for expr in contains(roots, seen):
            if isinstance(expr, Load):
                yield from _in_index(flat(expr.buffer, expr.index), var)
            elif isinstance(expr, Inside):
                # Dividing by a power of two is a shift: no reason to cut a loop short.
                for divisor in _in_index(expr.index, var):
                    if divisor & (divisor - 1):
                        yield divisor


def _in_index(index: Index, var: Var) -> Iterator[int]:
    for atom in index.terms:
        if isinstance(atom, Quotient | Rest):
            if atom.index.single is var:
                yield atom.divisor
            else:
                yield from _in_index(atom.index, var)
