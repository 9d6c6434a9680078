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
import sys
from typing import TYPE_CHECKING, Any

import numpy as _numpy

from . import _primitives as _primitives
from ._base.device import Device as device
from ._base.device import get_default_device, set_default_device
from ._base.dtypes import bfloat16 as _bfloat16
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
    uint16,
    uint32,
    uint64,
)
from ._functions import top_level as _top_level
from ._functions.top_level import *
from ._record.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from ._record.random_state import Generator, default_generator
from ._tensor import method_functions as _method_functions
from ._tensor.exchange_methods import package
from ._tensor.method_functions import *
from ._tensor.repr import set_printoptions
from ._tensor.tensor import Tensor
from ._transforms.batching import vmap
from ._transforms.control_flow import cond, scan
from ._transforms.gradients import grad, jvp, value_and_grad, vjp
from ._transforms.jacobians import hessian, jacfwd, jacrev

if TYPE_CHECKING:
    from . import (
        autograd,
        cuda,
        errors,
        explain,
        fft,
        func,
        linalg,
        masked,
        nn,
        optim,
        return_types,
        scalar,
        signal,
        special,
        tensorflow,
        testing,
        utils,
    )
    from ._jit.api import jit
    from ._nn.files import load, save
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
pi = 3.141592653589793
e = 2.718281828459045
inf = math.inf
nan = math.nan
newaxis = None
dtype = _numpy.dtype
Size = tuple

_LAZY_MODULES = (
    "array_api",
    "autograd",
    "cuda",
    "errors",
    "explain",
    "fft",
    "func",
    "linalg",
    "masked",
    "nn",
    "optim",
    "return_types",
    "scalar",
    "signal",
    "special",
    "tensorflow",
    "testing",
    "utils",
)
_LAZY_NAMES = {
    "Scalar": ("wengert.scalar", "Scalar"),
    "jit": ("wengert._jit.api", "jit"),
    "load": ("wengert._nn.files", "load"),
    "save": ("wengert._nn.files", "save"),
}

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "bfloat16":
        return _bfloat16()
    if name in _LAZY_MODULES:
        return importlib.import_module(f"wengert.{name}")
    if name in _LAZY_NAMES:
        module, attribute = _LAZY_NAMES[name]
        found = getattr(importlib.import_module(module), attribute)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'wengert' has no attribute {name!r}")


package.append(sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "DoubleTensor",
    "FloatTensor",
    "Generator",
    "LongTensor",
    "Scalar",
    "Size",
    "Tensor",
    "autograd",
    "bool",
    "bool_",
    "cdouble",
    "cfloat",
    "complex128",
    "complex64",
    "cond",
    "cuda",
    "default_generator",
    "device",
    "double",
    "dtype",
    "e",
    "enable_grad",
    "errors",
    "explain",
    "fft",
    "float",
    "float16",
    "float32",
    "float64",
    "func",
    "get_default_device",
    "get_default_dtype",
    "grad",
    "half",
    "hessian",
    "inf",
    "inference_mode",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "jacfwd",
    "jacrev",
    "jit",
    "jvp",
    "linalg",
    "load",
    "long",
    "masked",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "optim",
    "pi",
    "return_types",
    "save",
    "scalar",
    "scan",
    "set_default_device",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
    "short",
    "signal",
    "special",
    "tensorflow",
    "testing",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "utils",
    "value_and_grad",
    "vjp",
    "vmap",
]
__all__ += _top_level.__all__
__all__ += _method_functions.__all__
