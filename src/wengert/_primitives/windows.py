"""Sliding windows over the trailing axes, and their transpose: what convolution and pooling need.

The place inside a window comes before the place of the window: rows of memory stay long, and the
matrix that a convolution multiplies is a reshape of the windows.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._base.errors import ShapeError
from .._base.shapes import Shape
from .._declare.linear import linear
from .._declare.samples import Sample

Sizes = tuple[int, ...]


def window_counts(extents: Shape, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Shape:
    """How many windows fit along each axis."""
    return tuple(
        (extent - (k - 1) * d - 1) // s + 1
        for extent, k, s, d in zip(extents, kernel, stride, dilation, strict=True)
    )


def _windowed(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> list[tuple[Shape, Dtype]]:
    kernel: Sizes = params["kernel"]
    lead, extents = shapes[0][: -len(kernel)], shapes[0][-len(kernel) :]
    counts = window_counts(extents, kernel, params["stride"], params["dilation"])
    # An empty axis has no windows of one element, as any axis has as many as it has elements.
    if any(n < 1 and (extent or k > 1) for n, extent, k in zip(counts, extents, kernel)):
        raise ShapeError(
            f"windows: a kernel {kernel} with dilation {params['dilation']} does not fit into "
            f"{extents}."
        )
    return [((*lead, *kernel, *counts), dtypes[0])]


def _leaves_out(site: Any) -> bool:
    sizes = (site.params[name] for name in ("kernel", "stride", "dilation"))
    extents = site.shape(0)[-len(site.params["kernel"]) :]
    return any(map(_gaps, extents, *sizes))


@functools.cache
def _gaps(extent: int, kernel: int, stride: int, dilation: int) -> bool:
    """Whether some place of an axis lies in no window."""
    (count,) = window_counts((extent,), (kernel,), (stride,), (dilation,))
    reached = {k * stride + i * dilation for k in range(count) for i in range(kernel)}
    return len(reached) < extent


def _added_back(site: Any, g: Any, i: int) -> Any:
    return fold(g, shape=site.shape(0), **site.params)


_SAMPLES = [
    Sample(
        lambda rng: [rng.standard_normal((2, 5, 6))],
        {"kernel": (2, 3), "stride": (1, 2), "dilation": (2, 1)},
    ),
    Sample(
        lambda rng: [rng.standard_normal((1, 2, 5))],
        {"kernel": (3,), "stride": (2,), "dilation": (1,)},
    ),
    Sample(
        lambda rng: [rng.standard_normal((0, 3))],
        {"kernel": (2,), "stride": (1,), "dilation": (1,)},
    ),
]


@linear(
    abstract=_windowed,
    transpose=_added_back,
    batch=lambda p, ops, batched, size, params: p(ops[0], **params),
    selecting=_leaves_out,
    samples=_SAMPLES,
)
def windows(x: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """All windows: shape [..., *kernel, *counts] for x of shape [..., *extents]."""
    (shape, _), *_rest = _windowed(
        [x.shape], [x.dtype], {"kernel": kernel, "stride": stride, "dilation": dilation}
    )
    rank = len(kernel)
    steps = x.strides[-rank:]
    strides = (
        *x.strides[:-rank],
        *(step * d for step, d in zip(steps, dilation, strict=True)),
        *(step * s for step, s in zip(steps, stride, strict=True)),
    )
    return np.lib.stride_tricks.as_strided(x, shape, strides).copy()


@linear(
    abstract=lambda shapes, dtypes, params: [(tuple(params["shape"]), dtypes[0])],
    transpose=lambda site, g, i: windows(
        g,
        kernel=site.params["kernel"],
        stride=site.params["stride"],
        dilation=site.params["dilation"],
    ),
    batch=lambda p, ops, batched, size, params: p(
        ops[0], **{**params, "shape": (size, *params["shape"])}
    ),
    filling=True,
    samples=[
        Sample(
            lambda rng: [rng.standard_normal((2, 2, 3, 3, 2))],
            {"shape": (2, 5, 6), "kernel": (2, 3), "stride": (1, 2), "dilation": (2, 1)},
        ),
        Sample(
            lambda rng: [rng.standard_normal((1, 2, 1))],
            {"shape": (1, 4), "kernel": (2,), "stride": (3,), "dilation": (1,)},
        ),
    ],
)
def fold(g: Any, shape: Shape, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Add every window back at its place: the transpose of `windows`."""
    rank = len(kernel)
    out = np.zeros(shape, g.dtype)
    counts = g.shape[-rank:]
    every = (slice(None),) * rank
    for offset in itertools.product(*map(range, kernel)):
        place = tuple(
            slice(o * d, o * d + (n - 1) * s + 1, s)
            for o, d, n, s in zip(offset, dilation, counts, stride, strict=True)
        )
        out[(..., *place)] += g[(..., *offset, *every)]
    return out
