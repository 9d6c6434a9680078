"""Long sums are cut into blocks, so that rounding errors do not pile up.

A lane adds up a block plainly; finished blocks are added to a total that carries the rounding error
of every addition along (Knuth's two-sum). The error of a sum is then that of one block, whatever
the number of blocks. This module only decides where the blocks of each sum end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .loops import Expr, Local, Loop, Statement, Update
from .rewrite import contains, exprs, walk

LONGEST = 512
"""Additions one after the other in a lane, before a sum is cut."""

BLOCK = 256
"""Additions in a block."""


@dataclass
class Block:
    """The loop after every `iterations` of which some sums are put aside."""

    iterations: int
    names: set[str] = field(default_factory=lambda: set[str]())


def blocks(body: Sequence[Statement], lanes: Callable[[Loop], int]) -> dict[Loop, Block]:
    """For every loop at which sums are put aside, how often and which."""
    found: dict[Loop, Block] = {}
    _plan(body, [], lanes, found)
    return found


def _plan(
    body: Sequence[Statement],
    path: list[Loop],
    lanes: Callable[[Loop], int],
    found: dict[Loop, Block],
) -> None:
    for statement in body:
        if isinstance(statement, Loop):
            _plan(statement.body, [*path, statement], lanes, found)
        elif isinstance(statement, Update):
            acc = statement.accumulator
            if acc.kind == "sum" and acc.code[0] == "f":
                _place(acc.name, path, lanes, found)


def _place(
    name: str, path: Sequence[Loop], lanes: Callable[[Loop], int], found: dict[Loop, Block]
) -> None:
    chain = 1
    for loop in reversed(path):
        owns = any(acc.name == name for acc in loop.accumulators)
        trips = -(-loop.var.extent // (lanes(loop) if loop.vector else 1))
        if chain * trips > LONGEST:
            owner = next(o for o in path if any(acc.name == name for acc in o.accumulators))
            if not _is_read(name, owner):
                iterations = max(1, BLOCK // chain)
                block = found.setdefault(loop, Block(iterations))
                block.iterations = min(block.iterations, iterations)
                block.names.add(name)
            return
        if owns:
            return
        chain *= trips


def _is_read(name: str, loop: Loop) -> bool:
    """Whether the sum is looked at while it is being built up."""
    seen: set[Expr] = set()
    for statement in walk(loop.body):
        for expr in contains(exprs(statement), seen):
            if isinstance(expr, Local) and expr.name == name:
                return True
    return False
