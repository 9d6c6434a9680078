"""What a compiled function returns: constants, and reductions of nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert._base.errors import DimensionError

BACKENDS = ["numpy", "native"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [[1, 2], [3, 4]], [True, False], 7.0])
def test_a_constant_made_inside_is_returned_anew_at_every_call(values: Any, backend: str) -> None:
    f = wg.jit(lambda: wg.tensor(values), backend=backend)
    f().zero_()
    assert f().tolist() == values


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_constant_is_written_into_a_captured_tensor(backend: str) -> None:
    w = wg.zeros(3)
    wg.jit(lambda: w.copy_(wg.tensor([1.0, 2.0, 3.0])), backend=backend)()
    assert w.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_all_and_any_of_nothing(backend: str) -> None:
    def both(x: Any) -> Any:
        return x.all(), x.any(), x.all(0), x.any(0)

    every, some, columns, none = wg.jit(both, backend=backend)(wg.zeros(0, 2))
    assert (every.item(), some.item()) == (True, False)
    assert (columns.tolist(), none.tolist()) == ([True, True], [False, False])


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin", "argmax", "argmin"])
def test_an_extreme_of_nothing_raises_as_eagerly(name: str) -> None:
    def extreme(x: Any) -> Any:
        return getattr(x, name)()

    for function in (extreme, wg.jit(extreme)):
        with pytest.raises(DimensionError, match="is empty; it has no extreme"):
            function(wg.zeros(0))


def test_what_a_result_holds_is_made_anew_at_every_call() -> None:
    f = wg.jit(lambda: (np.ones(2), [1, {}], wg.ones(1)))
    array, parts, _ = f()
    array[0], parts[0] = 7.0, 7
    parts[1]["key"] = 1
    array, parts, _ = f()
    assert (array.tolist(), parts) == ([1.0, 1.0], [1, {}])


def test_a_container_from_outside_is_returned_itself() -> None:
    log: list[Any] = []

    def step(x: Any) -> Any:
        log.append(x)
        return log

    f = wg.jit(step)
    assert f(wg.ones(1)) is log
    assert f(wg.ones(1)) is log
    assert len(log) == 2


def test_results_under_inference_mode_are_marked() -> None:
    f = wg.jit(lambda x: x * 2)
    with wg.inference_mode():
        assert f(wg.ones(1)).is_inference()
    assert not f(wg.ones(1)).is_inference()


def test_gradients_of_what_has_no_elements() -> None:
    def cut(x: Any) -> Any:
        return x[None, 4:2]

    def products(x: Any) -> Any:
        steps = wg.diff(x, dim=1).reshape(-1)
        return wg.outer(steps, steps)

    for f, shape in ((cut, (1, 1, 1)), (products, (1, 1))):

        def both(x: Any, f: Any = f) -> Any:
            y = f(x)
            return y, wg.autograd.grad(y, x, wg.ones_like(y))[0]

        x = wg.ones(shape, requires_grad=True)
        eager, compiled = both(x), wg.jit(both)(x)
        assert [part.tolist() for part in compiled] == [part.tolist() for part in eager]
