"""TensorFlow's functions against NumPy's, and what they make of numbers, lists and arrays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert.tensorflow as tf
from wengert._base.errors import DtypeError, ShapeError
from wengert.tensorflow import _arithmetic, _arrays

X = np.array([[0.3, -1.2, 2.5], [0.9, 1.7, -0.4]])
Y = np.array([[1.5, 0.2, -0.7], [2.0, -1.1, 0.6]])
P = np.abs(X) + 0.1

# name: (arguments, what NumPy says)
CASES: dict[str, tuple[tuple[Any, ...], Any]] = {
    "add": ((X, Y), X + Y),
    "subtract": ((X, Y), X - Y),
    "multiply": ((X, Y), X * Y),
    "divide": ((X, Y), X / Y),
    "math.floordiv": ((X, Y), X // Y),
    "math.mod": ((X, Y), X % Y),
    "pow": ((P, Y), P**Y),
    "maximum": ((X, Y), np.maximum(X, Y)),
    "minimum": ((X, Y), np.minimum(X, Y)),
    "atan2": ((X, Y), np.arctan2(X, Y)),
    "negative": ((X,), -X),
    "abs": ((X,), np.abs(X)),
    "sign": ((X,), np.sign(X)),
    "square": ((X,), X * X),
    "sqrt": ((P,), np.sqrt(P)),
    "math.rsqrt": ((P,), 1 / np.sqrt(P)),
    "math.reciprocal": ((P,), 1 / P),
    "exp": ((X,), np.exp(X)),
    "math.expm1": ((X,), np.expm1(X)),
    "math.log": ((P,), np.log(P)),
    "math.log1p": ((P,), np.log1p(P)),
    "sin": ((X,), np.sin(X)),
    "cos": ((X,), np.cos(X)),
    "tan": ((X,), np.tan(X)),
    "asin": ((X / 3,), np.arcsin(X / 3)),
    "acos": ((X / 3,), np.arccos(X / 3)),
    "atan": ((X,), np.arctan(X)),
    "sinh": ((X,), np.sinh(X)),
    "cosh": ((X,), np.cosh(X)),
    "tanh": ((X,), np.tanh(X)),
    "sigmoid": ((X,), 1 / (1 + np.exp(-X))),
    "math.softplus": ((X,), np.log1p(np.exp(X))),
    "floor": ((X,), np.floor(X)),
    "math.ceil": ((X,), np.ceil(X)),
    "round": ((X,), np.round(X)),
    "equal": ((X, X), np.ones_like(X, bool)),
    "not_equal": ((X, Y), X != Y),
    "less": ((X, Y), X < Y),
    "less_equal": ((X, Y), X <= Y),
    "greater": ((X, Y), X > Y),
    "greater_equal": ((X, Y), X >= Y),
    "logical_and": ((X > 0, Y > 0), (X > 0) & (Y > 0)),
    "logical_or": ((X > 0, Y > 0), (X > 0) | (Y > 0)),
    "logical_not": ((X > 0,), ~(X > 0)),
    "math.squared_difference": ((X, Y), (X - Y) ** 2),
    "add_n": (([X, Y, X],), 2 * X + Y),
    "clip_by_value": ((X, -0.5, 1.0), np.clip(X, -0.5, 1.0)),
    "clip_by_norm": ((X, 1.0), X / np.linalg.norm(X)),
    "matmul": ((X, Y.T), X @ Y.T),
    "linalg.matvec": ((X, Y[0]), X @ Y[0]),
    "tensordot": ((X, Y, [[0], [0]]), np.tensordot(X, Y, [[0], [0]])),
    "reduce_sum": ((X,), X.sum()),
    "reduce_mean": ((X, 1), X.mean(1)),
    "reduce_max": ((X, 0), X.max(0)),
    "reduce_min": ((X, -1, True), X.min(-1, keepdims=True)),
    "reduce_any": ((X > 2, 1), (X > 2).any(1)),
    "reduce_all": ((X > -1, 1), (X > -1).all(1)),
    "math.reduce_variance": ((X, 1), X.var(1)),
    "math.reduce_std": ((X,), X.std()),
    "reduce_logsumexp": ((X, 1), np.log(np.exp(X).sum(1))),
    "norm": ((X, "euclidean", 1), np.linalg.norm(X, axis=1)),
    "cumsum": ((X, 1), X.cumsum(1)),
    "argmax": ((X, 1), X.argmax(1)),
    "argmin": ((X,), X.argmin(0)),
    "argsort": ((X, 1, "DESCENDING"), np.argsort(-X, 1)),
    "sort": ((X,), np.sort(X, -1)),
    "where": ((X > 0, X, Y), np.where(X > 0, X, Y)),
    "reshape": ((X, [3, -1]), X.reshape(3, -1)),
    "transpose": ((X,), X.T),
    "expand_dims": ((X, 1), X[:, None]),
    "squeeze": ((X[None], 0), X),
    "broadcast_to": ((X[:1], [4, 3]), np.broadcast_to(X[:1], (4, 3))),
    "tile": ((X, [2, 1]), np.tile(X, [2, 1])),
    "concat": (([X, Y], 0), np.concatenate([X, Y])),
    "stack": (([X, Y], 1), np.stack([X, Y], 1)),
    "reverse": ((X, [1]), X[:, ::-1]),
    "pad": ((X, [[1, 0], [0, 2]]), np.pad(X, [[1, 0], [0, 2]])),
    "gather": ((X, [[2, 0], [1, 1]], 1), X[:, [[2, 0], [1, 1]]]),
    "boolean_mask": ((X, X > 0), X[X > 0]),
    "identity": ((X,), X),
    "ones_like": ((X,), np.ones_like(X)),
    "zeros_like": ((X,), np.zeros_like(X)),
    "nn.relu": ((X,), np.maximum(X, 0)),
    "nn.leaky_relu": ((X,), np.where(X > 0, X, 0.2 * X)),
    "nn.softmax": ((X,), np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
    "nn.log_softmax": ((X, 0), X - np.log(np.exp(X).sum(0))),
    "nn.l2_loss": ((X,), (X * X).sum() / 2),
    "nn.l2_normalize": ((X, 1), X / np.linalg.norm(X, axis=1, keepdims=True)),
    "nn.bias_add": ((X, Y[0]), X + Y[0]),
    "nn.silu": ((X,), X / (1 + np.exp(-X))),
}


def named(name: str) -> Any:
    found: Any = tf
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", CASES)
def test_against_numpy(name: str) -> None:
    arguments, expected = CASES[name]
    found = named(name)(*arguments, name="a_name_that_is_ignored")
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)
    assert found.numpy().shape == np.shape(expected)
    assert found.numpy().dtype.kind == np.asarray(expected).dtype.kind


def test_every_function_is_compared_or_tested_below() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    compared = {case.rpartition(".")[2] for case in CASES}
    for name in (*_arithmetic.__all__, *_arrays.__all__):
        assert name in compared or re.search(rf"tf\.(math\.|linalg\.)?{name}\(", here), name


def test_python_numbers_take_the_dtype_beside_them() -> None:
    x = tf.constant(np.array([0.1]))
    assert tf.multiply(x, 0.1).numpy()[0] == 0.1 * 0.1
    assert tf.add([0.1], x).dtype == tf.float64
    assert tf.add(1, 2).dtype == tf.int32 and tf.add(1.0, 2).dtype == tf.float32
    assert tf.constant([1, 2]).dtype == tf.int32
    assert tf.constant(np.arange(2)).dtype == tf.int64
    assert tf.constant(1.5, dtype=tf.float64).dtype == tf.float64
    assert tf.constant([True]).dtype == tf.bool
    assert tf.reduce_sum([1, 2]).dtype == tf.int32
    with pytest.raises(DtypeError, match="does not fit into int32"):
        tf.constant(2**40)


def test_a_list_of_tensors_is_stacked_and_recorded() -> None:
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.convert_to_tensor([x, [x * x][0], 1.0]))
    assert float(tape.gradient(y, x)) == 7.0


def test_making_tensors() -> None:
    assert tf.zeros((2,)).dtype == tf.float32 and tf.ones([2], "int32").tolist() == [1, 1]
    assert tf.fill([2, 1], 7).tolist() == [[7], [7]]
    assert tf.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert tf.range(5).tolist() == [0, 1, 2, 3, 4] and tf.range(5).dtype == tf.int32
    assert tf.range(2, 8, 3).tolist() == [2, 5] and tf.range(0.0, 1.0, 0.5).dtype == tf.float32
    assert tf.linspace(0.0, 1.0, 5).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert tf.constant(3.0, shape=[2, 2]).tolist() == [[3, 3], [3, 3]]
    assert tf.constant([1, 2, 3, 4], shape=[2, 2]).tolist() == [[1, 2], [3, 4]]
    assert tf.cast([1.7], tf.int32).tolist() == [1]
    x = tf.zeros((2, 3))
    assert tf.shape(x).tolist() == [2, 3] and int(tf.rank(x)) == 2 and int(tf.size(x)) == 6
    assert tf.reshape(x, tf.reverse(tf.shape(x), [0])).shape == (3, 2)
    assert tf.is_tensor(x) and not tf.is_tensor(np.zeros(2))


def test_parts_and_positions() -> None:
    assert [part.tolist() for part in tf.split([1, 2, 3, 4], [1, 3])] == [[1], [2, 3, 4]]
    assert [part.tolist() for part in tf.unstack([[1, 2], [3, 4]], axis=1)] == [[1, 3], [2, 4]]
    with pytest.raises(ShapeError, match="3 elements cannot be split into 2"):
        tf.split([1, 2, 3], 2)
    with pytest.raises(ShapeError, match=r"axes \[0\] of shape \(2, 1\) are not all 1"):
        tf.squeeze([[1], [2]], 0)
    assert tf.where([False, True, True]).tolist() == [[1], [2]]
    assert tf.one_hot([2, 0], 3, on_value=5.0, off_value=-1.0).tolist() == [
        [-1, -1, 5],
        [5, -1, -1],
    ]
    assert tf.one_hot([1], 2, axis=0).shape == (2, 1)
    grids = tf.meshgrid([1, 2], [3, 4, 5])
    expected = np.meshgrid([1, 2], [3, 4, 5])
    assert [g.tolist() for g in grids] == [g.tolist() for g in expected]
    grids = tf.meshgrid([1, 2], [3, 4, 5], indexing="ij")
    assert grids[1].tolist() == [[3, 4, 5], [3, 4, 5]]


def test_several_tensors_shortened_together() -> None:
    found, length = tf.clip_by_global_norm([[3.0], None, [4.0]], 1.0)
    assert float(length) == 5.0 and float(tf.linalg.global_norm([[3.0], [4.0]])) == 5.0
    np.testing.assert_allclose([found[0].tolist()[0], found[2].tolist()[0]], [0.6, 0.8], rtol=1e-6)
    assert found[1] is None


def test_complex_numbers() -> None:
    z = tf.constant(np.array([1 + 2j]))
    assert tf.math.real(z).tolist() == [1] and tf.math.imag(z).tolist() == [2]
    assert tf.math.conj(z).tolist() == [1 - 2j]
    x = np.array([[1 + 1j, 2]])
    assert tf.matmul(x, x, adjoint_b=True).tolist() == (x @ x.conj().T).tolist()
    assert tf.matmul(x, x, transpose_a=True).tolist() == (x.T @ x).tolist()


def test_numbers_that_are_none() -> None:
    x = [1.0, float("nan"), float("inf")]
    assert tf.math.is_nan(x).tolist() == [False, True, False]
    assert tf.math.is_inf(x).tolist() == [False, False, True]
    assert tf.math.is_finite(x).tolist() == [True, False, False]
    assert tf.math.erf(0.0).item() == 0.0


def test_losses_of_logits() -> None:
    logits, labels = X, np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    found = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
    np.testing.assert_allclose(found.numpy(), -(labels * logs).sum(-1), rtol=1e-12)
    found = tf.nn.sparse_softmax_cross_entropy_with_logits([1, 2], logits)
    np.testing.assert_allclose(found.numpy(), [-logs[0, 1], -logs[1, 2]], rtol=1e-12)
    found = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    p = 1 / (1 + np.exp(-logits))
    expected = -labels * np.log(p) - (1 - labels) * np.log(1 - p)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


def test_random_numbers_and_seeds() -> None:
    tf.random.set_seed(3)
    first = [tf.random.normal([4]).tolist(), tf.random.uniform([4], seed=7).tolist()]
    again = tf.random.uniform([4], seed=7).tolist()
    tf.random.set_seed(3)
    assert [tf.random.normal([4]).tolist(), tf.random.uniform([4], seed=7).tolist()] == first
    assert again != first[1]
    tf.random.set_seed(4)
    assert tf.random.uniform([4], seed=7).tolist() != first[1]
    drawn = tf.random.normal([20_000], 5.0, 2.0).numpy()
    assert abs(drawn.mean() - 5) < 0.06 and abs(drawn.std() - 2) < 0.05
    whole = tf.random.uniform([2000], -3, 3, tf.int32)
    assert whole.dtype == tf.int32 and set(whole.tolist()) == set(range(-3, 3))
    wide = tf.random.uniform([2000], 2.0, 6.0).numpy()
    assert wide.min() >= 2 and wide.max() < 6 and abs(wide.mean() - 4) < 0.2
    assert sorted(tf.random.shuffle([1, 2, 3]).tolist()) == [1, 2, 3]
    with pytest.raises(ValueError, match="needs maxval"):
        tf.random.uniform([2], dtype=tf.int32)


def test_what_is_not_there_says_so() -> None:
    with pytest.raises(NotImplementedError, match="mode 'REFLECT' is not available"):
        tf.pad([1.0], [[1, 1]], mode="REFLECT")
    with pytest.raises(NotImplementedError, match="batch_dims is not available"):
        tf.gather([[1.0]], [0], batch_dims=1)


def test_a_stopped_gradient_is_a_constant() -> None:
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        stopped = tf.stop_gradient(x * x)
        y = x * stopped
    assert float(tape.gradient(y, x)) == 9.0
    assert float(tape.gradient(y, stopped)) == 3.0


def test_gradients_pass_through_tensorflows_names() -> None:
    x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.square(tf.matmul(x, x, transpose_b=True))) + tf.reduce_max(x)
    found = tape.gradient(y, x).numpy()
    a = x.numpy().astype(float)
    expected = 4 * (a @ a.T) @ a + np.array([[0, 0], [0, 1]])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_functions_are_compiled_under_tensorflows_name() -> None:
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.square(v) * x)
        v.assign_sub(tape.gradient(y, v) * 0.5)
        return y

    x = tf.constant([0.5, 0.25])
    assert [float(step(x)) for _ in range(2)] == [1.5, 0.6875]
    assert v.numpy().tolist() == [0.25, 1.125]
    assert step.report().traces == 1
    plain = tf.function(lambda a: a * 2.0, jit_compile=True)
    assert float(plain(tf.constant(4.0))) == 8.0


def test_what_tensors_of_the_front_end_do_as_wengerts() -> None:
    x = tf.constant([1.0, 2.0])
    assert repr(x) == "tensor([1., 2.])"
    assert (tf.constant([1, 2]) * tf.constant(np.array([0.5, 0.5]))).dtype == tf.float64
    with pytest.raises(ValueError, match="negative step is not supported; use flip"):
        x[::-1]
