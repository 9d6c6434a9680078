"""The loop IR: loops, stores and scalar expressions over named buffers.

A program is a list of statements; each runs after those before it. Expressions have no effects and
are shared: two that are written alike are the same object. The IR knows nothing of processors,
vectors or Python objects; `interpret` runs it with NumPy, `emit` makes native code of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

import numpy as np

from .._base.dtypes import Dtype
from .index import Index, Var

NUMPY: dict[str, Dtype] = {
    "b1": np.dtype("bool"),
    "u8": np.dtype("uint8"),
    "i8": np.dtype("int8"),
    "i16": np.dtype("int16"),
    "i32": np.dtype("int32"),
    "i64": np.dtype("int64"),
    "f32": np.dtype("float32"),
    "f64": np.dtype("float64"),
}
"""The dtypes that loops compute with, by the code used inside the compiler."""

CODES = {dtype: code for code, dtype in NUMPY.items()}

IndexTuple: TypeAlias = tuple[Index, ...]


class Buffer:
    """An array: of the caller ("input", "output"), of the program ("arena", "constant"), or a
    Python number given as an argument ("number").
    """

    __slots__ = ("array", "code", "flats", "kind", "name", "offset", "position", "shape", "strides")

    def __init__(
        self,
        name: str,
        shape: Sequence[int],
        code: str,
        kind: str = "arena",
        position: int = 0,
        strides: Sequence[int] | None = None,
        array: np.ndarray[Any, Any] | None = None,
    ) -> None:
        self.name = name
        self.shape = tuple(shape)
        self.code = code
        self.kind = kind
        self.position = position
        """Which input or output it is."""
        self.strides = tuple(strides) if strides is not None else contiguous(self.shape)
        """In elements."""
        self.array = array
        """The contents of a constant."""
        self.flats: dict[IndexTuple, Index] = {}
        """How many elements lie before an element, where that was asked for."""
        self.offset = 0
        """The place in the arena, in bytes."""

    @property
    def size(self) -> int:
        return size_of(self.shape)

    @property
    def bytes(self) -> int:
        return self.size * NUMPY[self.code].itemsize

    def __repr__(self) -> str:
        return self.name

    def declaration(self) -> str:
        """The buffer in words."""
        text = f"{self.name}: {self.code}[{', '.join(map(str, self.shape))}] {self.kind}"
        if self.kind in ("input", "output", "number"):
            text += f" {self.position}"
        if self.strides != contiguous(self.shape):
            text += f" strides {self.strides}"
        return text


def contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    """Row-major strides, in elements."""
    strides: list[int] = []
    step = 1
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))


def size_of(shape: Sequence[int]) -> int:
    """The number of elements."""
    size = 1
    for extent in shape:
        size *= extent
    return size


# Expressions.


class Expr:
    """A scalar value; `key` holds everything that tells it from another."""

    __slots__ = ("__weakref__", "code", "key")

    code: str
    key: tuple[Any, ...]


_known: WeakValueDictionary[tuple[Any, ...], Expr] = WeakValueDictionary()


def _shared(kind: type[Any], code: str, *key: Any) -> Any:
    full = (kind, code, *key)
    found: Any = _known.get(full)
    if found is None:
        found = object.__new__(kind)
        found.code = code
        found.key = key
        _known[full] = found
    return found


class Const(Expr):
    """A number. The key holds its bits, so that -0.0 and 0.0 differ and NaN equals itself."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        return np.frombuffer(self.key[0], NUMPY[self.code])[0]

    def __repr__(self) -> str:
        return repr(self.value.item())


class Load(Expr):
    """An element of a buffer; 0, without looking, where a condition of `mask` is false."""

    __slots__ = ()

    @property
    def buffer(self) -> Buffer:
        return self.key[0]

    @property
    def index(self) -> IndexTuple:
        return self.key[1]

    @property
    def mask(self) -> tuple[Inside, ...]:
        return self.key[2]

    def __repr__(self) -> str:
        mask = f" if {' and '.join(map(repr, self.mask))}" if self.mask else ""
        return f"{self.buffer}[{', '.join(map(repr, self.index))}{mask}]"


class Op(Expr):
    """A scalar operation, named as primitives name theirs, or "cast"."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self.key[0]

    @property
    def args(self) -> tuple[Expr, ...]:
        return self.key[1]

    def __repr__(self) -> str:
        name = f"{self.code}" if self.name == "cast" else self.name
        return f"{name}({', '.join(map(repr, self.args))})"


class Position(Expr):
    """An index as an int64 value."""

    __slots__ = ()

    @property
    def index(self) -> Index:
        return self.key[0]

    def __repr__(self) -> str:
        return f"({self.index!r})"


class Inside(Expr):
    """Whether low <= index < high."""

    __slots__ = ()

    @property
    def index(self) -> Index:
        return self.key[0]

    @property
    def low(self) -> int:
        return self.key[1]

    @property
    def high(self) -> int:
        return self.key[2]

    @property
    def never(self) -> bool:
        """Whether it holds for no value of the variables."""
        least, most = self.index.bounds
        return most < self.low or least >= self.high

    def __repr__(self) -> str:
        return f"{self.low} <= {self.index!r} < {self.high}"


class Local(Expr):
    """The value of a `Let`, or of an accumulator."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return self.key[0]

    def __repr__(self) -> str:
        return self.name


def const(value: Any, code: str) -> Expr:
    """A literal, converted to the dtype."""
    return _shared(Const, code, np.asarray(value).astype(NUMPY[code]).tobytes())


def load(buffer: Buffer, index: IndexTuple, mask: tuple[Inside, ...] = ()) -> Expr:
    """An element of a buffer."""
    return _shared(Load, buffer.code, buffer, index, mask)


def op(name: str, args: Sequence[Expr], code: str) -> Expr:
    """An operation, as written; `algebra` simplifies."""
    return _shared(Op, code, name, tuple(args))


def position(index: Index) -> Expr:
    """An index as a value."""
    return _shared(Position, "i64", index) if index.terms else const(index.constant, "i64")


def inside(index: Index, low: int, high: int) -> Inside | None:
    """The condition low <= index < high; None where it always holds."""
    least, most = index.bounds
    if low <= least and most < high:
        return None
    return _shared(Inside, "b1", index, low, high)


def local(name: str, code: str) -> Local:
    """A reference to a value made earlier."""
    return _shared(Local, code, name)


# Statements.

KINDS = ("sum", "max", "min", "any", "all", "argmax", "argmin")
"""What accumulators do; max and min keep NaN, argmax and argmin give the first position."""


@dataclass(frozen=True)
class Accumulator:
    """A value that a loop builds up."""

    name: str
    kind: str
    code: str
    of: str = ""
    """For argmax and argmin, whose value is a position: the code of what is compared."""


@dataclass(eq=False)
class Loop:
    """`body` for each value of `var`; afterwards the accumulators can be read by name."""

    var: Var
    body: list[Statement]
    accumulators: list[Accumulator] = field(default_factory=lambda: list[Accumulator]())
    vector: bool = False
    """Whether native code does several iterations at once."""


@dataclass(eq=False)
class Store:
    """Write an element, or add to it."""

    buffer: Buffer
    index: IndexTuple
    value: Expr
    adds: bool = False


@dataclass(eq=False)
class Let:
    """Name a value."""

    name: str
    value: Expr


@dataclass(eq=False)
class Update:
    """Take one more value into an accumulator of an enclosing loop."""

    accumulator: Accumulator
    value: Expr
    place: Expr | None = None
    """For positions: where the value stands."""


@dataclass(eq=False)
class Check:
    """Leave the program with `code` if the value is true. Outside of loops only."""

    value: Expr
    code: int


@dataclass(eq=False)
class Product:
    """out = x @ y for matrices inside buffers, by a library."""

    out: Buffer
    x: Matrix
    y: Matrix
    rows: int
    inner: int
    columns: int
    at: IndexTuple
    """The first element of the matrix in `out`."""


@dataclass(frozen=True)
class Matrix:
    """A matrix inside a buffer: where it starts, and its row-major or transposed rows."""

    buffer: Buffer
    start: Index
    stride: int
    transposed: bool


Statement: TypeAlias = Loop | Store | Let | Update | Check | Product


@dataclass
class Program:
    """Buffers and statements; `checks` says in words what each error code means."""

    buffers: list[Buffer]
    body: list[Statement]
    checks: list[Any] = field(default_factory=lambda: list[Any]())

    def __str__(self) -> str:
        lines = [buffer.declaration() for buffer in self.buffers]
        return "\n".join([*lines, *_printed(self.body, "")])


def _printed(body: Sequence[Statement], indent: str) -> Iterator[str]:
    for statement in body:
        match statement:
            case Loop():
                kind = "vector" if statement.vector else "for"
                head = f"{indent}{kind} {statement.var} in {statement.var.extent}"
                for acc in statement.accumulators:
                    head += f", {acc.kind} {acc.name}: {acc.code}"
                yield head + ":"
                yield from _printed(statement.body, indent + "  ")
            case Store():
                places = ", ".join(map(repr, statement.index))
                sign = "+=" if statement.adds else "="
                yield f"{indent}{statement.buffer}[{places}] {sign} {statement.value!r}"
            case Let():
                yield f"{indent}{statement.name} = {statement.value!r}"
            case Update():
                where = f" at {statement.place!r}" if statement.place is not None else ""
                yield f"{indent}{statement.accumulator.name} <- {statement.value!r}{where}"
            case Check():
                yield f"{indent}fail with {statement.code} if {statement.value!r}"
            case Product():
                x, y = statement.x, statement.y
                places = ", ".join(map(repr, statement.at))
                yield (
                    f"{indent}{statement.out}[{places}] = {x.buffer}@{x.start!r}"
                    f"{'.T' if x.transposed else ''} matmul {y.buffer}@{y.start!r}"
                    f"{'.T' if y.transposed else ''}"
                    f" ({statement.rows} x {statement.inner} x {statement.columns})"
                )
