"""Scalar algebra: exact for every number, the awkward ones included."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from wengert._jit.algebra import build, cast
from wengert._jit.interpret import SCALARS, evaluated
from wengert._jit.loops import NUMPY, Const, Expr, Local, Op, const, local

AWKWARD = {
    "f": [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -2.5, 1e-30, 1e30, np.inf, -np.inf, np.nan],
    "i": [0, 1, -1, 2, 3, -7, 100],
    "b": [False, True],
}
BINARY = {
    "f": ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "eq", "lt", "ge"],
    "i": ["add", "sub", "mul", "maximum", "bitwise_and", "bitwise_or", "bitwise_xor", "ne"],
    "b": ["add", "mul", "bitwise_and", "bitwise_or", "bitwise_xor", "maximum", "eq"],
}
COMPARES = {"eq", "ne", "lt", "le", "gt", "ge"}


def worth(expr: Expr, locals_: dict[str, Any]) -> Any:
    """The value of an expression of constants, locals and operations."""
    match expr:
        case Const():
            return expr.value
        case Local():
            return locals_[expr.name]
        case Op():
            return evaluated(expr.name, [worth(arg, locals_) for arg in expr.args], expr.code)
        case _:
            raise TypeError(expr)


def same_bits(a: Any, b: Any) -> bool:
    if np.isnan(a) and np.isnan(b):
        return True
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("code", ["f32", "f64", "i32", "i64", "b1"])
def test_an_operation_with_a_constant_keeps_its_value(code: str) -> None:
    numbers = AWKWARD[code[0]]
    for name in BINARY[code[0]]:
        result = "b1" if name in COMPARES else code
        for number, value, swapped in itertools.product(numbers, numbers, (False, True)):
            args = [local("x", code), const(number, code)]
            if swapped:
                args.reverse()
            x = np.asarray(value, NUMPY[code])[()]
            plain = [x, np.asarray(number, NUMPY[code])[()]]
            if swapped:
                plain.reverse()
            expected = evaluated(name, plain, result)[()]
            found = np.asarray(worth(build(name, args, result), {"x": x}))[()]
            # Small powers are products: their last place may differ.
            if name == "pow" and np.isfinite(expected) and code[0] == "f":
                assert found == pytest.approx(expected, rel=4e-7)
            else:
                assert same_bits(found, expected), (name, code, number, value, swapped)


def test_what_is_simplified() -> None:
    x, y = local("x", "f32"), local("y", "f32")
    c = local("c", "b1")
    one, half, zero = const(1, "f32"), const(0.5, "f32"), const(0, "f32")
    assert build("mul", [x, one], "f32") is x
    assert build("sub", [x, zero], "f32") is x
    assert build("add", [x, const(-0.0, "f32")], "f32") is x
    assert build("neg", [build("neg", [x], "f32")], "f32") is x
    assert build("div", [x, const(2, "f32")], "f32") is build("mul", [x, half], "f32")
    chosen = build("where", [c, x, y], "f32")
    assert build("where", [c, chosen, zero], "f32") is build("where", [c, x, zero], "f32")
    assert build("ne", [build("where", [c, one, zero], "f32"), zero], "b1") is c
    assert build("eq", [cast(c, "f32"), zero], "b1") is build("bitwise_not", [c], "b1")
    assert cast(x, "f32") is x


def test_what_is_not_exact_is_left_alone() -> None:
    x = local("x", "f32")
    zero = const(0, "f32")
    assert build("add", [x, zero], "f32") is not x  # -0.0 + 0.0 is 0.0
    assert isinstance(build("mul", [x, zero], "f32"), Op)  # infinity * 0 is NaN
    assert isinstance(build("sub", [x, x], "f32"), Op)
    third = build("div", [x, const(3, "f32")], "f32")
    assert isinstance(third, Op) and third.name == "div"


def test_constants_are_told_apart_by_their_bits() -> None:
    assert const(0.0, "f32") is not const(-0.0, "f32")
    assert const(np.nan, "f64") is const(np.nan, "f64")
    assert const(1, "i32") is not const(1, "i64")
    assert set(BINARY["f"]) <= set(SCALARS)
