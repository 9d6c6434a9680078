"""Threads, processes and copies: who may see, keep or carry along what a compiled function has."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import threading
import weakref
from typing import Any

import wengert as wg
from wengert import nn, optim


@wg.jit
def doubled(x: Any) -> Any:
    """A jitted function with a name in a module."""
    return x * 2


def tripled(x: Any) -> Any:
    """A function that is jitted elsewhere."""
    return x * 3


class _Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.fast = wg.jit(self.slow)

    def slow(self, x: Any) -> Any:
        return self.layer(x)


def test_arguments_are_not_kept() -> None:
    f = wg.jit(lambda x: x * 2)
    x = wg.ones(3)
    for _ in range(3):
        f(x)
    held = weakref.ref(x)
    del x
    gc.collect()
    assert held() is None


def test_threads_whose_first_call_is_a_training_step() -> None:
    layer = nn.Linear(3, 1)
    optimizer = optim.SGD(layer.parameters(), lr=0.01)
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = layer(x).square().sum()
        loss.backward()
        optimizer.step()
        return loss

    f = wg.jit(step)

    def work(size: int) -> None:
        start.wait()
        try:
            for _ in range(20):
                f(wg.ones(size, 3))
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(size,)) for size in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert optimizer.param_groups[0]["lr"] == 0.01


def test_a_child_process_may_compile() -> None:
    f = wg.jit(lambda x: x * 2)
    f(wg.ones(2))
    child = os.fork()
    if child == 0:
        same = f(wg.ones(3)).tolist() == [2.0] * 3
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_jitted_functions_are_pickled_and_copied_without_their_programs() -> None:
    x = wg.ones(2)
    for function, expected in ((doubled, 2.0), (wg.jit(tripled), 3.0)):
        function(x)
        for made in (pickle.loads(pickle.dumps(function)), copy.deepcopy(function)):
            assert made(x).tolist() == [expected] * 2
    assert copy.deepcopy(doubled) is doubled


def test_a_copied_network_computes_with_its_own_parameters() -> None:
    model = _Model()
    x = wg.ones(1, 2)
    expected = model.fast(x).tolist()
    other = copy.deepcopy(model)
    with wg.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    assert other.fast(x).tolist() == [[0.0, 0.0]]
    assert model.fast(x).tolist() == expected
