"""cond and scan: branches and loops that a trace records as one node.

Eagerly both are plain Python, recorded operation by operation. Inside a trace their functions are
traced once into graphs, and a single node holds them (`loop`, `branches`). What is checked here is
what would otherwise differ between the two: structures, shapes, dtypes and in-place writes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._base import pytree
from .._base.dtypes import category, complex_of, get_default_dtype
from .._base.errors import DtypeError, ShapeError
from .._base.kinds import is_tuple
from .._declare.elementwise import convert, to
from .._graph.graph import Graph
from .._graph.node import INPUT, NO_PARAMS, Abstract, Edge, Node
from .._graph.value import Batched, Handle
from .._primitives.creation import constant, zeros
from .._primitives.elementwise import ne
from .._primitives.shaping import concatenate, reshape, slice_
from .._record import modes as _modes
from .._record.door import new_handle, record
from .._record.functions import trace_function
from .._record.storage import edge_of, storage_of
from .._record.trace import constant as number
from .._record.trace import differentiable
from .batching import unwrap
from .branches import run_branches
from .loop import Loop, run_loop

# ---- leaves -------------------------------------------------------------------------------------


def _tensor(leaf: Any, what: str) -> Any:
    """A leaf of a container as a tensor; Python floats get the default dtype."""
    if isinstance(leaf, Handle):
        data = leaf._data
        if data.__class__ is Abstract and data.weak:
            default = get_default_dtype()
            kinds = (data.dtype, data.dtype, default, complex_of(default))
            return convert(leaf, kinds[category(data.dtype)])
        return leaf
    if isinstance(leaf, bool | int | float | complex):
        return number(leaf)
    if isinstance(leaf, np.ndarray | np.generic):
        array: np.ndarray[Any, Any] = np.asarray(leaf)  # pyright: ignore[reportUnknownArgumentType]
        return constant(array)
    raise TypeError(
        f"{what} is a {type(leaf).__name__}; only tensors and numbers can stand there. Let the "
        "function read it from outside instead."
    )


def _tensors(tree: Any, function: str, root: str) -> tuple[list[Any], Any, list[str]]:
    """The leaves of a container as tensors, its structure, and what to call the leaves."""
    leaves, structure = pytree.flatten(tree)
    names = pytree.paths(structure, root)
    found = [_tensor(x, f"{function}: {name}") for x, name in zip(leaves, names, strict=True)]
    return found, structure, names


def _aval(x: Any) -> tuple[tuple[int, ...], Any]:
    return tuple(x._data.shape), x._data.dtype


def _live(x: Any) -> bool:
    """Whether a derivative walk would visit the value."""
    base, _ = unwrap(x)
    trace = _modes.current().trace
    return differentiable(edge_of(base if trace is None else trace.resolve(base)))


class _Star:
    def __repr__(self) -> str:
        return "*"


def _shown(structure: Any) -> str:
    """A container with stars for its leaves."""
    return repr(pytree.unflatten(structure, [_Star()] * len(pytree.paths(structure, ""))))


# ---- scan ---------------------------------------------------------------------------------------


def _is_pair(result: Any) -> bool:
    return is_tuple(result) and len(result) == 2


class _Body:
    """One step of a scan on flat lists; it checks what the user's function returns."""

    def __init__(
        self,
        function: Callable[..., Any],
        carry: Sequence[Any],
        structure: Any,
        names: Sequence[str],
        slices: Any,
    ) -> None:
        self._function = function
        self._carry = structure
        self._names = names
        self._avals = [_aval(x) for x in carry]
        self._slices = slices
        self.outputs: Any = None
        """The structure of y, known after the first step."""
        self._out_avals: list[Any] = []

    def __call__(self, carry: Sequence[Any], slices: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """The next carry and y, as lists of tensors."""
        x = pytree.unflatten(self._slices, list(slices))
        pair = self._function(pytree.unflatten(self._carry, list(carry)), x)
        if not _is_pair(pair):
            raise TypeError(
                f"scan: the function must return a pair (carry, y), not a {type(pair).__name__}. "
                "Return (carry, None) if there is no y."
            )
        return self._next_carry(pair[0]), self._stacked(pair[1])

    def _next_carry(self, tree: Any) -> list[Any]:
        leaves = pytree.leaves_as(self._carry, tree)
        if leaves is None:
            raise ShapeError(
                f"scan: the carry enters a step as {_shown(self._carry)} and leaves it as "
                f"{_shown(pytree.flatten(tree)[1])}. Return a carry built like `init`."
            )
        found: list[Any] = []
        for leaf, name, (shape, dtype) in zip(leaves, self._names, self._avals, strict=True):
            x = _tensor(leaf, f"scan: {name}")
            now, kind = _aval(x)
            if now != shape:
                raise ShapeError(
                    f"scan: {name} enters a step with shape {shape} and leaves it with shape "
                    f"{now}. A carry keeps its shape: begin with one of shape {now}, or return "
                    "what grows as y."
                )
            if kind != dtype:
                raise DtypeError(
                    f"scan: {name} enters a step as {dtype} (shape {shape}) and leaves it as "
                    f"{kind}. Begin with {name}.to(wengert.{kind}), or return "
                    f".to(wengert.{dtype})."
                )
            found.append(x)
        return found

    def _stacked(self, tree: Any) -> list[Any]:
        if self.outputs is None:
            found, self.outputs, _ = _tensors(tree, "scan", "y")
            self._out_avals = [_aval(x) for x in found]
            return found
        leaves = pytree.leaves_as(self.outputs, tree)
        if leaves is None:
            raise ShapeError(
                f"scan: y is {_shown(self.outputs)} in one step and "
                f"{_shown(pytree.flatten(tree)[1])} in another."
            )
        names = pytree.paths(self.outputs, "y")
        found = [_tensor(x, f"scan: {name}") for x, name in zip(leaves, names, strict=True)]
        for x, name, (shape, dtype) in zip(found, names, self._out_avals, strict=True):
            if _aval(x) != (shape, dtype):
                raise ShapeError(
                    f"scan: {name} is {dtype} of shape {shape} in one step and {x._data.dtype} of "
                    f"shape {tuple(x._data.shape)} in another."
                )
        return found


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Loop with a carry: (carry, y) = f(carry, x) for every slice x of `xs`; (last carry, all ys).

    `init` and `xs` are tensors or nested containers of them; `xs` is cut along its first axis, and
    the ys are stacked along theirs. Without `xs` the function gets None, `length` times. With
    `reverse` the last slice comes first; the ys stand where their xs stand. The carry keeps its
    structure, shapes and dtypes (ShapeError, DtypeError); carry and slices may not be changed in
    place.

    Eagerly it is a Python loop. Inside `jit` the function is traced once, whatever the length, and
    may not have effects: what it changes, it returns.

    >>> import wengert
    >>> total, partial = scan(lambda c, x: (c + x, c + x), 0.0, wengert.tensor([1.0, 2.0, 4.0]))
    >>> total, partial
    (tensor(7.), tensor([1., 3., 7.]))
    """
    carry, structure, names = _tensors(init, "scan", "carry")
    rows, slices, row_names = _tensors(xs, "scan", "xs")
    length = _length(rows, row_names, length)
    body = _Body(f, carry, structure, names, slices)
    labels = [*names, *pytree.paths(slices, "x")]
    if length == 0:
        last, ys = _no_steps(body, carry, rows, labels)
    elif _modes.current().trace is not None:
        last, ys = _recorded(body, carry, rows, labels, length, reverse)
    else:
        last, ys = _looped(body, carry, rows, length, reverse)
    return pytree.unflatten(structure, last), pytree.unflatten(body.outputs, ys)


def _length(rows: Sequence[Any], names: Sequence[str], length: int | None) -> int:
    known = "length" if length is not None else ""
    count = None if length is None else operator.index(length)
    if count is not None and count < 0:
        raise ValueError(f"scan: length={count}; it cannot be negative.")
    for x, name in zip(rows, names, strict=True):
        if not x._data.ndim:
            raise ShapeError(
                f"scan: {name} has no axis to be cut along. Let the function read it from outside."
            )
        extent = x._data.shape[0]
        if count is not None and extent != count:
            raise ShapeError(
                f"scan: {name} (shape {tuple(x._data.shape)}) gives {extent} steps, but "
                f"{known} gives {count}."
            )
        count, known = extent, known or name
    if count is None:
        raise TypeError("scan: without xs the number of steps is not known. Pass length=...")
    return count


def _looped(
    body: _Body, carry: Sequence[Any], rows: Sequence[Any], length: int, reverse: bool
) -> tuple[list[Any], list[Any]]:
    """A Python loop."""
    stacks: list[list[Any]] = []
    carry = [_copied(x) for x in carry]
    for step in range(length - 1, -1, -1) if reverse else range(length):
        slices = [_sealed(_row(x, step)) for x in rows]
        carry, ys = body([_sealed(x) for x in carry], slices)
        stacks.append(ys)
    if reverse:
        stacks.reverse()
    # Compiled code returns memory of its own as well.
    return [_copied(x) for x in carry], [_stack(column) for column in zip(*stacks, strict=True)]


def _row(x: Any, step: int) -> Any:
    shape = x._data.shape
    cut = slice_(x, slices=((step, 1, 1), *[(0, extent, 1) for extent in shape[1:]]))
    return reshape(cut, shape=tuple(shape[1:]))


def _stack(column: Sequence[Any]) -> Any:
    parts = [reshape(x, shape=(1, *x._data.shape)) for x in column]
    return concatenate(*parts, axis=0)


def _copied(x: Any) -> Any:
    dtype = x._data.dtype
    return record(to, (x,), {"dtype": dtype, "source": dtype})


def _sealed(x: Any) -> Any:
    """The same value, which cannot be written: a write would reach the caller's tensors."""
    data = x._data
    if data.__class__ is Batched:
        return data.level.wrap(_sealed(data.physical))
    array = data.view()
    array.flags.writeable = False
    sealed = new_handle(array, edge_of(x))
    sealed._storage = storage_of(x)
    sealed._inference = x._inference
    return sealed


def _recorded(
    body: _Body,
    carry: Sequence[Any],
    rows: Sequence[Any],
    labels: Sequence[str],
    length: int,
    reverse: bool,
) -> tuple[list[Any], list[Any]]:
    """One node of the open trace."""
    graph, captured = _traced(body, carry, rows, labels)
    loop = Loop(graph, len(carry), len(rows), length, reverse)
    results = run_loop(loop, [*carry, *rows, *captured])
    return results[: len(carry)], results[len(carry) :]


def _no_steps(
    body: _Body, carry: Sequence[Any], rows: Sequence[Any], labels: Sequence[str]
) -> tuple[list[Any], list[Any]]:
    """The function is traced to learn what its ys would have been."""
    graph, _ = _traced(body, carry, rows, labels)
    outs = [edge[0].outputs[edge[1]] for edge in graph.outputs[len(carry) :]]
    return [_copied(x) for x in carry], [zeros((0, *out.shape), out.dtype) for out in outs]


def _traced(
    body: _Body, carry: Sequence[Any], rows: Sequence[Any], labels: Sequence[str]
) -> tuple[Graph, list[Any]]:
    count = len(carry)

    def step(*flat: Any) -> list[Any]:
        last, ys = body(flat[:count], flat[count:])
        return [*last, *ys]

    avals = [_aval(x) for x in carry]
    avals += [(shape[1:], dtype) for shape, dtype in map(_aval, rows)]
    live = [_live(x) for x in (*carry, *rows)]
    graph, captured, _ = trace_function(step, avals, "the function of scan", labels, live)
    return graph, captured


# ---- cond ---------------------------------------------------------------------------------------


def cond(
    pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], *operands: Any
) -> Any:
    """true_fn(*operands) if pred, else false_fn(*operands).

    `pred` is a number or a tensor with one element; `operands` are tensors or containers of them.
    Eagerly, and for a Python number, it is an `if`. Inside `jit`, and under `vmap` with a condition
    for every sample, both functions are traced; they must return the same structure, shapes and
    dtypes (ShapeError, DtypeError) and may not have effects. Compiled code runs only the branch
    that is chosen. A batch runs both and selects, and what was not selected has no derivative.

    >>> import wengert
    >>> cond(wengert.tensor(3.0) > 2, lambda x: x * 10, lambda x: -x, wengert.tensor(1.5))
    tensor(15.)
    """
    if not isinstance(pred, Handle):
        return _chosen(true_fn if pred else false_fn, operands)
    if pred._data.size != 1:
        raise ShapeError(
            f"cond: the condition has shape {tuple(pred._data.shape)}; it must be a single number. "
            "Use pred.any() or pred.all(), or where(pred, a, b) to choose element by element."
        )
    data: Any = pred._data
    if _modes.current().trace is None and isinstance(data, np.ndarray):
        return _chosen(true_fn if data.any() else false_fn, operands)
    leaves, structure = pytree.flatten(operands)
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, Handle)]
    inputs = [leaves[place] for place in places]
    names = pytree.paths(structure, "operands")
    labels = [names[place] for place in places]

    def traced(function: Callable[..., Any], name: str) -> _Branch:
        def branch(*values: Any) -> list[Any]:
            filled = list(leaves)
            for place, value in zip(places, values, strict=True):
                filled[place] = value
            result = function(*pytree.unflatten(structure, filled))
            flat, found.structure, found.names = _tensors(result, "cond", "result")
            return flat

        found = _Branch(name)
        found.graph, found.captured, _ = trace_function(
            branch, [_aval(x) for x in inputs], f"{name} of cond", labels, [*map(_live, inputs)]
        )
        return found

    on, off = traced(true_fn, "true_fn"), traced(false_fn, "false_fn")
    off.arrange_like(on)
    _check_alike(on, off)
    truth = pred if pred._data.dtype.kind == "b" else ne(pred, 0)
    outer = {id(x): x for x in (*on.captured, *off.captured)}
    count = len(inputs)
    branches = (off.with_captures(count, outer), on.with_captures(count, outer))
    results = run_branches(branches, [reshape(truth, shape=()), *inputs, *outer.values()])
    return pytree.unflatten(on.structure, results)


def _chosen(function: Callable[..., Any], operands: Sequence[Any]) -> Any:
    leaves, structure, _ = _tensors(function(*operands), "cond", "result")
    return pytree.unflatten(structure, leaves)


class _Branch:
    """One traced function of a cond."""

    graph: Graph
    captured: Sequence[Any] = ()
    structure: Any = None
    names: Sequence[str] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def arrange_like(self, other: _Branch) -> None:
        """Return what the other branch returns, in its order: that of keys does not matter."""
        places: list[Any] = list(range(len(self.graph.outputs)))
        order = pytree.leaves_as(other.structure, pytree.unflatten(self.structure, places))
        if order is None:
            raise ShapeError(
                f"cond: {other.name} returns {_shown(other.structure)}, {self.name} "
                f"{_shown(self.structure)}. Both must return the same structure."
            )
        results: list[Edge] = [self.graph.outputs[place] for place in order]
        self.graph = Graph(self.graph.inputs, self.graph.nodes, results)

    def with_captures(self, count: int, outer: dict[int, Any]) -> Graph:
        """The graph as a function of `count` operands and of all that either branch captures."""
        own = dict(zip(map(id, self.captured), self.graph.inputs[count:], strict=True))
        inputs = list(self.graph.inputs[:count])
        for key, handle in outer.items():
            inputs.append(own[key] if key in own else _unused(handle))
        return Graph(inputs, self.graph.nodes, self.graph.outputs)


def _unused(handle: Any) -> Node:
    node = Node(INPUT, NO_PARAMS, (), (), {}, None)
    node.outputs = (Abstract(*_aval(handle)),)
    node.differentiable = False
    return node


def _check_alike(on: _Branch, off: _Branch) -> None:
    for name, a, b in zip(on.names, on.graph.outputs, off.graph.outputs, strict=True):
        first, second = a[0].outputs[a[1]], b[0].outputs[b[1]]
        if first.shape != second.shape:
            raise ShapeError(
                f"cond: {name} has shape {first.shape} from true_fn and shape {second.shape} from "
                "false_fn. Both must return the same shapes."
            )
        if first.dtype != second.dtype:
            raise DtypeError(
                f"cond: {name} is {first.dtype} from true_fn and {second.dtype} from false_fn. "
                f"Convert one of them, for example with .to(wengert.{first.dtype})."
            )


__all__ = ["cond", "scan"]
