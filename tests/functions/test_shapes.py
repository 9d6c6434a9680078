"""Views, joining, order, scatter: values by NumPy or the definition, derivatives in every mode."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import wengert as w

from .calls import Call, Calls, check_batch, check_derivatives, check_value, identify

A = np.array([[0.5, -1.5, 2.5, -0.25], [1.25, 0.75, -2.0, 3.0], [-0.5, 1.0, 0.1, -1.0]])
B = A[::-1] * 1.5 + 0.2
V = np.array([0.5, -1.0, 2.0, 0.3, 1.7])
Z = A + 1j * B
CUBE = np.arange(24.0).reshape(2, 3, 4) / 7 - 1
ONE = np.array(1.5)

CALLS = Calls()
case = CALLS.case


def _windows(x: np.ndarray, axis: int, size: int, step: int) -> np.ndarray:
    starts = range(0, x.shape[axis] - size + 1, step)
    parts = [np.moveaxis(x, axis, -1)[..., s : s + size] for s in starts]
    return np.moveaxis(np.stack(parts, -2), -2, axis)


# ---- the same elements --------------------------------------------------------------------------

case("reshape", A, (2, -1), expected=np.array(A.ravel().tolist()).reshape(2, 6))
case("unflatten", A, 1, (2, -1), expected=np.array([[r[:2], r[2:]] for r in A.tolist()]))
case("swapaxes", CUBE, 0, -1, expected=np.einsum("abc->cba", CUBE))
case("swapdims", CUBE, 0, 1, expected=np.einsum("abc->bac", CUBE))
case("moveaxis", CUBE, (0, 1), (2, 0), expected=np.einsum("abc->bca", CUBE))
case("adjoint", Z, expected=(A - 1j * B).T)
case("squeeze", A[None, :, None], (0, 2), expected=A)
case("atleast_1d", ONE, expected=[1.5])
case("atleast_2d", V, expected=[V.tolist()])
case("atleast_3d", V, expected=[[[v] for v in V]])
case("atleast_3d", A, expected=A[..., None])
case("broadcast_tensors", A, V[:1], expected=(A, np.full((3, 4), 0.5)))
case("view_as_real", Z, expected=np.stack([A, B], -1))
case("view_as_complex", np.stack([A, B], -1), expected=Z)

# ---- parts --------------------------------------------------------------------------------------

case("narrow", A, 1, -3, 2, expected=A[:, 1:3])
case("select", CUBE, 1, -1, expected=CUBE[:, 2])
case("split_with_sizes", V, [2, 0, 3], expected=(V[:2], V[2:2], V[2:]))
case("unsafe_split", V, 3, expected=(V[:3], V[3:]))
case("unsafe_split_with_sizes", V, [1, 4], expected=(V[:1], V[1:]))
case("unsafe_chunk", V, 2, expected=(V[:3], V[3:]))
case("tensor_split", V, 3, expected=tuple(np.array_split(V, 3)))
case("tensor_split", V, (1, 4, 3, 9), expected=tuple(np.array_split(V, [1, 4, 3, 9])))
case("hsplit", A, 2, expected=tuple(np.hsplit(A, 2)))
case("hsplit", V, (2,), expected=tuple(np.hsplit(V, [2])))
case("vsplit", A, (1, 1), expected=tuple(np.vsplit(A, [1, 1])))
case("dsplit", CUBE, 2, expected=tuple(np.dsplit(CUBE, 2)))
case("diagonal", A, 1, expected=np.array([A[k, k + 1] for k in range(3)]))
case("diagonal", CUBE, -1, 2, 1, expected=np.stack([CUBE[:, k, k + 1] for k in range(3)], -1))
case("diagonal", A, 4, expected=np.zeros(0), smooth=False)
case("unfold_copy", V, 0, 3, 1, expected=_windows(V, 0, 3, 1))
case("unfold_copy", CUBE, 1, 2, 1, expected=_windows(CUBE, 1, 2, 1))
case("as_strided", A, (2, 3), (3, 2), 1, expected=A.ravel()[1 + np.add.outer([0, 3], [0, 2, 4])])
case("as_strided", A, (3, 3), (1, 1), expected=A.ravel()[np.add.outer(range(3), range(3))])

_SLICED, _SELECTED, _CROSSED, _STRIDED = A.copy(), A.copy(), A.copy(), A.copy()
_SLICED[:, 1:4:2] = B[:, :2]
_SELECTED[:, 1] = V[:3]
_CROSSED[[0, 1, 2], [1, 2, 3]] = V[:3]
_STRIDED.ravel()[[0, 5, 10]] = V[:3]
case("slice_scatter", A, B[:, :2], 1, 1, 4, 2, expected=_SLICED)
case("select_scatter", A, V[:3], 1, 1, expected=_SELECTED)
case("diagonal_scatter", A, V[:3], 1, expected=_CROSSED)
case("as_strided_scatter", A, V[:3], (3,), (5,), expected=_STRIDED)

for _name, _args in {
    "alias": (),
    "detach": (),
    "as_strided": ((2, 2), (1, 3)),
    "diagonal": (),
    "expand": ((2, 3, 4),),
    "narrow": (1, 0, 2),
    "permute": ((1, 0),),
    "select": (0, 1),
    "slice": (1, 1, 3),
    "split": (2,),
    "split_with_sizes": ((1, 2),),
    "squeeze": (),
    "t": (),
    "transpose": (0, 1),
    "unbind": (),
    "unsqueeze": (1,),
    "view": ((4, 3),),
}.items():
    _of: Any = {"alias": lambda x: x, "slice": lambda x, *_: x[:, 1:3]}.get(_name) or (
        lambda x, *args, name=_name: getattr(x, name)(*args)
    )
    _seen = _of(w.from_numpy(A.copy()), *_args)
    case(
        f"{_name}_copy", A, *_args, smooth=_name != "detach",
        expected=tuple(v.numpy() for v in _seen) if isinstance(_seen, tuple) else _seen.numpy(),
    )  # fmt: skip
case("view_as_real_copy", Z, expected=np.stack([A, B], -1))
case("view_as_complex_copy", np.stack([A, B], -1), expected=Z)

# ---- together -----------------------------------------------------------------------------------

case("block_diag", A, V, expected=scipy.linalg.block_diag(A, V))
case("meshgrid", V, A[0], indexing="ij", expected=tuple(np.meshgrid(V, A[0], indexing="ij")))
case("meshgrid", V, A[0], indexing="xy", expected=tuple(np.meshgrid(V, A[0])))
case("cartesian_prod", V, A[0], expected=list(itertools.product(V, A[0])))
case("combinations", V, 3, expected=list(itertools.combinations(V, 3)))
case("combinations", V, 2, True,
     expected=list(itertools.combinations_with_replacement(V, 2)))  # fmt: skip

# ---- order and repetition -----------------------------------------------------------------------

case("fliplr", A, expected=A[:, ::-1])
case("flipud", A, expected=A[::-1])
case("roll", A, 5, expected=np.roll(A, 5))
case("roll", A, (1, -2), (0, 1), expected=np.roll(A, (1, -2), (0, 1)))
for _k in range(-1, 3):
    case("rot90", CUBE, _k, (0, 2), expected=np.rot90(CUBE, _k, (0, 2)))
case("tile", A, (2, 1, 2), expected=np.tile(A, (2, 1, 2)))
case("tile", A, (2,), expected=np.tile(A, 2))
case("repeat_interleave", A, 2, expected=np.repeat(A, 2))
case("repeat_interleave", A, 2, 1, expected=np.repeat(A, 2, 1))
case("tril", A, -1, expected=np.tril(A, -1))
case("triu", CUBE, 1, expected=np.triu(CUBE, 1))
case("diag", A, -1, expected=np.diag(A, -1))
case("diag", V, 1, expected=np.diag(V, 1))
case("diagflat", A, -2, expected=np.diagflat(A, -2))
case("diag_embed", A, 1, expected=np.stack([np.diag(row, 1) for row in A]))
case("diag_embed", A, 0, 0, 2, expected=np.stack([np.diag(row) for row in A], 1))
case("unravel_index", np.array([7, 3]), (2, 4), expected=(np.array([1, 0]), np.array([3, 3])),
     smooth=False)  # fmt: skip

# ---- positions ----------------------------------------------------------------------------------

PLACES = np.array([[1, 0, 2, 1], [2, 2, 0, 1], [1, 0, 1, 1]])
ROWS = np.array([2, 0, 2])
MASK = A > 0


def _scattered(reduce: str, include: bool) -> np.ndarray:
    rules: Any = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}
    out = A.copy()
    for i, j in np.ndindex(3, 4):
        sent = [B[k, j] for k in range(3) if PLACES[k, j] == i]
        if sent:
            out[i, j] = rules[reduce]([A[i, j], *sent] if include else sent)
    return out


for _reduce, _include in itertools.product(["sum", "prod", "mean", "amax", "amin"], [True, False]):
    case("scatter_reduce", A, 0, PLACES, B, _reduce, include_self=_include,
         expected=_scattered(_reduce, _include))  # fmt: skip

_RANKS = np.argsort(A, 0)
_LAST = A.copy()
np.put_along_axis(_LAST, _RANKS, B, 0)
case("scatter", A, 0, _RANKS, B, expected=_LAST)
case("scatter", A, 0, PLACES, B, reduce="add", expected=_scattered("sum", True))
case("scatter", A, 0, PLACES, B, reduce="multiply", expected=_scattered("prod", True))
case("scatter", A, 1, PLACES[:2, :1], value=2.5,
     expected=[[0.5, 2.5, 2.5, -0.25], [1.25, 0.75, 2.5, 3.0], A[2].tolist()])  # fmt: skip
_ADDED, _COPIED, _FILLED, _LARGEST = A.copy(), A.copy(), A.copy(), A.copy()
np.add.at(_ADDED, ROWS, 2 * B)
_COPIED[[2, 0]] = B[1:]
_FILLED[ROWS] = 7.0
np.maximum.at(_LARGEST, ROWS, B)
case("index_add", A, 0, ROWS, B, alpha=2, expected=_ADDED)
case("index_copy", A, 0, np.array([2, 0]), B[1:], expected=_COPIED)
case("index_fill", A, 0, ROWS, ONE * 0 + 7, expected=_FILLED)
case("index_reduce", A, 0, ROWS, B, "amax", expected=_LARGEST)
case("take", A, np.array([[3, -1], [0, 3]]), expected=np.take(A, [[3, -1], [0, 3]]))
_PUT, _SUMMED = A.copy(), A.copy()
np.put(_PUT, [3, -1], V[:2])
np.add.at(_SUMMED.reshape(-1), [3, 3], V[:2])
case("put", A, np.array([3, -1]), V[:2], expected=_PUT)
case("put", A, np.array([3, 3]), V[:2], True, expected=_SUMMED)
_MASKED = A.copy()
_MASKED[MASK] = CUBE.ravel()[: MASK.sum()]
case("masked_scatter", A, MASK, CUBE, expected=_MASKED)
case("fill", A, ONE, expected=np.full_like(A, 1.5))
case("nonzero_static", MASK, size=4, expected=np.argwhere(MASK)[:4], smooth=False)
case("nonzero_static", MASK[0], size=3, expected=[[0], [2], [-1]], smooth=False)


@pytest.mark.parametrize("call", CALLS, ids=identify)
def test_value(call: Call) -> None:
    check_value(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_derivatives(call: Call) -> None:
    check_derivatives(call)


@pytest.mark.parametrize("call", CALLS.smooth(), ids=identify)
def test_batch(call: Call) -> None:
    check_batch(call)


JOINED: dict[str, tuple[Any, Any]] = {
    "cat": (lambda a, b: w.cat([a, b], 1), np.hstack),
    "concatenate": (lambda a, b: w.concatenate([a, b], axis=0), np.vstack),
    "stack": (lambda a, b: w.stack([a, b], -1), np.dstack),
    "hstack": (lambda a, b: w.hstack([a, b]), np.hstack),
    "vstack": (lambda a, b: w.vstack([a, b]), np.vstack),
    "row_stack": (lambda a, b: w.row_stack([a, b]), np.vstack),
    "dstack": (lambda a, b: w.dstack([a, b]), np.dstack),
    "column_stack": (lambda a, b: w.column_stack([a, b]), np.column_stack),
}


@pytest.mark.parametrize("name", JOINED)
def test_joining(name: str) -> None:
    ours, numpys = JOINED[name]
    operands = [w.from_numpy(x.copy()).requires_grad_() for x in (A, B)]
    found = ours(*operands)
    np.testing.assert_array_equal(found.detach().numpy(), numpys([A, B]))
    (found * found).sum().backward()
    for x in operands:
        np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy())


def test_joining_vectors() -> None:
    a, b = w.tensor([1, 2]), w.tensor([3.0, 4.0])
    assert w.hstack([a, b]).tolist() == [1, 2, 3, 4]
    assert w.vstack([a, b]).tolist() == [[1, 2], [3, 4]]
    assert w.column_stack([a, b]).tolist() == [[1, 3], [2, 4]]
    assert w.dstack([a, b]).tolist() == [[[1, 3], [2, 4]]]
    assert w.row_stack([a, b]).dtype == w.float32
    with pytest.raises(w.errors.ShapeError, match="at least one tensor"):
        w.cat([])


def test_broadcasting_shapes() -> None:
    assert w.broadcast_shapes((2, 1), (3,), 1) == (2, 3)
    with pytest.raises(w.errors.ShapeError):
        w.broadcast_shapes((2,), (3,))
    assert w.ones(2, 3).sum_to_size(3).tolist() == [2, 2, 2]
    assert w.ones(2, dtype=bool).sum_to_size(()).dtype == w.int64


def test_repeats_may_be_a_vector() -> None:
    x = w.tensor([1, 2, 3])
    assert x.repeat_interleave(w.tensor([2, 0, 1])).tolist() == [1, 1, 3]
    assert w.repeat_interleave(w.tensor([1, 2])).tolist() == [0, 1, 1]
    assert x[None].repeat_interleave(w.tensor([2]), 1).tolist() == [[1, 1, 2, 2, 3, 3]]
    with pytest.raises(w.errors.ShapeError, match="one for each of 3"):
        x.repeat_interleave(w.tensor([1, 2]))
    f = w.jit(lambda x, n: x.repeat_interleave(n, output_size=4))
    assert f(x, w.tensor([2, 0, 2])).tolist() == [1, 1, 3, 3]
    with pytest.raises(w.errors.DimensionError, match="out of range"):
        f(x, w.tensor([2, 0, 1]))
    counts = w.tensor([[2, 0, 2], [1, 3, 0]])
    for size in (4, None):
        batched = w.vmap(lambda n, size=size: x.repeat_interleave(n, output_size=size))(counts)
        assert batched.tolist() == [[1, 1, 3, 3], [1, 2, 2, 2]]
    with pytest.raises(w.errors.TracedValueError):
        w.vmap(x.repeat_interleave)(w.tensor([[2, 0, 2], [1, 1, 0]]))


def test_positions() -> None:
    x = w.from_numpy(A > 0)
    np.testing.assert_array_equal(w.argwhere(x).numpy(), np.argwhere(A > 0))
    for found, wanted in zip(w.nonzero(x, as_tuple=True), np.nonzero(A > 0), strict=True):
        np.testing.assert_array_equal(found.numpy(), wanted)
    assert w.where(w.tensor(3)) and w.argwhere(w.tensor(3)).shape == (1, 0)


def test_a_product_over_zeros_has_every_derivative() -> None:
    def f(x: Any, src: Any) -> Any:
        return w.scatter_reduce(x, 0, w.tensor([0, 0, 1, 0]), src, "prod").sum()

    x, src = w.tensor([2.0, 3.0]), w.tensor([0.0, 5.0, 4.0, 0.0])
    assert w.grad(f, (0, 1))(x, src)[1].tolist() == [0, 0, 3, 0]
    second = w.hessian(lambda s: f(x, s))(src)
    assert second[0, 3].item() == 10.0 and second[0, 1].item() == 0.0


def test_an_extreme_of_nan_and_infinity() -> None:
    where, src = w.tensor([0, 0, 1]), w.tensor([float("nan"), 1.0, -float("inf")])
    src.requires_grad_()
    found = w.scatter_reduce(w.zeros(2), 0, where, src, "amax", include_self=False)
    assert str(found.tolist()) == "[nan, -inf]"
    found.sum().backward()
    assert src.grad.tolist() == [1, 0, 1]


WRONG: dict[str, Any] = {
    "index_select of -1": lambda x: x.index_select(0, w.tensor([-1])),
    "gather beyond": lambda x: x.gather(0, w.tensor([[3]])),
    "take beyond": lambda x: w.take(x, w.tensor([12])),
    "put beyond": lambda x: x.put_(w.tensor([0, 12]), w.ones(2, dtype=w.float64)),
    "scatter beyond": lambda x: x.scatter_(0, w.tensor([[0], [3]]), 1.0),
    "index_copy beyond": lambda x: x.index_copy_(0, w.tensor([0, 3]), x[:2].clone()),
    "index_fill beyond": lambda x: x.index_fill_(0, w.tensor([0, 3]), 1.0),
    "index_put beyond": lambda x: x.index_put_((w.tensor([0, 3]),), x[:2].clone()),
    "narrow beyond": lambda x: x.narrow(0, 2, 2),
    "select beyond": lambda x: x.select(1, 4),
    "tril of a vector": lambda x: x[0].tril(),
    "uneven hsplit": lambda x: x.hsplit(3),
    "unfold too wide": lambda x: x.unfold(0, 4, 1),
    "as_strided beyond": lambda x: x.as_strided((13,), (1,)),
    "equal dims": lambda x: x.diagonal(0, 1, -1),
    "masked_fill by a number": lambda x: x.masked_fill_(x > 0, 1j),
    "masked_scatter too short": lambda x: x.masked_scatter_(x < 9, x[0].clone()),
    "movedim twice": lambda x: x.movedim((0, 0), (0, 1)),
    "out of another dtype": lambda x: w.gather(x, 0, w.tensor([[0]]), out=w.zeros(1, 1)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused_is_refused_before_anything_is_written(name: str) -> None:
    x = w.from_numpy(A.copy())
    with pytest.raises(w.errors.WengertError):
        WRONG[name](x)
    np.testing.assert_array_equal(x.numpy(), A)


SEPARATE: dict[str, Any] = {
    "cat": lambda x, out: w.cat([x, x], out=out),
    "take": lambda x, out: w.take(x, w.tensor([1, 0]), out=out),
    "gather": lambda x, out: w.gather(x, 0, w.tensor([1, 0]), out=out),
    "index_select": lambda x, out: w.index_select(x, 0, w.tensor([1, 0]), out=out),
    "masked_select": lambda x, out: w.masked_select(x, x > 0, out=out),
}


@pytest.mark.parametrize("name", SEPARATE)
def test_an_out_that_is_read_is_refused(name: str) -> None:
    x = w.tensor([1.0, 2.0])
    for out in (x, x[:], x[1:]):
        with pytest.raises(w.errors.InplaceError, match="operand"):
            SEPARATE[name](x, out)
    assert x.tolist() == [1, 2]


def test_a_copy_of_complex_numbers_is_exact() -> None:
    values = np.array([complex(np.inf, 1), complex(1, np.nan), complex(2, -0.0)])
    found = w.from_numpy(values.copy()).clone()
    assert found.numpy().tobytes() == values.tobytes()
    source = w.from_numpy(values.copy()).requires_grad_()
    w.view_as_real(w.alias_copy(source)).sum().backward()
    assert source.grad.tolist() == [1 + 1j] * 3


def test_joining_nothing_to_nothing_keeps_the_record() -> None:
    x = w.ones(0, dtype=w.float64, requires_grad=True)
    found = w.cat([w.ones(0, dtype=w.bool), x], -1)
    assert (found.shape, found.dtype, found.requires_grad) == ((0,), w.float64, True)
    found.sum().backward()
    assert x.grad.shape == (0,)


def test_an_empty_vector_that_is_joined_stays_on_the_record() -> None:
    x = w.ones(1, requires_grad=True)
    joined = w.cat([x[:0], w.ones(1, 2)], 1)
    assert joined.requires_grad
    assert w.autograd.grad(joined.sum(), x)[0].tolist() == [0]
