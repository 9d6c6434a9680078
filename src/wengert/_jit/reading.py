"""Values at an index, as expressions.

Reading a value loads it from its buffer or, where it has none, writes out what makes it, with
movement turned into arithmetic on the index. Nothing is stored here.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from .algebra import build, cast
from .index import ZERO, Index, Looked, at, bounded, flattened, unbounded, unflattened
from .loops import (
    Buffer,
    Const,
    Expr,
    IndexTuple,
    Inside,
    Position,
    const,
    inside,
    load,
    position,
)
from .simplify import Value

Mask: TypeAlias = tuple[Inside, ...]


class Reader:
    """Reads values, of which some lie in `buffers`."""

    def __init__(self, buffers: dict[Value, Buffer]) -> None:
        self.buffers = buffers
        self._read: dict[Any, Expr] = {}
        self._constants = 0

    def read(self, value: Value, index: IndexTuple, mask: Mask = ()) -> Expr:
        """The element of a value; where `mask` fails, anything, without touching memory."""
        key = (value, index, mask)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = self._element(value, index, mask)
        return found

    def _element(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        buffer = self.buffers.get(value)
        if buffer is not None:
            return load(buffer, tuple(map(unbounded, index)), mask)
        if value.name == "literal":
            assert value.code is not None
            return const(value.params["value"], value.code)
        if value.name == "constant":
            return load(self._constant(value), tuple(map(unbounded, index)), mask)
        return self.formula(value, index, mask)

    def _constant(self, value: Value) -> Buffer:
        assert value.code is not None
        self._constants += 1
        buffer = Buffer(
            f"c{self._constants}",
            value.shape,
            value.code,
            "constant",
            array=np.ascontiguousarray(value.params["array"]),
        )
        self.buffers[value] = buffer
        return buffer

    def formula(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        """The expression that makes one element of a value that needs no loop."""
        source = value.inputs[0] if value.inputs else value
        params = value.params
        match value.name:
            case "copy":
                return self.read(source, index, mask)
            case "to":
                assert value.code is not None
                return cast(self.read(source, index, mask), value.code)
            case "reshape":
                if source.size == 1:
                    return self.read(source, (ZERO,) * len(source.shape), mask)
                flat = flattened(index, value.shape)
                return self.read(source, unflattened(flat, source.shape), mask)
            case "permute":
                inner = [ZERO] * len(index)
                for axis, part in zip(params["axes"], index, strict=True):
                    inner[axis] = part
                return self.read(source, tuple(inner), mask)
            case "expand":
                return self.read(source, broadcast_index(index, source.shape), mask)
            case "slice":
                inner = [
                    part * step + start
                    for part, (start, _, step) in zip(index, params["slices"], strict=True)
                ]
                return self.read(source, tuple(inner), mask)
            case "lattice":
                return self.read(source, _on_lattice(params, index), mask)
            case "windows":
                return self.read(source, _window(value, index), mask)
            case "embed":
                return self._embedded(value, index, mask)
            case "iota":
                assert value.code is not None
                return cast(position(unbounded(index[0])), value.code)
            case "take":
                return self._taken(value, index, mask)
            case "matmul":
                return self._written_out(value, index, mask)
            case "sum" | "amax" | "amin" | "fold":
                return self._reduced_out(value, index, mask)
            case _:
                return self._elementwise(value, index, mask)

    def _elementwise(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        assert value.code is not None and value.node is not None
        scalar: str = getattr(value.node.primitive, "scalar", "")
        code = operand_code(value)
        args: list[Expr] = []
        for place, source in enumerate(value.inputs):
            part = self.read(source, broadcast_index(index, source.shape), mask)
            args.append(cast(part, "b1" if scalar == "where" and place == 0 else code))
        if scalar in _COMPARISONS:
            return build(scalar, args, "b1")
        return build(scalar, args, value.code)

    def _embedded(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        assert value.code is not None
        source = value.inputs[0]
        inner: list[Index] = []
        conditions: list[Inside] = []
        for part, extent, (start, _, step) in zip(
            index, source.shape, value.params["slices"], strict=True
        ):
            moved = part - start if step > 0 else part * -1 + start
            if abs(step) > 1:
                found = inside(unbounded(moved % abs(step)), 0, 1)
                conditions += [found] if found is not None else []
                moved = moved // abs(step)
            found = inside(unbounded(moved), 0, extent)
            conditions += [found] if found is not None else []
            inner.append(bounded(moved, extent))
        new = tuple(dict.fromkeys((*mask, *conditions)))
        element = self.read(source, tuple(inner), new)
        for condition in conditions:
            element = build("where", [condition, element, const(0, value.code)], value.code)
        return element

    def _taken(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        source, *positions = value.inputs
        rank = len(value.shape) - (len(source.shape) - len(positions))
        inner: list[Index] = []
        for axis, where in enumerate(positions):
            inner.append(self.place(where, index[:rank], source.shape[axis], mask))
        return self.read(source, (*inner, *index[rank:]), mask)

    def place(self, where: Value, index: IndexTuple, extent: int, mask: Mask = ()) -> Index:
        """The position that the index array `where` holds, as an index along an axis."""
        found = self.read(where, broadcast_index(index, where.shape), mask)
        if isinstance(found, Const):
            return at(int(found.value))
        if isinstance(found, Position):
            return found.index
        return Index({Looked(found, extent): 1})

    def _written_out(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        """A matrix product with few terms, term by term."""
        x, y = value.inputs
        assert value.code is not None
        # As in a sum, the 0 that it starts at decides the sign of a sum of zeros.
        total: Expr = const(0, value.code)
        for k in range(x.shape[-1]):
            left = self.read(x, matmul_index(index, x.shape, 0, at(k)), mask)
            right = self.read(y, matmul_index(index, y.shape, 1, at(k)), mask)
            term = build("mul", [cast(left, value.code), cast(right, value.code)], value.code)
            total = build("add", [total, term], value.code)
        return total

    def _reduced_out(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        """A reduction of few elements, one after the other."""
        assert value.code is not None
        joined = _JOINED[kind_of(value)]
        # As in NumPy a sum starts at 0, so that of -0 alone is 0.
        starts = kind_of(value) == "sum" and value.code[0] == "f"
        total: Expr | None = const(0.0, value.code) if starts else None
        for element in self._elements(value, index, mask):
            term = cast(element, value.code)
            total = term if total is None else build(joined, [total, term], value.code)
        return total if total is not None else const(kind_of(value) == "all", value.code)

    def _elements(self, value: Value, index: IndexTuple, mask: Mask) -> list[Expr]:
        return [
            self.reduced(value, index, tuple(map(at, places)), mask)
            for places in itertools.product(*map(range, reduced_extents(value)))
        ]

    def reduced(self, value: Value, index: IndexTuple, inner: IndexTuple, mask: Mask = ()) -> Expr:
        """The element that a reduction reads at `inner` of its reduced axes."""
        source = value.inputs[0]
        if value.name == "fold":
            return self._folded(value, index, inner, mask)
        if value.name == "matmul":
            x, y = value.inputs
            assert value.code is not None
            left = self.read(x, matmul_index(index, x.shape, 0, inner[0]), mask)
            right = self.read(y, matmul_index(index, y.shape, 1, inner[0]), mask)
            return build("mul", [cast(left, value.code), cast(right, value.code)], value.code)
        axes = reduced_axes(value)
        kept, reduced = iter(index), iter(inner)
        whole = [next(reduced) if axis in axes else next(kept) for axis in range(len(source.shape))]
        return self.read(source, tuple(whole), mask)

    def _folded(self, value: Value, index: IndexTuple, inner: IndexTuple, mask: Mask) -> Expr:
        """The element of window `inner` that lies on `index`, or 0."""
        source, params = value.inputs[0], value.params
        rank = len(inner)
        lead = len(value.shape) - rank
        counts = source.shape[lead + rank :]
        windows: list[Index] = []
        conditions: list[Inside] = []
        for k in range(rank):
            moved = index[lead + k] - inner[k] * params["dilation"][k]
            stride = params["stride"][k]
            if stride > 1:
                found = inside(unbounded(moved % stride), 0, 1)
                conditions += [found] if found is not None else []
                moved = moved // stride
            found = inside(unbounded(moved), 0, counts[k])
            conditions += [found] if found is not None else []
            windows.append(bounded(moved, counts[k]))
        new = tuple(dict.fromkeys((*mask, *conditions)))
        element = self.read(source, (*index[:lead], *inner, *windows), new)
        assert source.code is not None
        for condition in conditions:
            element = build("where", [condition, element, const(0, source.code)], source.code)
        return element


_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "isnan", "isfinite")
_JOINED = {
    "sum": "add",
    "max": "maximum",
    "min": "minimum",
    "any": "bitwise_or",
    "all": "bitwise_and",
}


def kind_of(value: Value) -> str:
    match value.name:
        case "amax":
            return "any" if value.code == "b1" else "max"
        case "amin":
            return "all" if value.code == "b1" else "min"
        case "argmax" | "argmin":
            return value.name
        case _:
            return "sum"


def operand_code(value: Value) -> str:
    """The dtype in which an elementwise operation takes its operands."""
    assert value.code is not None
    scalar = getattr(value.node and value.node.primitive, "scalar", None)
    if scalar not in _COMPARISONS:
        return value.code
    # Numbers held wider than their dtype give way to arrays.
    sources = [source for source in value.inputs if source.name != "literal"]
    codes = [s.code for s in sources if not s.weak] or [s.code for s in sources]
    found = [code for code in codes if code is not None]
    return "f64" if "f64" in found else found[0]


def broadcast_index(index: IndexTuple, shape: Sequence[int]) -> IndexTuple:
    """The index into an operand of `shape` that was broadcast."""
    tail = index[len(index) - len(shape) :]
    return tuple([ZERO if n == 1 else part for part, n in zip(tail, shape, strict=True)])


def broadcast_shapes(shapes: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The common shape."""
    rank = max(map(len, shapes))
    found = [1] * rank
    for shape in shapes:
        for k, extent in enumerate(shape):
            axis = rank - len(shape) + k
            found[axis] = extent if found[axis] == 1 else found[axis]
    return tuple(found)


def matmul_lead(index: IndexTuple, shape: Sequence[int]) -> IndexTuple:
    """The index of the leading axes of a matmul operand."""
    return broadcast_index(index, shape[:-2]) if len(shape) > 2 else ()


def matmul_index(index: IndexTuple, shape: Sequence[int], side: int, k: Index) -> IndexTuple:
    """The index of the operand's element that meets term k of the output element `index`."""
    lead = matmul_lead(index[:-2], shape)
    place = k if shape[-1 - side] > 1 else ZERO
    row, column = (index[-2], place) if side == 0 else (place, index[-1])
    return (*lead, row, column)


def reduced_axes(value: Value) -> tuple[int, ...]:
    """The axes over which a reduction runs."""
    if value.name in ("argmax", "argmin"):
        return (value.params["axis"],)
    axes: tuple[int, ...] = value.params["axes"]
    return axes


def reduced_extents(value: Value) -> tuple[int, ...]:
    """The extents of the loops that a reduction needs."""
    source = value.inputs[0]
    if value.name == "matmul":
        return (source.shape[-1],)
    if value.name == "fold":
        kernel: tuple[int, ...] = value.params["kernel"]
        return kernel
    return tuple([source.shape[axis] for axis in reduced_axes(value)])


def _window(value: Value, index: IndexTuple) -> IndexTuple:
    params = value.params
    rank = len(params["kernel"])
    lead = len(index) - 2 * rank
    inner = [
        index[lead + k] * params["dilation"][k] + index[lead + rank + k] * params["stride"][k]
        for k in range(rank)
    ]
    return (*index[:lead], *inner)


def _on_lattice(params: dict[str, Any], index: IndexTuple) -> IndexTuple:
    found: list[Index] = []
    for start, steps in zip(params["starts"], params["steps"], strict=True):
        place = at(start)
        for part, step in zip(index, steps, strict=True):
            if step:
                place = place + part * step
        found.append(place)
    return tuple(found)


def view_index(
    name: str, params: dict[str, Any], index: IndexTuple, shape: Sequence[int]
) -> IndexTuple:
    """Where an element of a view lies in what is viewed, which has `shape`."""
    match name:
        case "reshape":
            return unflattened(flattened(index, params["shape"]), tuple(shape))
        case "permute":
            inner = [ZERO] * len(index)
            for axis, part in zip(params["axes"], index, strict=True):
                inner[axis] = part
            return tuple(inner)
        case "expand":
            return broadcast_index(index, shape)
        case "slice":
            return tuple(
                [
                    part * step + start
                    for part, (start, _, step) in zip(index, params["slices"], strict=True)
                ]
            )
        case "lattice":
            return _on_lattice(params, index)
        case _:
            return index
