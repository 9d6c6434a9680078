"""Where in the user's program an operation was written.

Only the code object and the instruction offset are kept (no frame, hence no locals); the line is
worked out when somebody asks.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from .._graph.node import Origin
from .._graph.text import origin_text

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_inside: dict[str, bool] = {}
"""Whether a source file belongs to this package."""
_get_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]


def caller() -> Origin:
    """The innermost frame outside this package."""
    frame: Any = _get_frame(3)
    while frame is not None:
        code = frame.f_code
        known = _inside.get(code.co_filename)
        if known is None:
            known = _inside[code.co_filename] = code.co_filename.startswith(_ROOT)
        if not known:
            return (code, frame.f_lasti)
        frame = frame.f_back
    return None


def source_line(origin: Origin) -> str:
    """`file.py:12 (y = x * w)`: the place and, where the file can be read, the line itself."""
    if origin is None:
        return "an unknown line"
    import linecache

    place = origin_text(origin)
    text = linecache.getline(origin[0].co_filename, int(place.rpartition(":")[2])).strip()
    return f"{place} ({text})" if text else place
