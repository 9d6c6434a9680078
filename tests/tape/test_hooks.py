"""Hooks: they live on nodes, see gradients once, and may replace them."""

from __future__ import annotations

import gc
from typing import Any

import pytest

import wengert
from wengert import func, tensor
from wengert.errors import DifferentiationError

from .test_backward import leaf


def test_a_hook_sees_the_whole_gradient_once() -> None:
    x = leaf(2.0)
    seen: list[float] = []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.item()))
    (y * y + y).backward()
    assert seen == [13]


def test_a_hook_may_replace_the_gradient() -> None:
    x = leaf(2.0)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    y.backward()
    assert x.grad.item() == 31


def test_hooks_run_in_the_order_of_registration() -> None:
    x = leaf(1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    (x * 1).backward()
    assert x.grad.item() == 20


def test_a_hook_can_be_removed() -> None:
    x = leaf(1.0)
    handle = x.register_hook(lambda g: g * 100)
    with x.register_hook(lambda g: g * 10):
        (x * 1).backward()
    assert x.grad.item() == 1000
    handle.remove()
    handle.remove()
    x.grad = None
    (x * 1).backward()
    assert x.grad.item() == 1


def test_a_hook_that_removes_itself() -> None:
    x = leaf(1.0)
    calls: list[int] = []

    def once(g: Any) -> None:
        calls.append(1)
        handle.remove()

    handle = x.register_hook(once)
    for _ in range(2):
        (x * 1).backward()
    assert calls == [1]


def test_a_hook_fires_after_its_tensor_has_died() -> None:
    x = leaf(2.0)
    seen: list[float] = []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.item()))
    z = y * 2
    del y
    gc.collect()
    z.backward()
    assert seen == [2]


def test_a_hook_on_one_of_several_outputs() -> None:
    x = leaf(3.0, 1.0)
    values, _ = x.sort()
    values.register_hook(lambda g: g * 10)
    values.sum().backward()
    assert x.grad.tolist() == [10, 10]


def test_hooks_run_for_grad_and_for_an_input() -> None:
    x = leaf(2.0)
    y = x * x
    y.register_hook(lambda g: g * 5)
    (g,) = wengert.autograd.grad(y, x)
    assert g.item() == 20
    y = x * x
    y.register_hook(lambda g: g * 5)
    (g,) = wengert.autograd.grad(y * 1, y)
    assert g.item() == 5
    y = x * x
    y.register_hook(lambda g: g * 5)
    assert [g.item() for g in wengert.autograd.grad(y * 1, [y, x])] == [5, 20]


def test_hooks_record_under_create_graph() -> None:
    x = leaf(2.0)
    y = x * x
    y.register_hook(lambda g: g * x)
    (g,) = wengert.autograd.grad(y, x, create_graph=True)  # 2 x * x
    assert g.item() == 8
    g.backward()
    assert x.grad.item() == 8


def test_hooks_do_not_record_without_create_graph() -> None:
    x = leaf(2.0)
    kept: list[Any] = []
    y = x * x
    y.register_hook(lambda g: kept.append(g * x))
    y.backward()
    assert not kept[0].requires_grad


def test_a_hook_inside_a_transform() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.register_hook(lambda g: g * 10)
        return y

    assert func.grad(f)(tensor(3.0)).item() == 60


def test_a_hook_on_what_gets_no_gradient_is_not_called() -> None:
    x = leaf(1.0)
    calls: list[Any] = []
    y = x * 2
    y.register_hook(calls.append)
    (x * 3).backward()
    assert calls == []


def test_a_hook_on_a_constant_raises() -> None:
    with pytest.raises(RuntimeError) as caught:
        tensor(1.0).register_hook(print)
    assert str(caught.value) == (
        "register_hook: the tensor does not require grad, so no gradient will come."
    )


def test_a_hook_must_return_a_gradient_of_the_same_shape() -> None:
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError) as caught:
        (x * 2).sum().backward()
    assert str(caught.value) == (
        "backward: a hook on AccumulateGrad returned shape () and dtype float64 for a gradient of "
        "shape (2,) and dtype float64. Return a tensor like the one it is given, or None."
    )
    assert x.grad is None


def test_a_hook_must_return_a_tensor() -> None:
    x = leaf(1.0)
    (x * 1).register_hook(print)
    y = x * 2
    y.register_hook(lambda g: 3.0)
    with pytest.raises(TypeError) as caught:
        y.backward()
    assert str(caught.value) == (
        "backward: a hook on MulBackward0 returned a float. Return a tensor like the one it is "
        "given, or None."
    )


def test_a_hook_registered_before_an_in_place_write_belongs_to_the_old_value() -> None:
    x = leaf(2.0)
    y = x * 1
    seen: list[float] = []
    y.register_hook(lambda g: seen.append(g.item()))
    y.mul_(5)
    (y * 3).backward()
    assert seen == [15]  # of the value before the write
    assert x.grad.item() == 15


def test_a_retained_gradient_has_memory_of_its_own() -> None:
    x = wengert.ones(2, dtype="float64").requires_grad_()
    u = x * 1
    y = u + 1
    u.retain_grad()
    y.retain_grad()
    seed = wengert.ones(2, dtype="float64")
    y.backward(seed)
    y.grad.mul_(5)
    assert (seed.tolist(), u.grad.tolist(), x.grad.tolist()) == ([1, 1], [1, 1], [1, 1])


def test_a_retained_gradient_is_differentiable_under_create_graph() -> None:
    x = wengert.tensor([2.0], dtype="float64").requires_grad_()
    y = x * 1
    y.retain_grad()
    (y**3).sum().backward(create_graph=True)
    assert wengert.autograd.grad(y.grad.sum(), x)[0].tolist() == [12]


def test_a_retained_gradient_is_what_the_hooks_have_made_of_it() -> None:
    x = leaf(2.0)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    y.register_hook(lambda g: g + 1)
    y.backward()
    assert y.grad.item() == 11
    assert x.grad.item() == 33


@pytest.mark.parametrize("part", [False, True])
def test_a_retained_gradient_is_that_of_the_newest_value(part: bool) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    (y[:] if part else y).mul_(5)
    (y * y).sum().backward()
    assert y.grad.tolist() == (y.detach() * 2).tolist()
    assert x.grad.tolist() == [450, 900]


def test_what_a_hook_returns_is_not_the_memory_of_a_gradient() -> None:
    x, given = leaf(1.0, 2.0), tensor([5.0, 6.0], dtype="float64")
    x.register_hook(lambda g: given)
    (x * x).sum().backward()
    x.grad.mul_(10)
    assert given.tolist() == [5, 6]


def test_after_a_write_through_a_view_the_base_is_computed_from_it() -> None:
    x = leaf(1.0, 2.0)
    y = x * 3
    y.retain_grad()
    part = y[:]
    part.mul_(2)
    (part * part + y).sum().backward()
    assert y.grad.tolist() == [1, 1]
    assert x.grad.tolist() == [78, 150]


def test_a_hook_after_the_gradient_has_arrived() -> None:
    x, y = leaf(2.0), leaf(3.0)
    seen: list[tuple[float, float]] = []

    def look(t: Any) -> Any:
        assert t is x
        seen.append((x.grad.item(), y.grad.item()))
        return 100.0

    x.register_hook(lambda g: g * 10)
    handle = x.register_post_accumulate_grad_hook(look)
    (x * y + x).backward()
    assert seen == [(40.0, 2.0)]
    (x * y).backward()
    assert seen[1] == (70.0, 4.0)
    wengert.autograd.grad(x * y, x)
    (x * y).backward(inputs=[y])
    handle.remove()
    (x * y).backward()
    assert len(seen) == 2


def test_a_step_in_the_hook_of_each_parameter() -> None:
    """An optimiser inside backward: eagerly, and in a compiled step, where the hook is state."""

    def train(compiled: bool, steps: int) -> tuple[list[float], int]:
        w = tensor([1.0, -2.0], requires_grad=True)
        calls: list[int] = []

        def descend(p: Any) -> None:
            calls.append(1)
            with wengert.no_grad():
                p -= 0.1 * p.grad
            p.grad = None

        def step(x: Any) -> Any:
            loss = ((w * x).sum() - 1) ** 2
            loss.backward()
            return loss

        w.register_post_accumulate_grad_hook(descend)
        run = wengert.jit(step) if compiled else step
        for k in range(steps):
            run(tensor([1.0, k * 0.5]))
        assert w.grad is None
        return w.tolist(), len(calls)

    eager, calls = train(False, 5)
    assert calls == 5
    found, calls = train(True, 5)
    assert found == pytest.approx(eager, rel=1e-6) and calls == 5


def test_a_compiled_step_notices_a_new_hook_after_the_gradient() -> None:
    x = leaf(2.0)

    @wengert.jit
    def step() -> None:
        (x * 3).backward()

    step()
    x.register_post_accumulate_grad_hook(lambda x: x.grad.mul_(10))
    step()
    assert x.grad.item() == 60


def test_only_leaves_have_a_hook_after_the_gradient() -> None:
    x = leaf(2.0)
    for wrong in (x * 2, tensor(1.0)):
        with pytest.raises(DifferentiationError, match="only leaves that require grad"):
            wrong.register_post_accumulate_grad_hook(print)


def test_a_hook_after_the_gradient_with_its_record() -> None:
    x = leaf(2.0)
    kept: list[Any] = []
    x.register_post_accumulate_grad_hook(lambda x: kept.append(x.grad * 2))
    (x**3).backward(create_graph=True)
    (slope,) = wengert.autograd.grad(kept[0], x)
    assert slope.item() == 24
