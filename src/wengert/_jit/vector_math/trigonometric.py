"""sin, cos, tan.

x = n pi / 2 + r with |r| <= pi / 4. Up to a bound, pi / 2 in parts (W. J. Cody and W. Waite), of
which n times the first ones is exact; float32 is reduced in float64. Beyond the bound, the product
of x with the bits of 2 / pi that matter (M. H. Payne and R. N. Hanek), in a function of its own
that runs only when some lane needs it. The lanes never influence each other.
"""

from __future__ import annotations

import math

from .coefficients import COEFFICIENTS, TWO_OVER_PI
from .values import (
    Code,
    Kind,
    Value,
    any_lane,
    fma,
    magnitude,
    narrowed,
    nearest_integer,
    polynomial,
    select,
    widened,
)

# pi / 2 in parts of 33, 33 and 53 bits: n < 2^20 times the first two is exact.
PI_HALVES = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21)
REDUCTION_BOUND = 2.0**20
# round(pi / 2 * 2^63)
PI_HALVES_BITS = 0xC90FDAA22168C235
REDUCE_LARGE = "reduce_large"


def _reduced(x: Value) -> tuple[Value, Value, Value]:
    """r, what r lacks of the exact remainder, and the quadrant, for float64."""
    number, quadrant = nearest_integer(x, 2 / math.pi)
    first = fma(number, -PI_HALVES[0], x)
    product = number * PI_HALVES[1]
    second = first - product
    # What the subtraction rounded off goes into the last part.
    rest = number * PI_HALVES[2] - ((first - second) - product)
    r = second - rest
    lost = (second - r) - rest
    large = magnitude(x) > REDUCTION_BOUND
    return _joined(x, large, (r, lost, quadrant))


def _joined(
    x: Value, large: Value, usual: tuple[Value, Value, Value]
) -> tuple[Value, Value, Value]:
    """The usual reduction, but for large lanes the exact one."""
    code = x.code
    before = code.block
    wanted = any_lane(large)
    code.line(f"br i1 {wanted.name}, label %large, label %reduced")
    code.label("large")
    code.needs.append((REDUCE_LARGE, "f64", x.kind.lanes))
    kinds = (x.kind, x.kind, x.kind.integers())
    struct = f"{{ {', '.join(kind.text for kind in kinds)} }}"
    exact = code.value(x.kind, f"call {struct} @w.{REDUCE_LARGE}.f64.v{x.kind.lanes}({x.typed})")
    parts: list[Value] = []
    for index, (kind, value) in enumerate(zip(kinds, usual)):
        part = code.value(kind, f"extractvalue {struct} {exact.name}, {index}")
        parts.append(select(large, part, value))
    code.line("br label %reduced")
    code.label("reduced")
    joined = [
        code.value(kind, f"phi {kind.text} [{value.name}, %{before}], [{part.name}, %large]")
        for kind, value, part in zip(kinds, usual, parts)
    ]
    return joined[0], joined[1], joined[2]


def sin(x: Value) -> Value:
    """sin(x); NaN at infinity."""
    sine, cosine, quadrant = _sine_and_cosine(x)
    result = _negated(select(_is_odd(quadrant), cosine, sine), quadrant)
    return select(x.equals(0.0), x, result)


def cos(x: Value) -> Value:
    """cos(x); NaN at infinity."""
    sine, cosine, quadrant = _sine_and_cosine(x)
    return _negated(select(_is_odd(quadrant), sine, cosine), quadrant + 1)


def tan(x: Value) -> Value:
    """sin(x) / cos(x), the quotient rounded once; NaN at infinity."""
    if x.kind.bits == 32:
        return narrowed(tan(widened(x)))
    r, lost, quadrant = _reduced(x)
    sine, cosine = _sine(r, lost), _cosine(r, lost)
    odd = _is_odd(quadrant)
    result = select(odd, -cosine, sine) / select(odd, sine, cosine)
    return select(x.equals(0.0), x, result)


def _sine_and_cosine(x: Value) -> tuple[Value, Value, Value]:
    if x.kind.bits == 64:
        r, lost, quadrant = _reduced(x)
        return _sine(r, lost), _cosine(r, lost), quadrant
    wide, _, quadrant = _reduced(widened(x))
    r = narrowed(wide)
    z = r * r
    sine = fma(polynomial(z, COEFFICIENTS["sin.f32"]), z * r, r)
    cosine = fma(z * z, polynomial(z, COEFFICIENTS["cos.f32"]), fma(z, -0.5, 1.0))
    return sine, cosine, quadrant.cast("trunc", quadrant.kind.with_bits(32))


def _sine(r: Value, lost: Value) -> Value:
    """sin(r + lost)."""
    z = r * r
    slope = fma(z, -0.5, 1.0)
    return r + fma(polynomial(z, COEFFICIENTS["sin.f64"]), z * r, lost * slope)


def _cosine(r: Value, lost: Value) -> Value:
    """cos(r + lost)."""
    z = r * r
    half = z * 0.5
    rounded = 1.0 - half
    # What 1 - z / 2 rounded off goes to the small terms.
    rest = (1.0 - rounded) - half
    return rounded + fma(z * z, polynomial(z, COEFFICIENTS["cos.f64"]), rest - r * lost)


def _is_odd(quadrant: Value) -> Value:
    return (quadrant & 1).differs(0)


def _negated(x: Value, quadrant: Value) -> Value:
    """-x in the third and fourth quadrant."""
    sign = (quadrant & 2) << (x.kind.bits - 2)
    return (x.bits() ^ sign).as_float()


_EACH_LANE = """\
define internal {struct} @w.reduce_large.f64.v{lanes}({floats} %x) noinline nounwind {{
start:
  %in = alloca {floats}
  %r = alloca {floats}
  %lost = alloca {floats}
  %quadrant = alloca {integers}
  store {floats} %x, ptr %in
  br label %lane
lane:
  %i = phi i64 [0, %start], [%next, %lane]
  %in.i = getelementptr double, ptr %in, i64 %i
  %one = load double, ptr %in.i
  %all.i = call {{ double, double, i64 }} @w.reduce_large.f64.v1(double %one)
  %r.i = getelementptr double, ptr %r, i64 %i
  %r.one = extractvalue {{ double, double, i64 }} %all.i, 0
  store double %r.one, ptr %r.i
  %lost.i = getelementptr double, ptr %lost, i64 %i
  %lost.one = extractvalue {{ double, double, i64 }} %all.i, 1
  store double %lost.one, ptr %lost.i
  %quadrant.i = getelementptr i64, ptr %quadrant, i64 %i
  %quadrant.one = extractvalue {{ double, double, i64 }} %all.i, 2
  store i64 %quadrant.one, ptr %quadrant.i
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, {lanes}
  br i1 %more, label %lane, label %end
end:
  %r.all = load {floats}, ptr %r
  %lost.all = load {floats}, ptr %lost
  %quadrant.all = load {integers}, ptr %quadrant
  %first = insertvalue {struct} poison, {floats} %r.all, 0
  %second = insertvalue {struct} %first, {floats} %lost.all, 1
  %third = insertvalue {struct} %second, {integers} %quadrant.all, 2
  ret {struct} %third
}}
"""


def reduce_large_text(lanes: int) -> str:
    """The definition of the exact reduction of `lanes` float64 numbers, one after the other."""
    floats, integers = Kind("f", 64, lanes), Kind("i", 64, lanes)
    struct = f"{{ {floats.text}, {floats.text}, {integers.text} }}"
    if lanes > 1:
        return _EACH_LANE.format(
            struct=struct, lanes=lanes, floats=floats.text, integers=integers.text
        )
    code = Code()
    table = "@w.two_over_pi"
    words = ", ".join(f"i64 {word}" for word in TWO_OVER_PI)
    code.line(f"{table} = private constant [{len(TWO_OVER_PI)} x i64] [{words}]")
    code.line(f"define internal {struct} @w.reduce_large.f64.v1(double %x) noinline nounwind {{")
    code.line("start:")
    previous = "poison"
    for index, result in enumerate(_reduced_exactly(Value(code, "%x", floats), table)):
        text = f"insertvalue {struct} {previous}, {result.typed}, {index}"
        previous = code.value(floats, text).name
    code.line(f"ret {struct} {previous}")
    code.line("}")
    return "\n".join(code.lines)


def _reduced_exactly(x: Value, table: str) -> tuple[Value, Value, Value]:
    """One number's r, what r lacks, and quadrant; NaN at infinity and NaN.

    x = m 2^e, and 192 bits of 2 / pi from the place of 2^(1 - e) on give m 2^e 2 / pi modulo 4 with
    190 bits behind the point, of which cancellation takes at most 62.
    """
    code = x.code
    word, wide = Kind("i", 64, 1), Kind("i", 128, 1)
    pattern = x.bits()
    exponent = pattern.shifted_down(52) & 0x7FF
    significand = (pattern & (2**52 - 1)) | 2**52
    # The table starts with 64 zeros; (exponent - 1075) - 2 + 64 of its bits are multiples of 4.
    place = exponent - (1075 + 2 - 64)
    # Lanes that are not large are in the table too; nobody reads what comes of them.
    place = select(place < 0, 0, place)
    index, shift = place.shifted_down(6), place & 63
    words: list[Value] = []
    for offset in range(4):
        at = code.value(word, f"getelementptr i64, ptr {table}, i64 {(index + offset).name}")
        words.append(code.value(word, f"load i64, ptr {at.name}"))
    high, middle, low = (
        words[offset].intrinsic("fshl", words[offset + 1], shift) for offset in range(3)
    )
    factor = significand.cast("zext", wide)
    lowest = factor * low.cast("zext", wide)
    inner = factor * middle.cast("zext", wide) + lowest.shifted_down(64)
    outer = (significand * high + inner.shifted_down(64).cast("trunc", word)).cast("zext", wide)
    turns = (outer << 64) | inner.cast("trunc", word).cast("zext", wide)
    # The upper two bits are the quadrant; the rest, read with a sign, the fraction from -1/2.
    quadrant = (turns.shifted_down(126) + (turns.shifted_down(125) & 1)).cast("trunc", word)
    fraction = turns << 2
    below = fraction < 0
    size = select(below, -fraction, fraction)
    zeros = code.value(wide, f"call i128 @llvm.ctlz.i128(i128 {size.name}, i1 false)")
    top = (size << zeros).shifted_down(64)
    product = top * PI_HALVES_BITS
    # product 2^(-127 - zeros), in two parts of 53 bits.
    unit = ((1023 - 52) - zeros.cast("trunc", word) << 52).as_float()
    r = product.shifted_down(75).cast("trunc", word).cast("sitofp", x.kind) * unit
    rest = (product.shifted_down(22).cast("trunc", word) & (2**53 - 1)).cast("sitofp", x.kind)
    lost = rest * (unit * 2.0**-53)
    negative = x < 0.0
    flipped = code.value(below.kind, f"xor i1 {below.name}, {negative.name}")
    finite = magnitude(x) < math.inf
    return (
        select(finite, select(flipped, -r, r), math.nan),
        select(flipped, -lost, lost),
        select(negative, -quadrant, quadrant),
    )
