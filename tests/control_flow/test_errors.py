"""The whole text of every error of scan and cond, provoked from a user's function."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import wengert
from wengert import cond, func, scan
from wengert._base.errors import (
    DtypeError,
    EscapedValueError,
    InplaceError,
    ShapeError,
    TracedValueError,
    TracingError,
)

from .programs import double
from .test_scan import TRACED, _numpy


def _text(error: pytest.ExceptionInfo[BaseException]) -> str:
    """The message, without the number of the line."""
    return re.sub(r"test_errors\.py:\d+", "test_errors.py:N", str(error.value))


class Wrong(NamedTuple):
    """A call that raises, eagerly and in a trace alike."""

    call: Callable[[Any], Any]
    error: type[Exception]
    text: str


X = double([1.0, 2.0])

WRONG: dict[str, Wrong] = {
    "shape of the carry": Wrong(
        lambda x: scan(lambda c, _: ({"h": c["h"][:1]}, None), {"h": x}, length=2),
        ShapeError,
        "scan: carry['h'] enters a step with shape (2,) and leaves it with shape (1,). A carry "
        "keeps its shape: begin with one of shape (1,), or return what grows as y.",
    ),
    "dtype of the carry": Wrong(
        lambda x: scan(lambda c, _: ((c[0], c[1] + 0.5), None), (x, 3), length=2),
        DtypeError,
        "scan: carry[1] enters a step as int64 (shape ()) and leaves it as float32. Begin with "
        "carry[1].to(wengert.float32), or return .to(wengert.int64).",
    ),
    "structure of the carry": Wrong(
        lambda x: scan(lambda c, _: ([c["h"], c["c"]], None), {"h": x, "c": x}, length=2),
        ShapeError,
        "scan: the carry enters a step as {'h': *, 'c': *} and leaves it as [*, *]. Return a "
        "carry built like `init`.",
    ),
    "no pair": Wrong(
        lambda x: scan(lambda c, _: c, x, length=2),
        TypeError,
        "scan: the function must return a pair (carry, y), not a Tensor. Return (carry, None) if "
        "there is no y.",
    ),
    "no length": Wrong(
        lambda x: scan(lambda c, _: (c, None), x),
        TypeError,
        "scan: without xs the number of steps is not known. Pass length=...",
    ),
    "a negative length": Wrong(
        lambda x: scan(lambda c, _: (c, None), x, length=-1),
        ValueError,
        "scan: length=-1; it cannot be negative.",
    ),
    "two lengths": Wrong(
        lambda x: scan(lambda c, _: (c, None), x, {"a": x, "b": wengert.zeros(3, 4)}),
        ShapeError,
        "scan: xs['b'] (shape (3, 4)) gives 3 steps, but xs['a'] gives 2.",
    ),
    "another length": Wrong(
        lambda x: scan(lambda c, _: (c, None), x, x, length=3),
        ShapeError,
        "scan: xs (shape (2,)) gives 2 steps, but length gives 3.",
    ),
    "no axis": Wrong(
        lambda x: scan(lambda c, _: (c, None), x, [x, x[0]]),
        ShapeError,
        "scan: xs[1] has no axis to be cut along. Let the function read it from outside.",
    ),
    "a leaf that is no tensor": Wrong(
        lambda x: scan(lambda c, _: (c, None), {"h": "text"}, length=2),
        TypeError,
        "scan: carry['h'] is a str; only tensors and numbers can stand there. Let the function "
        "read it from outside instead.",
    ),
    "a result that is no tensor": Wrong(
        lambda x: scan(lambda c, _: (c, ["text"]), x, length=2),
        TypeError,
        "scan: y[0] is a str; only tensors and numbers can stand there. Let the function read it "
        "from outside instead.",
    ),
    "a condition with several elements": Wrong(
        lambda x: cond(x > 0, lambda: x, lambda: -x),
        ShapeError,
        "cond: the condition has shape (2,); it must be a single number. Use pred.any() or "
        "pred.all(), or where(pred, a, b) to choose element by element.",
    ),
}

WRONG_IN_A_TRACE: dict[str, Wrong] = {
    "shapes of branches": Wrong(
        lambda x: cond(x[0] > 0, lambda: {"a": x}, lambda: {"a": x[0]}),
        ShapeError,
        "cond: result['a'] has shape (2,) from true_fn and shape () from false_fn. Both must "
        "return the same shapes.",
    ),
    "dtypes of branches": Wrong(
        lambda x: cond(x[0] > 0, lambda: x[0], lambda: 0),
        DtypeError,
        "cond: result is float64 from true_fn and int64 from false_fn. Convert one of them, for "
        "example with .to(wengert.float64).",
    ),
    "structures of branches": Wrong(
        lambda x: cond(x[0] > 0, lambda: (x, x), lambda: [x, x]),
        ShapeError,
        "cond: true_fn returns (*, *), false_fn [*, *]. Both must return the same structure.",
    ),
    "a value asked for": Wrong(
        lambda x: scan(lambda c, _: (c if c.sum() > 0 else -c, None), x, length=2),
        TracedValueError,
        "a traced value of shape () has no truth value. It was made at test_errors.py:N (lambda "
        "x: scan(lambda c, _: (c if c.sum() > 0 else -c, None), x, length=2),) while tracing the "
        "function of scan. Use where(x > 0, a, b), or cond() to run one branch.",
    ),
    "a random number": Wrong(
        lambda x: scan(lambda c, _: (c + wengert.rand(2), None), x, length=2),
        TracingError,
        "the function of scan changes a tensor from outside (shape (2,)) in place at "
        "test_errors.py:N (lambda x: scan(lambda c, _: (c + wengert.rand(2), None), x, "
        "length=2),). Pass it in as an argument, and return the new value. (A random function "
        "changes the state of its generator: draw the numbers before, and pass them in.)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_the_same_eagerly_and_in_a_trace(name: str) -> None:
    wrong = WRONG[name]
    for run in (lambda f: f, _numpy):
        with pytest.raises(wrong.error) as error:
            run(wrong.call)(X)
        assert _text(error) == wrong.text


@pytest.mark.parametrize("name", WRONG_IN_A_TRACE)
def test_errors_in_a_trace(name: str) -> None:
    wrong = WRONG_IN_A_TRACE[name]
    with pytest.raises(wrong.error) as error:
        _numpy(wrong.call)(X)
    assert _text(error) == wrong.text


def test_ys_that_change_from_step_to_step() -> None:
    sizes = iter([1, 2])
    with pytest.raises(ShapeError) as error:
        scan(lambda c, _: (c, {"a": wengert.zeros(next(sizes))}), X, length=2)
    assert _text(error) == (
        "scan: y['a'] is float32 of shape (1,) in one step and float32 of shape (2,) in another."
    )
    kinds = iter([(X,), [X]])
    with pytest.raises(ShapeError) as error:
        scan(lambda c, _: (c, next(kinds)), X, length=2)
    assert _text(error) == "scan: y is (*,) in one step and [*] in another."


# ---- effects ------------------------------------------------------------------------------------


def _adds_to_the_carry(c: Any, x: Any) -> Any:
    c += 1
    return c, None


def _adds_to_a_part_of_the_slice(c: Any, x: Any) -> Any:
    x[0].mul_(2.0)
    return c, None


@pytest.mark.parametrize("run", [lambda f: f, _numpy], ids=["eager", "jit"])
@pytest.mark.parametrize("step", [_adds_to_the_carry, _adds_to_a_part_of_the_slice])
def test_carry_and_slices_may_not_be_written(run: Any, step: Any) -> None:
    c, xs = double([1.0]), double([[[3.0, 4.0]]])
    with pytest.raises(InplaceError):
        run(lambda c, xs: scan(step, c, xs))(c, xs)
    assert c.tolist() == [1.0]
    assert xs.tolist() == [[[3.0, 4.0]]]
    batch = double([[1.0], [2.0]])
    with pytest.raises(InplaceError):
        run(func.vmap(lambda c: scan(step, c, xs)))(batch)
    assert batch.tolist() == [[1.0], [2.0]]


@TRACED
def test_nothing_outside_may_be_written(run: Any) -> None:
    total, part = double([0.0, 0.0]), double([0.0, 0.0])
    view = part[:1]

    def f(x: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            total.add_(c)
            return c, None

        return scan(step, x, length=2)

    def g(x: Any) -> Any:
        return cond(x.sum() > 0, lambda: view.add_(1.0) * 1, lambda: view * 1)

    for function, name in ((f, "the function of scan"), (g, "true_fn of cond")):
        with pytest.raises(TracingError, match=f"{name} changes a tensor from outside"):
            run(function)(X)
    assert total.tolist() == part.tolist() == [0.0, 0.0]


@TRACED
def test_backward_inside_a_body(run: Any) -> None:
    weight = double([1.0, 2.0]).requires_grad_()

    def f(x: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            (weight * c).sum().backward()
            return c, None

        return scan(step, x, length=2)

    with pytest.raises(TracingError):
        run(f)(X)
    assert weight.grad is None


@TRACED
def test_a_value_may_not_leave_its_body(run: Any) -> None:
    box: list[Any] = []

    def f(x: Any) -> Any:
        scan(lambda c, _: (c, box.append(c * 2)), x, length=2)
        return box[0] + 1

    with pytest.raises(EscapedValueError, match="while tracing the function of scan"):
        run(f)(X)
