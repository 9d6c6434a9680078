"""Scalar operations and accumulators as LLVM text, in one lane or several.

Arithmetic, comparison and conversion are written here; everything with a polynomial in it is a call
of a function from `vector_math`. Floating point is never reassociated; a product that is added to
an accumulator is fused with the addition.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from .loops import Const, Op
from .vector_math import supported
from .writer import BYTES, Held, Writer, type_of

_FLOAT_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_INT_BINARY = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
}
_BOOL_BINARY = {
    "add": "or",
    "mul": "and",
    "maximum": "or",
    "minimum": "and",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
}
_FLOAT_COMPARE = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}
_SIGNED_COMPARE = {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"}
_UNSIGNED_COMPARE = {"eq": "eq", "ne": "ne", "lt": "ult", "le": "ule", "gt": "ugt", "ge": "uge"}
_ROUNDINGS = {"floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "rint"}
_SHIFTS = {"shift_left": "shl", "shift_right": "lshr"}
_OWN = {
    "f": {
        *_FLOAT_BINARY,
        *_FLOAT_COMPARE,
        *_ROUNDINGS,
        "neg",
        "abs",
        "sign",
        "reciprocal",
        "sqrt",
        "rsqrt",
        "maximum",
        "minimum",
        "relu",
        "where",
        "isnan",
        "isfinite",
        "cast",
    },
    "i": {
        *_INT_BINARY,
        *_SIGNED_COMPARE,
        *_ROUNDINGS,
        *_SHIFTS,
        "neg",
        "abs",
        "sign",
        "maximum",
        "minimum",
        "relu",
        "where",
        "isnan",
        "isfinite",
        "bitwise_not",
        "cast",
    },
    "b": {
        *_BOOL_BINARY,
        *_UNSIGNED_COMPARE,
        "sign",
        "where",
        "isnan",
        "isfinite",
        "bitwise_not",
        "cast",
    },
}
_OWN["u"] = _OWN["i"]


def native(name: str, code: str) -> bool:
    """Whether native code can do an operation on operands of a dtype."""
    return name in _OWN[code[0]] or supported(name, code)


def number_text(value: Any, code: str) -> str:
    """A literal."""
    if code[0] == "f":
        return f"0x{struct.unpack('>Q', struct.pack('>d', float(value)))[0]:016X}"
    if code == "b1":
        return "true" if value else "false"
    return str(int(value))


class Scalars:
    """Writes operations through a `Writer`, and notes the functions they call."""

    def __init__(self, writer: Writer) -> None:
        self._w = writer
        self.functions: set[tuple[str, str, int]] = set()

    # ---- operations -------------------------------------------------------------------------

    def constant(self, expr: Const) -> Held:
        return Held(number_text(expr.value, expr.code), expr.code, 1, 0)

    def constant_of(self, number: float, code: str) -> Held:
        return Held(number_text(number, code), code, 1, 0)

    def added(self, x: Held, y: Held) -> Held:
        """x + y, or their disjunction."""
        if x.code == "b1":
            return self.operation("bitwise_or", "b1", [x, y], x.lanes, self._w.depth)
        return self.operation("add", x.code, [x, y], x.lanes, self._w.depth)

    def spread(self, held: Held, lanes: int) -> Held:
        """The same number in every lane."""
        if held.lanes == lanes:
            return held
        assert held.lanes == 1
        if not held.text.startswith("%"):
            return Held(f"splat ({held})", held.code, lanes, held.level)
        key = ("spread", held.text, lanes)
        found = self._w.find(key)
        if found is None:
            wide = type_of(held.code, lanes)
            first = self._w.emit(
                held.level, f"insertelement {wide} poison, {held}, i64 0", held.code, lanes
            )
            found = self._w.emit(
                held.level,
                f"shufflevector {first}, {wide} poison, <{lanes} x i32> zeroinitializer",
                held.code,
                lanes,
            )
            self._w.remember(key, found)
        return found

    def apply(self, expr: Op, args: Sequence[Held]) -> Held:
        """One operation; operands of one lane are spread where another has several."""
        lanes = max(arg.lanes for arg in args)
        level = max(arg.level for arg in args)
        wide = [self.spread(arg, lanes) for arg in args]
        return self.operation(expr.name, expr.code, wide, lanes, level)

    def operation(self, name: str, code: str, args: Sequence[Held], lanes: int, level: int) -> Held:
        w = self._w

        def emit(text: str, result: str = code) -> Held:
            return w.emit(level, text, result, lanes)

        x = args[0]
        y = args[1] if len(args) > 1 else x
        of = x.code
        kind = of[0]
        if name == "cast":
            return self._cast(x, code, level)
        if name == "where":
            return emit(f"select {x}, {y}, {args[2]}")
        if name not in _OWN[kind]:
            return self._call(name, args, code, lanes, level)
        if kind == "f":
            if name in _FLOAT_BINARY:
                return emit(f"{_FLOAT_BINARY[name]} {x}, {y.text}")
            if name in _FLOAT_COMPARE:
                return emit(f"fcmp {_FLOAT_COMPARE[name]} {x}, {y.text}")
            if name in _ROUNDINGS:
                return self.intrinsic(_ROUNDINGS[name], [x], level)
            return self._float(name, x, y, level)
        if name in ("isnan", "isfinite"):
            return Held("false" if name == "isnan" else "true", "b1", 1, 0)
        if kind == "b":
            if name in _BOOL_BINARY:
                return emit(f"{_BOOL_BINARY[name]} {x}, {y.text}")
            if name in _UNSIGNED_COMPARE:
                return emit(f"icmp {_UNSIGNED_COMPARE[name]} {x}, {y.text}")
            if name == "bitwise_not":
                return emit(f"xor {x}, {self.all(1, of, lanes)}")
            return x
        compare = _UNSIGNED_COMPARE if kind == "u" else _SIGNED_COMPARE
        if name in _INT_BINARY:
            return emit(f"{_INT_BINARY[name]} {x}, {y.text}")
        if name in compare:
            return emit(f"icmp {compare[name]} {x}, {y.text}")
        return self._integer(name, x, y, level)

    def _float(self, name: str, x: Held, y: Held, level: int) -> Held:
        w, lanes, code = self._w, x.lanes, x.code
        one, zero = self.all(1.0, code, lanes), self.all(0.0, code, lanes)

        def emit(text: str, result: str = code) -> Held:
            return w.emit(level, text, result, lanes)

        match name:
            case "neg":
                return emit(f"fneg {x}")
            case "abs":
                return self.intrinsic("fabs", [x], level)
            case "sqrt":
                return self.intrinsic("sqrt", [x], level)
            case "reciprocal":
                return emit(f"fdiv {x.type} {one}, {x.text}")
            case "rsqrt":
                root = self.intrinsic("sqrt", [x], level)
                return emit(f"fdiv {x.type} {one}, {root.text}")
            case "maximum" | "minimum":
                order = "ogt" if name == "maximum" else "olt"
                # NaN in x is kept by the unordered comparison, NaN in y by falling through.
                larger = emit(f"fcmp {order} {x}, {y.text}", "b1")
                odd = emit(f"fcmp uno {x}, {x.text}", "b1")
                take = emit(f"or {larger}, {odd.text}", "b1")
                return emit(f"select {take}, {x}, {y}")
            case "relu":
                below = emit(f"fcmp olt {x}, {zero}", "b1")
                return emit(f"select {below}, {x.type} {zero}, {x}")
            case "sign":
                above = emit(f"fcmp ogt {x}, {zero}", "b1")
                below = emit(f"fcmp olt {x}, {zero}", "b1")
                minus = self.all(-1.0, code, lanes)
                # Zeros keep nothing of their sign in NumPy: sign(-0.0) is 0.0.
                odd = emit(f"fcmp uno {x}, {x.text}", "b1")
                rest = emit(f"select {odd}, {x}, {x.type} {zero}")
                low = emit(f"select {below}, {x.type} {minus}, {rest}")
                return emit(f"select {above}, {x.type} {one}, {low}")
            case "isnan":
                return emit(f"fcmp uno {x}, {x.text}", "b1")
            case _:
                size = self.intrinsic("fabs", [x], level)
                limit = self.all(float("inf"), code, lanes)
                return emit(f"fcmp olt {size}, {limit}", "b1")

    def _integer(self, name: str, x: Held, y: Held, level: int) -> Held:
        w, lanes, code = self._w, x.lanes, x.code
        zero, one = self.all(0, code, lanes), self.all(1, code, lanes)
        signed = code[0] == "i"

        def emit(text: str, result: str = code) -> Held:
            return w.emit(level, text, result, lanes)

        match name:
            case "neg":
                return emit(f"sub {x.type} {zero}, {x.text}")
            case "bitwise_not":
                return emit(f"xor {x}, {self.all(-1, code, lanes)}")
            case "abs":
                if not signed:
                    return x
                minus = emit(f"sub {x.type} {zero}, {x.text}")
                below = emit(f"icmp slt {x}, {zero}", "b1")
                return emit(f"select {below}, {minus}, {x}")
            case "maximum" | "minimum":
                order = ("s" if signed else "u") + ("gt" if name == "maximum" else "lt")
                first = emit(f"icmp {order} {x}, {y.text}", "b1")
                return emit(f"select {first}, {x}, {y}")
            case "relu":
                if not signed:
                    return x
                above = emit(f"icmp sgt {x}, {zero}", "b1")
                return emit(f"select {above}, {x}, {x.type} {zero}")
            case "sign":
                above = emit(f"icmp {'sgt' if signed else 'ugt'} {x}, {zero}", "b1")
                low = Held(zero, code, lanes, 0)
                if signed:
                    below = emit(f"icmp slt {x}, {zero}", "b1")
                    minus = self.all(-1, code, lanes)
                    low = emit(f"select {below}, {x.type} {minus}, {x.type} {zero}")
                return emit(f"select {above}, {x.type} {one}, {low}")
            case "shift_left" | "shift_right":
                width = 8 * BYTES[code]
                shifted = emit(f"{_SHIFTS[name]} {x}, {y.text}")
                # Shifting by the width or more gives 0 in NumPy and poison in LLVM.
                fits = emit(f"icmp ult {y}, {self.all(width, code, lanes)}", "b1")
                return emit(f"select {fits}, {shifted}, {x.type} {zero}")
            case _:
                return x

    def _cast(self, x: Held, code: str, level: int) -> Held:
        old = x.code
        lanes = x.lanes
        wide = type_of(code, lanes)

        def emit(text: str, result: str = code) -> Held:
            return self._w.emit(level, text, result, lanes)

        if old == code:
            return x
        if code == "b1":
            if old[0] == "f":
                return emit(f"fcmp une {x}, {self.all(0.0, old, lanes)}")
            return emit(f"icmp ne {x}, {self.all(0, old, lanes)}")
        if old == "b1":
            if code[0] == "f":
                one, zero = self.all(1.0, code, lanes), self.all(0.0, code, lanes)
                return emit(f"select {x}, {wide} {one}, {wide} {zero}")
            return emit(f"zext {x} to {wide}")
        if old[0] == "f" and code[0] == "f":
            return emit(f"{'fpext' if code == 'f64' else 'fptrunc'} {x} to {wide}")
        if old[0] == "f":
            if BYTES[code] >= 4:
                return emit(f"fptosi {x} to {wide}")
            # As the processor does it, and with it NumPy: through int32.
            middle = emit(f"fptosi {x} to {type_of('i32', lanes)}", "i32")
            return emit(f"trunc {middle} to {wide}")
        if code[0] == "f":
            return emit(f"{'uitofp' if old[0] == 'u' else 'sitofp'} {x} to {wide}")
        if BYTES[code] < BYTES[old]:
            return emit(f"trunc {x} to {wide}")
        if BYTES[code] == BYTES[old]:
            return Held(x.text, code, lanes, x.level)
        return emit(f"{'zext' if old[0] == 'u' else 'sext'} {x} to {wide}")

    def all(self, number: float, code: str, lanes: int) -> str:
        text = number_text(number, code)
        return text if lanes == 1 else f"splat ({type_of(code, 1)} {text})"

    def intrinsic(self, name: str, args: Sequence[Held], level: int) -> Held:
        x = args[0]
        suffix = ("" if x.lanes == 1 else f"v{x.lanes}") + x.code
        full = f"llvm.{name}.{suffix}"
        text = ", ".join(map(str, args))
        return self._w.emit(level, f"call {x.type} @{full}({text})", x.code, x.lanes)

    def _call(self, name: str, args: Sequence[Held], code: str, lanes: int, level: int) -> Held:
        of = args[0].code
        self.functions.add((name, of, lanes))
        text = ", ".join(map(str, args))
        return self._w.emit(
            level, f"call {type_of(code, lanes)} @w.{name}.{of}.v{lanes}({text})", code, lanes
        )
