"""A short run of the fuzzer, and the fuzzer's own parts."""

from __future__ import annotations

import numpy
import pytest

from .fuzz.__main__ import fuzz
from .fuzz.generate import available, generate
from .fuzz.judge import Counts, Judge, differs
from .fuzz.program import Input, Program, Step
from .fuzz.shrink import shrink
from .fuzz.table import TABLE

PROGRAMS = 300


def test_random_programs_agree_with_pytorch() -> None:
    record = fuzz(seed=20, start=0, count=PROGRAMS)
    assert len(record.programs) == PROGRAMS
    assert record.counts.compared > 20 * PROGRAMS
    assert not record.failures, "\n".join(one["program"] for one in record.failures.values())


def test_the_table_is_large_and_all_of_it_exists() -> None:
    assert len(available()) == len(TABLE) >= 120


def test_a_program_depends_on_its_number_alone() -> None:
    names = available()
    assert str(generate(3, 17, names)) == str(generate(3, 17, names))
    digests = {generate(3, number, names).digest() for number in range(50)}
    assert len(digests) == 50


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
    assert differs(ours, theirs, disturbed, counts, selects=False) is None
    assert counts.unstable == 1
    ours = theirs + numpy.array([1e-9, 0.0, 0.0, 0.0])
    assert differs(ours, theirs, disturbed, Counts(), selects=False) is not None
    ours = numpy.array([1.0, 2.0, 0.0, numpy.inf])
    assert differs(ours, theirs, disturbed, Counts(), selects=False) is not None
