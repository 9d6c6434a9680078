"""One native function: some values of a graph, from given arrays to fresh ones.

Choosing, lowering, fusing, planning memory and emission meet here. The function takes the given
values in order and returns the results in order; commits write the memory of given values, after
everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.errors import DimensionError
from .._graph.text import origin_text
from .builtin import ArraySpec, NumberSpec, OutputSpec, canonical, make_builtin
from .choose import Choice, is_library_product, root_of
from .contract import contract
from .divide import divide, write_out_phases
from .emit import ENTRY, Emitter
from .engine import target
from .fuse import fuse
from .lanes import Lanes
from .loops import (
    CODES,
    NUMPY,
    Buffer,
    Loop,
    Product,
    Program,
)
from .lower import Bounds, Lowering, is_matrix
from .memory import plan, touched
from .products import has_library
from .simplify import Value
from .vector_math import functions

_MOST_INLINED = 250
"""Calls of mathematical functions; in larger programs each function is compiled only once."""

_WORTH_RELEASING = 20_000.0
"""Memory accesses of a program that takes about 10 us: the lock costs a twentieth of that."""

Strides = tuple[int, ...] | None


@dataclass
class Region:
    """The values of a native function. `strides` are those of the given arrays, in bytes."""

    values: list[Value]
    given: list[Value]
    strides: list[Strides]
    results: list[Value]
    dtypes: list[Dtype]
    """Of the results: a value made of Python numbers is held wider than it is returned."""
    commits: list[tuple[int, Value]] = field(default_factory=lambda: list[tuple[int, Value]]())
    """(position among `given`, value)"""

    def loops(self) -> Program:
        """The loop IR, fused."""
        buffers: dict[Value, Buffer] = {}
        for position, (value, strides) in enumerate(zip(self.given, self.strides, strict=True)):
            if value.code is not None:
                buffers[value] = _given_buffer(value, position, strides)
        given = set(buffers)
        copies: list[tuple[Value, Buffer]] = []
        required: set[Value] = set()
        for position, (value, dtype) in enumerate(zip(self.results, self.dtypes, strict=True)):
            assert value.code is not None
            code = value.code if NUMPY[value.code] == dtype else CODES[dtype]
            buffer = Buffer(f"out{position}", value.shape, code, "output", position)
            known = value in buffers or value.name in ("literal", "constant")
            if known or code != value.code:
                copies.append((value, buffer))
            else:
                buffers[value] = buffer
                required.add(value)
        committed = {self.given[position] for position, _ in self.commits}
        for position, value in self.commits:
            if value in committed:
                # Another commit may overwrite it first: it is copied before any of them.
                value = copy_of(value)
                self.values.append(value)
            if value not in given and value.name not in ("literal", "constant"):
                required.add(value)
            copies.append((value, buffers[self.given[position]]))

        def readable(value: Value, stored: set[Value]) -> bool:
            return is_matrix(value, stored, buffers)

        values = self._with_copies(readable)
        choice = Choice(values, required, given, has_library, readable)
        program = Lowering(choice, buffers).program(values, copies)
        divide(program)
        fuse(program)
        contract(program)
        write_out_phases(program)
        return program

    def _with_copies(self, readable: Callable[[Value, set[Value]], bool]) -> list[Value]:
        """The values, with copies of matrices that a library cannot read: of given ones in other
        layouts, and of single numbers.
        """
        values: list[Value] = []
        copies: dict[Value, Value] = {}
        for value in self.values:
            if is_library_product(value) and has_library():
                for source in dict.fromkeys(value.inputs):
                    lasting = root_of(source, set()).name in ("input", "literal")
                    if lasting and source not in copies and not readable(source, set()):
                        copies[source] = copy_of(source)
                        values.append(copies[source])
                value.inputs = tuple([copies.get(source, source) for source in value.inputs])
            values.append(value)
        return values


def copy_of(value: Value) -> Value:
    """The same value in memory of its own."""
    return Value("copy", value.shape, value.dtype, [value], weak=value.weak)


def _given_buffer(value: Value, position: int, strides: Strides) -> Buffer:
    assert value.code is not None
    if value.weak and value.name == "input":
        code = "f64" if value.dtype.kind == "f" else "i64"
        return Buffer(f"n{position}", (), code, "number", position)
    size = NUMPY[value.code].itemsize
    steps = None
    if strides is not None:
        if any(step % size for step in strides):
            raise ValueError(f"strides {strides} are no multiples of {size} bytes")
        steps = [step // size for step in strides]
    return Buffer(f"in{position}", value.shape, value.code, "input", position, steps)


@dataclass
class Native:
    """A compiled region."""

    call: Callable[..., tuple[Any, ...]]
    loops: str
    llvm: str
    kernels: int
    arena_bytes: int


def compile_region(
    region: Region,
    name: str,
    slow: Callable[..., Any] | None,
    release_gil: bool | None,
    cache: bool,
) -> Native:
    """Machine code for a region."""
    loops = region.loops()
    arena_bytes = plan(loops)
    used = touched(loops.body)
    loops.buffers = [buffer for buffer in loops.buffers if buffer in used]
    machine = target()
    lanes = Lanes(machine.vector_bytes)
    cost = lanes.mark(loops.body)
    if release_gil is None:
        # A step that writes its state stays one step for other threads.
        release_gil = cost > _WORTH_RELEASING and not region.commits
    emitter = Emitter(loops, lanes, machine.has_fma)
    text = emitter.text()
    library = functions(emitter.functions, machine.has_scalef)
    if text.count(" @w.") > _MOST_INLINED:
        library = library.replace(" alwaysinline ", " noinline ")
    text = f"{library}\n{text}"
    committed = {position for position, _ in region.commits}
    specs: list[ArraySpec | NumberSpec] = []
    for position, (value, strides) in enumerate(zip(region.given, region.strides, strict=True)):
        if value.weak and value.name == "input":
            specs.append(NumberSpec(float if value.dtype.kind == "f" else int))
        else:
            dtype = value.dtype if value.code is None else NUMPY[value.code]
            specs.append(ArraySpec(dtype, value.shape, strides, position in committed))
    outputs = [
        OutputSpec(dtype, value.shape)
        for value, dtype in zip(region.results, region.dtypes, strict=True)
    ]
    fallback = slow or Retry(name, specs)
    call = make_builtin(
        name,
        specs,
        outputs,
        ENTRY,
        text,
        fallback,
        release_gil,
        arena_bytes=arena_bytes,
        error=_errors(loops.checks, [b.array for b in loops.buffers if b.array is not None]),
        cache=cache,
        symbols=emitter.symbols,
    )
    if isinstance(fallback, Retry):
        fallback.call = call
    kernels = sum(isinstance(statement, Loop | Product) for statement in loops.body)
    return Native(call, str(loops), text, kernels, arena_bytes)


def _errors(checks: Sequence[Bounds], constants: Sequence[Any]) -> Callable[[int], BaseException]:
    """What a function raises; it lives as long as the function, and keeps its constants alive."""

    def error(code: int) -> BaseException:
        found = checks[code - 1]
        value = found.value
        where = origin_text(value.node.origin) if value.node is not None else ""
        place = f" It was made at {where}." if where else ""
        return DimensionError(
            f"{value.name}: an index is out of range for dim {found.axis} with {found.extent} "
            f"elements.{place}"
        )

    error.constants = constants  # pyright: ignore[reportFunctionMemberAccess]
    return error


class Retry:
    """What a call does whose arguments do not fit: put them into the expected form, or say why."""

    def __init__(self, name: str, specs: Sequence[ArraySpec | NumberSpec]) -> None:
        self.call: Callable[..., Any] | None = None
        self._name = name
        self._specs = specs

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) != len(self._specs):
            raise TypeError(
                f"{self._name}: takes {len(self._specs)} arguments, not {len(arguments)}"
            )
        assert self.call is not None
        return self.call(
            *[self._fitted(k, a, s) for k, (a, s) in enumerate(zip(arguments, self._specs))]
        )

    def _fitted(self, position: int, argument: Any, spec: ArraySpec | NumberSpec) -> Any:
        if isinstance(spec, NumberSpec):
            return spec.kind(argument)
        array = np.asarray(argument)
        if array.dtype != spec.dtype or array.shape != spec.shape:
            raise TypeError(
                f"{self._name}: argument {position} is {array.dtype}{list(array.shape)}; this "
                f"version was compiled for {spec.dtype}{list(spec.shape)}"
            )
        array = canonical(array)
        if type(array) is np.ndarray and _fits(array, spec):
            return array
        if spec.writeable:
            raise TypeError(
                f"{self._name}: argument {position} is written, so it must be a writeable array "
                f"with strides {spec.strides or 'of C order'}; it has {array.strides}"
            )
        return _laid_out(array, spec)


def _fits(array: np.ndarray[Any, Any], spec: ArraySpec) -> bool:
    if not array.flags.aligned or (spec.writeable and not array.flags.writeable):
        return False
    if spec.strides is None:
        return array.flags.c_contiguous
    return all(
        a == b for n, a, b in zip(array.shape, array.strides, spec.strides, strict=True) if n > 1
    )


def _laid_out(array: np.ndarray[Any, Any], spec: ArraySpec) -> np.ndarray[Any, Any]:
    """A copy with the strides that a version was compiled for."""
    if spec.strides is None:
        return np.array(array, spec.dtype, order="C", subok=False)
    low = sum(min(0, (n - 1) * step) for n, step in zip(spec.shape, spec.strides, strict=True))
    high = sum(max(0, (n - 1) * step) for n, step in zip(spec.shape, spec.strides, strict=True))
    memory = np.empty((high - low) // spec.dtype.itemsize + 1, spec.dtype)
    first = memory[-low // spec.dtype.itemsize :]
    copy = np.lib.stride_tricks.as_strided(first, spec.shape, spec.strides)
    copy[...] = array
    return copy
