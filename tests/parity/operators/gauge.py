"""Comparators for results that are free up to something.

Factors are free up to signs, phases or order: compared are singular values, eigenvalues, products,
and whether factors that must be unitary are. Which of several equal elements a position names is
free in selections: compared is what stands there. All else is compared number by number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from .compare import TOLERANCES, Tolerance, as_array, difference, equal_results
from .convert import Call, leaves

Array = numpy.ndarray


def _adjoint(matrix: Array) -> Array:
    return numpy.conj(numpy.swapaxes(matrix, -1, -2))


def _loose(dtype: Any) -> Tolerance:
    """Products of computed factors carry the rounding of all of them."""
    base = TOLERANCES[numpy.dtype(dtype).name]
    return Tolerance(20 * base.relative, 2 * base.relative)


def _not_unitary(factor: Array, name: str) -> str | None:
    if factor.shape[-1] > factor.shape[-2]:
        factor = _adjoint(factor)
    unit = numpy.broadcast_to(
        numpy.eye(factor.shape[-1], dtype=factor.dtype),
        (*factor.shape[:-2], factor.shape[-1], factor.shape[-1]),
    )
    text = difference(_adjoint(factor) @ factor, unit, _loose(factor.dtype))
    return None if text is None else f"{name} is not unitary: {text}"


def _shapes(ours: list[Array], theirs: list[Array]) -> str | None:
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        if our.shape != their.shape or our.dtype != their.dtype:
            return (
                f"result {number} is {our.dtype}{our.shape}, PyTorch has {their.dtype}{their.shape}"
            )
    return None


def _svd(call: Call, ours: list[Array], theirs: list[Array], adjoint: bool) -> str | None:
    def product(factors: list[Array]) -> Array:
        left, middle, right = factors
        right = right if adjoint else _adjoint(right)
        rank = middle.shape[-1]
        return (left[..., :rank] * middle[..., None, :]) @ right[..., :rank, :]

    if call.kwargs.get("compute_uv") is False:
        return difference(ours[1], theirs[1])
    return (
        difference(ours[1], theirs[1])
        or difference(product(ours), product(theirs), _loose(ours[0].dtype))
        or _not_unitary(ours[0], "U")
        or _not_unitary(ours[2], "V")
    )


def approximate(name: str, call: Call) -> bool:
    """Whether factors of low rank cannot show the whole matrix, so that they depend on the seed."""
    return name == "svd_lowrank" and call.kwargs.get("M") is not None


def _lowrank(call: Call, ours: list[Array], theirs: list[Array]) -> str | None:
    """Orthonormal factors of the matrix seen on one of its sides, closer than of rank q - 1."""
    if not approximate("svd_lowrank", call):
        return _svd(call, ours, theirs, adjoint=False)
    a, b = (as_array(tensor) for tensor in call.args)
    matrix = a @ numpy.swapaxes(b, -1, -2) - as_array(call.kwargs["M"])
    left, middle, right = ours
    product = (left * middle[..., None, :]) @ _adjoint(right)
    tall = matrix.shape[-2] >= matrix.shape[-1]
    seen = left @ _adjoint(left) @ matrix if tall else matrix @ right @ _adjoint(right)
    best = numpy.linalg.svd(matrix, compute_uv=False)
    off = numpy.linalg.norm(matrix - product, axis=(-2, -1))
    poorer = numpy.linalg.norm(best[..., middle.shape[-1] - 1 :], axis=-1)
    if (off > 1.5 * poorer + 1e-5 * best[..., 0]).any():  # one draw in a thousand is this bad
        return f"approximates to {off}, which rank {middle.shape[-1] - 1} reaches"
    return (
        difference(product, seen.astype(product.dtype), _loose(product.dtype))
        or _not_unitary(left, "U")
        or _not_unitary(right, "V")
    )


def _eigh(call: Call, ours: list[Array], theirs: list[Array]) -> str | None:
    def product(factors: list[Array]) -> Array:
        values, vectors = factors
        return (vectors * values[..., None, :]) @ _adjoint(vectors)

    return (
        difference(ours[0], theirs[0])
        or difference(product(ours), product(theirs), _loose(ours[1].dtype))
        or _not_unitary(ours[1], "the matrix of eigenvectors")
    )


def _sorted(values: Array) -> Array:
    return numpy.sort_complex(values.round(8)) if values.ndim == 1 and values.size else values


def _eigenvalues(ours: Array, theirs: Array) -> str | None:
    """Each of our eigenvalues belongs to one of PyTorch's, in any order."""
    if not ours.size:
        return None
    flat = zip(ours.reshape(-1, ours.shape[-1]), theirs.reshape(-1, ours.shape[-1]), strict=True)
    for mine, yours in flat:
        text = difference(_sorted(mine), _sorted(yours), _loose(ours.dtype))
        if text is not None:
            return f"eigenvalues: {text}"
    return None


def _eig(call: Call, ours: list[Array], theirs: list[Array]) -> str | None:
    matrix = as_array(call.args[0]).astype(ours[0].dtype)
    values, vectors = ours
    length = numpy.linalg.norm(vectors, axis=-2)
    return (
        _eigenvalues(values, theirs[0])
        or difference(matrix @ vectors, vectors * values[..., None, :], _loose(vectors.dtype))
        or difference(length, numpy.ones_like(length), _loose(length.dtype))
    )


def _eigvals(call: Call, ours: list[Array], theirs: list[Array]) -> str | None:
    return _eigenvalues(ours[0], theirs[0])


def _qr(call: Call, ours: list[Array], theirs: list[Array]) -> str | None:
    if ours[0].size == 0:  # mode="r", or nothing to factorise
        return difference(abs(ours[1]), abs(theirs[1]), _loose(ours[1].dtype))
    return (
        difference(ours[0] @ ours[1], theirs[0] @ theirs[1], _loose(ours[0].dtype))
        or difference(abs(ours[1]), abs(theirs[1]), _loose(abs(ours[1]).dtype))
        or difference(numpy.tril(ours[1], -1), numpy.zeros_like(ours[1]))
        or _not_unitary(ours[0], "Q")
    )


def _axis(call: Call, after_count: bool | None) -> int:
    place = _DIMENSIONS[after_count]
    given = [value for value in call.args[place : place + 1] if type(value) is int]
    return call.kwargs.get("dim", given[0] if given else -1)


def _named(call: Call, indices: Array, after_count: bool | None) -> Array:
    """What stands in the first argument at the positions that an operator returned."""
    source = as_array(call.args[0])
    if call.args[0].ndim == 0:
        return source.reshape(-1)[indices]
    dim = _axis(call, after_count)
    if after_count is None or indices.ndim == source.ndim:
        return numpy.take_along_axis(source, indices, dim)
    return numpy.take_along_axis(source, numpy.expand_dims(indices, dim), dim).squeeze(dim)


# where `dim` stands among the arguments: after k, or after the tensor
_DIMENSIONS: dict[bool | None, int] = {True: 2, False: 1, None: 1}


def _positions(
    call: Call, ours: list[Array], theirs: list[Array], after_count: bool | None
) -> str | None:
    """Equal values, and positions at which those values stand, each at most once."""
    values = ours[:-1]
    text = difference(values[0], theirs[0]) if values else None
    if text is not None or difference(ours[-1], theirs[-1]) is None:
        return text
    if ours[-1].size and (
        ours[-1].min() < 0 or ours[-1].max() >= max(as_array(call.args[0]).size, 1)
    ):
        return "positions are out of range"
    if ours[-1].ndim == call.args[0].ndim > 0:
        order = numpy.sort(ours[-1], _axis(call, after_count))
        if not numpy.all(numpy.diff(order, axis=_axis(call, after_count))):
            return "a position comes twice"
    mine = _named(call, ours[-1], after_count)
    return difference(mine, _named(call, theirs[-1], after_count))


def _order(call: Call, ours: list[Array], theirs: list[Array]) -> str | None:
    """Positions of a sort: if it is stable they are defined."""
    if call.kwargs.get("stable"):
        return difference(ours[-1], theirs[-1])
    return _positions(call, ours, theirs, None)


_COMPARATORS: dict[str, Callable[[Call, list[Array], list[Array]], str | None]] = {
    "sort": _order,
    "argsort": _order,
    "topk": lambda call, ours, theirs: _positions(call, ours, theirs, True),
    "kthvalue": lambda call, ours, theirs: _positions(call, ours, theirs, True),
    "mode": lambda call, ours, theirs: _positions(call, ours, theirs, False),
    "svd": lambda call, ours, theirs: _svd(call, ours, theirs, adjoint=False),
    "svd_lowrank": _lowrank,
    "pca_lowrank": lambda call, ours, theirs: _svd(call, ours, theirs, adjoint=False),
    "linalg.svd": lambda call, ours, theirs: _svd(call, ours, theirs, adjoint=True),
    "linalg.eigh": _eigh,
    "linalg.eig": _eig,
    "linalg.eigvals": _eigvals,
    "qr": _qr,
    "linalg.qr": _qr,
}


def same_value(name: str, call: Call, ours: Any, theirs: Any) -> str | None:
    """What is different about the values of an operator, free of gauge where there is one."""
    comparator = _COMPARATORS.get(name)
    if comparator is None:
        return equal_results(ours, theirs)
    mine = [as_array(leaf) for leaf in leaves(ours)]
    yours = [as_array(leaf) for leaf in leaves(theirs)]
    if len(mine) != len(yours):
        return f"{len(mine)} results, PyTorch has {len(yours)}"
    return _shapes(mine, yours) or comparator(call, mine, yours)
