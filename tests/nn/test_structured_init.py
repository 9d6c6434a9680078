"""Weights that begin with a structure: orthogonal, passing channels on, mostly zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

import wengert as w
from wengert import nn
from wengert.errors import ShapeError


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (5, 5), (6, 2, 2, 2), (2, 0)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    x = w.zeros(*shape, dtype=w.float64, requires_grad=True)
    assert nn.init.orthogonal_(x, gain=2.0) is x and x.is_leaf and x.requires_grad
    rows = x.detach().numpy().reshape(shape[0], -1)
    small = rows @ rows.T if shape[0] <= rows.shape[1] else rows.T @ rows
    np.testing.assert_allclose(small, 4.0 * np.eye(len(small)), atol=1e-12)


def test_orthogonal_matrices_are_uniform() -> None:
    w.manual_seed(0)
    drawn = np.stack([nn.init.orthogonal_(w.zeros(2, 2, dtype="float64")) for _ in range(800)])
    signs = np.sign(np.linalg.det(drawn))
    assert abs(signs.mean()) < 0.15
    angles = np.arctan2(drawn[:, 0, 1], drawn[:, 0, 0])
    assert scipy.stats.kstest(angles, "uniform", (-np.pi, 2 * np.pi)).pvalue > 1e-4


@pytest.mark.parametrize("shape", [(3, 3, 5), (4, 2, 3), (2, 4, 4, 2), (3, 2, 1, 2, 3)])
def test_dirac_passes_channels_on(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    found = nn.init.dirac_(w.ones(*shape)).numpy()
    wanted = np.zeros(shape)
    for channel in range(min(shape[:2])):
        wanted[(channel, channel, *(extent // 2 for extent in shape[2:]))] = 1
    assert found.tolist() == wanted.tolist()


def test_dirac_in_groups() -> None:
    layer = nn.Conv1d(4, 6, 3, padding=1, groups=2, bias=False)
    nn.init.dirac_(layer.weight, groups=2)
    x = w.arange(20.0).reshape(4, 5)
    wanted = [*x[:2].tolist(), [0.0] * 5, *x[2:].tolist(), [0.0] * 5]
    assert layer(x).tolist() == wanted


def test_sparse() -> None:
    w.manual_seed(1)
    x = nn.init.sparse_(w.ones(40, 500), 0.21, std=0.5)
    assert (x == 0).sum(0).tolist() == [9] * 500
    share = (x == 0).double().mean(1)
    assert share.min() > 0.12 and share.max() < 0.33
    assert abs(x[x != 0].std().item() - 0.5) < 0.02
    assert nn.init.sparse_(w.ones(2, 2), 1.0).tolist() == [[0.0, 0.0]] * 2


def test_generators() -> None:
    calls: list[Any] = [
        nn.init.orthogonal_,
        lambda x, generator: nn.init.sparse_(x, 0.5, 1, generator),
    ]
    for fill in calls:
        first, again = (
            fill(w.zeros(3, 3), generator=w.Generator().manual_seed(4)).tolist() for _ in range(2)
        )
        assert (
            first == again != fill(w.zeros(3, 3), generator=w.Generator().manual_seed(5)).tolist()
        )


def test_shapes_that_do_not_fit() -> None:
    calls: list[Any] = [
        lambda: nn.init.orthogonal_(w.zeros(3)), lambda: nn.init.dirac_(w.zeros(3, 3)),
        lambda: nn.init.dirac_(w.zeros(3, 3, 3), 2), lambda: nn.init.sparse_(w.zeros(3), 0.1),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ShapeError):
            call()
    with pytest.raises(ValueError, match="sparsity=2 is not between"):
        nn.init.sparse_(w.zeros(3, 3), 2)
