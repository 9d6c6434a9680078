"""Schedules against their closed forms, and where they must not be called."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest

import wengert
from wengert import nn, optim
from wengert.optim import lr_scheduler as schedules

FORMS: dict[str, tuple[Callable[[Any], Any], Callable[[int], float]]] = {
    "StepLR": (lambda o: schedules.StepLR(o, 3, gamma=0.5), lambda e: 0.5 ** (e // 3)),
    "ExponentialLR": (lambda o: schedules.ExponentialLR(o, 0.9), lambda e: 0.9**e),
    "CosineAnnealingLR": (
        lambda o: schedules.CosineAnnealingLR(o, 5),
        lambda e: (1 + math.cos(math.pi * e / 5)) / 2,
    ),
    "LambdaLR": (lambda o: schedules.LambdaLR(o, lambda e: 1 / (1 + e)), lambda e: 1 / (1 + e)),
}


def made(lr: Any = 2.0) -> Any:
    a, b = nn.Parameter(wengert.ones(1)), nn.Parameter(wengert.ones(1))
    return optim.SGD([{"params": a}, {"params": b, "lr": 0.5}], lr=lr)


@pytest.mark.parametrize("name", FORMS)
def test_rates(name: str) -> None:
    make, form = FORMS[name]
    optimizer = made()
    schedule = make(optimizer)
    for epoch in range(12):
        wanted = [2.0 * form(epoch), 0.5 * form(epoch)]
        assert schedule.get_last_lr() == pytest.approx(wanted, abs=1e-12)
        assert [group["lr"] for group in optimizer.param_groups] == schedule.get_last_lr()
        assert schedule.last_epoch == epoch
        schedule.step()


def test_cosine_ends_at_eta_min() -> None:
    schedule = schedules.CosineAnnealingLR(made(), 4, eta_min=0.1)
    for _ in range(4):
        schedule.step()
    assert schedule.get_last_lr() == pytest.approx([0.1, 0.1])


def test_cosine_rises_again_between_its_two_ends() -> None:
    optimizer = made()
    schedule = schedules.CosineAnnealingLR(optimizer, 3, eta_min=0.2)
    for epoch in range(13):
        height = (1 + math.cos(math.pi * epoch / 3)) / 2
        wanted = [0.2 + 1.8 * height, 0.2 + 0.3 * height]
        assert schedule.get_last_lr() == pytest.approx(wanted, abs=1e-12)
        schedule.step()


@pytest.mark.parametrize("name", FORMS)
def test_a_schedule_continues_from_its_state(name: str) -> None:
    make, _ = FORMS[name]
    optimizer = made()
    schedule = make(optimizer)
    for _ in range(4):
        schedule.step()
    other = made(lr=77.0)
    resumed = make(other)
    resumed.load_state_dict(copy.deepcopy(schedule.state_dict()))
    other.load_state_dict(optimizer.state_dict())
    for _ in range(5):
        schedule.step()
        resumed.step()
        assert resumed.get_last_lr() == schedule.get_last_lr()


@pytest.mark.parametrize("name", ["StepLR", "ExponentialLR", "CosineAnnealingLR"])
def test_a_schedule_continues_from_an_epoch(name: str) -> None:
    make, form = FORMS[name]
    optimizer = made()
    schedule = make(optimizer)
    for _ in range(4):
        schedule.step()
    options = {"StepLR": (3, 0.5), "ExponentialLR": (0.9,), "CosineAnnealingLR": (5,)}[name]
    again = getattr(schedules, name)(optimizer, *options, last_epoch=3)
    for epoch in range(4, 9):
        assert again.last_epoch == epoch
        assert again.get_last_lr() == pytest.approx([2 * form(epoch), 0.5 * form(epoch)], abs=1e-12)
        again.step()


def test_a_second_schedule_starts_from_the_rates_of_the_beginning() -> None:
    optimizer = made()
    schedules.LambdaLR(optimizer, lambda epoch: 1 / (2 + epoch))
    second = schedules.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    assert second.base_lrs == [2.0, 0.5]
    second.step()
    assert second.get_last_lr() == [1.0, 0.25]


def test_a_rate_that_is_a_tensor_is_written_in_place() -> None:
    rate = wengert.tensor(2.0)
    p = nn.Parameter(wengert.ones(1))
    schedule = schedules.ExponentialLR(optim.SGD([p], lr=rate), 0.5)
    schedule.step()
    assert rate.item() == 1.0
    assert schedule.get_last_lr() == [1.0]


def test_a_schedule_changes_what_the_next_step_does() -> None:
    p = nn.Parameter(wengert.zeros(1))
    optimizer = optim.SGD([p], lr=1.0)
    schedule = schedules.StepLR(optimizer, 1, gamma=0.1)
    for _ in range(2):
        p.grad = wengert.ones(1)
        optimizer.step()
        schedule.step()
    assert p.item() == pytest.approx(-1.1)


def test_errors() -> None:
    with pytest.raises(KeyError, match="group 0 has no 'initial_lr'"):
        schedules.StepLR(made(), 3, last_epoch=4)
    with pytest.raises(ValueError) as functions:
        schedules.LambdaLR(made(), [lambda e: 1.0])
    assert str(functions.value) == "LambdaLR: 1 functions were given for 2 groups."


def test_a_schedule_cannot_be_traced() -> None:
    schedule = schedules.StepLR(made(), 3)
    with pytest.raises(RuntimeError) as caught:
        wengert.jit(schedule.step)()
    assert str(caught.value) == (
        "StepLR.step() was called inside a compiled function, where it would run once, while "
        "tracing. Call it outside, after the step: a changed rate needs no new trace."
    )
    assert schedule.last_epoch == 0
