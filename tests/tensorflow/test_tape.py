"""GradientTape: what it watches, what it answers, and that nothing outside of it is recorded."""

from __future__ import annotations

import re
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import wengert
import wengert.tensorflow as tf
from wengert import func
from wengert._base.errors import DifferentiationError, InplaceError, ShapeError


def number(x: Any) -> float:
    return float(x)


# ---- the tutorial's programs --------------------------------------------------------------------


def test_a_constant_that_nobody_watched() -> None:
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        y = x**2
    assert number(tape.gradient(y, x)) == 4.0


def test_a_second_derivative_of_a_constant() -> None:
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x**3
        slope = inner.gradient(y, x)
    assert (number(slope), number(outer.gradient(slope, x))) == (12.0, 12.0)


def test_variables_lists_and_nested_structures() -> None:
    w, b, x = tf.Variable(3.0, trainable=True), tf.Variable(1.0), tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = w * w * x + b
    grad_w, grad_b = tape.gradient(y, [w, b])
    assert (number(grad_w), number(grad_b)) == (18.0, 2.0)
    nested = tape.gradient(y, {"all": (w, [b, x])})
    assert number(nested["all"][0]) == 18.0 and number(nested["all"][1][0]) == 2.0
    assert nested["all"][1][1].numpy().tolist() == [9.0, 9.0]


def test_gradients_of_several_targets_are_added_with_their_weights() -> None:
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        a, b = x * 2.0, x * x
    assert number(tape.gradient([a, b], x)) == 8.0
    assert number(tape.gradient([a, b], x, output_gradients=[10.0, None])) == 26.0
    with pytest.raises(ShapeError, match="2 output gradients were given for 1 targets"):
        tape.gradient(a, x, output_gradients=[1.0, 2.0])
    with pytest.raises(ShapeError, match=r"of shape \(2,\) was given for a target of shape \(\)"):
        tape.gradient(a, x, output_gradients=tf.constant([1.0, 2.0]))


def test_third_derivatives() -> None:
    x = tf.Variable(2.0)
    with tf.GradientTape() as t3, tf.GradientTape() as t2, tf.GradientTape() as t1:
        y = x**5
        first = t1.gradient(y, x)
        second = t2.gradient(first, x)
        third = t3.gradient(second, x)
    assert [number(d) for d in (first, second, third)] == [80.0, 160.0, 240.0]


# ---- once, or persistent ------------------------------------------------------------------------


def test_a_tape_answers_once() -> None:
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError) as caught:
        tape.gradient(y, x)
    assert str(caught.value) == (
        "GradientTape: a tape answers one gradient() or jacobian(), and this one has. Make it with "
        "GradientTape(persistent=True) to ask again."
    )
    with pytest.raises(RuntimeError):
        tape.jacobian(y, x)


def test_a_persistent_tape_answers_again_and_for_intermediates() -> None:
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        z = y * y
    assert number(tape.gradient(z, x)) == 108.0
    assert number(tape.gradient(y, x)) == 6.0
    assert number(tape.gradient(z, y)) == 18.0


def test_asking_inside_the_block_ends_the_recording() -> None:
    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = x * x
        slope = tape.gradient(y, x)
        assert not wengert._record.modes.current().scope
    assert number(slope) == 6.0


def test_a_persistent_tape_records_its_own_answers() -> None:
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x**3
        slope = tape.gradient(y, x)
    assert number(tape.gradient(slope, x)) == 12.0


# ---- what is connected --------------------------------------------------------------------------


def test_what_is_not_connected() -> None:
    x, other, whole = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0]), tf.Variable(3)
    with tf.GradientTape(persistent=True) as tape:
        y = x * 2.0
        z = tf.constant(1.0) * 5
        _ = other * 1.0
    assert tape.gradient(y, [other, whole]) == [None, None]
    assert tape.gradient(z, x) is None
    zeros = tape.gradient(y, other, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert zeros.numpy().tolist() == [0.0, 0.0]
    assert tape.gradient(y, other, unconnected_gradients="zero").shape == (2,)
    assert tape.jacobian(y, other) is None
    assert tape.jacobian(y, other, unconnected_gradients="zero").shape == (2, 2)
    with pytest.raises(ValueError, match="unconnected"):
        tape.gradient(y, other, unconnected_gradients="unconnected")


def test_an_operation_outside_the_block_is_not_recorded() -> None:
    x = tf.Variable(3.0)
    before = x * x
    with tf.GradientTape(persistent=True) as tape:
        y = before * x
    after = y * y
    assert number(tape.gradient(y, x)) == 9.0
    assert number(tape.gradient(y, before)) == 3.0
    assert tape.gradient(after, x) is None


def test_an_inner_tape_knows_its_own_block_only() -> None:
    x = tf.Variable(3.0)
    with tf.GradientTape() as outer:
        z = x * x
        with tf.GradientTape() as inner:
            y = z * x
        part = inner.gradient(y, x)
        whole = part * x
    assert number(part) == 9.0
    assert number(outer.gradient(whole, x)) == 27.0


def test_untrainable_variables_and_explicit_watching() -> None:
    fixed, x = tf.Variable(2.0, trainable=False), tf.constant(3.0)
    with tf.GradientTape() as tape:
        y = fixed * x
    assert [g and number(g) for g in tape.gradient(y, [fixed, x])] == [None, 2.0]
    with tf.GradientTape() as tape:
        tape.watch(fixed)
        y = fixed * x
    assert number(tape.gradient(y, fixed)) == 3.0
    trained = tf.Variable(5.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x])
        y = trained * x * fixed
    assert [g and number(g) for g in tape.gradient(y, [trained, x, fixed])] == [None, 10.0, None]


def test_watched_variables() -> None:
    a, b, c = tf.Variable(1.0), tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape() as tape:
        _ = a * c * tf.constant(1.0)
    assert [v is w for v, w in zip(tape.watched_variables(), [a, c], strict=True)] == [True, True]
    assert b is not a


def test_errors_of_watch() -> None:
    tape = tf.GradientTape()
    with pytest.raises(DifferentiationError, match=r"watch: the tape is not recording\. Call it"):
        tape.watch(tf.constant(1.0))
    with tape:
        with pytest.raises(ValueError, match="already recording"):
            tape.__enter__()
        with pytest.raises(ValueError, match="expected a tensor, not float"):
            tape.watch(1.0)
        with pytest.raises(TypeError, match="int32 tensor has no derivative"):
            tape.watch(tf.constant(1))
    with pytest.raises(TypeError, match="a source must be a tensor or a variable, not float"):
        tape.gradient(tf.constant(1.0), 1.0)


def test_stop_recording_and_reset() -> None:
    x = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        with tape.stop_recording():
            z = x * 10.0
            slope = tape.gradient(y, x)
        total = y * z
    assert number(slope) == 6.0
    assert number(tape.gradient(total, x)) == 180.0
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        tape.reset()
        z = x * y
    assert number(tape.gradient(z, x)) == 9.0
    with tf.GradientTape(), tf.GradientTape() as inner:
        with pytest.raises(DifferentiationError, match=r"Use tf\.stop_gradient"):
            with inner.stop_recording():
                pass


# ---- assignment ---------------------------------------------------------------------------------


def test_a_recorded_value_that_is_assigned_keeps_its_history() -> None:
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        v.assign(v * 3.0)
        y = v**2
    assert number(v) == 6.0
    assert number(tape.gradient(y, v)) == 18.0 * 2.0


def test_the_history_of_an_assigned_value_reaches_other_sources() -> None:
    state, w, x = tf.Variable(0.0), tf.Variable(3.0), tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        state.assign(w * x)
        state.assign_add(w)
        y = state * state
        state.assign(x)
        z = state * 5.0
    assert [number(g) for g in tape.gradient(y, [w, x])] == [2 * 9.0 * 3.0, 2 * 9.0 * 3.0]
    assert number(tape.gradient(z, x)) == 5.0


def test_a_new_value_before_the_first_use_is_the_value_of_the_variable() -> None:
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        v.assign(5.0)
        y = v * v
    assert number(tape.gradient(y, v)) == 10.0


def test_several_values_of_a_variable_in_one_tape() -> None:
    v = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        first = v * v
        v.assign(5.0)
        second = v * v
        both = first * second
    assert number(tape.gradient(first, v)) == 4.0
    assert number(tape.gradient(second, v)) == 10.0
    with pytest.raises(DifferentiationError, match="had several values inside the tape"):
        tape.gradient(both, v)


def test_updates_inside_a_persistent_tape() -> None:
    v = tf.Variable(2.0)
    slopes: list[float] = []
    with tf.GradientTape(persistent=True) as tape:
        for _ in range(3):
            y = v**2
            with tape.stop_recording():
                slope = tape.gradient(y, v)
                v.assign_sub(0.25 * slope)
            slopes.append(number(slope))
    assert slopes == [4.0, 2.0, 1.0]


def test_what_a_tape_kept_survives_an_assignment() -> None:
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        part = v[0]
        y = v * v
    v.assign([7.0, 8.0])
    assert tape.gradient(y, v).numpy().tolist() == [2.0, 4.0]
    assert number(part) == 1.0


# ---- nothing outside is recorded ----------------------------------------------------------------


def test_results_are_plain_tensors_after_the_block() -> None:
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
        part = y[0]
        with pytest.raises(DifferentiationError, match="numpy"):
            y.numpy()
    for x in (v, y, part, y * 2.0, part * 2.0, y[1]):
        assert x.grad_fn is None and not x.requires_grad
    assert y.numpy().tolist() == [1.0, 4.0]
    assert tape.gradient(part, v).numpy().tolist() == [2.0, 0.0]


def test_the_record_dies_with_the_tape() -> None:
    v, total, nodes = tf.Variable(2.0), tf.constant(0.0), []
    for _ in range(3):
        with tf.GradientTape() as tape:
            y = v * v
            nodes.append(weakref.ref(y.grad_fn))
        tape.gradient(y, v)
        total = total + y
        assert nodes[-1]() is None
    assert total.grad_fn is None


def test_an_error_in_the_block_ends_the_recording() -> None:
    x = tf.Variable(1.0)
    with pytest.raises(ZeroDivisionError):
        with tf.GradientTape(), tf.GradientTape():
            _ = x / (1 // 0)
    assert (x * 2.0).grad_fn is None
    assert wengert._record.modes.current().scope is None


def test_threads_do_not_see_one_anothers_tapes() -> None:
    v = tf.Variable(3.0)
    inside, done = threading.Event(), threading.Event()
    found: list[Any] = []

    def other() -> None:
        inside.wait()
        plain = v * 2.0
        with tf.GradientTape() as tape:
            y = v * v * v
        found.extend([plain.grad_fn, plain.numpy().item(), number(tape.gradient(y, v))])
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with tf.GradientTape() as tape:
        y = v * v
        inside.set()
        done.wait()
        z = y * v
    thread.join()
    assert found == [None, 6.0, 27.0]
    assert number(tape.gradient(z, v)) == 27.0


# ---- beside the rest of Wengert -----------------------------------------------------------------


def test_tensors_that_require_grad_keep_their_own_record() -> None:
    w = wengert.tensor(3.0, requires_grad=True)
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = w * w * x
    slope = tape.gradient(y, x)
    assert number(tape.gradient(y, w)) == 12.0
    (y + slope).backward()
    assert number(w.grad) == 12.0 + 6.0


def test_func_transforms_inside_a_tape() -> None:
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        slope = func.grad(lambda t: t**3)(x)
        rows = func.vmap(lambda t: t * x)(tf.constant([1.0, 2.0]))
        _, moved = func.jvp(lambda t: t**3, (x,), (tf.constant(1.0),))
    assert number(tape.gradient(slope, x)) == 12.0
    assert number(tape.gradient(rows, x)) == 3.0
    assert number(tape.gradient(moved, x)) == 12.0


def test_a_tape_inside_func_transforms() -> None:
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            y = x**3
        return tape.gradient(y, x)

    assert number(func.grad(slope)(wengert.tensor(2.0))) == 12.0
    assert number(func.grad(func.grad(slope))(wengert.tensor(2.0))) == 6.0
    with pytest.raises(RuntimeError, match=r"Use wengert\.func\.grad inside"):
        func.vmap(slope)(wengert.ones(3))


def test_a_jitted_function_inside_a_tape_is_recorded() -> None:
    x = tf.Variable(2.0)
    cube = wengert.jit(lambda t: t**3, backend="numpy")
    assert number(cube(x)) == number(cube(x)) == 8.0
    with tf.GradientTape() as tape:
        y = cube(x) + x
    assert number(tape.gradient(y, x)) == 13.0


def test_a_tape_inside_a_jitted_function() -> None:
    w = tf.Variable([1.0, 2.0])

    def step(x: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            loss = ((w * x) ** 2).sum()
        slope = tape.gradient(loss, w)
        w.assign_sub(0.125 * slope)
        return loss, slope

    compiled = wengert.jit(step, backend="numpy")
    x = wengert.tensor([1.0, 3.0])
    start = w.numpy()
    eager = [[part.numpy().tolist() for part in step(x)] for _ in range(3)]
    end = w.numpy()
    w.assign(start)
    traced = [[part.numpy().tolist() for part in compiled(x)] for _ in range(3)]
    assert traced == eager
    assert w.numpy().tolist() == end.tolist()
    assert compiled.report().traces == 1
    assert all(part.grad_fn is None for part in compiled(x))


def test_a_second_derivative_inside_a_jitted_function() -> None:
    @wengert.jit(backend="numpy")
    def second(x: Any) -> Any:
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = x**3
            slope = inner.gradient(y, x)
        return outer.gradient(slope, x)

    assert [number(second(wengert.tensor(v))) for v in (2.0, 3.0)] == [12.0, 18.0]
    x = wengert.tensor(2.0, requires_grad=True)
    second(x).backward()
    assert number(x.grad) == 6.0


def test_a_recorded_value_is_not_assigned_inside_a_jitted_function() -> None:
    v = tf.Variable(2.0)

    @wengert.jit(backend="numpy")
    def step() -> Any:
        with tf.GradientTape() as tape:
            v.assign(v * 3.0)
            y = v * v
        return tape.gradient(y, v)

    with pytest.raises(RuntimeError, match="a value that a tape recorded is assigned inside"):
        step()
    assert number(v) == 2.0


def test_in_place_writes_to_what_a_tape_watches_are_refused() -> None:
    x = wengert.tensor([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = x[0] * 2.0
        with pytest.raises(InplaceError) as caught:
            x.mul_(3.0)
        z = x * 1.0
        z.mul_(3.0)
        total = y + z.sum()
    text = str(caught.value)
    assert text.startswith("mul_: a tensor from outside a GradientTape cannot be changed in place ")
    assert re.search(r"inside it, at test_tape\.py:\d+ \(x\.mul_\(3\.0\)\): the tape watches", text)
    assert text.endswith(
        "use a tf.Variable with assign(), or write inside `with wengert.no_grad():`."
    )
    assert tape.gradient(total, x).numpy().tolist() == [5.0, 3.0]
    assert x.numpy().tolist() == [1.0, 2.0]


def test_views_follow_a_write_to_a_result() -> None:
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        z = x * 1.0
        part = z[0]
        z.mul_(3.0)
        with wengert.no_grad():
            z[1] = 10.0
        y = part * part + z[1]
    assert float(y) == 19.0
    assert tape.gradient(y, x).numpy().tolist() == [18.0, 3.0]


def test_a_tensor_that_is_written_without_a_record_has_another_value() -> None:
    x = wengert.tensor([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        y = x.sum()
        with wengert.no_grad():
            x.mul_(3.0)
        z = (x * x).sum()
        both = y * z
    assert tape.gradient(z, x).numpy().tolist() == [6.0, 12.0]
    with pytest.raises(DifferentiationError, match="had several values inside the tape"):
        tape.gradient(both, x)


# ---- against the other ways to the same derivative ----------------------------------------------


PROGRAMS = {
    "polynomial": lambda w, x: (w**3 * x - w).sum(),
    "matrices": lambda w, x: (w @ x.T).relu().sum(),
    "softmax": lambda w, x: ((w * x).softmax(-1) * x).sum(),
    "indexing": lambda w, x: w[1:, ::2].exp().sum() + x[0, 0] * w[0, 1],
    "sorted": lambda w, x: (w.sort(-1)[0] * x).sum(),
    "reused": lambda w, x: sum(((w + k * x).tanh() for k in range(4)), w * 0).mean(),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_tape_agrees_with_backward_to_second_order(name: str, rng: np.random.Generator) -> None:
    program = PROGRAMS[name]
    values = [rng.standard_normal((3, 4)) for _ in range(2)]
    leaves = [wengert.tensor(v, requires_grad=True) for v in values]
    expected = wengert.autograd.grad(program(*leaves), leaves, create_graph=True)
    second = wengert.autograd.grad((expected[0] * expected[1]).sum(), leaves, allow_unused=True)
    sources = [tf.constant(v) for v in values]
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = program(*sources)
        found = inner.gradient(y, sources)
        product = (found[0] * found[1]).sum()
    for got, want in zip(found, expected, strict=True):
        assert got.numpy().tolist() == want.detach().numpy().tolist()
    for got, want in zip(outer.gradient(product, sources), second, strict=True):
        assert (got is None) == (want is None)
        if got is not None:
            np.testing.assert_allclose(got.numpy(), want.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_jacobians(rng: np.random.Generator) -> None:
    matrix, x = rng.standard_normal((3, 4)), tf.constant(rng.standard_normal(4))
    with tf.GradientTape() as tape:
        y = wengert.sin(tf.constant(matrix) @ x)
    found = tape.jacobian(y, [x])[0]
    expected = np.cos(matrix @ x.numpy())[:, None] * matrix
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    rows = tf.constant(rng.standard_normal((5, 4)))
    with tf.GradientTape(persistent=True) as tape:
        y = wengert.sin(rows @ tf.constant(matrix.T))
    whole = tape.jacobian(y, rows).numpy()
    found = tape.batch_jacobian(y, rows).numpy()
    np.testing.assert_allclose(found, whole[np.arange(5), :, np.arange(5)], rtol=1e-12)
    with pytest.raises(ValueError, match="must have the same number of rows"):
        tape.batch_jacobian(y, tf.constant([1.0]))


def test_a_jacobian_can_be_differentiated() -> None:
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x**3
        slopes = inner.jacobian(y, x)
    found = outer.jacobian(slopes, x).numpy()
    assert found[0, 0, 0] == 6.0 and found[1, 1, 1] == 12.0 and found.sum() == 18.0
