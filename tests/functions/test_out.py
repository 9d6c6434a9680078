"""`out=`: what is written, what is refused, and the gradient through it."""

from __future__ import annotations

import pytest

import wengert
from wengert.errors import DtypeError, InplaceError, ShapeError


def test_the_result_is_written_into_out() -> None:
    out = wengert.zeros(2, dtype=wengert.float64)
    assert wengert.add(wengert.ones(2), 1, out=out) is out
    assert out.tolist() == [2.0, 2.0] and out.dtype == wengert.float64


def test_an_empty_out_takes_the_shape() -> None:
    out = wengert.empty(0)
    wengert.add(wengert.ones(2, 3), 1, out=out)
    assert out.tolist() == [[2.0] * 3] * 2


def test_out_may_be_an_operand() -> None:
    x = wengert.ones(2)
    wengert.add(x, x, out=x)
    assert x.tolist() == [2.0, 2.0]


def test_a_wrong_out_is_refused_before_anything_is_written() -> None:
    wrong = wengert.zeros(3)
    with pytest.raises(ShapeError, match="out has"):
        wengert.add(wengert.ones(2), 1, out=wrong)
    whole = wengert.zeros(2, dtype=wengert.int64)
    with pytest.raises(DtypeError, match="cannot be stored"):
        wengert.add(wengert.ones(2), 1, out=whole)
    leaf = wengert.zeros(2, requires_grad=True)
    with pytest.raises(InplaceError, match="leaf that requires grad"):
        wengert.add(wengert.ones(2), 1, out=leaf)
    assert wrong.sum() == 0 and whole.sum() == 0 and leaf.sum() == 0
    with pytest.raises(TypeError, match="out must be a tensor"):
        wengert.add(wengert.ones(2), 1, out=[1.0, 2.0])


def test_the_gradient_goes_through_out() -> None:
    x = wengert.ones(2, requires_grad=True)
    out = wengert.zeros(2)
    wengert.add(x * 3, 1, out=out)
    out.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_out_inside_a_compiled_function() -> None:
    @wengert.jit
    def f(x: wengert.Tensor) -> wengert.Tensor:
        out = wengert.zeros(2)
        wengert.add(x, 1, out=out)
        return out * 2

    assert f(wengert.ones(2)).tolist() == [4.0, 4.0]
