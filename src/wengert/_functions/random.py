"""Random tensors: counter-based draws, alike in eager and compiled code.

A draw reads the generator's (key, counter), hashes key and counter + 0, 1, 2, ..., and moves the
counter on. Under vmap, `randomness` decides whether samples share their draws.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.dtypes import Dtype, as_dtype, get_default_dtype, int64, is_floating
from .._base.errors import DtypeError, TracingError
from .._base.shapes import Shape, as_shape, size_of
from .._declare.elementwise import convert
from .._graph.value import Handle
from .._primitives.elementwise import add, lt, mul, remainder, sub
from .._primitives.indexing import iota
from .._primitives.random import hash64, shift_right
from .._primitives.shaping import reshape, slice_
from .._primitives.transcendental import cos, log, sqrt
from .._record import modes as _modes
from .._record.random_state import Generator, default_generator
from .._record.storage import write
from .creation import finish


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; returns it.

    >>> import wengert
    >>> _ = wengert.manual_seed(0)
    >>> a = wengert.rand(2)
    >>> _ = wengert.manual_seed(0)
    >>> bool((a == wengert.rand(2)).all())
    True
    """
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """The seed of the default generator.

    >>> import wengert
    >>> _ = wengert.manual_seed(5)
    >>> wengert.initial_seed()
    5
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """A copy of the default generator's state.

    >>> import wengert
    >>> wengert.get_rng_state().shape
    (2,)
    """
    return default_generator.get_state()


def set_rng_state(state: Any) -> None:
    """Continue the default generator from a state.

    >>> import wengert
    >>> state = wengert.get_rng_state()
    >>> a = wengert.rand(2)
    >>> wengert.set_rng_state(state)
    >>> bool((a == wengert.rand(2)).all())
    True
    """
    default_generator.set_state(state)


def _bits(shape: Shape, generator: Generator | None, draws: int = 1) -> list[Any]:
    """`draws` independent int64 tensors of 64 random bits an element."""
    state = (generator or default_generator).state
    batches: list[Any] = []
    for level in _modes.current().levels:
        if level.randomness == "error":
            raise TracingError(
                "vmap: a random function was called. Pass randomness='different' (each sample "
                "draws its own numbers) or randomness='same' to vmap."
            )
        if level.randomness == "different":
            batches.append(level)
    lead = tuple(level.size for level in batches)
    full = lead + shape
    count = size_of(full)
    with _modes.override(grad=False):
        key = reshape(slice_(state, slices=((0, 1, 1),)), shape=())
        counter = reshape(slice_(state, slices=((1, 1, 1),)), shape=())
        found: list[Any] = []
        for draw in range(draws):
            places = add(iota(count), add(counter, draw * count))
            found.append(reshape(hash64(key, places), shape=full))
        step = np.array([0, draws * count], np.int64)
        from .._primitives.creation import constant

        write(state, add(state, constant(step)), "random")
        for level in batches:
            # The outermost level has the first axis, so it is the last to be taken off.
            found = [level.raise_(bits) for bits in found]
    return found


def _unit(bits: Any, dtype: Dtype) -> Any:
    """Bits as numbers in [0, 1), equally spaced with the full precision of the dtype."""
    places = {2: 11, 4: 24}.get(dtype.itemsize, 53)
    return mul(convert(shift_right(bits, 64 - places), dtype), 2.0**-places)


def uniform_values(shape: Shape, dtype: Dtype, generator: Generator | None) -> Any:
    """Uniform numbers in [0, 1)."""
    if not is_floating(dtype):
        raise DtypeError(f"rand: expected a floating dtype, not {dtype}.")
    return _unit(_bits(shape, generator)[0], dtype)


def normal_values(shape: Shape, dtype: Dtype, generator: Generator | None) -> Any:
    """Standard normal numbers, by the transform of Box and Muller (1958) in float64."""
    if not is_floating(dtype):
        raise DtypeError(f"randn: expected a floating dtype, not {dtype}.")
    first, second = _bits(shape, generator, draws=2)
    wide = np.dtype("float64")
    radius = sqrt(mul(log(sub(1.0, _unit(first, wide))), -2.0))
    return convert(mul(radius, cos(mul(_unit(second, wide), 2 * math.pi))), dtype)


def _dtype(dtype: Any) -> Dtype:
    return get_default_dtype() if dtype is None else as_dtype(dtype)


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers in [0, 1).

    >>> import wengert
    >>> wengert.rand(2, 3).shape
    (2, 3)
    """
    return finish(uniform_values(as_shape(size), _dtype(dtype), generator), requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Standard normal numbers.

    >>> import wengert
    >>> wengert.randn(2, 3).shape
    (2, 3)
    """
    return finish(normal_values(as_shape(size), _dtype(dtype), generator), requires_grad)


def rand_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """Uniform numbers in the shape and dtype of `x`.

    >>> import wengert
    >>> wengert.rand_like(wengert.zeros(2)).shape
    (2,)
    """
    chosen = x._data.dtype if dtype is None else as_dtype(dtype)
    return finish(uniform_values(tuple(x._data.shape), chosen, None), requires_grad)


def randn_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """Standard normal numbers in the shape and dtype of `x`.

    >>> import wengert
    >>> wengert.randn_like(wengert.zeros(2)).shape
    (2,)
    """
    chosen = x._data.dtype if dtype is None else as_dtype(dtype)
    return finish(normal_values(tuple(x._data.shape), chosen, None), requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Any:
    """Integers from `low` (0 if only one bound is given) up to but not including `high`.

    >>> import wengert
    >>> wengert.randint(10, (3,)).shape
    (3,)
    """
    if size is None:
        low, high, size = 0, low, high
    if not low < high:
        raise ValueError(f"randint: the range from {low} to {high} is empty.")
    bits = shift_right(_bits(as_shape((size,)), generator)[0], 1)
    values = add(remainder(bits, int(high - low)), int(low))
    return convert(values, int64 if dtype is None else as_dtype(dtype))


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None) -> Any:
    """0 to n - 1 in random order.

    >>> import wengert
    >>> sorted(wengert.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    from .._primitives.indexing import sort

    order = sort(_bits((n,), generator)[0], axis=0, descending=False)[1]
    return order if dtype is None else convert(order, as_dtype(dtype))


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None
) -> Any:
    """Normal numbers with the given mean and standard deviation (numbers or tensors).

    >>> import wengert
    >>> wengert.normal(0.0, 1.0, (2,)).shape
    (2,)
    """
    from .._base.shapes import broadcast

    if size is None:
        shapes = [tuple(v._data.shape) for v in (mean, std) if isinstance(v, Handle)]
        if not shapes:
            raise ValueError("normal: give a size, or tensors for mean or std.")
        shape = broadcast("normal", *shapes)
    else:
        shape = as_shape((size,))
    dtypes = [v._data.dtype for v in (mean, std) if isinstance(v, Handle)]
    values = normal_values(shape, dtypes[0] if dtypes else get_default_dtype(), generator)
    return add(mul(values, std), mean)


def bernoulli(p: Any, *, generator: Generator | None = None) -> Any:
    """1 with probability p, else 0, elementwise.

    >>> import wengert
    >>> wengert.bernoulli(wengert.ones(2))
    tensor([1., 1.])
    """
    dtype = p._data.dtype
    return convert(lt(uniform_values(tuple(p._data.shape), dtype, generator), p), dtype)


def uniform_(x: Any, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Any:
    """Fill x with uniform numbers in [a, b), in place.

    >>> import wengert
    >>> bool((wengert.zeros(9).uniform_(1, 2) >= 1).all())
    True
    """
    values = uniform_values(tuple(x._data.shape), x._data.dtype, generator)
    write(x, add(mul(values, float(b - a)), float(a)), "uniform_")
    return x


def normal_(
    x: Any, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Any:
    """Fill x with normal numbers, in place.

    >>> import wengert
    >>> wengert.zeros(9).normal_().shape
    (9,)
    """
    values = normal_values(tuple(x._data.shape), x._data.dtype, generator)
    write(x, add(mul(values, float(std)), float(mean)), "normal_")
    return x


def bernoulli_(x: Any, p: float = 0.5, *, generator: Generator | None = None) -> Any:
    """Fill x with ones (probability p) and zeros, in place.

    >>> import wengert
    >>> wengert.zeros(2).bernoulli_(1.0)
    tensor([1., 1.])
    """
    draws = uniform_values(tuple(x._data.shape), get_default_dtype(), generator)
    write(x, convert(lt(draws, float(p)), x._data.dtype), "bernoulli_")
    return x


__all__ = [
    "bernoulli",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "set_rng_state",
]
