"""Running the programs in examples/ and the pages in docs/tutorials/."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import runpy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def run_program(name: str) -> tuple[dict[str, Any], str]:
    """The names that a program leaves, and what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        names = runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
    return names, printed.getvalue()


def page(name: str) -> str:
    """The text of a page."""
    return (ROOT / "docs" / "tutorials" / name).read_text(encoding="utf-8")


def shown_output(name: str) -> str:
    """The one block of text on a page that says what its program prints."""
    [shown] = re.findall(r"```text\n(.*?)```", page(name), re.DOTALL)
    return shown


def failures_of_page(name: str) -> tuple[int, str]:
    """How many examples a page has, and what is wrong with them."""
    blocks = re.findall(r"```python\n(.*?)```", page(name), re.DOTALL)
    parsed = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, name, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    results = runner.run(parsed, out=report.append)
    return results.attempted, "".join(report)
