"""Where gradients come from, shown to people: one file for each question.

Reads the record and never changes it, the context `keep_values` aside.
"""

from .cotangents import cotangents
from .graph import GraphEdge, GraphNode, Operand, Output, RecordGraph, graph_of
from .growth import GrowingRecordWarning, GrowthWatch, lines_of
from .picture import Picture, draw
from .values import Kept, keep_values

__all__ = [
    "GraphEdge",
    "GraphNode",
    "GrowingRecordWarning",
    "GrowthWatch",
    "Kept",
    "Operand",
    "Output",
    "Picture",
    "RecordGraph",
    "cotangents",
    "draw",
    "graph_of",
    "keep_values",
    "lines_of",
]
