"""Every planted mutation is caught by a named test."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from . import MUTATIONS
from .harness import Mutation, Outcome, attempt, attempt_all, healthy, snapshot


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return attempt_all(MUTATIONS, tmp_path_factory.mktemp("mutations"))


def test_names_are_unique() -> None:
    assert max(Counter(mutation.name for mutation in MUTATIONS).values()) == 1


def test_the_named_tests_pass_without_a_mutation(tmp_path: Path) -> None:
    assert healthy(MUTATIONS, tmp_path) == ""


def test_a_harmless_mutation_is_reported_as_missed(tmp_path: Path) -> None:
    harmless = Mutation(
        "harmless",
        "_primitives/transcendental.py",
        '"""Sine of x in radians."""',
        '"""Sine of x."""',
        ("tests/tape/test_hooks.py::test_hooks_run_in_the_order_of_registration",),
    )
    found = attempt(snapshot(tmp_path), tmp_path / "planted", harmless)
    assert not found.caught
    assert found.words.startswith("survived")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_mutation_is_caught(mutation: Mutation, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[mutation.name].caught, outcomes[mutation.name].words
