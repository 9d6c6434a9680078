"""A function's Jacobians by differences of its values, by reverse mode and by forward mode.

A complex element counts as two real coordinates, so that every Jacobian here is a real matrix and a
function need not be holomorphic. NumPy takes the differences. Inputs are moved where they lie: a
function may also reach them by another way than its arguments.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .._base.dtypes import is_inexact
from .._base.errors import GradcheckError, InplaceError, ShapeError
from .._graph.value import Handle
from .._primitives.creation import constant
from .._record import modes as _modes
from .._record.door import new_handle
from .._record.storage import check_writable, edge_of
from .._record.trace import concrete, differentiable
from .forward import push_walk
from .reverse import attach_leaf
from .tape import grad

_Matrix = np.ndarray[Any, np.dtype[np.float64]]
_Matrices = list[_Matrix]
"""One Jacobian for each output: rows are its coordinates, columns those of one input."""


class Comparison:
    """A function with its inputs and the tolerances."""

    def __init__(
        self, function: Callable[..., Any], inputs: Any, eps: float, atol: float, rtol: float
    ) -> None:
        self.function = function
        self.inputs: tuple[Any, ...] = as_tuple(inputs)
        self.eps = eps
        self.atol = atol
        self.rtol = rtol
        self.moving = [
            k for k, x in enumerate(self.inputs) if isinstance(x, Handle) and requires_grad(x)
        ]
        if not self.moving:
            raise ValueError(
                "gradcheck: no input requires grad, so there is nothing to check. Pass a tensor "
                "made with requires_grad=True."
            )
        for k in self.moving:
            self._check_input(k)

    def _check_input(self, k: int) -> None:
        x = self.inputs[k]
        concrete(x, "memory to move in")
        if x._data.dtype not in (np.float64, np.complex128):
            warnings.warn(
                f"gradcheck: input {k} is {x._data.dtype}; differences of so few digits will "
                "hardly agree. Convert it to float64 or complex128.",
                UserWarning,
                stacklevel=4,
            )
        try:
            with _modes.override(grad=False):
                check_writable(x, "gradcheck")
        except InplaceError:
            raise InplaceError(
                f"gradcheck: input {k} of shape {tuple(x._data.shape)} is an expanded or read-only "
                "view, whose elements cannot be moved one by one. Pass x.detach().clone()."
            ) from None

    # ---- values --------------------------------------------------------------------------------

    def outputs(self) -> list[Any]:
        """The floating outputs, recorded."""
        with _modes.override(grad=True):
            made = as_tuple(self.function(*self.inputs))
        for out in made:
            if not isinstance(out, Handle):
                raise TypeError(
                    f"gradcheck: the function returned a {type(out).__name__}; it must return a "
                    "tensor or a tuple of tensors."
                )
        return [out for out in made if is_inexact(out._data.dtype)]

    def quotients(self, k: int, direction: _Matrix, of: Sequence[int]) -> list[_Matrix]:
        """Central differences of the outputs at `of` as input k moves along a direction."""
        ends: list[list[Any]] = []
        for step in (self.eps, -self.eps):
            with _moved(self.inputs[k], step * direction):
                outs = self.outputs()
                ends.append([coordinates(outs[place]) for place in of])
        for high, low in zip(*ends, strict=True):
            if high.shape != low.shape:
                raise ShapeError(
                    f"gradcheck: near input {k} the function returns {high.size} numbers on one "
                    f"side and {low.size} on the other. Its shape must not depend on values."
                )
        return [(high - low) / (2 * self.eps) for high, low in zip(*ends, strict=True)]

    def by_differences(self, k: int, of: Sequence[int]) -> _Matrices:
        """The Jacobians of the outputs at `of` by input k."""
        units = np.eye(count_of(self.inputs[k]))
        columns = [self.quotients(k, unit, of) for unit in units]
        if not columns:
            return [np.zeros((count_of(out), 0)) for out in (self.outputs()[place] for place in of)]
        return [np.stack(column, axis=1) for column in zip(*columns, strict=True)]

    # ---- derivatives ---------------------------------------------------------------------------

    def pulled(self, outs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        """The gradients of the moving inputs, None where there is no path."""
        targets = [self.inputs[k] for k in self.moving]
        return list(grad(outs, targets, cotangents, retain_graph=True, allow_unused=True))

    def by_reverse(self, outs: Sequence[Any]) -> dict[int, _Matrices]:
        """For each moving input the Jacobians of the outputs, row by row."""
        found: dict[int, _Matrices] = {}
        for k in self.moving:
            found[k] = [np.zeros((count_of(out), count_of(self.inputs[k]))) for out in outs]
        for j, out in enumerate(outs):
            for row, unit in enumerate(np.eye(count_of(out))):
                for k, g in zip(self.moving, self.pulled([out], [like(out, unit)]), strict=True):
                    if g is not None:
                        found[k][j][row] = coordinates(g)
        return found

    def by_forward(self, outs: Sequence[Any], k: int) -> _Matrices:
        """The Jacobians of the outputs by input k, column by column."""
        columns = [self.pushed(outs, k, unit) for unit in np.eye(count_of(self.inputs[k]))]
        if not columns:
            return [np.zeros((count_of(out), 0)) for out in outs]
        return [np.stack(column, axis=1) for column in zip(*columns, strict=True)]

    def pushed(self, outs: Sequence[Any], k: int, direction: _Matrix) -> list[_Matrix]:
        """The tangents of the outputs as input k moves along a direction."""
        x = self.inputs[k]
        with _modes.override(grad=False):
            found = push_walk([x], [like(x, direction)], outs)
        return [
            np.zeros(count_of(out)) if tangent is None else coordinates(tangent)
            for out, tangent in zip(outs, found, strict=True)
        ]

    # ---- comparisons ---------------------------------------------------------------------------

    def agree(self, found: _Matrix, wanted: _Matrix) -> bool:
        """Whether every element is within the tolerances."""
        return bool(np.all(np.isclose(found, wanted, self.rtol, self.atol)))

    def compare(self, k: int, j: int, found: _Matrix, wanted: _Matrix, way: str) -> None:
        """Raise unless the Jacobian of output j by input k agrees with that of differences."""
        if self.agree(found, wanted):
            return
        x = self.inputs[k]
        gap = np.where(np.isclose(found, wanted, self.rtol, self.atol), 0, found - wanted)
        worst = np.unravel_index(np.argmax(np.nan_to_num(np.abs(gap), nan=np.inf)), gap.shape)
        row, column = (int(place) for place in worst)
        pairs = " A complex element is two rows or columns: its real and its imaginary part."
        has_pairs = 2 * x._data.size == found.shape[1] or x._data.dtype.kind == "c"
        raise GradcheckError(
            f"gradcheck: the derivative of output {j} by input {k} (shape {tuple(x._data.shape)}, "
            f"{x._data.dtype}) does not agree with differences. The largest difference is "
            f"{abs(found[row, column] - wanted[row, column]):.6g}, in row {row} and column "
            f"{column}: {found[row, column]:.6g} by {way}, {wanted[row, column]:.6g} by "
            f"differences; atol = {self.atol:g} and rtol = {self.rtol:g} allow less."
            f"\nBy {way} (a row for each element of the output, a column for each of the input):\n"
            f"{shown(found)}\nBy central differences with eps = {self.eps:g}:\n{shown(wanted)}\n"
            "Either a derivative is wrong (is something detached on the way?), or the input lies "
            f"at a kink, or is too large or too small for this eps.{pairs if has_pairs else ''}"
        )


# ---- real coordinates --------------------------------------------------------------------------


def as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def requires_grad(x: Any) -> bool:
    return differentiable(edge_of(x))


def count_of(x: Any) -> int:
    """How many real coordinates a tensor has."""
    return x._data.size * (2 if x._data.dtype.kind == "c" else 1)


def coordinates(x: Any) -> _Matrix:
    values = concrete(x, "value")
    if values.dtype.kind == "c":
        return np.stack([values.real, values.imag], axis=-1).astype(np.float64).ravel()
    return values.astype(np.float64).ravel()


def rows_of(x: Any) -> _Matrix:
    """The coordinates of each entry along the first axis."""
    return coordinates(x).reshape(x._data.shape[0], -1)


def _values(x: Any, numbers: _Matrix, lead: tuple[int, ...] = ()) -> np.ndarray[Any, Any]:
    shape = (*lead, *x._data.shape)
    if x._data.dtype.kind == "c":
        pairs = numbers.reshape(*shape, 2)
        return (pairs[..., 0] + 1j * pairs[..., 1]).astype(x._data.dtype)
    return numbers.reshape(shape).astype(x._data.dtype)


def like(x: Any, numbers: _Matrix) -> Any:
    """A constant of the shape and dtype of x."""
    return constant(_values(x, numbers))


def stacked(x: Any, rows: _Matrix) -> Any:
    return constant(_values(x, rows, (len(rows),)))


@contextmanager
def _moved(x: Any, step: _Matrix) -> Generator[None]:
    """x moved within its memory for a while. Nobody sees a version: afterwards it is as before."""
    memory = concrete(x, "memory to move in")
    before = memory.copy()
    memory[...] = before + _values(x, step)
    try:
        yield
    finally:
        memory[...] = before


def drawn(outs: list[Any], scattered: bool) -> list[Any]:
    """Random cotangents that require grad."""
    draw = np.random.default_rng(0)
    made: list[Any] = []
    for out in outs:
        values = _values(out, draw.normal(size=count_of(out)))
        if scattered:
            values = np.stack([values, values], axis=-1)[..., 0]
        cotangent = new_handle(values)
        attach_leaf(cotangent)
        made.append(cotangent)
    return made


def apart(first: _Matrix, second: _Matrix) -> float:
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    return float(
        np.max(np.nan_to_num(np.abs(np.where(same, 0, first - second)), nan=np.inf), initial=0)
    )


def shown(matrix: _Matrix) -> str:
    return np.array2string(matrix, precision=6, threshold=200, max_line_width=100)


__all__ = [
    "Comparison",
    "apart",
    "as_tuple",
    "coordinates",
    "count_of",
    "drawn",
    "like",
    "requires_grad",
    "rows_of",
    "shown",
    "stacked",
]
