"""NumPy's floating-point warnings, silenced around our own computations only.

IEEE results (inf, NaN) are results here, as in PyTorch. `np.errstate` would cost more than a small
operation, so the context variable behind it is set directly where NumPy has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy._core import _ufunc_config  # pyright: ignore[reportPrivateUsage]


def _with_errstate(settings: Any) -> Any:
    context = np.errstate(**settings)
    context.__enter__()
    return context


def _leave_errstate(token: Any) -> None:
    token.__exit__(None, None, None)


def _pieces() -> tuple[Any, Any, Any, Any]:
    """The silent settings, how to read settings, and how to switch to some and back."""
    found: Any = getattr(_ufunc_config, "_extobj_contextvar", None)
    if found is None:
        return {"all": "ignore"}, np.geterr, _with_errstate, _leave_errstate
    with np.errstate(all="ignore"):
        return found.get(), found.get, found.set, found.reset


SILENCE, warning_settings, quiet_begin, quiet_end = _pieces()
"""`token = quiet_begin(SILENCE)` ignores floating-point warnings until `quiet_end(token)`;
`quiet_begin(settings)` goes back for a while to what `warning_settings()` gave before."""
