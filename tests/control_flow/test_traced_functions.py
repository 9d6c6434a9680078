"""`trace_function`: what it captures and refuses; what `evaluate` and NumPy make of its graphs."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert import func
from wengert._base.errors import InplaceError, TracingError
from wengert._record.functions import evaluate, trace_function
from wengert._record.numpy_run import run_graph

VECTOR = [((3,), wengert.float64)]


def double(*values: float) -> Any:
    return wengert.tensor(values, dtype=wengert.float64)


def test_captures_come_after_the_arguments_in_the_order_of_their_inputs() -> None:
    matrix = wengert.from_numpy(numpy.arange(6.0).reshape(2, 3))
    row, other = matrix[1], double(1.0, 10.0, 100.0)
    seen: list[Any] = []

    def sample(y: Any) -> Any:
        graph, captured, _ = trace_function(lambda x: [x * row + y * other], VECTOR, "f")
        assert [tuple(c.shape) for c in captured] == [(3,), (3,), (3,)]
        seen.append(captured)
        (result,) = evaluate(graph, [double(1.0, 1.0, 1.0), *captured])
        return result

    ys = wengert.from_numpy(numpy.arange(6.0).reshape(2, 3))
    found = func.vmap(sample)(ys)
    want = matrix[1].numpy() + ys.numpy() * other.numpy()
    numpy.testing.assert_array_equal(found.numpy(), want)
    assert len(seen) == 1


def test_a_tensor_that_is_only_returned_is_captured() -> None:
    w = double(1.0, 2.0, 3.0)
    graph, captured, _ = trace_function(lambda x: [w, x], VECTOR, "f")
    assert [c is w for c in captured] == [True]
    first, second = evaluate(graph, [double(0.0, 0.0, 0.0), *captured])
    assert first is w
    assert second.tolist() == [0.0, 0.0, 0.0]


def test_gradients_reach_what_was_captured_through_views() -> None:
    w = double(1.0, 2.0, 3.0, 4.0).requires_grad_()
    tail = w[1:]
    graph, captured, _ = trace_function(lambda x: [(x * tail * w[:3]).sum()], VECTOR, "f")
    (out,) = evaluate(graph, [double(1.0, 1.0, 1.0), *captured])
    out.backward()
    assert w.grad.tolist() == [2.0, 4.0, 6.0, 3.0]


def test_a_captured_tensor_that_requires_grad_does_so_inside() -> None:
    w = double(1.0, 2.0, 3.0).requires_grad_()

    def body(x: Any) -> list[Any]:
        assert w.requires_grad
        assert (x * w).requires_grad
        assert not x.requires_grad
        (g,) = wengert.autograd.grad((x * w * w).sum(), w)
        return [g]

    graph, captured, _ = trace_function(body, VECTOR, "f")
    (g,) = evaluate(graph, [double(1.0, 1.0, 2.0), *captured])
    assert g.tolist() == [2.0, 4.0, 12.0]


def test_hooks_registered_while_tracing_see_the_cotangents_of_each_run() -> None:
    def body(x: Any) -> list[Any]:
        y = x * 2.0
        y.register_hook(lambda g: g * 10.0)
        return [(y * y).sum()]

    graph, _, _ = trace_function(body, VECTOR, "f", live=[True])
    x = double(1.0, 2.0, 3.0)
    assert func.grad(lambda x: evaluate(graph, [x])[0])(x).tolist() == [80.0, 160.0, 240.0]


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (lambda x: x.add_(1.0), "x0"),
        (lambda x: x[0].zero_(), "x0"),
        (lambda x: x.detach().mul_(2.0), "x0"),
    ],
)
def test_an_argument_may_not_be_written(write: Any, what: str) -> None:
    def body(x: Any) -> list[Any]:
        write(x)
        return [x]

    with pytest.raises(InplaceError, match=f"f changes {what} .*in place at test_traced.*x \\+ 1"):
        trace_function(body, VECTOR, "f", labels=["x0"])


@pytest.mark.parametrize("write", [lambda w: w.add_(1.0), lambda w: w[0].zero_()])
def test_what_is_captured_may_not_be_written(write: Any) -> None:
    w = double(1.0, 2.0, 3.0)

    def body(x: Any) -> list[Any]:
        write(w)
        return [x]

    with pytest.raises(TracingError, match=r"f changes a tensor from outside .*in place at test_"):
        trace_function(body, VECTOR, "f")
    assert w.tolist() == [1.0, 2.0, 3.0]


def test_a_tensor_made_inside_may_be_written() -> None:
    def body(x: Any) -> list[Any]:
        y = x * 1.0
        y[0] = 7.0
        y += 1.0
        return [y]

    graph, _, _ = trace_function(body, VECTOR, "f")
    assert evaluate(graph, [double(1.0, 2.0, 3.0)])[0].tolist() == [8.0, 3.0, 4.0]


def test_numbers_are_drawn_outside() -> None:
    with pytest.raises(TracingError, match=r"random function .* draw the numbers before"):
        trace_function(lambda x: [x + wengert.rand(3)], VECTOR, "f")


@pytest.mark.parametrize("accumulates", [False, True])
def test_backward_may_not_leave_its_gradients_outside(accumulates: bool) -> None:
    w = double(1.0, 2.0, 3.0).requires_grad_()
    w.grad = double(0.0, 0.0, 0.0) if accumulates else None

    def body(x: Any) -> list[Any]:
        (x * w).sum().backward()
        return [x]

    with pytest.raises(TracingError):
        trace_function(body, VECTOR, "f")
    with pytest.raises(TracingError, match=r"f sets the \.grad of a tensor"):
        trace_function(lambda x: [setattr(w, "grad", x), x][1:], VECTOR, "f")
    assert w.grad is None if not accumulates else w.grad.tolist() == [0.0, 0.0, 0.0]


def test_numpy_runs_a_write_through_a_flat_view_of_transposed_data() -> None:
    def body(x: Any) -> list[Any]:
        y = x.T + x.T
        y.reshape(-1)[1] = 50.0
        return [y]

    x = numpy.arange(6.0).reshape(2, 3)
    graph, _, _ = trace_function(body, [((2, 3), wengert.float64)], "f")
    want = numpy.ascontiguousarray(x.T + x.T)
    want.reshape(-1)[1] = 50.0
    numpy.testing.assert_array_equal(run_graph(graph, [x])[0], want)
