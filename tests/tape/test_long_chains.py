"""Records of 200,000 operations: backward, forward, freed, without recursion, in any thread."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import wengert
from wengert import func, no_grad

from .test_backward import leaf

LENGTH = 200_000


def chain(x: Any, length: int = LENGTH) -> Any:
    for _ in range(length):
        x = x + 1.0
    return x


def in_a_thread(work: Callable[[], Any]) -> Any:
    """Run where the stack is small; what it raises is raised here."""
    found: list[Any] = []
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: found.append(work()))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join(120)
    assert found, "the thread failed"
    return found[0]


def test_backward_and_freeing() -> None:
    def work() -> float:
        x = leaf(1.0)
        y = chain(x)
        y.backward()
        del y  # freed here, node after node
        return x.grad.item()

    assert in_a_thread(work) == 1


def test_freeing_a_record_that_never_went_backward() -> None:
    x = leaf(1.0)
    y = chain(x)
    first = weakref.ref(y.grad_fn)
    y = None
    assert first() is None


def test_freeing_when_an_old_node_holds_the_end() -> None:
    # A long chain hung into a short one: freeing starts in the middle.
    x = leaf(1.0)
    long = chain(x, 50_000)
    short = x * 2 + long
    del long
    short.backward()
    del short
    assert x.grad.item() == 3


def test_forward() -> None:
    value, tangent = func.jvp(chain, (leaf(1.0).detach(),), (wengert.tensor(2.0).double(),))
    assert (value.item(), tangent.item()) == (LENGTH + 1, 2)


def test_second_order() -> None:
    def f(x: Any) -> Any:
        return chain(x * x, 20_000) * x

    assert func.grad(func.grad(f))(leaf(2.0).detach()).item() == 12


def test_a_long_chain_of_writes_into_one_tensor() -> None:
    x = leaf(1.0)
    y = x * 1
    for _ in range(20_000):
        y += 1.0
    y.backward()
    assert x.grad.item() == 1


def test_a_long_chain_of_views_written_in_turn() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    a, b = y[:1], y[1:]
    for _ in range(500):
        a += 1.0
        b += 1.0
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_it_is_the_interpreter_s_usual_recursion_limit() -> None:
    assert sys.getrecursionlimit() <= 10_000


def test_the_loop_that_grows_the_record_is_freed_when_its_tensor_dies() -> None:
    w = leaf(1.0)
    first = w
    for _ in range(2_000):
        (g,) = wengert.autograd.grad(w * w, w)
        w = w - 0.001 * g  # forgets no_grad: the record grows
    node = weakref.ref(w.grad_fn)
    del w, g
    gc.collect()
    assert node() is None
    with no_grad():
        first -= 1
