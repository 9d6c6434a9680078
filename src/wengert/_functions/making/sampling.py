"""Draws by probabilities, means or rates that are given as tensors.

The derivative of what is drawn by its parameters is 0, as in PyTorch. For one that goes through the
draw write the transformation: mean + std * randn_like(mean).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._base.device import check_device
from ..._base.dtypes import as_dtype, bool_, float64, get_default_dtype, int64, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._base.shapes import as_shape, broadcast
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives.binomial_distribution import binomial_quantile
from ..._primitives.creation import full
from ..._primitives.elementwise import add, div, gt, le, lt, mul, neg, where
from ..._primitives.incomplete_gamma import igammac
from ..._primitives.indexing import iota, sort, take
from ..._primitives.reductions import cumsum
from ..._primitives.shaping import reshape, slice_
from ..._primitives.transcendental import log1p
from ..._record import modes as _modes
from ..._record.random_state import Generator
from ..out import into, takes_out
from .random import normal_values, uniform_values


def detached(value: Any) -> Any:
    """A tensor without its history; numbers as they are."""
    return value.detach() if hasattr(value, "detach") else value


def _flat(result: Any, *parameters: Any) -> Any:
    """`result` as a function of parameters from which it takes nothing: the derivative is 0."""
    for parameter in parameters:
        if isinstance(parameter, Handle):
            never = full(tuple(result._data.shape), False, bool_)
            result = where(never, parameter, result)
    return result


def check_probabilities(p: Any, name: str) -> None:
    """Raise if a probability, where it is known, is not one."""
    values = p._data if isinstance(p, Handle) else np.asarray(p)
    if is_array(values) and values.size and not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"{name}: probabilities lie from 0 to 1, and p={p} does not.")


@takes_out
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Normal numbers with the given mean and standard deviation (numbers or tensors).

    >>> import wengert
    >>> wengert.normal(0.0, 1.0, (2,)).shape
    (2,)
    """
    check_device(device)
    parameters = (mean, std)
    mean, std = detached(mean), detached(std)
    given: list[Any] = [v for v in (mean, std) if isinstance(v, Handle)]
    if size is None and not given:
        raise ValueError("normal: give a size, or tensors for mean or std.")
    spread = std._data if isinstance(std, Handle) else np.asarray(std)
    if is_array(spread) and (spread.dtype.kind == "c" or (spread < 0).any()):
        raise ValueError("normal: a standard deviation must be real and not negative.")
    shapes = [tuple(v._data.shape) for v in given]
    shape = broadcast("normal", *shapes) if size is None else as_shape((size,))
    chosen = given[0]._data.dtype if given else as_dtype(dtype or get_default_dtype())
    found = _flat(add(mul(normal_values(shape, chosen, generator), std), mean), *parameters)
    return found.requires_grad_() if requires_grad else found


@takes_out
def bernoulli(
    input: Any, p: float | None = None, *, generator: Generator | None = None, out: Any = None
) -> Any:
    """1 with probability `input`, else 0, elementwise; with `p` that is the probability.

    >>> import wengert
    >>> wengert.bernoulli(wengert.ones(2))
    tensor([1., 1.])
    """
    dtype, shape = input._data.dtype, tuple(input._data.shape)
    if p is None and not is_floating(dtype):
        raise DtypeError(f"bernoulli: expected floating probabilities, not {dtype}.")
    chance = input.detach() if p is None else p
    check_probabilities(chance, "bernoulli")
    draws = uniform_values(shape, dtype if is_floating(dtype) else get_default_dtype(), generator)
    found = convert(lt(draws, chance), dtype)
    return _flat(found, input) if p is None else found


def _check_weights(x: Any, num_samples: int, replacement: bool) -> None:
    shape = tuple(x._data.shape)
    if len(shape) not in (1, 2) or not is_floating(x._data.dtype):
        raise ShapeError(
            f"multinomial: expected floating weights with 1 or 2 axes, not {x._data.dtype} of "
            f"shape {shape}."
        )
    if num_samples < 1 or not shape[-1]:
        raise ValueError(f"multinomial: num_samples={num_samples} of {shape[-1]} categories.")
    if not replacement and num_samples > shape[-1]:
        raise ValueError(
            f"multinomial: {num_samples} samples without replacement of {shape[-1]} categories."
        )
    values = x._data
    if is_array(values):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError("multinomial: a weight is negative, infinite or NaN.")
        if (values.sum(-1) <= 0).any():
            raise ValueError("multinomial: all weights of a row are 0.")


def multinomial(
    input: Any,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Any = None,
) -> Any:
    """Positions drawn with probabilities proportional to the weights of each row.

    Without replacement: the order of exponential variables divided by the weights (P. Efraimidis,
    P. Spirakis, 2006). With: bisection of the running sums.

    >>> import wengert
    >>> wengert.multinomial(wengert.tensor([0.0, 3.0]), 2, replacement=True)
    tensor([1, 1])
    """
    options = {"generator": generator}
    if out is None:
        return _drawn(input, num_samples, replacement, **options)
    if out._data.dtype != int64:
        raise DtypeError(f"multinomial: out must be int64, not {out._data.dtype}.")
    return into(out, _drawn, (input, num_samples, replacement), options, "multinomial")


def _drawn(x: Any, num_samples: int, replacement: bool, generator: Generator | None) -> Any:
    x = x.detach()
    _check_weights(x, num_samples, replacement)
    x = convert(x, float64)
    single = x._data.ndim == 1
    if single:
        x = reshape(x, shape=(1, x._data.shape[0]))
    rows, count = tuple(x._data.shape)
    if not replacement:
        waits = neg(log1p(neg(uniform_values((rows, count), float64, generator))))
        # A weight of 0 never comes before a positive one.
        keys = where(gt(x, 0.0), div(waits, where(gt(x, 0.0), x, 1.0)), math.inf)
        order = sort(keys, axis=1, descending=False)[1]
        found = slice_(order, slices=((0, rows, 1), (0, num_samples, 1)))
    else:
        sums = cumsum(x, axis=1)
        total = slice_(sums, slices=((0, rows, 1), (count - 1, 1, 1)))
        level = mul(uniform_values((rows, num_samples), float64, generator), total)
        row = reshape(iota(rows), shape=(rows, 1))
        found = mul(convert(level, int64), 0)
        for bit in reversed(range(count.bit_length())):
            # The number of running sums that are not above the level.
            tried = add(found, 1 << bit)
            inside = le(tried, count - 1)
            below = le(take(sums, row, where(inside, add(tried, -1), 0)), level)
            found = where(inside, where(below, tried, found), found)
    return reshape(found, shape=(num_samples,)) if single else found


def poisson(input: Any, generator: Generator | None = None) -> Any:
    """Numbers of the Poisson distribution, one for each rate.

    By inversion: the least k with P(X <= k) = Q(k + 1, rate) above a uniform number, Q the upper
    incomplete gamma function.

    >>> import wengert
    >>> wengert.poisson(wengert.zeros(2))
    tensor([0., 0.])
    """
    dtype = input._data.dtype
    if not is_floating(dtype):
        raise DtypeError(f"poisson: expected floating rates, not {dtype}.")
    rate = convert(input.detach(), float64)
    values: Any = rate._data
    most = 1e12
    if is_array(values) and _modes.current().trace is None:
        if not (values >= 0).all():
            raise ValueError("poisson: a rate is negative or NaN.")
        most = float(values.max(initial=0.0))
    level = uniform_values(tuple(input._data.shape), float64, generator)
    # Beyond this many the probability is less than the resolution of the level.
    bound = int(most + 12 * math.sqrt(most) + 64)
    found = mul(level, 0.0)
    positive = gt(rate, 0.0)
    safe = where(positive, rate, 1.0)
    for bit in reversed(range(bound.bit_length())):
        tried = add(found, float(1 << bit))
        found = where(le(igammac(tried, safe), level), tried, found)
    return _flat(convert(where(positive, found, 0.0), dtype), input)


def binomial(count: Any, prob: Any, generator: Generator | None = None) -> Any:
    """Numbers of the binomial distribution: successes in `count` trials of probability `prob`.

    By inversion of the distribution. Both are floating tensors of one dtype, and broadcast.

    >>> import wengert
    >>> wengert.binomial(wengert.tensor([3.0, 3.0]), wengert.tensor([0.0, 1.0]))
    tensor([0., 3.])
    """
    own, other = count._data.dtype, prob._data.dtype
    if not is_floating(own) or own != other:
        raise DtypeError(
            f"binomial: expected two floating tensors of one dtype, not {own}, {other}."
        )
    trials, chance = count.detach(), prob.detach()
    check_probabilities(chance, "binomial")
    values: Any = trials._data
    if is_array(values) and _modes.current().trace is None and not (
        (values >= 0) & (values == np.floor(values)) & np.isfinite(values)
    ).all():  # fmt: skip
        raise ValueError("binomial: a count is not a whole number from 0 on.")
    shape = broadcast("binomial", tuple(values.shape), tuple(chance._data.shape))
    level = uniform_values(shape, float64, generator)
    found = binomial_quantile(level, convert(trials, float64), convert(chance, float64))
    return _flat(convert(found, own), count, prob)


__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]
