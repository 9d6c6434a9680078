"""Programs with scan and cond, each beside the same computation in plain Python loops.

Both map a float64 vector of 3 elements to a tensor; the plain one never calls scan or cond, and is
the oracle of every test that uses this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy

import wengert
from wengert import cond, func, scan

Function = Callable[[Any], Any]


def double(values: Any) -> Any:
    """A float64 tensor."""
    return wengert.tensor(numpy.asarray(values, "float64"))


POINT = numpy.array([0.7, -0.4, 1.3])
MATRIX = double([[0.5, -0.8, 0.2], [0.9, 0.1, -0.3], [-0.4, 0.7, 0.6]])
ROWS = double([[0.1, -0.2, 0.5], [1.0, 0.4, -0.6], [-0.7, 0.3, 0.2], [0.2, 0.9, -0.1]])
SIGNS = double([1.0, -1.0, -1.0, 1.0])


class Pair(NamedTuple):
    """The same function twice."""

    made: Function
    plain: Function


# ---- recurrences --------------------------------------------------------------------------------


def _cell(h: Any, row: Any) -> Any:
    return (h @ MATRIX + row).tanh()


def _recurrent(x: Any) -> Any:
    def step(h: Any, row: Any) -> Any:
        h = _cell(h, row)
        return h, h * h

    last, squares = scan(step, x, ROWS)
    return last + squares.sum(0)


def _recurrent_plain(x: Any) -> Any:
    h, total = x, 0.0
    for row in ROWS:
        h = _cell(h, row)
        total = total + h * h
    return h + total


def _backwards(x: Any) -> Any:
    def step(h: Any, row: Any) -> Any:
        return _cell(h, row), h

    _, entered = scan(step, x, ROWS, reverse=True)
    return (entered * double([[1.0], [2.0], [3.0], [4.0]])).sum(0)


def _backwards_plain(x: Any) -> Any:
    h, total = x, 0.0
    for place in (3, 2, 1, 0):
        total = total + h * (place + 1.0)
        h = _cell(h, ROWS[place])
    return total


def _over_rows_of_x(x: Any) -> Any:
    """The slices depend on x, the carry does not, and a part of x is captured."""

    def step(c: Any, row: Any) -> Any:
        c = (c + row * x[1]).sin()
        return c, c * x[2]

    table = wengert.stack([x, x * x, x.exp()])
    last, ys = scan(step, double([0.1, 0.2, 0.3]), table)
    return last * ys[1] + ys[0]


def _over_rows_of_x_plain(x: Any) -> Any:
    c, ys = double([0.1, 0.2, 0.3]), []
    for row in (x, x * x, x.exp()):
        c = (c + row * x[1]).sin()
        ys.append(c * x[2])
    return c * ys[1] + ys[0]


def _containers(x: Any) -> Any:
    def step(state: Any, given: Any) -> Any:
        row, (sign,) = given
        h, count = state["h"], state["count"]
        h = h * sign + row * count
        return {"count": count + 1, "h": h.sigmoid()}, [h, {"none": None, "sum": h.sum()}]

    state, (hs, sums) = scan(step, {"h": x, "count": 1}, (ROWS, [SIGNS]))
    return state["h"] * state["count"] + hs[2] * sums["sum"].mean()


def _containers_plain(x: Any) -> Any:
    h, count, hs, sums = x, 1, [], []
    for row, sign in zip(ROWS, SIGNS, strict=True):
        raw = h * sign + row * count
        hs.append(raw)
        sums.append(raw.sum())
        h, count = raw.sigmoid(), count + 1
    return h * count + hs[2] * (sum(sums) / 4)


def _newton(x: Any) -> Any:
    root, _ = scan(lambda r, _: (0.5 * (r + (2 + x.sin()) / r), None), 1 + x * x, length=4)
    return root


def _newton_plain(x: Any) -> Any:
    root = 1 + x * x
    for _ in range(4):
        root = 0.5 * (root + (2 + x.sin()) / root)
    return root


def _mapped(x: Any) -> Any:
    _, ys = scan(lambda c, row: (c, (row * x).exp().sum()), (), ROWS)
    return ys


def _mapped_plain(x: Any) -> Any:
    return wengert.stack([(row * x).exp().sum() for row in ROWS])


# ---- nesting ------------------------------------------------------------------------------------


def _powers(x: Any) -> Any:
    def outer(v: Any, row: Any) -> Any:
        def inner(w: Any, sign: Any) -> Any:
            return (w * row).cos() + sign * v, w.sum()

        w, sums = scan(inner, v * x, SIGNS)
        return w.tanh(), sums.sum()

    last, totals = scan(outer, x, ROWS)
    return last * totals[-1] + totals.sum()


def _powers_plain(x: Any) -> Any:
    v, totals = x, []
    for row in ROWS:
        w, sums = v * x, 0.0
        for sign in SIGNS:
            sums = sums + w.sum()
            w = (w * row).cos() + sign * v
        v = w.tanh()
        totals.append(sums)
    return v * totals[-1] + sum(totals)


def _choice_in_loop(x: Any) -> Any:
    def step(h: Any, row: Any) -> Any:
        h = cond((h * row).sum() > 0, lambda h: (h * row).exp(), lambda h: h.sin() - x, h)
        return h, h[0]

    last, ys = scan(step, x, ROWS)
    return last * ys.sum()


def _choice_in_loop_plain(x: Any) -> Any:
    h, total = x, 0.0
    for row in ROWS:
        h = (h * row).exp() if (h * row).sum().item() > 0 else h.sin() - x
        total = total + h[0]
    return h * total


def _loop_in_choice(x: Any) -> Any:
    def looped(y: Any) -> Any:
        return scan(lambda h, row: ((h + row).sin(), None), y, ROWS)[0]

    first = cond(x[0] > x[1], looped, lambda y: y * 2, x * x)
    return first + cond(x[0] < x[1], looped, lambda y: y * y.sum(), x)


def _loop_in_choice_plain(x: Any) -> Any:
    def looped(y: Any) -> Any:
        for row in ROWS:
            y = (y + row).sin()
        return y

    first = looped(x * x) if x[0].item() > x[1].item() else x * x * 2
    return first + (looped(x) if x[0].item() < x[1].item() else x * x.sum())


def _choices(x: Any) -> Any:
    """One branch ignores its operand, the other captures, and the results are a container."""

    def deep(a: Any, b: Any) -> Any:
        return cond(a.sum() > 0, lambda: (a * b, b), lambda: (a, a))

    first, second = cond(x.sum() > 0, deep, lambda a, b: (b, x * 3), x.sin(), x.cos())
    third = cond(x[1], lambda a: a.exp(), lambda a: x, x)
    return first * second + third


def _choices_plain(x: Any) -> Any:
    a, b = x.sin(), x.cos()
    if x.sum().item() > 0:
        first, second = (a * b, b) if a.sum().item() > 0 else (a, a)
    else:
        first, second = b, x * 3
    return first * second + (x.exp() if x[1].item() != 0 else x)


# ---- derivatives inside -------------------------------------------------------------------------


def _descent(x: Any) -> Any:
    """Gradient descent on a loss, differentiated through."""

    def loss(w: Any) -> Any:
        return ((w - x) ** 2 * (1 + w.sin())).sum()

    def step(w: Any, _: Any) -> Any:
        value, slope = func.value_and_grad(loss)(w)
        return w - 0.1 * slope, value

    w, losses = scan(step, double([0.3, 0.1, -0.2]), length=3)
    return w + losses.sum()


def _descent_plain(x: Any) -> Any:
    w, total = double([0.3, 0.1, -0.2]), 0.0
    for _ in range(3):
        # The derivative of (w - x)^2 (1 + sin w), written out.
        slope = 2 * (w - x) * (1 + w.sin()) + (w - x) ** 2 * w.cos()
        total = total + ((w - x) ** 2 * (1 + w.sin())).sum()
        w = w - 0.1 * slope
    return w + total


def _batch_in_loop(x: Any) -> Any:
    def step(h: Any, row: Any) -> Any:
        table = func.vmap(lambda a: cond(a > 0, lambda a: a * h, lambda a: h - a, a))(row)
        return (h + table.sum(0)).tanh(), None

    return scan(step, x, ROWS)[0]


def _batch_in_loop_plain(x: Any) -> Any:
    h = x
    for row in ROWS:
        h = (h + sum(a * h if a.item() > 0 else h - a for a in row)).tanh()
    return h


PROGRAMS: dict[str, Pair] = {
    "recurrent": Pair(_recurrent, _recurrent_plain),
    "backwards": Pair(_backwards, _backwards_plain),
    "over rows of x": Pair(_over_rows_of_x, _over_rows_of_x_plain),
    "containers": Pair(_containers, _containers_plain),
    "newton": Pair(_newton, _newton_plain),
    "map": Pair(_mapped, _mapped_plain),
    "nested": Pair(_powers, _powers_plain),
    "choice in a loop": Pair(_choice_in_loop, _choice_in_loop_plain),
    "loop in a choice": Pair(_loop_in_choice, _loop_in_choice_plain),
    "choices": Pair(_choices, _choices_plain),
    "descent": Pair(_descent, _descent_plain),
    "batch in a loop": Pair(_batch_in_loop, _batch_in_loop_plain),
}
