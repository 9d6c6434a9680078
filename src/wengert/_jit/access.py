"""Addresses, loads and stores as LLVM text.

An address is built up from the outermost loop inwards, so that only its last step stands in the
innermost loop. Along the vector axis memory is read in one piece where it is contiguous, by a
gather where it is not; lanes that do not count are masked, and never touch memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .index import Index
from .loops import NUMPY, Buffer, Expr, IndexTuple, Load
from .places import Places
from .scalars import Scalars
from .writer import BYTES, Held, Writer, memory_type, type_of

_EMBEDDED = 4096
"""Constant arrays of at most this many bytes are part of the text."""

NEAR = (-1, 2, 3, 4)
"""Distances between lanes at which elements are picked from whole pieces of memory."""


class Access:
    """Reads and writes memory through a `Writer`."""

    def __init__(
        self,
        writer: Writer,
        scalars: Scalars,
        places: Places,
        value: Callable[[Expr], Held],
    ) -> None:
        self._w = writer
        self._places = places
        self._scalars = scalars
        self._value = value
        self._bases: dict[Buffer, str] = {}
        self.constants: list[str] = []
        """Global data."""
        self.symbols: dict[str, int] = {}
        """Addresses of the constants that are too large for the text."""

    def declare(self, buffer: Buffer) -> None:
        """Find the base address of a buffer, at the start of the function."""
        w = self._w
        match buffer.kind:
            case "constant":
                assert buffer.array is not None
                name = f"w.constant.{len(self.constants)}"
                if buffer.bytes > _EMBEDDED:
                    self.symbols[name] = buffer.array.ctypes.data
                    self.constants.append(f"@{name} = external constant i8")
                else:
                    self.constants.append(f"@{name} = internal constant {_data(buffer)}, align 64")
                self._bases[buffer] = f"@{name}"
            case "arena":
                self._bases[buffer] = w.emit(
                    0, f"getelementptr i8, ptr %arena, i64 {buffer.offset}", "i64"
                ).text
            case _:
                table = "%outputs" if buffer.kind == "output" else "%inputs"
                place = w.emit(0, f"getelementptr ptr, ptr {table}, i64 {buffer.position}", "i64")
                self._bases[buffer] = w.emit(0, f"load ptr, ptr {place.text}", "i64").text

    # ---- addresses --------------------------------------------------------------------------

    def _pointer(self, buffer: Buffer, flat: Index) -> Held:
        """The address of an element, for the first lane; `flat` counts elements."""
        w = self._w
        parts = [(self._places.atom(atom), factor, atom) for atom, factor in flat.terms.items()]
        parts.sort(key=lambda part: part[0].level)
        kind = memory_type(buffer.code)
        here = Held(self._bases[buffer], "i64", 1, 0)
        done: list[Any] = []
        place = 0
        while place < len(parts):
            level = parts[place][0].level
            group = [part for part in parts[place:] if part[0].level == level]
            place += len(group)
            done += [(atom, factor) for _, factor, atom in group]
            key = ("pointer", buffer, frozenset(done))
            found = w.find(key)
            if found is None:
                offset = self._places.sum(Index({atom: factor for _, factor, atom in group}))
                found = w.emit(level, f"getelementptr {kind}, ptr {here.text}, {offset}", "i64")
                w.remember(key, found)
            here = found
        if flat.constant:
            key = ("pointer", buffer, frozenset(done), flat.constant)
            found = w.find(key)
            if found is None:
                text = f"getelementptr {kind}, ptr {here.text}, i64 {flat.constant}"
                found = w.remember(key, w.emit(here.level, text, "i64"))
            here = found
        return here

    def pointer(self, buffer: Buffer, index: IndexTuple) -> Held:
        """The address of an element."""
        return self._pointer(buffer, flat(buffer, index))

    def pointer_at(self, buffer: Buffer, start: Index) -> Held:
        """The address of the element that lies `start` elements behind the first."""
        return self._pointer(buffer, start)

    def _step(self, place: Index) -> int | None:
        """How far apart the lanes lie; None where that is not a number."""
        var = self._w.vector
        step = 0
        for atom, factor in place.terms.items():
            if atom is var:
                step = factor
            elif self._places.atom_varies(atom):
                return None
        return step

    def _addresses(self, buffer: Buffer, place: Index, step: int | None) -> Held:
        """The addresses of an element in every lane, as a vector of pointers."""
        w = self._w
        lanes = w.lanes
        kind = memory_type(buffer.code)
        if step is not None:
            base = self._pointer(buffer, place)
            level = max(base.level, 0)
            offsets = f"<{lanes} x i64> <{', '.join(f'i64 {k * step}' for k in range(lanes))}>"
            text = f"getelementptr {kind}, ptr {base.text}, {offsets}"
            return w.emit(level, text, "i64", lanes)
        offsets_held = self._places.lanes(place)
        text = f"getelementptr {kind}, ptr {self._bases[buffer]}, {offsets_held}"
        return w.emit(offsets_held.level, text, "i64", lanes)

    # ---- loads ------------------------------------------------------------------------------

    def load(self, expr: Load) -> Held:
        """An element; 0 where the mask fails."""
        buffer = expr.buffer
        place = flat(buffer, expr.index)
        mask = self._mask(expr)
        if mask is not None and mask.text == "false":
            return self._scalars.constant_of(0, expr.code)
        vector = self._w.vector is not None and (
            self._places.varies(place) or (mask is not None and mask.lanes > 1)
        )
        return self._vector_load(buffer, place, mask) if vector else self._one(buffer, place, mask)

    def _mask(self, expr: Load) -> Held | None:
        found: Held | None = None
        for condition in expr.mask:
            held = self._value(condition)
            if held.text == "false":
                return held
            if held.text == "true":
                continue
            if found is None:
                found = held
            else:
                lanes = max(found.lanes, held.lanes)
                a, b = self._scalars.spread(found, lanes), self._scalars.spread(held, lanes)
                found = self._w.emit(max(a.level, b.level), f"and {a}, {b.text}", "b1", lanes)
        return found

    def _level(self, buffer: Buffer, level: int) -> int:
        """The level of a load: not above a loop that writes the buffer."""
        for depth, scope in enumerate(self._w.scopes):
            if depth > level and buffer in scope.stored:
                level = depth
        return level

    def _one(self, buffer: Buffer, place: Index, mask: Held | None) -> Held:
        w = self._w
        pointer = self._pointer(buffer, place)
        level = self._level(buffer, max(pointer.level, mask.level if mask else 0))
        text = pointer.text
        if mask is not None:
            base = self._bases[buffer]
            text = w.emit(level, f"select {mask}, ptr {text}, ptr {base}", "i64").text
        kind = memory_type(buffer.code)
        held = w.emit(level, f"load {kind}, ptr {text}", _held_code(buffer.code))
        if mask is not None:
            zero = "0.0" if buffer.code[0] == "f" else "0"
            held = w.emit(level, f"select {mask}, {held}, {kind} {zero}", held.code)
        return self._loaded(buffer.code, held)

    def _loaded(self, code: str, held: Held) -> Held:
        """A value as it was in memory, as it is in registers."""
        if code != "b1":
            return held
        zero = "0" if held.lanes == 1 else "zeroinitializer"
        return self._w.emit(held.level, f"icmp ne {held}, {zero}", "b1", held.lanes)

    def active(self) -> str | None:
        """The constant mask of the lanes that count, or None where all do."""
        w = self._w
        if w.active is None:
            return None
        return lane_mask(w.active, w.lanes)

    def _guard(self, mask: Held | None, level: int) -> str | None:
        """`mask` on the lanes that count."""
        active = self.active()
        if mask is None:
            return active
        wide = self._scalars.spread(mask, self._w.lanes)
        if active is None:
            return wide.text
        return self._w.emit(level, f"and {wide}, {active}", "b1", self._w.lanes).text

    def _vector_load(self, buffer: Buffer, place: Index, mask: Held | None) -> Held:
        w = self._w
        lanes = w.lanes
        code = _held_code(buffer.code)
        wide = memory_type(buffer.code, lanes)
        step = self._step(place)
        size = BYTES[buffer.code]
        if step == 1:
            pointer = self._pointer(buffer, place)
            level = self._level(buffer, max(pointer.level, mask.level if mask else 0))
            guard = self._guard(mask, level)
            if guard is None:
                text = f"load {wide}, ptr {pointer.text}, align {size}"
            else:
                text = self._masked_load(buffer.code, pointer.text, guard)
        elif step in NEAR and mask is None and w.active is None and lanes >= 4:
            pointer = self._pointer(buffer, place)
            level = self._level(buffer, pointer.level)
            return self._loaded(buffer.code, self._every(buffer, pointer, step, level))
        elif step == 0 and mask is not None:
            pointer = self._pointer(buffer, place)
            return self._uniform_masked(buffer, place, mask)
        else:
            addresses = self._addresses(buffer, place, step)
            level = self._level(buffer, max(addresses.level, mask.level if mask else 0))
            guard = self._guard(mask, level) or "splat (i1 true)"
            text = self._gather(buffer.code, addresses.text, guard)
        return self._loaded(buffer.code, w.emit(level, text, code, lanes))

    def _every(self, buffer: Buffer, first: Held, step: int, level: int) -> Held:
        """Elements that lie `step` apart: whole pieces of memory, and shuffles.

        The last piece ends with the last element, so nothing behind it is read.
        """
        w = self._w
        lanes = w.lanes
        code, kind = _held_code(buffer.code), memory_type(buffer.code)
        wide = memory_type(buffer.code, lanes)
        starts = [piece * lanes for piece in range(step - 1)] + [(step - 1) * (lanes - 1)]
        where = [k * step for k in range(lanes)]
        if step == -1:
            starts, where = [1 - lanes], [-k for k in range(lanes)]
        found: Held | None = None
        for number, start in enumerate(starts):
            place = first.text
            if start:
                place = w.emit(level, f"getelementptr {kind}, ptr {place}, i64 {start}", "i64").text
            text = f"load {wide}, ptr {place}, align {BYTES[buffer.code]}"
            piece = w.emit(level, text, code, lanes)
            end = starts[number + 1] if number + 1 < len(starts) else start + lanes
            before = found or piece
            picks: list[str] = []
            for lane, element in enumerate(where):
                if start <= element < end:
                    picks.append(f"i32 {element - start + (lanes if found else 0)}")
                else:
                    picks.append(f"i32 {lane}" if found and element < start else "i32 poison")
            text = f"shufflevector {before}, {piece}, <{lanes} x i32> <{', '.join(picks)}>"
            found = w.emit(level, text, code, lanes)
        assert found is not None
        return found

    def _uniform_masked(self, buffer: Buffer, place: Index, mask: Held) -> Held:
        """One element, seen only by the lanes of a mask. Its place is valid if any lane sees it."""
        w = self._w
        lanes = w.lanes
        pointer = self._pointer(buffer, place)
        level = self._level(buffer, max(pointer.level, mask.level))
        guard = self._guard(mask, level)
        base = self._bases[buffer]
        pointers = f"<{lanes} x ptr>"
        first = w.emit(level, f"insertelement {pointers} poison, ptr {pointer.text}, i64 0", "i64")
        every = w.emit(
            level,
            f"shufflevector {pointers} {first.text}, {pointers} poison, "
            f"<{lanes} x i32> zeroinitializer",
            "i64",
        )
        assert guard is not None and base
        text = self._gather(buffer.code, every.text, guard)
        return self._loaded(buffer.code, w.emit(level, text, _held_code(buffer.code), lanes))

    def _masked_load(self, code: str, pointer: str, guard: str) -> str:
        lanes = self._w.lanes
        wide, mask = memory_type(code, lanes), type_of("b1", lanes)
        name = f"@llvm.masked.load.v{lanes}{_letter(code)}.p0"
        return (
            f"call {wide} {name}(ptr align {BYTES[code]} {pointer}, {mask} {guard}, "
            f"{wide} zeroinitializer)"
        )

    def _gather(self, code: str, addresses: str, guard: str) -> str:
        lanes = self._w.lanes
        wide, mask = memory_type(code, lanes), type_of("b1", lanes)
        pointers = f"<{lanes} x ptr>"
        name = f"@llvm.masked.gather.v{lanes}{_letter(code)}.v{lanes}p0"
        return (
            f"call {wide} {name}({pointers} align {BYTES[code]} {addresses}, {mask} {guard}, "
            f"{wide} zeroinitializer)"
        )

    # ---- stores -----------------------------------------------------------------------------

    def store(self, buffer: Buffer, index: IndexTuple, held: Held, adds: bool) -> None:
        """Write an element, or add to it, in every lane that counts."""
        w = self._w
        place = flat(buffer, index)
        lanes = w.lanes if self._places.varies(place) else 1
        assert held.lanes in (1, lanes), "a store that differs between lanes needs a place in each"
        held = self._scalars.spread(held, lanes)
        if adds:
            old = (
                self._one(buffer, place, None)
                if lanes == 1
                else self._vector_load(buffer, place, None)
            )
            held = self._scalars.added(old, held)
        if held.code == "b1":
            held = w.emit(w.depth, f"zext {held} to {memory_type('b1', lanes)}", "u8", lanes)
        if lanes == 1:
            pointer = self._pointer(buffer, place)
            w.append(f"store {held}, ptr {pointer.text}, align {BYTES[buffer.code]}")
            return
        step = self._step(place)
        mask = type_of("b1", lanes)
        guard = self.active()
        align = f"align {BYTES[buffer.code]}"
        suffix = f"v{lanes}{_letter(buffer.code)}"
        if step == 1 and guard is None:
            pointer = self._pointer(buffer, place)
            w.append(f"store {held}, ptr {pointer.text}, {align}")
        elif step == 1:
            pointer = self._pointer(buffer, place)
            name = f"@llvm.masked.store.{suffix}.p0"
            w.append(f"call void {name}({held}, ptr {align} {pointer.text}, {mask} {guard})")
        else:
            addresses = self._addresses(buffer, place, step)
            pointers = f"<{lanes} x ptr>"
            name = f"@llvm.masked.scatter.{suffix}.v{lanes}p0"
            w.append(
                f"call void {name}({held}, {pointers} {align} {addresses.text}, "
                f"{mask} {guard or 'splat (i1 true)'})"
            )


def lane_mask(count: int, lanes: int) -> str:
    """The constant mask with the first `count` lanes set."""
    marks = ", ".join("i1 true" if lane < count else "i1 false" for lane in range(lanes))
    return f"<{marks}>"


def flat(buffer: Buffer, index: IndexTuple) -> Index:
    """How many elements lie before an element."""
    found = buffer.flats.get(index)
    if found is None:
        found = Index({})
        for part, stride in zip(index, buffer.strides, strict=True):
            found = found + part * stride
        buffer.flats[index] = found
    return found


def _held_code(code: str) -> str:
    return "u8" if code == "b1" else code


def _letter(code: str) -> str:
    return {"b1": "i8", "u8": "i8"}.get(code, code)


def _data(buffer: Buffer) -> str:
    """A constant array as an initialiser."""
    array = buffer.array
    assert array is not None
    raw = array.astype(NUMPY[buffer.code], order="C").tobytes()
    text = "".join(f"\\{byte:02X}" for byte in raw)
    return f'[{len(raw)} x i8] c"{text}"'
