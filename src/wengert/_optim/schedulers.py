"""Learning-rate schedules: numbers written into an optimiser's groups between epochs.

A schedule derives each rate from the current one, so that a rate changed by hand stays changed. It
works on Python numbers, outside of any compiled step, which takes the rates as inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .._base.errors import TracingError
from .._graph.value import Handle
from .._record import modes as _modes
from .optimizer import Optimizer


class LRScheduler:
    """The base of all schedules: subclass it and write `get_lr`, one rate for each group.

    `last_epoch` counts the calls of `step`; `base_lrs` are the rates at the start, which a group
    keeps as "initial_lr": a second schedule over the same optimiser starts from them as well.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        for k, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _number(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} resumes a schedule, but group "
                    f"{k} has no 'initial_lr'. Load the optimizer's state first, or leave "
                    "last_epoch out."
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list[float] = []
        self.step()

    def get_lr(self) -> list[float]:
        """The rates of epoch `last_epoch`."""
        raise NotImplementedError(
            f"{type(self).__name__} has no get_lr. Define `def get_lr(self): ...`, returning one "
            "rate for each group."
        )

    def rates(self) -> list[float]:
        """The current rates of all groups."""
        return [_number(group["lr"]) for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rates that the last `step` wrote."""
        return self._last_lr

    def step(self) -> None:
        """Begin the next epoch."""
        if _modes.current().trace is not None:
            raise TracingError(
                f"{type(self).__name__}.step() was called inside a compiled function, where it "
                "would run once, while tracing. Call it outside, after the step: a changed rate "
                "needs no new trace."
            )
        self._step_count += 1
        self.last_epoch += 1
        for group, rate in zip(self.optimizer.param_groups, self.get_lr()):
            if isinstance(group["lr"], Handle):
                group["lr"].fill_(rate)  # type: ignore[attr-defined]
            else:
                group["lr"] = rate
        self._last_lr = self.rates()

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state; the rates themselves are in the optimiser's."""
        vars(self).update(state_dict)


def _number(rate: Any) -> float:
    return rate.item() if isinstance(rate, Handle) else rate  # type: ignore[attr-defined]


class StepLR(LRScheduler):
    """The rate times gamma every `step_size` epochs.

    >>> import wengert
    >>> optimizer = wengert.optim.SGD([wengert.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = wengert.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The current rates, or gamma times them."""
        due = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return [rate * self.gamma if due else rate for rate in self.rates()]


class ExponentialLR(LRScheduler):
    """The rate times gamma every epoch.

    >>> import wengert
    >>> optimizer = wengert.optim.SGD([wengert.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = wengert.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """gamma times the current rates, which are left alone where the schedule begins."""
        return [rate * self.gamma if self._step_count > 1 else rate for rate in self.rates()]


class CosineAnnealingLR(LRScheduler):
    """eta_min + (base - eta_min) * (1 + cos(pi * epoch / T_max)) / 2.

    Source: I. Loshchilov, F. Hutter, SGDR, 2016 (without the restarts).

    >>> import wengert
    >>> optimizer = wengert.optim.SGD([wengert.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = wengert.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> schedule.step()
    >>> round(schedule.get_last_lr()[0], 12)
    0.5
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The current rates times the ratio of two neighbours on the curve."""
        now, before = self._height(self.last_epoch), self._height(self.last_epoch - 1)
        found: list[float] = []
        for base, rate in zip(self.base_lrs, self.rates()):
            if self._step_count == 1:
                found.append(rate)  # begun or resumed here
            elif (self.last_epoch - 1) % (2 * self.T_max) == self.T_max:
                # The curve was at its lowest point, from which no ratio leads up again.
                found.append(rate + (base - self.eta_min) * now)
            else:
                found.append(self.eta_min + (rate - self.eta_min) * now / before)
        return found

    def _height(self, epoch: int) -> float:
        return (1 + math.cos(math.pi * epoch / self.T_max)) / 2


class LambdaLR(LRScheduler):
    """The rate at the start times a function of the epoch, one for all groups or one for each.

    >>> import wengert
    >>> optimizer = wengert.optim.SGD([wengert.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = wengert.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        given = [lr_lambda] * count if callable(lr_lambda) else list(lr_lambda)
        self.lr_lambdas: list[Callable[[int], float]] = given
        if len(self.lr_lambdas) != count:
            raise ValueError(
                f"LambdaLR: {len(self.lr_lambdas)} functions were given for {count} groups."
            )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at the start times the functions."""
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and the functions, which the new schedule is given."""
        found = super().state_dict()
        del found["lr_lambdas"]
        return found
