"""Draws graph.svg, the picture in the README: `python docs/images/graph.py`."""

from __future__ import annotations

from pathlib import Path

import wengert


def picture() -> wengert.explain.Picture:
    """The sum of squares of an exponential curve that is to fit 50 points."""
    x = wengert.linspace(0, 1, 50)
    y = 3 * wengert.exp(-2 * x)
    a = wengert.tensor(2.0, requires_grad=True)
    k = wengert.tensor(-1.0, requires_grad=True)
    with wengert.explain.keep_values():
        curve = a * wengert.exp(k * x)
        error = curve - y
        loss = (error * error).sum()
    return wengert.explain.draw(loss, names=locals())


if __name__ == "__main__":
    picture().save(Path(__file__).with_name("graph.svg"))
