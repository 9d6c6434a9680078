"""Tensor methods: sums, extremes, order and statistics.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from .._functions import reduction
from .._graph.value import Handle


class ReductionMethods(Handle):
    """Methods of a tensor: sums, extremes, order and statistics."""

    all = reduction.all
    amax = reduction.amax
    amin = reduction.amin
    any = reduction.any
    argmax = reduction.argmax
    argmin = reduction.argmin
    argsort = reduction.argsort
    cumsum = reduction.cumsum
    logsumexp = reduction.logsumexp
    max = reduction.max
    mean = reduction.mean
    min = reduction.min
    norm = reduction.norm
    sort = reduction.sort
    std = reduction.std
    sum = reduction.sum
    topk = reduction.topk
    var = reduction.var


__all__ = ["ReductionMethods"]
