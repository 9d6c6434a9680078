"""Fourier transforms and distances: values by the definition or NumPy and SciPy, every mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.spatial.distance as apart

import wengert as w
from wengert import func

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

RNG = np.random.default_rng(7)
X = RNG.normal(size=(2, 3, 5))
Z = X + 1j * RNG.normal(size=(2, 3, 5))
E, F = X[..., :4], Z[..., :4]
P, Q = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(2, 5, 3))
SIGNAL, WINDOW = RNG.normal(size=(2, 16)), np.hanning(8) + 0.1

CALLS = Calls()
case = CALLS.case


def _matrix(n: int, sign: int) -> np.ndarray:
    k = np.arange(n)
    return np.exp(sign * 2j * np.pi * np.outer(k, k) / n)


# ---- transforms ---------------------------------------------------------------------------------

case("fft.fft", Z, expected=Z @ _matrix(5, -1))
case("fft.fft", X, 3, expected=X[..., :3] @ _matrix(3, -1))
case("fft.ifft", Z, 7, expected=np.pad(Z, [(0, 0)] * 2 + [(0, 2)]) @ _matrix(7, 1) / 7)
for norm in (None, "backward", "ortho", "forward"):
    plain = norm is None
    for real, name in (
        (X, "rfft"),
        (Z, "irfft"),
        (Z, "hfft"),
        (X, "ihfft"),
        (Z, "fft"),
        (X, "ifft"),
    ):
        case(
            f"fft.{name}",
            real,
            norm=norm,
            dim=1,
            expected=getattr(np.fft, name)(real, None, 1, norm),
        )
    for n in (1, 4, 9):
        case("fft.irfft", Z, n, norm=norm, smooth=plain, expected=np.fft.irfft(Z, n, norm=norm))
        case("fft.hfft", Z, n, norm=norm, smooth=plain, expected=np.fft.hfft(Z, n, norm=norm))
        case("fft.rfft", X, n, norm=norm, smooth=plain, expected=np.fft.rfft(X, n, norm=norm))
        case("fft.ihfft", X, n, norm=norm, smooth=plain, expected=np.fft.ihfft(X, n, norm=norm))
for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    x = X if name in ("rfft", "ihfft") else Z
    many = getattr(scipy.fft, name + "n")
    case(f"fft.{name}n", x, expected=many(x))
    case(f"fft.{name}n", x, (3, 4), (0, 2), norm="ortho", expected=many(x, (3, 4), (0, 2), "ortho"))
    case(f"fft.{name}2", x, expected=getattr(scipy.fft, name + "2")(x))
case("fft.fftn", Z, (-1, 4), expected=scipy.fft.fftn(Z, (3, 4), (1, 2)))
case("fft.fftshift", X, expected=np.fft.fftshift(X))
case("fft.fftshift", X, 2, expected=np.fft.fftshift(X, 2))
case("fft.ifftshift", X, (0, 2), expected=np.fft.ifftshift(X, (0, 2)))

# ---- windows of a signal ------------------------------------------------------------------------


def _short_time(
    x: np.ndarray, n: int, hop: int, window: np.ndarray, half: bool = True
) -> np.ndarray:
    starts = range(0, x.shape[-1] - n + 1, hop)
    frames = np.stack([x[..., s : s + n] * window for s in starts], -2)
    return np.swapaxes(np.fft.rfft(frames) if half else np.fft.fft(frames), -1, -2)


PADDED = np.pad(SIGNAL, [(0, 0), (4, 4)], "reflect")
case(
    "stft",
    SIGNAL,
    8,
    2,
    None,
    WINDOW,
    return_complex=True,
    expected=_short_time(PADDED, 8, 2, WINDOW),
)
case(
    "stft",
    SIGNAL[0],
    8,
    center=False,
    onesided=False,
    return_complex=True,
    expected=_short_time(SIGNAL[0], 8, 2, np.ones(8), half=False),
)
case(
    "stft",
    SIGNAL,
    8,
    4,
    4,
    normalized=True,
    return_complex=True,
    pad_mode="constant",
    expected=_short_time(np.pad(SIGNAL, [(0, 0), (4, 4)]), 8, 4, np.pad(np.ones(4), 2))
    / np.sqrt(8),
)
case("istft", _short_time(PADDED, 8, 2, WINDOW), 8, 2, None, WINDOW, expected=SIGNAL)
case("istft", _short_time(PADDED, 8, 2, np.ones(8))[0], 8, length=12, expected=SIGNAL[0, :12])

# ---- distances ----------------------------------------------------------------------------------

for p, metric in (
    (2.0, {"metric": "euclidean"}),
    (1.0, {"metric": "cityblock"}),
    (3.0, {"metric": "minkowski", "p": 3}),
    (np.inf, {"metric": "chebyshev"}),
):
    case(
        "cdist",
        P,
        Q,
        p,
        expected=np.stack([apart.cdist(a, b, **metric) for a, b in zip(P, Q, strict=True)]),
    )
    case("nn.functional.pdist", P[0], p, expected=apart.pdist(P[0], **metric))
case(
    "nn.functional.pairwise_distance",
    P,
    Q[:, :4],
    2,
    0.0,
    expected=np.linalg.norm(P - Q[:, :4], axis=-1),
)
case(
    "nn.functional.cosine_similarity",
    P,
    Q[:, :4],
    dim=-1,
    expected=np.sum(P * Q[:, :4], -1)
    / np.linalg.norm(P, axis=-1)
    / np.linalg.norm(Q[:, :4], axis=-1),
)
case(
    "nn.functional.cosine_similarity",
    P[:1],
    Q[:, :1],
    expected=np.sum(P[:1] * Q[:, :1], 1)
    / np.linalg.norm(P[:1], axis=1)
    / np.linalg.norm(np.broadcast_to(Q[:, :1], (2, 4, 3)), axis=1),
)


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize("call", CALLS[::3], ids=identify)
def test_batch(call: Call) -> None:
    if call.name not in ("fft.fftshift", "nn.functional.pdist"):
        check_batch(call)


def test_frequencies() -> None:
    for n in (4, 5):
        np.testing.assert_array_equal(
            w.fft.fftfreq(n, 0.5, dtype=w.float64).numpy(), np.fft.fftfreq(n, 0.5)
        )
        np.testing.assert_array_equal(
            w.fft.rfftfreq(n, 0.5, dtype=w.float64).numpy(), np.fft.rfftfreq(n, 0.5)
        )
    assert w.fft.fftfreq(3).dtype == w.float32


def test_single_precision_and_integers_keep_their_kind() -> None:
    assert w.fft.rfft(w.ones(4)).dtype == w.complex64
    assert w.fft.fft(w.arange(4)).dtype == w.complex64
    assert w.fft.irfft(w.fft.rfft(w.ones(4, dtype=w.float64))).dtype == w.float64


@pytest.mark.parametrize("n", range(2, 10))
def test_absent_elements_that_cancel_in_a_transform_take_nothing_with_them(n: int) -> None:
    def parts(x: Any) -> Any:
        return w.fft.irfft(w.fft.rfft(x.sin(), 2 * n)[: n - 1].abs(), 2 * n).cumsum(0)[:n].sin()

    x = w.from_numpy(RNG.normal(size=n))
    leaf = x.clone().requires_grad_()
    expected = w.autograd.grad(parts(leaf).sum(), leaf)[0].numpy()
    found = {
        "recorded": w.autograd.grad(parts(leaf).sum(), leaf, create_graph=True)[0].detach(),
        "compiled": w.jit(func.grad(lambda x: parts(x).sum()))(x),
        "forward": func.jacfwd(lambda x: parts(x).sum())(x),
        "compiled forward": w.jit(func.jacfwd(lambda x: parts(x).sum()))(x),
    }
    for way, gradient in found.items():
        np.testing.assert_allclose(gradient.numpy(), expected, 1e-10, 1e-10, err_msg=way)


def test_distances_of_equal_points_have_gradient_0_to_second_order() -> None:
    x = w.from_numpy(P[0])
    for p in (1.0, 1.5, 2.0, 3.0, float("inf")):
        gradient = func.grad(lambda a, p=p: w.cdist(a, x, p).diagonal().sum())(x)
        assert gradient.tolist() == np.zeros((4, 3)).tolist()
        bend = func.hessian(lambda a, p=p: w.cdist(a, x, p).diagonal().sum())(x)
        assert bend.isfinite().all()


REFUSED: dict[str, Any] = {
    "rfft of complex": (
        lambda: w.fft.rfft(w.ones(2) * 1j),
        "rfft: expected a real tensor, not complex64.",
    ),
    "no elements": (
        lambda: w.fft.fft(w.ones(0)),
        "fft: cannot transform 0 elements; there must be at least 1.",
    ),
    "norm": (
        lambda: w.fft.fft(w.ones(2), norm="unit"),
        "fft: norm='unit'; use 'backward', 'ortho' or 'forward'.",
    ),
    "an axis twice": (
        lambda: w.fft.fftn(w.ones(2, 2), dim=(0, 0)),
        "fftn: dim (0, 0) names an axis twice.",
    ),
    "gaps": (
        lambda: w.istft(w.ones(3, 2, dtype=w.complex64), 4, 4, window=w.zeros(4)),
        (
            "istft: the windows leave gaps: the sum of their squares is 0 somewhere. Use a smaller "
            "hop_length or another window."
        ),
    ),
    "real without return_complex": (
        lambda: w.stft(w.ones(8), 4),
        "stft: a real signal needs return_complex=True (or False) to be said.",
    ),
    "cdist": (
        lambda: w.cdist(w.ones(2, 3), w.ones(2, 2)),
        "cdist: points of 3 and 2 coordinates do not fit.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    function, text = REFUSED[name]
    with pytest.raises((RuntimeError, ValueError)) as caught:
        function()
    assert str(caught.value) == text
