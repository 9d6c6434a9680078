"""Keras' losses, metrics, initialisers and optimisers against their formulas in NumPy."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert.tensorflow as tf
from wengert._base.errors import ShapeError

keras = tf.keras
T = np.array([[0.2, 0.8, 0.0], [0.5, 0.25, 0.25]])
P = np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]])
Z = np.array([[1.2, -0.3, 0.4], [-2.0, 0.1, 0.9]])
D = T - P
B = -(T * np.log(P) + (1 - T) * np.log(1 - P))
LOGS = Z - np.log(np.exp(Z).sum(-1, keepdims=True))
SIGMOID = 1 / (1 + np.exp(-Z))

LOSSES: dict[str, tuple[tuple[Any, ...], dict[str, Any], Any]] = {
    "mean_squared_error": ((T, P), {}, (D**2).mean(-1)),
    "mean_absolute_error": ((T, P), {}, np.abs(D).mean(-1)),
    "mean_absolute_percentage_error": (
        (T + 1, P),
        {},
        100 * (np.abs(T + 1 - P) / (T + 1)).mean(-1),
    ),
    "mean_squared_logarithmic_error": (
        (T + 1, P),
        {},
        ((np.log1p(T + 1) - np.log1p(P)) ** 2).mean(-1),
    ),
    "huber": (
        (T * 9, P),
        {"delta": 2.0},
        np.where(np.abs(T * 9 - P) <= 2, (T * 9 - P) ** 2 / 2, 2 * np.abs(T * 9 - P) - 2).mean(-1),
    ),
    "log_cosh": ((T, Z), {}, np.log(np.cosh(T - Z)).mean(-1)),
    "hinge": (
        (np.array([[1, 0, 1]]), Z[:1]),
        {},
        [np.maximum(1 - np.array([1, -1, 1]) * Z[0], 0).mean()],
    ),
    "kl_divergence": ((P, P[::-1].copy()), {}, (P * np.log(P / P[::-1])).sum(-1)),
    "poisson": ((T, P), {}, (P - T * np.log(P + 1e-7)).mean(-1)),
    "cosine_similarity": (
        (T, P),
        {},
        -(T * P).sum(-1) / np.linalg.norm(T, axis=-1) / np.linalg.norm(P, axis=-1),
    ),
    "binary_crossentropy": ((T, P), {}, B.mean(-1)),
    "categorical_crossentropy": ((T, P), {}, -(T * np.log(P)).sum(-1)),
    "sparse_categorical_crossentropy": (([1, 0], P), {}, -np.log([0.7, 0.6])),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    arguments, options, expected = LOSSES[name]
    found = getattr(keras.losses, name)(*arguments, **options)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
    loss = keras.losses.get(name)
    if not options:
        np.testing.assert_allclose(float(loss(*arguments)), np.mean(expected), rtol=1e-6)
        weight = np.linspace(1, 2, len(expected))
        np.testing.assert_allclose(
            float(loss(*arguments, sample_weight=weight)), np.mean(expected * weight), rtol=1e-6
        )


def test_losses_of_logits_and_options() -> None:
    losses = keras.losses
    found = losses.binary_crossentropy(T, Z, from_logits=True)
    expected = -(T * np.log(SIGMOID) + (1 - T) * np.log(1 - SIGMOID)).mean(-1)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    found = losses.CategoricalCrossentropy(from_logits=True, reduction="none")(T, Z)
    np.testing.assert_allclose(found.numpy(), -(T * LOGS).sum(-1), rtol=1e-12)
    found = losses.SparseCategoricalCrossentropy(True, reduction="sum")([[2], [0]], Z)
    np.testing.assert_allclose(float(found), -LOGS[0, 2] - LOGS[1, 0], rtol=1e-12)
    found = losses.sparse_categorical_crossentropy([1, -1], Z, from_logits=True, ignore_class=-1)
    np.testing.assert_allclose(found.numpy(), [-LOGS[0, 1], 0], rtol=1e-12)
    found = losses.categorical_crossentropy([[0.0, 1.0, 0.0]], P[:1], label_smoothing=0.3)
    np.testing.assert_allclose(found.numpy(), [-(np.log(P[0]) * [0.1, 0.8, 0.1]).sum()], rtol=1e-6)
    found = losses.binary_crossentropy([[1.0]], [[0.25]], label_smoothing=0.2)
    np.testing.assert_allclose(
        found.numpy(), [-(0.9 * np.log(0.25) + 0.1 * np.log(0.75))], rtol=1e-6
    )


def test_a_target_without_the_last_axis_is_no_broadcast() -> None:
    y, predictions = np.array([1.0, 2.0, 4.0]), np.array([[1.0], [1.0], [1.0]])
    assert float(keras.losses.MeanSquaredError()(y, predictions)) == pytest.approx(10 / 3)
    assert float(keras.losses.MeanSquaredError()(y[:, None], predictions[:, 0])) == (
        pytest.approx(10 / 3)
    )
    with pytest.raises(ShapeError, match="For class indices use sparse_categorical"):
        keras.losses.categorical_crossentropy([1, 2], P)
    with pytest.raises(ShapeError, match="For one-hot labels use categorical_crossentropy"):
        keras.losses.sparse_categorical_crossentropy(T, P)


def test_names_and_functions_as_losses() -> None:
    assert type(keras.losses.get("MSE")).__name__ == "MeanSquaredError"
    assert float(keras.losses.get(lambda t, p: (t - p) * 2)(tf.constant([3.0]), [1.0])) == 4.0
    with pytest.raises(ValueError, match="'mze' is not the name of a loss; use one of"):
        keras.losses.get("mze")
    with pytest.raises(ValueError, match="reduction 'max'; use"):
        keras.losses.Loss(reduction="max")


# ---- metrics ------------------------------------------------------------------------------------


def test_metrics_average_over_batches() -> None:
    metric = keras.metrics.MeanSquaredError()
    metric.update_state([[0.0], [0.0], [0.0]], [[1.0], [2.0], [3.0]])
    metric.update_state([[0.0]], [[4.0]])
    assert float(metric.result()) == 7.5
    metric.reset_state()
    assert float(metric.result()) == 0.0
    assert float(metric([[0.0], [0.0]], [[1.0], [3.0]], sample_weight=[3.0, 1.0])) == 3.0


def test_accuracies() -> None:
    metrics = keras.metrics
    assert float(metrics.Accuracy()([1, 2, 3, 4], [1, 2, 0, 0])) == 0.5
    assert float(metrics.BinaryAccuracy(threshold=0.7)([[1.0], [1.0]], [[0.9], [0.6]])) == 0.5
    assert float(metrics.CategoricalAccuracy()([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]])) == 0.5
    assert float(metrics.SparseCategoricalAccuracy()([1, 1], [[0.1, 0.9], [0.2, 0.8]])) == 1.0
    for y, predictions, expected in [
        ([[1.0], [0.0]], [[0.9], [0.6]], 0.5),
        ([1.0, 0.0], [[0.9], [0.4]], 1.0),
        ([[0.0, 1.0]], [[0.4, 0.6]], 1.0),
        ([0], [[0.4, 0.6]], 0.0),
        ([[1]], [[0.4, 0.6]], 1.0),
    ]:
        assert float(metrics.get("accuracy")(y, predictions)) == expected
    assert metrics.get("acc").name == "acc" and metrics.Accuracy().name == "accuracy"
    assert float(metrics.RootMeanSquaredError()([[1.0], [1.0]], [[1.0], [3.0]])) == (
        pytest.approx(2**0.5)
    )


# ---- initialisers and regularisers --------------------------------------------------------------


def test_initialisers_have_their_variance() -> None:
    tf.random.set_seed(1)
    shape = (3, 40, 200)  # a window of 3, fans 120 and 600
    expected = {
        "glorot_uniform": 2 / 720,
        "glorot_normal": 2 / 720,
        "he_uniform": 2 / 120,
        "he_normal": 2 / 120,
        "lecun_uniform": 1 / 120,
        "lecun_normal": 1 / 120,
        "random_normal": 0.05**2,
        "random_uniform": 0.1**2 / 12,
    }
    for name, variance in expected.items():
        drawn = keras.initializers.get(name)(shape).numpy()
        assert abs(drawn.mean()) < 0.02 * variance**0.5 * 5, name
        assert drawn.var() == pytest.approx(variance, rel=0.04), name
    assert keras.initializers.Constant([1, 2])((2, 2)).tolist() == [[1, 2], [1, 2]]
    assert keras.initializers.Identity(3.0)((2, 2)).tolist() == [[3, 0], [0, 3]]
    first = keras.initializers.HeNormal(seed=5)((4,)).tolist()
    tf.random.set_seed(1)
    assert keras.initializers.HeNormal(seed=5)((4,)).tolist() == first
    with pytest.raises(ValueError, match="mode 'fan'"):
        keras.initializers.VarianceScaling(mode="fan")


def test_regularisers() -> None:
    w = [1.0, -2.0]
    assert float(keras.regularizers.l1(0.5)(w)) == 1.5
    assert float(keras.regularizers.L2(0.5)(w)) == 2.5
    assert float(keras.regularizers.l1_l2(l1=1.0, l2=1.0)(w)) == 8.0
    assert keras.regularizers.get(None) is None


# ---- optimisers ---------------------------------------------------------------------------------

Rule = Callable[[Any, Any, int, dict[str, Any]], Any]


def sgd(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    return w - 0.1 * g


def momentum(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    s["m"] = 0.9 * s.get("m", 0) - 0.1 * g
    return w + s["m"]


def nesterov(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    s["m"] = 0.9 * s.get("m", 0) - 0.1 * g
    return w + 0.9 * s["m"] - 0.1 * g


def adam(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g * g
    rate = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - rate * s["m"] / (np.sqrt(s["v"]) + 1e-7)


def amsgrad(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0) + 0.001 * g * g
    s["h"] = np.maximum(s.get("h", 0), s["v"])
    rate = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - rate * s["m"] / (np.sqrt(s["h"]) + 1e-7)


def adamw(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    return adam(w - 0.1 * 0.004 * w, g, t, s)


def rmsprop(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    s["v"] = 0.9 * s.get("v", 0) + 0.1 * g * g
    return w - 0.1 * g / np.sqrt(s["v"] + 1e-7)


def centered(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    s["v"] = 0.9 * s.get("v", 0) + 0.1 * g * g
    s["a"] = 0.9 * s.get("a", 0) + 0.1 * g
    s["m"] = 0.5 * s.get("m", 0) + 0.1 * g / np.sqrt(s["v"] - s["a"] ** 2 + 1e-7)
    return w - s["m"]


def adagrad(w: Any, g: Any, t: int, s: dict[str, Any]) -> Any:
    s["a"] = s.get("a", 0.1) + g * g
    return w - 0.1 * g / np.sqrt(s["a"] + 1e-7)


OPTIMIZERS: dict[str, tuple[Callable[[], Any], Rule]] = {
    "sgd": (lambda: tf.optimizers.SGD(learning_rate=0.1), sgd),
    "momentum": (lambda: tf.optimizers.SGD(0.1, momentum=0.9), momentum),
    "nesterov": (lambda: tf.optimizers.SGD(0.1, momentum=0.9, nesterov=True), nesterov),
    "adam": (lambda: tf.optimizers.Adam(learning_rate=0.1), adam),
    "amsgrad": (lambda: tf.optimizers.Adam(0.1, amsgrad=True), amsgrad),
    "adamw": (lambda: tf.optimizers.AdamW(0.1), adamw),
    "rmsprop": (lambda: tf.optimizers.RMSprop(0.1), rmsprop),
    "centered": (lambda: tf.optimizers.RMSprop(0.1, momentum=0.5, centered=True), centered),
    "adagrad": (lambda: tf.optimizers.Adagrad(0.1), adagrad),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimisers_follow_their_rule(name: str, compiled: bool, rng: np.random.Generator) -> None:
    make, rule = OPTIMIZERS[name]
    start = [rng.standard_normal((2, 3)), rng.standard_normal(4)]
    variables = [tf.Variable(value) for value in start]
    optimizer = make()

    def step(first: Any, second: Any) -> None:
        optimizer.apply_gradients([(first, variables[0]), (second, variables[1])])

    run = tf.function(step) if compiled else step
    expected: list[Any] = [value.copy() for value in start]
    states: list[dict[str, Any]] = [{}, {}]
    for t in range(1, 6):
        gradients = [rng.standard_normal(value.shape) for value in start]
        run(*[tf.constant(g) for g in gradients])
        expected = [rule(*parts) for parts in zip(expected, gradients, [t, t], states, strict=True)]
        for variable, value in zip(variables, expected, strict=True):
            np.testing.assert_allclose(variable.numpy(), value, rtol=1e-9, atol=1e-10)
    assert int(optimizer.iterations) == 5
    if compiled:
        assert run.report().traces <= 2


def test_pairs_without_a_gradient() -> None:
    v, w = tf.Variable(1.0), tf.Variable(1.0)
    optimizer = tf.optimizers.SGD(learning_rate=0.5)
    optimizer.apply_gradients([(None, v), (tf.constant(1.0), w)])
    assert (float(v), float(w)) == (1.0, 0.5)
    with pytest.raises(ValueError, match="no variable has a gradient"):
        optimizer.apply_gradients([(None, v)])
    with pytest.raises(ShapeError, match=r"shape \(2,\) was given for a variable of shape \(\)"):
        optimizer.apply_gradients([(tf.constant([1.0, 2.0]), v)])


def test_clipping() -> None:
    def moved(**options: Any) -> list[float]:
        v, w = tf.Variable([0.0, 0.0]), tf.Variable(0.0)
        gradients = [tf.constant([3.0, 4.0]), tf.constant(12.0)]
        optimizer = tf.optimizers.SGD(1.0, **options)
        optimizer.apply_gradients(zip(gradients, [v, w], strict=True))
        return [*v.numpy().tolist(), float(w)]

    assert moved(clipvalue=3.5) == [-3.0, -3.5, -3.5]
    assert moved(clipnorm=1.0) == pytest.approx([-0.6, -0.8, -1.0])
    assert moved(global_clipnorm=6.5) == pytest.approx([-1.5, -2.0, -6.0])


def test_learning_rates_change() -> None:
    v = tf.Variable(0.0)
    optimizer = tf.optimizers.SGD(learning_rate=1.0)
    for rate in (0.5, 0.25):
        optimizer.learning_rate = rate
        optimizer.apply_gradients([(tf.constant(1.0), v)])
    assert float(v) == -0.75
    schedules = tf.keras.optimizers.schedules
    decay = schedules.ExponentialDecay(1.0, decay_steps=2, decay_rate=0.25, staircase=True)
    assert [decay(step) for step in range(4)] == [1.0, 1.0, 0.25, 0.25]
    for schedule in (decay, schedules.CosineDecay(1.0, 4, alpha=0.5)):
        v, optimizer = tf.Variable(0.0), tf.optimizers.SGD(schedule)
        for _ in range(3):
            optimizer.apply_gradients([(tf.constant(1.0), v)])
        assert float(v) == pytest.approx(-sum(schedule(step) for step in range(3)), rel=1e-6)


def test_minimising_and_constraints() -> None:
    v = tf.Variable(3.0, constraint=lambda x: tf.maximum(x, 1.0))
    optimizer = tf.keras.optimizers.get("sgd")
    optimizer.learning_rate = 0.25
    for _ in range(4):
        optimizer.minimize(lambda: v * v, [v])
    assert float(v) == 1.0
    with tf.GradientTape() as tape:
        loss = v * v
    optimizer.minimize(loss, [v], tape=tape)
    with pytest.raises(ValueError, match="pass a function as loss"):
        optimizer.minimize(loss, [v])


@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copied_optimiser_remembers_the_copied_variables(way: Callable[[Any], Any]) -> None:
    pair = (tf.optimizers.SGD(0.1, momentum=0.5), tf.Variable([1.0]))
    pair[0].apply_gradients([(tf.constant([1.0]), pair[1])])
    for optimizer, v in (way(pair), pair):
        optimizer.apply_gradients([(tf.constant([0.0]), v)])
        assert v.numpy().tolist() == pytest.approx([0.85])
