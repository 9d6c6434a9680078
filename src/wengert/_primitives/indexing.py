"""Reading and writing at integer positions: take, its transpose scatter_add, and put.

`take(x, i1, ..., ik)` is `x[(i1, ..., ik)]`: the index arrays are int64, non-negative, broadcast
together, and address the leading k axes. Every other form of indexing is composed from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype, int64
from .._base.errors import DimensionError
from .._base.shapes import Shape, broadcast, size_of
from .._declare.linear import linear, other
from .._declare.registry import register
from .._declare.samples import Sample
from .._graph.node import Primitive
from .._record.door import record
from .elementwise import eq, where
from .reductions import accumulator
from .shaping import expand, reshape, sum_to


def check_bounds(name: str, indices: Any, shape: Shape) -> None:
    """Raise DimensionError for a position outside its axis: NumPy would wrap negative ones."""
    for axis, index in enumerate(indices):
        if index.size and (index.min() < 0 or index.max() >= shape[axis]):
            wrong = index[(index < 0) | (index >= shape[axis])].ravel()[0]
            raise DimensionError(
                f"{name}: index {wrong} is out of range for dim {axis} with {shape[axis]} elements."
            )


def _index_shape(shapes: list[Shape]) -> Shape:
    return broadcast("index", *shapes)


def _indices_batch(
    operands: list[Any], batched: list[bool], size: int, own: Any | None
) -> list[Any]:
    """Index handles with a leading batch axis, with the batch position first where `own`."""
    rank = max(
        operand._data.ndim - is_batched
        for operand, is_batched in zip(operands, batched, strict=True)
    )
    aligned: list[Any] = []
    for operand, is_batched in zip(operands, batched, strict=True):
        shape = operand._data.shape
        if is_batched:
            missing = rank - (len(shape) - 1)
            aligned.append(reshape(operand, shape=(size, *(1,) * missing, *shape[1:])))
        else:
            missing = rank - len(shape)
            aligned.append(reshape(operand, shape=(1, *(1,) * missing, *shape)))
    if own is not None:
        aligned.insert(0, reshape(iota(size), shape=(size, *(1,) * rank)))
    return aligned


def _iota(size: int, dtype: Dtype) -> Any:
    return np.arange(size, dtype=dtype)


IOTA = register(
    Primitive(
        "iota",
        _iota,
        abstract=lambda shapes, dtypes, params: [((params["size"],), params["dtype"])],
        differentiable=False,
        doc="0, 1, ..., size - 1.",
    )
)
IOTA.samples = [
    Sample(lambda rng: [], {"size": size, "dtype": np.dtype(dtype)})
    for size, dtype in ((4, "int64"), (0, "int64"), (1, "float32"))
]


def iota(size: int) -> Any:
    """The positions of an axis, as int64."""
    return record(IOTA, (), {"size": size, "dtype": int64})


def _take_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    x, indices = ops[0], ops[1:]
    if batched[0]:
        return p(x, *_indices_batch(indices, batched[1:], size, True))
    return p(x, *_indices_batch(indices, batched[1:], size, None))


def _take_index(rng: np.random.Generator) -> list[Any]:
    return [rng.standard_normal((3, 4)), np.array([0, 2, 2]), np.array([[1], [3]])]


@linear(
    abstract=lambda shapes, dtypes, params: [
        ((*_index_shape(shapes[1:]), *shapes[0][len(shapes) - 1 :]), dtypes[0])
    ],
    transpose=lambda site, g, i: scatter_add(  # pyright: ignore[reportGeneralTypeIssues]
        g, *[site.value(k) for k in range(1, site.arity)], shape=site.shape(0)
    ),
    keeps=lambda wanted, arity: tuple(range(1, arity)),
    batch=_take_batch,
    selecting=True,
    samples=[
        Sample(_take_index, {}),
        Sample(lambda rng: _take_index(rng)[:2], {}),
        Sample(lambda rng: [rng.standard_normal(3), np.array(1)], {}),
        Sample(lambda rng: [rng.standard_normal((3, 2)), np.zeros(0, np.int64)], {}),
    ],
)
def take(x: Any, *indices: Any) -> Any:
    """The elements (or sub-arrays) of x at integer positions of its leading axes."""
    check_bounds("index", indices, x.shape)
    return np.array(x[indices])


def _scatter_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    values, indices = ops[0], ops[1:]
    if not batched[0]:
        values = expand(values, shape=(size, *values._data.shape))
    return p(
        values, *_indices_batch(indices, batched[1:], size, True), shape=(size, *params["shape"])
    )


@linear(
    abstract=lambda shapes, dtypes, params: [(tuple(params["shape"]), dtypes[0])],
    transpose=lambda site, g, i: take(g, *[site.value(k) for k in range(1, site.arity)]),
    keeps=lambda wanted, arity: tuple(range(1, arity)),
    batch=_scatter_batch,
    filling=True,
    samples=[
        Sample(lambda rng: [rng.standard_normal((3, 2)), np.array([0, 2, 2])], {"shape": (4, 2)}),
        Sample(lambda rng: [np.array(rng.normal()), np.array(2)], {"shape": (3,)}),
        Sample(lambda rng: [rng.standard_normal((0, 2)), np.zeros(0, np.int64)], {"shape": (3, 2)}),
        Sample(
            lambda rng: [rng.standard_normal((2, 3)), np.array([0, 1, 1]), np.array([[1], [0]])],
            {"shape": (2, 2)},
        ),
    ],
)
def scatter_add(values: Any, *indices: Any, shape: Shape) -> Any:
    """Zeros of `shape` to which `values` are added at integer positions of the leading axes."""
    out = np.zeros(shape, accumulator(values.dtype))
    check_bounds("index_add", indices, shape)
    np.add.at(out, indices, values)
    return out.astype(values.dtype, copy=False)


def _put_transpose(site: Any, g: Any, i: int) -> Any:
    indices = [site.value(k) for k in range(2, site.arity)]
    if i == 0:
        from .creation import zeros

        return put(g, zeros(site.shape(1), g._data.dtype), *indices)
    found = take(g, *indices)
    last = _written_last(site.shape(0)[: len(indices)], indices)
    rest = (1,) * (found._data.ndim - last._data.ndim)
    found = where(reshape(last, shape=(*last._data.shape, *rest)), found, 0.0)
    return sum_to(found, site.shape(1))


def _written_last(shape: Shape, indices: list[Any]) -> Any:
    """Where a write stays: of several to one position, the last."""
    from .creation import full

    joint = _index_shape([tuple(index._data.shape) for index in indices])
    order = reshape(iota(size_of(joint)), shape=joint)
    return eq(take(put(full(shape, 0, int64), order, *indices), *indices), order)


def _put_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    x, value, indices = ops[0], ops[1], ops[2:]
    if not batched[0]:
        x = expand(x, shape=(size, *x._data.shape))
    if not batched[1]:
        value = expand(value, shape=(size, *value._data.shape))
    places = _indices_batch(indices, batched[2:], size, True)
    # The value is broadcast to the place: its own axes come last, behind the batch.
    rank = len(_index_shape([i._data.shape for i in places])) + x._data.ndim - len(places)
    own = value._data.shape[1:]
    value = reshape(value, shape=(size, *(1,) * (rank - 1 - len(own)), *own))
    return p(x, value, *places)


@linear(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0])],
    transpose=_put_transpose,
    keeps=lambda wanted, arity: tuple(range(2, arity)),
    operands=lambda arity: (0, 1),
    joint=True,
    batch=_put_batch,
    selecting=True,
    samples=[
        Sample(
            lambda rng: [
                rng.standard_normal((4, 2)),
                rng.standard_normal((2, 2)),
                np.array([3, 1]),
            ],
            {},
        ),
        Sample(lambda rng: [rng.standard_normal(3), np.array(rng.normal()), np.array(2)], {}),
        Sample(lambda rng: [rng.standard_normal(4), np.array(rng.normal()), np.array([2, 0])], {}),
        Sample(lambda rng: [rng.standard_normal(4), rng.normal(size=3), np.array([2, 0, 2])], {}),
        Sample(
            lambda rng: [
                rng.standard_normal((3, 4, 2)),
                rng.standard_normal((2, 2, 2)),
                np.array([0, 2]),
                np.array([[1], [3]]),
            ],
            {},
        ),
    ],
)
def put(x: Any, value: Any, *indices: Any) -> Any:
    """x with the elements at integer positions of the leading axes replaced by `value`.

    Where positions repeat, the last write stays, and it alone has a derivative.
    """
    check_bounds("index_put", indices, x.shape)
    out = x.copy()
    out[indices] = value
    return out


def along_axis(index: Any, axis: int) -> list[Any]:
    """Index handles for `take` that vary with every axis but `axis`, where they are `index`."""
    shape = index._data.shape
    found: list[Any] = []
    for k, extent in enumerate(shape):
        if k == axis:
            found.append(index)
        else:
            place = tuple(extent if j == k else 1 for j in range(len(shape)))
            found.append(reshape(iota(extent), shape=place))
    return found


def stable_order(x: Any, axis: int, descending: bool) -> Any:
    """The positions that sort an array along an axis; equal elements keep their order."""
    if descending:
        # A stable descending order is the stable ascending order of the reversed axis, reversed.
        order = np.flip(np.argsort(np.flip(x, axis), axis, kind="stable"), axis)
        order = x.shape[axis] - 1 - order
    else:
        order = np.argsort(x, axis, kind="stable")
    return np.ascontiguousarray(order)


def _sorted(x: Any, axis: int, descending: bool) -> Any:
    order = stable_order(x, axis, descending)
    return np.take_along_axis(x, order, axis), order


def _sort_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    return p(ops[0], axis=params["axis"] + 1, descending=params["descending"])


@other(
    abstract=lambda shapes, dtypes, params: [(shapes[0], dtypes[0]), (shapes[0], int64)],
    n_outputs=2,
    vjp=lambda site, g, _: (
        None
        if g is None
        else scatter_add(g, *along_axis(site.out(1), site.params["axis"]), shape=site.shape(0)),
    ),
    jvp=lambda site, t: (take(t, *along_axis(site.out(1), site.params["axis"])), None),
    keeps=(2,),
    batch=_sort_batch,
    absence="moves",
    samples=[
        Sample(
            lambda rng: [rng.permutation(6).reshape(2, 3) + 0.5], {"axis": 1, "descending": False}
        ),
        Sample(
            lambda rng: [rng.permutation(6).reshape(2, 3) + 0.5], {"axis": 0, "descending": True}
        ),
        Sample(lambda rng: [rng.standard_normal((2, 0))], {"axis": 1, "descending": False}),
        Sample(lambda rng: [rng.standard_normal(1)], {"axis": 0, "descending": True}),
    ],
)
def sort(x: Any, axis: int, descending: bool) -> Any:
    """Stable sort along an axis: (values, positions); NaN counts as the largest."""
    return _sorted(x, axis, descending)
