"""Whole training steps, compiled and eager, over 50 steps: unlike programs through one path."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert import nn, optim

Made = tuple[Callable[..., Any], list[Any]]
"""A step, and the tensors that it trains."""


def _numbers(shape: tuple[int, ...], seed: int, dtype: Any, transposed: bool) -> Any:
    """Normal numbers; transposed ones lie in memory with their axes in reverse order."""
    values = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    if transposed:
        values = np.ascontiguousarray(values.T).T
    return wg.from_numpy(values)


def regression(dtype: Any) -> tuple[Made, list[tuple[int, ...]]]:
    model = nn.Linear(3, 1).to(dtype)
    optimizer = optim.Adam(model.parameters(), lr=0.05, weight_decay=0.1)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return (step, list(model.parameters())), [(40, 3), (40, 1)]


def perceptron(dtype: Any) -> tuple[Made, list[tuple[int, ...]]]:
    model = nn.Sequential(
        nn.Linear(7, 12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 2)
    ).to(dtype)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9, dampening=0.1)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return (step, list(model.parameters())), [(16, 7), (16, 2)]


def normalised_block(dtype: Any) -> tuple[Made, list[tuple[int, ...]]]:
    norm, up, down = nn.LayerNorm(9), nn.Linear(9, 18), nn.Linear(18, 9)
    for part in (norm, up, down):
        part.to(dtype)
    parameters = [*norm.parameters(), *up.parameters(), *down.parameters()]
    optimizer = optim.AdamW(parameters, lr=0.01)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = ((x + down(nn.functional.gelu(up(norm(x)))) - y) ** 2).sum(-1).mean()
        loss.backward()
        optimizer.step()
        return loss

    return (step, parameters), [(2, 5, 9), (2, 5, 9)]


def masked_softmax(length: int) -> Callable[[Any], tuple[Made, list[tuple[int, ...]]]]:
    def make(dtype: Any) -> tuple[Made, list[tuple[int, ...]]]:
        weight = wg.randn(length, dtype=dtype).requires_grad_()
        mask = wg.arange(length) % 3 != 1

        def step(x: Any, y: Any) -> Any:
            weight.grad = None
            scores = wg.where(mask, x * weight, float("-inf"))
            share = wg.softmax(scores, -1)
            loss = ((share * y).sum(-1) ** 2).mean()
            loss.backward()
            with wg.no_grad():
                weight.sub_(0.5 * weight.grad)
            return loss

        return (step, [weight]), [(3, length), (3, length)]

    return make


def middle_reductions(dtype: Any) -> tuple[Made, list[tuple[int, ...]]]:
    weight = (wg.randn(4, 1, 6, dtype=dtype) * 0.3).requires_grad_()

    def step(x: Any, y: Any) -> Any:
        weight.grad = None
        inner = (x * weight).sum(1)
        spread = (inner - inner.mean(0, keepdim=True)).amax(0)
        loss = (wg.exp(-spread) * y.mean((0, 1))).sum() + (inner.sum(0) ** 2).mean() * 0.01
        loss.backward()
        with wg.no_grad():
            weight.sub_(0.05 * weight.grad)
        return loss

    return (step, [weight]), [(4, 5, 6), (4, 5, 6)]


PROGRAMS: dict[str, Any] = {
    "regression": regression,
    "perceptron": perceptron,
    "normalised block": normalised_block,
    "masked softmax 1": masked_softmax(1),
    "masked softmax 7": masked_softmax(7),
    "masked softmax 17": masked_softmax(17),
    "masked softmax 1000": masked_softmax(1000),
    "middle reductions": middle_reductions,
}


def _run(make: Any, dtype: Any, transposed: bool, jitted: bool) -> tuple[list[float], list[Any]]:
    wg.manual_seed(11)
    (step, parameters), shapes = make(dtype)
    data = [_numbers(shape, k, dtype, transposed) for k, shape in enumerate(shapes)]
    function = wg.jit(step) if jitted else step
    losses = [function(*data).item() for _ in range(50)]
    if jitted:
        report = function.report()
        assert report.callbacks == []
        assert report.regions == 1
        assert report.traces <= 2
    return losses, [p.detach().numpy() for p in parameters]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_fifty_steps_equal_eager(name: str, transposed: bool, dtype: str) -> None:
    kind = np.dtype(dtype)
    eager, expected = _run(PROGRAMS[name], kind, transposed, jitted=False)
    compiled, found = _run(PROGRAMS[name], kind, transposed, jitted=True)
    tolerance = 2e-4 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(compiled, eager, rtol=tolerance, atol=tolerance)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.fixture(params=["numpy", "native"])
def jit(request: pytest.FixtureRequest) -> Any:
    """`jit` with either back end."""
    return lambda function: wg.jit(function, backend=request.param)


def _both(jit: Any, make: Callable[[], tuple[Callable[..., Any], list[Any]]], steps: int) -> Any:
    """Run the same program eagerly and compiled; compare what was returned and what was trained."""
    results: list[Any] = []
    for wrap in (lambda f: f, jit):
        wg.manual_seed(5)
        step, parameters = make()
        function = wrap(step)
        seen = [np.array([v.item() for v in function(k)]) for k in range(steps)]
        results.append((seen, [p.detach().numpy().copy() for p in parameters], function))
    (first, old, _), (second, new, function) = results
    np.testing.assert_allclose(second, first, rtol=2e-4, atol=1e-5)
    for a, b in zip(new, old, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5)
    return function


def test_two_models_in_one_step(jit: Any) -> None:
    def make() -> Any:
        maker, judge = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        first = optim.Adam(maker.parameters(), lr=0.02)
        second = optim.SGD(judge.parameters(), lr=0.1, momentum=0.5)
        real = _numbers((8, 3), 1, np.float32, False)
        one, zero = wg.ones(8, 1), wg.zeros(8, 1)
        score = nn.BCEWithLogitsLoss()

        def step(k: int) -> Any:
            fake = maker(wg.randn(8, 2))
            second.zero_grad()
            judged = score(judge(real), one) + score(judge(fake.detach()), zero)
            judged.backward()
            second.step()
            first.zero_grad()
            fooled = score(judge(fake), one)
            fooled.backward()
            first.step()
            return judged, fooled

        return (lambda k: step(0)), [*maker.parameters(), *judge.parameters()]

    _both(jit, make, 20)


def test_accumulated_gradients(jit: Any) -> None:
    def make() -> Any:
        model = nn.Linear(3, 2)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        data = _numbers((4, 6, 3), 2, np.float32, False)

        def micro(x: Any) -> Any:
            loss = (model(x) ** 2).mean() / 4
            loss.backward()
            return loss

        def step(k: int) -> Any:
            optimizer.zero_grad()
            losses = [micro(data[j]) for j in range(4)]
            optimizer.step()
            return losses

        return step, list(model.parameters())

    _both(jit, make, 6)


def test_frozen_parameters_stay(jit: Any) -> None:
    def make() -> Any:
        model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1))
        for parameter in model[0].parameters():
            parameter.requires_grad_(False)
        optimizer = optim.Adam(model.parameters(), lr=0.1)
        x = _numbers((5, 3), 3, np.float32, False)

        def step(k: int) -> Any:
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return (loss,)

        return step, list(model.parameters())

    _both(jit, make, 10)


def test_tied_weights(jit: Any) -> None:
    def make() -> Any:
        first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        second.weight = first.weight
        optimizer = optim.SGD(first.parameters(), lr=0.05)
        x = _numbers((5, 4), 4, np.float32, False)

        def step(k: int) -> Any:
            optimizer.zero_grad()
            loss = ((second(wg.tanh(first(x))) - x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return (loss,)

        return step, [first.weight]

    _both(jit, make, 10)


def test_a_changed_learning_rate_does_not_retrace(jit: Any) -> None:
    def make() -> Any:
        model = nn.Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        schedule = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
        x = _numbers((5, 3), 6, np.float32, False)

        def step() -> Any:
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        inner = {"step": step}

        def outer(k: int) -> Any:
            loss = inner["step"]()
            schedule.step()
            return (loss,)

        outer.inner = inner  # type: ignore[attr-defined]
        return outer, list(model.parameters())

    def wrap(outer: Any) -> Any:
        outer.inner["step"] = jit(outer.inner["step"])
        return outer

    outer = _both(wrap, make, 12)
    assert outer.inner["step"].report().traces == 2


def test_two_threads_in_one_function(jit: Any) -> None:
    total = wg.zeros(1)
    f = jit(lambda x: ((x * x).sum(), total + 1))
    together = threading.Barrier(3)

    def work(number: int) -> set[float]:
        x = wg.full((1000,), float(number))
        together.wait(timeout=60)
        return {f(x)[0].item() for _ in range(200)}

    with ThreadPoolExecutor(3) as pool:
        results = dict(zip((1, 2, 3), pool.map(work, (1, 2, 3)), strict=True))
    assert results == {1: {1000.0}, 2: {4000.0}, 3: {9000.0}}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_compiled_function_works_after_fork(jit: Any) -> None:
    w = wg.tensor([2.0])
    f = jit(lambda x: (x * w).sum())
    assert f(wg.ones(3)).item() == 6.0
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        answer = b"bad"
        try:
            fresh = jit(lambda x: x * 3 + w)
            if f(wg.ones(3)).item() == 6.0 and fresh(wg.ones(1)).item() == 5.0:
                answer = b"good"
        finally:
            os.write(write, answer)
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        assert stream.read() == b"good"
    os.waitpid(child, 0)


def test_changed_betas_count_and_do_not_retrace() -> None:
    def parameters(compiled: bool) -> tuple[list[float], Any]:
        w = wg.tensor([1.0, -2.0], requires_grad=True)
        optimizer = optim.Adam([w], lr=0.1)

        def step() -> None:
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

        function: Any = wg.jit(step) if compiled else step
        for count in range(70):
            optimizer.param_groups[0]["betas"] = (0.5 + count / 200, 0.9 + count / 1000)
            function()
        return w.tolist(), function.report().traces if compiled else None

    compiled, traces = parameters(True)
    eager, _ = parameters(False)
    assert compiled == pytest.approx(eager, abs=1e-5)
    assert traces == 2
