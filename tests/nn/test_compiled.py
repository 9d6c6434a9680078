"""Layers and losses in a compiled function: the same values, gradients and buffers as eager."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import wengert
from wengert import nn
from wengert.nn import functional as F


class Lookup(nn.Module):
    """An embedding whose numbers come from the input's size."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 8, padding_idx=0)
        self.norm = nn.LayerNorm((3, 8))

    def forward(self, x: Any) -> Any:
        index = wengert.arange(15).reshape(5, 3) % 5
        return self.norm(self.table(index)) * x


class Losses(nn.Module):
    """The sum of many losses of one layer's output."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.register_buffer("target", wengert.tensor([1, 3, -100, 0, 2]))
        self.register_buffer("weight", wengert.tensor([1.0, 2.0, 0.5, 1.0]))

    def forward(self, x: Any) -> Any:
        x = self.layer(x)
        soft = F.softmax(x.detach().flip(0), 1)
        return (
            F.cross_entropy(x, self.target, self.weight)
            + F.cross_entropy(x, self.target, label_smoothing=0.1)
            + F.cross_entropy(x, soft)
            + F.binary_cross_entropy_with_logits(x, soft, pos_weight=self.weight)
            + F.kl_div(F.log_softmax(x, 1), soft, reduction="batchmean")
            + F.smooth_l1_loss(x, soft)
            + F.nll_loss(F.logsigmoid(x), self.target, reduction="sum")
        )


MODULES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "convolutions": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=(2, 1), padding=(0, 1), groups=2), nn.BatchNorm2d(4),
            nn.SiLU(), nn.MaxPool2d(3, 2, padding=1), nn.Conv2d(4, 4, 2, padding="same"),
            nn.AvgPool2d(2, 1, padding=1), nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten(),
        ),
        (3, 2, 9, 8),
    ),
    "activations": (
        lambda: nn.Sequential(
            nn.Linear(6, 6), nn.GELU(), nn.BatchNorm1d(6, momentum=None), nn.ELU(), nn.Hardtanh(),
            nn.Linear(6, 6), nn.LeakyReLU(), nn.Softplus(), nn.LogSoftmax(dim=1),
        ),
        (5, 6),
    ),
    "embedding": (Lookup, (8,)),
    "losses": (Losses, (5, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_compiled_layers(name: str, rng: numpy.random.Generator) -> None:
    make, shape = MODULES[name]
    wengert.manual_seed(3)
    eager = make()
    module = copy.deepcopy(eager)

    def step(module: nn.Module, x: Any) -> Any:
        module.zero_grad()
        loss = module(x).pow(2).sum()
        loss.backward()
        return loss

    compiled = wengert.jit(lambda x: step(module, x))
    for _ in range(2):
        x = wengert.from_numpy(rng.normal(size=shape).astype("float32"))
        wanted = step(eager, x)
        found = compiled(x)
        numpy.testing.assert_allclose(found.item(), wanted.item(), rtol=1e-5)
        for p, q in zip(module.parameters(), eager.parameters(), strict=True):
            scale = max(1.0, abs(q.grad.numpy()).max())
            numpy.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), atol=2e-5 * scale)
        state = eager.state_dict()
        for key, value in module.state_dict().items():
            numpy.testing.assert_allclose(value.numpy(), state[key].numpy(), rtol=1e-5, atol=1e-6)
    assert compiled.report().traces == 1
