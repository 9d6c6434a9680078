"""Which cotangent arrives at each value: the gradient of a result by everything on the way to it.

One reverse walk with every recorded value as a target. It records nothing, deposits nothing in
`.grad` and frees nothing, so that it can be asked before `backward` without changing anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .._base.errors import ShapeError
from .._functions.making.filling import ones_like
from .._graph.node import Edge, Node
from .._graph.value import Handle
from .._record.door import new_handle
from .._record.modes import no_grad
from .._record.storage import edge_of
from .._record.trace import differentiable
from .._transforms.reverse import walk
from .graph import graph_of


def cotangents(
    result: Any, gradient: Any = None, *, nodes: Iterable[Node] | None = None
) -> dict[Edge, np.ndarray[Any, Any]]:
    """d(result)/d(value) for every recorded value behind `result`, by its edge (node, output).

    `result` is a tensor of one number, or comes with its own cotangent `gradient`; else ShapeError.
    `nodes` are the nodes to ask about, all by default. Once backward has freed the record only the
    leaves are left: they show their `.grad`.

    >>> import wengert
    >>> x = wengert.tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> z = y * 2
    >>> [float(g) for g in cotangents(z).values()]
    [12.0, 2.0, 1.0]
    """
    order = list(nodes) if nodes is not None else [step.node for step in graph_of(result)]
    if any(node.consumed for node in order):
        return _deposited(order)
    if gradient is None:
        if result._data.size != 1:
            raise ShapeError(
                f"cotangents: a result of shape {tuple(result._data.shape)} has no gradient of its "
                "own. Pass gradient=, its cotangent, or ask about one number such as y.sum()."
            )
        gradient = ones_like(result)
    # The walk looks at the place and never at the data of a target.
    asked = [
        (node, index)
        for node in order
        for index in range(max(1, len(node.outputs)))
        if differentiable((node, index))
    ]
    with no_grad():
        found = walk([(result, gradient)], [new_handle(result._data, edge) for edge in asked])
    return {edge: g._data for edge, g in zip(asked, found, strict=True) if g is not None}


def _deposited(order: Iterable[Node]) -> dict[Edge, np.ndarray[Any, Any]]:
    found: dict[Edge, np.ndarray[Any, Any]] = {}
    for node in order:
        leaf: Any = node.leaf() if node.leaf is not None else None
        if isinstance(leaf, Handle) and leaf._grad is not None and edge_of(leaf) == (node, 0):
            found[(node, 0)] = leaf._grad._data
    return found


__all__ = ["cotangents"]
