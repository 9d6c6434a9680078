"""no_grad, enable_grad, set_grad_enabled, inference_mode: blocks, decorators, threads."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import wengert
from wengert import tensor

from .test_backward import leaf


def recorded() -> bool:
    return (leaf(1.0) * 2).requires_grad


def test_blocks_nest_and_restore() -> None:
    assert recorded()
    with wengert.no_grad():
        assert not recorded() and not wengert.is_grad_enabled()
        with wengert.enable_grad():
            assert recorded()
        assert not recorded()
    assert recorded()


def test_a_block_restores_after_an_exception() -> None:
    with pytest.raises(KeyError), wengert.no_grad():
        raise KeyError
    assert recorded()


def test_one_object_can_be_entered_twice() -> None:
    block = wengert.no_grad()
    with block, block:
        assert not recorded()
    assert recorded()


def test_decorators_with_and_without_parentheses() -> None:
    @wengert.no_grad()
    def first() -> bool:
        return recorded()

    @wengert.no_grad
    def second() -> bool:
        """Its own words."""
        return recorded()

    assert not first() and not second()
    assert second.__name__ == "second" and second.__doc__ == "Its own words."
    assert recorded()


def test_a_decorated_generator_has_its_mode_at_every_step() -> None:
    @wengert.no_grad()
    def numbers() -> Any:
        yield recorded()
        yield recorded()

    steps = numbers()
    assert next(steps) is False
    assert recorded()  # between the steps the caller's mode holds
    assert next(steps) is False


def test_set_grad_enabled_as_a_call_a_block_and_a_decorator() -> None:
    wengert.set_grad_enabled(False)
    assert not recorded()
    wengert.set_grad_enabled(True)
    assert recorded()
    with wengert.set_grad_enabled(False):
        assert not recorded()
    assert recorded()

    @wengert.set_grad_enabled(False)
    def function() -> bool:
        return recorded()

    assert recorded()
    assert not function()


def test_results_under_no_grad_are_leaves_and_leaves_stay_what_they_are() -> None:
    x = leaf(1.0)
    with wengert.no_grad():
        y = x * 2
        z = tensor(1.0, requires_grad=True)
    assert y.is_leaf and not y.requires_grad
    assert x.requires_grad and z.requires_grad


def test_an_update_under_no_grad_keeps_the_leaf() -> None:
    w = leaf(1.0, 2.0)
    for _ in range(2):
        (w * w).sum().backward()
        with wengert.no_grad():
            w -= 0.25 * w.grad
            w.grad.zero_()
    assert w.is_leaf and w.requires_grad
    assert w.tolist() == [0.25, 0.5]


def test_inference_mode() -> None:
    x = leaf(2.0)
    with wengert.inference_mode():
        y = x * 2
        assert wengert.is_inference_mode_enabled()
    assert y.is_inference() and not y.requires_grad and not x.is_inference()
    with pytest.raises(RuntimeError) as caught:
        x * y
    assert str(caught.value) == (
        "mul: a tensor made under inference_mode cannot be kept for backward. Make it under "
        "no_grad instead, or use x.clone()."
    )
    assert (x + y).requires_grad  # nothing of y is kept
    assert (x * y.clone()).requires_grad
    with wengert.inference_mode(False):
        assert recorded()


def test_threads_do_not_share_modes() -> None:
    seen: dict[str, bool] = {}
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with wengert.no_grad():
            inside.set()
            leave.wait(10)
            seen["other"] = recorded()

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    seen["main"] = recorded()
    leave.set()
    thread.join(10)
    assert seen == {"main": True, "other": False}


def test_a_new_thread_starts_with_recording() -> None:
    seen: list[bool] = []
    with wengert.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join(10)
    assert seen == [True]


def test_tasks_do_not_share_modes() -> None:
    async def without() -> bool:
        with wengert.no_grad():
            await asyncio.sleep(0)
            found = recorded()
            await asyncio.sleep(0)
            return found

    async def within() -> bool:
        await asyncio.sleep(0)
        found = recorded()
        await asyncio.sleep(0)
        return found

    async def both() -> list[bool]:
        return list(await asyncio.gather(without(), within()))

    assert asyncio.run(both()) == [False, True]


def test_backward_from_several_threads_on_graphs_of_their_own() -> None:
    found: list[float] = [0.0] * 8

    def work(k: int) -> None:
        x = leaf(float(k))
        y = x
        for _ in range(200):
            y = y * 1.0 + x
        y.backward()
        found[k] = x.grad.item()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [201.0] * 8


def test_a_decorated_generator_is_thrown_into_and_closed_in_its_mode() -> None:
    seen: list[Any] = []

    @wengert.no_grad()
    def values() -> Any:
        try:
            try:
                yield 1
            except KeyError:
                seen.append(("caught", recorded()))
            yield 2
        finally:
            seen.append(("closed", recorded()))

    generator = values()
    next(generator)
    assert generator.throw(KeyError("x")) == 2
    generator.close()
    assert seen == [("caught", False), ("closed", False)]
    assert recorded()
