"""`docs/operators.md`: what the last full run found, written by the run and read by the tests."""

from __future__ import annotations

import collections
import csv
import itertools
from collections.abc import Iterable
from pathlib import Path

from .exemptions import EXEMPTIONS
from .left_out import LEFT_OUT
from .verdict import MODES, Verdict

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "operators.md"
MOST_USED = Path(__file__).with_name("most_used.csv")
_SIGNS = {"passed": "yes", "missing": "**missing**", "wrong": "**WRONG**"}


_SETTLED = """Where the libraries differ in some sample, a third opinion decides, if it refutes
PyTorch and confirms Wengert: of values, the reference of NumPy or SciPy that the database names, in
float64; of derivatives, central differences; of forward mode, PyTorch's own gradient.
"""


_LIMITED = """**Not all samples**: this run took at most {} for each mode and dtype.

"""


def most_used() -> dict[str, int]:
    """The 250 most used operators and their weights."""
    lines = MOST_USED.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {row["operator"]: int(row["weight"]) for row in rows}


def passed_on_page() -> set[str]:
    """The operators that the committed page says pass."""
    if not PAGE.exists():
        return set()
    rows = (line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines())
    return {row[1].strip().strip("`") for row in rows if len(row) > 3 and row[2].strip() == "yes"}


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _names(verdicts: Iterable[Verdict]) -> dict[str, bool]:
    """Whether all variants of an operator pass, by its name without the variant."""
    result: dict[str, bool] = {}
    for verdict in verdicts:
        name = verdict.name.split("/")[0]
        result[name] = result.get(name, True) and verdict.state == "passed"
    return result


def totals(verdicts: list[Verdict]) -> list[str]:
    """The counts, as lines of a table."""
    counts = {
        state: sum(verdict.state == state for verdict in verdicts)
        for state in ("passed", "missing", "wrong")
    }
    by_name, weights = _names(verdicts), most_used()
    good = [name for name in weights if by_name.get(name, False)]
    heavy = sum(weights.values())
    rest = {name: weight for name, weight in weights.items() if name != "t"}
    lines = ["| what | count | share |", "|---|---|---|"]
    for state, count in counts.items():
        lines.append(f"| operators {state} | {count} | {_share(count, len(verdicts))} |")
    everything = len(verdicts) + len(LEFT_OUT)
    share = _share(counts["passed"], everything)
    lines.append(f"| passed, of all with those left out | {everything} | {share} |")
    by_weight = _share(sum(weights[name] for name in good), heavy)
    without = _share(sum(rest.get(name, 0) for name in good), sum(rest.values()))
    lines += [
        f"| of the {len(weights)} most used | {len(good)} | {_share(len(good), len(weights))} |",
        f"| of those, by weight | | {by_weight} |",
        f"| by weight, without `t` | | {without} |",
    ]
    for mode in MODES:
        tallies = [verdict.modes[mode] for verdict in verdicts if mode in verdict.modes]
        samples = sum(tally.total for tally in tallies)
        lines.append(
            f"| {mode}: samples passed | {sum(tally.passed for tally in tallies)} of {samples} | "
            f"{_share(sum(tally.passed for tally in tallies), samples)} |"
        )
    return lines


def not_compared(verdicts: list[Verdict]) -> list[str]:
    """How many samples of which modes were left out for which reason, as lines of a table."""
    counts: collections.Counter[str] = collections.Counter()
    modes: dict[str, set[str]] = {}
    for verdict in verdicts:
        for mode, tally in verdict.modes.items():
            for reason, count in tally.reasons.items():
                counts[reason] += count
                modes.setdefault(reason, set()).add(mode)
    lines = ["| reason | samples | modes |", "|---|---|---|"]
    for reason, count in counts.most_common():
        where = ", ".join(mode for mode in MODES if mode in modes[reason])
        lines.append(f"| {reason} | {count} | {where} |")
    return lines


def _cell(verdict: Verdict, mode: str) -> str:
    tally = verdict.modes.get(mode)
    if tally is None or not tally.total:
        return ""
    if tally.state == "passed":
        return str(tally.passed)
    text = f"{tally.passed}/{tally.total}"
    return f"**{text}, {tally.wrong} wrong**" if tally.wrong else f"**{text}**"


def row(verdict: Verdict) -> str:
    """One operator as a line of the table."""
    cells = [f"`{verdict.name}`", _SIGNS[verdict.state]]
    cells += [_cell(verdict, mode) for mode in MODES]
    cells += [verdict.native, ", ".join(verdict.holes)]
    return f"| {' | '.join(cells)} |"


def text(verdicts: list[Verdict], version: str, limit: int | None) -> str:
    """The page."""
    by_reason = sorted(LEFT_OUT.items(), key=lambda item: (item[1], item[0]))
    left_out = [
        f"- {reason}: {', '.join(f'`{name}`' for name, _ in group)}."
        for reason, group in itertools.groupby(by_reason, key=lambda item: item[1])
    ]
    exempted = [
        f"| {', '.join(f'`{name}`' for name in names)} | {', '.join(modes)} | {passes} | {reason} |"
        for names, modes, passes, reason in EXEMPTIONS
    ]
    settled = [f"- `{one.name}`: {'; '.join(one.settled)}." for one in verdicts if one.settled]
    first = [
        f"- `{verdict.name}`, {mode}: {_shortened(kind)}"
        for verdict in verdicts
        for mode, tally in verdict.modes.items()
        for kind in [tally.first_wrong or tally.first_missing]
        if kind
    ]
    first += [f"- `{v.name}`: {v.trouble}" for v in verdicts if v.trouble]
    some = "" if limit is None else _LIMITED.format(limit)
    head = f"""# Operators

Every operator of the database with which PyTorch {version} tests itself, run over Wengert by
`make parity`, which writes this page. How: [tests/parity/operators](../tests/parity/operators).

{some}A number is how many samples were compared. An operator passes only if every sample in every
mode does. *Missing*: Wengert raises where PyTorch does not, or lacks the mode. *Wrong*: another
result, or no exception at bad arguments. *Native*: a jitted call runs without NumPy callbacks
(else: their names; `-`: not compiled). *Holes*: derivatives that PyTorch itself lacks; Wengert's
are compared with differences there.

The most used operators and their weights: `tests/parity/operators/most_used.csv`.
"""
    columns = ["operator", "passes", *MODES, "native", "PyTorch lacks"]
    parts = [head, "## Totals\n", "\n".join(totals(verdicts)), "\n## Exemptions\n"]
    columns_of_exemptions = ["| operators | modes | lets pass | reason |", "|---|---|---|---|"]
    parts.append("\n".join([*columns_of_exemptions, *exempted]))
    parts += ["\n## Samples that are not compared\n", "\n".join(not_compared(verdicts))]
    parts += ["\n## Where PyTorch's result was not the one to compare with\n", _SETTLED]
    parts.append("\n".join(settled) if settled else "None.")
    parts += ["\n## Left out\n", "\n".join(left_out), "\n## Operators\n"]
    parts.append(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    return (
        "\n".join(parts)
        + "\n"
        + "\n".join(row(verdict) for verdict in verdicts)
        + "\n\n## First failures\n\n"
        + ("\n".join(first) if first else "None.")
        + "\n"
    )


def _shortened(failure: str) -> str:
    what = failure.rpartition("\n")[2]
    return what[:160].replace("|", "\\|").replace("<", "&lt;")
