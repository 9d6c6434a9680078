"""Loops that carry their record along are found, and the line is named."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import wengert
from wengert.explain import GrowingRecordWarning, GrowthWatch, lines_of


def test_lines_are_counted() -> None:
    x = wengert.ones(2, requires_grad=True)
    y = x
    for _ in range(5):
        y = y * 2 + x
    z = y.sum()
    counts = lines_of(z)
    assert [(line.partition(" ")[2], count) for line, count in counts.most_common()] == [
        ("(y = y * 2 + x)", 10),
        ("(z = y.sum())", 1),
    ]
    assert all(line.startswith("test_growth.py:") for line in counts)


def test_a_loop_that_grows_is_reported_with_its_line() -> None:
    w = wengert.ones(2, requires_grad=True)
    watch = GrowthWatch()

    def steps(w: Any) -> None:
        for _ in range(8):
            (g,) = wengert.autograd.grad((w * w).sum(), w)
            w = w - 0.1 * g
            watch(w)

    with pytest.warns(GrowingRecordWarning) as caught:
        steps(w)
    assert len(caught) == 1
    text = str(caught[0].message)
    assert text.startswith(
        "the record behind this value has grown in each of 3 passes, from 1 to 4"
    )
    assert "(w = w - 0.1 * g): 1 to 4. If a pass is meant" in text
    assert caught[0].filename == __file__


def test_a_sum_of_losses_is_reported() -> None:
    w = wengert.ones(2, requires_grad=True)
    total: Any = 0.0
    watch = GrowthWatch(patience=2)

    def steps(total: Any) -> None:
        for _ in range(4):
            total = total + (w * w).sum()
            watch(total)

    with pytest.warns(GrowingRecordWarning, match="add up losses with loss"):
        steps(total)


def test_a_loop_that_starts_afresh_is_not_reported() -> None:
    w = wengert.ones(2, requires_grad=True)
    watch = GrowthWatch(patience=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(5):
            loss = (w * w).sum()
            watch(loss)
            loss.backward()
            with wengert.no_grad():
                w -= 0.1 * w.grad
                w.grad.zero_()


def test_the_update_that_makes_a_result_of_a_parameter_is_reported_with_its_line() -> None:
    w = wengert.ones(2, requires_grad=True)
    (w * w).sum().backward()
    w = w - 0.1 * w.grad
    (w * w).sum().backward()
    with pytest.warns(
        UserWarning, match=r"computed at test_growth.py:\d+ \(w = w - 0.1 \* w.grad\)"
    ):
        with pytest.raises(TypeError):
            w = w - 0.1 * w.grad
