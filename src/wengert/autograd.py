"""Differentiation of tensors that were recorded, after torch.autograd."""

from ._record.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from ._transforms.gradcheck import gradcheck, gradgradcheck
from ._transforms.tape import backward, grad

__all__ = [
    "backward",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
