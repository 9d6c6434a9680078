"""Attention: every query reads a weighted mean of the values, weighted by how its key fits.

Masks select: a key that may not be read has weight 0 and gets no cotangent, and a query that may
read nothing gets 0. Source: A. Vaswani et al., Attention is all you need, 2017.
"""

from __future__ import annotations

import math
from typing import Any

from ..._base.dtypes import bool_, is_floating
from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import broadcast
from ..._primitives import elementwise as e
from ..._primitives.creation import zeros
from ..._primitives.indexing import iota
from ..._primitives.linear_algebra import swapped
from ..._primitives.ordering import amax
from ..._primitives.reductions import sum_
from ..._primitives.shaping import concatenate, expand, permute, reshape, slice_
from ..._primitives.transcendental import exp
from ..linear_algebra.matrix import linear, matmul
from ..reductions.reduction import mean
from .dropout import dropout


def _lower_triangle(rows: int, columns: int) -> Any:
    row, column = reshape(iota(rows), shape=(rows, 1)), reshape(iota(columns), shape=(1, columns))
    return e.ge(row, column)


def _weights(scores: Any) -> Any:
    """softmax over the last axis; 0 where all scores are -inf."""
    axis = scores._data.ndim - 1
    if not scores._data.shape[axis]:
        return exp(scores)
    column = (*scores._data.shape[:axis], 1)
    top = reshape(amax(scores.detach(), axes=(axis,)), shape=column)
    nothing = e.eq(top, -math.inf)
    raised = exp(e.sub(scores, e.where(nothing, 0.0, top)))
    total = reshape(sum_(raised, axes=(axis,)), shape=column)
    return e.div(raised, e.where(nothing, 1.0, total))


def _repeated(x: Any, count: int) -> Any:
    """Each head (axis -3) several times, one after the other."""
    shape = tuple(x._data.shape)
    lead, (heads, *rest) = shape[:-3], shape[-3:]
    wide = reshape(x, shape=(*lead, heads, 1, *rest))
    wide = expand(wide, shape=(*lead, heads, count, *rest))
    return reshape(wide, shape=(*lead, heads * count, *rest))


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """softmax(query @ key^T * scale + attn_mask) @ value, scale 1 / sqrt(features) if not given.

    query (..., l, features), key (..., s, features), value (..., s, out). A bool mask says which
    keys may be read, a floating one is added; `is_causal` lets query i read keys 0 to i. With
    `enable_gqa` several heads of queries share one of keys.

    >>> import wengert
    >>> q, v = wengert.zeros(1, 2), wengert.tensor([[1.0], [3.0]])
    >>> wengert.nn.functional.scaled_dot_product_attention(q, wengert.ones(2, 2), v)
    tensor([[2.]])
    """
    name = "scaled_dot_product_attention"
    shapes = [tuple(x._data.shape) for x in (query, key, value)]
    q, k, v = shapes
    if min(map(len, shapes)) < 2 or q[-1] != k[-1] or k[-2] != v[-2]:
        raise ShapeError(
            f"{name}: query (..., l, features), key (..., s, features) and value (..., s, out) are "
            f"needed, not {q}, {k} and {v}."
        )
    dtypes = [x._data.dtype for x in (query, key, value)]
    if len(set(dtypes)) > 1 or not is_floating(dtypes[0]):
        raise DtypeError(f"{name}: query, key and value need one floating dtype, not {dtypes}.")
    if attn_mask is not None and is_causal:
        raise ValueError(f"{name}: give attn_mask or is_causal, not both.")
    if enable_gqa:
        if min(map(len, shapes)) < 3 or q[-3] % k[-3] or q[-3] % v[-3]:
            raise ShapeError(f"{name}: heads of key and value must divide query's: {shapes}.")
        key, value = _repeated(key, q[-3] // k[-3]), _repeated(value, q[-3] // v[-3])
    factor = (1 / math.sqrt(q[-1]) if q[-1] else 1.0) if scale is None else float(scale)
    scores = matmul(e.mul(query, factor), swapped(key))
    mask = _lower_triangle(q[-2], k[-2]) if is_causal else attn_mask
    if mask is not None:
        if mask._data.dtype == bool_:
            wide = broadcast(name, tuple(mask._data.shape), tuple(scores._data.shape))
            scores = e.where(mask, scores, -math.inf)
            if tuple(scores._data.shape) != wide:
                raise ShapeError(f"{name}: the mask {mask._data.shape} does not fit.")
        else:
            if mask._data.dtype != dtypes[0]:
                raise DtypeError(f"{name}: a mask must be bool or {dtypes[0]}, not {mask.dtype}.")
            scores = e.add(scores, mask)
    return matmul(dropout(_weights(scores), dropout_p), value)


def _projected(
    query: Any, key: Any, value: Any, weights: list[Any], bias: Any, width: int
) -> list[Any]:
    """Query, key and value after their linear maps."""
    biases = [None] * 3
    if bias is not None:
        biases = [slice_(bias, slices=((k * width, width, 1),)) for k in range(3)]
    return [
        linear(x, weight, b)
        for x, weight, b in zip((query, key, value), weights, biases, strict=True)
    ]


def _as_bias(mask: Any, dtype: Any, name: str) -> Any:
    """A mask as numbers to be added: bool masks say here what may not be read."""
    if mask is None:
        return None
    if mask._data.dtype == bool_:
        return e.where(mask, -math.inf, zeros((), dtype))
    if not is_floating(mask._data.dtype):
        raise DtypeError(f"multi_head_attention_forward: {name} must be bool or floating.")
    return mask


def _wider(mask: Any, count: int) -> Any:
    """A mask with `count` more keys, which may be read."""
    if mask is None or not count:
        return mask
    shape = tuple(mask._data.shape)
    return concatenate(mask, zeros((*shape[:-1], count), mask._data.dtype), axis=len(shape) - 1)


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:
    """Attention of several heads, each on its part of the projected features.

    query (l, batch, features), key and value (s, batch, ...), or all without the batch. Bool masks
    are True where a key may *not* be read. `is_causal` is a hint that needs `attn_mask`. Returns
    the result and the weights (averaged over heads), None unless they are needed.

    >>> import wengert
    >>> x, w, o = wengert.ones(3, 4), wengert.ones(12, 4), wengert.eye(4)
    >>> f = wengert.nn.functional.multi_head_attention_forward
    >>> f(x, x, x, 4, 2, w, None, None, None, False, 0.0, o, None)[1].shape
    (3, 3)
    """
    name = "multi_head_attention_forward"
    ranks = [x._data.ndim for x in (query, key, value)]
    if ranks not in ([2, 2, 2], [3, 3, 3]):
        raise ShapeError(f"{name}: query, key and value need 3 axes, or 2 each, not {ranks}.")
    single = ranks[0] == 2
    if single:
        query, key, value = (
            reshape(x, shape=(x._data.shape[0], 1, x._data.shape[1])) for x in (query, key, value)
        )
        if key_padding_mask is not None:
            key_padding_mask = reshape(key_padding_mask, shape=(1, key_padding_mask._data.size))
    rows, batch, width = tuple(query._data.shape)
    _check_projectable(query, key, value, embed_dim_to_check, num_heads)
    if is_causal and attn_mask is None:
        raise ValueError(f"{name}: is_causal is a hint beside attn_mask, and there is none.")
    if use_separate_proj_weight:
        weights = [q_proj_weight, k_proj_weight, v_proj_weight]
    else:
        weights = [
            slice_(in_proj_weight, slices=((k * width, width, 1), (0, width, 1))) for k in range(3)
        ]
    q, k, v = _projected(query, key, value, weights, in_proj_bias, width)
    if bias_k is not None:
        k, v = (
            concatenate(x, expand(b, shape=(1, batch, width)), axis=0)
            for x, b in ((k, bias_k), (v, bias_v))
        )
    size = width // num_heads
    q = _split(q, num_heads)
    k = _split(k, num_heads) if static_k is None else _given(static_k, batch, num_heads, size)
    v = _split(v, num_heads) if static_v is None else _given(static_v, batch, num_heads, size)
    if add_zero_attn:
        none = zeros((batch, num_heads, 1, size), q._data.dtype)
        k, v = concatenate(k, none, axis=2), concatenate(v, none, axis=2)
    columns = k._data.shape[2]
    bias = _joint_bias(attn_mask, key_padding_mask, batch, num_heads, rows, columns, q._data.dtype)
    scores = matmul(e.mul(q, 1 / math.sqrt(size)), swapped(k))
    weight = _weights(scores if bias is None else e.add(scores, bias))
    if training:
        weight = dropout(weight, dropout_p)
    found = permute(matmul(weight, v), axes=(2, 0, 1, 3))
    flat = linear(reshape(found, shape=(rows * batch, width)), out_proj_weight, out_proj_bias)
    out = reshape(flat, shape=(rows, batch, out_proj_weight._data.shape[0]))
    if average_attn_weights:
        weight = mean(weight, 1)
    if single:
        out = reshape(out, shape=(rows, out._data.shape[2]))
        weight = reshape(weight, shape=tuple(weight._data.shape)[1:])
    return out, weight if need_weights else None


def _check_projectable(query: Any, key: Any, value: Any, features: int, heads: int) -> None:
    """Raise unless query (l, batch, features), key and value fit each other and the heads."""
    name = "multi_head_attention_forward"
    _, batch, width = query._data.shape
    if width != features or heads < 1 or width % heads:
        raise ShapeError(
            f"{name}: {width} features; {features} are expected, which {heads} heads must divide."
        )
    if key._data.shape[:2] != value._data.shape[:2] or key._data.shape[1] != batch:
        raise ShapeError(
            f"{name}: key {tuple(key._data.shape)} and value {tuple(value._data.shape)} do not fit "
            f"each other and a batch of {batch}."
        )


def _split(x: Any, heads: int) -> Any:
    """(positions, batch, features) as (batch, heads, positions, features of a head)."""
    positions, batch, width = x._data.shape
    parts = reshape(x, shape=(positions, batch, heads, width // heads))
    return permute(parts, axes=(1, 2, 0, 3))


def _given(x: Any, batch: int, heads: int, size: int) -> Any:
    """Keys or values that come projected, (batch * heads, positions, size)."""
    shape = tuple(x._data.shape)
    if len(shape) != 3 or shape[0] != batch * heads or shape[2] != size:
        raise ShapeError(
            f"multi_head_attention_forward: static_k and static_v need the shape "
            f"({batch * heads}, positions, {size}), not {shape}."
        )
    return reshape(x, shape=(batch, heads, shape[1], size))


def _joint_bias(
    attn_mask: Any, padding: Any, batch: int, heads: int, rows: int, columns: int, dtype: Any
) -> Any:
    """Both masks as one tensor to be added to the scores (batch, heads, rows, columns)."""
    name = "multi_head_attention_forward"
    mask = _as_bias(attn_mask, dtype, "attn_mask")
    if mask is not None:
        shape = tuple(mask._data.shape)
        if len(shape) not in (2, 3) or shape[-2] != rows or shape[-1] > columns:
            raise ShapeError(f"{name}: attn_mask {shape} for {rows} queries and {columns} keys.")
        if len(shape) == 3:
            if shape[0] != batch * heads:
                raise ShapeError(f"{name}: attn_mask {shape} for {batch} * {heads} heads.")
            mask = reshape(mask, shape=(batch, heads, *shape[1:]))
        mask = _wider(mask, columns - shape[-1])
    padding = _as_bias(padding, dtype, "key_padding_mask")
    if padding is None:
        return mask
    shape = tuple(padding._data.shape)
    if len(shape) != 2 or shape[0] != batch or shape[1] > columns:
        raise ShapeError(f"{name}: key_padding_mask {shape} for ({batch}, {columns}).")
    padding = _wider(padding, columns - shape[1])
    wide = reshape(padding, shape=(batch, 1, 1, columns))
    return wide if mask is None else e.add(mask, wide)
