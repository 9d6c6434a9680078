"""The record behind a tensor as a drawing: forward values and the gradients that arrive at them.

    wengert.explain.draw(loss, names=dict(model.named_parameters())).save("loss.svg")

Each value is a box with its operation, shape, range and a histogram, drawn from `graph_of`; steps
that only move elements are small labels on the way. The drawing is SVG text with styles for light
and dark surroundings. Where the boxes go is decided in `layered`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import numpy as np

from .._graph.graph import Graph
from .._graph.node import Edge
from .cotangents import cotangents
from .graph import GraphNode, Operand, Output, RecordGraph, graph_of
from .layered import Curve, Layout, Point, layered

_LETTER = 6.65
"""Width of a letter in the 11 px monospaced type of the boxes."""
_LINE, _PAD, _MARGIN = 16.0, 8.0, 6.0
_BINS, _BARS_WIDTH, _BARS_HEIGHT = 24, 60.0, 12.0
_SMALL = 3
"""Arrays of up to this many elements are written out."""
_LONGEST = 36

_STYLE = """
.wg-text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
fill:#1f2328;white-space:pre}
.wg-name{font-weight:600}
.wg-faint{fill:#656d76}
.wg-box{fill:#ffffff;stroke:#8c959f}
.wg-leaf{fill:#ddf4ff;stroke:#0969da}
.wg-constant{fill:#f6f8fa;stroke:#8c959f;stroke-dasharray:4 3}
.wg-result{fill:#dafbe1;stroke:#1a7f37}
.wg-move{fill:#f6f8fa;stroke:none}
.wg-link{fill:none;stroke:#8c959f}
.wg-tip{fill:#8c959f}
.wg-value{fill:#0550ae}
.wg-gradient{fill:#bc4c00}
.wg-bad{fill:#cf222e;font-weight:600}
.wg-zero{stroke:#1f2328;stroke-width:.6}
@media(prefers-color-scheme:dark){
.wg-text{fill:#e6edf3}
.wg-faint{fill:#9198a1}
.wg-box{fill:#161b22;stroke:#6e7681}
.wg-leaf{fill:#0c2d4d;stroke:#4493f8}
.wg-constant{fill:#21262d;stroke:#6e7681}
.wg-result{fill:#0f2f1a;stroke:#3fb950}
.wg-move{fill:#21262d}
.wg-link{stroke:#6e7681}
.wg-tip{fill:#6e7681}
.wg-value{fill:#79c0ff}
.wg-gradient{fill:#ffa657}
.wg-bad{fill:#ff7b72}
.wg-zero{stroke:#e6edf3}
}
"""


class Picture:
    """A drawing as SVG text. Notebooks show it; `save` writes it to a file.

    >>> import wengert
    >>> x = wengert.tensor(3.0, requires_grad=True)
    >>> wengert.explain.draw(x * x).svg[:4]
    '<svg'
    """

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def save(self, path: str | Path) -> None:
        """Write the drawing to a file."""
        Path(path).write_text(self.svg + "\n", encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.svg


def draw(
    *results: Any,
    names: Mapping[str, Any] | None = None,
    gradient: Any = None,
    most: int = 400,
) -> Picture:
    """Draw the record behind tensors, or the traced graph of a `Graph`.

    Values are shown where something still holds them (all under `keep_values`), and gradients of
    the result where it is a single number or `gradient`, its cotangent, is given; after backward
    has freed the record, the leaves show their `.grad`. `names` is as in `graph_of`. Raises
    ValueError for more than `most` values, MissingExtraError where pygraphviz is not installed.

    >>> import wengert
    >>> w = wengert.tensor([1.0, 2.0], requires_grad=True)
    >>> with wengert.explain.keep_values():
    ...     loss = (w * w).sum()
    >>> picture = wengert.explain.draw(loss, names={"w": w, "loss": loss})
    >>> "loss = sum(a, axes=(0,))" in picture.svg
    True
    """
    graph = graph_of(*results, names=names)
    if len(graph) > most:
        raise ValueError(
            f"draw: a picture of {len(graph)} values is hard to read. Draw a part of the "
            f"computation, print(graph_of(...)), or pass most={len(graph)}."
        )
    arriving: dict[Edge, np.ndarray[Any, Any]] = {}
    alone = results[0] if len(results) == 1 and not isinstance(results[0], Graph) else None
    if alone is not None and (gradient is not None or alone._data.size == 1):
        arriving = cotangents(alone, gradient, nodes=[step.node for step in graph])
    boxes, links = _Boxes(graph, arriving).made()
    layout = layered([(box.width, box.height) for box in boxes], links, _pulls(boxes, links))
    return Picture(_svg(str(graph).splitlines()[0], boxes, layout))


# ---- what stands in a box -----------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """One array: what it is, its numbers or range, and the heights of its histogram."""

    style: str
    text: str
    bars: list[float]
    zero: float | None
    """Where 0 lies in the histogram, from 0 to 1."""

    @property
    def width(self) -> float:
        return len(self.text) * _LETTER + (_BARS_WIDTH + 10 if self.bars else 0)


@dataclass(slots=True)
class _Box:
    style: str
    head: str
    shape: str
    rows: list[_Row] = field(default_factory=list[_Row])
    title: str = ""

    @property
    def width(self) -> float:
        head = (len(self.head) + 2 + len(self.shape)) * _LETTER
        return max(head, *(row.width for row in self.rows), 0) + 2 * _PAD

    @property
    def height(self) -> float:
        return _LINE * (1 + len(self.rows)) + 6


def _row(style: str, label: str, array: np.ndarray[Any, Any]) -> _Row:
    """A row for one array."""
    numbers = np.abs(array) if array.dtype.kind == "c" else array
    if array.size <= _SMALL:
        written = ", ".join(f"{number:.4g}" for number in array.ravel().tolist())
        return _Row(style, f"{label} {written or 'empty'}", [], None)
    if array.dtype.kind == "b":
        return _Row(style, f"{label} {int(array.sum())} of {array.size} true", [], None)
    numbers = numbers.astype(np.float64).ravel()
    finite = numbers[np.isfinite(numbers)]
    if finite.size < numbers.size:
        return _Row("wg-bad", f"{label} {numbers.size - finite.size} not finite", [], None)
    low, high = finite.min() + 0.0, finite.max() + 0.0  # -0.0 would print as -0
    text = f"{label} {low:.3g} … {high:.3g}"
    if low == high:
        return _Row(style, f"{label} all {low:.4g}", [], None)
    counts = np.histogram(finite, min(_BINS, max(6, finite.size // 2)), (low, high))[0]
    # Square roots: a peak at zero, which relu and pooling make, would hide everything else.
    heights = np.sqrt(counts / counts.max())
    zero = float(-low / (high - low)) if low < 0 < high else None
    return _Row(style, text, [float(height) for height in heights], zero)


class _Boxes:
    """Turns nodes into boxes, and edges into links between them."""

    def __init__(self, graph: RecordGraph, arriving: dict[Edge, np.ndarray[Any, Any]]) -> None:
        self._graph = graph
        self._arriving = arriving
        self._boxes: list[_Box] = []
        self._links: list[tuple[int, int]] = []
        self._numbers = {node.node: node.number for node in graph.nodes}
        self._at: dict[int, int] = {}
        """The box in which a node of the graph is drawn."""
        self._constants: dict[int, int] = {}
        self._readers: dict[int, int] = {}
        for edge in graph.edges:
            self._readers[edge.source] = self._readers.get(edge.source, 0) + 1

    def made(self) -> tuple[list[_Box], list[tuple[int, int]]]:
        """All boxes and links."""
        for node in self._graph.nodes:
            source = self._moved(node)
            if source is None:
                place = self._add(self._operation(node))
            elif self._boxes[self._at[source]].style == "wg-move" and self._readers[source] == 1:
                self._prolong(self._at[source], node)
                self._at[node.number] = self._at[source]
                continue
            else:
                place = self._add(_Box("wg-move", node.operation, _shape(node), title=node.source))
            self._at[node.number] = place
            for operand in node.operands:
                self._link(operand, place)
        return self._boxes, self._links

    def _add(self, box: _Box) -> int:
        self._boxes.append(box)
        return len(self._boxes) - 1

    def _moved(self, node: GraphNode) -> int | None:
        """For a node that shows its operand in another form only: the number of the operand."""
        if not node.node.primitive.is_view or node.name in self._graph.results:
            return None
        edge = node.operands[0].edge
        return None if edge is None else self._numbers[edge[0]]

    def _prolong(self, place: int, node: GraphNode) -> None:
        box = self._boxes[place]
        box.head += f" · {node.operation}"
        box.shape = _shape(node)

    def _link(self, operand: Operand, place: int) -> None:
        if operand.edge is not None:
            self._links.append((self._at[self._numbers[operand.edge[0]]], place))
        elif operand.number is None:
            key = id(operand.kept.array) if operand.kept.array is not None else -len(self._links)
            found = self._constants.get(key)
            if found is None:
                box = _Box("wg-constant", operand.name or "constant", str(list(operand.shape)))
                if operand.kept.array is not None:
                    box.rows.append(_row("wg-value", "value", operand.kept.array))
                found = self._constants[key] = self._add(box)
            self._links.append((found, place))

    def _operation(self, node: GraphNode) -> _Box:
        if node.is_leaf:
            style, head = "wg-leaf", node.name
        else:
            style = "wg-result" if node.name in self._graph.results else "wg-box"
            head = ", ".join(output.name for output in node.outputs)
            head += " = " + _call(node)
        box = _Box(style, head, _shape(node), title=node.source or str(node))
        for index, output in enumerate(node.outputs):
            self._rows(box, output, (node.node, index))
        return box

    def _rows(self, box: _Box, output: Output, edge: Edge) -> None:
        if output.kept.array is not None:
            box.rows.append(_row("wg-value", "value", output.kept.array))
        found = self._arriving.get(edge)
        if found is not None:
            box.rows.append(_row("wg-gradient", "grad ", found))


def _call(node: GraphNode) -> str:
    """`sum(a, axes=(0,))`, with the parameters left out where that is too long for a box."""
    whole = str(node).partition(" = ")[2]
    if len(whole) > _LONGEST:
        operands = ", ".join(map(str, node.operands))
        whole = f"{node.operation}({operands}{', …' if node.params else ''})"
    return whole if len(whole) <= _LONGEST else whole[: _LONGEST - 1] + "…"


def _shape(node: GraphNode) -> str:
    shape = node.outputs[0].shape
    return "[?]" if shape is None else str(list(shape))


def _pulls(boxes: Sequence[_Box], links: Sequence[tuple[int, int]]) -> list[int]:
    """What is computed forms a spine; leaves and constants, moved or not, come in from the side."""
    aside = {k for k, box in enumerate(boxes) if box.style in ("wg-leaf", "wg-constant")}
    pulls: list[int] = []
    for above, below in links:
        pulls.append(1 if above in aside else 20)
        if above in aside and boxes[below].style == "wg-move":
            aside.add(below)
    return pulls


# ---- SVG ----------------------------------------------------------------------------------------


def _svg(title: str, boxes: Sequence[_Box], layout: Layout) -> str:
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    root = xml.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "viewBox": f"{-_MARGIN} {-_MARGIN} {width:.0f} {height:.0f}",
            "role": "img",
        },
    )
    xml.SubElement(root, "title").text = title
    xml.SubElement(root, "style").text = _STYLE
    for curve in layout.curves:
        _draw_link(root, curve)
    for box, centre in zip(boxes, layout.centres, strict=True):
        _draw_box(root, box, centre)
    return xml.tostring(root, encoding="unicode")


def _draw_link(root: xml.Element, curve: Curve) -> None:
    start, *rest = curve.points
    course = f"M{start[0]:.1f},{start[1]:.1f}C" + " ".join(f"{x:.1f},{y:.1f}" for x, y in rest)
    xml.SubElement(root, "path", {"class": "wg-link", "d": course})
    (x, y), (tip_x, tip_y) = rest[-1], curve.tip
    along = np.array([tip_x - x, tip_y - y])
    along /= max(float(np.hypot(*along)), 1e-9)
    side = np.array([-along[1], along[0]]) * 3
    corners = [np.array([x, y]) + side, np.array([tip_x, tip_y]), np.array([x, y]) - side]
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
    xml.SubElement(root, "polygon", {"class": "wg-tip", "points": points})


def _draw_box(root: xml.Element, box: _Box, centre: Point) -> None:
    left, top = centre[0] - box.width / 2, centre[1] - box.height / 2
    group = xml.SubElement(root, "g")
    if box.title:
        xml.SubElement(group, "title").text = box.title
    xml.SubElement(
        group,
        "rect",
        {
            "class": box.style,
            "x": f"{left:.1f}",
            "y": f"{top:.1f}",
            "width": f"{box.width:.1f}",
            "height": f"{box.height:.1f}",
            "rx": "4",
        },
    )
    faint = " wg-faint" if box.style == "wg-move" else " wg-name"
    baseline = top + _LINE - 1
    _write(group, left + _PAD, baseline, box.head, "wg-text" + faint)
    right = left + box.width - _PAD
    _write(group, right, baseline, box.shape, "wg-text wg-faint", {"text-anchor": "end"})
    for row in box.rows:
        baseline += _LINE
        _write(group, left + _PAD, baseline, row.text, f"wg-text {row.style}")
        if row.bars:
            _draw_bars(group, row, right - _BARS_WIDTH, baseline)


def _write(
    group: xml.Element,
    x: float,
    y: float,
    text: str,
    style: str,
    more: Mapping[str, str] | None = None,
) -> None:
    place = {"class": style, "x": f"{x:.1f}", "y": f"{y:.1f}", **(more or {})}
    xml.SubElement(group, "text", place).text = text


def _draw_bars(group: xml.Element, row: _Row, left: float, bottom: float) -> None:
    course = f"M{left:.1f},{bottom:.1f}"
    step = _BARS_WIDTH / len(row.bars)
    for number, bar in enumerate(row.bars):
        course += f"V{bottom - bar * _BARS_HEIGHT:.1f}H{left + (number + 1) * step:.1f}"
    course += f"V{bottom:.1f}Z"
    xml.SubElement(group, "path", {"class": row.style, "d": course})
    if row.zero is not None:
        x = f"{left + row.zero * _BARS_WIDTH:.1f}"
        ends = {"x1": x, "x2": x, "y1": f"{bottom + 1.5:.1f}", "y2": f"{bottom - _BARS_HEIGHT:.1f}"}
        xml.SubElement(group, "line", {"class": "wg-zero", **ends})


__all__ = ["Picture", "draw"]
