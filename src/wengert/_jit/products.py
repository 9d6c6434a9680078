"""Matrix products by a library: where the matrices lie in memory, and the call that is emitted.

The library is the BLAS inside NumPy, found by its symbol. Where it is not found, products are NumPy
callbacks.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .index import Index, Looked, Quotient, Rest, Var, at
from .loops import Buffer, IndexTuple, Load, Matrix, Product

if TYPE_CHECKING:
    from .reading import Reader
    from .simplify import Value

SYMBOLS = {"f32": "scipy_cblas_sgemm64_", "f64": "scipy_cblas_dgemm64_"}
"""cblas_?gemm with 64-bit integers, as NumPy's wheels name it."""

_ROW_MAJOR, _AS_IS, _TRANSPOSED = 101, 111, 112


@lru_cache
def addresses() -> dict[str, int]:
    """Addresses of the library's functions by symbol; empty if there is none."""
    import numpy as np

    core: Any = sys.modules["numpy._core._multiarray_umath"]
    found: dict[str, int] = {}
    package = Path(np.__file__).parent
    places = [Path(core.__file__)]
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        places += sorted(folder.glob("*openblas*"))
    for place in places:
        try:
            library = ctypes.CDLL(str(place))
        except OSError:
            continue
        for symbol in SYMBOLS.values():
            function = getattr(library, symbol, None)
            if function is not None and symbol not in found:
                found[symbol] = ctypes.cast(function, ctypes.c_void_p).value or 0
    return found if len(found) == len(SYMBOLS) else {}


def has_library() -> bool:
    """Whether matrix products can be called from native code."""
    return bool(addresses())


def matrix_of(reader: Reader, value: Value, lead: IndexTuple) -> Matrix:
    """Where the matrix at `lead` of a value lies; the value must be readable as one."""
    rows, columns = value.shape[-2:]
    row, column = Var(max(rows, 1)), Var(max(columns, 1))
    element = reader.read(value, (*lead, at(row), at(column)))
    assert isinstance(element, Load) and not element.mask
    found = matrix_at(element.buffer, element.index, row, column)
    assert found is not None
    return found


def matrix_at(buffer: Buffer, index: IndexTuple, row: Var, column: Var) -> Matrix | None:
    """The matrix buffer[index] for all `row` and `column`, if a library can read it."""
    flat = Index({})
    for part, stride in zip(index, buffer.strides, strict=True):
        flat = flat + part * stride
    terms = dict(flat.terms)
    down, along = terms.pop(row, 0), terms.pop(column, 0)
    start = Index(terms, flat.constant)
    if any(_mentions(start, var) for var in (row, column)):
        return None
    rows, columns = row.extent, column.extent
    if (along == 1 or columns == 1) and (down >= columns or rows == 1):
        return Matrix(buffer, start, max(down, columns), False)
    if (down == 1 or rows == 1) and (along >= rows or columns == 1):
        return Matrix(buffer, start, max(along, rows), True)
    return None


def _mentions(index: Index, var: Var) -> bool:
    return any(
        atom is var
        or isinstance(atom, Looked)
        or (isinstance(atom, Quotient | Rest) and _mentions(atom.index, var))
        for atom in index.terms
    )


def call(product: Product, pointers: tuple[str, str, str]) -> str:
    """The call out = x @ y, given the addresses of x, y and out."""
    code = product.out.code
    kind = "float" if code == "f32" else "double"
    x, y, out = pointers
    left, right = product.x, product.y
    return (
        f"call void @{SYMBOLS[code]}(i32 {_ROW_MAJOR}, i32 {_side(left)}, i32 {_side(right)}, "
        f"i64 {product.rows}, i64 {product.columns}, i64 {product.inner}, {kind} 1.0, "
        f"ptr {x}, i64 {left.stride}, ptr {y}, i64 {right.stride}, "
        f"{kind} 0.0, ptr {out}, i64 {product.columns})"
    )


def _side(matrix: Matrix) -> int:
    return _TRANSPOSED if matrix.transposed else _AS_IS


def declaration(code: str) -> str:
    """The declaration of the function that `call` calls."""
    kind = "float" if code == "f32" else "double"
    return (
        f"declare void @{SYMBOLS[code]}(i32, i32, i32, i64, i64, i64, {kind}, ptr, i64, ptr, i64, "
        f"{kind}, ptr, i64)"
    )
