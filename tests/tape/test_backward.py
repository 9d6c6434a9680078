"""backward, autograd.grad and what tensors say about their place in the record."""

from __future__ import annotations

import warnings
from typing import Any

import numpy
import pytest

import wengert
from wengert import autograd, tensor
from wengert.errors import DtypeError, NotDifferentiableError

from .places import place


def leaf(*values: float) -> Any:
    data: Any = list(values) if len(values) != 1 else values[0]
    return tensor(data, dtype="float64", requires_grad=True)


# ---- accumulation -------------------------------------------------------------------------------


def test_gradients_of_several_backwards_add_up() -> None:
    x = leaf(3.0)
    (x * x).backward()
    (x * 2).backward()
    assert x.grad.item() == 8


def test_gradients_of_several_paths_add_up() -> None:
    x = leaf(3.0)
    y = x * x
    (y * x + y + x).backward()
    assert x.grad.item() == 27 + 6 + 1


def test_a_diamond_of_many_levels_takes_linear_work() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(100):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**100


def test_the_same_operand_twice() -> None:
    x = leaf(3.0)
    (x * x).backward()
    assert x.grad.item() == 6


def test_accumulation_writes_into_the_gradient_that_is_there() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    first = x.grad
    (x * 4).sum().backward()
    assert x.grad is first
    assert first.tolist() == [7, 7]


def test_a_gradient_shares_memory_with_nothing_the_user_holds() -> None:
    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    seed = tensor([1.0, 10.0], dtype="float64")
    (x + y).backward(seed)
    x.grad.mul_(5)
    assert y.grad.tolist() == [1, 10]
    assert seed.tolist() == [1, 10]
    x.grad = None
    (x.reshape(2, 1) * 1.0).backward(seed.reshape(2, 1))
    x.grad.mul_(5)
    assert seed.tolist() == [1, 10]


@pytest.mark.parametrize(
    "function",
    [
        lambda s: (s * s).sum(),
        lambda s: wengert.where(s > 0, s * s, 0.0).sum(),
        lambda s: wengert.where(s > 0, s, 0.0).sum(),
        lambda s: s.exp().cumsum(0).sum(),
    ],
)
def test_the_gradients_of_two_summands_share_no_memory(function: Any) -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    function(a + b).backward()
    before = b.grad.tolist()
    a.grad.mul_(10)
    assert b.grad.tolist() == before


def test_a_hook_that_keeps_a_gradient_keeps_its_value() -> None:
    x = leaf(1.0, 2.0)
    seen: list[Any] = []
    x.register_hook(seen.append)
    (x * 3).sum().backward()
    (x * 3).sum().backward()
    assert [g.tolist() for g in seen] == [[3, 3], [3, 3]]
    assert x.grad.tolist() == [6, 6]


def test_the_gradient_of_an_expanded_leaf_is_writable() -> None:
    x = leaf(1.0)
    x.expand(3).sum().backward()
    x.grad += 1
    assert x.grad.item() == 4


def test_a_leaf_that_nobody_holds_any_more_is_no_problem() -> None:
    x, y = leaf(2.0), leaf(3.0)
    z = x * y
    del y
    z.backward()
    assert x.grad.item() == 3


# ---- retain_graph -------------------------------------------------------------------------------


def test_a_second_backward_raises_and_names_the_shared_line() -> None:
    x = leaf(3.0)
    y = x * x  # the shared line
    y.backward()
    with pytest.raises(RuntimeError) as caught:
        y.backward()
    assert str(caught.value) == (
        f"backward: the values kept by MulBackward0, recorded at {place('the shared line')}, were "
        "freed by an earlier backward. Pass retain_graph=True to the earlier call; or, if that "
        "part was meant to stay constant, detach() what enters the loop."
    )
    assert isinstance(caught.value, wengert.errors.FreedGraphError)
    assert x.grad.item() == 6


def test_retain_graph_allows_a_second_backward() -> None:
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12
    with pytest.raises(wengert.errors.FreedGraphError):
        y.backward()


def test_a_graph_that_kept_nothing_can_go_backward_again() -> None:
    x = leaf(3.0)
    y = x + 1
    y.backward()
    y.backward()
    assert x.grad.item() == 2


def test_only_the_part_that_was_visited_is_freed() -> None:
    x = leaf(3.0)
    y = x * x
    a, b = y * 2, y.exp()
    autograd.grad(a, y)
    (g,) = autograd.grad(b, x)
    assert g.item() == pytest.approx(6 * numpy.exp(9))


def test_grad_frees_as_backward_does() -> None:
    x = leaf(3.0)
    y = x * x
    autograd.grad(y, x)
    with pytest.raises(wengert.errors.FreedGraphError, match="were freed by an earlier backward"):
        autograd.grad(y, x)


def test_a_shared_part_freed_by_one_loss_fails_for_the_other_before_any_gradient() -> None:
    x, w = leaf(3.0), leaf(2.0)
    shared = x * x
    first, second = shared * 2, (shared + w) * 1
    first.backward()
    with pytest.raises(wengert.errors.FreedGraphError):
        second.backward()
    assert w.grad is None


# ---- where it may start -------------------------------------------------------------------------


def test_backward_from_a_vector_needs_a_gradient() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError) as caught:
        (x * 2).backward()
    assert str(caught.value) == (
        "backward: a tensor of shape (2,) needs a gradient to start from. Call backward on a "
        "single number, such as loss.sum(), or pass gradient=..."
    )
    (x * 2).backward(tensor([1.0, 10.0], dtype="float64"))
    assert x.grad.tolist() == [2, 20]


def test_backward_from_one_element_of_any_shape() -> None:
    x = leaf(1.0)
    (x.reshape(1, 1, 1) * 3).backward()
    assert x.grad.item() == 3


def test_a_gradient_of_another_shape_raises() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError) as caught:
        (x * 2).backward(wengert.ones(3, dtype="float64"))
    assert str(caught.value) == "backward: the gradient has shape (3,), the tensor (2,)."


def test_a_gradient_of_another_dtype_is_converted() -> None:
    x = leaf(1.0, 2.0)
    (x * 2).backward(wengert.ones(2))
    assert x.grad.dtype == wengert.float64


def test_backward_from_what_depends_on_nothing_raises() -> None:
    with pytest.raises(RuntimeError) as caught:
        (tensor(1.0) * 2).backward()
    assert str(caught.value) == (
        "backward: the tensor (shape ()) does not depend on anything that requires grad. Set "
        "requires_grad=True on an input before computing it, and look for detach(), no_grad() or "
        "integer dtypes on the way."
    )


def test_backward_from_a_leaf_itself() -> None:
    x = leaf(1.0)
    x.backward()
    assert x.grad.item() == 1
    (g,) = autograd.grad(x, x)
    assert g.item() == 1


def test_backward_from_several_tensors() -> None:
    x = leaf(2.0)
    autograd.backward([x * x, x * 3], [tensor(1.0), tensor(10.0)])
    assert x.grad.item() == 34
    y = x * x
    autograd.backward((y, y))
    assert x.grad.item() == 42


def test_backward_with_the_wrong_number_of_gradients_raises() -> None:
    x = leaf(2.0)
    with pytest.raises(ValueError) as caught:
        autograd.backward([x * x, x * 3], [tensor(1.0)])
    assert str(caught.value) == "backward: 2 tensors were given with 1 gradients."


def test_inputs_choose_the_leaves() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.item() == 3
    assert y.grad is None


def test_an_empty_choice_of_inputs_raises() -> None:
    x = leaf(1.0)
    with pytest.raises(ValueError, match="`inputs` is empty"):
        (x * x).backward(inputs=[])


def test_gradients_recorded_with_create_graph_share_no_memory() -> None:
    a, b, start = leaf(1.0, 2.0), leaf(1.0, 2.0), tensor([3.0, 4.0], dtype="float64")
    (a + b).backward(start, create_graph=True)
    with wengert.no_grad():
        a.grad.mul_(10)
    assert a.grad.tolist() == [30, 40]
    assert b.grad.tolist() == start.tolist() == [3, 4]


def test_a_leaf_that_was_frozen_since_gets_no_gradient() -> None:
    x, w = leaf(2.0), leaf(3.0)
    y = x * w
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None
    assert w.grad.item() == 2


def test_a_complex_result_needs_a_gradient_to_start_from() -> None:
    x = tensor(1 + 2j, requires_grad=True)
    with pytest.raises(NotDifferentiableError, match="a complex64 number has no gradient"):
        (x * x).backward()
    (x * x).backward(tensor(1 + 0j))
    assert x.grad.item() == 2 - 4j


def test_a_complex_gradient_of_a_real_result_raises() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(DtypeError, match="imaginary part would be lost"):
        (x * x).backward(tensor([1j, 1 + 2j]))


def test_inputs_of_grad_may_be_any_iterable_of_tensors() -> None:
    x, y = leaf(2.0), leaf(3.0)
    assert [g.item() for g in autograd.grad(x * y, iter([x, y]))] == [3, 2]
    with pytest.raises(TypeError, match="grad: inputs must be tensors, not float"):
        autograd.grad(x * y, [x, 1.0])


def test_a_backward_that_fails_deposits_nothing() -> None:
    x = leaf(2.0)
    y = x * x
    kept = x.exp()
    kept.mul_(2)

    def refuse(g: Any) -> None:
        raise ValueError("refused")

    y.register_hook(refuse)
    with pytest.raises(ValueError, match="refused"):
        y.backward()
    assert x.grad is None


# ---- autograd.grad ------------------------------------------------------------------------------


def test_grad_of_several_outputs_by_several_inputs() -> None:
    x, y = leaf(2.0), leaf(3.0)
    gx, gy = autograd.grad([x * y, x + y], [x, y], [tensor(1.0), tensor(10.0)])
    assert (gx.item(), gy.item()) == (13, 12)
    assert x.grad is None and y.grad is None


def test_grad_with_respect_to_an_intermediate() -> None:
    x = leaf(2.0)
    y = x * x
    (g,) = autograd.grad(y.exp(), y)
    assert g.item() == pytest.approx(numpy.exp(4))


def test_grad_with_respect_to_two_views_of_the_same_chain() -> None:
    x = leaf(2.0)
    y = x * 3
    z = y * y
    gy, gx = autograd.grad(z, [y, x])
    assert (gy.item(), gx.item()) == (12, 36)


def test_an_unused_input_raises_or_gives_none_or_zeros() -> None:
    x, unused = leaf(2.0), leaf(1.0, 2.0)
    with pytest.raises(RuntimeError) as caught:
        autograd.grad(x * x, [x, unused])
    assert str(caught.value) == (
        "grad: the outputs do not depend on an input of shape (2,). Pass allow_unused=True to get "
        "None for it, or materialize_grads=True to get zeros."
    )
    assert autograd.grad(x * x, [x, unused], allow_unused=True)[1] is None
    zeros = autograd.grad(x * x, [x, unused], materialize_grads=True)[1]
    assert zeros.tolist() == [0, 0]
    assert zeros.dtype == wengert.float64


def test_an_input_that_does_not_require_grad_raises() -> None:
    x = leaf(2.0)
    with pytest.raises(RuntimeError) as caught:
        autograd.grad(x * x, tensor([1.0, 2.0]))
    assert str(caught.value) == (
        "grad: an input of shape (2,) does not require grad. Set requires_grad=True on it before "
        "the computation."
    )


def test_a_failed_grad_frees_nothing() -> None:
    x, unused = leaf(2.0), leaf(1.0)
    y = x * x
    with pytest.raises(RuntimeError, match="do not depend"):
        autograd.grad(y, unused)
    assert autograd.grad(y, x)[0].item() == 4


# ---- what a tensor says -------------------------------------------------------------------------


def test_leaves_and_results() -> None:
    x = leaf(2.0)
    y = x * 2
    constant = tensor(1.0) * 2
    assert x.is_leaf and x.requires_grad and x.grad_fn is None
    assert not y.is_leaf and y.requires_grad
    assert constant.is_leaf and not constant.requires_grad and constant.grad_fn is None


def test_names_of_nodes_and_their_operands() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    product = x * w
    total = (product + 1).sum()
    assert total.grad_fn.name() == "SumBackward0"
    (added, position), *rest = total.grad_fn.next_functions
    assert (added.name(), position, rest) == ("AddBackward0", 0, [])
    assert added.next_functions == ((product.grad_fn, 0), (None, 0))
    names = [node.name() for node, _ in product.grad_fn.next_functions]
    assert names == ["AccumulateGrad", "AccumulateGrad"]
    assert repr(product).endswith("grad_fn=<MulBackward0>)")


def test_requires_grad_can_be_set_later() -> None:
    x = tensor([1.0, 2.0])
    before = x * 2
    x.requires_grad = True
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert not before.requires_grad


def test_requires_grad_can_be_switched_off_on_leaves_only() -> None:
    x = leaf(1.0)
    y = x * 2
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    with pytest.raises(RuntimeError) as caught:
        y.requires_grad = False
    assert str(caught.value) == (
        "requires_grad: it can be switched off on leaves only. Use x.detach()."
    )
    assert y.requires_grad_() is y


def test_integers_cannot_require_grad() -> None:
    with pytest.raises(RuntimeError) as caught:
        tensor([1, 2], requires_grad=True)
    assert str(caught.value) == (
        "requires_grad: only floating and complex tensors can require grad, not int64. Convert "
        "with x.to(wengert.float32) first."
    )


def test_results_in_integers_and_bools_are_constants() -> None:
    x = leaf(1.0, 2.0)
    for y in (x.long(), x > 1, x.argmax(), x.sort().indices, x.isnan(), x.bool(), x.int()):
        assert not y.requires_grad and y.is_leaf and y.grad_fn is None
    back = x.long().double()
    assert not back.requires_grad


def test_gradients_through_conversions_come_back_in_the_dtype_of_the_operand() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    (x.double() * tensor([3.0, 4.0], dtype="float64")).sum().backward()
    assert x.grad.dtype == wengert.float32
    assert x.grad.tolist() == [3, 4]
    z = tensor([1.0, 2.0], requires_grad=True)
    (z.to("complex64") * tensor([1j, 2 + 1j])).real.sum().backward()
    assert z.grad.tolist() == [0, 2]


def test_mixed_dtypes_give_each_operand_its_own() -> None:
    x = tensor([1.0], dtype="float32", requires_grad=True)
    y = tensor([2.0], dtype="float64", requires_grad=True)
    (x * y).sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (wengert.float32, wengert.float64)


def test_grad_of_a_result_warns_and_is_none() -> None:
    x = leaf(1.0)
    y = x * 2
    with pytest.warns(UserWarning, match="not a leaf") as caught:
        assert y.grad is None
    line = test_grad_of_a_result_warns_and_is_none.__code__.co_firstlineno + 2
    assert str(caught[0].message) == (
        "the .grad of a tensor that is not a leaf is always None, and this one was computed at "
        f"test_backward.py:{line} (y = x * 2). A parameter stays a leaf if it is changed in place: "
        "`with wengert.no_grad(): w -= lr * w.grad`. For the gradient of a result call "
        "retain_grad() on it before backward(), or use autograd.grad."
    )
    assert caught[0].filename == __file__


def test_retain_grad() -> None:
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    y.retain_grad()
    assert y.retains_grad and not x.retains_grad
    (y * 3).backward(retain_graph=True)
    assert y.grad.item() == 3
    (y * 3).backward()
    assert y.grad.item() == 6
    assert x.grad.item() == 24
    x.retain_grad()  # leaves keep theirs anyway
    with pytest.raises(RuntimeError) as caught:
        tensor(1.0).retain_grad()
    assert str(caught.value) == "retain_grad: the tensor does not require grad."


def test_assigning_a_gradient() -> None:
    x = leaf(1.0, 2.0)
    x.grad = tensor([5.0, 6.0], dtype="float64")
    (x * 2).sum().backward()
    assert x.grad.tolist() == [7, 8]
    x.grad = None
    assert x.grad is None
    for wrong, text in (
        (3.0, "grad: expected a tensor or None, not float."),
        (wengert.ones(3), "grad: shape (3,) does not fit a tensor of shape (2,)."),
        (wengert.ones(2), "grad: dtype float32 does not fit a float64 tensor."),
    ):
        with pytest.raises((TypeError, RuntimeError)) as caught:
            x.grad = wrong
        assert str(caught.value) == text
    del x.grad
    assert x.grad is None


def test_detach_and_data() -> None:
    x = leaf(1.0, 2.0)
    for constant in (x.detach(), x.data):
        assert not constant.requires_grad and constant.is_leaf
        assert constant.data_ptr() == x.data_ptr()
    y = x * 3
    (y.detach() * y).sum().backward()
    assert x.grad.tolist() == [9, 18]


def test_detach_in_place() -> None:
    x = leaf(2.0)
    y = x * x
    y.detach_()
    assert y.is_leaf and not y.requires_grad
    with pytest.raises(RuntimeError) as caught:
        (x * x).reshape(1).detach_()
    assert str(caught.value) == "detach_: a view cannot be detached in place; use detach()."


def test_numpy_and_matplotlib_need_a_detached_tensor() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError) as caught:
        x.numpy()
    assert str(caught.value) == (
        "numpy(): the tensor requires grad, and NumPy would leave the record. Write "
        "x.detach().numpy()."
    )
    with pytest.raises(RuntimeError, match="requires grad"):
        numpy.asarray(x)
    assert numpy.asarray(x.detach()).tolist() == [1, 2]
    assert x.numpy(force=True).tolist() == [1, 2]


def test_results_of_an_operation_with_several_outputs() -> None:
    x = leaf(3.0, 1.0, 2.0)
    values, indices = x.sort()
    assert indices.tolist() == [1, 2, 0]
    values[0].backward()
    assert x.grad.tolist() == [0, 1, 0]


def test_outputs_whose_sibling_died() -> None:
    x = leaf(3.0, 1.0)
    values = x.sort().values
    (values * tensor([1.0, 10.0], dtype="float64")).sum().backward()
    assert x.grad.tolist() == [10, 1]


def test_warnings_stay_silent_for_infinities() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = leaf(0.0)
        (1 / x).backward()
        assert x.grad.item() == -numpy.inf


def test_floating_point_settings_of_the_caller_survive() -> None:
    with numpy.errstate(divide="raise"):
        (leaf(0.0).log() * 2).backward()
        with pytest.raises(FloatingPointError):
            numpy.log(numpy.zeros(1))
