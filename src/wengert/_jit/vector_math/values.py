"""Writing LLVM text with the operators of Python.

A `Value` is the name of a line that was written; arithmetic on values writes more lines. It has a
`Kind`: float or integer, bits, lanes (one lane is a scalar). Numbers beside a value take its kind.
Comparisons give truth values of the same lanes. Formulas use nothing but this module; text of
other passes is not made here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

MANTISSA = {32: 23, 64: 52}
BIAS = {32: 127, 64: 1023}


@dataclass(frozen=True)
class Kind:
    """A type of LLVM: `float` or integer of some bits, in one lane or several."""

    letter: str
    bits: int
    lanes: int

    @property
    def element(self) -> str:
        if self.letter == "i":
            return f"i{self.bits}"
        return "float" if self.bits == 32 else "double"

    @property
    def text(self) -> str:
        return self.element if self.lanes == 1 else f"<{self.lanes} x {self.element}>"

    @property
    def suffix(self) -> str:
        """The ending of an intrinsic's name."""
        return f"{'' if self.lanes == 1 else f'v{self.lanes}'}{self.letter}{self.bits}"

    def constant(self, number: float) -> str:
        if self.letter == "i":
            text = str(int(number))
        else:
            double = struct.unpack("f", struct.pack("f", number))[0] if self.bits == 32 else number
            text = f"0x{struct.unpack('>Q', struct.pack('>d', double))[0]:016X}"
        if self.lanes == 1:
            return text
        return f"splat ({self.element} {text})"

    def integers(self) -> Kind:
        """Integers of the same bits."""
        return Kind("i", self.bits, self.lanes)

    def floats(self) -> Kind:
        return Kind("f", self.bits, self.lanes)

    def scalar(self) -> Kind:
        return Kind(self.letter, self.bits, 1)

    def with_bits(self, bits: int) -> Kind:
        return Kind(self.letter, bits, self.lanes)


class Code:
    """The lines of one function, and the names of the functions they call."""

    def __init__(self, has_scalef: bool = False) -> None:
        self.has_scalef = has_scalef
        """Whether the processor scales vectors of 512 bits by powers of two."""
        self.lines: list[str] = []
        self.needs: list[tuple[str, str, int]] = []
        self.block = "start"
        self._count = 0

    def line(self, text: str) -> None:
        self.lines.append(text)

    def value(self, kind: Kind, text: str) -> Value:
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"{name} = {text}")
        return Value(self, name, kind)

    def label(self, name: str) -> None:
        self.line(f"{name}:")
        self.block = name


class Value:
    """A line's result."""

    __slots__ = ("code", "kind", "name")

    def __init__(self, code: Code, name: str, kind: Kind) -> None:
        self.code = code
        self.name = name
        self.kind = kind

    @property
    def typed(self) -> str:
        return f"{self.kind.text} {self.name}"

    def like(self, other: Value | float) -> Value:
        """A number as a value of this kind; a value is left alone."""
        if isinstance(other, Value):
            return other
        return Value(self.code, self.kind.constant(other), self.kind)

    def binary(self, operator: str, other: Value) -> Value:
        """An instruction of two operands that has no operator in Python."""
        return self._binary(operator, self, other)

    def _binary(self, operator: str, left: Value | float, right: Value | float) -> Value:
        a, b = self.like(left), self.like(right)
        return self.code.value(self.kind, f"{operator} {a.typed}, {b.name}")

    def _arithmetic(self, operator: str, left: Value | float, right: Value | float) -> Value:
        prefix = "f" if self.kind.letter == "f" else ""
        return self._binary(prefix + operator, left, right)

    def __add__(self, other: Value | float) -> Value:
        return self._arithmetic("add", self, other)

    def __radd__(self, other: float) -> Value:
        return self._arithmetic("add", other, self)

    def __sub__(self, other: Value | float) -> Value:
        return self._arithmetic("sub", self, other)

    def __rsub__(self, other: float) -> Value:
        return self._arithmetic("sub", other, self)

    def __mul__(self, other: Value | float) -> Value:
        return self._arithmetic("mul", self, other)

    def __rmul__(self, other: float) -> Value:
        return self._arithmetic("mul", other, self)

    def __truediv__(self, other: Value | float) -> Value:
        return self._binary("fdiv", self, other)

    def __rtruediv__(self, other: float) -> Value:
        return self._binary("fdiv", other, self)

    def __neg__(self) -> Value:
        if self.kind.letter == "f":
            return self.code.value(self.kind, f"fneg {self.typed}")
        return 0 - self

    def __and__(self, other: Value | float) -> Value:
        return self._binary("and", self, other)

    def __or__(self, other: Value | float) -> Value:
        return self._binary("or", self, other)

    def __xor__(self, other: Value | float) -> Value:
        return self._binary("xor", self, other)

    def __invert__(self) -> Value:
        return self._binary("xor", self, -1)

    def __lshift__(self, other: Value | int) -> Value:
        return self._binary("shl", self, other)

    def __rshift__(self, other: Value | int) -> Value:
        """With the sign."""
        return self._binary("ashr", self, other)

    def shifted_down(self, other: Value | int) -> Value:
        """With zeros coming in."""
        return self._binary("lshr", self, other)

    def _compare(self, floats: str, integers: str, other: Value | float) -> Value:
        predicate = f"fcmp {floats}" if self.kind.letter == "f" else f"icmp {integers}"
        text = f"{predicate} {self.typed}, {self.like(other).name}"
        return self.code.value(Kind("i", 1, self.kind.lanes), text)

    def __lt__(self, other: Value | float) -> Value:
        return self._compare("olt", "slt", other)

    def __le__(self, other: Value | float) -> Value:
        return self._compare("ole", "sle", other)

    def __gt__(self, other: Value | float) -> Value:
        return self._compare("ogt", "sgt", other)

    def __ge__(self, other: Value | float) -> Value:
        return self._compare("oge", "sge", other)

    def equals(self, other: Value | float) -> Value:
        return self._compare("oeq", "eq", other)

    def differs(self, other: Value | float) -> Value:
        """True for NaN, as != is."""
        return self._compare("une", "ne", other)

    def is_nan(self) -> Value:
        return self._compare("uno", "ne", self)

    def intrinsic(self, name: str, *others: Value | float) -> Value:
        """`llvm.name` of this value and others of its kind."""
        values = ", ".join(self.like(value).typed for value in (self, *others))
        return self.code.value(
            self.kind, f"call {self.kind.text} @llvm.{name}.{self.kind.suffix}({values})"
        )

    def cast(self, how: str, kind: Kind) -> Value:
        return self.code.value(kind, f"{how} {self.typed} to {kind.text}")

    def bits(self) -> Value:
        """The pattern of bits, as integers."""
        return self.cast("bitcast", self.kind.integers())

    def as_float(self) -> Value:
        """The float with this pattern of bits."""
        return self.cast("bitcast", self.kind.floats())


def function_name(operation: str, dtype: str, lanes: int) -> str:
    """The name of a function of this package, without the @."""
    return f"w.{operation}.{dtype}.v{lanes}"


def fma(a: Value, b: Value | float, c: Value | float) -> Value:
    """a * b + c, rounded once where the processor has the instruction, twice elsewhere.

    A formula may use it only if it is right either way.
    """
    return a.intrinsic("fmuladd", b, c)


def select(condition: Value, yes: Value | float, no: Value | float) -> Value:
    """`yes` where the condition holds, else `no`; at least one is a value."""
    kind = yes if isinstance(yes, Value) else no
    assert isinstance(kind, Value)
    a, b = kind.like(yes), kind.like(no)
    return kind.code.value(kind.kind, f"select {condition.typed}, {a.typed}, {b.typed}")


def any_lane(condition: Value) -> Value:
    """Whether a truth value holds in any lane."""
    lanes = condition.kind.lanes
    if lanes == 1:
        return condition
    return condition.cast("bitcast", Kind("i", lanes, 1)).differs(0)


def at_most(x: Value, bound: float) -> Value:
    """min(x, bound); NaN stays."""
    return select(x.like(bound) < x, bound, x)


def at_least(x: Value, bound: float) -> Value:
    """max(x, bound); NaN stays."""
    return select(x.like(bound) > x, bound, x)


def magnitude(x: Value) -> Value:
    """|x|."""
    return x.intrinsic("fabs")


def with_sign(x: Value, sign: Value) -> Value:
    """|x| with the sign of another value."""
    return x.intrinsic("copysign", sign)


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """Horner's scheme, highest power first."""
    result = x.like(coefficients[0])
    for coefficient in coefficients[1:]:
        result = fma(result, x, coefficient)
    return result


def nearest_integer(x: Value, factor: float = 1.0, more: int = 0) -> tuple[Value, Value]:
    """n = x factor rounded to an integer: as a float, and as integers that end in n + more.

    Adding 1.5 * 2^23 (or 2^52) leaves n in the low bits of the sum, for n below 2^22 or 2^51 in
    size; above the lowest nine (or twelve) bits of the integers the rest of the sum stays.
    """
    magic = 1.5 * 2.0 ** MANTISSA[x.kind.bits] + more
    shifted = x + magic if factor == 1.0 else fma(x, factor, magic)
    return shifted - magic, shifted.bits()


def power_of_two(exponent: Value) -> Value:
    """2^k where the result is a normal number; only the lowest nine or twelve bits of k count."""
    return with_exponent(exponent + BIAS[exponent.kind.bits])


def with_exponent(field: Value) -> Value:
    """The power of two with this exponent field: its lowest eight or eleven bits, below a 0."""
    return (field << MANTISSA[field.kind.bits]).as_float()


def power_of_two_of(number: Value) -> Value:
    """2^n for an integer n that is held as a float, where the result is a normal number."""
    magic = 1.5 * 2.0 ** MANTISSA[number.kind.bits]
    return power_of_two((number + magic).bits())


def scaled_by_instruction(x: Value, number: Value) -> Value:
    """x 2^n, rounded once, for whole vectors of 512 bits; n is an integer held as a float."""
    code, kind = x.code, x.kind
    lanes = 512 // kind.bits
    if kind.lanes == lanes:
        of, mask = ("ps", "i16") if kind.bits == 32 else ("pd", "i8")
        return code.value(
            kind,
            f"call {kind.text} @llvm.x86.avx512.mask.scalef.{of}.512({x.typed}, {number.typed}, "
            f"{kind.text} zeroinitializer, {mask} -1, i32 4)",
        )
    first, second = (
        scaled_by_instruction(*(_half(value, place) for value in (x, number))) for place in range(2)
    )
    return code.value(kind, f"shufflevector {first.typed}, {second.typed}, {_places(0, kind)}")


def _half(x: Value, place: int) -> Value:
    """The lower or the upper lanes."""
    kind = Kind(x.kind.letter, x.kind.bits, x.kind.lanes // 2)
    return x.code.value(
        kind, f"shufflevector {x.typed}, {x.kind.text} poison, {_places(place * kind.lanes, kind)}"
    )


def _places(first: int, kind: Kind) -> str:
    """The mask of a shuffle that takes neighbouring lanes."""
    places = ", ".join(f"i32 {first + lane}" for lane in range(kind.lanes))
    return f"<{kind.lanes} x i32> <{places}>"


def widened(x: Value) -> Value:
    """float32 as float64."""
    return x.cast("fpext", x.kind.with_bits(64))


def narrowed(x: Value) -> Value:
    """float64 rounded to float32."""
    return x.cast("fptrunc", x.kind.with_bits(32))
