"""Calls of every primitive, drawn from its declaration: operands, parameters, what may move.

A case is data only; the tests decide dtype, memory layout and transform. All operands are float64,
int64, bool or complex128 as drawn; `cast` gives them another dtype.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy

import wengert
from wengert._declare.elementwise import Elementwise
from wengert._declare.linear import Linear
from wengert._declare.registry import primitives

from .oracles import DIFFERENTIATED_AS, ELEMENTWISE, WHOLE, Array, mp

REAL_ONLY = {
    "airy",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "bessel_i",
    "bessel_j",
    "bessel_k",
    "bessel_y",
    "complement",
    "complex",
    "cummax",
    "cummin",
    "erfcx",
    "polynomial",
    "ranked",
    "sort",
    "view_as_complex",
}
COMPLEX_ONLY = {"conj", "dft", "eig", "imag", "modulus", "real", "view_as_real"}
FIXED_DTYPE = {"constant", "full", "iota", "reinterpret", "to"}
"""Their parameters say the dtype."""

SHAPES: dict[int, list[tuple[tuple[int, ...], ...]]] = {
    1: [((2, 3),), ((),), ((1,),), ((0,),), ((2, 0, 3),)],
    2: [
        ((2, 3), (2, 3)),
        ((), ()),
        ((3, 1), (1, 4)),
        ((4,), (2, 1, 4)),
        ((), (3,)),
        ((0, 1), (1, 3)),
    ],
    3: [((2, 3), (2, 3), (2, 3)), ((3, 1), (1, 2), ()), ((), (2,), (2, 2)), ((0,), (1,), ())],
}
"""Operand shapes of elementwise primitives, by arity; the first has no broadcasting."""


class Case(NamedTuple):
    """One call: `call(*tensors)`, its oracle, and the operands that a derivative may move."""

    name: str
    index: int
    operands: tuple[Array, ...]
    params: dict[str, Any]
    moving: tuple[int, ...]

    @property
    def primitive(self) -> Any:
        return primitives[self.name]

    def call(self, *tensors: Any) -> tuple[Any, ...]:
        """The primitive applied; always a tuple of outputs."""
        result = self.primitive(*tensors, **self.params) if tensors else self.fill()
        return result if isinstance(result, tuple) else (result,)

    def fill(self) -> Any:
        from wengert._record.door import record

        return record(self.primitive, (), self.params)

    def expected(self, operands: Any, differentiated: bool = False) -> list[Array]:
        """What the oracle says, as object arrays of mpmath numbers."""
        exact = [exactly(operand) for operand in operands]
        return self.exactly_at(exact, differentiated)

    def exactly_at(self, exact: Any, differentiated: bool = False) -> list[Array]:
        """The oracle on object arrays."""
        if isinstance(self.primitive, Elementwise):
            return [elementwise_oracle(self.name, exact)]
        oracle = WHOLE[self.name]
        if differentiated:
            oracle = DIFFERENTIATED_AS.get(self.name, oracle)
        found = oracle(*exact, **self.params)
        return found if isinstance(found, list) else [found]


def elementwise_oracle(name: str, exact: Any) -> Array:
    """The scalar oracle at every place after broadcasting."""
    wide = numpy.broadcast_arrays(*exact)
    out = numpy.empty(wide[0].shape, object)
    for place in numpy.ndindex(*out.shape):
        out[place] = ELEMENTWISE[name](*[part[place] for part in wide])
    return out


def exactly(operand: Any) -> Array:
    """The numbers of an array without rounding: bool, int, mpf or mpc."""
    operand = numpy.asarray(operand)
    out = numpy.empty(operand.shape, object)
    kind = operand.dtype.kind
    convert: Callable[[Any], Any] = {"b": bool, "i": int, "u": int, "f": mp.mpf, "c": mp.mpc}[kind]
    for place in numpy.ndindex(*operand.shape):
        out[place] = convert(operand[place].item())
    return out


def rounded(values: Array, dtype: Any) -> Array:
    """Exact numbers as an array of `dtype`; integers wrap as two's complement does."""
    dtype = numpy.dtype(dtype)
    out = numpy.empty(values.shape, dtype)
    for place in numpy.ndindex(*values.shape):
        value = values[place]
        if dtype.kind in "iu":
            value = int(value) & ((1 << 8 * dtype.itemsize) - 1)
            out[place] = numpy.array(value, f"u{dtype.itemsize}").astype(dtype)
        elif dtype.kind == "b":
            out[place] = bool(value)
        elif dtype.kind == "c":
            out[place] = complex(value)
        else:
            out[place] = float(value.real) if isinstance(value, mp.mpc) else float(value)
    return out


def generator(*words: Any) -> numpy.random.Generator:
    """A generator whose seed is in the name of the test."""
    return numpy.random.default_rng(zlib.crc32(repr(words).encode()))


def _drawn(primitive: Any, shapes: Any, seed: Any) -> tuple[Array, ...]:
    rng = generator(primitive.name, seed)
    if not set("fc") & set(primitive.dtypes):
        return tuple(rng.integers(0, 50, shape) for shape in shapes)
    return tuple(
        domain.draw(rng, shape) for domain, shape in zip(primitive.samples, shapes, strict=True)
    )


def _cases_of(name: str) -> Iterator[Case]:
    primitive: Any = primitives[name]
    if isinstance(primitive, Elementwise):
        moving = tuple(i for i, partial in enumerate(primitive.partials) if partial is not None)
        for index, shapes in enumerate(SHAPES[primitive.arity]):
            yield Case(name, index, _drawn(primitive, shapes, index), {}, moving)
        return
    for index, sample in enumerate(primitive.samples):
        operands = tuple(sample.operands(generator(name, index)))
        if isinstance(primitive, Linear):
            moving = tuple(primitive.linear(len(operands)))
        else:
            moving = tuple(range(len(operands)))
        moving = tuple(i for i in moving if operands[i].dtype.kind in "fc")
        if not primitive.differentiable:
            moving = ()
        yield Case(name, index, operands, sample.params, moving)


def cases() -> list[Case]:
    """Every case of every primitive."""
    return [case for name in sorted(primitives) for case in _cases_of(name)]


def tested_dtypes(name: str) -> list[str]:
    """The inexact dtypes in which a primitive's derivatives are tested."""
    if name in COMPLEX_ONLY:
        return ["complex128"]
    if name in FIXED_DTYPE:
        return ["float64"]
    primitive: Any = primitives[name]
    if isinstance(primitive, Elementwise):
        kinds = primitive.dtypes
    else:
        kinds = "f" if name in REAL_ONLY else "fc"
    return [dtype for dtype in ("float64", "complex128") if numpy.dtype(dtype).kind in kinds]


def cast(case: Case, dtype: str) -> Case:
    """The case with its inexact operands in another dtype; complex ones get an imaginary part."""
    rng = generator(case.name, case.index, dtype)
    operands: list[Array] = []
    for operand in case.operands:
        if operand.dtype.kind not in "fc":
            operands.append(operand)
            continue
        if numpy.dtype(dtype).kind == "c" and operand.dtype.kind == "f":
            sign = rng.choice([-1.0, 1.0], operand.shape)
            operand = operand + 1j * sign * rng.uniform(0.1, 0.7, operand.shape)
        operands.append(operand.astype(dtype) if case.name not in FIXED_DTYPE else operand)
    return case._replace(operands=tuple(operands))


def tensors(operands: Any) -> list[Any]:
    """Tensors that own copies."""
    return [wengert.from_numpy(numpy.array(operand)) for operand in operands]
