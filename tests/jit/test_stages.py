"""The stages before machine code, one by one: simplifying, choosing, planning memory, running."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.jit.graphs import given, made, whole
from tests.jit.random_graphs import Maker
from wengert._graph.graph import Graph
from wengert._jit import interpret, regions
from wengert._jit.index import Var, at
from wengert._jit.loops import (
    Accumulator,
    Buffer,
    Check,
    Let,
    Loop,
    Program,
    Store,
    Update,
    const,
    load,
    local,
    op,
    position,
)
from wengert._jit.memory import ALIGNMENT, plan, touched
from wengert._jit.program import compile_graph
from wengert._jit.simplify import _frozen, simplified


def names(graph: Graph) -> list[str]:
    return [value.name for value in simplified(graph).values]


def test_equal_operations_are_computed_once() -> None:
    x, y = given((3,)), given((3,))
    one, two = made("mul", x, y), made("mul", x, y)
    assert names(whole([x, y], [made("add", made("exp", one), made("exp", two))])) == [
        "mul",
        "exp",
        "add",
    ]


def test_operations_that_differ_only_in_the_sign_of_zero_are_kept_apart() -> None:
    x = given((3,))
    graph = whole([x], [made("div", 1.0, made("mul", x, zero)) for zero in (0.0, -0.0)])
    assert names(graph) == ["mul", "div", "mul", "div"]
    found = compile_graph(graph, cache=False).call(np.ones(3, "float32"))
    assert found[0][0] == np.inf and found[1][0] == -np.inf


def test_parameters_are_compared_with_their_types() -> None:
    frozen = [_frozen({"a": a}) for a in (0.0, -0.0, 0, False, (0,), [0.0], np.zeros(1))]
    assert len(set(frozen)) == len(frozen)
    assert _frozen({"a": (1, 2.5), "b": "c"}) == _frozen({"b": "c", "a": (1, 2.5)})


def test_dtypes_are_part_of_an_operation() -> None:
    x = given((3,), "int64")
    casts = [
        made("to", x, dtype=np.dtype(dtype), source=np.dtype("int64"))
        for dtype in ("float32", "float64", "float32")
    ]
    assert names(whole([x], casts)) == ["to", "to"]


def test_what_passes_its_operand_on_disappears() -> None:
    x, y = given((2, 3)), given((2, 3))
    node = made("reshape", made("detach", made("leaf", x)), shape=(2, 3))
    node = made("permute", made("expand", node, shape=(2, 3)), axes=(0, 1))
    node = made("slice", node, slices=((0, 2, 1), (0, 3, 1)))
    assert names(whole([x, y], [made("neg", node), made("overwrite", y, node)])) == ["neg"]


def test_nodes_that_nothing_needs_are_gone() -> None:
    x = given((3,))
    ordered = made("sort", x, axis=0, descending=False)
    assert names(whole([x], [(ordered, 1)])) == ["sort"]


def test_numbers_known_now_are_literals() -> None:
    x = given((3,))
    ones = made("full", shape=(3, 1), value=1.0, dtype=np.dtype("float32"))
    two = made("add", made("expand", made("reshape", ones, shape=(3,)), shape=(4, 3)), 1.0)
    graph = whole([x], [made("mul", x, made("exp", two))])
    assert names(graph) == ["mul"]
    (found,) = compile_graph(graph, cache=False).call(np.ones(3, "float32"))
    np.testing.assert_allclose(found, np.full((4, 3), np.exp(np.float32(2))), 1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_buffers_that_live_together_do_not_share_memory(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Program] = []
    original = regions.Region.loops

    def recording(self: regions.Region) -> Program:
        found.append(original(self))
        return found[-1]

    monkeypatch.setattr(regions.Region, "loops", recording)
    compile_graph(Maker(seed).graph(), cache=False)
    for program in found:
        size = plan(program)
        lives: dict[Buffer, list[int]] = {}
        for time, statement in enumerate(program.body):
            for buffer in touched([statement]):
                if buffer.kind == "arena":
                    lives.setdefault(buffer, []).append(time)
        for buffer, times in lives.items():
            assert buffer.offset % ALIGNMENT == 0
            assert buffer.offset + buffer.bytes <= size
            for other, others in lives.items():
                if other is not buffer and times[0] <= others[-1] and others[0] <= times[-1]:
                    apart = (
                        buffer.offset + buffer.bytes <= other.offset
                        or other.offset + other.bytes <= buffer.offset
                    )
                    assert apart, (buffer, other)


def running_mean() -> Program:
    """out[i] = mean of row i, up to the first row whose number is not below 3; then fails."""
    x = Buffer("x", (4, 5), "f64", "input", 0)
    out = Buffer("out", (4,), "f64", "output", 0)
    last = Buffer("last", (), "f64", "input", 1)
    i, j = Var(4, "i"), Var(5, "j")
    total = Accumulator("s", "sum", "f64")
    mean = op("div", [local("s", "f64"), const(5, "f64")], "f64")
    rows = Loop(
        i,
        [
            Loop(j, [Update(total, load(x, (at(i), at(j))))], [total]),
            Let("m", mean),
            Store(out, (at(i),), local("m", "f64")),
        ],
    )
    above = op("gt", [load(last, ()), const(3, "f64")], "b1")
    return Program([x, out, last], [rows, Check(above, 7), Store(last, (), const(0, "f64"))])


PRINTED = """\
x: f64[4, 5] input 0
out: f64[4] output 0
last: f64[] input 1
for i in 4:
  for j in 5, sum s: f64:
    s <- x[i, j]
  m = div(s, 5.0)
  out[i] = m
fail with 7 if gt(last[], 3.0)
last[] = 0.0"""


def test_the_loop_ir_prints_and_runs() -> None:
    program = running_mean()
    assert str(program) == PRINTED
    x, out, last = np.arange(20.0).reshape(4, 5), np.empty(4), np.array(2.0)
    assert interpret.run(program, [x, last], [out]) == 0
    np.testing.assert_array_equal(out, x.mean(1))
    assert last == 0
    last[...] = 4
    assert interpret.run(program, [x, last], [out]) == 7
    assert last == 4


def test_the_interpreter_notices_reading_outside_of_an_array() -> None:
    x = Buffer("x", (4,), "f64", "input", 0)
    out = Buffer("out", (4,), "f64", "output", 0)
    i = Var(4)
    beyond = Program([x, out], [Loop(i, [Store(out, (at(i),), load(x, (at(i) + 1,)))])])
    with pytest.raises(IndexError, match="outside"):
        interpret.run(beyond, [np.zeros(4)], [np.zeros(4)])


def test_positions_are_numbers() -> None:
    out = Buffer("out", (3, 4), "i64", "output", 0)
    i, j = Var(3), Var(4)
    body: Any = Store(out, (at(i), at(j)), position(at(i) * 4 + at(j)))
    found = np.empty((3, 4), "int64")
    assert interpret.run(Program([out], [Loop(i, [Loop(j, [body])])]), [], [found]) == 0
    np.testing.assert_array_equal(found, np.arange(12).reshape(3, 4))
