"""Window functions for signal processing, after torch.signal.windows.

Each is a formula in k = 0, ..., M - 1. A symmetric window (`sym`) ends where it began; otherwise it
is the first M of M + 1 values, one period. Definitions: F. J. Harris, On the use of windows for
harmonic analysis with the discrete Fourier transform, Proceedings of the IEEE 66 (1978).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..._base.device import check_device
from ..._base.dtypes import as_dtype, get_default_dtype, is_floating
from ..._base.errors import DtypeError
from ..._primitives.bessel_functions import bessel_i_kernel
from ..._primitives.creation import constant
from ..making.creation import finish

Array = np.ndarray[Any, Any]


def _checked(M: int, dtype: Any, name: str) -> Any:
    chosen = get_default_dtype() if dtype is None else as_dtype(dtype)
    if not is_floating(chosen) or chosen.name not in ("float32", "float64"):
        raise DtypeError(f"{name}: a window is float32 or float64, not {chosen}.")
    if M < 0:
        raise ValueError(f"{name}: the length M={M} must not be negative.")
    return chosen


def _steps(M: int, sym: bool) -> int:
    """The number of steps from one end of a period to the other."""
    return max(M - 1 if sym else M, 1)


def _window(values: Array, dtype: Any, requires_grad: bool) -> Any:
    values = np.ones(1) if values.size == 1 else values
    return finish(constant(values.astype(dtype)), requires_grad)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """a[0] - a[1] cos(x) + a[2] cos(2 x) - ... over one period of x.

    >>> import wengert
    >>> wengert.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    check_device(device)
    chosen = _checked(M, dtype, "general_cosine")
    if not isinstance(a, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"general_cosine: a must be a sequence of numbers, not {type(a).__name__}.")
    weights = [float(weight) for weight in a]
    if not weights:
        raise ValueError("general_cosine: a must hold at least one number.")
    x = np.arange(M) * (2 * math.pi / _steps(M, sym))
    values = np.zeros(M)
    for k, weight in enumerate(weights):
        values = values + (-1) ** k * weight * np.cos(k * x)
    return _window(values, chosen, requires_grad)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Any:
    """alpha - (1 - alpha) cos(x) over one period of x.

    >>> import wengert
    >>> wengert.signal.windows.general_hamming(3, alpha=0.5)
    tensor([0., 1., 0.])
    """
    alpha = float(alpha)
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Any:
    """0.54 - 0.46 cos(x) over one period of x.

    >>> import wengert
    >>> wengert.signal.windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Any:
    """1/2 - cos(x) / 2 over one period of x.

    >>> import wengert
    >>> wengert.signal.windows.hann(3)
    tensor([0., 1., 0.])
    """
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(M: int, *, sym: bool = True, **options: Any) -> Any:
    """0.42 - 0.5 cos(x) + 0.08 cos(2 x) over one period of x.

    >>> import wengert
    >>> wengert.signal.windows.blackman(5)[1:4]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Any:
    """The four-term window of A. H. Nuttall with continuous first derivative.

    >>> import wengert
    >>> wengert.signal.windows.nuttall(5)[1:4]
    tensor([0.2270, 1.0000, 0.2270])
    """
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A triangle from 0 to 1 to 0.

    >>> import wengert
    >>> wengert.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    check_device(device)
    chosen = _checked(M, dtype, "bartlett")
    values = 1.0 - np.abs(2.0 / _steps(M, sym) * np.arange(M) - 1.0)
    return _window(values, chosen, requires_grad)


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """sin(pi (k + 1/2) / M): half a wave.

    >>> import wengert
    >>> wengert.signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    check_device(device)
    chosen = _checked(M, dtype, "cosine")
    values = np.sin((np.arange(M) + 0.5) * (math.pi / max(M if sym else M + 1, 1)))
    return _window(values, chosen, requires_grad)


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """exp(-abs(k - center) / tau).

    >>> import wengert
    >>> wengert.signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    check_device(device)
    chosen = _checked(M, dtype, "exponential")
    tau = float(tau)
    if tau <= 0:
        raise ValueError(f"exponential: tau={tau} must be positive.")
    if sym and center is not None:
        raise ValueError("exponential: a symmetric window has its own center. Pass sym=False.")
    middle = (M - 1 if sym or M <= 1 else M) / 2 if center is None else float(center)
    return _window(np.exp(-np.abs(np.arange(M) - middle) / tau), chosen, requires_grad)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """exp(-(k - center)**2 / (2 std**2)).

    >>> import wengert
    >>> wengert.signal.windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    check_device(device)
    chosen = _checked(M, dtype, "gaussian")
    std = float(std)
    if std <= 0:
        raise ValueError(f"gaussian: std={std} must be positive.")
    middle = (M - 1 if sym or M <= 1 else M) / 2
    return _window(np.exp(-0.5 * ((np.arange(M) - middle) / std) ** 2), chosen, requires_grad)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """I0(beta sqrt(1 - t**2)) / I0(beta), t from -1 to 1.

    >>> import wengert
    >>> wengert.signal.windows.kaiser(3, beta=0.0)
    tensor([1., 1., 1.])
    """
    check_device(device)
    chosen = _checked(M, dtype, "kaiser")
    beta = float(beta)
    if beta < 0:
        raise ValueError(f"kaiser: beta={beta} must not be negative.")
    t = np.minimum(2.0 / _steps(M, sym) * np.arange(M) - 1.0, 1.0)
    inner = beta * np.sqrt(np.maximum(1.0 - t * t, 0.0))
    scaled = bessel_i_kernel(np.append(inner, beta), 0, True)
    values = scaled[:-1] / scaled[-1] * np.exp(inner - beta)
    return _window(values, chosen, requires_grad)


def hann_window(window_length: int, periodic: bool = True, **options: Any) -> Any:
    """`signal.windows.hann` of a length; periodic unless told otherwise.

    >>> import wengert
    >>> wengert.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return hann(window_length, sym=not periodic, **options)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    **options: Any,
) -> Any:
    """alpha - beta cos(x) over one period of x.

    >>> import wengert
    >>> wengert.hamming_window(2)
    tensor([0.0800, 1.0000])
    """
    return general_cosine(window_length, a=[alpha, beta], sym=not periodic, **options)


def blackman_window(window_length: int, periodic: bool = True, **options: Any) -> Any:
    """`signal.windows.blackman` of a length; periodic unless told otherwise.

    >>> import wengert
    >>> wengert.blackman_window(4)[1:]
    tensor([0.3400, 1.0000, 0.3400])
    """
    return blackman(window_length, sym=not periodic, **options)


def bartlett_window(window_length: int, periodic: bool = True, **options: Any) -> Any:
    """`signal.windows.bartlett` of a length; periodic unless told otherwise.

    >>> import wengert
    >>> wengert.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return bartlett(window_length, sym=not periodic, **options)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, **options: Any
) -> Any:
    """`signal.windows.kaiser` of a length; periodic unless told otherwise.

    >>> import wengert
    >>> wengert.kaiser_window(2, beta=0.0)
    tensor([1., 1.])
    """
    return kaiser(window_length, beta=beta, sym=not periodic, **options)


__all__ = [
    "bartlett_window",
    "blackman_window",
    "hamming_window",
    "hann_window",
    "kaiser_window",
]
