"""scan: what it returns, how often its function runs, what reaches what, eagerly and compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
import pytest

import wengert
from wengert import func, scan
from wengert._transforms.loop import SCAN
from wengert._transforms.subgraphs import trimmed

from .programs import double


def _eager(f: Any) -> Any:
    return f


def _numpy(f: Any) -> Any:
    return wengert.jit(f, backend="numpy")


WAYS: dict[str, Callable[[Any], Any]] = {"eager": _eager, "jit": _numpy, "native": wengert.jit}
way = pytest.mark.parametrize("run", WAYS.values(), ids=WAYS)
TRACED = pytest.mark.parametrize("run", [_numpy, wengert.jit], ids=["jit", "native"])


class State(NamedTuple):
    """A carry with names."""

    position: Any
    speed: Any


# ---- results ------------------------------------------------------------------------------------


@way
def test_the_carry_goes_from_step_to_step_and_ys_are_stacked(run: Any) -> None:
    xs = double([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    last, ys = run(lambda c, xs: scan(lambda c, x: (c + x, c * x), c, xs))(double([1.0, 1.0]), xs)
    assert last.tolist() == [10.0, 13.0]
    assert ys.tolist() == [[1.0, 2.0], [6.0, 12.0], [25.0, 42.0]]


@way
def test_in_reverse_the_last_slice_comes_first_and_ys_stand_at_their_xs(run: Any) -> None:
    xs = double([1.0, 2.0, 3.0])
    last, ys = run(lambda xs: scan(lambda c, x: (c * 10 + x, c), 0.0, xs, reverse=True))(
        xs.to(wengert.float32)
    )
    assert last.item() == 321.0
    assert ys.tolist() == [32.0, 3.0, 0.0]


@way
def test_containers(run: Any) -> None:
    def step(state: State, given: dict[str, Any]) -> Any:
        speed = state.speed + given["force"]
        return State(state.position + speed, speed), {"seen": (state.position, None)}

    def f(start: Any, force: Any) -> Any:
        return scan(step, State(start, start * 0), {"force": force})

    last, ys = run(f)(double(1.0), double([1.0, 0.0, -2.0]))
    assert type(last) is State
    assert (last.position.item(), last.speed.item()) == (2.0, -1.0)
    assert list(ys) == ["seen"]
    assert ys["seen"][0].tolist() == [1.0, 2.0, 3.0]
    assert ys["seen"][1] is None


@way
def test_the_order_of_keys_does_not_matter(run: Any) -> None:
    def step(c: Any, _: Any) -> Any:
        return {"b": c["a"] + 1, "a": c["b"] * 2}, None

    last, _ = run(lambda x: scan(step, {"a": x, "b": x + 1}, length=3))(double(1.0))
    assert list(last) == ["a", "b"]
    assert (last["a"].item(), last["b"].item()) == (10.0, 5.0)


@way
@pytest.mark.parametrize("length", [1, 2, 7])
def test_without_slices_the_length_is_given(run: Any, length: int) -> None:
    def step(c: Any, x: Any) -> Any:
        assert x is None
        return c * 2, c

    last, ys = run(lambda c: scan(step, c, length=length))(double(1.0))
    assert last.item() == 2.0**length
    assert ys.tolist() == [2.0**k for k in range(length)]


@way
def test_numbers_become_tensors(run: Any) -> None:
    def step(c: Any, x: Any) -> Any:
        count, total, _ = c
        return (count + 1, total + x, True), 3

    (count, total, flag), ys = run(lambda xs: scan(step, (0, 0.0, False), xs))(wengert.ones(4))
    assert [x.dtype for x in (count, total, flag, ys)] == [
        wengert.int64, wengert.float32, wengert.bool, wengert.int64
    ]  # fmt: skip
    assert (count.item(), total.item(), flag.item(), ys.tolist()) == (4, 4.0, True, [3, 3, 3, 3])


@way
@pytest.mark.parametrize("reverse", [False, True])
def test_no_steps(run: Any, reverse: bool) -> None:
    def f(c: Any, xs: Any) -> Any:
        return scan(lambda c, x: (c * x.sum(), {"y": x + c, "n": 1}), c, xs, reverse=reverse)

    c, xs = double([1.0, 2.0]), wengert.zeros(0, 2, dtype=wengert.float64)
    last, ys = run(f)(c, xs)
    assert last.tolist() == [1.0, 2.0]
    assert (ys["y"].shape, ys["y"].dtype) == ((0, 2), wengert.float64)
    assert (ys["n"].shape, ys["n"].dtype) == ((0,), wengert.int64)
    total = run(func.grad(lambda c: f(c, xs)[0].sum() + f(c, xs)[1]["y"].sum()))
    assert total(c).tolist() == [1.0, 1.0]


@way
def test_a_scan_of_nothing_is_nothing(run: Any) -> None:
    assert run(lambda x: (scan(lambda c, _: (c, None), (), length=2), x))(double(1.0))[0] == (
        (),
        None,
    )


@way
@pytest.mark.parametrize("dtype", ["float32", "complex128", "int32", "bool"])
def test_dtypes_are_kept(run: Any, dtype: str) -> None:
    xs = wengert.ones(3, 2).to(dtype)

    def step(c: Any, x: Any) -> Any:
        c = wengert.logical_xor(c, x) if dtype == "bool" else c + x
        return c, c

    last, ys = run(lambda xs: scan(step, xs[0], xs))(xs)
    assert last.dtype == ys.dtype == wengert.tensor(0).to(dtype).dtype
    assert ys[1].tolist() == ([True, True] if dtype == "bool" else [3, 3])


@way
def test_results_are_new_memory(run: Any) -> None:
    c, xs = double([1.0, 2.0]), double([[3.0, 4.0]])

    def step(c: Any, x: Any) -> Any:
        return c, (x, c)

    last, (rows, carries) = run(lambda c, xs: scan(step, c, xs))(c, xs)
    for result in (last, rows, carries):
        result.zero_()
    assert c.tolist() == [1.0, 2.0]
    assert xs.tolist() == [[3.0, 4.0]]


# ---- one node -----------------------------------------------------------------------------------


@TRACED
def test_the_function_is_traced_once_whatever_the_length(run: Any) -> None:
    calls: list[int] = []

    def step(c: Any, x: Any) -> Any:
        calls.append(1)
        return (c + x).sin(), c

    f = run(lambda c, xs: scan(step, c, xs))
    for length in (2, 1000):
        calls.clear()
        last, _ = f(double(0.5), wengert.zeros(length, dtype=wengert.float64))
        assert len(calls) == 1
        want = 0.5
        for _ in range(length):
            want = float(numpy.sin(want))
        assert last.item() == pytest.approx(want, rel=1e-12)
        names = [node.primitive.name for node in f.graph.nodes]
        assert names == ["scan"]


def test_eagerly_it_is_a_loop_on_the_tape() -> None:
    calls: list[Any] = []

    def step(c: Any, x: Any) -> Any:
        calls.append((c.item(), x.item()))
        return c + x, None

    x = double([1.0, 2.0]).requires_grad_()
    last, _ = scan(step, double(0.0), x)
    assert calls == [(0.0, 1.0), (1.0, 2.0)]
    last.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_the_graph_shows_the_body() -> None:
    f = _numpy(lambda c: scan(lambda c, _: ({"h": c["h"] * 2}, None), {"h": c}, length=3))
    f(double(1.0))
    lines = [line.split("#")[0].strip() for line in str(f.graph).splitlines()]
    assert lines == [
        "graph(a: float64[]):",
        "b: float64[] = scan(a, body=graph, carry=1, sliced=0, length=3, reverse=False)",
        "body = graph(a: float64[] (carry['h'])):",
        "b: float64[] = mul(a, 2.0)",
        "return b",
        "return b",
    ]


def _shapes_of_scans(function: Any, *args: Any) -> list[list[Any]]:
    """The results of every scan that is left when the graph of a function is complete."""
    f = _numpy(function)
    f(*args)
    nodes = trimmed(f.graph).nodes
    return [[out.shape for out in node.outputs] for node in nodes if node.primitive is SCAN]


def test_carries_are_stacked_only_for_a_reverse_walk_and_sums_never() -> None:
    weight, xs = double(numpy.eye(3)), double(numpy.ones((5, 3)))

    def loss(weight: Any) -> Any:
        return scan(lambda h, x: ((h @ weight + x).tanh(), None), double([1.0] * 3), xs)[0].sum()

    def slope(weight: Any) -> Any:
        return func.grad(loss)(weight)

    def along(weight: Any) -> Any:
        return func.jvp(loss, (weight,), (weight,))[1]

    def twice(weight: Any) -> Any:
        return func.jvp(slope, (weight,), (weight,))[1]

    h, hs, w = (3,), (5, 3), (3, 3)
    assert _shapes_of_scans(loss, weight) == [[h]]
    assert _shapes_of_scans(along, weight) == [[h, h]]
    # forward with its carries; then the cotangents of the carry, and of the weight in sum
    assert _shapes_of_scans(slope, weight) == [[h, hs], [h, w]]
    # and the tangents of all that, the third result being the mask of the second: in the last step
    # the cotangent has no tangent yet
    assert _shapes_of_scans(twice, weight) == [[h, hs], [h, h, hs], [h, h, h, w]]


def test_what_nobody_wants_of_a_derivative_is_not_computed() -> None:
    def two(x: Any) -> Any:
        def inner(c: Any, _: Any) -> Any:
            a, b = c
            return ((a * 2).sin(), b.exp()), None

        def step(c: Any, row: Any) -> Any:
            a, b = c
            (a, b), _ = scan(inner, (a * row, b + row), length=2)
            return (a, b), None

        return scan(step, (x, x), double(numpy.ones((5, 3))))[0][0].sum()

    for function, count in ((two, 1), (lambda x: func.jvp(two, (x,), (x,))[1], 2)):
        f = _numpy(function)
        f(double([1.0, 2.0, 3.0]))
        (node,) = [node for node in trimmed(f.graph).nodes if node.primitive is SCAN]
        assert len(node.outputs) == len(node.inputs) - 1 == count
        inner = [inner for inner in node.params["body"].nodes if inner.primitive is SCAN]
        assert max(len(node.outputs) for node in inner) == count
        assert not {"exp"} & {step.primitive.name for node in inner for step in _body(node)}


def _body(node: Any) -> Any:
    return node.params["body"].nodes


# ---- what reaches what --------------------------------------------------------------------------


@way
def test_gradients_reach_tensors_that_are_captured(run: Any) -> None:
    weight = double([[0.5, -0.3], [0.2, 0.9]]).requires_grad_()
    bias = double([0.1, -0.1]).requires_grad_()
    xs = double([[1.0, 2.0], [0.5, -1.0]])

    def loss(xs: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            h = (h @ weight + x + bias[0] * bias).tanh()
            return h, h.sum()

        last, ys = scan(step, double([0.0, 0.0]), xs)
        return last.sum() + (ys * ys).sum()

    run(loss)(xs).backward()
    found = weight.grad, bias.grad
    weight.grad = bias.grad = None
    h, total = double([0.0, 0.0]), 0.0
    for x in xs:
        h = (h @ weight + x + bias[0] * bias).tanh()
        total = total + h.sum() ** 2
    (h.sum() + total).backward()
    numpy.testing.assert_allclose(found[0].numpy(), weight.grad.numpy(), rtol=1e-12)
    numpy.testing.assert_allclose(found[1].numpy(), bias.grad.numpy(), rtol=1e-12)


@TRACED
def test_a_training_step_with_a_loop_in_it(run: Any) -> None:
    xs, goal = double([[1.0, 2.0], [0.5, -1.0]]), double([0.3, 0.4])

    def make() -> Any:
        weight = double([[0.5, -0.3], [0.2, 0.9]]).requires_grad_()

        def step(xs: Any) -> Any:
            weight.grad = None
            last, _ = scan(lambda h, x: ((h @ weight + x).tanh(), None), goal * 0, xs)
            loss = ((last - goal) ** 2).sum()
            loss.backward()
            with wengert.no_grad():
                weight.sub_(weight.grad, alpha=0.5)
            return loss

        return step, weight

    (eager, first), (compiled, second) = make(), make()
    compiled = run(compiled)
    for _ in range(5):
        numpy.testing.assert_allclose(compiled(xs).item(), eager(xs).item(), rtol=1e-12)
        numpy.testing.assert_allclose(second.detach().numpy(), first.detach().numpy(), rtol=1e-12)
    assert compiled.report().traces == 1


@way
def test_integers_in_the_carry_pass_nothing_back(run: Any) -> None:
    def step(c: Any, x: Any) -> Any:
        count, h = c
        return (count + 1, h * x + count), count

    def f(x: Any) -> Any:
        (_, h), counts = scan(step, (wengert.tensor(0), x), double([2.0, 3.0, 4.0]))
        return h * counts.sum()

    assert run(f)(double(1.0)).item() == 3 * (24 + 4 + 2)
    assert run(func.grad(f))(double(1.0)).item() == 72.0
    assert func.grad(run(f))(double(1.0)).item() == 72.0


@way
def test_complex_carries(run: Any) -> None:
    def f(z: Any) -> Any:
        last, ys = scan(lambda z, c: (z * z + c, z.conj() * c), z, z * double([1.0, 0.5]))
        return (last.abs() ** 2) + (ys * ys).sum().real

    def plain(z: Any) -> Any:
        w, total = z, 0.0
        for c in (z, z * 0.5):
            total = total + (w.conj() * c) ** 2
            w = w * w + c
        return w.abs() ** 2 + total.real

    z = wengert.tensor(0.3 - 0.7j, dtype=wengert.complex128)
    assert run(func.grad(f))(z).item() == pytest.approx(func.grad(plain)(z).item(), rel=1e-12)


@way
def test_a_body_under_no_grad_is_a_constant(run: Any) -> None:
    def f(x: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            with wengert.no_grad():
                square = c * c
            return square * c, None

        return scan(step, x, length=1)[0]

    def g(x: Any) -> Any:
        with wengert.no_grad():
            square = scan(lambda c, _: (c * x, None), x, length=1)[0]
        return square * x

    for function in (f, g):
        assert run(func.grad(function))(double(3.0)).item() == 9.0
        assert func.grad(run(function))(double(3.0)).item() == 9.0


@way
def test_autograd_grad_inside_the_body(run: Any) -> None:
    """A force from an energy, by the record of the carry itself."""

    def f(start: Any) -> Any:
        def step(x: Any, _: Any) -> Any:
            assert x.requires_grad
            (slope,) = wengert.autograd.grad((x**4).sum(), x, create_graph=True)
            return x - 0.1 * slope, slope

        last, slopes = scan(step, start, length=2)
        return last.sum() + slopes.sum()

    x = double([1.0, -0.5]).requires_grad_()
    run(f)(x).backward()

    def plain(x: Any) -> Any:
        total = 0.0
        for _ in range(2):
            total = total + 4 * x**3
            x = x - 0.4 * x**3
        return (x + total).sum()

    want = func.grad(plain)(x.detach())
    numpy.testing.assert_allclose(x.grad.numpy(), want.numpy(), rtol=1e-12)


@way
def test_hooks_inside_the_body(run: Any) -> None:
    def f(x: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            y = c * 2.0
            y.register_hook(lambda g: g * 10.0)
            return y, None

        return scan(step, x, length=2)[0].sum()

    x = double([1.0, 3.0]).requires_grad_()
    run(f)(x).backward()
    assert x.grad.tolist() == [400.0, 400.0]


def test_under_a_gradient_tape() -> None:
    import wengert.tensorflow as tf

    v, table = tf.Variable(3.0), tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        last, ys = scan(lambda c, x: (c * x, c + x), v, table)
        total = last + ys.sum()
    slopes = tape.gradient(total, [v, table])
    assert [slope.tolist() for slope in slopes] == [4.0, [10.0, 4.0]]


# ---- numbers of the outer function --------------------------------------------------------------


def test_a_number_that_is_an_input_stays_a_number_inside() -> None:
    def f(x: Any, rate: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            doubled = rate * 2
            return c - doubled * c, doubled

        return scan(step, x, length=2)

    f = _numpy(f)
    for rate in (0.5, 0.25):
        last, rates = f(wengert.tensor(1.0), rate)
        assert last.dtype == rates.dtype == wengert.float32
        assert last.item() == (1 - 2 * rate) ** 2
        assert rates.tolist() == [2 * rate] * 2
    assert f.report().traces == 1


def test_a_number_whose_worth_the_body_asks_for_is_guarded() -> None:
    f = _numpy(
        lambda x, rate, n: scan(lambda c, _: (sum([c] * n) if rate > 0 else -c, None), x, length=2)[
            0
        ]
    )
    x = double(1.0)
    found = [f(x, rate, n).item() for rate, n in [(0.5, 2), (0.5, 3), (-0.5, 3), (-0.5, 4)]]
    assert found == [4.0, 9.0, 1.0, 1.0]
    assert f(x, 0.5, 4).item() == 16.0


# ---- batches ------------------------------------------------------------------------------------


@way
def test_a_batch_of_anything_that_enters(run: Any) -> None:
    weight = double([[0.5, -0.8], [0.9, 0.1]])
    h = double([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]])
    xs = double(numpy.arange(24.0).reshape(3, 4, 2) / 24)

    def f(h: Any, xs: Any, weight: Any) -> Any:
        return scan(lambda h, x: ((h @ weight + x).tanh(), (h.sum(), x[0])), h, xs)

    weights = wengert.stack([weight, weight * 2, weight - 1])
    full = (h, xs, weights)
    for dims in [(0, 0, 0), (0, None, None), (None, 0, None), (None, None, 0), (None, 0, 0)]:
        args = [x if d == 0 else x[1] for x, d in zip(full, dims, strict=True)]
        last, ys = run(func.vmap(f, in_dims=dims))(*args)
        for k in range(3):
            own = [x[k] if d == 0 else x for x, d in zip(args, dims, strict=True)]
            want_last, want_ys = f(*own)
            numpy.testing.assert_allclose(last[k].numpy(), want_last.numpy(), rtol=1e-13)
            for y, want in zip(ys, want_ys, strict=True):
                numpy.testing.assert_allclose(y[k].numpy(), want.numpy(), rtol=1e-13)


@way
def test_a_batch_of_batches_and_of_gradients(run: Any) -> None:
    xs = double([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]])

    def f(x: Any, y: Any) -> Any:
        return scan(lambda h, row: ((h * y + row).sin() * x, None), x, xs[:, 0])[0]

    a, b = double([0.3, 0.9, -1.1]), double([2.0, -0.5])
    slope = func.grad(f, argnums=(0, 1))
    table = run(func.vmap(lambda a: func.vmap(lambda b: slope(a, b))(b)))(a)
    for i in range(3):
        for j in range(2):
            want = slope(a[i], b[j])
            for got, right in zip(table, want, strict=True):
                assert got[i, j].item() == pytest.approx(right.item(), rel=1e-12)


def test_one_scan_differentiated_batched_and_jitted_at_once() -> None:
    """Per-sample Hessians of a recurrent loss in one compiled function."""
    weight = double([[0.5, -0.8], [0.9, 0.1]])
    starts = double([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]])
    xs = double(numpy.arange(8.0).reshape(4, 2) / 8)

    def loss(h: Any) -> Any:
        last, ys = scan(lambda h, x: ((h @ weight + x).tanh(), h * h), h, xs)
        return (last * ys.sum(0)).sum()

    def plain(h: Any) -> Any:
        total = 0.0
        for x in xs:
            total = total + h * h
            h = (h @ weight + x).tanh()
        return (h * total).sum()

    for make in (_numpy, wengert.jit):
        f = make(func.vmap(func.hessian(loss)))
        found = f(starts)
        assert f.report().traces == 1
        want = wengert.stack([func.hessian(plain)(h) for h in starts])
        numpy.testing.assert_allclose(found.numpy(), want.numpy(), rtol=1e-12, atol=1e-13)
