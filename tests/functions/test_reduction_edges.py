"""Reductions, order and statistics at the edges: nothing, NaN, ties, dtypes, what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import wengert as w
from wengert import func, return_types

NAN, INF = math.nan, math.inf
EMPTY = w.zeros(0, 3)


def _equal(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found.detach().numpy(), expected)


# ---- nothing ------------------------------------------------------------------------------------

IDENTITIES = {
    "sum": 0.0,
    "prod": 1.0,
    "nansum": 0.0,
    "logsumexp": -INF,
    "mean": NAN,
    "nanmean": NAN,
    "var": NAN,
    "count_nonzero": 0,
    "any": False,
    "all": True,
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_of_nothing_there_is_an_identity(name: str) -> None:
    _equal(getattr(w, name)(EMPTY, 0), np.full(3, IDENTITIES[name]))
    assert tuple(getattr(w, name)(EMPTY, 1).shape) == (0,)


@pytest.mark.parametrize(
    "name", ["amax", "amin", "argmax", "argmin", "max", "min", "median", "mode"]
)
def test_of_nothing_there_is_no_extreme(name: str) -> None:
    with pytest.raises(IndexError, match=name):
        getattr(w, name)(EMPTY, 0)
    found = getattr(w, name)(EMPTY, 1)
    assert tuple((found if isinstance(found, w.Tensor) else found.values).shape) == (0,)


@pytest.mark.parametrize("name", ["max", "min", "amax", "argmax", "aminmax", "quantile"])
def test_of_no_element_there_is_no_extreme(name: str) -> None:
    with pytest.raises(IndexError, match=r"empty|no elements"):
        getattr(w, name)(EMPTY, *[0.5] * (name == "quantile"))


def test_the_median_of_nothing_is_nan() -> None:
    assert math.isnan(EMPTY.median().item())


def test_the_product_of_nothing_has_a_derivative() -> None:
    x = w.zeros(0, requires_grad=True)
    x.prod().backward()
    assert tuple(x.grad.shape) == (0,)


def test_the_integral_over_one_point_is_zero_and_has_a_derivative() -> None:
    for count in (0, 1):
        x = w.ones(3, count, requires_grad=True)
        area = w.trapezoid(x)
        (area.sum() + w.cumulative_trapezoid(x).sum()).backward()
        _equal(area, [0, 0, 0])
        _equal(x.grad, np.zeros((3, count)))


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "cummax", "logcumsumexp"])
def test_running_values_of_nothing(name: str) -> None:
    found = getattr(w, name)(EMPTY, 0)
    assert tuple((found if isinstance(found, w.Tensor) else found.values).shape) == (0, 3)


ZERO_D = [
    "cumsum",
    "cumprod",
    "cummax",
    "logcumsumexp",
    "sort",
    "max",
    "median",
    "mode",
    "kthvalue",
]


@pytest.mark.parametrize("name", ZERO_D)
@pytest.mark.parametrize("dim", [0, -1])
def test_a_number_has_one_axis(name: str, dim: int) -> None:
    x = w.tensor(2.0, requires_grad=True)
    found = getattr(w, name)(x, *[1] * (name == "kthvalue"), dim=dim)
    value = found if isinstance(found, w.Tensor) else found.values
    value.backward()
    assert (value.item(), x.grad.item(), tuple(value.shape)) == (2.0, 1.0, ())


# ---- NaN and ties -------------------------------------------------------------------------------

HOLED = w.tensor([1.0, NAN, 3.0, NAN, 0.0])


@pytest.mark.parametrize(
    ("name", "arguments", "value", "index"),
    [
        ("max", (0,), NAN, 1),
        ("min", (0,), NAN, 1),
        ("median", (0,), NAN, 1),
        ("nanmedian", (0,), 1.0, 0),
        ("kthvalue", (4, 0), NAN, 1),
        ("mode", (0,), 0.0, 4),
    ],
)
def test_where_a_nan_stands(name: str, arguments: Any, value: float, index: int) -> None:
    found = getattr(w, name)(HOLED, *arguments)
    _equal(found.values, value)
    assert found.indices.item() == index


def test_running_extremes_keep_a_nan_and_name_the_last_of_equal_elements() -> None:
    found = HOLED.cummax(0)
    _equal(found.values, [1, NAN, NAN, NAN, NAN])
    _equal(found.indices, [0, 1, 1, 3, 3])
    _equal(w.tensor([1, 2, 2, 1]).cummax(0).indices, [0, 1, 2, 2])
    _equal(w.tensor([1, 2, 2, 1]).cummin(0).indices, [0, 0, 0, 3])


def test_sorting_puts_nan_after_all_numbers() -> None:
    _equal(HOLED.sort().indices, [4, 0, 2, 1, 3])
    _equal(HOLED.sort(descending=True).indices, [1, 3, 2, 0, 4])
    _equal(HOLED.topk(3).values, [NAN, NAN, 3])


def test_quantiles_beside_nan_and_infinities() -> None:
    assert math.isnan(HOLED.quantile(0.5).item())
    assert HOLED.nanquantile(0.5).item() == 1.0
    assert math.isnan(w.tensor([NAN, NAN]).nanquantile(0.5).item())
    assert w.tensor([1.0, INF]).quantile(0.0).item() == 1.0
    assert w.tensor([1.0, INF, INF]).quantile(1.0).item() == INF


def test_the_mode_is_the_least_of_the_most_frequent() -> None:
    found = w.tensor([[3, 1, 1, 3, 3, 1], [2, 2, 5, 5, 5, 0]]).mode(keepdim=True)
    _equal(found.values, [[1], [5]])
    _equal(found.indices, [[5], [4]])


def test_a_nan_sum_does_not_differentiate_what_it_leaves_out() -> None:
    x = w.tensor([4.0, -1.0], requires_grad=True)
    x.sqrt().nansum().backward()
    _equal(x.grad, [0.25, 0.0])


def test_what_a_mask_excludes_has_no_derivative() -> None:
    x = w.tensor([4.0, -1.0, 0.0], requires_grad=True)
    mask = w.tensor([True, False, False])
    w.masked.mean(x.sqrt(), mask=mask).backward()
    _equal(x.grad, [0.25, 0.0, 0.0])


def test_of_an_empty_mask_there_is_no_mean_and_no_derivative() -> None:
    x = w.tensor([[1.0, 2.0], [3.0, 4.0]])
    mask = w.tensor([[True, True], [False, False]])
    value, tangent = func.jvp(lambda x: w.masked.mean(x, 1, mask=mask), (x,), (w.ones(2, 2),))
    _equal(value, [1.5, NAN])
    _equal(tangent, [1.0, 0.0])


def test_the_running_log_sum_of_small_numbers_survives_a_large_one() -> None:
    x = w.tensor([-1000.0, -1000.0, 0.0], dtype="float64", requires_grad=True)
    y = x.logcumsumexp(0)
    np.testing.assert_allclose(y.detach().numpy(), [-1000, -1000 + math.log(2), 0])
    jacobian = func.jacrev(lambda x: x.logcumsumexp(0))(x.detach())
    np.testing.assert_allclose(jacobian.numpy(), [[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]], atol=1e-300)


def test_forward_derivatives_of_a_running_log_sum_are_exact() -> None:
    # PyTorch adds 1e-13 to the sum that it divides by, after a shift by the largest of all.
    x = w.tensor([-9.0, -8.5, 8.0], dtype="float64")
    t = w.tensor([1.0, 0.5, -0.3], dtype="float64")
    weights = np.exp(x.numpy())
    want = np.cumsum(weights * t.numpy()) / np.cumsum(weights)
    found = func.jvp(lambda x: x.logcumsumexp(0), (x,), (t,))[1]
    np.testing.assert_allclose(found.numpy(), want, rtol=1e-14)


def test_infinities_in_a_running_log_sum() -> None:
    x = w.tensor([-INF, -INF, 1.0, INF, 2.0])
    _equal(x.logcumsumexp(0), [-INF, -INF, 1, INF, INF])


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_derivatives_of_products_do_not_divide(zeros: int) -> None:
    values = np.array([2.0, -1.5, 0.5, 3.0, 1.25])
    values[:zeros] = 0.0
    x = w.from_numpy(values)
    hessian = func.hessian(lambda x: x.prod())(x).numpy()
    for i, j in np.ndindex(5, 5):
        want = 0.0 if i == j else math.prod(np.delete(values, [i, j]))
        assert hessian[i, j] == pytest.approx(want)
    running = func.hessian(lambda x: x.cumprod(0)[-1])(x).numpy()
    np.testing.assert_allclose(running, hessian)


def test_a_running_product_keeps_the_order_of_its_factors() -> None:
    # In pairs the large factors would overflow, and 0 * inf would be NaN.
    x = w.tensor([1e-200, 1e-200, 1e200, 1e200], dtype="float64")
    _equal(x.cumprod(0), [1e-200, 0, 0, 0])


# ---- dtypes and shapes --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sum", "prod", "nansum"])
def test_integers_and_bools_add_up_as_int64(name: str) -> None:
    for dtype in ("bool", "uint8", "int32"):
        assert getattr(w.ones(3, dtype=dtype), name)().dtype == w.int64
    assert w.ones(3, dtype="int32").sum(dtype=w.float32).dtype == w.float32


def test_truth_of_bytes_is_a_byte_and_no_axes_are_no_reduction() -> None:
    assert w.ones(3, dtype="uint8").all().dtype == w.uint8
    assert w.ones(3, dtype="int8").all().dtype == w.bool
    _equal(w.tensor([[0, 1]]).any(dim=()), [[False, True]])
    _equal(w.tensor([[0, 1]]).any(dim=None), True)


def test_a_variance_takes_its_arguments_as_in_pytorch() -> None:
    x = w.tensor([[1.0, 2.0], [3.0, 5.0]])
    assert x.var(False).item() == pytest.approx(np.var(x.numpy()))
    _equal(x.var(0, False), np.var(x.numpy(), 0))
    _equal(x.var(0, True, True), np.var(x.numpy(), 0, ddof=1, keepdims=True))
    assert math.isinf(x.var(correction=4).item())


def test_numpys_names_of_parameters() -> None:
    x = w.tensor([[1.0, 2.0], [3.0, 5.0]])
    _equal(x.mean(axis=1, keepdims=True), [[1.5], [4.0]])
    _equal(w.max(x, axis=0).indices, [1, 1])
    _equal(x.cumsum(axis=1), [[1, 3], [3, 8]])
    _equal(w.sum(x, axis=0, out=w.empty(2)), [4, 7])
    with pytest.raises(TypeError, match="give dim or axis"):
        x.sum(dim=0, axis=1)


def test_results_are_named_after_their_function() -> None:
    x = w.tensor([2.0, 1.0])
    for name in ("max", "min", "median", "nanmedian", "mode", "sort", "cummax", "cummin"):
        found = getattr(w, name)(x, 0)
        assert type(found) is getattr(return_types, name)
        assert found._fields == ("values", "indices")
    assert type(x.topk(1)) is return_types.topk
    assert type(x.kthvalue(1)) is return_types.kthvalue
    assert x.aminmax() == return_types.aminmax(min=x.min(), max=x.max())
    mapped = func.vmap(lambda x: x.sort())(w.ones(2, 3))
    assert type(mapped) is return_types.sort
    assert type(w.jit(lambda x: x.max(0))(x)) is return_types.max


def test_out_takes_several_results() -> None:
    x = w.tensor([[3.0, 1.0], [2.0, 5.0]])
    values, indices = w.empty(2), w.empty(0, dtype="int64")
    found = w.max(x, 1, out=(values, indices))
    assert found.values is values
    _equal(values, [3, 5])
    _equal(indices, [0, 1])
    nothing = w.zeros(5, 0, 2)
    assert w.amax(nothing, 2, out=w.zeros(5, 0)).numel() == 0
    with pytest.raises(TypeError, match="aminmax: out must have the dtype float32"):
        w.aminmax(x, out=(w.empty(0), w.empty(0, dtype="float64")))


# ---- positions and distinct values --------------------------------------------------------------


@pytest.mark.parametrize("right", [False, True])
def test_positions_in_sorted_rows(right: bool, rng: np.random.Generator) -> None:
    rows = np.sort(rng.integers(0, 9, (4, 13)), 1)
    values = rng.integers(-1, 11, (4, 6))
    side: Any = "right" if right else "left"
    want = [np.searchsorted(a, b, side) for a, b in zip(rows, values, strict=True)]
    found = w.searchsorted(w.from_numpy(rows), w.from_numpy(values), right=right)
    _equal(found, want)
    shuffled = rng.permutation(13)
    order = np.argsort(rows[:, shuffled], 1, kind="stable")
    again = w.searchsorted(
        w.from_numpy(rows[:, shuffled]), w.from_numpy(values), side=side, sorter=w.from_numpy(order)
    )
    _equal(again, want)
    assert w.bucketize(w.tensor([NAN]), w.tensor([1.0]), out_int32=True).dtype == w.int32
    assert w.searchsorted(w.tensor([1.0, 2.0]), NAN).item() == 2


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_a_number_is_searched_for_as_it_is(dtype: str) -> None:
    ordered = w.tensor([0, 2, 3], dtype=dtype)
    for number, place in ((2.5, 2), (-1, 0), (-0.5, 0), (300, 3), (1e10, 3), (True, 1)):
        assert w.searchsorted(ordered, number).item() == place
        assert w.bucketize(number, ordered).item() == place
    assert w.searchsorted(w.tensor([0, 2**53]), 2**53 + 1).item() == 2


def test_distinct_values() -> None:
    x = w.tensor([[2, 1], [2, 1], [0, 3], [2, 1]])
    values, inverse, counts = x.unique(return_inverse=True, return_counts=True)
    _equal(values, [0, 1, 2, 3])
    _equal(values[inverse], x.numpy())
    _equal(counts, [1, 3, 3, 1])
    lines, inverse, counts = w.unique(x, dim=0, return_inverse=True, return_counts=True)
    _equal(lines, [[0, 3], [2, 1]])
    _equal(inverse, [1, 1, 0, 1])
    _equal(counts, [1, 3])
    lines, inverse, counts = w.unique_consecutive(x, True, True, 0)
    _equal(lines, [[2, 1], [0, 3], [2, 1]])
    _equal(inverse, [0, 0, 1, 2])
    _equal(counts, [2, 1, 1])
    assert w.unique(w.tensor([NAN, NAN])).numel() == 2
    assert tuple(w.unique(w.zeros(0, 3), dim=0).shape) == (0, 3)


def test_equal_elements_keep_their_order() -> None:
    x = w.tensor([2, 5, 2, 5, 2])
    _equal(x.sort().indices, [0, 2, 4, 1, 3])
    _equal(x.sort(descending=True).indices, [1, 3, 0, 2, 4])
    _equal(x.topk(3).indices, [1, 3, 0])
    _equal(x.kthvalue(2).indices, 2)
    _equal(x.median(0).indices, 4)
    _equal(x.unique(sorted=False), [2, 5])


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64"])
@pytest.mark.parametrize("holes", [False, True])
def test_ranks_along_a_long_axis_are_those_of_sorting(
    dtype: str, holes: bool, rng: np.random.Generator
) -> None:
    for distinct, k in ((2, 3), (40, 1), (1000, 30)):
        values = rng.integers(0, min(distinct, 200), (3, 150)).astype(dtype)
        if holes and dtype.startswith("float"):
            values[rng.random(values.shape) < 0.1] = NAN
        x = w.from_numpy(values)
        for descending in (True, False):
            _equal(x.topk(k, 1, descending).indices, x.argsort(1, descending).numpy()[:, :k])
        _equal(x.kthvalue(k).indices, x.argsort(1).numpy()[:, k - 1])
        lines = [sorted(line[~np.isnan(line.astype(float))].tolist()) for line in values]
        want = [line[74] if len(line) == 150 else NAN for line in lines]
        _equal(x.median(1).values, want)


def test_counts() -> None:
    x = w.tensor([3, 0, 3])
    _equal(w.bincount(x, minlength=6), [1, 0, 0, 2, 0, 0])
    weights = w.tensor([0.5, 1.0, 2.0], requires_grad=True)
    (w.bincount(x, weights) * w.arange(4)).sum().backward()
    _equal(weights.grad, [3, 0, 3])
    _equal(func.vmap(w.bincount)(w.tensor([[0, 1], [1, 1]])), [[1, 1], [0, 2]])
    with pytest.raises(ValueError, match=r"need \[2, 3\] bins"):
        func.vmap(w.bincount)(w.tensor([[0, 1], [2, 1]]))
    _equal(func.vmap(lambda x: w.bincount(x, None, 3))(w.tensor([[0, 1], [2, 2]]))[1], [0, 0, 2])
    _equal(w.histc(w.tensor([NAN, 1.0, 9.0]), 2, 0, 2), [0, 1])
    _equal(w.histogram(w.tensor([2.0, 2.0]), 2).bin_edges, [1.5, 2.0, 2.5])


# ---- what is refused ----------------------------------------------------------------------------

X = w.tensor([[1.0, 2.0], [3.0, 4.0]])
COMPLEX = w.tensor([1j])
WHOLE = w.tensor([1, 2])

REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ("mean", (WHOLE,), {}, TypeError, "floating"),
    ("nanmean", (WHOLE,), {}, TypeError, "floating"),
    ("var", (WHOLE,), {}, TypeError, "floating"),
    ("norm", (WHOLE,), {}, TypeError, "floating"),
    ("logcumsumexp", (WHOLE, 0), {}, TypeError, "floating"),
    ("quantile", (WHOLE, 0.5), {}, TypeError, "float32 or float64"),
    ("histogram", (WHOLE, 2), {}, TypeError, "float32 or float64"),
    ("argmax", (WHOLE > 1,), {}, TypeError, "bool"),
    ("topk", (WHOLE > 1, 1), {}, TypeError, "bool"),
    ("median", (WHOLE > 1,), {}, TypeError, "bool"),
    ("cov", (WHOLE > 1,), {}, TypeError, "bool"),
    ("max", (COMPLEX,), {}, TypeError, "order"),
    ("sort", (COMPLEX,), {}, TypeError, "order"),
    ("cummax", (COMPLEX, 0), {}, TypeError, "order"),
    ("nansum", (COMPLEX,), {}, TypeError, "order"),
    ("max", (2, WHOLE), {}, TypeError, "not a tensor"),
    ("sum", (X, 2), {}, IndexError, "out of range"),
    ("sum", (X, (0, -2)), {}, IndexError, "twice"),
    ("topk", (X, 3), {}, IndexError, "k=3"),
    ("kthvalue", (X, 0), {}, IndexError, "k=0"),
    ("quantile", (X, 1.5), {}, ValueError, "between 0 and 1"),
    ("quantile", (X, 0.5), {"interpolation": "cubic"}, ValueError, "cubic"),
    ("quantile", (X, w.tensor(0.5, dtype="float64")), {}, TypeError, "float64"),
    ("norm", (X, "one"), {}, ValueError, "one"),
    ("norm", (X[0], "nuc"), {}, IndexError, "matrix"),
    ("norm", (EMPTY, INF), {}, IndexError, "p=inf"),
    ("norm", (EMPTY, -1, 0), {}, IndexError, "p=-1"),
    ("trapezoid", (X[0, 0],), {}, IndexError, "0 axes"),
    ("renorm", (X[0], 2, 0, 1), {}, IndexError, "2 axes"),
    ("renorm", (X, -1, 0, 1), {}, ValueError, "positive"),
    ("diff", (X[0, 0],), {}, IndexError, "0 axes"),
    ("diff", (X, -1), {}, ValueError, "negative"),
    ("diff", (X,), {"prepend": X[0]}, ValueError, "2 axes"),
    ("trapezoid", (X, X), {"dx": 1.0}, TypeError, "not both"),
    ("trapezoid", (X, w.ones(3)), {}, ValueError, "3 points"),
    ("gradient", (X,), {"edge_order": 3}, ValueError, "edge_order"),
    ("gradient", (X,), {"edge_order": 2}, ValueError, "at least 3"),
    ("gradient", (X,), {"spacing": [1.0]}, ValueError, "1 spacings"),
    ("searchsorted", (X, w.ones(3, 1)), {}, ValueError, "does not fit"),
    ("searchsorted", (X[0], X), {"right": True, "side": "left"}, ValueError, "contradict"),
    ("searchsorted", (X[0], X), {"side": "up"}, ValueError, "side='up'"),
    ("bucketize", (X, X), {}, ValueError, "vector"),
    ("bincount", (w.tensor([-1]),), {}, ValueError, "negative"),
    ("bincount", (X,), {}, ValueError, "vector of integers"),
    ("bincount", (WHOLE, w.ones(3)), {}, ValueError, "one for each"),
    ("histc", (X, 0), {}, ValueError, "positive"),
    ("histc", (X, 2, 1, 0), {}, ValueError, "ends before"),
    ("histc", (w.tensor([INF]),), {}, ValueError, "finite"),
    ("histogramdd", (X, [1]), {}, ValueError, "2 coordinates"),
    ("cov", (w.ones(1, 1, 1),), {}, ValueError, "2 axes"),
    ("cov", (X,), {"fweights": w.tensor([1, -1])}, ValueError, "negative"),
    ("cov", (X,), {"aweights": w.ones(3)}, ValueError, "2 weights"),
    ("_segment_reduce", (X, "sum"), {"lengths": WHOLE}, ValueError, "do not add up"),
    ("_segment_reduce", (X, "sum"), {}, TypeError, "lengths or offsets"),
    ("_segment_reduce", (X, "any"), {"lengths": WHOLE}, ValueError, "any"),
    ("masked.sum", (X,), {"mask": WHOLE}, TypeError, "bool"),
    ("masked.sum", (X,), {"mask": w.ones(3, dtype=w.bool)}, ValueError, "do not broadcast"),
]


@pytest.mark.parametrize(
    ("name", "arguments", "options", "kind", "words"), REFUSED, ids=lambda value: str(value)[:30]
)
def test_what_is_refused(
    name: str, arguments: Any, options: Any, kind: type[Exception], words: str
) -> None:
    function: Any = w
    for part in name.split("."):
        function = getattr(function, part)
    with pytest.raises(kind, match=words):
        function(*arguments, **options)


def test_distinct_values_are_not_known_in_a_trace() -> None:
    with pytest.raises(RuntimeError, match="distinct values"):
        w.jit(lambda x: x.unique())(X)
    with pytest.raises(RuntimeError, match="distinct values"):
        func.vmap(lambda x: x.unique())(X)
