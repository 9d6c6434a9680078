"""Writes in place that are refused before anything is written; overlapping memory that is not."""

from __future__ import annotations

import numpy
import pytest

import wengert
from wengert import tensor

from .places import place
from .test_backward import leaf
from .test_inplace import vector


def test_a_leaf_that_requires_grad_may_not_be_written() -> None:
    x = leaf(2.0, 3.0)
    with pytest.raises(RuntimeError) as caught:
        x.add_(1)  # the leaf
    assert str(caught.value) == (
        f"add_: a leaf that requires grad cannot be changed in place at {place('the leaf')}: its "
        "gradient would have no meaning. Write `with wengert.no_grad():` around an update, or make "
        "a new tensor instead."
    )
    assert x.tolist() == [2, 3]
    assert x._version == 0


def test_a_view_of_a_leaf_that_requires_grad_may_not_be_written() -> None:
    x = leaf(2.0, 3.0)
    v = x[:1]
    with pytest.raises(RuntimeError) as caught:
        v.zero_()  # the view
    assert str(caught.value) == (
        f"zero_: a view of a leaf that requires grad cannot be changed in place at "
        f"{place('the view')}: its gradient would have no meaning. Write `with "
        "wengert.no_grad():` around an update, or make a new tensor instead."
    )
    with pytest.raises(RuntimeError, match="index_put: a view of a leaf that requires grad"):
        x[0] = 1.0
    with pytest.raises(RuntimeError, match="index_put: "):
        x[wengert.tensor([0])] = 1.0
    with pytest.raises(RuntimeError, match="masked_fill_: a leaf"):
        x.masked_fill_(x > 0, 1.0)
    with pytest.raises(RuntimeError, match="copy_: a leaf"):
        x.copy_(wengert.zeros(2))
    assert x.tolist() == [2, 3]
    assert x._version == 0


def test_a_failing_operand_leaves_the_target_as_it_was() -> None:
    x = vector(1, 2)
    with pytest.raises(RuntimeError):
        x.add_(wengert.ones(5))
    assert x.tolist() == [1, 2]


@pytest.mark.parametrize("name", ["add_", "fill_", "copy_"])
def test_an_expanded_view_may_not_be_written(name: str) -> None:
    x = vector(1.0).expand(3)
    with pytest.raises(RuntimeError) as caught:
        getattr(x, name)(tensor(2.0))
    assert str(caught.value) == (
        f"{name}: this tensor of shape (3,) is an expanded or read-only view: several of its "
        "elements may be one memory cell. Use x.clone() first."
    )


def test_a_read_only_array_may_not_be_written() -> None:
    array = numpy.zeros(2)
    array.flags.writeable = False
    x = wengert.from_numpy(array)
    with pytest.raises(RuntimeError, match="read-only view"):
        x.add_(1)


def test_overlap_of_source_and_target() -> None:
    x = vector(1, 2, 3, 4)
    x[1:] = x[:-1]
    assert x.tolist() == [1, 1, 2, 3]
    x = vector(1, 2, 3, 4)
    x[:-1].copy_(x[1:])
    assert x.tolist() == [2, 3, 4, 4]
    x = vector(1, 2, 3, 4)
    x.copy_(x.flip(0))
    assert x.tolist() == [4, 3, 2, 1]
    x = vector(1, 2, 3, 4)
    x.reshape(2, 2).copy_(x.reshape(2, 2).t())
    assert x.tolist() == [1, 3, 2, 4]


def test_what_is_no_leaf_any_more_may_be_written_through_views_and_a_new_leaf_may_not() -> None:
    x = wengert.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    for t in (x, y):
        assert t[0].requires_grad
    x.requires_grad_(False)
    y.detach_()
    for t in (x, y):
        t[:1].mul_(3)
        assert not t.requires_grad
    assert (x.tolist(), y.tolist()) == ([3, 2], [6, 4])
    x.requires_grad_()
    x.data = wengert.tensor([5.0, 6.0])
    with pytest.raises(RuntimeError, match="a view of a leaf"):
        x[:1].mul_(3)
    assert x.tolist() == [5, 6]
