"""Operators of `op_db` that make no sense on dense CPU tensors or are no part of the interface.

They are listed with their reasons in `docs/operators.md` and count neither for nor against.
"""

from __future__ import annotations

_ATEN = "an internal of ATen, reached only through torch.ops or an underscore"
_CUDA = "runs on CUDA alone"
_SPARSE = "makes or takes sparse tensors"

LEFT_OUT: dict[str, str] = {
    "_batch_norm_with_update": _ATEN,
    "_chunk_cat": _ATEN,
    "_native_batch_norm_legit": _ATEN,
    "_segment_reduce/lengths": _ATEN,
    "_segment_reduce/offsets": _ATEN,
    "_softmax_backward_data": _ATEN,
    "_unsafe_masked_index": _ATEN,
    "_unsafe_masked_index_put_accumulate": _ATEN,
    "_upsample_bilinear2d_aa": _ATEN,
    "native_dropout_backward": _ATEN,
    "nn.functional.batch_norm/without_cudnn": _CUDA,
    "slice": _ATEN,
    "torch.ops.aten._efficient_attention_forward": _CUDA,
    "torch.ops.aten._flash_attention_forward": _CUDA,
    "torch.ops.aten._safe_softmax.default": _ATEN,
    "torch._scaled_mm": "8-bit floats, an underscore name",
    "torch._scaled_mm_v2": "8-bit floats, an underscore name",
    "jiterator_2inputs_2outputs": _CUDA,
    "jiterator_4inputs_with_extra_args": _CUDA,
    "jiterator_binary": _CUDA,
    "jiterator_binary_return_by_ref": _CUDA,
    "jiterator_unary": _CUDA,
    "sparse.mm/reduce": _SPARSE,
    "sparse.sampled_addmm": _SPARSE,
    "to_sparse": _SPARSE,
    "hash_tensor": "a checksum of memory for debugging",
}
