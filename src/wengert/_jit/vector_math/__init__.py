"""Elementwise functions as LLVM text, for any number of lanes.

`functions` gives the definitions of `@w.{op}.{dtype}.v{lanes}`; one lane is a scalar. The text has
polynomials, no calls of a mathematical library but fmod, and, unless asked for, no instruction that
only some processors have: it runs on every target. A formula is a Python function over
`values.Value`; it may use `fma` only if it is right with one rounding or two. What is one
instruction is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from . import (
    arcs,
    bases,
    entropies,
    error_functions,
    exponentials,
    hashing,
    lengths,
    logarithms,
    powers,
    remainders,
    trigonometric,
)
from .values import Code, Kind, Value, function_name

Name = tuple[str, str, int]
"""Operation, dtype (f32, f64, i8, ..., i64, u8), lanes."""

_FLOATS = ("f32", "f64")
_INTEGERS = ("i8", "i16", "i32", "i64")

_FORMULAS: dict[tuple[str, str], Callable[..., Value]] = {}
_ARITY: dict[str, int] = {}


def _add(dtypes: Iterable[str], arity: int, **formulas: Callable[..., Value]) -> None:
    for operation, formula in formulas.items():
        _ARITY[operation] = arity
        for dtype in dtypes:
            _FORMULAS[operation, dtype] = formula


_add(
    _FLOATS,
    1,
    exp=exponentials.exp,
    expm1=exponentials.expm1,
    exp2=bases.exp2,
    sigmoid=exponentials.sigmoid,
    tanh=exponentials.tanh,
    sinh=exponentials.sinh,
    cosh=exponentials.cosh,
    log=logarithms.log,
    log1p=logarithms.log1p,
    log2=bases.log2,
    log10=bases.log10,
    asinh=logarithms.asinh,
    acosh=logarithms.acosh,
    atanh=logarithms.atanh,
    sin=trigonometric.sin,
    cos=trigonometric.cos,
    tan=trigonometric.tan,
    asin=arcs.asin,
    acos=arcs.acos,
    atan=arcs.atan,
    erf=error_functions.erf,
    erfc=error_functions.erfc,
    entr=entropies.entr,
)
_add(
    _FLOATS,
    2,
    pow=powers.pow,
    atan2=arcs.atan2,
    hypot=lengths.hypot,
    copysign=lengths.copysign,
    xlogy=entropies.xlogy,
    xlog1py=entropies.xlog1py,
    fmod=remainders.fmod,
    remainder=remainders.remainder,
    floor_divide=remainders.floor_divide,
)
_add(
    _INTEGERS,
    2,
    fmod=remainders.fmod_of_integers,
    remainder=remainders.remainder_of_integers,
    floor_divide=remainders.floor_divide_integers,
)
_add(
    ("u8",),
    2,
    fmod=remainders.fmod_of_unsigned,
    remainder=remainders.fmod_of_unsigned,
    floor_divide=remainders.floor_divide_unsigned,
)
_add(("i64",), 2, hash64=hashing.hash64)


def supported(operation: str, dtype: str) -> bool:
    """Whether `functions` can define an operation on a dtype.

    >>> supported("exp", "f32"), supported("exp", "i64")
    (True, False)
    """
    return (operation, dtype) in _FORMULAS


def operations() -> list[tuple[str, str]]:
    """All pairs of operation and dtype that `functions` can define."""
    return sorted(_FORMULAS)


def functions(names: Iterable[Name], has_scalef: bool = False) -> str:
    """Definitions of the named functions and of what they call, each once.

    `has_scalef`: the processor has AVX-512. Results do not depend on it.
    """
    texts: dict[Name, str] = {}
    waiting = sorted(set(names), reverse=True)
    while waiting:
        name = waiting.pop()
        if name not in texts:
            texts[name], needs = _definition(*name, has_scalef)
            waiting += reversed(needs)
    constants: list[str] = []
    if any(operation == trigonometric.REDUCE_LARGE for operation, _, _ in texts):
        constants.append(trigonometric.table_text())
    return "\n".join((*constants, *texts.values()))


@cache
def _definition(
    operation: str, dtype: str, lanes: int, has_scalef: bool
) -> tuple[str, tuple[Name, ...]]:
    """The text of one function, and the functions that it calls."""
    if operation == trigonometric.REDUCE_LARGE:
        needs = ((operation, dtype, 1),) if lanes > 1 else ()
        return trigonometric.reduce_large_text(dtype, lanes), needs
    formula = _FORMULAS[operation, dtype]
    code = Code(has_scalef)
    kind = Kind("f" if dtype[0] == "f" else "i", int(dtype[1:]), lanes)
    operands = [Value(code, f"%x{index}", kind) for index in range(_ARITY[operation])]
    result = formula(*operands)
    parameters = ", ".join(operand.typed for operand in operands)
    head = f"define internal {kind.text} @{function_name(operation, dtype, lanes)}({parameters})"
    lines = [f"{head} alwaysinline nounwind {{", "start:", *code.lines, f"ret {result.typed}", "}"]
    return "\n".join(lines), tuple(code.needs)
