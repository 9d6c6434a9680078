"""Optional packages: imported at the first use, with an error that names the extra to install."""

from __future__ import annotations

import importlib
from typing import Any

from .errors import MissingExtraError


def require(module: str, extra: str) -> Any:
    """Import `module`, or say which extra of Wengert brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{module} is not installed. Install it with: pip install 'wengert[{extra}]'"
        ) from error
