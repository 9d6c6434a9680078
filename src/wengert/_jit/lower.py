"""From values to loops: each stored value becomes a loop nest of its own.

`choose` decided what is stored, `reading` writes out the rest where it is read, and `fuse` joins
the nests afterwards, so storing costs nothing where loops meet.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .access import flat
from .algebra import build, cast
from .choose import Choice, extent_product, root_of
from .index import ZERO, Var, at
from .loops import (
    Accumulator,
    Buffer,
    Check,
    Const,
    Expr,
    IndexTuple,
    Load,
    Loop,
    Position,
    Product,
    Program,
    Statement,
    Store,
    Update,
    const,
    local,
    position,
)
from .products import matrix_at, matrix_of
from .reading import (
    Reader,
    broadcast_index,
    broadcast_shapes,
    kind_of,
    matmul_lead,
    reduced_extents,
    view_index,
)
from .rewrite import contains
from .simplify import Value

UNROLLED = 4
"""Arrays and reductions of at most this many elements are written out, without a loop."""


def is_matrix(value: Value, stored: set[Value], buffers: dict[Value, Buffer]) -> bool:
    """Whether a library can read a value as matrices, through the movement that makes it."""
    root = root_of(value, stored | set(buffers))
    if root.code is None or root.name == "literal":
        return False
    found = buffers.get(root) or Buffer("root", root.shape, root.code)
    reader = Reader({root: found})
    lead = tuple([at(Var(extent)) for extent in value.shape[:-2]])
    row, column = (Var(max(extent, 1)) for extent in value.shape[-2:])
    element = reader.read(value, (*lead, at(row), at(column)))
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

    def __init__(self, choice: Choice, buffers: dict[Value, Buffer]) -> None:
        self.reader = Reader(buffers)
        self._choice = choice
        self._buffers = buffers
        self._body: list[Statement] = []
        self._checks: list[Bounds] = []
        self._written_out: set[Buffer] = set()
        """Buffers of a few elements, each with statements of its own."""
        self._names = itertools.count()

    def program(self, values: Sequence[Value], copies: Sequence[tuple[Value, Buffer]]) -> Program:
        """All stored `values`, in order; then `copies` of values into other buffers."""
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
                if self._choice.product(value):
                    self._product(value, buffer)
                elif extent_product(reduced_extents(value)) <= UNROLLED:
                    self._pointwise(value, buffer)
                else:
                    self._reduction(value, buffer)
            case _:
                self._pointwise(value, buffer)

    def _pointwise(self, value: Value, buffer: Buffer) -> None:
        if value.size == 0:
            return
        # A stored value is computed here, and loaded from its buffer everywhere else.
        own = self._buffers.get(value) is buffer

        def element(index: IndexTuple) -> Expr:
            made = self.reader.formula(value, index, ()) if own else self.reader.read(value, index)
            return cast(made, buffer.code)

        loops, index = _over(value.shape)
        made = element(index)
        if value.size <= UNROLLED and self._only_reads_written_out(made):
            self._written_out.add(buffer)
            for places in itertools.product(*map(range, value.shape)):
                index = tuple(map(at, places))
                self._body.append(Store(buffer, index, element(index)))
        else:
            self._nest(loops, [Store(buffer, index, made)])

    def _only_reads_written_out(self, element: Expr) -> bool:
        """Whether no loop made what an expression reads, so that it needs none either."""
        return all(
            expr.buffer.kind in ("input", "number", "constant") or expr.buffer in self._written_out
            for expr in contains([element], set())
            if isinstance(expr, Load)
        )

    def _nest(self, variables: Sequence[Var], body: list[Statement]) -> None:
        for var in reversed(variables):
            body = [Loop(var, body)]
        self._body.extend(body)

    def _reduction(self, value: Value, buffer: Buffer) -> None:
        if value.size == 0:
            return
        loops, index = _over(value.shape)
        inner, places = _over(reduced_extents(value))
        element = self.reader.reduced(value, index, places)
        if value.size <= UNROLLED and _strides_across(element, loops, inner):
            self._written_out.add(buffer)
            for fixed in itertools.product(*map(range, value.shape)):
                self._reduced_at(value, buffer, [], tuple(map(at, fixed)))
        else:
            self._reduced_at(value, buffer, loops, index)

    def _reduced_at(
        self, value: Value, buffer: Buffer, loops: Sequence[Var], index: IndexTuple
    ) -> None:
        assert value.code is not None
        kind = kind_of(value)
        variables, places = _over(reduced_extents(value))
        element = self.reader.reduced(value, index, places)
        of = ""
        place: Expr | None = None
        if kind in ("argmax", "argmin"):
            of = element.code
            place = position(places[0])
        else:
            element = cast(element, value.code)
        acc = Accumulator(f"s{next(self._names)}", kind, value.code, of)
        body: list[Statement] = [Update(acc, element, place)]
        # One element needs no loop to reduce over, but one to hold the accumulator.
        for var in reversed(variables or [Var(1)]):
            body = [Loop(var, body)]
        outer = body[0]
        assert isinstance(outer, Loop)
        outer.accumulators.append(acc)
        self._nest(loops, [*body, Store(buffer, index, local(acc.name, acc.code))])

    def _cumsum(self, value: Value, buffer: Buffer) -> None:
        assert value.code is not None
        if value.size == 0:
            return
        axis: int = value.params["axis"]
        variables = [Var(extent) for extent in value.shape]
        index = tuple(map(at, variables))
        # As in the primitive: single precision is kept in double, where terms do not drown.
        wide = "f64" if value.code == "f32" else value.code
        acc = Accumulator(f"s{next(self._names)}", "sum", wide)
        element = cast(self.reader.read(value.inputs[0], index), wide)
        running = cast(local(acc.name, acc.code), value.code)
        scan = Loop(variables[axis], [Update(acc, element), Store(buffer, index, running)], [acc])
        self._nest([var for k, var in enumerate(variables) if k != axis], [scan])

    def _concatenate(self, value: Value, buffer: Buffer) -> None:
        axis: int = value.params["axis"]
        start = 0
        for part in value.inputs:
            if part.size:
                loops, index = _over(part.shape)
                place = (*index[:axis], index[axis] + start, *index[axis + 1 :])
                element = cast(self.reader.read(part, index), buffer.code)
                self._nest(loops, [Store(buffer, place, element)])
            start += part.shape[axis]

    def _fill(self, buffer: Buffer, source: Value | None) -> None:
        if buffer.size:
            loops, index = _over(buffer.shape)
            element = const(0, buffer.code) if source is None else self.reader.read(source, index)
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
        variables, index = _over(shape)
        place = [
            self.reader.place(where, index[:rank], extent)
            for where, extent in zip(positions, buffer.shape)
        ]
        element = cast(self.reader.read(source, broadcast_index(index, source.shape)), buffer.code)
        self._nest(
            variables,
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
        variables, index = _over(shapes[-1])
        element = cast(self.reader.read(new, broadcast_index(index, new.shape)), buffer.code)
        for shape, (primitive, params) in zip(
            reversed(shapes[:-1]), reversed(value.params["chain"]), strict=True
        ):
            index = view_index(primitive.name, params, index, shape)
        self._nest(variables, [Store(buffer, index, element)])

    def _check_positions(
        self, value: Value, positions: Sequence[Value], shape: Sequence[int]
    ) -> None:
        """Leave the program before anything is read or written outside of an array."""
        for axis, where in enumerate(positions):
            extent = shape[axis]
            if where.size == 0:
                continue
            loops, index = _over(where.shape)
            element = self.reader.read(where, index)
            low, high = _known_bounds(element)
            if low >= 0 and high < extent:
                continue
            below = build("lt", [element, const(0, "i64")], "b1")
            above = build("ge", [element, const(extent, "i64")], "b1")
            wrong = build("bitwise_or", [below, above], "b1")
            self._checks.append(Bounds(value, axis, extent))
            code = len(self._checks)
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
        variables, index = _over(lead)
        rows, columns = value.shape[-2:]
        left = matrix_of(self.reader, x, matmul_lead(index, x.shape))
        right = matrix_of(self.reader, y, matmul_lead(index, y.shape))
        product = Product(buffer, left, right, rows, x.shape[-1], columns, (*index, ZERO, ZERO))
        self._nest(variables, [product])


def _over(shape: Sequence[int]) -> tuple[list[Var], IndexTuple]:
    """A loop variable for every axis with more than one element, and the index they make."""
    variables = [Var(extent) if extent > 1 else None for extent in shape]
    index = tuple([ZERO if var is None else at(var) for var in variables])
    return [var for var in variables if var is not None], index


def _strides_across(element: Expr, kept: Sequence[Var], reduced: Sequence[Var]) -> bool:
    """Whether what is read lies more densely along the kept axes than along the reduced ones.

    Then the reductions of a few kept elements are better done side by side in one loop.
    """
    across = along = False
    for expr in contains([element], set()):
        if isinstance(expr, Load):
            terms = flat(expr.buffer, expr.index).terms
            steps = [abs(terms[var]) for var in kept if var in terms]
            others = [abs(terms[var]) for var in reduced if var in terms]
            if steps and others:
                across = across or min(steps) < min(others)
                along = along or min(steps) > min(others)
    return across or not along


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
