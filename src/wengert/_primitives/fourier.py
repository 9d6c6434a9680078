"""The discrete Fourier transform of complex arrays; the others are composed from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._declare.linear import linear
from .._declare.samples import Sample


def _complex(rng: np.random.Generator, *shape: int) -> Any:
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@linear(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    transpose=lambda site, g, i: dft(  # pyright: ignore[reportGeneralTypeIssues]
        g, axes=site.params["axes"], inverse=not site.params["inverse"]
    ),
    batch=lambda p, ops, batched, size, params: p(
        ops[0], axes=tuple(axis + 1 for axis in params["axes"]), inverse=params["inverse"]
    ),
    mixing=True,
    samples=[
        Sample(lambda rng: [_complex(rng, 3)], {"axes": (0,), "inverse": False}),
        Sample(lambda rng: [_complex(rng, 2, 4)], {"axes": (0, 1), "inverse": True}),
        Sample(lambda rng: [_complex(rng, 2, 1, 3)], {"axes": (1,), "inverse": False}),
        Sample(lambda rng: [_complex(rng, 0, 2)], {"axes": (1,), "inverse": True}),
    ],
)
def dft(x: Any, axes: tuple[int, ...], inverse: bool) -> Any:
    """sum x_n exp(-2 pi i k n / N) over each axis, no factor before it; with + if `inverse`.

    The adjoint of the one is the other.
    """
    if not x.size or not axes:
        return np.array(x)
    if inverse:
        return np.fft.ifftn(x, axes=axes, norm="forward")
    return np.fft.fftn(x, axes=axes)


__all__ = ["dft"]
