"""What was not selected has no derivative: neither a NaN from 0 * inf, nor a zero where NaN is due.

Every program is differentiated by every walk and composition of walks, and compared with its
derivatives written out by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
import pytest

import wengert
from wengert import func
from wengert._record.functions import evaluate, trace_function

from ..primitives.cases import Case, cases, tensors
from ..primitives.measures import inexact


class Program(NamedTuple):
    """A function of a vector, applied element by element, with its derivatives by hand."""

    function: Callable[[Any], Any]
    at: list[float]
    first: list[float]
    second: list[float]


def kept(positive: Any, condition: Any = None, other: float = 0.0) -> Callable[[Any], Any]:
    """`positive(x)` where x > 0 (or where the condition holds)."""
    return lambda x: wengert.where(x > 0 if condition is None else condition(x), positive(x), other)


PROGRAMS: dict[str, Program] = {
    "sqrt": Program(kept(lambda x: x.sqrt()), [4, 0, -1], [0.25, 0, 0], [-1 / 32, 0, 0]),
    "log": Program(kept(lambda x: x.log()), [2, 0, -1], [0.5, 0, 0], [-0.25, 0, 0]),
    "rsqrt": Program(kept(lambda x: x.rsqrt()), [4, 0, -1], [-1 / 16, 0, 0], [3 / 128, 0, 0]),
    "1 / x": Program(kept(lambda x: 1 / x), [2, 0, -1], [-0.25, 0, 0], [0.25, 0, 0]),
    "reciprocal": Program(
        kept(lambda x: x.reciprocal(), lambda x: x != 0), [2, 0], [-0.25, 0], [0.25, 0]
    ),
    "x / 0": Program(kept(lambda x: x / (x - x)), [0, -1], [0, 0], [0, 0]),
    "sin(x) / x": Program(
        kept(lambda x: x.sin() / x, lambda x: x != 0, 1.0),
        [0, math.pi],
        [0, -1 / math.pi],
        [0, 2 / math.pi**2],
    ),
    "power of a number": Program(kept(lambda x: x**0.5), [4, 0, -1], [0.25, 0, 0], [-1 / 32, 0, 0]),
    # The first partial is finite where nothing is selected, the second is not.
    "power 1.5": Program(kept(lambda x: x**1.5), [4, 0], [3, 0], [0.375, 0]),
    "x ** x": Program(kept(lambda x: x**x), [1, 0, -1], [1, 0, 0], [2, 0, 0]),
    "2 ** (1 / x)": Program(
        kept(lambda x: 2 ** (1 / x)),
        [1, 0, -1],
        [-2 * math.log(2), 0, 0],
        [4 * math.log(2) + 2 * math.log(2) ** 2, 0, 0],
    ),
    "acos": Program(
        kept(lambda x: x.acos(), lambda x: x.abs() < 1),
        [0.6, 1, 2],
        [-1.25, 0, 0],
        [-0.6 / 0.512, 0, 0],
    ),
    "atanh": Program(
        kept(lambda x: x.atanh(), lambda x: x.abs() < 1), [0, 1, -3], [1, 0, 0], [0, 0, 0]
    ),
    "exp that overflows": Program(
        kept(lambda x: x.exp(), lambda x: x < 700), [0, 1e6], [1, 0], [1, 0]
    ),
    "exp of exp": Program(
        kept(lambda x: x.exp().exp(), lambda x: x < 700), [0, 1e6], [math.e, 0], [2 * math.e, 0]
    ),
    "log of sqrt": Program(
        kept(lambda x: x.sqrt().log()), [2, 0, -1], [0.25, 0, 0], [-0.125, 0, 0]
    ),
    "exp(-1 / x)": Program(
        kept(lambda x: (-1 / x).exp()), [1, 0, -1], [math.exp(-1), 0, 0], [-math.exp(-1), 0, 0]
    ),
    "sqrt of what was selected": Program(
        lambda x: wengert.where(x > 0, x, 0.0).sqrt(), [4, 0, -1], [0.25, 0, 0], [-1 / 32, 0, 0]
    ),
    "selected twice": Program(
        lambda x: wengert.where(x > 0, wengert.where(x > 0, x, 0.0).sqrt(), 0.0),
        [4, 0, -1],
        [0.25, 0, 0],
        [-1 / 32, 0, 0],
    ),
    "sqrt of relu": Program(lambda x: x.relu().sqrt(), [4, 0, -1], [0.25, 0, 0], [-1 / 32, 0, 0]),
    "log of clamp": Program(lambda x: x.clamp(max=0.0).abs().log(), [-2, 1], [-0.5, 0], [-0.25, 0]),
    "sqrt of clamp": Program(lambda x: x.clamp(min=0.0).sqrt(), [4, -1], [0.25, 0], [-1 / 32, 0]),
    "maximum": Program(
        lambda x: wengert.maximum(x.sqrt(), wengert.ones_like(x)), [4, 0], [0.25, 0], [-1 / 32, 0]
    ),
    "minimum with a number": Program(
        lambda x: wengert.minimum(1 / x, wengert.full_like(x, 2.0)), [1, 0], [-1, 0], [2, 0]
    ),
    "masked_fill": Program(
        lambda x: x.sqrt().masked_fill(x <= 0, 0.0), [4, 0, -1], [0.25, 0, 0], [-1 / 32, 0, 0]
    ),
    "in-place masked write": Program(
        lambda x: _masked_write(x), [4, 0, -1], [0.25, 0, 0], [-1 / 32, 0, 0]
    ),
    "scaled after the selection": Program(
        lambda x: 3 * kept(lambda x: x.sqrt())(x) + 1, [4, 0], [0.75, 0], [-3 / 32, 0]
    ),
    "scaled before the selection": Program(
        kept(lambda x: 3 * x.sqrt() - 1), [4, 0], [0.75, 0], [-3 / 32, 0]
    ),
    "squared after the selection": Program(
        lambda x: kept(lambda x: x.sqrt())(x) ** 2, [4, 0, -1], [1, 0, 0], [0, 0, 0]
    ),
    "both sides": Program(
        lambda x: wengert.where(x > 0, x.sqrt(), (-x).sqrt()),
        [4, -4],
        [0.25, -0.25],
        [-1 / 32, -1 / 32],
    ),
    "(sqrt(x) - 2) ** 2 has a zero gradient that is not absent": Program(
        lambda x: (x.sqrt() - 2) ** 2, [4], [0], [0.125]
    ),
}


def _masked_write(x: Any) -> Any:
    y = x.sqrt().clone()  # sqrt keeps its result, so that itself may not be written
    y[x <= 0] = 0.0
    return y


def total(program: Program) -> Callable[[Any], Any]:
    return lambda x: program.function(x).sum()


def _traced(function: Callable[[Any], Any], x: Any) -> Any:
    graph, captured, _ = trace_function(
        lambda x: [function(x)], [(tuple(x.shape), x.dtype)], "the program"
    )
    assert not captured
    return evaluate(graph, [x])[0]


def by_backward(f: Any, x: Any) -> Any:
    x = x.clone().requires_grad_()
    f(x).backward()
    return x.grad


def by_create_graph(f: Any, x: Any) -> Any:
    x = x.clone().requires_grad_()
    (g,) = wengert.autograd.grad(f(x), x, create_graph=True)
    rows = [
        wengert.autograd.grad(g[k], x, retain_graph=True, materialize_grads=True)[0]
        for k in range(len(x))
    ]
    return wengert.stack(rows)


def _pairs(x: Any) -> Any:
    return wengert.stack([x, x])


GRADIENTS: dict[str, Callable[[Any, Any], Any]] = {
    "backward": by_backward,
    "grad": lambda f, x: func.grad(f)(x),
    "jacfwd": lambda f, x: func.jacfwd(f)(x),
    "traced grad": lambda f, x: _traced(func.grad(f), x),
    "traced jacfwd": lambda f, x: _traced(func.jacfwd(f), x),
    "vmap of grad": lambda f, x: func.vmap(func.grad(f))(_pairs(x))[1],
    "vmap of jacfwd": lambda f, x: func.vmap(func.jacfwd(f))(_pairs(x))[1],
    "grad of vmap": lambda f, x: func.grad(lambda xs: func.vmap(f)(xs).sum())(_pairs(x))[1],
}

HESSIANS: dict[str, Callable[[Any, Any], Any]] = {
    "forward over reverse": lambda f, x: func.hessian(f)(x),
    "reverse over reverse": lambda f, x: func.jacrev(func.jacrev(f))(x),
    "reverse over forward": lambda f, x: func.jacrev(func.jacfwd(f))(x),
    "forward over forward": lambda f, x: func.jacfwd(func.jacfwd(f))(x),
    "create_graph": by_create_graph,
    "traced": lambda f, x: _traced(func.hessian(f), x),
    "vmap": lambda f, x: func.vmap(func.hessian(f))(_pairs(x))[1],
}

NO_TRACE = {"in-place masked write"}
"""A mask as an index is looked at, so it needs values."""


def _modes(table: Any) -> list[Any]:
    return [
        (name, mode)
        for name in PROGRAMS
        for mode in table
        if not (name in NO_TRACE and ("traced" in mode or "vmap" in mode))
    ]


@pytest.mark.parametrize(("name", "mode"), _modes(GRADIENTS))
def test_gradient(name: str, mode: str) -> None:
    program = PROGRAMS[name]
    x = wengert.tensor(program.at, dtype="float64")
    numpy.testing.assert_allclose(
        GRADIENTS[mode](total(program), x).numpy(), program.first, rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize(("name", "mode"), _modes(HESSIANS))
def test_hessian(name: str, mode: str) -> None:
    program = PROGRAMS[name]
    x = wengert.tensor(program.at, dtype="float64")
    numpy.testing.assert_allclose(
        HESSIANS[mode](total(program), x).numpy(),
        numpy.diag(program.second),
        rtol=1e-12,
        atol=1e-15,
    )


@pytest.mark.parametrize("walks", ["rrr", "frr", "ffr", "fff", "rff"])
def test_third_derivative_of_a_selected_square_root(walks: str) -> None:
    derivative: Any = total(PROGRAMS["sqrt"])
    for walk in reversed(walks):
        derivative = (func.jacrev if walk == "r" else func.jacfwd)(derivative)
    found = derivative(wengert.tensor([4.0, 0.0], dtype="float64")).numpy()
    expected = numpy.zeros((2, 2, 2))
    expected[0, 0, 0] = 3 / 8 * 4**-2.5
    numpy.testing.assert_allclose(found, expected, rtol=1e-12)


# ---- selections that move elements --------------------------------------------------------------

MOVERS: dict[str, tuple[Callable[[Any], Any], list[float], list[float]]] = {
    "slice": (lambda x: x.sqrt()[1:].sum(), [0, 4], [0, 0.25]),
    "strided slice": (lambda x: x.sqrt()[::2].sum(), [4, 0, 4], [0.25, 0, 0.25]),
    "integer": (lambda x: x.sqrt()[1], [0, 4], [0, 0.25]),
    "take": (lambda x: x.sqrt()[wengert.tensor([2, 2, 1])].sum(), [0, 4, 1], [0, 0.25, 1.0]),
    "gather": (lambda x: x.sqrt().gather(0, wengert.tensor([1])).sum(), [0, 4], [0, 0.25]),
    "index_select": (
        lambda x: x.sqrt().index_select(0, wengert.tensor([1])).sum(),
        [0, 4],
        [0, 0.25],
    ),
    "amax": (lambda x: x.sqrt().amax(), [0, 4], [0, 0.25]),
    "amin of a reciprocal": (lambda x: (1 / x).amin(), [0, 2], [0, -0.25]),
    "max along an axis": (lambda x: x.sqrt().max(dim=0).values, [0, 4], [0, 0.25]),
    "sort and slice": (lambda x: x.sqrt().sort().values[1:].sum(), [4, 0], [0.25, 0]),
    "tril": (
        lambda x: wengert.outer(wengert.ones_like(x), x.sqrt()).tril()[0].sum(),
        [4, 0],
        [0.25, 0],
    ),
    "split": (lambda x: x.sqrt().split([1, 2])[1].sum(), [0, 4, 1], [0, 0.25, 0.5]),
    "unbind": (lambda x: x.sqrt().unbind()[1], [0, 4], [0, 0.25]),
    "crop by padding": (
        lambda x: wengert.nn.functional.pad(x.sqrt(), (-1, 2)).sum(),
        [0, 4],
        [0, 0.25],
    ),
    "overwritten in place": (lambda x: _overwritten(x.sqrt().clone()), [0, 4], [0, 0.25]),
    "overwritten through a view": (
        lambda x: _view_overwritten(x.sqrt().clone()),
        [0, 4],
        [0, 0.25],
    ),
    "overwritten at integer places": (lambda x: _put(x.sqrt().clone()), [0, 4], [0, 0.25]),
    "reshaped, permuted, then selected": (
        lambda x: x.sqrt().reshape(2, 2).t().reshape(-1)[1:].sum(),
        [0, 4, 4, 1],
        [0, 0.25, 0.25, 0.5],
    ),
    "broadcast, then selected": (
        lambda x: (x.sqrt()[:, None] * wengert.ones(2, dtype="float64"))[1:, :1].sum(),
        [0, 4],
        [0, 0.25],
    ),
    "summed after a selection": (
        lambda x: x.sqrt()[:, None].expand(2, 3)[1:].sum(0).sum(),
        [0, 4],
        [0, 0.75],
    ),
    "cumulated after a selection": (
        lambda x: x.sqrt()[1:].cumsum(0).sum(),
        [0, 4, 1],
        [0, 0.5, 0.5],
    ),
    "concatenated after a selection": (
        lambda x: wengert.cat([x.sqrt()[1:], x]).sum(),
        [0, 4],
        [1, 1.25],
    ),
    # Forward: what a filling operation put there depends on no leaf.
    "sqrt of padding": (lambda x: wengert.nn.functional.pad(x, (1, 1)).sqrt().sum(), [4], [0.25]),
    "sqrt of what was scattered": (
        lambda x: (
            wengert.zeros(3, dtype="float64").scatter_add(0, wengert.tensor([2]), x).sqrt().sum()
        ),
        [4],
        [0.25],
    ),
    "sqrt beside a constant": (
        lambda x: wengert.cat([wengert.zeros(1, dtype="float64"), x]).sqrt().sum(),
        [4],
        [0.25],
    ),
    "sqrt of a buffer partly written": (lambda x: _written_into_zeros(x), [4], [0.25]),
    "sqrt of sorted padding": (
        lambda x: wengert.nn.functional.pad(x, (1, 1)).sort().values.sqrt().sum(),
        [4],
        [0.25],
    ),
    "sqrt of the smallest of padding": (
        lambda x: wengert.nn.functional.pad(x, (1, 1)).amin().sqrt(),
        [4],
        [0.0],
    ),
    "sqrt of a reshaped selection": (
        lambda x: wengert.where(x > 0, x, 0.0).reshape(2, 1).expand(2, 2).sqrt().sum(),
        [4, -1],
        [0.5, 0],
    ),
    "sqrt of a product with a selection": (
        lambda x: (wengert.where(x > 0, x, 0.0) * 4).sqrt().sum(),
        [1, -1],
        [1, 0],
    ),
}


def _overwritten(y: Any) -> Any:
    y[0] = 7.0
    return y.sum()


def _view_overwritten(y: Any) -> Any:
    y[:1].zero_()
    return y.sum()


def _put(y: Any) -> Any:
    y[wengert.tensor([0])] = 1.0
    return y.sum()


def _written_into_zeros(x: Any) -> Any:
    y = wengert.zeros(3, dtype="float64")
    y[1:2] = x
    return y.sqrt().sum()


@pytest.mark.parametrize("mode", GRADIENTS)
@pytest.mark.parametrize("name", MOVERS)
def test_gradient_through_what_moves_elements(name: str, mode: str) -> None:
    function, at, expected = MOVERS[name]
    if "vmap" in mode and name == "sqrt of a buffer partly written":
        return  # a buffer made inside is shared by the samples; see test_inplace
    found = GRADIENTS[mode](function, wengert.tensor(at, dtype="float64"))
    numpy.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=0)


# ---- zeros that are numbers ---------------------------------------------------------------------


@pytest.mark.parametrize("mode", GRADIENTS)
def test_a_factor_of_zero_does_not_hide_an_infinite_derivative(mode: str) -> None:
    found = GRADIENTS[mode](lambda x: (x.sqrt() * 0.0).sum(), wengert.zeros(1, dtype="float64"))
    assert numpy.isnan(found.numpy()).all()


@pytest.mark.parametrize("mode", GRADIENTS)
def test_the_square_of_a_root_at_zero_is_nan_or_one_but_never_zero(mode: str) -> None:
    found = GRADIENTS[mode](lambda x: (x.sqrt() ** 2).sum(), wengert.zeros(1, dtype="float64"))
    assert numpy.isnan(found.item()) or found.item() == 1


@pytest.mark.parametrize("mode", GRADIENTS)
@pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "sign"])
def test_a_step_function_passes_nothing_back(name: str, mode: str) -> None:
    found = GRADIENTS[mode](
        lambda x: getattr(x.sqrt(), name)().sum(), wengert.tensor([0.0, 0.5], dtype="float64")
    )
    assert found.tolist() == [0, 0]


def test_selected_infinities_stay() -> None:
    x = wengert.zeros(2, dtype="float64", requires_grad=True)
    wengert.where(x >= 0, x.sqrt(), 0.0).sum().backward()
    assert x.grad.tolist() == [math.inf, math.inf]


def test_a_selected_nan_stays() -> None:
    x = wengert.tensor([math.nan, 1.0], requires_grad=True)
    wengert.where(x != 0, x * x, 0.0).sum().backward()
    assert math.isnan(x.grad[0].item())
    assert x.grad[1].item() == 2


def test_a_value_used_both_ways_keeps_what_was_not_selected_elsewhere() -> None:
    x = wengert.tensor([4.0, 0.0], dtype="float64", requires_grad=True)
    y = x.sqrt()
    (wengert.where(x > 0, y, 0.0) + y).sum().backward()
    assert x.grad.tolist() == [0.5, math.inf]


def test_two_selections_of_one_value_together() -> None:
    x = wengert.tensor([4.0, 0.0, 1.0], dtype="float64", requires_grad=True)
    y = x.sqrt()
    (y[:1].sum() + y[2]).backward()
    assert x.grad.tolist() == [0.25, 0, 0.5]


def test_complex_parts_of_a_selection() -> None:
    x = wengert.tensor([4.0, 0.0], dtype="float64", requires_grad=True)
    z = wengert.complex(x.sqrt(), 2 * x.sqrt())
    chosen = wengert.where(x > 0, z, 0.0)
    (chosen.real + chosen.imag).sum().backward()
    assert x.grad.tolist() == [0.75, 0]


def test_modulus_of_a_selection_at_infinity() -> None:
    x = wengert.tensor([4.0, math.inf], dtype="float64", requires_grad=True)
    z = wengert.complex(x, x)
    wengert.where(x < 10, z.abs(), 0.0).sum().backward()
    numpy.testing.assert_allclose(x.grad.numpy(), [math.sqrt(2), 0])


def _first_half(position: Any, size: int) -> Any:
    return position < size / 2


def _not_every_third(position: Any, size: int) -> Any:
    return position % 3 != 1


@pytest.mark.parametrize("chosen", [_first_half, _not_every_third])
@pytest.mark.parametrize("case", [c for c in cases() if c.primitive.family != "elementwise"])
def test_ones_show_where_every_primitive_moves_elements(case: Case, chosen: Any) -> None:
    """A gradient that is recorded needs the masks, one that is not does without: they agree."""
    moving = [i for i, x in enumerate(case.operands) if inexact(x) and numpy.size(x)]
    if not case.primitive.differentiable or not moving:
        return

    def gradients(create_graph: bool) -> list[Any]:
        operands = tensors(case.operands)
        leaves = [operands[i].requires_grad_() for i in moving]
        for i in moving:
            operands[i] = operands[i] * wengert.ones_like(operands[i])
        loss: Any = 0.0
        for out in case.call(*operands):
            if out.requires_grad:
                position = wengert.arange(out.numel()).reshape(out.shape)
                weighed = out * (position + 0.5).cos()
                kept = wengert.where(chosen(position, out.numel()), weighed, 0.0)
                loss = loss + (wengert.view_as_real(kept) if out.is_complex() else kept).sum()
        if not isinstance(loss, wengert.Tensor):
            return []
        return wengert.autograd.grad(
            loss, leaves, create_graph=create_graph, allow_unused=True, materialize_grads=True
        )

    for plain, recorded in zip(gradients(False), gradients(True), strict=True):
        numpy.testing.assert_allclose(recorded.detach().numpy(), plain.numpy(), 1e-12, 1e-12)
