"""Tensor methods: products and linear algebra.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from .._functions import matrix
from .._graph.value import Handle


class MatrixMethods(Handle):
    """Methods of a tensor: products and linear algebra."""

    addmm = matrix.addmm
    bmm = matrix.bmm
    dot = matrix.dot
    matmul = matrix.matmul
    mm = matrix.mm
    mv = matrix.mv
    outer = matrix.outer


__all__ = ["MatrixMethods"]
