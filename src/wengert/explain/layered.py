"""Where the boxes of a drawing go: layers from top to bottom, with few crossings.

Graphviz's `dot` does it (E. R. Gansner, E. Koutsofios, S. C. North, K.-P. Vo: "A technique for
drawing directed graphs", 1993), through pygraphviz, whose wheels bring the library along. Only
sizes go in and only positions come out; what a box looks like is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._base.extras import require

Point = tuple[float, float]

_POINTS_PER_INCH = 72


@dataclass(frozen=True, slots=True)
class Curve:
    """A chain of cubic Bezier arcs: a start, then three points for each arc; `tip` is its end."""

    points: tuple[Point, ...]
    tip: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """Centres of the boxes and courses of the links; y grows downwards."""

    width: float
    height: float
    centres: tuple[Point, ...]
    curves: tuple[Curve, ...]


def layered(
    sizes: Sequence[tuple[float, float]], links: Sequence[tuple[int, int]], pull: Sequence[int]
) -> Layout:
    """Place boxes of these (width, height) so that every link (from, to) goes down.

    A link with a large pull is kept short and straight at the expense of the others. Raises
    MissingExtraError where pygraphviz is not installed.
    """
    graphviz: Any = require("pygraphviz", "viz")
    lines = ['node [shape=box, fixedsize=true, label=""]; nodesep=0.25; ranksep=0.28;']
    for number, (width, height) in enumerate(sizes):
        across, down = width / _POINTS_PER_INCH, height / _POINTS_PER_INCH
        lines.append(f"{number} [width={across:.4f}, height={down:.4f}];")
    for number, ((above, below), weight) in enumerate(zip(links, pull, strict=True)):
        lines.append(f'{above} -> {below} [id="{number}", weight={weight}];')
    drawing = graphviz.AGraph(string=f"digraph {{ {' '.join(lines)} }}")
    placed = json.loads(drawing.draw(format="json0", prog="dot"))
    _, _, width, height = _numbers(placed["bb"])

    def point(text: str) -> Point:
        x, y = _numbers(text)
        return (x, height - y)

    centres = {int(box["name"]): point(box["pos"]) for box in placed.get("objects", ())}
    curves: dict[int, Curve] = {}
    for link in placed.get("edges", ()):
        tip, *points = link["pos"].removeprefix("e,").split(" ")
        curves[int(link["id"])] = Curve(tuple(map(point, points)), point(tip))
    return Layout(
        width,
        height,
        tuple(centres[k] for k in range(len(sizes))),
        tuple(curves[k] for k in range(len(links))),
    )


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


__all__ = ["Curve", "Layout", "layered"]
