"""A compiled check that containers still hold the very objects they held before.

Guards on Python state are compared at every call, so the comparison is machine code: it walks dicts
and lists through CPython's C functions and compares addresses with a table. Where the interpreter's
layout is not known, `State.unchanged` does the same in Python.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from . import interpreter
from .builtin import bare_builtin
from .engine import Library, compile_text

_DICT, _LIST = 0, 1
_FUNCTIONS = ("PyDict_Size", "PyDict_Next", "PyList_Size", "PyList_GetItem", "Py_IncRef")

# The table: five function addresses, True, False, the number of containers, and for every container
# its address, its kind, its length, and the addresses of its keys and values (or its items).
_TEXT = """
define ptr @wengert.watch(ptr %self, ptr %arguments, i64 %count) {
start:
  %position = alloca i64
  %key = alloca ptr
  %value = alloca ptr
  %data.p = getelementptr i8, ptr %self, i64 DATA
  %data = load ptr, ptr %data.p
  %size.of.dict = load ptr, ptr %data
  %next.p = getelementptr i64, ptr %data, i64 1
  %next.of.dict = load ptr, ptr %next.p
  %size.p = getelementptr i64, ptr %data, i64 2
  %size.of.list = load ptr, ptr %size.p
  %item.p = getelementptr i64, ptr %data, i64 3
  %item.of.list = load ptr, ptr %item.p
  %containers.p = getelementptr i64, ptr %data, i64 7
  %containers = load i64, ptr %containers.p
  %first = getelementptr i64, ptr %data, i64 8
  br label %outer
outer:
  %k = phi i64 [0, %start], [%k.next, %done]
  %here = phi ptr [%first, %start], [%after, %done]
  %more = icmp slt i64 %k, %containers
  br i1 %more, label %enter, label %same
enter:
  %container = load ptr, ptr %here
  %kind.p = getelementptr i64, ptr %here, i64 1
  %kind = load i64, ptr %kind.p
  %length.p = getelementptr i64, ptr %here, i64 2
  %length = load i64, ptr %length.p
  %entries = getelementptr i64, ptr %here, i64 3
  %is.dict = icmp eq i64 %kind, 0
  br i1 %is.dict, label %dict, label %list
dict:
  %dict.size = call i64 %size.of.dict(ptr %container)
  %dict.fits = icmp eq i64 %dict.size, %length
  store i64 0, ptr %position
  br i1 %dict.fits, label %dict.loop, label %changed
dict.loop:
  %d = phi ptr [%entries, %dict], [%d.next, %dict.go]
  %found = call i32 %next.of.dict(ptr %container, ptr %position, ptr %key, ptr %value)
  %at.end = icmp eq i32 %found, 0
  br i1 %at.end, label %done.dict, label %dict.compare
dict.compare:
  %key.now = load i64, ptr %key
  %key.then = load i64, ptr %d
  %value.now = load i64, ptr %value
  %value.p = getelementptr i64, ptr %d, i64 1
  %value.then = load i64, ptr %value.p
  %same.key = icmp eq i64 %key.now, %key.then
  %same.value = icmp eq i64 %value.now, %value.then
  %same.both = and i1 %same.key, %same.value
  br i1 %same.both, label %dict.go, label %changed
dict.go:
  %d.next = getelementptr i64, ptr %d, i64 2
  br label %dict.loop
done.dict:
  %pairs = shl i64 %length, 1
  %after.dict = getelementptr i64, ptr %entries, i64 %pairs
  br label %done
list:
  %list.size = call i64 %size.of.list(ptr %container)
  %list.fits = icmp eq i64 %list.size, %length
  br i1 %list.fits, label %list.loop, label %changed
list.loop:
  %l = phi i64 [0, %list], [%l.next, %list.go]
  %l.more = icmp slt i64 %l, %length
  br i1 %l.more, label %list.compare, label %done.list
list.compare:
  %item.now = call i64 %item.of.list(ptr %container, i64 %l)
  %item.then.p = getelementptr i64, ptr %entries, i64 %l
  %item.then = load i64, ptr %item.then.p
  %same.item = icmp eq i64 %item.now, %item.then
  br i1 %same.item, label %list.go, label %changed
list.go:
  %l.next = add i64 %l, 1
  br label %list.loop
done.list:
  %after.list = getelementptr i64, ptr %entries, i64 %length
  br label %done
done:
  %after = phi ptr [%after.dict, %done.dict], [%after.list, %done.list]
  %k.next = add i64 %k, 1
  br label %outer
same:
  br label %answer
changed:
  br label %answer
answer:
  %which = phi i64 [5, %same], [6, %changed]
  %result.p = getelementptr i64, ptr %data, i64 %which
  %result = load ptr, ptr %result.p
  %keep.p = getelementptr i64, ptr %data, i64 4
  %keep = load ptr, ptr %keep.p
  call void %keep(ptr %result)
  ret ptr %result
}
"""


def compiled_watch(containers: Sequence[tuple[Any, list[Any]]]) -> Callable[[], bool] | None:
    """A builtin that says whether every (dict or list, contents) pair still holds.

    Contents are keys and values in turn, or items. None where the layout is not known.
    """
    if not interpreter.layout_is_known():
        return None
    words = [_address(name) for name in _FUNCTIONS]
    words += [id(True), id(False), len(containers)]
    keep: list[Any] = []
    for holder, contents in containers:
        is_list = isinstance(holder, list)
        words += [
            id(holder),  # pyright: ignore[reportUnknownArgumentType]
            _LIST if is_list else _DICT,
            len(contents) if is_list else len(contents) // 2,
            *map(id, contents),
        ]
        # What the table names by address must not be freed and its address used again.
        keep += [holder, *contents]
    return bare_builtin("unchanged", _library(), "wengert.watch", words, keep)


@lru_cache
def _library() -> Library:
    return compile_text(_TEXT.replace("DATA", str(interpreter.DATA)))


def _address(name: str) -> int:
    address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
    assert address is not None
    return address
