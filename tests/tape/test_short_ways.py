"""Backward takes a shorter way where nobody records it; the general way is the oracle."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import autograd
from wengert._declare.elementwise import Partial
from wengert._primitives.elementwise import add, mul, sub
from wengert._primitives.transcendental import exp, sin

PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    "products": lambda x, y: x * y * x,
    "sums and differences": lambda x, y: x + y - x * 2.0 - y,
    "exponentials": lambda x, y: (x * y).exp() * x,
    "a number on the left": lambda x, y: 3.0 - x * (2.0 * y),
    "many paths to one tensor": lambda x, y: x * x + x * y + x + x + y * x.exp(),
    "general ones between": lambda x, y: (x * y).sin() * x / (y * y + 2.0),
    "absent elements": lambda x, y: wg.where(x > 0, x * y, y) * x,
}
SHAPES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "0-d": ((), ()),
    "1-d": ((5,), (5,)),
    "2-d": ((3, 4), (3, 4)),
    "empty": ((0, 3), (0, 3)),
    "broadcast": ((3, 4), (4,)),
    "broadcast from 0-d": ((), (4,)),
}


CASES = [
    (program, shapes, dtype)
    for program in PROGRAMS
    for shapes in SHAPES
    for dtype in ("float32", "float64", "complex128")
    if (program, dtype) != ("absent elements", "complex128")  # complex numbers have no order
]


@pytest.mark.parametrize(("program", "shapes", "dtype"), CASES)
def test_it_gives_what_a_recorded_backward_gives(
    program: str, shapes: str, dtype: str, rng: np.random.Generator
) -> None:
    leaves = [wg.tensor(rng.standard_normal(s).astype(dtype)) for s in SHAPES[shapes]]
    x, y = (leaf.requires_grad_() for leaf in leaves)
    out = PROGRAMS[program](x, y)
    seed = wg.tensor(rng.standard_normal(tuple(out.shape)).astype(dtype))
    before = seed.numpy().copy()
    plain = autograd.grad(out, [x, y], seed, retain_graph=True)
    recorded = autograd.grad(out, [x, y], seed, create_graph=True)
    out.backward(seed)
    for leaf, short, general in zip((x, y), plain, recorded, strict=True):
        assert short.dtype == general.dtype == leaf.dtype
        np.testing.assert_array_equal(short.numpy(), general.detach().numpy())
        np.testing.assert_array_equal(leaf.grad.numpy(), short.numpy())
        assert leaf.grad.numpy().flags.c_contiguous
    np.testing.assert_array_equal(seed.numpy(), before)


def test_memory_that_lies_across(rng: np.random.Generator) -> None:
    x = wg.from_numpy(np.asfortranarray(rng.standard_normal((3, 4)))).requires_grad_()
    y = wg.tensor(rng.standard_normal((4, 3))).requires_grad_()
    (x * y.t() * x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy() * y.detach().numpy().T)
    assert x.grad.numpy().flags.c_contiguous


def test_a_cotangent_that_several_hold_is_not_added_to_in_place() -> None:
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = wg.tensor([3.0, 4.0], requires_grad=True)
    others = x * 3.0 + x * 5.0
    # The cotangent of x + y goes to both as it is; afterwards x gets more.
    ((x + y) * 2.0 + others).sum().backward()
    assert x.grad.tolist() == [10.0, 10.0]
    assert y.grad.tolist() == [2.0, 2.0]


def test_a_hook_holds_a_sum_that_does_not_change() -> None:
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    seen: list[Any] = []
    y.register_hook(seen.append)
    (y * 2.0 + y * 3.0 + y * 4.0).sum().backward()
    x.grad.add_(1.0)
    assert seen[0].tolist() == [9.0, 9.0]
    assert x.grad.tolist() == [10.0, 10.0]


def test_a_value_written_meanwhile_raises_as_ever() -> None:
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1.0
    z = (y * y).sum()
    y.add_(1.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        z.backward()
    assert x.grad is None


def test_a_second_backward_raises_as_ever() -> None:
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        y.backward()


def test_only_what_is_needed_is_visited() -> None:
    x = wg.tensor([1.0, 2.0], requires_grad=True)
    y = wg.tensor([3.0, 4.0], requires_grad=True)
    out = (x * y).sum()
    out.backward(inputs=[x])
    assert x.grad.tolist() == [3.0, 4.0]
    assert y.grad is None


def test_numpy_is_quiet_in_backward_and_not_in_hooks() -> None:
    x = wg.tensor([1e38, 1.0], requires_grad=True)
    heard: list[str] = []

    def hook(g: Any) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            np.float32(1e38) * np.float32(1e38)
        heard.extend(str(warning.message) for warning in caught)

    x.register_hook(hook)
    (x * 1e38 * 1e38).sum().backward()
    assert x.grad.tolist() == [float("inf"), float("inf")]
    assert len(heard) == 1
    assert "overflow" in heard[0]
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.float32(1e38) * np.float32(1e38)


def test_numpy_is_heard_again_after_a_hook_that_raised() -> None:
    x = wg.tensor([1.0], requires_grad=True)

    def hook(g: Any) -> None:
        raise KeyError("mine")

    x.register_hook(hook)
    with pytest.raises(KeyError, match="mine"):
        (x * 2.0).backward()
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.float32(1e38) * np.float32(1e38)


def test_which_primitives_it_serves() -> None:
    assert mul.factors == (1, 0)
    assert exp.factors == (1,)
    assert add.factors == (1.0, 1.0)
    assert sub.factors == (1.0, -1.0)
    assert sin.factors is None


def test_a_partial_names_a_value_that_there_is() -> None:
    assert Partial("y", ["x", "y"]).positions == (1,)
    assert Partial("out", ["x", "y"]).positions == (2,)
    with pytest.raises(ValueError, match=r"asks for \['z'\]; it can ask for \['x', 'out'\]"):
        Partial("z", ["x"])
    with pytest.raises(ValueError, match=r"asks for \['z'\]; it can ask for \['x', 'out'\]"):
        Partial(lambda z: z, ["x"])
