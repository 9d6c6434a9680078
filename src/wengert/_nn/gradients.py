"""What is done to gradients between backward and step, and parameters as one vector."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .._base.errors import DifferentiationError, ShapeError
from .._functions.elementwise.comparison import clamp
from .._functions.reductions.norms import norm
from .._functions.shaping.joining import cat, stack
from .._graph.value import Handle
from .._primitives.elementwise import minimum
from .._record.modes import no_grad


def _gradients(parameters: Any) -> list[Any]:
    listed: list[Any] = [parameters] if isinstance(parameters, Handle) else list(parameters)
    return [p.grad for p in listed if p.grad is not None]


@no_grad()
def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Scale all gradients by min(1, max_norm / (norm + 1e-6)), in place; returns their joint norm.

    >>> import wengert
    >>> w = wengert.zeros(2, requires_grad=True)
    >>> (w * wengert.tensor([3.0, 4.0])).sum().backward()
    >>> wengert.nn.utils.clip_grad_norm_(w, max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    gradients = _gradients(parameters)
    total = get_total_norm(gradients, norm_type, error_if_nonfinite)
    _shorten(gradients, max_norm, total)
    return total


def _shorten(gradients: list[Any], max_norm: float, total: Any) -> None:
    factor = minimum(max_norm / (total + 1e-6), 1.0)
    for g in gradients:
        g.mul_(factor)


@no_grad()
def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """Scale all gradients by min(1, max_norm / (total_norm + 1e-6)), in place.

    >>> import wengert
    >>> w = wengert.zeros(1, requires_grad=True)
    >>> (w * 4).sum().backward()
    >>> wengert.nn.utils.clip_grads_with_norm_(w, 1.0, wengert.tensor(2.0))
    >>> w.grad
    tensor([2.0000])
    """
    _shorten(_gradients(parameters), max_norm, total_norm)


@no_grad()
def get_total_norm(
    tensors: Iterable[Any],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """The norm of all tensors laid end to end; with `error_if_nonfinite`, inf and NaN raise.

    >>> import wengert
    >>> wengert.nn.utils.get_total_norm([wengert.tensor([3.0]), wengert.tensor([4.0])])
    tensor(5.)
    """
    norms = [norm(g, norm_type) for g in tensors]
    if not norms:
        from .._functions.making.filling import zeros

        return zeros(())
    total = norms[0] if len(norms) == 1 else norm(stack(norms), norm_type)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise DifferentiationError(
            f"clip_grad_norm_: the norm of the gradients is {total.item()}. Look for the first "
            "parameter whose gradient is not finite, or pass error_if_nonfinite=False."
        )
    return total


@no_grad()
def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of all gradients to [-clip_value, clip_value], in place.

    >>> import wengert
    >>> w = wengert.zeros(2, requires_grad=True)
    >>> (w * wengert.tensor([3.0, -4.0])).sum().backward()
    >>> wengert.nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 1., -1.])
    """
    for g in _gradients(parameters):
        g.copy_(clamp(g, -clip_value, clip_value))


def parameters_to_vector(parameters: Iterable[Any]) -> Any:
    """All elements of all parameters as one vector, differentiable.

    >>> import wengert
    >>> wengert.nn.utils.parameters_to_vector([wengert.ones(2), wengert.zeros(1, 1)])
    tensor([1., 1., 0.])
    """
    return cat([p.reshape(-1) for p in parameters])


@no_grad()
def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Write the elements of a vector into the parameters, in order.

    >>> import wengert
    >>> w = wengert.zeros(2)
    >>> wengert.nn.utils.vector_to_parameters(wengert.tensor([1.0, 2.0]), [w])
    >>> w
    tensor([1., 2.])
    """
    listed = list(parameters)
    total = sum(p.numel() for p in listed)
    if vec.ndim != 1 or vec.numel() != total:
        raise ShapeError(
            f"vector_to_parameters: the parameters have {total} elements; the vector has shape "
            f"{vec.shape}."
        )
    start = 0
    for p in listed:
        p.copy_(vec[start : start + p.numel()].reshape(p.shape))
        start += p.numel()
