"""Tensor methods: random numbers, in place.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from .._functions import random
from .._graph.value import Handle


class RandomMethods(Handle):
    """Methods of a tensor: random numbers, in place."""

    bernoulli = random.bernoulli
    bernoulli_ = random.bernoulli_
    normal_ = random.normal_
    uniform_ = random.uniform_


__all__ = ["RandomMethods"]
