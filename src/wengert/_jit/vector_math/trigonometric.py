"""sin, cos, tan.

x = n pi / 2 + r with |r| <= pi / 4. Up to a bound, pi / 2 in parts (W. J. Cody and W. Waite), of
which n times the first ones is exact; float32 is reduced in float64. Beyond the bound, the product
of x with the bits of 2 / pi that matter (M. H. Payne and R. N. Hanek), in a function of its own
that runs only when some lane needs it. The lanes never influence each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .coefficients import COEFFICIENTS, TWO_OVER_PI
from .values import (
    Code,
    Kind,
    Value,
    any_lane,
    fma,
    function_name,
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
    r, lost, quadrant = _with_large(x, [r, (second - r) - rest, quadrant])
    return r, lost, quadrant


def _reduced_in_double(x: Value) -> tuple[Value, Value]:
    """r as a float64, and the quadrant, for float32."""
    wide = widened(x)
    number, quadrant = nearest_integer(wide, 2 / math.pi)
    r = fma(number, -(PI_HALVES[1] + PI_HALVES[2]), fma(number, -PI_HALVES[0], wide))
    r, quadrant = _with_large(x, [r, quadrant])
    return r, quadrant


def _with_large(x: Value, usual: Sequence[Value]) -> list[Value]:
    """The usual reduction, but for large lanes the exact one."""
    code = x.code
    dtype, lanes = f"f{x.kind.bits}", x.kind.lanes
    large = magnitude(x) > REDUCTION_BOUND
    before = code.block
    wanted = any_lane(large)
    code.line(f"br i1 {wanted.name}, label %large, label %reduced")
    code.label("large")
    code.needs.append((REDUCE_LARGE, dtype, lanes))
    struct = _struct([value.kind for value in usual])
    exact = code.value(
        x.kind, f"call {struct} @{function_name(REDUCE_LARGE, dtype, lanes)}({x.typed})"
    )
    parts: list[Value] = []
    for index, value in enumerate(usual):
        part = code.value(value.kind, f"extractvalue {struct} {exact.name}, {index}")
        parts.append(select(large, part, value))
    code.line("br label %reduced")
    code.label("reduced")
    return [
        code.value(
            value.kind,
            f"phi {value.kind.text} [{value.name}, %{before}], [{part.name}, %large]",
        )
        for value, part in zip(usual, parts)
    ]


def _struct(kinds: Iterable[Kind]) -> str:
    return f"{{ {', '.join(kind.text for kind in kinds)} }}"


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
    """sin(x) / cos(x); NaN at infinity."""
    if x.kind.bits == 32:
        r, quadrant = _reduced_in_double(x)
        lost = r.like(0.0)
    else:
        r, lost, quadrant = _reduced(x)
    sine, cosine = _sine(r, lost), _cosine(r, lost)
    odd = _is_odd(quadrant)
    result = select(odd, -cosine, sine) / select(odd, sine, cosine)
    if x.kind.bits == 32:
        result = narrowed(result)
    return select(x.equals(0.0), x, result)


def _sine_and_cosine(x: Value) -> tuple[Value, Value, Value]:
    if x.kind.bits == 64:
        r, lost, quadrant = _reduced(x)
        return _sine(r, lost), _cosine(r, lost), quadrant
    wide, quadrant = _reduced_in_double(x)
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


_TABLE = "@w.two_over_pi"


def table_text() -> str:
    """The bits of 2 / pi, as a constant of the module."""
    words = ", ".join(f"i64 {word}" for word in TWO_OVER_PI)
    return f"{_TABLE} = private constant [{len(TWO_OVER_PI)} x i64] [{words}]"


def reduce_large_text(dtype: str, lanes: int) -> str:
    """The definition of the exact reduction of `lanes` numbers, one after the other."""
    bits = int(dtype[1:])
    # float32: r and the quadrant. float64: also what r lacks.
    letters = "fi" if bits == 32 else "ffi"
    numbers = Kind("f", bits, lanes)
    results = [Kind(letter, 64, lanes) for letter in letters]
    name = function_name(REDUCE_LARGE, dtype, lanes)
    code = Code()
    code.line(f"define internal {_struct(results)} @{name}({numbers.text} %x) noinline nounwind {{")
    code.line("start:")
    if lanes == 1:
        exactly = _reduced_float32 if bits == 32 else _reduced_float64
        _return(code, results, exactly(Value(code, "%x", numbers)))
    else:
        _each_lane(code, dtype, numbers, results)
    code.line("}")
    return "\n".join(code.lines)


def _return(code: Code, kinds: Sequence[Kind], values: Sequence[Value]) -> None:
    previous = "poison"
    for index, value in enumerate(values):
        text = f"insertvalue {_struct(kinds)} {previous}, {value.typed}, {index}"
        previous = code.value(value.kind, text).name
    code.line(f"ret {_struct(kinds)} {previous}")


def _each_lane(code: Code, dtype: str, numbers: Kind, results: Sequence[Kind]) -> None:
    """A loop over the lanes, through memory."""
    places = [code.value(kind, f"alloca {kind.text}").name for kind in (numbers, *results)]
    code.line(f"store {numbers.text} %x, ptr {places[0]}")
    code.line("br label %lane")
    code.label("lane")
    code.line("%i = phi i64 [0, %start], [%next, %lane]")
    one = numbers.scalar()
    at = code.value(one, f"getelementptr {one.text}, ptr {places[0]}, i64 %i")
    number = code.value(one, f"load {one.text}, ptr {at.name}")
    struct = _struct(kind.scalar() for kind in results)
    call = f"call {struct} @{function_name(REDUCE_LARGE, dtype, 1)}({number.typed})"
    found = code.value(one, call)
    for index, (kind, place) in enumerate(zip(results, places[1:])):
        part = code.value(kind.scalar(), f"extractvalue {struct} {found.name}, {index}")
        at = code.value(kind, f"getelementptr {part.kind.text}, ptr {place}, i64 %i")
        code.line(f"store {part.typed}, ptr {at.name}")
    code.line("%next = add i64 %i, 1")
    code.line(f"%more = icmp ult i64 %next, {numbers.lanes}")
    code.line("br i1 %more, label %lane, label %end")
    code.label("end")
    loaded = [
        code.value(kind, f"load {kind.text}, ptr {place}")
        for kind, place in zip(results, places[1:])
    ]
    _return(code, results, loaded)


def _bits_of_two_over_pi(place: Value, words: int) -> list[Value]:
    """Words of the table from a bit on."""
    code, word = place.code, place.kind
    # Lanes that are not large are in the table too; nobody reads what comes of them.
    place = select(place < 0, 0, place)
    index, shift = place.shifted_down(6), place & 63
    found: list[Value] = []
    for offset in range(words + 1):
        at = code.value(word, f"getelementptr i64, ptr {_TABLE}, i64 {(index + offset).name}")
        found.append(code.value(word, f"load i64, ptr {at.name}"))
    return [found[k].intrinsic("fshl", found[k + 1], shift) for k in range(words)]


# x = m 2^e. The bits of 2 / pi before the place of 2^(1 - e) make multiples of 4 with m 2^e, and
# the table starts with 64 zeros: so the bits from e - 2 + 64 on are wanted.
_FIRST_BIT = {32: 150 + 2 - 64, 64: 1075 + 2 - 64}


def _reduced_float32(x: Value) -> tuple[Value, Value]:
    """r and quadrant of one number; NaN at infinity and NaN.

    96 bits of 2 / pi give m 2^e 2 / pi modulo 4 with 94 bits behind the point, of which 62 are
    kept; no float32 comes nearer to a multiple of pi / 2 than 2^-30.
    """
    word = Kind("i", 64, 1)
    pattern = x.bits()
    exponent = (pattern.shifted_down(23) & 0xFF).cast("zext", word)
    m = ((pattern & (2**23 - 1)) | 2**23).cast("zext", word)
    high, low = _bits_of_two_over_pi(exponent - _FIRST_BIT[32], 2)
    turns = m * high + (m * low.shifted_down(32)).shifted_down(32)
    # The upper two bits are the quadrant; the rest, read with a sign, the fraction from -1/2.
    quadrant = turns.shifted_down(62) + (turns.shifted_down(61) & 1)
    r = (turns << 2).cast("sitofp", Kind("f", 64, 1)) * (math.pi / 2 * 2.0**-64)
    negative = x < 0.0
    r = select(magnitude(x) < math.inf, select(negative, -r, r), math.nan)
    return r, select(negative, -quadrant, quadrant)


def _reduced_float64(x: Value) -> tuple[Value, Value, Value]:
    """r, what r lacks, and quadrant of one number; NaN at infinity and NaN.

    192 bits of 2 / pi give m 2^e 2 / pi modulo 4 with 190 bits behind the point, of which
    cancellation takes at most 62.
    """
    word, wide = Kind("i", 64, 1), Kind("i", 128, 1)
    pattern = x.bits()
    exponent = pattern.shifted_down(52) & 0x7FF
    m = (pattern & (2**52 - 1)) | 2**52
    high, middle, low = _bits_of_two_over_pi(exponent - _FIRST_BIT[64], 3)
    factor = m.cast("zext", wide)
    lowest = factor * low.cast("zext", wide)
    inner = factor * middle.cast("zext", wide) + lowest.shifted_down(64)
    outer = m * high + inner.shifted_down(64).cast("trunc", word)
    quadrant = outer.shifted_down(62) + (outer.shifted_down(61) & 1)
    fraction = ((outer.cast("zext", wide) << 64) | (inner & (2**64 - 1))) << 2
    below = fraction < 0
    size = select(below, -fraction, fraction)
    zeros = size.code.value(wide, f"call i128 @llvm.ctlz.i128(i128 {size.name}, i1 false)")
    product = (size << zeros).shifted_down(64) * PI_HALVES_BITS
    # product 2^(-127 - zeros), in two parts of 53 bits.
    unit = ((1023 - 52) - zeros.cast("trunc", word) << 52).as_float()
    r = product.shifted_down(75).cast("trunc", word).cast("sitofp", x.kind) * unit
    rest = (product.shifted_down(22).cast("trunc", word) & (2**53 - 1)).cast("sitofp", x.kind)
    lost = rest * (unit * 2.0**-53)
    negative = x < 0.0
    flipped = below ^ negative
    return (
        select(magnitude(x) < math.inf, select(flipped, -r, r), math.nan),
        select(flipped, -lost, lost),
        select(negative, -quadrant, quadrant),
    )
