"""Where the program's own buffers lie: one static arena, shared by buffers that never live at once.

A buffer lives from the first to the last statement (counted at the outermost level) that touches
it. Places are multiples of 64 bytes, given largest buffer first.
"""

from __future__ import annotations

from collections.abc import Sequence

from .loops import (
    Buffer,
    Expr,
    Load,
    Product,
    Program,
    Statement,
    Store,
)
from .rewrite import contains, exprs, looked, walk

ALIGNMENT = 64


def plan(program: Program) -> int:
    """Give every arena buffer its offset; the bytes needed."""
    lives: dict[Buffer, tuple[int, int]] = {}
    for time, statement in enumerate(program.body):
        for buffer in touched([statement]):
            if buffer.kind == "arena":
                first, _ = lives.get(buffer, (time, time))
                lives[buffer] = (first, time)
    placed: list[tuple[Buffer, int, int]] = []
    total = 0
    # In the order of the program: the text must be the same in every process.
    own = [buffer for buffer in program.buffers if buffer in lives]
    for buffer in sorted(own, key=lambda buffer: -buffer.bytes):
        first, last = lives[buffer]
        size = -(-buffer.bytes // ALIGNMENT) * ALIGNMENT
        taken = sorted(
            (other.offset, other.offset + -(-other.bytes // ALIGNMENT) * ALIGNMENT)
            for other, a, b in placed
            if a <= last and first <= b
        )
        offset = 0
        for start, end in taken:
            if offset + size <= start:
                break
            offset = max(offset, end)
        buffer.offset = offset
        placed.append((buffer, first, last))
        total = max(total, offset + size)
    return total


def read_buffers(body: Sequence[Statement]) -> set[Buffer]:
    """Every buffer that statements load from."""
    found: set[Buffer] = set()
    seen: set[Expr] = set()
    for statement in walk(body):
        roots = [*exprs(statement)]
        if isinstance(statement, Store):
            for index in statement.index:
                roots += looked(index)
            if statement.adds:
                found.add(statement.buffer)
        if isinstance(statement, Product):
            found.update((statement.x.buffer, statement.y.buffer))
        for expr in contains(roots, seen):
            if isinstance(expr, Load):
                found.add(expr.buffer)
    return found


def written_buffers(body: Sequence[Statement]) -> set[Buffer]:
    """Every buffer that statements store to."""
    found: set[Buffer] = set()
    for statement in walk(body):
        if isinstance(statement, Store):
            found.add(statement.buffer)
        elif isinstance(statement, Product):
            found.add(statement.out)
    return found


def touched(body: Sequence[Statement]) -> set[Buffer]:
    """Every buffer that statements load from or store to."""
    return read_buffers(body) | written_buffers(body)
