"""Transforms of functions, after torch.func and JAX."""

from ._transforms.batching import vmap
from ._transforms.control_flow import cond, scan
from ._transforms.gradients import grad, jvp, value_and_grad, vjp
from ._transforms.jacobians import hessian, jacfwd, jacrev

__all__ = [
    "cond",
    "grad",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "scan",
    "value_and_grad",
    "vjp",
    "vmap",
]
