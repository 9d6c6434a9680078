"""Linear algebra, after torch.linalg."""

from ._functions.matrix import cholesky, matmul, solve
from ._functions.norms import norm

__all__ = ["cholesky", "matmul", "norm", "solve"]
