"""Activation functions as modules."""

from __future__ import annotations

from typing import Any

from .._base.errors import ShapeError
from .._functions.networks import activations as f
from .._functions.networks import rectifiers
from .._primitives.transcendental import sigmoid, tanh
from .module import Module


class ReLU(Module):
    """max(x, 0).

    >>> import wengert
    >>> wengert.nn.ReLU()(wengert.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """max(x, 0); in place if so asked."""
        return rectifiers.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return _inplace(self)


def _inplace(module: Any, before: str = "") -> str:
    return ", ".join(part for part in (before, "inplace=True" * module.inplace) if part)


class Tanh(Module):
    """Hyperbolic tangent.

    >>> import wengert
    >>> wengert.nn.Tanh()(wengert.zeros(1))
    tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        """tanh(x)."""
        return tanh(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    >>> import wengert
    >>> wengert.nn.Sigmoid()(wengert.zeros(1))
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        """sigmoid(x)."""
        return sigmoid(input)


class GELU(Module):
    """x * P(Z < x) for standard normal Z; approximate="tanh" takes the formula with tanh.

    >>> import wengert
    >>> wengert.nn.GELU()(wengert.ones(1))
    tensor([0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        """gelu(x)."""
        return f.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """x * sigmoid(x).

    >>> import wengert
    >>> wengert.nn.SiLU()(wengert.zeros(1))
    tensor([0.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """silu(x)."""
        return f.silu(input, self.inplace)

    def extra_repr(self) -> str:
        return _inplace(self)


class ELU(Module):
    """x where x > 0, else alpha * (exp(x) - 1).

    >>> import wengert
    >>> wengert.nn.ELU()(wengert.ones(1))
    tensor([1.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        """elu(x)."""
        return f.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return _inplace(self, f"alpha={self.alpha}")


class LeakyReLU(Module):
    """x where x > 0, else negative_slope * x.

    >>> import wengert
    >>> wengert.nn.LeakyReLU(0.5)(-wengert.ones(1))
    tensor([-0.5000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.negative_slope = negative_slope

    def forward(self, input: Any) -> Any:
        """leaky_relu(x)."""
        return rectifiers.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return _inplace(self, f"negative_slope={self.negative_slope}")


class Softplus(Module):
    """log(1 + exp(beta x)) / beta.

    >>> import wengert
    >>> wengert.nn.Softplus()(wengert.zeros(1))
    tensor([0.6931])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        """softplus(x)."""
        return f.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Hardtanh(Module):
    """x limited to [min_val, max_val].

    >>> import wengert
    >>> wengert.nn.Hardtanh()(wengert.tensor([3.0]))
    tensor([1.])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Any) -> Any:
        """hardtanh(x)."""
        return rectifiers.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return _inplace(self, f"min_val={self.min_val}, max_val={self.max_val}")


class LogSigmoid(Module):
    """log(sigmoid(x)).

    >>> import wengert
    >>> wengert.nn.LogSigmoid()(wengert.zeros(1))
    tensor([-0.6931])
    """

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.logsigmoid(input)


class Softsign(Module):
    """x / (1 + |x|).

    >>> import wengert
    >>> wengert.nn.Softsign()(wengert.ones(1))
    tensor([0.5000])
    """

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x).

    >>> import wengert
    >>> wengert.nn.Tanhshrink()(wengert.zeros(1))
    tensor([0.])
    """

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.tanhshrink(input)


class Mish(Module):
    """x * tanh(softplus(x)).

    >>> import wengert
    >>> wengert.nn.Mish()(wengert.zeros(1))
    tensor([0.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.mish(input, self.inplace)

    def extra_repr(self) -> str:
        return f"inplace={self.inplace}"


class SELU(Module):
    """The self-normalising elu.

    >>> import wengert
    >>> wengert.nn.SELU()(wengert.ones(1))
    tensor([1.0507])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.selu(input, self.inplace)

    def extra_repr(self) -> str:
        return f"inplace={self.inplace}"


class CELU(Module):
    """x where x > 0, else alpha * (exp(x / alpha) - 1).

    >>> import wengert
    >>> wengert.nn.CELU(0.5)(wengert.ones(1))
    tensor([1.])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """The function."""
        return f.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}, inplace={self.inplace}"


class GLU(Module):
    """a * sigmoid(b), a and b the halves of an axis.

    >>> import wengert
    >>> wengert.nn.GLU()(wengert.tensor([2.0, 0.0]))
    tensor([1.])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """The gated half."""
        return f.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class _AlongAxis(Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """exp(x) / sum(exp(x)) along an axis, which has to be named.

    >>> import wengert
    >>> wengert.nn.Softmax(dim=0)(wengert.zeros(2))
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Any) -> Any:
        """softmax(x) along the axis."""
        return f.softmax(input, self.dim)


class Softmax2d(Module):
    """softmax over the channels of images: input (batch, channels, y, x), the batch may be absent.

    >>> import wengert
    >>> wengert.nn.Softmax2d()(wengert.zeros(2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Any) -> Any:
        """softmax(x) along the third axis from the end."""
        if input.ndim not in (3, 4):
            raise ShapeError(
                f"Softmax2d: expected (channels, y, x), with or without a batch in front, not "
                f"shape {tuple(input.shape)}."
            )
        return f.softmax(input, -3)


class LogSoftmax(_AlongAxis):
    """log(softmax(x)) along an axis, which has to be named.

    >>> import wengert
    >>> wengert.nn.LogSoftmax(dim=0)(wengert.zeros(2))
    tensor([-0.6931, -0.6931])
    """

    def forward(self, input: Any) -> Any:
        """log_softmax(x) along the axis."""
        return f.log_softmax(input, self.dim)


class Softmin(_AlongAxis):
    """softmax(-x) along an axis, which has to be named.

    >>> import wengert
    >>> wengert.nn.Softmin(dim=0)(wengert.zeros(2))
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Any) -> Any:
        """softmin(x) along the axis."""
        return f.softmin(input, self.dim)
