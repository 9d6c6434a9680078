"""cond: which branch runs, what it may capture, and what a batch of conditions does."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert import cond, func
from wengert._base.errors import DimensionError, TracingError
from wengert._transforms.branches import COND
from wengert._transforms.subgraphs import trimmed

from .programs import double
from .test_scan import TRACED, _numpy, way


@way
@pytest.mark.parametrize(
    ("pred", "chosen"),
    [
        (wengert.tensor(True), 1.0),
        (wengert.tensor(False), -1.0),
        (wengert.tensor([[2]]), 1.0),
        (wengert.tensor(0), -1.0),
        (wengert.tensor(-0.0), -1.0),
        (wengert.tensor(0.5), 1.0),
        (wengert.tensor(float("nan")), 1.0),
        (wengert.tensor(1j), 1.0),
    ],
    ids=str,
)
def test_the_condition_is_the_truth_of_one_element(run: Any, pred: Any, chosen: float) -> None:
    f = run(lambda p, x: cond(p, lambda x: x, lambda x: -x, x))
    assert f(pred, double(1.0)).item() == chosen


@way
def test_a_python_condition_is_decided_while_tracing(run: Any) -> None:
    called: list[str] = []

    def branch(name: str) -> Any:
        def function(x: Any) -> Any:
            called.append(name)
            return x * 2

        return function

    f = run(lambda x: cond(x.ndim == 1, branch("a"), branch("b"), x))
    assert f(double([1.0])).tolist() == [2.0]
    assert called == ["a"]


def test_eagerly_only_the_chosen_branch_is_called() -> None:
    assert cond(wengert.tensor(1.0) > 2, lambda: 1 / 0, lambda: 5).item() == 5


@TRACED
def test_compiled_code_runs_only_the_chosen_branch(run: Any) -> None:
    x = double([1.0, 2.0])
    f = run(lambda p, i: cond(p, lambda: x[i] * 2, lambda: x[0]))
    assert f(wengert.tensor(False), wengert.tensor(7)).item() == 1.0
    assert f(wengert.tensor(True), wengert.tensor(1)).item() == 4.0
    with pytest.raises(DimensionError, match="index 7 is out of range"):
        f(wengert.tensor(True), wengert.tensor(7))
    assert f.report().traces == 1


@way
def test_results_are_containers_and_numbers(run: Any) -> None:
    def f(x: Any) -> Any:
        return cond(x > 0, lambda: {"a": x, "b": (1, None)}, lambda: {"b": (2, None), "a": x * 2})

    for value, a, b in ((3.0, 3.0, 1), (-3.0, -6.0, 2)):
        found = run(f)(double(value))
        assert (found["a"].item(), found["b"][0].item(), found["b"][1]) == (a, b, None)


@way
def test_operands_may_be_containers_with_anything_inside(run: Any) -> None:
    def scaled(state: Any, name: str, factor: float) -> Any:
        assert name == "plain"
        return state["x"] * factor

    f = run(lambda p, x: cond(p > 0, scaled, lambda s, n, k: s["x"], {"x": x}, "plain", 3.0))
    assert f(double(1.0), double(2.0)).item() == 6.0
    assert f(double(-1.0), double(2.0)).item() == 2.0


@way
def test_gradients_reach_what_the_chosen_branch_captures(run: Any) -> None:
    first, second = double(3.0).requires_grad_(), double(4.0).requires_grad_()
    shared = double(5.0).requires_grad_()

    def f(x: Any) -> Any:
        return cond(x > 0, lambda: x * first * shared, lambda: second * second + shared)

    run(f)(double(2.0)).backward()
    assert (first.grad.item(), shared.grad.item()) == (10.0, 6.0)
    assert second.grad is None or second.grad.item() == 0.0
    first.grad = second.grad = shared.grad = None
    run(f)(double(-2.0)).backward()
    assert (second.grad.item(), shared.grad.item()) == (8.0, 1.0)
    assert first.grad is None or first.grad.item() == 0.0


@way
def test_results_are_new_memory(run: Any) -> None:
    x = double([1.0, 2.0])
    result = run(lambda x: cond(x.sum() > 0, lambda x: x.clone(), lambda x: -x, x))(x)
    result.zero_()
    assert x.tolist() == [1.0, 2.0]


def test_a_branch_computes_only_what_is_read() -> None:
    def f(x: Any) -> Any:
        first, _ = cond(x > 0, lambda: (x.sin(), x.exp()), lambda: (x.cos(), x.log()))
        return first

    f = _numpy(f)
    f(double(1.0))
    (node,) = [node for node in trimmed(f.graph).nodes if node.primitive is COND]
    names = [[step.primitive.name for step in branch.nodes] for branch in node.params["branches"]]
    assert names == [["cos"], ["sin"]]


# ---- batches ------------------------------------------------------------------------------------


@way
def test_a_batch_of_conditions_runs_both_and_selects(run: Any) -> None:
    x = double([[4.0, 1.0], [-1.0, 2.0], [0.25, -9.0]])

    def f(row: Any) -> Any:
        return cond(row[0] > 0, lambda r: (r[0].sqrt(), 1), lambda r: (r.sum(), 2), row)

    values, counts = run(func.vmap(f))(x)
    assert values.tolist() == [2.0, 1.0, 0.5]
    assert counts.tolist() == [1, 2, 1]
    slopes = run(func.vmap(func.grad(lambda row: f(row)[0])))(x)
    assert slopes.tolist() == [[0.25, 0.0], [1.0, 1.0], [1.0, 0.0]]
    jacobian = run(func.jacrev(lambda x: func.vmap(f)(x)[0]))(x)
    assert jacobian[1].tolist() == [[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]


@way
def test_a_batch_with_one_condition_runs_one_branch(run: Any) -> None:
    x = double([[1.0, 2.0], [3.0, 4.0]])

    def f(p: Any, row: Any) -> Any:
        return cond(p, lambda r: (r * 2, x[0], 1), lambda r: (x[1], r, 1), row)

    doubled, fixed, ones = run(func.vmap(f, in_dims=(None, 0)))(wengert.tensor(True), x)
    assert doubled.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    assert fixed.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert ones.tolist() == [1, 1]


@way
def test_batches_of_batches(run: Any) -> None:
    a, b = double([1.0, -2.0]), double([3.0, 4.0, -5.0])

    def f(a: Any, b: Any) -> Any:
        return cond(a > 0, lambda: cond(b > 0, lambda: a * b, lambda: a), lambda: b)

    table = run(func.vmap(lambda a: func.vmap(lambda b: f(a, b))(b)))(a)
    assert table.tolist() == [[3.0, 4.0, 1.0], [3.0, 4.0, -5.0]]


@way
def test_a_branch_detaches_and_differentiates_what_it_captures_of_a_batch(run: Any) -> None:
    x = double([[1.0, 2.0], [-3.0, 4.0]])

    def f(row: Any) -> Any:
        def on() -> Any:
            return row.detach() * row + func.grad(lambda r: (r**3).sum())(row)

        return cond(row.sum() > 2, on, lambda: func.jvp(lambda r: r * r, (row,), (row,))[1])

    assert run(func.vmap(f))(x).tolist() == [[4.0, 16.0], [18.0, 32.0]]
    slopes = run(func.vmap(func.grad(lambda row: f(row).sum())))(x)
    assert slopes.tolist() == [[7.0, 14.0], [-12.0, 16.0]]


def test_what_requires_grad_does_so_under_nested_batches() -> None:
    x = double([[1.0, 2.0]]).requires_grad_()
    seen: list[bool] = []

    def inner(a: Any) -> Any:
        seen.append(a.requires_grad)
        seen.append(a.detach().requires_grad)
        return a * 2

    func.vmap(func.vmap(inner))(x)
    assert seen == [True, False]


@pytest.mark.parametrize("run", [lambda f: f, _numpy], ids=["eager", "jit"])
def test_a_branch_of_a_batch_may_not_write(run: Any) -> None:
    total = double(0.0)

    def f(p: Any) -> Any:
        return cond(p > 0, lambda: total.add_(1.0) * 1, lambda: total * 1)

    with pytest.raises(TracingError, match="true_fn of cond changes a tensor from outside"):
        run(func.vmap(f))(double([1.0, -1.0]))
    assert total.item() == 0.0


def test_the_derivative_of_a_batch_has_no_nan_from_the_other_branch() -> None:
    def f(x: Any) -> Any:
        return cond(x > 0, lambda x: x.sqrt() * x.log(), lambda x: x, x)

    x = double([1.0, 0.0, -1.0])
    for make in (lambda f: f, _numpy):
        slopes = make(func.vmap(func.grad(f)))(x)
        numpy.testing.assert_allclose(slopes.numpy(), [1.0, 1.0, 1.0])
        curves = make(func.vmap(func.grad(func.grad(f))))(x)
        numpy.testing.assert_allclose(curves.numpy(), [0.0, 0.0, 0.0], atol=1e-15)
