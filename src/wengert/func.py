"""Transforms of functions, after torch.func and JAX."""

from ._nn.functional_call import (
    functional_call,
    replace_all_batch_norm_modules_,
    stack_module_state,
)
from ._transforms.batching import vmap
from ._transforms.control_flow import cond, scan
from ._transforms.gradients import grad, grad_and_value, jvp, linearize, value_and_grad, vjp
from ._transforms.jacobians import hessian, jacfwd, jacrev

__all__ = [
    "cond",
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "replace_all_batch_norm_modules_",
    "scan",
    "stack_module_state",
    "value_and_grad",
    "vjp",
    "vmap",
]
