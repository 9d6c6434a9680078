"""Functions that say the same as another in other words: copies, in-place forms, older names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.special

import wengert as w
from wengert.nn import functional as F

R = np.random.default_rng(21)


def drawn(*shape: int) -> Any:
    return w.from_numpy(R.standard_normal(shape))


X = drawn(3, 4)

COPIES: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "as_strided_copy": (lambda x: x.as_strided((2, 2), (1, 2)), ((2, 2), (1, 2))),
    "detach_copy": (lambda x: x.detach(), ()),
    "diagonal_copy": (lambda x: x.diagonal(1), (1,)),
    "expand_copy": (lambda x: x.expand(2, 3, 4), ((2, 3, 4),)),
    "permute_copy": (lambda x: x.permute(1, 0), ((1, 0),)),
    "select_copy": (lambda x: x.select(0, 1), (0, 1)),
    "slice_copy": (lambda x: x[:, 1:4:2], (1, 1, 4, 2)),
    "split_copy": (lambda x: x.split(2, 1), (2, 1)),
    "split_with_sizes_copy": (lambda x: x.split([1, 2]), ([1, 2],)),
    "squeeze_copy": (lambda x: x.squeeze(), ()),
    "t_copy": (lambda x: x.t(), ()),
    "transpose_copy": (lambda x: x.transpose(0, 1), (0, 1)),
    "unbind_copy": (lambda x: x.unbind(1), (1,)),
    "unsqueeze_copy": (lambda x: x.unsqueeze(1), (1,)),
}


def parts(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_has_the_values_of_the_view_in_memory_of_its_own(name: str) -> None:
    view, arguments = COPIES[name]
    x = X.clone()
    found = parts(getattr(w, name)(x, *arguments))
    if name == "split_with_sizes_copy":
        assert [part.shape for part in found] == [part.shape for part in parts(view(x))]
    for got, want in zip(found, parts(view(x)), strict=True):
        assert got.tolist() == want.tolist()
        got.zero_()
    assert x.tolist() == X.tolist()


IN_PLACE: dict[str, tuple[Any, ...]] = {
    "celu_": (0.7,),
    "elu_": (0.7,),
    "hardtanh_": (-0.5, 0.5),
    "leaky_relu_": (0.1,),
    "relu_": (),
    "rrelu_": (0.1, 0.3),
    "selu_": (),
    "threshold_": (0.2, -3.0),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_activation_in_place(name: str) -> None:
    x = X.clone()
    wanted = getattr(F, name.removesuffix("_"))(X, *IN_PLACE[name])
    for module in (F, w) if hasattr(w, name) else (F,):
        x = X.clone()
        assert getattr(module, name)(x, *IN_PLACE[name]) is x
        assert x.tolist() == wanted.tolist()
        assert wanted.tolist() != X.tolist()


WINDOWS: dict[str, tuple[Callable[[int], Any], tuple[Any, ...]]] = {
    "bartlett_window": (np.bartlett, ()),
    "blackman_window": (np.blackman, ()),
    "hamming_window": (np.hamming, ()),
    "hann_window": (np.hanning, ()),
    "kaiser_window": (lambda n: np.kaiser(n, 9.0), (9.0,)),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_is_periodic_unless_told_otherwise(name: str) -> None:
    reference, more = WINDOWS[name]
    make = getattr(w, name)
    periodic = make(7, True, *more, dtype=w.float64)
    symmetric = make(7, False, *more, dtype=w.float64)
    np.testing.assert_allclose(periodic.numpy(), reference(8)[:-1], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(symmetric.numpy(), reference(7), rtol=1e-12, atol=1e-15)
    assert make(1, True, *more).tolist() == [1.0]


@pytest.mark.parametrize("name", ["hfft2", "hfftn", "ihfft2", "ihfftn", "irfft2", "rfft2"])
@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_transforms_of_several_axes(name: str, norm: str) -> None:
    real = name in ("rfft2", "ihfft2", "ihfftn")
    x = R.standard_normal((3, 4, 5)) + (0 if real else 1j * R.standard_normal((3, 4, 5)))
    found = getattr(w.fft, name)(w.from_numpy(x), norm=norm)
    wanted = getattr(scipy.fft, name)(x, norm=norm)
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-12, atol=1e-13)


def test_multigammaln() -> None:
    x = np.array([2.5, 3.0, 10.0])
    found = w.special.multigammaln(w.from_numpy(x), 3)
    np.testing.assert_allclose(found.numpy(), scipy.special.multigammaln(x, 3), rtol=1e-14)


def test_native_normalisations_return_their_statistics_too() -> None:
    x, weight, bias = drawn(4, 6, 5), drawn(5), drawn(5)
    out, mean, rstd = w.native_layer_norm(x, [5], weight, bias, 1e-5)
    assert out.tolist() == F.layer_norm(x, [5], weight, bias, 1e-5).tolist()
    np.testing.assert_allclose(mean.numpy(), x.numpy().mean(-1, keepdims=True), rtol=1e-12)
    expected = 1 / np.sqrt(x.numpy().var(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(rstd.numpy(), expected, rtol=1e-12)
    scale, shift = drawn(6), drawn(6)
    out, mean, rstd = w.native_group_norm(x, scale, shift, 4, 6, 5, 3, 1e-5)
    wanted = F.group_norm(x, 3, scale, shift, 1e-5)
    np.testing.assert_allclose(out.numpy(), wanted.numpy(), rtol=1e-12)
    assert mean.shape == rstd.shape == (4, 3)
    out, mean, _ = w.native_batch_norm(x, scale, shift, None, None, True, 0.1, 1e-5)
    wanted = F.batch_norm(x, None, None, scale, shift, True, 0.1, 1e-5)
    np.testing.assert_allclose(out.numpy(), wanted.numpy(), rtol=1e-12)
    np.testing.assert_allclose(mean.numpy(), x.numpy().mean((0, 2)), rtol=1e-12, atol=1e-15)


def test_older_names_of_borders_and_grids() -> None:
    assert w.constant_pad_nd(X, (1, 2), 7.0).tolist() == F.pad(X, (1, 2), value=7.0).tolist()
    theta, picture = drawn(2, 2, 3), drawn(2, 3, 4, 5)
    grid = F.affine_grid(theta, (2, 3, 4, 5), align_corners=True)
    assert w.affine_grid_generator(theta, (2, 3, 4, 5), True).tolist() == grid.tolist()
    wanted = F.grid_sample(picture, grid, align_corners=True).tolist()
    assert w.grid_sampler(picture, grid, 0, 0, True).tolist() == wanted
    assert w.grid_sampler_2d(picture, grid, 0, 0, True).tolist() == wanted
    body, points = drawn(2, 3, 2, 3, 4), drawn(2, 2, 2, 2, 3)
    wanted = F.grid_sample(body, points, "nearest", "border", align_corners=False).tolist()
    assert w.grid_sampler_3d(body, points, 1, 1, False).tolist() == wanted


@pytest.mark.parametrize("name", ["rand_like", "randn_like"])
def test_random_numbers_of_the_shape_and_dtype_of_another(name: str) -> None:
    w.manual_seed(3)
    x = getattr(w, name)(w.zeros(2000, 2, dtype=w.float64))
    assert (x.shape, x.dtype) == ((2000, 2), w.float64)
    if name == "rand_like":
        assert x.min() >= 0 and x.max() < 1 and abs(x.mean().item() - 0.5) < 0.02
    else:
        assert abs(x.mean().item()) < 0.06 and abs(x.std().item() - 1) < 0.05


DROPS = [
    (F.dropout1d, 1),
    (F.dropout2d, 2),
    (F.dropout3d, 3),
    (w.feature_dropout, 2),
]


@pytest.mark.parametrize(("drop", "axes"), DROPS, ids=lambda v: getattr(v, "__name__", str(v)))
def test_whole_channels_are_dropped(drop: Any, axes: int) -> None:
    w.manual_seed(5)
    x = w.ones(20, 30, *(3,) * axes)
    found = drop(x, 0.25, True).reshape(600, -1)
    assert all(len(set(row)) == 1 for row in found.tolist())
    assert sorted({row[0] for row in found.tolist()}) == pytest.approx([0.0, 4 / 3])
    assert abs((found[:, 0] == 0).double().mean().item() - 0.25) < 0.08
    assert drop(x, 0.25, False).tolist() == x.tolist()


def test_feature_alpha_dropout_keeps_mean_and_variance() -> None:
    w.manual_seed(5)
    x = w.randn(200, 100, 4, dtype=w.float64)
    for drop in (F.feature_alpha_dropout, w.feature_alpha_dropout):
        found = drop(x, 0.2, True)
        dropped = (found == found.amin(2, keepdim=True)).all(2).double().mean().item()
        assert abs(dropped - 0.2) < 0.02
        assert abs(found.mean().item()) < 0.03 and abs(found.var().item() - 1) < 0.06
        assert drop(x, 0.2, False).tolist() == x.tolist()


def test_pools_of_one_and_three_axes() -> None:
    line, body = drawn(2, 3, 6), drawn(2, 3, 4, 4, 4)
    wanted = (np.abs(line.numpy().reshape(2, 3, 3, 2)) ** 2).sum(-1) ** 0.5
    np.testing.assert_allclose(F.lp_pool1d(line, 2, 2).numpy(), wanted, rtol=1e-12)
    cells = body.numpy().reshape(2, 3, 2, 2, 2, 2, 2, 2).transpose(0, 1, 2, 4, 6, 3, 5, 7)
    wanted = (np.abs(cells) ** 2).sum((-3, -2, -1)) ** 0.5
    np.testing.assert_allclose(F.lp_pool3d(body, 2, 2).numpy(), wanted, rtol=1e-12)
    largest, places = F.max_pool3d(body, 2, return_indices=True)
    apart = F.max_unpool3d(largest, places, 2)
    assert apart.shape == body.shape
    assert F.max_pool3d(apart.abs(), 2).tolist() == largest.abs().tolist()
    assert ((apart == body) | (apart == 0)).all()
    w.manual_seed(1)
    found = F.fractional_max_pool3d(body, 2, output_size=(3, 2, 3))
    assert found.shape == (2, 3, 3, 2, 3)
    assert set(found.reshape(-1).tolist()) <= set(body.reshape(-1).tolist())


def test_a_triplet_loss_with_the_usual_distance() -> None:
    a, p, n = drawn(5, 3), drawn(5, 3), drawn(5, 3)
    found = F.triplet_margin_with_distance_loss(a, p, n, distance_function=F.pairwise_distance)
    np.testing.assert_allclose(found.numpy(), F.triplet_margin_loss(a, p, n).numpy(), rtol=1e-12)
    swapped = F.triplet_margin_with_distance_loss(a, p, n, margin=2.0, swap=True)
    wanted = F.triplet_margin_loss(a, p, n, margin=2.0, swap=True)
    np.testing.assert_allclose(swapped.numpy(), wanted.numpy(), rtol=1e-12)


def test_older_names_of_interpolation() -> None:
    x = drawn(2, 3, 4, 5)
    near = F.interpolate(x, scale_factor=2).tolist()
    assert F.upsample(x, scale_factor=2).tolist() == near
    assert F.upsample_nearest(x, scale_factor=2).tolist() == near
    smooth = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True).tolist()
    assert F.upsample_bilinear(x, scale_factor=2).tolist() == smooth


def test_the_default_dtype() -> None:
    assert w.get_default_dtype() == w.float32


def test_methods_of_rectifiers() -> None:
    assert w.tensor([-1.0, 0.3, 2.0]).hardshrink().tolist() == [-1.0, 0.0, 2.0]
    assert w.tensor([-1.0, 0.3]).hardshrink(0.25).tolist() == [-1.0, np.float32(0.3)]
    assert w.tensor([-1.0, 2.0]).prelu(w.tensor([0.25])).tolist() == [-0.25, 2.0]


def test_linear_writes_into_out() -> None:
    out = w.empty(0)
    assert F.linear(w.ones(2, 3), w.ones(4, 3), w.ones(4), out=out) is out
    assert out.tolist() == [[4.0] * 4] * 2


def test_embedding_with_the_table_first() -> None:
    table = w.arange(6.0).reshape(3, 2).requires_grad_()
    w.embedding(table, w.tensor([[1, 2]]), padding_idx=2).sum().backward()
    assert table.grad.tolist() == [[0, 0], [1, 1], [0, 0]]
    rows = w.embedding(table, w.tensor([[1, 1]]), padding_idx=-2, scale_grad_by_freq=True)
    assert rows.tolist() == [[[2, 3], [2, 3]]]
    table.grad = None
    rows.sum().backward()
    assert table.grad.tolist() == [[0, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    "pool", [F.max_pool1d_with_indices, F.max_pool2d_with_indices, F.max_pool3d_with_indices]
)
def test_a_pool_with_indices(pool: Any) -> None:
    plain = getattr(F, pool.__name__.removesuffix("_with_indices"))
    x = drawn(1, 2, *(4,) * int(plain.__name__[-2]))
    for got, want in zip(pool(x, 2), plain(x, 2, return_indices=True), strict=True):
        assert got.tolist() == want.tolist()
