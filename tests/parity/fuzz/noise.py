"""PyTorch's programs with noise where something is rounded: a model of rounding."""

from __future__ import annotations

from typing import Any

import torch

from .table import TABLE, apply

NOISES = (1, -1, 2)
"""The first two are opposite: a branch that rounding decides goes both ways."""
MORE_NOISES = tuple(sign * seed for seed in range(1, 9) for sign in (1, -1))


class Disturb:
    """Multiplies by 1 + 64 eps times noise; cotangents by noise of their own.

    With the same noise both ways, what cancels in a derivative would still cancel.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(abs(seed))
        self._size = 64 if seed > 0 else -64

    def _factor(self, value: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(value.shape, dtype=value.dtype, generator=self._generator)
        return noise.mul_(self._size * torch.finfo(value.dtype).eps).add_(1)

    def __call__(self, value: torch.Tensor) -> torch.Tensor:
        if not value.is_floating_point():
            return value
        disturbed = value * self._factor(value)
        if disturbed.requires_grad:
            back = self._factor(value)
            disturbed.register_hook(lambda slope: None if slope is None else slope * back)
        return disturbed

    def apply(self, lib: Any, name: str, operands: list[Any], params: dict[str, Any]) -> Any:
        op = TABLE[name]
        if op.compares and self._size < 0:
            # Noise never makes two numbers equal, which rounding does.
            operands = [operands[0], _equal_if_near(*operands)]
        if op.exact:
            return apply(lib, name, operands, params)
        if op.composed is not None:
            return op.composed(self, *operands, **params)
        return self(apply(lib, name, [self(operand) for operand in operands], params))


def _equal_if_near(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """y, or x where they differ by no more than what noise does."""
    if not x.is_floating_point() or not y.is_floating_point():
        return y
    eps = max(torch.finfo(one.dtype).eps for one in (x, y))
    near = (x - y).abs() <= 256 * eps * torch.maximum(x.abs(), y.abs())
    return torch.where(near, x, y)
