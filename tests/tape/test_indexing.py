"""x[...] and x[...] = y in every form, against NumPy's rules, with gradients by counting.

NumPy's own indexing is the definition here (PyTorch follows it); the gradient of x[index] by x
counts how often each element was taken.
"""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import wengert
from wengert import tensor

from .test_backward import leaf

X = numpy.arange(60.0).reshape(3, 4, 5)
I = numpy.array  # noqa: E741

INDICES: dict[str, Any] = {
    "integer": 1,
    "negative integer": -1,
    "integers": (1, 2, 3),
    "slice": slice(1, 3),
    "slice with a step": (slice(None), slice(None, None, 2)),
    "empty slice": slice(2, 1),
    "slice beyond the end": slice(1, 99),
    "negative bounds": (slice(-2, None), slice(None, -1)),
    "ellipsis": (..., 2),
    "ellipsis in the middle": (1, ..., 2),
    "ellipsis that stands for nothing": (1, ..., 2, 3),
    "nothing": (),
    "everything": ...,
    "new axis": None,
    "new axes": (None, slice(None), None, 1),
    "list": [2, 0],
    "array": I([0, 2, 2]),
    "negative array": I([-1, 0]),
    "array in the second axis": (slice(None), I([3, 0])),
    "array with two axes": I([[0, 1], [2, 0]]),
    "two arrays": (I([0, 2]), I([1, 3])),
    "two arrays that broadcast": (I([[0], [2]]), I([1, 3])),
    "two arrays with an axis between": (I([0, 2]), slice(None), I([1, 4])),
    "arrays after a slice": (slice(None), I([0, 3]), I([1, 4])),
    "integer and array": (1, I([3, 0])),
    "array and integer": (I([0, 1]), 2),
    "array, slice, integer": (I([0, 1]), slice(1, 3), 2),
    "array and new axis": (None, I([0, 1])),
    "array beside a new axis": (I([0, 1]), None, I([1, 2])),
    "array and ellipsis": (I([0, 1]), ..., I([1, 2])),
    "0-d array": I(1),
    "empty array": I([], dtype="int64"),
    "small integers": I([1, 2], dtype="int8"),
    "mask": X > 30,
    "mask of the first axis": I([True, False, True]),
    "mask of the first two axes": X[:, :, 0] > 20,
    "mask in the last axis": (..., I([True, False, True, False, True])),
    "mask and integer": (I([True, False, True]), 2),
    "mask and array": (I([True, False, True]), I([1, 2])),
    "mask of nothing": numpy.zeros((3, 4, 5), bool),
    "0-d mask": I(True),
    "true": True,
    "false": False,
    "range": range(2),
}


def ours(index: Any) -> Any:
    """The index with arrays as tensors."""
    if isinstance(index, tuple):
        return tuple(ours(part) for part in index)
    return tensor(index) if isinstance(index, numpy.ndarray) else index


def theirs(index: Any) -> Any:
    """The index as NumPy takes it."""
    if isinstance(index, tuple):
        return tuple(theirs(part) for part in index)
    return list(index) if isinstance(index, range) else index


@pytest.mark.parametrize("name", INDICES)
def test_reading(name: str) -> None:
    index = INDICES[name]
    expected = X[theirs(index)]
    found = wengert.from_numpy(X)[ours(index)]
    assert found.shape == expected.shape
    numpy.testing.assert_array_equal(found.numpy(), expected)
    plain = wengert.from_numpy(X)[index]  # NumPy arrays as they are
    numpy.testing.assert_array_equal(plain.numpy(), expected)


def test_an_integer_is_applied_before_arrays() -> None:
    # As in PyTorch; for NumPy the integer is one more array, and x[1, :, [0, 4, 4]] is (3, 4).
    x = wengert.from_numpy(X.copy())
    index = (1, slice(None), tensor([0, 4, 4]))
    numpy.testing.assert_array_equal(x[index].numpy(), X[1][:, [0, 4, 4]])
    x[index] = -1.0
    expected = X.copy()
    expected[1][:, [0, 4]] = -1
    numpy.testing.assert_array_equal(x.numpy(), expected)


@pytest.mark.parametrize("name", INDICES)
def test_gradient_of_reading_counts(name: str) -> None:
    index = INDICES[name]
    x = wengert.from_numpy(X).requires_grad_()
    weights = numpy.arange(1.0, X[theirs(index)].size + 1).reshape(X[theirs(index)].shape)
    (x[ours(index)] * wengert.from_numpy(weights)).sum().backward()
    expected = numpy.zeros_like(X)
    numpy.add.at(expected, theirs(index), weights)
    numpy.testing.assert_array_equal(x.grad.numpy(), expected)


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("kind", ["number", "full", "broadcast"])
def test_writing(name: str, kind: str) -> None:
    index = INDICES[name]
    expected = X.copy()
    place = expected[theirs(index)]
    value: Any = -1.5
    if kind == "full":
        value = -numpy.arange(1.0, place.size + 1).reshape(place.shape)
    if kind == "broadcast":
        value = -numpy.arange(1.0, (place.shape or (1,))[-1] + 1)
        if not place.ndim:
            value = value[0]
    expected[theirs(index)] = value
    x = wengert.from_numpy(X.copy())
    x[ours(index)] = value if isinstance(value, float) else wengert.tensor(value)
    numpy.testing.assert_array_equal(x.numpy(), expected)


# Where an index repeats a place, which value stays is not defined: those are left out.
UNIQUE = [name for name in INDICES if name not in ("array", "array with two axes")]


@pytest.mark.parametrize("name", UNIQUE)
def test_gradients_of_writing(name: str) -> None:
    index = INDICES[name]
    x = leaf(*X.ravel().tolist())
    place = X[theirs(index)]
    value = wengert.zeros(*place.shape, dtype="float64", requires_grad=True)
    base = x.reshape(X.shape) * 1
    base[ours(index)] = value
    weights = X + 1
    (base * wengert.from_numpy(weights)).sum().backward()
    kept = weights.copy()
    kept[theirs(index)] = 0
    # Nothing arrives where everything, or nothing, was overwritten.
    old = numpy.zeros(X.size) if x.grad is None else x.grad.numpy()
    new = numpy.zeros(place.shape) if value.grad is None else value.grad.numpy()
    numpy.testing.assert_array_equal(old, kept.ravel())
    numpy.testing.assert_array_equal(new, weights[theirs(index)])


@pytest.mark.parametrize(
    "name", ["integer", "slice", "slice with a step", "ellipsis", "new axis", "nothing"]
)
def test_basic_indexing_gives_views(name: str) -> None:
    x = wengert.from_numpy(X.copy())
    v = x[INDICES[name]]
    v.fill_(-1.0)
    expected = X.copy()
    expected[INDICES[name]] = -1
    numpy.testing.assert_array_equal(x.numpy(), expected)


@pytest.mark.parametrize("name", ["array", "mask", "list", "two arrays"])
def test_advanced_indexing_gives_copies(name: str) -> None:
    x = wengert.from_numpy(X.copy())
    x[ours(INDICES[name])].fill_(-1.0)
    numpy.testing.assert_array_equal(x.numpy(), X)


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (3, "index: 3 is out of range for dim 0 with 3 elements."),
        (-4, "index: -4 is out of range for dim 0 with 3 elements."),
        ((0, 0, 9), "index: 9 is out of range for dim 2 with 5 elements."),
        ((0, 0, 0, 0), "index: 4 indices for a tensor with 3 axes."),
        ((..., ...), "index: only one ... may stand in an index."),
        ([0, 3], "index: index 3 is out of range for dim 0 with 3 elements."),
        (
            "a",
            (
                "index: str cannot index a tensor. Use integers, slices, None, ..., lists or "
                "integer and bool tensors."
            ),
        ),
        (1.0, None),
        (
            numpy.ones(3, bool)[:2],
            (
                "index: a mask of shape (2,) does not fit the axes (3,) of a tensor of shape "
                "(3, 4, 5)."
            ),
        ),
        (numpy.ones(2), "index: an index tensor must be integer or bool, not float64."),
    ],
)
def test_wrong_indices(index: Any, text: str | None) -> None:
    x = wengert.from_numpy(X.copy())
    with pytest.raises((IndexError, TypeError, ValueError)) as caught:
        x[index]
    if text is not None:
        assert str(caught.value) == text
    with pytest.raises((IndexError, TypeError, ValueError)):
        x[index] = 0.0
    assert x._version == 0


@pytest.mark.parametrize("shape", [(2,), (3, 2), (0,), (3, 0), (3, 4, 5, 1)])
def test_a_mask_of_another_shape_is_an_index_error(shape: tuple[int, ...]) -> None:
    x = wengert.from_numpy(X.copy())
    mask = wengert.zeros(shape, dtype="bool")
    with pytest.raises(IndexError):
        x[mask]
    with pytest.raises(IndexError):
        x[mask] = 0.0


def test_a_value_that_does_not_fit_raises_before_writing() -> None:
    x = wengert.zeros(3, 4)
    with pytest.raises(RuntimeError) as caught:
        x[0] = wengert.ones(3)
    assert str(caught.value) == (
        "index_put: shapes (3,) and (4,) do not broadcast (axis -1: 3 vs 4)."
    )
    with pytest.raises(RuntimeError) as caught:
        x[0] = wengert.ones(2, 4)
    assert str(caught.value) == (
        "index_put: a value of shape (2, 4) does not fit the place of shape (4,)."
    )
    assert x._version == 0


def test_values_are_converted_to_the_dtype_of_the_target() -> None:
    x = wengert.zeros(3, dtype="int64")
    x[0] = 2.7
    x[1:] = wengert.tensor([1.9, -1.9])
    assert x.tolist() == [2, 1, -1]


def test_leading_axes_of_size_one_fall_away() -> None:
    x = wengert.zeros(2, 3)
    x[0] = wengert.ones(1, 1, 3)
    assert x.tolist() == [[1, 1, 1], [0, 0, 0]]


def test_iterating_and_unpacking() -> None:
    x = leaf(1.0, 2.0)
    a, b = x
    (a * 3 + b * b).backward()
    assert x.grad.tolist() == [3, 4]
    assert len(x) == 2
    assert [row.item() for row in x] == [1, 2]
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        list(tensor(1.0))
    with pytest.raises(TypeError, match="0-d"):
        len(tensor(1.0))


def test_elements_cannot_be_deleted() -> None:
    with pytest.raises(TypeError) as caught:
        del leaf(1.0, 2.0)[0]
    assert str(caught.value) == ("elements of a tensor cannot be deleted. Index what should stay.")


@pytest.mark.parametrize(
    ("own", "index", "source"),
    [((3, 3), (1,), (1, 1)), ((3, 3), (2,), (1, 3)), ((3, 3), (1,), (2, 3)), ((3, 3), (3,), (3,))],
)
def test_index_add_does_not_broadcast(own: Any, index: Any, source: Any) -> None:
    with pytest.raises(wengert.errors.ShapeError, match="index_add: source"):
        wengert.ones(own).index_add(0, wengert.zeros(index, dtype="int64"), wengert.ones(source))


@pytest.mark.parametrize(
    ("own", "index", "source"),
    [((1, 1), (2, 1), (1, 1)), ((3, 1), (2, 2), (2, 2)), ((3, 3), (2,), (2,)), ((3,), (2,), ())],
)
def test_scatter_add_does_not_broadcast(own: Any, index: Any, source: Any) -> None:
    with pytest.raises(wengert.errors.ShapeError, match="scatter_add: an index"):
        wengert.ones(own).scatter_add(0, wengert.zeros(index, dtype="int64"), wengert.ones(source))
