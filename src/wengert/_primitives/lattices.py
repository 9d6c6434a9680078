"""Views that step through several axes at once: diagonals, sliding windows, as_strided.

`lattice(x, shape, starts, steps)` at i is x at starts + steps @ i: on axis a of x the element lies
at starts[a] + sum of steps[a][k] * i[k]. Elements may be met several times, or never; the transpose
adds up what meets. What only slices or only permutes belongs to `shaping`.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .._base.shapes import Shape, size_of
from .._declare.linear import linear
from .._declare.samples import Sample
from .reductions import accumulator

Steps = tuple[tuple[int, ...], ...]
"""For every axis of the source, the step of every axis of the view."""


@functools.lru_cache(256)
def overlaps(shape: Shape, steps: Steps) -> bool:
    """Whether two elements of a lattice are one element of its source."""
    if size_of(shape) < 2:
        return False
    # Positions in the smallest box that holds the lattice; there every place has one number.
    box = [sum(abs(s) * (n - 1) for s, n in zip(step, shape)) + 1 for step in steps]
    weights = [size_of(tuple(box[axis + 1 :])) for axis in range(len(box))]
    flat = [sum(w * step[k] for w, step in zip(weights, steps)) for k in range(len(shape))]
    reach = 0
    for step, extent in sorted((abs(f), n) for f, n in zip(flat, shape, strict=True) if n > 1):
        if step <= reach:
            break
        reach += step * (extent - 1)
    else:
        return False
    places = np.zeros((), np.int64)
    for f, n in zip(flat, shape, strict=True):
        places = places[..., None] + np.arange(n) * f
    return len(np.unique(places)) < size_of(shape)


def _leaves_out(site: Any) -> bool:
    shape: Shape = site.params["shape"]
    return size_of(site.shape(0)) > size_of(shape) or overlaps(shape, site.params["steps"])


def batched_lattice(params: dict[str, Any], size: int) -> dict[str, Any]:
    """The same view one axis further in."""
    rank = len(params["shape"])
    return {
        "shape": (size, *params["shape"]),
        "starts": (0, *params["starts"]),
        "steps": ((1, *(0,) * rank), *((0, *step) for step in params["steps"])),
    }


def _part(x: Any, shape: Shape, starts: tuple[int, ...], steps: Steps) -> Any:
    if 0 in shape:
        return np.empty(shape, x.dtype)
    strides = [
        sum(step[k] * stride for step, stride in zip(steps, x.strides, strict=True))
        for k in range(len(shape))
    ]
    corner = x[tuple([slice(start, start + 1) for start in starts])]
    return np.lib.stride_tricks.as_strided(corner, shape, strides)


_SAMPLES = [
    Sample(  # a diagonal
        lambda rng: [rng.standard_normal((3, 4))],
        {"shape": (3,), "starts": (0, 1), "steps": ((1,), (1,))},
    ),
    Sample(  # overlapping windows, and a reversed axis
        lambda rng: [rng.standard_normal((2, 6))],
        {"shape": (2, 2, 3), "starts": (1, 0), "steps": ((-1, 0, 0), (0, 2, 1))},
    ),
    Sample(
        lambda rng: [np.array(rng.normal())],
        {"shape": (2, 2), "starts": (), "steps": ()},
    ),
    Sample(
        lambda rng: [rng.standard_normal((2, 3))],
        {"shape": (0, 2), "starts": (0, 0), "steps": ((1, 0), (0, 1))},
    ),
]


@linear(
    abstract=lambda shapes, dtypes, params: [(tuple(params["shape"]), dtypes[0])],
    transpose=lambda site, g, i: lattice_add(  # pyright: ignore[reportGeneralTypeIssues]
        g, source=site.shape(0), **site.params
    ),
    batch=lambda p, ops, batched, size, params: p(ops[0], **batched_lattice(params, size)),
    view=True,
    selecting=_leaves_out,
    samples=_SAMPLES,
)
def lattice(x: Any, shape: Shape, starts: tuple[int, ...], steps: Steps) -> Any:
    """x at the places starts + i @ steps^T, without copying."""
    return _part(x, shape, starts, steps)


def _read_back(site: Any, g: Any, i: int) -> Any:
    return lattice(g, **{name: site.params[name] for name in ("shape", "starts", "steps")})


@linear(
    abstract=lambda shapes, dtypes, params: [(tuple(params["source"]), dtypes[0])],
    transpose=_read_back,
    batch=lambda p, ops, batched, size, params: p(
        ops[0], source=(size, *params["source"]), **batched_lattice(params, size)
    ),
    filling=True,
    samples=[
        Sample(
            lambda rng: [rng.standard_normal(3)],
            {"source": (3, 4), "shape": (3,), "starts": (0, 1), "steps": ((1,), (1,))},
        ),
        Sample(
            lambda rng: [rng.standard_normal((2, 3))],
            {"source": (6,), "shape": (2, 3), "starts": (1,), "steps": ((2, 1),)},
        ),
        Sample(
            lambda rng: [rng.standard_normal((2, 0))],
            {"source": (2,), "shape": (2, 0), "starts": (0,), "steps": ((1, 0),)},
        ),
    ],
)
def lattice_add(g: Any, source: Shape, shape: Shape, starts: tuple[int, ...], steps: Steps) -> Any:
    """Zeros of shape `source` to which g is added at the places of a lattice."""
    if not overlaps(shape, steps):
        out = np.zeros(source, g.dtype)
        _part(out, shape, starts, steps)[...] = g
        return out
    out = np.zeros(size_of(source), accumulator(g.dtype))
    places = _part(np.arange(size_of(source)).reshape(source), shape, starts, steps)
    np.add.at(out, places.ravel(), g.ravel())
    return out.reshape(source).astype(g.dtype, copy=False)


__all__ = ["Steps", "batched_lattice", "lattice", "lattice_add", "overlaps"]
