"""Tables of at most 80 columns, and the same figures as JSON."""

from __future__ import annotations

import platform
from typing import Any

from .contest import Row, Table, Target, ratio

WIDTH = 80
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))


def duration(seconds: float) -> str:
    """Three digits and a unit.

    >>> duration(0.00001234), duration(2.5), duration(0.4)
    ('12.3 us', '2.50 s', '400 ms')
    """
    scale, unit = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    value = seconds / scale
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f} {unit}"


def text(table: Table) -> str:
    """The table, its notes, and what became of its targets."""
    reference = table.rows[0]
    compiled = any(row.natives is not None for row in table.rows)
    head = f"{'':34}{'time':>10}{'spread':>8}{'ratio':>8}{'cores':>7}"
    lines = [table.title, head + (f"{'native':>7}{'NumPy':>6}" if compiled else "")]
    for row in table.rows:
        line = (
            f"{row.name:34}{duration(row.seconds):>10}{row.spread:>8.0%}"
            f"{ratio(row, reference):>8.2f}"
        )
        line += f"{'' if row.cores is None else f'{row.cores:.1f}':>7}"
        if row.natives is not None:
            line += f"{row.natives:>7}{row.callbacks:>6}"
        lines.append(line)
    lines += [verdict(table, target) for target in table.targets]
    lines += table.notes
    return "\n".join(line.rstrip() for line in lines)


def verdict(table: Table, target: Target) -> str:
    """Whether a target was met: one line."""
    found = reached(table, target)
    names = target.against
    peers = names[0] if len(names) == 1 else f"the best of {', '.join(names)}"
    if found is None:
        return f"{target.subject} against {peers}: not measured"
    met = "met" if found <= target.at_most else "MISSED"
    return (
        f"{target.subject} / {peers}: {found:.2f},\n    at most {target.at_most:.2f} is wanted: "
        f"{met}"
    )


def reached(table: Table, target: Target) -> float | None:
    """The ratio that a target bounds; None if one of its rows is missing."""
    rows = {row.name: row for row in table.rows}
    others = [rows[name] for name in target.against if name in rows]
    if target.subject not in rows or not others:
        return None
    best = min(others, key=lambda row: row.seconds)
    return ratio(rows[target.subject], best)


def data(table: Table) -> dict[str, Any]:
    """The table for JSON, every round kept."""
    return {
        "title": table.title,
        "rows": [_row(row, table.rows[0]) for row in table.rows],
        "targets": [
            {
                "subject": target.subject,
                "against": list(target.against),
                "at_most": target.at_most,
                "reached": reached(table, target),
            }
            for target in table.targets
        ],
        "notes": table.notes,
    }


def _row(row: Row, reference: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "seconds": row.seconds,
        "rounds": row.rounds,
        "ratio": ratio(row, reference),
        "cores": row.cores,
        "native_functions": row.natives,
        "numpy_callbacks": row.callbacks,
    }


def machine() -> str:
    """Processor and Python, in one line."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            found = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        name = f"{found[0]}, {len(found)} processors" if found else name
    except OSError:
        pass
    return f"{name}; {platform.system()}; Python {platform.python_version()}"
