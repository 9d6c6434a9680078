"""Elementwise primitives: declared by their partial derivatives, from which all else follows.

    @elementwise(partials=["y", "x"], scalar="mul")
    def mul(x, y): return numpy.multiply(x, y)

    @elementwise(partials=[lambda x: cos(x)], scalar="sin")
    def sin(x): return numpy.sin(x)

A partial that is an operand, or the result (`out`), is given by that name. Any other is a function
whose parameter names say in the same words what is kept. It returns a tensor, a number,
`Over(divisor)`, `Selected(mask)`, or None where the primitive is locally constant. `scalar` names
the operation for the native compiler; None means that only NumPy runs it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, TypeAlias

import numpy as np

from .._base.dtypes import (
    Dtype,
    bool_,
    category,
    complex128,
    float32,
    float64,
    get_default_dtype,
    int64,
    is_inexact,
    number_dtype,
    promote,
    real_of,
    uint64,
)
from .._base.errors import DtypeError
from .._base.kinds import is_generic
from .._base.shapes import Shape, broadcast
from .._graph.node import Primitive
from .._graph.value import Handle
from .._record.door import record
from .._record.modes import override
from .linear import linear
from .registry import register
from .samples import Domain, Sample, reals


class Selected:
    """The partial of a selecting operation: `weight` (1 if None) where `mask`, absent elsewhere.

    Where the mask is false the operand had no part in the result, so no cotangent exists there:
    not even an infinite partial further down can turn it into NaN.
    """

    __slots__ = ("mask", "weight")

    def __init__(self, mask: Any, weight: Any = None) -> None:
        self.mask = mask
        self.weight = weight


class Over:
    """The partial `weight` / `divisor` (a weight of 1 if None): multiply, then divide.

    A division rounds once. Cotangent times weight is by how much the end of the computation moves
    if the divisor changes by its own size, so that it overflows only where that end is near to; the
    quotient of weight and divisor overflows for any small divisor.
    """

    __slots__ = ("divisor", "weight")

    def __init__(self, divisor: Any, weight: Any = None) -> None:
        self.divisor = divisor
        self.weight = weight


PartialRule: TypeAlias = (
    Callable[[], Any]
    | Callable[[Any], Any]
    | Callable[[Any, Any], Any]
    | Callable[[Any, Any, Any], Any]
    | str
)
"""A partial derivative: the name of the value that it is, or a function of what it names."""


def _itself(value: Any) -> Any:
    return value


class Partial:
    """One partial derivative, with the positions of the values it asks for."""

    __slots__ = ("factor", "function", "positions")

    def __init__(self, rule: PartialRule, names: Sequence[str]) -> None:
        order = [*names, "out"]
        named = isinstance(rule, str)
        wanted = [rule] if named else list(inspect.signature(rule).parameters)
        unknown = [name for name in wanted if name not in order]
        if unknown:
            raise ValueError(f"a partial asks for {unknown}; it can ask for {order}")
        self.positions = tuple(order.index(name) for name in wanted)
        self.function: Callable[..., Any] = _itself if named else rule
        self.factor: int | float | None = None
        """What needs no computing: the position of the value that it is, or a number."""
        if named:
            self.factor = self.positions[0]
        elif not wanted and isinstance(number := self.function(), float):
            self.factor = number


class Elementwise(Primitive):
    """A function applied to each element, after broadcasting.

    `kind` decides dtypes: "same" keeps the promoted dtype, "float" lifts integers to the default
    float, "bool" compares and returns bool, "real" maps complex to its real dtype.
    """

    family = "elementwise"

    def __init__(
        self,
        name: str,
        compute: Callable[..., Any],
        partials: Sequence[PartialRule | None] | None,
        *,
        kind: str,
        scalar: str | None,
        samples: Sequence[Domain],
        dtypes: str,
        doc: str | None,
    ) -> None:
        names = list(inspect.signature(compute).parameters)
        super().__init__(
            name, compute, abstract=self._abstract, differentiable=partials is not None, doc=doc
        )
        self.arity = len(names)
        self.kind = kind
        self.scalar = scalar
        self.dtypes = dtypes
        """The NumPy kinds it takes: any of b, i (with u), f, c."""
        self.direct = "".join(k for k in dtypes if kind != "float" or k in "fc")
        """The kinds in which it is carried out without a conversion."""
        self.samples = tuple(samples) or (reals(),) * self.arity
        self.partials: tuple[Partial | None, ...] = tuple(
            None if function is None else Partial(function, names)
            for function in (partials or [None] * self.arity)
        )
        found = [None if partial is None else partial.factor for partial in self.partials]
        self.factors = None if None in found else tuple(found)
        """The factors of all partials, if every one has one."""
        self._kept: dict[int, tuple[int, ...]] = {}
        for wanted in range(1 << self.arity):
            positions: set[int] = set()
            for index, partial in enumerate(self.partials):
                if wanted >> index & 1 and partial is not None:
                    positions.update(partial.positions)
            self._kept[wanted] = tuple(sorted(positions))

    def kept(self, wanted: int, arity: int) -> tuple[int, ...]:
        return self._kept[wanted]

    def _abstract(
        self, shapes: Sequence[Shape], dtypes: Sequence[Dtype | None], params: Any
    ) -> list[tuple[Shape, Dtype]]:
        dtype = next((d for d in reversed(dtypes) if d is not None), None)
        if dtype is None:
            raise DtypeError(f"{self.name}: at least one operand must be a tensor")
        shape = broadcast(self.name, *shapes)
        if self.kind == "bool":
            return [(shape, bool_)]
        return [(shape, real_of(dtype) if self.kind == "real" else dtype)]

    def __call__(self, *operands: Any) -> Any:
        """Promote the operands to one dtype, and record."""
        if len(operands) != self.arity:
            raise TypeError(f"{self.name}() takes {self.arity} operands, not {len(operands)}")
        first = operands[0]
        if isinstance(first, Handle):
            dtype = first._data.dtype
            simple = dtype.kind in self.dtypes and (self.kind != "float" or is_inexact(dtype))
            if simple:
                for operand in operands[1:]:
                    if isinstance(operand, Handle):
                        if operand._data.dtype is not dtype:
                            simple = False
                            break
                    elif operand.__class__ is not float or dtype.kind not in "fc":
                        simple = False
                        break
                if simple:
                    return self._checked(operands)
        dtype = self.common_dtype(operands)
        if self.kind == "bool" and dtype.kind in "iu":
            operands, dtype = _comparable(operands, dtype)
        if dtype.kind == "V" and not all(isinstance(o, Handle) for o in operands):
            # NumPy would let a Python number lift it; like PyTorch, compute wide and round once.
            wide = [convert(o, float32) if isinstance(o, Handle) else o for o in operands]
            result = self(*wide)
            return result if self.kind == "bool" else convert(result, dtype)
        return self._checked(self.promoted(operands, dtype))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A primitive in a class body is a method, as a function would be."""
        return self if instance is None else MethodType(self, instance)

    def _checked(self, operands: Sequence[Any]) -> Any:
        try:
            return record(self, operands)
        except ValueError:
            # NumPy's message names neither axes nor a remedy; ours is made only on failure.
            broadcast(
                self.name, *[o._data.shape if isinstance(o, Handle) else () for o in operands]
            )
            raise

    def promoted(self, operands: Sequence[Any], dtype: Dtype) -> list[Any]:
        """Operands cast to the common dtype; Python numbers stay, in the kind that fits it."""
        kind = "i" if dtype.kind == "u" and "i" in self.dtypes else dtype.kind
        if self.dtypes and kind not in self.dtypes and dtype.name != "bfloat16":
            raise DtypeError(
                f"{self.name}: dtype {dtype} is not supported. Convert with x.to(...) first."
            )
        result: list[Any] = []
        tensors = 0
        for operand in operands:
            if isinstance(operand, Handle):
                tensors += 1
                if operand._data.dtype != dtype:
                    operand = convert(operand, dtype)
                result.append(operand)
            else:
                number = _as_number(operand, dtype)
                result.append(wrapped(number, dtype) if kind == "i" else number)
        if not tensors:
            result[0] = record(_full(), (), {"shape": (), "value": result[0], "dtype": dtype})
        return result

    def common_dtype(self, operands: Sequence[Any]) -> Dtype:
        """The dtype in which the operation is carried out."""
        tensors: list[tuple[Dtype, int]] = []
        numbers: list[Any] = []
        lifted = False
        for operand in operands:
            if isinstance(operand, Handle):
                data = operand._data
                if getattr(data, "weak", False):
                    lifted = True
                    numbers.append((False, 0, 0.0, 0j)[category(data.dtype)])
                else:
                    tensors.append((data.dtype, data.ndim))
            elif isinstance(operand, bool | int | float | complex):
                numbers.append(operand)
            elif is_generic(operand):
                numbers.append(operand.item())
            else:
                raise TypeError(
                    f"{self.name}: operands must be tensors or numbers, not "
                    f"{type(operand).__name__}. Wrap it with wengert.tensor(...)."
                )
        if lifted and not tensors:
            # Python numbers among themselves compute in double precision, whatever the default.
            widest = max(category(number_dtype(number)) for number in numbers)
            dtype = (bool_, int64, float64, complex128)[widest]
            return float64 if self.kind == "float" and widest < 2 else dtype
        dtype = promote(tensors, numbers)
        if self.kind == "float" and not is_inexact(dtype):
            return get_default_dtype()
        return dtype


def _as_number(operand: Any, dtype: Dtype) -> Any:
    """A Python number of the kind of `dtype`, so that NumPy's own promotion has nothing to do."""
    if is_generic(operand):
        operand = operand.item()
    kind = dtype.kind
    if kind == "b":
        return bool(operand)
    if kind in "iu":
        return int(operand)
    return complex(operand) if kind == "c" and isinstance(operand, complex) else float(operand)


def _comparable(operands: tuple[Any, ...], dtype: Dtype) -> tuple[tuple[Any, ...], Dtype]:
    """Operands that may be compared as they are, and the dtype for it: no number wraps.

    A number beyond the range of `dtype` compares with its elements as an infinity does. A number
    that a trace knows by a symbol may be any of int64.
    """
    symbols = [isinstance(o, Handle) and getattr(o._data, "weak", False) for o in operands]
    if any(symbols) and dtype == uint64:
        # No dtype holds both, so the trace is for this number alone.
        operands = tuple(int(o) if s else o for o, s in zip(operands, symbols, strict=True))
    elif any(symbols):
        dtype = int64
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    result: list[Any] = []
    for operand in operands:
        if not isinstance(operand, Handle) and not least <= operand <= most:
            operand, dtype = math.inf if operand > 0 else -math.inf, float64
        result.append(operand)
    return tuple(result), dtype


def wrapped(number: int, dtype: Dtype) -> int:
    """A Python int modulo 2**bits, as a tensor of that dtype would hold it."""
    bits = 8 * dtype.itemsize
    if -(1 << 63) <= number < 1 << 64:
        number &= (1 << bits) - 1
        return number - (1 << bits) if dtype.kind == "i" and number >> (bits - 1) else number
    raise OverflowError(f"the number {number} does not fit into 64 bits.")


def _full() -> Primitive:
    from .._record.trace import FULL

    return FULL


def elementwise(
    partials: Sequence[PartialRule | None] | None,
    *,
    kind: str = "same",
    scalar: str | None = None,
    samples: Sequence[Domain] = (),
    dtypes: str = "iufc",
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Elementwise]:
    """Declare an elementwise primitive; `partials=None` means that it has no derivative."""

    def declare(compute: Callable[..., Any]) -> Elementwise:
        return register(
            Elementwise(
                name or compute.__name__.rstrip("_"),
                compute,
                partials,
                kind=kind,
                scalar=scalar,
                samples=samples,
                dtypes=dtypes,
                doc=compute.__doc__,
            )
        )

    return declare


@linear(
    abstract=lambda shapes, dtypes, params: [(shapes[0], params["dtype"])],
    transpose=lambda site, g, i: convert(g, site.params["source"]),
    batch=lambda p, ops, batched, size, params: p(ops[0], **params),
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3))], {"dtype": d, "source": float64})
        for d in (float32, float64, complex128)
    ]
    + [
        Sample(
            lambda rng: [rng.standard_normal(3) + 1j * rng.standard_normal(3)],
            {"dtype": float64, "source": complex128},
        ),
        Sample(lambda rng: [rng.integers(-3, 3, (0, 2))], {"dtype": float64, "source": int64}),
    ],
)
def to(x: Any, dtype: Dtype, source: Dtype) -> Any:
    """Change of dtype; complex to real drops the imaginary part."""
    if source.kind == "c" and dtype.kind not in "cb":
        x = np.real(x)
    return np.asarray(x).astype(dtype)


def convert(x: Any, dtype: Dtype) -> Any:
    """`x` with another dtype; the same handle if it has it already.

    The derivative of a conversion to or from an integer is nothing at all, so it is recorded as a
    constant.
    """
    source = x._data.dtype
    if source == dtype:
        return x
    if not is_inexact(dtype):
        with override(grad=False):
            return record(to, (x,), {"dtype": dtype, "source": source})
    return record(to, (x,), {"dtype": dtype, "source": source})


__all__ = ["Elementwise", "Over", "Partial", "Selected", "convert", "elementwise", "to", "wrapped"]
