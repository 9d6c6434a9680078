"""Attention of several heads, and the bilinear layer: products of more than one input."""

from __future__ import annotations

import math
from typing import Any

from .._functions.making.filling import empty, zeros
from .._functions.networks.attention import multi_head_attention_forward
from .._functions.networks.bilinear import bilinear
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter


class MultiheadAttention(Module):
    """Attention of `num_heads` heads, each on its part of the projected features.

    Inputs are (length, batch, features), or (batch, length, features) with `batch_first`, or
    without the batch. Returns the result and the weights, averaged over heads.

    >>> import wengert
    >>> layer = wengert.nn.MultiheadAttention(4, 2, batch_first=True)
    >>> x = wengert.rand(5, 3, 4)
    >>> [part.shape for part in layer(x, x, x)]
    [(5, 3, 4), (5, 3, 3)]
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: {num_heads} heads of {embed_dim} features.")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._together = self.kdim == embed_dim and self.vdim == embed_dim

        def matrix(rows: int, columns: int, wanted: bool) -> Parameter | None:
            return Parameter(empty(rows, columns, dtype=dtype, device=device)) if wanted else None

        self.register_parameter("in_proj_weight", matrix(3 * embed_dim, embed_dim, self._together))
        apart = not self._together
        self.register_parameter("q_proj_weight", matrix(embed_dim, embed_dim, apart))
        self.register_parameter("k_proj_weight", matrix(embed_dim, self.kdim, apart))
        self.register_parameter("v_proj_weight", matrix(embed_dim, self.vdim, apart))
        self.register_parameter(
            "in_proj_bias",
            Parameter(zeros(3 * embed_dim, dtype=dtype, device=device)) if bias else None,
        )
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, dtype=dtype, device=device)
        for name in ("bias_k", "bias_v"):
            made = (
                Parameter(empty(1, 1, embed_dim, dtype=dtype, device=device))
                if add_bias_kv
                else None
            )
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the projections anew; biases begin at 0."""
        projections = (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight)
        for weight in (*projections, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """The result and the weights (None unless they are needed)."""
        swapped = self.batch_first and query.ndim == 3
        if swapped:
            query, key, value = (x.transpose(0, 1) for x in (query, key, value))
        out, weights = multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            self.training,
            key_padding_mask,
            need_weights,
            attn_mask,
            not self._together,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (out.transpose(0, 1) if swapped else out), weights


class Bilinear(Module):
    """out[k] = sum_ij x1[i] * weight[k, i, j] * x2[j] + bias[k], with learned weight and bias.

    >>> import wengert
    >>> wengert.nn.Bilinear(2, 3, 4)(wengert.ones(5, 2), wengert.ones(5, 3)).shape
    (5, 4)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise ValueError(f"Bilinear: in1_features={in1_features} must be positive.")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(
            empty(out_features, in1_features, in2_features, dtype=dtype, device=device)
        )
        self.register_parameter(
            "bias", Parameter(empty(out_features, dtype=dtype, device=device)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, uniform in +-1 / sqrt(in1_features)."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        """The bilinear map."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
