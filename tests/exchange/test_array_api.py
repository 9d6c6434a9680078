"""The array API namespace beside a strict implementation of the standard: signatures and values."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from operator import attrgetter
from types import ModuleType
from typing import Any

import array_api_strict as strict
import numpy
import pytest

import wengert
from wengert import array_api

NOT_OF_THE_STANDARD = {
    "get_array_api_strict_flags",
    "reset_array_api_strict_flags",
    "set_array_api_strict_flags",
    "requires_api_version",
    "requires_extension",
    "normalize_axis_tuple",
    "device_supports_dtype",
    "NamedTuple",
    "ArrayAPIStrictFlags",
}


def functions(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and name not in NOT_OF_THE_STANDARD
    ]


PLACES = [
    (ours, theirs, name)
    for ours, theirs in (
        (array_api, strict),
        (array_api.linalg, strict.linalg),
        (array_api.fft, strict.fft),
    )
    for name in functions(theirs)
    if theirs is strict or name in theirs.__all__
]


@pytest.mark.parametrize(
    ("ours", "theirs", "name"), PLACES, ids=lambda v: getattr(v, "__name__", v)
)
def test_the_signature_is_the_standard_s(ours: Any, theirs: Any, name: str) -> None:
    found = inspect.signature(getattr(ours, name)).parameters.values()
    wanted = inspect.signature(getattr(theirs, name)).parameters.values()
    assert [(p.name, p.kind) for p in found] == [(p.name, p.kind) for p in wanted]
    for p, q in zip(found, wanted, strict=True):
        if p.name not in ("device", "copy"):
            assert p.default == q.default, p.name


def test_constants_and_dtypes() -> None:
    for name in ("e", "pi", "inf", "newaxis"):
        assert getattr(array_api, name) == getattr(numpy, name)
    assert array_api.nan != array_api.nan
    for name, dtype in strict.__array_namespace_info__().dtypes().items():
        assert array_api.__array_namespace_info__().dtypes()[name].name == str(dtype).split(".")[-1]
    assert wengert.ones(1).__array_namespace__() is array_api
    assert wengert.ones(1).__array_namespace__(api_version="2023.12") is array_api
    with pytest.raises(ValueError, match=r"2030\.01"):
        wengert.ones(1).__array_namespace__(api_version="2030.01")


Call = Callable[[Any, Callable[[Any], Any]], Any]
R = numpy.random.default_rng(7)
M = R.standard_normal((3, 4))
POSITIVE = M * M + 0.5
SQUARE = R.standard_normal((2, 3, 3)) + 4 * numpy.eye(3)
SYMMETRIC = SQUARE + SQUARE.swapaxes(-1, -2)
WHOLE = R.integers(-9, 9, (3, 4))
TRUTH = R.random((3, 4)) < 0.5
COLUMN = numpy.array([[0], [1], [3]])
COMPLEX = M + 1j * R.standard_normal((3, 4))

UNARY = (
    "abs asin asinh atan atanh ceil cos cosh exp expm1 floor isfinite isinf isnan log1p negative "
    "positive round sign signbit sin sinh square tan tanh trunc reciprocal"
)
BINARY = (
    "add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal "
    "logaddexp maximum minimum multiply nextafter not_equal remainder subtract"
)
MIXED = "add multiply maximum greater less equal bitwise_or bitwise_xor floor_divide"
WHOLES = "bitwise_and bitwise_or bitwise_xor floor_divide remainder add multiply subtract maximum"
TRUTHS = "logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor equal not_equal"


def each(what: str, names: str, call: Callable[[Any, Any], Any]) -> dict[str, Call]:
    """A call of each of some functions."""
    return {
        f"{name} {what}": lambda x, a, name=name: call(attrgetter(name)(x), a)
        for name in names.split()
    }


def over(axis: Any, keep: bool) -> dict[str, Call]:
    """A call of each reduction over some axes."""
    names = "sum prod max min mean" + " var std" * (axis != ())
    what = f"over {axis}{' kept' * keep}"
    return each(what, names, lambda f, a: f(a(POSITIVE), axis=axis, keepdims=keep))


REDUCTIONS: dict[str, Call] = {}
for axis in (None, 0, -1, (0, 1), ()):
    REDUCTIONS |= over(axis, False) | over(axis, True)

CALLS: dict[str, Call] = {
    **REDUCTIONS,
    **each("of floats", UNARY, lambda f, a: f(a(M / 4))),
    **each("of two floats", BINARY, lambda f, a: f(a(M), a(M[::-1] * 2))),
    **each("of a number", BINARY.replace("nextafter ", ""), lambda f, a: f(a(M), 2.0)),
    **each("of no axes", BINARY, lambda f, a: f(a(M.astype("float32")), a(numpy.array(0.3)))),
    **each(
        "no axes first", MIXED, lambda f, a: f(a(numpy.array(-3)), a(abs(WHOLE).astype("uint8")))
    ),
    **each("of wholes", WHOLES, lambda f, a: f(a(WHOLE), a(WHOLE[::-1] * 2 + 1))),
    **each("of truths", TRUTHS, lambda f, a: f(a(TRUTH), a(TRUTH[::-1]))),
    **each(
        "of wholes alone",
        "abs ceil floor trunc round sign square negative bitwise_invert",
        lambda f, a: f(a(WHOLE)),
    ),
    **each(
        "of complex",
        "abs conj imag real exp sin tanh sqrt log sign isfinite round",
        lambda f, a: f(a(COMPLEX * 3)),
    ),
    **each("of positive", "log log2 log10 sqrt", lambda f, a: f(a(POSITIVE))),
    **each(
        "ortho",
        "fft.fft fft.ifft fft.hfft fft.irfft",
        lambda f, a: f(a(COMPLEX), axis=0, norm="ortho"),
    ),
    **each("padded", "fft.rfft fft.ihfft", lambda f, a: f(a(M), n=6)),
    **each(
        "of all",
        "fft.fftn fft.ifftn fft.irfftn fft.fftshift fft.ifftshift",
        lambda f, a: f(a(COMPLEX)),
    ),
    "acos": lambda x, a: x.acos(a(M / 9)),
    "acosh": lambda x, a: x.acosh(a(POSITIVE + 1)),
    "pow": lambda x, a: x.pow(a(POSITIVE), a(M)),
    "left shift": lambda x, a: x.bitwise_left_shift(a(abs(WHOLE)), 2),
    "right shift": lambda x, a: x.bitwise_right_shift(a(WHOLE), a(abs(WHOLE) % 3)),
    "logical_not": lambda x, a: x.logical_not(a(TRUTH)),
    "clip": lambda x, a: x.clip(a(M), -0.5, a(POSITIVE[0])),
    "clip of wholes": lambda x, a: x.clip(a(WHOLE), max=3),
    "arange": lambda x, a: x.arange(2, 11, 3),
    "arange down": lambda x, a: x.arange(5, -3, -2, dtype=x.float64),
    "empty arange": lambda x, a: x.arange(3, 1),
    "linspace": lambda x, a: x.linspace(0, 2, 5, dtype=x.float64, endpoint=False),
    "eye": lambda x, a: x.eye(3, 4, k=-1, dtype=x.float64),
    "full": lambda x, a: x.full((2, 3), 7),
    "full_like": lambda x, a: x.full_like(a(M), 7),
    "zeros": lambda x, a: x.zeros(3, dtype=x.int32),
    "ones_like": lambda x, a: x.ones_like(a(WHOLE)),
    "tril": lambda x, a: x.tril(a(SQUARE), k=1),
    "triu": lambda x, a: x.triu(a(SQUARE), k=-1),
    "meshgrid": lambda x, a: x.meshgrid(a(M[0]), a(M[:, 0])),
    "meshgrid ij": lambda x, a: x.meshgrid(a(M[0]), a(M[:, 0]), indexing="ij"),
    "astype": lambda x, a: x.astype(a(WHOLE), x.float64),
    "concat": lambda x, a: x.concat([a(M), a(M)], axis=1),
    "concat flat": lambda x, a: x.concat([a(M), a(M[0])], axis=None),
    "expand_dims": lambda x, a: x.expand_dims(a(M), -1),
    "flip": lambda x, a: x.flip(a(M)),
    "flip one": lambda x, a: x.flip(a(M), axis=-1),
    "moveaxis": lambda x, a: x.moveaxis(a(SQUARE), (0, 1), (2, 0)),
    "permute_dims": lambda x, a: x.permute_dims(a(SQUARE), (2, 0, 1)),
    "repeat": lambda x, a: x.repeat(a(M), 2, axis=1),
    "repeat flat": lambda x, a: x.repeat(a(M), 2),
    "repeat by tensor": lambda x, a: x.repeat(a(M), a(numpy.array([1, 0, 2])), axis=0),
    "reshape": lambda x, a: x.reshape(a(M), (2, -1)),
    "roll": lambda x, a: x.roll(a(M), 2, axis=-1),
    "roll flat": lambda x, a: x.roll(a(M), 5),
    "roll two": lambda x, a: x.roll(a(M), (1, 2), axis=(0, 1)),
    "squeeze": lambda x, a: x.squeeze(a(M[None, :, None]), (0, 2)),
    "stack": lambda x, a: x.stack([a(M), a(M)], axis=-1),
    "tile": lambda x, a: x.tile(a(M), (2, 1, 2)),
    "unstack": lambda x, a: x.unstack(a(M), axis=1),
    "broadcast_to": lambda x, a: x.broadcast_to(a(M), (2, 3, 4)),
    "broadcast_arrays": lambda x, a: x.broadcast_arrays(a(M), a(M[0])),
    "take": lambda x, a: x.take(a(M), a(numpy.array([0, 2, 2])), axis=1),
    "take_along_axis": lambda x, a: x.take_along_axis(a(M), a(COLUMN), axis=1),
    "sum of wholes": lambda x, a: x.sum(a(WHOLE.astype("int8")), axis=0),
    "prod of unsigned": lambda x, a: x.prod(a(abs(WHOLE).astype("uint8") % 3), axis=0),
    "sum in a dtype": lambda x, a: x.sum(a(WHOLE), dtype=x.float64),
    "var corrected": lambda x, a: x.var(a(M), correction=1),
    "cumulative_sum": lambda x, a: x.cumulative_sum(a(M), axis=1, include_initial=True),
    "cumulative_prod": lambda x, a: x.cumulative_prod(a(M[0])),
    "all": lambda x, a: x.all(a(TRUTH), axis=0),
    "any kept": lambda x, a: x.any(a(TRUTH), axis=(0, 1), keepdims=True),
    "count_nonzero": lambda x, a: x.count_nonzero(a(WHOLE), axis=1),
    "diff": lambda x, a: x.diff(a(M), n=2, axis=1, prepend=a(M[:, :1])),
    "argmax": lambda x, a: x.argmax(a(M), axis=1),
    "argmin all": lambda x, a: x.argmin(a(M)),
    "argmax kept": lambda x, a: x.argmax(a(M), axis=0, keepdims=True),
    "nonzero": lambda x, a: x.nonzero(a(WHOLE % 3)),
    "searchsorted": lambda x, a: x.searchsorted(a(numpy.sort(M[0])), a(M[1]), side="right"),
    "where": lambda x, a: x.where(a(TRUTH), a(M), a(WHOLE[0].astype("float64"))),
    "where of no axes": lambda x, a: x.where(a(TRUTH), a(M.astype("float32")), a(numpy.array(0.3))),
    "where of a number": lambda x, a: x.where(a(TRUTH), a(M.astype("float32")), 0.3),
    "sort": lambda x, a: x.sort(a(M), axis=0, descending=True),
    "argsort stable": lambda x, a: x.argsort(a(WHOLE % 3), axis=1),
    "argsort down": lambda x, a: x.argsort(a(WHOLE % 3), descending=True),
    "unique_all": lambda x, a: x.unique_all(a(WHOLE)),
    "unique_counts": lambda x, a: x.unique_counts(a(WHOLE)),
    "unique_inverse": lambda x, a: x.unique_inverse(a(WHOLE)),
    "unique_values": lambda x, a: x.unique_values(a(WHOLE)),
    "matmul": lambda x, a: x.matmul(a(SQUARE), a(SQUARE[0])),
    "matmul of vectors": lambda x, a: x.matmul(a(M[0]), a(M[1])),
    "matrix_transpose": lambda x, a: x.matrix_transpose(a(SQUARE)),
    "tensordot": lambda x, a: x.tensordot(a(SQUARE), a(SQUARE), axes=([1, 2], [2, 1])),
    "tensordot of no axes": lambda x, a: x.tensordot(
        a(M.astype("float32")), a(numpy.array(0.3)), axes=0
    ),
    "vecdot": lambda x, a: x.vecdot(a(COMPLEX), a(COMPLEX[::-1]), axis=-2),
    "cholesky": lambda x, a: x.linalg.cholesky(a(SYMMETRIC)),
    "cholesky upper": lambda x, a: x.linalg.cholesky(a(SYMMETRIC), upper=True),
    "cross": lambda x, a: x.linalg.cross(a(SQUARE), a(SQUARE[::-1]), axis=-2),
    "cross of a vector": lambda x, a: x.linalg.cross(a(SQUARE), a(M[0, :3])),
    "det": lambda x, a: x.linalg.det(a(SQUARE)),
    "diagonal": lambda x, a: x.linalg.diagonal(a(SQUARE), offset=1),
    "eigvalsh": lambda x, a: x.linalg.eigvalsh(a(SYMMETRIC)),
    "eigh": lambda x, a: x.linalg.eigh(a(SYMMETRIC)).eigenvalues,
    "inv": lambda x, a: x.linalg.inv(a(SQUARE)),
    "matrix_norm": lambda x, a: x.linalg.matrix_norm(a(SQUARE), ord=2, keepdims=True),
    "matrix_power": lambda x, a: x.linalg.matrix_power(a(SQUARE), -2),
    "matrix_rank": lambda x, a: x.linalg.matrix_rank(a(SQUARE)),
    "outer": lambda x, a: x.linalg.outer(a(M[0]), a(M[1])),
    "pinv": lambda x, a: x.linalg.pinv(a(M)),
    "qr": lambda x, a: x.abs(x.linalg.qr(a(M)).R),
    "slogdet": lambda x, a: x.linalg.slogdet(a(SQUARE)),
    "solve": lambda x, a: x.linalg.solve(a(SQUARE), a(M[:, :2])),
    "solve for a vector": lambda x, a: x.linalg.solve(a(SQUARE), a(M[:, 0])),
    "solve in two dtypes": lambda x, a: x.linalg.solve(a(SQUARE.astype("float32")), a(M[:, :2])),
    "svdvals": lambda x, a: x.linalg.svdvals(a(M)),
    "svd": lambda x, a: x.linalg.svd(a(M), full_matrices=False).S,
    "trace": lambda x, a: x.linalg.trace(a(SQUARE), offset=-1),
    "vector_norm": lambda x, a: x.linalg.vector_norm(a(SQUARE), axis=(0, 2), ord=3),
    "vector_norm of all": lambda x, a: x.linalg.vector_norm(a(M)),
    "fft rfftn": lambda x, a: x.fft.rfftn(a(M), axes=(1, 0)),
    "fftfreq": lambda x, a: x.fft.fftfreq(5, d=0.5, dtype=x.float64),
    "rfftfreq": lambda x, a: x.fft.rfftfreq(6, dtype=x.float64),
}


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


@pytest.mark.parametrize("name", CALLS)
def test_a_call_means_what_the_standard_says(name: str) -> None:
    found = listed(CALLS[name](array_api, array_api.asarray))
    wanted = listed(CALLS[name](strict, strict.asarray))
    assert len(found) == len(wanted)
    for got, want in zip(found, wanted, strict=True):
        expected = numpy.asarray(want)
        assert got.shape == expected.shape
        assert got.dtype == expected.dtype
        numpy.testing.assert_allclose(got.numpy(), expected, rtol=1e-10, atol=1e-12)


def test_dtype_functions() -> None:
    assert array_api.finfo(array_api.float64).eps == 2.0**-52
    assert array_api.finfo(array_api.complex64).dtype == array_api.float32
    assert array_api.iinfo(wengert.ones(1, dtype="uint16")).max == 65535
    assert array_api.isdtype(array_api.uint64, "unsigned integer")
    assert not array_api.isdtype(array_api.bool, "numeric")
    with pytest.raises(ValueError, match="'float' is no kind"):
        array_api.isdtype(array_api.float32, "float")
    assert array_api.can_cast(array_api.int8, array_api.int16)
    assert not array_api.can_cast(array_api.int64, array_api.uint64)
    assert array_api.result_type(wengert.ones(1), array_api.float64) == array_api.float64
    assert array_api.result_type(array_api.int8, 3) == array_api.int8
    with pytest.raises(ValueError, match="at least one tensor or dtype"):
        array_api.result_type(1, 2.0)


def test_an_empty_range_has_the_dtype_of_its_arguments() -> None:
    assert array_api.arange(0, 0.0).dtype == array_api.float32
    assert array_api.arange(3, 1, 0.5).dtype == array_api.float32
    assert array_api.arange(3, 1).dtype == array_api.int64
    for step in (-(2**63), 2**63 - 1):
        assert array_api.arange(0, step=step).shape == (0,)


def test_a_diagonal_may_lie_far_outside_of_the_matrix() -> None:
    for k in (-(2**70), -3, 4, 2**70):
        assert not array_api.eye(3, 4, k=k).any()


@pytest.mark.parametrize("name", ["all", "any"])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "complex128"])
def test_truths_are_bools(name: str, dtype: str) -> None:
    x = array_api.ones((2, 3), dtype=dtype)
    for axis in (None, 1, (0, 1), ()):
        assert getattr(array_api, name)(x, axis=axis).dtype == array_api.bool


def test_counts_of_repetitions_may_be_unsigned() -> None:
    counts = array_api.asarray([2, 0, 1], dtype=array_api.uint64)
    assert array_api.repeat(array_api.asarray([5, 6, 7]), counts).tolist() == [5, 5, 7]


@pytest.mark.parametrize("keepdims", [False, True])
def test_a_norm_over_no_axes_is_that_of_each_number(keepdims: bool) -> None:
    for ord in (1, 2, 3.5, -1, numpy.inf):
        found = array_api.linalg.vector_norm(
            array_api.asarray(COMPLEX), axis=(), keepdims=keepdims, ord=ord
        )
        numpy.testing.assert_allclose(found.numpy(), abs(COMPLEX), rtol=1e-14)


def test_cross_takes_vectors_of_three_numbers_only() -> None:
    with pytest.raises(wengert.errors.ShapeError, match=r"\(3, 1\)"):
        array_api.linalg.cross(array_api.ones((3, 1)), array_api.ones(3))


def test_the_arguments_of_dlpack_are_the_standard_s() -> None:
    found = inspect.signature(wengert.ones(2).__dlpack__).parameters
    assert list(found) == ["stream", "max_version", "dl_device", "copy"]
    with pytest.raises(BufferError):
        wengert.ones(2).__dlpack__(dl_device=(2, 0))


def test_copies_are_made_only_where_asked() -> None:
    array = numpy.zeros(3)
    x = array_api.asarray(array)
    array[0] = 1
    assert x[0].item() == 1
    assert array_api.asarray(x) is x
    assert array_api.asarray(x, copy=True) is not x
    with pytest.raises(ValueError, match="without a copy"):
        array_api.asarray(x, dtype=array_api.float32, copy=False)
    with pytest.raises(ValueError, match="cannot be shared"):
        array_api.asarray([1.0], copy=False)
    assert array_api.reshape(x, (3, 1), copy=True).numpy().base is not array


def test_gradients_go_through_the_namespace() -> None:
    x = wengert.ones(2, 3, requires_grad=True)
    xp = x.__array_namespace__()
    xp.sum(xp.exp(x) * xp.concat([x[:1], x[1:]], axis=0)).backward()
    numpy.testing.assert_allclose(x.grad.numpy(), numpy.full((2, 3), 2 * numpy.e), rtol=1e-6)


@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal", "equal"])
def test_a_number_beyond_the_dtype_is_compared_as_it_is(name: str) -> None:
    """By the standard's functions, NumPy's, and its scalars on either side."""
    x, plain = (
        wengert.tensor([0, 44, 255], dtype=wengert.uint8),
        numpy.array([0, 44, 255], numpy.uint8),
    )
    compare = getattr(numpy, name)
    for number in (300, -1, 44):
        known, swapped = compare(plain, number).tolist(), compare(number, plain).tolist()
        assert getattr(wengert.array_api, name)(x, number).tolist() == known
        assert compare(x, number).tolist() == known
        assert compare(x, numpy.int64(number)).tolist() == known
        assert compare(numpy.int64(number), x).tolist() == swapped
        out = wengert.empty(3, dtype=wengert.bool)
        assert compare(x, number, out=out) is out
        assert out.tolist() == known
        compare(number, x, out=out)
        assert out.tolist() == swapped
    assert (numpy.int64(300) == x).tolist() == [False] * 3


@pytest.mark.parametrize("bad", ["a", None, [0, 44, 255]])
def test_what_is_no_number_is_not_compared(bad: object) -> None:
    x = wengert.tensor([0, 44, 255])
    for compare in (numpy.equal, numpy.not_equal, numpy.less, array_api.equal, array_api.less):
        with pytest.raises(TypeError):
            compare(x, bad)
