"""What the transforms say when they are asked for what they cannot give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import wengert as w
from wengert import func


def x2() -> Any:
    return w.ones(2)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: func.grad(lambda x: x * 2)(x2()),
            (
                "grad: the function returned shape (2,); a gradient needs a single number. Use "
                "value.sum(), or jacrev for a whole Jacobian."
            ),
        ),
        (
            lambda: func.grad(lambda x: 3.0)(x2()),
            (
                "grad: the function returned a float, not a tensor. For a tuple (value, other) use "
                "has_aux=True."
            ),
        ),
        (
            lambda: func.grad(lambda x: (x.sum(), x))(x2()),
            (
                "grad: the function returned a tuple, not a tensor. For a tuple (value, other) use "
                "has_aux=True."
            ),
        ),
        (
            lambda: func.grad(lambda x: x.sum())(w.arange(3)),
            (
                "grad: cannot differentiate with respect to a int64 tensor. Convert it with "
                "x.to(wengert.float32), or choose others with argnums."
            ),
        ),
        (
            lambda: func.grad(lambda x: x.sum())(3.0),
            (
                "grad: cannot differentiate with respect to a float. Pass a tensor, or choose "
                "others with argnums."
            ),
        ),
        (
            lambda: func.grad(lambda x: x.sum(), argnums=1)(x2()),
            "grad: argnums=1, but the function was called with 1 positional arguments.",
        ),
        (
            lambda: func.jacrev(lambda x: [x, 1.0])(x2()),
            (
                "jacrev: the function returned a float; it must return tensors. Use "
                "has_aux=True for other results."
            ),
        ),
        (
            lambda: func.jvp(lambda x: x, x2(), x2()),
            "jvp: primals and tangents must be tuples. Write jvp(f, (x,), (t,)).",
        ),
        (
            lambda: func.jvp(lambda x: x, (x2(),), (w.ones(3),)),
            (
                "jvp: a tangent of shape (3,) and dtype float32 was given for a primal of "
                "shape (2,) and dtype float32."
            ),
        ),
        (
            lambda: func.vjp(lambda x: x * 2, x2())[1](w.ones(3)),
            "vjp: a cotangent of shape (3,) was given for an output of shape (2,).",
        ),
        (
            lambda: func.vmap(lambda x, y: x)(x2(), w.ones(3)),
            (
                "vmap: the mapped axes have sizes [2, 3]; there must be exactly one size. Use "
                "in_dims to say which arguments are mapped."
            ),
        ),
        (
            lambda: func.vmap(lambda x: x)(w.tensor(1.0)),
            "vmap: a 0-d tensor has no axis to map over. Give it None in in_dims.",
        ),
        (
            lambda: func.vmap(lambda x, y: x * y)(x2(), 3.0),
            (
                "vmap: an argument is a float, which has no axis to map over. Give it None in "
                "in_dims, or wrap it with wengert.tensor(...)."
            ),
        ),
        (
            lambda: func.vmap(lambda x: x, in_dims=None)(x2()),
            (
                "vmap: the mapped axes have sizes []; there must be exactly one size. Use in_dims "
                "to say which arguments are mapped."
            ),
        ),
        (
            lambda: func.vmap(lambda x: x, in_dims=2)(x2()),
            "vmap: dim 2 is out of range for a tensor with 1 axes (expected -1 to 0).",
        ),
        (
            lambda: func.vmap(lambda x: 1.0)(x2()),
            (
                "vmap: the function returned a float; it must return tensors. Wrap numbers with "
                "wengert.tensor(...)."
            ),
        ),
        (
            lambda: func.vmap(lambda x: x, out_dims=None)(x2()),
            "vmap: out_dims is None for a value that varies.",
        ),
        (
            lambda: func.vmap(lambda x: x, out_dims=3)(x2()),
            "vmap: dim 3 is out of range for a tensor with 1 axes (expected -1 to 0).",
        ),
    ],
)
def test_text(call: Callable[[], Any], text: str) -> None:
    with pytest.raises((RuntimeError, TypeError, ValueError, IndexError)) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda x: bool(x.sum() > 0), "truth value"),
        (lambda x: x.sum().item(), "number"),
        (lambda x: float(x.sum()), "number"),
        (lambda x: x.numpy(), "NumPy array"),
        (lambda x: x.tolist(), "list of numbers"),
        (lambda x: x[x > 0], "positions"),
    ],
)
def test_batched_values_have_no_numbers(ask: Callable[[Any], Any], what: str) -> None:
    with pytest.raises(TypeError) as caught:
        func.vmap(ask)(w.ones(3, 2))
    assert f"under vmap has no {what}" in str(caught.value)
    assert str(caught.value).startswith("a batched value of shape (")
    assert str(caught.value).endswith(
        "there is one for each sample. Use where(), or compute it outside vmap."
    )
