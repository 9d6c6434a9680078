"""The table in docs/kinks.md, row by row, in reverse and forward mode and under vmap."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pytest

import wengert
from wengert import func


class Row(NamedTuple):
    """One line of the table."""

    expression: str
    point: tuple[float, ...]
    derivative: tuple[float, ...]


def _number(text: str) -> float:
    text = text.strip()
    return float(text) if text in ("inf", "-inf", "nan", "-0.0") else float(Fraction(text))


def _rows() -> list[Row]:
    page = Path(__file__).parents[2] / "docs" / "kinks.md"
    found: list[Row] = []
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0].startswith("`"):
            expression, x, y, derivative, why = cells
            assert why
            point = tuple(_number(cell) for cell in (x, y) if cell)
            found.append(
                Row(expression.strip("`"), point, tuple(map(_number, derivative.split(","))))
            )
    return found


ROWS = _rows()


def _function(row: Row) -> Any:
    code = compile(row.expression, row.expression, "eval")

    def function(*point: Any) -> Any:
        names = dict(zip("xy", point, strict=False))
        return eval(code, {"w": wengert, "inf": math.inf, **names})

    return function


def test_the_table_is_there() -> None:
    assert len(ROWS) > 50
    assert all(len(row.point) == len(row.derivative) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.expression} at {row.point}")
def test_row(row: Row) -> None:
    function = _function(row)
    point = tuple(wengert.tensor(value, dtype="float64") for value in row.point)
    everything = tuple(range(len(point)))
    reverse = [g.item() for g in func.grad(function, argnums=everything)(*point)]
    numpy.testing.assert_allclose(reverse, row.derivative, rtol=1e-15)
    forward = [g.item() for g in func.jacfwd(function, argnums=everything)(*point)]
    numpy.testing.assert_allclose(forward, row.derivative, rtol=1e-15)
    pairs = tuple(wengert.stack([value, value]) for value in point)
    batched = func.vmap(func.grad(function, argnums=everything))(*pairs)
    numpy.testing.assert_allclose([g[1].item() for g in batched], row.derivative, rtol=1e-15)
    leaves = [value.clone().requires_grad_() for value in point]
    function(*leaves).backward()
    numpy.testing.assert_allclose([x.grad.item() for x in leaves], row.derivative, rtol=1e-15)


def test_the_second_derivative_of_a_norm_where_an_element_is_zero() -> None:
    # The Hessian of |x| is (I - n n^T) / |x| with n = x / |x|.
    x = wengert.tensor([3.0, 0.0, 4.0], dtype="float64")
    hessian = wengert.func.hessian(lambda x: x.norm())(x)
    n = numpy.array([0.6, 0.0, 0.8])
    numpy.testing.assert_allclose(hessian.numpy(), (numpy.eye(3) - numpy.outer(n, n)) / 5)
    parts = wengert.func.hessian(lambda x: (x[:1] + 1j * x[1:2]).norm())(x)
    numpy.testing.assert_allclose(parts.numpy(), [[0, 0, 0], [0, 1 / 3, 0], [0, 0, 0]], atol=1e-15)


STRAIGHT: dict[str, tuple[Any, float]] = {
    "elu": (lambda x: wengert.nn.functional.elu(x), 0.0),
    "elu, alpha 2": (lambda x: wengert.nn.functional.elu(x, 2.0), 0.0),
    "celu": (lambda x: wengert.celu(x, 0.5), 0.0),
    "selu": (lambda x: wengert.selu(x), 0.0),
    "huber_loss": (lambda x: wengert.nn.functional.huber_loss(x, 0 * x.detach(), delta=2.0), 2.0),
    "copysign": (lambda x: wengert.copysign(x, wengert.ones_like(x)), 4.85e-11),
}


@pytest.mark.parametrize("name", STRAIGHT)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_second_derivative_is_that_of_the_straight_piece(name: str, sign: float) -> None:
    function, place = STRAIGHT[name]
    x = wengert.tensor(sign * place, dtype="float64")
    assert func.hessian(function)(x).item() == 0.0
    assert wengert.jit(func.hessian(function))(x).item() == 0.0


def test_the_second_derivative_through_copysign_is_exact_near_zero() -> None:
    x = wengert.tensor(4.85e-11, dtype="float64")
    y = wengert.ones_like(x)
    curved = func.hessian(lambda x: wengert.copysign(x, -y).exp())
    numpy.testing.assert_allclose(curved(x).item(), math.exp(-4.85e-11), rtol=1e-15)
