"""The page that the demonstration leaves behind: one file, with everything in it.

It is HTML that is also well-formed XML, so that a test can read it. Pictures are inline SVG and
data URIs; nothing is fetched from anywhere.
"""

from __future__ import annotations

import base64
import io
import os
import platform
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import wengert
from demo import charts
from demo.training import BATCH, Run, Side
from wengert import nn

Array = np.ndarray[Any, Any]

UNSURE = 28
DRAWN = 16

STYLE = """
:root { --ink: #1f2328; --faint: #59636e; --paper: #ffffff; --card: #f6f8fa; --grid: #d1d9e0;
  --eager: #bc4c00; --jit: #0969da; --bad: #cf222e; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --faint: #9198a1; --paper: #0d1117; --card: #161b22; --grid: #3d444d;
    --eager: #ffa657; --jit: #58a6ff; --bad: #ff7b72; }
  .digit img { filter: invert(1); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p { max-width: 44rem; margin: .5rem 0; }
.faint, figcaption { color: var(--faint); font-size: .875rem; }
.facts, .charts { display: grid; gap: 1rem; margin: 1rem 0; }
.facts { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.fact, figure { background: var(--card); border-radius: 8px; padding: .75rem; margin: 0; }
.fact b { display: block; font-size: 1.6rem; line-height: 1.2; }
.chart { display: block; width: 100%; height: auto; }
.digits { display: grid; gap: .5rem;
  grid-template-columns: repeat(auto-fill, minmax(4.5rem, 1fr)); }
.digit { background: var(--card); border: 2px solid transparent; border-radius: 6px;
  padding: .35rem; text-align: center; font-size: .8rem; line-height: 1.3; }
.digit img { width: 100%; max-width: 4rem; image-rendering: pixelated; display: block;
  margin: 0 auto .25rem; }
.wrong { border-color: var(--bad); }
.wrong strong { color: var(--bad); }
.wide { overflow-x: auto; background: var(--card); border-radius: 8px; padding: .75rem; }
.wide svg { display: block; margin: 0 auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td + td { white-space: nowrap; }
th, td { padding: .3rem 1.2rem .3rem 0; text-align: right; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { text-align: left; font-weight: 400; }
.value { color: #0550ae; } .gradient { color: #bc4c00; }
@media (prefers-color-scheme: dark) { .value { color: #79c0ff; } .gradient { color: #ffa657; } }
"""


def write(path: Path, text: str) -> None:
    """Put the page into its file."""
    path.write_text(text, encoding="utf-8")


def page(run: Run, compared: int, allowed: float) -> str:
    """The whole page for a run of both sides."""
    parts = [
        _head(run, compared, allowed),
        _curves(run, compared, allowed),
        _digits(run),
        _graph(run),
        _timings(run),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n'
        '<meta charset="utf-8" />\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
        f"<title>Wengert: handwritten digits</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _fact(number: str, text: str) -> str:
    return f'<div class="fact"><b>{escape(number)}</b>{escape(text)}</div>'


def _head(run: Run, compared: int, allowed: float) -> str:
    eager, jitted = run.sides["eager"], run.sides["jit"]
    facts = [
        _fact(f"{100 * jitted.accuracies[-1]:.1f} %", "of the held-out digits recognised"),
        _fact(f"{eager.steps_per_second:.0f} /s", "training steps, eager"),
        _fact(f"{jitted.steps_per_second:.0f} /s", "training steps, compiled"),
        _fact(
            f"{run.disagreement(compared):.0e}",
            f"largest distance of the losses in {compared} steps ({allowed:.0e} allowed)",
        ),
    ]
    train, test = len(run.data.train_labels), len(run.data.test_labels)
    return (
        "<h1>Handwritten digits, eager and compiled</h1>\n"
        f"<p>A network of two convolutions and two linear layers ({run.parameters:,} parameters) "
        f"learns the UCI handwritten digits: {train:,} images of 8 × 8 pixels to train on, {test} "
        "held out. The same Python function is one training step on both sides; on one of them it "
        "went through <code>wengert.jit</code>. Both start from the same weights and see the same "
        f"batches of {BATCH}.</p>\n"
        f'<div class="facts">{"".join(facts)}</div>'
    )


# ---- curves -------------------------------------------------------------------------------------


def _curves(run: Run, compared: int, allowed: float) -> str:
    sides = run.sides
    eager, jitted = sides["eager"].losses[:compared], sides["jit"].losses[:compared]
    pictures = [
        charts.losses({name: side.losses for name, side in sides.items()}),
        charts.accuracies({name: side.accuracies for name, side in sides.items()}),
        charts.distances(eager, jitted, allowed),
    ]
    captions = (
        "Training loss, mean over 20 steps. Rounding parts the two curves in the long run.",
        "Held-out digits recognised after each epoch. Nothing was chosen by this curve.",
        f"The first {compared} steps: how far the losses are apart (1e-8 stands for equal).",
    )
    figures = [
        f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"
        for svg, caption in zip(pictures, captions, strict=True)
    ]
    return f'<h2>Curves</h2>\n<div class="charts">{"".join(figures)}</div>'


# ---- digits -------------------------------------------------------------------------------------


def _digits(run: Run) -> str:
    probabilities = run.sides["jit"].probabilities(run.data.test_images)
    said, labels = probabilities.argmax(1), run.data.test_labels
    wrong = np.flatnonzero(said != labels).tolist()
    right = np.flatnonzero(said == labels)
    unsure = right[np.argsort(probabilities[right].max(1), kind="stable")][:UNSURE].tolist()

    def tiles(chosen: Sequence[int]) -> str:
        return "".join(
            _tile(run.data.test_images[k, 0], int(labels[k]), probabilities[k]) for k in chosen
        )

    mistakes = "1 mistake" if len(wrong) == 1 else f"{len(wrong) or 'No'} mistakes"
    return (
        f"<h2>{mistakes} among {len(labels)} held-out digits</h2>\n"
        f'<div class="digits">{tiles(wrong)}</div>\n'
        f"<h2>Right, but least sure</h2>\n"
        f'<div class="digits">{tiles(unsure)}</div>\n'
        '<p class="faint">Below each digit: what the compiled model said, and how sure it was.</p>'
    )


def _tile(pixels: Array, label: int, probabilities: Array) -> str:
    said = int(probabilities.argmax())
    sure = f"{100 * probabilities[said]:.0f} %"
    image = f'<img alt="handwritten {label}" src="{_png(pixels)}" />'
    if said == label:
        return f'<div class="digit">{image}<strong>{said}</strong> {sure}</div>'
    return f'<div class="digit wrong">{image}<strong>{said}</strong> {sure}<br />is a {label}</div>'


def _png(pixels: Array) -> str:
    """A data URI: dark ink on white paper."""
    target = io.BytesIO()
    Image.fromarray(np.round(255 * (1 - pixels)).astype(np.uint8)).save(target, "PNG")
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode("ascii")


# ---- the graph ----------------------------------------------------------------------------------


def _graph(run: Run) -> str:
    model = run.sides["jit"].model
    images = wengert.from_numpy(run.data.test_images[:DRAWN])
    labels = wengert.from_numpy(run.data.test_labels[:DRAWN])
    with wengert.explain.keep_values():
        logits = model(images)
        loss = nn.functional.cross_entropy(logits, labels)
    given = {"images": images, "labels": labels, "logits": logits, "loss": loss}
    names = {**dict(model.named_parameters()), **given}
    picture = wengert.explain.draw(loss, names=names)
    return (
        "<h2>The graph of the model</h2>\n"
        f"<p>What the trained model recorded for {DRAWN} of the digits, from the parameters to the "
        'loss, with the range and a histogram of each <span class="value">value</span> and of the '
        '<span class="gradient">gradient</span> of the loss that arrives there. Grey labels are '
        "steps that only move elements. The picture scrolls sideways where it has no room.</p>\n"
        f'<div class="wide">{picture}</div>'
    )


# ---- timings ------------------------------------------------------------------------------------


def _timings(run: Run) -> str:
    eager, jitted = run.sides["eager"], run.sides["jit"]
    ratio = jitted.steps_per_second / eager.steps_per_second
    rows = [
        ("steps", *(f"{len(side.losses):,}" for side in (eager, jitted))),
        ("steps per second (median)", *(f"{s.steps_per_second:.0f}" for s in (eager, jitted))),
        ("milliseconds per step (median)", *(f"{1000 * _median(s):.2f}" for s in (eager, jitted))),
        ("first step, milliseconds", *(f"{1000 * s.durations[0]:.0f}" for s in (eager, jitted))),
        ("all steps, seconds", *(f"{sum(s.durations):.1f}" for s in (eager, jitted))),
        ("held-out accuracy", *(f"{100 * s.accuracies[-1]:.2f} %" for s in (eager, jitted))),
    ]
    body = "".join(
        f"<tr><td>{label}</td><td>{left}</td><td>{right}</td></tr>" for label, left, right in rows
    )
    machine = (
        f"Python {platform.python_version()}, NumPy {np.__version__}, Wengert "
        f"{wengert.__version__}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores."
    )
    return (
        "<h2>Timings</h2>\n"
        "<table><thead><tr><th></th><th>eager</th><th>compiled</th></tr></thead>"
        f"<tbody>{body}</tbody></table>\n"
        f"<p>The compiled step is {ratio:.1f} times as fast. {_compiled(jitted)}</p>\n"
        f'<p class="faint">{escape(machine)} Both sides ran in turns, step by step, in one '
        f"process; training and testing took {run.seconds:.0f} seconds.</p>"
    )


def _median(side: Side) -> float:
    return float(np.median(side.durations))


def _compiled(side: Side) -> str:
    """What the compiler made of the step, as its report says."""
    report = side.step.report()
    if not report.kernels:
        return f"It is run by NumPy, {len(report.callbacks)} operations a step."
    callbacks = "without a call back into Python"
    if report.callbacks:
        callbacks = f"with {len(report.callbacks)} operations left to NumPy"
    times = "once" if report.traces == 1 else f"{report.traces} times"
    return f"It was traced {times} and became {report.kernels} kernels {callbacks}."


__all__ = ["page", "write"]
