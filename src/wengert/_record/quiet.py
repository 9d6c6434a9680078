"""NumPy's floating-point warnings, silenced around our own computations only.

IEEE results (inf, NaN) are results here, as in PyTorch. `np.errstate` would cost more than a small
operation, so the context variable behind it is set directly where NumPy has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    from numpy._core._ufunc_config import (  # pyright: ignore
        _extobj_contextvar as _state,  # pyright: ignore
    )

    with np.errstate(all="ignore"):
        _ignore: Any = _state.get()  # pyright: ignore
    _set: Any = _state.set  # pyright: ignore
    _reset: Any = _state.reset  # pyright: ignore

    def quiet_begin() -> Any:
        """Ignore floating-point warnings until `quiet_end` gets the returned token."""
        return _set(_ignore)

    def quiet_end(token: Any) -> None:
        """Restore what `quiet_begin` replaced."""
        _reset(token)

except ImportError:

    def quiet_begin() -> Any:
        """Ignore floating-point warnings until `quiet_end` gets the returned token."""
        context = np.errstate(all="ignore")
        context.__enter__()
        return context

    def quiet_end(token: Any) -> None:
        """Restore what `quiet_begin` replaced."""
        token.__exit__(None, None, None)
