"""A Python builtin whose C function is compiled code.

`make_builtin` joins a program with an entry that checks its arguments (`entry`), compiles both and
wraps the address. What belongs to this process stands in a table, the builtin's self, which also
keeps alive the code and all that it refers to; so object code can be kept on disk, and a builtin
that nobody uses frees its code. Where `interpreter` says no, ctypes does the same work.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from . import interpreter
from .engine import NO_SYMBOLS, Library, compile_text
from .entry import (
    ALIGNMENT,
    BYTES,
    ENTRY,
    ArraySpec,
    NumberSpec,
    OutputSpec,
    dtype_word,
    entry_text,
)

_METH_FASTCALL = 0x80


def make_builtin(
    name: str,
    specs: Sequence[ArraySpec | NumberSpec],
    outputs: Sequence[OutputSpec],
    entry_symbol: str,
    ir: str,
    slow: Callable[..., Any],
    release_gil: bool,
    *,
    arena_bytes: int = 0,
    error: Callable[[int], BaseException] | None = None,
    cache: bool = True,
    symbols: Mapping[str, int] = NO_SYMBOLS,
) -> Callable[..., Any]:
    """A function of `specs` that runs `entry_symbol` of `ir` and returns a tuple of `outputs`.

    `entry_symbol` is `i32 (ptr inputs, ptr outputs, ptr arena)` over arrays of data pointers; the
    arena is 64-byte aligned. Arguments that do not fit go to `slow(*arguments)`, whose result is
    returned. A result of `entry_symbol` other than 0 raises `error(code)`. `symbols` are the
    addresses of functions that the text declares.
    """

    def fail(code: int) -> NoReturn:
        raise (error or _unexplained)(code)

    if not interpreter.layout_is_known():
        library = compile_text(ir, cache, symbols)
        run = _foreign(library.address(entry_symbol), release_gil)
        return _Call(specs, outputs, arena_bytes, slow, fail, run, library)
    words, kept = _table(specs, outputs, arena_bytes, slow, fail)
    places = {word: index for index, word in enumerate(words)}
    entry = entry_text(places, specs, outputs, entry_symbol, release_gil, arena_bytes)
    library = compile_text(f"{ir}\n{entry}", cache, symbols)
    return bare_builtin(name, library, ENTRY, list(words.values()), kept)


def bare_builtin(
    name: str, library: Library, symbol: str, words: Sequence[int], keep: Sequence[Any]
) -> Callable[..., Any]:
    """A builtin over a METH_FASTCALL function of `library` whose self holds `words`."""
    definition = _MethodDef(name.encode(), library.address(symbol), _METH_FASTCALL, None)
    table = np.array(words, np.uint64).view(_Table)
    table.keep = (*keep, definition, library)
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.py_object]
    new.restype = ctypes.py_object
    function: Callable[..., Any] = new(ctypes.addressof(definition), table, "wengert")
    return function


def canonical(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same memory under the one dtype object that the guards compare with.

    Arrays that were unpickled, or made with `newbyteorder("=")`, carry an equal dtype that is
    another object.
    """
    dtype = np.dtype(array.dtype.type)
    if array.dtype is dtype or array.dtype != dtype:
        return array
    return array.view(dtype)


def _unexplained(code: int) -> BaseException:
    return RuntimeError(f"compiled code returned error {code}")


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("ml_name", ctypes.c_char_p),
        ("ml_meth", ctypes.c_void_p),
        ("ml_flags", ctypes.c_int),
        ("ml_doc", ctypes.c_char_p),
    )


class _Table(np.ndarray[Any, Any]):
    """The self of a builtin: words that compiled code reads, and the owners of what they mean."""

    keep: tuple[Any, ...]


def _table(
    specs: Sequence[ArraySpec | NumberSpec],
    outputs: Sequence[OutputSpec],
    arena_bytes: int,
    slow: Callable[..., Any],
    fail: Callable[[int], NoReturn],
) -> tuple[dict[str, int], list[Any]]:
    """The words by name, in order, and what must stay alive for them."""
    dtypes = [spec.dtype for spec in (*specs, *outputs) if not isinstance(spec, NumberSpec)]
    dtypes.append(BYTES)
    arena = np.empty(arena_bytes + ALIGNMENT, np.uint8)
    words = dict(interpreter.function_addresses())
    words |= {kind.__name__: id(kind) for kind in (np.ndarray, float, int)}
    words |= {"slow": id(slow), "fail": id(fail)}
    words |= {dtype_word(dtype): id(dtype) for dtype in dtypes}
    words |= {"arena": -(-arena.ctypes.data // ALIGNMENT) * ALIGNMENT, "arena in use": 0}
    return words, [slow, fail, arena, *dtypes]


def _foreign(address: int, release_gil: bool) -> Callable[..., int]:
    kind = ctypes.CFUNCTYPE if release_gil else ctypes.PYFUNCTYPE
    return kind(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(address)


class _Call:
    """The same function without the entry: guards in Python, the program through ctypes."""

    def __init__(
        self,
        specs: Sequence[ArraySpec | NumberSpec],
        outputs: Sequence[OutputSpec],
        arena_bytes: int,
        slow: Callable[..., Any],
        fail: Callable[[int], NoReturn],
        run: Callable[..., int],
        library: Library,
    ) -> None:
        self._specs = specs
        self._outputs = outputs
        self._arena_bytes = arena_bytes
        self._slow = slow
        self._fail = fail
        self._run = run
        self._library = library

    def __call__(self, *arguments: Any) -> Any:
        if len(arguments) != len(self._specs) or not all(map(_fits, arguments, self._specs)):
            return self._slow(*arguments)
        results = tuple(np.empty(output.shape, output.dtype) for output in self._outputs)
        slots = [_slot(argument) for argument in arguments]
        arena = np.empty(self._arena_bytes + ALIGNMENT, np.uint8)
        code = self._run(
            _pointers(slots),
            _pointers(results),
            -(-arena.ctypes.data // ALIGNMENT) * ALIGNMENT,
        )
        return results if code == 0 else self._fail(code)


def _fits(argument: Any, spec: ArraySpec | NumberSpec) -> bool:
    if isinstance(spec, NumberSpec):
        if type(argument) is not spec.kind:
            return False
        return spec.kind is float or -(2**63) <= argument < 2**63
    return (
        type(argument) is np.ndarray
        and argument.dtype is spec.dtype
        and argument.shape == spec.shape
        and argument.flags.num & spec.flags == spec.flags
        and all(argument.strides[axis] == spec.strides[axis] for axis in spec.strided_axes)  # type: ignore[index]
    )


def _slot(argument: Any) -> Any:
    return np.asarray(argument)


def _pointers(arrays: Sequence[Any]) -> Any:
    return (ctypes.c_void_p * max(len(arrays), 1))(*(array.ctypes.data for array in arrays))
