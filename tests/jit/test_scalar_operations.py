"""Every elementwise primitive and every conversion, native against NumPy, on awkward numbers."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import wengert
from tests.jit.graphs import given, made, node_by_node, whole
from wengert._declare.registry import primitives
from wengert._jit.program import compile_graph
from wengert._jit.scalars import native

TARGETS = ["native", "x86-64-v3", "x86-64"]
FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 7.25, -7.75, 100.0, 1e-3, -1e-3, 1e-30,
    1e-40, 3e4, -3e4, 1e30, math.inf, -math.inf, math.nan,
]  # fmt: skip
DTYPES = ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]
CODES = {"float32": "f32", "float64": "f64", "uint8": "u8", "bool": "b1"}


def values(dtype: str) -> Any:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return np.array(FLOATS).astype(dtype)
    if kind.kind == "b":
        return np.array([False, True])
    limits = np.iinfo(kind)
    return np.array(
        [0, 1, 2, 3, 7, 8, 31, limits.max, limits.max - 1, limits.min, limits.min + 1]
        + ([-1, -2, -7] if kind.kind == "i" else []),
        dtype,
    )


def takes(primitive: Any, dtype: str) -> bool:
    kind = np.dtype(dtype).kind
    return kind in primitive.dtypes or (kind == "u" and "i" in primitive.dtypes)


def operations() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, primitive in primitives.items():
        scalar = getattr(primitive, "scalar", None)
        for dtype in DTYPES if scalar else []:
            code = CODES.get(dtype, f"i{np.dtype(dtype).itemsize * 8}")
            if takes(primitive, dtype) and native(str(scalar), code):
                found.append((name, dtype))
    return found


OPERATIONS = operations()


def test_enough_is_native() -> None:
    assert len({name for name, _ in OPERATIONS}) >= 50
    assert len(OPERATIONS) >= 150


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_operations(dtype: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENGERT_TARGET", target)
    numbers = values(dtype)
    pairs = np.array(list(itertools.product(numbers, numbers)), dtype)
    x, y = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    a, b, c = given(x.shape, dtype), given(y.shape, dtype), given(x.shape, "bool")
    inputs = [x, y, np.arange(len(x)) % 3 == 0]
    whole_numbers = np.dtype(dtype).kind in "iu"
    names = [
        name for name, of in OPERATIONS if of == dtype and not (whole_numbers and name in DIVISIONS)
    ]
    outputs = []
    for name in names:
        primitive: Any = primitives[name]
        if name == "where":
            outputs.append(made(name, c, a, b))
        else:
            outputs.append(made(name, *[a, b][: primitive.arity]))
    graph = whole([a, b, c], outputs)
    program = compile_graph(graph, cache=False)
    assert program.report.callbacks == []
    expected, _ = node_by_node(graph, inputs)
    for name, one, other in zip(names, program.call(*inputs), expected, strict=True):
        assert one.dtype == other.dtype
        exact = name not in INEXACT or np.dtype(dtype).kind != "f"
        bound = 0.0 if exact else 16 * float(np.finfo(dtype).eps)
        close = np.isclose(one, other, bound, np.finfo("float32").tiny * 4 if bound else 0, True)
        wrong = np.flatnonzero(~(close | _is_unspecified(name, dtype, x, y)))
        shown = [(x[k], y[k], one[k], other[k]) for k in wrong[:5]]
        assert not shown, f"{name} {dtype}: (x, y, native, NumPy) {shown}"


INEXACT = {
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos",
    "atan", "atan2", "sinh", "hypot", "xlogy", "xlog1py", "entr",
    "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "erf", "erfc", "pow", "rsqrt",
}  # fmt: skip


def _is_unspecified(name: str, dtype: str, x: Any, y: Any) -> Any:
    """Where NumPy's own result depends on the processor or is an error: shifts beyond the width,
    and negative integer powers."""
    kind = np.dtype(dtype)
    if kind.kind not in "iu":
        return np.zeros(x.shape, bool)
    if name.startswith("shift"):
        return (y < 0) | (y >= kind.itemsize * 8)
    return np.zeros(x.shape, bool)


DIVISIONS = ("floor_divide", "remainder", "fmod")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
def test_integers_divided_by_a_known_number(
    dtype: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENGERT_TARGET", target)
    x = values(dtype)
    divisors = [int(y) for y in x if y not in (0, -1)]
    a = given(x.shape, dtype)
    graph = whole([a], [made(name, a, y) for name in DIVISIONS for y in divisors])
    program = compile_graph(graph, cache=False)
    assert program.report.callbacks == []
    expected, _ = node_by_node(graph, [x])
    for one, other in zip(program.call(x), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", DIVISIONS)
def test_an_integer_divided_by_zero_raises_as_in_eager_code(name: str) -> None:
    state = wengert.zeros(3)

    def step(x: wengert.Tensor, y: wengert.Tensor) -> wengert.Tensor:
        state.add_(1)
        return getattr(wengert, name)(x, y)

    jitted = wengert.jit(step)
    x, y = wengert.tensor([7, -7, 5]), wengert.tensor([2, 2, 3])
    assert jitted(x, y).tolist() == getattr(wengert, name)(x, y).tolist()
    for f in (jitted, getattr(wengert, name)):
        with pytest.raises(ZeroDivisionError, match=name):
            f(x, wengert.tensor([1, 0, 1]))
    assert state.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", DTYPES)
def test_conversions(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENGERT_TARGET", target)
    numbers = np.concatenate([values(source)] * 3)
    x = given(numbers.shape, source)
    targets = [dtype for dtype in DTYPES if dtype != source]
    outputs = [made("to", x, dtype=np.dtype(dtype), source=np.dtype(source)) for dtype in targets]
    graph = whole([x], outputs)
    program = compile_graph(graph, cache=False)
    expected, _ = node_by_node(graph, [numbers])
    for dtype, one, other in zip(targets, program.call(numbers), expected, strict=True):
        fits = np.ones(numbers.shape, bool)
        if np.dtype(source).kind == "f" and np.dtype(dtype).kind in "iu":
            # C leaves the conversion of numbers out of range to the processor.
            limits = np.iinfo(dtype)
            fits = (np.trunc(numbers) >= limits.min) & (np.trunc(numbers) <= limits.max)
        np.testing.assert_array_equal(one[fits], other[fits], f"{source} to {dtype}")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 5, 16, 17, 40, 100])
def test_reductions(
    rng: np.random.Generator, dtype: str, size: int, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENGERT_TARGET", target)
    numbers = np.asarray(rng.choice(values(dtype), (6, size)))
    if np.dtype(dtype).kind == "f":
        numbers[:3] = rng.integers(-9, 9, (3, size))
    x = given(numbers.shape, dtype)
    names = ["amax", "amin"] + (["sum"] if dtype != "bool" else [])
    outputs = [made(name, x, axes=axes) for name in names for axes in ((1,), (0,), (0, 1))]
    outputs += [made(name, x, axis=axis) for name in ("argmax", "argmin") for axis in (0, 1)]
    graph = whole([x], outputs)
    expected, _ = node_by_node(graph, [numbers])
    found = compile_graph(graph, cache=False).call(numbers)
    # Orders of summation may differ by a few roundings of the largest partial sum.
    finite = np.where(np.isfinite(numbers), numbers, 0) if numbers.dtype.kind == "f" else [0]
    slack = 1e-6 * float(np.abs(finite).sum()) if dtype != "bool" else 0.0
    for k, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert one.dtype == other.dtype
        bound = slack if 6 <= k < 9 and numbers.dtype.kind == "f" else 0.0
        np.testing.assert_allclose(one, other, 0, bound, err_msg=f"{dtype} {size} output {k}")
