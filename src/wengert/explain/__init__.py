"""Where gradients come from, shown to people: one file for each question.

Reads the record and never changes it, the context `keep_values` aside.
"""

from .graph import GraphEdge, GraphNode, Operand, Output, RecordGraph, graph_of
from .values import Kept, keep_values

__all__ = [
    "GraphEdge",
    "GraphNode",
    "Kept",
    "Operand",
    "Output",
    "RecordGraph",
    "graph_of",
    "keep_values",
]
