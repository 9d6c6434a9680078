"""The bilinear map of two inputs, which is one matrix product and one weighted sum."""

from __future__ import annotations

from typing import Any

from ..._base.errors import DtypeError, ShapeError
from ..._base.shapes import size_of
from ..._primitives.elementwise import add, mul
from ..._primitives.reductions import sum_
from ..._primitives.shaping import permute, reshape
from ..linear_algebra.matrix import matmul


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """out[..., k] = sum_ij input1[..., i] * weight[k, i, j] * input2[..., j] + bias[k].

    >>> import wengert
    >>> x = wengert.tensor([[1.0, 2.0]])
    >>> wengert.bilinear(x, x, wengert.ones(1, 2, 2))
    tensor([[9.]])
    """
    first, second = tuple(input1._data.shape), tuple(input2._data.shape)
    matrix = tuple(weight._data.shape)
    if len(matrix) != 3 or not first or first[:-1] != second[:-1]:
        raise ShapeError(
            f"bilinear: inputs {first} and {second} need equal leading axes, and a weight of shape "
            f"(out, in1, in2), not {matrix}."
        )
    if (first[-1], second[-1]) != matrix[1:]:
        raise ShapeError(
            f"bilinear: the last axes of inputs {first} and {second} do not fit the weight {matrix}"
            "."
        )
    if bias is not None and tuple(bias._data.shape) != matrix[:1]:
        raise ShapeError(f"bilinear: the bias has shape {bias._data.shape}, not {matrix[:1]}.")
    dtypes = {t._data.dtype for t in (input1, input2, weight, bias) if t is not None}
    if len(dtypes) > 1:
        raise DtypeError("bilinear: inputs, weight and bias must have one dtype.")
    rows, (outputs, left, right) = size_of(first[:-1]), matrix
    folded = reshape(permute(weight, axes=(1, 0, 2)), shape=(left, outputs * right))
    product = reshape(
        matmul(reshape(input1, shape=(rows, left)), folded), shape=(rows, outputs, right)
    )
    total = sum_(mul(product, reshape(input2, shape=(rows, 1, right))), axes=(2,))
    out = reshape(total, shape=(*first[:-1], outputs))
    return out if bias is None else add(out, bias)


__all__ = ["bilinear"]
