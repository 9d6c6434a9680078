"""Whole derivatives: jacrev, jacfwd, hessian, as batched pullbacks and pushforwards.

Each row of the identity chooses one element, and the others are absent: a Jacobian is the gradients
of the single elements, so an infinite derivative beside it makes no NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._base import pytree
from .._base.errors import DtypeError
from .._base.shapes import size_of
from .._graph.value import Handle
from .._primitives.creation import constant
from .._primitives.shaping import permute, reshape
from .batching import vmap
from .gradients import Differentiation, flat_outputs, outside_tree, select, substitute


def _basis(sizes: Sequence[int], position: int, dtype: Any, shape: tuple[int, ...]) -> Any:
    """Rows of the identity that belong to leaf `position`, shaped like that leaf."""
    total, start = sum(sizes), sum(sizes[:position])
    block = np.zeros((total, sizes[position]), dtype)
    block[start : start + sizes[position]] = np.eye(sizes[position], dtype=dtype)
    return constant(block.reshape(total, *shape))


def _bases(leaves: Sequence[Any]) -> tuple[list[Any], list[int]]:
    sizes = [size_of(leaf._data.shape) for leaf in leaves]
    return [
        _basis(sizes, k, leaf._data.dtype, tuple(leaf._data.shape)) for k, leaf in enumerate(leaves)
    ], sizes


def _require_real(name: str, what: str, leaves: Sequence[Any]) -> None:
    """Rows of the identity are real directions: a complex element has two."""
    for leaf in leaves:
        if isinstance(leaf, Handle) and leaf._data.dtype.kind == "c":
            raise DtypeError(
                f"{name}: {what} is {leaf._data.dtype}, and only real ones have a Jacobian. Take "
                "it apart with wengert.view_as_real."
            )


def _rows(x: Any, start: int, count: int) -> Any:
    from .._primitives.shaping import slice_

    slices = [(0, extent, 1) for extent in x._data.shape]
    slices[0] = (start, count, 1)
    return slice_(x, slices=tuple(slices))


def jacrev(
    function: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The Jacobian d f_i / d x_j by reverse mode, of shape (*f.shape, *x.shape).

    Good where f has few elements. Containers of outputs and inputs nest: outputs outside.

    >>> import wengert
    >>> jacrev(lambda x: x * x)(wengert.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        leaves, structure, positions = select(args, argnums, "jacrev")
        work = Differentiation("jacrev", leaves)
        changed = substitute(args, argnums, positions, structure, work.inputs)
        result = work.run(function, changed, kwargs)
        value, aux = result if has_aux else (result, None)
        outs, out_structure = flat_outputs("jacrev", value)
        _require_real("jacrev", "an output", outs)
        bases, sizes = _bases(outs)
        if sum(sizes) == 0:
            stacked = [_empty(leaf) for leaf in work.inputs]
        else:
            stacked = vmap(
                lambda *rows: tuple(work.pull(outs, rows, keep=True, units=sum(sizes) > 1)),
                chunk_size=chunk_size,
            )(*bases)
        parts: list[Any] = []
        for k, out in enumerate(outs):
            start = sum(sizes[:k])
            parts.append(
                pytree.unflatten(
                    structure,
                    [
                        reshape(
                            _rows(column, start, sizes[k]),
                            shape=(*out._data.shape, *leaf._data.shape),
                        )
                        for column, leaf in zip(stacked, leaves, strict=True)
                    ],
                )
            )
        found = pytree.unflatten(out_structure, parts)
        return (found, outside_tree(aux, work)) if has_aux else found

    return jacobian


def _empty(leaf: Any) -> Any:
    from .._primitives.creation import zeros

    return zeros((0, *leaf._data.shape), leaf._data.dtype)


def jacfwd(
    function: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The Jacobian d f_i / d x_j by forward mode, of shape (*f.shape, *x.shape).

    Good where x has few elements.

    >>> import wengert
    >>> jacfwd(lambda x: x * x)(wengert.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        leaves, structure, positions = select(args, argnums, "jacfwd")
        _require_real("jacfwd", "an input", leaves)
        work = Differentiation("jacfwd", leaves)
        changed = substitute(args, argnums, positions, structure, work.inputs)
        result = work.run(function, changed, kwargs)
        value, aux = result if has_aux else (result, None)
        outs, out_structure = flat_outputs("jacfwd", value)
        bases, sizes = _bases(leaves)
        if sum(sizes) == 0:
            stacked = [_empty(out) for out in outs]
        else:
            stacked = vmap(
                lambda *rows: tuple(work.push(outs, rows, units=sum(sizes) > 1)),
                chunk_size=chunk_size,
            )(*bases)
        parts: list[Any] = []
        for column, out in zip(stacked, outs, strict=True):
            ndim = out._data.ndim
            blocks: list[Any] = []
            for k, leaf in enumerate(leaves):
                block = _rows(column, sum(sizes[:k]), sizes[k])
                block = permute(block, axes=(*range(1, ndim + 1), 0))
                blocks.append(reshape(block, shape=(*out._data.shape, *leaf._data.shape)))
            parts.append(pytree.unflatten(structure, blocks))
        found = pytree.unflatten(out_structure, parts)
        return (found, outside_tree(aux, work)) if has_aux else found

    return jacobian


def hessian(function: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Second derivatives d2 f / dx dx of a scalar f: forward over reverse.

    >>> import wengert
    >>> hessian(lambda x: (x ** 3).sum())(wengert.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(function, argnums), argnums)


__all__ = ["hessian", "jacfwd", "jacrev"]
