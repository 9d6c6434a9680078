"""Indices as values: one number, or one in each lane of the open vector loop."""

from __future__ import annotations

from collections.abc import Callable

from .index import Atom, Index, Looked, Quotient, Rest, Var
from .loops import Expr, Inside
from .scalars import Scalars
from .writer import Held, Writer, type_of

_BEYOND = 64
"""How far the lanes that do not count may lie behind the end of a loop."""


class Places:
    """Writes index arithmetic through a `Writer`."""

    def __init__(self, writer: Writer, scalars: Scalars, value: Callable[[Expr], Held]) -> None:
        self._w = writer
        self._scalars = scalars
        self._value = value

    def varies(self, index: Index) -> bool:
        """Whether the index differs between the lanes of the open vector loop."""
        return self._w.vector is not None and any(map(self.atom_varies, index.terms))

    def atom_varies(self, atom: Atom) -> bool:
        match atom:
            case Var():
                return atom is self._w.vector
            case Quotient() | Rest():
                return self.varies(atom.index)
            case Looked():
                return self._value(atom.value).lanes > 1

    def scalar(self, index: Index) -> Held:
        """An index as an i64; for the first lane, where the lanes differ."""
        found = self._w.find(index)
        if found is None:
            found = self._w.remember(index, self.sum(index))
        return found

    def sum(self, index: Index) -> Held:
        parts: list[tuple[Held, int]] = [(self.atom(a), f) for a, f in index.terms.items()]
        parts.sort(key=lambda part: part[0].level)
        total = Held(str(index.constant), "i64", 1, 0)
        for held, factor in parts:
            level = max(held.level, total.level)
            if factor != 1:
                held = self._w.emit(held.level, f"mul {held}, {factor}", "i64")
            if total.text == "0":
                total = held
            else:
                total = self._w.emit(level, f"add {held}, {total.text}", "i64")
        return total

    def atom(self, atom: Atom) -> Held:
        match atom:
            case Var():
                return self._w.place(atom)
            case Quotient():
                return self._divided(self.scalar(atom.index), atom.index, atom.divisor, False)
            case Rest():
                return self._divided(self.scalar(atom.index), atom.index, atom.divisor, True)
            case Looked():
                held = self._value(atom.value)
                assert held.lanes == 1
                return held

    def _divided(self, x: Held, index: Index, divisor: int, rest: bool) -> Held:
        """floor(x / divisor), or what is left over."""
        key = ("divided", x.text, divisor, rest)
        found = self._w.find(key)
        if found is not None:
            return found
        number = self._scalars.all

        def emit(text: str, code: str = x.code) -> Held:
            return self._w.emit(x.level, text, code, x.lanes)

        by, none = number(divisor, x.code, x.lanes), number(0, x.code, x.lanes)
        if index.bounds[0] >= 0:
            found = emit(f"{'urem' if rest else 'udiv'} {x}, {by}")
        else:
            # Division rounds towards zero; a negative rest is corrected by one divisor.
            part = emit(f"srem {x}, {by}")
            negative = emit(f"icmp slt {part}, {none}", "b1")
            if rest:
                raised = emit(f"add {part}, {by}")
                found = emit(f"select {negative}, {raised}, {part}")
            else:
                whole = emit(f"sdiv {x}, {by}")
                lowered = emit(f"sub {whole}, {number(1, x.code, x.lanes)}")
                found = emit(f"select {negative}, {lowered}, {whole}")
        return self._w.remember(key, found)

    def lanes(self, index: Index) -> Held:
        """An index in each lane, as i32 where it fits: half the registers, and twice the speed."""
        return self._lanes(index, "i32" if _fits(index) else "i64")

    def _lanes(self, index: Index, code: str) -> Held:
        lanes = self._w.lanes
        key = ("lanes", index, code, lanes)
        found = self._w.find(key)
        if found is not None:
            return found
        uniform = Index(
            {a: f for a, f in index.terms.items() if not self.atom_varies(a)}, index.constant
        )
        total: Held | None = None
        if uniform.terms or uniform.constant:
            total = self._spread(self.scalar(uniform), code)
        for atom, factor in index.terms.items():
            if atom in uniform.terms:
                continue
            held = self._atom_lanes(atom, code)
            if factor != 1:
                by = self._scalars.all(factor, code, lanes)
                held = self._w.emit(held.level, f"mul {held}, {by}", code, lanes)
            if total is None:
                total = held
            else:
                level = max(total.level, held.level)
                total = self._w.emit(level, f"add {held}, {total.text}", code, lanes)
        if total is None:
            total = self._spread(Held("0", "i64", 1, 0), code)
        return self._w.remember(key, total)

    def _spread(self, held: Held, code: str) -> Held:
        """An i64, in one lane or all, in every lane as `code`."""
        if held.code != code:
            if held.text.startswith("%"):
                text = f"trunc {held} to {type_of(code, held.lanes)}"
                held = self._w.emit(held.level, text, code, held.lanes)
            else:
                held = Held(held.text, code, 1, held.level)
        return self._scalars.spread(held, self._w.lanes)

    def _atom_lanes(self, atom: Atom, code: str) -> Held:
        w = self._w
        match atom:
            case Var():
                wide = self._spread(w.place(atom), code)
                steps = ", ".join(f"{code} {k}" for k in range(w.lanes))
                return w.emit(wide.level, f"add {wide}, <{steps}>", code, w.lanes)
            case Quotient():
                inner = self._lanes(atom.index, code)
                return self._divided(inner, atom.index, atom.divisor, False)
            case Rest():
                inner = self._lanes(atom.index, code)
                return self._divided(inner, atom.index, atom.divisor, True)
            case Looked():
                return self._spread(self._value(atom.value), code)

    def position(self, index: Index) -> Held:
        """An index as an int64 value."""
        if not self.varies(index):
            return self.scalar(index)
        held = self.lanes(index)
        if held.code == "i64":
            return held
        wide = type_of("i64", held.lanes)
        return self._w.emit(held.level, f"sext {held} to {wide}", "i64", held.lanes)

    def inside(self, expr: Inside) -> Held:
        """Whether an index lies in a range."""
        x = self.lanes(expr.index) if self.varies(expr.index) else self.scalar(expr.index)
        span = expr.high - expr.low
        low, high = expr.index.bounds

        def number(value: int) -> str:
            return self._scalars.all(value, x.code, x.lanes)

        def emit(text: str, code: str) -> Held:
            return self._w.emit(x.level, text, code, x.lanes)

        if span <= 0 or high < expr.low or low >= expr.high:
            return Held("false", "b1", 1, 0)
        if low >= expr.low:
            return emit(f"icmp slt {x}, {number(expr.high)}", "b1")
        if high < expr.high:
            return emit(f"icmp sge {x}, {number(expr.low)}", "b1")
        if expr.low:
            x = emit(f"sub {x}, {number(expr.low)}", x.code)
        return emit(f"icmp ult {x}, {number(span)}", "b1")


def _fits(index: Index) -> bool:
    """Whether an index and all that it is made of fit into 32 bits, a little beyond too."""
    reach = abs(index.constant)
    for atom, factor in index.terms.items():
        low, high = atom.bounds
        reach += abs(factor) * (max(abs(low), abs(high)) + _BEYOND)
        if isinstance(atom, Quotient | Rest) and not _fits(atom.index):
            return False
    return reach < 2**31
