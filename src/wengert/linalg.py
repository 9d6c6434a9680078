"""Linear algebra, after torch.linalg."""

from ._base.errors import LinAlgError
from ._functions.linear_algebra.einsum import multi_dot
from ._functions.linear_algebra.factors import (
    cholesky,
    cholesky_ex,
    householder_product,
    ldl_factor,
    ldl_factor_ex,
    lu,
    lu_factor,
    lu_factor_ex,
    qr,
)
from ._functions.linear_algebra.matrix import linalg_cross as cross
from ._functions.linear_algebra.matrix import linalg_vander as vander
from ._functions.linear_algebra.matrix import matmul, vecdot
from ._functions.linear_algebra.matrix_functions import (
    cond,
    det,
    matrix_exp,
    matrix_norm,
    matrix_power,
    matrix_rank,
    norm,
    slogdet,
)
from ._functions.linear_algebra.matrix_functions import linalg_diagonal as diagonal
from ._functions.linear_algebra.solving import (
    inv,
    inv_ex,
    ldl_solve,
    lstsq,
    pinv,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from ._functions.linear_algebra.solving import linalg_lu_solve as lu_solve
from ._functions.linear_algebra.spectra import eig, eigh, eigvals, eigvalsh, svdvals
from ._functions.linear_algebra.spectra import linalg_svd as svd
from ._functions.reductions.norms import vector_norm

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
