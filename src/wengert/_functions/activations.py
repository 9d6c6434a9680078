"""Activation functions, in numerically stable forms.

All are composites. Where a formula has two branches they are chosen by `where`, never blended by
zeros and ones, so that the branch not taken adds nothing to a derivative of any order. Derivatives
at the kinks are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .._base.dtypes import as_dtype, to_floating
from .._base.shapes import normalize_axis
from .._declare.elementwise import convert
from .._primitives import elementwise as e
from .._primitives.elementwise import sub
from .._primitives.transcendental import erf, exp, expm1, log1p, sigmoid, tanh
from .reduction import amax, logsumexp
from .reduction import sum as _sum


def _prepared(x: Any, dtype: Any) -> Any:
    return convert(x, to_floating(x._data.dtype) if dtype is None else as_dtype(dtype))


def softmax(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis, shifted so that nothing overflows.

    >>> import wengert
    >>> wengert.softmax(wengert.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    x = _prepared(x, dtype)
    normalize_axis(dim, x._data.ndim, "softmax")
    if not x._data.size:
        return exp(x)
    top = amax(x, dim, keepdim=True).detach()
    raised = exp(sub(x, top))
    return raised / _sum(raised, dim, keepdim=True)


def log_softmax(x: Any, dim: int, *, dtype: Any = None) -> Any:
    """x - log(sum(exp(x))) along an axis.

    >>> import wengert
    >>> wengert.log_softmax(wengert.zeros(2), dim=0)
    tensor([-0.6931, -0.6931])
    """
    x = _prepared(x, dtype)
    normalize_axis(dim, x._data.ndim, "log_softmax")
    return sub(x, logsumexp(x, dim, keepdim=True)) if x._data.size else x


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta x)) / beta; x itself where beta x > threshold.

    >>> import wengert
    >>> wengert.nn.functional.softplus(wengert.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    scaled = x if beta == 1 else e.mul(x, beta)
    # exp sees nothing positive, and -|x| is chosen by sign: smooth to any order at 0 too.
    positive = e.gt(scaled, 0.0)
    tail = log1p(exp(e.where(positive, e.neg(scaled), scaled)))
    total = e.add(e.where(positive, scaled, 0.0), tail)
    if beta != 1:
        total = e.div(total, beta)
    return total if threshold == math.inf else e.where(e.gt(scaled, threshold), x, total)


def logsigmoid(x: Any) -> Any:
    """log(sigmoid(x)) = -log(1 + exp(-x)).

    >>> import wengert
    >>> wengert.nn.functional.logsigmoid(wengert.tensor([0.0, -100.0]))
    tensor([  -0.6931, -100.0000])
    """
    return e.neg(softplus(e.neg(x), threshold=math.inf))


def _overwritten(x: Any, function: Callable[..., Any], *options: Any) -> Any:
    """x with what the function gives, in place; the function keeps a copy for its derivative."""
    return x.copy_(function(x.clone(), *options))


def relu(x: Any, inplace: bool = False) -> Any:
    """max(x, 0); the derivative at 0 is 0.

    >>> import wengert
    >>> wengert.nn.functional.relu(wengert.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return x.relu_() if inplace else e.relu(x)


def relu6(x: Any, inplace: bool = False) -> Any:
    """min(max(x, 0), 6).

    >>> import wengert
    >>> wengert.nn.functional.relu6(wengert.tensor([-1.0, 9.0]))
    tensor([0., 6.])
    """
    return hardtanh(x, 0.0, 6.0, inplace)


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x limited to [min_val, max_val]; the derivative at the ends is 0, unlike that of clamp.

    >>> import wengert
    >>> wengert.nn.functional.hardtanh(wengert.tensor([-2.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """
    if inplace:
        return _overwritten(x, hardtanh, min_val, max_val)
    limited = e.where(e.ge(x, max_val), max_val, x)
    return e.where(e.le(x, min_val), min_val, limited)


def leaky_relu(x: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where x > 0, else negative_slope * x; the derivative at 0 is negative_slope.

    >>> import wengert
    >>> wengert.nn.functional.leaky_relu(wengert.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    if inplace:
        return _overwritten(x, leaky_relu, negative_slope)
    return e.where(e.gt(x, 0.0), x, e.mul(x, negative_slope))


def elu(x: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, else alpha * (exp(x) - 1).

    >>> import wengert
    >>> wengert.nn.functional.elu(wengert.tensor([-100.0, 2.0]))
    tensor([-1.,  2.])
    """
    if inplace:
        return _overwritten(x, elu, alpha)
    below = expm1(x)
    return e.where(e.gt(x, 0.0), x, below if alpha == 1 else e.mul(below, alpha))


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def selu(x: Any, inplace: bool = False) -> Any:
    """scale * elu(x, alpha), with the constants of G. Klambauer et al., 2017.

    >>> import wengert
    >>> wengert.nn.functional.selu(wengert.tensor([1.0]))
    tensor([1.0507])
    """
    if inplace:
        return _overwritten(x, selu)
    return e.mul(elu(x, _SELU_ALPHA), _SELU_SCALE)


def silu(x: Any, inplace: bool = False) -> Any:
    """x * sigmoid(x), also known as swish.

    >>> import wengert
    >>> wengert.nn.functional.silu(wengert.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    if inplace:
        return _overwritten(x, silu)
    return e.mul(x, sigmoid(x))


def mish(x: Any, inplace: bool = False) -> Any:
    """x * tanh(softplus(x)).

    >>> import wengert
    >>> wengert.nn.functional.mish(wengert.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    if inplace:
        return _overwritten(x, mish)
    return e.mul(x, tanh(softplus(x)))


def gelu(x: Any, approximate: str = "none") -> Any:
    """x * P(Z < x) for standard normal Z; approximate="tanh" takes the formula with tanh.

    Source: D. Hendrycks, K. Gimpel, Gaussian error linear units, 2016.

    >>> import wengert
    >>> wengert.nn.functional.gelu(wengert.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """
    if approximate == "none":
        return e.mul(e.mul(x, 0.5), e.add(erf(e.mul(x, math.sqrt(0.5))), 1.0))
    if approximate != "tanh":
        raise ValueError(f"gelu: approximate={approximate!r}; use 'none' or 'tanh'.")
    cube = e.mul(e.mul(x, x), x)
    inner = e.mul(e.add(x, e.mul(cube, 0.044715)), math.sqrt(2 / math.pi))
    return e.mul(e.mul(x, 0.5), e.add(tanh(inner), 1.0))


__all__ = [
    "log_softmax",
    "softmax",
]
