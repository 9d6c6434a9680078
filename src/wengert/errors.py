"""The errors that Wengert raises on purpose, by name."""

from ._base.errors import (
    DifferentiationError,
    DimensionError,
    DtypeError,
    EscapedValueError,
    FreedGraphError,
    InplaceError,
    MissingExtraError,
    NotDifferentiableError,
    ShapeError,
    StateError,
    TracedValueError,
    TracingError,
    WengertError,
)

__all__ = [
    "DifferentiationError",
    "DimensionError",
    "DtypeError",
    "EscapedValueError",
    "FreedGraphError",
    "InplaceError",
    "MissingExtraError",
    "NotDifferentiableError",
    "ShapeError",
    "StateError",
    "TracedValueError",
    "TracingError",
    "WengertError",
]
