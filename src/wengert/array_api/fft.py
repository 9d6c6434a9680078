"""The standard's Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import wengert as wg


def _one_axis(name: str) -> Callable[..., Any]:
    function = getattr(wg.fft, name)

    def call(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
        return function(x, n, axis, norm)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`{name}` of the standard: `wengert.fft.{name}` along one axis."
    return call


def _several_axes(name: str) -> Callable[..., Any]:
    function = getattr(wg.fft, name)

    def call(x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
        return function(x, s, axes, norm)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`{name}` of the standard: `wengert.fft.{name}` along several axes."
    return call


fft = _one_axis("fft")
ifft = _one_axis("ifft")
fftn = _several_axes("fftn")
ifftn = _several_axes("ifftn")
rfft = _one_axis("rfft")
irfft = _one_axis("irfft")
rfftn = _several_axes("rfftn")
irfftn = _several_axes("irfftn")
hfft = _one_axis("hfft")
ihfft = _one_axis("ihfft")


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of a transform of n samples that are d apart."""
    return wg.fft.fftfreq(n, d, dtype=dtype)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of a real transform of n samples that are d apart."""
    return wg.fft.rfftfreq(n, d, dtype=dtype)


def fftshift(x: Any, /, *, axes: Any = None) -> Any:
    """x with the frequency 0 in the middle."""
    return wg.fft.fftshift(x, axes)


def ifftshift(x: Any, /, *, axes: Any = None) -> Any:
    """The inverse of `fftshift`."""
    return wg.fft.ifftshift(x, axes)


__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]
