"""Runs the loop IR with NumPy: the slow, obvious meaning of a program, and the oracle for `emit`.

The innermost loops are evaluated for all their iterations at once, the others one by one. Nothing
here is shared with the emission of native code but the IR itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from .._primitives.elementwise import ieee_power
from .index import Atom, Index, Looked, Quotient, Rest, Var
from .loops import (
    NUMPY,
    Accumulator,
    Buffer,
    Check,
    Const,
    Expr,
    Inside,
    Let,
    Load,
    Local,
    Loop,
    Matrix,
    Op,
    Position,
    Product,
    Program,
    Statement,
    Store,
    Update,
    size_of,
)

Array: TypeAlias = "np.ndarray[Any, Any]"


def _hash64(key: Any, counter: Any) -> Any:
    z: Any = np.asarray(counter).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = z + np.asarray(key).astype(np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31))).astype(np.int64)


def _shift(ufunc: Callable[..., Any]) -> Callable[..., Any]:
    def shifted(x: Any, y: Any) -> Any:
        width = np.dtype(f"u{np.asarray(x).dtype.itemsize}")
        shift = ufunc(np.asarray(x).astype(width), np.asarray(y).astype(width))
        return np.asarray(shift).astype(np.asarray(x).dtype)

    return shifted


def _by_math(function: Callable[[float], float]) -> Callable[[Any], Any]:
    every = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(every(x)).astype(np.asarray(x).dtype)


def _with_logarithm(logarithm: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def product(x: Any, y: Any) -> Any:
        found: Any = np.where(np.equal(x, 0) & ~np.isnan(y), 0, x * logarithm(y))
        return found

    return product


def _entropy(x: Any) -> Any:
    found: Any = np.where(np.less(x, 0), -np.inf, 0 - _with_logarithm(np.log)(x, x))
    return found


def _sigmoid(x: Any) -> Any:
    return np.exp(-np.logaddexp(np.zeros((), np.asarray(x).dtype), -x))


def _sign(x: Any) -> Any:
    return x if np.asarray(x).dtype.kind == "b" else np.sign(x)


def _reciprocal(x: Any) -> Any:
    return 1 / x


def _reciprocal_root(x: Any) -> Any:
    return 1 / np.sqrt(x)


def _relu(x: Any) -> Any:
    return np.maximum(np.zeros((), np.asarray(x).dtype), x)


def _kept(ufunc: Any) -> Callable[[Any], Any]:
    return lambda x: ufunc(x).astype(np.asarray(x).dtype)


SCALARS: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "abs": np.abs,
    "sign": _sign,
    "reciprocal": _reciprocal,
    "pow": ieee_power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "remainder": np.remainder,
    "fmod": np.fmod,
    "floor_divide": np.floor_divide,
    "floor": _kept(np.floor),
    "ceil": _kept(np.ceil),
    "trunc": _kept(np.trunc),
    "round": _kept(np.rint),
    "relu": _relu,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "exp2": np.exp2,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "rsqrt": _reciprocal_root,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sigmoid": _sigmoid,
    "erf": _by_math(math.erf),
    "erfc": _by_math(math.erfc),
    "hypot": np.hypot,
    "copysign": np.copysign,
    "xlogy": _with_logarithm(np.log),
    "xlog1py": _with_logarithm(np.log1p),
    "entr": _entropy,
    "where": np.where,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "isnan": np.isnan,
    "isfinite": np.isfinite,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
    "bitwise_not": np.invert,
    "hash64": _hash64,
    "shift_left": _shift(np.left_shift),
    "shift_right": _shift(np.right_shift),
}
"""What every scalar operation means."""


def evaluated(name: str, args: Sequence[Any], code: str) -> Any:
    """One operation on NumPy values, in the dtype of `code`."""
    with np.errstate(all="ignore"):
        if name == "cast":
            return np.asarray(args[0]).astype(NUMPY[code])
        return np.asarray(SCALARS[name](*args)).astype(NUMPY[code])


def run(program: Program, inputs: Sequence[Any], outputs: Sequence[Array]) -> int:
    """Run a program on arrays; 0, or the code of the check that failed. Inputs that the program
    commits to are written.
    """
    return _Run(program, inputs, outputs).run()


class _Failed(Exception):
    pass


class _Run:
    def __init__(self, program: Program, inputs: Sequence[Any], outputs: Sequence[Array]) -> None:
        self._program = program
        self._arrays: dict[Buffer, Array] = {}
        self._locals: dict[str, Any] = {}
        self._places: dict[Var, Any] = {}
        for buffer in program.buffers:
            self._arrays[buffer] = self._array(buffer, inputs, outputs)

    def _array(self, buffer: Buffer, inputs: Sequence[Any], outputs: Sequence[Array]) -> Array:
        match buffer.kind:
            case "input":
                array = inputs[buffer.position]
                if array.shape != buffer.shape:
                    raise ValueError(f"{buffer}: expected {buffer.shape}, got {array.shape}")
                return array
            case "number":
                return np.asarray(inputs[buffer.position]).astype(NUMPY[buffer.code])
            case "output":
                return outputs[buffer.position]
            case "constant":
                assert buffer.array is not None
                return buffer.array
            case _:
                # Poison: reading what was never written must show.
                array = np.empty(buffer.shape, NUMPY[buffer.code])
                array.view(np.uint8).fill(0xAB) if array.ndim else array.fill(77)
                return array

    def run(self) -> int:
        try:
            self._body(self._program.body)
        except _Failed as failed:
            return int(failed.args[0])
        return 0

    def _body(self, body: Sequence[Statement]) -> None:
        for statement in body:
            match statement:
                case Loop():
                    self._loop(statement)
                case Store():
                    self._store(statement)
                case Let():
                    self._locals[statement.name] = self._value(statement.value)
                case Update():
                    self._update(statement)
                case Check():
                    if self._value(statement.value):
                        raise _Failed(statement.code)
                case Product():
                    self._product(statement)

    def _loop(self, loop: Loop) -> None:
        for accumulator in loop.accumulators:
            self._locals[accumulator.name] = _start(accumulator)
        names = {accumulator.name for accumulator in loop.accumulators}
        if _at_once(loop, names):
            self._places[loop.var] = np.arange(loop.var.extent)
            self._body(loop.body)
        else:
            for step in range(loop.var.extent):
                self._places[loop.var] = np.asarray(step)
                self._body(loop.body)
        del self._places[loop.var]
        for accumulator in loop.accumulators:
            if accumulator.of:
                self._locals[accumulator.name] = self._locals[accumulator.name][1]

    def _store(self, store: Store) -> None:
        index = tuple([self._index(part) for part in store.index])
        value = self._value(store.value)
        array = self._arrays[store.buffer]
        if store.adds:
            np.add.at(array, index, value)
        else:
            array[index] = value

    def _update(self, update: Update) -> None:
        acc = update.accumulator
        value = np.asarray(self._value(update.value))
        # A value that does not depend on the loop is still taken in once for each iteration.
        count = max((np.size(place) for place in self._places.values()), default=1)
        values = np.broadcast_to(value, (count,)) if value.ndim == 0 else value
        old = self._locals[acc.name]
        if update.place is None:
            self._locals[acc.name] = _taken(acc.kind, old, values)
            return
        places = np.broadcast_to(self._value(update.place), values.shape)
        choose = np.argmax if acc.kind == "argmax" else np.argmin
        best, where = old
        if where is None:
            chosen = int(choose(values))
        else:
            values = np.concatenate([[best], values])
            places = np.concatenate([[where], places])
            chosen = int(choose(values))
        self._locals[acc.name] = (values[chosen], places[chosen])

    def _product(self, product: Product) -> None:
        x = self._matrix(product.x, product.rows, product.inner)
        y = self._matrix(product.y, product.inner, product.columns)
        index = tuple([int(self._index(part)) for part in product.at[:-2]])
        self._arrays[product.out][index] = x @ y

    def _matrix(self, matrix: Matrix, rows: int, columns: int) -> Array:
        buffer = matrix.buffer
        array = self._arrays[buffer]
        step = array.itemsize
        flat = np.lib.stride_tricks.as_strided(array, (_span(buffer),), (step,), writeable=False)
        start = int(self._index(matrix.start))
        if matrix.transposed:
            rows, columns = columns, rows
        found = np.lib.stride_tricks.as_strided(
            flat[start:], (rows, columns), (matrix.stride * step, step), writeable=False
        )
        return found.T if matrix.transposed else found

    def _index(self, index: Index) -> Any:
        total: Any = np.asarray(index.constant)
        for atom, factor in index.terms.items():
            total = total + self._atom(atom) * factor
        return total

    def _atom(self, atom: Atom) -> Any:
        match atom:
            case Var():
                return self._places[atom]
            case Quotient():
                return self._index(atom.index) // atom.divisor
            case Rest():
                return self._index(atom.index) % atom.divisor
            case Looked():
                return self._value(atom.value)

    def _value(self, expr: Expr) -> Any:
        match expr:
            case Const():
                return expr.value
            case Local():
                return self._locals[expr.name]
            case Position():
                return np.asarray(self._index(expr.index)).astype(np.int64)
            case Inside():
                place = self._index(expr.index)
                return (place >= expr.low) & (place < expr.high)
            case Op():
                return evaluated(expr.name, [self._value(arg) for arg in expr.args], expr.code)
            case Load():
                return self._load(expr)
            case _:
                raise TypeError(type(expr))

    def _load(self, expr: Load) -> Any:
        array = self._arrays[expr.buffer]
        index = [self._index(part) for part in expr.index]
        if not expr.mask:
            for part, extent in zip(index, array.shape, strict=True):
                if np.any((part < 0) | (part >= extent)):
                    raise IndexError(f"{expr!r}: {part} is outside")
            return array[tuple(index)]
        mask: Any = np.asarray(True)
        for condition in expr.mask:
            mask = mask & self._value(condition)
        safe = tuple([np.where(mask, part, 0) for part in index])
        if not np.any(mask):
            return np.zeros(np.broadcast(mask, *safe).shape, array.dtype)
        for part, extent in zip(safe, array.shape, strict=True):
            if np.any((part < 0) | (part >= extent)):
                raise IndexError(f"{expr!r}: {part} is outside")
        return np.where(mask, array[safe], np.zeros((), array.dtype))


def _span(buffer: Buffer) -> int:
    """How many elements lie between the first and the last of a buffer with positive strides."""
    if size_of(buffer.shape) == 0:
        return 0
    return 1 + sum((n - 1) * step for n, step in zip(buffer.shape, buffer.strides, strict=True))


def _at_once(loop: Loop, names: set[str]) -> bool:
    """Whether the iterations of an innermost loop are independent of each other."""
    for statement in loop.body:
        match statement:
            case Loop() | Product():
                return False
            case Store():
                if _reads(statement.value, names):
                    return False
            case Let():
                if _reads(statement.value, names):
                    return False
            case Update():
                if statement.accumulator.name not in names:
                    return False
            case Check():
                pass
    return True


def _reads(expr: Expr, names: set[str]) -> bool:
    if isinstance(expr, Local):
        return expr.name in names
    return isinstance(expr, Op) and any(_reads(arg, names) for arg in expr.args)


def _start(acc: Accumulator) -> Any:
    dtype = NUMPY[acc.code]
    match acc.kind:
        case "sum":
            return np.zeros((), dtype)
        case "any":
            return np.asarray(False)
        case "all":
            return np.asarray(True)
        case "max":
            return np.asarray(-np.inf if dtype.kind == "f" else np.iinfo(dtype).min, dtype)
        case "min":
            return np.asarray(np.inf if dtype.kind == "f" else np.iinfo(dtype).max, dtype)
        case _:
            return None, None


def _taken(kind: str, old: Any, values: Array) -> Any:
    with np.errstate(all="ignore"):
        match kind:
            case "sum":
                return old + np.sum(values, dtype=values.dtype)
            case "any":
                return old | np.any(values)
            case "all":
                return old & np.all(values)
            case "max":
                return np.maximum(old, np.max(values)) if values.size else old
            case _:
                return np.minimum(old, np.min(values)) if values.size else old
