"""Runs one operator through its modes and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from wengert.errors import TracedValueError

from .batching import vmap
from .compiled import jit
from .convert import NoCounterpart
from .derivatives import gradient, jvp, second
from .exemptions import VALUE_DEPENDENT, exempted
from .subject import Subject, quiet
from .values import Check, alias, errors, inplace, method, out, value
from .verdict import NotApplicable, Tally, Verdict, Wrong, one_line

RUNS: dict[str, Callable[[Subject, int | None], Iterator[Check]]] = {
    "value": value,
    "gradient": gradient,
    "second": second,
    "jvp": jvp,
    "vmap": vmap,
    "inplace": inplace,
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
    subject = Subject(name)
    verdict = Verdict(name)
    for mode in modes:
        progress(mode)
        tally = Tally()
        with quiet():
            for label, check in RUNS[mode](subject, limit):
                _count(tally, name, mode, label, check)
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


def _count(tally: Tally, name: str, mode: str, label: str, check: Callable[[], None]) -> None:
    try:
        check()
    except (NotApplicable, NoCounterpart):
        tally.holes += 1
    except Wrong as error:
        if exempted(name, mode):
            tally.holes += 1
            return
        tally.wrong += 1
        tally.first_wrong = tally.first_wrong or f"{label}\n{error}"
    except Exception as error:  # noqa: BLE001 - whatever Wengert raises
        value = mode in ("jit", "vmap") and isinstance(error, TracedValueError)
        if exempted(name, mode) or (value and name.split("/")[0] in VALUE_DEPENDENT):
            tally.holes += 1
            return
        tally.missing += 1
        tally.first_missing = tally.first_missing or f"{label}\n{one_line(error)}"
    else:
        tally.passed += 1
