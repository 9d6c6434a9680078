"""Every NumPy function that tensors answer to: the value is NumPy's, and the record goes on."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import wengert
from wengert._tensor.numpy_functions import ADAPTED, LINES

Call = Callable[[Callable[[Any], Any]], Any]
R = np.random.default_rng(11)
M = R.standard_normal((3, 4))
V = R.standard_normal(4)
S = R.standard_normal((2, 3, 3)) + 4 * np.eye(3)
P = S @ S.swapaxes(-1, -2)
W = R.integers(0, 5, (3, 4))
HOLES = np.where(M > 1, np.nan, M)


def each(names: str, call: Callable[[Any, Any], Any]) -> dict[str, Call]:
    """A call of each of some functions."""
    return {name: lambda t, name=name: call(attrgetter(name)(np), t) for name in names.split()}


CALLS: dict[str, Call] = {
    "all": lambda t: np.all(t(M > -1), axis=1),
    "allclose": lambda t: np.allclose(t(M), t(M + 1e-9)),
    "amax": lambda t: np.amax(t(M), axis=0),
    "amin": lambda t: np.amin(t(M), axis=(0, 1)),
    "angle": lambda t: np.angle(t(M + 1j)),
    "any": lambda t: np.any(t(M > 1), axis=0, keepdims=True),
    "argmax": lambda t: np.argmax(t(M), axis=1),
    "argmin": lambda t: np.argmin(t(M)),
    "argsort": lambda t: np.argsort(t(M), axis=0),
    "argwhere": lambda t: np.argwhere(t(W)),
    "around": lambda t: np.around(t(M), 1),
    "array_equal": lambda t: np.array_equal(t(M), t(M)),
    "atleast_1d": lambda t: np.atleast_1d(t(np.array(2.0))),
    "atleast_2d": lambda t: np.atleast_2d(t(V)),
    "atleast_3d": lambda t: np.atleast_3d(t(S)),
    "bincount": lambda t: np.bincount(t(W[0]), minlength=7),
    "broadcast_arrays": lambda t: np.broadcast_arrays(t(M), t(V)),
    "broadcast_to": lambda t: np.broadcast_to(t(V), (2, 4)),
    "clip": lambda t: np.clip(t(M), -0.5, 0.5),
    "column_stack": lambda t: np.column_stack([t(V), t(V)]),
    "concatenate": lambda t: np.concatenate([t(M), t(M)], axis=None),
    "copy": lambda t: np.copy(t(M)),
    "count_nonzero": lambda t: np.count_nonzero(t(W), axis=1),
    "cross": lambda t: np.cross(t(S), t(S[::-1]), axis=1),
    "cumprod": lambda t: np.cumprod(t(M), axis=1),
    "cumsum": lambda t: np.cumsum(t(M)),
    "diag": lambda t: np.diag(t(M), 1),
    "diagonal": lambda t: np.diagonal(t(S), axis1=1, axis2=2),
    "diff": lambda t: np.diff(t(M), n=2),
    "dot": lambda t: np.dot(t(M), t(V)),
    "dsplit": lambda t: np.dsplit(t(S), 3),
    "dstack": lambda t: np.dstack([t(M), t(M)]),
    "einsum": lambda t: np.einsum("bij,bjk->bik", t(S), t(S)),
    "empty_like": lambda t: np.empty_like(t(M)) * 0,
    "expand_dims": lambda t: np.expand_dims(t(M), 1),
    "flip": lambda t: np.flip(t(M)),
    "fliplr": lambda t: np.fliplr(t(M)),
    "flipud": lambda t: np.flipud(t(M)),
    "full_like": lambda t: np.full_like(t(M), 3.0),
    "hsplit": lambda t: np.hsplit(t(M), 2),
    "hstack": lambda t: np.hstack([t(M), t(M)]),
    "imag": lambda t: np.imag(t(M + 2j)),
    "inner": lambda t: np.inner(t(V), t(V)),
    "isclose": lambda t: np.isclose(t(M), t(M * 1.001), rtol=1e-2),
    "isin": lambda t: np.isin(t(W), t(np.array([1, 3]))),
    "isneginf": lambda t: np.isneginf(t(M)),
    "isposinf": lambda t: np.isposinf(t(M)),
    "kron": lambda t: np.kron(t(V), t(V)),
    "max": lambda t: np.max(t(M)),
    "mean": lambda t: np.mean(t(M), axis=0, keepdims=True),
    "median": lambda t: np.median(t(M), axis=1),
    "meshgrid": lambda t: np.meshgrid(t(V), t(V[:2])),
    "min": lambda t: np.min(t(M), axis=-1),
    "moveaxis": lambda t: np.moveaxis(t(S), 0, -1),
    "nan_to_num": lambda t: np.nan_to_num(t(HOLES), nan=7.0),
    "nanmean": lambda t: np.nanmean(t(HOLES), axis=1),
    "nansum": lambda t: np.nansum(t(HOLES)),
    "ndim": lambda t: np.ndim(t(S)),
    "nonzero": lambda t: np.nonzero(t(W)),
    "ones_like": lambda t: np.ones_like(t(M)),
    "outer": lambda t: np.outer(t(V), t(V)),
    "prod": lambda t: np.prod(t(M), axis=0),
    "ravel": lambda t: np.ravel(t(M)),
    "real": lambda t: np.real(t(M + 2j)),
    "repeat": lambda t: np.repeat(t(M), 2, axis=0),
    "reshape": lambda t: np.reshape(t(M), (4, 3)),
    "roll": lambda t: np.roll(t(M), 1, axis=1),
    "rot90": lambda t: np.rot90(t(M)),
    "round": lambda t: np.round(t(M), 2),
    "searchsorted": lambda t: np.searchsorted(t(np.sort(V)), t(M[0])),
    "shape": lambda t: np.shape(t(M)),
    "sinc": lambda t: np.sinc(t(M)),
    "size": lambda t: np.size(t(M), 1),
    "sort": lambda t: np.sort(t(M), axis=0),
    "squeeze": lambda t: np.squeeze(t(M[None]), 0),
    "stack": lambda t: np.stack([t(M), t(M)], axis=1),
    "std": lambda t: np.std(t(M), axis=0, ddof=1),
    "sum": lambda t: np.sum(t(M), axis=(0, 1)),
    "swapaxes": lambda t: np.swapaxes(t(S), 0, 2),
    "take": lambda t: np.take(t(M), np.array([[0, -1], [2, 2]]), axis=1),
    "take_along_axis": lambda t: np.take_along_axis(t(M), t(np.array([[0], [1], [3]])), axis=1),
    "tensordot": lambda t: np.tensordot(t(S), t(S), axes=([1, 2], [2, 1])),
    "tile": lambda t: np.tile(t(M), (2, 1)),
    "trace": lambda t: np.trace(t(M)),
    "transpose": lambda t: np.transpose(t(S), (1, 2, 0)),
    "trapezoid": lambda t: np.trapezoid(t(M), dx=0.5),
    "tril": lambda t: np.tril(t(M), -1),
    "triu": lambda t: np.triu(t(M), 1),
    "unstack": lambda t: np.unstack(t(M), axis=1),
    "var": lambda t: np.var(t(M), axis=0),
    "vsplit": lambda t: np.vsplit(t(M), 3),
    "vstack": lambda t: np.vstack([t(M), t(M)]),
    "where": lambda t: np.where(t(M > 0), t(M), 0.0),
    "zeros_like": lambda t: np.zeros_like(t(M)),
    "linalg.cholesky": lambda t: np.linalg.cholesky(t(P)),
    "linalg.det": lambda t: np.linalg.det(t(S)),
    "linalg.eigh": lambda t: np.linalg.eigh(t(P)).eigenvalues,
    "linalg.eigvalsh": lambda t: np.linalg.eigvalsh(t(P)),
    "linalg.inv": lambda t: np.linalg.inv(t(S)),
    "linalg.matrix_power": lambda t: np.linalg.matrix_power(t(S), 3),
    "linalg.norm": lambda t: np.linalg.norm(t(M), axis=1),
    "linalg.pinv": lambda t: np.linalg.pinv(t(M)),
    "linalg.qr": lambda t: abs(np.linalg.qr(t(M)).R),
    "linalg.slogdet": lambda t: np.linalg.slogdet(t(S)),
    "linalg.solve": lambda t: np.linalg.solve(t(S), t(M[:, :2])),
    "linalg.svd": lambda t: np.linalg.svd(t(M), full_matrices=False).S,
    **each(
        "fft.fft fft.fft2 fft.fftn fft.fftshift fft.hfft fft.ifft fft.ifft2 fft.ifftn "
        "fft.ifftshift fft.ihfft fft.irfft fft.irfftn fft.rfft fft.rfftn",
        lambda f, t: f(t(M)),
    ),
}

UNIVERSAL: dict[str, Call] = {
    **each(
        "absolute arcsin arccos arctan arcsinh arctanh ceil cos cosh deg2rad degrees exp exp2 "
        "expm1 fabs floor isfinite isinf isnan log1p negative positive rad2deg radians reciprocal "
        "rint sign signbit sin sinh square tan tanh trunc logical_not",
        lambda f, t: f(t(M / 4)),
    ),
    **each("arccosh log log2 log10 sqrt", lambda f, t: f(t(M * M + 1))),
    **each(
        "add arctan2 copysign divide equal floor_divide fmax fmin fmod greater greater_equal "
        "heaviside hypot less less_equal logaddexp logaddexp2 maximum minimum multiply nextafter "
        "not_equal remainder subtract logical_and logical_or logical_xor",
        lambda f, t: f(t(M), t(V)),
    ),
    **each(
        "bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm",
        lambda f, t: f(t(W), t(W[::-1])),
    ),
    "invert": lambda t: np.invert(t(W)),
    "conjugate": lambda t: np.conjugate(t(M + 1j)),
    "power": lambda t: np.power(t(M * M), t(V)),
    "matmul": lambda t: np.matmul(t(M), t(V)),
    "vecdot": lambda t: np.vecdot(t(M), t(M)),
    "add in a dtype": lambda t: np.add(t(W), t(W), dtype=np.float64),
    "add.reduce": lambda t: np.add.reduce(t(M)),
    "add.reduce over all": lambda t: np.add.reduce(t(M), axis=None, keepdims=True),
    "multiply.reduce": lambda t: np.multiply.reduce(t(M), axis=1),
    "maximum.reduce": lambda t: np.maximum.reduce(t(M), axis=1),
    "logical_or.reduce": lambda t: np.logical_or.reduce(t(M > 1), axis=1),
    "add.accumulate": lambda t: np.add.accumulate(t(M), 1),
    "multiply.accumulate": lambda t: np.multiply.accumulate(t(M)),
}


def test_every_function_of_the_table_is_called_here() -> None:
    assert sorted(CALLS) == sorted([*LINES, *ADAPTED])


def parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize("call", [*CALLS.values(), *UNIVERSAL.values()], ids=[*CALLS, *UNIVERSAL])
def test_the_value_is_numpy_s(call: Call) -> None:
    found, wanted = parts(call(wengert.from_numpy)), parts(call(lambda array: array))
    assert len(found) == len(wanted)
    for got, want in zip(found, wanted, strict=True):
        if isinstance(got, wengert.Tensor):
            assert (got.shape, got.dtype) == (np.shape(want), np.asarray(want).dtype)
            got = got.numpy()
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


def test_the_record_goes_on_through_numpy() -> None:
    x = wengert.from_numpy(M.copy()).requires_grad_()
    y = np.sum(np.exp(np.concatenate([x, x * 2])) * np.std(x))
    assert y.requires_grad
    other = wengert.from_numpy(M.copy()).requires_grad_()
    z = (wengert.cat([other, other * 2]).exp() * other.std(correction=0)).sum()
    y.backward()
    z.backward()
    np.testing.assert_allclose(x.grad.numpy(), other.grad.numpy(), rtol=1e-13)


def test_an_argument_without_a_counterpart_is_named() -> None:
    x = wengert.from_numpy(M.copy())
    with pytest.raises(TypeError, match=r"numpy\.sum with where has no counterpart"):
        np.sum(x, where=M > 0)
    with pytest.raises(TypeError, match=r"numpy\.add\.reduceat has no counterpart"):
        np.add.reduceat(x, [0])
    with pytest.raises(TypeError, match=r"numpy\.add\.reduce with initial has no counterpart"):
        np.add.reduce(x, initial=1.0)
