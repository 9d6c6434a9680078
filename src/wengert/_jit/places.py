"""Indices as values: one number, or one in each lane of the open vector loop."""

from __future__ import annotations

from collections.abc import Callable

from .index import Atom, Index, Looked, Quotient, Rest, Var
from .loops import Expr, Inside
from .scalars import Scalars
from .writer import Held, Writer


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
        lanes = x.lanes

        def emit(text: str, code: str = "i64") -> Held:
            return self._w.emit(x.level, text, code, lanes)

        def number(value: int) -> str:
            return str(value) if lanes == 1 else f"splat (i64 {value})"

        if index.bounds[0] >= 0:
            found = emit(f"{'urem' if rest else 'udiv'} {x}, {number(divisor)}")
        else:
            # Division rounds towards zero; a negative rest is corrected by one divisor.
            part = emit(f"srem {x}, {number(divisor)}")
            negative = emit(f"icmp slt {part}, {number(0)}", "b1")
            if rest:
                raised = emit(f"add {part}, {number(divisor)}")
                found = emit(f"select {negative}, {raised}, {part}")
            else:
                whole = emit(f"sdiv {x}, {number(divisor)}")
                lowered = emit(f"sub {whole}, {number(1)}")
                found = emit(f"select {negative}, {lowered}, {whole}")
        return self._w.remember(key, found)

    def lanes(self, index: Index) -> Held:
        """An index as one i64 in each lane."""
        lanes = self._w.lanes
        key = ("lanes", index, lanes)
        found = self._w.find(key)
        if found is not None:
            return found
        uniform = Index(
            {a: f for a, f in index.terms.items() if not self.atom_varies(a)}, index.constant
        )
        total: Held | None = None
        if uniform.terms or uniform.constant:
            total = self._scalars.spread(self.scalar(uniform), lanes)
        for atom, factor in index.terms.items():
            if atom in uniform.terms:
                continue
            held = self._atom_lanes(atom)
            if factor != 1:
                held = self._w.emit(held.level, f"mul {held}, splat (i64 {factor})", "i64", lanes)
            if total is None:
                total = held
            else:
                level = max(total.level, held.level)
                total = self._w.emit(level, f"add {held}, {total.text}", "i64", lanes)
        if total is None:
            total = self._scalars.spread(Held("0", "i64", 1, 0), lanes)
        return self._w.remember(key, total)

    def _atom_lanes(self, atom: Atom) -> Held:
        w = self._w
        lanes = w.lanes
        match atom:
            case Var():
                first = w.place(atom)
                steps = f"<{', '.join(f'i64 {k}' for k in range(lanes))}>"
                wide = self._scalars.spread(first, lanes)
                return w.emit(first.level, f"add {wide}, {steps}", "i64", lanes)
            case Quotient():
                return self._divided(self.lanes(atom.index), atom.index, atom.divisor, False)
            case Rest():
                return self._divided(self.lanes(atom.index), atom.index, atom.divisor, True)
            case Looked():
                return self._scalars.spread(self._value(atom.value), lanes)

    def position(self, index: Index) -> Held:
        """An index as an int64 value."""
        return self.lanes(index) if self.varies(index) else self.scalar(index)

    def inside(self, expr: Inside) -> Held:
        """Whether an index lies in a range."""
        x = self.position(expr.index)
        span = expr.high - expr.low
        low, high = expr.index.bounds
        many = x.lanes > 1

        def number(value: int) -> str:
            return f"splat (i64 {value})" if many else str(value)

        def emit(text: str, code: str) -> Held:
            return self._w.emit(x.level, text, code, x.lanes)

        if span <= 0 or high < expr.low or low >= expr.high:
            return Held("false", "b1", 1, 0)
        if low >= expr.low:
            return emit(f"icmp slt {x}, {number(expr.high)}", "b1")
        if high < expr.high:
            return emit(f"icmp sge {x}, {number(expr.low)}", "b1")
        if expr.low:
            x = emit(f"sub {x}, {number(expr.low)}", "i64")
        return emit(f"icmp ult {x}, {number(span)}", "b1")
