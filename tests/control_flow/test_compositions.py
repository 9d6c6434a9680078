"""Every program of the table under every transform and every pair of them, against plain loops.

The plain program goes through the same transforms of ordinary operations, without compilation.
Its conditions need numbers, so a batch of it is a loop over samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert
from wengert import func

from .programs import POINT, PROGRAMS, Function, double

DIRECTION = double([0.3, -1.1, 0.8])
SHIFTS = double([[0.0, 0.0, 0.0], [-1.5, 0.9, 0.1], [0.2, 0.2, -2.0]])


def _weighted(y: Any) -> Any:
    """A number that depends on every element in its own way."""
    count = y.numel()
    weights = wengert.arange(1, count + 1, dtype=wengert.float64).reshape(tuple(y.shape))
    return (y * weights.cos()).sum()


def _grad(f: Function) -> Function:
    return func.grad(lambda x: _weighted(f(x)))


def _jvp(f: Function) -> Function:
    return lambda x: func.jvp(f, (x,), (DIRECTION,))[1]


def _vmap(f: Function) -> Function:
    return lambda x: func.vmap(lambda shift: f(x + shift))(SHIFTS)


def _loop(f: Function) -> Function:
    return lambda x: wengert.stack([f(x + shift) for shift in SHIFTS])


def _numpy(f: Function) -> Function:
    return wengert.jit(f, backend="numpy")


def _native(f: Function) -> Function:
    return wengert.jit(f)


def _same(f: Function) -> Function:
    return f


Transform = Callable[[Function], Function]
TRANSFORMS: dict[str, tuple[Transform, Transform]] = {
    "grad": (_grad, _grad),
    "jvp": (_jvp, _jvp),
    "jacrev": (func.jacrev, func.jacrev),
    "vmap": (_vmap, _loop),
    "jit": (_numpy, _same),
}
"""What is done to a program, and to its plain twin."""

PAIRS = [
    (outer, inner) for outer in TRANSFORMS for inner in TRANSFORMS if (outer, inner) != ("jit",) * 2
]
NATIVE: list[tuple[str, ...]] = [
    ("native",),
    ("native", "grad"),
    ("native", "vmap"),
    ("native", "grad", "grad"),
    ("native", "vmap", "grad"),
    ("grad", "native"),
    ("grad", "native", "vmap"),
    ("jacrev", "native", "grad"),
]


def close(got: Any, want: Any) -> None:
    got, want = got.detach().numpy(), want.detach().numpy()
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    scale = max(1.0, float(abs(want).max()))
    numpy.testing.assert_allclose(got, want, rtol=0, atol=1e-12 * scale)


def check(name: str, chain: tuple[str, ...]) -> None:
    made, plain = PROGRAMS[name]
    for transform in reversed(chain):
        ours, theirs = {**TRANSFORMS, "native": (_native, _same)}[transform]
        made, plain = ours(made), theirs(plain)
    for point in (POINT, -POINT):
        close(made(double(point)), plain(double(point)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_eager_is_the_plain_loop(name: str) -> None:
    check(name, ())


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_one_transform(name: str, transform: str) -> None:
    check(name, (transform,))


@pytest.mark.parametrize("pair", PAIRS, ids=" of ".join)
@pytest.mark.parametrize("name", PROGRAMS)
def test_two_transforms(name: str, pair: tuple[str, str]) -> None:
    check(name, pair)


@pytest.mark.parametrize("chain", NATIVE, ids=" of ".join)
@pytest.mark.parametrize("name", ["recurrent", "containers", "choice in a loop"])
def test_compiled(name: str, chain: tuple[str, ...]) -> None:
    check(name, chain)


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_derivatives_of_compiled_functions(name: str) -> None:
    check(name, ("grad", "jvp", "jit"))
    check(name, ("jvp", "jit", "grad"))


@pytest.mark.parametrize("name", ["recurrent", "nested", "choice in a loop", "descent"])
def test_differentiated_twice_batched_and_jitted_at_once(name: str) -> None:
    check(name, ("jit", "vmap", "grad", "grad"))
    check(name, ("jit", "grad", "vmap", "jvp"))
    check(name, ("vmap", "jit", "jacrev", "jvp"))


@pytest.mark.parametrize("name", ["recurrent", "nested", "loop in a choice"])
def test_third_derivatives(name: str) -> None:
    check(name, ("jit", "grad", "grad", "grad"))
    check(name, ("grad", "jit", "jvp", "grad"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_hessian(name: str) -> None:
    made, plain = PROGRAMS[name]
    x = double(POINT)
    want = func.hessian(lambda x: _weighted(plain(x)))(x)
    close(func.hessian(lambda x: _weighted(made(x)))(x), want)
    close(wengert.jit(func.hessian(lambda x: _weighted(made(x))), backend="numpy")(x), want)


@pytest.mark.parametrize("name", PROGRAMS)
def test_backward_and_create_graph(name: str) -> None:
    made, plain = PROGRAMS[name]
    jitted = wengert.jit(lambda x: _weighted(made(x)), backend="numpy")
    found: list[Any] = []
    for function in (lambda x: _weighted(plain(x)), lambda x: _weighted(made(x)), jitted):
        x = double(POINT).requires_grad_()
        (slope,) = wengert.autograd.grad(function(x), x, create_graph=True)
        _weighted(slope).backward()
        found.append((slope.detach(), x.grad))
    for slope, second in found[1:]:
        close(slope, found[0][0])
        close(second, found[0][1])
