"""From a graph to values: aliases, common subexpressions, literals and dead code are gone.

A `Value` is one array of the program, with the operation that makes it. Operations that only pass
an operand on disappear here, and whatever is the same number everywhere becomes a literal. Scalar
algebra is in `algebra`, which sees more, because movement is gone there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.shapes import Shape
from .._graph.graph import Graph
from .._graph.node import INPUT, Abstract, Edge, Node
from .loops import CODES, size_of

PASS_ON = {"leaf": 0, "detach": 0, "overwrite": 1}
"""Operations whose value is that of one operand."""

_UNIFORM = ("reshape", "permute", "expand", "slice", "windows", "lattice")
"""Movement that leaves an array of one number such an array."""


class Value:
    """One array (or lifted Python number) of the program."""

    __slots__ = ("code", "dtype", "inputs", "name", "node", "output", "params", "shape", "weak")

    def __init__(
        self,
        name: str,
        shape: Shape,
        dtype: Dtype,
        inputs: Sequence[Value] = (),
        params: dict[str, Any] | None = None,
        node: Node | None = None,
        output: int = 0,
        weak: bool = False,
    ) -> None:
        self.name = name
        """The primitive's name, "input", "literal" or "output" (of an operation with several)."""
        self.shape = shape
        self.dtype = dtype
        self.inputs = tuple(inputs)
        self.params: dict[str, Any] = params or {}
        self.node = node
        self.output = output
        self.weak = weak
        """Made of Python numbers only: held as Python would, in float64 or int64."""
        self.code: str | None = _WIDE.get(dtype.kind) if weak else CODES.get(dtype)
        """The dtype that loops compute it in; None if they cannot."""

    @property
    def size(self) -> int:
        return size_of(self.shape)

    def __repr__(self) -> str:
        return f"<{self.name} {self.dtype.name}{list(self.shape)}>"


_WIDE = {"f": "f64", "i": "i64", "u": "i64", "b": "b1"}


class Simplified:
    """The values of a graph in order; outputs and commits refer to them."""

    def __init__(
        self,
        inputs: list[Value],
        values: list[Value],
        outputs: list[Value],
        commits: list[tuple[int, Value]],
    ) -> None:
        self.inputs = inputs
        self.values = values
        self.outputs = outputs
        self.commits = commits


def simplified(graph: Graph) -> Simplified:
    """The values that the outputs and commits of a graph need."""
    return _Simplifier(graph).result()


class _Simplifier:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._values: dict[tuple[Node, int], Value] = {}
        self._order: list[Value] = []
        self._seen: dict[Any, list[Value]] = {}

    def result(self) -> Simplified:
        graph = self._graph
        inputs: list[Value] = []
        for node in graph.inputs:
            aval = node.outputs[0]
            value = Value("input", aval.shape, aval.dtype, node=node, weak=aval.weak)
            inputs.append(value)
            self._values[(node, 0)] = value
        for node in graph.nodes:
            if node.primitive is not INPUT:
                for index, value in enumerate(self._node(node)):
                    self._values[(node, index)] = value
        outputs = [self._edge(edge) for edge in graph.outputs]
        commits = [(position, self._edge(edge)) for position, edge in graph.commits]
        roots = [*outputs, *(value for _, value in commits)]
        self._transpose_products(roots)
        wanted: set[Value] = set(roots)
        values: list[Value] = []
        for value in reversed(self._order):
            if value in wanted:
                values.append(value)
                wanted.update(value.inputs)
        values.reverse()
        return Simplified(inputs, values, outputs, commits)

    def _transpose_products(self, roots: Sequence[Value]) -> None:
        """Where only the transpose of a product is read, compute that: (x y)^T = y^T x^T."""
        uses: dict[Value, int] = {}
        for value in (*roots, *(source for v in self._order for source in v.inputs)):
            uses[value] = uses.get(value, 0) + 1
        order: list[Value] = []
        for value in self._order:
            product = value.inputs[0] if value.inputs else value
            if (
                value.name == "permute"
                and product.name == "matmul"
                and product.code is not None
                and uses[product] == 1
                and _swaps(value.params["axes"])
            ):
                x, y = product.inputs
                turned = (_turned(y), _turned(x))
                order += [side for side in turned if side.node is None and side.name == "permute"]
                value.name, value.params = "matmul", {}
                value.inputs, value.node = turned, product.node
            order.append(value)
        self._order = order

    def _edge(self, operand: Any) -> Value:
        if isinstance(operand, tuple):
            edge: Edge = operand  # pyright: ignore[reportUnknownVariableType]
            return self._values[edge]
        return _literal(operand, (), np.asarray(operand).dtype)

    def _node(self, node: Node) -> list[Value]:
        name = node.primitive.name
        inputs = [self._edge(operand) for operand in node.inputs]
        avals = node.outputs
        if name in PASS_ON:
            return [inputs[PASS_ON[name]]]
        if name == "view_put" and not node.params["chain"] and inputs[1].shape == avals[0].shape:
            return [inputs[1]]
        if len(avals) == 1:
            if name != "concatenate" and _changes_nothing(name, node.params, inputs, avals[0]):
                return [inputs[0]]
            uniform = _uniform(node, inputs, avals[0])
            if uniform is not None:
                return [uniform]
        key = (name, _frozen(node.params), tuple([_operand_key(value) for value in inputs]))
        found = self._seen.get(key)
        if found is None or any(a.weak != b.weak for a, b in zip(found, avals, strict=True)):
            found = self._seen[key] = _values_of(node, inputs)
            self._order.extend(found)
        return found


def _swaps(axes: Sequence[int]) -> bool:
    """Whether a permutation exchanges the last two axes, and nothing else."""
    last = len(axes) - 1
    return tuple(axes) == (*range(last - 1), last, last - 1)


def _turned(value: Value) -> Value:
    """A value with its last two axes exchanged."""
    if value.name == "permute" and _swaps(value.params["axes"]):
        return value.inputs[0]
    last = len(value.shape) - 1
    axes = (*range(last - 1), last, last - 1)
    shape = tuple([value.shape[axis] for axis in axes])
    return Value("permute", shape, value.dtype, [value], {"axes": axes}, weak=value.weak)


def _values_of(node: Node, inputs: list[Value]) -> list[Value]:
    found: list[Value] = []
    for index, aval in enumerate(node.outputs):
        found.append(
            Value(
                node.primitive.name,
                aval.shape,
                aval.dtype,
                inputs,
                node.params,
                node,
                index,
                aval.weak and aval.dtype.kind in _WIDE,
            )
        )
    return found


def _literal(number: Any, shape: Shape, dtype: Dtype) -> Value:
    return Value("literal", shape, dtype, params={"value": number})


def _operand_key(value: Value) -> Any:
    if value.name == "literal":
        number = np.asarray(value.params["value"])
        return ("literal", number.dtype.str, number.tobytes(), value.shape, value.dtype.str)
    return value


def _frozen(value: Any) -> Any:
    """A hashable stand-in for a parameter; what has only an identity stands for itself."""
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = sorted(value.items())  # pyright: ignore[reportUnknownArgumentType]
        return tuple([(key, _frozen(item)) for key, item in items])
    if isinstance(value, tuple | list):
        parts: Sequence[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return tuple(map(_frozen, parts))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, np.ndarray):
        return ("array", id(value))  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, float):
        # 0.0 == -0.0 and 1.0 == True, but they are different parameters.
        return (float, value.hex())
    return (type(value), value)  # pyright: ignore[reportUnknownArgumentType]


def _changes_nothing(
    name: str, params: dict[str, Any], inputs: list[Value], aval: Abstract
) -> bool:
    if not inputs or inputs[0].shape != aval.shape or inputs[0].dtype != aval.dtype:
        return False
    match name:
        case "reshape" | "expand" | "to":
            return inputs[0].weak == aval.weak
        case "permute":
            return all(axis == k for k, axis in enumerate(params["axes"]))
        case "slice":
            return all(part == (0, n, 1) for part, n in zip(params["slices"], aval.shape))
        case "sum" | "amax" | "amin":
            return not params["axes"]
        case _:
            return False


def _uniform(node: Node, inputs: list[Value], aval: Abstract) -> Value | None:
    """The literal that a node is, if all its elements are one number known now."""
    name = node.primitive.name
    if aval.dtype not in CODES:
        return None
    if name == "full":
        return _literal(node.params["value"], aval.shape, aval.dtype)
    if name == "constant":
        array = node.params["array"]
        return _literal(array.reshape(())[()], aval.shape, aval.dtype) if array.size == 1 else None
    if not inputs or any(value.name != "literal" for value in inputs):
        return None
    if name in _UNIFORM:
        return _literal(inputs[0].params["value"], aval.shape, aval.dtype)
    if name != "to" and node.primitive.family != "elementwise":
        return None
    operands: list[Any] = []
    for operand, value in zip(node.inputs, inputs, strict=True):
        number = value.params["value"]
        with np.errstate(all="ignore"):
            operands.append(
                np.asarray(number).astype(value.dtype) if isinstance(operand, tuple) else number
            )
    with np.errstate(all="ignore"):
        result = np.asarray(node.primitive.compute(*operands, **node.params))
    return _literal(result.reshape(())[()], aval.shape, aval.dtype)
