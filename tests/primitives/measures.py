"""Derivatives of oracles by differences in 40 digits, and of primitives by every walk.

Inner products are real, Re(conj(u) v): with them the gradient dL/dRe + i dL/dIm of a complex
operand is the transpose of the derivative, as it is for a real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

import wengert
from wengert import func

from .cases import Case, exactly, generator, tensors
from .oracles import Array, mp

STEP = mp.mpf(10) ** -12


def inner(u: Array, v: Array) -> float:
    """Re(conj(u) v), summed."""
    return float(numpy.sum(numpy.real(numpy.conj(u) * v)))


def tensor_inner(u: Any, v: Any) -> Any:
    """The same in tensors."""
    product = u.conj() * v
    return (product.real if product.is_complex() else product).sum()


def inexact(x: Any) -> bool:
    """Whether a value of this dtype can carry a derivative."""
    return x.dtype.kind in "fc"


def directions(case: Case, word: str) -> dict[int, Array]:
    """A random tangent for every operand that moves."""
    rng = generator(case.name, case.index, word)
    found: dict[int, Array] = {}
    for i in case.moving:
        operand = case.operands[i]
        values = rng.standard_normal(operand.shape)
        if operand.dtype.kind == "c":
            values = values + 1j * rng.standard_normal(operand.shape)
        found[i] = numpy.asarray(values, operand.dtype)
    return found


def cotangents(case: Case, outputs: Sequence[Any], word: str) -> list[Array]:
    """A random cotangent for every output that can carry one."""
    rng = generator(case.name, case.index, word)
    found: list[Array] = []
    for out in outputs:
        if inexact(out):
            values = rng.standard_normal(out.shape)
            if out.dtype.kind == "c":
                values = values + 1j * rng.standard_normal(out.shape)
            found.append(numpy.asarray(values, out.dtype))
    return found


def _moved(case: Case, steps: Sequence[tuple[Any, dict[int, Array]]]) -> list[Array]:
    points = [exactly(operand) for operand in case.operands]
    for step, tangents in steps:
        for i, tangent in tangents.items():
            points[i] = numpy.asarray(points[i] + step * exactly(tangent), object)
    return case.exactly_at(points, differentiated=True)


def _floats(values: Any) -> Array:
    values = numpy.asarray(values, object)  # NumPy turns 0-d object arrays into their element
    return numpy.array([complex(v) for v in values.ravel()], complex).reshape(values.shape)


def _to_arrays(case: Case, outputs: Sequence[Any], parts: Sequence[Array]) -> list[Array]:
    found: list[Array] = []
    for out, part in zip(outputs, parts, strict=True):
        if inexact(out):
            values = _floats(part)
            found.append(values if out.dtype.kind == "c" else values.real)
    return found


def first_difference(case: Case, outputs: Sequence[Any], tangents: dict[int, Array]) -> list[Array]:
    """dF(x)[t] of the oracle."""
    after, before = _moved(case, [(STEP, tangents)]), _moved(case, [(-STEP, tangents)])
    return _to_arrays(
        case,
        outputs,
        [(a - b) / (2 * STEP) for a, b in zip(after, before, strict=True)],
    )


def second_difference(
    case: Case, outputs: Sequence[Any], t: dict[int, Array], s: dict[int, Array]
) -> list[Array]:
    """d2F(x)[t, s] of the oracle."""
    h = mp.mpf(10) ** -10
    corners = [
        _moved(case, [(a * h, t), (b * h, s)]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))
    ]
    return _to_arrays(
        case,
        outputs,
        [(a - b - c + d) / (4 * h * h) for a, b, c, d in zip(*corners, strict=True)],
    )


class Walked:
    """The case as a function of its moving operands, differentiated by Wengert."""

    def __init__(self, case: Case, moving: Sequence[int] | None = None) -> None:
        self.case = case
        self.moving = tuple(case.moving if moving is None else moving)
        self.all = tensors(case.operands)
        self.primals = tuple(self.all[i] for i in self.moving)

    def function(self, *moving: Any) -> Any:
        """The inexact outputs, as a tuple."""
        operands = list(self.all)
        for i, x in zip(self.moving, moving, strict=True):
            operands[i] = x
        return tuple(out for out in self.case.call(*operands) if inexact(out))

    def outputs(self) -> list[Array]:
        return [out.detach().numpy() for out in self.case.call(*self.all)]

    def jvp(self, tangents: dict[int, Array]) -> list[Array]:
        moving = tuple(tensors([tangents[i] for i in self.moving]))
        return [out.numpy() for out in func.jvp(self.function, self.primals, moving)[1]]

    def vjp(self, cotangents: Sequence[Array]) -> list[Array]:
        pulled = func.vjp(self.function, *self.primals)[1](tuple(tensors(cotangents)))
        return [g.numpy() for g in pulled]

    def weighed(self, u: Sequence[Any]) -> Any:
        """x -> <u, F(x)>."""

        def scalar(*moving: Any) -> Any:
            total: Any = wengert.tensor(0.0, dtype="float64")
            for weight, out in zip(u, self.function(*moving), strict=True):
                total = total + tensor_inner(weight, out)
            return total

        return scalar

    def second(
        self, u: Sequence[Array], t: dict[int, Array], s: dict[int, Array]
    ) -> dict[str, float]:
        """<u, d2F(x)[t, s]> by the four compositions of two walks."""
        weights = tensors(u)
        first = tuple(tensors([t[i] for i in self.moving]))
        last = tuple(tensors([s[i] for i in self.moving]))
        everything = tuple(range(len(self.moving)))
        gradient = func.grad(self.weighed(weights), argnums=everything)

        def along_first(*moving: Any) -> Any:
            parts = zip(first, gradient(*moving), strict=True)
            return sum((tensor_inner(a, g) for a, g in parts), wengert.tensor(0.0))

        def pushed(*moving: Any) -> Any:
            return func.jvp(self.function, moving, first)[1]

        def pushed_scalar(*moving: Any) -> Any:
            parts = zip(weights, pushed(*moving), strict=True)
            return sum((tensor_inner(a, g) for a, g in parts), wengert.tensor(0.0))

        def against(parts: Any, others: Any) -> float:
            return sum(inner(a.numpy(), b.numpy()) for a, b in zip(parts, others, strict=True))

        return {
            "reverse over reverse": against(
                last, func.grad(along_first, argnums=everything)(*self.primals)
            ),
            "forward over reverse": against(first, func.jvp(gradient, self.primals, last)[1]),
            "reverse over forward": against(
                last, func.grad(pushed_scalar, argnums=everything)(*self.primals)
            ),
            "forward over forward": against(weights, func.jvp(pushed, self.primals, last)[1]),
        }
