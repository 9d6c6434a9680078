"""The short-time Fourier transform and its inverse: windows of a signal, transformed one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._base.dtypes import complex_of, is_inexact, to_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_array
from ..._declare.elementwise import convert
from ..._primitives.creation import full
from ..._primitives.elementwise import div, mul
from ..._primitives.matrix_parts import swapped
from ..._primitives.shaping import embed, expand, reshape, slice_
from ..._primitives.windows import fold
from ..networks.padding import pad
from ..shaping.views import unfold, view_as_real
from .fourier import fft, ifft, irfft, rfft


def _window(window: Any, n_fft: int, win_length: int | None, dtype: Any, name: str) -> Any:
    """The window of n_fft elements, with zeros on both sides of what was given."""
    length = n_fft if win_length is None else win_length
    if not 0 < length <= n_fft:
        raise ShapeError(f"{name}: win_length={length} is not between 1 and n_fft={n_fft}.")
    if window is None:
        window = full((length,), 1, dtype)
    elif tuple(window._data.shape) != (length,):
        raise ShapeError(
            f"{name}: a window of shape {tuple(window._data.shape)} where ({length},) is needed."
        )
    return embed(window, shape=(n_fft,), slices=(((n_fft - length) // 2, length, 1),))


def stft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Any:
    """out[..., k, t] = sum_j window_j x[t * hop_length + j] exp(-2 pi i j k / n_fft).

    A real signal gives n_fft // 2 + 1 frequencies unless `onesided` is False. With `center`, window
    t is centred at t * hop_length, and the signal is padded at both ends.

    >>> import wengert
    >>> wengert.stft(wengert.ones(8), 4, return_complex=True).shape
    (3, 9)
    """
    ndim = input._data.ndim
    if ndim not in (1, 2) or not is_inexact(input._data.dtype):
        raise ShapeError(
            f"stft: expected a floating or complex tensor with 1 or 2 axes, not "
            f"{tuple(input._data.shape)}, {input._data.dtype}."
        )
    complex_given = input._data.dtype.kind == "c" or (
        window is not None and window._data.dtype.kind == "c"
    )
    if return_complex is None:
        if not complex_given:
            raise ValueError("stft: a real signal needs return_complex=True (or False) to be said.")
        return_complex = True
    if align_to_window is not None and center:
        raise ValueError("stft: align_to_window goes with center=False only.")
    half = not complex_given if onesided is None else onesided
    if half and complex_given:
        raise ValueError("stft: onesided=True needs a real signal and a real window.")
    hop = n_fft // 4 if hop_length is None else hop_length
    x = reshape(input, shape=(1, *input._data.shape)) if ndim == 1 else input
    if n_fft <= 0 or hop <= 0:
        raise ValueError(f"stft: n_fft={n_fft} and hop_length={hop} must be positive.")
    if center:
        x = pad(x, (n_fft // 2, n_fft // 2), mode=pad_mode)
    if x._data.shape[1] < n_fft:
        raise ShapeError(f"stft: n_fft={n_fft} is more than the {x._data.shape[1]} elements given.")
    own = convert(x, complex_of(x._data.dtype)) if complex_given else x
    taper = _window(window, n_fft, win_length, x._data.dtype, "stft")
    norm = "ortho" if normalized else None
    frames = mul(unfold(own, 1, n_fft, hop), taper)
    found = swapped(rfft(frames, norm=norm) if half else fft(frames, norm=norm))
    if ndim == 1:
        found = reshape(found, shape=tuple(found._data.shape[1:]))
    return found if return_complex else view_as_real(found)


def istft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Any:
    """The signal whose `stft` is nearest to `input`: windows added up, over their sum of squares.

    D. Griffin and J. Lim, Signal estimation from modified short-time Fourier transform, 1984.

    >>> import wengert
    >>> spectrum = wengert.stft(wengert.ones(8), 4, return_complex=True)
    >>> wengert.istft(spectrum, 4).shape
    (8,)
    """
    shape = tuple(input._data.shape)
    if input._data.dtype.kind != "c":
        raise DtypeError(f"istft: expected a complex tensor, not {input._data.dtype}.")
    if len(shape) not in (2, 3) or not input._data.size:
        raise ShapeError(f"istft: expected 2 or 3 axes that are not empty, not {shape}.")
    x = reshape(input, shape=(1, *shape)) if len(shape) == 2 else input
    bins, count = x._data.shape[1:]
    half = bins != n_fft if onesided is None else onesided
    if bins != (n_fft // 2 + 1 if half else n_fft):
        raise ShapeError(f"istft: {bins} frequencies do not fit n_fft={n_fft}, onesided={half}.")
    hop = n_fft // 4 if hop_length is None else hop_length
    wide = n_fft if win_length is None else win_length
    if not 0 < hop <= wide:
        raise ValueError(f"istft: hop_length={hop} is not between 1 and win_length={wide}.")
    if return_complex and half:
        raise ValueError("istft: return_complex=True needs onesided=False.")
    if window is not None and window._data.dtype.kind == "c" and not return_complex:
        raise ValueError("istft: a complex window needs return_complex=True.")
    dtype = to_floating(np.zeros(0, x._data.dtype).real.dtype)
    taper = _window(window, n_fft, win_length, dtype, "istft")
    norm = "ortho" if normalized else None
    frames = swapped(x)
    if half:
        frames = irfft(frames, n_fft, norm=norm)
    else:
        last = slice_(frames, slices=(*_whole(frames)[:2], (0, n_fft // 2 + 1, 1)))
        frames = ifft(frames, norm=norm) if return_complex else irfft(last, n_fft, norm=norm)
    total = n_fft + hop * (count - 1)
    layout = {"kernel": (n_fft,), "stride": (hop,), "dilation": (1,)}
    lead = x._data.shape[0]
    signal = fold(swapped(mul(frames, taper)), shape=(lead, total), **layout)
    squares = mul(taper, taper)
    spread = expand(reshape(squares, shape=(1, n_fft, 1)), shape=(1, n_fft, count))
    envelope = fold(spread, shape=(1, total), **layout)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - (n_fft // 2 if center else 0)
    known = max(min(end, total) - start, 0)
    signal = slice_(signal, slices=((0, lead, 1), (start, known, 1)))
    envelope = slice_(envelope, slices=((0, 1, 1), (start, known, 1)))
    _need_overlap(envelope)
    found = div(signal, convert(envelope, signal._data.dtype))
    if end > total:
        found = embed(found, shape=(lead, end - start), slices=((0, lead, 1), (0, known, 1)))
    return reshape(found, shape=(found._data.shape[1],)) if len(shape) == 2 else found


def _whole(x: Any) -> list[tuple[int, int, int]]:
    return [(0, extent, 1) for extent in x._data.shape]


def _need_overlap(envelope: Any) -> None:
    """Where the windows leave a gap, nothing is known of the signal. A trace cannot tell."""
    values: Any = envelope._data
    if is_array(values) and values.size and np.abs(values).min() < 1e-11:
        raise ValueError(
            "istft: the windows leave gaps: the sum of their squares is 0 somewhere. Use a smaller "
            "hop_length or another window."
        )


__all__ = ["istft", "stft"]
