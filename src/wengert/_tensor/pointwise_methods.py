"""Tensor methods: functions of each element.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from typing import Any

from .._functions.elementwise import (
    arithmetic,
    comparison,
    complex_numbers,
    logic,
    rounding,
    special,
    transcendental,
)
from .._functions.networks import activations, rectifiers
from .._graph.value import Handle
from .._primitives import elementwise as e
from .._primitives import logarithmic as lg
from .._primitives import transcendental as tr
from .inplace import inplace


def _polygamma(self: Any, n: int) -> Any:
    """The n-th derivative of digamma."""
    return special.polygamma(n, self)


class PointwiseMethods(Handle):
    """Methods of a tensor: functions of each element."""

    abs = arithmetic.abs
    abs_ = inplace(arithmetic.abs, "abs_")
    absolute = arithmetic.abs
    absolute_ = inplace(arithmetic.abs, "absolute_")
    acos = tr.acos
    acos_ = inplace(tr.acos, "acos_")
    acosh = tr.acosh
    acosh_ = inplace(tr.acosh, "acosh_")
    add = arithmetic.add
    add_ = inplace(arithmetic.add, "add_")
    addcdiv = arithmetic.addcdiv
    addcdiv_ = inplace(arithmetic.addcdiv, "addcdiv_")
    addcmul = arithmetic.addcmul
    addcmul_ = inplace(arithmetic.addcmul, "addcmul_")
    allclose = comparison.allclose
    angle = complex_numbers.angle
    arccos = tr.acos
    arccos_ = inplace(tr.acos, "arccos_")
    arccosh = tr.acosh
    arccosh_ = inplace(tr.acosh, "arccosh_")
    arcsin = tr.asin
    arcsin_ = inplace(tr.asin, "arcsin_")
    arcsinh = tr.asinh
    arcsinh_ = inplace(tr.asinh, "arcsinh_")
    arctan = tr.atan
    arctan2 = transcendental.atan2
    arctan2_ = inplace(transcendental.atan2, "arctan2_")
    arctan_ = inplace(tr.atan, "arctan_")
    arctanh = tr.atanh
    arctanh_ = inplace(tr.atanh, "arctanh_")
    asin = tr.asin
    asin_ = inplace(tr.asin, "asin_")
    asinh = tr.asinh
    asinh_ = inplace(tr.asinh, "asinh_")
    atan = tr.atan
    atan2 = transcendental.atan2
    atan2_ = inplace(transcendental.atan2, "atan2_")
    atan_ = inplace(tr.atan, "atan_")
    atanh = tr.atanh
    atanh_ = inplace(tr.atanh, "atanh_")
    bitwise_and = logic.bitwise_and
    bitwise_and_ = inplace(logic.bitwise_and, "bitwise_and_")
    bitwise_left_shift = logic.bitwise_left_shift
    bitwise_left_shift_ = inplace(logic.bitwise_left_shift, "bitwise_left_shift_")
    bitwise_not = e.bitwise_not
    bitwise_not_ = inplace(e.bitwise_not, "bitwise_not_")
    bitwise_or = logic.bitwise_or
    bitwise_or_ = inplace(logic.bitwise_or, "bitwise_or_")
    bitwise_right_shift = logic.bitwise_right_shift
    bitwise_right_shift_ = inplace(logic.bitwise_right_shift, "bitwise_right_shift_")
    bitwise_xor = logic.bitwise_xor
    bitwise_xor_ = inplace(logic.bitwise_xor, "bitwise_xor_")
    ceil = e.ceil
    ceil_ = inplace(e.ceil, "ceil_")
    clamp = comparison.clamp
    clamp_ = inplace(comparison.clamp, "clamp_")
    clamp_max = comparison.clamp_max
    clamp_max_ = inplace(comparison.clamp_max, "clamp_max_")
    clamp_min = comparison.clamp_min
    clamp_min_ = inplace(comparison.clamp_min, "clamp_min_")
    clip = comparison.clamp
    clip_ = inplace(comparison.clamp, "clip_")
    conj = complex_numbers.conj
    conj_physical = complex_numbers.conj_physical
    conj_physical_ = inplace(complex_numbers.conj_physical, "conj_physical_")
    copysign = arithmetic.copysign
    copysign_ = inplace(arithmetic.copysign, "copysign_")
    cos = tr.cos
    cos_ = inplace(tr.cos, "cos_")
    cosh = tr.cosh
    cosh_ = inplace(tr.cosh, "cosh_")
    deg2rad = arithmetic.deg2rad
    deg2rad_ = inplace(arithmetic.deg2rad, "deg2rad_")
    digamma = special.digamma
    digamma_ = inplace(special.digamma, "digamma_")
    div = arithmetic.div
    div_ = inplace(arithmetic.div, "div_")
    divide = arithmetic.div
    divide_ = inplace(arithmetic.div, "divide_")
    eq = comparison.eq
    eq_ = inplace(comparison.eq, "eq_")
    equal = comparison.equal
    erf = tr.erf
    erf_ = inplace(tr.erf, "erf_")
    erfc = tr.erfc
    erfc_ = inplace(tr.erfc, "erfc_")
    erfinv = special.erfinv
    erfinv_ = inplace(special.erfinv, "erfinv_")
    exp = tr.exp
    exp2 = lg.exp2
    exp2_ = inplace(lg.exp2, "exp2_")
    exp_ = inplace(tr.exp, "exp_")
    expm1 = tr.expm1
    expm1_ = inplace(tr.expm1, "expm1_")
    fix = e.trunc
    fix_ = inplace(e.trunc, "fix_")
    float_power = arithmetic.float_power
    float_power_ = inplace(arithmetic.float_power, "float_power_")
    floor = e.floor
    floor_ = inplace(e.floor, "floor_")
    floor_divide = arithmetic.floor_divide
    floor_divide_ = inplace(arithmetic.floor_divide, "floor_divide_")
    fmax = comparison.fmax
    fmin = comparison.fmin
    fmod = arithmetic.fmod
    fmod_ = inplace(arithmetic.fmod, "fmod_")
    frac = rounding.frac
    frac_ = inplace(rounding.frac, "frac_")
    frexp = arithmetic.frexp
    gcd = arithmetic.gcd
    gcd_ = inplace(arithmetic.gcd, "gcd_")
    ge = comparison.ge
    ge_ = inplace(comparison.ge, "ge_")
    greater = comparison.gt
    greater_ = inplace(comparison.gt, "greater_")
    greater_equal = comparison.ge
    greater_equal_ = inplace(comparison.ge, "greater_equal_")
    gt = comparison.gt
    gt_ = inplace(comparison.gt, "gt_")
    hardshrink = rectifiers.hardshrink
    heaviside = comparison.heaviside
    heaviside_ = inplace(comparison.heaviside, "heaviside_")
    hypot = arithmetic.hypot
    hypot_ = inplace(arithmetic.hypot, "hypot_")
    i0 = special.i0
    i0_ = inplace(special.i0, "i0_")
    igamma = special.igamma
    igamma_ = inplace(special.igamma, "igamma_")
    igammac = special.igammac
    igammac_ = inplace(special.igammac, "igammac_")
    isclose = comparison.isclose
    isfinite = e.isfinite
    isinf = comparison.isinf
    isnan = e.isnan
    isneginf = comparison.isneginf
    isposinf = comparison.isposinf
    isreal = comparison.isreal
    lcm = arithmetic.lcm
    lcm_ = inplace(arithmetic.lcm, "lcm_")
    ldexp = arithmetic.ldexp
    ldexp_ = inplace(arithmetic.ldexp, "ldexp_")
    le = comparison.le
    le_ = inplace(comparison.le, "le_")
    lerp = arithmetic.lerp
    lerp_ = inplace(arithmetic.lerp, "lerp_")
    less = comparison.lt
    less_ = inplace(comparison.lt, "less_")
    less_equal = comparison.le
    less_equal_ = inplace(comparison.le, "less_equal_")
    lgamma = special.lgamma
    lgamma_ = inplace(special.lgamma, "lgamma_")
    log = tr.log
    log10 = lg.log10
    log10_ = inplace(lg.log10, "log10_")
    log1p = tr.log1p
    log1p_ = inplace(tr.log1p, "log1p_")
    log2 = lg.log2
    log2_ = inplace(lg.log2, "log2_")
    log_ = inplace(tr.log, "log_")
    log_softmax = activations.log_softmax
    logaddexp = transcendental.logaddexp
    logaddexp2 = transcendental.logaddexp2
    logical_and = logic.logical_and
    logical_and_ = inplace(logic.logical_and, "logical_and_")
    logical_not = logic.logical_not
    logical_not_ = inplace(logic.logical_not, "logical_not_")
    logical_or = logic.logical_or
    logical_or_ = inplace(logic.logical_or, "logical_or_")
    logical_xor = logic.logical_xor
    logical_xor_ = inplace(logic.logical_xor, "logical_xor_")
    logit = transcendental.logit
    logit_ = inplace(transcendental.logit, "logit_")
    lt = comparison.lt
    lt_ = inplace(comparison.lt, "lt_")
    maximum = comparison.maximum
    minimum = comparison.minimum
    mul = arithmetic.mul
    mul_ = inplace(arithmetic.mul, "mul_")
    multiply = arithmetic.mul
    multiply_ = inplace(arithmetic.mul, "multiply_")
    mvlgamma = special.mvlgamma
    mvlgamma_ = inplace(special.mvlgamma, "mvlgamma_")
    nan_to_num = comparison.nan_to_num
    nan_to_num_ = inplace(comparison.nan_to_num, "nan_to_num_")
    ne = comparison.ne
    ne_ = inplace(comparison.ne, "ne_")
    neg = e.neg
    neg_ = inplace(e.neg, "neg_")
    negative = e.neg
    negative_ = inplace(e.neg, "negative_")
    nextafter = arithmetic.nextafter
    nextafter_ = inplace(arithmetic.nextafter, "nextafter_")
    not_equal = comparison.ne
    not_equal_ = inplace(comparison.ne, "not_equal_")
    polygamma = _polygamma
    polygamma_ = inplace(_polygamma, "polygamma_")
    positive = arithmetic.positive
    pow = arithmetic.pow
    pow_ = inplace(arithmetic.pow, "pow_")
    prelu = rectifiers.prelu
    rad2deg = arithmetic.rad2deg
    rad2deg_ = inplace(arithmetic.rad2deg, "rad2deg_")
    reciprocal = e.reciprocal
    reciprocal_ = inplace(e.reciprocal, "reciprocal_")
    relu = e.relu
    relu_ = inplace(e.relu, "relu_")
    remainder = arithmetic.remainder
    remainder_ = inplace(arithmetic.remainder, "remainder_")
    resolve_conj = complex_numbers.resolve_conj
    resolve_neg = complex_numbers.resolve_neg
    round = rounding.round
    round_ = inplace(rounding.round, "round_")
    rsqrt = tr.rsqrt
    rsqrt_ = inplace(tr.rsqrt, "rsqrt_")
    sgn = arithmetic.sgn
    sgn_ = inplace(arithmetic.sgn, "sgn_")
    sigmoid = tr.sigmoid
    sigmoid_ = inplace(tr.sigmoid, "sigmoid_")
    sign = e.sign
    sign_ = inplace(e.sign, "sign_")
    signbit = arithmetic.signbit
    sin = tr.sin
    sin_ = inplace(tr.sin, "sin_")
    sinc = transcendental.sinc
    sinc_ = inplace(transcendental.sinc, "sinc_")
    sinh = tr.sinh
    sinh_ = inplace(tr.sinh, "sinh_")
    softmax = activations.softmax
    sqrt = tr.sqrt
    sqrt_ = inplace(tr.sqrt, "sqrt_")
    square = arithmetic.square
    square_ = inplace(arithmetic.square, "square_")
    sub = arithmetic.sub
    sub_ = inplace(arithmetic.sub, "sub_")
    subtract = arithmetic.sub
    subtract_ = inplace(arithmetic.sub, "subtract_")
    tan = tr.tan
    tan_ = inplace(tr.tan, "tan_")
    tanh = tr.tanh
    tanh_ = inplace(tr.tanh, "tanh_")
    true_divide = arithmetic.div
    true_divide_ = inplace(arithmetic.div, "true_divide_")
    trunc = e.trunc
    trunc_ = inplace(e.trunc, "trunc_")
    xlogy = special.xlogy
    xlogy_ = inplace(special.xlogy, "xlogy_")


__all__ = ["PointwiseMethods"]
