"""Products of many tensors: einsum, and chains of matrices in the cheapest order.

einsum sums what only one operand has, then multiplies two operands at a time, each pair as one
matrix product; the order is that of `numpy.einsum_path`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._base.errors import DtypeError, ShapeError
from ..._base.kinds import is_list_or_tuple
from ..._base.shapes import size_of
from ..._declare.elementwise import convert
from ..._primitives.elementwise import mul
from ..._primitives.shaping import permute, reshape
from ..out import takes_out
from ..reductions.reduction import sum as _sum
from ..shaping.views import diagonal
from .matrix import matmul, product, together

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_Labels = list[Any]
"""One label an axis: a letter, or (k,) for the axis -k of an ellipsis."""


def _parse_part(part: str) -> _Labels:
    text = part.replace(" ", "")
    if "." in text.replace("...", "", 1):
        raise ValueError(f"einsum: {part!r} holds a dot that is not part of one '...'.")
    found: _Labels = []
    for piece in text.replace("...", "."):
        if piece != "." and piece not in _LETTERS:
            raise ValueError(f"einsum: {piece!r} in {part!r} is no letter.")
        found.append(Ellipsis if piece == "." else piece)
    return found


def _parse_sublist(given: Sequence[Any]) -> _Labels:
    for item in given:
        if item is not Ellipsis and not 0 <= item < len(_LETTERS):
            raise ValueError(f"einsum: subscript {item} is not between 0 and 51.")
    return [item if item is Ellipsis else _LETTERS[item] for item in given]


def _parsed(equation: Any, operands: tuple[Any, ...]) -> tuple[list[Any], list[_Labels], Any]:
    """(operands, their labels, the labels of the result or None)."""
    if isinstance(equation, str):
        if len(operands) == 1 and is_list_or_tuple(operands[0]):
            operands = tuple(operands[0])
        left, arrow, right = equation.partition("->")
        inputs = [_parse_part(part) for part in left.split(",")]
        if len(inputs) != len(operands):
            raise ValueError(
                f"einsum: {equation!r} names {len(inputs)} operands; {len(operands)} were given."
            )
        return list(operands), inputs, _parse_part(right) if arrow else None
    given = [equation, *operands]
    result = _parse_sublist(given.pop()) if len(given) % 2 else None
    return given[::2], [_parse_sublist(labels) for labels in given[1::2]], result


def _spelled(labels: _Labels, rank: int, name: str) -> _Labels:
    """The labels with the ellipsis written out, for an operand of `rank` axes."""
    if labels.count(Ellipsis) > 1:
        raise ValueError(f"einsum: {name} has two ellipses.")
    missing = rank - len([label for label in labels if label is not Ellipsis])
    if missing < 0 or (missing and Ellipsis not in labels):
        raise ShapeError(f"einsum: {name} has {rank} axes, and {len(labels)} subscripts for them.")
    found: _Labels = []
    for label in labels:
        found += [(k,) for k in range(missing, 0, -1)] if label is Ellipsis else [label]
    return found


def _without_repeats(x: Any, labels: _Labels) -> tuple[Any, _Labels]:
    """An operand whose labels differ: repeated ones name a diagonal."""
    for label in [*dict.fromkeys(labels)]:
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            if x._data.shape[i] != x._data.shape[j]:
                raise ShapeError(
                    f"einsum: subscript {label} is repeated for axes of {x._data.shape[i]} and "
                    f"{x._data.shape[j]} elements."
                )
            x = diagonal(x, 0, i, j)
            labels = [k for n, k in enumerate(labels) if n not in (i, j)] + [label]
    return x, labels


def _implied(inputs: list[_Labels]) -> _Labels:
    every = [label for labels in inputs for label in labels]
    spread = sorted({label for label in every if label.__class__ is tuple}, reverse=True)
    return spread + sorted({k for k in every if k.__class__ is str and every.count(k) == 1})


def _arranged(x: Any, labels: _Labels, *groups: _Labels) -> Any:
    """x with its axes in the order of the groups, one axis a group."""
    wanted = [label for group in groups for label in group]
    x = permute(x, axes=tuple(labels.index(label) for label in wanted))
    sizes = iter(x._data.shape)
    return reshape(x, shape=tuple(size_of(tuple(next(sizes) for _ in group)) for group in groups))


def _paired(
    x: Any, a: _Labels, y: Any, b: _Labels, keep: Any, sizes: dict[Any, int]
) -> tuple[Any, _Labels]:
    """The product of two operands, summed over the common labels that nobody needs any more."""
    x, y = together(x, y)  # a sum of small integers is an int64
    shared = [label for label in a if label in b]
    batch = [label for label in shared if label in keep]
    summed = [label for label in shared if label not in keep]
    left, right = [k for k in a if k not in shared], [k for k in b if k not in shared]
    labels = batch + left + right
    if summed and (left or right or not batch):
        found = product(_arranged(x, a, batch, left, summed), _arranged(y, b, batch, summed, right))
    else:
        found = mul(
            _arranged(x, a, batch, left, [], summed), _arranged(y, b, batch, [], right, summed)
        )
        found = convert(_sum(found, -1), found._data.dtype)
    return reshape(found, shape=tuple(sizes[label] for label in labels)), labels


def _order(inputs: list[_Labels], result: _Labels, sizes: dict[Any, int]) -> list[Any]:
    """Which operands to multiply, pair by pair, from NumPy's search."""
    if len(inputs) < 3:
        return [tuple(range(len(inputs)))]
    number = {label: k for k, label in enumerate(sizes)}
    arguments: list[Any] = []
    for labels in inputs:
        dummy = np.broadcast_to(np.empty(()), tuple(sizes[label] for label in labels))
        arguments += [dummy, [number[label] for label in labels]]
    arguments.append([number[label] for label in result])
    path: list[Any] = np.einsum_path(
        *arguments, optimize="optimal" if len(inputs) < 6 else "greedy"
    )[0]
    return path[1:]


def _contracted(
    tensors: list[Any], inputs: list[_Labels], result: _Labels, sizes: dict[Any, int]
) -> Any:
    for k, (x, labels) in enumerate(zip(tensors, inputs, strict=True)):
        whole = [sizes[label] == e for label, e in zip(labels, x._data.shape, strict=True)]
        if not all(whole):  # an axis of 1 that others spread
            kept = tuple(e for e, own in zip(x._data.shape, whole, strict=True) if own)
            tensors[k] = reshape(x, shape=kept)
            inputs[k] = [label for label, own in zip(labels, whole, strict=True) if own]
    for pair in _order(inputs, result, sizes):
        parts = [(tensors.pop(k), inputs.pop(k)) for k in sorted(pair, reverse=True)][::-1]
        if len(parts) == 1:
            return _alone(*parts[0], result)
        keep = {*result, *(label for labels in inputs for label in labels)}
        x, a = parts[0]
        y, b = parts[1]
        x, a = _summed(x, a, {*keep, *b})
        y, b = _summed(y, b, {*keep, *a})
        x, a = _paired(x, a, y, b, keep, sizes)
        tensors.append(x)
        inputs.append(a)
    return permute(tensors[0], axes=tuple(inputs[0].index(label) for label in result))


def _alone(x: Any, labels: _Labels, result: _Labels) -> Any:
    """One operand: sums of integers are int64, as those of `sum`."""
    axes = [k for k, label in enumerate(labels) if label not in result]
    left = [label for label in labels if label in result]
    x = _sum(x, axes) if axes else x
    return permute(x, axes=tuple(left.index(label) for label in result))


def _summed(x: Any, labels: _Labels, keep: set[Any]) -> tuple[Any, _Labels]:
    """x summed over the labels that nobody needs."""
    axes = [k for k, label in enumerate(labels) if label not in keep]
    if not axes:
        return x, labels
    return _sum(x, axes), [label for label in labels if label in keep]


def einsum(equation: Any, *operands: Any) -> Any:
    """Sums of products as Einstein writes them: "ij,jk->ik", or tensors and lists of axes in turn.

    "..." stands for leading axes, which broadcast; a subscript repeated in one operand names a
    diagonal. Without "->" the result has the subscripts that occur once, in alphabetical order.

    >>> import wengert
    >>> wengert.einsum("ij,j->i", wengert.eye(2), wengert.tensor([3.0, 4.0]))
    tensor([3., 4.])
    """
    given, inputs, result = _parsed(equation, operands)
    tensors = together(*given)
    spelled = [
        _spelled(labels, x._data.ndim, f"operand {k}")
        for k, (x, labels) in enumerate(zip(tensors, inputs, strict=True))
    ]
    every = {label for labels in spelled for label in labels}
    if result is None:
        result = _implied(spelled)
    elif Ellipsis in result:
        spread = sum(label.__class__ is tuple for label in every)
        result = _spelled(result, len(result) - 1 + spread, "the result")
    if len(set(result)) != len(result) or not set(result) <= every:
        raise ValueError("einsum: a subscript of the result is repeated, or no operand has it.")
    for k, labels in enumerate(spelled):
        tensors[k], inputs[k] = _without_repeats(tensors[k], labels)
    sizes: dict[Any, int] = {}
    for x, labels in zip(tensors, inputs, strict=True):
        for label, extent in zip(labels, x._data.shape, strict=True):
            if sizes.setdefault(label, extent) == 1:
                sizes[label] = extent
            elif extent not in (1, sizes[label]):
                raise ShapeError(
                    f"einsum: subscript {label} stands for {sizes[label]} and {extent} elements."
                )
    return _contracted(tensors, inputs, result, sizes)


@takes_out
def multi_dot(tensors: Sequence[Any], *, out: Any = None) -> Any:
    """The product of two or more matrices in the order that takes the fewest multiplications.

    The first and the last one may be vectors. T. Cormen et al., Introduction to Algorithms, 15.2.

    >>> import wengert
    >>> wengert.linalg.multi_dot([wengert.ones(2, 3), wengert.ones(3, 1), wengert.ones(1, 2)]).shape
    (2, 2)
    """
    chain: list[Any] = [*tensors]
    if len(chain) < 2:
        raise ShapeError(f"multi_dot: expected at least 2 tensors, not {len(chain)}.")
    ends = (0, len(chain) - 1)
    for k, x in enumerate(chain):
        if x._data.ndim != 2 and not (x._data.ndim == 1 and k in ends):
            raise ShapeError(f"multi_dot: tensor {k} has the shape {tuple(x._data.shape)}.")
        if x._data.dtype != chain[0]._data.dtype:
            raise DtypeError(
                f"multi_dot: tensors of dtypes {chain[0]._data.dtype} and {x._data.dtype}."
            )
    row, column = chain[0]._data.ndim == 1, chain[-1]._data.ndim == 1
    if row:
        chain[0] = reshape(chain[0], shape=(1, *chain[0]._data.shape))
    if column:
        chain[-1] = reshape(chain[-1], shape=(*chain[-1]._data.shape, 1))
    found = _multiplied(chain)
    shape = tuple(found._data.shape)
    return reshape(found, shape=shape[int(row) : len(shape) - int(column)])


def _multiplied(chain: list[Any]) -> Any:
    ends = [x._data.shape[0] for x in chain] + [chain[-1]._data.shape[1]]
    count = len(chain)
    cost: dict[tuple[int, int], tuple[int, int]] = {(k, k): (0, k) for k in range(count)}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j] = min(
                (cost[i, k][0] + cost[k + 1, j][0] + ends[i] * ends[k + 1] * ends[j + 1], k)
                for k in range(i, j)
            )

    def between(i: int, j: int) -> Any:
        if i == j:
            return chain[i]
        middle = cost[i, j][1]
        return matmul(between(i, middle), between(middle + 1, j))

    return between(0, count - 1)


def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """The product of matrices in the order that takes the fewest multiplications.

    >>> import wengert
    >>> wengert.chain_matmul(wengert.ones(2, 3), wengert.ones(3, 1)).shape
    (2, 1)
    """
    if len(matrices) == 1 and out is None:
        return matrices[0]
    return multi_dot(matrices, out=out)


__all__ = ["chain_matmul", "einsum"]
