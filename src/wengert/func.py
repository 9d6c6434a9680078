"""Transforms of functions, after torch.func and JAX."""

from ._transforms.batching import vmap
from ._transforms.gradients import grad, jvp, value_and_grad, vjp
from ._transforms.jacobians import hessian, jacfwd, jacrev

__all__ = ["grad", "hessian", "jacfwd", "jacrev", "jvp", "value_and_grad", "vjp", "vmap"]
