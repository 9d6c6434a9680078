"""The record behind a tensor: looked at, listed, and kept from growing.

Run it with ``python examples/graph_as_data.py``; docs/tutorials/graph.md explains each step.
"""

import warnings

import wengert
from wengert import explain


def what_a_tensor_tells() -> None:
    print("1. What a tensor tells about itself")
    x = wengert.tensor([1.0, 2.0], requires_grad=True)
    squares = x * x
    y = squares.sum()
    node = explain.graph_of(y, names={"x": x, "squares": squares, "y": y})["y"]
    print(f"   operation  {node.operation}")
    print(f"   operands   {[str(operand) for operand in node.operands]}")
    print(f"   line       {node.source}")
    print(f"   value      {node.value}")


def the_listing() -> None:
    print("2. All operations, operands first")
    x = wengert.tensor([1.0, 2.0], requires_grad=True)
    w = wengert.tensor([3.0, -1.0], requires_grad=True)
    hidden = (x * w + 1).tanh()
    y = (hidden * 2).sum()
    names = {"x": x, "w": w, "y": y}
    print(explain.graph_of(y, names=names))
    print("   and with all values kept:")
    with explain.keep_values():
        y = ((x * w + 1).tanh() * 2).sum()
    print(explain.graph_of(y, names={"x": x, "w": w, "y": y}))


def a_loop_that_grows() -> None:
    print("3. An update that is recorded makes every step longer than the last")
    w = wengert.tensor([1.0, 2.0], requires_grad=True)
    watch = explain.GrowthWatch(patience=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for step in range(5):
            (gradient,) = wengert.autograd.grad((w * w).sum(), w)
            w = w - 0.1 * gradient
            watch(w)
            print(f"   step {step}: {len(explain.graph_of(w))} nodes")
    print(f"   warned: {str(caught[0].message).partition('. If')[0]}")


def a_loop_that_does_not() -> None:
    print("4. The same step as an in-place change of a leaf")
    w = wengert.tensor([1.0, 2.0], requires_grad=True)
    for step in range(3):
        (w * w).sum().backward()
        with wengert.no_grad():
            w -= 0.1 * w.grad
            w.grad.zero_()
        print(f"   step {step}: is_leaf {w.is_leaf}, {len(explain.graph_of(w))} node")


def a_state_that_is_carried_along() -> None:
    print("5. A state carried from pass to pass, without and with detach")
    w = wengert.tensor(0.5, requires_grad=True)
    state = wengert.tensor(1.0)
    try:
        for _ in range(2):
            state = (state * w).tanh()
            state.backward()
    except RuntimeError as error:
        print(f"   without: {error}")
    state = wengert.tensor(1.0)
    for _ in range(2):
        state = (state.detach() * w).tanh()
        state.backward()
    print(f"   with:    w.grad = {w.grad.item():.4f}")


if __name__ == "__main__":
    what_a_tensor_tells()
    the_listing()
    a_loop_that_grows()
    a_loop_that_does_not()
    a_state_that_is_carried_along()
