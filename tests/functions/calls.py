"""Calls of public functions: value by another route, derivatives by differences, in every mode.

A table of calls is written by a test module, which hands it to the checks here. The expected value
is NumPy's, SciPy's or the definition's; derivatives are compared with differences of the values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import wengert as w
from wengert import func


class Call(NamedTuple):
    """A call with NumPy operands, its value, and whether to differentiate it."""

    name: str
    operands: tuple[Any, ...]
    options: dict[str, Any]
    expected: Any
    smooth: bool

    def function(self, *operands: Any) -> Any:
        """The public function of this (dotted) name, applied."""
        found: Any = w
        for part in self.name.split("."):
            found = getattr(found, part)
        return found(*operands, **self.options)


class Calls(list[Call]):
    """A table of calls."""

    def case(
        self, name: str, *operands: Any, expected: Any, smooth: bool = True, **options: Any
    ) -> None:
        """Enter a call."""
        self.append(Call(name, operands, options, expected, smooth))

    def smooth(self) -> list[Call]:
        """The calls that have a derivative."""
        return [call for call in self if call.smooth]


def identify(call: Call) -> str:
    """What a test of the call is called."""
    shapes = [str(np.shape(x)).replace(" ", "") for x in call.operands if isinstance(x, np.ndarray)]
    return "-".join([call.name, *shapes, *call.options])


def tensor(value: Any) -> Any:
    """A NumPy array as a tensor that owns its memory; anything else as it is."""
    return w.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value


def flat(outputs: Any) -> list[Any]:
    """The outputs one by one."""
    if isinstance(outputs, tuple | list):
        return [part for output in outputs for part in flat(output)]
    return [outputs]


def check_value(call: Call) -> None:
    """The value, eagerly, compiled, and as a method where there is one."""
    operands = [tensor(x) for x in call.operands]
    places = [k for k, x in enumerate(call.operands) if isinstance(x, np.ndarray)]

    def traced(*tensors: Any) -> Any:
        return call.function(*_with(operands, places, tensors))

    found = call.function(*operands)
    compare(found, call.expected)
    compare(w.jit(traced)(*[operands[k] for k in places]), call.expected)
    method = getattr(w.Tensor, call.name, None)
    if method is not None and isinstance(call.operands[0], np.ndarray):
        compare(method(*operands, **call.options), call.expected)


def compare(found: Any, expected: Any) -> None:
    """Equal shapes and, but for rounding, values."""
    got = flat(found)
    want: list[Any] = [*expected] if isinstance(expected, tuple) else [expected]
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        assert tuple(a.shape) == np.shape(b)
        np.testing.assert_allclose(a.detach().numpy(), b, rtol=1e-12, atol=1e-13)


def _with(operands: list[Any], places: list[int], moving: Any) -> list[Any]:
    changed = list(operands)
    for k, x in zip(places, moving, strict=True):
        changed[k] = x
    return changed


class Moving:
    """A call as a function of its floating operands, with fixed weights on what it returns."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.operands = [tensor(x) for x in call.operands]
        self.places = [
            k
            for k, x in enumerate(call.operands)
            if isinstance(x, np.ndarray) and x.dtype.kind in "fc"
        ]
        self.primals = tuple(self.operands[k] for k in self.places)
        rng = np.random.default_rng(len(call.name) + sum(map(np.size, call.operands)))
        self.moves = [tensor(self._drawn(rng, x)) for x in self.primals]
        self.weights = [tensor(self._drawn(rng, y)) for y in self.outputs(*self.primals)]
        self.everything = tuple(range(len(self.places)))

    @staticmethod
    def _drawn(rng: np.random.Generator, like: Any) -> Any:
        values = rng.normal(size=like.shape)
        if like.is_complex():
            values = values + 1j * rng.normal(size=like.shape)
        return np.asarray(values)

    def outputs(self, *moving: Any) -> list[Any]:
        found = flat(self.call.function(*_with(self.operands, self.places, moving)))
        return [y for y in found if y.dtype.kind in "fc"]

    def weighed(self, *moving: Any) -> Any:
        """The sum of the outputs times their weights."""
        total: Any = 0.0
        for weight, y in zip(self.weights, self.outputs(*moving), strict=True):
            total = total + inner(weight, y)
        return total

    def gradient(self, *moving: Any) -> tuple[Any, ...]:
        return func.grad(self.weighed, argnums=self.everything)(*moving)

    def slope(self, *moving: Any) -> Any:
        """The derivative along `moves`, in forward mode."""
        return func.jvp(self.weighed, moving, tuple(self.moves))[1]

    def difference(self, function: Any, h: float = 1e-4) -> float:
        """The derivative of a function along `moves` by four values."""

        def at(step: float) -> float:
            return function(
                *[x + step * t for x, t in zip(self.primals, self.moves, strict=True)]
            ).item()

        return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def inner(u: Any, v: Any) -> Any:
    """Re(conj(u) v), summed."""
    product = u.conj() * v
    return (product.real if product.is_complex() else product).sum()


def check_derivatives(call: Call) -> None:
    """First and second derivatives, in reverse and forward mode, against differences."""
    moving = Moving(call)
    gradient = moving.gradient(*moving.primals)
    slope = sum(inner(g, t).item() for g, t in zip(gradient, moving.moves, strict=True))
    difference = moving.difference(moving.weighed)
    assert slope == pytest.approx(difference, rel=1e-7, abs=1e-8)
    assert moving.slope(*moving.primals).item() == pytest.approx(slope, rel=1e-10, abs=1e-11)
    bend = moving.difference(moving.slope)
    second = func.jvp(moving.slope, moving.primals, tuple(moving.moves))[1]
    assert second.item() == pytest.approx(bend, rel=1e-6, abs=1e-6)
    twice = func.grad(moving.slope, argnums=moving.everything)(*moving.primals)
    by_reverse = sum(inner(g, t).item() for g, t in zip(twice, moving.moves, strict=True))
    assert by_reverse == pytest.approx(second.item(), rel=1e-9, abs=1e-10)


def check_batch(call: Call) -> None:
    """Under vmap the values and gradients of the samples."""
    moving = Moving(call)
    rows = [moving.primals, tuple(x.flip(0) if x.ndim else x for x in moving.primals)]
    stacked = tuple(w.stack(list(column)) for column in zip(*rows, strict=True))
    looped = [moving.outputs(*row) for row in rows]
    mapped = func.vmap(lambda *xs: tuple(moving.outputs(*xs)))(*stacked)
    for j, got in enumerate(mapped):
        want = np.stack([outputs[j].numpy() for outputs in looped])
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, atol=1e-12)
    if call.smooth:
        gradients = func.vmap(moving.gradient)(*stacked)
        for i, got in enumerate(gradients):
            want = np.stack([moving.gradient(*row)[i].numpy() for row in rows])
            np.testing.assert_allclose(got.numpy(), want, rtol=1e-10, atol=1e-10)
