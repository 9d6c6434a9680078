"""The native elementwise functions: errors against mpmath, ends against NumPy, on every target."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special

from wengert._jit import engine, vector_math

from . import fit_coefficients, measure_accuracy
from .native_kernels import LANES, NUMPY, Array, answered_for

TARGETS = measure_accuracy.TARGETS
FLOATS = ("f32", "f64")
INTEGERS = ("i8", "i16", "i32", "i64", "u8")
COUNT = 400
BOUNDS = measure_accuracy.bounds()

UNARY: dict[str, Any] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "sigmoid": scipy.special.expit,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "log": np.log,
    "log1p": np.log1p,
    "exp2": np.exp2,
    "log2": np.log2,
    "log10": np.log10,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
    "entr": scipy.special.entr,
}
BINARY: dict[str, Any] = {
    "pow": np.power,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "copysign": np.copysign,
    "xlogy": scipy.special.xlogy,
    "xlog1py": scipy.special.xlog1py,
    "fmod": np.fmod,
    "remainder": np.remainder,
    "floor_divide": np.floor_divide,
}
DIVISIONS = ("fmod", "remainder", "floor_divide")


def ends(dtype: str) -> Array:
    """Zeros, infinities, NaN, ones, and numbers at the ends of the range."""
    info = np.finfo(NUMPY[dtype])
    sizes = [0.0, info.smallest_subnormal, info.tiny, 0.5, 1.0, 2.0, 3.0, 1e4, info.max, np.inf]
    return np.array([np.nan, *sizes, *(-size for size in sizes)], NUMPY[dtype])


def pairs(dtype: str) -> list[Array]:
    """Every pair of ends."""
    return [np.array(column) for column in zip(*itertools.product(ends(dtype), repeat=2))]


def quotients(dtype: str) -> list[Array]:
    """Operands of division: all small integers, or floats whose quotients are nearly integers."""
    rng = np.random.default_rng(7)
    if dtype in FLOATS:
        y = rng.uniform(-3, 3, 1000).astype(NUMPY[dtype])
        x = (y * rng.integers(-40, 40, 1000)).astype(NUMPY[dtype])
        return [np.concatenate([x, np.nextafter(x, np.inf)]), np.concatenate([y, y])]
    info = np.iinfo(NUMPY[dtype])
    some = [info.min, info.min + 1, info.max, info.max - 1, *range(-9, 10)]
    values = sorted({int(np.clip(value, info.min, info.max)) for value in some})
    table = np.array(list(itertools.product(values, repeat=2)), NUMPY[dtype])
    return [table[:, 0].copy(), table[:, 1].copy()]


WHOLE = ("exp2", "log2", "log10")


def whole(operation: str, dtype: str) -> tuple[Array, Array]:
    """All powers of the base that a dtype has, as the argument and the result or in turn."""
    info = np.finfo(NUMPY[dtype])
    if operation == "log10":
        steps = range(-37, 39) if dtype == "f32" else range(-307, 309)
        powers: Array = np.array([float(f"1e{k}") for k in steps])
    else:
        steps = range(int(info.minexp) - int(info.nmant), int(info.maxexp))
        powers = np.ldexp(1.0, np.array(steps))
    exponents: Array = np.array(steps, float)
    powers, exponents = powers.astype(NUMPY[dtype]), exponents.astype(NUMPY[dtype])
    return (exponents, powers) if operation == "exp2" else (powers, exponents)


def hash_operands() -> list[Array]:
    rng = np.random.default_rng(3)
    return [rng.integers(-(2**63), 2**63 - 1, 100) for _ in range(2)]


def asked() -> dict[str, list[Array]]:
    """Operands by `operation.dtype.purpose`."""
    found: dict[str, list[Array]] = {}
    for dtype in FLOATS:
        for operation in measure_accuracy.FUNCTIONS:
            operands = measure_accuracy.samples(operation, dtype, COUNT)
            found[f"{operation}.{dtype}.accuracy"] = operands
        for operation in UNARY:
            found[f"{operation}.{dtype}.ends"] = [ends(dtype)]
        for operation in BINARY:
            found[f"{operation}.{dtype}.ends"] = pairs(dtype)
    for operation, dtype in itertools.product(DIVISIONS, (*FLOATS, *INTEGERS)):
        found[f"{operation}.{dtype}.quotients"] = quotients(dtype)
    for operation, dtype in itertools.product(WHOLE, FLOATS):
        found[f"{operation}.{dtype}.whole"] = [whole(operation, dtype)[0]]
    found["hash64.i64.bits"] = hash_operands()
    return found


Answers = dict[str, dict[str, list[Array]]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Results by target, `operation.dtype.purpose` and lanes; one process for each target."""
    questions = asked()
    requests: dict[str, Array] = {}
    # One request for each function and number of lanes: all its purposes in a row.
    lengths: dict[str, list[tuple[str, int]]] = {}
    for name, operands in questions.items():
        function, _, purpose = name.rpartition(".")
        lengths.setdefault(function, []).append((purpose, operands[0].size))
        for position, lanes in itertools.product(range(len(operands)), LANES):
            key = f"{function}.{lanes}.{position}"
            before = [requests[key]] if key in requests else []
            requests[key] = np.concatenate([*before, operands[position]])
    folder = tmp_path_factory.mktemp("native")
    found: Answers = {}
    for target in TARGETS:
        results = answered_for(target, requests, folder)
        found[target] = {}
        for function, parts in lengths.items():
            start = 0
            for purpose, size in parts:
                found[target][f"{function}.{purpose}"] = [
                    results[f"{function}.{lanes}"][start : start + size] for lanes in LANES
                ]
                start += size
    return found


def every_result(answers: Answers, name: str) -> Iterator[tuple[str, Array]]:
    for target in TARGETS:
        for lanes, result in zip(LANES, answers[target][name]):
            yield f"{name}, {lanes} lanes, {target}", result


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("operation", measure_accuracy.FUNCTIONS)
def test_errors_stay_within_the_documented_bounds(
    answers: Answers, operation: str, dtype: str
) -> None:
    operands = measure_accuracy.samples(operation, dtype, COUNT)
    exact = measure_accuracy.Exact.of(operation, operands)
    for where, result in every_result(answers, f"{operation}.{dtype}.accuracy"):
        errors = exact.errors(result, dtype)
        at = int(np.argmax(errors))
        point = [float(operand[at]) for operand in operands]
        assert errors[at] <= BOUNDS[operation, dtype], f"{where}: {errors[at]} ulp at {point}"


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("operation", [*UNARY, *BINARY])
def test_ends_are_those_of_numpy(answers: Answers, operation: str, dtype: str) -> None:
    operands = [ends(dtype)] if operation in UNARY else pairs(dtype)
    with np.errstate(all="ignore"):
        expected = (UNARY | BINARY)[operation](*operands)
    assert expected.dtype == operands[0].dtype
    for where, result in every_result(answers, f"{operation}.{dtype}.ends"):
        same_sign = np.signbit(result) == np.signbit(expected)
        at_end = np.isinf(expected) | (expected == 0)
        close = np.isclose(result, expected, rtol=4 * np.finfo(expected.dtype).eps, atol=0)
        same = np.where(np.isnan(expected), np.isnan(result), close & same_sign)
        same &= ~at_end | (result == expected)
        wrong = [(*(x[i] for x in operands), result[i], expected[i]) for i in np.flatnonzero(~same)]
        assert not wrong, f"{where}: {wrong[:5]}"


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("operation", DIVISIONS)
def test_division_equals_numpy(answers: Answers, operation: str, dtype: str) -> None:
    operands = quotients(dtype)
    with np.errstate(all="ignore"):
        expected = BINARY[operation](*operands)
    for where, result in every_result(answers, f"{operation}.{dtype}.quotients"):
        np.testing.assert_array_equal(result, expected, err_msg=where)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("operation", WHOLE)
def test_powers_of_the_base_are_exact(answers: Answers, operation: str, dtype: str) -> None:
    expected = whole(operation, dtype)[1]
    for where, result in every_result(answers, f"{operation}.{dtype}.whole"):
        np.testing.assert_array_equal(result, expected, err_msg=where)


def test_hash64_is_the_finaliser_of_splitmix64(answers: Answers) -> None:
    mask = 2**64 - 1

    def finalised(key: int, counter: int) -> int:
        z = (key + counter * 0x9E3779B97F4A7C15) & mask
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        z ^= z >> 31
        return z - 2**64 if z >> 63 else z

    # The first output of SplitMix64 seeded with 1234567, as published with its source.
    assert finalised(1234567, 1) == 6457827717110365317
    expected = [finalised(int(k), int(c)) for k, c in zip(*hash_operands())]
    for where, result in every_result(answers, "hash64.i64.bits"):
        assert result.tolist() == expected, where


def test_lanes_do_not_change_a_result(answers: Answers) -> None:
    for target in TARGETS:
        for name, results in answers[target].items():
            for lanes, result in zip(LANES, results):
                np.testing.assert_array_equal(
                    result, results[0], err_msg=f"{name}, {lanes} lanes, {target}"
                )


def test_the_error_of_a_wrong_result_is_seen() -> None:
    x = np.array([0.5, 1.0, 800.0, -1.0])
    exact = measure_accuracy.Exact.of("exp", [x])
    right = np.array([np.exp(0.5), np.exp(1.0), np.inf, np.exp(-1.0)])
    assert exact.errors(right, "f64").max() < 1
    one_off = np.nextafter(right, np.inf)
    assert np.all(exact.errors(one_off, "f64")[[0, 1, 3]] > 0.4)
    assert np.all(np.isinf(exact.errors(np.array([np.nan, -np.inf, 1e308, np.inf]), "f64")))
    outside = measure_accuracy.Exact.of("log", [np.array([-1.0])])
    assert outside.errors(np.array([0.0]), "f64") == np.inf


def test_the_measured_functions_are_all_that_round() -> None:
    exact = {*DIVISIONS, "copysign", "hash64"}
    operations = {name for name, _ in vector_math.operations()}
    assert operations == {*measure_accuracy.FUNCTIONS, *exact}
    assert set(BOUNDS) == set(itertools.product(measure_accuracy.FUNCTIONS, FLOATS))


def test_the_table_of_coefficients_is_what_its_generator_writes() -> None:
    assert fit_coefficients.TABLE.read_text(encoding="utf-8") == fit_coefficients.table()


def test_functions_come_once_with_what_they_call() -> None:
    text = vector_math.functions([("sin", "f32", 8), ("cos", "f32", 8), ("sin", "f32", 8)])
    assert text.count("@w.sin.f32.v8(<8 x float> %x0) alwaysinline") == 1
    assert text.count("define") == 4
    engine.compile_text(text)
