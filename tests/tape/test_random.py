"""Random draws: counter-based, repeatable, independent, and told apart under vmap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.stats

import wengert as w
from wengert import func

LEAST = 1e-4
"""A p-value that a sound generator stays above; the seeds are fixed, so nothing flickers."""


@pytest.fixture(autouse=True)
def _seed() -> None:
    w.manual_seed(1234)


def test_a_seed_repeats_the_stream() -> None:
    first = [w.rand(3).tolist(), w.randn(2).tolist(), w.randint(100, (4,)).tolist()]
    w.manual_seed(1234)
    assert first == [w.rand(3).tolist(), w.randn(2).tolist(), w.randint(100, (4,)).tolist()]
    assert w.initial_seed() == 1234


def test_the_state_continues_the_stream() -> None:
    w.rand(5)
    state = w.get_rng_state()
    first = w.rand(3).tolist()
    w.rand(7)
    w.set_rng_state(state)
    assert w.rand(3).tolist() == first


def test_draws_follow_one_another_whatever_their_shapes() -> None:
    whole = w.rand(10).tolist()
    w.manual_seed(1234)
    assert w.rand(4).tolist() + w.rand(2, 3).ravel().tolist() == whole


def test_generators_are_streams_of_their_own() -> None:
    g, h = w.Generator().manual_seed(1), w.Generator().manual_seed(2)
    a, b = w.rand(100, generator=g), w.rand(100, generator=h)
    assert a.tolist() != b.tolist()
    default = w.get_rng_state().tolist()
    w.rand(3, generator=g)
    assert w.get_rng_state().tolist() == default


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_uniform_numbers(dtype: str) -> None:
    x = w.rand(20_000, dtype=dtype)
    assert x.dtype == dtype
    assert x.min().item() >= 0 and x.max().item() < 1
    assert scipy.stats.kstest(x.double().numpy(), "uniform").pvalue > LEAST


def test_normal_numbers() -> None:
    x = w.randn(20_000, dtype="float64").numpy()
    assert np.isfinite(x).all()
    assert scipy.stats.kstest(x, "norm").pvalue > LEAST
    pairs = np.corrcoef(x[::2], x[1::2])[0, 1]
    assert abs(pairs) < 5 / math.sqrt(10_000)


def test_neighbouring_seeds_and_counters_are_independent() -> None:
    rows: list[Any] = []
    for seed in range(8):
        w.manual_seed(seed)
        rows.append(w.rand(4_000, dtype="float64").numpy())
    correlations = np.corrcoef(np.stack(rows)) - np.eye(8)
    assert np.abs(correlations).max() < 5 / math.sqrt(4_000)
    shifted = np.corrcoef(rows[0][1:], rows[0][:-1])[0, 1]
    assert abs(shifted) < 5 / math.sqrt(4_000)


def test_integers_are_even() -> None:
    x = w.randint(-3, 7, (30_000,))
    counts = np.bincount(x.numpy() + 3, minlength=10)
    assert len(counts) == 10
    assert scipy.stats.chisquare(counts).pvalue > LEAST
    with pytest.raises(ValueError, match="the range from 5 to 5 is empty"):
        w.randint(5, 5, (1,))


def test_permutations() -> None:
    assert sorted(w.randperm(50).tolist()) == list(range(50))
    firsts = np.bincount([w.randperm(4)[0].item() for _ in range(2_000)], minlength=4)
    assert scipy.stats.chisquare(firsts).pvalue > LEAST


def test_bernoulli_and_normal_of_tensors() -> None:
    p = w.tensor([0.0, 0.25, 1.0])
    draws = w.bernoulli(p.expand(8_000, 3)).mean(0).tolist()
    assert draws[0] == 0 and draws[2] == 1
    assert abs(draws[1] - 0.25) < 5 * math.sqrt(0.25 * 0.75 / 8_000)
    x = w.normal(w.tensor([10.0, -10.0]), w.tensor([0.0, 1.0]))
    assert x[0].item() == 10 and x[1].item() < -4


def test_filling_in_place() -> None:
    x = w.zeros(4_000)
    assert x.uniform_(2, 5) is x
    assert x.min().item() >= 2 and x.max().item() < 5
    assert abs(x.normal_(3, 0.5).mean().item() - 3) < 5 * 0.5 / math.sqrt(4_000)
    assert set(x.bernoulli_(0.5).tolist()) == {0.0, 1.0}


def test_what_is_drawn_has_the_derivative_zero() -> None:
    mean = w.tensor([0.5], requires_grad=True)
    for drawn in (w.normal(mean, 2.0), w.normal(1.0, mean), w.bernoulli(mean), w.poisson(mean)):
        assert w.autograd.grad(drawn.sum(), mean)[0].item() == 0


# ---- vmap ---------------------------------------------------------------------------------------


def noisy(x: Any) -> Any:
    return x + w.rand(2, dtype="float64")


def test_randomness_must_be_chosen_under_vmap() -> None:
    state = w.get_rng_state().tolist()
    with pytest.raises(RuntimeError) as caught:
        func.vmap(noisy)(w.zeros(3, 2).double())
    assert str(caught.value) == (
        "vmap: a random function was called. Pass randomness='different' (each sample draws its "
        "own numbers) or randomness='same' to vmap."
    )
    assert w.get_rng_state().tolist() == state
    with pytest.raises(ValueError, match="randomness='sometimes'"):
        func.vmap(noisy, randomness="sometimes")


def test_the_same_draws_for_every_sample() -> None:
    expected = w.rand(2, dtype="float64").tolist()
    w.manual_seed(1234)
    found = func.vmap(noisy, randomness="same")(w.zeros(3, 2).double())
    assert found.tolist() == [expected] * 3


def test_different_draws_for_every_sample() -> None:
    expected = w.rand(3, 2, dtype="float64").tolist()
    w.manual_seed(1234)
    found = func.vmap(noisy, randomness="different")(w.zeros(3, 2).double())
    assert found.tolist() == expected


def test_two_levels_each_with_its_own_choice() -> None:
    x = w.zeros(2, 3, 2).double()

    def nested(outer: str, inner: str) -> Any:
        w.manual_seed(1234)
        return func.vmap(func.vmap(noisy, randomness=inner), randomness=outer)(x).numpy()

    both = nested("different", "different")
    assert len(np.unique(both)) == 12
    outer = nested("different", "same")
    assert (outer[:, 0] == outer[:, 1]).all() and len(np.unique(outer)) == 4
    inner = nested("same", "different")
    assert (inner[0] == inner[1]).all() and len(np.unique(inner)) == 6
    assert len(np.unique(nested("same", "same"))) == 2


def test_a_gradient_draws_once() -> None:
    def f(x: Any) -> Any:
        return (x * w.rand(2, dtype="float64")).sum()

    expected = w.rand(2, dtype="float64").tolist()
    w.manual_seed(1234)
    assert func.grad(f)(w.zeros(2).double()).tolist() == expected
    w.manual_seed(1234)
    assert func.jacfwd(f)(w.zeros(2).double()).tolist() == expected
