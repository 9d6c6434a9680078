"""Joins loops that run over the same extent and share data, so that values stay in registers.

Two loops may become one if every element that one writes and the other touches belongs to the same
iteration of both. What has to come between them is moved out of the way where dependencies allow.
The bodies are joined in the same manner. `contract` then removes the stores that nobody needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .index import Var, at
from .lanes import vectorisable, weight
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
    Update,
)
from .rewrite import Rewrite, contains, exprs, looked

_LARGEST = 400
"""Instructions in one loop, roughly: beyond that registers are short, and loops are kept apart."""

_CANDIDATES = 12


def fuse(program: Program) -> None:
    """Join the loops of a program."""
    program.body = _Fusion().joined(program.body)


class _Group:
    """A statement with what it touches, as bit sets; of a loop also the groups of its body."""

    __slots__ = ("inner", "parallel", "places", "reads", "size", "statement", "writes")

    def __init__(
        self,
        statement: Statement,
        reads: int,
        writes: int,
        size: int,
        places: dict[int, set[IndexTuple]],
        inner: list[_Group],
        parallel: bool,
    ) -> None:
        self.statement = statement
        self.reads = reads
        self.writes = writes
        self.size = size
        self.places = places
        """Where each buffer is touched, by its bit."""
        self.inner = inner
        self.parallel = parallel
        """For loops: whether the iterations are independent, and done by no library."""

    def before(self, other: _Group) -> bool:
        """Whether this must stay before a later group."""
        return bool(self.writes & (other.reads | other.writes) or self.reads & other.writes)


class _Fusion:
    def __init__(self) -> None:
        self._bits: dict[Buffer | str, int] = {}
        self._things: list[Buffer | str] = []
        self._arrays = 0
        """The bits of buffers with more than one element: sharing them is worth a common loop."""

    def joined(self, body: Sequence[Statement]) -> list[Statement]:
        """The statements, one by one put where they can share a loop."""
        groups: list[_Group] = []
        for statement in body:
            self._add(groups, self._group(statement))
        return [_finished(group) for group in groups]

    def _add(self, groups: list[_Group], new: _Group) -> None:
        for place in self._candidates(groups, new):
            old = groups[place]
            if self._may_join(old, new):
                order = _out_of_the_way(old, groups[place + 1 :], new)
                if order is not None:
                    ahead, behind = order
                    groups[place:] = [*ahead, self._join(old, new), *behind]
                    return
        groups.append(new)

    def _candidates(self, groups: Sequence[_Group], new: _Group) -> list[int]:
        """Loops that share arrays: first those that make what this one reads, latest first."""
        if not isinstance(new.statement, Loop):
            return []
        extent = new.statement.var.extent
        makers: list[int] = []
        sharers: list[int] = []
        for place in range(len(groups) - 1, -1, -1):
            old = groups[place]
            if isinstance(old.statement, Loop) and old.statement.var.extent == extent:
                if old.writes & new.reads & self._arrays:
                    makers.append(place)
                elif (old.reads | old.writes) & (new.reads | new.writes) & self._arrays:
                    sharers.append(place)
        return (makers + sharers)[:_CANDIDATES]

    def _may_join(self, old: _Group, new: _Group) -> bool:
        a, b = old.statement, new.statement
        assert isinstance(a, Loop) and isinstance(b, Loop)
        if old.size + new.size > _LARGEST or not (old.parallel and new.parallel):
            return False
        conflicts = old.writes & (new.reads | new.writes) | old.reads & new.writes
        while conflicts:
            low = conflicts & -conflicts
            conflicts ^= low
            bit = low.bit_length() - 1
            thing = self._things[bit]
            if not isinstance(thing, Buffer):
                return False
            first, second = old.places.get(bit, set()), new.places.get(bit, set())
            if not _aligned(len(thing.shape), first, a.var, second, b.var):
                return False
        return True

    def _join(self, old: _Group, new: _Group) -> _Group:
        a, b = old.statement, new.statement
        assert isinstance(a, Loop) and isinstance(b, Loop)
        moved = self._group(Rewrite({b.var: at(a.var)}).statement(b))
        groups = list(old.inner)
        for group in moved.inner:
            self._add(groups, group)
        places = dict(old.places)
        for bit, found in moved.places.items():
            places[bit] = places[bit] | found if bit in places else found
        # The body is put together when all loops are joined.
        loop = Loop(a.var, [], [*a.accumulators, *b.accumulators])
        return _Group(
            loop,
            old.reads | moved.reads,
            old.writes | moved.writes,
            old.size + moved.size,
            places,
            groups,
            True,
        )

    def _group(self, statement: Statement) -> _Group:
        reads: set[Buffer | str] = set()
        writes: set[Buffer | str] = set()
        places: dict[int, set[IndexTuple]] = {}
        roots = list(exprs(statement))
        inner: list[_Group] = []
        match statement:
            case Loop():
                inner = [self._group(part) for part in statement.body]
                writes.update(acc.name for acc in statement.accumulators)
            case Store():
                writes.add(statement.buffer)
                places[self._bit(statement.buffer)] = {statement.index}
                for index in statement.index:
                    found = list(looked(index))
                    roots += found
                    if found:
                        reads.add("checks")
                if statement.adds:
                    reads.add(statement.buffer)
                if statement.buffer.kind == "input":
                    reads.add("checks")
            case Product():
                writes.add(statement.out)
                reads.update((statement.x.buffer, statement.y.buffer))
            case Let():
                writes.add(statement.name)
            case Check():
                writes.add("checks")
            case Update():
                pass
        seen: set[Expr] = set()
        for expr in contains(roots, seen):
            if isinstance(expr, Load):
                reads.add(expr.buffer)
                places.setdefault(self._bit(expr.buffer), set()).add(expr.index)
                if any(True for index in expr.index for _ in looked(index)):
                    reads.add("checks")
            elif isinstance(expr, Local):
                reads.add(expr.name)
        read_bits, written_bits = self._set(reads), self._set(writes)
        size = sum(map(weight, seen))
        for group in inner:
            read_bits |= group.reads
            written_bits |= group.writes
            size += group.size
            for bit, found in group.places.items():
                places[bit] = places[bit] | found if bit in places else found
        parallel = isinstance(statement, Loop) and vectorisable(statement)
        return _Group(statement, read_bits, written_bits, size, places, inner, parallel)

    def _bit(self, thing: Buffer | str) -> int:
        bit = self._bits.get(thing)
        if bit is None:
            bit = self._bits[thing] = len(self._things)
            self._things.append(thing)
            if isinstance(thing, Buffer) and thing.size > 1:
                self._arrays |= 1 << bit
        return bit

    def _set(self, things: Iterable[Buffer | str]) -> int:
        found = 0
        for thing in things:
            found |= 1 << self._bit(thing)
        return found


def _finished(group: _Group) -> Statement:
    """The statement of a group, with the bodies of joined loops."""
    statement = group.statement
    if isinstance(statement, Loop):
        body = [_finished(inner) for inner in group.inner]
        return Loop(statement.var, body, statement.accumulators)
    return statement


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


def _aligned(rank: int, first: set[IndexTuple], a: Var, second: set[IndexTuple], b: Var) -> bool:
    """Whether equal iterations of two loops touch the same part of a buffer, others another."""
    return any(
        all(index[axis].single is a for index in first)
        and all(index[axis].single is b for index in second)
        for axis in range(rank)
    )
