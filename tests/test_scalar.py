"""Scalar: its derivative rules against complex steps, its values, comparisons and errors."""

from __future__ import annotations

import ast
import cmath
import copy
import math
import operator
import pickle
import re
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy
import pytest

from wengert import scalar
from wengert.scalar import Scalar

EPS = sys.float_info.epsilon


def complex_step(function: Callable[..., Any], *at: float) -> list[float]:
    """The partial derivatives of `function`, exact to rounding; no difference is taken."""
    slopes: list[float] = []
    for k, a in enumerate(at):
        step = 1e-30 * (abs(a) or 1.0)
        point = [complex(b, step if i == k else 0.0) for i, b in enumerate(at)]
        slopes.append(function(*point).imag / step)
    return slopes


def gradients(y: Scalar, *leaves: Scalar) -> list[float]:
    y.backward()
    return [leaf.grad for leaf in leaves]


# The derivative rules

REALS = [-30.0, -3.7, -1.0, -1e-9, 0.0, 0.3, 2.0, 5.0, 19.0, 300.0]
POSITIVE = [1e-250, 1e-5, 0.3, 1.0, 2.0, 1e5, 1e300]
NOT_ZERO = [a for a in REALS if a]

# name: the method, its value by `math`, the same function of a complex number, where.
UNARY: dict[str, tuple[Callable[[Scalar], Scalar], Any, Any, list[float]]] = {
    "neg": (operator.neg, operator.neg, operator.neg, REALS),
    "abs": (abs, abs, lambda z: z if z.real > 0 else -z, NOT_ZERO),
    "exp": (Scalar.exp, math.exp, cmath.exp, REALS),
    "log": (Scalar.log, math.log, cmath.log, POSITIVE),
    "sqrt": (Scalar.sqrt, math.sqrt, cmath.sqrt, POSITIVE),
    "sin": (Scalar.sin, math.sin, cmath.sin, REALS),
    "cos": (Scalar.cos, math.cos, cmath.cos, REALS),
    "tanh": (Scalar.tanh, math.tanh, cmath.tanh, REALS),
    "sigmoid": (
        Scalar.sigmoid,
        lambda a: math.exp(a) / (1 + math.exp(a)) if a < 0 else 1 / (1 + math.exp(-a)),
        lambda z: cmath.exp(z) / (1 + cmath.exp(z)) if z.real < 0 else 1 / (1 + cmath.exp(-z)),
        REALS,
    ),
    "relu": (Scalar.relu, lambda a: max(a, 0.0), lambda z: z if z.real > 0 else 0j, REALS),
}


@pytest.mark.parametrize("name", UNARY)
def test_unary_rule(name: str) -> None:
    method, value, function, samples = UNARY[name]
    for a in samples:
        x = Scalar(a)
        y = method(x)
        assert y.operation == name
        assert y.val == pytest.approx(value(a), rel=2 * EPS, abs=0), a
        [slope] = complex_step(function, a)
        assert gradients(y, x) == [pytest.approx(slope, rel=16 * EPS, abs=1e-320)], a


ANY_PAIRS = [(-3.0, 0.7), (2.0, 2.0), (1e-3, -50.0), (0.0, 4.0), (7.5, 1e6)]
BINARY: dict[str, tuple[Callable[[Any, Any], Any], list[tuple[float, float]]]] = {
    "add": (operator.add, ANY_PAIRS),
    "sub": (operator.sub, ANY_PAIRS),
    "mul": (operator.mul, ANY_PAIRS),
    "div": (operator.truediv, ANY_PAIRS),
    "pow": (operator.pow, [(0.3, 2.5), (2.0, -3.0), (5.0, 0.5), (1e-3, 1.0), (9.0, 0.0)]),
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_rule_with_numbers_on_either_side(name: str) -> None:
    function, samples = BINARY[name]
    for a, b in samples:
        by_a, by_b = (pytest.approx(s, rel=32 * EPS) for s in complex_step(function, a, b))
        x, y = Scalar(a), Scalar(b)
        z = function(x, y)
        assert (z.operation, z.val) == (name, function(a, b))
        assert gradients(z, x, y) == [by_a, by_b], (a, b)
        x = Scalar(a)
        assert gradients(function(x, b), x) == [by_a], (a, b)
        y = Scalar(b)
        z = function(a, y)
        assert z.val == function(a, b)
        assert gradients(z, y) == [by_b], (a, b)


def test_one_operand_twice() -> None:
    for function, slope in [
        (operator.add, 2.0),
        (operator.sub, 0.0),
        (operator.mul, 6.0),
        (operator.truediv, 0.0),
        (operator.pow, 27.0 * (1 + math.log(3.0))),
    ]:
        x = Scalar(3)
        assert gradients(function(x, x), x) == [pytest.approx(slope, rel=4 * EPS)], function


def test_random_programs_with_shared_intermediates(rng: numpy.random.Generator) -> None:
    steps: list[Callable[[Any, Any, Any], Any]] = [
        lambda m, a, b: a + b,
        lambda m, a, b: a - b,
        lambda m, a, b: m.sin(a) * m.cos(b),
        lambda m, a, b: a / (2 + m.sin(b)),
        lambda m, a, b: m.tanh(a * b),
        lambda m, a, b: m.log(3 - m.tanh(a)),
        lambda m, a, b: 1.5 - m.exp(m.sin(a)),
        lambda m, a, b: m.sqrt(2 + m.cos(a)) * -b,
        lambda m, a, b: (2 + m.sin(a)) ** m.tanh(b),
        lambda m, a, b: 2 ** m.tanh(a),
        lambda m, a, b: m.tanh(b) ** 3,
        lambda m, a, b: 1 / (2 + m.tanh(a)),
    ]
    for _ in range(100):
        chosen = [(rng.integers(len(steps)), rng.random(), rng.random()) for _ in range(25)]

        def program(functions: Any, *leaves: Any, chosen: Any = chosen) -> Any:
            pool = list(leaves)
            for which, p, q in chosen:
                a, b = pool[int(p * len(pool))], pool[int(q * len(pool))]
                pool.append(functions.tanh(steps[which](functions, a, b)))
            return sum(pool[-5:])

        at = rng.uniform(-1, 1, 3).tolist()
        leaves = [Scalar(a) for a in at]
        y = program(Scalar, *leaves)
        expected = complex_step(lambda *z, program=program: program(cmath, *z), *at)
        assert y.val == pytest.approx(program(math, *at), rel=1e-12)
        assert gradients(y, *leaves) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "slope"),
    [
        (abs, 0.0),
        (Scalar.relu, 0.0),
        (Scalar.sqrt, math.inf),
        (lambda x: x**0, 0.0),
        (lambda x: x**0.5, math.inf),
        (lambda x: x**1, 1.0),
        (lambda x: x**2, 0.0),
        (lambda x: 2**x, math.log(2)),
        (lambda x: 0**x, 0.0),
    ],
    ids=["abs", "relu", "sqrt", "x**0", "x**0.5", "x**1", "x**2", "2**x", "0**x"],
)
def test_slope_at_zero(make: Callable[[Scalar], Scalar], slope: float) -> None:
    x = Scalar(0)
    assert gradients(make(x), x) == [slope]


def test_power_with_a_recorded_exponent() -> None:
    x, n = Scalar(0), Scalar(2)
    assert gradients(x**n, x, n) == [0.0, 0.0]
    x, n = Scalar(-2), Scalar(3)
    by_base, by_exponent = gradients(x**n, x, n)
    assert by_base == 12.0
    assert math.isnan(by_exponent), "a negative base is complex beside a whole exponent"


def test_slopes_stay_right_where_the_short_formula_loses_them() -> None:
    x = Scalar(20)
    assert gradients(x.tanh(), x) == [pytest.approx(1.6993417021166355e-17, rel=4 * EPS)]
    x = Scalar(-800)
    y = x.sigmoid()
    assert (y.val, *gradients(y, x)) == (0.0, 0.0)
    x = Scalar(1e-200)
    assert (x**2).val == 0.0
    assert gradients(x**2, x) == [2e-200]
    x = Scalar(1e-200)
    assert gradients(x**-1.5, x) == [-math.inf]
    x = Scalar(1e-250)
    assert gradients(1e-100 / x, x) == [-math.inf]
    d = Scalar(1e-170)
    assert gradients(1e-300 / d, d) == [pytest.approx(-1e40, rel=4 * EPS)]


def test_what_relu_drops_has_no_gradient_at_all() -> None:
    x = Scalar(0)
    assert gradients((x.sqrt() - 1).relu() + x, x) == [1.0]  # and not 0 * inf
    x = Scalar(math.nan)
    assert math.isnan(x.relu().val)


# Values, kinds of numbers, errors


def test_what_it_is() -> None:
    x = Scalar(3)
    assert (x.val, x.grad) == (3.0, 0.0)
    assert type(x.val) is float and type(x.grad) is float
    assert repr(Scalar(42)) == "Value: 42.0, Gradient: 0.0"
    assert (float(x), int(Scalar(-2.9)), bool(x), bool(Scalar(0))) == (3.0, -2, True, False)
    assert f"{Scalar(2.75):.1f}, {x}" == "2.8, Value: 3.0, Gradient: 0.0"
    x += 1
    x *= 2
    assert x.val == 8.0


@pytest.mark.parametrize(
    "number",
    [
        3,
        True,
        Fraction(3, 2),
        numpy.float64(2.5),
        numpy.float32(2.5),
        numpy.float16(2.5),
        numpy.int64(3),
        numpy.uint8(3),
    ],
    ids=lambda number: type(number).__name__,
)
def test_kinds_of_numbers(number: Any) -> None:
    plain = float(number)
    for function in [f for f, _ in BINARY.values()]:
        x = Scalar(2)
        y = function(number, x)
        assert type(y) is Scalar
        assert type(y.val) is float
        assert y.val == function(plain, 2.0)
        _, by_right = complex_step(function, plain, 2.0)
        assert gradients(y, x) == [pytest.approx(by_right, rel=32 * EPS)]
        x = Scalar(2)
        assert function(x, number).val == function(2.0, plain)
    assert Scalar(number).val == plain
    assert (Scalar(2) < number) is (plain > 2.0)
    assert (number < Scalar(2)) is (plain < 2.0)
    assert Scalar(plain) == number and number == Scalar(plain)
    assert Scalar(9) != number and number != Scalar(9)


def test_comparisons_look_at_values_and_sets_at_identity() -> None:
    one, two, uno = Scalar(1), Scalar(2), Scalar(1)
    assert one < two and one <= uno and two > one and one >= uno
    assert not (one < uno or one > uno or two <= one or one >= two)
    assert one == uno and one != two and one == 1 and one != 10**400
    assert one != "1" and one != None and one != [1.0]  # noqa: E711
    nan = Scalar(math.nan)
    assert nan != nan and not (nan < 1 or nan > 1 or nan <= 1 or nan >= 1)
    assert len({one, two, uno, one}) == 3
    assert {one: "a", uno: "b"}[one] == "a"
    assert sorted([two, one]) == [one, two]
    assert max([one, two], key=float) is two and max(one, two) is two and min(0, one) == 0


@pytest.mark.parametrize("start", [[], [Scalar(0)]], ids=["plain", "from Scalar(0)"])
def test_sum(start: list[Scalar]) -> None:
    xs = [Scalar(a) for a in (1, 2, 3)]
    total = sum([x * x for x in xs], *start)
    assert total.val == 14.0
    assert gradients(total, *xs) == [2.0, 4.0, 6.0]


# What is written, and the last lines of the traceback, for x = Scalar(1).
ERRORS = """
3 / (x - 1)
    ZeroDivisionError: Scalar: 3 / 0.0 has no float value. It needs a divisor other than 0
x / 0
    ZeroDivisionError: Scalar: 1.0 / 0 has no float value. It needs a divisor other than 0
(x - 1) ** -2
    ZeroDivisionError: Scalar: pow(0.0, -2) has no float value.
    It needs a base other than 0 and a result <= 1.8e308
(x * 1e200) ** 2
    OverflowError: Scalar: pow(1e+200, 2) has no float value.
    It needs a base other than 0 and a result <= 1.8e308
(-x) ** 0.5
    ValueError: Scalar: pow(-1.0, 0.5) has no float value.
    It needs a whole exponent or a base >= 0
(x - 1).log()
    ValueError: Scalar: log(0.0) has no float value. It needs x > 0
(-x).sqrt()
    ValueError: Scalar: sqrt(-1.0) has no float value. It needs x >= 0
(x * 1000).exp()
    OverflowError: Scalar: exp(1000.0) has no float value. It needs x <= 709.78
(x * math.inf).sin()
    ValueError: Scalar: sin(inf) has no float value. It needs a finite x
(x * math.inf).cos()
    ValueError: Scalar: cos(inf) has no float value. It needs a finite x
x * "2"
    TypeError: Scalar: needs one real number, got str '2'. Write float(x)
numpy.array(2.0) * x
    TypeError: Scalar: needs one real number, got ndarray array(2.). Write float(x)
numpy.arange(2) * x
    TypeError: Scalar: needs one real number, got ndarray array([0, 1]).
    Write a comprehension over its elements
x < [1]
    TypeError: Scalar: needs one real number, got list [1]. Write a comprehension over its elements
x + None
    TypeError: Scalar: needs one real number, got NoneType None. Write an int or a float
x ** 1j
    TypeError: Scalar: needs one real number, got complex 1j. Write an int or a float
Scalar(x)
    TypeError: Scalar: needs one real number, got Scalar Value: 1.0, Gradient: 0.0.
    Write x.val, its number without its record
x.grad = None
    TypeError: Scalar: needs one real number, got NoneType None. Write an int or a float
x.val = "1"
    TypeError: Scalar: needs one real number, got str '1'. Write float(x)
y = x * 2; y.val = 5
    AttributeError: Scalar.val: 2.0 is the result of 'mul'; only a leaf's can be set.
    Write Scalar(...) for a new leaf
copy.deepcopy([x + 1])
    TypeError: Scalar: 2.0 is the result of 'add'; only a leaf can be copied or pickled.
    Write Scalar(y.val) for a new leaf
"""
ERROR_CASES = re.findall(r"^(\S.*)\n((?:    .*\n)+)", ERRORS, re.MULTILINE)
assert len(ERROR_CASES) == 21


@pytest.mark.parametrize(("program", "last_lines"), ERROR_CASES, ids=[c[0] for c in ERROR_CASES])
def test_error(program: str, last_lines: str) -> None:
    x = Scalar(1)
    with pytest.raises(Exception) as caught:
        exec(program, {**globals(), "x": x})
    assert f"{type(caught.value).__name__}: {caught.value}" == " ".join(last_lines.split())
    assert (x.val, x.grad) == (1.0, 0.0)


def test_numpy_functions_and_misspelt_attributes_are_refused() -> None:
    x = Scalar(1)
    with pytest.raises(TypeError, match="does not support ufuncs"):
        numpy.exp(x)
    with pytest.raises(AttributeError, match="value"):
        x.value = 2.0  # type: ignore[attr-defined]


def test_a_copied_leaf_is_a_leaf_of_its_own() -> None:
    x = Scalar(3)
    x.grad = 5.0
    for twin in (copy.copy(x), copy.deepcopy([x])[0], pickle.loads(pickle.dumps(x))):
        assert (twin.val, twin.grad) == (3.0, 0.0)
        x.grad = 0.0
        assert gradients(x * twin * twin, x, twin) == [9.0, 18.0]


def test_only_the_standard_library_is_imported() -> None:
    tree = ast.parse(Path(scalar.__file__).read_text(encoding="utf-8"))
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules.add(str(node.module))
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names
