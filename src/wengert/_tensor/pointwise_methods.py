"""Tensor methods: functions of each element.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from .._functions import activations, pointwise
from .._graph.value import Handle
from .._primitives import elementwise as e
from .._primitives import transcendental as tr
from .inplace import inplace


class PointwiseMethods(Handle):
    """Methods of a tensor: functions of each element."""

    abs = pointwise.abs
    abs_ = inplace(pointwise.abs, "abs_")
    absolute = pointwise.abs
    acos = tr.acos
    acos_ = inplace(tr.acos, "acos_")
    acosh = tr.acosh
    add = pointwise.add
    add_ = inplace(pointwise.add, "add_")
    angle = pointwise.angle
    arccos = tr.acos
    arcsin = tr.asin
    arctan = tr.atan
    asin = tr.asin
    asin_ = inplace(tr.asin, "asin_")
    asinh = tr.asinh
    atan = tr.atan
    atan_ = inplace(tr.atan, "atan_")
    atan2 = tr.atan2
    atanh = tr.atanh
    bitwise_and = e.bitwise_and
    bitwise_and_ = inplace(e.bitwise_and, "bitwise_and_")
    bitwise_not = e.bitwise_not
    bitwise_or = e.bitwise_or
    bitwise_or_ = inplace(e.bitwise_or, "bitwise_or_")
    bitwise_xor = e.bitwise_xor
    bitwise_xor_ = inplace(e.bitwise_xor, "bitwise_xor_")
    ceil = e.ceil
    ceil_ = inplace(e.ceil, "ceil_")
    clamp = pointwise.clamp
    clamp_ = inplace(pointwise.clamp, "clamp_")
    clip = pointwise.clamp
    conj = pointwise.conj
    cos = tr.cos
    cos_ = inplace(tr.cos, "cos_")
    cosh = tr.cosh
    cosh_ = inplace(tr.cosh, "cosh_")
    div = pointwise.div
    div_ = inplace(pointwise.div, "div_")
    divide = pointwise.div
    eq = e.eq
    erf = tr.erf
    erf_ = inplace(tr.erf, "erf_")
    erfc = tr.erfc
    erfc_ = inplace(tr.erfc, "erfc_")
    exp = tr.exp
    exp_ = inplace(tr.exp, "exp_")
    exp2 = pointwise.exp2
    expm1 = tr.expm1
    expm1_ = inplace(tr.expm1, "expm1_")
    floor = e.floor
    floor_ = inplace(e.floor, "floor_")
    floor_divide = e.floor_divide
    floor_divide_ = inplace(e.floor_divide, "floor_divide_")
    fmod = e.fmod
    fmod_ = inplace(e.fmod, "fmod_")
    ge = e.ge
    gt = e.gt
    isfinite = e.isfinite
    isinf = pointwise.isinf
    isnan = e.isnan
    le = e.le
    log = tr.log
    log_ = inplace(tr.log, "log_")
    log10 = pointwise.log10
    log1p = tr.log1p
    log1p_ = inplace(tr.log1p, "log1p_")
    log2 = pointwise.log2
    log_softmax = activations.log_softmax
    logical_and = pointwise.logical_and
    logical_not = pointwise.logical_not
    logical_or = pointwise.logical_or
    logical_xor = pointwise.logical_xor
    lt = e.lt
    maximum = e.maximum
    minimum = e.minimum
    mul = e.mul
    mul_ = inplace(e.mul, "mul_")
    multiply = e.mul
    ne = e.ne
    neg = e.neg
    neg_ = inplace(e.neg, "neg_")
    negative = e.neg
    pow = e.pow
    pow_ = inplace(e.pow, "pow_")
    reciprocal = e.reciprocal
    reciprocal_ = inplace(e.reciprocal, "reciprocal_")
    relu = e.relu
    relu_ = inplace(e.relu, "relu_")
    remainder = e.remainder
    remainder_ = inplace(e.remainder, "remainder_")
    round = e.round
    round_ = inplace(e.round, "round_")
    rsqrt = tr.rsqrt
    rsqrt_ = inplace(tr.rsqrt, "rsqrt_")
    sigmoid = tr.sigmoid
    sigmoid_ = inplace(tr.sigmoid, "sigmoid_")
    sign = e.sign
    sign_ = inplace(e.sign, "sign_")
    sin = tr.sin
    sin_ = inplace(tr.sin, "sin_")
    sinh = tr.sinh
    sinh_ = inplace(tr.sinh, "sinh_")
    softmax = activations.softmax
    sqrt = tr.sqrt
    sqrt_ = inplace(tr.sqrt, "sqrt_")
    square = pointwise.square
    square_ = inplace(pointwise.square, "square_")
    sub = pointwise.sub
    sub_ = inplace(pointwise.sub, "sub_")
    subtract = pointwise.sub
    tan = tr.tan
    tan_ = inplace(tr.tan, "tan_")
    tanh = tr.tanh
    tanh_ = inplace(tr.tanh, "tanh_")
    true_divide = pointwise.div
    trunc = e.trunc
    trunc_ = inplace(e.trunc, "trunc_")


__all__ = ["PointwiseMethods"]
