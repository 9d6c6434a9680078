"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .optimizer import Group, Optimizer, check_range


class SGD(Optimizer):
    """p - lr * b with b = momentum * b + (1 - dampening) * g; the first b is g itself.

    g is the gradient plus weight_decay * p. With `nesterov`, p moves by g + momentum * b; with
    `maximize`, uphill. Source of the Nesterov form: I. Sutskever et al., 2013. `foreach` and
    `fused` choose how PyTorch computes the same numbers; here they change nothing.

    >>> import wengert
    >>> w = wengert.tensor([1.0], requires_grad=True)
    >>> optimizer = wengert.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_range("lr", lr, 0.0)
        check_range("momentum", momentum, 0.0)
        check_range("weight_decay", weight_decay, 0.0)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs a positive momentum and dampening=0.")
        if differentiable:
            raise NotImplementedError(NOT_DIFFERENTIABLE)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
                "foreach": foreach,
                "differentiable": differentiable,
                "fused": fused,
            },
        )

    def update(self, group: Group) -> None:
        """One step for one group."""
        lr, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
        for p in self.with_gradient(group):
            g = -p.grad if group["maximize"] else p.grad
            if decay != 0:
                g = g + p * decay
            if momentum != 0:
                state = self.state[p]
                buffer = state.get("momentum_buffer")
                if buffer is None:
                    buffer = state["momentum_buffer"] = g.clone()
                else:
                    buffer.mul_(momentum).add_(g * (1 - group["dampening"]))
                g = g + buffer * momentum if group["nesterov"] else buffer
            p.sub_(g * lr)


NOT_DIFFERENTIABLE = (
    "optimizer: differentiable=True is not available. Write the update with tensors of your own, "
    "as in w = w - lr * autograd.grad(loss, w, create_graph=True)[0]."
)
