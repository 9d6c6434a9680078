"""The benchmarks' arithmetic and tables, and that every question can be answered without peers."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from benchmarks import contest, setting, show
from benchmarks.contest import Contender, Row, Table, Target
from benchmarks.setting import Setting


def contender(name: str, log: list[str], value: float = 1.0) -> Contender:
    return Contender(name, lambda: log.append(name), lambda: [[value]])


def test_contenders_take_turns_in_an_order_that_rotates(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    monkeypatch.setattr(contest, "_number", lambda contender: 1)
    rows = contest.contest([contender(name, log) for name in "abc"], rounds=3, seconds=0.0)
    assert [len(row.rounds) for row in rows] == [3, 3, 3]
    # One call to warm up and one that counts.
    assert "".join(log) == "aabbcc" + "bbccaa" + "ccaabb"


def test_contenders_that_disagree_are_not_timed() -> None:
    log: list[str] = []
    pair = [contender("one", log), contender("other", log, 1.1)]
    with pytest.raises(AssertionError, match="other and one differ in array 0"):
        contest.contest(pair, rounds=1, seconds=0.0)
    assert log == []


def test_times_are_medians_and_ratios_are_taken_within_a_round() -> None:
    slow = Row("slow", [2.0, 40.0, 6.0])
    quick = Row("quick", [1.0, 10.0, 3.0])
    assert quick.seconds == 3.0
    assert quick.spread == 3.0
    assert contest.ratio(slow, quick) == 2.0


def table(*targets: Target) -> Table:
    rows = [
        Row("wengert.jit", [2e-6, 2e-6], cores=1.0, natives=1, callbacks=0),
        Row("torch.compile", [8e-6, 8e-6], cores=1.0),
        Row("jax.jit, donated, not blocked", [5e-6, 5e-6], cores=1.25),
    ]
    return Table("a title", rows, list(targets))


def test_a_table() -> None:
    shown = show.text(table(Target("wengert.jit", ["torch.compile"], 0.25)))
    assert shown.splitlines() == [
        "a title",
        "                                        time  spread   ratio  cores native NumPy",
        "wengert.jit                          2.00 us      0%    1.00    1.0      1     0",
        "torch.compile                        8.00 us      0%    4.00    1.0",
        "jax.jit, donated, not blocked        5.00 us      0%    2.50    1.2",
        "wengert.jit / torch.compile: 0.25,",
        "    at most 0.25 is wanted: met",
    ]
    assert max(map(len, shown.splitlines())) <= show.WIDTH


def test_a_target_is_held_against_the_best() -> None:
    target = Target("wengert.jit", ["torch.compile", "jax.jit, donated, not blocked"], 0.3)
    assert show.reached(table(), target) == pytest.approx(0.4)
    assert show.verdict(table(), target).endswith("MISSED")
    assert show.reached(table(), Target("wengert.jit", ["jax.jit"], 1.0)) is None


@pytest.mark.parametrize("question", ["eager", "scalar", "linear_regression", "gelu", "mlp"])
def test_every_question_is_answered(question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting, "has", lambda name: False)
    size = Setting(rounds=1, seconds=0.0, short=True)
    module: Any = importlib.import_module(f"benchmarks.{question}")
    for found in module.tables(size):
        assert found.rows[0].name.startswith("wengert")
        assert max(map(len, show.text(found).splitlines())) <= show.WIDTH
        assert all(row.callbacks in (None, 0) for row in found.rows)
