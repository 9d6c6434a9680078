"""The fuzzer's elementwise operators, reductions and products."""

from __future__ import annotations

from typing import Any

import torch

from .table import RNG, Op, Params, add, any_dim, apply, maybe, several


def _not_finite(slope: torch.Tensor) -> torch.Tensor:
    return ~slope.isfinite()


# ---- elementwise ---------------------------------------------------------------------------------


def _saturated(x: torch.Tensor) -> bool:
    return bool((x > 5).any())


several("sin cos tan sinh cosh asinh atan exp", 1, "f")
# PyTorch's derivative is the result + 1, which leaves eps / exp(x) of it.
several("expm1", 1, "f", departs=lambda x: bool((x < -6).any()))
several(
    "exp2 erf erfc reciprocal rsqrt log "
    "log1p log2 log10 asin acos acosh atanh logit erfinv "
    "nn.functional.softplus nn.functional.silu",
    1,
    "f",
)
several(
    "nn.functional.elu nn.functional.selu nn.functional.celu",
    1,
    "f",
    selects=True,
    steady_at_nan=False,
)
several(
    "nn.functional.softsign",
    1,
    "f",
    composed=lambda noise, x: noise(noise(x) / noise(1 + noise(x).abs())),
)
several("nn.functional.logsigmoid sigmoid", 1, "f", cancels=_saturated, digits=(0.0, 1e-14))
several(
    "tanh",
    1,
    "f",
    cancels=lambda x: bool((x.abs() > 5).any()),
    departs=lambda x: bool(((x.abs() > 5) & (x.abs() < 20)).any()),  # 1 - tanh(x)^2
)
several("nn.functional.gelu", 1, "f", apart=lambda x: bool(x.isposinf().any()))
several("nn.functional.mish", 1, "f", holes=2)  # docs/differences.md
several("sqrt neg square deg2rad rad2deg positive", 1, "f", exact=True)
several(
    "floor ceil trunc round frac relu nn.functional.leaky_relu nan_to_num",
    1,
    "f",
    exact=True,
    selects=True,
)
several(
    "abs nn.functional.relu6 nn.functional.hardtanh nn.functional.hardshrink",
    1,
    "f",
    exact=True,
    selects=True,
    steady_at_nan=False,
)
several(
    "nn.functional.softshrink",
    1,
    "f",
    exact=True,
    selects=True,
    steady_at_nan=False,
    either_zero=True,  # the sign depends on where in memory the element lies
)
several(
    "nn.functional.hardswish",
    1,
    "f",
    selects=True,
    loses=_not_finite,
    apart=lambda x: bool(x.isneginf().any()),
)


def _pole_of_gamma(x: torch.Tensor) -> bool:
    """Where PyTorch's trigamma has a large number."""
    return bool(((x < 0) & (x == x.round())).any())


several("lgamma", 1, "f", digits=(0.0, 5e-10), cancels=_pole_of_gamma)  # trigamma: nine digits
several(
    "digamma",
    1,
    "f",
    digits=(5e-10, 5e-10),
    # PyTorch's polygamma counts up by ones from x to 9, which takes hours.
    cancels=lambda x: bool((x < -1e4).any()),
)


def _away_from_zero(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    """Near 0 PyTorch's derivatives of sinc cancel."""
    size = operands[0].abs()
    return None if bool(((size > 0) & (size < 0.1)).any()) else {}


several(
    "sinc",
    1,
    "f",
    propose=_away_from_zero,
    holes=2,
    loses=_not_finite,
    apart=lambda x: bool(x.isinf().any()),
)
several("nn.functional.hardsigmoid", 1, "f", selects=True, digits=(6e-8, 6e-8))  # its 1/6
several("isnan isinf isfinite logical_not", 1, "fib", exact=True)


def _no_nan(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    """NaN may have either sign."""
    return None if any(bool(one.isnan().any()) for one in operands) else {}


several("sign", 1, "f", exact=True, selects=True, apart=lambda x: bool(x.isnan().any()))
several("signbit", 1, "fib", exact=True, propose=_no_nan, apart=lambda x: bool(x.isnan().any()))
several("add sub mul", 2, "fi", exact=True)
several("maximum minimum fmax fmin", 2, "fi", exact=True, selects=True, either_zero=True)
several("eq ne lt le gt ge", 2, "fib", exact=True, compares=True)
several("logical_and logical_or logical_xor", 2, "fib", exact=True)
several("div true_divide", 2, "fi")
several(
    "pow", 2, "f", holes=2, loses=_not_finite, cancels=lambda x, y: bool((y == 0).any())
)  # docs/differences.md
several("atan2 logaddexp logaddexp2", 2, "f", holes=2)  # docs/differences.md
several("hypot", 2, "f", holes=1)  # docs/kinks.md
several("xlogy special.xlog1py", 2, "f", holes=1, loses=lambda slope: slope == 0)
several("remainder fmod", 2, "f", selects=True)
several(
    "copysign",
    2,
    "f",
    exact=True,
    selects=True,
    propose=_no_nan,
    apart=lambda x: bool(x.isnan().any()),
    cancels=lambda x, y: bool(((x != 0) & (x.abs() < 0.01)).any()),
)
several("bitwise_and bitwise_or bitwise_xor", 2, "ib", exact=True)
several("floor_divide gcd lcm", 2, "i", exact=True)


def _number(rng: RNG) -> float | int:
    value: float | int = [2, -1, 0, 3, 0.5, -1.5, 1.0, 0.25][int(rng.integers(0, 8))]
    return value


def _scalar(rng: RNG, operands: list[torch.Tensor]) -> Params:
    return {"other": _number(rng)}


for _name in ("add", "sub", "mul", "div"):
    add(
        Op(
            f"{_name}_scalar",
            1,
            "fi",
            _scalar,
            lambda lib, x, other, _name=_name: getattr(lib, _name)(x, other),
            exact=_name != "div",
        )
    )
add(Op("rsub_scalar", 1, "fi", _scalar, lambda lib, x, other: other - x, exact=True))
add(Op("rdiv_scalar", 1, "fi", _scalar, lambda lib, x, other: other / x))
add(
    Op(
        "alpha",
        2,
        "f",
        lambda rng, _: {"alpha": _number(rng)},
        lambda lib, x, y, alpha: lib.add(x, y, alpha=alpha),
    )
)


def _exponent(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    exponent = [2, 3, 0, 1, -1, 0.5, 1.5, -2, 2.0][int(rng.integers(0, 9))]
    rooted = exponent == 0.5 and bool(operands[0].isneginf().any())  # docs/differences.md
    return None if rooted else {"exponent": exponent}


def _root_or_constant(x: torch.Tensor, exponent: float) -> bool:
    """Whether the derivative is that of a root, or of a constant at NaN (`docs/differences.md`)."""
    if exponent in (0.5, 1.5):
        return bool((x.isneginf() | ((x == 0) & x.signbit())).any())
    return exponent == 0 and bool(x.isnan().any())


add(
    Op(
        "pow_scalar",
        1,
        "f",
        _exponent,
        lambda lib, x, exponent: x**exponent,
        departs=_root_or_constant,
    )
)
add(
    Op(
        "rpow_scalar",
        1,
        "f",
        lambda rng, _: {"base": [2, 0.5, 1.5][int(rng.integers(0, 3))]},
        lambda lib, x, base: base**x,
    )
)
add(
    Op(
        "div_rounding",
        2,
        "f",
        lambda rng, _: {"rounding_mode": ["floor", "trunc"][int(rng.integers(0, 2))]},
        lambda lib, x, y, rounding_mode: lib.div(x, y, rounding_mode=rounding_mode),
        selects=True,
    )
)


def _bounds(rng: RNG, operands: list[torch.Tensor]) -> Params:
    low, high = sorted([round(float(rng.normal()), 1), round(float(rng.normal()), 1)])
    pick = int(rng.integers(0, 3))
    return {"min": None if pick == 1 else low, "max": None if pick == 2 else high}


add(Op("clamp", 1, "f", _bounds, exact=True, selects=True))
several("lerp", 3, "f", loses=_not_finite)
several("addcmul", 3, "f")


def _square_vanishes(x: torch.Tensor, **_: Any) -> bool:
    """Whether the square is 0, by which PyTorch divides in a derivative."""
    return bool(((x != 0) & (x * x == 0)).any())


several("addcdiv", 3, "f", departs=_square_vanishes)
add(
    Op(
        "where",
        3,
        "fi",
        lambda rng, _: {"bound": round(float(rng.normal()), 1)},
        lambda lib, c, x, y, bound: lib.where(c > bound, x, y),
        exact=True,
        selects=True,
    )
)
add(
    Op(
        "masked_fill",
        2,
        "f",
        lambda rng, _: {"value": _number(rng)},
        lambda lib, x, c, value: lib.masked_fill(x, c > 0, value),
        exact=True,
        selects=True,
    )
)
add(
    Op(
        "heaviside",
        2,
        "f",
        lambda rng, _: {},
        lambda lib, x, y: lib.heaviside(x.detach(), y.detach()),  # PyTorch has no derivative
        exact=True,
        selects=True,
    )
)
add(Op("to_float", 1, "ib", lambda rng, _: {}, lambda lib, x: x.to(lib.float64), exact=True))
add(Op("to_int", 1, "b", lambda rng, _: {}, lambda lib, x: x.to(lib.int64), exact=True))
add(Op("detach", 1, "f", lambda rng, _: {}, lambda lib, x: x.detach(), exact=True, selects=True))
add(Op("clone", 1, "fib", lambda rng, _: {}, exact=True))

# ---- reductions ----------------------------------------------------------------------------------


def _dims(rng: RNG, operands: list[torch.Tensor]) -> Params:
    """dim as None, one or several axes; keepdim."""
    x = operands[0]
    if x.ndim == 0 or maybe(rng, 0.2):
        return {}
    if maybe(rng, 0.7):
        dim: Any = any_dim(rng, x)
    else:
        count = int(rng.integers(1, x.ndim + 1))
        axes = rng.permutation(x.ndim)[:count]
        dim = tuple(int(axis) - (x.ndim if maybe(rng) else 0) for axis in axes)
    return {"dim": dim, "keepdim": maybe(rng)}


def _dim(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    return None if dim is None else {"dim": dim}


def _dim_keepdim(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    return None if dim is None else {"dim": dim, "keepdim": maybe(rng)}


def _dim_always(rng: RNG, operands: list[torch.Tensor]) -> Params:
    params = _dims(rng, operands)
    return params or {"dim": tuple(range(operands[0].ndim))}


several("sum", 1, "fib", propose=_dims)
several("mean", 1, "f", propose=_dims)
several("nansum nanmean", 1, "f", propose=_dims, selects=True)
several("amax amin", 1, "fi", propose=_dims, exact=True, selects=True, either_zero=True)
several(
    "logsumexp",
    1,
    "f",
    propose=_dim_always,
    cancels=lambda x: bool((x.abs() > 30).any()),  # exp(x - logsumexp) near 1
)
several(
    "all any count_nonzero",
    1,
    "fib",
    exact=True,
    propose=lambda rng, ops: {k: v for k, v in _dims(rng, ops).items() if k == "dim"},
)
several(
    "prod",
    1,
    "fi",
    selects=True,
    digits=(0.0, 1e-13),  # PyTorch divides by elements
    propose=lambda rng, ops: _dim_keepdim(rng, ops) if maybe(rng, 0.8) else {},
)
several("cumsum", 1, "f", propose=_dim)


def _log_softmax(noise: Any, x: torch.Tensor, dim: int) -> torch.Tensor:
    """Of two terms, which cancel in a derivative."""
    return noise(noise(x) - noise(torch.logsumexp(noise(x), dim, keepdim=True)))


several(
    "softmax", 1, "f", propose=_dim, composed=lambda *args, **dim: _log_softmax(*args, **dim).exp()
)
several(
    "log_softmax",
    1,
    "f",
    propose=_dim,
    composed=_log_softmax,
    apart=lambda x: bool(x.isposinf().any()),
)
several("cumprod", 1, "f", propose=_dim, selects=True, orders=1)  # PyTorch divides by elements


def _moderate(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    """PyTorch's gradient of logcumsumexp loses the digits before the point."""
    return _dim(rng, operands) if bool((operands[0].abs() < 30).all()) else None


def _logcumsumexp(lib: Any, x: Any, dim: int) -> Any:
    """PyTorch's second derivative is wrong where cotangents have both signs: its value alone."""
    value = lib.logcumsumexp(x, dim)
    if lib is not torch or not x.numel() or not bool(x.isfinite().all()):
        return value
    middle = x.detach().max()
    composed = torch.log(torch.cumsum(torch.exp(x - middle), dim)) + middle
    return composed + (value - composed).detach()


add(Op("logcumsumexp", 1, "f", _moderate, _logcumsumexp))
several("argmax argmin", 1, "f", propose=_dim_keepdim, exact=True)


def _correction(rng: RNG, operands: list[torch.Tensor]) -> Params:
    return {**_dims(rng, operands), "correction": int(rng.integers(0, 2))}


several("var std", 1, "f", propose=_correction, holes=2, loses=_not_finite, digits=(0.0, 1e-13))
add(
    Op(
        "norm",
        1,
        "f",
        lambda rng, ops: {
            "p": [1, 2, 3, float("inf"), 0.5, -float("inf")][int(rng.integers(0, 6))],
            **_dim_always(rng, ops),
        },
        lambda lib, x, p, dim, keepdim=False: lib.linalg.vector_norm(x, p, dim, keepdim),
        selects=True,
        steady_at_nan=False,
    )
)


def _first(name: str) -> Any:
    return lambda lib, x, **params: getattr(lib, name)(x, **params)[0]


for _name in ("max", "min"):
    add(Op(f"{_name}_dim", 1, "f", _dim_keepdim, _first(_name), exact=True, selects=True))
for _name in ("cummax", "cummin"):
    add(Op(_name, 1, "f", _dim, _first(_name), exact=True, selects=True))


def _distinct(propose: Any) -> Any:
    """Where equal elements would leave free which one is returned: none of them."""

    def proposed(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
        flat = operands[0].flatten()
        free = len(flat.unique()) < len(flat) or int(flat.isnan().sum()) > 1
        return None if free else propose(rng, operands)

    return proposed


add(Op("median", 1, "f", _distinct(_dim_keepdim), _first("median"), exact=True, selects=True))
add(
    Op(
        "sort",
        1,
        "f",
        lambda rng, ops: (
            (_dim(rng, ops) or {"dim": -1}) | {"descending": maybe(rng), "stable": True}
        ),
        _first("sort"),
        exact=True,
    )
)
add(
    Op(
        "argsort",
        1,
        "f",
        lambda rng, ops: (
            (_dim(rng, ops) or {"dim": -1}) | {"descending": maybe(rng), "stable": True}
        ),
        exact=True,
    )
)


def _count(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    if dim is None or operands[0].shape[dim] == 0:
        return None
    return {"k": int(rng.integers(1, operands[0].shape[dim] + 1)), "dim": dim}


add(Op("topk", 1, "f", _distinct(_count), _first("topk"), exact=True, selects=True))
add(Op("kthvalue", 1, "f", _distinct(_count), _first("kthvalue"), exact=True, selects=True))

# ---- products and linear algebra -----------------------------------------------------------------

several("matmul", 2, "f")
add(
    Op(
        "gram",
        1,
        "f",
        lambda rng, ops: {} if ops[0].ndim >= 2 else None,
        lambda lib, x: x.mT @ x,
    )
)
add(
    Op(
        "outer",
        2,
        "f",
        lambda rng, ops: {},
        lambda lib, x, y: lib.outer(x.flatten(), y.flatten()),
    )
)
add(
    Op(
        "dot",
        2,
        "f",
        lambda rng, ops: {} if ops[0].shape == ops[1].shape else None,
        lambda lib, x, y: lib.dot(x.flatten(), y.flatten()),
    )
)
add(
    Op(
        "kron",
        2,
        "f",
        lambda rng, ops: {} if ops[0].numel() * ops[1].numel() < 100 else None,
    )
)
add(
    Op(
        "einsum_product",
        2,
        "f",
        lambda rng, ops: {} if ops[0].ndim == 2 == ops[1].ndim else None,
        lambda lib, x, y: lib.einsum("ij,kj->ik", x, y),
    )
)
add(
    Op(
        "einsum_trace",
        1,
        "f",
        lambda rng, ops: {} if ops[0].ndim >= 2 and ops[0].shape[-1] == ops[0].shape[-2] else None,
        lambda lib, x: lib.einsum("...ii->...i", x),
        selects=True,
    )
)
add(
    Op(
        "tensordot",
        2,
        "f",
        lambda rng, ops: {} if ops[0].ndim and ops[1].ndim else None,
        lambda lib, x, y: lib.tensordot(x, y, ([-1], [0])),
    )
)


def _square(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    x = operands[0]
    fits = x.ndim >= 2 and x.shape[-1] == x.shape[-2] and bool(torch.isfinite(x).all())
    return {} if fits else None


def _normwise(noise: Any, x: torch.Tensor, error: Any = 0.0) -> torch.Tensor:
    """x as LAPACK's algorithms see it: every element is wrong by some eps of the largest."""
    with torch.no_grad():
        largest = x.abs().amax((-2, -1), keepdim=True) if x.numel() else x
        error = error + largest.expand(x.shape) / 16
    return noise(x) + noise(error) - error


def _pivoted(call: Any) -> Any:
    """Elimination disturbs a matrix by its factors, which may be larger than its elements."""

    def composed(noise: Any, x: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            order, left, right = torch.linalg.lu(x)
            error = order @ left.abs() @ right.abs()
        return noise(call(torch, _normwise(noise, x, error), *map(noise, others)))

    return composed


several("trace", 1, "f", propose=_square, selects=True)
for _name in ("linalg.det", "linalg.inv", "logdet"):
    several(
        _name,
        1,
        "f",
        propose=_square,
        regular={"linalg.det": 1, "logdet": 0}.get(_name, 3),
        composed=_pivoted(lambda lib, x, _name=_name: apply(lib, _name, [x], {})),
    )


def _solve(lib: Any, a: Any, b: Any) -> Any:
    return lib.linalg.solve(a, b)


add(
    Op(
        "solve",
        2,
        "f",
        lambda rng, ops: _square(rng, ops),
        _solve,
        composed=_pivoted(_solve),
    )
)


def _cholesky(lib: Any, x: Any, noise: Any = lambda product: product) -> Any:
    return lib.linalg.cholesky(noise(x.mT @ x) + lib.eye(x.shape[-1], dtype=x.dtype))


add(
    Op(
        "cholesky",
        1,
        "f",
        lambda rng, ops: {} if ops[0].ndim >= 2 else None,
        _cholesky,
        composed=lambda noise, x: noise(
            _cholesky(torch, noise(x), lambda product: _normwise(noise, product))
        ),
    )
)
add(
    Op(
        "cdist",
        2,
        "f",
        lambda rng, ops: {"p": [1.0, 2.0, 3.0][int(rng.integers(0, 3))]},
    )
)


def _reduction(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    if operands[0].shape != operands[1].shape:
        return None
    return {"reduction": ["none", "mean", "sum"][int(rng.integers(0, 3))]}


several("nn.functional.mse_loss nn.functional.smooth_l1_loss", 2, "f", propose=_reduction)
several(
    "nn.functional.huber_loss",
    2,
    "f",
    propose=lambda rng, ops: _reduction(rng, ops) if ops[0].dtype == ops[1].dtype else None,
)
several("nn.functional.l1_loss", 2, "f", propose=_reduction, steady_at_nan=False)
several("nn.functional.linear", 2, "f")
