"""Random graphs: native code, the loop IR on NumPy, and NumPy node by node must agree.

Run as a program, because a fault in emitted code can end the process:
`python -m tests.jit.random_graphs FIRST_SEED COUNT`. Graphs of kind "exact" compute with small
integers, so that every result must be equal, discontinuous operations included; graphs of kind
"smooth" are compared within rounding.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

import numpy as np

from tests.jit.graphs import given, made, node_by_node, whole
from wengert._graph.graph import Graph
from wengert._graph.node import Node
from wengert._jit import blocks, interpret, regions
from wengert._jit.loops import Program
from wengert._jit.program import compile_graph

EXTENTS = (1, 2, 3, 4, 5, 7, 8, 16, 17, 33)
LARGEST = 2500


class Maker:
    """Grows one random graph."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.exact = bool(self.rng.integers(2))
        self.dtype = str(self.rng.choice(["float32", "float64"]))
        if self.exact and self.rng.random() < 0.2:
            self.dtype = str(self.rng.choice(["int64", "int32"]))
        self.inputs: list[Node] = []
        self.arrays: list[Any] = []
        self.nodes: list[Node] = []

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, items: Any) -> Any:
        return items[int(self.rng.integers(len(items)))]

    def shape(self) -> tuple[int, ...]:
        while True:
            shape = tuple(int(self.pick(EXTENTS)) for _ in range(self.rng.integers(0, 5)))
            if np.prod(shape, dtype=int) <= LARGEST:
                return shape

    def values(self, shape: tuple[int, ...]) -> Any:
        if self.exact:
            return self.rng.integers(-4, 5, shape).astype(self.dtype)
        return self.rng.uniform(-2, 2, shape).astype(self.dtype)

    def add_input(self, shape: tuple[int, ...]) -> Node:
        node = given(shape, self.dtype)
        self.inputs.append(node)
        self.arrays.append(np.asarray(self.values(shape)))
        self.nodes.append(node)
        return node

    def add_positions(self, shape: tuple[int, ...], extent: int) -> Node:
        node = given(shape, "int64")
        self.inputs.append(node)
        self.arrays.append(np.asarray(self.rng.integers(0, extent, shape)))
        return node

    def any_node(self, rank: int = 0) -> Node:
        found = [n for n in self.nodes if n.outputs[0].ndim >= rank]
        recent = found[-6:]
        if not found:
            return self.add_input(tuple(int(self.pick(EXTENTS[:6])) for _ in range(rank)))
        return self.pick(recent if self.chance(0.7) else found)

    def partner(self, x: Node) -> Node | float:
        """Something that broadcasts against x."""
        shape = x.outputs[0].shape
        if self.chance(0.15):
            return float(self.pick((-1.0, 2.0, 3.0, 0.5 if not self.exact else 1.0)))
        fits = [n for n in self.nodes if _broadcasts(n.outputs[0].shape, shape)]
        if fits and self.chance(0.8):
            return self.pick(fits)
        kept = tuple(n if self.chance(0.7) else 1 for n in shape)
        kept = kept[int(self.rng.integers(len(kept) + 1)) :]
        return self.add_input(kept)

    def bounded(self, node: Node) -> Node:
        """Keep numbers small, so that exact graphs stay exact and smooth ones finite."""
        if self.exact:
            low = made("maximum", node, _number(-40, self.dtype))
            return made("minimum", low, _number(40, self.dtype))
        return made("tanh", node)

    def grow(self) -> None:
        name = self.pick(STEPS)
        made_node = getattr(self, name)()
        if made_node is not None:
            size = made_node.outputs[0].size
            if size <= 4 * LARGEST:
                self.nodes.append(made_node)

    # ---- steps ------------------------------------------------------------------------------

    def unary(self) -> Node:
        x = self.any_node()
        if self.exact:
            return made(self.pick(("neg", "absolute", "sign", "relu", "floor", "round")), x)
        name = self.pick(("neg", "tanh", "sigmoid", "sin", "cos", "exp", "erf", "absolute", "relu"))
        return self.bounded(made(name, x)) if name == "exp" else made(name, x)

    def binary(self) -> Node:
        x = self.any_node()
        y = self.partner(x)
        if isinstance(y, float):
            y = _number(y, self.dtype)
        name = self.pick(("add", "sub", "mul", "maximum", "minimum"))
        pair = (y, x) if self.chance(0.3) else (x, y)
        node = made(name, *pair)
        return self.bounded(node) if name == "mul" else node

    def choose(self) -> Node:
        x = self.any_node()
        y = self.partner(x)
        y = _number(y, self.dtype) if isinstance(y, float) else y
        # Inputs are compared, so that rounding decides nothing.
        cond = self.pick([n for n in self.inputs if n.outputs[0].dtype == self.dtype])
        if not _broadcasts(cond.outputs[0].shape, x.outputs[0].shape):
            cond = self.add_input(x.outputs[0].shape)
        mask = made(self.pick(("lt", "ge", "ne")), cond, _number(0, self.dtype))
        return made("where", mask, x, y)

    def reshape(self) -> Node:
        x = self.any_node()
        size = x.outputs[0].size
        shape: list[int] = []
        while size > 1 and len(shape) < 4:
            divisors = [d for d in range(2, size + 1) if size % d == 0]
            part = self.pick(divisors)
            shape.append(part)
            size //= part
        if size > 1:
            shape.append(size)
        if self.chance(0.3):
            shape.insert(int(self.rng.integers(len(shape) + 1)), 1)
        return made("reshape", x, shape=tuple(shape))

    def permute(self) -> Node:
        x = self.any_node(2)
        return made(
            "permute", x, axes=tuple(int(k) for k in self.rng.permutation(x.outputs[0].ndim))
        )

    def expand(self) -> Node:
        x = self.any_node()
        shape = [int(self.pick(EXTENTS[:5])) if n == 1 else n for n in x.outputs[0].shape]
        if self.chance(0.4):
            shape.insert(0, int(self.pick(EXTENTS[:6])))
        return made("expand", x, shape=tuple(shape))

    def slice(self) -> Node:
        x = self.any_node(1)
        return made("slice", x, slices=tuple(self._slice(n) for n in x.outputs[0].shape))

    def _slice(self, extent: int) -> tuple[int, int, int]:
        if self.chance(0.4):
            return 0, extent, 1
        step = int(self.pick((1, 1, 2, 3, -1, -2)))
        start = int(self.rng.integers(extent))
        room = (extent - 1 - start) // step if step > 0 else start // -step
        return start, int(self.rng.integers(1, room + 2)), step

    def embed(self) -> Node:
        x = self.any_node(1)
        shape: list[int] = []
        slices: list[tuple[int, int, int]] = []
        for n in x.outputs[0].shape:
            step = int(self.pick((1, 1, 1, 2, -1)))
            before, after = (int(k) for k in self.rng.integers(0, 3, 2))
            span = (n - 1) * abs(step) + 1
            shape.append(before + span + after)
            slices.append((before if step > 0 else before + span - 1, n, step))
        return made("embed", x, shape=tuple(shape), slices=tuple(slices))

    def reduce(self) -> Node:
        x = self.any_node(1)
        rank = x.outputs[0].ndim
        axes = tuple(k for k in range(rank) if self.chance(0.5)) or (int(self.rng.integers(rank)),)
        name = self.pick(("sum", "sum", "amax", "amin"))
        node = made(name, x, axes=axes)
        return self.bounded(node) if name == "sum" and self.exact else node

    def scan(self) -> Node:
        x = self.any_node(1)
        return self.bounded(made("cumsum", x, axis=int(self.rng.integers(x.outputs[0].ndim))))

    def position(self) -> Node | None:
        if not self.exact:
            return None
        x = self.any_node(1)
        axis = int(self.rng.integers(x.outputs[0].ndim))
        found = made(self.pick(("argmax", "argmin")), x, axis=axis)
        if self.dtype == "int64":
            return found
        return made("to", found, dtype=np.dtype(self.dtype), source=np.dtype("int64"))

    def concatenate(self) -> Node:
        x = self.any_node(1)
        axis = int(self.rng.integers(x.outputs[0].ndim))
        parts = [x, made("neg", x)] if self.chance(0.5) else [x, x, x]
        return made("concatenate", *parts, axis=axis)

    def windows(self) -> Node | None:
        x = self.any_node(2)
        extents = x.outputs[0].shape[-2:]
        kernel = tuple(int(self.rng.integers(1, min(n, 3) + 1)) for n in extents)
        stride = tuple(int(k) for k in self.rng.integers(1, 3, 2))
        found = made("windows", x, kernel=kernel, stride=stride, dilation=(1, 1))
        if self.chance(0.5) or found.outputs[0].size > LARGEST:
            shape = x.outputs[0].shape
            return self.bounded(
                made("fold", found, shape=shape, kernel=kernel, stride=stride, dilation=(1, 1))
            )
        return found

    def take(self) -> Node:
        x = self.any_node(1)
        shape = x.outputs[0].shape
        count = int(self.rng.integers(1, len(shape) + 1))
        lead = (int(self.pick(EXTENTS)),)
        places = [self.add_positions(lead, n) for n in shape[:count]]
        return made("take", x, *places)

    def scatter(self) -> Node:
        x = self.any_node(1)
        shape = x.outputs[0].shape
        extent = int(self.pick(EXTENTS))
        places = self.add_positions(shape[:1], extent)
        return self.bounded(made("scatter_add", x, places, shape=(extent, *shape[1:])))

    def put(self) -> Node:
        x = self.any_node(1)
        shape = x.outputs[0].shape
        count = int(self.rng.integers(1, shape[0] + 1))
        node = given((count,), "int64")
        self.inputs.append(node)
        self.arrays.append(self.rng.permutation(shape[0])[:count])
        return made("put", x, self.add_input((count, *shape[1:])), node)

    def view_put(self) -> Node:
        x = self.any_node(1)
        shape = x.outputs[0].shape
        slices = tuple(self._slice(n) for n in shape)
        from wengert._declare.registry import primitives

        chain: list[Any] = [(primitives["slice"], {"slices": slices})]
        inner = tuple(length for _, length, _ in slices)
        if len(inner) > 1 and self.chance(0.5):
            axes = tuple(int(k) for k in self.rng.permutation(len(inner)))
            chain.append((primitives["permute"], {"axes": axes}))
            inner = tuple(inner[k] for k in axes)
        return made("view_put", x, self.add_input(inner), chain=tuple(chain))

    def matmul(self) -> Node | None:
        x = self.any_node(2)
        rank = x.outputs[0].ndim
        axes = (*range(rank - 2), rank - 1, rank - 2)
        if self.dtype[0] == "i" and self.chance(0.5):
            return None
        if self.chance(0.5):
            y = made("permute", x, axes=axes)
        else:
            y = self.add_input((x.outputs[0].shape[-1], int(self.pick(EXTENTS))))
        return self.bounded(made("matmul", x, y))

    def back(self, node: Node) -> Node:
        """Any node, in the dtype of this graph."""
        found = node.outputs[0].dtype
        if found == self.dtype:
            return node
        return made("to", node, dtype=np.dtype(self.dtype), source=found)

    def in_another_dtype(self) -> Node | None:
        if not self.exact:
            return None
        x = made("absolute", self.any_node())
        dtype = np.dtype(str(self.pick(("int8", "int16", "int32", "int64", "uint8", "float64"))))
        y = made("to", x, dtype=dtype, source=np.dtype(self.dtype)) if dtype != self.dtype else x
        if dtype.kind == "f":
            return self.back(made(self.pick(("floor", "sqrt")), made("mul", y, y)))
        name = self.pick(("add", "mul", "remainder", "floor_divide", "fmod", "minimum", "maximum",
                          "bitwise_and", "bitwise_or", "bitwise_xor"))  # fmt: skip
        other = int(self.pick((1, 2, 3, 7))) if self.chance(0.5) else y
        if other is y and name in ("remainder", "floor_divide", "fmod"):
            other = made("bitwise_or", y, 1)  # no divisor is zero
        z = made(name, y, other)
        if self.chance(0.3):
            z = made("bitwise_not", z)
        return self.bounded(self.back(z))

    def logic(self) -> Node | None:
        if not self.exact:
            return None
        x = self.any_node()
        a = made(self.pick(("lt", "ge", "ne", "eq")), x, _number(1, self.dtype))
        b = made(self.pick(("le", "gt")), x, _number(-1, self.dtype))
        both = made(self.pick(("bitwise_and", "bitwise_or", "bitwise_xor", "add", "mul")), a, b)
        if x.outputs[0].ndim and self.chance(0.5):
            axis = int(self.rng.integers(x.outputs[0].ndim))
            both = made(self.pick(("amax", "amin")), both, axes=(axis,))
        return self.back(made("bitwise_not", both) if self.chance(0.5) else both)

    def random_bits(self) -> Node | None:
        if not self.exact:
            return None
        size = int(self.pick(EXTENTS))
        counter = made("iota", size=size, dtype=np.dtype("int64"))
        bits = made("hash64", int(self.rng.integers(1 << 40)), counter)
        return self.back(made("shift_right", bits, int(self.rng.integers(59, 63))))

    def constant(self) -> Node:
        array = np.asarray(self.values(self.shape()))
        return made("add", made("constant", array=array), made("constant", array=array[..., ::-1])
                    if array.ndim else _number(1, self.dtype))  # fmt: skip

    def sort(self) -> Node | None:
        if not self.exact or self.chance(0.5):
            return None
        x = self.any_node(1)
        node = made("sort", x, axis=x.outputs[0].ndim - 1, descending=False)
        return made("add", node, _number(1, self.dtype))

    def graph(self) -> Graph:
        for _ in range(int(self.rng.integers(1, 4))):
            self.add_input(self.shape())
        for _ in range(int(self.rng.integers(3, 26))):
            self.grow()
        computed = [n for n in self.nodes if n not in self.inputs] or self.nodes
        count = min(len(computed), int(self.rng.integers(1, 5)))
        outputs = [computed[int(k)] for k in self.rng.choice(len(computed), count, replace=False)]
        if self.chance(0.8):
            outputs.append(computed[-1])
        commits: list[tuple[int, Node]] = []
        for position, node in enumerate(self.inputs):
            fits = [n for n in self.nodes if _alike(n, node)]
            if node.outputs[0].dtype == self.dtype and fits and self.chance(0.3):
                commits.append((position, self.pick(fits)))
        return whole(self.inputs, outputs, commits)


STEPS = (
    *["unary"] * 4, *["binary"] * 8, *["choose"] * 2, *["reshape"] * 3, *["permute"] * 2,
    *["expand"] * 2, *["slice"] * 2, *["embed"] * 2, *["reduce"] * 5, "scan", "position",
    *["concatenate"] * 2, *["windows"] * 2, *["take"] * 2, "scatter", "put", "view_put",
    *["matmul"] * 2, "sort", *["in_another_dtype"] * 2, *["logic"] * 2, "random_bits", "constant",
)  # fmt: skip


def _number(value: float, dtype: str) -> float | int:
    return int(value) if dtype[0] == "i" else float(value)


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    tail = large[len(large) - len(small) :]
    return len(small) <= len(large) and all(a in (1, b) for a, b in zip(small, tail, strict=True))


def _alike(a: Node, b: Node) -> bool:
    return a.outputs[0].shape == b.outputs[0].shape and a.outputs[0].dtype == b.outputs[0].dtype


def laid_out(array: Any, rng: np.random.Generator) -> Any:
    """The same numbers, now and then with other strides."""
    if array.ndim < 2 or rng.random() < 0.7:
        return array.copy()
    if rng.random() < 0.5:
        return np.asfortranarray(array)
    wide = np.zeros((*array.shape[:-1], array.shape[-1] * 2), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def check(seed: int) -> None:
    """One graph, all three ways."""
    # Half of the graphs cut even short sums into blocks.
    blocks.LONGEST, blocks.BLOCK = (512, 256) if seed % 2 else (3, 2)
    maker = Maker(seed)
    graph = maker.graph()
    expected, committed = node_by_node(graph, maker.arrays)
    layout_rng = np.random.default_rng(seed)
    arrays = [laid_out(array, layout_rng) for array in maker.arrays]
    recorded: list[tuple[regions.Region, Program]] = []
    original = regions.Region.loops

    def recording(self: regions.Region) -> Program:
        program = original(self)
        recorded.append((self, program))
        return program

    regions.Region.loops = recording  # type: ignore[method-assign]
    try:
        program = compile_graph(graph, [array.strides for array in arrays], cache=False)
    finally:
        regions.Region.loops = original  # type: ignore[method-assign]
    for _ in range(2):
        copies = [_same_layout(array) for array in arrays]
        found = program.call(*copies)
        compare(seed, "native", maker, found, expected)
        for position, array in enumerate(copies):
            wanted = committed.get(position, maker.arrays[position])
            compare(seed, f"native commit {position}", maker, [array], [wanted])
    if len(recorded) == 1 and not program.report.callbacks:
        region, loops = recorded[0]
        copies = [_same_layout(array) for array in arrays]
        # What is not written must not look right by chance.
        results = [
            np.full(v.shape, 113, d) for v, d in zip(region.results, region.dtypes, strict=True)
        ]
        assert interpret.run(loops, copies, results) == 0
        compare(seed, "loops", maker, results, expected)
        for position, array in enumerate(copies):
            wanted = committed.get(position, maker.arrays[position])
            compare(seed, f"loops commit {position}", maker, [array], [wanted])


def _same_layout(array: Any) -> Any:
    if array.base is None:
        return array.copy(order="K")
    base = array.base.copy()
    return np.ndarray(array.shape, array.dtype, base, 0, array.strides)


def compare(seed: int, what: str, maker: Maker, found: Any, expected: Any) -> None:
    """Equal bits in exact graphs, within rounding in smooth ones."""
    assert len(found) == len(expected)
    for k, (one, other) in enumerate(zip(found, expected, strict=True)):
        where = f"seed {seed}: {what} {k}: {'exact' if maker.exact else 'smooth'} {maker.dtype}"
        assert one.dtype == other.dtype and one.shape == other.shape, where
        if maker.exact:
            np.testing.assert_array_equal(one, other, where)
        else:
            bound = 3e-4 if maker.dtype == "float32" else 1e-11
            np.testing.assert_allclose(one, other, bound, bound, err_msg=where)


def main(first: int, count: int) -> int:
    """Check `count` graphs; the number of the failed ones, with their seeds on stdout."""
    failed = 0
    for seed in range(first, first + count):
        print("seed", seed, flush=True)
        try:
            check(seed)
        except Exception:  # noqa: BLE001  (every failure is reported with its seed)
            failed += 1
            traceback.print_exc(limit=-4)
            print("failed", seed, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]), int(sys.argv[2])), 100))
