"""Gradients of functions that can be drawn: the curves, their slopes, and what to do for a plot.

Run it with ``python examples/autograd_by_example.py``; it needs matplotlib, and writes
autograd_by_example.png. docs/tutorials/autograd.md explains each step.
"""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

import wengert as torch


def a_parabola(axes) -> None:
    print("1. y = x^2, and its slope 2x")
    x = torch.linspace(-3, 3, 61)
    print(f"   made:                    requires_grad = {x.requires_grad}")
    x.requires_grad = True
    print(f"   x.requires_grad = True:  requires_grad = {x.requires_grad}")
    y = x**2
    print(f"   y knows how it was made: {y.grad_fn.name()}")
    y.sum().backward()
    error = (x.grad - 2 * x.detach()).abs().max()
    print(f"   largest |x.grad - 2x|:   {error.item()}")
    axes.plot(x.detach(), y.detach(), label="x^2")
    axes.plot(x.detach(), x.grad.detach(), label="slope")


def a_wave(axes) -> None:
    print("2. y = sin(x^2), and its slope 2x cos(x^2)")
    x = torch.linspace(-3, 3, 601, requires_grad=True)
    y = torch.sin(x**2)
    y.sum().backward()
    known = 2 * x.detach() * torch.cos(x.detach() ** 2)
    print(f"   largest difference:      {(x.grad - known).abs().max().item():.1e}")
    axes.plot(x.detach(), y.detach(), label="sin(x^2)")
    axes.plot(x.detach(), x.grad.detach(), label="slope")


def gradients_add_up() -> None:
    print("3. Two backward passes add up, until the gradient is set to zero")
    x = torch.tensor(3.0, requires_grad=True)
    (x**2).backward()
    print(f"   first:   x.grad = {x.grad.item()}")
    (x**2).backward()
    print(f"   second:  x.grad = {x.grad.item()}")
    x.grad.zero_()
    (x**2).backward()
    print(f"   zeroed:  x.grad = {x.grad.item()}")


def without_a_record() -> None:
    print("4. Nothing is recorded under no_grad, nor of a detached tensor")
    x = torch.tensor(3.0, requires_grad=True)
    y = x**2
    with torch.no_grad():
        z = x**2
    print(f"   y = x**2:                requires_grad = {y.requires_grad}")
    print(f"   the same under no_grad:  requires_grad = {z.requires_grad}")
    print(f"   y.detach():              requires_grad = {y.detach().requires_grad}")


if __name__ == "__main__":
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5))
    a_parabola(left)
    a_wave(right)
    gradients_add_up()
    without_a_record()
    for axes in (left, right):
        axes.legend()
    figure.savefig("autograd_by_example.png")
    print("5. Drawn: autograd_by_example.png")
