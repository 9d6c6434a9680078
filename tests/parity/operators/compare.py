"""When a result of Wengert counts as equal to PyTorch's: the one table of tolerances.

An error is |ours - theirs|, in each part of a complex number, and must stay below
`relative * |theirs| + absolute * max(1, largest |theirs| of the result)`. Places of NaN and
infinity, dtypes, shapes and the number of results must agree exactly.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy
import torch

import wengert

from .convert import array, leaves


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """Bounds of an error, relative to the element and to the largest element."""

    relative: float
    absolute: float


# dtype or kind of comparison: bounds, and why they are so wide
TOLERANCES: dict[str, Tolerance] = {
    # PyTorch computes special functions in float32 with errors of some ten units of 6e-8
    "float32": Tolerance(1e-5, 2e-6),
    "complex64": Tolerance(1e-5, 2e-6),
    # solvers of op_db's random matrices lose three to five of sixteen digits
    "float64": Tolerance(1e-9, 1e-12),
    "complex128": Tolerance(1e-9, 1e-12),
    "float16": Tolerance(2e-3, 1e-3),
    # first and second derivatives square and cube the conditions of the functions
    "derivative": Tolerance(1e-7, 1e-8),
    # central differences of step eps^(1/3) are right to eps^(2/3) = 4e-11, times third derivatives
    "difference": Tolerance(1e-4, 1e-5),
}


def as_array(result: Any) -> numpy.ndarray:
    """A result of either library as an array of its own dtype."""
    if isinstance(result, torch.Tensor):
        return array(result)
    if isinstance(result, wengert.Tensor):
        return numpy.asarray(result.detach().numpy())
    return numpy.asarray(result)


def difference(
    ours: numpy.ndarray, theirs: numpy.ndarray, tolerance: Tolerance | None = None
) -> str | None:
    """What is different about two arrays, in one line, or None."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, PyTorch has {theirs.shape}"
    if ours.dtype != theirs.dtype:
        return f"dtype {ours.dtype}, PyTorch has {theirs.dtype}"
    if theirs.size == 0:
        return None
    if theirs.dtype.kind not in "fcV" and theirs.dtype.name != "bfloat16":
        return _first(ours, theirs, ours != theirs)
    if theirs.dtype.name in ("float16", "bfloat16"):
        ours, theirs, tolerance = (
            ours.astype(numpy.float32),
            theirs.astype(numpy.float32),
            TOLERANCES["float16"],
        )
    bound = tolerance or TOLERANCES[theirs.dtype.name]
    finite = numpy.isfinite(theirs)
    if theirs.dtype.kind == "c":  # which part of a complex number is infinite is nobody's promise
        other_kind = finite != numpy.isfinite(ours)
    else:
        other_kind = (
            (numpy.isnan(theirs) != numpy.isnan(ours))
            | (~finite & ~numpy.isnan(theirs) & (ours != theirs))
            | (finite & ~numpy.isfinite(ours))
        )
    if other_kind.any():
        return _first(ours, theirs, other_kind)
    both = finite & numpy.isfinite(ours)
    if not both.any():
        return None
    size = abs(theirs)
    scale = max(1.0, float(size[both].max()))
    with numpy.errstate(all="ignore"):
        error = abs(ours - theirs)
    return _first(ours, theirs, both & ~(error <= bound.relative * size + bound.absolute * scale))


def _first(ours: numpy.ndarray, theirs: numpy.ndarray, where: numpy.ndarray) -> str | None:
    if not where.any():
        return None
    place = tuple(int(k) for k in numpy.argwhere(where)[0])
    return (
        f"{ours[place]!s} at {place}, PyTorch has {theirs[place]!s} "
        f"({int(where.sum())} of {where.size} differ)"
    )


def equal_results(ours: Any, theirs: Any, tolerance: Tolerance | None = None) -> str | None:
    """What is different about all that two calls returned, or None."""
    if isinstance(theirs, torch.Size):
        return None if tuple(ours) == tuple(theirs) else f"{ours!r}, PyTorch has {theirs!r}"
    mine, yours = leaves(ours), leaves(theirs)
    if len(mine) != len(yours):
        return f"{len(mine)} results, PyTorch has {len(yours)}"
    for number, (our, their) in enumerate(zip(mine, yours, strict=True)):
        if isinstance(their, torch.Tensor) != isinstance(our, wengert.Tensor):
            text: str | None = f"{type(our).__name__}, PyTorch has {type(their).__name__}"
        elif isinstance(their, torch.Tensor):
            text = difference(as_array(our), as_array(their), tolerance)
        elif isinstance(their, (bool, int, float, complex)):
            same = type(our) is type(their) and (
                our == their
                if isinstance(their, int)
                else numpy.allclose(our, their, rtol=1e-6, atol=1e-6, equal_nan=True)
            )
            text = None if same else f"{our!r}, PyTorch has {their!r}"
        elif isinstance(their, (torch.dtype, torch.Size)):
            text = None if str(our) in str(their) else f"{our!r}, PyTorch has {their!r}"
        else:
            text = None if our == their else f"{our!r}, PyTorch has {their!r}"
        if text is not None:
            return f"result {number}: {text}" if len(yours) > 1 else text
    return None
