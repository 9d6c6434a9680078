"""Accumulators in registers: how they start, what one more value does, and how lanes are joined.

Each lane of a vector loop builds up its own part, and the lanes are joined in a fixed order, so
that the same input gives the same bits in every call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .loops import Accumulator, Expr, Op
from .scalars import Scalars
from .writer import BYTES, Held, Writer, type_of


class Accumulators:
    """Writes the steps of reductions through a `Writer`."""

    def __init__(self, writer: Writer, scalars: Scalars, has_fma: bool) -> None:
        self._w = writer
        self._scalars = scalars
        self._has_fma = has_fma

    def start(self, acc: Accumulator, lanes: int) -> list[Held]:
        """What an accumulator holds before its loop."""
        if acc.of:
            value = self._scalars.all(
                _least("max" if acc.kind == "argmax" else "min", acc.of), acc.of, lanes
            )
            return [
                Held(value, acc.of, lanes, 0),
                Held(self._scalars.all(-1, "i64", lanes), "i64", lanes, 0),
            ]
        return [
            Held(self._scalars.all(_least(acc.kind, acc.code), acc.code, lanes), acc.code, lanes, 0)
        ]

    def take(
        self, acc: Accumulator, state: Sequence[Held], values: Sequence[Held], active: str | None
    ) -> list[Held]:
        """The state after one more value in each lane; only lanes of the mask `active` count."""
        level = self._w.depth
        lanes = state[0].lanes
        wide = [self._scalars.spread(value, lanes) for value in values]
        joined = self.joined(acc, state, wide, level)
        if active is None:
            return joined
        mask = type_of("b1", lanes)
        return [
            self._w.emit(level, f"select {mask} {active}, {new}, {old}", old.code, lanes)
            for new, old in zip(joined, state, strict=True)
        ]

    def take_product(
        self, state: Sequence[Held], x: Held, y: Held, active: str | None
    ) -> list[Held]:
        """The state of a sum after x * y, rounded once where the processor can."""
        level = self._w.depth
        (old,) = state
        x, y = self._scalars.spread(x, old.lanes), self._scalars.spread(y, old.lanes)
        if self._has_fma:
            new = self._scalars.intrinsic("fma", [x, y, old], level)
        else:
            term = self._w.emit(level, f"fmul {x}, {y.text}", old.code, old.lanes)
            new = self._w.emit(level, f"fadd {old}, {term.text}", old.code, old.lanes)
        if active is None:
            return [new]
        mask = type_of("b1", old.lanes)
        return [self._w.emit(level, f"select {mask} {active}, {new}, {old}", old.code, old.lanes)]

    # Long sums: [total, error].

    def restarted(self, total: Sequence[Held]) -> list[Held]:
        """The empty sum of the next block."""
        (_, one) = total
        nothing = self._scalars.all(-0.0, one.code, one.lanes)
        return [Held(nothing, one.code, one.lanes, 0)]

    def put_aside(self, total: Sequence[Held], block: Sequence[Held]) -> list[Held]:
        """The total with a block added: Knuth's two-sum (TAOCP 2, 4.2.2, theorem B)."""
        (old, error), (part,) = total, block
        level, lanes, code = self._w.depth, old.lanes, old.code

        def emit(operation: str, x: Held, y: Held) -> Held:
            return self._w.emit(level, f"{operation} {x}, {y.text}", code, lanes)

        new = emit("fadd", old, part)
        seen = emit("fsub", new, old)
        lost_old = emit("fsub", old, emit("fsub", new, seen))
        lost_part = emit("fsub", part, seen)
        return [new, emit("fadd", error, emit("fadd", lost_old, lost_part))]

    def total(self, state: Sequence[Held]) -> Held:
        """The sum; where it is not finite, the error is no number and does not count."""
        total, error = state
        level, lanes, code = self._w.depth, total.lanes, total.code
        whole = self._w.emit(level, f"fadd {total}, {error.text}", code, lanes)
        fine = self._w.emit(level, f"fcmp ord {error}, {error.text}", "b1", lanes)
        return self._w.emit(level, f"select {fine}, {whole}, {total}", code, lanes)

    def masked(self, acc: Accumulator, value: Held, active: str | None) -> Held:
        """The value in the lanes of a mask, and what changes nothing in the others."""
        if active is None:
            return value
        (nothing,) = self.start(acc, value.lanes)
        mask = type_of("b1", value.lanes)
        text = f"select {mask} {active}, {value}, {nothing}"
        return self._w.emit(self._w.depth, text, value.code, value.lanes)

    def joined(
        self, acc: Accumulator, old: Sequence[Held], new: Sequence[Held], level: int
    ) -> list[Held]:
        """Two states as one; `old` comes first where order matters."""
        x, y = old[0], new[0]
        lanes, code = x.lanes, x.code

        def emit(text: str, result: str = code) -> Held:
            return self._w.emit(level, text, result, lanes)

        match acc.kind:
            case "sum":
                return [emit(f"{'fadd' if code[0] == 'f' else 'add'} {x}, {y.text}")]
            case "any":
                return [emit(f"or {x}, {y.text}")]
            case "all":
                return [emit(f"and {x}, {y.text}")]
            case "max" | "min":
                name = "maximum" if acc.kind == "max" else "minimum"
                return [self._scalars.operation(name, code, [y, x], lanes, level)]
            case _:
                return self._first_extreme(acc, old, new, level)

    def _first_extreme(
        self, acc: Accumulator, old: Sequence[Held], new: Sequence[Held], level: int
    ) -> list[Held]:
        (x, at_x), (y, at_y) = old, new
        lanes = x.lanes

        def emit(text: str, code: str = "b1") -> Held:
            return self._w.emit(level, text, code, lanes)

        larger = acc.kind == "argmax"
        if x.code[0] == "f":
            better = emit(f"fcmp {'ogt' if larger else 'olt'} {y}, {x.text}")
            same = emit(f"fcmp oeq {y}, {x.text}")
            odd_x, odd_y = emit(f"fcmp uno {x}, {x.text}"), emit(f"fcmp uno {y}, {y.text}")
            fine_x = emit(f"xor {odd_x}, {self._scalars.all(1, 'b1', lanes)}")
            turned = emit(f"and {odd_y}, {fine_x.text}")
            better = emit(f"or {better}, {turned.text}")
            both = emit(f"and {odd_x}, {odd_y.text}")
            same = emit(f"or {same}, {both.text}")
        else:
            sign = "u" if x.code[0] in "ub" else "s"
            better = emit(f"icmp {sign}{'gt' if larger else 'lt'} {y}, {x.text}")
            same = emit(f"icmp eq {y}, {x.text}")
        # An unsigned comparison, so that a lane that saw nothing (-1) loses to every other.
        earlier = emit(f"icmp ult {at_y}, {at_x.text}")
        tie = emit(f"and {same}, {earlier.text}")
        choose = emit(f"or {better}, {tie.text}")
        return [
            emit(f"select {choose}, {y}, {x}", x.code),
            emit(f"select {choose}, {at_y}, {at_x}", "i64"),
        ]

    def across(self, acc: Accumulator, state: Sequence[Held]) -> list[Held]:
        """All lanes joined into one, halves first: always in the same order."""
        level = self._w.depth
        parts = list(state)
        while parts[0].lanes > 1:
            half = parts[0].lanes // 2
            low = [self._part(part, 0, half, level) for part in parts]
            high = [self._part(part, half, half, level) for part in parts]
            parts = self.joined(acc, low, high, level)
        return parts

    def _part(self, held: Held, first: int, lanes: int, level: int) -> Held:
        if lanes == 1:
            return self._w.emit(level, f"extractelement {held}, i64 {first}", held.code, 1)
        places = ", ".join(f"i32 {first + k}" for k in range(lanes))
        return self._w.emit(
            level,
            f"shufflevector {held}, {held.type} poison, <{lanes} x i32> <{places}>",
            held.code,
            lanes,
        )

    def widened(self, held: Held, lanes: int) -> Held:
        """The lanes of a narrower value, followed by lanes that nobody reads."""
        places = ", ".join(f"i32 {k}" if k < held.lanes else "i32 poison" for k in range(lanes))
        return self._w.emit(
            self._w.depth,
            f"shufflevector {held}, {held.type} poison, <{lanes} x i32> <{places}>",
            held.code,
            lanes,
        )


def _least(kind: str, code: str) -> Any:
    """The number that changes nothing: what an empty reduction gives."""
    match kind:
        case "sum":
            return 0.0 if code[0] == "f" else 0
        case "any":
            return False
        case "all":
            return True
        case _:
            pass
    largest = kind == "min"
    if code[0] == "f":
        return float("inf") if largest else -float("inf")
    if code == "b1":
        return largest
    bits = 8 * BYTES[code]
    if code[0] == "u":
        return (1 << bits) - 1 if largest else 0
    return (1 << (bits - 1)) - 1 if largest else -(1 << (bits - 1))


def fusible(value: Expr, acc: Accumulator) -> bool:
    """Whether an update is a product that can be added with a single rounding."""
    return (
        acc.kind == "sum"
        and acc.code[0] == "f"
        and isinstance(value, Op)
        and value.name == "mul"
        and value.code == acc.code
    )
