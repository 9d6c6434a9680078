"""Smooth activation functions, in numerically stable forms.

All are composites; those with corners are in `rectifiers`. Where a formula has two branches they
are chosen by `where`, never blended by zeros and ones, so that the branch not taken adds nothing to
a derivative of any order. Derivatives at the kinks are PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import as_dtype, float32, to_floating
from ..._base.errors import ShapeError
from ..._base.shapes import normalize_axis
from ..._declare.elementwise import convert
from ..._primitives import elementwise as e
from ..._primitives.complex_numbers import modulus, real
from ..._primitives.elementwise import sub
from ..._primitives.indexing import iota
from ..._primitives.ordering import argmax
from ..._primitives.shaping import reshape, slice_
from ..._primitives.transcendental import erf, exp, expm1, log, log1p, sigmoid, tanh
from ..making.random import uniform_values
from ..out import takes_out
from ..reductions.reduction import amax
from ..reductions.reduction import sum as _sum
from .rectifiers import overwritten


def _prepared(x: Any, dtype: Any) -> Any:
    return convert(x, to_floating(x._data.dtype) if dtype is None else as_dtype(dtype))


def _single(x: Any) -> Any:
    """Halves in single precision, for sums."""
    return convert(x, float32) if x._data.dtype.itemsize == 2 else x


def _axis(x: Any, dim: int | None, name: str) -> int:
    """The axis; PyTorch's old choice if none is given."""
    ndim = x._data.ndim
    if dim is None:
        dim = 0 if ndim in (0, 1, 3) else 1
    return normalize_axis(dim, ndim, name)


@takes_out
def softmax(
    input: Any, dim: int | None = None, dtype: Any = None, *, _stacklevel: int = 3, out: Any = None
) -> Any:
    """exp(x) / sum(exp(x)) along an axis, shifted so that nothing overflows.

    Without `dim`, axis 0 of tensors with 0, 1 or 3 axes, else 1.

    >>> import wengert
    >>> wengert.softmax(wengert.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    x = _prepared(input, dtype)
    dim = _axis(x, dim, "softmax")
    if not x._data.size:
        return exp(x)
    own, x = x._data.dtype, _single(x)
    top = amax(x, dim, keepdim=True).detach()
    raised = exp(sub(x, top))
    return convert(raised / _sum(raised, dim, keepdim=True), own)


@takes_out
def log_softmax(
    input: Any, dim: int | None = None, dtype: Any = None, *, _stacklevel: int = 3, out: Any = None
) -> Any:
    """x - log(sum(exp(x))) along an axis.

    >>> import wengert
    >>> wengert.log_softmax(wengert.zeros(2), dim=0)
    tensor([-0.6931, -0.6931])
    """
    x = _prepared(input, dtype)
    dim = _axis(x, dim, "log_softmax")
    if not x._data.size:
        return x.clone()
    own, x = x._data.dtype, _single(x)
    # Shifted before the sum is subtracted: what is small beside x would be lost in x + log(sum).
    top = amax(real(x) if own.kind == "c" else x, dim, keepdim=True).detach()
    shifted = sub(x, e.where(e.isfinite(top), top, 0.0))
    return convert(sub(shifted, log(_sum(exp(shifted), dim, keepdim=True))), own)


def softmin(input: Any, dim: int | None = None, dtype: Any = None, *, _stacklevel: int = 3) -> Any:
    """softmax(-x) along an axis.

    >>> import wengert
    >>> wengert.nn.functional.softmin(wengert.zeros(2), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmax(e.neg(input), dim, dtype)


def gumbel_softmax(
    logits: Any, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Any:
    """softmax((logits + g) / tau) with Gumbel noise g; `hard` gives its largest as one-hot.

    The hard result has the gradient of the soft one. Source: E. Jang, S. Gu, B. Poole, Categorical
    reparameterization with Gumbel-softmax, 2017. `eps` has no meaning, as in PyTorch.

    >>> import wengert
    >>> wengert.nn.functional.gumbel_softmax(wengert.zeros(5), hard=True).sum()
    tensor(1.)
    """
    axis = normalize_axis(dim, logits._data.ndim, "gumbel_softmax")
    shape = tuple(logits._data.shape)
    draws = uniform_values(shape, logits._data.dtype, None)
    noise = e.neg(log(e.neg(log1p(e.neg(draws)))))
    soft = softmax(e.div(e.add(logits, noise), tau), axis)
    if not hard:
        return soft
    best = argmax(soft, axis=axis)
    kept = tuple(1 if k == axis else extent for k, extent in enumerate(shape))
    place = tuple(extent if k == axis else 1 for k, extent in enumerate(shape))
    chosen = e.eq(reshape(iota(shape[axis]), shape=place), reshape(best, shape=kept))
    return e.add(convert(chosen, soft._data.dtype), e.sub(soft, soft.detach()))


@takes_out
def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0, *, out: Any = None) -> Any:
    """log(1 + exp(beta x)) / beta; x itself where beta x > threshold.

    >>> import wengert
    >>> wengert.nn.functional.softplus(wengert.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    scaled = input if beta == 1 else e.mul(input, beta)
    # exp sees nothing positive, and -|x| is chosen by sign: smooth to any order at 0 too.
    positive = e.gt(scaled, 0.0)
    tail = log1p(exp(e.where(positive, e.neg(scaled), scaled)))
    total = e.add(e.where(positive, scaled, 0.0), tail)
    if beta != 1:
        total = e.div(total, beta)
    return total if threshold == math.inf else e.where(e.gt(scaled, threshold), input, total)


@takes_out
def logsigmoid(input: Any, *, out: Any = None) -> Any:
    """log(sigmoid(x)) = -log(1 + exp(-x)).

    >>> import wengert
    >>> wengert.nn.functional.logsigmoid(wengert.tensor([0.0, -100.0]))
    tensor([  -0.6931, -100.0000])
    """
    return e.neg(softplus(e.neg(input), threshold=math.inf))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, else alpha * (exp(x) - 1).

    >>> import wengert
    >>> wengert.nn.functional.elu(wengert.tensor([-100.0, 2.0]))
    tensor([-1.,  2.])
    """
    if inplace:
        return overwritten(input, elu, alpha)
    if alpha == 1:
        return e.where(e.lt(input, 0.0), expm1(input), input)
    return _bent(input, e.mul(expm1(input), alpha), alpha)


def _bent(x: Any, below: Any, slope: float) -> Any:
    """x where x > 0 or NaN, else `below`; at 0 a line with the slope that `below` has there."""
    at_most = e.where(e.lt(x, 0.0), below, e.mul(x, slope))
    return e.where(e.le(x, 0.0), at_most, x)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where x > 0, else alpha * (exp(x / alpha) - 1): elu with a continuous derivative.

    >>> import wengert
    >>> wengert.nn.functional.celu(wengert.tensor([-100.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0.")
    if inplace:
        return overwritten(input, celu, alpha)
    below = e.mul(expm1(e.div(input, alpha)), alpha)
    return e.where(e.lt(input, 0.0), below, input)


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def selu(input: Any, inplace: bool = False) -> Any:
    """scale * elu(x, alpha), with the constants of G. Klambauer et al., 2017.

    >>> import wengert
    >>> wengert.nn.functional.selu(wengert.tensor([1.0]))
    tensor([1.0507])
    """
    if inplace:
        return overwritten(input, selu)
    return e.mul(elu(input, _SELU_ALPHA), _SELU_SCALE)


def silu(input: Any, inplace: bool = False) -> Any:
    """x * sigmoid(x), also known as swish.

    >>> import wengert
    >>> wengert.nn.functional.silu(wengert.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    if inplace:
        return overwritten(input, silu)
    return e.mul(input, sigmoid(input))


def mish(input: Any, inplace: bool = False) -> Any:
    """x * tanh(softplus(x)).

    >>> import wengert
    >>> wengert.nn.functional.mish(wengert.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    if inplace:
        return overwritten(input, mish)
    return e.mul(input, tanh(softplus(input)))


@takes_out
def gelu(input: Any, approximate: str = "none", *, out: Any = None) -> Any:
    """x * P(Z < x) for standard normal Z; approximate="tanh" takes the formula with tanh.

    Source: D. Hendrycks, K. Gimpel, Gaussian error linear units, 2016.

    >>> import wengert
    >>> wengert.nn.functional.gelu(wengert.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """
    if approximate == "none":
        return e.mul(e.mul(input, 0.5), e.add(erf(e.mul(input, math.sqrt(0.5))), 1.0))
    if approximate != "tanh":
        raise ValueError(f"gelu: approximate={approximate!r}; use 'none' or 'tanh'.")
    cube = e.mul(e.mul(input, input), input)
    inner = e.mul(e.add(input, e.mul(cube, 0.044715)), math.sqrt(2 / math.pi))
    return e.mul(e.mul(input, 0.5), e.add(tanh(inner), 1.0))


def glu(input: Any, dim: int = -1) -> Any:
    """a * sigmoid(b), a and b the halves of an axis.

    Source: Y. Dauphin et al., Language modeling with gated convolutional networks, 2017.

    >>> import wengert
    >>> wengert.nn.functional.glu(wengert.tensor([2.0, 0.0]))
    tensor([1.])
    """
    shape = tuple(input._data.shape)
    axis = normalize_axis(dim, len(shape), "glu")
    if not shape or shape[axis] % 2:
        raise ShapeError(f"glu: axis {dim} of shape {shape} has no two halves.")
    half = shape[axis] // 2
    slices = [(0, extent, 1) for extent in shape]
    slices[axis] = (0, half, 1)
    first = slice_(input, slices=tuple(slices))
    slices[axis] = (half, half, 1)
    return e.mul(first, sigmoid(slice_(input, slices=tuple(slices))))


def softsign(input: Any) -> Any:
    """x / (1 + |x|).

    >>> import wengert
    >>> wengert.nn.functional.softsign(wengert.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    size = modulus(input) if input._data.dtype.kind == "c" else e.absolute(input)
    return e.div(input, e.add(size, 1))


def tanhshrink(input: Any) -> Any:
    """x - tanh(x).

    >>> import wengert
    >>> wengert.nn.functional.tanhshrink(wengert.tensor([0.0, 100.0]))
    tensor([ 0., 99.])
    """
    return e.sub(input, tanh(input))


def elu_(input: Any, alpha: float = 1.0) -> Any:
    """`elu` in place.

    >>> import wengert
    >>> wengert.nn.functional.elu_(wengert.tensor([2.0]))
    tensor([2.])
    """
    return elu(input, alpha, inplace=True)


def celu_(input: Any, alpha: float = 1.0) -> Any:
    """`celu` in place.

    >>> import wengert
    >>> wengert.celu_(wengert.tensor([2.0]))
    tensor([2.])
    """
    return celu(input, alpha, inplace=True)


def selu_(input: Any) -> Any:
    """`selu` in place.

    >>> import wengert
    >>> wengert.selu_(wengert.tensor([1.0]))
    tensor([1.0507])
    """
    return selu(input, inplace=True)


__all__ = [
    "celu",
    "celu_",
    "log_softmax",
    "selu",
    "selu_",
    "softmax",
]
