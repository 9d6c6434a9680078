"""The listing of a record: order, operands, shapes, lines, values, and what has become of them."""

from __future__ import annotations

from typing import Any

import pytest

import wengert
from tests.primitives import cases as c
from wengert import explain, func
from wengert._record.functions import trace_function


def leaf(*values: float) -> Any:
    return wengert.tensor(list(values), requires_grad=True)


def test_the_listing() -> None:
    x, w = leaf(1.0, 2.0), wengert.ones(2)
    y = ((x * w + 1) * 2).exp().sum()
    lines = str(explain.graph_of(y, names={"x": x, "w": w, "y": y, "n": 3})).splitlines()
    assert lines[0] == "graph of y: 1 leaf, 5 operations"
    assert lines[1].split() == ["x:", "float32[2]", "=", "leaf", "[1.,", "2.]"]
    assert [" ".join(line.partition("#")[0].split()) for line in lines[2:]] == [
        "a: float32[2] = mul(x, w) (freed)",
        "b: float32[2] = add(a, 1.0) (freed)",
        "c: float32[2] = mul(b, 2.0) (freed)",
        "d: float32[2] = exp(c) [ 54.5981, 403.4288]",
        "y: float32[] = sum(d, axes=(0,)) 458.0269",
    ]
    assert all("# test_graph.py:" in line for line in lines[2:])


def test_nodes_and_edges_are_plain_data() -> None:
    x = leaf(3.0)
    z = x * x
    y = z + z
    graph = explain.graph_of(y, names={"x": x, "z": z, "y": y})
    assert [(node.number, node.operation, node.name) for node in graph] == [
        (0, "leaf", "x"),
        (1, "mul", "z"),
        (2, "add", "y"),
    ]
    assert [(e.source, e.target, e.operand, e.name) for e in graph.edges] == [
        (0, 1, 0, "x"),
        (0, 1, 1, "x"),
        (1, 2, 0, "z"),
        (1, 2, 1, "z"),
    ]
    assert graph["z"].node is z.grad_fn and graph["z"].source.endswith("(z = x * x)")
    assert graph["x"].is_leaf and graph["x"].line == "" and not graph["z"].is_leaf
    assert graph.results == ("y",)
    with pytest.raises(KeyError, match="no value 'q'"):
        graph["q"]


def test_operands_come_before_results_however_the_record_branches() -> None:
    x = leaf(1.0)
    values = [x]
    for k in range(30):
        values.append(values[(7 * k) % len(values)] * values[-1])
    graph = explain.graph_of(*values[1:])
    assert len(graph) == 31
    assert all(edge.source < edge.target for edge in graph.edges)


def test_a_long_record_is_walked_without_recursion() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(5000):
        y = y + 1
    assert len(explain.graph_of(y)) == 5001


def test_several_outputs() -> None:
    x = leaf(3.0, 1.0, 2.0)
    values, places = x.sort()
    graph = explain.graph_of(values * 1.0)
    node = next(node for node in graph if len(node.outputs) == 2)
    assert [(o.shape, str(o.dtype)) for o in node.outputs] == [((3,), "float32"), ((3,), "int64")]
    assert places.grad_fn is None


@pytest.mark.parametrize("case", [case for case in c.cases() if case.moving], ids=lambda k: k.name)
def test_shapes_and_dtypes_are_derived_where_nothing_holds_them(case: c.Case) -> None:
    operands = c.tensors(case.operands)
    for position in case.moving:
        operands[position].requires_grad_()
    for out in case.call(*operands):
        if not out.requires_grad:
            continue
        expected = (out.shape, out.dtype)
        graph = explain.graph_of(out * 1.0)
        node = graph.nodes[-2]
        assert node.operation == case.name
        found = node.outputs[out.output_nr]
        assert (found.shape, found.dtype) == expected


def test_inside_keep_values_nothing_is_freed() -> None:
    x = leaf(1.0, 2.0)
    with explain.keep_values():
        y = ((x + 1) * 3).sum()
    after = (x + 1).sum()
    y.backward()
    graph = explain.graph_of(y)
    assert [node.value.tolist() for node in graph] == [[1, 2], [2, 3], [6, 9], 15]  # type: ignore[union-attr]
    assert "(freed)" not in str(graph)
    assert x.grad.tolist() == [3, 3]
    assert "(freed)" in str(explain.graph_of(after))


def test_constants_show_their_value_and_the_name_they_were_given() -> None:
    x, data = leaf(1.0, 2.0), wengert.tensor([5.0, 7.0])
    with explain.keep_values():
        y = x + data
    [first, second] = explain.graph_of(y, names={"data": data}).nodes[-1].operands
    assert (first.name, second.name, second.edge) == ("a", "data", None)
    assert second.kept.array is not None and second.kept.array.tolist() == [5, 7]
    plain = explain.graph_of(x + data).nodes[-1]
    assert str(plain.operands[1]) == "constant[2]"


def test_a_value_that_was_overwritten_is_not_shown() -> None:
    x = leaf(1.0, 2.0)
    with explain.keep_values():
        z = x * 2
        z.add_(1)
        y = z * 3
    first, second = explain.graph_of(y).nodes[1:3]
    assert first.value is None and second.value is not None
    assert first.outputs[0].kept.note.startswith("(overwritten at test_graph.py:")
    assert "z.add_(1)" in first.outputs[0].kept.note
    assert second.value.tolist() == [3, 5]


def test_backward_frees_what_was_not_kept_for_showing() -> None:
    x = leaf(2.0)
    y = (x * 2).exp() * 3
    before = explain.graph_of(y)
    y.sum().backward()
    after = explain.graph_of(y)
    name = before.nodes[2].name
    assert before[name].value is not None and after[name].value is None
    assert after[name].outputs[0].kept.note == "(freed)"


def test_a_leaf_that_is_gone_has_no_value() -> None:
    def double(value: float) -> Any:
        return leaf(value) * 2

    graph = explain.graph_of(double(4.0) + 1)
    assert graph.nodes[0].value is None
    assert str(graph.nodes[0]) == "a: [?] = leaf"
    assert str(graph.nodes[1]) == "b: [1] = mul(a, 2.0)"


def test_an_inner_derivative_is_part_of_the_record() -> None:
    w = leaf(2.0)
    slope = func.grad(lambda t: (t * t * w).sum())(wengert.tensor([3.0]))
    assert explain.graph_of(slope, names={"w": w})["w"].is_leaf


def test_a_traced_graph_is_listed_too() -> None:
    graph, _, _ = trace_function(lambda a: [a.sin() * a], [((3,), wengert.float32)], "f")
    listed = explain.graph_of(graph)
    assert [node.operation for node in listed] == ["input", "sin", "mul"]
    assert [node.outputs[0].shape for node in listed] == [(3,)] * 3


def test_errors() -> None:
    with pytest.raises(wengert._base.errors.NotDifferentiableError) as caught:
        explain.graph_of(wengert.ones(2) * 2)
    assert str(caught.value) == (
        "graph_of: this tensor of shape (2,) has no record: nothing it was computed from requires "
        "grad. Set requires_grad=True on an input first, and look for detach() or no_grad() on the "
        "way."
    )
    with pytest.raises(TypeError, match="graph_of: expected tensors, not float"):
        explain.graph_of(3.0)
