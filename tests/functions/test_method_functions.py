"""Functions of the top level that are methods: in place, and of what only a tensor knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert.errors import DtypeError, InplaceError, ShapeError

# The function without the underscore is the reference: in place it must be the same.
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "abs_": (),
    "acos_": (),
    "acosh_": (),
    "arccos_": (),
    "arccosh_": (),
    "arcsin_": (),
    "arcsinh_": (),
    "arctan_": (),
    "arctanh_": (),
    "asin_": (),
    "asinh_": (),
    "atan_": (),
    "atanh_": (),
    "ceil_": (),
    "clamp_": (0.1, 0.5),
    "clamp_max_": (0.5,),
    "clamp_min_": (0.5,),
    "clip_": (0.1, 0.5),
    "conj_physical_": (),
    "cos_": (),
    "cosh_": (),
    "deg2rad_": (),
    "erf_": (),
    "erfc_": (),
    "exp2_": (),
    "exp_": (),
    "expm1_": (),
    "fix_": (),
    "floor_": (),
    "frac_": (),
    "i0_": (),
    "index_put_": ((w.tensor([1]),), w.tensor([0.25], dtype="float64")),
    "ldexp_": (w.tensor([2, 1, 0]),),
    "log10_": (),
    "log1p_": (),
    "log2_": (),
    "log_": (),
    "logit_": (0.2,),
    "nan_to_num_": (0.5,),
    "neg_": (),
    "negative_": (),
    "rad2deg_": (),
    "reciprocal_": (),
    "round_": (),
    "rsqrt_": (),
    "sigmoid_": (),
    "sin_": (),
    "sinc_": (),
    "sinh_": (),
    "sqrt_": (),
    "square_": (),
    "tan_": (),
    "tanh_": (),
    "trunc_": (),
    "xlogy_": (w.tensor([2.0, 3.0, 4.0], dtype="float64"),),
}
VALUES = np.array([0.3, 0.45, 0.7])


def values_for(name: str) -> Any:
    return w.from_numpy(VALUES + (1.0 if name in ("acosh_", "arccosh_") else 0.0))


@pytest.mark.parametrize("name", ARGUMENTS)
def test_in_place_functions(name: str) -> None:
    arguments = ARGUMENTS[name]
    x = values_for(name)
    out_of_place, in_place = getattr(w, name.removesuffix("_")), getattr(w, name)
    wanted = out_of_place(x, *arguments)
    written = x.clone()
    assert in_place(written, *arguments) is written
    assert written.tolist() == wanted.tolist()

    def changed(x: Any) -> Any:
        return in_place(x * 1, *arguments).sum()

    def made(x: Any) -> Any:
        return out_of_place(x * 1, *arguments).sum()

    assert w.grad(changed)(x).tolist() == w.grad(made)(x).tolist()
    compiled = w.jit(lambda x: in_place(x * 1, *arguments))(x)
    np.testing.assert_allclose(compiled.numpy(), wanted.numpy(), rtol=1e-14)


def test_in_place_functions_of_other_kinds() -> None:
    n = w.tensor([12, 18])
    assert w.gcd_(n, w.tensor([8, 27])) is n and n.tolist() == [4, 9]
    assert w.lcm_(n, w.tensor([6, 6])).tolist() == [12, 18]
    x = w.zeros(2)
    assert w.addmv_(x, w.eye(2), w.ones(2), beta=2, alpha=3) is x and x.tolist() == [3.0, 3.0]
    y = w.arange(6.0)
    assert w.as_strided_(y, (2, 2), (3, 1)) is y and y.tolist() == [[0.0, 1.0], [3.0, 4.0]]
    assert w.clamp_(input=y, max=3.0).tolist() == [[0.0, 1.0], [3.0, 3.0]]
    z = w.ones(2, requires_grad=True) * 2
    alias = w.detach(z)
    assert z.requires_grad and not alias.requires_grad and alias.data_ptr() == z.data_ptr()
    assert w.detach_(z) is z and not z.requires_grad


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match="exp_: expected a tensor, not float"):
        w.exp_(1.0)
    leaf = w.ones(2, requires_grad=True)
    with pytest.raises(InplaceError, match="leaf that requires grad"):
        w.sqrt_(leaf)
    whole = w.ones(2, dtype="int64")
    with pytest.raises(DtypeError, match="cannot be stored"):
        w.sin_(whole)
    assert leaf.tolist() == [1.0, 1.0] and whole.tolist() == [1, 1]


# ---- dropout ------------------------------------------------------------------------------------

DROPOUTS = {
    "alpha_dropout": "alpha_dropout_",
    "dropout": "dropout_",
    "feature_alpha_dropout": "feature_alpha_dropout_",
    "feature_dropout": "feature_dropout_",
}


@pytest.mark.parametrize(("name", "in_place"), [*DROPOUTS.items()])
def test_dropout_of_the_top_level(name: str, in_place: str) -> None:
    x = w.randn(50, 4, 3, dtype="float64")
    w.manual_seed(1)
    wanted = getattr(w.nn.functional, name)(x, 0.3, True) if hasattr(w.nn.functional, name) else (
        w.nn.functional.dropout2d(x[..., None], 0.3)[..., 0]
    )  # fmt: skip
    w.manual_seed(1)
    assert getattr(w, name)(x, p=0.3, train=True).tolist() == wanted.tolist()
    w.manual_seed(1)
    written = x.clone()
    assert getattr(w, in_place)(written, 0.3, True) is written
    assert written.tolist() == wanted.tolist() != x.tolist()
    assert getattr(w, name)(x, 0.3, False) is x and getattr(w, in_place)(x, 0.3, False) is x
    with pytest.raises(TypeError, match="train"):
        getattr(w, name)(x, 0.3)


def test_native_dropout_tells_what_stays() -> None:
    x = w.randn(400, dtype="float64", requires_grad=True)
    for train in (True, None):
        out, mask = w.native_dropout(x, 0.25, train)
        assert mask.dtype == w.bool_ and 250 < mask.sum() < 350
        assert out.tolist() == pytest.approx((x * mask / 0.75).tolist())
        (slope,) = w.autograd.grad(out.sum(), x)
        assert slope.tolist() == pytest.approx((mask / 0.75).tolist())
    out, mask = w.native_dropout(x, 0.25, False)
    assert out is not x and out.tolist() == x.tolist() and mask.all()
    with pytest.raises(ValueError, match="native_dropout: p=2"):
        w.native_dropout(x, 2.0, True)


# ---- tables -------------------------------------------------------------------------------------

TABLE = w.arange(10, dtype="float64").reshape(5, 2)
INDICES, OFFSETS = w.tensor([1, 0, 3, 4, 4]), w.tensor([0, 2, 2])


@pytest.mark.parametrize("padding", [None, 4])
@pytest.mark.parametrize(("mode", "name"), [(0, "sum"), (1, "mean"), (2, "max")])
def test_embedding_bag_tells_what_it_did(mode: int, name: str, padding: int | None) -> None:
    def values(table: Any) -> Any:
        return w.embedding_bag(table, INDICES, OFFSETS, False, mode, False, None, False, padding)[0]

    def wanted(table: Any) -> Any:
        return w.nn.functional.embedding_bag(
            INDICES, table, OFFSETS, mode=name, padding_idx=padding
        )

    found = w.embedding_bag(
        TABLE, INDICES, OFFSETS, mode=mode, padding_idx=padding, include_last_offset=False
    )
    assert found[0].tolist() == wanted(TABLE).tolist()
    assert found[1].tolist() == [0, 0, 2, 2, 2]
    assert found[2].tolist() == [2, 0, 3 if padding is None else 1]
    rows = [[1, 1], [0, 0], [4, 4] if padding is None else [3, 3]]
    assert found[3].tolist() == (rows if mode == 2 else found[2].tolist())
    assert w.jacrev(values)(TABLE).tolist() == w.jacrev(wanted)(TABLE).tolist()
    assert w.jacfwd(values)(TABLE).tolist() == w.jacrev(wanted)(TABLE).tolist()
    assert w.jit(values)(TABLE).tolist() == wanted(TABLE).tolist()


def test_embedding_bag_at_the_edges() -> None:
    last = w.embedding_bag(
        TABLE, INDICES, w.tensor([0, 2, 2, 5]), mode=0, include_last_offset=True,
        per_sample_weights=w.tensor([1.0, 2, 3, 4, 5], dtype="float64"),
    )  # fmt: skip
    assert last[0].tolist() == [[2.0, 5.0], [0.0, 0.0], [90.0, 102.0]]
    empty = w.embedding_bag(TABLE, INDICES[:0], w.tensor([0, 0]), mode=2)
    assert [part.tolist() for part in empty] == [[[0.0] * 2] * 2, [], [0, 0], [[0, 0], [0, 0]]]
    with pytest.raises(ValueError, match="mode 3; use 0"):
        w.embedding_bag(TABLE, INDICES, OFFSETS, mode=3)
    with pytest.raises(ShapeError, match="needs one axis and offsets"):
        w.embedding_bag(TABLE, INDICES, None)


def test_embedding_renorm() -> None:
    table = w.tensor([[3.0, 4.0], [3.0, 4.0], [0.3, 0.4]], requires_grad=True)
    assert w.embedding_renorm_(table, w.tensor([[1, 2]], dtype="int32"), 2.5) is table
    assert table.tolist() == [
        [3.0, 4.0], pytest.approx([1.5, 2.0]), pytest.approx([0.3, 0.4]),
    ]  # fmt: skip
    assert table.is_leaf and table.requires_grad
    w.embedding_renorm_(table, w.tensor([0]), 1.0, norm_type=1)
    assert table[0].tolist() == pytest.approx([3 / 7, 4 / 7])
    with pytest.raises(IndexError, match="7"):
        w.embedding_renorm_(table, w.tensor([7]), 1.0)
    with pytest.raises(DtypeError, match="row numbers"):
        w.embedding_renorm_(table, w.ones(1), 1.0)
