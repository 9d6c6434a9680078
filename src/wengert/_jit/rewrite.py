"""Walks over the loop IR, and rewriting of variables and expressions in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .index import Atom, Index, Looked, Quotient, Rest, Var, at
from .loops import (
    Check,
    Expr,
    Inside,
    Let,
    Load,
    Loop,
    Matrix,
    Op,
    Position,
    Product,
    Statement,
    Store,
    Update,
    const,
    inside,
    load,
    op,
    position,
)


def exprs(statement: Statement) -> tuple[Expr, ...]:
    """The expressions that a statement itself evaluates (not those of its body)."""
    match statement:
        case Store() | Let():
            return (statement.value,)
        case Update():
            return (
                (statement.value,)
                if statement.place is None
                else (statement.value, statement.place)
            )
        case Check():
            return (statement.value,)
        case _:
            return ()


def walk(body: Sequence[Statement]) -> Iterator[Statement]:
    """Every statement, in order, those of loops included."""
    for statement in body:
        yield statement
        if isinstance(statement, Loop):
            yield from walk(statement.body)


def parts(expr: Expr) -> Iterator[Expr]:
    """The expressions directly inside another, indices included."""
    match expr:
        case Op():
            yield from expr.args
        case Load():
            for index in expr.index:
                yield from looked(index)
            yield from expr.mask
        case Position() | Inside():
            yield from looked(expr.index)
        case _:
            pass


def looked(index: Index) -> Iterator[Expr]:
    """The values that an index looks up."""
    for atom in index.terms:
        if isinstance(atom, Looked):
            yield atom.value
        elif isinstance(atom, Quotient | Rest):
            yield from looked(atom.index)


def contains(roots: Sequence[Expr], seen: set[Expr]) -> Iterator[Expr]:
    """Every expression below `roots` that is not in `seen`, which grows."""
    stack = list(roots)
    while stack:
        expr = stack.pop()
        if expr not in seen:
            seen.add(expr)
            yield expr
            stack.extend(parts(expr))


class Rewrite:
    """Replaces variables and chosen expressions throughout statements; shared parts once."""

    def __init__(
        self,
        variables: dict[Var, Index] | None = None,
        change: Callable[[Expr], Expr | None] | None = None,
    ) -> None:
        self._variables = variables or {}
        self._change = change
        self._done: dict[Expr, Expr] = {}
        self._indices: dict[Index, Index] = {}

    def index(self, index: Index) -> Index:
        found = self._indices.get(index)
        if found is None:
            found = self._indices[index] = index.replaced(self._atom)
        return found

    def _atom(self, atom: Atom) -> Index:
        match atom:
            case Var():
                return self._variables.get(atom) or at(atom)
            case Quotient():
                return self.index(atom.index) // atom.divisor
            case Rest():
                return self.index(atom.index) % atom.divisor
            case Looked():
                return Index({Looked(self.expr(atom.value), atom.extent): 1})

    def expr(self, expr: Expr) -> Expr:
        found = self._done.get(expr)
        if found is None:
            found = self._done[expr] = self._rebuilt(expr)
        return found

    def _rebuilt(self, expr: Expr) -> Expr:
        match expr:
            case Op():
                new = op(expr.name, [self.expr(a) for a in expr.args], expr.code)
            case Load():
                conditions = [self._inside(condition) for condition in expr.mask]
                mask = tuple([found for found in conditions if found is not None])
                if any(found.never for found in mask):
                    new = const(0, expr.code)
                else:
                    new = load(expr.buffer, tuple([self.index(i) for i in expr.index]), mask)
            case Position():
                new = position(self.index(expr.index))
            case Inside():
                found = self._inside(expr)
                new = const(True, "b1") if found is None else found
                if found is not None and found.never:
                    new = const(False, "b1")
            case _:
                new = expr
        if self._change is not None:
            changed = self._change(new)
            if changed is not None:
                return changed
        return new

    def _inside(self, expr: Inside) -> Inside | None:
        return inside(self.index(expr.index), expr.low, expr.high)

    def statement(self, statement: Statement) -> Statement:
        match statement:
            case Loop():
                return Loop(
                    statement.var,
                    self.body(statement.body),
                    statement.accumulators,
                    statement.vector,
                )
            case Store():
                return Store(
                    statement.buffer,
                    tuple([self.index(i) for i in statement.index]),
                    self.expr(statement.value),
                    statement.adds,
                )
            case Let():
                return Let(statement.name, self.expr(statement.value))
            case Update():
                return Update(
                    statement.accumulator,
                    self.expr(statement.value),
                    None if statement.place is None else self.expr(statement.place),
                )
            case Check():
                return Check(self.expr(statement.value), statement.code)
            case Product():
                return Product(
                    statement.out,
                    self._matrix(statement.x),
                    self._matrix(statement.y),
                    statement.rows,
                    statement.inner,
                    statement.columns,
                    tuple([self.index(i) for i in statement.at]),
                )

    def _matrix(self, matrix: Matrix) -> Matrix:
        return Matrix(matrix.buffer, self.index(matrix.start), matrix.stride, matrix.transposed)

    def body(self, body: Sequence[Statement]) -> list[Statement]:
        return [self.statement(statement) for statement in body]
