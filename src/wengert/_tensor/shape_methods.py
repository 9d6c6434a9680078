"""Tensor methods: shape, views, indexing and writes.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from typing import Any

from .._functions.making import creation
from .._functions.places import callables, indexing, masking, scattering, writes
from .._functions.places.writes import reshaping
from .._functions.shaping import copies, rearranging, splitting, views
from .._functions.shaping import shape as movement
from .._graph.value import Handle
from .inplace import inplace


class ShapeMethods(Handle):
    """Methods of a tensor: shape, views, indexing and writes."""

    H = property(movement.conjugate_transpose)
    T = property(movement.reversed_axes)
    adjoint = movement.adjoint
    apply_ = callables.apply_
    argwhere = masking.argwhere
    as_strided = views.as_strided
    as_strided_ = reshaping(views.as_strided, "as_strided_")
    as_strided_scatter = views.as_strided_scatter
    broadcast_to = movement.broadcast_to
    chunk = splitting.chunk
    clone = creation.clone
    contiguous = movement.contiguous
    diag = rearranging.diag
    diag_embed = rearranging.diag_embed
    diagflat = rearranging.diagflat
    diagonal = views.diagonal
    diagonal_scatter = views.diagonal_scatter
    dsplit = splitting.dsplit
    expand = movement.expand
    expand_as = movement.expand_as
    flatten = movement.flatten
    flip = rearranging.flip
    fliplr = rearranging.fliplr
    flipud = rearranging.flipud
    gather = scattering.gather
    hsplit = splitting.hsplit
    index_add = scattering.index_add
    index_add_ = inplace(scattering.index_add, "index_add_")
    index_copy = scattering.index_copy
    index_copy_ = inplace(scattering.index_copy, "index_copy_")
    index_fill = scattering.index_fill
    index_fill_ = inplace(scattering.index_fill, "index_fill_")
    index_put = indexing.index_put
    index_put_ = inplace(indexing.index_put, "index_put_")
    index_reduce = scattering.index_reduce
    index_reduce_ = inplace(scattering.index_reduce, "index_reduce_")
    index_select = scattering.index_select
    is_contiguous = movement.is_contiguous
    mH = property(movement.adjoint)
    mT = property(movement.matrix_transpose)
    map2_ = callables.map2_
    map_ = callables.map_
    masked_fill = masking.masked_fill
    masked_fill_ = inplace(masking.masked_fill, "masked_fill_")
    masked_scatter = masking.masked_scatter
    masked_scatter_ = inplace(masking.masked_scatter, "masked_scatter_")
    masked_select = masking.masked_select
    moveaxis = movement.movedim
    movedim = movement.movedim
    narrow = views.narrow
    narrow_copy = copies.narrow_copy
    nonzero = masking.nonzero
    nonzero_static = masking.nonzero_static
    permute = movement.permute
    put = scattering.put
    put_ = inplace(scattering.put, "put_")
    ravel = movement.ravel
    repeat = rearranging.repeat
    repeat_interleave = rearranging.repeat_interleave
    reshape = movement.reshape
    reshape_as = movement.reshape_as
    roll = rearranging.roll
    rot90 = rearranging.rot90
    scatter = scattering.scatter
    scatter_ = inplace(scattering.scatter, "scatter_")
    scatter_add = scattering.scatter_add
    scatter_add_ = inplace(scattering.scatter_add, "scatter_add_")
    scatter_reduce = scattering.scatter_reduce
    scatter_reduce_ = inplace(scattering.scatter_reduce, "scatter_reduce_")
    select = views.select
    select_scatter = views.select_scatter
    slice_scatter = views.slice_scatter
    split = splitting.split
    split_with_sizes = splitting.split_with_sizes
    squeeze = movement.squeeze
    squeeze_ = reshaping(movement.squeeze, "squeeze_")
    sum_to_size = movement.sum_to_size
    swapaxes = movement.swapaxes
    swapaxes_ = reshaping(movement.swapaxes, "swapaxes_")
    swapdims = movement.transpose
    swapdims_ = reshaping(movement.transpose, "swapdims_")
    t = movement.t
    t_ = reshaping(movement.t, "t_")
    take = scattering.take
    take_along_dim = scattering.take_along_dim
    tensor_split = splitting.tensor_split
    tile = rearranging.tile
    transpose = movement.transpose
    transpose_ = reshaping(movement.transpose, "transpose_")
    tril = rearranging.tril
    tril_ = inplace(rearranging.tril, "tril_")
    triu = rearranging.triu
    triu_ = inplace(rearranging.triu, "triu_")
    unbind = splitting.unbind
    unflatten = movement.unflatten
    unfold = views.unfold
    unsafe_chunk = splitting.chunk
    unsafe_split = splitting.split
    unsafe_split_with_sizes = splitting.split_with_sizes
    unsqueeze = movement.unsqueeze
    unsqueeze_ = reshaping(movement.unsqueeze, "unsqueeze_")
    view = movement.view
    view_as = movement.view_as
    vsplit = splitting.vsplit
    copy_ = writes.copy_
    fill_ = writes.fill_
    fill_diagonal_ = writes.fill_diagonal_
    resize_ = writes.resize_
    resize_as_ = writes.resize_as_
    zero_ = writes.zero_

    def where(self, condition: Any, other: Any) -> Any:
        """The tensor where the condition holds, `other` elsewhere."""
        return masking.where(condition, self, other)


__all__ = ["ShapeMethods"]
