"""Layers and models: what they compute and hold, and how fit, evaluate and predict behave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert.tensorflow as tf
from wengert._base.errors import ShapeError, StateError

keras, layers = tf.keras, tf.keras.layers


@pytest.fixture(autouse=True)
def _same_names_and_numbers() -> None:
    keras.utils.clear_session()
    tf.random.set_seed(0)


def line(count: int = 96) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Points of y = 2 a - 3 b + 1."""
    x = np.random.default_rng(0).standard_normal((count, 2))
    return x, 2 * x[:, 0] - 3 * x[:, 1] + 1


def linear_model(**options: Any) -> Any:
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile(optimizer=tf.optimizers.SGD(learning_rate=0.1), loss="mse", **options)
    return model


# ---- layers -------------------------------------------------------------------------------------


def test_a_dense_network_is_its_formula(rng: np.random.Generator) -> None:
    model = keras.Sequential(
        [layers.Dense(10, activation="relu", input_shape=(5,)), layers.Dense(3), layers.Softmax()]
    )
    shapes = [tuple(v.shape) for v in model.trainable_variables]
    assert shapes == [(5, 10), (10,), (10, 3), (3,)]
    x = rng.standard_normal((7, 5)).astype("float32")
    a, b, c, d = model.get_weights()
    z = np.maximum(x @ a + b, 0) @ c + d
    expected = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    np.testing.assert_allclose(model(x).numpy(), expected, rtol=2e-5)
    assert b.tolist() == [0.0] * 10 and np.abs(a).max() <= (6 / 15) ** 0.5


def test_layers_are_built_by_their_first_call() -> None:
    layer = layers.Dense(4)
    assert layer.variables == [] and not layer.built
    assert layer(np.ones((2, 3))).shape == (2, 4)
    assert [tuple(v.shape) for v in layer.weights] == [(3, 4), (4,)]
    with pytest.raises(ShapeError, match="the input has shape"):
        layer(np.ones((2, 5)))
    assert layers.Dense(2, use_bias=False, input_dim=3).given_shape == (None, 3)
    with pytest.raises(ValueError, match="units must be a positive whole number, not 0"):
        layers.Dense(0)


def test_the_small_layers() -> None:
    x = tf.constant([[-1.0, 0.5], [2.0, 8.0]])
    assert layers.Activation("relu")(x).tolist() == [[0, 0.5], [2, 8]]
    assert layers.ReLU(max_value=6.0)(x).tolist() == [[0, 0.5], [2, 6]]
    assert layers.LeakyReLU(negative_slope=0.5)(x).tolist() == [[-0.5, 0.5], [2, 8]]
    assert layers.Lambda(lambda t: t + 1)(x).tolist() == [[0, 1.5], [3, 9]]
    assert layers.Rescaling(2.0, 1.0)(x).tolist() == [[-1, 2], [5, 17]]
    assert layers.Reshape((2, 1))(x).shape == (2, 2, 1)
    assert layers.Flatten()(tf.zeros((3, 2, 2))).shape == (3, 4)
    assert layers.Add()([x, x]).tolist() == [[-2, 1], [4, 16]]
    assert layers.Multiply()([x, x]).tolist() == [[1, 0.25], [4, 64]]
    assert layers.Concatenate()([x, x]).shape == (2, 4)
    assert layers.Embedding(5, 2)([[1, 4]]).shape == (1, 2, 2)


def test_dropout_is_for_training() -> None:
    layer = layers.Dropout(0.25)
    x = tf.ones((100, 100))
    assert layer(x).numpy().min() == 1.0
    dropped = layer(x, training=True).numpy()
    assert set(np.unique(dropped).tolist()) == {0.0, np.float32(1 / 0.75).item()}
    assert abs((dropped == 0).mean() - 0.25) < 0.02
    model = keras.Sequential([layers.Dropout(0.5)])
    assert model(x).numpy().min() == 1.0 and model(x, training=True).numpy().min() == 0.0


def test_normalisation(rng: np.random.Generator) -> None:
    x = rng.standard_normal((6, 3)).astype("float32") * 2 + 5
    layer = layers.BatchNormalization(momentum=0.5)
    found = layer(x, training=True).numpy()
    expected = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), x.mean(0) / 2, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.5 + x.var(0) / 2, rtol=1e-5)
    found = layer(x).numpy()
    expected = (x - x.mean(0) / 2) / np.sqrt(0.5 + x.var(0) / 2 + 1e-3)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert len(layer.trainable_variables) == 2 and len(layer.non_trainable_variables) == 2
    found = layers.LayerNormalization()(x).numpy()
    expected = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_statistics_of_a_batch_are_differentiated_and_their_means_are_not() -> None:
    layer, x = layers.BatchNormalization(), tf.constant([[1.0], [3.0], [8.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(x, training=True) * tf.constant([[1.0], [2.0], [4.0]]))
    slope = tape.gradient(y, x).numpy()
    assert abs(slope.sum()) < 1e-5 and np.abs(slope).max() > 0.01
    assert layer.moving_mean.grad_fn is None


def images(rng: np.random.Generator) -> np.ndarray[Any, Any]:
    return rng.standard_normal((2, 5, 6, 3)).astype("float32")


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, (2, 1)])
def test_convolution_is_its_sum(padding: str, strides: Any, rng: np.random.Generator) -> None:
    x = images(rng)
    layer = layers.Conv2D(4, (3, 2), strides, padding, bias_initializer="ones")
    found = layer(x).numpy()
    kernel, bias = layer.get_weights()
    down, right = (strides, strides) if isinstance(strides, int) else strides
    if padding == "same":
        rows = max((-(-5 // down) - 1) * down + 3 - 5, 0)
        columns = max((-(-6 // right) - 1) * right + 2 - 6, 0)
        borders = [(0, 0), (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)]
        x = np.pad(x, [*borders, (0, 0)])
        assert found.shape[1:3] == (-(-5 // down), -(-6 // right))
    for place in np.ndindex(found.shape[1:3]):
        i, j = place[0] * down, place[1] * right
        window = x[:, i : i + 3, j : j + 2]
        expected = np.einsum("bhwc,hwcf->bf", window, kernel) + bias
        np.testing.assert_allclose(found[:, place[0], place[1]], expected, atol=1e-5)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pooling(padding: str, rng: np.random.Generator) -> None:
    x = images(rng)
    largest = layers.MaxPooling2D(2, padding=padding)(x).numpy()
    mean = layers.AveragePooling2D((2, 2), padding=padding)(x).numpy()
    height = 3 if padding == "same" else 2
    assert largest.shape == mean.shape == (2, height, 3, 3)
    for i, j in np.ndindex((height, 3)):
        window = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        np.testing.assert_allclose(largest[:, i, j], window.max((1, 2)), rtol=1e-6)
        np.testing.assert_allclose(mean[:, i, j], window.mean((1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        layers.GlobalAveragePooling2D()(x).numpy(), x.mean((1, 2)), rtol=1e-4, atol=1e-6
    )
    assert layers.GlobalMaxPooling2D()(x).tolist() == x.max((1, 2)).tolist()
    with pytest.raises(ShapeError, match="expected an input with axes"):
        layers.MaxPooling2D()(x[0])
    with pytest.raises(ValueError, match="padding 'full'"):
        layers.MaxPooling2D(padding="full")


def test_layers_and_models_of_ones_own() -> None:
    class Twice(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner = [layers.Dense(2), layers.Dense(1)]
            self.scale = tf.Variable(2.0)
            self.fixed = tf.Variable(1.0, trainable=False)

        def call(self, inputs: Any, training: bool = False) -> Any:
            for layer in self.inner:
                inputs = layer(inputs)
            return inputs * self.scale * (10.0 if training else 1.0)

    class Whole(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.part = Twice()

        def call(self, inputs: Any) -> Any:
            return self.part(inputs)

    model, x = Whole(), np.ones((3, 4), "float32")
    quiet, loud = model(x), model(x, training=True)
    np.testing.assert_allclose(loud.numpy(), 10 * quiet.numpy(), rtol=1e-6)
    assert len(model.variables) == 6 and len(model.trainable_variables) == 5
    model.part.inner[0].trainable = False
    assert len(model.trainable_variables) == 3 and len(model.non_trainable_variables) == 3
    model.trainable = False
    assert model.trainable_variables == []
    names = [layers.Dense(1).name, layers.Dense(1).name, layers.MaxPooling2D().name]
    assert names == ["dense_2", "dense_3", "max_pooling2d"]


def test_forgetting_the_constructor_is_said() -> None:
    class Forgetful(layers.Layer):
        def __init__(self) -> None:
            self.units = 3

    with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\) at the start"):
        Forgetful()(np.ones((1, 1)))
    with pytest.raises(NotImplementedError, match="has no call"):
        layers.Layer()(np.ones((1, 1)))


# ---- models -------------------------------------------------------------------------------------


def test_a_sequential_model() -> None:
    model = keras.Sequential(name="net")
    model.add(keras.Input(shape=(4, 4, 1)))
    model.add(layers.Flatten())
    model.add(layers.Dense(2))
    assert len(model.layers) == 2 and model.count_params() == 34
    assert model.get_layer("dense") is model.layers[1] is model.get_layer(index=1)
    model.pop()
    assert len(model.layers) == 1
    later = keras.Sequential([layers.Dense(2)])
    assert later.trainable_variables == []
    later.build((None, 3))
    assert len(later.trainable_variables) == 2
    with pytest.raises(TypeError, match="function is not a layer"):
        keras.Sequential([lambda x: x])
    with pytest.raises(
        ShapeError, match=r"max_pooling2d does not fit an input of shape \(None, 1\)"
    ):
        keras.Sequential(
            [layers.Dense(1, input_shape=(2,)), layers.MaxPooling2D(), layers.Dense(1)]
        )


def test_a_summary() -> None:
    model = keras.Sequential([layers.Dense(3, input_shape=(2,)), layers.BatchNormalization()])
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert lines[0].splitlines() == [
        'Model: "sequential"',
        "Layer (type)                                Parameters",
        "dense (Dense)                                        9",
        "batch_normalization (BatchNormalization)            12",
        "Total: 21 parameters, 15 of them trainable",
    ]


def test_weights_go_out_and_in() -> None:
    model, other = linear_model(), linear_model()
    other.set_weights([np.array([[5.0], [6.0]]), np.array([7.0])])
    model.set_weights(other.get_weights())
    assert [w.tolist() for w in model.get_weights()] == [[[5.0], [6.0]], [7.0]]
    with pytest.raises(StateError, match="has 2 variables, but 1 arrays were given"):
        model.set_weights([np.zeros((2, 1))])


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_finds_the_line(compiled: bool) -> None:
    x, y = line()
    model = linear_model(metrics=["mae"], jit_compile=compiled)
    history = model.fit(x, y, epochs=12, batch_size=16, verbose=0)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose([*kernel[:, 0], *bias], [2, -3, 1], atol=1e-3)
    assert list(history.history) == ["loss", "mae"] and history.epoch == list(range(12))
    losses = history.history["loss"]
    assert len(losses) == 12 and losses[-1] < 1e-4 < losses[0]
    assert model.history is history


def test_a_compiled_fit_equals_an_eager_one() -> None:
    x, y = line(90)
    found: list[Any] = []
    for compiled in (False, True):
        tf.random.set_seed(1)
        model = keras.Sequential(
            [layers.Dense(8, "tanh", input_shape=(2,)), layers.Dropout(0.2), layers.Dense(1)]
        )
        model.compile("adam", "mse", metrics=["mae"], jit_compile=compiled)
        history = model.fit(x, y, epochs=4, batch_size=32, verbose=0, validation_split=0.2)
        found.append((history.history, model.get_weights()))
        if compiled:
            assert model._book.step.report().traces <= 4
    for name, values in found[0][0].items():
        np.testing.assert_allclose(found[1][0][name], values, rtol=1e-5)
    for first, second in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(second, first, atol=1e-5)


def test_the_loss_of_an_epoch_is_the_mean_over_samples() -> None:
    x, y = line(50)
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile(tf.optimizers.SGD(learning_rate=0.0), "mse")
    expected = ((model.predict(x, verbose=0)[:, 0] - y) ** 2).mean()
    history = model.fit(x, y, batch_size=32, verbose=0)
    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(x, y, batch_size=7, verbose=0) == pytest.approx(expected, rel=1e-5)
    weight = np.linspace(0, 1, 50)
    weighted = (((model.predict(x, verbose=0)[:, 0] - y) ** 2) * weight).mean()
    model.compile("sgd", "mse", metrics=["mse"], weighted_metrics=["mse"])
    found = model.evaluate(x, y, sample_weight=weight, batch_size=50, verbose=0)
    assert found == pytest.approx([weighted, expected, weighted / weight.mean()], rel=1e-5)


def test_the_validation_rows_are_the_last_and_never_trained_on() -> None:
    x, y = line(40)
    y[30:] = 1e6
    model = linear_model()
    history = model.fit(x, y, epochs=3, validation_split=0.25, verbose=0)
    assert history.history["loss"][-1] < 10 and history.history["val_loss"][-1] > 1e11
    model.fit(x[:30], y[:30], validation_data=(x[30:], y[30:]), verbose=0)
    with pytest.raises(ValueError, match="between 0 and 1, not 1"):
        model.fit(x, y, validation_split=1.0, verbose=0)


def test_rows_are_shuffled_by_the_seed() -> None:
    class Remembers(keras.Model):
        seen: list[Any]

        def train_step(self, data: Any) -> dict[str, float]:
            self.seen.append(data[0].numpy()[:, 0].tolist())
            return super().train_step(data)

        def call(self, inputs: Any) -> Any:
            return inputs

    def order(seed: int, shuffle: bool) -> list[Any]:
        tf.random.set_seed(seed)
        model = Remembers()
        model.scale = tf.Variable(1.0)
        model.call = lambda inputs: inputs * model.scale
        model.seen = []
        model.compile("sgd", "mse")
        rows = np.arange(6.0)[:, None]
        model.fit(rows, rows, batch_size=4, shuffle=shuffle, verbose=0)
        return model.seen

    assert order(1, False) == [[0, 1, 2, 3], [4, 5]]
    assert order(1, True) == order(1, True) != order(2, True)
    assert sorted(row for batch in order(1, True) for row in batch) == [0, 1, 2, 3, 4, 5]


def test_classes_and_accuracy() -> None:
    x = np.random.default_rng(1).standard_normal((120, 2))
    y = (x[:, 0] > x[:, 1]).astype(int)
    for units, activation, loss, target in (
        (2, "softmax", "sparse_categorical_crossentropy", y),
        (2, "softmax", "categorical_crossentropy", keras.utils.to_categorical(y)),
        (1, "sigmoid", "binary_crossentropy", y),
    ):
        model = keras.Sequential([layers.Dense(units, activation, input_shape=(2,))])
        model.compile(tf.optimizers.Adam(0.1), loss, metrics=["accuracy"])
        history = model.fit(x, target, epochs=15, verbose=0)
        assert history.history["accuracy"][-1] > 0.95
        assert model.evaluate(x, target, verbose=0)[1] > 0.95
        numbers = model.evaluate(x, target, verbose=0, return_dict=True)
        assert list(numbers) == ["loss", "accuracy"]
        found = model.predict(x[:7], batch_size=2, verbose=0)
        assert isinstance(found, np.ndarray) and found.shape == (7, units)


def test_batches_from_an_iterable() -> None:
    x, y = line(60)
    batches = [(x[k : k + 20], y[k : k + 20]) for k in range(0, 60, 20)]
    model = linear_model()
    history = model.fit(batches, epochs=25, verbose=0)
    assert history.history["loss"][-1] < 1e-3
    assert model.evaluate(batches, verbose=0) < 1e-3
    assert model.predict([[1.0, 1.0]], verbose=0)[0, 0] == pytest.approx(0.0, abs=0.1)

    def endless() -> Any:
        while True:
            yield batches[0]

    assert len(model.fit(endless(), steps_per_epoch=5, verbose=0).history["loss"]) == 1
    with pytest.raises(ValueError, match="there is no batch in the data"):
        model.fit(iter([]), verbose=0)


def test_regularisers_count_in_the_loss() -> None:
    model = keras.Sequential(
        [layers.Dense(1, kernel_initializer="ones", kernel_regularizer="l2", input_shape=(2,))]
    )
    model.compile("sgd", "mse")
    assert model.evaluate(np.zeros((1, 2)), np.zeros(1), verbose=0) == pytest.approx(0.02)
    assert float(model.losses[0]) == pytest.approx(0.02)


def test_callbacks_and_early_stopping() -> None:
    x, y = line(32)
    events: list[str] = []

    class Records(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            events.append(f"begin {self.params['epochs']}")

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            events.append(f"{epoch} {sorted(logs)}")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            events.append(f"batch {batch}")

        def on_train_end(self, logs: Any = None) -> None:
            events.append("end")

    linear_model().fit(x, y, batch_size=16, epochs=1, callbacks=[Records()], verbose=0)
    assert events == ["begin 1", "batch 0", "batch 1", "0 ['loss']", "end"]
    model = linear_model()
    stopping = keras.callbacks.EarlyStopping(
        monitor="loss", patience=2, min_delta=1e-3, restore_best_weights=True
    )
    history = model.fit(x, y, epochs=100, callbacks=[stopping], verbose=0)
    assert 3 < len(history.epoch) < 100
    with pytest.raises(ValueError, match="there is no 'val_loss' among"):
        model.fit(x, y, callbacks=[keras.callbacks.EarlyStopping()], verbose=0)
    rates: list[float] = []
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    noted = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(model.optimizer.learning_rate)
    )
    model.fit(x, y, epochs=2, callbacks=[schedule, noted], verbose=0)
    assert rates == [0.05, 0.025]
    with pytest.raises(TypeError, match="'on_epoch' is not called by fit"):
        keras.callbacks.LambdaCallback(on_epoch=print)


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = line(64)
    model = linear_model()
    model.fit(x, y, epochs=2, batch_size=32)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2"
    assert lines[1].startswith("2/2 ━━━━━━━━━━━━━━━━━━━━ 0s") and "- loss: " in lines[1]
    model.evaluate(x, y, verbose=2)
    assert capsys.readouterr().out.startswith("2/2 - 0s")
    model.fit(x, y, verbose=0)
    assert capsys.readouterr().out == ""


def test_errors_of_models() -> None:
    x, y = line(8)
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    with pytest.raises(StateError, match=r"fit: call model\.compile\(optimizer="):
        model.fit(x, y)
    model = linear_model()
    with pytest.raises(ShapeError, match=r"the same number of samples, not \[7, 8\]"):
        model.fit(x, y[:7], verbose=0)
    with pytest.raises(ValueError, match="'nadamax' is not the name of a optimizer"):
        model.compile(optimizer="nadamax", loss="mse")


def test_training_by_hand() -> None:
    x, y = line()
    model = keras.Sequential([layers.Dense(1, input_shape=(2,))])
    optimizer = tf.optimizers.Adam(learning_rate=0.1)
    for _ in range(150):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.losses.mean_squared_error(y, model(x)))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
    np.testing.assert_allclose(model.get_weights()[0][:, 0], [2, -3], atol=1e-2)
    numbers = linear_model(metrics=["mae"]).train_on_batch(x, y)
    assert len(numbers) == 2
