"""What a jitted function reads and changes: storages, gradients, containers, numbers."""

from __future__ import annotations

import gc
import weakref
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert._base.errors import EscapedValueError, TracedValueError, TracingError


@pytest.fixture(params=["numpy", "native"])
def jit(request: pytest.FixtureRequest) -> Any:
    """`jit` with either back end."""
    return lambda function: wg.jit(function, backend=request.param)


def test_a_captured_tensor_is_read_at_every_call(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0])
    f = jit(lambda x: (x * w).sum())
    x = wg.tensor([3.0, 4.0])
    assert f(x).item() == 11.0
    w.mul_(10)
    assert f(x).item() == 110.0
    assert f.report().traces == 1


def test_a_rebound_tensor_is_seen(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0])
    f = jit(lambda: w * 2)
    f()
    w.data = wg.tensor([5.0, 6.0])
    assert f().tolist() == [10.0, 12.0]
    w = wg.tensor([7.0, 8.0])
    assert f().tolist() == [14.0, 16.0]


def test_a_write_through_a_captured_view_reaches_the_base(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0, 3.0])
    v = w[0]
    f = jit(lambda: v.zero_())
    f()
    assert w.tolist() == [0.0, 2.0, 3.0]
    w.fill_(7)
    f()
    assert w.tolist() == [0.0, 7.0, 7.0]


def test_base_and_view_in_one_function_share_their_memory(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0, 3.0])
    v = w[1:]

    def step() -> Any:
        v.mul_(10)
        w.add_(1)
        return v.sum(), w.sum()

    f = jit(step)
    low, high = f()
    assert w.tolist() == [2.0, 21.0, 31.0]
    assert (low.item(), high.item()) == (52.0, 54.0)
    f()
    assert w.tolist() == [3.0, 211.0, 311.0]


def test_an_argument_that_is_also_captured(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0])

    def double(x: Any) -> Any:
        x.mul_(2)
        return w.sum()

    f = jit(double)
    other = wg.tensor([1.0, 1.0])
    assert f(other).item() == 3.0
    assert f(w).item() == 6.0
    assert f(other).item() == 6.0
    assert w.tolist() == [2.0, 4.0]


def test_one_tensor_given_twice(jit: Any) -> None:
    def both(x: Any, y: Any) -> Any:
        x.add_(1)
        return y * 2

    f = jit(both)
    a, b = wg.ones(2), wg.ones(2)
    assert f(a, b).tolist() == [2.0, 2.0]
    assert f(a, a).tolist() == [6.0, 6.0]
    assert f(a, b).tolist() == [2.0, 2.0]
    assert a.tolist() == [4.0, 4.0]


def test_slices_of_a_data_set_share_one_trace(jit: Any) -> None:
    data = wg.arange(12.0).reshape(6, 2)
    f = jit(lambda x: x.sum())
    assert [f(data[k : k + 2]).item() for k in (0, 2, 4)] == [6.0, 22.0, 38.0]
    assert f.report().traces == 1


def test_an_exception_while_tracing_changes_nothing(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)
    history: dict[str, Any] = {"count": 0, "rate": 0.5}
    state = wg.get_rng_state()

    def broken(x: Any) -> Any:
        history["count"] += 1
        history["extra"] = x * 2
        with wg.no_grad():
            w.mul_(3)
        (w * x).sum().backward()
        wg.rand(3)
        raise KeyError("stop")

    version = w._version
    with pytest.raises(KeyError):
        jit(broken)(wg.ones(2))
    assert w.tolist() == [1.0, 2.0]
    assert w.grad is None
    assert w._version == version
    assert history == {"count": 0, "rate": 0.5}
    assert wg.get_rng_state().tolist() == state.tolist()


def test_an_exception_while_running_changes_nothing(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0, 3.0])
    total = wg.zeros(())

    def step(index: Any) -> Any:
        total.add_(1)
        w.mul_(2)
        return w[index]

    f = jit(step)
    assert f(wg.tensor([0])).tolist() == [2.0]
    with pytest.raises(IndexError):
        f(wg.tensor([5]))
    assert w.tolist() == [2.0, 4.0, 6.0]
    assert total.item() == 1.0
    assert f(wg.tensor([1])).tolist() == [8.0]


def test_a_value_that_escapes_says_where_it_was_made(jit: Any) -> None:
    hidden: SimpleQueue[Any] = SimpleQueue()  # tracing does not look into it

    def leak(x: Any) -> Any:
        hidden.put(x * 2)
        return x

    jit(leak)(wg.ones(2))
    with pytest.raises(EscapedValueError, match=r"test_state\.py:\d+ \(hidden\.put\(x \* 2\)\)"):
        hidden.get() + 1


def test_no_trace_step_retraces_once_for_lazy_state(jit: Any) -> None:
    w = wg.tensor([1.0, -2.0], requires_grad=True)
    buffers: dict[Any, Any] = {}

    def step(x: Any) -> Any:
        w.grad = None
        loss = (w * w * x).sum()
        loss.backward()
        with wg.no_grad():
            if w not in buffers:
                buffers[w] = w.grad.clone()
            else:
                buffers[w].mul_(0.9).add_(w.grad)
            w.sub_(0.1 * buffers[w])
        return loss

    def reference() -> list[float]:
        v, m, seen = np.array([1.0, -2.0], np.float32), None, []
        for _ in range(10):
            g = (2 * v).astype(np.float32)
            seen.append(float((v * v).sum()))
            m = g.copy() if m is None else np.float32(0.9) * m + g
            v = v - np.float32(0.1) * m
        return seen

    f = jit(step)
    assert [f(wg.ones(2)).item() for _ in range(10)] == pytest.approx(reference(), rel=1e-5)
    assert f.report().traces == 2


@pytest.mark.parametrize("accumulate", [False, True])
def test_the_presence_of_a_gradient_is_guarded_only_if_read(jit: Any, accumulate: bool) -> None:
    w = wg.tensor([1.0, 2.0], requires_grad=True)

    def step(x: Any) -> Any:
        if not accumulate:
            w.grad = None
        loss = (w * x).sum()
        loss.backward()
        return loss

    f = jit(step)
    for _ in range(10):
        f(wg.ones(2))
    assert f.report().traces == (2 if accumulate else 1)
    assert w.grad.tolist() == ([10.0, 10.0] if accumulate else [1.0, 1.0])


def test_memory_handed_out_is_never_written_again(jit: Any) -> None:
    w = wg.tensor([1.0], requires_grad=True)

    def step(x: Any) -> Any:
        w.grad = None
        (w * x).sum().backward()
        return x * 2

    f = jit(step)
    first = f(wg.tensor([1.0]))
    gradient = w.grad
    f(wg.tensor([5.0]))
    assert first.tolist() == [2.0]
    assert gradient.tolist() == [1.0]
    assert w.grad.tolist() == [5.0]


def test_numbers_in_containers_are_inputs(jit: Any) -> None:
    group = {"lr": 0.5, "name": "all", "nested": [0.25]}
    f = jit(lambda x: x * group["lr"] + group["nested"][0])
    x = wg.ones(1)
    assert f(x).item() == 0.75
    for rate in (0.25, 2.0, 3.0):
        group["lr"] = rate
        assert f(x).item() == rate + 0.25
    assert f.report().traces == 1
    group["lr"] = 2
    assert f(x).item() == 2.25


def test_a_number_attribute_becomes_an_input_when_it_changes(jit: Any) -> None:
    class Holder:
        def __init__(self) -> None:
            self.rate = 1.0
            self.count = 0

    holder = Holder()

    def step(x: Any) -> Any:
        holder.count += 1
        return x * holder.rate / holder.count

    f = jit(step)
    seen: list[float] = []
    for rate in (1.0, 1.0, 3.0, 8.0, 5.0):
        holder.rate = rate
        seen.append(f(wg.ones(1)).item())
    assert seen == pytest.approx([1.0, 0.5, 1.0, 2.0, 1.0])
    assert holder.count == 5
    assert holder.count.__class__ is int
    assert f.report().traces == 2


def test_flags_structure_and_constants_are_guarded(jit: Any) -> None:
    options: dict[str, Any] = {"flag": True, "mode": "sum", "parts": [1, 2]}

    def step(x: Any) -> Any:
        y = x * len(options["parts"])
        y = y.sum() if options["mode"] == "sum" else y.max()
        return y if options["flag"] else -y

    f = jit(step)
    x = wg.tensor([1.0, 2.0])
    assert f(x).item() == 6.0
    options["flag"] = False
    assert f(x).item() == -6.0
    options["mode"] = "max"
    assert f(x).item() == -4.0
    options["parts"].append(3)
    assert f(x).item() == -6.0
    assert f.report().traces == 4
    options["flag"] = True
    f(x)
    options["flag"] = False
    assert f(x).item() == -6.0
    assert f.report().traces == 5


def test_int_arguments_are_inputs_until_their_worth_is_asked_for(jit: Any) -> None:
    f = jit(lambda x, n: x * n)
    assert [f(wg.ones(1), n).item() for n in (1, 2, 5)] == [1.0, 2.0, 5.0]
    assert f.report().traces == 1
    g = jit(lambda x, n: x.reshape(n, -1).sum(0))
    assert [g(wg.ones(6), n).shape for n in (1, 2, 3, 2)] == [(6,), (3,), (2,), (3,)]
    assert g.report().traces == 3


def test_float_arguments_never_retrace(jit: Any) -> None:
    f = jit(lambda x, a: x * a + a)
    assert [f(wg.ones(1), a).item() for a in (0.5, 1.5, -2.0)] == [1.0, 3.0, -4.0]
    assert f.report().traces == 1


def test_the_default_dtype_is_part_of_the_signature(jit: Any) -> None:
    f = jit(lambda x: x + 1.5)
    x = wg.tensor([1])
    assert f(x).dtype == wg.float32
    wg.set_default_dtype(wg.float64)
    try:
        assert f(x).dtype == wg.float64
        assert f(x).dtype == wg.float64
    finally:
        wg.set_default_dtype(wg.float32)
    assert f(x).dtype == wg.float32


def test_nested_containers_in_and_out(jit: Any) -> None:
    def step(batch: dict[str, Any], *, scale: float) -> Any:
        a, (b, c) = batch["a"], batch["rest"]
        return {"sum": a + b, "list": [a * scale, (c, None)], "n": 3}

    f = jit(step)
    out = f({"a": wg.ones(2), "rest": (wg.ones(2), wg.zeros(1))}, scale=2.0)
    assert out["sum"].tolist() == [2.0, 2.0]
    assert out["list"][0].tolist() == [2.0, 2.0]
    assert out["list"][1][1] is None
    assert out["n"] == 3


def test_instances_do_not_share_state(jit: Any) -> None:
    class Model:
        def __init__(self, value: float) -> None:
            self.w = wg.tensor([value])

        @jit
        def step(self, x: Any) -> Any:
            self.w.add_(x)
            return self.w * 2

    a, b = Model(1.0), Model(10.0)
    assert a.step(wg.ones(1)).item() == 4.0
    assert b.step(wg.ones(1)).item() == 22.0
    assert a.step(wg.ones(1)).item() == 6.0
    assert (a.w.item(), b.w.item()) == (3.0, 11.0)


def test_a_method_does_not_keep_its_instance(jit: Any) -> None:
    class Model:
        def __init__(self) -> None:
            self.w = wg.ones(1)

        @jit
        def step(self, x: Any) -> Any:
            return self.w * x

    model = Model()
    model.step(wg.ones(1))
    gone = weakref.ref(model)
    gc.collect()
    gc.disable()
    try:
        del model
        assert gone() is None
    finally:
        gc.enable()


def test_random_numbers_are_the_same_as_eager(jit: Any) -> None:
    def draws(x: Any) -> Any:
        unused = wg.rand(7)
        del unused
        return x + wg.rand(3), wg.randn(4), wg.randint(0, 10, (5,))

    wg.manual_seed(3)
    expected = [[t.numpy() for t in draws(wg.zeros(3))] for _ in range(3)]
    after = wg.get_rng_state().tolist()
    wg.manual_seed(3)
    f = jit(draws)
    for row in expected:
        for a, b in zip(row, f(wg.zeros(3)), strict=True):
            np.testing.assert_allclose(a, b.numpy(), rtol=2e-6)
    assert wg.get_rng_state().tolist() == after


def test_branching_on_a_traced_value_says_what_to_write(jit: Any) -> None:
    def branch(x: Any) -> Any:
        return x if x.sum() > 0 else -x

    with pytest.raises(TracedValueError) as caught:
        jit(branch)(wg.ones(3))
    text = str(caught.value)
    assert "has no truth value" in text
    assert "test_state.py" in text
    assert "while tracing branch" in text
    assert "where(x > 0, a, b)" in text


def test_reading_a_number_inside_says_what_to_write(jit: Any) -> None:
    w = wg.ones(1)
    with pytest.raises(TracedValueError, match="Return it and read it outside"):
        jit(lambda: w.item())()


def test_a_second_backward_inside_raises_as_eagerly(jit: Any) -> None:
    w = wg.tensor([2.0], requires_grad=True)

    def twice(x: Any) -> Any:
        y = (w * w * x).sum()
        y.backward()
        y.backward()
        return y

    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        jit(twice)(wg.ones(1))
    assert w.grad is None


def test_the_result_of_a_step_with_backward_cannot_go_backward_again(jit: Any) -> None:
    w = wg.tensor([2.0], requires_grad=True)

    def step(x: Any) -> Any:
        w.grad = None
        y = (w * w * x).sum()
        y.backward()
        return y

    y = jit(step)(wg.ones(1))
    assert y.requires_grad
    with pytest.raises(RuntimeError, match="freed by an earlier backward"):
        y.backward()


def test_backward_into_a_result_from_outside_raises(jit: Any) -> None:
    w = wg.tensor([2.0], requires_grad=True)
    y = w * 3
    with pytest.raises(TracingError, match="computed outside the jitted function"):
        jit(lambda: (y * y).sum().backward())()


def test_hooks_are_traced_once_and_take_effect(jit: Any) -> None:
    w = wg.tensor([2.0], requires_grad=True)
    w.register_hook(lambda g: g * 10)

    def step(x: Any) -> Any:
        w.grad = None
        (w * x).sum().backward()

    f = jit(step)
    for _ in range(3):
        f(wg.ones(1))
        assert w.grad.item() == 10.0
    assert f.report().traces == 1


def test_no_grad_inside_is_a_constant(jit: Any) -> None:
    def f(x: Any) -> Any:
        with wg.no_grad():
            c = x * x
        return c * x

    assert wg.grad(f)(wg.tensor(3.0)).item() == 9.0
    assert jit(wg.grad(f))(wg.tensor(3.0)).item() == 9.0
    assert wg.grad(jit(f))(wg.tensor(3.0)).item() == 9.0


def test_a_write_under_no_grad_keeps_the_earlier_derivative(jit: Any) -> None:
    def f(x: Any) -> Any:
        y = x * 2
        with wg.no_grad():
            y.add_(1)
        return (y * y).sum()

    expected = wg.grad(f)(wg.tensor([3.0])).tolist()
    assert expected == [28.0]
    assert jit(wg.grad(f))(wg.tensor([3.0])).tolist() == expected


def test_check_compares_with_eager() -> None:
    counter = [0]
    f = wg.jit(lambda x: x * 2, check=True)
    assert f(wg.ones(2)).tolist() == [2.0, 2.0]
    w = wg.tensor([1.0])

    def step(x: Any) -> Any:
        w.add_(x)
        return w * 2

    g = wg.jit(step, check=True)
    assert [g(wg.ones(1)).item() for _ in range(3)] == [4.0, 6.0, 8.0]

    h = wg.jit(lambda x: x * _reads_the_clock(counter), check=True)
    with pytest.raises(TracingError, match="differs"):
        _ = [h(wg.ones(1)) for _ in range(2)]


_CLOCK = iter(range(100))


def _reads_the_clock(counter: list[int]) -> int:
    return next(_CLOCK)


def test_a_write_between_a_compiled_call_and_backward_is_seen(jit: Any) -> None:
    w = wg.tensor([2.0], requires_grad=True)
    f = jit(lambda x: (w * w * x).sum())
    y = f(wg.ones(1))
    with wg.no_grad():
        w.mul_(10)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()
    assert w.grad is None


def test_backward_after_a_call_that_wrote_uses_the_values_from_before(jit: Any) -> None:
    count = wg.tensor([1.0])

    def step(x: Any) -> Any:
        y = (x * x * count).sum()
        with wg.no_grad():
            count.add_(5)
        return y

    f = jit(step)
    x = wg.tensor([3.0], requires_grad=True)
    f(x).backward()
    assert x.grad.item() == 6.0
    x.grad = None
    f(x).backward()
    assert x.grad.item() == 36.0


def test_a_call_that_raises_leaves_versions_as_they_were(jit: Any) -> None:
    w = wg.tensor([1.0, 2.0])

    def step(index: Any) -> Any:
        w.mul_(2)
        return w[index]

    f = jit(step)
    f(wg.tensor([0]))
    f(wg.tensor([0]))
    version = w._version
    with pytest.raises(IndexError):
        f(wg.tensor([9]))
    assert w._version == version
    assert w.tolist() == [4.0, 8.0]


def test_a_first_backward_without_a_graph_does_not_spoil_the_second_order(jit: Any) -> None:
    x = wg.tensor([1.0, 3.0], requires_grad=True)
    f = jit(lambda x: (x**3).sum())
    f(x).backward()
    x.grad = None
    (g,) = wg.autograd.grad(f(x), x, create_graph=True)
    g.sum().backward()
    assert x.grad.tolist() == [6.0, 18.0]
    x.grad = None
    (g,) = wg.autograd.grad(f(x), x, create_graph=True)
    (h,) = wg.autograd.grad(g.sum(), x, create_graph=True)
    h.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_what_is_absent_outside_is_absent_inside(jit: Any) -> None:
    x = wg.tensor([4.0, -1.0, 0.0])
    root, inverse = jit(lambda x: x.sqrt()), jit(lambda x: 1 / x)

    def f(x: Any) -> Any:
        return wg.where(x > 0, root(x) + inverse(x), 0.0).sum()

    assert wg.grad(f)(x).tolist() == [0.1875, 0.0, 0.0]
    assert wg.func.jvp(f, (x,), (wg.ones(3),))[1].item() == 0.1875
    assert wg.hessian(f)(x).diagonal().tolist() == [0.0, 0.0, 0.0]


def test_what_is_absent_inside_is_absent_outside(jit: Any) -> None:
    pick = jit(lambda y: wg.where(y > 1, y, 0.0))
    x = wg.tensor([4.0, 0.0])
    assert wg.grad(lambda x: pick(x.sqrt()).sum())(x).tolist() == [0.25, 0.0]


class Trainer:
    """What a user's training class looks like: it keeps a log beside what the step reads."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.weight = wg.tensor([1.0], requires_grad=True)
        self.rate = 0.1
        self.notes: dict[str, Any] = {}

    def step(self, x: Any) -> Any:
        self.weight.grad = None
        loss = (self.weight * x).sum()
        loss.backward()
        with wg.no_grad():
            self.weight.sub_(self.rate * self.weight.grad)
        return loss


def test_what_the_traced_code_does_not_name_is_not_guarded(jit: Any) -> None:
    trainer = Trainer()
    f = jit(trainer.step)
    for k in range(6):
        trainer.losses.append(f(wg.ones(1)).item())
        trainer.notes[f"step {k}"] = {"loss": trainer.losses[-1]}
        trainer.latest = k
    assert trainer.losses == pytest.approx([1.0 - 0.1 * k for k in range(6)])
    assert f.report().traces == 1
    trainer.rate = 0.2
    f(wg.ones(1))
    assert trainer.weight.item() == pytest.approx(0.2)


def test_attributes_read_by_computed_names_are_guarded(jit: Any) -> None:
    class Holder:
        def __init__(self) -> None:
            self.scale_a = 2
            self.scale_b = 3

    holder = Holder()
    f = jit(lambda x, which: x * getattr(holder, f"scale_{which}"))
    assert f(wg.ones(1), "a").item() == 2.0
    holder.scale_a = 5
    assert f(wg.ones(1), "a").item() == 5.0
    assert f(wg.ones(1), "b").item() == 3.0


def test_attributes_that_appear_later_are_guarded_once_code_reads_them(jit: Any) -> None:
    class Holder:
        flag = False

    holder = Holder()
    f = jit(lambda x: x * (2 if holder.flag else 1))
    assert f(wg.ones(1)).item() == 1.0
    holder.flag = True
    assert f(wg.ones(1)).item() == 2.0
    del holder.flag
    assert f(wg.ones(1)).item() == 1.0
