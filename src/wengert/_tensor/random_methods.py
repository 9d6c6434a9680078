"""Tensor methods: random numbers, in place.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from .._functions.making import random_fills, sampling
from .._graph.value import Handle


class RandomMethods(Handle):
    """Methods of a tensor: random numbers, in place."""

    bernoulli = sampling.bernoulli
    bernoulli_ = random_fills.bernoulli_
    cauchy_ = random_fills.cauchy_
    exponential_ = random_fills.exponential_
    geometric_ = random_fills.geometric_
    log_normal_ = random_fills.log_normal_
    multinomial = sampling.multinomial
    normal_ = random_fills.normal_
    random_ = random_fills.random_
    uniform_ = random_fills.uniform_


__all__ = ["RandomMethods"]
