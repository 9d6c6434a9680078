"""State in every place where Python keeps it: a change is seen at the next call."""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np
import pytest

import wengert as wg
from wengert import nn, optim
from wengert._base.errors import TracingError

scale: Any = 2.0


def _set_scale(value: Any) -> None:
    global scale
    scale = value


class _Plain:
    rate: ClassVar[float] = 2.0

    def __init__(self) -> None:
        self.factor = 2.0

    def times(self, x: Any) -> Any:
        return x * scale

    @staticmethod
    def static(x: Any) -> Any:
        return x * scale

    @property
    def rescaled(self) -> Any:
        return scale

    def loss(self, x: Any) -> Any:
        return (x * x * self.factor).sum()


class _Net(nn.Module):
    def forward(self, x: Any) -> Any:
        return x * scale


@dataclass(slots=True)
class _Slots:
    factor: Any = 2.0
    parts: list[Any] = field(default_factory=lambda: [2.0])


Case = tuple[Callable[[Any], Any], Callable[[Any], Any]]
CASES: list[Callable[[], Case]] = []


def place(case: Callable[[], Case]) -> Callable[[], Case]:
    """One place for a number: a function that reads it, and one that changes it."""
    CASES.append(case)
    return case


@place
def in_a_method() -> Case:
    plain = _Plain()
    return plain.times, _set_scale


@place
def in_a_static_method() -> Case:
    plain = _Plain()
    return lambda x: plain.static(x), _set_scale


@place
def in_a_property() -> Case:
    plain = _Plain()
    return lambda x: x * plain.rescaled, _set_scale


@place
def in_a_forward() -> Case:
    return _Net(), _set_scale


@place
def in_a_jitted_function() -> Case:
    def times(x: Any) -> Any:
        return x * scale

    inner = wg.jit(times)
    return lambda x: inner(x), _set_scale


@place
def in_a_class() -> Case:
    plain = _Plain()

    def change(value: Any) -> None:
        _Plain.rate = value

    change(2.0)
    return lambda x: x * plain.rate, change


@place
def in_slots() -> Case:
    slots = _Slots()

    def change(value: Any) -> None:
        slots.factor = value

    return lambda x: x * slots.factor, change


@place
def in_a_list_in_slots() -> Case:
    slots = _Slots()

    def change(value: Any) -> None:
        slots.parts[0] = value

    return lambda x: x * slots.parts[0], change


@place
def in_a_module() -> Case:
    outer, module = types.ModuleType("outer"), types.ModuleType("settings")
    outer.__dict__["inner"] = module
    module.__dict__["rate"] = 2.0

    def change(value: Any) -> None:
        module.__dict__["rate"] = value

    return lambda x: x * outer.inner.rate, change


@place
def in_a_function_attribute() -> Case:
    def times(x: Any) -> Any:
        return x * times.__dict__["rate"]

    def change(value: Any) -> None:
        times.__dict__["rate"] = value

    change(2.0)
    return times, change


@place
def in_a_keyword_default() -> Case:
    def times(x: Any, *, rate: Any = 2.0) -> Any:
        return x * rate

    defaults: Any = times.__kwdefaults__
    return times, lambda value: defaults.update(rate=value)


@place
def in_a_tuple_in_a_dict() -> Case:
    settings: dict[str, Any] = {"rates": (1, 2.0)}
    return lambda x: x * settings["rates"][1], lambda value: settings.update(rates=(1, value))


@place
def in_a_set() -> Case:
    members = {2.0}

    def change(value: Any) -> None:
        members.clear()
        members.add(value)

    return lambda x: x * sum(members), change


@place
def in_a_deque() -> Case:
    members: deque[Any] = deque([2.0], maxlen=1)
    return lambda x: x * sum(members), members.append


@place
def behind_an_attrgetter() -> Case:
    plain = _Plain()
    get = attrgetter("fac" + "tor")

    def change(value: Any) -> None:
        plain.factor = value

    return lambda x: x * get(plain), change


@place
def in_an_array() -> Case:
    array = np.array(2.0, np.float32)
    return lambda x: x * array, lambda value: array.fill(np.asarray(value))


@place
def under_a_transform() -> Case:
    plain = _Plain()

    def change(value: Any) -> None:
        plain.factor = value / 2

    change(2.0)
    return wg.func.grad(plain.loss), change


@pytest.mark.parametrize("case", CASES)
def test_a_changed_number_is_seen(case: Callable[[], Case]) -> None:
    _set_scale(2.0)
    function, change = case()
    f = wg.jit(function)
    x = wg.tensor([1.0, 10.0])
    for value in (2.0, 3.0, 3.0, 4.0, 0.5):
        change(value)
        assert f(x).tolist() == [value, 10 * value]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.__name__ not in ("in_an_array", "in_a_set")]
)
def test_a_tensor_put_in_its_place_and_written_to_is_seen(case: Callable[[], Case]) -> None:
    _set_scale(2.0)
    function, change = case()
    f = wg.jit(function)
    x = wg.tensor([1.0, 10.0])
    f(x)
    w = wg.tensor(3.0)
    change(w)
    assert f(x).tolist() == [3.0, 30.0]
    w.fill_(5.0) if case is not under_a_transform else change(wg.tensor(5.0))
    assert f(x).tolist() == [5.0, 50.0]


def test_the_order_of_an_ordered_dict_counts() -> None:
    parts = OrderedDict(a=1.0, b=2.0)

    def digits() -> Any:
        total = 0.0
        for value in parts.values():
            total = total * 10 + value
        return total * wg.ones(())

    f = wg.jit(digits)
    assert (f().item(), f().item()) == (12.0, 12.0)
    parts.move_to_end("a")
    assert f().item() == 21.0


def test_changes_made_inside_sets_deques_slots_and_classes_are_carried_out() -> None:
    seen: set[int] = set()
    recent: deque[Any] = deque(maxlen=2)
    order = OrderedDict(a=1, b=2)
    slots = _Slots(factor=0)

    class Counter:
        calls = 0

    def step(x: Any) -> Any:
        seen.add(len(seen))
        recent.append(x * 2)
        order.move_to_end(next(iter(order)))
        slots.factor += 1
        Counter.calls += 1
        return x * len(seen) + slots.factor + Counter.calls

    f = wg.jit(step)
    for count in range(1, 5):
        assert f(wg.tensor(1.0)).item() == 3.0 * count
        assert (seen, slots.factor, Counter.calls) == (set(range(count)), count, count)
        assert [x.item() for x in recent] == [2.0] * min(count, 2)
        assert list(order) == (["b", "a"] if count % 2 else ["a", "b"])


def test_a_numpy_array_is_read_and_written_at_every_call() -> None:
    array, places = np.ones(2, np.float32), np.array([0, 1])

    def step(x: Any) -> Any:
        return x * array, wg.tensor(array), x[places], wg.from_numpy(array).add_(1)

    f = wg.jit(step)
    x = wg.tensor([1.0, 2.0])
    f(x)
    assert array.tolist() == [2.0, 2.0]
    places[:] = [1, 0]
    scaled, copied, taken, _ = f(x)
    assert (scaled.tolist(), copied.tolist()) == ([2.0, 4.0], [2.0, 2.0])
    assert (taken.tolist(), array.tolist()) == ([2.0, 1.0], [3.0, 3.0])


def test_a_log_kept_on_a_network_costs_no_trace() -> None:
    class Logged(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 1)
            self.log: list[float] = []
            self.seen = 0

        def forward(self, x: Any) -> Any:
            return self.layer(x)

    net = Logged()
    optimizer = optim.SGD(net.parameters(), lr=0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = net(x).square().sum()
        loss.backward()
        optimizer.step()
        return loss

    f = wg.jit(step)
    for _ in range(80):
        net.log.append(f(wg.ones(3, 2)).item())
        net.seen += 1
    assert f.report().traces <= 2


@pytest.mark.parametrize("take", [True, False])
def test_a_container_changed_that_was_passed_in_raises(take: bool) -> None:
    def step(batch: dict[str, Any]) -> Any:
        if take:
            return batch["x"] * batch.pop("y")
        batch["y"] = batch["x"] * 2
        return batch["y"]

    with pytest.raises(TracingError, match="changes a list or dict that was passed as an argument"):
        wg.jit(step)({"x": wg.ones(2), "y": wg.ones(2)})


def test_a_tensor_that_stands_at_two_places_is_read_where_the_code_reads_it() -> None:
    class Holder:
        def __init__(self) -> None:
            self.spare = self.used = wg.tensor(2.0)

        def times(self, x: Any) -> Any:
            return x * self.used

    holder = Holder()
    f = wg.jit(holder.times)
    x = wg.tensor(1.0)
    assert (f(x).item(), f(x).item()) == (2.0, 2.0)
    holder.spare = wg.tensor(7.0)
    assert (f(x).item(), f(x).item()) == (2.0, 2.0)
    holder.used = wg.tensor(3.0)
    assert f(x).item() == 3.0


def test_what_is_guarded_whole_once_stays_so() -> None:
    """A number that two functions read, and code that is traced once and looks names up itself."""
    plain = _Plain()
    first = iter([True, False, False, False, False, False])  # no guard sees an iterator

    def function(x: Any) -> Any:
        if next(first):
            assert getattr(plain, "re" + "scaled") == 2.0
        return x * plain.rescaled

    _set_scale(2.0)
    f = wg.jit(function)
    for value in (2.0, 3.0, 4.0, 5.0):
        _set_scale(value)
        assert f(wg.ones(2)).tolist() == [value] * 2
    assert f.report().traces == 2
