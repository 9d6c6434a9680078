"""Python numbers as arguments, used in every way in which a number is used."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg

VALUES: dict[str, Callable[[Any, Any], Any]] = {
    "tensor": lambda x, n: wg.tensor(n),
    "list": lambda x, n: wg.tensor([n, n + 1, 2]),
    "nested": lambda x, n: wg.tensor([[n, 1], [2.5, n]]),
    "with tensor": lambda x, n: wg.tensor([x[0, 0], n]),
    "double": lambda x, n: wg.tensor(n, dtype=wg.float64),
    "as_tensor": lambda x, n: wg.as_tensor(n),
    "new_tensor": lambda x, n: x.new_tensor(n),
    "full": lambda x, n: wg.full((2,), n),
    "full_like": lambda x, n: wg.full_like(x, n),
    "fill_": lambda x, n: x.clone().fill_(n),
    "where": lambda x, n: wg.where(x > 0, n, 0),
    "stack": lambda x, n: wg.stack([wg.tensor(n), wg.tensor(n)]),
    "array": lambda x, n: x[0] + np.arange(3.0) * n,
    "linspace": lambda x, n: wg.linspace(0, n, 3),
    "arange": lambda x, n: wg.arange(0, n, 1),
    "arithmetic": lambda x, n: (n // 2, n % 2, -n, n / 2, n**2, abs(n), max(n, 2)),
}
SIZES: dict[str, Callable[[Any, int], Any]] = {
    "sum": lambda x, n: x.sum(n - 2),
    "max": lambda x, n: x.max(n - 2).values,
    "argmax": lambda x, n: x.argmax(n - 2),
    "softmax": lambda x, n: x.softmax(n - 2),
    "flip": lambda x, n: x.flip(n - 2),
    "zeros": lambda x, n: wg.zeros(n),
    "rand": lambda x, n: wg.rand(n).shape,
    "reshape": lambda x, n: wg.arange(4.0).reshape(n, -1),
    "repeat": lambda x, n: x[0].repeat(n),
    "chunk": lambda x, n: x.chunk(n),
    "index": lambda x, n: x[n - 1, :n],
    "range": lambda x, n: [x * k for k in range(n)],
    "text": lambda x, n: f"{n} {n:3d}" + str(n),
}
CASES = [(name, f, v) for name, f in VALUES.items() for v in ((1, 2), (2.5, 1.5))]
CASES += [(name, f, (1, 2)) for name, f in SIZES.items()]


def _plain(result: Any) -> Any:
    if isinstance(result, wg.Tensor):
        return (str(result.dtype), result.double().numpy().round(6).tolist())
    if isinstance(result, list | tuple):
        return [_plain(part) for part in result]  # pyright: ignore[reportUnknownVariableType]
    return (type(result), result)


@pytest.mark.parametrize(
    ("name", "function", "values"), CASES, ids=[f"{name} of {values}" for name, _, values in CASES]
)
def test_a_number_argument_means_what_it_means_eagerly(
    name: str, function: Callable[[Any, Any], Any], values: tuple[Any, ...]
) -> None:
    x = wg.tensor([[3.0, 1.0, 2.0], [1.0, 5.0, -1.0]])
    f = wg.jit(function)
    for value in (*values, *values):
        assert _plain(f(x, value)) == _plain(function(x, value)), name


COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_a_number_beyond_the_dtype_is_compared_as_it_is(name: str, dtype: str) -> None:
    """Whether it is written there or an argument, on either side, and in the NumPy back end."""
    least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    x = wg.tensor([least, 0, 1, most], dtype=getattr(wg, dtype))
    elements = [least, 0, 1, most]
    compare = getattr(operator, name)
    argument = wg.jit(lambda x, n: (compare(x, n), compare(n, x)))
    for number in (least - 1, least, -1, 0, most, most + 1, 3 * most, -(2**65), 2**70):
        expected = [[compare(k, number) for k in elements], [compare(number, k) for k in elements]]

        def both(x: wg.Tensor, n: int = number) -> tuple[wg.Tensor, wg.Tensor]:
            return compare(x, n), compare(n, x)

        given = functools.partial(argument, n=number)
        for form in (both, wg.jit(both), wg.jit(both, backend="numpy"), wg.vmap(both), given):
            assert [result.tolist() for result in form(x)] == expected, number


def test_an_integer_is_limited_by_a_number_beyond_its_dtype() -> None:
    x = wg.tensor([0, 255], dtype=wg.uint8)
    for limit in (lambda x: x.clamp(-1, 300), wg.jit(lambda x: x.clamp(-1, 300))):
        assert limit(x).tolist() == [0, 255]
    assert wg.jit(lambda x, n: x.clamp(n, 300))(x, -1).tolist() == [0, 255]


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_a_number_in_the_state_may_grow_beyond_int64_and_come_back(backend: str) -> None:
    class Holder:
        n = 1

    holder, items, table = Holder(), [1], {"n": 1}
    x = wg.tensor([1.0, 2.0], dtype="float64")
    scaled = wg.jit(lambda x: (x * holder.n, x * items[0], x * table["n"]), backend=backend)
    for n in (1, 2, 2**63, 3, 2**64, 4, 1, 2**63, 2):
        holder.n = items[0] = table["n"] = n
        assert [found.tolist() for found in scaled(x)] == [[float(n), 2.0 * n]] * 3


def test_whole_numbers_computed_from_arguments_are_int64() -> None:
    x = wg.tensor([1.0, 2.0], dtype="float64")
    squared = wg.jit(lambda x, n: x * (n * n))
    assert squared(x, 2**31).tolist() == [2.0**62, 2.0**63]
    assert squared(x, 2**40).tolist() == [0.0, 0.0]
    assert squared(x, 2**63).tolist() == [2.0**126, 2.0**127]
