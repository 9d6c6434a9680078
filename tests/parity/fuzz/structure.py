"""The fuzzer's operators that move, select, join and write elements."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from .table import RNG, Op, Params, add, any_dim, maybe, several

# ---- shapes --------------------------------------------------------------------------------------


def _exact(name: str, arity: int, propose: Any, call: Any = None, **options: Any) -> None:
    add(Op(name, arity, "fib", propose, call, exact=True, **options))


def _permutation(rng: RNG, operands: list[torch.Tensor]) -> Params:
    rank = operands[0].ndim
    return {"dims": tuple(int(k) - (rank if maybe(rng) else 0) for k in rng.permutation(rank))}


def _factors(rng: RNG, size: int) -> tuple[int, ...]:
    """A shape of so many elements, perhaps with a -1."""
    shape: list[int] = []
    for prime in (2, 3, 5):
        while size and size % prime == 0:
            size //= prime
            shape.append(prime)
    shape = [int(k) for k in rng.permutation([*shape, size if size != 1 or not shape else 1])]
    while len(shape) > 1 and maybe(rng):
        shape = [shape[0] * shape[1], *shape[2:]]
    if 0 not in shape and maybe(rng):
        shape[int(rng.integers(0, len(shape)))] = -1
    return tuple(shape)


def _two_dims(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    first, second = any_dim(rng, operands[0]), any_dim(rng, operands[0])
    if first is None or second is None:
        return None
    return {"dim0": first, "dim1": second}


def _dim(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    return None if dim is None else {"dim": dim}


_exact("permute", 1, _permutation)
_exact("reshape", 1, lambda rng, ops: {"shape": _factors(rng, ops[0].numel())})
_exact("transpose", 1, _two_dims)
_exact(
    "unsqueeze", 1, lambda rng, ops: {"dim": int(rng.integers(-ops[0].ndim - 1, ops[0].ndim + 1))}
)
_exact("squeeze", 1, lambda rng, ops: _dim(rng, ops) or {})
_exact("flatten", 1, lambda rng, ops: {"start_dim": 0, "end_dim": -1})
_exact("mT", 1, lambda rng, ops: {} if ops[0].ndim >= 2 else None, lambda lib, x: x.mT)
_exact("contiguous", 1, lambda rng, ops: {}, lambda lib, x: x.contiguous())
_exact("ravel", 1, lambda rng, ops: {})
_exact(
    "expand",
    1,
    lambda rng, ops: {"sizes": (2, *(-1 for _ in ops[0].shape))},
    lambda lib, x, sizes: x.expand(*sizes),
)
_exact("expand_as", 2, lambda rng, ops: {}, lambda lib, x, y: x.expand_as(y))
_exact("flip", 1, lambda rng, ops: {"dims": (any_dim(rng, ops[0]),)} if ops[0].ndim else None)
_exact(
    "roll",
    1,
    lambda rng, ops: (
        {"shifts": int(rng.integers(-3, 4)), "dims": any_dim(rng, ops[0])} if ops[0].ndim else None
    ),
)
_exact(
    "rot90",
    1,
    lambda rng, ops: {"k": int(rng.integers(-1, 4)), "dims": (0, 1)} if ops[0].ndim >= 2 else None,
)
_exact(
    "repeat",
    1,
    lambda rng, ops: (
        {"sizes": tuple(int(k) for k in rng.integers(1, 3, ops[0].ndim + 1))}
        if ops[0].numel() < 60
        else None
    ),
    lambda lib, x, sizes: x.repeat(*sizes),
)
_exact("tile", 1, lambda rng, ops: {"dims": (2,)} if ops[0].numel() < 60 else None)
_exact(
    "repeat_interleave",
    1,
    lambda rng, ops: {"repeats": 2, **(_dim(rng, ops) or {})} if ops[0].numel() < 60 else None,
)
_exact(
    "movedim",
    1,
    lambda rng, ops: (
        {"source": any_dim(rng, ops[0]), "destination": any_dim(rng, ops[0])}
        if ops[0].ndim
        else None
    ),
)
_exact(
    "diagonal",
    1,
    lambda rng, ops: (
        {"offset": int(rng.integers(-1, 2)), "dim1": -1, "dim2": 0} if ops[0].ndim >= 2 else None
    ),
    selects=True,
)
_exact(
    "diag_embed",
    1,
    lambda rng, ops: {"offset": int(rng.integers(-1, 2))} if 0 < ops[0].ndim < 4 else None,
)
several(
    "tril triu",
    1,
    "fi",
    exact=True,
    selects=True,
    propose=lambda rng, ops: {"diagonal": int(rng.integers(-2, 3))} if ops[0].ndim >= 2 else None,
)
several("diff", 1, "f", exact=True, selects=True, propose=lambda rng, ops: _dim(rng, ops))


def _window(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    if dim is None or operands[0].shape[dim] < 2:
        return None
    return {"dimension": dim, "size": 2, "step": int(rng.integers(1, 3))}


_exact("unfold", 1, _window, lambda lib, x, **params: x.unfold(*params.values()), selects=True)


def _narrowed(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    if dim is None:
        return None
    size = operands[0].shape[dim]
    start = int(rng.integers(0, size + 1))
    return {"dim": dim, "start": start, "length": int(rng.integers(0, size - start + 1))}


_exact("narrow", 1, _narrowed, selects=True)


def _selected(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    if dim is None or operands[0].shape[dim] == 0:
        return None
    size = operands[0].shape[dim]
    return {"dim": dim, "index": int(rng.integers(-size, size))}


_exact("select", 1, _selected, selects=True)


def _index(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    """A basic index: integers, slices, None and an ellipsis."""
    x = operands[0]
    parts: list[Any] = []
    for size in x.shape[: int(rng.integers(0, x.ndim + 1))]:
        pick = int(rng.integers(0, 4))
        if pick == 0 and size:
            parts.append(int(rng.integers(-size, size)))
        elif pick == 1:
            parts.append(slice(None))
        else:
            ends = [None if maybe(rng) else int(rng.integers(-size - 1, size + 2)) for _ in "ab"]
            parts.append(slice(ends[0], ends[1], int(rng.integers(1, 3))))
    for extra in (None, Ellipsis):
        if maybe(rng, 0.2):
            place = int(rng.integers(0, len(parts) + 1))
            if extra is None or place == len(parts):
                parts.insert(place, extra)
    return {"index": tuple(parts)}


_exact("getitem", 1, _index, lambda lib, x, index: x[index], selects=True)
_exact(
    "setitem",
    1,
    lambda rng, ops: {"value": [0.5, 2, -1][int(rng.integers(0, 3))], **(_index(rng, ops) or {})},
    lambda lib, x, value, index: _set(x, index, value),
    selects=True,
)


def _set(x: Any, index: Any, value: Any) -> Any:
    made = x.clone()
    made[index] = value
    return made


def _positions(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    dim = any_dim(rng, operands[0])
    if dim is None or operands[0].shape[dim] == 0:
        return None
    size = operands[0].shape[dim]
    drawn = rng.integers(0, size, int(rng.integers(0, 5)))
    return {"dim": dim, "index": tuple(int(k) for k in drawn)}


def _long(lib: Any, index: Any) -> Any:
    return lib.from_numpy(numpy.array(index, numpy.int64))


_exact(
    "index_select",
    1,
    _positions,
    lambda lib, x, dim, index: lib.index_select(x, dim, _long(lib, index)),
    selects=True,
)
_exact(
    "fancy",
    1,
    _positions,
    lambda lib, x, dim, index: x.movedim(dim, 0)[_long(lib, index)],
    selects=True,
)
_exact(
    "take",
    1,
    lambda rng, ops: (
        {"index": tuple(int(k) for k in rng.integers(-ops[0].numel(), ops[0].numel(), 3))}
        if ops[0].numel()
        else None
    ),
    lambda lib, x, index: lib.take(x, _long(lib, index)),
    selects=True,
)


def _table(rng: RNG, operands: list[torch.Tensor]) -> Params | None:
    """Positions along an axis, one for each element of the tensor."""
    dim = any_dim(rng, operands[0])
    if dim is None or operands[0].shape[dim] == 0:
        return None
    size = operands[0].shape[dim]
    drawn = rng.integers(0, size, tuple(operands[0].shape))
    return {"dim": dim, "index": _nested(drawn)}


def _nested(drawn: Any) -> Any:
    return tuple(map(_nested, drawn)) if numpy.ndim(drawn) else int(drawn)


def _long_like(lib: Any, index: Any, x: Any) -> Any:
    return lib.from_numpy(numpy.array(index, numpy.int64).reshape(tuple(x.shape)))


add(
    Op(
        "gather",
        1,
        "f",
        _table,
        lambda lib, x, dim, index: lib.gather(x, dim, _long_like(lib, index, x)),
        exact=True,
        selects=True,
    )
)
add(
    Op(
        "scatter_add",
        1,
        "f",
        _table,
        lambda lib, x, dim, index: lib.scatter_add(x, dim, _long_like(lib, index, x), x * 2),
    )
)
add(
    Op(
        "index_add",
        1,
        "f",
        _positions,
        lambda lib, x, dim, index: lib.index_add(
            x, dim, _long(lib, index), lib.index_select(x, dim, _long(lib, index))
        ),
    )
)
add(
    Op(
        "masked_select",
        1,
        "f",
        lambda rng, ops: {},
        lambda lib, x: x[x > 0],
        exact=True,
        selects=True,
        compiles=False,
    )
)

# ---- joining and splitting -----------------------------------------------------------------------

_exact("cat", 2, _dim, lambda lib, x, y, dim: lib.cat([x, y], dim))
_exact("stack", 2, _dim, lambda lib, x, y, dim: lib.stack([x, y], dim))
_exact("chunk", 1, _dim, lambda lib, x, dim: lib.chunk(x, 2, dim)[-1], selects=True)
_exact("split", 1, _dim, lambda lib, x, dim: lib.split(x, 2, dim)[0], selects=True)
_exact(
    "unbind",
    1,
    lambda rng, ops: _selected(rng, ops) and _dim(rng, ops),
    lambda lib, x, dim: lib.unbind(x, dim)[-1],
    selects=True,
)
_exact("hstack", 2, lambda rng, ops: {}, lambda lib, x, y: lib.hstack([x, y]))
_exact("vstack", 2, lambda rng, ops: {}, lambda lib, x, y: lib.vstack([x, y]))
_exact(
    "broadcast_tensors", 2, lambda rng, ops: {}, lambda lib, x, y: lib.broadcast_tensors(x, y)[0]
)

# ---- in place ------------------------------------------------------------------------------------


def _in_place(method: str) -> Any:
    def call(lib: Any, x: Any, *others: Any) -> Any:
        made = x.clone()
        getattr(made, method)(*others)
        return made

    return call


for _name in ("add_", "mul_", "sub_"):
    add(Op(_name, 2, "f", lambda rng, ops: {}, _in_place(_name), exact=True))
for _name in ("exp_", "sin_"):
    add(Op(_name, 1, "f", lambda rng, ops: {}, _in_place(_name)))
add(
    Op(
        "sigmoid_",
        1,
        "f",
        lambda rng, ops: {},
        _in_place("sigmoid_"),
        cancels=lambda x: bool((x > 5).any()),
    )
)
for _name in ("neg_", "zero_", "relu_", "sqrt_"):
    add(Op(_name, 1, "f", lambda rng, ops: {}, _in_place(_name), exact=True, selects=True))
add(
    Op(
        "write_view",
        1,
        "f",
        _selected,
        lambda lib, x, dim, index: _write_view(x, dim, index),
        exact=True,
        selects=True,
    )
)


def _write_view(x: Any, dim: int, index: int) -> Any:
    """Doubles a slice through a view, and reads the whole."""
    made = x.clone()
    made.select(dim, index).mul_(2)
    return made


# ---- windows -------------------------------------------------------------------------------------


def _rank(low: int, high: int, params: Params) -> Any:
    return lambda rng, ops: params if low <= ops[0].ndim <= high and ops[0].numel() else None


add(
    Op(
        "pad_constant",
        1,
        "f",
        _rank(1, 4, {"pad": (1, 2), "value": 0.5}),
        lambda lib, x, pad, value: lib.nn.functional.pad(x, pad, value=value),
        exact=True,
    )
)
add(
    Op(
        "pad_reflect",
        1,
        "f",
        _rank(2, 3, {"pad": (1, 1), "mode": "reflect"}),
        lambda lib, x, pad, mode: lib.nn.functional.pad(x, pad, mode=mode),
        exact=True,
    )
)
add(
    Op(
        "avg_pool1d",
        1,
        "f",
        _rank(2, 3, {"kernel_size": 2, "stride": 1}),
        lambda lib, x, **params: lib.nn.functional.avg_pool1d(x, **params),
    )
)
add(
    Op(
        "max_pool1d",
        1,
        "f",
        _rank(2, 3, {"kernel_size": 2, "stride": 1}),
        lambda lib, x, **params: lib.nn.functional.max_pool1d(x, **params),
        exact=True,
        selects=True,
    )
)
add(
    Op(
        "conv1d",
        2,
        "f",
        lambda rng, ops: {} if ops[0].ndim == 3 == ops[1].ndim else None,
        lambda lib, x, w: lib.nn.functional.conv1d(x, w, padding=1),
        # docs/differences.md
        apart=lambda x: x.ndim == 3 and (x.shape[1] == 0 or bool(x.isinf().any())),
    )
)
add(
    Op(
        "layer_norm",
        1,
        "f",
        lambda rng, ops: {} if ops[0].ndim and ops[0].shape[-1] > 1 else None,
        lambda lib, x: lib.nn.functional.layer_norm(x, tuple(x.shape[-1:])),
    )
)


def _normalize(noise: Any, x: torch.Tensor, dim: int) -> torch.Tensor:
    size = torch.linalg.vector_norm(noise(x), 2, dim, keepdim=True)
    return noise(noise(x) / noise(size.clamp_min(1e-12)))


add(
    Op(
        "normalize",
        1,
        "f",
        _dim,
        lambda lib, x, dim: lib.nn.functional.normalize(x, dim=dim),
        composed=_normalize,
        holes=2,  # docs/differences.md
    )
)
