"""Programs of the tutorials, run by PyTorch after a change of one line, print the same."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def printed(source: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "example.py", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def test_linear_regression_in_five_ways() -> None:
    source = (EXAMPLES / "linear_regression_five_ways.py").read_text(encoding="utf-8")
    assert source.count("import wengert as torch") == 1
    ported = source.replace("import wengert as torch", "import torch")
    assert printed(ported) == printed(source)
