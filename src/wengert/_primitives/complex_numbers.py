"""Complex numbers: the operations that are linear over the reals only, and the modulus.

Gradients follow PyTorch: the cotangent of a real loss is dL/dRe + i dL/dIm, so the transpose is
taken in the real inner product Re(conj(a) b).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype, complex_of, real_of
from .._base.shapes import Shape
from .._declare.elementwise import convert
from .._declare.linear import linear, other
from .._declare.samples import Sample
from .creation import zeros
from .elementwise import div, eq, mul, where


def pointwise_batch(
    primitive: Any, operands: list[Any], batched: list[bool], size: int, params: dict[str, Any]
) -> Any:
    """The batch rule of operations that work element by element on equal shapes."""
    from .shaping import expand

    full = [
        operand if is_batched else expand(operand, shape=(size, *operand._data.shape))
        for operand, is_batched in zip(operands, batched, strict=True)
    ]
    return primitive(*full, **params)


def _complex_values(rng: np.random.Generator, shape: Shape = (2, 3)) -> Any:
    return np.asarray(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))


_ONE_COMPLEX = [
    Sample(lambda rng: [_complex_values(rng)], {}),
    Sample(lambda rng: [_complex_values(rng, ())], {}),
    Sample(lambda rng: [_complex_values(rng, (0, 2))], {}),
]


def _real_aval(shapes: list[Shape], dtypes: list[Dtype], params: Any) -> list[tuple[Shape, Dtype]]:
    return [(shapes[0], real_of(dtypes[0]))]


def _conj_transpose(site: Any, g: Any, i: int) -> Any:
    return conj(g)


@linear(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    transpose=_conj_transpose,
    batch=pointwise_batch,
    samples=_ONE_COMPLEX,
)
def conj(x: Any) -> Any:
    """Complex conjugate; linear over the reals."""
    return np.conj(x)


@linear(
    abstract=_real_aval,
    transpose=lambda site, g, i: convert(g, complex_of(g._data.dtype)),
    batch=pointwise_batch,
    view=True,
    samples=_ONE_COMPLEX,
)
def real(x: Any) -> Any:
    """Real part, without copying."""
    return np.real(x)


@linear(
    abstract=_real_aval,
    # Not a product with 1j, which makes NaN of infinities.
    transpose=lambda site, g, i: complex_(zeros(g._data.shape, g._data.dtype), g),  # pyright: ignore[reportGeneralTypeIssues]
    batch=pointwise_batch,
    view=True,
    samples=_ONE_COMPLEX,
)
def imag(x: Any) -> Any:
    """Imaginary part, without copying."""
    return np.imag(x)


@linear(
    abstract=lambda shapes, dtypes, params: [((*shapes[0], 2), real_of(dtypes[0]))],
    transpose=lambda site, g, i: view_as_complex(g),  # pyright: ignore[reportGeneralTypeIssues]
    batch=pointwise_batch,
    view=True,
    samples=_ONE_COMPLEX,
)
def view_as_real(x: Any) -> Any:
    """(Re, Im) along a new last axis, without copying."""
    strides = (*x.strides, x.dtype.itemsize // 2)
    parts: Any = np.real(x)
    return np.lib.stride_tricks.as_strided(parts, (*x.shape, 2), strides)


def _parts(site: Any, g: Any, i: int) -> Any:
    return view_as_real(g)


@linear(
    abstract=lambda shapes, dtypes, params: [(shapes[0][:-1], complex_of(dtypes[0]))],
    transpose=_parts,
    batch=pointwise_batch,
    view=True,
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3, 2))], {}),
        Sample(lambda rng: [rng.standard_normal(2)], {}),
        Sample(lambda rng: [rng.standard_normal((0, 2))], {}),
    ],
)
def view_as_complex(x: Any) -> Any:
    """Pairs along the last axis as complex numbers; a copy unless the pairs lie side by side."""
    x = x if x.strides[-1] == x.dtype.itemsize else np.ascontiguousarray(x)
    return x.view(complex_of(x.dtype))[..., 0]


def _part_of(site: Any, g: Any, i: int) -> Any:
    return imag(g) if i else real(g)


@linear(
    abstract=lambda shapes, dtypes, params: [(shapes[0], complex_of(dtypes[0]))],
    transpose=_part_of,
    operands=lambda arity: (0, 1),
    joint=True,
    batch=pointwise_batch,
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3)), rng.standard_normal((2, 3))], {}),
        Sample(lambda rng: [np.array(rng.normal()), np.array(rng.normal())], {}),
    ],
)
def complex_(real: Any, imag: Any) -> Any:
    """real + i imag; what is infinite or -0 in one of them leaves the other as it is."""
    both = np.empty(real.shape, complex_of(real.dtype))
    both.real, both.imag = real, imag
    return both


def _safe_unit(x: Any, modulus: Any) -> Any:
    zero = eq(modulus, 0.0)
    return where(zero, 0.0, div(x, convert(where(zero, 1.0, modulus), x._data.dtype)))


@other(
    abstract=_real_aval,
    vjp=lambda site, g: (mul(convert(g, site.dtype(0)), _safe_unit(site.value(0), site.out())),),
    jvp=lambda site, t: (real(mul(conj(_safe_unit(site.value(0), site.out())), t)),),
    batch=pointwise_batch,
    absence="pointwise",
    samples=_ONE_COMPLEX,
)
def modulus(x: Any) -> Any:
    """|x| of a complex x; its derivative at 0 is 0."""
    return np.abs(x)
