"""Lines of LLVM text at the place where they belong: names, blocks and scopes.

A value knows its level, the number of open loops it depends on. Its line is put into the loop of
that level, before the next deeper loop that is open, so invariants leave loops as they are written.
What was computed once is remembered by the scope that holds its line.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .index import Var
from .loops import Buffer

_TYPES = {
    "b1": "i1",
    "u8": "i8",
    "i8": "i8",
    "i16": "i16",
    "i32": "i32",
    "i64": "i64",
    "f32": "float",
    "f64": "double",
}
BYTES = {"b1": 1, "u8": 1, "i8": 1, "i16": 2, "i32": 4, "i64": 8, "f32": 4, "f64": 8}


def type_of(code: str, lanes: int) -> str:
    """The type of a value in registers."""
    return _TYPES[code] if lanes == 1 else f"<{lanes} x {_TYPES[code]}>"


def memory_type(code: str, lanes: int = 1) -> str:
    """The type of a value in memory: bools take a byte."""
    return type_of("u8" if code == "b1" else code, lanes)


@dataclass(frozen=True)
class Held:
    """A value in a register (or a literal), in one lane or several."""

    text: str
    code: str
    lanes: int
    level: int

    @property
    def type(self) -> str:
        return type_of(self.code, self.lanes)

    def __str__(self) -> str:
        return f"{self.type} {self.text}"


class Scope:
    """An open loop, or the function."""

    __slots__ = ("hoisted", "known", "lines", "stored", "var")

    def __init__(self, var: Var | None, stored: Iterable[Buffer] = ()) -> None:
        self.var = var
        self.stored = frozenset(stored)
        """Buffers that the loop writes: loads from them stay inside."""
        self.hoisted: list[Any] = []
        """Lines that run once before the loop."""
        self.lines: list[Any] = []
        self.known: dict[Any, Held] = {}


class Writer:
    """The text of one function."""

    def __init__(self) -> None:
        self.scopes = [Scope(None)]
        self.block = "start"
        self.lanes = 1
        """How many iterations of the open vector loop run at once."""
        self.vector: Var | None = None
        self.active: int | None = None
        """How many of the lanes count; None for all."""
        self._places: dict[Var, Held] = {}
        self._numbers = itertools.count()

    @property
    def depth(self) -> int:
        return len(self.scopes) - 1

    def name(self) -> str:
        return f"%v{next(self._numbers)}"

    def label(self, word: str) -> str:
        return f"{word}{next(self._numbers)}"

    def append(self, lines: Any) -> None:
        """A line, or a list of lines that may still grow, at the current place."""
        self.scopes[-1].lines.append(lines)

    def emit(self, level: int, text: str, code: str, lanes: int = 1) -> Held:
        """A new value, computed in the loop of `level`."""
        name = self.name()
        line = f"{name} = {text}"
        if level == len(self.scopes) - 1:
            self.scopes[-1].lines.append(line)
        else:
            self.scopes[level + 1].hoisted.append(line)
        return Held(name, code, lanes, level)

    def least(self, start: str, step: int, end: int) -> str:
        """min(start + step, end), here."""
        next_, inside, least = self.name(), self.name(), self.name()
        self.append(f"{next_} = add nuw nsw i64 {start}, {step}")
        self.append(f"{inside} = icmp ult i64 {next_}, {end}")
        self.append(f"{least} = select i1 {inside}, i64 {next_}, i64 {end}")
        return least

    def find(self, key: Any) -> Held | None:
        for scope in reversed(self.scopes):
            found = scope.known.get(key)
            if found is not None:
                return found
        return None

    def remember(self, key: Any, held: Held) -> Held:
        self.scopes[held.level].known[key] = held
        return held

    def enter(self, scope: Scope) -> None:
        self.append(scope.hoisted)
        self.append(scope.lines)
        self.scopes.append(scope)

    def leave(self) -> None:
        self.scopes.pop()

    def bind(self, var: Var, held: Held) -> None:
        self._places[var] = held

    def place(self, var: Var) -> Held:
        return self._places[var]

    def finished(self) -> list[str]:
        """All lines in order."""
        found: list[str] = []
        stack: list[Any] = [iter(self.scopes[0].lines)]
        while stack:
            for line in stack[-1]:
                if isinstance(line, str):
                    found.append(line)
                else:
                    stack.append(iter(line))
                    break
            else:
                stack.pop()
        return found
