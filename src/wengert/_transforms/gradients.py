"""grad, value_and_grad, vjp and jvp of functions: fresh leaves, one recording, one walk.

`_Differentiation` holds what they share: inputs become leaves (batched at every open vmap level,
so that gradients are per sample), the function runs with recording on, and a walk records itself
only if an outer derivative or a trace needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._base import pytree
from .._base.dtypes import is_inexact
from .._base.errors import DtypeError, ShapeError
from .._graph.value import Handle
from .._primitives.creation import full, zeros
from .._record import modes as _modes
from .._record.storage import edge_of, storage_of
from .._record.trace import differentiable
from .batching import batch_everywhere, unwrap
from .forward import push_walk
from .masks import chosen
from .reverse import leaf_handle, reachable, walk


def _rewrap(handle: Any, levels: Sequence[Any]) -> Any:
    for level in reversed(levels):
        handle = level.raise_(handle)
    return handle


def _lower_all(handle: Any, levels: Sequence[Any]) -> Any:
    for level in levels:
        handle = level.lower(handle)
    return handle


class Differentiation:
    """One function evaluated at leaves of its own, ready to be walked."""

    def __init__(self, name: str, inputs: Sequence[Any]) -> None:
        self.name = name
        self.bases: list[Any] = []
        self.levels: list[list[Any]] = []
        self.inputs: list[Any] = []
        for x in inputs:
            if not isinstance(x, Handle):
                raise TypeError(
                    f"{name}: cannot differentiate with respect to a {type(x).__name__}. Pass a "
                    "tensor, or choose others with argnums."
                )
            if not is_inexact(x._data.dtype):
                raise DtypeError(
                    f"{name}: cannot differentiate with respect to a {x._data.dtype} tensor. "
                    "Convert it with x.to(wengert.float32), or choose others with argnums."
                )
            base, levels = unwrap(batch_everywhere(x))
            leaf = leaf_handle(base)
            leaf._edge[0].argument = True
            if _modes.current().trace is None:
                leaf._storage = storage_of(base)  # so that writes which are allowed are seen
            self.bases.append(leaf)
            self.levels.append(levels)
            self.inputs.append(_rewrap(leaf, levels))

    def run(self, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Call with grad mode on: a no_grad outside does not reach into a derivative."""
        try:
            with _modes.override(grad=True, inference=False, transform=True):
                return function(*args, **kwargs)
        finally:
            for leaf in self.bases:
                leaf._edge[0].closed = True

    def records(self, outputs: Sequence[Any], directions: Sequence[Any] = ()) -> bool:
        """Whether a walk has to record itself: something older or outside may be differentiated."""
        modes = _modes.current()
        if not modes.grad:
            return False
        if any(differentiable(edge_of(unwrap(direction)[0])) for direction in directions):
            return True
        if modes.trace is not None:
            return True
        if any(leaf._edge[0].inputs for leaf in self.bases):
            return True
        roots = [edge_of(unwrap(out)[0]) for out in outputs]
        nodes = reachable([edge[0] for edge in roots if edge and differentiable(edge)], 0)
        return any(not node.inputs and not node.closed for node in nodes)

    def pull(
        self, outputs: Sequence[Any], cotangents: Sequence[Any], keep: bool, units: bool = False
    ) -> list[Any]:
        """The cotangents of the inputs, zeros where there is no path.

        `units`: the cotangents choose single elements, and exist only there.
        """
        seeds: list[tuple[Any, Any]] = []
        for out, cotangent in zip(outputs, cotangents, strict=True):
            base, levels = unwrap(out)
            lowered = _lower_all(cotangent, levels)
            seeds.append((base, chosen(lowered) if units else lowered))
        with _modes.override(grad=self.records(outputs, cotangents)):
            found = walk(seeds, self.bases, retain=keep)
            results: list[Any] = []
            for leaf, levels, g in zip(self.bases, self.levels, found, strict=True):
                if g is None:
                    g = zeros(leaf._data.shape, leaf._data.dtype)
                results.append(_rewrap(g, levels))
        return results

    def push(
        self, outputs: Sequence[Any], tangents: Sequence[Any], units: bool = False
    ) -> list[Any]:
        """The tangents of the outputs, zeros where there is no path; `units` as in `pull`."""
        lowered = [
            _lower_all(tangent, levels)
            for tangent, levels in zip(tangents, self.levels, strict=True)
        ]
        if units:
            lowered = [chosen(tangent) for tangent in lowered]
        unwrapped = [unwrap(out) for out in outputs]
        with _modes.override(grad=self.records(outputs, tangents)):
            found = push_walk(self.bases, lowered, [base for base, _ in unwrapped])
            results: list[Any] = []
            for (base, levels), t in zip(unwrapped, found, strict=True):
                if t is None:
                    t = zeros(base._data.shape, base._data.dtype)
                results.append(_rewrap(t, levels))
        return results


def select(args: tuple[Any, ...], argnums: Any, name: str) -> tuple[list[Any], Any, list[int]]:
    """The leaves of the chosen arguments, their structure, and the positions of the arguments."""
    single = isinstance(argnums, int)
    positions = [argnums] if single else list(argnums)
    for position in positions:
        if not -len(args) <= position < len(args):
            raise ValueError(
                f"{name}: argnums={argnums}, but the function was called with {len(args)} "
                "positional arguments."
            )
    positions = [position % len(args) for position in positions]
    chosen = args[positions[0]] if single else tuple(args[p] for p in positions)
    leaves, structure = pytree.flatten(chosen)
    return leaves, structure, positions


def substitute(
    args: tuple[Any, ...], argnums: Any, positions: list[int], structure: Any, leaves: list[Any]
) -> list[Any]:
    """The arguments with the chosen ones rebuilt from `leaves`."""
    rebuilt = pytree.unflatten(structure, leaves)
    parts = [rebuilt] if isinstance(argnums, int) else rebuilt
    changed = list(args)
    for position, part in zip(positions, parts, strict=True):
        changed[position] = part
    return changed


def flat_outputs(name: str, result: Any) -> tuple[list[Any], Any]:
    """The tensors in a result, and its structure."""
    outs, structure = pytree.flatten(result)
    for out in outs:
        if not isinstance(out, Handle):
            raise TypeError(
                f"{name}: the function returned a {type(out).__name__}; it must return tensors. "
                "Use has_aux=True for other results."
            )
    return outs, structure


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns (f(x), df/dx) for a scalar f.

    `argnums` chooses the arguments (nested containers of floating tensors). With `has_aux` the
    function returns (value, anything) and the result is ((value, anything), gradient).

    >>> import wengert
    >>> value_and_grad(lambda x: x ** 2)(wengert.tensor(3.0))
    (tensor(9.), tensor(6.))
    """

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        leaves, structure, positions = select(args, argnums, "grad")
        work = Differentiation("grad", leaves)
        changed = substitute(args, argnums, positions, structure, work.inputs)
        result = work.run(function, changed, kwargs)
        value, aux = result if has_aux else (result, None)
        if not isinstance(value, Handle):
            raise TypeError(
                f"grad: the function returned a {type(value).__name__}, not a tensor. For a tuple "
                "(value, other) use has_aux=True."
            )
        if value._data.size != 1 or (value._data.ndim > 0 and value._data.shape != (1,)):
            raise ShapeError(
                f"grad: the function returned shape {tuple(value._data.shape)}; a gradient needs a "
                "single number. Use value.sum(), or jacrev for a whole Jacobian."
            )
        if not is_inexact(value._data.dtype):
            raise DtypeError(f"grad: the function returned dtype {value._data.dtype}.")
        seed = full(value._data.shape, 1.0, value._data.dtype)
        gradients = pytree.unflatten(structure, work.pull([value], [seed], keep=True))
        shown = outside(value, work)
        return ((shown, outside_tree(aux, work)) if has_aux else shown), gradients

    return differentiated


def outside(out: Any, work: Differentiation) -> Any:
    """An output for the caller: differentiable if the original inputs are, else a constant."""
    from .._record.storage import detached

    if not isinstance(out, Handle):
        return out
    base, levels = unwrap(out)
    modes = _modes.current()
    if modes.trace is not None or (modes.grad and work.records([out])):
        return out
    if edge_of(base) is None:
        return out
    return _rewrap(detached(base), levels)


def outside_tree(tree: Any, work: Differentiation) -> Any:
    """`outside` for every leaf of a container."""
    return pytree.map_leaves(lambda leaf: outside(leaf, work), tree)


def grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns the gradient df/dx of a scalar f.

    Nests to any order; tensors that the function captures and that require grad stay
    differentiable from outside.

    >>> import wengert
    >>> cube = lambda x: x ** 3
    >>> grad(grad(cube))(wengert.tensor(2.0))
    tensor(12.)
    """
    both = value_and_grad(function, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """(f(primals), pullback): the pullback maps a cotangent u of the output to u J.

    The pullback returns a tuple, a cotangent for each primal. It can be called repeatedly.

    >>> import wengert
    >>> y, pullback = vjp(lambda x: x * x, wengert.tensor([1.0, 2.0]))
    >>> pullback(wengert.tensor([1.0, 10.0]))
    (tensor([ 2., 40.]),)
    """
    leaves, structure = pytree.flatten(primals)
    work = Differentiation("vjp", leaves)
    result = work.run(function, pytree.unflatten(structure, work.inputs), {})
    value, aux = result if has_aux else (result, None)
    outs, out_structure = flat_outputs("vjp", value)

    def pullback(*cotangents: Any) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        flat, given_structure = pytree.flatten(given)
        if given_structure != out_structure:
            raise ShapeError(
                f"vjp: the cotangent has structure {given_structure}, the output {out_structure}."
            )
        for out, cotangent in zip(outs, flat, strict=True):
            if cotangent._data.shape != out._data.shape:
                raise ShapeError(
                    f"vjp: a cotangent of shape {tuple(cotangent._data.shape)} was given for an "
                    f"output of shape {tuple(out._data.shape)}."
                )
        return pytree.unflatten(structure, work.pull(outs, flat, keep=True))

    shown = pytree.unflatten(out_structure, [outside(out, work) for out in outs])
    return (shown, pullback, outside_tree(aux, work)) if has_aux else (shown, pullback)


def jvp(function: Callable[..., Any], primals: Any, tangents: Any, *, has_aux: bool = False) -> Any:
    """(f(primals), J tangents), by a forward walk.

    `primals` and `tangents` are tuples of equal structure.

    >>> import wengert
    >>> jvp(lambda x: x * x, (wengert.tensor(3.0),), (wengert.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise TypeError("jvp: primals and tangents must be tuples. Write jvp(f, (x,), (t,)).")
    leaves, structure = pytree.flatten(primals)
    moving, tangent_structure = pytree.flatten(tangents)
    _check_structure("jvp", tangent_structure, structure)
    work = Differentiation("jvp", leaves)
    _check_tangents("jvp", work, moving)
    result = work.run(function, pytree.unflatten(structure, work.inputs), {})
    value, aux = result if has_aux else (result, None)
    outs, out_structure = flat_outputs("jvp", value)
    pushed = pytree.unflatten(out_structure, work.push(outs, moving))
    shown = pytree.unflatten(out_structure, [outside(out, work) for out in outs])
    return (shown, pushed, outside_tree(aux, work)) if has_aux else (shown, pushed)


def _check_structure(name: str, tangents: Any, primals: Any) -> None:
    if tangents != primals:
        raise ShapeError(f"{name}: the tangents have structure {tangents}, the primals {primals}.")


def _check_tangents(name: str, work: Differentiation, tangents: Sequence[Any]) -> None:
    for leaf, tangent in zip(work.inputs, tangents, strict=True):
        if leaf._data.shape != tangent._data.shape or leaf._data.dtype != tangent._data.dtype:
            raise ShapeError(
                f"{name}: a tangent of shape {tuple(tangent._data.shape)} and dtype "
                f"{tangent._data.dtype} was given for a primal of shape "
                f"{tuple(leaf._data.shape)} and dtype {leaf._data.dtype}."
            )


def linearize(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """(f(primals), pushforward): the pushforward maps tangents of the primals to J tangents.

    The function runs once; what it recorded is walked again by each call of the pushforward.

    >>> import wengert
    >>> y, pushforward = linearize(lambda x: x * x, wengert.tensor(3.0))
    >>> y, pushforward(wengert.tensor(1.0)), pushforward(wengert.tensor(2.0))
    (tensor(9.), tensor(6.), tensor(12.))
    """
    leaves, structure = pytree.flatten(primals)
    work = Differentiation("linearize", leaves)
    value = work.run(function, pytree.unflatten(structure, work.inputs), {})
    outs, out_structure = flat_outputs("linearize", value)

    def pushforward(*tangents: Any) -> Any:
        moving, tangent_structure = pytree.flatten(tangents)
        _check_structure("linearize", tangent_structure, structure)
        _check_tangents("linearize", work, moving)
        return pytree.unflatten(out_structure, work.push(outs, moving))

    shown = pytree.unflatten(out_structure, [outside(out, work) for out in outs])
    return shown, pushforward


def grad_and_value(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """`value_and_grad` with the results the other way round: (df/dx, f(x)).

    >>> import wengert
    >>> grad_and_value(lambda x: x ** 2)(wengert.tensor(3.0))
    (tensor(6.), tensor(9.))
    """
    both = value_and_grad(function, argnums, has_aux)

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return gradients, value

    return differentiated


__all__ = [
    "Differentiation",
    "grad",
    "grad_and_value",
    "jvp",
    "linearize",
    "value_and_grad",
    "vjp",
]
