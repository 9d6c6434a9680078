"""From the loop IR to LLVM text.

One function is written, in SSA form as it should run: loops with their accumulators in registers,
values computed at the outermost loop in which they are known, each once. A vector loop does several
iterations at once, its rest under a mask. Operations are in `scalars`, memory is in `access`; what
to fuse or to vectorise was decided before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .access import Access, flat, lane_mask
from .accumulators import Accumulators, fusible
from .blocks import blocks
from .lanes import Lanes
from .loops import (
    Accumulator,
    Buffer,
    Check,
    Const,
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
    Update,
)
from .places import Places
from .products import SYMBOLS, addresses, call, declaration
from .rewrite import walk
from .scalars import Scalars
from .writer import Held, Scope, Writer

ENTRY = "program"


class Emitter:
    """Writes the function of one program."""

    def __init__(self, program: Program, lanes: Lanes, has_fma: bool) -> None:
        self._program = program
        self._lanes = lanes
        self._w = Writer()
        self._scalars = Scalars(self._w)
        self._sums = Accumulators(self._w, self._scalars, has_fma)
        self._places = Places(self._w, self._scalars, self.value)
        self._access = Access(self._w, self._scalars, self._places, self.value)
        self._products: set[str] = set()
        self._locals: dict[str, Held] = {}
        self._states: dict[str, list[Held]] = {}
        """What the accumulators of open loops hold."""
        self._blocks = blocks(program.body, lanes.of)
        self._aside = {name for block in self._blocks.values() for name in block.names}
        """Long sums: a total, and the rounding errors made so far."""

    def text(self) -> str:
        """The module but for the mathematical functions, which `functions` names."""
        w = self._w
        for buffer in self._program.buffers:
            self._access.declare(buffer)
        self._body(self._program.body)
        w.append("ret i32 0")
        return "\n".join(
            [
                *map(declaration, sorted(self._products)),
                *self._access.constants,
                f"define i32 @{ENTRY}(ptr %inputs, ptr %outputs, ptr %arena) {{",
                "start:",
                *w.finished(),
                "}",
            ]
        )

    @property
    def functions(self) -> set[tuple[str, str, int]]:
        """The mathematical functions that the text calls: (operation, dtype, lanes)."""
        return self._scalars.functions

    @property
    def symbols(self) -> dict[str, int]:
        """What the text refers to in this process, by name."""
        known = addresses()
        found = {SYMBOLS[code]: known[SYMBOLS[code]] for code in self._products}
        return found | self._access.symbols

    # ---- statements -------------------------------------------------------------------------

    def _body(self, body: Sequence[Statement]) -> None:
        for statement in body:
            match statement:
                case Loop():
                    self._loop(statement)
                case Store():
                    held = self.value(statement.value)
                    self._access.store(statement.buffer, statement.index, held, statement.adds)
                case Let():
                    self._locals[statement.name] = self.value(statement.value)
                case Update():
                    self._update(statement)
                case Check():
                    self._check(statement)
                case Product():
                    self._product(statement)

    def _loop(self, loop: Loop) -> None:
        w = self._w
        for acc in loop.accumulators:
            lanes = w.lanes if w.vector is not None else self._lanes_inside(loop, acc)
            state = self._sums.start(acc, lanes)
            self._states[acc.name] = [*state, *state] if acc.name in self._aside else state
        extent = loop.var.extent
        if loop.vector:
            lanes = self._lanes.of(loop)
            whole = extent // lanes * lanes
            rest = extent - whole
            w.vector, w.lanes = loop.var, lanes
            self._counted(loop, 0, whole, lanes, None)
            if rest:
                w.lanes = min(lanes, 1 << (rest - 1).bit_length())
                w.vector = loop.var if w.lanes > 1 else None
                active = rest if rest != w.lanes else None
                self._counted(loop, whole, whole + w.lanes, w.lanes, active)
            w.vector, w.lanes = None, 1
        else:
            self._counted(loop, 0, extent, 1, w.active)
        for acc in loop.accumulators:
            state = self._states.pop(acc.name)
            if acc.name in self._aside:
                state = [self._sums.total(state)]
            if w.vector is None:
                state = self._sums.across(acc, state)
            self._locals[acc.name] = state[-1]

    def _lanes_inside(self, loop: Loop, acc: Accumulator) -> int:
        """The lanes of the vector loop in which an accumulator is updated; 1 if there is none."""
        for statement in walk([loop]):
            if isinstance(statement, Loop) and statement.vector:
                for inner in walk(statement.body):
                    if isinstance(inner, Update) and inner.accumulator.name == acc.name:
                        return self._lanes.of(statement)
        return 1

    def _counted(self, loop: Loop, first: int, end: int, step: int, active: int | None) -> None:
        """The iterations first, first + step, ... below end; `active` of the lanes count."""
        if first >= end:
            return
        w = self._w
        outside, w.active = w.active, active
        scope = Scope(loop.var, _written(loop.body))
        if end - first == step:
            w.enter(scope)
            w.bind(loop.var, Held(str(first), "i64", 1, w.depth))
            self._body(loop.body)
            w.leave()
        else:
            self._repeated(loop, scope, first, end, step)
        w.active = outside
        # What was computed in the loop is known from here on.
        for state in self._states.values():
            state[:] = [Held(h.text, h.code, h.lanes, min(h.level, w.depth)) for h in state]

    def _repeated(self, loop: Loop, scope: Scope, first: int, end: int, step: int) -> None:
        w = self._w
        block = self._blocks.get(loop)
        aside = {name for name in (block.names if block else ()) if name in self._states}
        carried = list(
            dict.fromkeys(
                inner.accumulator.name
                for inner in walk(loop.body)
                if isinstance(inner, Update) and inner.accumulator.name in self._states
            )
        )
        totals = {name: self._states[name] for name in carried if name in aside}
        w.enter(scope)
        outer = _Repeat(w, str(first)) if totals else None
        limit = str(end)
        if outer is not None:
            assert block is not None
            outer.carry({name: self._states[name] for name in carried}, self._states)
            totals = {name: self._states[name] for name in totals}
            for name in totals:
                self._states[name] = self._sums.restarted(totals[name])
            limit = w.least(outer.counter, block.iterations * step, end)
        repeat = _Repeat(w, outer.counter if outer is not None else str(first))
        w.bind(loop.var, Held(repeat.counter, "i64", 1, w.depth))
        repeat.carry({name: self._states[name] for name in carried}, self._states)
        self._body(loop.body)
        repeat.close(step, limit, self._states)
        if outer is not None:
            for name, total in totals.items():
                self._states[name] = self._sums.put_aside(total, self._states[name])
            outer.close_at(repeat.following, end, self._states)
        w.leave()

    def _update(self, update: Update) -> None:
        acc = update.accumulator
        state = self._states[acc.name]
        lanes = state[0].lanes
        mask = self._counting(lanes)
        if acc.name in self._aside and len(state) == 2:
            value = self._full(self.value(update.value), lanes)
            self._states[acc.name] = self._sums.put_aside(
                state, [self._sums.masked(acc, value, mask)]
            )
        elif fusible(update.value, acc):
            assert isinstance(update.value, Op)
            x, y = (self._full(self.value(arg), lanes) for arg in update.value.args)
            self._states[acc.name] = self._sums.take_product(state, x, y, mask)
        else:
            values = [self._full(self.value(update.value), lanes)]
            if update.place is not None:
                values.append(self._full(self.value(update.place), lanes))
            self._states[acc.name] = self._sums.take(acc, state, values, mask)
        if acc.name in self._locals:
            del self._locals[acc.name]

    def _full(self, held: Held, lanes: int) -> Held:
        """A value in as many lanes as the accumulator has; the rest of a loop may use fewer."""
        if held.lanes == 1:
            return self._scalars.spread(held, lanes)
        return held if held.lanes == lanes else self._sums.widened(held, lanes)

    def _counting(self, lanes: int) -> str | None:
        """The constant mask of the lanes that an update takes; None for all."""
        w = self._w
        count = w.active if w.active is not None else w.lanes
        if count == lanes:
            return None
        return lane_mask(count, lanes)

    def _check(self, check: Check) -> None:
        w = self._w
        assert w.depth == 0
        failed, fine = w.label("failed"), w.label("fine")
        w.append(f"br {self.value(check.value)}, label %{failed}, label %{fine}")
        w.append(f"{failed}:")
        w.append(f"ret i32 {check.code}")
        w.append(f"{fine}:")
        w.block = fine

    def _product(self, product: Product) -> None:
        access = self._access
        x = access.pointer_at(product.x.buffer, product.x.start)
        y = access.pointer_at(product.y.buffer, product.y.start)
        start = flat(product.out, product.at)
        out = access.pointer_at(product.out, start)
        self._products.add(product.out.code)
        self._w.append(call(product, (x.text, y.text, out.text)))

    # ---- expressions ------------------------------------------------------------------------

    def value(self, expr: Expr) -> Held:
        """The value of an expression, computed at most once in each scope."""
        w = self._w
        if isinstance(expr, Const):
            return self._scalars.constant(expr)
        if isinstance(expr, Local):
            return self._local(expr)
        found = w.find(expr) or (w.find((expr, w.lanes)) if w.lanes > 1 else None)
        if found is None:
            found = self._made(expr)
            w.remember(expr if found.lanes == 1 else (expr, found.lanes), found)
        return found

    def _local(self, expr: Local) -> Held:
        found = self._locals.get(expr.name)
        if found is not None:
            return found
        # An accumulator read while it is being built up: a running sum.
        return self._states[expr.name][-1]

    def _made(self, expr: Expr) -> Held:
        match expr:
            case Load():
                return self._access.load(expr)
            case Op():
                return self._scalars.apply(expr, [self.value(arg) for arg in expr.args])
            case Position():
                return self._places.position(expr.index)
            case Inside():
                return self._places.inside(expr)
            case _:
                raise TypeError(type(expr))


class _Repeat:
    """A loop in the text: its header is completed when the end is known."""

    def __init__(self, writer: Writer, first: str) -> None:
        self._w = writer
        self._first = first
        self._before = writer.block
        self._header, self._done = writer.label("loop"), writer.label("done")
        self.counter, self.following = writer.name(), writer.name()
        self._opening: list[Any] = [f"br label %{self._header}", f"{self._header}:"]
        writer.append(self._opening)
        writer.block = self._header
        self._entering: dict[str, list[Held]] = {}
        self._inside: dict[str, list[Held]] = {}

    def carry(self, entering: dict[str, list[Held]], states: dict[str, list[Held]]) -> None:
        """Keep these states in registers across iterations."""
        w = self._w
        self._entering = entering
        for name, state in entering.items():
            self._inside[name] = [Held(w.name(), h.code, h.lanes, w.depth) for h in state]
            states[name] = list(self._inside[name])

    def close(self, step: int, limit: str, states: dict[str, list[Held]]) -> None:
        """Go on with the next iteration below `limit`."""
        self._w.append(f"{self.following} = add nuw nsw i64 {self.counter}, {step}")
        self._end(self.following, limit, states)

    def close_at(self, following: str, limit: int, states: dict[str, list[Held]]) -> None:
        """Go on with iteration `following`, if it is below `limit`."""
        self._end(following, str(limit), states)

    def _end(self, following: str, limit: str, states: dict[str, list[Held]]) -> None:
        w = self._w
        again = w.name()
        self._opening.append(
            f"{self.counter} = phi i64 [{self._first}, %{self._before}], [{following}, %{w.block}]"
        )
        for name, entering in self._entering.items():
            for old, here, new in zip(entering, self._inside[name], states[name], strict=True):
                self._opening.append(
                    f"{here.text} = phi {here.type} [{old.text}, %{self._before}], "
                    f"[{new.text}, %{w.block}]"
                )
        w.append(f"{again} = icmp ult i64 {following}, {limit}")
        w.append(f"br i1 {again}, label %{self._header}, label %{self._done}")
        w.append(f"{self._done}:")
        w.block = self._done


def _written(body: Sequence[Statement]) -> set[Buffer]:
    found: set[Buffer] = set()
    for statement in walk(body):
        if isinstance(statement, Store):
            found.add(statement.buffer)
        elif isinstance(statement, Product):
            found.add(statement.out)
    return found
