"""Every error that Wengert raises on purpose.

    WengertError
    ├── ShapeError            (RuntimeError, ValueError)   shapes do not fit
    ├── DimensionError        (IndexError, ValueError)     no such axis, or an index out of range
    ├── DtypeError            (TypeError, RuntimeError)    a dtype that the operation does not take
    ├── DeviceError           (RuntimeError, ValueError)   a device other than the processor
    ├── DifferentiationError  (RuntimeError)
    │   ├── FreedGraphError       the record was used up by an earlier backward
    │   ├── GradcheckError        a derivative does not agree with differences of the values
    │   ├── InplaceError          a value that backward needs was overwritten, or may not be
    │   └── NotDifferentiableError  nothing to differentiate, or no derivative exists
    ├── TracingError          (RuntimeError)
    │   ├── TracedValueError      a value was asked for while there are only symbols   (TypeError)
    │   └── EscapedValueError     a symbol was used after its trace had closed
    ├── LinAlgError           (RuntimeError, numpy.linalg.LinAlgError)  a matrix has no such factor
    ├── StateError            (RuntimeError)               a state_dict that does not fit
    └── MissingExtraError     (ImportError)                an optional package is not installed

Each also derives from the built-in type that existing code catches. The text of an error says
what happened, with which values, where they were made, and what to write instead.
"""

from __future__ import annotations

import numpy as np

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


class WengertError(Exception):
    """The base of all errors raised by Wengert on purpose."""


class ShapeError(WengertError, RuntimeError, ValueError):
    """Shapes that do not fit together."""


class DimensionError(WengertError, IndexError, ValueError):
    """An axis that the value does not have, or an index out of its range."""


class DtypeError(WengertError, TypeError, RuntimeError):
    """A dtype that the operation does not take."""


class DeviceError(WengertError, RuntimeError, ValueError):
    """A device other than the processor."""


class DifferentiationError(WengertError, RuntimeError):
    """A derivative that cannot be computed."""


class FreedGraphError(DifferentiationError):
    """A second backward through a record whose kept values were freed by the first."""


class GradcheckError(DifferentiationError):
    """A derivative that does not agree with differences of the values."""


class InplaceError(DifferentiationError):
    """An in-place write that would make, or has made, a gradient wrong."""


class NotDifferentiableError(DifferentiationError):
    """A value that does not depend on anything that requires a gradient."""


class TracingError(WengertError, RuntimeError):
    """Something that cannot be recorded into a graph."""


class TracedValueError(TracingError, TypeError):
    """A concrete number was asked of a value that exists only as a symbol."""


class EscapedValueError(TracingError):
    """A traced value was used outside the trace that made it."""


class LinAlgError(WengertError, RuntimeError, np.linalg.LinAlgError):
    """A matrix that is singular or not positive definite, or an iteration that did not converge."""


class StateError(WengertError, RuntimeError):
    """A saved state that does not fit the module or optimiser it is loaded into."""


class MissingExtraError(WengertError, ImportError):
    """An optional package is needed and not installed."""
