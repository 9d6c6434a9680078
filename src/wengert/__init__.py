"""Automatic differentiation for Python: one tape for eager code, transforms and native code.

    import wengert
    x = wengert.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    x.grad                              # tensor([2., 4.])

Public names follow PyTorch. Submodules: nn, optim, func, autograd, linalg, utils.data, tensorflow,
scalar, explain.
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

from . import _primitives as _primitives
from ._base.dtypes import (
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    set_default_dtype,
    uint8,
)
from ._functions.activations import log_softmax, softmax
from ._functions.creation import (
    arange,
    as_tensor,
    clone,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from ._functions.indexing import (
    diag,
    diagonal,
    gather,
    index_add,
    index_select,
    masked_fill,
    masked_select,
    nonzero,
    scatter_add,
    take_along_dim,
    tril,
    triu,
    where,
)
from ._functions.matrix import addmm, bmm, dot, matmul, mm, mv, outer
from ._functions.pointwise import (
    abs,
    add,
    angle,
    clamp,
    conj,
    div,
    exp2,
    imag,
    isinf,
    log2,
    log10,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    real,
    square,
    sub,
)
from ._functions.random import (
    bernoulli,
    get_rng_state,
    initial_seed,
    manual_seed,
    normal,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    set_rng_state,
)
from ._functions.reduction import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    argsort,
    cumsum,
    logsumexp,
    max,
    mean,
    min,
    norm,
    sort,
    std,
    sum,
    topk,
    var,
)
from ._functions.shape import (
    broadcast_to,
    cat,
    chunk,
    flatten,
    flip,
    movedim,
    narrow,
    permute,
    ravel,
    reshape,
    split,
    squeeze,
    stack,
    t,
    transpose,
    unbind,
    unsqueeze,
)
from ._primitives.complex_numbers import complex_ as complex
from ._primitives.elementwise import (
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil,
    eq,
    floor,
    floor_divide,
    fmod,
    ge,
    gt,
    isfinite,
    isnan,
    le,
    lt,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    pow,
    reciprocal,
    relu,
    remainder,
    round,
    sign,
    trunc,
)
from ._primitives.transcendental import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    expm1,
    log,
    log1p,
    rsqrt,
    sigmoid,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from ._record.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from ._record.random_state import Generator, default_generator
from ._tensor.tensor import Device as device
from ._tensor.tensor import Tensor
from ._transforms.batching import vmap
from ._transforms.control_flow import cond, scan
from ._transforms.gradients import grad, jvp, value_and_grad, vjp
from ._transforms.jacobians import hessian, jacfwd, jacrev

if TYPE_CHECKING:
    from . import autograd, errors, explain, func, linalg, nn, optim, scalar, tensorflow, utils
    from ._jit.api import jit
    from .scalar import Scalar

bool = bool_
float = float32
double = float64
half = float16
int = int32
long = int64
short = int16
cfloat = complex64
cdouble = complex128
FloatTensor = float32
DoubleTensor = float64
LongTensor = int64
concat = cat
concatenate = cat
absolute = abs
multiply = mul
subtract = sub
divide = div
true_divide = div
negative = neg
clip = clamp
pi = 3.141592653589793
e = 2.718281828459045
inf = math.inf
nan = math.nan
newaxis = None

_LAZY_MODULES = (
    "autograd",
    "errors",
    "explain",
    "func",
    "linalg",
    "nn",
    "optim",
    "scalar",
    "tensorflow",
    "utils",
)
_LAZY_NAMES = {"Scalar": ("wengert.scalar", "Scalar"), "jit": ("wengert._jit.api", "jit")}

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _LAZY_MODULES:
        return importlib.import_module(f"wengert.{name}")
    if name in _LAZY_NAMES:
        module, attribute = _LAZY_NAMES[name]
        found = getattr(importlib.import_module(module), attribute)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'wengert' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "DoubleTensor",
    "FloatTensor",
    "Generator",
    "LongTensor",
    "Scalar",
    "Tensor",
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "addmm",
    "all",
    "amax",
    "amin",
    "angle",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "as_tensor",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "autograd",
    "bernoulli",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "bmm",
    "bool",
    "bool_",
    "broadcast_to",
    "cat",
    "cdouble",
    "ceil",
    "cfloat",
    "chunk",
    "clamp",
    "clip",
    "clone",
    "complex",
    "complex128",
    "complex64",
    "concat",
    "concatenate",
    "cond",
    "conj",
    "cos",
    "cosh",
    "cumsum",
    "default_generator",
    "device",
    "diag",
    "diagonal",
    "div",
    "divide",
    "dot",
    "double",
    "e",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "erf",
    "erfc",
    "errors",
    "exp",
    "exp2",
    "explain",
    "expm1",
    "eye",
    "flatten",
    "flip",
    "float",
    "float16",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "fmod",
    "from_numpy",
    "full",
    "full_like",
    "func",
    "gather",
    "ge",
    "get_default_dtype",
    "get_rng_state",
    "grad",
    "gt",
    "half",
    "hessian",
    "imag",
    "index_add",
    "index_select",
    "inf",
    "inference_mode",
    "initial_seed",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "isfinite",
    "isinf",
    "isnan",
    "jacfwd",
    "jacrev",
    "jit",
    "jvp",
    "le",
    "linalg",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logspace",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_select",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "movedim",
    "mul",
    "multiply",
    "mv",
    "nan",
    "narrow",
    "ne",
    "neg",
    "negative",
    "newaxis",
    "nn",
    "no_grad",
    "nonzero",
    "norm",
    "normal",
    "ones",
    "ones_like",
    "optim",
    "outer",
    "permute",
    "pi",
    "pow",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "ravel",
    "real",
    "reciprocal",
    "relu",
    "remainder",
    "reshape",
    "round",
    "rsqrt",
    "scalar",
    "scan",
    "scatter_add",
    "set_default_dtype",
    "set_grad_enabled",
    "set_rng_state",
    "short",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sub",
    "subtract",
    "sum",
    "t",
    "take_along_dim",
    "tan",
    "tanh",
    "tensor",
    "tensorflow",
    "topk",
    "transpose",
    "tril",
    "triu",
    "true_divide",
    "trunc",
    "uint8",
    "unbind",
    "unsqueeze",
    "utils",
    "value_and_grad",
    "var",
    "vjp",
    "vmap",
    "where",
    "zeros",
    "zeros_like",
]
