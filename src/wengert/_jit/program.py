"""compile_graph: a graph becomes a function of arrays.

What loops cannot express runs as NumPy callbacks. The graph is cut into native regions with
callbacks between them, as few as possible; a graph without callbacks is one native function.
Inputs are written (commits) in the last region, after everything that can raise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from .._base.kinds import is_tuple
from .._graph.graph import Graph
from .choose import FREE, MOVEMENT, is_library_product
from .loops import NUMPY
from .products import has_library
from .reading import operand_code
from .regions import Native, Region, compile_region
from .scalars import native
from .simplify import Value, simplified

Array: TypeAlias = "np.ndarray[Any, Any]"
Layouts: TypeAlias = "Sequence[tuple[int, ...] | None]"
"""For each input its strides in bytes, or None for C order."""

_LOOPS = frozenset(
    (*FREE, "take", "matmul", "sum", "amax", "amin", "fold", "argmax", "argmin", "concatenate",
     "scatter_add", "put", "view_put", "cumsum")
)  # fmt: skip


@dataclass
class Report:
    """What became of a graph."""

    kernels: int = 0
    """Loop nests and library products."""
    callbacks: list[str] = field(default_factory=lambda: list[str]())
    """Operations that run as NumPy calls."""
    regions: int = 0
    """Native functions."""
    arena_bytes: int = 0


@dataclass
class Program:
    """A compiled graph. `call(*inputs)` returns a tuple of fresh arrays."""

    call: Callable[..., tuple[Array, ...]]
    report: Report
    loops: str
    """The loop IR of every region."""
    llvm: str
    """The LLVM text of every region."""


def compile_graph(
    graph: Graph,
    layouts: Layouts | None = None,
    *,
    name: str = "program",
    slow: Callable[..., Any] | None = None,
    release_gil: bool | None = None,
    cache: bool = True,
) -> Program:
    """Native code for a graph, for inputs with these layouts.

    Arguments of another type, dtype, shape or layout go to `slow(*arguments)`; without it they are
    copied into the expected layout, or a TypeError says what does not fit. The interpreter's lock
    is released where that pays and no input is written, unless `release_gil` decides.
    """
    return _Compiler(graph, layouts, name, slow, release_gil, cache).program()


def is_native(value: Value) -> bool:
    """Whether loops can compute a value."""
    if value.code is None or any(
        source.code is None for source in value.inputs if source.name != "literal"
    ):
        return False
    if value.name in _LOOPS:
        if value.name == "matmul":
            return value.code != "b1" and (not is_library_product(value) or has_library())
        if value.name == "view_put":
            return all(p.name in MOVEMENT or p.name == "detach" for p, _ in value.params["chain"])
        return True
    node = value.node
    if node is None or node.primitive.family != "elementwise":
        return False
    scalar = getattr(node.primitive, "scalar", None)
    if scalar in _DIVISIONS and operand_code(value)[0] in "iu" and not _nonzero(value.inputs[1]):
        return False
    return scalar is not None and native(scalar, operand_code(value))


_DIVISIONS = ("floor_divide", "remainder", "fmod")
"""Of integers they raise where a divisor is zero, which loops cannot: NumPy does them, unless the
divisor is a number that is known."""


def _nonzero(divisor: Value) -> bool:
    return divisor.name == "literal" and bool(divisor.params["value"])


Step = Callable[[list[Any]], None]


class _Compiler:
    def __init__(
        self,
        graph: Graph,
        layouts: Layouts | None,
        name: str,
        slow: Callable[..., Any] | None,
        release_gil: bool | None,
        cache: bool,
    ) -> None:
        self._name = name
        self._slow = slow
        self._release_gil = release_gil
        self._cache = cache
        self._whole = simplified(graph)
        self._strides = list(layouts) if layouts is not None else [None] * len(graph.inputs)
        self._native = {value for value in self._whole.values if is_native(value)}
        self._levels = self._leveled()
        self._slots: dict[Value, int] = {}
        for value in self._whole.inputs:
            self._slots[value] = len(self._slots)

    def _leveled(self) -> dict[Value, int]:
        """For each value how many rounds of callbacks must come before it."""
        levels: dict[Value, int] = {}
        for value in self._whole.values:
            level = max((levels.get(source, 0) for source in value.inputs), default=0)
            levels[value] = level if value in self._native else level + 1
        return levels

    def _is_array(self, value: Value, level: int) -> bool:
        """Whether the region of `level` takes a value as an array, and does not make it."""
        if value.name in ("literal", "constant"):
            return False
        if value.name == "input":
            return True
        if value not in self._native:
            return True
        return self._levels[value] < level and (value.name not in FREE or value.name == "to")

    def _region_values(
        self, roots: Sequence[Value], level: int
    ) -> tuple[set[Value], dict[Value, None]]:
        """What a region computes to make `roots`, and the arrays it needs for it."""
        made: set[Value] = set()
        arrays: dict[Value, None] = {}
        stack = list(roots)
        while stack:
            value = stack.pop()
            if self._is_array(value, level):
                arrays[value] = None
            elif value not in made:
                made.add(value)
                stack.extend(reversed(value.inputs))
        return made, arrays

    def program(self) -> Program:
        whole = self._whole
        last = max(self._levels.values(), default=0)
        results: list[list[Value]] = [[] for _ in range(last + 1)]
        wanted: set[Value] = set()

        def want(value: Value) -> None:
            """An array that later steps take: a result of the region that computes it."""
            if value not in wanted and value in self._native and value.name != "constant":
                wanted.add(value)
                results[self._levels[value]].append(value)

        final: list[Value] = []
        answers: list[int | Value] = []
        """For each output its place among the last results, or the value that is an array."""
        for value in whole.outputs:
            if self._ends(value, last):
                answers.append(len(final))
                final.append(value)
            else:
                answers.append(value)
                want(value)
        commits = [(place, value) for place, value in whole.commits if value.code is not None]
        late = [(place, value) for place, value in whole.commits if value.code is None]
        for value in whole.values:
            if value not in self._native:
                for source in value.inputs:
                    want(source)
        # Later regions decide what earlier ones must return.
        plans: list[tuple[set[Value], dict[Value, None]]] = []
        for level in range(last, -1, -1):
            roots = list(results[level])
            if level == last:
                roots += [*final, *(value for _, value in commits)]
            plan = self._region_values(roots, level)
            for value in plan[1]:
                want(value)
            plans.append(plan)
        plans.reverse()
        alone = last == 0 and not late and len(final) == len(answers)
        steps: list[Step] = []
        natives: list[Native] = []
        callbacks: list[str] = []
        places: list[int] = []
        for level, (made, arrays) in enumerate(plans):
            for group in self._callbacks(level):
                steps.append(self._callback(group))
                callbacks.append(group[0].name)
            ends = level == last
            region = self._region(
                [value for value in whole.values if value in made],
                list(whole.inputs) if alone else list(arrays),
                [*results[level], *(final if ends else [])],
                commits if ends else [],
                len(results[level]),
            )
            if not region.results and not region.commits and not alone:
                continue
            slow = self._slow if alone else None
            native = compile_region(region, self._name, slow, self._release_gil, self._cache)
            natives.append(native)
            if alone:
                return self._finished(native.call, natives, callbacks)
            places = self._step(steps, region, native, len(results[level]))
        return self._finished(self._joined(steps, answers, places, late), natives, callbacks)

    def _ends(self, value: Value, last: int) -> bool:
        """Whether the last region returns an output; else it is an array made before."""
        if value.code is None:
            return False
        if value.name in ("input", "literal"):
            return True
        return value in self._native and (self._levels[value] == last or value.name in FREE)

    def _finished(
        self, call: Callable[..., Any], natives: Sequence[Native], callbacks: list[str]
    ) -> Program:
        report = Report(
            sum(found.kernels for found in natives),
            callbacks,
            len(natives),
            sum(found.arena_bytes for found in natives),
        )
        return Program(
            call,
            report,
            "\n\n".join(found.loops for found in natives),
            "\n\n".join(found.llvm for found in natives),
        )

    def _region(
        self,
        values: list[Value],
        given: list[Value],
        results: list[Value],
        commits: Sequence[tuple[int, Value]],
        crossing: int,
    ) -> Region:
        inputs = self._whole.inputs
        for position, _ in commits:
            if inputs[position] not in given:
                given.append(inputs[position])
        strides = [
            self._strides[inputs.index(value)] if value.name == "input" else None for value in given
        ]
        dtypes: list[Any] = []
        for place, value in enumerate(results):
            assert value.code is not None
            dtypes.append(NUMPY[value.code] if place < crossing else value.dtype)
        written = [(given.index(inputs[position]), value) for position, value in commits]
        return Region(values, given, strides, results, dtypes, written)

    # ---- steps ------------------------------------------------------------------------------

    def _slot(self, value: Value) -> int:
        return self._slots.setdefault(value, len(self._slots))

    def _step(self, steps: list[Step], region: Region, found: Native, crossing: int) -> list[int]:
        """Append the call of a region; the slots of its final results."""
        takes = [self._slot(value) for value in region.given]
        gives = [self._slot(value) for value in region.results[:crossing]]
        last = [
            self._slot(Value("result", value.shape, value.dtype))
            for value in region.results[crossing:]
        ]
        call = found.call

        def step(slots: list[Any]) -> None:
            for place, array in zip(
                (*gives, *last), call(*[slots[place] for place in takes]), strict=True
            ):
                slots[place] = array

        steps.append(step)
        return last

    def _callbacks(self, level: int) -> list[list[Value]]:
        """The values of each callback of a level, by node."""
        groups: dict[Any, list[Value]] = {}
        for value in self._whole.values:
            if value not in self._native and self._levels[value] == level:
                groups.setdefault(value.node, []).append(value)
        return list(groups.values())

    def _callback(self, group: Sequence[Value]) -> Step:
        node = group[0].node
        assert node is not None
        getters: list[Callable[[list[Any]], Any]] = []
        for operand, value in zip(node.inputs, group[0].inputs, strict=True):
            getters.append(self._getter(operand, value))
        gives = [(value.output, self._slot(value), value) for value in group]
        compute, params = node.primitive.compute, node.params

        def step(slots: list[Any]) -> None:
            with np.errstate(all="ignore"):
                result = compute(*[getter(slots) for getter in getters], **params)
            for output, place, value in gives:
                part: Any = result[output] if is_tuple(result) else result
                array: Array = np.asarray(part)
                if array.dtype != value.dtype or array.shape != value.shape:
                    raise TypeError(
                        f"{value.name}: computed {array.dtype}{list(array.shape)}, declared "
                        f"{value.dtype}{list(value.shape)}"
                    )
                held = value.dtype if value.code is None else NUMPY[value.code]
                slots[place] = np.ascontiguousarray(array, held).reshape(value.shape)

        return step

    def _getter(self, operand: Any, value: Value) -> Callable[[list[Any]], Any]:
        if not isinstance(operand, tuple):
            return lambda slots: operand
        if value.name == "literal":
            full = np.full(value.shape, value.params["value"], value.dtype)
            return lambda slots: full.copy()
        if value.name == "constant":
            array = value.params["array"]
            return lambda slots: array
        place, dtype = self._slot(value), value.dtype
        return lambda slots: np.asarray(slots[place]).astype(dtype, copy=False)

    def _joined(
        self,
        steps: Sequence[Step],
        answers: Sequence[int | Value],
        places: Sequence[int],
        late: Sequence[tuple[int, Value]],
    ) -> Callable[..., tuple[Array, ...]]:
        count = len(self._whole.inputs)
        taken = set(range(count))
        found: list[tuple[int, Any, bool]] = []
        for value, answer in zip(self._whole.outputs, answers, strict=True):
            place = places[answer] if isinstance(answer, int) else self._slot(answer)
            found.append((place, value.dtype, place in taken))
            taken.add(place)
        writes = [(position, self._slot(value)) for position, value in late]
        size = len(self._slots)
        name = self._name

        def call(*inputs: Any) -> tuple[Array, ...]:
            if len(inputs) != count:
                raise TypeError(f"{name}: takes {count} arguments, not {len(inputs)}")
            slots: list[Any] = [*inputs, *[None] * (size - count)]
            for step in steps:
                step(slots)
            results: list[Array] = []
            for place, dtype, shared in found:
                array = np.asarray(slots[place]).astype(dtype, copy=False)
                results.append(array.copy() if shared else array)
            for position, place in writes:
                inputs[position][...] = slots[place]
            return tuple(results)

        return call


__all__ = ["Program", "Report", "compile_graph", "is_native"]
