"""Tensor methods: sums, extremes, order and statistics.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from .._functions.reductions import (
    cumulative,
    distinct,
    histograms,
    norms,
    ordering,
    reduction,
    statistics,
)
from .._graph.value import Handle
from .inplace import inplace


class ReductionMethods(Handle):
    """Methods of a tensor: sums, extremes, order and statistics."""

    all = reduction.all
    amax = reduction.amax
    amin = reduction.amin
    aminmax = reduction.aminmax
    any = reduction.any
    argmax = reduction.argmax
    argmin = reduction.argmin
    argsort = ordering.argsort
    bincount = histograms.bincount
    corrcoef = statistics.corrcoef
    count_nonzero = reduction.count_nonzero
    cov = statistics.cov
    cummax = cumulative.cummax
    cummin = cumulative.cummin
    cumprod = cumulative.cumprod
    cumprod_ = inplace(cumulative.cumprod, "cumprod_")
    cumsum = cumulative.cumsum
    cumsum_ = inplace(cumulative.cumsum, "cumsum_")
    diff = cumulative.diff
    dist = norms.dist
    histc = histograms.histc
    histogram = histograms.histogram
    kthvalue = ordering.kthvalue
    logcumsumexp = cumulative.logcumsumexp
    logsumexp = reduction.logsumexp
    max = reduction.max
    mean = reduction.mean
    median = statistics.median
    min = reduction.min
    mode = statistics.mode
    msort = ordering.msort
    nanmean = reduction.nanmean
    nanmedian = statistics.nanmedian
    nanquantile = statistics.nanquantile
    nansum = reduction.nansum
    norm = norms.norm
    prod = reduction.prod
    quantile = statistics.quantile
    renorm = norms.renorm
    renorm_ = inplace(norms.renorm, "renorm_")
    sort = ordering.sort
    std = statistics.std
    sum = reduction.sum
    topk = ordering.topk
    unique = distinct.unique
    unique_consecutive = distinct.unique_consecutive
    var = statistics.var


__all__ = ["ReductionMethods"]
