"""The bits behind every random draw: a hash of a key and a counter.

A draw depends on nothing but (key, counter), so eager, compiled, reordered or recomputed programs
draw the same numbers. The generator's state is a tensor like any other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare.elementwise import elementwise

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@elementwise(partials=None, scalar="hash64", dtypes="i")
def hash64(key: Any, counter: Any) -> Any:
    """SplitMix64's finaliser of key + counter * 0x9E3779B97F4A7C15, modulo 2**64.

    Source: G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators (2014).
    """
    z = np.asarray(counter).astype(np.uint64) * _GOLDEN + np.asarray(key).astype(np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31))).astype(np.int64)


@elementwise(partials=None, scalar="shift_right", dtypes="i")
def shift_right(x: Any, y: Any) -> Any:
    """The bits of x moved down by y places, zeros coming in (a logical shift)."""
    width = np.dtype(f"u{x.dtype.itemsize}")
    return np.asarray(np.asarray(x).astype(width) >> np.asarray(y).astype(width)).astype(x.dtype)
