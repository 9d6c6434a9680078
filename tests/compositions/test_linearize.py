"""linearize runs its function once; grad_and_value is value_and_grad the other way round."""

from __future__ import annotations

from typing import Any

import pytest

import wengert as w
from wengert import func
from wengert.errors import ShapeError

X = w.tensor([0.5, -1.0, 2.0], dtype=w.float64)
T = w.tensor([1.0, 0.25, -3.0], dtype=w.float64)


def program(x: Any) -> Any:
    return {"a": (x.sin() * x).cumsum(0), "b": (x.exp(), x[0] * 2)}


def flat(tree: Any) -> list[Any]:
    return [tree["a"].tolist(), tree["b"][0].tolist(), tree["b"][1].tolist()]


def test_the_function_runs_once() -> None:
    runs: list[int] = []

    def counted(x: Any) -> Any:
        runs.append(1)
        return program(x)

    y, push = func.linearize(counted, X)
    for tangent in (T, T * 2):
        value, wanted = func.jvp(program, (X,), (tangent,))
        assert flat(y) == flat(value)
        assert [pytest.approx(part) for part in flat(wanted)] == flat(push(tangent))
    assert len(runs) == 1


def test_several_primals_and_transforms() -> None:
    def product(x: Any, y: Any) -> Any:
        return (x * y * y).sum()

    value, push = func.linearize(product, X, T)
    assert value.item() == product(X, T).item()
    assert push(T, X).item() == pytest.approx((T**3 + 2 * X**2 * T).sum().item())
    rows = func.vmap(push)(w.eye(3, dtype=w.float64), w.zeros(3, 3, dtype=w.float64))
    assert rows.tolist() == pytest.approx((T * T).tolist())
    slope = func.grad(lambda x: func.linearize(product, x, T)[1](X, T))(X)
    assert slope.tolist() == pytest.approx((2 * T * T).tolist())
    compiled = w.jit(lambda x: func.linearize(product, x, T)[1](X, T))(X)
    assert compiled.item() == pytest.approx(push(X, T).item())


def test_tangents_that_do_not_fit() -> None:
    _, push = func.linearize(program, X)
    with pytest.raises(ShapeError, match=r"linearize: a tangent of shape \(2,\)"):
        push(T[:2])
    with pytest.raises(ShapeError, match="linearize: the tangents have structure"):
        push(T, T)


def test_grad_and_value() -> None:
    def f(x: Any, y: Any) -> Any:
        return (x * y).sum(), "more"

    gradients, (value, more) = func.grad_and_value(f, argnums=(0, 1), has_aux=True)(X, T)
    assert [g.tolist() for g in gradients] == [T.tolist(), X.tolist()]
    assert value.item() == pytest.approx((X * T).sum().item()) and more == "more"
    gradient, value = func.grad_and_value(lambda x: (x * x).sum())(X)
    assert gradient.tolist() == (2 * X).tolist() and value.item() == 5.25
