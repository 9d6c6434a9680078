"""From values to loops: each stored value becomes a loop nest of its own.

Reading a value at an index either loads it from its buffer or, where it is not stored, writes out
the expression that makes it, with movement turned into arithmetic on the index. `choose` decides
what is stored; `fuse` joins the nests afterwards, so storing costs nothing where loops meet.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

from .algebra import build, cast
from .choose import MOVEMENT, Choice, extent_product
from .index import ZERO, Index, Looked, Var, at, flattened, unflattened
from .loops import (
    Accumulator,
    Buffer,
    Check,
    Const,
    Expr,
    IndexTuple,
    Inside,
    Load,
    Local,
    Loop,
    Position,
    Product,
    Program,
    Statement,
    Store,
    Update,
    const,
    inside,
    load,
    local,
    position,
)
from .products import matrix_at, matrix_of
from .simplify import Value

Mask: TypeAlias = tuple[Inside, ...]

UNROLLED = 4
"""Arrays and reductions of at most this many elements are written out, without a loop."""


def is_matrix(value: Value, buffers: dict[Value, Buffer]) -> bool:
    """Whether a library can read a value as matrices, through the movement that makes it."""
    root = value
    while root.name in MOVEMENT and root not in buffers:
        root = root.inputs[0]
    if root.code is None or root.name == "literal":
        return False
    found = buffers.get(root) or Buffer("root", root.shape, root.code)
    lowering = Lowering(None, {root: found})
    lead = tuple([at(Var(extent)) for extent in value.shape[:-2]])
    row, column = (Var(max(extent, 1)) for extent in value.shape[-2:])
    element = lowering.read(value, (*lead, at(row), at(column)))
    if not isinstance(element, Load) or element.mask:
        return False
    return matrix_at(element.buffer, element.index, row, column) is not None


class Bounds:
    """What an error code means: operation, axis, extent and the operation's origin."""

    def __init__(self, value: Value, axis: int, extent: int) -> None:
        self.value = value
        self.axis = axis
        self.extent = extent


class Lowering:
    """Loops for the stored values of one region."""

    def __init__(self, choice: Choice | None, buffers: dict[Value, Buffer]) -> None:
        self._choice = choice
        self._buffers = buffers
        self._body: list[Statement] = []
        self._checks: list[Bounds] = []
        self._read: dict[Any, Expr] = {}
        self._names = itertools.count()

    def program(self, values: Sequence[Value], copies: Sequence[tuple[Value, Buffer]]) -> Program:
        """All stored `values`, in order; then `copies` of values into other buffers."""
        assert self._choice is not None
        for value in values:
            if value in self._choice.stored:
                if value not in self._buffers:
                    self._buffers[value] = self._arena(value)
                self._store(value, self._buffers[value])
        for value, buffer in copies:
            self._pointwise(value, buffer)
        buffers = dict.fromkeys([*self._buffers.values(), *(buffer for _, buffer in copies)])
        return Program(list(buffers), self._body, list(self._checks))

    def _arena(self, value: Value) -> Buffer:
        assert value.code is not None
        return Buffer(f"t{next(self._names)}", value.shape, value.code)

    # ---- reading ----------------------------------------------------------------------------

    def read(self, value: Value, index: IndexTuple, mask: Mask = ()) -> Expr:
        """The element of a value; where `mask` fails, anything, computed without touching memory."""
        key = (value, index, mask)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = self._element(value, index, mask)
        return found

    def _element(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        buffer = self._buffers.get(value)
        if buffer is not None:
            return load(buffer, index, mask)
        if value.name == "literal":
            assert value.code is not None
            return const(value.params["value"], value.code)
        if value.name == "constant":
            return load(self._constant(value), index, mask)
        return self.formula(value, index, mask)

    def _constant(self, value: Value) -> Buffer:
        assert value.code is not None
        buffer = Buffer(
            f"c{next(self._names)}",
            value.shape,
            value.code,
            "constant",
            array=value.params["array"],
        )
        self._buffers[value] = buffer
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
            case "windows":
                return self.read(source, _window(value, index), mask)
            case "embed":
                return self._embedded(value, index, mask)
            case "iota":
                assert value.code is not None
                return cast(position(index[0]), value.code)
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
        scalar: str = value.node.primitive.scalar  # type: ignore[attr-defined]
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
                found = inside(moved % abs(step), 0, 1)
                conditions += [found] if found is not None else []
                moved = moved // abs(step)
            found = inside(moved, 0, extent)
            conditions += [found] if found is not None else []
            inner.append(moved)
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
            inner.append(self._place(where, index[:rank], source.shape[axis], mask))
        return self.read(source, (*inner, *index[rank:]), mask)

    def _place(self, where: Value, index: IndexTuple, extent: int, mask: Mask = ()) -> Index:
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
        total: Expr | None = None
        for k in range(x.shape[-1]):
            left = self.read(x, matmul_index(index, x.shape, 0, at(k)), mask)
            right = self.read(y, matmul_index(index, y.shape, 1, at(k)), mask)
            term = build("mul", [cast(left, value.code), cast(right, value.code)], value.code)
            total = term if total is None else build("add", [total, term], value.code)
        return total if total is not None else const(0, value.code)

    def _reduced_out(self, value: Value, index: IndexTuple, mask: Mask) -> Expr:
        """A reduction of few elements, one after the other."""
        assert value.code is not None
        total: Expr | None = None
        joined = _JOINED[_kind(value)]
        for element in self._elements(value, index, mask):
            term = cast(element, value.code)
            total = term if total is None else build(joined, [total, term], value.code)
        return total if total is not None else const(0, value.code)

    def _elements(self, value: Value, index: IndexTuple, mask: Mask) -> list[Expr]:
        extents = reduced_extents(value)
        found: list[Expr] = []
        for places in itertools.product(*map(range, extents)):
            found.append(self._reduced(value, index, tuple(map(at, places)), mask))
        return found

    def _reduced(self, value: Value, index: IndexTuple, inner: IndexTuple, mask: Mask = ()) -> Expr:
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
        counts = source.shape[lead : lead + rank]
        windows: list[Index] = []
        conditions: list[Inside] = []
        for k in range(rank):
            moved = index[lead + k] - inner[k] * params["dilation"][k]
            stride = params["stride"][k]
            if stride > 1:
                found = inside(moved % stride, 0, 1)
                conditions += [found] if found is not None else []
                moved = moved // stride
            found = inside(moved, 0, counts[k])
            conditions += [found] if found is not None else []
            windows.append(moved)
        new = tuple(dict.fromkeys((*mask, *conditions)))
        element = self.read(source, (*index[:lead], *windows, *inner), new)
        assert source.code is not None
        for condition in conditions:
            element = build("where", [condition, element, const(0, source.code)], source.code)
        return element

    # ---- storing ----------------------------------------------------------------------------

    def _store(self, value: Value, buffer: Buffer) -> None:
        match value.name:
            case "take":
                self._check_positions(value, value.inputs[1:], value.inputs[0].shape)
                self._pointwise(value, buffer)
            case "concatenate":
                self._concatenate(value, buffer)
            case "scatter_add":
                self._scatter_add(value, buffer)
            case "put":
                self._put(value, buffer)
            case "view_put":
                self._view_put(value, buffer)
            case "cumsum":
                self._cumsum(value, buffer)
            case "argmax" | "argmin":
                self._reduction(value, buffer)
            case "sum" | "amax" | "amin" | "fold" | "matmul":
                if self._choice is not None and self._choice.product(value):
                    self._product(value, buffer)
                elif extent_product(reduced_extents(value)) <= UNROLLED:
                    self._pointwise(value, buffer)
                else:
                    self._reduction(value, buffer)
            case _:
                self._pointwise(value, buffer)

    def _pointwise(self, value: Value, buffer: Buffer) -> None:
        for loops, index in self._places(value.shape):
            # A stored value is computed here, and loaded from its buffer everywhere else.
            own = self._buffers.get(value) is buffer
            made = self.formula(value, index, ()) if own else self.read(value, index)
            self._nest(loops, [Store(buffer, index, cast(made, buffer.code))])

    def _places(self, shape: Sequence[int]) -> list[tuple[list[Var], IndexTuple]]:
        """Loops and index over a whole shape; one entry for each element of a small one."""
        total = extent_product(shape)
        if total == 0:
            return []
        if total <= UNROLLED:
            return [
                ([], tuple(map(at, places))) for places in itertools.product(*map(range, shape))
            ]
        variables = [Var(extent) if extent > 1 else None for extent in shape]
        index = tuple([ZERO if var is None else at(var) for var in variables])
        return [([var for var in variables if var is not None], index)]

    def _nest(self, variables: Sequence[Var], body: list[Statement]) -> None:
        for var in reversed(variables):
            body = [Loop(var, body)]
        self._body.extend(body)

    def _reduction(self, value: Value, buffer: Buffer) -> None:
        assert value.code is not None
        kind = _kind(value)
        for loops, index in self._places(value.shape):
            inner = [Var(extent) if extent > 1 else None for extent in reduced_extents(value)]
            places = tuple([ZERO if var is None else at(var) for var in inner])
            element = self._reduced(value, index, places)
            of = ""
            place: Expr | None = None
            if kind in ("argmax", "argmin"):
                of = element.code
                place = position(places[0])
            else:
                element = cast(element, value.code)
            acc = Accumulator(f"s{next(self._names)}", kind, value.code, of)
            body: list[Statement] = [Update(acc, element, place)]
            variables = [var for var in inner if var is not None]
            for var in reversed(variables):
                body = [Loop(var, body)]
            if not variables:
                # One element: no loop to reduce over, and none to hold an accumulator.
                body = [Loop(Var(1), body)]
            outer = body[0]
            assert isinstance(outer, Loop)
            outer.accumulators.append(acc)
            stored = Store(buffer, index, local(acc.name, acc.code))
            self._nest(loops, [*body, stored])

    def _cumsum(self, value: Value, buffer: Buffer) -> None:
        assert value.code is not None
        if value.size == 0:
            return
        axis: int = value.params["axis"]
        variables = [Var(extent) for extent in value.shape]
        index = tuple(map(at, variables))
        acc = Accumulator(f"s{next(self._names)}", "sum", value.code)
        element = cast(self.read(value.inputs[0], index), value.code)
        running: Local = local(acc.name, acc.code)
        scan = Loop(variables[axis], [Update(acc, element), Store(buffer, index, running)], [acc])
        self._nest([var for k, var in enumerate(variables) if k != axis], [scan])

    def _concatenate(self, value: Value, buffer: Buffer) -> None:
        axis: int = value.params["axis"]
        start = 0
        for part in value.inputs:
            for loops, index in self._places(part.shape):
                place = (*index[:axis], index[axis] + start, *index[axis + 1 :])
                element = cast(self.read(part, index), buffer.code)
                self._nest(loops, [Store(buffer, place, element)])
            start += part.shape[axis]

    def _fill(self, buffer: Buffer, source: Value | None) -> None:
        for loops, index in self._places(buffer.shape):
            element = const(0, buffer.code) if source is None else self.read(source, index)
            self._nest(loops, [Store(buffer, index, cast(element, buffer.code))])

    def _scatter_add(self, value: Value, buffer: Buffer) -> None:
        source, *positions = value.inputs
        self._check_positions(value, positions, value.shape)
        self._fill(buffer, None)
        rank = len(source.shape) - (len(value.shape) - len(positions))
        self._scatter(source, source.shape, rank, positions, buffer, adds=True)

    def _put(self, value: Value, buffer: Buffer) -> None:
        source, new, *positions = value.inputs
        self._check_positions(value, positions, value.shape)
        self._fill(buffer, source)
        lead = broadcast_shapes([where.shape for where in positions])
        whole = (*lead, *source.shape[len(positions) :])
        self._scatter(new, whole, len(lead), positions, buffer, adds=False)

    def _scatter(
        self,
        source: Value,
        shape: Sequence[int],
        rank: int,
        positions: Sequence[Value],
        buffer: Buffer,
        adds: bool,
    ) -> None:
        if extent_product(shape) == 0:
            return
        variables = [Var(extent) if extent > 1 else None for extent in shape]
        index = tuple([ZERO if var is None else at(var) for var in variables])
        place = [
            self._place(where, index[:rank], extent)
            for where, extent in zip(positions, buffer.shape)
        ]
        element = cast(self.read(source, broadcast_index(index, source.shape)), buffer.code)
        self._nest(
            [var for var in variables if var is not None],
            [Store(buffer, (*place, *index[rank:]), element, adds)],
        )

    def _view_put(self, value: Value, buffer: Buffer) -> None:
        base, new = value.inputs
        self._fill(buffer, base)
        shapes = [base.shape]
        for primitive, params in value.params["chain"]:
            ((shape, _),) = primitive.abstract([shapes[-1]], [base.dtype], params)
            shapes.append(tuple(shape))
        if extent_product(shapes[-1]) == 0:
            return
        variables = [Var(extent) if extent > 1 else None for extent in shapes[-1]]
        index = tuple([ZERO if var is None else at(var) for var in variables])
        element = cast(self.read(new, broadcast_index(index, new.shape)), buffer.code)
        for shape, (primitive, params) in zip(
            reversed(shapes[:-1]), reversed(value.params["chain"]), strict=True
        ):
            index = view_index(primitive.name, params, index, shape)
        self._nest([var for var in variables if var is not None], [Store(buffer, index, element)])

    def _check_positions(
        self, value: Value, positions: Sequence[Value], shape: Sequence[int]
    ) -> None:
        """Leave the program before anything is read or written outside of an array."""
        for axis, where in enumerate(positions):
            extent = shape[axis]
            if where.size == 0:
                continue
            variables = [Var(n) if n > 1 else None for n in where.shape]
            index = tuple([ZERO if var is None else at(var) for var in variables])
            element = self.read(where, index)
            low, high = _known_bounds(element)
            if 0 <= low and high < extent:
                continue
            below = build("lt", [element, const(0, "i64")], "b1")
            above = build("ge", [element, const(extent, "i64")], "b1")
            wrong = build("bitwise_or", [below, above], "b1")
            self._checks.append(Bounds(value, axis, extent))
            code = len(self._checks)
            loops = [var for var in variables if var is not None]
            if not loops:
                self._body.append(Check(wrong, code))
                continue
            acc = Accumulator(f"s{next(self._names)}", "any", "b1")
            body: list[Statement] = [Update(acc, wrong)]
            for var in reversed(loops):
                body = [Loop(var, body)]
            outer = body[0]
            assert isinstance(outer, Loop)
            outer.accumulators.append(acc)
            self._body += [outer, Check(local(acc.name, "b1"), code)]

    def _product(self, value: Value, buffer: Buffer) -> None:
        x, y = value.inputs
        lead = value.shape[:-2]
        variables = [Var(extent) if extent > 1 else None for extent in lead]
        index = tuple([ZERO if var is None else at(var) for var in variables])
        rows, columns = value.shape[-2:]
        left = matrix_of(self, x, matmul_lead(index, x.shape))
        right = matrix_of(self, y, matmul_lead(index, y.shape))
        product = Product(buffer, left, right, rows, x.shape[-1], columns, (*index, ZERO, ZERO))
        self._nest([var for var in variables if var is not None], [product])


_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "isnan", "isfinite")
_JOINED = {
    "sum": "add",
    "max": "maximum",
    "min": "minimum",
    "any": "bitwise_or",
    "all": "bitwise_and",
}


def _known_bounds(element: Expr) -> tuple[int, int]:
    """The smallest and the largest value that an index can have, as far as is known."""
    if isinstance(element, Position):
        return element.index.bounds
    if isinstance(element, Const):
        return int(element.value), int(element.value)
    if isinstance(element, Load) and element.buffer.array is not None:
        array = element.buffer.array
        return int(array.min()), int(array.max())
    return -1, 2**62


def _kind(value: Value) -> str:
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
        index[lead + k] * params["stride"][k] + index[lead + rank + k] * params["dilation"][k]
        for k in range(rank)
    ]
    return (*index[:lead], *inner)


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
        case _:
            return index
