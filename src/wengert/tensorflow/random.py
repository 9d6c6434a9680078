"""tf.random: drawn from Wengert's counter-based generator, other numbers than TensorFlow draws.

A `seed` given to a function is a stream of its own, which `set_seed` starts again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import as_dtype, is_floating
from .._declare.elementwise import convert
from .._functions.making import random as draws
from .._primitives.elementwise import add, floor, mul
from .._record.random_state import Generator, default_generator
from ._arrays import as_sizes
from ._variable import convert_to_tensor

_streams: dict[int, Generator] = {}


def set_seed(seed: int) -> None:
    """Start all streams again, from `seed`.

    >>> set_seed(1)
    >>> first = normal([2])
    >>> set_seed(1)
    >>> bool((first == normal([2])).all())
    True
    """
    default_generator.manual_seed(seed)
    _streams.clear()


def _generator(seed: int | None) -> Generator:
    if seed is None:
        return default_generator
    found = _streams.get(seed)
    if found is None:
        both = default_generator.initial_seed() * 0x9E3779B97F4A7C15 + seed + 1
        found = _streams[seed] = Generator().manual_seed(both & (2**63 - 1))
    return found


def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Normal numbers with mean and standard deviation.

    >>> normal([2, 3]).shape
    (2, 3)
    """
    drawn = draws.normal_values(as_sizes(shape), as_dtype(dtype), _generator(seed))
    return add(mul(drawn, stddev), mean)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Normal numbers; those beyond two standard deviations are drawn again.

    >>> bool((truncated_normal([99]).abs() <= 2).all())
    True
    """
    from ..nn import init

    drawn = convert_to_tensor(np.zeros(as_sizes(shape), as_dtype(dtype)))
    drawn = init.trunc_normal_(drawn, generator=_generator(seed))
    return add(mul(drawn, stddev), mean)


def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Uniform numbers in [minval, maxval); maxval is 1 for floating dtypes if missing.

    >>> bool((uniform([9], 3, 5, "int32") >= 3).all())
    True
    """
    kind = as_dtype(dtype)
    floating = is_floating(kind)
    if maxval is None:
        if not floating:
            raise ValueError("tf.random.uniform: an integer dtype needs maxval.")
        maxval = 1.0
    drawn = draws.uniform_values(
        as_sizes(shape), kind if floating else np.dtype("float64"), _generator(seed)
    )
    drawn = mul(drawn, maxval - minval)
    return add(drawn, minval) if floating else convert(add(floor(drawn), minval), kind)


def shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Any:
    """The rows in random order.

    >>> shuffle([1.0, 2.0]).shape
    (2,)
    """
    rows = convert_to_tensor(value)
    return rows[draws.randperm(rows.shape[0], generator=_generator(seed))]


__all__ = ["normal", "set_seed", "shuffle", "truncated_normal", "uniform"]
