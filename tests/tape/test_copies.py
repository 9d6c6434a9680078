"""copy, deepcopy and pickle of tensors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy
import pytest

import wengert
from wengert import tensor

from .test_backward import leaf


def _values() -> list[Any]:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    return [
        tensor([1, 2, 3]),
        tensor(2.5),
        tensor([True, False]),
        tensor([1 + 2j], dtype="complex64"),
        wengert.zeros(0, 3),
        wengert.arange(6).reshape(2, 3).t(),
        x,
    ]


COPIERS = {
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    **{
        f"pickle {protocol}": lambda x, protocol=protocol: pickle.loads(pickle.dumps(x, protocol))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("way", COPIERS)
def test_values_dtypes_and_flags_survive(way: str) -> None:
    for x in _values():
        y = COPIERS[way](x)
        assert type(y) is type(x)
        assert y is not x
        assert (y.shape, y.dtype, y.requires_grad) == (x.shape, x.dtype, x.requires_grad)
        assert y.is_leaf
        assert y.tolist() == x.tolist()


@pytest.mark.parametrize("way", [way for way in COPIERS if way != "copy"])
def test_deep_copies_share_nothing(way: str) -> None:
    x = _values()[-1]
    y = COPIERS[way](x)
    assert y.grad.tolist() == [3, 3]
    (y * 2).sum().backward()
    with wengert.no_grad():
        y.add_(1)
    assert y.grad.tolist() == [5, 5]
    assert x.tolist() == [1, 2]
    assert x.grad.tolist() == [3, 3]


def test_a_shallow_copy_shares_memory_and_version() -> None:
    x = leaf(1.0, 2.0)
    y = copy.copy(x)
    with wengert.no_grad():
        y.add_(1)
    assert x.tolist() == [2, 3]
    assert x._version == y._version == 1
    assert y.requires_grad


def test_deepcopy_of_a_container_keeps_what_is_shared_shared() -> None:
    x = leaf(1.0)
    copied = copy.deepcopy([x, x, {"again": x}])
    assert copied[0] is copied[1] is copied[2]["again"]
    assert copied[0] is not x


def test_views_are_copied_alone() -> None:
    x = wengert.arange(6).double()
    v = copy.deepcopy(x[1:3])
    v.add_(10)
    assert x.tolist() == [0, 1, 2, 3, 4, 5]
    assert v.tolist() == [11, 12]


def test_results_cannot_be_copied_deeply() -> None:
    y = leaf(1.0) * 2
    with pytest.raises(RuntimeError) as caught:
        copy.deepcopy(y)
    assert str(caught.value) == (
        "deepcopy: only leaves can be deep-copied, since a copy of a result would have no history. "
        "Use x.detach().clone()."
    )
    with pytest.raises(RuntimeError) as caught:
        pickle.dumps(y)
    assert str(caught.value) == "pickle: only leaves can be pickled. Use x.detach()."


class Named(wengert.Tensor):
    """A subclass with an attribute of its own."""


def test_attributes_of_users_survive() -> None:
    x = Named([1.0, 2.0])
    x.name = "weights"
    for way in COPIERS.values():
        y = way(x)
        assert type(y) is Named
        assert y.name == "weights"


def test_a_clone_has_memory_of_its_own_and_a_history() -> None:
    x = leaf(1.0, 2.0)
    y = x.clone()
    y.add_(5)
    assert x.tolist() == [1, 2]
    (y * 2).sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_constructors_copy_and_from_numpy_shares() -> None:
    array = numpy.array([1.0, 2.0])
    copied, shared = tensor(array), wengert.from_numpy(array)
    array[0] = 9
    assert copied.tolist() == [1, 2]
    assert shared.tolist() == [9, 2]
    again = tensor(shared)
    shared.add_(1)
    assert again.tolist() == [9, 2]


@pytest.mark.parametrize(
    ("shape", "counts"), [((2,), (1,)), ((1,), (3,)), ((), ()), ((2, 1), (1, 4))]
)
def test_repeat_copies_also_where_nothing_moves(
    shape: tuple[int, ...], counts: tuple[int, ...]
) -> None:
    x = wengert.ones(shape, dtype="float64")
    y = x.repeat(*counts) if counts else x.repeat(())
    x.mul_(5)
    y.add_(1)
    assert set(y.reshape(-1).tolist()) == {2}
    assert set(x.reshape(-1).tolist()) == {5}


def test_a_deep_copy_shares_nothing_that_an_attribute_holds() -> None:
    x = wengert.tensor([1.0, 2.0], requires_grad=True)
    x.notes, x.own = ["first"], x
    x.grad = wengert.ones(2)
    y, gradient = copy.deepcopy((x, x.grad))
    y.notes.append("second")
    assert x.notes == ["first"]
    assert y.own is y
    assert y.grad is gradient


def test_a_shallow_copy_shares_memory_and_is_a_leaf_of_its_own() -> None:
    x = wengert.tensor([1.0, 2.0], requires_grad=True)
    y = copy.copy(x)
    (y * y).sum().backward()
    assert x.grad is None
    assert y.grad.tolist() == [2, 4]
    with wengert.no_grad():
        y.mul_(2)
    assert x.tolist() == [2, 4]
    double = copy.copy(x * 2)
    double.sum().backward()
    assert x.grad.tolist() == [2, 2]
