"""hash64: random bits from a key and a counter.

The finaliser of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014). All arithmetic is modulo 2^64.
"""

from __future__ import annotations

from .values import Value

GOLDEN = 0x9E3779B97F4A7C15
STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST_SHIFT = 31


def hash64(key: Value, counter: Value) -> Value:
    """SplitMix64's finaliser of key + counter GOLDEN."""
    z = key + counter * GOLDEN
    for shift, factor in STEPS:
        z = (z ^ z.shifted_down(shift)) * factor
    return z ^ z.shifted_down(LAST_SHIFT)
