"""Functions of each element, beyond the primitives, in every mode, and their edges."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special as s

import wengert as w
from wengert.errors import DtypeError

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

A = np.array([[0.5, -1.5, 2.5, -0.25], [1.25, 0.75, -2.0, 3.0], [-0.5, 1.0, 0.1, -1.0]])
B = np.array([[1.5, 0.5, -2.0, 0.7], [0.25, -1.0, 1.0, 2.0], [2.0, -0.3, 0.9, 1.1]])
P = np.abs(A) + 0.3
U = 1 / (1 + np.exp(-A))
Z = A + 1j * B
N = np.array([[12, -18, 0], [7, 5, -3]])
M = np.array([[8, 27, 6], [-14, 1, 9]])
DEGREES = np.array([[0.0, 1, 2, 3], [4, 5, 6, 7], [2, 3, 0, -1]])
NAN, INF = math.nan, math.inf

CALLS = Calls()
case = CALLS.case

# ---- arithmetic ---------------------------------------------------------------------------------

case("rsub", A, B, alpha=2, expected=B - 2 * A)
case("float_power", P, B, expected=np.exp(B * np.log(P)))
case("float_power", Z, 2, expected=Z * Z)
case("hypot", A, B, expected=np.sqrt(A * A + B * B))
case("copysign", A, B, expected=np.where(B < 0, -np.abs(A), np.abs(A)))
case("nextafter", A, B, expected=np.where(A < B, A + np.spacing(A) * 0, A), smooth=False)
case("gcd", N, M, expected=np.vectorize(math.gcd)(N, M), smooth=False)
case("lcm", N, M, expected=np.vectorize(math.lcm)(N, M), smooth=False)
case("sgn", A, expected=A / np.abs(A))
case("sgn", Z, expected=Z / np.abs(Z))
case("positive", A, expected=A)
case("signbit", A, expected=A < 0, smooth=False)
case("lerp", A, B, 0.3, expected=0.7 * A + 0.3 * B)
case("lerp", A, B, 0.8, expected=0.2 * A + 0.8 * B)
case("lerp", A, B, U, expected=(1 - U) * A + U * B)
case("addcmul", A, B, P, value=0.5, expected=A + 0.5 * B * P)
case("addcdiv", A, B, P, value=-2, expected=A - 2 * B / P)
case("ldexp", A, B, expected=A * np.exp(B * math.log(2)))
case("frexp", A + 0.013, expected=tuple(np.frexp(A + 0.013)))
case("deg2rad", A, expected=A / 180 * math.pi)
case("rad2deg", A, expected=A / math.pi * 180)
case("frac", A + 0.013, expected=np.modf(A + 0.013)[0])
case("round", A, decimals=1, expected=np.round(A, 1), smooth=False)
case("round", 100 * A, decimals=-1, expected=np.round(100 * A, -1), smooth=False)
case("fix", A, expected=np.modf(A)[1], smooth=False)

# ---- comparison ---------------------------------------------------------------------------------

case("fmax", A, B, expected=np.where(A > B, A, B))
case("fmin", A, B, expected=np.where(A < B, A, B))
case("clamp_min", A, 0.2, expected=np.where(A < 0.2, 0.2, A))
case("clamp_max", A, B, expected=np.where(A > B, B, A))
case("nan_to_num", np.array([NAN, INF, -INF, 2.0]), 3.0, 4.0, 5.0, expected=[3.0, 4.0, 5.0, 2.0])
case(
    "heaviside",
    np.round(A),
    B,
    expected=np.where(np.round(A) == 0, B, np.round(A) > 0),
    smooth=False,
)
case("isclose", A, A + 1e-9, expected=np.ones(A.shape, bool), smooth=False)
case("isclose", A, B, atol=1.5, expected=np.abs(A - B) <= 1.5 + 1e-5 * np.abs(B), smooth=False)
case(
    "isin",
    N,
    np.array([7, 0, -3]),
    expected=[[False, False, True], [True, False, True]],
    smooth=False,
)
case("isin", N, np.array([7]), invert=True, expected=N != 7, smooth=False)
case("isposinf", np.array([INF, -INF, NAN]), expected=[True, False, False], smooth=False)
case("isneginf", np.array([INF, -INF, NAN]), expected=[False, True, False], smooth=False)
case("isreal", np.array([1j, 1 + 0j]), expected=[False, True], smooth=False)
case("greater", A, B, expected=A > B, smooth=False)
case("greater_equal", A, B, expected=A >= B, smooth=False)
case("less", A, B, expected=A < B, smooth=False)
case("less_equal", A, B, expected=A <= B, smooth=False)
case("not_equal", A, B, expected=A != B, smooth=False)
case("bitwise_left_shift", N, 2, expected=N * 4, smooth=False)
case("bitwise_right_shift", N, 1, expected=np.floor_divide(N, 2), smooth=False)

# ---- exponentials and angles --------------------------------------------------------------------

case("sinc", A, expected=np.sinc(A))
case("sinc", Z, expected=np.sin(np.pi * Z) / (np.pi * Z))
case("logaddexp", A, B, expected=np.log(np.exp(A) + np.exp(B)))
case("logaddexp", A, A, expected=A + math.log(2))
case("logaddexp", Z, -Z, expected=np.log(np.exp(Z) + np.exp(-Z)))
case("logaddexp2", A, B, expected=np.log2(2**A + 2**B))
case("logit", U, expected=A)
case("logit", U, 0.4, expected=np.clip(A, math.log(2 / 3), math.log(3 / 2)))
case("arccosh", P + 1, expected=np.log(P + 1 + np.sqrt((P + 1) ** 2 - 1)))
case("arcsinh", A, expected=np.log(A + np.sqrt(A**2 + 1)))
case("arctanh", A / 4, expected=np.log((1 + A / 4) / (1 - A / 4)) / 2)
case("arccos", A / 4, expected=np.pi / 2 - np.arctan2(A / 4, np.sqrt(1 - A**2 / 16)))
case("arcsin", A / 4, expected=np.arctan2(A / 4, np.sqrt(1 - A**2 / 16)))
case("arctan", A, expected=np.angle(1 + 1j * A))
case("arctan2", A, B, expected=np.angle(B + 1j * A))
case("polar", P, A, expected=P * np.exp(1j * A))
case("conj_physical", Z, expected=A - 1j * B)
case("resolve_conj", Z, expected=Z)
case("resolve_neg", A, expected=A)

# ---- special functions --------------------------------------------------------------------------

case("lgamma", A + 0.1, expected=s.gammaln(A + 0.1))
case("digamma", A + 0.1, expected=s.digamma(A + 0.1))
for order in range(4):
    case("polygamma", order, P, expected=s.polygamma(order, P))
GAMMAS = s.gammaln(P + 1) + s.gammaln(P + 0.5) + s.gammaln(P)
case("mvlgamma", P + 1, 3, expected=1.5 * math.log(math.pi) + GAMMAS)
case("igamma", w.from_numpy(P), P[::-1].copy(), expected=s.gammainc(P, P[::-1]))
case("igammac", w.from_numpy(P), P[::-1].copy(), expected=s.gammaincc(P, P[::-1]))
case("erfinv", A / 4, expected=s.erfinv(A / 4))
case("xlogy", A, P, expected=A * np.log(P))
case("i0", A, expected=s.i0(A))
case("special.zeta", 2.5, P, expected=s.zeta(2.5, P))
case("special.xlog1py", A, P, expected=A * np.log1p(P))
case("special.entr", P, expected=-P * np.log(P))
case("special.erfcx", A, expected=s.erfcx(A))
case("special.ndtr", A, expected=s.ndtr(A))
case("special.ndtri", U, expected=s.ndtri(U))
case("special.log_ndtr", 5 * A, expected=s.log_ndtr(5 * A))
case("special.airy_ai", 3 * A, expected=s.airy(3 * A)[0])
case("special.i0e", A, expected=s.i0e(A))
case("special.i1", A, expected=s.i1(A))
case("special.i1e", A, expected=s.i1e(A))
case("special.modified_bessel_i0", A, expected=s.i0(A))
case("special.modified_bessel_i1", A, expected=s.i1(A))
case("special.modified_bessel_k0", P, expected=s.k0(P))
case("special.modified_bessel_k1", P, expected=s.k1(P))
case("special.scaled_modified_bessel_k0", P, expected=s.k0e(P))
case("special.scaled_modified_bessel_k1", P, expected=s.k1e(P))
case("special.bessel_j0", 3 * A, expected=s.j0(3 * A))
case("special.bessel_j1", 3 * A, expected=s.j1(3 * A))
case("special.bessel_y0", 3 * P, expected=s.y0(3 * P))
case("special.bessel_y1", 3 * P, expected=s.y1(3 * P))
case("special.spherical_bessel_j0", A, expected=s.spherical_jn(0, np.abs(A)))
for family, of in {
    "chebyshev_polynomial_t": s.eval_chebyt,
    "chebyshev_polynomial_u": s.eval_chebyu,
    "hermite_polynomial_h": s.eval_hermite,
    "hermite_polynomial_he": s.eval_hermitenorm,
    "laguerre_polynomial_l": s.eval_laguerre,
    "legendre_polynomial_p": s.eval_legendre,
    "shifted_chebyshev_polynomial_t": lambda n, x: s.eval_chebyt(n, 2 * x - 1),
    "shifted_chebyshev_polynomial_u": lambda n, x: s.eval_chebyu(n, 2 * x - 1),
    "chebyshev_polynomial_v": lambda n, x: s.eval_chebyu(n, x) - s.eval_chebyu(n - 1, x),
    "chebyshev_polynomial_w": lambda n, x: s.eval_chebyu(n, x) + s.eval_chebyu(n - 1, x),
    "shifted_chebyshev_polynomial_v": lambda n, x: (
        s.eval_chebyu(n, 2 * x - 1) - s.eval_chebyu(n - 1, 2 * x - 1)
    ),
    "shifted_chebyshev_polynomial_w": lambda n, x: (
        s.eval_chebyu(n, 2 * x - 1) + s.eval_chebyu(n - 1, 2 * x - 1)
    ),
}.items():
    whole = DEGREES.astype(np.int64)
    case(
        f"special.{family}",
        A,
        whole,
        expected=[[of(int(n), x) if n >= 0 else 0.0 for n, x in zip(*r, strict=True)]
                  for r in zip(whole, A, strict=True)],
    )  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_batch(call: Call) -> None:
    check_batch(call)


# ---- names, numbers and out ---------------------------------------------------------------------


def test_keyword_names() -> None:
    x, y = w.tensor([2.0, 3.0]), w.tensor([1.0, 2.0])
    assert w.mul(input=x, other=y).tolist() == [2.0, 6.0]
    assert w.pow(x, exponent=2, out=y).tolist() == y.tolist() == [4.0, 9.0]
    assert x.atan2(other=y).shape == (2,)
    assert w.exp(input=w.zeros(1)).tolist() == [1.0]
    assert w.sin(w.zeros(1), out=w.empty(0)).tolist() == [0.0]


@pytest.mark.parametrize(
    ("name", "operands"),
    [("maximum", (1.0,)), ("hypot", (1.0,)), ("ldexp", (2,)), ("logaddexp", (1.0,)), ("gcd", (2,))],
)
def test_numbers_are_refused_where_pytorch_refuses_them(name: str, operands: Any) -> None:
    with pytest.raises(TypeError, match=f"{name}: expected tensors"):
        getattr(w, name)(w.ones(2), *operands)


def test_functions_of_no_tensor_are_refused() -> None:
    for call in (lambda: w.sin(1.0), lambda: w.pow(2, 3), lambda: w.xlogy(1.0, 2.0)):
        with pytest.raises(TypeError, match="expected tensors"):
            call()
    with pytest.raises(TypeError, match="called on int"):
        w.Tensor.__radd__(2, w.ones(2))  # type: ignore[arg-type]


def test_out_of_an_exact_dtype() -> None:
    with pytest.raises(DtypeError, match="has dtype float64"):
        w.float_power(w.ones(2), 2, out=w.empty(2))
    with pytest.raises(DtypeError, match="has dtype complex64"):
        w.complex(w.ones(2), w.ones(2), out=w.empty(2, dtype="complex128"))


def test_alpha_must_fit_the_dtype() -> None:
    whole = w.ones(2, dtype="int64")
    for alpha in (0.5, 1j, True):
        with pytest.raises(DtypeError, match="add: alpha"):
            w.add(whole, whole, alpha=alpha)
    flags = w.tensor([True, False])
    assert w.add(flags, flags, alpha=True).tolist() == [True, False]
    assert w.sub(w.ones(2), flags, alpha=3).tolist() == [-2.0, 1.0]


# ---- integers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["remainder", "fmod", "floor_divide"])
@pytest.mark.parametrize("zero", [0, w.tensor([2, 0])])
def test_an_integer_over_zero_raises(name: str, zero: Any) -> None:
    with pytest.raises(ZeroDivisionError, match=f"{name}: an integer is divided by zero"):
        getattr(w, name)(w.tensor([1, 2]), zero)


def test_a_float_over_zero_does_not() -> None:
    assert w.floor_divide(w.tensor([1.0, -1.0]), 0).tolist() == [INF, -INF]


def test_numbers_wrap_to_the_integer_dtype() -> None:
    small = w.tensor([1], dtype="uint8")
    assert (small + 300).tolist() == [45]
    assert (small + 300).dtype == "uint8"
    assert (small - 2).tolist() == [255]
    assert (w.tensor([1], dtype="int8") + 300).tolist() == [45]
    assert (small < 300).tolist() == [True]
    with pytest.raises(OverflowError, match="does not fit into 64 bits"):
        w.tensor([1]) + 2**70


def test_integer_powers() -> None:
    assert (2 ** w.tensor([-1, 2])).tolist() == [0, 4]
    base, power = w.tensor([2, 1, -1, -1, -2]), w.tensor([-1, -2, -3, -2, -2])
    assert (base**power).tolist() == [0, 1, -1, 1, 0]
    with pytest.raises(DtypeError, match="negative power"):
        w.tensor([2]) ** -1


def test_bools_are_numbers_in_powers_only() -> None:
    flags = w.tensor([True, False])
    assert flags.square().dtype == "int64"
    assert flags.pow(2).tolist() == [1, 0]
    for function in (w.neg, w.abs, w.positive):
        with pytest.raises(DtypeError):
            function(flags)


# ---- bfloat16 -----------------------------------------------------------------------------------


def test_bfloat16_with_numbers_stays_bfloat16() -> None:
    x = w.tensor([1.5, 2.5], requires_grad=True).bfloat16()
    for result in (x * 2, 2 - x, x / 3, x**2, x + 0.1, w.where(x > 2, x, 0.0), w.clamp(x, 0, 2)):
        assert result.dtype.name == "bfloat16"
    assert (x * 2).tolist() == [3.0, 5.0]
    # The number is not rounded to bfloat16 first: 3 * 0.3 would then be 0.90234375.
    assert (w.tensor([3.0]).bfloat16() * 0.3).tolist() == [0.8984375]
    assert (x > 2).tolist() == [False, True]
    leaf = w.tensor([1.5], dtype="bfloat16", requires_grad=True)
    (leaf * 2).sum().backward()
    assert leaf.grad.dtype.name == "bfloat16" and leaf.grad.tolist() == [2.0]


def test_derivatives_through_bfloat16() -> None:
    x = w.tensor([1.5, -2.0], requires_grad=True)
    (x.to(w.bfloat16) ** 2).sum().backward()
    assert x.grad.dtype == "float32" and x.grad.tolist() == [3.0, -4.0]

    def squares(x: Any) -> Any:
        return (x.bfloat16() ** 2).sum()

    point = x.detach()
    value, slope = w.func.jvp(squares, (point,), (w.ones(2),))
    assert (value.item(), slope.item(), slope.dtype.name) == (6.25, -1.0, "bfloat16")
    assert w.func.hessian(squares)(point).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert w.vmap(w.func.grad(squares))(point.reshape(2, 1)).tolist() == [[3.0], [-4.0]]
    assert w.jit(w.func.grad(squares))(point).tolist() == [3.0, -4.0]


# ---- limits -------------------------------------------------------------------------------------


def _slopes(function: Any, *operands: float) -> list[float]:
    tensors = [w.tensor(x, dtype="float64") for x in operands]
    found = w.func.grad(function, argnums=tuple(range(len(tensors))))(*tensors)
    return [g.item() for g in found]


def test_a_nan_bound_makes_nan() -> None:
    x = w.tensor([1.0, 5.0])
    assert x.clamp(NAN, 2.0).isnan().all()
    assert x.clamp(0.0, NAN).isnan().all()
    assert x.clamp(w.tensor([NAN, 0.0]), w.tensor([2.0, NAN])).isnan().all()
    assert w.tensor([NAN, 1.0]).clamp(0, 2).isnan().tolist() == [True, False]


def test_clamp_gives_the_cotangent_to_the_bound_that_acts() -> None:
    assert _slopes(w.clamp, 1.0, 0.0, 2.0) == [1.0, 0.0, 0.0]
    assert _slopes(w.clamp, -1.0, 0.0, 2.0) == [0.0, 1.0, 0.0]
    assert _slopes(w.clamp, 3.0, 0.0, 2.0) == [0.0, 0.0, 1.0]
    assert w.clamp(w.tensor([0.0, 1.5, 9.0]), 2.0, 1.0).tolist() == [1.0, 1.0, 1.0]
    assert _slopes(w.clamp, 0.0, 2.0, 1.0) == [0.0, 0.0, 1.0]


@pytest.mark.parametrize("function", [w.logaddexp, w.logaddexp2])
def test_logaddexp_of_a_float_and_integers_has_the_dtype_of_both_together(function: Any) -> None:
    whole = w.tensor([1, 2, 3])
    for dtype in (w.float16, w.float64):
        for pair in ((w.tensor(0.5, dtype=dtype), whole), (whole, w.ones(3, dtype=dtype))):
            found = function(*pair)
            assert found.dtype == dtype
            expected = getattr(np, function.__name__)(*(x.numpy().astype("float64") for x in pair))
            np.testing.assert_allclose(found.numpy(), expected, 4 * w.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("x", "n", "dtype"),
    [
        (2.0**-149, 276, "float32"),
        (5e-324, 2097, "float64"),
        (2.0**-24, 39, "float16"),
        (0.0, 5000, "float32"),
        (1.5, -149, "float32"),
        (3.0, 5000, "float64"),
        (3.0, -5000, "float64"),
    ],
)
def test_ldexp_is_in_range_wherever_the_product_is(x: float, n: int, dtype: str) -> None:
    found = w.ldexp(w.tensor([x], dtype=dtype), w.tensor([n]))
    with np.errstate(over="ignore", under="ignore"):
        expected = np.ldexp(np.array([x], dtype), n)
    assert found.dtype == np.dtype(dtype)
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("real", [0.0, -0.0, 1.0, INF, -INF])
@pytest.mark.parametrize("imag", [0.0, -0.0, 1.0, INF, -INF])
def test_a_complex_number_has_exactly_the_parts_it_was_given(real: float, imag: float) -> None:
    parts = w.tensor(real), w.tensor(imag)
    for z in (
        w.complex(*parts),
        w.jit(w.complex)(*parts),
        w.vmap(w.complex)(*map(w.atleast_1d, parts))[0],
    ):
        assert str((z.real.item(), z.imag.item())) == str((real, imag))
        assert z.angle().item() == pytest.approx(math.atan2(imag, real))


def test_an_infinite_cotangent_of_the_imaginary_part_leaves_the_real_one_alone() -> None:
    z = w.tensor([1 + 1j], requires_grad=True)
    (z.imag * INF).sum().backward()
    assert (z.grad.real.item(), z.grad.imag.item()) == (0.0, INF)


def test_logaddexp_of_infinities() -> None:
    x = w.tensor([INF, -INF, INF, NAN, 1.0])
    y = w.tensor([INF, -INF, -INF, 1.0, NAN])
    assert str(w.logaddexp(x, y).tolist()) == "[inf, -inf, inf, nan, nan]"


def test_mixed_second_derivatives_at_0_of_xlogy() -> None:
    def mixed(x: Any, y: Any) -> Any:
        return w.func.grad(lambda y: w.func.grad(w.xlogy)(x, y))(y)

    assert mixed(w.tensor(0.0), w.tensor(4.0)).item() == 0.25


def test_derivatives_of_sinc_and_bessel_functions_at_0_to_any_order() -> None:
    def nth(function: Any, n: int) -> float:
        for _ in range(n):
            function = w.func.grad(function)
        return function(w.tensor(0.0, dtype="float64")).item()

    sinc = [nth(w.sinc, n) for n in range(5)]
    assert sinc == pytest.approx([1, 0, -(math.pi**2) / 3, 0, math.pi**4 / 5], abs=1e-12)
    assert [nth(w.special.i1, n) for n in range(4)] == pytest.approx([0, 0.5, 0, 0.375])
    assert [nth(w.i0, n) for n in range(5)] == pytest.approx([1, 0, 0.5, 0, 0.375])


def test_the_first_operand_of_igamma_and_zeta_has_no_derivative() -> None:
    a = w.tensor([1.5], requires_grad=True)
    for function in (w.igamma, w.igammac, w.special.zeta):
        with pytest.raises(w.errors.NotDifferentiableError, match="no derivative by the first"):
            function(a, w.ones(1))
        assert not function(a.detach(), w.ones(1)).requires_grad
        with pytest.raises(w.errors.NotDifferentiableError):
            w.func.jvp(lambda a, f=function: f(a, w.ones(1)), (w.ones(1),), (w.ones(1),))


def test_isclose_asks_for_one_dtype() -> None:
    with pytest.raises(DtypeError, match="isclose: the dtypes"):
        w.isclose(w.ones(1), w.ones(1, dtype="int64"))
    with pytest.raises(ValueError, match="must not be negative"):
        w.isclose(w.ones(1), w.ones(1), rtol=-1)
    assert w.isclose(w.tensor([NAN, INF]), w.tensor([NAN, INF]), equal_nan=True).all()
    assert w.allclose(w.tensor([1]), w.tensor([1])) and w.equal(w.ones(2), w.ones(2))
    assert not w.equal(w.ones(2), w.ones(3))


# ---- where it differs from PyTorch --------------------------------------------------------------


def test_sign_of_nan() -> None:
    assert w.tensor([NAN]).sign().isnan().all() and w.tensor([NAN]).sgn().isnan().all()


def test_a_limit_at_infinity_is_the_value_there() -> None:
    assert w.nn.functional.hardswish(w.tensor([-INF, INF])).tolist() == [0, INF]
    assert w.sinc(w.tensor([-INF, INF])).tolist() == [0, 0]
    assert w.nn.functional.gelu(w.tensor([INF] * 9)).tolist() == [INF] * 9
    first, second = w.log_softmax(w.tensor([1.0, INF]), 0).tolist()
    assert first == -INF and math.isnan(second)


def test_gradients_at_nan_and_outside_the_domain() -> None:
    F = w.nn.functional
    for function, slope in ((F.hardtanh, 0), (F.relu6, 0), (F.hardshrink, 1), (F.softshrink, 1)):
        x = w.full((9,), NAN, requires_grad=True)
        function(x).sum().backward()
        assert x.grad.tolist() == [slope] * 9
    assert w.func.grad(F.hardswish)(w.tensor(NAN)).item() == 1
    assert w.func.grad(w.logit)(w.tensor(2.0)).item() == -0.5
    assert math.isnan(w.func.grad(w.abs)(w.tensor(NAN)).item())
    assert math.isnan(w.func.grad(F.l1_loss)(w.tensor(NAN), w.tensor(0.0)).item())
    for order in (1, math.inf, -math.inf):
        norm = functools.partial(w.linalg.vector_norm, ord=order)
        assert math.isnan(w.func.grad(norm)(w.tensor([NAN])).item())


@pytest.mark.parametrize(
    ("function", "operands", "cotangent"),
    [
        (w.pow, (0.0, 0.0), INF),
        (w.sinc, (0.0,), INF),
        (w.nn.functional.gelu, (0.0,), INF),
        (w.nn.functional.hardswish, (0.0,), INF),
        (lambda x: w.lerp(x, w.ones(()), w.zeros(())), (2.0,), INF),
        (w.xlogy, (1.0, 0.0), 0.0),
        (w.special.xlog1py, (1.0, -1.0), 0.0),
        (lambda x: w.std(w.stack([x, x + 1])), (1.0,), INF),
    ],
)
def test_zero_times_infinity_is_nan(
    function: Callable[..., Any], operands: tuple[float, ...], cotangent: float
) -> None:
    inputs = [w.tensor(one, requires_grad=True) for one in operands]
    slopes = w.autograd.grad(function(*inputs), inputs, w.tensor(cotangent))
    assert all(math.isnan(slope.item()) for slope in slopes)


def test_the_second_derivative_of_logcumsumexp_with_cotangents_of_both_signs() -> None:
    cotangent = w.tensor([1.5, -2.0], dtype=w.float64)
    found = w.func.hessian(lambda x: cotangent @ w.logcumsumexp(x, 0))(w.zeros(2, dtype=w.float64))
    # log(exp(x) + exp(y)) curves by p (1 - p) at p = 1/2.
    assert found.tolist() == pytest.approx(np.array([[-0.5, 0.5], [0.5, -0.5]]))


@pytest.mark.parametrize(
    ("function", "point"),
    [
        (lambda p: w.nn.functional.mish(p[0]), (738.0, 0.0)),
        (lambda p: w.atan2(p[0], p[1]), (0.0, 0.0)),
        (lambda p: w.logaddexp(p[0], p[1]), (-279.0, -127925.0)),
        (lambda p: w.logaddexp2(p[0], p[1]), (2000.0, 0.0)),
        (lambda p: (p * p.std(correction=0)).sum(), (1.0, 1.0)),
    ],
)
def test_second_derivatives_that_are_zero(function: Any, point: tuple[float, float]) -> None:
    hessian = w.func.hessian(function)(w.tensor(point, dtype="float64"))
    assert hessian.tolist() == [[0, 0], [0, 0]]


def test_the_second_derivative_of_logcumsumexp_at_a_cotangent_of_zero() -> None:
    # log(exp(x)) is x, so x times it is x^2.
    square = w.func.hessian(lambda x: x @ w.logcumsumexp(x, 0))
    assert square(w.zeros(1, dtype="float64")).tolist() == [[2.0]]


def test_the_zero_of_remainder_has_the_sign_of_the_divisor() -> None:
    found = w.remainder(w.tensor([-0.0, 0.0, 6.0]), w.tensor([3.0, -3.0, -3.0]))
    assert w.signbit(found).tolist() == [False, True, True]


def test_integers_over_zero_raise_when_compiled() -> None:
    quotient = w.jit(lambda x, y: x // y)
    assert quotient(w.tensor([4, 5]), w.tensor([2, 2])).tolist() == [2, 2]
    with pytest.raises(ZeroDivisionError, match="divided by zero"):
        quotient(w.tensor([4, 5]), w.tensor([2, 0]))


def test_special_functions_that_pytorch_does_not_differentiate() -> None:
    x = w.tensor(1.5, dtype="float64")
    slope = w.func.grad(w.special.bessel_j0)(x)
    assert slope.item() == pytest.approx(-s.j1(1.5), rel=1e-14)
    assert w.func.grad(w.special.airy_ai)(x).item() == pytest.approx(s.airy(1.5)[1], rel=1e-13)
    degree = w.tensor(3)
    slope = w.func.grad(lambda x: w.special.legendre_polynomial_p(x, degree))(x)
    assert slope.item() == pytest.approx(7.5 * 1.5**2 - 1.5)


@pytest.mark.parametrize(
    ("x", "y", "mixed"),
    [
        (2.0, 0.0, 0.5),
        (2.0, 3.0, 4 * (1 + 3 * math.log(2))),
        (0.0, 2.0, 0.0),
        (0.0, 0.0, math.inf),
    ],
)
def test_the_mixed_derivative_of_powers(x: float, y: float, mixed: float) -> None:
    """x^(y - 1) (1 + y log x), whichever of the two comes first."""
    base = w.tensor(x, dtype=w.float64, requires_grad=True)
    power = w.tensor(y, dtype=w.float64, requires_grad=True)
    by_base, by_power = w.autograd.grad(base**power, [base, power], create_graph=True)
    assert w.autograd.grad(by_base, power, retain_graph=True)[0].item() == pytest.approx(mixed)
    assert w.autograd.grad(by_power, base)[0].item() == pytest.approx(mixed)


def test_the_second_derivative_at_a_pole_is_infinite() -> None:
    found = w.func.hessian(lambda x: w.nn.functional.elu(w.reciprocal(x)))(w.tensor(0.0))
    assert found.item() == INF


def test_the_second_derivative_of_normalize_at_0() -> None:
    # Below its eps it is x / eps.
    found = w.func.hessian(lambda x: w.nn.functional.normalize(x, dim=0).sum())(w.zeros(2))
    assert found.tolist() == [[0, 0], [0, 0]]


def test_the_second_derivative_of_sinc_at_0() -> None:
    found = w.func.hessian(w.sinc)(w.zeros((), dtype=w.float64)).item()
    assert found == pytest.approx(-(math.pi**2) / 3)


def test_lerp_takes_a_0d_weight_of_any_dtype() -> None:
    weight = w.tensor(0.25, dtype=w.float32, requires_grad=True)
    found = w.lerp(w.zeros(2, dtype=w.float64), w.ones(2, dtype=w.float64), weight)
    assert found.dtype == w.float64
    assert w.autograd.grad(found.sum(), weight)[0].item() == 2
    with pytest.raises(DtypeError, match="lerp"):
        w.lerp(w.zeros(2, dtype=w.float64), w.ones(2, dtype=w.float64), w.ones(1))


def test_rsqrt_at_negative_zero_is_infinite_as_its_derivative() -> None:
    x = w.tensor([-0.0, 0.0], requires_grad=True)
    found = w.rsqrt(x)
    found.sum().backward()
    assert found.tolist() == [-math.inf, math.inf]
    assert x.grad.tolist() == [math.inf, -math.inf]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_power_one_half_does_not_depend_on_what_holds_the_exponent(dtype: str) -> None:
    x = w.tensor([[-0.0, 0.0, -INF, INF, 2.0, -1.0]], dtype=dtype)
    known = [[0.0, 0.0, INF, INF, math.sqrt(2), NAN]]
    exponents = [w.tensor(0.5, dtype=dtype), w.tensor([[0.5]], dtype=dtype), w.full_like(x, 0.5)]
    powers = [x**0.5, w.jit(lambda x: x**0.5)(x), w.vmap(lambda x: x**0.5)(x)]
    powers += [w.jit(lambda x, n: x**n)(x, 0.5), w.jit(lambda x: x ** exponents[0])(x)]
    for exponent in exponents:
        powers += [x**exponent, w.jit(lambda x, n: x**n)(x, exponent)]
    for power in powers:
        np.testing.assert_allclose(power.numpy(), known, rtol=1e-6)
        assert not np.signbit(power.numpy()[0, :2]).any()
    slope = w.vmap(w.grad(lambda x: x**0.5))(x[0])
    np.testing.assert_allclose(slope.numpy(), [INF, INF, 0, 0, 0.5 / math.sqrt(2), NAN], rtol=1e-6)
