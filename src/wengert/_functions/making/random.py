"""Random tensors: counter-based draws, alike in eager and compiled code.

A draw reads the generator's (key, counter), hashes key and counter + 0, 1, 2, ..., and moves the
counter on. Under vmap, `randomness` decides whether samples share their draws. Draws by given
probabilities are in `sampling`, those that fill a tensor in place in
`random_fills`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._base.device import check_device
from ..._base.dtypes import Dtype, as_dtype, get_default_dtype, int64, is_floating, real_of
from ..._base.errors import DtypeError, TracingError
from ..._base.shapes import Shape, as_shape, size_of
from ..._declare.elementwise import convert
from ..._primitives.complex_numbers import complex_
from ..._primitives.elementwise import add, mul, remainder, sub
from ..._primitives.indexing import iota, sort
from ..._primitives.random import hash64, shift_right
from ..._primitives.shaping import reshape, slice_
from ..._primitives.transcendental import cos, log, sin, sqrt
from ..._record import modes as _modes
from ..._record.random_state import Generator, default_generator
from ..._record.storage import write
from ..out import takes_out
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


def seed() -> int:
    """Start the default generator with a seed that nobody can repeat; returns it.

    >>> import wengert
    >>> wengert.seed() == wengert.initial_seed()
    True
    """
    return default_generator.seed()


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


def random_bits(shape: Shape, generator: Generator | None, draws: int = 1) -> list[Any]:
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
        from ..._primitives.creation import constant

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
    """Uniform numbers in [0, 1); of complex dtypes both parts."""
    if dtype.kind == "c":
        parts = random_bits(shape, generator, draws=2)
        return complex_(*[_unit(bits, real_of(dtype)) for bits in parts])
    if not is_floating(dtype):
        raise DtypeError(f"rand: expected a floating or complex dtype, not {dtype}.")
    return _unit(random_bits(shape, generator)[0], dtype)


def normal_values(shape: Shape, dtype: Dtype, generator: Generator | None) -> Any:
    """Standard normal numbers, by the transform of Box and Muller (1958) in float64.

    Complex ones have variance 1, half of it in each part.
    """
    if not (is_floating(dtype) or dtype.kind == "c"):
        raise DtypeError(f"randn: expected a floating or complex dtype, not {dtype}.")
    first, second = random_bits(shape, generator, draws=2)
    wide = np.dtype("float64")
    scale = -1.0 if dtype.kind == "c" else -2.0
    radius = sqrt(mul(log(sub(1.0, _unit(first, wide))), scale))
    turn = mul(_unit(second, wide), 2 * math.pi)
    if dtype.kind == "c":
        return convert(complex_(mul(radius, cos(turn)), mul(radius, sin(turn))), dtype)
    return convert(mul(radius, cos(turn)), dtype)


def integer_values(shape: Shape, low: int, high: int, generator: Generator | None) -> Any:
    """int64 numbers from `low` up to but not including `high`, in steps of one."""
    count = high - low
    bits = random_bits(shape, generator)[0]
    if count >= 1 << 63:
        return bits
    return add(remainder(shift_right(bits, 1), count), low)


def _dtype(dtype: Any) -> Dtype:
    return get_default_dtype() if dtype is None else as_dtype(dtype)


@takes_out
def rand(
    *size: Any,
    generator: Generator | None = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers in [0, 1).

    >>> import wengert
    >>> wengert.rand(2, 3).shape
    (2, 3)
    """
    check_device(device)
    return finish(uniform_values(as_shape(size), _dtype(dtype), generator), requires_grad)


@takes_out
def randn(
    *size: Any,
    generator: Generator | None = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Standard normal numbers; complex ones have variance 1, half of it in each part.

    >>> import wengert
    >>> wengert.randn(2, 3).shape
    (2, 3)
    """
    check_device(device)
    return finish(normal_values(as_shape(size), _dtype(dtype), generator), requires_grad)


def rand_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers in the shape and dtype of `input`.

    >>> import wengert
    >>> wengert.rand_like(wengert.zeros(2)).shape
    (2,)
    """
    check_device(device)
    chosen = input._data.dtype if dtype is None else as_dtype(dtype)
    return finish(uniform_values(tuple(input._data.shape), chosen, generator), requires_grad)


def randn_like(
    input: Any,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Standard normal numbers in the shape and dtype of `input`.

    >>> import wengert
    >>> wengert.randn_like(wengert.zeros(2)).shape
    (2,)
    """
    check_device(device)
    chosen = input._data.dtype if dtype is None else as_dtype(dtype)
    return finish(normal_values(tuple(input._data.shape), chosen, generator), requires_grad)


def _integers(
    low: int, high: int, shape: Shape, dtype: Dtype, generator: Generator | None, name: str
) -> Any:
    low, high = int(low), int(high)
    if not low < high:
        raise ValueError(f"{name}: the range from {low} to {high} is empty.")
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= low <= high - 1 <= np.iinfo(dtype).max:
        raise ValueError(f"{name}: {dtype} does not hold all numbers from {low} to {high}.")
    return convert(integer_values(shape, low, high, generator), dtype)


@takes_out
def randint(
    low: int = 0,
    high: Any = None,
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
    """Integers from `low` (0 if only one bound is given) up to but not including `high`.

    >>> import wengert
    >>> wengert.randint(10, (3,)).shape
    (3,)
    """
    check_device(device)
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    chosen = int64 if dtype is None else as_dtype(dtype)
    found = _integers(low, high, as_shape((size,)), chosen, generator, "randint")
    return finish(found, requires_grad)


def randint_like(
    input: Any,
    low: int = 0,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    memory_format: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Integers in the shape and dtype of `input`; bounds as in `randint`.

    >>> import wengert
    >>> wengert.randint_like(wengert.zeros(2), 1)
    tensor([0., 0.])
    """
    check_device(device)
    if high is None:
        low, high = 0, low
    chosen = input._data.dtype if dtype is None else as_dtype(dtype)
    shape = tuple(input._data.shape)
    return finish(_integers(low, high, shape, chosen, generator, "randint_like"), requires_grad)


@takes_out
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: Any = None,
    requires_grad: bool = False,
) -> Any:
    """0 to n - 1 in random order.

    >>> import wengert
    >>> sorted(wengert.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    check_device(device)
    if n < 0:
        raise ValueError(f"randperm: n={n} must not be negative.")
    order = sort(random_bits((n,), generator)[0], axis=0, descending=False)[1]
    return finish(order if dtype is None else convert(order, as_dtype(dtype)), requires_grad)


__all__ = [
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]
