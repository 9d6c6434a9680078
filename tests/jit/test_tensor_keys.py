"""Containers whose keys are tensors: programs do not depend on the numbers in a key."""

from __future__ import annotations

from typing import Any

import wengert


def test_a_key_is_not_named_by_its_numbers() -> None:
    weight = wengert.zeros(2)
    state: dict[str, Any] = {"of": {weight: {"sum": wengert.zeros(2)}}, "calls": "a"}

    @wengert.jit(backend="numpy")
    def step(x: Any) -> Any:
        weight.add_(x)
        state["of"][weight]["sum"].add_(weight)
        return x + len(state["calls"])

    for call in range(4):
        state["calls"] = "ab"[call % 2]
        assert step(wengert.ones(2)).tolist() == [2.0, 2.0]
    assert weight.tolist() == [4.0, 4.0] and state["of"][weight]["sum"].tolist() == [10.0, 10.0]
    assert step.report().traces == 2
