"""tf.linalg: products and lengths."""

from ._arithmetic import global_norm, matmul, matvec, norm, tensordot
from ._arrays import eye

__all__ = ["eye", "global_norm", "matmul", "matvec", "norm", "tensordot"]
