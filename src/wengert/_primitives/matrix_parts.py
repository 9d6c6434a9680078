"""Parts of matrices that rules speak of: triangles, diagonals, adjoints, scaled rows and columns.

All work on the last two axes, over any leading ones. What must not be added: primitives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._base.errors import LinAlgError
from .complex_numbers import conj
from .elementwise import eq, gt, where
from .indexing import iota
from .reductions import sum_
from .shaping import permute, reshape


def swapped(x: Any) -> Any:
    """The last two axes exchanged."""
    ndim = x._data.ndim
    return permute(x, axes=(*range(ndim - 2), ndim - 1, ndim - 2))


def conjugated(x: Any) -> Any:
    """The complex conjugate; a real x itself."""
    return conj(x) if x._data.dtype.kind == "c" else x


def adjoint(x: Any) -> Any:
    """Conjugate transpose of the last two axes."""
    return swapped(conjugated(x))


def _row_and_column(x: Any) -> tuple[Any, Any]:
    rows, columns = x._data.shape[-2:]
    return reshape(iota(rows), shape=(rows, 1)), reshape(iota(columns), shape=(1, columns))


def only_diagonal(x: Any) -> Any:
    """x with zeros off the diagonal."""
    row, column = _row_and_column(x)
    return where(eq(row, column), x, 0)


def off_diagonal(x: Any) -> Any:
    """x with zeros on the diagonal."""
    row, column = _row_and_column(x)
    return where(eq(row, column), 0, x)


def below_diagonal(x: Any) -> Any:
    """The strictly lower triangle."""
    row, column = _row_and_column(x)
    return where(gt(row, column), x, 0)


def from_diagonal(x: Any) -> Any:
    """The upper triangle with the diagonal."""
    row, column = _row_and_column(x)
    return where(gt(row, column), 0, x)


def up_to_diagonal(x: Any) -> Any:
    """The lower triangle with the diagonal."""
    row, column = _row_and_column(x)
    return where(gt(column, row), 0, x)


def ones_on_diagonal(x: Any) -> Any:
    """x with ones on the diagonal."""
    row, column = _row_and_column(x)
    return where(eq(row, column), 1, x)


def diagonal_of(x: Any) -> Any:
    """The diagonal of square matrices, as the last axis."""
    return sum_(only_diagonal(x), axes=(x._data.ndim - 1,))


def trace_of(x: Any) -> Any:
    """The sum of the diagonal of square matrices."""
    ndim = x._data.ndim
    return sum_(only_diagonal(x), axes=(ndim - 2, ndim - 1))


def as_row(x: Any) -> Any:
    """A vector that scales columns."""
    shape = x._data.shape
    return reshape(x, shape=(*shape[:-1], 1, shape[-1]))


def as_column(x: Any) -> Any:
    """A vector that scales rows."""
    return reshape(x, shape=(*x._data.shape, 1))


def each_failing(stack: Any, attempt: Callable[[Any], Any]) -> list[tuple[int, ...]]:
    """The places of a stack of arrays at which NumPy's routine raises."""
    found: list[tuple[int, ...]] = []
    for place in np.ndindex(*stack.shape[:-2]):
        try:
            attempt(stack[place])
        except np.linalg.LinAlgError:
            found.append(place)
    return found


def need_finite(name: str, stack: Any) -> None:
    """Raise if a matrix holds NaN or infinities, with which LAPACK's iterations may never end."""
    finite = np.isfinite(stack).all((-2, -1))
    if not finite.all():
        place = tuple(np.argwhere(~finite)[0].tolist())
        where_ = f" (at {place} of the batch)" if place else ""
        raise LinAlgError(
            f"{name}: the matrix holds NaN or infinities{where_}; its shape is {stack.shape[-2:]}."
        )


def refusal(name: str, what: str, stack: Any, attempt: Callable[[Any], Any]) -> LinAlgError:
    """The error for a stack of matrices of which NumPy's routine refuses at least one."""
    places = each_failing(stack, attempt)
    where_ = f" (at {places[0]} of the batch)" if stack.ndim > 2 and places else ""
    return LinAlgError(f"{name}: {what}{where_}; its shape is {stack.shape[-2:]}.")
