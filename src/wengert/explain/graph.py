"""The record behind a tensor as plain data: nodes and edges, listed in topological order.

    print(wengert.explain.graph_of(loss, names=locals()))

`graph_of` walks the record once and copies what people ask for: the operation, its operands,
shapes, dtypes, the user's line and, where something still holds it, the value. Pictures and counts
are made from this data; nothing here computes or draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.errors import NotDifferentiableError
from .._base.shapes import Shape
from .._graph.graph import Graph
from .._graph.node import Edge, Node
from .._graph.text import origin_text, param_text, short_name
from .._graph.value import Handle
from .._record.origin import source_line
from .._record.storage import edge_of, storage_of
from .values import Kept, kept_values, value_text


@dataclass(frozen=True, slots=True)
class Operand:
    """What an operation was applied to: a recorded value (`name`), a number, or a constant."""

    name: str | None
    """The name of the recorded value; for a constant the name the user gave it, if any."""
    edge: Edge | None
    """The output of a node that it is; None for numbers and constants."""
    number: complex | None
    shape: Shape
    kept: Kept

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        return repr(self.number) if self.number is not None else f"constant{list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Output:
    """One value that a node computed."""

    name: str
    shape: Shape | None
    dtype: Dtype | None
    """None where nothing that is still alive knows it."""
    kept: Kept

    def __str__(self) -> str:
        shape = "[?]" if self.shape is None else str(list(self.shape))
        return f"{self.name}: {self.dtype.name if self.dtype is not None else ''}{shape}"


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One recorded operation, or a leaf."""

    number: int
    """Its place in topological order, from 0; operands come before results."""
    operation: str
    operands: tuple[Operand, ...]
    params: dict[str, Any]
    outputs: tuple[Output, ...]
    line: str
    """`train.py:12`; empty for leaves."""
    source: str
    """`train.py:12 (y = x * w)`; empty for leaves."""
    node: Node
    """The record itself."""

    @property
    def name(self) -> str:
        """The name of its (first) output."""
        return self.outputs[0].name

    @property
    def value(self) -> np.ndarray[Any, Any] | None:
        """The value of its (first) output, where something still holds it."""
        return self.outputs[0].kept.array

    @property
    def is_leaf(self) -> bool:
        """Whether no operation made it."""
        return not self.operands

    def __str__(self) -> str:
        arguments = [str(operand) for operand in self.operands]
        arguments += [f"{key}={param_text(value)}" for key, value in self.params.items()]
        call = f"{self.operation}({', '.join(arguments)})" if self.operands else self.operation
        return f"{', '.join(map(str, self.outputs))} = {call}"


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A value on its way: output `output` of node `source` is operand `operand` of `target`."""

    source: int
    output: int
    target: int
    operand: int
    name: str


@dataclass(frozen=True, slots=True)
class RecordGraph:
    """The nodes behind some tensors in topological order, and the edges between them."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    results: tuple[str, ...]
    """The names of the tensors that were asked about."""

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[GraphNode]:
        return iter(self.nodes)

    def __getitem__(self, name: str) -> GraphNode:
        """The node that computed the value with this name."""
        for node in self.nodes:
            if any(output.name == name for output in node.outputs):
                return node
        raise KeyError(f"no value {name!r} in the graph; there are {[n.name for n in self.nodes]}")

    def __str__(self) -> str:
        leaves = sum(node.is_leaf for node in self.nodes)
        head = f"graph of {', '.join(self.results)}: {_count(leaves, 'leaf', 'leaves')}, "
        lines = [head + _count(len(self.nodes) - leaves, "operation", "operations")]
        texts = [str(node) for node in self.nodes]
        values = [value_text(node.outputs[0].kept) for node in self.nodes]
        left = min(max(map(len, texts), default=0), 48)
        middle = max(map(len, values), default=0)
        for node, text, value in zip(self.nodes, texts, values, strict=True):
            line = f"  {text.ljust(left)}  {value.ljust(middle)}"
            lines.append((f"{line}  # {node.line}" if node.line else line).rstrip())
        return "\n".join(lines)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def graph_of(*results: Any, names: Mapping[str, Any] | None = None) -> RecordGraph:
    """The record behind tensors (or the traced graph of a `Graph`) as nodes and edges.

    `names` maps names to tensors: `locals()`, or `dict(model.named_parameters())`; what is no
    tensor is passed over, and values without a name are called a, b, c, ... Raises
    NotDifferentiableError for a tensor that has no record.

    >>> import wengert
    >>> x = wengert.tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> for node in graph_of(y, names={"x": x, "y": y}):
    ...     print(node)
    x: float32[2] = leaf
    a: float32[2] = mul(x, x)
    y: float32[] = sum(a, axes=(0,))
    """
    roots = _roots(results)
    order = _order([edge[0] for edge in roots])
    named: dict[str, Any] = dict(names or {})
    alive = [value for value in (*results, *named.values()) if isinstance(value, Handle)]
    builder = _Builder(order, _names(named), kept_values(order, alive))
    nodes = tuple(builder.node(number, node) for number, node in enumerate(order))
    places = {node.node: node.number for node in nodes}
    edges = tuple(
        GraphEdge(places[operand.edge[0]], operand.edge[1], node.number, position, str(operand))
        for node in nodes
        for position, operand in enumerate(node.operands)
        if operand.edge is not None
    )
    return RecordGraph(nodes, edges, tuple(builder.name(edge) for edge in roots))


def _roots(results: Sequence[Any]) -> list[Edge]:
    found: list[Edge] = []
    for result in results:
        if isinstance(result, Graph):
            found += result.outputs
            continue
        if not isinstance(result, Handle):
            raise TypeError(f"graph_of: expected tensors, not {type(result).__name__}.")
        edge = edge_of(result)
        if edge is None:
            raise NotDifferentiableError(
                f"graph_of: this tensor of shape {tuple(result._data.shape)} has no record: "
                "nothing it was computed from requires grad. Set requires_grad=True on an input "
                "first, and look for detach() or no_grad() on the way."
            )
        found.append(edge)
    return found


def _order(roots: Sequence[Node]) -> list[Node]:
    """Every node behind the roots, in order of recording, which is a topological order."""
    found: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += [operand[0] for operand in node.inputs if isinstance(operand, tuple)]
    return sorted(found, key=lambda node: node.seq)


class _Names:
    """The names that the user gave to recorded values and to memory."""

    def __init__(self) -> None:
        self.edges: dict[Edge, str] = {}
        self.storages: dict[Any, str] = {}


def _names(named: dict[str, Any]) -> _Names:
    found = _Names()
    for name, value in named.items():
        if isinstance(value, Handle):
            edge = edge_of(value)
            if edge is not None:
                found.edges.setdefault(edge, name)
            elif value._view is None:
                found.storages.setdefault(storage_of(value), name)
    return found


class _Builder:
    def __init__(self, order: Sequence[Node], given: _Names, kept: dict[Edge, Kept]) -> None:
        self._kept = kept
        self._given = given
        self._names: dict[Edge, str] = {}
        self._types: dict[Edge, tuple[Shape | None, Dtype | None]] = {}
        taken = {*given.edges.values(), *given.storages.values()}
        numbers = (short_name(k) for k in range(len(order) * 4 + len(taken)))
        self._free = (name for name in numbers if name not in taken)

    def name(self, edge: Edge) -> str:
        found = self._names.get(edge)
        if found is None:
            found = self._given.edges.get(edge) or edge[0].label or next(self._free)
            self._names[edge] = found
        return found

    def node(self, number: int, node: Node) -> GraphNode:
        operands = tuple(self._operand(node, position) for position in range(len(node.inputs)))
        outputs: list[Output] = []
        for index, (shape, dtype) in enumerate(self._output_types(node)):
            edge = (node, index)
            kept = self._kept.get(edge, Kept(None, "(freed)"))
            if kept.array is not None:
                shape, dtype = kept.array.shape, kept.array.dtype
            self._types[edge] = (shape, dtype)
            outputs.append(Output(self.name(edge), shape, dtype, kept))
        return GraphNode(
            number,
            node.primitive.name,
            operands,
            node.params,
            tuple(outputs),
            origin_text(node.origin),
            source_line(node.origin) if node.origin else "",
            node,
        )

    def _operand(self, node: Node, position: int) -> Operand:
        operand = node.inputs[position]
        shape = node.in_shapes[position]
        if isinstance(operand, tuple):
            return Operand(self.name(operand), operand, None, shape, self._kept_at(operand))
        if operand is not None:
            return Operand(None, None, operand, shape, Kept(None, ""))
        for saved in ((node.shown or {}).get(position), node.saved.get(position)):
            if saved is not None:
                kept = Kept.of(saved)
                return Operand(self._given.storages.get(saved[1]), None, None, shape, kept)
        return Operand(None, None, None, shape, Kept(None, "(freed)"))

    def _kept_at(self, edge: Edge) -> Kept:
        return self._kept.get(edge, Kept(None, "(freed)"))

    def _output_types(self, node: Node) -> list[tuple[Shape | None, Dtype | None]]:
        """Shapes and dtypes of the outputs, derived where the node does not hold them."""
        if node.outputs:
            return [(output.shape, output.dtype) for output in node.outputs]
        if not node.inputs:
            return [(None, None)]
        dtypes = [self._dtype(node, position) for position in range(len(node.inputs))]
        known = next((dtype for dtype in dtypes if dtype is not None), None)
        stand_in = known or np.dtype("float32")
        filled = [
            stand_in if dtype is None and not isinstance(operand, complex | float | int) else dtype
            for dtype, operand in zip(dtypes, node.inputs, strict=True)
        ]
        derived = node.primitive.abstract(node.in_shapes, filled, node.params)
        return [(tuple(shape), dtype if known is not None else None) for shape, dtype in derived]

    def _dtype(self, node: Node, position: int) -> Dtype | None:
        operand = node.inputs[position]
        if isinstance(operand, tuple):
            return self._types[operand][1]
        saved = node.saved.get(position)
        return None if saved is None else saved[0].dtype


__all__ = ["GraphEdge", "GraphNode", "Operand", "Output", "RecordGraph", "graph_of"]
