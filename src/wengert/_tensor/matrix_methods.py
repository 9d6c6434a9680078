"""Tensor methods: products and linear algebra.

A method is the function of the same name with the tensor as first argument; `f_` is its in-place
form. One line each, in alphabetical order. Nothing is computed here.
"""

from __future__ import annotations

from .._functions.linear_algebra import (
    factors,
    matrix,
    matrix_functions,
    matrix_sums,
    older_linalg,
    solving,
)
from .._functions.signals import short_time
from .._graph.value import Handle
from .inplace import inplace


class MatrixMethods(Handle):
    """Methods of a tensor: products and linear algebra."""

    addbmm = matrix_sums.addbmm
    addbmm_ = inplace(matrix_sums.addbmm, "addbmm_")
    addmm = matrix_sums.addmm
    addmm_ = inplace(matrix_sums.addmm, "addmm_")
    addmv = matrix_sums.addmv
    addmv_ = inplace(matrix_sums.addmv, "addmv_")
    addr = matrix_sums.addr
    addr_ = inplace(matrix_sums.addr, "addr_")
    baddbmm = matrix_sums.baddbmm
    baddbmm_ = inplace(matrix_sums.baddbmm, "baddbmm_")
    bmm = matrix.bmm
    cholesky = older_linalg.cholesky
    cholesky_inverse = solving.cholesky_inverse
    cholesky_solve = solving.cholesky_solve
    cross = matrix.cross
    det = older_linalg.det
    dot = matrix.dot
    geqrf = factors.geqrf
    ger = matrix.ger
    inner = matrix.inner
    inverse = older_linalg.inverse
    istft = short_time.istft
    kron = matrix.kron
    logdet = matrix_functions.logdet
    lu = older_linalg.lu
    lu_solve = older_linalg.lu_solve
    matmul = matrix.matmul
    matrix_exp = matrix_functions.matrix_exp
    matrix_power = matrix_functions.matrix_power
    mm = matrix.mm
    mv = matrix.mv
    orgqr = older_linalg.orgqr
    ormqr = factors.ormqr
    outer = matrix.outer
    pinverse = older_linalg.pinverse
    qr = older_linalg.qr
    slogdet = older_linalg.slogdet
    stft = short_time.stft
    svd = older_linalg.svd
    trace = matrix.trace
    triangular_solve = older_linalg.triangular_solve
    vdot = matrix.vdot


__all__ = ["MatrixMethods"]
