"""Divides loops over merged axes, so that addresses need no division.

A reshape leaves quotients and rests of a loop variable in an address. Where they are by divisors of
its extent, two nested loops in its place make them plain; `contract` merges such loops again where
memory is contiguous.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .access import flat
from .index import Index, Quotient, Rest, Var, at
from .loops import Expr, Inside, Load, Loop, Program, Statement, Store
from .rewrite import Rewrite, contains, exprs, looked, walk

_SMALLEST = 4
"""Inner loops shorter than this cost more than divisions."""


def divide(program: Program) -> None:
    """Divide loops throughout a program."""
    program.body = [_divided(statement) for statement in program.body]


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
