"""A short run of the fuzzer, and the fuzzer's own parts."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy
import pytest

from .fuzz import workers
from .fuzz.agree import Counts, differs
from .fuzz.generate import available, generate
from .fuzz.judge import Judge
from .fuzz.program import Input, Program, Step
from .fuzz.record import Record, read, text
from .fuzz.shrink import shrink
from .fuzz.table import TABLE

PROGRAMS = 300


def test_random_programs_agree_with_pytorch() -> None:
    record = workers.fuzz(seed=20, start=0, count=PROGRAMS)
    assert len(record.programs) == PROGRAMS
    assert record.counts.compared > 20 * PROGRAMS
    assert record.counts.modes["gradient"] > 0.8 * PROGRAMS
    assert record.counts.modes["second"] > 0.7 * PROGRAMS
    assert len(record.compiled) > 0.2 * PROGRAMS
    assert not record.failures, "\n".join(one["program"] for one in record.failures.values())


def test_the_table_is_large_and_all_of_it_exists() -> None:
    assert len(available()) == len(TABLE) >= 120


def test_a_program_depends_on_its_number_alone() -> None:
    names = available()
    assert str(generate(3, 17, names)) == str(generate(3, 17, names))
    digests = {generate(3, number, names).digest() for number in range(50)}
    assert len(digests) == 50


def _dies(seed: int, number: int, names: list[str]) -> Program:
    if number == 3:
        os._exit(9)
    if number == 5:
        time.sleep(300)
    return generate(seed, number, names)


def test_a_crash_and_a_hang_cost_one_program_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workers, "generate", _dies)
    record, kept = Record(), tmp_path / "kept.jsonl"
    workers.run(record, 20, list(range(8)), jobs=2, limit=20, keep=kept)
    assert sorted(crash.split()[3] for crash in record.crashes) == ["3", "5"]
    assert len(record.programs) == 6
    assert record.covered(20) == set(range(8))
    kept.write_text(kept.read_text() + '{"ranges": [[20, 8', encoding="utf-8")
    again = read([kept])
    assert text(again) == text(record)
    assert "20 (0 to 7)" in text(again)


def test_what_is_kept_twice_counts_once(tmp_path: Path) -> None:
    record, kept = Record(), [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    for path in kept:
        workers.run(record, 20, [0, 1], jobs=1, limit=60, keep=path)
    assert len(read(kept).programs) == 2


@pytest.fixture
def negated_sine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect: Wengert's sine has the other sign above 1."""
    import wengert

    right = wengert.sin
    monkeypatch.setattr(wengert, "sin", lambda x: wengert.where(x > 1, -right(x), right(x)))


@pytest.mark.usefixtures("negated_sine")
def test_a_defect_is_found_and_shrunk() -> None:
    values = numpy.array([[0.5, 2.0, -1.0], [0.25, 0.75, 3.0]])
    steps = (
        Step("mul_scalar", (0,), (("other", 1.0),)),
        Step("sin", (1,), ()),
        Step("sum", (2,), (("dim", -1), ("keepdim", False))),
        Step("add", (3, 3), ()),
    )
    program = Program((Input("float64", "flipped", values),), steps)
    failure = Judge(program, Counts()).failure(compiled=False)
    assert failure is not None
    assert (failure.mode, failure.kind, failure.operator) == ("value", "wrong", "sin")
    small, last = shrink(program, failure, compiled=False)
    assert [step.name for step in small.steps] == ["sin"]
    assert small.inputs[0].values.size < values.size
    assert last.mode == "value"


def test_what_hangs_on_rounding_is_left_out_and_nothing_else() -> None:
    theirs = numpy.array([1.0, 2.0, numpy.nan, numpy.inf])
    disturbed = [theirs + numpy.array([0.0, 1e-6, 0.0, 0.0])]
    counts = Counts()
    ours = theirs + numpy.array([0.0, 1e-3, 0.0, 0.0])
    assert differs(ours, theirs, disturbed, counts) is None
    assert counts.as_json()["rules"] == {"numbers: hang on rounding": 1}
    ours = theirs + numpy.array([1e-9, 0.0, 0.0, 0.0])
    assert differs(ours, theirs, disturbed, Counts()) is not None
    ours = numpy.array([1.0, 2.0, 0.0, numpy.inf])
    assert differs(ours, theirs, disturbed, Counts()) is not None
