"""Variables: values, assignment, copies, and what they refuse."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import wengert
import wengert.tensorflow as tf
from wengert._base.errors import DtypeError, ShapeError


def test_values_and_dtypes() -> None:
    assert tf.Variable(3.0, trainable=True).dtype == tf.float32
    assert tf.Variable(3).dtype == tf.int32
    assert tf.Variable(np.arange(3.0)).dtype == tf.float64
    assert tf.Variable([1, 2], dtype=tf.float64).numpy().tolist() == [1.0, 2.0]
    assert tf.Variable(lambda: [1.0]).shape == (1,)
    assert tf.Variable(1.0, name="w").name == "w:0" and not tf.Variable(1.0).requires_grad
    with pytest.raises(ValueError, match="needs an initial value"):
        tf.Variable()
    with pytest.raises(ShapeError, match=r"has shape \(1,\), not \(2,\)"):
        tf.Variable([1.0], shape=(2,))


def test_how_it_prints() -> None:
    assert repr(tf.Variable(3.0)) == "<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=3.0>"
    assert repr(tf.Variable([[1, 2]], name="k")) == (
        "<tf.Variable 'k:0' shape=(1, 2) dtype=int32, numpy=\n[[1, 2]]>"
    )


def test_assignment() -> None:
    v = tf.Variable([1.0, 2.0])
    assert v.assign([3.0, 4.0]) is v
    assert v.assign_add([1.0, 1.0]) is v and v.assign_sub(np.array([0.5, 0.5])) is v
    assert v.numpy().tolist() == [3.5, 4.5] and v.dtype == tf.float32
    v.assign(tf.constant([1, 2]))
    assert v.dtype == tf.float32
    count = tf.Variable(5)
    count.assign_add(2)
    assert int(count) == 7
    with pytest.raises(ShapeError) as shapes:
        v.assign([1.0, 2.0, 3.0])
    assert str(shapes.value) == (
        "Variable:0: a value of shape (3,) was assigned to a variable of shape (2,)."
    )
    with pytest.raises(DtypeError, match="a float32 value was assigned to a int32 variable"):
        count.assign(tf.constant(1.5))


def test_what_was_read_stays_what_it_was() -> None:
    v = tf.Variable([1.0, 2.0])
    array, part, value, shaped = v.numpy(), v[0], v.read_value(), tf.reshape(v, [2, 1])
    v.assign([7.0, 8.0])
    array[0] = 100.0
    assert float(part) == 1.0 and value.tolist() == [1, 2] and shaped.tolist() == [[1], [2]]
    assert v.numpy().tolist() == [7, 8] and v.value().tolist() == [7, 8]
    source = tf.constant([1.0, 1.0])
    v.assign(source)
    v.assign_add([1.0, 1.0])
    assert source.tolist() == [1, 1]


def test_operators_do_not_rebind_it() -> None:
    v = tf.Variable(1.0)
    for change in ("v += 1", "v -= 1", "v *= 2", "v /= 2", "v **= 2", "v //= 2"):
        with pytest.raises(TypeError, match=r"Write v\.assign_add\(x\)"):
            exec(change, {"v": v})


def test_it_is_not_made_while_tracing() -> None:
    @wengert.jit(backend="numpy")
    def step(x: Any) -> Any:
        return x * tf.Variable(1.0)

    with pytest.raises(RuntimeError, match="cannot be made inside a traced function"):
        step(tf.constant(1.0))


def test_copies() -> None:
    v = tf.Variable([1.0, 2.0], trainable=False, name="w")
    for made in (copy.deepcopy(v), pickle.loads(pickle.dumps(v)), copy.copy(v)):
        assert isinstance(made, tf.Variable) and made.name == "w:0" and not made.trainable
        assert made.numpy().tolist() == [1, 2]


def test_compiled_assignment_is_seen_outside_and_before() -> None:
    v = tf.Variable([1.0, 2.0])
    double = tf.function(lambda: v.assign(v * 2.0))
    before = v.numpy()
    double()
    v.assign_add([1.0, 1.0])
    double()
    assert v.numpy().tolist() == [6.0, 10.0] and before.tolist() == [1.0, 2.0]
