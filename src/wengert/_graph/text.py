"""A graph as text, one operation a line:

graph(a: float32[3], b: float32[3]):
  c: float32[3] = mul(a, b)          # train.py:12
  return c
"""

from __future__ import annotations

import os
from typing import Any

from .._base.kinds import is_array, is_tuple
from .graph import Graph
from .node import Edge, Node, Origin


def short_name(number: int) -> str:
    """a, b, ..., z, aa, ab, ...

    >>> short_name(0), short_name(25), short_name(26)
    ('a', 'z', 'aa')
    """
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("a") + rest) + name
    return name


def origin_text(origin: Origin) -> str:
    """`file.py:12`, or an empty string where the line is not known."""
    if origin is None:
        return ""
    code, offset = origin
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= offset < end and number is not None:
            line = number
    return f"{os.path.basename(code.co_filename)}:{line}"


def param_text(value: Any) -> str:
    """A parameter, short enough for a line."""
    if isinstance(value, Graph):
        return "graph"
    if value.__class__.__module__ == "numpy.dtypes":
        return str(value.name)
    if is_array(value) and value.size > 8:
        return f"array{list(value.shape)}"
    if is_tuple(value) and any(isinstance(part, Graph) for part in value):
        return f"({', '.join(map(param_text, value))})"
    return repr(value).replace("\n", " ")


def _inner(node: Node) -> list[tuple[str, Graph]]:
    """The graphs among the parameters of a node, with the names of the parameters."""
    found: list[tuple[str, Graph]] = []
    for key, value in node.params.items():
        if isinstance(value, Graph):
            found.append((key, value))
        elif is_tuple(value):
            found += [
                (f"{key}[{k}]", part) for k, part in enumerate(value) if isinstance(part, Graph)
            ]
    return found


def graph_text(graph: Graph) -> str:
    """The whole graph as text."""
    names: dict[Edge, str] = {}

    def name(operand: Any) -> str:
        if not is_tuple(operand):
            return repr(operand)
        edge: Edge = (operand[0], operand[1])
        if edge not in names:
            names[edge] = short_name(len(names))
        return names[edge]

    def typed(node: Node, index: int) -> str:
        return f"{name((node, index))}: {node.outputs[index]!r}"

    head = ", ".join(
        typed(node, 0) + (f" ({node.label})" if node.label else "") for node in graph.inputs
    )
    lines = [f"graph({head}):"]
    for node in graph.nodes:
        left = ", ".join(typed(node, index) for index in range(len(node.outputs)))
        arguments = [name(operand) for operand in node.inputs]
        arguments += [f"{key}={param_text(value)}" for key, value in node.params.items()]
        line = f"  {left} = {node.primitive.name}({', '.join(arguments)})"
        where = origin_text(node.origin)
        lines.append(f"{line:<60}  # {where}" if where else line)
        for key, inner in _inner(node):
            text = f"{key} = {graph_text(inner)}"
            lines += [f"      {part}" for part in text.splitlines()]
    for position, edge in graph.commits:
        lines.append(f"  {name((graph.inputs[position], 0))}[...] = {name(edge)}")
    lines.append(f"  return {', '.join(name(edge) for edge in graph.outputs)}")
    return "\n".join(lines)
