"""In-place writes: memory and versions, gradients through them, and the errors before a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert
from wengert import tensor

from .places import place
from .test_backward import leaf


def vector(*values: float) -> Any:
    return tensor(list(values), dtype="float64")


# ---- memory and versions ------------------------------------------------------------------------


def test_a_write_changes_the_memory_and_the_version() -> None:
    x = vector(1, 2)
    pointer, version = x.data_ptr(), x._version
    same = x.add_(1)
    assert same is x
    assert (x.data_ptr(), x._version) == (pointer, version + 1)
    assert x.tolist() == [2, 3]


def test_views_and_numpy_arrays_see_a_write() -> None:
    array = numpy.zeros(3)
    x = wengert.from_numpy(array)
    v, d, n = x[1:], x.detach(), x.numpy()
    x.fill_(7)
    assert array.tolist() == [7, 7, 7] == n.tolist() == d.tolist()
    assert v.tolist() == [7, 7]
    v[0] = 1
    assert array.tolist() == [7, 1, 7]
    assert x._version == v._version == d._version == 2


def test_a_write_through_numpy_is_seen_by_everybody() -> None:
    x = vector(1, 2)
    x.numpy()[0] = 9
    assert x.tolist() == [9, 2]


def test_operators_with_assignment_keep_the_object() -> None:
    x = vector(8, 4)
    before = x
    x += 1
    x -= 2
    x *= 4
    x /= 2
    x **= 2
    x %= 50
    x //= 4
    assert x is before
    assert x.tolist() == [11, 9]
    mask = tensor([True, False, True])
    part = mask[1:]
    part |= tensor([True, False])
    part ^= tensor([True, True])
    mask[:1] &= False
    assert mask.tolist() == [False, False, False]
    part ^= True
    assert mask.tolist() == [False, True, True]


def test_a_result_that_does_not_fit_raises_before_writing() -> None:
    x = vector(1, 2)
    for call, text in (
        (
            lambda: x.add_(wengert.ones(3, 2)),
            (
                "add_: the result has shape (3, 2) and does not fit into the tensor of shape "
                "(2,). Make a new tensor instead."
            ),
        ),
        (
            lambda: x.mul_(1j),
            (
                "mul_: a result of dtype complex128 cannot be stored in a float64 tensor. "
                "Convert the tensor first: x = x.to(wengert.complex128)."
            ),
        ),
        (
            lambda: tensor([1, 2]).add_(0.5),
            (
                "add_: a result of dtype float32 cannot be stored in a int64 tensor. Convert "
                "the tensor first: x = x.to(wengert.float32)."
            ),
        ),
    ):
        with pytest.raises(RuntimeError) as caught:
            call()
        assert str(caught.value) == text
    assert x.tolist() == [1, 2]
    assert x._version == 0


def test_a_lower_category_is_converted() -> None:
    x = vector(1, 2)
    x.add_(tensor([1, 2]))
    x.mul_(tensor([2.0, 2.0]))
    assert x.tolist() == [4, 8]
    assert x.dtype == wengert.float64


def test_copy_fill_and_zero() -> None:
    x = vector(1, 2)
    assert x.copy_(tensor([5])) is x
    assert x.tolist() == [5, 5]
    assert x.fill_(2.5).tolist() == [2.5, 2.5]
    assert x.fill_(tensor(3)).tolist() == [3, 3]
    assert x.zero_().tolist() == [0, 0]


# ---- gradients ----------------------------------------------------------------------------------

# (program on a leaf [2, 3], its value, its gradient); each writes in place on the way.
PROGRAMS: dict[str, tuple[Callable[[Any], Any], float, list[float]]] = {}


def program(value: float, gradient: list[float]) -> Callable[[Any], Any]:
    def enter(function: Any) -> Any:
        PROGRAMS[function.__name__.strip("_").replace("_", " ")] = (function, value, gradient)
        return function

    return enter


@program(5 * 5, [5, 5])
def _multiplied_by_a_number(x: Any) -> Any:
    y = x.clone()
    y.mul_(5)
    return y.sum()


@program(4 + 9, [4, 6])
def _multiplied_by_a_recorded_value(x: Any) -> Any:
    y = x.clone()
    y *= x
    return y.sum()


@program(16 + 81, [32, 108])
def _squared_twice_by_itself(x: Any) -> Any:
    y = x.clone()
    y.mul_(y)
    y.mul_(y)
    return y.sum()


@program(numpy.exp(2) + numpy.exp(3) + 2, [numpy.exp(2), numpy.exp(3)])
def _exponential_then_more(x: Any) -> Any:
    y = x.clone()
    y.exp_()
    y.add_(1)
    return y.sum()


@program(3 + 10, [0, 1])
def _overwritten_by_a_constant(x: Any) -> Any:
    y = x.clone()
    y[0] = 10
    return y.sum()


@program(20 + 3, [10, 1])
def _overwritten_by_a_function_of_the_old_value(x: Any) -> Any:
    y = x.clone()
    y[0] = y[0] * 10
    return y.sum()


@program(20 + 3, [10, 1])
def _changed_through_a_view(x: Any) -> Any:
    y = x.clone()
    y[:1].mul_(10)
    return y.sum()


@program(2 + 30, [1, 10])
def _a_view_sees_a_write_to_its_base(x: Any) -> Any:
    y = x.clone()
    v = y[1:]
    y.mul_(tensor([5.0, 10.0], dtype="float64"))
    return x[0] + v.sum()


@program(2 * 7 + 3 * 7, [7, 7])
def _views_of_views(x: Any) -> Any:
    y = x.clone()
    y.reshape(1, 2).t()[:, 0].mul_(7)
    return y.sum()


@program(2 * 2 * 3 + 3 * 3, [6, 6])
def _overlapping_views(x: Any) -> Any:
    y = wengert.cat([x, wengert.zeros(1, dtype="float64")])
    a, b = y[:2], y[1:]
    a.mul_(2)  # 2 x0, 2 x1, 0
    b.add_(1)  # 2 x0, 2 x1 + 1, 1
    return (a * tensor([3.0, 3.0], dtype="float64")).sum() - b[1] * 18 + 0 * b.sum()


PROGRAMS["overlapping views"] = (
    _overlapping_views,
    3 * 4 + 3 * 7 - 18,
    [6, 6],
)


@program(2 + 3, [1, 1])
def _a_constant_buffer_becomes_part_of_the_record(x: Any) -> Any:
    y = wengert.zeros(2, dtype="float64")
    y.copy_(x)
    return y.sum()


@program(2 + 9, [1, 6])
def _a_constant_buffer_is_filled_piece_by_piece(x: Any) -> Any:
    y = wengert.zeros(2, dtype="float64")
    for k in range(2):
        y[k] = x[k] ** (k + 1)
    return y.sum()


@program(4 + 6, [2, 2])
def _a_view_of_a_constant_buffer_is_written(x: Any) -> Any:
    y = wengert.zeros(2, 2, dtype="float64")
    row = y[1]
    row.copy_(x)
    y.mul_(2)
    return row.sum() + y[0].sum()


@program(2 * 3 + 0, [3, 2])
def _zeroed_after_use(x: Any) -> Any:
    y = x.clone()
    product = y[0] * y[1]
    z = y + 0
    z.zero_()
    return product + z.sum()


@program(3 - 2 + 3 - 2, [-2, 2])
def _swapped_with_a_clone(x: Any) -> Any:
    y = x.clone()
    y[0], y[1] = y[1].clone(), y[0].clone()
    return (y[0] - y[1]) * 2


@program(2 + 3 + 3, [1, 2])
def _a_transposed_write(x: Any) -> Any:
    y = wengert.outer(wengert.ones(2, dtype="float64"), x)
    y.t()[0] = 0
    y.t()[0][0] = x[0]
    return y.sum()


@program(6 + 3, [3, 1])
def _masked_write(x: Any) -> Any:
    y = x.clone()
    y[x < 2.5] *= 3
    return y.sum()


@program(6 + 9, [3, 3])
def _integer_write_that_repeats_a_place_keeps_the_last(x: Any) -> Any:
    y = x.clone()
    y[tensor([0, 1])] *= 3
    return y.sum()


@program(5 + 3, [1, 1])
def _a_write_under_no_grad_keeps_the_history_of_the_tensor(x: Any) -> Any:
    y = x * 1
    with wengert.no_grad():
        y[0] = 5
    return y.sum()


@program(5, [0, 0])
def _filled_with_a_constant_it_depends_on_nothing(x: Any) -> Any:
    y = x * 1
    y.fill_(2.5)
    return y.sum() + 0 * x.sum()


@program(7.0, [1, 1])
def _clamped_and_scaled(x: Any) -> Any:
    y = x.clone()
    y.clamp_(1.5, 3.5).add_(1)
    return y.sum()


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradient_through_writes(name: str) -> None:
    function, value, gradient = PROGRAMS[name]
    x = leaf(2.0, 3.0)
    result = function(x)
    assert result.item() == pytest.approx(value, rel=1e-12)
    result.backward()
    numpy.testing.assert_allclose(x.grad.numpy(), gradient, rtol=1e-12)
    assert x.tolist() == [2, 3]


def test_grad_fn_of_views_follows_the_writes() -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    v = y[:1]
    assert v.grad_fn.name() == "SliceBackward0"
    y.mul_(3)
    assert y.grad_fn.name() == "MulBackward0"
    (g,) = wengert.autograd.grad(v.sum(), x)
    assert g.tolist() == [3, 0]


def _assigned(b: Any, a: Any) -> Any:
    b[:] = a
    return b


def _expanded(b: Any, a: Any) -> Any:
    return a.expand(a.shape)


def _copied_to_a_view(b: Any, a: Any) -> Any:
    return wengert.zeros(3, 2, dtype="float64")[1].copy_(a)


COPYING: dict[str, Callable[[Any, Any], Any]] = {
    "copy_": lambda b, a: b.copy_(a),
    "copy_ to a view": _copied_to_a_view,
    "assignment": _assigned,
    "expand to the same shape": _expanded,
}


@pytest.mark.parametrize("way", COPYING)
@pytest.mark.parametrize("of", ["a leaf", "a result"])
def test_a_copy_is_not_its_source(way: str, of: str) -> None:
    x = leaf(1.0, 1.0)
    a = x if of == "a leaf" else x * 2
    b = COPYING[way](vector(0, 0), a)
    assert not b.is_leaf
    loss = b.sum() + (a * 3).sum()
    to_copy, to_source = wengert.autograd.grad(loss, [b, a])
    assert (to_copy.tolist(), to_source.tolist()) == ([1, 1], [4, 4])


@pytest.mark.parametrize("way", ["copy_", "assignment"])
def test_a_copy_of_a_leaf_may_be_written(way: str) -> None:
    a = leaf(1.0, 2.0)
    b = COPYING[way](vector(0, 0), a)
    b *= 3
    b.sum().backward()
    assert a.grad.tolist() == [3, 3]


def test_a_detached_tensor_has_a_family_of_its_own() -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    d = y.detach()
    d[0] = 10.0
    assert y.tolist() == [10, 3]
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]  # the write left no trace in the record
    assert not d.requires_grad


# ---- what backward kept -------------------------------------------------------------------------


def test_a_kept_value_that_was_overwritten_names_both_lines() -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    z = y * y  # who kept it
    y.add_(1)  # who wrote
    with pytest.raises(RuntimeError) as caught:
        z.sum().backward()
    assert str(caught.value) == (
        f"backward: MulBackward0, recorded at {place('who kept it')}, kept a tensor of shape (2,) "
        f"that was changed in place at {place('who wrote')}. Make a new tensor there (x = x + 1 "
        "instead of x += 1), or clone() it before it is used."
    )
    assert isinstance(caught.value, wengert.errors.InplaceError)
    assert x.grad is None


OVERWRITES: dict[str, Callable[[Any], None]] = {
    "itself": lambda y: y.add_(1),
    "a view": lambda y: y[:1].zero_(),
    "another shape": lambda y: y.reshape(1, 2).add_(1),
    "an element": lambda y: y.__setitem__(0, 5.0),
    "its data": lambda y: y.data.add_(1),
    "detached": lambda y: y.detach().zero_(),
    "a copy into it": lambda y: y.copy_(wengert.zeros(2)),
}


@pytest.mark.parametrize("way", OVERWRITES)
def test_every_way_to_overwrite_a_kept_value_is_seen(way: str) -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    z = y.exp() * y
    OVERWRITES[way](y)
    with pytest.raises(wengert.errors.InplaceError, match="changed in place"):
        z.sum().backward()


@pytest.mark.parametrize("way", OVERWRITES)
def test_a_write_under_no_grad_is_seen_as_well(way: str) -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    z = y * y
    with wengert.no_grad():
        OVERWRITES[way](y)
    with pytest.raises(wengert.errors.InplaceError, match="changed in place"):
        z.sum().backward()


def test_a_kept_view_is_seen_when_its_base_is_written() -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    z = y[:1] * y[1:]
    y.add_(1)
    with pytest.raises(wengert.errors.InplaceError, match="changed in place"):
        z.sum().backward()


def test_what_no_rule_needs_may_be_overwritten() -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    z = y + 1  # keeps nothing
    w = y * 4  # keeps the number only
    y.zero_()
    (z + w).sum().backward()
    assert x.grad.tolist() == [5, 5]


def test_an_operand_that_is_not_differentiated_need_not_stay() -> None:
    x, c = leaf(2.0, 3.0), vector(5, 7)
    z = x * c
    x_only = c * 1
    c_version = c._version
    x_only.add_(1)
    assert c._version == c_version
    z.sum().backward()
    assert x.grad.tolist() == [5, 7]
    w = leaf(2.0, 3.0)
    scaled = w * c  # keeps c for w, but not w for c
    with wengert.no_grad():
        w.add_(1)
    scaled.sum().backward()
    assert w.grad.tolist() == [5, 7]


def test_a_result_that_is_kept_may_not_be_overwritten() -> None:
    x = leaf(2.0, 3.0)
    y = x.exp()
    y.mul_(2)
    with pytest.raises(wengert.errors.InplaceError, match="ExpBackward0"):
        y.sum().backward()


def test_a_parameter_updated_between_forward_and_backward() -> None:
    w = leaf(2.0, 3.0)
    loss = (w * w).sum()
    with wengert.no_grad():
        w -= 0.1
    with pytest.raises(wengert.errors.InplaceError, match="changed in place"):
        loss.backward()


# ---- .data --------------------------------------------------------------------------------------


def test_assigning_data_gives_a_leaf_other_memory() -> None:
    w = leaf(1.0, 2.0)
    other = vector(5, 6)
    w.data = other
    assert w.requires_grad and w.is_leaf
    (w * w).sum().backward()
    assert w.grad.tolist() == [10, 12]
    other.add_(1)
    assert w.tolist() == [6, 7]


def test_updating_data_in_place() -> None:
    w = leaf(1.0, 2.0)
    (w * w).sum().backward()
    w.data -= 0.5 * w.grad
    assert w.tolist() == [0, 0]
    assert w.requires_grad and w.is_leaf
    w.data.add_(3)
    assert w.tolist() == [3, 3]


# ---- under vmap ---------------------------------------------------------------------------------


def test_a_batched_value_cannot_be_written_into_what_the_samples_share() -> None:
    shared = wengert.zeros(2)

    def one(x: Any) -> Any:
        shared.add_(x)  # into the shared
        return x

    with pytest.raises(RuntimeError) as caught:
        wengert.vmap(one)(wengert.ones(3, 2))
    assert str(caught.value) == (
        "add_: a value that differs from sample to sample (shape (2,) under vmap) is written into "
        f"a tensor of shape (2,) that all samples share, at {place('into the shared')}. Return it "
        "instead, or pass the tensor through in_dims. (Batch normalisation does this: use "
        "track_running_stats=False.)"
    )
    assert shared.tolist() == [0, 0]
    assert shared._version == 0


def test_a_batched_value_can_be_written_into_a_batched_one() -> None:
    def one(x: Any, y: Any) -> Any:
        z = x.clone()
        z.add_(y)
        z[0] = 7
        return z

    found = wengert.vmap(one)(wengert.ones(3, 2), wengert.arange(6).reshape(3, 2).float())
    assert found.tolist() == [[7, 2], [7, 4], [7, 6]]


def test_gradients_of_batched_writes() -> None:
    def one(x: Any) -> Any:
        y = x.clone()
        y[0] = x[1] * x[1]
        y.mul_(x)
        return y.sum()  # x0 x1^2 + x1^2

    found = wengert.vmap(wengert.func.grad(one))(tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert found.tolist() == [[4, 8], [16, 32]]
