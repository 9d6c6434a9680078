"""Runs one operator through its modes and counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import torch

import wengert

from .batching import vmap
from .compiled import jit
from .convert import NoCounterpart
from .database import seed_of
from .derivatives import gradient, gradient_in_place, jvp, second
from .subject import Subject, quiet
from .values import Check, alias, errors, inplace, method, out, value
from .verdict import NotApplicable, Tally, Verdict, Wrong, one_line

RUNS: dict[str, Callable[[Subject, int | None], Iterator[Check]]] = {
    "value": value,
    "gradient": gradient,
    "second": second,
    "jvp": jvp,
    "vmap": vmap,
    "inplace": lambda subject, limit: itertools.chain(
        inplace(subject, limit), gradient_in_place(subject, limit)
    ),
    "out": out,
    "method": method,
    "alias": alias,
    "errors": errors,
    "jit": jit,
}


def judge(
    name: str,
    modes: list[str],
    limit: int | None,
    progress: Callable[[str], None] = lambda text: None,
) -> Verdict:
    """The verdict on one operator."""
    torch.set_num_threads(1)
    wengert.manual_seed(seed_of(name))
    subject = Subject(name)
    verdict = Verdict(name)
    for mode in modes:
        progress(mode)
        tally = Tally()
        with quiet():
            for label, check in RUNS[mode](subject, limit):
                _count(tally, label, check)
        verdict.modes[mode] = tally
    if subject.compiled:
        verdict.native = ", ".join(sorted(subject.callbacks)) or "yes"
    verdict.settled = sorted(subject.settled)
    info = subject.info
    if info.supports_autograd:
        if not info.supports_forward_ad:
            verdict.holes.append("jvp")
        if not info.supports_gradgrad:
            verdict.holes.append("second")
    return verdict


def _count(tally: Tally, label: str, check: Callable[[], None]) -> None:
    try:
        check()
    except (NotApplicable, NoCounterpart) as error:
        axes = isinstance(error, NoCounterpart)
        tally.leave_out("no dense CPU tensor of at most 64 axes" if axes else str(error))
    except Wrong as error:
        tally.wrong += 1
        tally.first_wrong = tally.first_wrong or f"{label}\n{error}"
    except Exception as error:  # noqa: BLE001 - whatever Wengert raises
        tally.missing += 1
        tally.first_missing = tally.first_missing or f"{label}\n{one_line(error)}"
    else:
        tally.passed += 1
