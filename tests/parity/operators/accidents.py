"""Whether an exception was raised on purpose, or something broke on the way.

On purpose: a `raise` statement of Wengert, or Python's refusal of arguments that fit no signature.
"""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path

import wengert

_OURS = str(Path(wengert.__file__).parent)
_ACCIDENTS = (AssertionError, AttributeError, KeyError, NameError, RecursionError)


def accident(error: BaseException) -> str | None:
    """Where and how an exception arose by accident; None if it was raised on purpose."""
    if isinstance(error, _ACCIDENTS):
        return f"{type(error).__name__} by accident: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(_OURS)]
    last = frames[-1]
    if not inside and isinstance(error, TypeError):
        return None
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    if last.filename.startswith(_OURS) and line.startswith("raise"):
        return None
    return f"{type(error).__name__} by accident at {Path(last.filename).name}, {line!r}: {error}"
