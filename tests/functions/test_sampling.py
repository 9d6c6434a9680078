"""Random draws: by their distribution, in eager code, under vmap and inside jit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats

import wengert as w
from wengert._primitives.binomial_distribution import binomial_quantile
from wengert.errors import DtypeError
from wengert.nn import functional as F

COUNT = 20_000
LIMIT = 2.7 / math.sqrt(COUNT)
"""Kolmogorov's distance of a right sample exceeds it about once in a million times."""


def filled(name: str, *parameters: Any, **options: Any) -> Callable[[], Any]:
    return lambda: getattr(w.zeros(COUNT, dtype="float64"), name)(*parameters, **options)


CONTINUOUS: dict[str, tuple[Callable[[], Any], Any]] = {
    "uniform_": (filled("uniform_", -1, 3), scipy.stats.uniform(-1, 4)),
    "normal_": (filled("normal_", 2, 0.5), scipy.stats.norm(2, 0.5)),
    "cauchy_": (filled("cauchy_", 1, 2), scipy.stats.cauchy(1, 2)),
    "exponential_": (filled("exponential_", 2), scipy.stats.expon(scale=0.5)),
    "log_normal_": (filled("log_normal_", 0.5, 0.7), scipy.stats.lognorm(0.7, scale=math.exp(0.5))),
    "normal": (lambda: w.normal(w.full((COUNT,), 3.0), 2.0), scipy.stats.norm(3, 2)),
    "rand": (lambda: w.rand(COUNT), scipy.stats.uniform()),
    "real part": (
        lambda: w.randn(COUNT, dtype="complex128").real,
        scipy.stats.norm(scale=math.sqrt(0.5)),
    ),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous(name: str) -> None:
    draw, law = CONTINUOUS[name]
    for seed, run in ((1, draw), (2, w.jit(draw))):
        w.manual_seed(seed)
        values = np.sort(run().numpy())
        steps = np.arange(COUNT + 1) / COUNT
        reached = law.cdf(values)
        distance = max((reached - steps[:-1]).max(), (steps[1:] - reached).max())
        assert distance < LIMIT, f"seed {seed}"


DISCRETE: dict[str, tuple[Callable[[], Any], list[float]]] = {
    "bernoulli": (lambda: w.bernoulli(w.full((COUNT,), 0.3)), [0.7, 0.3]),
    "bernoulli_": (filled("bernoulli_", w.tensor(0.3)), [0.7, 0.3]),
    "binomial": (
        lambda: w.binomial(w.full((COUNT,), 7.0), w.tensor(0.3)),
        scipy.stats.binom(7, 0.3).pmf(np.arange(8)).tolist(),
    ),
    "binomial, mostly successes": (
        lambda: w.binomial(w.tensor(60.0), w.full((COUNT,), 0.9)),
        scipy.stats.binom(60, 0.9).pmf(np.arange(61)).tolist(),
    ),
    "geometric_": (filled("geometric_", 0.4), [0, *[0.6**k * 0.4 for k in range(30)]]),
    "random_": (filled("random_", 2, 5), [0, 0, 1 / 3, 1 / 3, 1 / 3]),
    "randint_like": (lambda: w.randint_like(w.zeros(COUNT), 4), [0.25] * 4),
    "poisson": (
        lambda: w.poisson(w.full((COUNT,), 3.5)),
        scipy.stats.poisson(3.5).pmf(np.arange(40)).tolist(),
    ),
    "multinomial": (
        lambda: w.multinomial(w.tensor([1.0, 0.0, 3.0, 4.0]), COUNT, replacement=True),
        [0.125, 0, 0.375, 0.5],
    ),
    "first of multinomial": (
        lambda: w.multinomial(w.tensor([[1.0, 0.0, 3.0, 4.0]] * COUNT), 2)[:, 0],
        [0.125, 0, 0.375, 0.5],
    ),
}


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete(name: str) -> None:
    draw, chances = DISCRETE[name]
    for seed, run in ((1, draw), (2, w.jit(draw))):
        w.manual_seed(seed)
        found = np.bincount(run().numpy().astype(int), minlength=len(chances)) / COUNT
        assert len(found) == len(chances)
        for k, (share, chance) in enumerate(zip(found.tolist(), chances, strict=True)):
            # Five and a half standard deviations; what cannot come never comes.
            assert abs(share - chance) <= 5.5 * math.sqrt(chance * (1 - chance) / COUNT), (seed, k)


def test_without_replacement_nothing_comes_twice() -> None:
    drawn = w.multinomial(w.rand(50, 6) + 0.1, 6)
    assert (np.sort(drawn.numpy(), 1) == np.arange(6)).all()


def test_large_rates() -> None:
    w.manual_seed(3)
    values = w.poisson(w.full((2_000,), 1e4)).numpy()
    assert abs(values.mean() - 1e4) < 6 * math.sqrt(1e4 / 2_000)
    assert 0.8 < values.var() / 1e4 < 1.2
    assert w.poisson(w.tensor([0.0])).item() == 0


def test_generators_are_streams_of_their_own() -> None:
    g = w.Generator().manual_seed(4)
    weights = w.ones(9)
    first = [w.zeros(5).exponential_(generator=g), w.multinomial(weights, 4, generator=g)]
    w.rand(3)
    g.manual_seed(4)
    second = [w.zeros(5).exponential_(generator=g), w.multinomial(weights, 4, generator=g)]
    assert all(bool((a == b).all()) for a, b in zip(first, second, strict=True))


def test_samples_of_a_batch_draw_their_own_numbers() -> None:
    def draw(p: Any) -> Any:
        return w.multinomial(p, 20, replacement=True), w.poisson(p * 50), F.dropout(p)

    rows = w.vmap(draw, randomness="different")(w.ones(2, 30))
    shared = w.vmap(draw, randomness="same")(w.ones(2, 30))
    assert all(bool((x[0] != x[1]).any()) for x in rows)
    assert all(bool((x[0] == x[1]).all()) for x in shared)


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    w.manual_seed(5)
    x = F.alpha_dropout(w.randn(100_000, dtype="float64"), 0.3, training=True)
    assert abs(x.mean().item()) < 0.02
    assert abs(x.var().item() - 1) < 0.03


def test_gumbel_softmax() -> None:
    w.manual_seed(6)
    logits = w.tensor([1.0, 2.0, 5.0]).log().expand(COUNT, 3).clone().requires_grad_()
    hard = F.gumbel_softmax(logits, tau=0.5, hard=True)
    share = hard.mean(0).detach().numpy()
    np.testing.assert_allclose(share, [0.125, 0.25, 0.625], atol=0.02)
    hard[:, 0].sum().backward()
    assert logits.grad.abs().sum() > 0


WRONG: dict[str, Callable[[], Any]] = {
    "empty range": lambda: w.zeros(2).uniform_(1, 0),
    "std": lambda: w.zeros(2).normal_(0, -1),
    "p": lambda: w.zeros(2).geometric_(1.0),
    "lambd": lambda: w.zeros(2).exponential_(0),
    "dtype": lambda: w.zeros(2, dtype="int64").cauchy_(),
    "weights": lambda: w.multinomial(w.tensor([-1.0, 2.0]), 1),
    "too many": lambda: w.multinomial(w.ones(2), 3),
    "probability": lambda: w.bernoulli(w.tensor([1.5])),
    "rate": lambda: w.poisson(w.tensor([-1.0])),
    "what int8 holds": lambda: w.randint(0, 300, (2,), dtype="int8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name: str) -> None:
    with pytest.raises((ValueError, TypeError), match=r"^[a-z_]+: "):
        WRONG[name]()


LAWS = [
    (1, 0.3), (10, 0.0), (10, 1.0), (0, 0.3), (60, 0.5), (100, 0.71), (1000, 0.5), (10**5, 0.3),
    (10**7, 0.4), (10**9, 1e-7), (10**12, 3e-10),
]  # fmt: skip


@pytest.mark.parametrize(("count", "prob"), LAWS)
def test_quantiles_of_the_binomial_distribution(
    count: int, prob: float, rng: np.random.Generator
) -> None:
    level = rng.random(2000)
    rare = min(prob, 1 - prob)
    found = binomial_quantile(*(w.tensor(x, dtype="float64") for x in (level, count, prob)))
    wanted = np.maximum(scipy.stats.binom.ppf(level, count, rare), 0)
    assert found.tolist() == (wanted if prob == rare else count - wanted).tolist()


def test_binomial_numbers_by_rows_and_without_derivative() -> None:
    count, prob = w.full((3, 1), 9.0, requires_grad=True), w.full((4,), 0.5, requires_grad=True)
    found = w.binomial(count, prob)
    assert found.shape == (3, 4) and found.dtype == w.float32
    found.sum().backward()
    assert count.grad.tolist() == [[0.0]] * 3 and prob.grad.tolist() == [0.0] * 4
    w.manual_seed(3)
    first = w.binomial(count.detach(), prob.detach())
    again = w.binomial(count.detach(), prob.detach(), w.Generator().manual_seed(3))
    assert first.tolist() == again.tolist()
    rows = w.vmap(lambda p: w.binomial(w.full((500,), 8.0), p), randomness="different")
    assert rows(w.tensor([0.0, 0.5, 1.0])).mean(1).tolist() == [0.0, pytest.approx(4, abs=0.5), 8.0]
    with pytest.raises(DtypeError, match="two floating tensors of one dtype, not int64, float32"):
        w.binomial(w.tensor([1]), w.tensor([0.5]))
    for count, prob in ((-1.0, 0.5), (1.5, 0.5), (math.nan, 0.5), (1.0, 1.5), (1.0, math.nan)):
        with pytest.raises(ValueError, match="binomial: "):
            w.binomial(w.tensor(count), w.tensor(prob))
