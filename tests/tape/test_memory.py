"""What is freed, and when: no reference cycles, nothing kept that no rule needs."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest

import wengert
from wengert import func, tensor

from .test_backward import leaf


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _run_backward(x: Any) -> Any:
    y = (x * x).sum()
    y.backward()
    return y


def _in_place(x: Any) -> Any:
    y = x * 1
    v = y[:1]
    v.mul_(2)
    y.add_(x)
    y.sum().backward()
    return y


def _hooks(x: Any) -> Any:
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    y.sum().backward()
    return y


def _twice(x: Any) -> Any:
    (g,) = wengert.autograd.grad((x**3).sum(), x, create_graph=True)
    g.sum().backward()
    return g


def _two_losses(x: Any) -> Any:
    y = x * x
    (y * 2).sum().backward(retain_graph=True)
    (y * 3).sum().backward()
    return y


def _several_outputs(x: Any) -> Any:
    values, _ = (x * 2).sort()
    values.sum().backward()
    return values


def _error_in_backward(x: Any) -> Any:
    y = (x * x).exp()
    y.register_hook(lambda g: g.sum())
    with pytest.raises(RuntimeError):
        y.backward(wengert.ones_like(y))
    return y


def _freed_twice(x: Any) -> Any:
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError):
        y.backward()
    return y


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "never backward": lambda x: (x * x).exp().sum(),
    "backward": _run_backward,
    "create_graph": _twice,
    "retain_graph": _two_losses,
    "in place": _in_place,
    "hooks": _hooks,
    "several outputs": _several_outputs,
    "an error in backward": _error_in_backward,
    "a second backward": _freed_twice,
    "grad": lambda x: func.grad(lambda z: (z * x).sum())(x.detach()),
    "vjp": lambda x: func.vjp(lambda z: z * x, x.detach())[1],
    "jvp": lambda x: func.jvp(lambda z: z * x, (x.detach(),), (x.detach(),)),
    "vmap": lambda x: func.vmap(lambda z: z * x.sum())(x),
    "hessian": lambda x: func.hessian(lambda z: (z**3).sum())(x.detach()),
    "grad of vmap of grad": lambda x: func.grad(
        lambda z: func.vmap(func.grad(lambda v: v**3))(z).sum()
    )(x.detach()),
    "an error in vmap": lambda x: _caught(lambda: func.vmap(lambda v: v @ v)(x)),
    "an error in grad": lambda x: _caught(lambda: func.grad(lambda v: v * 2)(x)),
}


def _caught(call: Callable[[], Any]) -> Any:
    try:
        call()
    except (RuntimeError, ValueError):
        return None
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_stays_when_the_results_die(name: str) -> None:
    """Without the collector, by reference counts alone."""
    array = numpy.array([1.0, 2.0, 3.0])
    alive = weakref.ref(array)
    x = wengert.from_numpy(array).requires_grad_()
    node = weakref.ref(x._edge[0])
    result = PROGRAMS[name](x)
    del result
    x.grad = None
    assert alive() is not None
    del x, array
    assert alive() is None
    assert node() is None


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_garbage_for_the_collector(name: str) -> None:
    for _ in range(2):
        x = leaf(1.0, 2.0, 3.0)
        result = PROGRAMS[name](x)
        del x, result
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(20):
        x = leaf(1.0, 2.0, 3.0)
        result = PROGRAMS[name](x)
        del x, result
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        found = [type(item).__name__ for item in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    ours = [kind for kind in found if kind in ("Tensor", "Node", "ndarray", "Storage")]
    assert ours == []
    assert len(gc.get_objects()) - before < 200


def test_intermediate_values_that_no_rule_needs_are_freed_at_once() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2  # keeps the number
    z = y + 1  # keeps nothing
    alive = weakref.ref(y._data)
    del y
    assert alive() is None
    z.sum().backward()
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("operation", "kept"),
    [
        (lambda a, b: a * b, [True, True]),
        (lambda a, b: a + b, [False, False]),
        (lambda a, b: a - b, [False, False]),
        (lambda a, b: a / b, [False, True]),
        (lambda a, b: wengert.where(a > 0, a, b), [False, False]),
        (lambda a, b: a.reshape(2, 1) @ b.reshape(1, 2), [True, True]),
        (lambda a, b: a.exp() + b.tanh(), [False, False]),
        (lambda a, b: a.log() + b.sin(), [True, True]),
        (lambda a, b: wengert.cat([a, b]), [False, False]),
        (lambda a, b: a.sort().values + b[[0, 1]], [False, False]),
        (lambda a, b: a.sum() + b.cumsum(0), [False, False]),
        (lambda a, b: a.relu() + b.sigmoid(), [False, False]),
        (lambda a, b: a.amax() + b.abs(), [True, True]),
    ],
)
def test_what_a_node_keeps(operation: Callable[[Any, Any], Any], kept: list[bool]) -> None:
    parts = [leaf(1.0, 2.0) * 1, leaf(3.0, 4.0) * 1]
    references = [weakref.ref(part._data) for part in parts]
    result = operation(*parts)
    parts.clear()
    assert [reference() is not None for reference in references] == kept
    assert result.requires_grad


def test_an_operand_is_kept_only_if_the_other_is_differentiated() -> None:
    x = leaf(1.0, 2.0)
    constant = tensor([3.0, 4.0], dtype="float64")
    product = x.detach() * constant  # no record at all
    alive = weakref.ref(constant._data)
    del constant
    assert alive() is None
    assert not product.requires_grad
    intermediate = x * 1
    alive = weakref.ref(intermediate._data)
    scaled = intermediate * tensor([3.0, 4.0], dtype="float64")
    del intermediate  # needed only for the gradient of the constant
    assert alive() is None
    scaled.sum().backward()
    assert x.grad.tolist() == [3, 4]


def test_backward_frees_what_was_kept_while_it_goes() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    alive = weakref.ref(y._data)
    del y
    assert alive() is not None
    z.sum().backward()
    assert alive() is None


def test_a_training_loop_leaves_nothing_behind() -> None:
    w = leaf(0.5, -0.5)
    x = tensor([1.0, 2.0], dtype="float64")

    def step() -> None:
        loss = ((w * x).sum().tanh() - 1) ** 2
        loss.backward()
        with wengert.no_grad():
            w.sub_(0.1 * w.grad)
            w.grad.zero_()

    for _ in range(3):
        step()
    before = len(gc.get_objects())
    for _ in range(50):
        step()
    assert len(gc.get_objects()) <= before + 5


def test_a_handle_does_not_keep_its_leaf_s_gradient_after_death() -> None:
    x = leaf(1.0)
    (x * 2).backward()
    gradient = weakref.ref(x.grad)
    del x
    assert gradient() is None


def test_the_keeping_of_views_ends_with_them() -> None:
    x = tensor([1.0, 2.0, 3.0])
    base = weakref.ref(x._data)
    v = x[1:]
    del x
    assert base() is not None
    del v
    assert base() is None
