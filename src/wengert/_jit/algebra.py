"""Scalar algebra: operations on expressions that simplify as they are built.

Only rewrites that are exact in IEEE arithmetic, NaN, infinities and signed zeros included: x + 0 is
not x (for x = -0), 0 * x is not 0 (for infinite x). Integer powers up to 4 become products,
the power 1/2 a square root but at -0 and -inf.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .interpret import evaluated
from .loops import NUMPY, Const, Expr, Op, const, op


def build(name: str, args: Sequence[Expr], code: str) -> Expr:
    """The operation, or something simpler that is equal to it."""
    if all(isinstance(arg, Const) for arg in args):
        numbers = [arg.value for arg in args if isinstance(arg, Const)]
        return const(evaluated(name, numbers, code), code)
    rule = _RULES.get(name)
    if rule is not None:
        found = rule(args, code)
        if found is not None:
            return found
    return op(name, args, code)


def cast(x: Expr, code: str) -> Expr:
    """x in another dtype."""
    if x.code == code:
        return x
    if isinstance(x, Const):
        return const(evaluated("cast", [x.value], code), code)
    return op("cast", [x], code)


def _number(x: Expr) -> Any:
    return x.value.item() if isinstance(x, Const) else None


def _is(x: Expr, number: float) -> bool:
    """Whether x is this constant, with this sign of zero."""
    found = _number(x)
    return (
        found is not None
        and found == number
        and math.copysign(1.0, found) == math.copysign(1.0, number)
    )


def _add(args: Sequence[Expr], code: str) -> Expr | None:
    x, y = args
    nothing = -0.0 if code[0] == "f" else 0
    if code == "b1":
        return None
    if _is(x, nothing):
        return y
    return x if _is(y, nothing) else None


def _sub(args: Sequence[Expr], code: str) -> Expr | None:
    x, y = args
    return x if _is(y, 0) else None


def _mul(args: Sequence[Expr], code: str) -> Expr | None:
    if code == "b1":
        return None
    for x, y in (args, args[::-1]):
        if _is(x, 1):
            return y
        if _is(x, -1) and code[0] == "f":
            return build("neg", [y], code)
    return None


def _div(args: Sequence[Expr], code: str) -> Expr | None:
    x, y = args
    number = _number(y)
    if number is None:
        return op("reciprocal", [y], code) if _is(x, 1) else None
    if number == 1:
        return x
    if number != 0 and math.isfinite(number) and abs(math.frexp(number)[0]) == 0.5:
        # Division by a power of two is exact both ways, unless the reciprocal is denormal.
        factor = NUMPY[code].type(1 / number)
        least = 2.0 ** (-126 if code == "f32" else -1022)
        if math.isfinite(float(factor)) and abs(float(factor)) >= least:
            return build("mul", [x, const(factor, code)], code)
    return None


def _neg(args: Sequence[Expr], code: str) -> Expr | None:
    (x,) = args
    return x.args[0] if isinstance(x, Op) and x.name == "neg" else None


def _not(args: Sequence[Expr], code: str) -> Expr | None:
    (x,) = args
    return x.args[0] if isinstance(x, Op) and x.name == "bitwise_not" else None


def _where(args: Sequence[Expr], code: str) -> Expr | None:
    cond, x, y = args
    if isinstance(cond, Const):
        return x if cond.value else y
    if x is y:
        return x
    if isinstance(cond, Op) and cond.name == "bitwise_not":
        return build("where", [cond.args[0], y, x], code)
    # What a nested choice by the same condition comes to is known here.
    if isinstance(x, Op) and x.name == "where" and x.args[0] is cond:
        return build("where", [cond, x.args[1], y], code)
    if isinstance(y, Op) and y.name == "where" and y.args[0] is cond:
        return build("where", [cond, x, y.args[2]], code)
    if code == "b1" and isinstance(x, Const) and isinstance(y, Const):
        return cond if x.value else build("bitwise_not", [cond], code)
    return None


def _compared(name: str) -> Callable[[Sequence[Expr], str], Expr | None]:
    def rule(args: Sequence[Expr], code: str) -> Expr | None:
        """Comparing a constant with a choice between constants, or with a converted bool."""
        for place, x in enumerate(args):
            other = args[1 - place]
            if not isinstance(other, Const):
                continue
            match x:
                case Op(name="where", args=(cond, Const() as one, Const() as two)):
                    choices = (one, two)
                case Op(name="cast", args=(cond,)) if cond.code == "b1":
                    choices = (const(1, x.code), const(0, x.code))
                case _:
                    continue
            answers = [
                build(name, (choice, other) if place == 0 else (other, choice), "b1")
                for choice in choices
            ]
            return build("where", [cond, *answers], "b1")
        return None

    return rule


def _pow(args: Sequence[Expr], code: str) -> Expr | None:
    x, y = args
    number = _number(y)
    if number is None:
        return None
    if number == 1:
        return x
    if code[0] != "f":
        return build("mul", [x, x], code) if number == 2 else None
    match number:
        case 0:
            return const(1, code)
        case 0.5:
            root = build("sqrt", [build("add", [x, const(0.0, code)], code)], code)
            endless = build("eq", [x, const(-math.inf, code)], "b1")
            return build("where", [endless, const(math.inf, code), root], code)
        case 2:
            return build("mul", [x, x], code)
        case 3:
            return build("mul", [build("mul", [x, x], code), x], code)
        case 4:
            square = build("mul", [x, x], code)
            return build("mul", [square, square], code)
        case -1:
            return op("reciprocal", [x], code)
        case _:
            return None


def _and(args: Sequence[Expr], code: str) -> Expr | None:
    x, y = args
    if x is y:
        return x
    if code != "b1":
        return None
    for a, b in ((x, y), (y, x)):
        if isinstance(a, Const):
            return b if a.value else a
    return None


def _or(args: Sequence[Expr], code: str) -> Expr | None:
    x, y = args
    if x is y:
        return x
    if code != "b1":
        return None
    for a, b in ((x, y), (y, x)):
        if isinstance(a, Const):
            return a if a.value else b
    return None


_RULES = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "bitwise_not": _not,
    "where": _where,
    "pow": _pow,
    "bitwise_and": _and,
    "bitwise_or": _or,
    **{name: _compared(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}
