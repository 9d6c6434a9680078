"""Complex numbers: parts, conjugates, angles, and making them of parts."""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import complex_of, is_floating
from ..._base.errors import DtypeError
from ..._base.shapes import broadcast
from ..._primitives import complex_numbers as c
from ..._primitives import elementwise as e
from ..._primitives import transcendental as t
from ..._primitives.shaping import expand
from ..out import exact_out, into, takes_out
from ..public import tensors_where_needed
from .transcendental import as_floating


def _is_complex(input: Any) -> bool:
    return input._data.dtype.kind == "c"


def real(input: Any) -> Any:
    """The real part, a view; real tensors come back as they are.

    >>> import wengert
    >>> wengert.real(wengert.tensor([1 + 2j]))
    tensor([1.])
    """
    return c.real(input) if _is_complex(input) else input


def imag(input: Any) -> Any:
    """The imaginary part, a view.

    >>> import wengert
    >>> wengert.imag(wengert.tensor([1 + 2j]))
    tensor([2.])
    """
    if not _is_complex(input):
        raise DtypeError(f"imag: expected a complex tensor, not {input._data.dtype}.")
    return c.imag(input)


def conj(input: Any) -> Any:
    """The complex conjugate; real tensors come back as they are.

    >>> import wengert
    >>> wengert.conj(wengert.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return c.conj(input) if _is_complex(input) else input


@takes_out
def conj_physical(input: Any, *, out: Any = None) -> Any:
    """The complex conjugate, in memory of its own; Wengert knows no other.

    >>> import wengert
    >>> wengert.conj_physical(wengert.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return conj(input)


def resolve_conj(input: Any) -> Any:
    """The tensor itself: conjugates are computed at once.

    >>> import wengert
    >>> wengert.resolve_conj(wengert.tensor([1 + 2j]))
    tensor([1.+2.j])
    """
    return input


def resolve_neg(input: Any) -> Any:
    """The tensor itself: negatives are computed at once.

    >>> import wengert
    >>> wengert.resolve_neg(wengert.tensor([1.0]))
    tensor([1.])
    """
    return input


@takes_out
def angle(input: Any, *, out: Any = None) -> Any:
    """The angle of a complex number in radians; pi or 0 for real ones, with the derivative 0.

    >>> import wengert
    >>> wengert.angle(wengert.tensor([1j]))
    tensor([1.5708])
    """
    if _is_complex(input):
        return t.atan2(c.imag(input), c.real(input))
    x = as_floating(input)
    # The sign carries NaN, and a derivative of 0.
    return e.where(e.lt(x, 0.0), math.pi, e.mul(e.absolute(e.sign(x)), 0.0))


def _same_floats(first: Any, second: Any, name: str) -> None:
    dtypes = (first._data.dtype, second._data.dtype)
    if dtypes[0] != dtypes[1] or not is_floating(dtypes[0]):
        raise DtypeError(
            f"{name}: expected two tensors of one floating dtype, not {dtypes[0]} and {dtypes[1]}."
        )


def complex(real: Any, imag: Any, *, out: Any = None) -> Any:
    """real + i imag.

    >>> import wengert
    >>> wengert.complex(wengert.tensor([1.0]), wengert.tensor([2.0]))
    tensor([1.+2.j])
    """
    real, imag = tensors_where_needed("complex", "none", real, imag)
    _same_floats(real, imag, "complex")
    if out is not None:
        exact_out(out, complex_of(real._data.dtype), "complex")
        return into(out, complex, (real, imag), {}, "complex")
    return c.complex_(*_together(real, imag))


def polar(abs: Any, angle: Any, *, out: Any = None) -> Any:
    """abs * exp(i angle).

    >>> import wengert
    >>> wengert.polar(wengert.tensor([2.0]), wengert.tensor([0.0]))
    tensor([2.+0.j])
    """
    abs, angle = tensors_where_needed("polar", "none", abs, angle)
    _same_floats(abs, angle, "polar")
    if out is not None:
        exact_out(out, complex_of(abs._data.dtype), "polar")
        return into(out, polar, (abs, angle), {}, "polar")
    return c.complex_(*_together(e.mul(abs, t.cos(angle)), e.mul(abs, t.sin(angle))))


def _together(first: Any, second: Any) -> list[Any]:
    """Two tensors broadcast to one shape."""
    shape = broadcast("complex", tuple(first._data.shape), tuple(second._data.shape))
    return [
        part if tuple(part._data.shape) == shape else expand(part, shape=shape)
        for part in (first, second)
    ]


__all__ = [
    "angle",
    "complex",
    "conj",
    "conj_physical",
    "imag",
    "polar",
    "real",
    "resolve_conj",
    "resolve_neg",
]
