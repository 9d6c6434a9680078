"""Tensor methods: shape, views, indexing and writing.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from typing import Any

from .._functions import creation, indexing
from .._functions import shape as movement
from .._graph.value import Handle
from . import inplace as writing
from .inplace import inplace


class ShapeMethods(Handle):
    """Methods of a tensor: shape, views, indexing and writing."""

    broadcast_to = movement.broadcast_to
    chunk = movement.chunk
    clone = creation.clone
    diag = indexing.diag
    diagonal = indexing.diagonal
    expand = movement.expand
    expand_as = movement.expand_as
    flatten = movement.flatten
    flip = movement.flip
    gather = indexing.gather
    index_add = indexing.index_add
    index_add_ = inplace(indexing.index_add, "index_add_")
    index_select = indexing.index_select
    masked_fill = indexing.masked_fill
    masked_fill_ = inplace(indexing.masked_fill, "masked_fill_")
    masked_select = indexing.masked_select
    moveaxis = movement.movedim
    movedim = movement.movedim
    narrow = movement.narrow
    nonzero = indexing.nonzero
    permute = movement.permute
    ravel = movement.ravel
    repeat = movement.repeat
    reshape = movement.reshape
    scatter_add = indexing.scatter_add
    scatter_add_ = inplace(indexing.scatter_add, "scatter_add_")
    split = movement.split
    squeeze = movement.squeeze
    swapaxes = movement.transpose
    t = movement.t
    take_along_dim = indexing.take_along_dim
    transpose = movement.transpose
    tril = indexing.tril
    tril_ = inplace(indexing.tril, "tril_")
    triu = indexing.triu
    triu_ = inplace(indexing.triu, "triu_")
    unbind = movement.unbind
    unsqueeze = movement.unsqueeze
    view = movement.view
    copy_ = writing.copy_
    fill_ = writing.fill_
    zero_ = writing.zero_

    def where(self, condition: Any, other: Any) -> Any:
        """The tensor where the condition holds, `other` elsewhere."""
        return indexing.where(condition, self, other)


__all__ = ["ShapeMethods"]
