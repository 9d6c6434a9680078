"""A fixed part of PyTorch's operator database: nothing is wrong, and what passed passes.

`python -m tests.parity.operators --write` runs all of it.
"""

from __future__ import annotations

import pytest

from .operators.database import operators
from .operators.exemptions import EXEMPTIONS
from .operators.left_out import LEFT_OUT
from .operators.page import most_used, passed_on_page
from .operators.verdict import MODES, Verdict
from .operators.workers import run

COUNT, LIMIT = 60, 2
"""How many of the most used operators, and how many samples in each mode and dtype."""


def chosen() -> list[str]:
    """The most used operators with all their variants."""
    first = list(most_used())[:COUNT]
    return [name for name in operators() if name.split("/")[0] in first]


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return list(run(chosen(), list(MODES), LIMIT, jobs=2, timeout=60))


def test_no_operator_gives_another_result(verdicts: list[Verdict]) -> None:
    wrong = {
        verdict.name: {mode: tally.first_wrong for mode, tally in verdict.modes.items()}
        for verdict in verdicts
        if verdict.state == "wrong"
    }
    assert not wrong


def test_operators_that_pass_on_the_page_still_pass(verdicts: list[Verdict]) -> None:
    page = passed_on_page()
    lost = {
        verdict.name: verdict.trouble or {m: t.first_missing for m, t in verdict.modes.items()}
        for verdict in verdicts
        if verdict.name in page and verdict.state != "passed"
    }
    assert page
    assert not lost


def test_the_list_of_the_most_used_names_operators_that_count() -> None:
    names = {name.split("/")[0] for name in operators() if name not in LEFT_OUT}
    assert len(most_used()) == 250
    assert set(most_used()) <= names


def test_exceptions_name_operators_and_are_few() -> None:
    assert set(LEFT_OUT) <= set(operators())
    assert len(EXEMPTIONS) <= 15
    assert all(reason for *_, reason in EXEMPTIONS)
