"""Exceptions and Ctrl-C in the middle: modes, gradients and records stay usable."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import wengert
from wengert import func, tensor
from wengert._record import modes

from .test_backward import leaf


class Stop(KeyboardInterrupt):
    """What Ctrl-C raises, told apart from a real one."""


@pytest.fixture(autouse=True)
def _same_modes_after() -> Iterator[None]:
    before = modes.current()
    # A signal between a call that silences NumPy and Python's note of its result leaves it silent.
    with np.errstate():
        yield
    assert modes.current() is before
    x = leaf(3.0)
    (x * x).backward()
    assert x.grad.item() == 6


def _raise(*_: Any) -> None:
    raise Stop


def _hooked(x: Any) -> Any:
    y = x * x
    y.register_hook(_raise)
    return y * 2


PLACES: dict[str, Callable[[Any], Any]] = {
    "backward": lambda x: _hooked(x).backward(),
    "backward with create_graph": lambda x: _hooked(x).backward(create_graph=True),
    "autograd.grad": lambda x: wengert.autograd.grad(_hooked(x), x),
    "func.grad": lambda x: func.grad(_hooked)(x),
    "func.grad, in the function": lambda x: func.grad(lambda z: _raise(z))(x),
    "func.jvp": lambda x: func.jvp(lambda z: _raise(z), (x,), (x,)),
    "func.vmap": lambda x: func.vmap(lambda z: _raise(z))(x.reshape(1)),
    "func.hessian": lambda x: func.hessian(_hooked)(x),
    "vmap of grad": lambda x: func.vmap(func.grad(_hooked))(x.reshape(1)),
    "no_grad": lambda x: wengert.no_grad()(_raise)(x),
    "inference_mode": lambda x: wengert.inference_mode()(_raise)(x),
}


@pytest.mark.parametrize("name", PLACES)
def test_modes_are_restored(name: str) -> None:
    x = leaf(2.0)
    with pytest.raises(Stop):
        PLACES[name](x)
    assert x.grad is None


def test_a_gradient_is_deposited_for_all_leaves_or_for_none() -> None:
    first = leaf(2.0)
    middle = first * 1
    middle.register_hook(_raise)
    second = leaf(3.0)  # recorded later, so the sweep reaches it before it fails
    y = middle * second
    with pytest.raises(Stop):
        y.backward()
    assert first.grad is None and second.grad is None


def test_gradients_that_are_there_survive() -> None:
    x = leaf(2.0)
    (x * 3).backward()
    with pytest.raises(Stop):
        _hooked(x).backward()
    assert x.grad.item() == 3


def test_an_error_inside_a_rule() -> None:
    x = leaf(2.0, 3.0)
    y = (x * x).clone()
    z = y.exp() * y
    y.add_(1)
    for _ in range(2):
        with pytest.raises(wengert.errors.InplaceError):
            z.sum().backward(retain_graph=True)
    assert x.grad is None


def test_a_write_that_fails_leaves_value_and_version() -> None:
    x = tensor([1.0, 2.0])
    with pytest.raises(RuntimeError):
        x.mul_(wengert.ones(3))
    assert (x.tolist(), x._version) == ([1, 2], 0)


@pytest.mark.parametrize("transform", [None, func.grad, func.hessian])
def test_a_real_signal_in_a_long_backward(transform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever instruction it hits, everything is usable afterwards, and the graph is sound."""

    def long(x: Any) -> Any:
        y = x
        for _ in range(3_000):
            y = y * 1.0 + x * 0.0
        return y

    report = sys.unraisablehook

    def unraisable(dropped: Any) -> None:
        if dropped.exc_type is not Stop:
            report(dropped)

    def interrupt(delay: float, stopped: threading.Event) -> None:
        # Python drops an exception that is raised while an object is finalised, or in another
        # library's callback of the collector: so a signal can be lost, and is sent again.
        while not stopped.wait(delay):
            os.kill(os.getpid(), signal.SIGINT)
            delay = 3.0

    def work(x: Any, sender: threading.Thread) -> None:
        sender.start()  # here, where whatever it interrupts is expected to be interrupted
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if transform is None:
                long(x).backward()
            else:
                transform(long)(x)

    monkeypatch.setattr(sys, "unraisablehook", unraisable)
    before = signal.signal(signal.SIGINT, _raise)
    gc.disable()
    try:
        for delay in (0.01, 0.05, 0.12):
            x = leaf(1.0) if transform is None else leaf(1.0).detach()
            stopped = threading.Event()
            sender = threading.Thread(target=interrupt, args=(delay, stopped), daemon=True)
            with pytest.raises(Stop):
                work(x, sender)
            stopped.set()
            sender.join(10)
            if transform is None:
                before_grad = 0.0 if x.grad is None else x.grad.item()
                assert before_grad == int(before_grad)  # only whole gradients were added
                (x * 2).backward()
                assert x.grad.item() == before_grad + 2
    finally:
        gc.enable()
        signal.signal(signal.SIGINT, before)
        time.sleep(0)
