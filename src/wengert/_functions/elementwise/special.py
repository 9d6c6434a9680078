"""Special functions: gamma, error and Bessel functions, polynomials, after torch.special.

Here they get their dtypes (integers become the default floating dtype), their parameters and
`out=`; they are computed by the primitives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.dtypes import int64, is_floating
from ..._base.errors import DtypeError, NotDifferentiableError
from ..._base.shapes import broadcast
from ..._declare.elementwise import convert
from ..._graph.value import Handle
from ..._primitives import bessel_functions as b
from ..._primitives import elementwise as e
from ..._primitives import gamma_functions as g
from ..._primitives import incomplete_gamma as ig
from ..._primitives import logarithmic as lg
from ..._primitives import normal_distribution as nd
from ..._primitives import transcendental as t
from ..._primitives.creation import full
from ..._primitives.orthogonal_polynomials import polynomial
from ..._primitives.shaping import expand, reshape
from ..making.spacing import arange
from ..out import into, takes_out
from ..public import binary, tensors_where_needed, unary
from .transcendental import as_floating

digamma = unary(g.digamma)
erf = unary(t.erf)
erfc = unary(t.erfc)
erfinv = unary(nd.erfinv)
lgamma = unary(g.lgamma)
entr = unary(lg.entr)
log_ndtr = unary(nd.log_ndtr)
ndtri = unary(nd.ndtri)
xlogy = binary(lg.xlogy, "either")
xlog1py = binary(lg.xlog1py, "either")


def _real_floating(input: Any, name: str) -> Any:
    input = as_floating(input)
    if not is_floating(input._data.dtype):
        raise DtypeError(f"{name}: expected a real tensor, not {input._data.dtype}.")
    return input


def _of_one(name: str, doc: str, compute: Callable[[Any], Any]) -> Callable[..., Any]:
    """The function `f(input, *, out=None)` of a real tensor."""

    def function(input: Any, *, out: Any = None) -> Any:
        if out is not None:
            return into(out, function, (input,), {}, name)
        return compute(_real_floating(input, name))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


erfcx = _of_one("erfcx", "exp(x**2) erfc(x).", lambda x: nd.erfcx(x, order=0))
ndtr = _of_one(
    "ndtr",
    "P(Z < x) for standard normal Z.",
    lambda x: e.mul(t.erfc(e.mul(x, -math.sqrt(0.5))), 0.5),
)
i0 = _of_one(
    "i0",
    "The modified Bessel function I of order 0.",
    lambda x: b.bessel_i(x, order=0, scaled=False),
)
i0e = _of_one("i0e", "exp(-abs(x)) I_0(x).", lambda x: b.bessel_i(x, order=0, scaled=True))
i1 = _of_one(
    "i1",
    "The modified Bessel function I of order 1.",
    lambda x: b.bessel_i(x, order=1, scaled=False),
)
i1e = _of_one("i1e", "exp(-abs(x)) I_1(x).", lambda x: b.bessel_i(x, order=1, scaled=True))
modified_bessel_i0, modified_bessel_i1 = i0, i1
modified_bessel_k0 = _of_one(
    "modified_bessel_k0",
    "The modified Bessel function K of order 0.",
    lambda x: b.bessel_k(x, order=0, scaled=False),
)
modified_bessel_k1 = _of_one(
    "modified_bessel_k1",
    "The modified Bessel function K of order 1.",
    lambda x: b.bessel_k(x, order=1, scaled=False),
)
scaled_modified_bessel_k0 = _of_one(
    "scaled_modified_bessel_k0",
    "exp(x) K_0(x).",
    lambda x: b.bessel_k(x, order=0, scaled=True),
)
scaled_modified_bessel_k1 = _of_one(
    "scaled_modified_bessel_k1",
    "exp(x) K_1(x).",
    lambda x: b.bessel_k(x, order=1, scaled=True),
)
bessel_j0 = _of_one(
    "bessel_j0", "The Bessel function J of order 0.", lambda x: b.bessel_j(x, order=0)
)
bessel_j1 = _of_one(
    "bessel_j1", "The Bessel function J of order 1.", lambda x: b.bessel_j(x, order=1)
)
bessel_y0 = _of_one(
    "bessel_y0", "The Bessel function Y of order 0.", lambda x: b.bessel_y(x, order=0)
)
bessel_y1 = _of_one(
    "bessel_y1", "The Bessel function Y of order 1.", lambda x: b.bessel_y(x, order=1)
)
spherical_bessel_j0 = _of_one(
    "spherical_bessel_j0", "sin(x) / x.", lambda x: b.spherical_bessel_j(x, order=0)
)
airy_ai = _of_one("airy_ai", "Airy's function Ai.", lambda x: b.airy(x, derivative=0))


def _refuse(parameter: Any, name: str) -> None:
    """Raise where a derivative is asked for that does not exist here, rather than lose it."""
    if isinstance(parameter, Handle) and getattr(parameter, "requires_grad", False):
        raise NotDifferentiableError(
            f"{name}: there is no derivative by the first operand. Pass x.detach() if it is a "
            "constant."
        )


@takes_out
def zeta(input: Any, other: Any, *, out: Any = None) -> Any:
    """Hurwitz's zeta function, the sum of (other + k) ** -input; differentiable in `other`.

    >>> import wengert
    >>> wengert.special.zeta(wengert.tensor([2.0]), 1.0)
    tensor([1.6449])
    """
    _refuse(input, "zeta")
    return g.zeta(*tensors_where_needed("zeta", "either", input, other))


@takes_out
def igamma(input: Any, other: Any, *, out: Any = None) -> Any:
    """The regularised lower incomplete gamma function P(input, other); differentiable in `other`.

    >>> import wengert
    >>> wengert.igamma(wengert.tensor([1.0]), wengert.tensor([1.0]))
    tensor([0.6321])
    """
    _refuse(input, "igamma")
    return ig.igamma(*tensors_where_needed("igamma", "none", input, other))


@takes_out
def igammac(input: Any, other: Any, *, out: Any = None) -> Any:
    """1 - igamma(input, other), accurate where that is near 1.

    >>> import wengert
    >>> wengert.igammac(wengert.tensor([1.0]), wengert.tensor([1.0]))
    tensor([0.3679])
    """
    _refuse(input, "igammac")
    return ig.igammac(*tensors_where_needed("igammac", "none", input, other))


@takes_out
def polygamma(n: int, input: Any, *, out: Any = None) -> Any:
    """The n-th derivative of digamma: (-1)**(n + 1) n! zeta(n + 1, x).

    >>> import wengert
    >>> wengert.polygamma(1, wengert.tensor([1.0]))
    tensor([1.6449])
    """
    if n < 0:
        raise ValueError(f"polygamma: the order {n} must not be negative.")
    x = _real_floating(input, "polygamma")
    if n == 0:
        return g.digamma(x)
    return e.mul(g.zeta(float(n + 1), x), (-1.0) ** (n + 1) * math.factorial(n))


@takes_out
def mvlgamma(input: Any, p: int, *, out: Any = None) -> Any:
    """log of the multivariate gamma function of dimension p; inf where x <= (p - 1) / 2 has a pole.

    The sum of lgamma(x - j / 2), j = 0, ..., p - 1, and p (p - 1) / 4 log(pi).

    >>> import wengert
    >>> wengert.mvlgamma(wengert.tensor([3.0]), 2)
    tensor([1.5502])
    """
    if p < 1:
        raise ValueError(f"mvlgamma: p must be at least 1, not {p}.")
    x = _real_floating(input, "mvlgamma")
    column = reshape(x, shape=(*x._data.shape, 1))
    shifts = convert(arange(p, dtype="float64"), x._data.dtype)
    total = g.lgamma(e.sub(column, e.mul(shifts, 0.5))).sum(-1)
    return e.add(total, p * (p - 1) / 4 * math.log(math.pi))


def _of_a_degree(family: str, name: str, shifted: bool = False) -> Callable[..., Any]:
    """The function `f(input, n, *, out=None)` for a family of polynomials."""

    def function(input: Any, n: Any, *, out: Any = None) -> Any:
        if out is not None:
            return into(out, function, (input, n), {}, name)
        x, degree = _broadcast(input, n, name)
        argument = e.sub(e.mul(x, 2.0), 1.0) if shifted else x
        return polynomial(argument, degree, family=family, derivative=0)

    function.__name__ = function.__qualname__ = name
    words = name.replace("_polynomial_", " polynomial ").replace("_", " ")
    function.__doc__ = f"The {words} of degree n (0 below 0), at x{' * 2 - 1' if shifted else ''}."
    return function


def _broadcast(input: Any, n: Any, name: str) -> tuple[Any, Any]:
    """x as a floating tensor and the degree as one of integers, of one shape."""
    x, n = tensors_where_needed(name, "either", input, n)
    if not isinstance(x, Handle):
        dtype = n._data.dtype if is_floating(n._data.dtype) else np.dtype("float32")
        x = full((), float(x), dtype)
    if isinstance(n, Handle):
        common = e.add.common_dtype((x, n))
        x = convert(x, common)
        degree = convert(n, int64)
    else:
        degree = full((), int(n), int64)
    x = _real_floating(x, name)
    shape = broadcast(name, tuple(x._data.shape), tuple(degree._data.shape))
    return tuple(
        part if tuple(part._data.shape) == shape else expand(part, shape=shape)
        for part in (x, degree)
    )  # pyright: ignore[reportReturnType]


chebyshev_polynomial_t = _of_a_degree("chebyshev_t", "chebyshev_polynomial_t")
chebyshev_polynomial_u = _of_a_degree("chebyshev_u", "chebyshev_polynomial_u")
chebyshev_polynomial_v = _of_a_degree("chebyshev_v", "chebyshev_polynomial_v")
chebyshev_polynomial_w = _of_a_degree("chebyshev_w", "chebyshev_polynomial_w")
hermite_polynomial_h = _of_a_degree("hermite_h", "hermite_polynomial_h")
hermite_polynomial_he = _of_a_degree("hermite_he", "hermite_polynomial_he")
laguerre_polynomial_l = _of_a_degree("laguerre", "laguerre_polynomial_l")
legendre_polynomial_p = _of_a_degree("legendre", "legendre_polynomial_p")
shifted_chebyshev_polynomial_t = _of_a_degree(
    "chebyshev_t", "shifted_chebyshev_polynomial_t", shifted=True
)
shifted_chebyshev_polynomial_u = _of_a_degree(
    "chebyshev_u", "shifted_chebyshev_polynomial_u", shifted=True
)
shifted_chebyshev_polynomial_v = _of_a_degree(
    "chebyshev_v", "shifted_chebyshev_polynomial_v", shifted=True
)
shifted_chebyshev_polynomial_w = _of_a_degree(
    "chebyshev_w", "shifted_chebyshev_polynomial_w", shifted=True
)

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "igamma",
    "igammac",
    "lgamma",
    "mvlgamma",
    "polygamma",
    "xlogy",
]
