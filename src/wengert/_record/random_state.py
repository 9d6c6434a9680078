"""The state of random number generators: a key and a counter, in a tensor.

Because the state is memory like any other, tracing lifts it, a compiled step advances it, and a
draw is a pure function of what it reads.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .._base.device import check_device
from .door import new_handle
from .trace import concrete

_MASK = (1 << 64) - 1


def mixed_key(seed: int) -> int:
    """A well-mixed 64-bit key (as a signed number), so that nearby seeds share no stream.

    The constants are Stafford's variant 13 of the MurmurHash3 finaliser.
    """
    z = (seed & _MASK) ^ 0x5DEECE66D1CE4E5B
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z ^= z >> 31
    return z - (1 << 64) if z >> 63 else z


class Generator:
    """A stream of random numbers of its own.

    >>> import wengert
    >>> g = wengert.Generator().manual_seed(7)
    >>> first = wengert.rand(3, generator=g)
    >>> bool((first == wengert.rand(3, generator=g.manual_seed(7))).all())
    True
    """

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        self._seed = 0
        self.state: Any = new_handle(np.array([mixed_key(0), 0], np.int64))
        """int64 [key, counter]."""

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to `seed`."""
        self._seed = int(seed)
        self._assign(np.array([mixed_key(self._seed), 0], np.int64))
        return self

    def seed(self) -> int:
        """Start a stream that nobody can repeat; returns its seed."""
        seed = int.from_bytes(os.urandom(7), "little")
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed of the current stream."""
        return self._seed

    def get_state(self) -> Any:
        """A copy of the state tensor."""
        return new_handle(np.array(concrete(self.state, "copy")))

    def set_state(self, state: Any) -> None:
        """Continue from a state that `get_state` gave."""
        self._assign(np.asarray(state.numpy(), np.int64))

    def _assign(self, array: np.ndarray[Any, Any]) -> None:
        from .storage import write

        write(self.state, new_handle(array), "manual_seed")


default_generator = Generator()
