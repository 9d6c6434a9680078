"""In-place writes as functions of values: what a write means for derivatives and in a trace.

Beside them the views that have no derivative: without a history, and as another dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._base.dtypes import Dtype
from .._declare.linear import linear, other
from .._declare.samples import Sample
from .._graph.value import Chain
from .._record.storage import WriteRules
from .complex_numbers import pointwise_batch
from .creation import zeros
from .lattices import batched_lattice, lattice, overlaps
from .shaping import expand, permute, slice_


def _same(shapes: Any, dtypes: Any, params: Any) -> Any:
    return [(shapes[0], dtypes[0])]


def _view_put_transpose(site: Any, g: Any, i: int) -> Any:
    chain: Chain = site.params["chain"]
    if i == 0:
        shape, dtype = site.shape(0), g._data.dtype
        for primitive, params in chain:
            ((shape, dtype),) = primitive.abstract([shape], [dtype], params)
        return view_put(g, zeros(shape, dtype), chain=chain)
    for primitive, params in chain:
        g = primitive(g, **params)
    return g


def _batched_chain(chain: Chain, size: int) -> Chain:
    """The chain one axis further in: every view primitive's batch rule, as parameters."""
    shifted: list[tuple[Any, dict[str, Any]]] = []
    for primitive, params in chain:
        if primitive is lattice:
            shifted.append((primitive, batched_lattice(params, size)))
            continue
        changed = dict(params)
        if "shape" in changed:
            changed["shape"] = (size, *changed["shape"])
        if "axes" in changed:
            changed["axes"] = (0, *(axis + 1 for axis in changed["axes"]))
        if "slices" in changed:
            changed["slices"] = ((0, size, 1), *changed["slices"])
        shifted.append((primitive, changed))
    return tuple(shifted)


def _view_put_batch(p: Any, ops: list[Any], batched: list[bool], size: int, params: Any) -> Any:
    full = [
        op if is_batched else expand(op, shape=(size, *op._data.shape))
        for op, is_batched in zip(ops, batched, strict=True)
    ]
    return p(*full, chain=_batched_chain(params["chain"], size))


@linear(
    abstract=_same,
    transpose=_view_put_transpose,
    operands=lambda arity: (0, 1),
    joint=True,
    batch=_view_put_batch,
    selecting=True,
    samples=[
        Sample(
            lambda rng: [rng.standard_normal((2, 3)), rng.standard_normal((1, 2))],
            {
                "chain": (
                    (permute, {"axes": (1, 0)}),
                    (slice_, {"slices": ((1, 1, 1), (0, 2, 1))}),
                )
            },
        ),
        Sample(
            lambda rng: [rng.standard_normal((2, 2)), rng.standard_normal((2, 2))], {"chain": ()}
        ),
        Sample(
            lambda rng: [rng.standard_normal((3, 3)), rng.standard_normal(2)],
            {"chain": ((lattice, {"shape": (2,), "starts": (0, 1), "steps": ((1,), (1,))}),)},
        ),
    ],
)
def view_put(base: Any, value: Any, chain: Chain) -> Any:
    """`base` with the part that a chain of views selects replaced by `value`."""
    out = np.array(base)
    part = out
    for primitive, params in chain:
        part = primitive.compute(part, **params)
    part[...] = value
    return out


@other(
    abstract=_same,
    vjp=lambda site, g: (g, None),
    jvp=lambda site, t_old, t_new: (t_old,),
    keeps=(),
    batch=pointwise_batch,
    absence="moves",
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3)), rng.standard_normal((2, 3))], {}),
        Sample(lambda rng: [np.array(rng.normal()), np.array(rng.normal())], {}),
    ],
)
def overwrite(old: Any, new: Any) -> Any:
    """The value of `new` with the derivative of `old`: a write under no_grad."""
    return new.copy()


@other(
    abstract=_same,
    batch=lambda p, ops, batched, size, params: p(ops[0]),
    view=True,
    samples=[Sample(lambda rng: [rng.standard_normal((2, 3))], {})],
)
def detach(x: Any) -> Any:
    """The same memory without a history."""
    return x[...]


def _reinterpreted(shapes: Any, dtypes: Any, params: Any) -> Any:
    old, new = dtypes[0].itemsize, params["dtype"].itemsize
    shape = shapes[0] if old == new else (*shapes[0][:-1], shapes[0][-1] * old // new)
    return [(shape, params["dtype"])]


@other(
    abstract=_reinterpreted,
    batch=pointwise_batch,
    view=True,
    samples=[
        Sample(lambda rng: [rng.standard_normal((2, 3))], {"dtype": np.dtype("int64")}),
        Sample(lambda rng: [rng.standard_normal((2, 3))], {"dtype": np.dtype("int16")}),
        Sample(lambda rng: [np.array(rng.normal())], {"dtype": np.dtype("int64")}),
    ],
)
def reinterpret(x: Any, dtype: Dtype) -> Any:
    """The same bytes as numbers of another dtype; a copy unless rows lie side by side."""
    beside = x.itemsize == dtype.itemsize or x.strides[-1] == x.itemsize
    return (x if beside else np.ascontiguousarray(x)).view(dtype)


def _repeats(primitive: Any, params: dict[str, Any]) -> bool:
    return primitive is expand or (
        primitive is lattice and overlaps(params["shape"], params["steps"])
    )


WriteRules.view_put, WriteRules.overwrite, WriteRules.repeats = view_put, overwrite, _repeats
