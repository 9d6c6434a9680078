"""NumPy's floating-point warnings, silenced around our own computations only.

IEEE results (inf, NaN) are results here, as in PyTorch. `np.errstate` would cost more than a small
operation, so the context variable behind it is set directly where NumPy has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    from numpy._core._ufunc_config import (  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]
        _extobj_contextvar as _state,  # pyright: ignore[reportUnknownVariableType, reportPrivateUsage]
    )

    with np.errstate(all="ignore"):
        SILENCE: Any = _state.get()  # pyright: ignore[reportUnknownMemberType]
    quiet_begin: Any = _state.set  # pyright: ignore[reportUnknownMemberType]
    """Ignore floating-point warnings until `quiet_end` gets the returned token."""
    quiet_end: Any = _state.reset  # pyright: ignore[reportUnknownMemberType]
    """Restore what `quiet_begin(SILENCE)` replaced."""

except ImportError:
    SILENCE = {"all": "ignore"}

    def quiet_begin(settings: Any) -> Any:
        """Ignore floating-point warnings until `quiet_end` gets the returned token."""
        context = np.errstate(**settings)
        context.__enter__()
        return context

    def quiet_end(token: Any) -> None:
        """Restore what `quiet_begin` replaced."""
        token.__exit__(None, None, None)
