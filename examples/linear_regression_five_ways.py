"""The plane y = 2 x1 - 3 x2 + 1 found five times, each time with less to write.

Run it with ``python examples/linear_regression_five_ways.py``. Nothing but the import of `wengert`
is particular to it: with ``import torch`` instead, PyTorch runs the same program.
docs/tutorials/linear_regression.md explains each step.
"""

import numpy as np

import wengert as torch

RATE, STEPS = 0.01, 200
rng = np.random.default_rng(0)
points = rng.uniform(-1, 1, (20, 2))
heights = (2 * points[:, 0] - 3 * points[:, 1] + 1).reshape(-1, 1)
start_w, start_b = np.array([[0.5], [0.5]]), np.array([0.0])


def by_hand():
    """NumPy, and derivatives worked out with pencil and paper."""
    w, b = start_w.copy(), start_b.copy()
    for _ in range(STEPS):
        errors = points @ w + b - heights
        w -= RATE * 2 * points.T @ errors
        b -= RATE * 2 * errors.sum(0)
    return w, b


def with_backward():
    """Tensors that record, and a step of our own."""
    x, y = torch.tensor(points), torch.tensor(heights)
    w = torch.tensor(start_w, requires_grad=True)
    b = torch.tensor(start_b, requires_grad=True)
    for _ in range(STEPS):
        loss = (x.mm(w) + b - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            w -= RATE * w.grad
            b -= RATE * b.grad
            w.grad.zero_()
            b.grad.zero_()
    return w.detach().numpy(), b.detach().numpy()


def with_a_module():
    """A layer that holds the parameters, and a loss by name."""
    x, y = torch.tensor(points), torch.tensor(heights)
    model = torch.nn.Sequential(torch.nn.Linear(2, 1)).double()
    for layer in model.children():
        layer.weight.data = torch.tensor(start_w.T)
        layer.bias.data = torch.tensor(start_b)
    loss_of = torch.nn.MSELoss(reduction="sum")
    for _ in range(STEPS):
        loss = loss_of(model(x), y)
        model.zero_grad()
        loss.backward()
        for param in model.parameters():
            param.data -= RATE * param.grad
    return model[0].weight.detach().numpy().T, model[0].bias.detach().numpy()


def with_an_optimiser():
    """The step by name, too."""
    x, y = torch.tensor(points), torch.tensor(heights)
    model = torch.nn.Sequential(torch.nn.Linear(2, 1)).double()
    model[0].weight.data = torch.tensor(start_w.T)
    model[0].bias.data = torch.tensor(start_b)
    loss_of = torch.nn.MSELoss(reduction="sum")
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE)
    for _ in range(STEPS):
        loss = loss_of(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model[0].weight.detach().numpy().T, model[0].bias.detach().numpy()


def with_300_noisy_samples():
    """Measured data instead of exact ones: NumPy arrays made into float32 tensors."""
    dtype = torch.FloatTensor
    x = rng.standard_normal((300, 2))
    y = 2 * x[:, [0]] - 3 * x[:, [1]] + 1 + 0.1 * rng.standard_normal((300, 1))
    inputs, targets = torch.from_numpy(x).type(dtype), torch.from_numpy(y).type(dtype)
    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    loss_of = torch.nn.MSELoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(STEPS):
        loss = loss_of(model(inputs), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    best = np.linalg.lstsq(np.hstack([x, np.ones((300, 1))]), y, rcond=None)[0]
    print(f"   least squares says          {best[0, 0]:7.4f} {best[1, 0]:7.4f} {best[2, 0]:7.4f}")
    return model[0].weight.detach().numpy().T, model[0].bias.detach().numpy()


WAYS = [by_hand, with_backward, with_a_module, with_an_optimiser, with_300_noisy_samples]


if __name__ == "__main__":
    print("   y = a x1 + b x2 + c               a       b       c")
    for number, way in enumerate(WAYS, 1):
        w, b = way()
        print(f"{number}. {way.__name__:<27} {w[0, 0]:7.4f} {w[1, 0]:7.4f} {b[0]:7.4f}")
