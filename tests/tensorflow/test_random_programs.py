"""Random programs with variables that are assigned inside nested tapes, against differences.

The sources are two constants; whatever way their effect takes, through variables or not, the first
and second derivatives of the result must be those of the program run on plain numbers.
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

import wengert.tensorflow as tf

START = {"a": 0.7, "b": -0.4, "v": 0.9, "w": 0.3}
Step = tuple[str, str, str, str, float]


def program(rng: random.Random) -> list[Step]:
    names = list("abvw")
    steps: list[Step] = []
    for k in range(rng.randint(3, 12)):
        kind = rng.choice(["mul", "add", "sin", "scale", "assign", "assign_add", "sub"])
        place = rng.choice("vw") if kind.startswith("assign") else f"t{k}"
        steps.append((kind, rng.choice(names), rng.choice(names), place, rng.uniform(-1.5, 1.5)))
        if place not in names:
            names.append(place)
    return [*steps, ("mul", names[-1], rng.choice(names), "y", 0.0)]


def run(steps: list[Step], values: dict[str, Any], sin: Any) -> Any:
    for kind, first, second, place, number in steps:
        p, q = values[first], values[second]
        if kind.startswith("assign"):
            new = p * number if kind == "assign" else values[place] + p
            if isinstance(values[place], tf.Variable):
                values[place].assign(new)
            else:
                values[place] = new
        else:
            values[place] = {
                "mul": lambda p=p, q=q: p * q,
                "add": lambda p=p, q=q: p + q,
                "sub": lambda p=p, q=q: p - q * 0.5,
                "scale": lambda p=p, number=number: p * number,
                "sin": lambda p=p: sin(p),
            }[kind]()
    return values["y"]


@pytest.mark.parametrize("seed", range(120))
def test_first_and_second_derivatives(seed: int) -> None:
    steps = program(random.Random(seed))
    values: dict[str, Any] = {name: tf.constant(np.float64(START[name])) for name in "ab"}
    sources = dict(values)
    values |= {name: tf.Variable(np.float64(START[name])) for name in "vw"}
    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape(persistent=True) as inner:
            y = run(steps, values, tf.sin)
        slopes = {name: inner.gradient(y, x, None, "zero") for name, x in sources.items()}

    def at(name: str, step: float) -> float:
        return run(steps, {**START, name: START[name] + step}, math.sin)

    for name, x in sources.items():
        h = 1e-4
        slope = (at(name, h) - at(name, -h)) / (2 * h)
        curvature = (at(name, h) - 2 * at(name, 0) + at(name, -h)) / h**2
        assert float(slopes[name]) == pytest.approx(slope, rel=1e-5, abs=1e-6), steps
        second = outer.gradient(slopes[name], x, None, "zero")
        assert float(second) == pytest.approx(curvature, rel=1e-4, abs=1e-5), steps
    assert y.grad_fn is None
