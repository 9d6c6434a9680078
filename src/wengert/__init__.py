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

from . import _primitives as _primitives
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
from ._functions import activations as _activations
from ._functions import adaptive_pooling as _adaptive_pooling
from ._functions import arithmetic as _arithmetic
from ._functions import bilinear as _bilinear
from ._functions import channels as _channels
from ._functions import comparison as _comparison
from ._functions import complex_numbers as _complex_numbers
from ._functions import convolution as _convolution
from ._functions import copies as _copies
from ._functions import creation as _creation
from ._functions import ctc as _ctc
from ._functions import cumulative as _cumulative
from ._functions import distances as _distances
from ._functions import distinct as _distinct
from ._functions import dropout as _dropout
from ._functions import dtype_functions as _dtype_functions
from ._functions import einsum as _einsum
from ._functions import factors as _factors
from ._functions import filling as _filling
from ._functions import histograms as _histograms
from ._functions import indexing as _indexing
from ._functions import joining as _joining
from ._functions import logic as _logic
from ._functions import losses as _losses
from ._functions import margins as _margins
from ._functions import masking as _masking
from ._functions import matrix as _matrix
from ._functions import matrix_functions as _matrix_functions
from ._functions import matrix_sums as _matrix_sums
from ._functions import normalization as _normalization
from ._functions import norms as _norms
from ._functions import older_linalg as _older_linalg
from ._functions import ordering as _ordering
from ._functions import padding as _padding
from ._functions import pooling as _pooling
from ._functions import random as _random
from ._functions import rearranging as _rearranging
from ._functions import rectifiers as _rectifiers
from ._functions import reduction as _reduction
from ._functions import rounding as _rounding
from ._functions import sampling as _sampling
from ._functions import sampling_grid as _sampling_grid
from ._functions import scattering as _scattering
from ._functions import segments as _segments
from ._functions import shape as _shape
from ._functions import short_time as _short_time
from ._functions import solving as _solving
from ._functions import spacing as _spacing
from ._functions import special as _special
from ._functions import spectra as _spectra
from ._functions import splitting as _splitting
from ._functions import statistics as _statistics
from ._functions import tables as _tables
from ._functions import transcendental as _transcendental
from ._functions import views as _views
from ._functions import window_functions as _window_functions
from ._functions import writes as _writes
from ._functions.activations import *
from ._functions.adaptive_pooling import *
from ._functions.arithmetic import *
from ._functions.bilinear import *
from ._functions.channels import *
from ._functions.comparison import *
from ._functions.complex_numbers import *
from ._functions.convolution import *
from ._functions.copies import *
from ._functions.creation import *
from ._functions.ctc import *
from ._functions.cumulative import *
from ._functions.distances import *
from ._functions.distinct import *
from ._functions.dropout import *
from ._functions.dtype_functions import *
from ._functions.einsum import *
from ._functions.factors import *
from ._functions.filling import *
from ._functions.histograms import *
from ._functions.indexing import *
from ._functions.joining import *
from ._functions.logic import *
from ._functions.losses import *
from ._functions.margins import *
from ._functions.masking import *
from ._functions.matrix import *
from ._functions.matrix_functions import *
from ._functions.matrix_sums import *
from ._functions.normalization import *
from ._functions.norms import *
from ._functions.older_linalg import *
from ._functions.ordering import *
from ._functions.padding import *
from ._functions.pooling import *
from ._functions.random import *
from ._functions.rearranging import *
from ._functions.rectifiers import *
from ._functions.reduction import *
from ._functions.rounding import *
from ._functions.sampling import *
from ._functions.sampling_grid import *
from ._functions.scattering import *
from ._functions.segments import *
from ._functions.shape import *
from ._functions.short_time import *
from ._functions.solving import *
from ._functions.spacing import *
from ._functions.special import *
from ._functions.spectra import *
from ._functions.splitting import *
from ._functions.statistics import *
from ._functions.tables import *
from ._functions.transcendental import *
from ._functions.views import *
from ._functions.window_functions import *
from ._functions.writes import *
from ._record.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from ._record.random_state import Generator, default_generator
from ._tensor.exchange_methods import package
from ._tensor.tensor import Device as device
from ._tensor.tensor import Tensor
from ._transforms.batching import vmap
from ._transforms.control_flow import cond, scan
from ._transforms.gradients import grad, jvp, value_and_grad, vjp
from ._transforms.jacobians import hessian, jacfwd, jacrev

if TYPE_CHECKING:
    from . import (
        autograd,
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

_LAZY_MODULES = (
    "array_api",
    "autograd",
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
_LAZY_NAMES = {"Scalar": ("wengert.scalar", "Scalar"), "jit": ("wengert._jit.api", "jit")}

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
    "Tensor",
    "autograd",
    "bool",
    "bool_",
    "cdouble",
    "cfloat",
    "complex128",
    "complex64",
    "cond",
    "default_generator",
    "device",
    "double",
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
    "long",
    "masked",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "optim",
    "pi",
    "return_types",
    "scalar",
    "scan",
    "set_default_dtype",
    "set_grad_enabled",
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
__all__ += _activations.__all__
__all__ += _adaptive_pooling.__all__
__all__ += _arithmetic.__all__
__all__ += _bilinear.__all__
__all__ += _channels.__all__
__all__ += _comparison.__all__
__all__ += _complex_numbers.__all__
__all__ += _convolution.__all__
__all__ += _copies.__all__
__all__ += _creation.__all__
__all__ += _ctc.__all__
__all__ += _cumulative.__all__
__all__ += _distances.__all__
__all__ += _distinct.__all__
__all__ += _dropout.__all__
__all__ += _dtype_functions.__all__
__all__ += _einsum.__all__
__all__ += _factors.__all__
__all__ += _filling.__all__
__all__ += _histograms.__all__
__all__ += _indexing.__all__
__all__ += _joining.__all__
__all__ += _logic.__all__
__all__ += _losses.__all__
__all__ += _margins.__all__
__all__ += _masking.__all__
__all__ += _matrix.__all__
__all__ += _matrix_functions.__all__
__all__ += _matrix_sums.__all__
__all__ += _normalization.__all__
__all__ += _norms.__all__
__all__ += _older_linalg.__all__
__all__ += _ordering.__all__
__all__ += _padding.__all__
__all__ += _pooling.__all__
__all__ += _random.__all__
__all__ += _rearranging.__all__
__all__ += _rectifiers.__all__
__all__ += _reduction.__all__
__all__ += _rounding.__all__
__all__ += _sampling.__all__
__all__ += _sampling_grid.__all__
__all__ += _scattering.__all__
__all__ += _segments.__all__
__all__ += _shape.__all__
__all__ += _short_time.__all__
__all__ += _solving.__all__
__all__ += _spacing.__all__
__all__ += _special.__all__
__all__ += _spectra.__all__
__all__ += _splitting.__all__
__all__ += _statistics.__all__
__all__ += _tables.__all__
__all__ += _transcendental.__all__
__all__ += _views.__all__
__all__ += _window_functions.__all__
__all__ += _writes.__all__
