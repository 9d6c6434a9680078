"""vmap: a level that interprets operations on batched values.

A batched handle wraps a physical one with the batch axis first. Elementwise rules are derived here;
other primitives declare `batch(primitive, operands, batched, size, params)`, which gets physical
operands (the batch axis first where `batched[i]`) and returns results with the batch axis first.
Nodes are recorded for the physical values, so every derivative walk works unchanged, per sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._base import pytree
from .._base.errors import DimensionError, ShapeError
from .._base.kinds import is_tuple
from .._base.shapes import normalize_axis
from .._declare.elementwise import Elementwise
from .._graph.node import Primitive
from .._graph.value import Batched, Handle
from .._primitives.shaping import expand, permute, reshape
from .._record import modes as _modes
from .._record.door import new_handle, record


class Level:
    """One open vmap."""

    __slots__ = ("depth", "randomness", "size")

    def __init__(self, depth: int, size: int, randomness: str) -> None:
        self.depth = depth
        self.size = size
        self.randomness = randomness

    def wrap(self, physical: Any) -> Any:
        """The batched handle over a physical one."""
        return new_handle(Batched(physical, self))

    def interpret(
        self, primitive: Primitive, operands: Sequence[Any], params: dict[str, Any]
    ) -> Any:
        """Apply a primitive to operands of which at least one is batched at this level."""
        physical: list[Any] = []
        batched: list[bool] = []
        for operand in operands:
            mine = isinstance(operand, Handle) and self.owns(operand)
            batched.append(mine)
            physical.append(operand._data.physical if mine else operand)
        if isinstance(primitive, Elementwise):
            result = record(primitive, _aligned(physical, batched))
        else:
            rule: Any = primitive
            result = rule.batch(primitive, physical, batched, self.size, params)
        if isinstance(result, tuple):
            parts: tuple[Any, ...] = result  # pyright: ignore[reportUnknownVariableType]
            return tuple(self.wrap(part) for part in parts)
        return self.wrap(result)

    def owns(self, handle: Handle) -> bool:
        """Whether the outermost wrapping of `handle` is of this level."""
        data = handle._data
        return data.__class__ is Batched and data.level is self

    def lower(self, handle: Any) -> Any:
        """The value with this level's batch axis first, whatever levels lie deeper inside."""
        data = handle._data
        if data.__class__ is Batched:
            if data.level is self:
                return data.physical
            if data.level.depth > self.depth:
                inner = self.lower(data.physical)
                return data.level.wrap(_exchange(inner))
        return expand(handle, shape=(self.size, *data.shape))

    def raise_(self, handle: Any) -> Any:
        """The inverse of `lower`."""
        data = handle._data
        if data.__class__ is Batched and data.level.depth > self.depth:
            return data.level.wrap(self.raise_(_exchange(data.physical)))
        return self.wrap(handle)


def _exchange(handle: Any) -> Any:
    """The first two axes exchanged."""
    return permute(handle, axes=(1, 0, *range(2, handle._data.ndim)))


def _aligned(operands: Sequence[Any], batched: Sequence[bool]) -> list[Any]:
    """Physical operands with equal ranks behind the batch axis."""
    rank = max(op._data.ndim - 1 for op, b in zip(operands, batched, strict=True) if b)
    for operand, is_batched in zip(operands, batched, strict=True):
        if isinstance(operand, Handle) and not is_batched:
            rank = max(rank, operand._data.ndim)
    result: list[Any] = []
    for operand, is_batched in zip(operands, batched, strict=True):
        if is_batched:
            size, *inner = operand._data.shape
            if len(inner) < rank:
                operand = reshape(operand, shape=(size, *(1,) * (rank - len(inner)), *inner))
        result.append(operand)
    return result


def batch_everywhere(handle: Any) -> Any:
    """The value as its own copy for every sample of every open vmap level."""
    for level in _modes.current().levels:
        if not _has_level(handle, level):
            handle = level.raise_(expand(handle, shape=(level.size, *handle._data.shape)))
    return handle


def _has_level(handle: Any, level: Level) -> bool:
    data = handle._data
    while data.__class__ is Batched:
        if data.level is level:
            return True
        data = data.physical._data
    return False


def unwrap(handle: Any) -> tuple[Any, list[Level]]:
    """The innermost physical handle and the levels passed on the way, outermost wrapping first.

    A level that was opened outside the innermost trace is nothing to it: there its values are
    captures.
    """
    trace = _modes.current().trace
    levels: list[Level] = []
    while handle._data.__class__ is Batched:
        level = handle._data.level
        if trace is not None and level.depth < trace.depth:
            return trace.resolve(handle), levels
        levels.append(level)
        handle = handle._data.physical
    return handle, levels


def _mapped_size(leaf: Any, dim: int) -> int:
    """How many samples an argument has."""
    if not isinstance(leaf, Handle):
        raise TypeError(
            f"vmap: an argument is a {type(leaf).__name__}, which has no axis to map over. Give it "
            "None in in_dims, or wrap it with wengert.tensor(...)."
        )
    if not leaf._data.ndim:
        raise DimensionError("vmap: a 0-d tensor has no axis to map over. Give it None in in_dims.")
    return leaf._data.shape[normalize_axis(dim, leaf._data.ndim, "vmap")]


def to_front(x: Any, axis: int, name: str) -> Any:
    """Move an axis to the front."""
    ndim = x._data.ndim
    axis = normalize_axis(axis, ndim, name)
    if axis == 0:
        return x
    return permute(x, axes=(axis, *(k for k in range(ndim) if k != axis)))


def from_front(x: Any, axis: int, name: str) -> Any:
    """Move the front axis to `axis`."""
    ndim = x._data.ndim
    axis = normalize_axis(axis, ndim, name)
    if axis == 0:
        return x
    order = list(range(1, ndim))
    order.insert(axis, 0)
    return permute(x, axes=tuple(order))


def _matched(dims: Any, tree: Any, what: str) -> list[Any]:
    """One dim for every leaf of `tree`: an int or None serves a whole subtree."""
    leaves, structure = pytree.flatten(tree)
    if dims is None or isinstance(dims, int):
        return [dims] * len(leaves)
    found = _dims_of_leaves(dims, tree)
    if found is None:
        raise ShapeError(f"vmap: {what}={dims} does not match the structure {structure}.")
    return found


def _dims_of_leaves(dims: Any, tree: Any) -> list[Any] | None:
    if dims is None or isinstance(dims, int):
        return [dims] * len(pytree.flatten(tree)[0])
    if isinstance(dims, dict):
        pairs: list[tuple[Any, Any]] = [(dims[key], tree[key]) for key in tree]
    elif len(dims) == len(tree):
        pairs = list(zip(dims, tree, strict=True))
    else:
        return None
    found: list[Any] = []
    for dim, part in pairs:
        inner = _dims_of_leaves(dim, part)
        if inner is None:
            return None
        found += inner
    return found


def _common_size(leaves: list[Any], dims: list[Any]) -> int:
    """The one size of all mapped axes."""
    sizes = {
        _mapped_size(leaf, dim) for leaf, dim in zip(leaves, dims, strict=True) if dim is not None
    }
    if len(sizes) != 1:
        raise ShapeError(
            f"vmap: the mapped axes have sizes {sorted(sizes)}; there must be exactly one "
            "size. Use in_dims to say which arguments are mapped."
        )
    return sizes.pop()


def _at_level(
    level: Level, function: Callable[[list[Any]], Any], leaves: list[Any], dims: Any, out_dims: Any
) -> Any:
    """What `function` makes of leaves that are mapped at a level, with its axes where they go."""
    inner = [
        leaf if dim is None else level.raise_(to_front(leaf, dim, "vmap"))
        for leaf, dim in zip(leaves, dims, strict=True)
    ]
    levels = (*_modes.current().levels, level)
    with _modes.override(depth=level.depth, levels=levels):
        result = function(inner)
        outs, structure = pytree.flatten(result)
        places = _matched(out_dims, result, "out_dims")
        lowered: list[Any] = []
        for out, place in zip(outs, places, strict=True):
            if not isinstance(out, Handle):
                raise TypeError(
                    f"vmap: the function returned a {type(out).__name__}; it must return "
                    "tensors. Wrap numbers with wengert.tensor(...)."
                )
            if place is None:
                if _has_level(out, level):
                    raise ShapeError("vmap: out_dims is None for a value that varies.")
                lowered.append(out)
            else:
                lowered.append((level.lower(out), place))
    return pytree.unflatten(
        structure,
        [from_front(item[0], item[1], "vmap") if is_tuple(item) else item for item in lowered],
    )


def _in_chunks(
    once: Callable[[list[Any], int], Any],
    leaves: list[Any],
    dims: list[Any],
    size: int,
    chunk_size: int,
    out_dims: Any,
) -> Any:
    """The results of `once` for chunks of the samples, joined."""
    from .._primitives.shaping import concatenate, slice_

    pieces: list[Any] = []
    for start in range(0, size, chunk_size):
        count = min(chunk_size, size - start)
        part: list[Any] = []
        for leaf, dim in zip(leaves, dims, strict=True):
            if dim is None:
                part.append(leaf)
                continue
            shape = leaf._data.shape
            axis = normalize_axis(dim, len(shape), "vmap")
            slices = [(0, extent, 1) for extent in shape]
            slices[axis] = (start, count, 1)
            part.append(slice_(leaf, slices=tuple(slices)))
        pieces.append(once(part, count))
    flat = [pytree.flatten(piece)[0] for piece in pieces]
    structure = pytree.flatten(pieces[0])[1]
    places = _matched(out_dims, pieces[0], "out_dims")
    joined = [
        parts[0]
        if place is None
        else concatenate(*parts, axis=normalize_axis(place, parts[0]._data.ndim, "vmap"))
        for place, parts in zip(places, zip(*flat, strict=True), strict=True)
    ]
    return pytree.unflatten(structure, joined)


def vmap(
    function: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Apply `function` to every sample along an axis: out[i] = function(in[i]).

    `in_dims` and `out_dims` say which axis (None: not mapped; a container for nested arguments).
    `randomness` is "error", "different" or "same", as in PyTorch. `chunk_size` limits how many
    samples are computed at once.

    >>> import wengert
    >>> dot = wengert.vmap(lambda a, b: (a * b).sum())
    >>> dot(wengert.ones(3, 4), wengert.ones(3, 4))
    tensor([4., 4., 4.])
    """
    if randomness not in ("error", "different", "same"):
        raise ValueError(f"vmap: randomness={randomness!r}; use 'error', 'different' or 'same'.")

    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = pytree.flatten(args)
        dims = _matched(in_dims, args, "in_dims")
        size = _common_size(leaves, dims)

        def of_leaves(inner: list[Any]) -> Any:
            return function(*pytree.unflatten(structure, inner), **kwargs)

        def once(part: list[Any], count: int) -> Any:
            level = Level(_modes.current().depth + 1, count, randomness)
            return _at_level(level, of_leaves, part, dims, out_dims)

        if chunk_size is not None and chunk_size < size:
            return _in_chunks(once, leaves, dims, size, chunk_size, out_dims)
        return once(leaves, size)

    return mapped


__all__ = ["Level", "batch_everywhere", "unwrap", "vmap"]
