"""scan as a primitive: a body run once for every slice, its carry handed from step to step.

Forward mode is a scan of the body's jvp. Reverse mode is a scan of the body's vjp in the other
direction, over the carries as they entered each step; constants collect their cotangents in its
carry. What a step does not know (is a cotangent there already?) is found by tracing until the
presence of every carry is the same before and after a step.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from .._base.dtypes import is_inexact
from .._graph.graph import Graph
from .._graph.value import Batched
from .._primitives.shaping import expand, permute
from .._record import modes as _modes
from .._record.door import record
from .._record.numpy_run import runner
from .._record.storage import edge_of
from .._record.trace import differentiable
from .masks import accumulate
from .presence import (
    ABSENT,
    Aval,
    collect,
    either,
    pack,
    packed_avals,
    places,
    presence,
    unpack,
)
from .site import Site
from .subgraphs import (
    Part,
    WithGraphs,
    avals_of,
    batched_graph,
    derive,
    operands_of,
    output_avals,
    pulled,
    pushed,
    restricted,
    used_inputs,
)


class Loop(NamedTuple):
    """The parameters of a scan.

    Operands and inputs of `body`: `carry` carries, `sliced` arrays (the body gets one slice of
    each), constants. Results: the last carries, then one stacked array for every further output.
    """

    body: Graph
    carry: int
    sliced: int
    length: int
    reverse: bool

    def operand_avals(self) -> list[Aval]:
        """Shapes and dtypes of the operands."""
        avals = avals_of(self.body.inputs)
        return self._stacked(avals, self.carry, self.carry + self.sliced)

    def result_avals(self) -> list[Aval]:
        """Shapes and dtypes of the results."""
        avals = output_avals(self.body)
        return self._stacked(avals, self.carry, len(avals))

    def _stacked(self, avals: list[Aval], start: int, stop: int) -> list[Aval]:
        return [
            ((self.length, *shape), dtype) if start <= position < stop else (shape, dtype)
            for position, (shape, dtype) in enumerate(avals)
        ]

    def history(self) -> list[int] | None:
        """The results that are the carries as they enter each step, if all of them are there."""
        stacked = self.body.outputs[self.carry :]
        entering = [(node, 0) for node in self.body.inputs[: self.carry]]
        if any(edge not in stacked for edge in entering):
            return None
        return [self.carry + stacked.index(edge) for edge in entering]

    def with_history(self) -> Loop:
        """The same loop that also gives the carries as they enter each step."""
        if self.history() is not None:
            return self
        key = ("history", self.carry)
        found = self.body.derived.get(key)
        if found is None:
            stacked = self.body.outputs[self.carry :]
            entering = [(node, 0) for node in self.body.inputs[: self.carry]]
            missing = [edge for edge in entering if edge not in stacked]
            found = self.body.derived[key] = Graph(
                self.body.inputs, self.body.nodes, [*self.body.outputs, *missing]
            )
        return self._replace(body=found)

    def only(self, wanted: Collection[int]) -> tuple[Loop, Sequence[int], Sequence[int]]:
        """What is left if only some results are wanted; the operands and the results it has."""
        key = ("only", self.carry, self.sliced, frozenset(wanted))
        found = self.body.derived.get(key)
        if found is None:
            outputs = set(wanted)
            while True:
                used = used_inputs(self.body, outputs)
                # A carry that is read must be handed on, and one that is handed on must enter.
                entering = {position for position in used if position < self.carry}
                if entering <= outputs:
                    break
                outputs |= entering
            takes = sorted(used | {position for position in outputs if position < self.carry})
            gives = sorted(outputs)
            found = (restricted(self.body, takes, gives), takes, gives)
            self.body.derived[key] = found
        body, takes, gives = found
        carry = sum(position < self.carry for position in takes)
        sliced = sum(position < self.carry + self.sliced for position in takes) - carry
        return self._replace(body=body, carry=carry, sliced=sliced), takes, gives


def run_loop(
    loop: Loop, operands: Sequence[Any], wanted: Collection[int] | None = None
) -> list[Any]:
    """Record a loop; its results, None where one is not wanted."""
    count = len(loop.body.outputs)
    found: list[Any] = [None] * count
    chosen = range(count) if wanted is None else wanted
    if chosen:
        part, takes, gives = loop.only(chosen)
        given = [operands[position] for position in takes]
        if _live(given):
            # A tape would keep the carries, too. If nobody reads them, compiling drops them.
            part = part.with_history()
        results = record(SCAN, given, part._asdict())
        for position, result in zip(gives, results, strict=False):
            found[position] = result
    return found


def _live(operands: Sequence[Any]) -> bool:
    """Whether a reverse walk may come."""
    modes = _modes.current()
    if modes.trace is None or not modes.grad:
        return False
    if any(operand._data.__class__ is Batched for operand in operands):
        return False  # the batching level records the loop that counts
    return any(differentiable(edge_of(modes.trace.resolve(operand))) for operand in operands)


# ---- values -------------------------------------------------------------------------------------


def _compute(
    *arrays: Any, body: Graph, carry: int, sliced: int, length: int, reverse: bool
) -> tuple[Any, ...]:
    """A function applied to slices one after the other, a carry going from step to step."""
    run = runner(body)
    state = list(arrays[:carry])
    rows = arrays[carry : carry + sliced]
    constants = arrays[carry + sliced :]
    avals = output_avals(body)
    stacked = [np.empty((length, *shape), dtype) for shape, dtype in avals[carry:]]
    for step in range(length - 1, -1, -1) if reverse else range(length):
        found = run([*state, *[row[step, ...] for row in rows], *constants])
        state = found[:carry]
        for out, result in zip(stacked, found[carry:], strict=True):
            out[step] = result
    last = [
        np.array(value, dtype, order="C")
        for value, (_, dtype) in zip(state, avals[:carry], strict=True)
    ]
    return (*last, *stacked)


def _abstract(shapes: Any, dtypes: Any, params: Any) -> list[Aval]:
    return Loop(**params).result_avals()


# ---- forward mode -------------------------------------------------------------------------------


class _Pushed(NamedTuple):
    """The body of the jvp: carries with tangents, slices with tangents, constants with tangents."""

    body: Graph
    ends: list[str]
    """The presence of the tangents of the carries."""
    stacked: list[str]
    """The presence of the tangents of the other outputs."""


def _jvp(site: Site, *tangents: Any) -> list[Any]:
    loop = Loop(**site.params)
    n, m = loop.carry, loop.carry + loop.sliced
    avals = loop.operand_avals()
    operands = operands_of(site, [dtype for _, dtype in avals])
    known = [presence(tangent) for tangent in tangents]
    push = _pushed_body(loop, tuple(known))
    moving = [
        pack(tangents[:n], push.ends, avals[:n]),
        pack(tangents[n:m], known[n:m], avals[n:m]),
        pack(tangents[m:], known[m:], avals[m:]),
    ]
    given = [*operands[:n], *moving[0], *operands[n:m], *moving[1], *operands[m:], *moving[2]]
    whole = Loop(
        push.body, n + len(moving[0]), loop.sliced + len(moving[1]), loop.length, loop.reverse
    )
    chosen = places(push.ends, n) + places(push.stacked, whole.carry)
    return collect(lambda wanted: run_loop(whole, given, wanted), chosen)


def _pushed_body(loop: Loop, known: tuple[str, ...]) -> _Pushed:
    n, m = loop.carry, loop.carry + loop.sliced
    key = ("jvp", n, m, known)
    if key in loop.body.derived:
        return loop.body.derived[key]
    avals, out_avals = avals_of(loop.body.inputs), output_avals(loop.body)
    ends, settled = list(known[:n]), False
    stacked: list[str] = []

    def step(*values: Any) -> list[Any]:
        nonlocal ends, settled
        parts = iter(values)
        inputs: list[Any] = []
        tangents: list[Any] = []
        for start, stop, presences in ((0, n, ends), (n, m, known[n:m]), (m, None, known[m:])):
            inputs += [next(parts) for _ in avals[start:stop]]
            tangents += unpack(parts, presences)
        outs, found = pushed(loop.body, inputs, tangents)
        after = [either(a, presence(b)) for a, b in zip(ends, found[:n], strict=True)]
        settled, ends = after == ends, after
        stacked[:] = map(presence, found[n:])
        if not settled:
            return []
        moved = pack(found[:n], ends, avals[:n]) + pack(found[n:], stacked, out_avals[n:])
        return [*outs[:n], *moved]

    while True:
        before = list(ends)
        body = derive(
            step,
            [
                *avals[:n],
                *packed_avals(before, avals[:n]),
                *avals[n:m],
                *packed_avals(known[n:m], avals[n:m]),
                *avals[m:],
                *packed_avals(known[m:], avals[m:]),
            ],
            "the jvp of a scan",
        )
        if settled:
            found = loop.body.derived[key] = _Pushed(body, ends, stacked)
            return found


# ---- reverse mode -------------------------------------------------------------------------------


class _Pulled(NamedTuple):
    """The body of the vjp.

    Its carry: the cotangents of the carries, and the sums of those of the constants. Its slices:
    the carries as they entered, the slices, and the cotangents of the stacked outputs.
    """

    body: Graph
    ends: list[str]
    sums: list[str]
    slices: list[str]


def _vjp(site: Site, wanted: Sequence[bool], *cotangents: Any) -> list[Any]:
    loop = Loop(**site.params)
    n, m = loop.carry, loop.carry + loop.sliced
    avals, out_avals = loop.operand_avals(), loop.result_avals()
    operands = operands_of(site, [dtype for _, dtype in avals])
    known = tuple(presence(cotangent) for cotangent in cotangents)
    pull = _pulled_body(loop, tuple(wanted[n:]), known)
    ends = pack(cotangents[:n], pull.ends, avals[:n])
    sums = pack([None] * len(pull.sums), pull.sums, avals[m:])
    rows = pack(cotangents[n:], known[n:], out_avals[n:])
    first = len(ends) + len(sums)
    whole = Loop(pull.body, first, m + len(rows), loop.length, reverse=not loop.reverse)

    def run(positions: set[int]) -> list[Any]:
        needed = {position - first for position in whole.only(positions)[1]}
        entering = _entering(site, loop, operands, needed & set(range(n)))
        given = [*ends, *sums, *entering, *operands[n:m], *rows, *operands[m:]]
        return run_loop(whole, given, positions)

    chosen = [
        *places(pull.ends, 0),
        *places(pull.slices, first),
        *places(pull.sums, len(ends)),
    ]
    return collect(
        run, [place if needed else None for place, needed in zip(chosen, wanted, strict=True)]
    )


def _entering(
    site: Site, loop: Loop, operands: Sequence[Any], wanted: Collection[int]
) -> list[Any]:
    """Some carries as they entered each step: kept by the scan, or worked out again."""
    history = loop.history()
    if history is not None and site.node.outputs[0].trace is not None:
        return [site.out(position) for position in history]
    longer = loop.with_history()
    history = longer.history()
    assert history is not None
    found = run_loop(longer, operands, [history[k] for k in wanted])
    return [found[position] for position in history]


def _pulled_body(loop: Loop, wanted: tuple[bool, ...], known: tuple[str, ...]) -> _Pulled:
    n, m = loop.carry, loop.carry + loop.sliced
    key = ("vjp", n, m, wanted, known)
    if key in loop.body.derived:
        return loop.body.derived[key]
    avals, out_avals = avals_of(loop.body.inputs), output_avals(loop.body)
    needed = [*[is_inexact(dtype) for _, dtype in avals[:n]], *wanted]
    ends, sums, settled = list(known[:n]), [ABSENT] * len(avals[m:]), False
    slices: list[str] = []

    def step(*values: Any) -> list[Any]:
        nonlocal ends, sums, settled
        parts = iter(values)
        arriving, total = unpack(parts, ends), unpack(parts, sums)
        inputs = [next(parts) for _ in avals[:m]]
        arriving += unpack(parts, known[n:])
        inputs += parts
        _, found = pulled(loop.body, inputs, needed, arriving)
        after = [either(a, presence(b)) for a, b in zip(ends, found[:n], strict=True)]
        added = [presence(part) for part in found[m:]]
        settled = after == ends and added == sums
        ends, sums, slices[:] = after, added, map(presence, found[n:m])
        if not settled:
            return []
        grown = [
            None if part is None else accumulate(before, part)
            for before, part in zip(total, found[m:], strict=True)
        ]
        return [
            *pack(found[:n], ends, avals[:n]),
            *pack(grown, sums, avals[m:]),
            *pack(found[n:m], slices, avals[n:m]),
        ]

    while True:
        body = derive(
            step,
            [
                *packed_avals(ends, avals[:n]),
                *packed_avals(sums, avals[m:]),
                *avals[:m],
                *packed_avals(known[n:], out_avals[n:]),
                *avals[m:],
            ],
            "the vjp of a scan",
        )
        if settled:
            found = loop.body.derived[key] = _Pulled(body, ends, sums, slices)
            return found


# ---- batches ------------------------------------------------------------------------------------


def _batch(
    primitive: Any, operands: Sequence[Any], batched: Sequence[bool], size: int, params: Any
) -> tuple[Any, ...]:
    loop = Loop(**params)
    n, m = loop.carry, loop.carry + loop.sliced
    flags = list(batched)
    rest = (False,) * (len(loop.body.outputs) - n)
    while True:
        body, varies = batched_graph(loop.body, tuple(flags), size, (*flags[:n], *rest))
        if list(varies[:n]) == flags[:n]:
            break
        flags[:n] = varies[:n]
    given: list[Any] = []
    for position, (operand, was, now) in enumerate(zip(operands, batched, flags, strict=True)):
        if now and not was:
            given.append(expand(operand, shape=(size, *operand._data.shape)))
        else:
            given.append(_swapped(operand) if now and n <= position < m else operand)
    results = run_loop(loop._replace(body=body), given)
    found: list[Any] = []
    for position, (result, now) in enumerate(zip(results, varies, strict=True)):
        if not now:
            found.append(expand(result, shape=(size, *result._data.shape)))
        else:
            found.append(_swapped(result) if position >= n else result)
    return tuple(found)


def _swapped(x: Any) -> Any:
    """The batch axis and the axis of the steps exchanged."""
    return permute(x, axes=(1, 0, *range(2, x._data.ndim)))


def _part(params: dict[str, Any], wanted: Sequence[int]) -> Part:
    loop, takes, gives = Loop(**params).only(wanted)
    return Part(loop._asdict(), takes, gives)


SCAN = WithGraphs(
    "scan", _compute, abstract=_abstract, vjp=_vjp, jvp=_jvp, batch=_batch, part=_part
)
