"""What becomes one loop, what stays in registers: counted, not timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from tests.jit.graphs import given, made, whole
from tests.jit.test_program import agree, normal
from wengert._graph.graph import Graph
from wengert._graph.node import Node
from wengert._jit import regions
from wengert._jit.loops import Loop, Program, Statement
from wengert._jit.program import compile_graph
from wengert._jit.rewrite import walk

Rng = np.random.Generator


def loops_of(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The fused loop IR of a graph that is one region."""
    found: list[Program] = []
    original = regions.Region.loops

    def recording(self: regions.Region) -> Program:
        found.append(original(self))
        return found[-1]

    monkeypatch.setattr(regions.Region, "loops", recording)
    compile_graph(graph, cache=False)
    (program,) = found
    return program


def outer_loops(body: Sequence[Statement]) -> list[Loop]:
    return [statement for statement in body if isinstance(statement, Loop)]


def innermost(body: Sequence[Statement]) -> Iterator[Loop]:
    for statement in walk(body):
        if isinstance(statement, Loop) and not outer_loops(statement.body):
            yield statement


def layer_norm(x: Node, weight: Node) -> Node:
    rows, width = x.outputs[0].shape
    mean = made("div", made("sum", x, axes=(1,)), float(width))
    centred = made("sub", x, made("reshape", mean, shape=(rows, 1)))
    variance = made("div", made("sum", made("mul", centred, centred), axes=(1,)), float(width))
    scale = made("rsqrt", made("add", variance, 1e-5))
    return made("mul", made("mul", centred, made("reshape", scale, shape=(rows, 1))), weight)


def softmax(x: Node, mask: Node) -> Node:
    rows = x.outputs[0].shape[0]
    masked = made("where", mask, x, -np.inf)
    top = made("reshape", made("amax", masked, axes=(1,)), shape=(rows, 1))
    exponentials = made("exp", made("sub", masked, top))
    total = made("reshape", made("sum", exponentials, axes=(1,)), shape=(rows, 1))
    return made("div", exponentials, total)


def test_forward_and_backward_of_an_elementwise_chain_are_one_loop(
    rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, g = given((1000,)), given((1000,))
    t = made("tanh", made("mul", x, 0.8))
    back = made("mul", made("mul", g, made("sub", 1.0, made("mul", t, t))), 0.8)
    graph = whole([x, g], [t, back])
    program = loops_of(graph, monkeypatch)
    assert len(outer_loops(program.body)) == 1
    assert [buffer for buffer in program.buffers if buffer.kind == "arena"] == []
    assert str(program).count("tanh") == 1
    agree(graph, [normal(rng, 1000), normal(rng, 1000)])


def test_a_regression_step_is_one_loop_with_everything_in_registers(
    rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, w = given((300, 2)), given((300, 1)), given((2, 1))
    error = made("sub", made("matmul", x, w), y)
    loss = made("sum", made("mul", error, error), axes=(0, 1))
    slope = made("matmul", made("permute", x, axes=(1, 0)), error)
    graph = whole([x, y, w], [loss], [(2, made("sub", w, made("mul", slope, 1e-3)))])
    program = loops_of(graph, monkeypatch)
    (loop,) = outer_loops(program.body)
    assert len(loop.accumulators) == 3
    assert [buffer for buffer in program.buffers if buffer.kind == "arena"] == []
    agree(graph, [normal(rng, 300, 2), normal(rng, 300, 1), normal(rng, 2, 1)], 1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 2, 7, 16, 17, 1000])
def test_a_normalised_row_is_one_outer_loop(
    rng: Rng, width: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, weight = given((6, width), dtype), given((width,), dtype)
    graph = whole([x, weight], [layer_norm(x, weight)])
    if width > 4:
        program = loops_of(graph, monkeypatch)
        assert len(outer_loops(program.body)) == 1
        # Each row passes through memory in three sweeps, and no array of the whole shape is kept.
        assert len(list(innermost(program.body))) == 3
        assert all(b.size <= width for b in program.buffers if b.kind == "arena")
    agree(graph, [normal(rng, 6, width, dtype=dtype), normal(rng, width, dtype=dtype)], 1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [1, 2, 7, 16, 17, 1000])
def test_a_masked_softmax_is_one_outer_loop(
    rng: Rng, width: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, mask = given((5, width), dtype), given((5, width), "bool")
    graph = whole([x, mask], [softmax(x, mask)])
    if width > 4:
        program = loops_of(graph, monkeypatch)
        assert len(outer_loops(program.body)) == 1
        assert all(b.size <= width for b in program.buffers if b.kind == "arena")
    allowed = rng.random((5, width)) < 0.7
    allowed[:, 0] = True
    agree(graph, [normal(rng, 5, width, dtype=dtype), allowed], 1e-5)


def test_reductions_over_middle_axes_share_loops(rng: Rng, monkeypatch: pytest.MonkeyPatch) -> None:
    x = given((4, 9, 33))
    mean = made("div", made("sum", x, axes=(1,)), 9.0)
    centred = made("sub", x, made("reshape", mean, shape=(4, 1, 33)))
    graph = whole(
        [x],
        [
            made("sum", made("mul", centred, centred), axes=(1,)),
            made("amax", centred, axes=(1,)),
            made("sum", made("amax", made("exp", centred), axes=(1,)), axes=(1,)),
        ],
    )
    program = loops_of(graph, monkeypatch)
    assert len(outer_loops(program.body)) == 1
    agree(graph, [normal(rng, 4, 9, 33)], 1e-5)


def test_reductions_of_one_array_are_one_pass(rng: Rng, monkeypatch: pytest.MonkeyPatch) -> None:
    x = given((40, 50))
    outputs = [made(name, x, axes=(0, 1)) for name in ("sum", "amax", "amin")]
    outputs.append(made("sum", made("mul", x, x), axes=(0, 1)))
    program = loops_of(whole([x], outputs), monkeypatch)
    (loop,) = outer_loops(program.body)
    assert len(loop.accumulators) == 4
    assert loop.var.extent == 2000  # both axes at once: memory is contiguous
    agree(whole([x], outputs), [normal(rng, 40, 50)], 1e-4)


def test_movement_alone_stores_nothing(rng: Rng, monkeypatch: pytest.MonkeyPatch) -> None:
    x = given((4, 6, 5))
    moved = made("permute", made("reshape", x, shape=(24, 5)), axes=(1, 0))
    part = made("slice", moved, slices=((4, 5, -1), (2, 11, 2)))
    padded = made("embed", part, shape=(7, 13), slices=((1, 5, 1), (1, 11, 1)))
    graph = whole([x], [made("sum", padded, axes=(1,))])
    program = loops_of(graph, monkeypatch)
    assert len(outer_loops(program.body)) == 1
    assert [buffer for buffer in program.buffers if buffer.kind == "arena"] == []
    agree(graph, [normal(rng, 4, 6, 5)])


def test_a_write_waits_for_every_read(rng: Rng) -> None:
    x, y = given((50,)), given((50,))
    turned = made("slice", x, slices=((49, 50, -1),))
    graph = whole(
        [x, y],
        [made("mul", turned, y)],
        [(0, made("add", x, y)), (1, made("sub", turned, 1.0))],
    )
    agree(graph, [normal(rng, 50), normal(rng, 50)])


def test_momentum_uses_the_new_velocity(rng: Rng) -> None:
    w, v, g = (given((33,)) for _ in range(3))
    velocity = made("add", made("mul", v, 0.9), g)
    graph = whole([w, v, g], [], [(1, velocity), (0, made("sub", w, velocity))])
    agree(graph, [normal(rng, 33), normal(rng, 33), normal(rng, 33)])


def test_products_wanted_transposed_are_computed_transposed(
    rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = given((40, 30)), given((40, 50))
    product = made("matmul", made("permute", x, axes=(1, 0)), y)
    graph = whole([x, y], [made("mul", made("permute", product, axes=(1, 0)), 2.0)])
    program = loops_of(graph, monkeypatch)
    assert "(50 x 40 x 30)" in str(program)
    agree(graph, [normal(rng, 40, 30), normal(rng, 40, 50)], 1e-4)


@pytest.mark.parametrize("shape", [(1,), (1, 1), (), (0,), (3, 0)])
def test_tiny_and_empty_shapes(rng: Rng, shape: tuple[int, ...]) -> None:
    x = given(shape)
    outputs: list[Any] = [made("exp", x), made("sum", x, axes=tuple(range(len(shape))))]
    outputs.append(made("reshape", x, shape=(x.outputs[0].size, 1)))
    agree(whole([x], outputs), [normal(rng, *shape) if shape else np.float32(0.3).reshape(())])


def test_updates_of_several_parameters_need_no_copies(
    rng: Rng, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = [given((8, 40)) for _ in range(3)]
    bias = [given((8,)) for _ in range(3)]
    commits: list[tuple[int, Node]] = []
    for first, (w, v, g) in ((0, matrix), (3, bias)):
        velocity = made("add", made("mul", v, 0.9), g)
        commits += [(first + 1, velocity), (first, made("sub", w, made("mul", velocity, 0.1)))]
    graph = whole([*matrix, *bias], [], commits)
    program = loops_of(graph, monkeypatch)
    assert len(outer_loops(program.body)) == 2
    assert [buffer for buffer in program.buffers if buffer.kind == "arena"] == []
    arrays = [normal(rng, *node.outputs[0].shape) for node in (*matrix, *bias)]
    agree(graph, arrays)
