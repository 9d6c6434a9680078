"""Joins loops that run over the same extent and share data, so that values stay in registers.

Two loops may become one if every element that one writes and the other touches belongs to the same
iteration of both. What has to come between them is moved out of the way where dependencies allow.
The bodies are joined in the same manner. `contract` then removes the stores that nobody needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .index import Var, at
from .lanes import vectorisable
from .loops import (
    Buffer,
    Check,
    Expr,
    IndexTuple,
    Let,
    Load,
    Local,
    Loop,
    Product,
    Program,
    Statement,
    Store,
)
from .rewrite import Rewrite, contains, exprs, looked, walk

_LARGEST = 400
"""Expressions in one loop: beyond that registers are short, and loops are kept apart."""

_CANDIDATES = 12


def fuse(program: Program) -> None:
    """Join the loops of a program."""
    program.body = _Fusion().joined([], program.body)


class _Group:
    """A statement with what it touches, as bit sets."""

    __slots__ = ("reads", "size", "statement", "writes")

    def __init__(self, statement: Statement, reads: int, writes: int, size: int) -> None:
        self.statement = statement
        self.reads = reads
        self.writes = writes
        self.size = size

    def before(self, other: _Group) -> bool:
        """Whether this must stay before a later group."""
        return bool(self.writes & (other.reads | other.writes) or self.reads & other.writes)


class _Fusion:
    def __init__(self) -> None:
        self._bits: dict[Buffer | str, int] = {}
        self._things: list[Buffer | str] = []

    def joined(self, first: Sequence[Statement], second: Sequence[Statement]) -> list[Statement]:
        """The statements of both, the second one by one put where they can share a loop."""
        groups = [self._group(statement) for statement in first]
        for statement in second:
            self._add(groups, self._group(statement))
        return [group.statement for group in groups]

    def _add(self, groups: list[_Group], new: _Group) -> None:
        if isinstance(new.statement, Loop):
            tried = 0
            for place in range(len(groups) - 1, -1, -1):
                old = groups[place]
                if isinstance(old.statement, Loop) and self._may_join(old, new):
                    tried += 1
                    between = groups[place + 1 :]
                    order = _out_of_the_way(old, between, new)
                    if order is not None:
                        ahead, behind = order
                        groups[place:] = [*ahead, self._join(old, new), *behind]
                        return
                if tried > _CANDIDATES:
                    break
        groups.append(new)

    def _may_join(self, old: _Group, new: _Group) -> bool:
        a, b = old.statement, new.statement
        assert isinstance(a, Loop) and isinstance(b, Loop)
        if a.var.extent != b.var.extent or old.size + new.size > _LARGEST:
            return False
        if not (old.reads | old.writes) & (new.reads | new.writes):
            return False
        conflicts = old.writes & (new.reads | new.writes) | old.reads & new.writes
        for thing in self._named(conflicts):
            if not isinstance(thing, Buffer) or not _aligned(a, b, thing):
                return False
        return not (_has_product(a) or _has_product(b)) and vectorisable(a) == vectorisable(b)

    def _join(self, old: _Group, new: _Group) -> _Group:
        a, b = old.statement, new.statement
        assert isinstance(a, Loop) and isinstance(b, Loop)
        body = Rewrite({b.var: at(a.var)}).body(b.body)
        loop = Loop(a.var, self.joined(a.body, body), [*a.accumulators, *b.accumulators])
        return _Group(loop, old.reads | new.reads, old.writes | new.writes, old.size + new.size)

    def _group(self, statement: Statement) -> _Group:
        reads: set[Buffer | str] = set()
        writes: set[Buffer | str] = set()
        roots: list[Expr] = []
        for inner in walk([statement]):
            roots += exprs(inner)
            match inner:
                case Store():
                    writes.add(inner.buffer)
                    for index in inner.index:
                        roots += looked(index)
                        if any(True for _ in looked(index)):
                            reads.add("checks")
                    if inner.adds:
                        reads.add(inner.buffer)
                    if inner.buffer.kind == "input":
                        reads.add("checks")
                case Product():
                    writes.add(inner.out)
                    reads.update((inner.x.buffer, inner.y.buffer))
                case Loop():
                    writes.update(acc.name for acc in inner.accumulators)
                case Let():
                    writes.add(inner.name)
                case Check():
                    writes.add("checks")
                case _:
                    pass
        seen: set[Expr] = set()
        for expr in contains(roots, seen):
            if isinstance(expr, Load):
                reads.add(expr.buffer)
                for index in expr.index:
                    if any(True for _ in looked(index)):
                        reads.add("checks")
            elif isinstance(expr, Local):
                reads.add(expr.name)
        return _Group(statement, self._set(reads), self._set(writes), len(seen))

    def _set(self, things: Iterable[Buffer | str]) -> int:
        found = 0
        for thing in things:
            bit = self._bits.get(thing)
            if bit is None:
                bit = self._bits[thing] = len(self._things)
                self._things.append(thing)
            found |= 1 << bit
        return found

    def _named(self, bits: int) -> list[Buffer | str]:
        found: list[Buffer | str] = []
        while bits:
            low = bits & -bits
            found.append(self._things[low.bit_length() - 1])
            bits ^= low
        return found


def _out_of_the_way(
    old: _Group, between: Sequence[_Group], new: _Group
) -> tuple[list[_Group], list[_Group]] | None:
    """`between` as what can run before `old` and what can run after `old` and `new` together."""
    behind: list[_Group] = []
    ahead: list[_Group] = []
    for group in between:
        if old.before(group) or any(other.before(group) for other in behind):
            if group.before(new):
                return None
            behind.append(group)
        else:
            ahead.append(group)
    return ahead, behind


def _has_product(loop: Loop) -> bool:
    return any(isinstance(statement, Product) for statement in walk(loop.body))


def _aligned(a: Loop, b: Loop, buffer: Buffer) -> bool:
    """Whether equal iterations of both loops touch the same part of a buffer, others another."""
    first, second = accesses(a.body, buffer), accesses(b.body, buffer)
    for axis in range(len(buffer.shape)):
        if all(_is(index, axis, a.var) for index in first) and all(
            _is(index, axis, b.var) for index in second
        ):
            return True
    return False


def _is(index: IndexTuple, axis: int, var: Var) -> bool:
    return index[axis].single is var


def accesses(body: Sequence[Statement], buffer: Buffer) -> list[IndexTuple]:
    """Where statements load from and store to a buffer."""
    found: list[IndexTuple] = []
    seen: set[Expr] = set()
    for statement in walk(body):
        roots = [*exprs(statement)]
        if isinstance(statement, Store):
            if statement.buffer is buffer:
                found.append(statement.index)
            for index in statement.index:
                roots += looked(index)
        found += [
            expr.index
            for expr in contains(roots, seen)
            if isinstance(expr, Load) and expr.buffer is buffer
        ]
    return found
