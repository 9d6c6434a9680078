"""Tensors filled in place with random numbers, by the methods that end in an underscore.

Each transforms uniform or normal draws; parameters are checked before anything is written.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._base.dtypes import Dtype, float64, get_default_dtype, is_floating
from ..._base.errors import DtypeError
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives.elementwise import add, ceil, div, lt, maximum, mul, neg, sub
from ..._primitives.transcendental import exp, log, log1p, tan
from ..._record.random_state import Generator
from ..._record.storage import check_writable, write
from .random import integer_values, normal_values, uniform_values
from .sampling import check_probabilities, detached


def _need(x: Any, name: str, fits: bool, what: str) -> None:
    check_writable(x, name)
    if not fits:
        raise DtypeError(f"{name}: expected {what}, not {x._data.dtype}.")


def _put(x: Any, values: Any, name: str) -> Any:
    write(x, convert(values, x._data.dtype), name)
    return x


def _wide(x: Any, generator: Generator | None) -> Any:
    """Uniform float64 numbers in [0, 1), whatever the dtype of x."""
    return uniform_values(tuple(x._data.shape), float64, generator)


def _inexact(x: Any) -> bool:
    return is_floating(x._data.dtype) or x._data.dtype.kind == "c"


def uniform_(
    input: Any, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Any:
    """Fill with uniform numbers in [from_, to).

    >>> import wengert
    >>> bool((wengert.zeros(9).uniform_(1, 2) >= 1).all())
    True
    """
    _need(input, "uniform_", _inexact(input), "a floating or complex tensor")
    if from_ > to:
        raise ValueError(f"uniform_: the interval from {from_} to {to} is empty.")
    values = uniform_values(tuple(input._data.shape), input._data.dtype, generator)
    low = complex(from_, from_) if input._data.dtype.kind == "c" else float(from_)
    return _put(input, add(mul(values, float(to - from_)), low), "uniform_")


def normal_(
    input: Any, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Any:
    """Fill with normal numbers; complex ones have the variance std^2, half of it in each part.

    The mean of a complex number is mean * (1 + i), as in PyTorch.

    >>> import wengert
    >>> wengert.zeros(9).normal_().shape
    (9,)
    """
    _need(input, "normal_", _inexact(input), "a floating or complex tensor")
    if std < 0:
        raise ValueError(f"normal_: std={std} must not be negative.")
    values = normal_values(tuple(input._data.shape), input._data.dtype, generator)
    centre = complex(mean, mean) if input._data.dtype.kind == "c" else float(mean)
    return _put(input, add(mul(values, float(std)), centre), "normal_")


def bernoulli_(input: Any, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
    """Fill with ones (probability p, a number or a tensor) and zeros.

    >>> import wengert
    >>> wengert.zeros(2).bernoulli_(1.0)
    tensor([1., 1.])
    """
    check_writable(input, "bernoulli_")
    chance: Any = detached(p) if isinstance(p, Handle) else float(p)
    check_probabilities(chance, "bernoulli_")
    dtype = chance._data.dtype if isinstance(chance, Handle) else get_default_dtype()
    draws = uniform_values(tuple(input._data.shape), dtype, generator)
    return _put(input, lt(draws, chance), "bernoulli_")


def cauchy_(
    input: Any, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Any:
    """Fill with numbers of the Cauchy distribution, median + sigma * tan(pi * (u - 1/2)).

    >>> import wengert
    >>> wengert.zeros(2).cauchy_().shape
    (2,)
    """
    _need(input, "cauchy_", is_floating(input._data.dtype), "a floating tensor")
    if sigma <= 0:
        raise ValueError(f"cauchy_: sigma={sigma} must be positive.")
    turned = tan(mul(sub(_wide(input, generator), 0.5), math.pi))
    return _put(input, add(mul(turned, float(sigma)), float(median)), "cauchy_")


def exponential_(input: Any, lambd: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Fill with numbers of the exponential distribution, -log(1 - u) / lambd.

    >>> import wengert
    >>> bool((wengert.zeros(9).exponential_() >= 0).all())
    True
    """
    _need(input, "exponential_", is_floating(input._data.dtype), "a floating tensor")
    if lambd <= 0:
        raise ValueError(f"exponential_: lambd={lambd} must be positive.")
    values = div(neg(log1p(neg(_wide(input, generator)))), float(lambd))
    return _put(input, values, "exponential_")


def geometric_(input: Any, p: float, *, generator: Generator | None = None) -> Any:
    """Fill with the number of trials up to the first success of probability p: 1, 2, ...

    >>> import wengert
    >>> bool((wengert.zeros(9).geometric_(0.5) >= 1).all())
    True
    """
    _need(input, "geometric_", input._data.dtype.kind in "iuf", "a real tensor")
    if not 0 < p < 1:
        raise ValueError(f"geometric_: p={p} must be between 0 and 1.")
    trials = ceil(div(log(sub(1.0, _wide(input, generator))), math.log1p(-p)))
    return _put(input, maximum(trials, 1.0), "geometric_")


def log_normal_(
    input: Any, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Any:
    """Fill with exp of normal numbers.

    >>> import wengert
    >>> bool((wengert.zeros(9).log_normal_() > 0).all())
    True
    """
    _need(input, "log_normal_", is_floating(input._data.dtype), "a floating tensor")
    if std <= 0:
        raise ValueError(f"log_normal_: std={std} must be positive.")
    values = normal_values(tuple(input._data.shape), float64, generator)
    return _put(input, exp(add(mul(values, float(std)), float(mean))), "log_normal_")


def _whole_range(dtype: Dtype) -> int:
    """One more than the largest integer up to which a dtype holds all."""
    if dtype.kind == "b":
        return 2
    if dtype.kind in "iu":
        return int(np.iinfo(dtype).max) + 1
    return (1 << (np.finfo(dtype).nmant + 1)) + 1


def random_(
    input: Any, from_: int = 0, to: int | None = None, *, generator: Generator | None = None
) -> Any:
    """Fill with integers from `from_` up to but not including `to`; with one bound, from 0 to it.

    Without bounds: all integers that the dtype holds, but no negative ones.

    >>> import wengert
    >>> wengert.zeros(2).random_(1)
    tensor([0., 0.])
    """
    _need(input, "random_", input._data.dtype.kind in "biuf", "a real tensor")
    if to is None:
        from_, to = 0, from_ or _whole_range(input._data.dtype)
    if not from_ < to:
        raise ValueError(f"random_: the range from {from_} to {to} is empty.")
    return _put(input, integer_values(tuple(input._data.shape), from_, to, generator), "random_")
