"""Graphs compiled to native code against the same graphs computed node by node."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tests.jit.graphs import given, made, node_by_node, whole
from wengert._base.errors import DimensionError
from wengert._graph.graph import Graph
from wengert._graph.node import Node, Primitive
from wengert._jit.program import Program, compile_graph

Rng = np.random.Generator


def agree(graph: Graph, inputs: Sequence[Any], tolerance: float = 2e-6) -> Program:
    """Compile, run twice, compare outputs and commits."""
    expected, committed = node_by_node(graph, inputs)
    program = compile_graph(graph, cache=False)
    for _ in range(2):
        arrays = [a.copy() if isinstance(a, np.ndarray) else a for a in inputs]
        found = program.call(*arrays)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert one.dtype == other.dtype
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
        for position, array in enumerate(arrays):
            wanted = committed.get(position, inputs[position])
            np.testing.assert_allclose(array, wanted, rtol=tolerance, atol=tolerance)
    return program


def normal(rng: Rng, *shape: int, dtype: str = "float32") -> Any:
    return rng.standard_normal(shape).astype(dtype)


def test_elementwise_movement_and_reductions(rng: Rng) -> None:
    x, y = given((5, 37)), given((37,))
    a = made("add", made("mul", x, y), 2.0)
    graph = whole(
        [x, y],
        [
            a,
            made("sum", made("exp", a), axes=(1,)),
            made("tanh", made("permute", a, axes=(1, 0))),
            made("amax", x, axes=(0,)),
        ],
    )
    program = agree(graph, [normal(rng, 5, 37), normal(rng, 37)])
    assert program.report.regions == 1
    assert program.report.callbacks == []


def test_a_training_step_commits_its_weights(rng: Rng) -> None:
    x, y, w, b = given((300, 2)), given((300, 1)), given((1, 2)), given((1,))
    prediction = made("add", made("matmul", x, made("permute", w, axes=(1, 0))), b)
    error = made("sub", prediction, y)
    loss = made("div", made("sum", made("mul", error, error), axes=(0, 1)), 300.0)
    slope = made("mul", error, 2 / 300)
    of_w = made("matmul", made("permute", slope, axes=(1, 0)), x)
    of_b = made("sum", slope, axes=(0,))
    graph = whole(
        [x, y, w, b],
        [loss],
        [
            (2, made("sub", w, made("mul", of_w, 0.1))),
            (3, made("sub", b, made("mul", of_b, 0.1))),
        ],
    )
    program = agree(graph, [normal(rng, *n.outputs[0].shape) for n in (x, y, w, b)])
    assert program.report.callbacks == []


def test_two_inputs_swap_their_values(rng: Rng) -> None:
    x, y = given((6,)), given((6,))
    agree(whole([x, y], [], [(0, y), (1, x)]), [normal(rng, 6), normal(rng, 6)])


def test_products_by_the_library_read_transposed_and_strided_matrices(rng: Rng) -> None:
    x, y = given((30, 40)), given((2, 50, 30))
    turned = made("permute", y, axes=(0, 2, 1))
    product = made("matmul", made("permute", x, axes=(1, 0)), turned)
    part = made("slice", product, slices=((0, 2, 1), (1, 20, 2), (49, 25, -2)))
    again = made("matmul", part, made("permute", part, axes=(0, 2, 1)))
    agree(whole([x, y], [product, again]), [normal(rng, 30, 40), normal(rng, 2, 50, 30)], 2e-4)


def test_products_by_the_library_of_one_number_everywhere(rng: Rng) -> None:
    x = given((30, 40))
    threes = made("full", shape=(20, 30), value=3.0, dtype=np.dtype("float32"))
    turned = made("permute", threes, axes=(1, 0))
    outputs = [made("matmul", threes, x), made("matmul", threes, turned)]
    agree(whole([x], outputs), [normal(rng, 30, 40)], 1e-3)


def test_windows_folds_scans_and_positions(rng: Rng) -> None:
    x = given((4, 5, 6), "float64")
    reversed_rows = made("slice", x, slices=((0, 4, 1), (4, 5, -1), (0, 6, 1)))
    sizes: dict[str, Any] = {"kernel": (2, 3), "stride": (1, 2), "dilation": (2, 1)}
    windows = made("windows", x, **sizes)
    outputs = [
        made("cumsum", x, axis=1),
        made("argmax", x, axis=2),
        made("argmin", x, axis=0),
        made("concatenate", x, reversed_rows, x, axis=2),
        windows,
        made("fold", windows, shape=(4, 5, 6), **sizes),
    ]
    program = agree(whole([x], outputs), [normal(rng, 4, 5, 6, dtype="float64")])
    assert program.report.callbacks == []


def test_indexing(rng: Rng) -> None:
    x, i = given((5, 3)), given((7,), "int64")
    taken = made("take", x, i)
    outputs = [
        taken,
        made("scatter_add", made("exp", taken), i, shape=(5, 3)),
        made("put", x, made("sin", taken), i),
    ]
    program = agree(whole([x, i], outputs), [normal(rng, 5, 3), rng.integers(0, 5, 7)])
    assert program.report.callbacks == []


@pytest.mark.parametrize("wrong", [5, -1, 2**40])
def test_an_index_out_of_range_raises_before_anything_is_written(rng: Rng, wrong: int) -> None:
    x, i = given((5, 3)), given((7,), "int64")
    graph = whole([x, i], [made("take", x, i)], [(0, made("mul", x, 2.0))])
    program = compile_graph(graph, cache=False)
    array, places = normal(rng, 5, 3), rng.integers(0, 5, 7)
    places[4] = wrong
    before = array.copy()
    with pytest.raises(DimensionError, match="take: an index is out of range for dim 0 with 5"):
        program.call(array, places)
    np.testing.assert_array_equal(array, before)


def test_what_loops_cannot_do_runs_as_a_callback_between_regions(rng: Rng) -> None:
    x = given((4, 6))
    scaled = made("mul", x, 2.0)
    ordered = made("sort", made("exp", scaled), axis=1, descending=True)
    product = made("mul", (ordered, 0), scaled)
    graph = whole([x], [product, (ordered, 1), scaled, x], [(0, made("neg", product))])
    program = agree(graph, [normal(rng, 4, 6)])
    assert program.report.callbacks == ["sort"]
    assert program.report.regions == 2


def test_dtypes_that_loops_do_not_know_run_as_callbacks(rng: Rng) -> None:
    z, x = given((3,), "complex128"), given((3,), "float64")
    total = made(
        "mul",
        z,
        made("to", made("exp", x), dtype=np.dtype("complex128"), source=np.dtype("float64")),
    )
    graph = whole([z, x], [total, z], [(0, total)])
    values = normal(rng, 3, dtype="float64")
    program = agree(graph, [values + 1j, values])
    assert sorted(program.report.callbacks) == ["mul", "to"]


def test_python_numbers_are_held_as_python_holds_them() -> None:
    rate, x = given((), "float32", weak=True), given((3,), "float64")
    halved = made("mul", rate, 0.5)
    wide = made("to", halved, dtype=np.dtype("float64"), source=np.dtype("float32"))
    program = compile_graph(whole([rate, x], [made("mul", x, wide), halved]), cache=False)
    values = np.array([1.0, 2.0, 3.0])
    product, half = program.call(0.1, values)
    np.testing.assert_array_equal(product, values * (0.1 * 0.5))
    assert half == np.float32(0.1 * 0.5)


def test_inputs_in_any_layout(rng: Rng) -> None:
    x, y = given((4, 6)), given((6, 4))
    product = made("mul", x, made("permute", y, axes=(1, 0)))
    graph = whole([x, y], [product, made("matmul", x, y)], [(0, made("add", x, 1.0))])
    a, b = normal(rng, 6, 4).T, normal(rng, 12, 8)[::-2, ::2]
    expected, committed = node_by_node(graph, [a, b])
    program = compile_graph(graph, [a.strides, b.strides], cache=False)
    found = program.call(a, b)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(a, committed[0])


def test_arguments_that_do_not_fit_are_copied_or_named(rng: Rng) -> None:
    x = given((4, 6))
    program = compile_graph(whole([x], [made("exp", x)]), cache=False)
    array = normal(rng, 6, 4)
    np.testing.assert_allclose(program.call(array.T)[0], np.exp(array.T), rtol=1e-6)
    with pytest.raises(TypeError, match=r"argument 0 is float32\[6, 4\]; .* float32\[4, 6\]"):
        program.call(array)


def test_threads_share_a_program(rng: Rng) -> None:
    x = given((300, 400))
    hidden = made("tanh", made("matmul", x, made("permute", x, axes=(1, 0))))
    total = made("sum", made("exp", made("neg", made("cumsum", hidden, axis=1))), axes=(1,))
    program = compile_graph(whole([x], [hidden, total]), cache=False)
    assert program.report.arena_bytes
    arrays = [normal(rng, 300, 400) for _ in range(4)]
    alone = [program.call(array) for array in arrays]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            together = list(pool.map(program.call, arrays))
            for one, other in zip(alone, together, strict=True):
                for a, b in zip(one, other, strict=True):
                    np.testing.assert_array_equal(a, b)


def test_steps_of_several_threads_are_not_mixed_up(rng: Rng) -> None:
    w = given((20_000,))
    program = compile_graph(whole([w], [], [(0, made("add", w, 1.0))]), cache=False)
    weights = np.zeros(20_000, "float32")
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda _: program.call(weights), range(400)):
            pass
    np.testing.assert_array_equal(weights, np.full(20_000, 400, "float32"))


def test_nothing_is_written_when_a_callback_raises(rng: Rng) -> None:
    class Explosion(Exception):
        pass

    def explode(x: Any) -> Any:
        raise Explosion

    bomb = Primitive("bomb", explode, abstract=lambda shapes, dtypes, _: [(shapes[0], dtypes[0])])
    x, y = given((5,)), given((5,))
    doubled = made("mul", x, 2.0)
    node = Node(bomb, {}, ((doubled, 0),), ((5,),), {}, None)
    node.outputs = doubled.outputs
    graph = whole([x, y], [node], [(0, doubled), (1, made("add", node, y))])
    program = compile_graph(graph, cache=False)
    assert program.report.callbacks == ["bomb"]
    arrays = [normal(rng, 5), normal(rng, 5)]
    before = [array.copy() for array in arrays]
    with pytest.raises(Explosion):
        program.call(*arrays)
    np.testing.assert_array_equal(arrays, before)


def test_additions_to_the_same_place_all_count(rng: Rng) -> None:
    x, i = given((64,), "float64"), given((64,), "int64")
    costly = made("exp", made("sin", made("tanh", x)))
    graph = whole([x, i], [made("scatter_add", costly, i, shape=(3,))])
    agree(graph, [normal(rng, 64, dtype="float64"), rng.integers(0, 3, 64)], 1e-12)


def test_a_write_to_a_place_known_only_at_run_time_replaces_what_was_there(rng: Rng) -> None:
    x, v, i = given((1,)), given((1,)), given((1,), "int64")
    changed = made("put", x, v, i)
    graph = whole([x, v, i], [made("mul", changed, 2.0), made("sub", changed, x)])
    agree(graph, [normal(rng, 1), normal(rng, 1), np.zeros(1, "int64")])


def test_a_sum_into_one_place_is_read_after_its_loop(rng: Rng) -> None:
    x, i = given((64,), "float64"), given((64,), "int64")
    total = made("scatter_add", x, i, shape=(1,))
    graph = whole([x, i], [made("mul", total, 2.0)])
    agree(graph, [normal(rng, 64, dtype="float64"), np.zeros(64, "int64")], 1e-12)


def test_a_part_of_a_merged_axis_that_ends_within_a_row(rng: Rng) -> None:
    x = given((5, 24))
    merged = made("reshape", made("permute", x, axes=(1, 0)), shape=(120,))
    part = made("slice", merged, slices=((0, 47, 1),))
    graph = whole([x], [made("exp", part)])
    agree(graph, [normal(rng, 5, 24)])
    ones = np.ones((5, 24), "float32")
    program = compile_graph(graph, cache=False)
    for _ in range(20):
        # Memory of other numbers is used again: what is not written shows.
        np.full(47, 7, "float32")
        np.testing.assert_allclose(program.call(ones)[0], np.exp(np.ones(47)), 1e-6)


@pytest.mark.parametrize("size", [40, 700, 5000])
def test_long_running_sums(rng: Rng, size: int) -> None:
    x = given((2, size), "float64")
    graph = whole([x], [made("cumsum", x, axis=1), made("cumsum", x, axis=0)])
    agree(graph, [normal(rng, 2, size, dtype="float64")], 1e-10)


def test_overlapping_windows_are_no_matrix_for_the_library(rng: Rng) -> None:
    x, w = given((200,)), given((40, 30))
    windows = made("windows", x, kernel=(30,), stride=(1,), dilation=(1,))
    graph = whole([x, w], [made("matmul", w, windows)])
    agree(graph, [normal(rng, 200), normal(rng, 40, 30)], 1e-4)


def test_large_constants_live_as_long_as_the_function(rng: Rng) -> None:
    array = normal(rng, 100_000)
    expected = array + 1
    x = given(())
    graph = whole([x], [made("add", made("constant", array=array), x)])
    call = compile_graph(graph, cache=False).call
    del graph, array
    gc.collect()
    np.full(100_000, 5, "float32")
    np.testing.assert_array_equal(call(np.asarray(1, "float32"))[0], expected)
