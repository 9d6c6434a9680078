"""What functions say of operands that do not fit: which function, which values, what instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import wengert as w


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: w.ones(3, 4) + w.ones(3),
            (
                "add: shapes (3, 4) and (3,) do not broadcast (axis -1: 4 vs 3). Did you mean "
                "y[:, None]?"
            ),
        ),
        (
            lambda: w.ones(3, 4) @ w.ones(3, 4),
            (
                "matmul: shapes (3, 4) and (3, 4) do not fit (axis -1 of the first is 4, axis -2 "
                "of the second is 3)."
            ),
        ),
        (
            lambda: w.ones(3, 4) @ w.ones(3),
            (
                "matmul: shapes (3, 4) and (3,) do not fit (axis -1 of the first is 4, axis 0 of "
                "the second is 3)."
            ),
        ),
        (lambda: w.tensor(1.0) @ w.ones(1), "matmul: 0-d tensors have no matrix product; use *."),
        (
            lambda: w.ones(2, 3).reshape(4, 2),
            "reshape: a tensor of shape (2, 3) (6 elements) cannot become (4, 2) (8 elements).",
        ),
        (
            lambda: w.ones(2, 3).reshape(4, -1),
            "reshape: a tensor of shape (2, 3) (6 elements) cannot become (4, -1).",
        ),
        (
            lambda: w.ones(2, 3).t().view(6),
            (
                "view: a tensor of shape (3, 2) whose memory is not contiguous cannot be viewed "
                "as (6,). Use reshape, which copies if it has to."
            ),
        ),
        (
            lambda: w.ones(2, 3).sum(2),
            "sum: dim 2 is out of range for a tensor with 2 axes (expected -2 to 1).",
        ),
        (lambda: w.ones(2, 3).sum((0, -2)), "sum: dim (0, -2) names an axis twice."),
        (
            lambda: w.ones(2, 3).copy_(w.ones(7)),
            "copy_: shapes (7,) and (2, 3) do not broadcast (axis -1: 7 vs 3).",
        ),
        (
            lambda: w.ones(3).copy_(w.ones(2, 3)),
            "copy_: a source of shape (2, 3) does not fit into the shape (3,).",
        ),
        (
            lambda: w.tensor(1.0).fill_(w.ones(2)),
            "fill_: a source of shape (2,) does not fit into the shape ().",
        ),
        (
            lambda: w.ones(2).size(1),
            "size: dim 1 is out of range for a tensor with 1 axes (expected -1 to 0).",
        ),
        (lambda: w.tensor(1.0).stride(0), "stride: a 0-d tensor has no dim 0."),
        (
            lambda: w.tensor(1.0).index_fill(1, w.tensor([0]), 2.0),
            "index_fill: dim 1 is out of range for a tensor with 0 axes (expected -1 to 0).",
        ),
        (
            lambda: w.tensordot(w.ones(2, 3), w.tensor(1.0), ([1], [0])),
            "tensordot: a 0-d tensor has no axes; the shapes are (2, 3) and ().",
        ),
        (
            lambda: w.linalg.solve(w.eye(2), w.tensor(1.0)),
            "solve: the right side has no axes; it must be a vector or columns.",
        ),
        (
            lambda: w.linalg.vecdot(w.tensor(1.0), w.ones(2)),
            "vecdot: a 0-d tensor is no vector; use *.",
        ),
        (
            lambda: w.matrix_power(w.eye(2), 2.5),
            "matrix_power: n must be an integer, not 2.5.",
        ),
        (lambda: w.ones(2, 3).sum(True), "sum: dim must be an integer, not True."),
        (lambda: w.ones(2, 3).softmax("rows"), "softmax: dim must be an integer, not 'rows'."),
        (lambda: w.ones(2, 3).max(1.0), "max: dim must be an integer, not 1.0."),
        (lambda: w.ones(2, 3).reshape(2.0, 3), "a shape holds integers, not 2.0."),
        (
            lambda: w.sum([1.0, 2.0]),
            "sum: expected a tensor, not list. Use wengert.tensor(...).",
        ),
        (
            lambda: w.searchsorted(w.ones(2), None),
            "expected a tensor or a number to look for, not None.",
        ),
        (
            lambda: w.ones(2, 3).permute(0, 0),
            "permute: (0, 0) is not an order of the 2 axes.",
        ),
        (
            lambda: w.cat([w.ones(2, 3), w.ones(3, 2)]),
            "concatenate: shapes [(2, 3), (3, 2)] differ outside dim 0.",
        ),
        (lambda: w.cat([w.ones(2), None]), "cat: expected tensors, not NoneType at place 1."),
        (
            lambda: w.hsplit(w.ones(4), "2"),
            "tensor_split: expected a number of parts or a list of positions, not '2'.",
        ),
        (
            lambda: w.stack([w.ones(2), w.ones(3)]),
            "stack: all shapes must be equal, not [(2,), (3,)].",
        ),
        (
            lambda: w.ones(2, 3).expand(4, 3),
            "expand: shape (2, 3) cannot become (4, 3) (axis 0: 2 is not 1).",
        ),
        (
            lambda: w.tensor([1, 2]).mean(),
            (
                "mean: expected a floating or complex tensor, not int64. Use "
                "x.to(wengert.float32).mean()."
            ),
        ),
        (
            lambda: w.tensor([2]) ** -1,
            (
                "pow: an integer tensor to a negative power has no integer result. Convert it "
                "first: x.to(wengert.float32)."
            ),
        ),
        (
            lambda: w.ones(0).max(),
            "max: dim 0 of shape (0,) is empty; it has no extreme. Ask x.numel() first.",
        ),
        (lambda: w.ones(2).item(), "a tensor of shape (2,) has no number: it is not one number."),
        (
            lambda: bool(w.ones(2)),
            "a tensor of shape (2,) has no truth value: it is not one number.",
        ),
        (
            lambda: w.ones(2) + "a",
            "unsupported operand type(s) for +: 'Tensor' and 'str'",
        ),
        (
            lambda: w.add(w.ones(2), "a"),
            "add: operands must be tensors or numbers, not str. Wrap it with wengert.tensor(...).",
        ),
    ],
)
def test_texts_of_errors(call: Callable[[], Any], text: str) -> None:
    with pytest.raises((RuntimeError, TypeError, ValueError, IndexError)) as caught:
        call()
    assert str(caught.value) == text
