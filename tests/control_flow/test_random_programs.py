"""Random programs of nested loops, branches and batches: derivatives eagerly and compiled.

Their operations select, are infinite at 0, and have kinks; points have zeros. Eager derivatives
walk over single operations, compiled ones over scans and conds, so that they check one another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert
from wengert import cond, func, scan

from .programs import double

Random = numpy.random.Generator
where = wengert.where

MATRIX = double([[0.5, -0.8, 0.2], [0.9, 0.1, -0.3], [-0.4, 0.7, 0.6]])
TABLE = double([[1.0, 0.0, -2.0], [0.0, 1.0, 2.0], [-1.0, -1.0, 0.0], [2.0, 1.0, 0.0]])

UNARY: list[Callable[[Any], Any]] = [
    lambda a: a.sin(),
    lambda a: a.relu(),
    lambda a: where(a > 0, a.sqrt(), 0.0),
    lambda a: where(a > 0.3, a.log(), a),
    lambda a: a.abs(),
    lambda a: a.clamp(-1.0, 1.0),
    lambda a: MATRIX @ a,
    lambda a: wengert.cat([a[1:], a[:1]]),
    lambda a: a.relu().sqrt(),
    lambda a: a.sort()[0],
    lambda a: (a * a).sum() * a * 0.1,
    lambda a: a.detach() * a,
    lambda a: func.grad(lambda b: (b * b * a.detach()).sin().sum())(a),
    lambda a: func.jvp(lambda b: b * b + a, (a,), (a * 0.5,))[1],
]
BINARY: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: wengert.maximum(a, b),
    lambda a, b: where(b > 0, a, b),
    lambda a, b: a - b[0] * 0.5,
]


def _expression(values: list[Any], rng: Random) -> Any:
    pool = list(values)
    for _ in range(rng.integers(1, 4)):
        a, b = (pool[rng.integers(len(pool))] for _ in range(2))
        if rng.random() < 0.5:
            pool.append(UNARY[rng.integers(len(UNARY))](a))
        else:
            pool.append(BINARY[rng.integers(len(BINARY))](a, b))
    return pool[-1]


def _block(values: list[Any], depth: int, seed: int) -> Any:
    """A program of the given depth; the seed alone decides what it is."""
    rng = numpy.random.default_rng(seed)
    v = _expression(values, rng)
    kind = rng.integers(4) if depth else 3
    first, second = (int(rng.integers(1 << 30)) for _ in range(2))
    if kind == 0:
        return _loop(v, values[0], depth, (first, second), rng)
    if kind == 1:
        other = values[rng.integers(len(values))]
        return cond(
            v[rng.integers(3)] > 0,
            lambda a: _block([a, other], depth - 1, first),
            lambda a: _block([a], depth - 1, second),
            v,
        )
    if kind == 2:
        return func.vmap(lambda e: _block([v * e], depth - 1, first))(v).sum(0) * 0.3
    return v


def _loop(v: Any, other: Any, depth: int, seeds: tuple[int, int], rng: Random) -> Any:
    length, pair, captures = int(rng.integers(1, 4)), rng.random() < 0.5, rng.random() < 0.7
    own = rng.random() < 0.5
    rows = wengert.stack([v * (k + 1.0) for k in range(length)]) if own else TABLE[:length]

    def step(c: Any, row: Any) -> Any:
        inside = [c[0], row, *([v] if captures else []), *c[1:]]
        a = _block(inside, depth - 1, seeds[0])
        b = _block([*inside, a], depth - 1, seeds[1])
        return ((a, b) if pair else (a,)), b * 0.5

    last, ys = scan(step, (v, other) if pair else (v,), rows, reverse=bool(rng.random() < 0.3))
    # Sometimes nobody reads the last carry, sometimes nobody reads the ys.
    choice = rng.integers(3)
    found = v if choice == 0 else v + last[0]
    return found if choice == 1 else found + ys[0] - ys[-1]


def _forms(f: Any, direction: Any) -> dict[str, Any]:
    weights = double([0.5, -0.4, -1.0])

    def number(x: Any) -> Any:
        return (f(x) * weights).sum()

    def pushed(x: Any) -> Any:
        return func.jvp(f, (x,), (direction,))[1]

    def batch(x: Any) -> Any:
        return wengert.stack([x, x + 0.5, direction])

    return {
        "value": f,
        "grad": func.grad(number),
        "jvp": pushed,
        "grad of grad": func.grad(lambda x: (func.grad(number)(x) * direction).sum()),
        "jvp of grad": lambda x: func.jvp(func.grad(number), (x,), (direction,))[1],
        "grad of jvp": func.grad(lambda x: (pushed(x) * weights).sum()),
        "jvp of jvp": lambda x: func.jvp(pushed, (x,), (direction,))[1],
        "vmap of grad": lambda x: func.vmap(func.grad(number))(batch(x)),
        "grad of vmap": func.grad(lambda x: func.vmap(f)(batch(x)).sum()),
    }


@pytest.mark.parametrize("seed", range(10))
def test_compiled_derivatives_are_the_eager_ones(seed: int) -> None:
    rng = numpy.random.default_rng(seed)
    program = int(rng.integers(1 << 30))
    x = double(numpy.where(rng.random(3) < 0.3, 0.0, rng.standard_normal(3)))
    direction = double(rng.standard_normal(3))

    def f(x: Any) -> Any:
        return _block([x, x * 0.5 - 0.2], 2, program)

    eager = _forms(f, direction)
    outside = _forms(wengert.jit(f, backend="numpy"), direction)
    for name, function in eager.items():
        want = function(x).numpy()
        scale = max(1.0, float(numpy.max(numpy.abs(want[numpy.isfinite(want)]), initial=0)))
        for got in (wengert.jit(function, backend="numpy")(x), outside[name](x)):
            numpy.testing.assert_allclose(
                got.numpy(), want, rtol=1e-9, atol=1e-9 * scale, err_msg=f"{name}, seed {seed}"
            )
