"""Adam and AdamW.

Step counts are 0-d float32 tensors and everything computed from them is too, so that a traced step
counts on. The corrections 1 - beta**step are formed in float64: in float32 the first ones would
keep four digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._functions.making.filling import zeros, zeros_like
from .._functions.shaping.views import view_as_real
from .._primitives.elementwise import maximum
from .optimizer import Group, Optimizer, check_range
from .sgd import NOT_DIFFERENTIABLE


class Adam(Optimizer):
    """p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps).

    m and v are running means of g and g^2, and g is the gradient plus weight_decay * p. `amsgrad`
    takes the largest v so far. The parts of complex numbers move as two numbers. `foreach`,
    `capturable` and `fused` choose how PyTorch computes the same numbers; here they change nothing.
    Source: D. Kingma, J. Ba, 2014; S. Reddi et al., 2018.

    >>> import wengert
    >>> w = wengert.tensor([1.0], requires_grad=True)
    >>> optimizer = wengert.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_range("lr", lr, 0.0)
        check_range("eps", eps, 0.0)
        check_range("weight_decay", weight_decay, 0.0)
        for k, beta in enumerate(betas):
            check_range(f"betas[{k}]", beta, 0.0, 1.0)
        if differentiable:
            raise NotImplementedError(NOT_DIFFERENTIABLE)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "foreach": foreach,
                "capturable": capturable,
                "differentiable": differentiable,
                "fused": fused,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def _state(self, p: Any, amsgrad: bool) -> dict[str, Any]:
        state = self.state[p]
        if not state:
            state["step"] = zeros((), dtype="float32")
            state["exp_avg"] = zeros_like(p)
            state["exp_avg_sq"] = zeros_like(p)
            if amsgrad:
                state["max_exp_avg_sq"] = zeros_like(p)
        return state

    def update(self, group: Group) -> None:
        """One step for one group."""
        lr, eps, decay = group["lr"], group["eps"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        for p in self.with_gradient(group):
            state = self._state(p, group["amsgrad"])
            g = -p.grad if group["maximize"] else p.grad
            if decay != 0:
                if group["decoupled_weight_decay"]:
                    p.mul_(1 - lr * decay)
                else:
                    g = g + p * decay
            step, mean, square = state["step"], state["exp_avg"], state["exp_avg_sq"]
            largest = state["max_exp_avg_sq"] if group["amsgrad"] else None
            if p.is_complex():
                # The parts are two parameters: a square of complex numbers is no size.
                p, g, mean, square = [view_as_real(x) for x in (p, g, mean, square)]
                largest = None if largest is None else view_as_real(largest)
            step.add_(1)
            mean.mul_(beta1).add_(g * (1 - beta1))
            square.mul_(beta2).add_(g * g * (1 - beta2))
            if largest is not None:
                square = largest.copy_(maximum(largest, square))
            count = step.double()
            rate = lr / (1 - beta1**count)
            spread = (1 - beta2**count) ** 0.5
            p.sub_(mean * rate / (square.sqrt() / spread + eps))


class AdamW(Adam):
    """Adam whose weight decay shrinks p by the factor 1 - lr * weight_decay, apart from g.

    Source: I. Loshchilov, F. Hutter, Decoupled weight decay regularization, 2017.

    >>> import wengert
    >>> w = wengert.tensor([1.0], requires_grad=True)
    >>> optimizer = wengert.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
