"""A number that knows its gradient: from one product to a fitted line, without a library of arrays.

Run it with ``python examples/scalar_from_scratch.py``; docs/tutorials/scalar.md explains each step.
"""

import random

from wengert.scalar import Scalar


def a_first_gradient() -> None:
    print("1. A gradient")
    x = Scalar(4)
    y = x * x * x + x + x
    y.backward()
    print(f"   y = x*x*x + x + x at x = {x.val}: y = {y.val}, dy/dx = {x.grad}")
    print(f"   x is now   {x}")
    print(f"   y is now   {y}")


def the_same_with_a_seed() -> None:
    print("2. The same, with the gradient of y set by hand")
    x = Scalar(4)
    y = x * x * x + x + x
    for seed in (1.0, 3.0):
        x.grad = 0.0
        y.grad = seed
        y.backward()
        print(f"   y.grad = {seed} gives x.grad = {x.grad}")


def the_record_walked_backwards() -> None:
    print("3. What was recorded, youngest first")
    x = Scalar(3)
    z = x * x
    y = z + z
    y.backward()
    names = {x: "x", z: "z", y: "y"}
    for node in sorted(names, key=lambda node: node.seq, reverse=True):
        operands = ", ".join(names[operand] for operand in node.operands)
        partials = ", ".join(str(partial) for partial in node.partials)
        print(
            f"   {names[node]} = {node.operation}({operands})".ljust(18)
            + f"partials ({partials})".ljust(22)
            + f"cotangent {node.grad}"
        )
    print(f"   z is used twice and walked once: dy/dx = 4x = {x.grad}")


def a_fitted_line() -> None:
    print("4. A line fitted to 100 noisy points, y = 7x + noise")
    random.seed(42)
    w = Scalar(random.uniform(-1.0, 1.0))
    xs = [i * 0.1 for i in range(-50, 50)]
    ys = [7.0 * x + random.gauss(0.0, 1.0) for x in xs]
    rate = 0.01
    for step in range(201):
        predictions = [w * x for x in xs]
        errors = [(p - y) ** 2 for p, y in zip(predictions, ys)]
        loss = sum(errors, Scalar(0)) / len(errors)
        w.grad = 0.0
        loss.backward()
        if step in (0, 10, 20, 50, 100, 200):
            print(f"   step {step:3d}   loss {loss:9.5f}   w {w:.8f}")
        w.val -= rate * w.grad
    best = sum(x * y for x, y in zip(xs, ys)) / sum(x * x for x in xs)
    print(f"   fitted w            {w.val:.8f}")
    print(f"   least squares says  {best:.8f}")


if __name__ == "__main__":
    a_first_gradient()
    the_same_with_a_seed()
    the_record_walked_backwards()
    a_fitted_line()
