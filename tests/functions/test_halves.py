"""float16 and bfloat16: results keep the dtype, and are those of float64 on the same numbers.

Each call is made in double precision as the oracle, with what the halves hold; a result may be off
by a few units in the last place, also where sums and differences are taken inside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert.nn import functional as F

EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
INDEX = w.tensor([0, 1, 1])

CALLS: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "cov": (w.cov, [(2, 9)]),
    "corrcoef": (w.corrcoef, [(2, 9)]),
    "layer_norm": (lambda *x: F.layer_norm(x[0], (9,), x[1], x[2]), [(2, 9), (9,), (9,)]),
    "rms_norm": (lambda *x: F.rms_norm(x[0] / 64, (9,), x[1], 1e-7), [(2, 9), (9,)]),
    "group_norm": (lambda x: F.group_norm(x, 2), [(2, 4, 3)]),
    "instance_norm": (F.instance_norm, [(2, 4, 5)]),
    "batch_norm": (lambda x: F.batch_norm(x, None, None, training=True), [(7, 2)]),
    "ctc_loss": (
        lambda x: F.ctc_loss(x.log(), w.tensor([[1, 2]]), w.tensor([6]), w.tensor([2])),
        [(6, 1, 3)],
    ),
    "matmul": (w.matmul, [(2, 9), (9, 2)]),
    "einsum": (lambda *x: w.einsum("ij,kj->ik", *x), [(2, 9), (3, 9)]),
    "conv2d": (F.conv2d, [(1, 2, 5, 5), (3, 2, 2, 2), (3,)]),
    "attention": (F.scaled_dot_product_attention, [(2, 3, 4)] * 3),
    "var": (w.var, [(9,)]),
    "norm": (w.norm, [(9,)]),
    **{
        f"scatter_reduce {kind}": (
            lambda x, y, kind=kind: x.scatter_reduce(0, INDEX, y, kind, include_self=False),
            [(3,), (3,)],
        )
        for kind in ("sum", "prod", "mean", "amax", "amin")
    },
}


@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize("name", CALLS)
def test_halves_are_rounded_results_of_double_precision(
    name: str, dtype: str, rng: np.random.Generator
) -> None:
    function, shapes = CALLS[name]
    given = [w.from_numpy(rng.uniform(0.25, 2.0, shape)).to(dtype) for shape in shapes]
    halves = [x.clone().requires_grad_() for x in given]
    doubles = [x.to(w.float64).requires_grad_() for x in given]
    found, expected = function(*halves), function(*doubles)
    assert found.dtype == w.tensor(0, dtype=dtype).dtype
    weight = w.from_numpy(rng.normal(size=expected.shape)).to(dtype)
    pairs = [(found, expected)]
    for results, leaves in ((found, halves), (expected, doubles)):
        (results * weight.to(results.dtype)).sum().backward()
        assert all(leaf.grad is None or leaf.grad.dtype == leaf.dtype for leaf in leaves)
    pairs += [(a.grad, b.grad) for a, b in zip(halves, doubles, strict=True)]
    for got, want in pairs:
        if want is not None:
            exact = want.detach().numpy()
            size = max(1.0, abs(exact).max())
            np.testing.assert_allclose(
                got.detach().to(w.float64).numpy(), exact, 8 * EPS[dtype], 8 * EPS[dtype] * size
            )


@pytest.mark.parametrize("dtype", EPS)
def test_rms_norm_of_small_halves_is_not_damped_by_the_precision_of_halves(dtype: str) -> None:
    x = w.tensor([0.01, 0.02], dtype=dtype)
    expected = F.rms_norm(x.to(w.float32), (2,)).numpy()
    np.testing.assert_allclose(F.rms_norm(x, (2,)).to(w.float32).numpy(), expected, EPS[dtype])
