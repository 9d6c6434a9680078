"""The text of a builtin's entry: guards, results, arena, call.

The entry is `ptr (ptr self, ptr arguments, i64 count)`, CPython's METH_FASTCALL. Every address it
needs is a word of the table that self, an ndarray, holds; the text itself depends on the signature
alone. Guards come in the order in which fields may be read: the type before any other field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from .._base.dtypes import Dtype
from . import interpreter

Shape = tuple[int, ...]
ENTRY = "wengert.entry"
ALIGNMENT = 64
ALIGNED_FROM = 8192
"""Bytes from which a result is worth a start at a multiple of ALIGNMENT: stores of whole vectors
that cross such a border take twice as long."""
BYTES = np.dtype(np.uint8)

_ALIGNED = "wengert.aligned"


@dataclass(frozen=True)
class ArraySpec:
    """An ndarray argument; `strides` in bytes, None for C order."""

    dtype: Dtype
    shape: Shape
    strides: Shape | None = None
    writeable: bool = False

    @property
    def strided_axes(self) -> list[int]:
        """The axes whose stride matters: those along which there is a second element."""
        if self.strides is None or 0 in self.shape:
            return []
        return [axis for axis, size in enumerate(self.shape) if size > 1]

    @property
    def flags(self) -> int:
        """NumPy's flags that the argument must have."""
        order = interpreter.C_CONTIGUOUS if self.strides is None else 0
        return order | interpreter.ALIGNED | (interpreter.WRITEABLE if self.writeable else 0)


@dataclass(frozen=True)
class NumberSpec:
    """A Python number: a float arrives in its slot as a double, an int as an int64."""

    kind: type[float] | type[int]


@dataclass(frozen=True)
class OutputSpec:
    """A fresh C-ordered ndarray in the result."""

    dtype: Dtype
    shape: Shape


def dtype_word(dtype: Dtype) -> str:
    """The name of the table's word that holds a dtype object."""
    return f"dtype {dtype.str}"


def entry_text(
    places: Mapping[str, int],
    specs: Sequence[ArraySpec | NumberSpec],
    outputs: Sequence[OutputSpec],
    program: str,
    release_gil: bool,
    arena_bytes: int,
) -> str:
    """The entry's definition; `places` says which word of the table holds what."""
    # Guards run no slower without optimisation, and are compiled in half the time.
    head = f"define ptr @{ENTRY}(ptr %self, ptr %arguments, i64 %count) noinline optnone {{"
    writer = _Writer(places, head)
    arity = max(len(specs), 1)
    inputs = writer.value(f"alloca [{arity} x ptr]")
    results = writer.value(f"alloca [{max(len(outputs), 1)} x ptr]")
    slots = writer.value(f"alloca [{arity} x i64]")
    overflow = writer.value("alloca i32")
    writer.set_table(writer.load("ptr", "%self", interpreter.DATA))
    writer.require(f"icmp eq i64 %count, {len(specs)}")
    for index, spec in enumerate(specs):
        argument = writer.load("ptr", "%arguments", 8 * index)
        if isinstance(spec, ArraySpec):
            data = _array(writer, argument, spec)
        else:
            data = _number(writer, argument, spec, writer.offset(slots, 8 * index), overflow)
        writer.store("ptr", data, inputs, 8 * index)
    result = _results(writer, outputs, results)
    code = _run(writer, program, inputs, results, release_gil, arena_bytes)
    writer.branch(writer.value(f"icmp eq i32 {code}, 0"), "done", "failed")
    writer.label("failed")
    wide = writer.value(f"sext i32 {code} to i64")
    number = writer.call("PyLong_FromLong", "ptr", f"i64 {wide}")
    writer.branch(writer.value(f"icmp eq ptr {number}, null"), "discard", "raise")
    writer.label("raise")
    writer.store("ptr", number, slots, 0)
    nothing = writer.call(
        "PyObject_Vectorcall", "ptr", f"ptr {writer.word('fail')}, ptr {slots}, i64 1, ptr null"
    )
    writer.call("Py_DecRef", "void", f"ptr {number}")
    writer.call("Py_DecRef", "void", f"ptr {nothing}")
    writer.jump("discard")
    writer.label("discard")
    writer.call("Py_DecRef", "void", f"ptr {result}")
    writer.line("ret ptr null")
    writer.label("done")
    writer.line(f"ret ptr {result}")
    writer.label("nothing")
    writer.line("ret ptr null")
    writer.label("slow")
    other = writer.call(
        "PyObject_Vectorcall",
        "ptr",
        f"ptr {writer.word('slow')}, ptr %arguments, i64 %count, ptr null",
        tail=True,
    )
    writer.line(f"ret ptr {other}")
    large = any(map(_is_large, outputs))
    return writer.text() + (_aligned_text(places) if large else "")


def _array(writer: _Writer, argument: str, spec: ArraySpec) -> str:
    """Guards of one array argument; its data pointer."""
    kind = writer.load("ptr", argument, interpreter.TYPE)
    writer.require(f"icmp eq ptr {kind}, {writer.word('ndarray')}")
    dtype = writer.load("ptr", argument, interpreter.DESCR)
    ndim = writer.load("i32", argument, interpreter.NDIM)
    flags = writer.load("i32", argument, interpreter.FLAGS)
    wanted = writer.value(f"and i32 {flags}, {spec.flags}")
    writer.require(
        f"icmp eq ptr {dtype}, {writer.word(dtype_word(spec.dtype))}",
        f"icmp eq i32 {ndim}, {len(spec.shape)}",
        f"icmp eq i32 {wanted}, {spec.flags}",
    )
    checks: list[str] = []
    if spec.shape:
        dims = writer.load("ptr", argument, interpreter.DIMS)
        for axis, size in enumerate(spec.shape):
            checks.append(f"icmp eq i64 {writer.load('i64', dims, 8 * axis)}, {size}")
    if spec.strides is not None and spec.strided_axes:
        strides = writer.load("ptr", argument, interpreter.STRIDES)
        for axis in spec.strided_axes:
            step = writer.load("i64", strides, 8 * axis)
            checks.append(f"icmp eq i64 {step}, {spec.strides[axis]}")
    if checks:
        writer.require(*checks)
    return writer.load("ptr", argument, interpreter.DATA)


def _number(writer: _Writer, argument: str, spec: NumberSpec, slot: str, overflow: str) -> str:
    """Guard of one number; the slot that now holds it."""
    kind = writer.load("ptr", argument, interpreter.TYPE)
    writer.require(f"icmp eq ptr {kind}, {writer.word(spec.kind.__name__)}")
    if spec.kind is float:
        number = writer.load("double", argument, interpreter.VALUE)
        writer.store("double", number, slot, 0)
        return slot
    number = writer.call("PyLong_AsLongLongAndOverflow", "i64", f"ptr {argument}, ptr {overflow}")
    writer.require(f"icmp eq i32 {writer.load('i32', overflow, 0)}, 0")
    writer.store("i64", number, slot, 0)
    return slot


def _results(writer: _Writer, outputs: Sequence[OutputSpec], pointers: str) -> str:
    """A tuple that owns fresh arrays, whose data pointers go to `pointers`."""
    result = writer.call("PyTuple_New", "ptr", f"i64 {len(outputs)}")
    writer.branch(writer.value(f"icmp eq ptr {result}, null"), "nothing", "results")
    writer.label("results")
    for index, output in enumerate(outputs):
        dims = "null"
        if output.shape:
            dims = f"@wengert.dims{index}"
            words = ", ".join(f"i64 {size}" for size in output.shape)
            writer.constant(f"{dims} = private constant [{len(output.shape)} x i64] [{words}]")
        dtype = writer.word(dtype_word(output.dtype))
        if _is_large(output):
            room = f"@wengert.room{index}"
            size = _bytes(output) + ALIGNMENT - 1
            writer.constant(f"{room} = private constant [1 x i64] [i64 {size}]")
            array = writer.value(
                f"call ptr @{_ALIGNED}(ptr {writer.table}, ptr {dtype}, i32 {len(output.shape)}, "
                f"ptr {dims}, ptr {room})"
            )
        else:
            array = writer.new_array(dtype, str(len(output.shape)), dims)
        writer.branch(writer.value(f"icmp eq ptr {array}, null"), "discard", f"result{index}")
        writer.label(f"result{index}")
        writer.call("PyTuple_SetItem", "i32", f"ptr {result}, i64 {index}, ptr {array}")
        data = writer.load("ptr", array, interpreter.DATA)
        writer.store("ptr", data, pointers, 8 * index)
    return result


def _bytes(output: OutputSpec) -> int:
    return prod(output.shape) * output.dtype.itemsize


def _is_large(output: OutputSpec) -> bool:
    # Above, no array can be made; the usual way says so.
    return ALIGNED_FROM <= _bytes(output) < 2**62


def _aligned_text(places: Mapping[str, int]) -> str:
    """A function that makes an array at a multiple of ALIGNMENT, a view of one of bytes."""
    parameters = "ptr %table, ptr %dtype, i32 %ndim, ptr %dims, ptr %room"
    head = f"define internal ptr @{_ALIGNED}({parameters}) noinline optnone {{"
    writer = _Writer(places, head)
    writer.set_table("%table")
    owner = writer.new_array(writer.word(dtype_word(BYTES)), "1", "%room")
    writer.branch(writer.value(f"icmp eq ptr {owner}, null"), "nothing", "owner")
    writer.label("owner")
    start = writer.load("i64", owner, interpreter.DATA)
    above = writer.value(f"add i64 {start}, {ALIGNMENT - 1}")
    aligned = writer.value(f"and i64 {above}, {-ALIGNMENT}")
    data = writer.value(f"inttoptr i64 {aligned} to ptr")
    flags = interpreter.C_CONTIGUOUS | interpreter.ALIGNED | interpreter.WRITEABLE
    array = writer.new_array("%dtype", "%ndim", "%dims", data, flags)
    writer.branch(writer.value(f"icmp eq ptr {array}, null"), "free", "made")
    writer.label("free")
    writer.call("Py_DecRef", "void", f"ptr {owner}")
    writer.jump("nothing")
    writer.label("nothing")
    writer.line("ret ptr null")
    writer.label("made")
    # The base takes over the reference to the owner; of an array without one nothing can fail.
    writer.call("PyArray_SetBaseObject", "i32", f"ptr {array}, ptr {owner}")
    writer.line(f"ret ptr {array}")
    return writer.text()


def _run(
    writer: _Writer, program: str, inputs: str, results: str, release_gil: bool, arena_bytes: int
) -> str:
    """The call of the program, with an arena that no other call is using; its error code."""
    arena, own = (writer.word("arena") if arena_bytes else "null"), ""
    if arena_bytes and release_gil:
        # Another thread may be inside: then this call works in memory of its own.
        before = writer.label_of_here()
        flag = writer.word_address("arena in use")
        pair = writer.value(f"cmpxchg ptr {flag}, i64 0, i64 1 acquire monotonic")
        writer.branch(writer.value(f"extractvalue {{ i64, i1 }} {pair}, 1"), "run", "busy")
        writer.label("busy")
        block = writer.call("PyMem_RawMalloc", "ptr", f"i64 {arena_bytes + ALIGNMENT}")
        writer.branch(writer.value(f"icmp eq ptr {block}, null"), "exhausted", "align")
        writer.label("exhausted")
        writer.call("PyErr_NoMemory", "ptr", "")
        writer.jump("discard")
        writer.label("align")
        number = writer.value(f"ptrtoint ptr {block} to i64")
        above = writer.value(f"add i64 {number}, {ALIGNMENT - 1}")
        aligned = writer.value(f"and i64 {above}, {-ALIGNMENT}")
        other = writer.value(f"inttoptr i64 {aligned} to ptr")
        writer.jump("run")
        writer.label("run")
        arena = writer.value(f"phi ptr [{arena}, %{before}], [{other}, %align]")
        own = writer.value(f"phi ptr [null, %{before}], [{block}, %align]")
    state = writer.call("PyEval_SaveThread", "ptr", "") if release_gil else ""
    code = writer.value(f"call i32 @{program}(ptr {inputs}, ptr {results}, ptr {arena})")
    if own:
        writer.branch(writer.value(f"icmp eq ptr {own}, null"), "unlock", "free")
        writer.label("unlock")
        writer.line(
            f"store atomic i64 0, ptr {writer.word_address('arena in use')} release, align 8"
        )
        writer.jump("left")
        writer.label("free")
        writer.call("PyMem_RawFree", "void", f"ptr {own}")
        writer.jump("left")
        writer.label("left")
    if state:
        writer.call("PyEval_RestoreThread", "void", f"ptr {state}")
    return code


class _Writer:
    """Lines of one function, with fresh names and the words of the table."""

    def __init__(self, places: Mapping[str, int], head: str) -> None:
        self._places = places
        self._constants: list[str] = []
        self._lines = [head, "start:"]
        self._here = "start"
        self._count = 0
        self._table = ""

    def text(self) -> str:
        return "\n".join((*self._constants, *self._lines, "}", ""))

    def line(self, text: str) -> None:
        self._lines.append(text)

    def constant(self, text: str) -> None:
        self._constants.append(text)

    def value(self, text: str) -> str:
        self._count += 1
        self.line(f"%v{self._count} = {text}")
        return f"%v{self._count}"

    def offset(self, pointer: str, offset: int) -> str:
        return self.value(f"getelementptr i8, ptr {pointer}, i64 {offset}")

    def load(self, kind: str, pointer: str, offset: int) -> str:
        return self.value(f"load {kind}, ptr {self.offset(pointer, offset)}")

    def store(self, kind: str, value: str, pointer: str, offset: int) -> None:
        self.line(f"store {kind} {value}, ptr {self.offset(pointer, offset)}")

    def set_table(self, pointer: str) -> None:
        self._table = pointer

    @property
    def table(self) -> str:
        return self._table

    def word_address(self, name: str) -> str:
        return self.offset(self._table, 8 * self._places[name])

    def word(self, name: str) -> str:
        return self.load("ptr", self._table, 8 * self._places[name])

    def call(self, function: str, result: str, arguments: str, tail: bool = False) -> str:
        text = f"{'tail ' if tail else ''}call {result} {self.word(function)}({arguments})"
        if result == "void":
            self.line(text)
            return ""
        return self.value(text)

    def new_array(
        self, dtype: str, ndim: str, dims: str, data: str = "null", flags: int = 0
    ) -> str:
        """A C-ordered array, or null: in fresh memory, or at `data`."""
        # It takes over a reference to its dtype.
        self.call("Py_IncRef", "void", f"ptr {dtype}")
        return self.call(
            "PyArray_NewFromDescr",
            "ptr",
            f"ptr {self.word('ndarray')}, ptr {dtype}, i32 {ndim}, ptr {dims}, ptr null, "
            f"ptr {data}, i32 {flags}, ptr null",
        )

    def label(self, name: str) -> None:
        self.line(f"{name}:")
        self._here = name

    def label_of_here(self) -> str:
        return self._here

    def jump(self, label: str) -> None:
        self.line(f"br label %{label}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        self.line(f"br i1 {condition}, label %{yes}, label %{no}")

    def require(self, *comparisons: str) -> None:
        """Go on only if all hold; otherwise the slow way."""
        holds = self.value(comparisons[0])
        for comparison in comparisons[1:]:
            holds = self.value(f"and i1 {holds}, {self.value(comparison)}")
        self._count += 1
        label = f"holds{self._count}"
        self.branch(holds, label, "slow")
        self.label(label)
