"""The random graphs of the compiler's tests, by the hundred, the same ones on every target."""

from __future__ import annotations

import pytest

from tests.jit.test_random_graphs import TARGETS, run


@pytest.mark.parametrize("target", TARGETS)
def test_many_random_graphs(target: str) -> None:
    run(target, 10_000, 400)
