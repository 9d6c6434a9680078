"""Optimisers, under PyTorch's names."""

from .._optim.adam import Adam, AdamW
from .._optim.optimizer import Optimizer
from .._optim.sgd import SGD
from . import lr_scheduler

__all__ = ["Adam", "AdamW", "Optimizer", "SGD", "lr_scheduler"]
