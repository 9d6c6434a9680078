"""Activation functions made of straight pieces, as modules."""

from __future__ import annotations

from typing import Any

from .._functions.making.filling import full
from .._functions.networks import rectifiers as f
from .module import Module
from .parameter import Parameter


class ReLU6(Module):
    """min(max(x, 0), 6).

    >>> import wengert
    >>> wengert.nn.ReLU6()(wengert.tensor([9.0]))
    tensor([6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.relu6(input, self.inplace)

    def extra_repr(self) -> str:
        return f"inplace={self.inplace}"


class Hardsigmoid(Module):
    """(x + 3) / 6, limited to [0, 1].

    >>> import wengert
    >>> wengert.nn.Hardsigmoid()(wengert.zeros(1))
    tensor([0.5000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return f"inplace={self.inplace}"


class Hardswish(Module):
    """x * hardsigmoid(x).

    >>> import wengert
    >>> wengert.nn.Hardswish()(wengert.tensor([4.0]))
    tensor([4.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return f"inplace={self.inplace}"


class Hardshrink(Module):
    """x, but 0 in [-lambd, lambd].

    >>> import wengert
    >>> wengert.nn.Hardshrink()(wengert.tensor([0.3, 1.0]))
    tensor([0., 1.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"lambd={self.lambd}"


class Softshrink(Module):
    """x moved towards 0 by lambd, and 0 in [-lambd, lambd].

    >>> import wengert
    >>> wengert.nn.Softshrink()(wengert.tensor([0.3, 1.0]))
    tensor([0.0000, 0.5000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"lambd={self.lambd}"


class Threshold(Module):
    """x where x > threshold, else `value`.

    >>> import wengert
    >>> wengert.nn.Threshold(1.0, 5.0)(wengert.tensor([0.0, 2.0]))
    tensor([5., 2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}, inplace={self.inplace}"


class RReLU(Module):
    """x where x > 0, else x times a slope, random in training.

    >>> import wengert
    >>> wengert.nn.RReLU(0.2, 0.4).eval()(wengert.tensor([-1.0]))
    tensor([-0.3000])
    """

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}, inplace={self.inplace}"


class PReLU(Module):
    """x where x > 0, else a learned slope times x; one slope, or one for each channel.

    >>> import wengert
    >>> wengert.nn.PReLU()(wengert.tensor([-1.0])).detach()
    tensor([-0.2500])
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full((num_parameters,), float(init), dtype=dtype, device=device))

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
