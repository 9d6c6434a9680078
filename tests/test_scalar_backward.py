"""Scalar.backward: seeds, shared intermediates, depth, memory; and the tutorial around it."""

from __future__ import annotations

import doctest
import gc
import math
import random
import re
import runpy
import threading
import weakref
from pathlib import Path

import numpy
import pytest

from wengert.scalar import Scalar

ROOT = Path(__file__).parents[1]


def gradients(y: Scalar, *leaves: Scalar) -> list[float]:
    y.backward()
    return [leaf.grad for leaf in leaves]


def test_the_tutorial() -> None:
    x = Scalar(4)
    y = x * x * x + x + x
    x.grad = 0.0
    y.grad = 1.0
    y.backward()
    assert (y.val, x.grad, y.grad) == (72.0, 50.0, 1.0)


def test_a_shared_intermediate_counts_once() -> None:
    x = Scalar(3)
    z = x * x
    y = z + z
    assert gradients(y, x, z, y) == [12.0, 2.0, 1.0]
    w = Scalar(2)
    error = w * 3 - 1
    assert gradients(error * error, w) == [30.0]


def test_an_assigned_gradient_is_the_seed() -> None:
    for seed, expected in [(1, 6.0), (3.0, 18.0), (-0.5, -3.0), (0, 6.0), (numpy.float32(2), 12.0)]:
        x = Scalar(3)
        y = x * x
        y.grad = seed
        assert type(y.grad + 0) is float
        y.backward()
        assert (x.grad, y.grad) == (expected, float(seed) or 1.0)
        assert repr(y) == f"Value: 9.0, Gradient: {float(seed) or 1.0}"


def test_a_seed_stays_until_it_is_replaced() -> None:
    x = Scalar(3)
    y = x * x
    y.grad = 2.0
    y.backward()
    y.backward()
    assert (x.grad, y.grad) == (24.0, 2.0)
    y.grad = 0.0
    x.grad = 0.0
    assert gradients(y, x, y) == [6.0, 1.0]
    y.grad = 5.0
    x.grad = 0.0
    assert gradients(y * 10, x, y) == [60.0, 10.0]  # y was not the start: its own was replaced
    x.grad = 0.0
    assert gradients(y, x, y) == [6.0, 1.0]


def test_a_cotangent_left_by_a_walk_is_no_seed() -> None:
    x = Scalar(3)
    z = x * x
    y = 2 * z
    assert gradients(y, x, z) == [12.0, 2.0]
    x.grad = 0.0
    assert gradients(z, x, z) == [6.0, 1.0]


def test_leaves_accumulate_and_nodes_do_not() -> None:
    x = Scalar(3)
    z = x * x
    y = z * 10
    y.backward()
    y.backward()
    assert (x.grad, z.grad, y.grad) == (120.0, 10.0, 1.0)
    (z + 1).backward()
    assert (x.grad, z.grad) == (126.0, 1.0)
    x.grad = 1000.0
    y.backward()
    assert x.grad == 1060.0


def test_backward_on_a_leaf() -> None:
    x = Scalar(3)
    assert gradients(x, x) == [1.0]
    assert gradients(x, x) == [2.0]
    x.grad = 3.0
    assert gradients(x, x) == [3.0]
    assert gradients(x, x) == [3.0]
    assert gradients(x * 2, x) == [5.0]
    assert gradients(x, x) == [6.0]
    assert gradients(Scalar(3) * 0 + x, x) == [7.0]


def test_a_leaf_changed_after_its_use_does_not_change_the_gradient() -> None:
    x = Scalar(3)
    y = x * x
    x.val = 100.0
    assert gradients(y, x) == [6.0]
    x.grad = 0.0
    assert gradients(x * x, x) == [200.0]


def test_the_record_can_be_read_and_walked_by_hand() -> None:
    x = Scalar(4)
    y = x * 3
    z = y - x
    assert (x.operation, x.operands, x.partials) == ("leaf", (), ())
    assert (y.operation, y.partials) == ("mul", (3, 4.0))
    assert y.operands[0] is x and y.operands[1] == 3
    assert z.operands[0] is y and z.operands[1] is x
    assert (z.operation, z.partials) == ("sub", (1.0, -1.0))
    assert x.seq < y.seq < z.seq


class Counted(float):
    """A partial derivative that counts how often it is used."""

    uses = 0

    def __rmul__(self, other: float) -> float:
        Counted.uses += 1
        return float(other) * float(self)


def test_each_edge_is_used_exactly_once() -> None:
    Counted.uses = 0
    y = x = Scalar(1)
    for _ in range(50):
        y = y + y
        y.partials = tuple(map(Counted, y.partials))
    assert gradients(y, x) == [2.0**50]
    assert Counted.uses == 100


def test_ten_thousand_doublings() -> None:
    y = x = Scalar(1)
    for _ in range(10_000):
        y = (y + y) * 0.5
    assert gradients(y, x) == [1.0]


@pytest.mark.parametrize("length", [20_000, 300_000])
def test_long_chains_on_a_stack_of_one_mebibyte(length: int) -> None:
    seen: list[object] = []

    def run() -> None:
        y = x = Scalar(1)
        for _ in range(length):
            y = y * 1.0 - 0.0
        y.backward()
        seen.append(x.grad)
        alive = weakref.ref(x)
        del x, y
        seen.append(alive())

    before = threading.stack_size(1 << 20)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert seen == [1.0, None]


def test_nothing_needs_the_cycle_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        x, w = Scalar(0.5), Scalar(2)
        z = w * x
        y = (z.tanh() + z.exp() / 2 - z**2 + 2**z + abs(z) + z.relu() + (-z).relu()).sigmoid()
        y.grad = 2.0
        y.backward()
        with pytest.raises(ValueError, match="log"):
            (y - 2).log()
        refs = [weakref.ref(node) for node in (x, w, z, y)]
        del x, w, z, y
        assert [ref() for ref in refs] == [None] * 4
    finally:
        gc.enable()


# The tutorial's regression, its page and its program


def test_linear_regression_reaches_least_squares() -> None:
    random.seed(42)
    w = Scalar(random.uniform(-1, 1))
    xs = [i * 0.1 for i in range(-50, 50)]
    ys = [7 * x + random.gauss(0, 1) for x in xs]
    sizes: list[float] = []
    for _ in range(250):
        errors = [(w * Scalar(x) - Scalar(y)) for x, y in zip(xs, ys)]
        loss = sum([e * e for e in errors], Scalar(0)) / Scalar(len(errors))
        w.grad = 0.0
        loss.grad = 1.0
        loss.backward()
        exact = math.fsum(2 * (w.val * x - y) * x for x, y in zip(xs, ys)) / 100
        assert w.grad == pytest.approx(exact, rel=1e-12, abs=1e-12)
        sizes.append(loss.val)
        w.val -= 0.01 * w.grad
    best = math.fsum(x * y for x, y in zip(xs, ys)) / math.fsum(x * x for x in xs)
    assert best == pytest.approx(6.98418771, abs=5e-9)
    assert abs(w.val - best) <= 1e-12
    assert sizes[:10] == sorted(sizes[:10], reverse=True)


def test_the_program_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "scalar_from_scratch.py"), run_name="__main__")
    printed = capsys.readouterr().out
    page = (ROOT / "docs" / "tutorials" / "scalar.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    assert printed == shown
    assert "dy/dx = 50.0" in printed
    assert "y.grad = 3.0 gives x.grad = 150.0" in printed
    assert "dy/dx = 4x = 12.0" in printed
    assert "fitted w            6.98418771" in printed


def test_the_page_is_true() -> None:
    page = (ROOT / "docs" / "tutorials" / "scalar.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) >= 6
    parsed = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "scalar.md", None, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    results = runner.run(parsed, out=report.append)
    assert results.attempted >= 60
    assert not results.failed, "".join(report)
