"""The errors that Wengert raises on purpose, by name."""

from ._base.errors import (
    DeviceError,
    DifferentiationError,
    DimensionError,
    DtypeError,
    EscapedValueError,
    FreedGraphError,
    GradcheckError,
    InplaceError,
    LinAlgError,
    MissingExtraError,
    NotDifferentiableError,
    ShapeError,
    StateError,
    TracedValueError,
    TracingError,
    WengertError,
)

__all__ = [
    "DeviceError",
    "DifferentiationError",
    "DimensionError",
    "DtypeError",
    "EscapedValueError",
    "FreedGraphError",
    "GradcheckError",
    "InplaceError",
    "LinAlgError",
    "MissingExtraError",
    "NotDifferentiableError",
    "ShapeError",
    "StateError",
    "TracedValueError",
    "TracingError",
    "WengertError",
]
