"""Curves as SVG that follows the page: its colours, light or dark, and its type.

matplotlib draws with stand-in colours, which become the page's CSS variables afterwards.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

INK, GRID, EAGER, JIT = "#010203", "#040506", "#070809", "#0a0b0c"
VARIABLES = {INK: "var(--ink)", GRID: "var(--grid)", EAGER: "var(--eager)", JIT: "var(--jit)"}
COLOURS = {"eager": EAGER, "jit": JIT}

matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",  # letters stay text
        "svg.hashsalt": "wengert",  # the same page from the same numbers
        "font.size": 10,
        "text.color": INK,
        "axes.edgecolor": GRID,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": GRID,
        "grid.linewidth": 0.5,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
    }
)


@dataclass(frozen=True)
class Line:
    """One curve: its name and its points."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str
    dashed: bool = False


def losses(curves: dict[str, Sequence[float]], window: int = 20) -> str:
    """Training loss by step, smoothed over `window` steps, on a logarithmic scale."""
    lines = [
        Line(name, *_smoothed(losses, window), COLOURS[name], name == "jit")
        for name, losses in curves.items()
    ]
    return _chart(lines, "step", "training loss", lambda axes: axes.set_yscale("log"))


def accuracies(curves: dict[str, Sequence[float]]) -> str:
    """Accuracy on the held-out digits by epoch, in per cent."""
    lines = [
        Line(name, range(1, len(found) + 1), [100 * a for a in found], COLOURS[name], name == "jit")
        for name, found in curves.items()
    ]
    lowest = min(min(line.y) for line in lines)

    def scale(axes: Any) -> None:
        axes.set_ylim(max(0, min(90, lowest - 1)), 101)

    return _chart(lines, "epoch", "held-out accuracy, %", scale)


def distances(eager: Sequence[float], jitted: Sequence[float], allowed: float) -> str:
    """How far the two loss curves are apart at each step, beside what is allowed."""
    apart = np.abs(np.array(eager) - np.array(jitted))
    # A logarithm has no place for steps at which the two are equal to the last bit.
    shown = np.maximum(apart, 1e-8)
    steps = range(1, len(shown) + 1)
    lines = [
        Line("|eager − jit|", steps, shown.tolist(), JIT),
        Line("allowed", [1, len(shown)], [allowed, allowed], EAGER, True),
    ]

    def scale(axes: Any) -> None:
        axes.set_yscale("log")
        axes.set_ylim(5e-9, max(allowed, float(shown.max())) * 5)

    return _chart(lines, "step", "distance of the losses", scale)


def _smoothed(values: Sequence[float], window: int) -> tuple[list[float], list[float]]:
    width = min(window, len(values))
    means = np.convolve(values, np.ones(width) / width, mode="valid")
    return list(range(width, len(values) + 1)), means.tolist()


def _chart(lines: Sequence[Line], x: str, y: str, arrange: Callable[[Any], Any]) -> str:
    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.subplots()
    for line in lines:
        style = "--" if line.dashed else "-"
        axes.plot(line.x, line.y, style, color=line.colour, linewidth=1.6, label=line.name)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    arrange(axes)
    axes.legend()
    target = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(target, format="svg", transparent=True, metadata=nothing)
    return _inline(target.getvalue(), f"{y} by {x}")


def _inline(text: str, label: str) -> str:
    """The picture alone, scaling with its place, in the colours and the type of the page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 system-ui, sans-serif", text)
    text = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', _opening(label), text, count=1)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, variable)
    # matplotlib's ids repeat from one picture to the next; a page wants each once.
    prefix = re.sub(r"\W+", "-", label)
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\1{prefix}-", text)


def _opening(label: str) -> str:
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return rf'<svg {namespaces} \1 class="chart" role="img" aria-label="{label}">'


__all__ = ["accuracies", "distances", "losses"]
