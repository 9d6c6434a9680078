"""Which values are stored in buffers, and which are written out where they are read.

Movement is never stored, unless it is an output. An elementwise value is stored if it is read
several times and costs something; a reduction always is. Storing costs nothing where `fuse` brings
producer and consumer into one loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .simplify import Value

MOVEMENT = frozenset(("reshape", "permute", "expand", "slice", "embed", "windows", "lattice"))
FREE = MOVEMENT | {"to", "iota", "literal", "constant"}
"""Computing these again is cheaper than a load and a store."""

WRITTEN_OUT = 4
"""Reductions and products of at most this many terms are written out, without a loop."""
SMALL_PRODUCT = 4096
"""Matrix products of at most this many multiplications are loops, not library calls."""

_COSTLY = 10
_CHEAP = (
    "add sub mul neg absolute maximum minimum where relu eq ne lt le gt ge isnan isfinite sign "
    "bitwise_and bitwise_or bitwise_xor bitwise_not floor ceil trunc round shift_left shift_right"
)
_COSTS: dict[str, int] = {
    **dict.fromkeys(_CHEAP.split(), 1),
    **dict.fromkeys(("div", "reciprocal", "sqrt", "rsqrt"), 4),
}

_DEEPEST = 30
_LARGEST = 60


def extent_product(shape: Iterable[int]) -> int:
    """The number of elements."""
    size = 1
    for extent in shape:
        size *= extent
    return size


class Choice:
    """Stored values of one region. `required` must be stored; `given` are there already."""

    def __init__(
        self,
        values: Sequence[Value],
        required: set[Value],
        given: set[Value],
        has_library: Callable[[], bool],
        readable: Callable[[Value, set[Value]], bool],
    ) -> None:
        self._has_library = has_library
        self._readable = readable
        self.stored: set[Value] = set()
        reads = _reads(values, required)
        costs: dict[Value, int] = {}
        depths: dict[Value, int] = {}
        needed = set(required)
        products = [value for value in values if self.product(value)]
        while True:
            # What is stored for one product changes where the operands of others lie.
            known = len(needed)
            for value in products:
                needed.update(self._operands(value, needed))
            if len(needed) == known:
                break
        for value in values:
            cost, depth = _own_cost(value), 1
            for source in value.inputs:
                if source not in self.stored and source not in given:
                    cost += costs.get(source, 0)
                    depth = max(depth, depths.get(source, 0) + 1)
            store = value in needed or self._always(value)
            if not store and value.inputs:
                again = max(reads.get(value, 0.0) - 1, 0.0) * cost
                store = depth > _DEEPEST or cost > _LARGEST
                store = store or (again > 2 and value.name not in FREE)
            if store and (value.name not in ("literal", "constant") or value in required):
                self.stored.add(value)
                cost, depth = 0, 0
            costs[value] = cost
            depths[value] = depth

    def product(self, value: Value) -> bool:
        """Whether this matrix product is done by a library."""
        return is_library_product(value) and self._has_library()

    def _always(self, value: Value) -> bool:
        match value.name:
            case "sum" | "amax" | "amin" | "fold":
                return _terms(value) > WRITTEN_OUT
            case "matmul":
                return value.inputs[0].shape[-1] > WRITTEN_OUT
            case "take" | "scatter_add" | "put" | "view_put" | "concatenate" | "cumsum":
                return True
            case "argmax" | "argmin":
                return True
            case _:
                return False

    def _operands(self, value: Value, needed: set[Value]) -> list[Value]:
        """What must be stored so that a library can read the operands of a product."""
        found: list[Value] = []
        for source in value.inputs:
            if self._readable(source, needed):
                root = root_of(source, needed)
                found += [root] if root.name not in ("input", "constant") else []
            else:
                found.append(source)
        return found


def root_of(value: Value, stored: set[Value]) -> Value:
    """Where the elements of a value come from: the first stored value behind its movement."""
    while value.name in MOVEMENT and value not in stored:
        value = value.inputs[0]
    return value


def is_library_product(value: Value) -> bool:
    """Whether a library does a matrix product better than loops."""
    if value.name != "matmul" or value.code not in ("f32", "f64"):
        return False
    rows, columns = value.shape[-2:]
    inner = value.inputs[0].shape[-1]
    small = inner <= WRITTEN_OUT or rows * columns <= 4
    return not small and rows * columns * inner > SMALL_PRODUCT


def _terms(value: Value) -> int:
    source = value.inputs[0]
    if value.name == "fold":
        return extent_product(value.params["kernel"])
    axes: tuple[int, ...] = value.params["axes"]
    return extent_product([source.shape[axis] for axis in axes])


def _own_cost(value: Value) -> int:
    if value.name in FREE:
        return 2 if value.name == "embed" else 0
    if value.name == "matmul":
        return 2 * value.inputs[0].shape[-1]
    if value.name in ("sum", "amax", "amin", "fold"):
        return _terms(value) * 2
    return _COSTS.get(value.name, _COSTLY)


def _reads(values: Sequence[Value], required: set[Value]) -> dict[Value, float]:
    """How often each element of a value is read, through movement, counting repetition."""
    reads: dict[Value, float] = {}
    for value in reversed(values):
        weight = reads.get(value, 0.0) if value.name in MOVEMENT else 1.0
        if value in required and value.name in MOVEMENT:
            weight += 1.0
        for place, source in enumerate(value.inputs):
            times = weight * _repetition(value, source, place)
            reads[source] = reads.get(source, 0.0) + times
    return reads


def _repetition(value: Value, source: Value, place: int) -> float:
    """How often each element of `source` is read for every time `value` is computed once."""
    if value.name == "matmul":
        rows, columns = value.shape[-2:]
        batches = extent_product(value.shape[:-2]) / max(extent_product(source.shape[:-2]), 1)
        return batches * (columns if place == 0 else rows)
    if value.name in ("slice", "embed", "take", "put", "scatter_add", "concatenate", "view_put"):
        return 1.0
    if value.name == "fold" or not source.size:
        return 1.0
    return max(value.size / source.size, 1.0)
